"""One experiment: ``eval/runs/NAME.toml`` names a suite, systems, seeds, the primary metric and the comparisons.

The file is the pre-registration: it is committed before the test split is opened (`registration`).
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from citebound.errors import CiteboundError
from citebound.eval import spec
from citebound.eval.suite import Regime, Suite

RUNS = Path("eval/runs")
KEYS = frozenset({"title", "suite", "regimes", "items", "sample_seed", "seeds", "sizes", "primary", "split", "systems"})
PRIMARY_KEYS = frozenset({"metric", "margin", "rag", "against", "both", "wrong", "removed", "chance"})
SYSTEM_KEYS = frozenset({"kind", "trained", "all_items", "regimes", "encoder", "seeds", "sizes", "family"})


class RunError(CiteboundError):
    """A run file that cannot be run or scored; names the file and the key."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Variant:
    """One system at one label size: `name` is "embedding_head@50", or "embedding_head" with all labels. `seeds` are the
    repetitions; `all_items` that it predicts every test item, not the sample for generators."""

    name: str
    system: str
    kind: str
    options: Mapping[str, Any]
    size: int
    seeds: tuple[int, ...]
    regimes: tuple[Regime, ...]
    all_items: bool
    encoder: str
    family: str
    trained: bool = False


@dataclass(frozen=True, slots=True)
class Primary:
    """What was decided beforehand: the metric, the margin of equivalence, and which systems RAG is compared with.

    `both` are systems that join retrieval and training; `wrong` and `removed` are RAG's controls (another question's
    passages; the gold passage removed), `chance` the control that nothing may fall below.
    """

    metric: str
    margin: float
    rag: str
    against: tuple[str, ...]
    both: tuple[str, ...] = ()
    wrong: str = ""
    removed: str = ""
    chance: str = ""


@dataclass(frozen=True, slots=True)
class Experiment:
    """A run file as read; `sha256` is of its bytes. `items` is the size of the generators' sample, 0 for all. With the
    split "dev" it is a rehearsal on development items, for tuning: the test split stays closed."""

    path: Path
    name: str
    title: str
    suite: str
    regimes: tuple[Regime, ...]
    items: int
    sample_seed: int
    primary: Primary
    variants: tuple[Variant, ...] = field(default_factory=tuple)
    sha256: str = ""
    split: str = "test"

    def load(self) -> Suite:
        """The suite with the items that this run predicts as its test items. Raises SuiteError."""
        suite = spec.load(self.suite)
        return replace(suite, test=suite.dev) if self.split == "dev" else suite

    def variant(self, name: str) -> Variant:
        for variant in self.variants:
            if variant.name == name:
                return variant
        raise RunError(f"{self.path}: no system {name!r}", remedy=f"There are: {', '.join(self.names)}.")

    @property
    def names(self) -> list[str]:
        return [v.name for v in self.variants]

    def cells(self) -> Iterator[tuple[Variant, Regime, int]]:
        """Every (system, regime, seed) to predict, in the order of the file."""
        for variant in self.variants:
            for regime in variant.regimes:
                for seed in variant.seeds:
                    yield variant, regime, seed


def find(name_or_path: str | Path) -> Path:
    """The run file by name or path. Raises RunError."""
    path = Path(name_or_path)
    for candidate in (path, RUNS / f"{name_or_path}.toml"):
        if candidate.is_file():
            return candidate
    known = ", ".join(sorted(p.stem for p in RUNS.glob("*.toml"))) or "none"
    raise RunError(f"no run file {name_or_path}", remedy=f"Runs in {RUNS}: {known}.")


def read(path: Path) -> Experiment:
    """The experiment of a run file. Raises RunError naming the key that is wrong."""
    data = path.read_bytes()
    try:
        row = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RunError(f"{path}: {error}", remedy="Mend the TOML.") from error
    _known(path, row, KEYS, "")
    for key in ("title", "suite", "primary", "systems"):
        if key not in row:
            raise RunError(f"{path}: {key!r} is missing")
    for key in ("primary", "systems"):
        if not isinstance(row[key], dict):
            raise RunError(f"{path}: {key!r} must be a table")
    for key in ("items", "sample_seed"):
        if type(row.get(key, 0)) is not int or row.get(key, 0) < 0:
            raise RunError(f"{path}: {key} = {row[key]!r} must be a whole number, 0 or more")
    for key in ("seeds", "sizes"):
        _distinct(path, key, row.get(key, [0]))
    regimes = _regimes(path, row, (Regime.GIVEN,))
    primary = row["primary"]
    _known(path, primary, PRIMARY_KEYS, "primary.")
    variants: list[Variant] = []
    for name, system in row["systems"].items():
        variants += _variants(path, name, system, row, regimes)
    made = Experiment(
        path,
        path.stem,
        row["title"],
        row["suite"],
        regimes,
        row.get("items", 0),
        row.get("sample_seed", 0),
        _primary(path, primary),
        tuple(variants),
        hashlib.sha256(data).hexdigest(),
        row.get("split", "test"),
    )
    if made.split not in ("test", "dev"):
        raise RunError(f"{path}: split = {made.split!r}", remedy="It is 'test' or 'dev'.")
    decided = made.primary
    named = (decided.rag, *decided.against, *decided.both, decided.wrong, decided.removed, decided.chance)
    for name in filter(None, named):
        made.variant(name)
    return made


def _primary(path: Path, row: Mapping[str, Any]) -> Primary:
    for key in ("metric", "margin"):
        if key not in row:
            raise RunError(f"{path}: primary.{key} is missing", remedy="It is decided before the test split is opened.")
    margin = row["margin"]
    if type(margin) not in (int, float) or not margin > 0:
        raise RunError(f"{path}: primary.margin = {margin!r} must be a positive number")
    return Primary(
        row["metric"],
        float(margin),
        row.get("rag", "rag"),
        tuple(row.get("against", ())),
        tuple(row.get("both", ())),
        row.get("wrong", ""),
        row.get("removed", ""),
        row.get("chance", ""),
    )


def _variants(
    path: Path, name: str, system: Mapping[str, Any], run: Mapping[str, Any], regimes: Sequence[Regime]
) -> list[Variant]:
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise RunError(f"{path}: {name!r} is no name for a system", remedy="Use letters, digits, '-', '_' and '.'.")
    if not isinstance(system, Mapping) or "kind" not in system:
        raise RunError(f"{path}: systems.{name} has no 'kind'")
    trained = bool(system.get("trained", False))
    seeds, sizes = (
        _distinct(path, key, system.get(key, run.get(key, unsaid) if trained else unsaid))
        for key, unsaid in (("seeds", [1]), ("sizes", [0]))
    )
    given = _regimes(path, system, regimes)
    options = {k: v for k, v in system.items() if k not in SYSTEM_KEYS}
    return [
        Variant(
            f"{name}@{size}" if size else name,
            name,
            system["kind"],
            options,
            size,
            seeds,
            given,
            bool(system.get("all_items", trained)),
            system.get("encoder", ""),
            system.get("family", "encoder" if trained else "generator"),
            trained,
        )
        for size in sizes
    ]


def _regimes(path: Path, row: Mapping[str, Any], unsaid: Sequence[Regime]) -> tuple[Regime, ...]:
    try:
        made = tuple(dict.fromkeys(Regime(r) for r in row.get("regimes", unsaid)))
    except (TypeError, ValueError) as error:
        raise RunError(f"{path}: {error}", remedy="Regimes are 'given' and 'corpus'.") from error
    if not made:
        raise RunError(f"{path}: 'regimes' names none", remedy="Regimes are 'given' and 'corpus'.")
    return made


def _distinct(path: Path, key: str, value: Any) -> tuple[int, ...]:
    whole = isinstance(value, list) and all(type(v) is int and v >= 0 for v in value)
    if not whole or not value or len(set(value)) < len(value):
        raise RunError(f"{path}: {key} = {value!r} must be a list of different whole numbers, 0 or more")
    return tuple(value)


def _known(path: Path, row: Mapping[str, Any], known: set[str] | frozenset[str], prefix: str) -> None:
    for key in row:
        if key not in known:
            raise RunError(f"{path}: unknown key {prefix}{key}", remedy=f"Keys here: {', '.join(sorted(known))}.")
