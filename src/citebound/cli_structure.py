"""`citebound findings`, `list` and `amendments`: what was read off the documents, for people and spreadsheets."""

from __future__ import annotations

import csv
import dataclasses
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from citebound.cli_print import (
    CollectionOption,
    DocumentOption,
    FilterOption,
    JsonOption,
    err,
    out,
    print_json,
    print_notes,
    printable,
)
from citebound.collection import Collection
from citebound.indexes.durable import storage_errors
from citebound.indexes.language import named
from citebound.indexes.register import Entry, Findings, Overview
from citebound.indexes.retest import Change, Comparison
from citebound.types import Amendment, Document, Fact

NARROW = 12
"""Columns of the screen below which a column of a table is not readable."""
MOST_LINKS = 5
"""Recurrences of one finding that a table shows; JSON and CSV have all."""
MOST_NOTICES = 3
"""Amendments of one place that a hit or a citation names."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings that a spreadsheet takes for a formula."""
SOFT = re.compile(r"[-_/]+")
Cell = str | int

CsvOption = Annotated[bool, typer.Option("--csv", help="Print CSV; cells that look like formulas begin with '.")]


def findings(
    collection: CollectionOption = "default",
    severity: Annotated[
        str, typer.Option("--severity", "-s", help="high: that or worse; =high: that alone; unrated: without one.")
    ] = "",
    status: Annotated[
        str, typer.Option("--status", help="open, partial, accepted, fixed, unstated; several with commas.")
    ] = "",
    document: DocumentOption = None,
    only: FilterOption = None,
    retest: Annotated[
        tuple[str, str] | None,
        typer.Option("--retest", metavar="OLD NEW", help="What became of the findings of the report OLD in NEW."),
    ] = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Findings of the security reports, worst first, linked across reports; with --retest, what became of them."""
    _one_form(json=as_json, csv=as_csv)
    with Collection.open(collection) as opened:
        if retest is not None:
            if severity or status or document or only:
                raise typer.BadParameter(
                    "--retest takes two reports, without --severity, --status, --document, --filter"
                )
            compared = opened.compare_findings(*retest)
        else:
            found = opened.findings(severity, status, document=document, filters=only)
    if retest is not None:
        _tell_comparison(compared, as_json, as_csv)
    elif as_json:
        told = {**dataclasses.asdict(found), "severities": found.severities}
        for entry, why in zip(told["undecided"], told.pop("reasons"), strict=True):
            entry["why"] = why
        print_json(told)
    elif as_csv:
        _print_csv([_finding_cells(entry) for entry in found.entries], FINDING_COLUMNS)
        _print_undecided(found, err)
    else:
        _print_findings(found, opened.name)


def listing(
    collection: CollectionOption = "default",
    only: FilterOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    xlsx: Annotated[Path | None, typer.Option("--xlsx", help="Write an Excel file.")] = None,
    wide: Annotated[bool, typer.Option("--wide", help="Show all fields, not only those that fit the screen.")] = False,
) -> None:
    """The documents with their kind and the fields read off them; a value with "?" is doubtful, and a note says why.

    As many columns are shown as fit the screen, the most telling first; --csv, --json and --xlsx have all.
    """
    _one_form(json=as_json, csv=as_csv, xlsx=xlsx is not None)
    with Collection.open(collection) as opened:
        found = opened.overview(only)
        notes = opened.language_notes(only)
    if as_json:
        print_json([dataclasses.asdict(row) for row in found])
    elif as_csv:
        _print_csv(*_sheet(found))
    elif xlsx is not None:
        write_xlsx(xlsx, *_sheet(found))
        err.print(Text(f"{_count(len(found), 'document')} in {xlsx}"))
    elif found:
        for kind in sorted({row.kind for row in found}, key=lambda kind: (not kind, kind)):
            _print_kind(kind, [row for row in found if row.kind == kind], wide=wide)
        print_notes(notes)
    else:
        out.print(Text(f"no document{' satisfies the filter' if only else ''} in the collection {opened.name}"))
        out.print("  what to do: `citebound documents list` shows what is there, `citebound ingest PATH` brings more")


def amendments(
    collection: CollectionOption = "default",
    only: FilterOption = None,
    as_json: JsonOption = False,
) -> None:
    """What amendments change, newest first: the clause and its document, or why they are not known."""
    with Collection.open(collection) as opened:
        found = opened.amendments(only)
    if as_json:
        print_json([{**dataclasses.asdict(a), "name": a.name, "notice": a.notice} for a in found])
        return
    table = Table("amendment", "date", "action", "clause", "of")
    for a in found:
        name = Text(f"{printable(a.name)}{f', section {a.section}' * bool(a.section)}")
        name.append(f"\nin {printable(a.source.name)}", style="dim")
        of = Text(printable(a.amended_source.name if a.amended_source else ""))
        if a.reason:
            of.append(f"{chr(10) * bool(of.plain)}not linked: {printable(a.reason)}", style="yellow")
        table.add_row(name, Text(a.date or "-"), Text(a.action), Text(printable(a.what)), of)
    if found:
        out.print(table)
    linked = sum(a.place is not None for a in found)
    papers = len({(a.document.id, a.title, a.number, a.date) for a in found})
    out.print(Text(f"{_count(len(found), 'change')} in {_count(papers, 'amendment')}, {linked} linked", style="bold"))


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("amendments")(amendments)
    app.command("findings")(findings)
    app.command("list")(listing)


def print_structure(document: Document) -> None:
    """Kind, fields and counts of one document."""
    counts = [(document.terms, "term"), (document.references, "reference"), (document.findings, "finding")]
    said = ", ".join(_count(len(things), word) for things, word in counts)
    out.print(Text(f"kind {document.kind or 'not known'}: {said}"))
    for name, value in field_values(document.facts).items():
        out.print(Text(f"  {name}: {value}"))
    for note in doubts(document.facts):
        out.print(Text(f"  ? {note}", style="yellow"))


def print_notices(found: Sequence[Amendment], indent: int) -> None:
    """A line for each amendment that changed a place that is shown, the last to take effect first."""
    for amendment in found[: -MOST_NOTICES - 1 : -1]:
        out.print(Text(f"{' ' * indent}{printable(amendment.notice)}", style="yellow"), soft_wrap=True)
    if len(found) > MOST_NOTICES:
        out.print(Text(f"{' ' * indent}and by {len(found) - MOST_NOTICES} more: see `citebound amendments`", "yellow"))


def field_values(facts: Iterable[Fact]) -> dict[str, str]:
    """The values of each field, different ones separated by "; ", roles behind their party, doubtful ones with "?"."""
    values: dict[str, list[str]] = {}
    last = ""
    for fact in facts:
        value = printable(fact.value) + "?" * bool(fact.note)
        if fact.name == "role" and last:
            values[last][-1] += f" ({value})"
            continue
        last = fact.name if fact.name == "party" else ""
        name = "clauses" if fact.name == "clause" else fact.name
        if last or value not in values.setdefault(name, []):
            values.setdefault(name, []).append(value)
    return {name: "; ".join(dict.fromkeys(given)) for name, given in values.items()}


def doubts(facts: Iterable[Fact]) -> list[str]:
    """What is doubtful about which value, each once."""
    return list(dict.fromkeys(f"{f.name} {printable(f.value)[:60]}: {printable(f.note)}" for f in facts if f.note))


# -- findings ---------------------------------------------------------------------------------------------------------

FINDING_COLUMNS = (
    *("id", "title", "severity", "status", "standing", "cvss_score", "cvss_vector", "cwe", "cve", "asset"),
    *("document", "pages", "section", "also_in", "doubts", "document_id", "start", "end", "text_sha256"),
)


def _finding_cells(entry: Entry) -> dict[str, Cell]:
    return {
        "id": entry.id,
        "title": entry.title,
        **{name: _marked(entry, name) for name in ("severity", "status", "cvss_score", "cvss_vector")},
        "standing": entry.standing,
        **{name: "; ".join(getattr(entry, name)) for name in ("cwe", "cve", "asset")},
        "document": entry.source.name,
        "pages": ", ".join(map(str, entry.pages)),
        "section": entry.section,
        "also_in": "; ".join(_also(entry)),
        "doubts": "; ".join(doubts(entry.fields)),
        "document_id": entry.document.id,
        "start": entry.span.start,
        "end": entry.span.end,
        "text_sha256": entry.text_sha256,
    }


def _also(entry: Entry) -> list[str]:
    """Where else the finding is, with what that report says of it."""
    return [
        f"{other.source.name} ({', '.join(filter(None, (other.id, other.severity, other.status)))})"
        for other in entry.also_in
    ]


def _marked(entry: Entry, name: str) -> str:
    """The first value of a field, with "?" where it is doubtful."""
    return next((f.value + "?" * bool(f.note) for f in entry.fields if f.name == name), "")


def _print_findings(found: Findings, collection: str) -> None:
    if not found.total:
        _say_none(found, collection)
        return
    table = Table("id", "title", "severity", "status", "CVSS", "CWE, CVE", "asset", "where")
    for entry in found.entries:
        title = Text(printable(entry.title))
        others = _also(entry)
        for other in others[:MOST_LINKS]:
            title.append(f"\nalso in {printable(other)}", style="dim")
        if len(others) > MOST_LINKS:
            title.append(f"\nand in {len(others) - MOST_LINKS} more", style="dim")
        rated = [_marked(entry, name) or "-" for name in ("severity", "status", "cvss_score")]
        numbers = "\n".join((*entry.cwe, *entry.cve))
        cells: tuple[Text | str, ...] = (
            printable(entry.id),
            title,
            *rated,
            numbers,
            printable("; ".join(entry.asset)),
            _where(entry),
        )
        table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in cells))
    if found.entries:
        out.print(table)
    for entry in found.entries:
        for note in doubts(entry.fields):
            out.print(Text(f"? {printable(entry.id or entry.title)}: {note}", style="yellow"))
    counts = ", ".join(f"{n} {severity}" for severity, n in found.severities.items() if n)
    where = f"{_count(found.total, 'finding')} in {_count(found.reports, 'report')}"
    out.print(Text(f"{len(found.entries)} of {where}{': ' + counts if counts else ''}", style="bold"))
    _print_undecided(found, out)


def _print_undecided(found: Findings, where: Console) -> None:
    """How many more may belong to those that were asked for, and which, and why that is not known."""
    if not found.undecided:
        return
    where.print(Text(f"{_count(len(found.undecided), 'finding')} more may belong here:", style="yellow"))
    for entry, why in zip(found.undecided, found.reasons, strict=True):
        name = " ".join(filter(None, (entry.id, entry.title)))
        where.print(Text(f"? {printable(name)}: {printable(why)}, in {printable(entry.source.name)}", style="yellow"))
    where.print("  what to do: `--severity unrated`, `--status unstated` and `--status partial` show such findings")


def _say_none(found: Findings, collection: str) -> None:
    if not found.documents:
        out.print(Text(f"no document of the collection {collection} satisfies the filter"))
        return
    out.print(Text(f"no findings in {_count(found.documents, 'document')} of the collection {collection}"))
    out.print("  what to do: ingest security reports; `citebound list` shows what kind each document was taken for")


def _where(entry: Entry) -> str:
    name = printable(entry.source.name)
    if not entry.pages:
        return f"{name}\n{printable(entry.section)}".rstrip()
    first, last = entry.pages[0], entry.pages[-1]
    return f"{name}\npage {first}" + (f"-{last}" if last > first else "")


# -- retest -----------------------------------------------------------------------------------------------------------

CHANGE_COLUMNS = (
    *("outcome", "id", "title", "severity", "old_severity", "old_status", "new_status", "note"),
    *("old_document_id", "old_start", "old_end", "old_text_sha256"),
    *("new_document_id", "new_start", "new_end", "new_text_sha256"),
)
STYLES = {"still open": "red", "new": "red", "gone": "yellow", "fixed": "green"}


def _tell_comparison(compared: Comparison, as_json: bool, as_csv: bool) -> None:
    if as_json:
        print_json({**dataclasses.asdict(compared), "outcomes": compared.outcomes})
        return
    rows = [_change_cells(change) for change in compared.changes]
    if as_csv:
        _print_csv(rows, CHANGE_COLUMNS)
        return
    out.print(Text(f"{printable(compared.old.title)} ({compared.old.id[:10]})", style="bold"))
    out.print(Text(f"-> {printable(compared.new.title)} ({compared.new.id[:10]})", style="bold"))
    for note in compared.notes:
        out.print(Text(f"note: {printable(note)}", style="yellow"))
    table = Table("outcome", "id", "title", "severity", "status", "note")
    for row in rows:
        severity = f"{row['old_severity']} -> {row['severity']}" if row["old_severity"] else str(row["severity"])
        status = " -> ".join(str(row[key]) for key in ("old_status", "new_status") if row[key])
        cells = [row["id"], row["title"], severity, status, row["note"]]
        table.add_row(
            Text(str(row["outcome"]), style=STYLES[str(row["outcome"])]), *(Text(printable(str(c))) for c in cells)
        )
    if rows:
        out.print(table)
    out.print(Text(", ".join(f"{n} {outcome}" for outcome, n in compared.outcomes.items()), style="bold"))
    if compared.outcomes["gone"]:
        out.print("gone: the new report does not mention them, which does not say that they are fixed")


def _change_cells(change: Change) -> dict[str, Cell]:
    old, new, latest = change.old, change.new, change.latest
    return {
        "outcome": change.outcome,
        "id": latest.id,
        "title": latest.title,
        "severity": latest.severity or "-",
        "old_severity": (change.severity[0] or "-") if change.severity else "",
        "old_status": old.status if old else "",
        "new_status": new.status if new else "",
        "note": change.note,
        **_cited("old", old),
        **_cited("new", new),
    }


def _cited(which: str, entry: Entry | None) -> dict[str, Cell]:
    if entry is None:
        return {}
    return {
        f"{which}_document_id": entry.document.id,
        f"{which}_start": entry.span.start,
        f"{which}_end": entry.span.end,
        f"{which}_text_sha256": entry.text_sha256,
    }


# -- documents --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the list: what stands over it, the fields of which it has the first that is known, and the columns of
    the screen that it cannot do without. One that is `needed` is never left out of a table."""

    heading: str
    fields: tuple[str, ...]
    least: int = NARROW
    needed: bool = False

    def cell(self, shown: Mapping[str, str]) -> str:
        """What it has of a document, several values on a line each."""
        value = next((shown[name] for name in self.fields if shown.get(name)), "")
        return "\n".join(map(printable, value.split("; ")))


NAME = _Column("document", (), 18)
FIRST = (
    _Column("date", ("effective_date", "agreement_date", "report_date", "revision_date"), 10, needed=True),
    _Column("law", ("governing_law",), 9, needed=True),
    _Column("parties", ("party",), 20, needed=True),
    _Column("client", ("client", "vendor"), 12, needed=True),
    _Column("findings", ("findings",), 16, needed=True),
    _Column("language", ("languages",), 9, needed=True),
    _Column("type", ("document_type",)),
    _Column("expires", ("expiration_date",), 10),
)
LAST = ("title", "clauses")
"""Fields without a column where not all are asked for: they say what the name says, or fill the screen."""


def _print_kind(kind: str, rows: Sequence[Overview], *, wide: bool) -> None:
    """The documents of one kind: a table of the columns that fit the screen, the most telling first; where not even the
    needed ones do, a block for each document. With `wide` all columns, as a table where each is readable."""
    values = [_shown(row) for row in rows]
    fields = _merged(values)
    title = f"{kind or 'of no known kind'} ({_count(len(rows), 'document')})"
    columns = [_Column(name, (name,)) for name in fields] if wide else _fitting(fields, out.width)
    told = {name for column in columns for name in column.fields}
    if _width([NAME.least, *(column.least for column in columns)]) <= out.width:
        _print_table(title, [row.source.name for row in rows], values, columns)
    else:
        out.print(Text(title, style="italic"))
        for row, shown in zip(rows, values, strict=True):
            out.print(Text(printable(row.source.name), style="bold"))
            for name in (name for name in shown if name in told):
                out.print(Padding(Text(f"{name}: {printable(shown[name])}"), (0, 0, 0, 2), expand=False))
    for row in rows:
        for note in doubts(fact for fact in row.facts if fact.name in told):
            out.print(Text(f"? {printable(row.source.name)}: {note}", style="yellow"))
    if left_out := [name for name in fields if name not in told and name != "title"]:
        out.print(Text(f"more with --wide: {', '.join(left_out)}", style="dim"))


def _fitting(fields: Sequence[str], screen: int) -> list[_Column]:
    """The columns that a screen has room for, the needed ones in any case."""
    named = {name for column in FIRST for name in column.fields}
    others = [_Column(name.replace("_", " "), (name,)) for name in fields if name not in named and name not in LAST]
    chosen: list[_Column] = []
    for column in (*(one for one in FIRST if not set(one.fields).isdisjoint(fields)), *others):
        if column.needed or _width([NAME.least, column.least, *(one.least for one in chosen)]) <= screen:
            chosen.append(column)
    return chosen


def _width(columns: Sequence[int]) -> int:
    """What a table of such columns takes of the screen, with its rules."""
    return sum(columns) + 3 * len(columns) + 1


def _print_table(
    title: str, names: Sequence[str], values: Sequence[Mapping[str, str]], columns: Sequence[_Column]
) -> None:
    """A table as wide as its cells need and the screen has room for; the tightest columns get the room that is left."""
    every = (NAME, *columns)
    rows = [[printable(name), *(c.cell(shown) for c in columns)] for name, shown in zip(names, values, strict=True)]
    lines = [[column.heading, *(line for row in rows for line in row[i].split("\n"))] for i, column in enumerate(every)]
    full = [max(map(cell_len, column)) for column in lines]
    widths = [min(column.least, most) for column, most in zip(every, full, strict=True)]
    for _ in range(out.width - _width(widths)):
        tightest = max(range(len(every)), key=lambda i: full[i] / max(1, widths[i]))
        widths[tightest] += widths[tightest] < full[tightest]
    table = Table(
        *(Column(c.heading, width=w, overflow="fold") for c, w in zip(every, widths, strict=True)), title=title
    )
    for row in rows:
        table.add_row(*(Text(_folded(cell, width)) for cell, width in zip(row, widths, strict=True)))
    out.print(table)


def _folded(cell: str, width: int) -> str:
    """The cell with its long words cut: behind a hyphen, an underscore or a slash where there is one."""

    def cut(word: re.Match[str]) -> str:
        left, parts = word[0], []
        while len(left) > width:
            at = max((m.end() for m in SOFT.finditer(left, 0, width)), default=width)
            parts.append(left[:at])
            left = left[at:]
        return "\n".join([*parts, left])

    return re.sub(r"\S+", cut, cell)


def _shown(row: Overview) -> dict[str, str]:
    shown = {"title": row.document.title, **field_values(row.facts)}
    if row.findings:
        counts = ", ".join(f"{n} {severity}" for severity, n in row.severities.items() if n)
        shown["findings"] = f"{row.findings}: {counts}"
    if set(row.languages) - {"en"}:
        shown["languages"] = named(row.languages)
    return shown


def _sheet(rows: Sequence[Overview]) -> tuple[list[dict[str, Cell]], list[str]]:
    """Cells and columns of the documents, for a spreadsheet."""
    fields = [field_values(row.facts) for row in rows]
    rated = any(row.findings for row in rows)
    cells: list[dict[str, Cell]] = []
    for row, values in zip(rows, fields, strict=True):
        made: dict[str, Cell] = {"document": row.source.name, "kind": row.kind, **values}
        made["title"] = values.get("title") or row.document.title
        made["languages"] = named(row.languages)
        made |= {"terms": row.terms, "references": row.references, "findings": row.findings}
        made |= {severity: n for severity, n in row.severities.items() if rated}
        made |= {"doubts": "; ".join(doubts(row.facts)), "document_id": row.document.id, "path": row.source.path}
        cells.append(made)
    names = [name for name in _merged(fields) if name != "title"]
    last = ["languages", "terms", "references", "findings", *(rows[0].severities if rated else ())]
    return cells, ["document", "title", "kind", *names, *last, "doubts", "document_id", "path"]


def _merged(rows: Sequence[dict[str, str]]) -> list[str]:
    """The columns of all rows, each behind the one that it follows in its row."""
    columns: list[str] = []
    for row in rows:
        at = 0
        for name in row:
            if name not in columns:
                columns.insert(at, name)
            at = columns.index(name) + 1
    return columns


# -- forms ------------------------------------------------------------------------------------------------------------


def inert(value: str) -> str:
    """A cell of a CSV file that no spreadsheet takes for a formula: with an apostrophe before = + - @."""
    return f"'{value}" if value.startswith(FORMULA) else value


def write_xlsx(path: Path, rows: Sequence[dict[str, Cell]], columns: Sequence[str]) -> None:
    """One sheet with a heading; text stays text, whatever it begins with. Raises StorageFull where it cannot write."""
    from openpyxl import Workbook
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = Workbook()
    sheet = book.active
    heading: dict[str, Cell] = {name: name for name in columns}
    for y, row in enumerate([heading, *rows], start=1):
        for x, name in enumerate(columns, start=1):
            value = row.get(name, "")
            cell = sheet.cell(y, x)
            if isinstance(value, int):
                cell.value = value
            elif value:
                cell.value = ILLEGAL_CHARACTERS_RE.sub("\ufffd", value)
                cell.data_type = "s"
                cell.quotePrefix = value.startswith(FORMULA)
    sheet.freeze_panes = "B2"
    with storage_errors(path):
        book.save(path)


def _print_csv(rows: Sequence[dict[str, Cell]], columns: Sequence[str]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        cells = [row.get(name, "") for name in columns]
        writer.writerow([cell if isinstance(cell, int) else inert(printable(cell)) for cell in cells])


def _one_form(**forms: Any) -> None:
    chosen = [f"--{name}" for name, wanted in forms.items() if wanted]
    if len(chosen) > 1:
        raise typer.BadParameter(f"{' and '.join(chosen)} exclude each other")


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
