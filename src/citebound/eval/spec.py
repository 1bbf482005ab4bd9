"""Suites as files: ``eval/suites/NAME.toml`` says what a suite is, an adapter reads its items.

    name = "contractnli"                       default: the name of the file
    title = "..."
    adapter = "contractnli"                    a key of ADAPTERS
    data = "${CITEBOUND_DATA}/contractnli"     a folder; CITEBOUND_DATA is ../shared/data if it is not set
    task = "label"                             label, extract or retrieve
    regimes = ["given"]                        given, corpus
    own = false                                true: the texts may be shown in reports and committed
    note = "..."
    [prompts]                                  bare, profile, question
    [prompts.words]                            label = "the string whose likelihood is read"
    [options]                                  what the adapter takes

A suite may be a variant of another one, declared beside it; the rest is then that suite's:

    of = "cuad"
    variant = "masked_names"                   a key of VARIANTS
    title, note, regimes                       as above; the note is added

An unknown key is an error that names the file and the key. A suite whose data is not there raises SuiteAbsent.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import tarfile
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from citebound.eval import counterfactual, masking
from citebound.eval.adapters import (
    contractnli,
    csaf,
    cti_bench,
    cuad,
    jsonl,
    legalbench_rag_mini,
    policyqa,
    rgb,
    secure,
    squad2,
)
from citebound.eval.suite import Item, Prompts, Regime, Suite, SuiteError, Task, check

SUITES = Path("eval/suites")
DATA = "../shared/data"
KEYS: Mapping[str, type] = {
    "name": str,
    "title": str,
    "adapter": str,
    "data": str,
    "task": str,
    "regimes": list,
    "own": bool,
    "note": str,
    "prompts": dict,
    "options": dict,
}
DERIVED: Mapping[str, type] = {"name": str, "title": str, "of": str, "variant": str, "regimes": list, "note": str}
PROMPTS: Mapping[str, type] = {"bare": str, "profile": str, "question": str, "words": dict}


class SuiteAbsent(SuiteError):
    """The data of a suite is not on this machine: skip it and say so."""


@dataclass(frozen=True, slots=True)
class Spec:
    """One declared suite. `data` is its folder (the working folder's own if none is declared); `path` the TOML file
    that names the adapter, which files beside it are named from. `variant` is what is made of it, "" for nothing."""

    name: str
    title: str
    adapter: str
    data: Path
    task: Task
    regimes: tuple[Regime, ...]
    own: bool
    note: str
    prompts: Prompts
    path: Path
    options: Mapping[str, Any] = field(default_factory=dict)
    variant: str = ""

    def chosen(self, defaults: Mapping[str, Any]) -> dict[str, Any]:
        """The options over their defaults. Raises SuiteError for one that the adapter does not take, or that has
        another type than its default."""
        for key, value in self.options.items():
            if key not in defaults:
                raise SuiteError(
                    f"{self.path}: the adapter {self.adapter!r} takes no option {key!r}",
                    remedy=f"It takes: {', '.join(sorted(defaults)) or 'none'}.",
                )
            if defaults[key] is not None and type(value) is not type(defaults[key]):
                raise SuiteError(f"{self.path}: options.{key} must be like {defaults[key]!r}")
        return {**defaults, **self.options}

    def find(self, name: str = "") -> Path:
        """A file or folder of the data. Raises SuiteAbsent if it is not there."""
        path = self.data / name if name else self.data
        if not path.exists():
            raise SuiteAbsent(
                f"{self.name}: skipped, no data in {path}", remedy="Set CITEBOUND_DATA to the folder that holds it."
            )
        return path

    def read(self, name: str) -> bytes:
        """A file of the data, unpacked if its name ends in .gz."""
        data = self.find(name).read_bytes()
        return gzip.decompress(data) if name.endswith(".gz") else data

    def json(self, name: str) -> Any:
        return json.loads(self.read(name))

    def table(self, name: str, delimiter: str = "\t") -> list[dict[str, str]]:
        """The rows of a CSV or TSV file with a header."""
        return list(csv.DictReader(io.StringIO(self.read(name).decode("utf-8"), newline=""), delimiter=delimiter))

    def texts(self, name: str, wanted: Iterable[str] | None = None) -> dict[str, str]:
        """The text files of a .tar.gz by path without its first folder: UTF-8, universal newlines, a byte-order mark
        kept as character 0. With `wanted`, those alone."""
        return {inside: newlines(data.decode("utf-8")) for inside, data in self.members(name, wanted)}

    def members(self, name: str, wanted: Iterable[str] | None = None) -> Iterator[tuple[str, bytes]]:
        """The same files as bytes."""
        keep = None if wanted is None else set(wanted)
        with tarfile.open(self.find(name)) as archive:
            for member in archive:
                inside = member.name.partition("/")[2]
                file = archive.extractfile(member) if keep is None or inside in keep else None
                if file is not None:
                    yield inside, file.read()

    def suite(
        self,
        test: Sequence[Item],
        *,
        train: Sequence[Item] = (),
        dev: Sequence[Item] = (),
        note: str = "",
        documents: Mapping[str, str] | None = None,
        labels: Sequence[str] = (),
        labelled: Mapping[str, str] | None = None,
        files: Sequence[Path] = (),
        collection: str = "",
        parties: Mapping[str, tuple[tuple[str, ...], ...]] | None = None,
    ) -> Suite:
        """The suite that was declared, with the items and documents that an adapter has read."""
        return Suite(
            name=self.name,
            title=self.title,
            task=self.task,
            regimes=self.regimes,
            test=tuple(test),
            train=tuple(train),
            dev=tuple(dev),
            documents=documents or {},
            labels=tuple(labels),
            labelled=labelled or {},
            prompts=self.prompts,
            own=self.own,
            note=" ".join(part for part in (self.note, note) if part),
            files=tuple(files),
            collection=collection,
            parties=parties or {},
        )


ADAPTERS: Mapping[str, Callable[[Spec], Suite]] = {
    "contractnli": contractnli.read,
    "csaf": csaf.read,
    "cti_bench": cti_bench.read,
    "cuad": cuad.read,
    "jsonl": jsonl.read,
    "legalbench_rag_mini": legalbench_rag_mini.read,
    "policyqa": policyqa.read,
    "rgb": rgb.read,
    "secure": secure.read,
    "squad2": squad2.read,
}
"""A suite of another kind is a function like these and an entry here."""

VARIANTS: Mapping[str, Callable[[Suite], Suite]] = {
    "counterfactual": counterfactual.altered,
    "masked_names": masking.masked,
}
"""What can be made of a suite: the same items in documents that are not quite the same."""


def available(folder: Path = SUITES) -> list[str]:
    """The names of the declared suites."""
    return sorted(path.stem for path in folder.glob("*.toml"))


def load(name: str | Path) -> Suite:
    """The suite of that name, or of that TOML file, read and checked. Raises SuiteError, or SuiteAbsent."""
    spec = read(_path(name))
    suite = check(ADAPTERS[spec.adapter](spec))
    return check(VARIANTS[spec.variant](suite)) if spec.variant else suite


def read(path: Path) -> Spec:
    """What a TOML file declares. Raises SuiteError naming the file and what is wrong in it."""
    try:
        row = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise SuiteError(f"there is no suite {path}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SuiteError(f"{path}: {error}") from error
    if "of" in row or "variant" in row:
        return _derived(path, row)
    _check_keys(path, row, KEYS, "")
    prompts = row.get("prompts", {})
    _check_keys(path, prompts, PROMPTS, "prompts.")
    words = prompts.get("words", {})
    _check_keys(path, words, dict.fromkeys(words, str), "prompts.words.")
    for key in ("adapter", "task", "regimes"):
        if key not in row:
            raise SuiteError(f"{path}: the key {key!r} is missing")
    if row["adapter"] not in ADAPTERS:
        raise SuiteError(
            f"{path}: there is no adapter {row['adapter']!r}", remedy=f"Those there are: {', '.join(sorted(ADAPTERS))}."
        )
    name = row.get("name", path.stem)
    try:
        task = Task(row["task"])
    except ValueError as error:
        raise SuiteError(f"{path}: {error}") from error
    return Spec(
        name=name,
        title=row.get("title", name),
        adapter=row["adapter"],
        data=Path(row.get("data", ".").replace("${CITEBOUND_DATA}", str(data_folder()))),
        task=task,
        regimes=_regimes(path, row["regimes"]),
        own=row.get("own", False),
        note=" ".join(row.get("note", "").split()),
        prompts=Prompts(**prompts),
        path=path,
        options=row.get("options", {}),
    )


def _derived(path: Path, row: Mapping[str, Any]) -> Spec:
    """The suite that a variant is of, under the variant's name."""
    _check_keys(path, row, DERIVED, "")
    for key in ("of", "variant"):
        if key not in row:
            raise SuiteError(f"{path}: the key {key!r} is missing")
    if row["variant"] not in VARIANTS:
        raise SuiteError(
            f"{path}: there is no variant {row['variant']!r}", remedy=f"Those there are: {', '.join(sorted(VARIANTS))}."
        )
    of = path.parent / f"{row['of']}.toml"
    if of.is_file() and {"of", "variant"} & tomllib.loads(of.read_text("utf-8")).keys():
        raise SuiteError(f"{path}: {row['of']!r} is a variant itself", remedy=f"Name the suite that {of} is made of.")
    base = read(of)
    regimes = _regimes(path, row["regimes"]) if "regimes" in row else base.regimes
    if strange := [r for r in regimes if r not in base.regimes]:
        raise SuiteError(f"{path}: {row['of']!r} has no regime {strange[0].value!r}")
    return replace(
        base,
        name=row.get("name", path.stem),
        title=row.get("title", f"{base.title} ({row['variant']})"),
        regimes=regimes,
        note=" ".join(f"{base.note} {row.get('note', '')}".split()),
        variant=row["variant"],
    )


def _regimes(path: Path, given: Sequence[str]) -> tuple[Regime, ...]:
    try:
        regimes = tuple(Regime(r) for r in given)
    except ValueError as error:
        raise SuiteError(f"{path}: {error}") from error
    if not regimes:
        raise SuiteError(f"{path}: `regimes` names none")
    return regimes


def data_folder() -> Path:
    """Where the public data lies: CITEBOUND_DATA, or beside the checkout."""
    return Path(os.environ.get("CITEBOUND_DATA", DATA))


def newlines(text: str) -> str:
    """The text as it is read with universal newlines, which gold offsets count."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _path(name: str | Path) -> Path:
    given = str(name)
    if isinstance(name, Path) or given.endswith(".toml"):
        return Path(name)
    path = SUITES / f"{given}.toml"
    if not path.exists():
        raise SuiteError(
            f"there is no suite {given!r} in {SUITES}", remedy=f"Those there are: {', '.join(available()) or 'none'}."
        )
    return path


def _check_keys(path: Path, row: Mapping[str, Any], known: Mapping[str, type], where: str) -> None:
    for key, value in row.items():
        if key not in known:
            raise SuiteError(f"{path}: unknown key {where + key!r}", remedy=f"Known keys: {', '.join(known)}.")
        if type(value) is not known[key]:
            raise SuiteError(f"{path}: {where + key} must be a {known[key].__name__}, not {value!r}")
