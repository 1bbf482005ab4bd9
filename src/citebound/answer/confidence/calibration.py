"""A calibration: how signals become a confidence, and how sure an answer must be for a stated error rate.

Logistic models over named signals, used by plain arithmetic, in a JSON file that people can read: the shipped
``calibration.json`` beside this file, or ``calibration.json`` in a collection's folder, which takes its place there.

    answerable   P(the documents hold an answer), before anything is written; `limit` is where it is hopeless
    quotes       P(right) of the best sentences, quoted
    drafts       P(right) of a model's draft after the gate; none where no drafts were seen
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from citebound.errors import FormatTooNew, StoreCorrupt
from citebound.indexes.durable import SYSTEM, System, storage_errors, sync_folder, write_file
from citebound.indexes.lock import writer_lock

FILE = "calibration.json"
FORMAT = 1
USEFUL = 0.5
"""An error rate above this tells nobody anything, and is not stated of an answer."""

AGAIN = "Run `citebound calibrate` again, or remove the file to use the shipped calibration."


@dataclass(frozen=True, slots=True)
class Weight:
    """How a signal counts: `weight` for each `scale` (standard deviation) that it is above `mean`."""

    mean: float
    scale: float
    weight: float


@dataclass(frozen=True, slots=True)
class Level:
    """Answers whose confidence is at least `threshold`: of `shown` held-out ones `wrong` were wrong, and by `upper`,
    the one-sided 95 % bound, at most `risk` of such answers are. `items` were asked in all."""

    risk: float
    threshold: float
    upper: float
    shown: int
    wrong: int
    items: int


@dataclass(frozen=True, slots=True)
class Limit:
    """Below `threshold` a question is told "not found": of `answerable` held-out questions `lost` were, by the
    one-sided 95 % bound `upper` of all such questions; and `refused` of `unanswerable` ones."""

    threshold: float
    upper: float
    lost: int
    answerable: int
    refused: int
    unanswerable: int


@dataclass(frozen=True, slots=True)
class Stage:
    """A logistic model with what was found out about its confidence on held-out questions. `best` is the least error
    rate that could be stated, where `risk` cannot."""

    signals: Mapping[str, Weight]
    intercept: float
    levels: tuple[Level, ...] = ()
    best: Level | None = None
    limit: Limit | None = None
    silent: Limit | None = None
    """The limit where the model has said that it finds no answer."""
    start: float = 0.0
    """Confidence from which on thresholds are tried, chosen on the questions that the model was fitted on."""

    def confidence(self, signals: Mapping[str, float]) -> float:
        """0..1; a signal that is not given counts as an average one."""
        total = self.intercept
        for name, w in self.signals.items():
            if name in signals:
                total += w.weight * (signals[name] - w.mean) / w.scale
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))

    def level(self, risk: float) -> Level | None:
        """What must be reached for this error rate; None where it cannot be stated."""
        return next((level for level in self.levels if math.isclose(level.risk, risk)), None)

    def reached(self, confidence: float) -> Level | None:
        """The strictest level that a confidence reaches, of those worth stating."""
        useful = sorted((v for v in self.levels if v.risk <= USEFUL), key=lambda v: v.risk)
        return next((v for v in useful if confidence >= v.threshold), None)


@dataclass(frozen=True, slots=True)
class Made:
    """What a calibration was fitted on. `weights` is "fitted", or "shipped" where only the thresholds were."""

    on: tuple[str, ...]
    items: int
    answerable: int
    documents: int
    risk: float
    encoder: str
    encoder_key: str
    generator: str
    weights: str
    date: str
    version: str
    commit: str = ""

    def __str__(self) -> str:
        by = f"{self.generator} and {self.encoder}" if self.generator else self.encoder
        return f"{self.items} questions on {self.documents} documents ({', '.join(self.on)}), {by}, {self.date}"


@dataclass(frozen=True, slots=True)
class Calibration:
    made: Made
    answerable: Stage
    quotes: Stage
    drafts: Stage | None = None


@cache
def shipped() -> Calibration:
    """The calibration of the package."""
    return loads(resources.files(__package__).joinpath(FILE).read_text("utf-8"), FILE)


def read(root: Path) -> Calibration | None:
    """The calibration of the collection in `root`; None if it has none. Raises StoreCorrupt, FormatTooNew."""
    path = root / FILE
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise StoreCorrupt(f"{path} cannot be read: {error}", remedy=AGAIN) from error
    return loads(text, str(path))


def write(root: Path, made: Calibration, system: System | None = None) -> Path:
    """Make it the calibration of the collection in `root`, in the place of another one, durably.

    Raises CollectionBusy, StorageFull; the former one is kept then.
    """
    system = system or SYSTEM
    final = root / FILE
    temporary = final.with_name(f"{FILE}.tmp")
    with writer_lock(root), storage_errors(final):
        system.unlink(temporary)
        write_file(temporary, lambda write: write(dumps(made).encode()), system)
        system.rename(temporary, final)
        sync_folder(root, system)
    return final


def dumps(made: Calibration) -> str:
    return json.dumps({"format": FORMAT, **_rounded(asdict(made))}, indent=1, ensure_ascii=False) + "\n"


def loads(text: str, name: str) -> Calibration:
    """A calibration from JSON; `name` is for messages. Raises StoreCorrupt, FormatTooNew."""
    try:
        row = json.loads(text)
        if row["format"] > FORMAT:
            raise FormatTooNew(f"{name} was written by a later version of Citebound", remedy="Update Citebound.")
        made = Made(**{**row["made"], "on": tuple(row["made"]["on"])})
        drafts = _stage(row["drafts"]) if row.get("drafts") else None
        return Calibration(made, _stage(row["answerable"]), _stage(row["quotes"]), drafts)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StoreCorrupt(f"{name} is not a calibration: {error!r}", remedy=AGAIN) from error


def _stage(row: Mapping[str, Any]) -> Stage:
    signals = {str(name): Weight(**_numbers(Weight, w)) for name, w in row["signals"].items()}
    if any(w.scale <= 0 for w in signals.values()):
        raise ValueError("a scale is not positive")
    return Stage(
        signals,
        _number("intercept", row["intercept"]),
        tuple(Level(**_numbers(Level, level)) for level in row["levels"]),
        Level(**_numbers(Level, row["best"])) if row["best"] else None,
        Limit(**_numbers(Limit, row["limit"])) if row["limit"] else None,
        Limit(**_numbers(Limit, row["silent"])) if row["silent"] else None,
        _number("start", row["start"]),
    )


def _numbers(kind: type[Weight | Level | Limit], row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a value, every one a finite number. Raises ValueError, KeyError."""
    return {field.name: _number(field.name, row[field.name]) for field in fields(kind)}


def _number(name: str, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name} is {value!r}")
    return value


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: _rounded(v) for key, v in value.items()}
    return [_rounded(v) for v in value] if isinstance(value, list | tuple) else value
