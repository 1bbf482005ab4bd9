"""What the scoreboard can score: a system is prepared with labelled items, then asked one question at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from citebound.errors import ConfigError
from citebound.eval.kit import Kit
from citebound.eval.prediction import Prediction
from citebound.eval.suite import Item, Question, Regime

Options = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Adaptation:
    """What the preparation of a system used and found: number of labels learnt from, of development labels that
    thresholds, temperatures or rates were chosen by, and notes such as a development loss by epoch (`before`, `after`)
    or the parameters that were tried. Seconds and memory are measured by the harness."""

    labels: int = 0
    dev_labels: int = 0
    before: float | None = None
    after: float | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Work:
    """What a system will have to compute, for the plan: tokens that the named generator reads and writes, texts to
    embed (`kept` are those whose vectors are kept for all other systems), training steps (one labelled text forth and
    back), questions to search for (kept too), and `prompts`: passes over the generator's weights besides the written
    tokens."""

    generator: str = ""
    read: float = 0.0
    written: float = 0.0
    embedded: float = 0.0
    kept: float = 0.0
    trained: float = 0.0
    searched: float = 0.0
    prompts: float = 0.0


class System(Protocol):
    """One adaptation of a pretrained model to a suite's task."""

    def prepare(self, train: Sequence[Item], dev: Sequence[Item], seed: int) -> Adaptation:
        """Learn from labelled items; a system without labels ignores them."""
        ...

    def predict(self, question: Question) -> Prediction:
        """Answer one question. May raise CiteboundError: that is a failed prediction."""
        ...

    def work(self, questions: Sequence[Question], train: int) -> Work:
        """An estimate of what predicting these questions takes, `train` labelled items included."""
        ...


Kind = Callable[[Kit, Regime, Options], System]
"""Makes a system; raises ConfigError for an option that it does not know."""


def options(given: Options, **known: Any) -> dict[str, Any]:
    """The options with their defaults. Raises ConfigError for one that is unknown or of another type."""
    for key, value in given.items():
        if key not in known:
            raise ConfigError(f"unknown option {key!r}", remedy=f"Options here: {', '.join(sorted(known)) or 'none'}.")
        if known[key] is not None and not isinstance(value, type(known[key])):
            raise ConfigError(f"option {key!r} must be of type {type(known[key]).__name__}")
    return {**known, **given}
