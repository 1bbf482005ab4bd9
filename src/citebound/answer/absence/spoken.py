"""How surely a sentence speaks of a thing: by the words of the thing that it has with its heading, and by its meaning,
compared with the thing's and with what documents print for it. Words in common are not enough (eval/LOG.md).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from citebound.answer.absence.called import GENERIC
from citebound.answer.evidence import Candidate
from citebound.answer.gate.wording import alike
from citebound.answer.words import content, facts, stem
from citebound.indexes.synonyms import entries
from citebound.protocols import Embedder
from citebound.types import Hit, Nearest

LOOKED_AT = 12
"""Best sentences that are looked at."""
_DONE = re.compile(r"\bto ([a-z-]+)", re.I)
_NAME = re.compile(r"(?<!^)\b[A-Z][\w-]*[A-Za-z0-9]\b")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A sentence and how surely it speaks of the thing. `covered` is the share of the thing's words that it has, by
    rarity; `meant` its cosine with the thing; `printed` its best cosine with what documents print for it, 0.0 where
    that is not known; `missing` are words of the thing that it has not. Without a name of the thing it does not."""

    candidate: Candidate
    covered: float
    meant: float
    printed: float
    missing: tuple[str, ...]
    unnamed: bool = False

    @property
    def score(self) -> float:
        """0..1."""
        return 0.0 if self.unnamed else 0.5 * self.covered + 0.5 * max(self.meant, self.printed)

    @property
    def nearest(self) -> Nearest:
        """The place, as one that is not enough."""
        one = self.candidate
        why = f"it does not speak of {', '.join(f'“{w}”' for w in self.missing)}" if self.missing else ""
        return Nearest(
            document=one.document,
            source=one.found.source,
            span=one.span,
            quote=one.text,
            section=context(one),
            reasons=(why or "it has the words, and does not say it",),
        )


def spoken(thing: str, candidates: Sequence[Candidate], wanted: Mapping[str, float], encoder: Embedder) -> list[Spoken]:
    """The best sentences, those first that most surely speak of the thing; `wanted` are the weights of its words."""
    candidates = candidates[:LOOKED_AT]
    if not candidates:
        return []
    told = [sentence for entry in entries(thing) for sentence in entry.printed]
    rows = encoder.embed([thing, *told, *(f"{leaf(c)}\n{c.text}" for c in candidates)])
    means = rows[: 1 + len(told)] @ rows[1 + len(told) :].T
    names = {stem(w) for w in _NAME.findall(thing)} | {f for f in facts(thing) if not f.isdigit() or len(f) > 2}
    done = set(content(" ".join(_DONE.findall(thing))))
    heavy = {w: v for w, v in wanted.items() if w not in GENERIC or w in done} or wanted
    total = sum(heavy.values()) or 1.0
    made = []
    for i, candidate in enumerate(candidates):
        shown = f"{leaf(candidate)} {candidate.text}"
        own = set(content(shown))
        lacking = [w for w in wanted if w not in own and not any(alike(w, o) for o in own)]
        said = {stem(w) for w in re.findall(r"[\w-]+", shown)} | facts(shown)
        unnamed = [n for n in names if n not in said and n.lower() not in shown.lower()]
        covered = sum(v for w, v in heavy.items() if w not in lacking) / total
        printed = float(np.max(means[1:, i])) if told else 0.0
        missing = tuple(_written(thing, [*lacking, *unnamed]))
        made.append(Spoken(candidate, covered, float(means[0, i]), printed, missing, bool(unnamed)))
    return sorted(made, key=lambda one: -one.score)


def context(candidate: Candidate) -> str:
    """The headings above a sentence."""
    found = candidate.found
    return found.chunk.context if isinstance(found, Hit) else found.context


def leaf(candidate: Candidate) -> str:
    """The nearest heading above it."""
    return context(candidate).rsplit(" > ", 1)[-1]


def _written(thing: str, stems: Sequence[str]) -> list[str]:
    """The words of the thing with these stems, as they are written."""
    missing = set(stems)
    return [w for w in dict.fromkeys(re.findall(r"[\w-]+", thing)) if {w, w.lower(), stem(w), *content(w)} & missing]
