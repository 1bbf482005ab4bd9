"""Sentences that say the same thing but for a number or a date."""

from __future__ import annotations

import re

import numpy as np

from citebound.answer.conflicts.asked import Asked, Place
from citebound.answer.conflicts.exhibits import Exhibits
from citebound.answer.gate.numerals import in_digits
from citebound.answer.gate.objections import hard_facts
from citebound.answer.words import content
from citebound.protocols import Embedder
from citebound.types import Answer, Conflict, ConflictKind, Side

NEAREST = 8
"""Sentences beside the cited ones that are compared with them."""
SAME_WORDS = 0.6
"""Share of the words of two sentences, numbers aside, from which on they say the same of one document."""
SAME_MEANING = 0.8
"""Cosine, numbers blanked, from which on they do."""
ASKED = 0.5
"""Share of the question's words that both must have."""
_CELL = re.compile(r"\t|\s\|\s|^\s*\|")
_LABEL = re.compile(
    r"\b(?:(?i:critical|high|medium|low|severity|priority|level|phase|tier|stage|step|first|second|third|fourth|initial"
    r"|renewal|monthly|annual|weekly|daily|quarterly|minimum|maximum|late|overdue|early)(?i:ly|er|est)?|[B-Z]|[A-Z]{1,6}-?\d+)\b"
)


class Sentences:
    """Compares the sentences that were found for a question."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def of(self, answer: Answer, asked: Asked, exhibits: Exhibits) -> list[Conflict]:
        """A sentence that was found beside a cited one and says the same but for a number or a date."""
        wanted = set(content(asked.question))
        cited = [c for c in answer.citations if _values(c.quote)]
        others = [Place(c.document, c.source, c.span, c.quote) for c in cited]
        others += [p for p in asked.places[:NEAREST] if _values(p.text)]
        made = []
        for citation in cited:
            for place in others:
                same_document = place.document.id == citation.document.id
                if same_document and place.span.overlap(citation.span):
                    continue
                if (asked.named and not same_document) or _CELL.search(place.text) or _CELL.search(citation.quote):
                    continue
                if not _other_values(citation.quote, place.text) or not self._alike(citation.quote, place.text, wanted):
                    continue
                other = exhibits.of(place.document, place.source, place.span, place.text)
                if other is None:
                    continue
                kind = ConflictKind.DISAGREES if same_document else ConflictKind.DIFFERS
                text = (
                    f"two places of {citation.source.name} say different things"
                    if same_document
                    else "the question names no document, and the documents answer differently"
                )
                sides = tuple(Side(", ".join(sorted(map(str, _values(c.quote)))), c) for c in (citation, other))
                made.append(Conflict(kind, "", f"{text}: {' / '.join(s.value for s in sides)}", sides))
        return made[:1]

    def _alike(self, one: str, other: str, wanted: set[str]) -> bool:
        """Whether two sentences say the same thing of what is asked, numbers aside."""
        mine, theirs = (set(content(_blanked(text))) for text in (one, other))
        asked = wanted & (mine | theirs)
        if not mine or not theirs or not asked or not asked <= mine & theirs:
            return False
        if len(wanted & mine & theirs) < ASKED * len(wanted) or _labels(one) != _labels(other):
            return False
        if len(mine & theirs) >= SAME_WORDS * len(mine | theirs):
            return True
        rows = self._embedder.embed([_blanked(one), _blanked(other)])
        return float(np.dot(rows[0], rows[1])) >= SAME_MEANING


def _values(text: str) -> set[object]:
    """Quantities with a unit and whole dates."""
    found = hard_facts(text)
    return {q for q in found.quantities if q.unit and q.unit != "th"} | {d for d in found.dates if d.month}


def _other_values(one: str, other: str) -> bool:
    """Whether both have values of the same kind, and share none."""
    mine, theirs = _values(one), _values(other)
    units = [{getattr(v, "unit", "date") for v in values} for values in (mine, theirs)]
    return bool(units[0] & units[1]) and not mine & theirs


def _blanked(text: str) -> str:
    """The text without its numbers, in digits or in words."""
    return " ".join(re.sub(r"\(?\b\d[\d,.]*\b\)?%?", " ", in_digits(text)).split())


def _labels(text: str) -> set[str]:
    """Words that tell one case of a list from another: two such cases do not disagree."""
    return {m.lower() for m in _LABEL.findall(text)}
