"""Sentences of the retrieved passages, the most promising first: what the encoder systems choose evidence from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from citebound.eval.kit import Evidence, Kit
from citebound.eval.measures import Place, overlap
from citebound.eval.rows import locate
from citebound.eval.suite import Item, Question
from citebound.ingest.sentences import sentence_spans
from citebound.types import Span

PASSAGES = 8
"""Retrieved passages whose sentences are looked at."""
EXPECTED = 40
"""Sentences in them, for the plan."""
QUOTED, FURTHER = 0.2, 0.05
"""In cosines: what it is worth to be quoted by the product, and what each rank of the passage costs. Chosen on 116
development items of ContractNLI: character F1 of the first sentence is 0.51, and 0.29 by cosine alone."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One sentence. `rank` is that of its passage, from 0; `cosine` that with the question, -1..1."""

    place: Place
    text: str
    rank: int
    cosine: float


class Candidates:
    """The sentences for a question."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    def of(self, question: Question, evidence: Evidence) -> list[Candidate]:
        """Sentences with a word in them, each once, best first."""
        found: dict[Place, tuple[str, int]] = {}
        for rank, passage in enumerate(evidence.retrieved[:PASSAGES]):
            (text,) = self._kit.texts([passage])
            for span in sentence_spans(text):
                if re.search(r"\w", span.of(text)):
                    found.setdefault(within(passage, span), (span.of(text), rank))
        if not found:
            return []
        query, *rows = self._kit.vectors([question.text, *(text for text, _ in found.values())])
        made = [
            Candidate(place, text, rank, float(row @ query))
            for (place, (text, rank)), row in zip(found.items(), rows, strict=True)
        ]
        return sorted(made, key=lambda c: FURTHER * c.rank - c.cosine - QUOTED * quoted(c.place, evidence))


def answer_places(documents: Mapping[str, str], item: Item) -> list[Place]:
    """Where an accepted answer is printed inside of each gold place; the gold place itself where none is."""
    made = []
    for place in item.gold:
        text = place.span.of(documents[place.document])
        found = next((span for answer in item.answers if (span := locate(answer, text))), None)
        made.append(within(place, found) if found else place)
    return made


def quoted(place: Place, evidence: Evidence) -> bool:
    """Whether the product quotes it, in part at least."""
    return overlap([place], evidence.quotes) > 0


def within(place: Place, span: Span) -> Place:
    """A span of a place's text, as a place."""
    return Place(place.document, Span(place.span.start + span.start, place.span.start + span.end))


def touches(place: Place, gold: Sequence[Place]) -> bool:
    """Whether the place covers half of a gold one or lies in one by half."""
    return any(2 * overlap([place], [g]) >= min(len(place.span), len(g.span)) for g in gold)
