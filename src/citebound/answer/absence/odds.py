"""How probable it is that a thing is there, in figures: signals of a search for it, and a calibration of its own.

``absence.json`` beside this file has the format of the shipped calibration. Its `answerable` is P(the thing is
there), with the share of the things that are there which end as "no such clause was found" as its `limit` (a rule in
`answering` says which); its `quotes` is the same model with the error rates that can be stated of "yes". It was
fitted on contracts, one at a time, and says nothing of more than a few documents, of other kinds, of findings, or
with another encoder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from types import MappingProxyType

from citebound.answer.absence.called import FEW
from citebound.answer.absence.spoken import Spoken
from citebound.answer.confidence.calibration import Calibration, loads
from citebound.protocols import Embedder
from citebound.types import Answer, Outcome

FILE = "absence.json"

PRESENCE: Mapping[str, str] = MappingProxyType(
    {
        "reader_found": "whether a clause of the kind asked for was read off the documents: 1 yes, 0.5 doubtful",
        "reader_none": "whether such clauses were looked for and none was read",
        "spoken": "how surely the best sentence speaks of the thing, by words and by meaning",
        "spoken_meaning": "how near the best sentence is in meaning to the thing, or to what documents print for it",
        "borne": "whether the best sentence bears the thing out: its numbers, what may be done and by whom",
    }
)
"""Of a question whether something is there."""


@cache
def shipped() -> Calibration | None:
    """The calibration of the package; None where it has none."""
    path = resources.files(__package__).joinpath(FILE)
    return loads(path.read_text("utf-8"), FILE) if path.is_file() else None


def seen(*, found: bool, doubtful: bool, none: bool, spoken: Sequence[Spoken], borne: bool) -> dict[str, float]:
    """The signals of PRESENCE."""
    best = spoken[0] if spoken else None
    return {
        "reader_found": 0.5 if doubtful else float(found),
        "reader_none": float(none),
        "spoken": best.score if best else 0.0,
        "spoken_meaning": max(best.meant, best.printed) if best else 0.0,
        "borne": float(borne),
    }


def weighed(answer: Answer, signals: Mapping[str, float], embedder: Embedder, documents: int) -> Answer:
    """The answer with its confidence: of "yes" and "perhaps" that the thing is there, of ABSENT that it is not, as far
    as there is a calibration that says so. The `risk` of ABSENT is the share of the things that are there which end
    so."""
    receipt = answer.receipt
    if receipt is None:
        return answer
    made = shipped()
    if made is None or made.made.encoder_key != embedder.key or not 1 <= documents <= FEW:
        return replace(answer, receipt=replace(receipt, signals=dict(signals)))
    there = made.answerable.confidence(signals)
    limit = made.answerable.limit
    if answer.outcome is Outcome.ABSENT:
        confidence, risk = 1 - there, limit.upper if limit and there < limit.threshold else None
    else:
        level = made.quotes.reached(there) if answer.outcome is Outcome.ANSWERED else None
        confidence, risk = there, level.risk if level else None
    told = replace(receipt, confidence=confidence, risk=risk, calibration=str(made.made), signals=dict(signals))
    return replace(answer, receipt=told)
