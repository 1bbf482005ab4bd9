"""`citebound feedback`: what was right and what was wrong, kept as questions of the collection's own suite."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table
from rich.text import Text

from citebound.answer.receipts.feedback import table
from citebound.cli_print import CollectionOption, JsonOption, err, out, print_json, printable
from citebound.collection import Collection
from citebound.errors import BadFeedback
from citebound.indexes.durable import storage_errors
from citebound.indexes.feedback import Feedback, Judgement, Placed

ID = 12
WIDTH = 80
"""Characters of a question or a quote that a table shows."""


app = typer.Typer(
    help="Say of an answer that it is right or wrong, by its receipt: `citebound feedback give RECEIPT --wrong`. What"
    " was said becomes questions with answers: export them for `eval new`, `adapt` and `calibrate`.",
    no_args_is_help=True,
)


@app.command()
def give(
    receipt: Annotated[
        str, typer.Argument(metavar="RECEIPT", help="The id of a receipt, or the beginning of it (4+).")
    ],
    right: Annotated[bool, typer.Option("--right", help="It is right; with --quote: this is the right place.")] = False,
    wrong: Annotated[bool, typer.Option("--wrong", help="It is wrong; --quote may say what is right.")] = False,
    not_there: Annotated[bool, typer.Option("--not-there", help="The documents do not hold the answer.")] = False,
    document: Annotated[
        str, typer.Option("--document", "-d", help="Where it stands: id, beginning of an id, path or file name.")
    ] = "",
    quote: Annotated[str, typer.Option("--quote", "-q", help="The text that answers, copied from the document.")] = "",
    answer: Annotated[str, typer.Option("--answer", "-a", help="The right answer, if it is shorter.")] = "",
    comment: Annotated[str, typer.Option("--comment", help="For whoever reads the list.")] = "",
    collection: CollectionOption = "default",
    as_json: JsonOption = False,
) -> None:
    """Say of an answer that it is right or wrong, or that the documents do not hold it; the last word counts.

    A quote is checked: it must stand in the document.
    """
    chosen = [judgement for judgement, given in zip(Judgement, (right, wrong, not_there), strict=True) if given]
    if len(chosen) != 1:
        raise BadFeedback("say one of --right, --wrong and --not-there")
    with Collection.open(collection) as opened:
        item = opened.feedback(receipt, chosen[0], document=document, quote=quote, answer=answer, comment=comment)
    if as_json:
        print_json(dataclasses.asdict(item))
        return
    out.print(Text(f"{item.verdict.replace('_', ' ')}: {_line(item.question)}"))
    for place in item.places:
        out.print(Text(f"  {_name(place)}: “{_line(place.quote)}”"))
    if not item.complete:
        out.print(Text("  it is not known where the right answer stands: add --quote, or fill it in after `export`"))


@app.command("list")
def listing(collection: CollectionOption = "default", as_json: JsonOption = False) -> None:
    """What was said of the answers of a collection, in the order in which it was said."""
    with Collection.open(collection) as opened:
        items = opened.feedback_items()
    if as_json:
        print_json([dataclasses.asdict(item) for item in items])
        return
    if not items:
        how = "`citebound feedback give RECEIPT --right` gives some"
        out.print(Text(f"no feedback in the collection {opened.name}: {how}"))
        return
    shown = Table("receipt", "judgement", Column("question", overflow="fold"), Column("place", overflow="fold"))
    for item in items:
        shown.add_row(Text(item.receipt[:ID]), item.verdict.replace("_", " "), Text(_line(item.question)), _where(item))
    out.print(shown)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="The table to write.")],
    collection: CollectionOption = "default",
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write what was said as a table of questions, for `citebound eval new`, `adapt` and `calibrate`.

    Items without a place are in it, not confirmed: fill in what is missing and write yes.
    """
    with Collection.open(collection) as opened:
        items = opened.feedback_items()
    if file.exists() and not force:
        raise BadFeedback(f"{file} is there already", remedy="Choose another name, or replace it with --force.")
    with storage_errors(file):
        file.write_text(table(items), "utf-8")
    complete = sum(item.complete for item in items)
    if as_json:
        print_json({"file": str(file), "items": len(items), "complete": complete})
    else:
        err.print(Text(f"{len(items)} questions in {file}, {complete} of them complete"))


def register(app_: typer.Typer) -> None:
    """Add the commands to the command line."""
    app_.add_typer(app, name="feedback")


def _where(item: Feedback) -> Text:
    if not item.places:
        return Text("-" if item.verdict is Judgement.NOT_THERE else "not known", style="dim")
    place = item.places[0]
    return Text(f"{_name(place)}: “{_line(place.quote)}”")


def _name(place: Placed) -> str:
    return printable(place.path.rsplit("/", 1)[-1])


def _line(text: str) -> str:
    line = printable(text)
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"
