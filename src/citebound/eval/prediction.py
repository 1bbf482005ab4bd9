"""What a system says of one question, and the one line of a trace that keeps it.

Traces of data that is not the user's own are sealed before they are committed: texts become hashed tokens, on which the
scores come out the same to the digit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from citebound.eval import matching
from citebound.eval.measures import Place
from citebound.types import Span

ANSWERED, NOT_FOUND, FAILED = "answered", "not_found", "failed"
LEAST = 0.0005
"""A label less likely than this is not written down: of a hundred, most are."""
DIGITS = 6
DEFAULTS: dict[str, Any] = {
    "suite": "",
    "models": "",
    "label": "",
    "text": "",
    "tokens": [],
    "quotes": [],
    "retrieved": [],
    "shown": [],
    "scores": {},
    "confidence": 0.0,
    "parsed": True,
    "tokens_in": 0,
    "tokens_out": 0,
    "seconds": 0.0,
    "error": "",
}
"""What a line leaves out."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """One answer. `retrieved` are the places that were looked at, best first; `shown` those that the reader was given;
    `quotes` those that prove the answer. `scores` are probabilities of labels. `tokens` are the hashed tokens of
    `text`, which a sealed trace has instead. `parsed` is False if a generator's reply did not keep to the schema.
    """

    outcome: str = ANSWERED
    label: str = ""
    text: str = ""
    quotes: tuple[Place, ...] = ()
    retrieved: tuple[Place, ...] = ()
    shown: tuple[Place, ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict)
    confidence: float = 0.0
    parsed: bool = True
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0
    error: str = ""
    tokens: tuple[str, ...] = ()

    def sealed(self) -> Prediction:
        """The same without text."""
        tokens = self.tokens or matching.hashed(matching.tokens(self.text))
        return replace(self, text="", tokens=tokens, error=self.error.split(":")[0])


@dataclass(frozen=True, slots=True)
class Trace:
    """A prediction with what it was made by. `at` is UTC seconds; `commit` the revision of the code and of the run;
    `suite` the hash of the suite's items and prompts; `models` the encoder and the generator of the settings."""

    system: str
    regime: str
    seed: int
    id: str
    prediction: Prediction
    at: float
    commit: str
    run_sha256: str
    suite: str = ""
    models: str = ""

    def line(self) -> str:
        p = self.prediction
        row: dict[str, Any] = {
            "system": self.system,
            "regime": self.regime,
            "seed": self.seed,
            "id": self.id,
            "at": round(self.at, 3),
            "commit": self.commit,
            "run": self.run_sha256,
            "suite": self.suite,
            "models": self.models,
            "outcome": p.outcome,
            "label": p.label,
            "text": p.text,
            "tokens": list(p.tokens),
            "quotes": _packed(p.quotes),
            "retrieved": _packed(p.retrieved),
            "shown": _packed(p.shown),
            "scores": {k: float(f"{v:.{DIGITS}g}") for k, v in p.scores.items() if v >= LEAST or k == p.label},
            "confidence": float(f"{p.confidence:.{DIGITS}g}"),
            "parsed": p.parsed,
            "tokens_in": p.tokens_in,
            "tokens_out": p.tokens_out,
            "seconds": round(p.seconds, 4),
            "error": p.error,
        }
        kept = {k: v for k, v in row.items() if k not in DEFAULTS or v != DEFAULTS[k]}
        return json.dumps(kept, ensure_ascii=False)

    @classmethod
    def read(cls, line: str) -> Trace:
        """Raises ValueError or KeyError for a line that is none, for example one torn by a crash."""
        row = {**DEFAULTS, **json.loads(line)}
        prediction = Prediction(
            outcome=row["outcome"],
            label=row["label"],
            text=row["text"],
            tokens=tuple(row["tokens"]),
            quotes=_unpacked(row["quotes"]),
            retrieved=_unpacked(row["retrieved"]),
            shown=_unpacked(row["shown"]),
            scores=row["scores"],
            confidence=row["confidence"],
            parsed=row["parsed"],
            tokens_in=row["tokens_in"],
            tokens_out=row["tokens_out"],
            seconds=row["seconds"],
            error=row["error"],
        )
        return cls(
            row["system"],
            row["regime"],
            row["seed"],
            row["id"],
            prediction,
            row["at"],
            row["commit"],
            row["run"],
            row["suite"],
            row["models"],
        )


def _packed(places: Sequence[Place]) -> list[list[object]]:
    return [[p.document, p.span.start, p.span.end] for p in places]


def _unpacked(rows: Sequence[Sequence[Any]]) -> tuple[Place, ...]:
    return tuple(Place(document, Span(start, end)) for document, start, end in rows)
