"""The files of a scorer: the labels it is made from, and the folder it is stored in.

A scorer is data, never code: `scorer.json` holds the facts, `weights.npz` the numbers, read without pickle and only if
they have the sha256 that `scorer.json` names.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from citebound.answer.scoring.head import Figures
from citebound.errors import BadLabels, ConfigError, FormatTooNew, StorageFull, StoreCorrupt, UnknownScorer
from citebound.indexes.durable import make_folder, publish_folder, remove_folder, storage_errors, write_file

FORMAT = 1
FOLDER = ".scorers"
FACTS_FILE = "scorer.json"
WEIGHTS_FILE = "weights.npz"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
DELIMITERS = ",;\t|"
LEAST = 5
"""Rows that a label must have."""

Weights = dict[str, NDArray[np.float64]]


# -- labels -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Labels:
    """Texts with their labels. Rows of one group (a document, a report) are never on both sides of a fold; a row
    whose group is "" is a group of its own. `repeated` counts rows left out because their text came before."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]
    groups: tuple[str, ...]
    name: str
    sha256: str
    repeated: int = 0


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    text: str
    label: str
    group: str


def read_labels(path: str | Path) -> Labels:
    """Read a CSV, TSV or JSONL file with `text`, `label` and, if there is one, `group` or `document`.

    UTF-8, with or without BOM; of CSV the delimiter is found from the header. Raises BadLabels, naming the line.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadLabels(
            f"{path} cannot be read: {error.strerror or error}", remedy="Name a CSV, TSV or JSONL file."
        ) from error
    text = _decoded(data, path)
    rows = list(_json_rows(text, path) if text.lstrip().startswith("{") else _table_rows(text, path))
    kept = _checked(rows, path)
    return Labels(
        tuple(row.text for row in kept),
        tuple(row.label for row in kept),
        tuple(row.group for row in kept),
        path.name,
        hashlib.sha256(data).hexdigest(),
        len(rows) - len(kept),
    )


def _decoded(data: bytes, path: Path) -> str:
    remedy = "Save the file as UTF-8 (in a spreadsheet: “CSV UTF-8”)."
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadLabels(f"{path} line {_line(data, error.start)} is not UTF-8", remedy=remedy) from error
    if "\0" in text:
        raise BadLabels(f"{path} line {_line(data, data.index(0))} has a NUL character", remedy=remedy)
    return text


def _line(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1


def _table_rows(text: str, path: Path) -> Iterator[_Row]:
    names, delimiter = _header(text, path)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        next(reader)
        line = reader.line_num + 1
        for fields in reader:
            if fields and len(fields) != len(names):
                raise BadLabels(
                    f"{path} line {line} has {len(fields)} fields, the header has {len(names)}",
                    remedy=f'Put quotation marks around a text that holds the delimiter {delimiter!r}: "like, this".',
                )
            if fields:
                row = dict(zip(names, fields, strict=True))
                yield _Row(line, row["text"], row["label"], row.get("group", row.get("document", "")))
            line = reader.line_num + 1
    except csv.Error as error:
        raise BadLabels(
            f"{path} line {line}: {error}",
            remedy="Close every quotation mark, and double those inside a text; JSONL takes texts of any length.",
        ) from error


def _header(text: str, path: Path) -> tuple[list[str], str]:
    first = text.splitlines()[0] if text.strip() else ""
    for delimiter in DELIMITERS:
        names = [name.strip().strip('"').lower() for name in first.split(delimiter)]
        if {"text", "label"} <= set(names):
            named = [name for name in names if name]
            if len(set(named)) < len(named):
                raise BadLabels(f"{path} line 1 names a column twice", remedy="Give every column a name of its own.")
            return names, delimiter
    raise BadLabels(
        f"{path} line 1 does not name the columns text and label: {first[:80]!r}",
        remedy="Let the first line be `text,label`, or `text,label,document` if rows come from several documents.",
    )


def _json_rows(text: str, path: Path) -> Iterator[_Row]:
    remedy = 'Write one object a line: {"text": "...", "label": "...", "document": "..."}.'
    for line, content in enumerate(text.split("\n"), start=1):
        if not content.strip():
            continue
        try:
            row = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise BadLabels(f"{path} line {line} is not JSON: {error}", remedy=remedy) from error
        if not isinstance(row, dict):
            raise BadLabels(f"{path} line {line} is not an object", remedy=remedy)
        text_, label, group = (row.get("text"), row.get("label"), row.get("group", row.get("document")))
        group = "" if group is None else group
        if not isinstance(text_, str) or not isinstance(label, str | int) or not isinstance(group, str | int):
            raise BadLabels(f"{path} line {line}: text, label or group is missing or not a string", remedy=remedy)
        yield _Row(line, text_, str(label), str(group))


def _checked(rows: list[_Row], path: Path) -> list[_Row]:
    """The rows that count, trimmed; a text that comes again with the same label counts once."""
    seen: dict[str, _Row] = {}
    spelt: dict[str, _Row] = {}
    for row in rows:
        row = _Row(row.line, row.text.strip(), row.label.strip(), row.group.strip())
        for what, value in (("text", row.text), ("label", row.label)):
            if not value:
                raise BadLabels(
                    f"{path} line {row.line}: the {what} is empty", remedy="Fill it in, or remove the line."
                )
        other = spelt.setdefault(row.label.casefold(), row)
        if other.label != row.label:
            raise BadLabels(
                f"{path}: the labels {other.label!r} (line {other.line}) and {row.label!r} (line {row.line}) differ in"
                " case only",
                remedy="Spell them alike.",
            )
        first = seen.setdefault(" ".join(row.text.split()), row)
        if first.label != row.label:
            raise BadLabels(
                f"{path}: lines {first.line} and {row.line} have the same text, labelled {first.label!r} and"
                f" {row.label!r}",
                remedy="Keep the line whose label is right.",
            )
    kept = list(seen.values())
    _check_classes(kept, path)
    return kept


def _check_classes(rows: list[_Row], path: Path) -> None:
    counts = Counter(row.label for row in rows)
    if len(counts) < 2:
        found = f"only the label {next(iter(counts))!r}" if counts else "no rows"
        raise BadLabels(f"{path} has {found}", remedy="Label texts of at least two kinds.")
    few = sorted((count, label) for label, count in counts.items() if count < LEAST)
    if few:
        more = f" (and {len(few) - 1} more labels have too few)" if len(few) > 1 else ""
        raise BadLabels(
            f"{path}: the label {few[0][1]!r} has {few[0][0]} different texts; {LEAST} are needed{more}",
            remedy="Label more texts, or merge the label with another one.",
        )
    for label in counts:
        groups = {row.group or f"line {row.line}" for row in rows if row.label == label}
        if len(groups) == 1:
            raise BadLabels(
                f"{path}: all texts labelled {label!r} come from {groups.pop()!r}, so nothing can be said about others",
                remedy="Label texts of another document too, or leave out the column if it does not matter.",
            )


# -- the stored scorer --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Facts:
    """What scorer.json holds. `c` is the inverse regularisation strength that was chosen; `long_texts` counts texts
    longer than the encoder's window."""

    format: int
    name: str
    created: str
    classes: tuple[str, ...]
    encoder: str
    encoder_key: str
    dimension: int
    temperature: float
    c: float
    labels_file: str
    labels_sha256: str
    repeated: int
    long_texts: int
    figures: Figures
    weights_sha256: str = ""


_FACTS = TypeAdapter(Facts)


def names(home: Path) -> list[str]:
    """The scorers in a data root, sorted."""
    return sorted(p.parent.name for p in (home / FOLDER).glob(f"*/{FACTS_FILE}") if NAME.fullmatch(p.parent.name))


def folder_of(home: Path, name: str) -> Path:
    """Where a scorer lies. Raises ConfigError for what is not a name, so that a name is never a path."""
    if not NAME.fullmatch(name):
        raise ConfigError(f"{name[:80]!r} is not a name for a scorer", remedy="Use letters, digits, '-' and '_'.")
    return home / FOLDER / name


def write(home: Path, facts: Facts, weights: Weights, *, replace: bool = False) -> Path:
    """Store a scorer durably. Raises ConfigError if the name is taken (without `replace`), StorageFull."""
    final = folder_of(home, facts.name)
    if final.exists() and not replace:
        raise taken(facts.name)
    for folder in (home, final.parent):
        with storage_errors(folder):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = final.with_name(final.name + ".tmp")
    remove_folder(temporary)
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **weights)
    try:
        make_folder(temporary)
        written = write_file(temporary / WEIGHTS_FILE, lambda write: write(buffer.getvalue()))
        text = json.dumps(asdict(facts) | {"weights_sha256": written.sha256}, indent=1, ensure_ascii=False)
        write_file(temporary / FACTS_FILE, lambda write: write(text.encode("utf-8")))
        _swap(temporary, final)
    except BaseException:
        with contextlib.suppress(StorageFull):  # what stays is removed by the next write
            remove_folder(temporary)
        raise
    return final


def _swap(temporary: Path, final: Path) -> None:
    """Publish a folder in the place of another one, which is put back if that fails."""
    previous = final.with_name(final.name + ".previous")
    remove_folder(previous)
    with storage_errors(final):
        if final.exists():
            final.rename(previous)
        try:
            publish_folder(temporary, final)
        except BaseException:
            if previous.exists() and not final.exists():
                previous.rename(final)
            raise
    remove_folder(previous)


def taken(name: str) -> ConfigError:
    """The error for a name that another scorer has."""
    return ConfigError(f"there is a scorer {name!r} already", remedy="Give another name, or --replace it.")


def read_facts(home: Path, name: str) -> Facts:
    """The facts of a stored scorer. Raises UnknownScorer, FormatTooNew, StoreCorrupt."""
    path = _existing(home, name) / FACTS_FILE
    try:
        stored = json.loads(path.read_bytes())
        if isinstance(stored, Mapping) and isinstance(stored.get("format"), int) and stored["format"] > FORMAT:
            raise FormatTooNew(
                f"{path} has format {stored['format']}; this version reads {FORMAT}",
                remedy="Upgrade Citebound, or train the scorer again.",
            )
        return _FACTS.validate_python(stored)
    except (OSError, ValueError, ValidationError) as error:
        raise StoreCorrupt(f"{path} cannot be read: {error}", remedy=_again(name)) from error


def read(home: Path, name: str) -> tuple[Facts, Weights]:
    """Facts and weights, the latter only if they are those that were written. Raises as `read_facts`."""
    facts = read_facts(home, name)
    path = folder_of(home, name) / WEIGHTS_FILE
    try:
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != facts.weights_sha256:
            raise StoreCorrupt(f"{path} is not what was trained (torn, truncated or changed)", remedy=_again(name))
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            weights = {key: np.asarray(archive[key], dtype=np.float64) for key in archive.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise StoreCorrupt(f"{path} cannot be read: {error}", remedy=_again(name)) from error
    shapes = {key: array.shape for key, array in weights.items()}
    count = len(facts.classes)
    if shapes != {"coefficients": (count, facts.dimension), "intercepts": (count,), "shifts": (count,)}:
        raise StoreCorrupt(f"{path} does not fit its {FACTS_FILE}", remedy=_again(name))
    return facts, weights


def remove(home: Path, name: str) -> None:
    """Delete a scorer. Raises UnknownScorer, StorageFull."""
    remove_folder(_existing(home, name))


def _existing(home: Path, name: str) -> Path:
    if not NAME.fullmatch(name) or not (home / FOLDER / name / FACTS_FILE).is_file():
        known = ", ".join(names(home)) or "none yet"
        raise UnknownScorer(
            "there is no scorer of that name" if not NAME.fullmatch(name) else f"there is no scorer {name!r}",
            remedy=f"There are: {known}. `citebound scorer train LABELS.csv` makes one.",
        )
    return home / FOLDER / name


def _again(name: str) -> str:
    return f"Train it again: `citebound scorer train LABELS.csv --name {name} --replace`."
