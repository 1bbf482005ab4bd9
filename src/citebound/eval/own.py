"""A user's own suite: from a CSV of questions and answers over a collection. `drafts` makes such questions; a query
adapter learns from `labels`.

`new` needs the columns `question` and `answer`; an empty answer says that the documents cannot answer. Optional:
`document` (file name), `quote` (the sentence that proves the answer), `label` (then it is a suite of labels),
`cluster`, `id`, `split`, and `confirmed` (if it is there, only the rows that a person has confirmed count).
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from citebound.collection import NAME, Collection
from citebound.eval import rows, spec
from citebound.eval.adapters import jsonl
from citebound.eval.drafts import Draft as Draft
from citebound.eval.drafts import draft as draft
from citebound.eval.drafts import write_rows as write_rows
from citebound.eval.measures import Place
from citebound.eval.suite import Item, SuiteError, Task, check
from citebound.indexes.adapting import Labelled

FOLDER = Path("eval")
COLUMNS = ("question", "answer", "document", "quote", "label", "cluster", "id", "split", "confirmed")
NEEDED = ("question", "answer")
DELIMITERS = ",;\t|"
YES = frozenset({"yes", "y", "x", "1", "true", "ok", "ja", "✓"})
NO = frozenset({"", "no", "n", "0", "false", "-"})


@dataclass(frozen=True, slots=True)
class Made:
    """What `new` wrote. `notes` are the questions without a gold place, each with a remedy, and what was left out."""

    suite: Path
    rows: Path
    run: Path
    items: int
    unanswerable: int
    placed: int
    clusters: int
    notes: tuple[str, ...]


def new(csv_path: Path, collection: Collection, name: str, folder: Path = FOLDER, *, force: bool = False) -> Made:
    """Make ``suites/NAME.toml``, ``suites/NAME.jsonl`` and ``runs/NAME.toml`` under `folder`.

    Each gold place is looked for in the documents: the quote, else the answer, whatever its white space. Where it is
    not found, or found more than once, the item is kept without a place, and `notes` says so. Raises SuiteError naming
    the line, and writes nothing, for a file that is not a table of questions or a suite that is not sound.
    """
    if not NAME.fullmatch(name):
        raise SuiteError(f"{name!r} is not a name for a suite", remedy="Use letters, digits, '-', '_' and '.'.")
    suite = folder / "suites" / f"{name}.toml"
    run = folder / "runs" / f"{name}.toml"
    targets = (suite, suite.with_suffix(".jsonl"), run)
    there = [path for path in targets if path.exists()]
    if there and not force:
        raise SuiteError(f"{there[0]} is there already", remedy="Choose another name, or replace it with --force.")
    texts = jsonl.texts_of(collection)
    notes: list[str] = []
    written = [_row(asked, name, texts, notes) for asked in _confirmed(csv_path, _asked(csv_path, notes), notes)]
    declared = _suite_template(name, collection, written)
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in written)
    _check(name, declared, lines, texts)
    metric = "macro_f1" if any(row["label"] for row in written) else "f1"
    for path, content in zip(
        targets,
        (declared, lines, run_template(name, metric)),
        strict=True,
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    return Made(
        suite=suite,
        rows=targets[1],
        run=run,
        items=len(written),
        unanswerable=sum(not row["answerable"] for row in written),
        placed=sum(bool(row["gold"]) for row in written),
        clusters=len({row["cluster"] for row in written}),
        notes=tuple(notes),
    )


def labels(path: Path, collection: Collection) -> tuple[list[Labelled], tuple[str, ...]]:
    """What `Collection.adapt` learns from: the questions with a gold place, of a table as `new` reads it or of the
    JSONL rows that it writes, and notes on those without one. Raises SuiteError naming the line."""
    texts = jsonl.texts_of(collection)
    written, notes = _written(path, texts)
    found: list[Labelled] = []
    for row in written:
        places = rows.places(row, texts)
        for document in dict.fromkeys(place.document for place in places):
            spans = tuple(place.span for place in places if place.document == document)
            found.append(Labelled(row.question, document, spans))
    silent = sum(not row.answerable for row in written)
    if silent:
        notes.append(f"{silent} questions have no answer and teach nothing about where one stands")
    return found, tuple(notes)


def items(path: Path, collection: Collection) -> tuple[list[Item], dict[str, str], tuple[str, ...]]:
    """What `citebound calibrate` asks: the questions without an answer and those whose gold place is known, the texts
    of the collection by file name, and notes on what is left out. Raises SuiteError naming the line."""
    texts = jsonl.texts_of(collection)
    written, notes = _written(path, texts)
    made = [jsonl.item(row, texts) for row in written]
    kept = [item for item in made if item.gold or not item.answerable]
    if len(kept) < len(made):
        notes.append(f"{len(made) - len(kept)} questions have an answer but no place, and were left out")
    return kept, texts, tuple(notes)


def _written(path: Path, texts: Mapping[str, str]) -> tuple[list[rows.Row], list[str]]:
    """The rows of a table as `new` reads it, or of the JSONL that it writes, with notes."""
    notes: list[str] = []
    if path.suffix.lower() == ".jsonl":
        try:
            return rows.load(path), notes
        except (OSError, UnicodeDecodeError) as error:
            raise SuiteError(f"{path} cannot be read: {error}") from error
    asked = _confirmed(path, _asked(path, notes), notes)
    made = [_row(one, path.stem, texts, notes) for one in asked]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "rows.jsonl"
        copy.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in made), "utf-8")
        return rows.load(copy), notes


def run_template(name: str, metric: str = "f1") -> str:
    """The run file of a new suite: what a first board compares."""
    return f"""title = {_quoted(name)}
suite = {_quoted(name)}
regimes = ["corpus"]
items = 0  # test items for generators; 0 asks them all

# Decided before the questions are asked: commit this file, then run it.
[primary]
metric = "{metric}"
margin = 0.05
rag = "rag"
against = ["zero_shot", "bm25_top1"]
wrong = "rag_wrong"
chance = "always_not_found"

[systems.always_not_found]
kind = "always_not_found"

[systems.bm25_top1]
kind = "bm25_top1"

[systems.ask_quotes]
kind = "ask"
llm = false

[systems.zero_shot]
kind = "prompted"
profile = false

[systems.rag]
kind = "prompted"
passages = "product"

[systems.rag_wrong]
kind = "prompted"
passages = "wrong"
"""


# -- reading the table -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Asked:
    """One row of the table, with the line it begins on."""

    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


def _asked(path: Path, notes: list[str]) -> list[_Asked]:
    """The rows that are not empty. Raises SuiteError naming the line of what cannot be read."""
    text = _decoded(path)
    delimiter, header = _header(path, text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    made: list[_Asked] = []
    begins = 1
    try:
        for cells in reader:
            line, begins = begins, reader.line_num + 1
            if line == 1 or not any(cell.strip() for cell in cells):
                continue
            if len(cells) > len(header):
                raise SuiteError(
                    f"{path}, line {line}: {len(cells)} cells under {len(header)} columns",
                    remedy=f"Put cells that hold {delimiter!r} into double quotes.",
                )
            row = {column: cell.strip() for column, cell in zip(header, cells, strict=False)}
            if not row.get("question"):
                raise SuiteError(f"{path}, line {line}: there is no question")
            made.append(_Asked(line, row))
    except csv.Error as error:
        raise SuiteError(f"{path}, line {begins}: {error}", remedy="A quotation mark may not be closed.") from error
    if not made:
        raise SuiteError(f"{path}: there are no questions under the header")
    unused = [column for column in header if column and column not in COLUMNS]
    if unused:
        notes.append(f"columns that are not used: {', '.join(unused)}")
    return made


def _decoded(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SuiteError(f"{path}: {error.strerror}") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SuiteError(
            f"{path}, line {line}: this is not UTF-8", remedy="Save it as “CSV UTF-8” in the spreadsheet program."
        ) from error


def _header(path: Path, text: str) -> tuple[str, list[str]]:
    """The delimiter under which the first line has the needed columns, and the columns."""
    first = text.split("\n", 1)[0].rstrip("\r")
    for delimiter in DELIMITERS:
        columns = [cell.strip().lower() for cell in next(csv.reader([first], delimiter=delimiter), [])]
        if set(NEEDED) <= set(columns):
            twice = [c for c in columns if c and columns.count(c) > 1]
            if twice:
                raise SuiteError(f"{path}, line 1: the column {twice[0]!r} is there twice")
            return delimiter, columns
    raise SuiteError(
        f"{path}, line 1: the header has no columns {' and '.join(NEEDED)}: {first[:80]!r}",
        remedy=f"The first line names the columns: {', '.join(COLUMNS)}; only the first two are needed.",
    )


def _confirmed(path: Path, asked: Sequence[_Asked], notes: list[str]) -> list[_Asked]:
    """The rows that count: all of them, or the confirmed ones where a column says which those are."""
    if "confirmed" not in asked[0].cells:
        return list(asked)
    for row in asked:
        if row["confirmed"].lower() not in YES | NO:
            raise SuiteError(
                f"{path}, line {row.line}: confirmed is {row['confirmed']!r}", remedy="Write yes, or leave it empty."
            )
    kept = [row for row in asked if row["confirmed"].lower() in YES]
    if not kept:
        raise SuiteError(
            f"{path}: no row is confirmed", remedy="Write yes into the column confirmed of each question that is right."
        )
    if len(kept) < len(asked):
        notes.append(f"{len(asked) - len(kept)} rows are not confirmed and were left out")
    return kept


# -- finding the gold ------------------------------------------------------------------------------------------------


def _row(asked: _Asked, name: str, texts: Mapping[str, str], notes: list[str]) -> dict[str, object]:
    """A row of the suite, its gold found if it can be."""
    id_ = asked["id"] or f"{name}-{asked.line:04d}"
    document = asked["document"]
    if document and document not in texts:
        raise SuiteError(
            f"line {asked.line}: the collection has no document {document!r}",
            remedy="`citebound documents list` gives the file names.",
        )
    answerable = bool(asked["answer"] or asked["label"])
    if asked["quote"] and not answerable:
        raise SuiteError(
            f"line {asked.line}: there is a quote but no answer", remedy="Write the answer, or take the quote away."
        )
    wanted = (asked["quote"] or asked["answer"]) if answerable else ""
    gold: list[dict[str, object]] = []
    place = None
    if wanted:
        found = _places(wanted, {document: texts[document]} if document else texts)
        if len(found) == 1:
            place = found[0]
            gold = [_gold(place, texts[place.document])]
        else:
            notes.append(f"line {asked.line}, {id_}: {_why(wanted, bool(asked['quote']), found)}")
    where = document or (place.document if place else "")
    return {
        "id": id_,
        "question": asked["question"],
        "cluster": asked["cluster"] or where or "no document named",
        "kind": "answerable" if answerable else "unanswerable",
        "answerable": answerable,
        "answer": asked["answer"],
        "label": asked["label"],
        "documents": [where] if where else [],
        "split": asked["split"].lower() or "test",
        "gold": gold,
    }


def _places(wanted: str, texts: Mapping[str, str]) -> list[Place]:
    """Where a text stands, not as a part of a longer word or number: "30" is not in "130"."""
    made = []
    for document, text in texts.items():
        for span in rows.every_place(wanted, text):
            before, after = text[: span.start][-1:], text[span.end : span.end + 1]
            inside = (before.isalnum() and text[span.start].isalnum()) or (
                after.isalnum() and text[span.end - 1].isalnum()
            )
            if not inside:
                made.append(Place(document, span))
    return made


def _why(wanted: str, quoted: bool, found: Sequence[Place]) -> str:
    what = "the quote" if quoted else "the answer"
    if not found:
        remedy = "copy the sentence from the document as it stands there" if quoted else "add the sentence as quote"
        return f"{what} {wanted[:60]!r} is in no document; {remedy}. Kept without a place."
    files = len({place.document for place in found})
    where = f"{len(found)} times in {found[0].document}" if files == 1 else f"in {files} documents"
    remedy = "copy more of it" if quoted else "add the sentence that proves it as quote"
    return f"{what} {wanted[:60]!r} stands {where}; {remedy}, or name the document. Kept without a place."


def _gold(place: Place, text: str) -> dict[str, object]:
    return {
        "document": place.document,
        "start": place.span.start,
        "end": place.span.end,
        "quote": place.span.of(text),
        "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
    }


# -- writing the suite -----------------------------------------------------------------------------------------------


def _suite_template(name: str, collection: Collection, written: Sequence[Mapping[str, object]]) -> str:
    labels = list(dict.fromkeys(str(row["label"]) for row in written if row["label"]))
    bare = [row["id"] for row in written if not row["label"]]
    if labels and bare:
        raise SuiteError(
            f"{bare[0]}: some questions have a label, this one has none",
            remedy="Fill the column label for every question, or leave it out.",
        )
    given = all(row["documents"] for row in written)
    where = collection.name if collection.root.parent == collection.config.home else str(collection.root.resolve())
    asked = "Reply with one of these words only: " + ", ".join(labels) if labels else BARE
    words = "".join(f"{_quoted(label)} = {_quoted(label)}\n" for label in labels)
    return f"""title = {_quoted(name)}
adapter = "jsonl"
task = "{Task.LABEL if labels else Task.EXTRACT}"
regimes = {json.dumps(["given", "corpus"] if given else ["corpus"])}
own = true

[prompts]
bare = {_quoted(asked)}
profile = {_quoted(PROFILE)}
question = {_quoted(QUESTION)}

[prompts.words]
{words}
[options]
rows = {_quoted(f"{name}.jsonl")}
collection = {_quoted(where)}
"""


QUESTION = "Question: {question}\nAnswer:"
BARE = "Reply with the short answer only, copied from the text, or exactly: Not found"
PROFILE = """You answer questions about the documents of a collection. You are given passages of them.
The answer stands in the passages: copy it, and nothing else.
If the passages do not say it, reply exactly: Not found"""


def _check(name: str, declared: str, lines: str, texts: Mapping[str, str]) -> None:
    """Read what is about to be written as it will be read. Raises SuiteError."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.toml"
        path.write_text(declared, "utf-8")
        path.with_suffix(".jsonl").write_text(lines, "utf-8")
        given = spec.read(path)
        check(jsonl.suite(given, rows.load(path.with_suffix(".jsonl")), texts))


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's escapes are TOML's, but for the delete character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
