"""`citebound documents`: the documents of a collection, listed and shown."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table
from rich.text import Text

from citebound import cli_structure
from citebound.cli_print import CollectionOption, JsonOption, legible, out, print_json, printable
from citebound.collection import Collection

app = typer.Typer(help="The documents of a collection.", no_args_is_help=True)


@app.command("list")
def listing(collection: CollectionOption = "default", as_json: JsonOption = False) -> None:
    """The documents of a collection, with status and number of chunks."""
    with Collection.open(collection) as opened:
        rows = opened.documents()
    if as_json:
        print_json(
            [
                {
                    "id": info.id,
                    "title": info.title,
                    "media_type": info.media_type,
                    "pages": info.pages,
                    "status": status,
                    "state": state,
                    "chunks": chunks,
                    "notes": notes,
                    "sources": [dataclasses.asdict(s) for s in sources],
                }
                for info, status, state, chunks, notes, sources in rows
            ]
        )
        return
    table = Table("id", "title", "pages", "chunks", "status", "state", Column("source", overflow="fold"))
    for info, status, state, chunks, _, sources in rows:
        pages = str(info.pages) if info.pages else "-"
        where = "\n".join(printable(_from_here(s.path)) for s in sources)
        table.add_row(info.id[:10], printable(info.title), pages, str(chunks), status, state, where)
    out.print(table)


@app.command()
def show(
    document: Annotated[str, typer.Argument(help="Id, beginning of an id, path or file name.")],
    collection: CollectionOption = "default",
    text: Annotated[bool, typer.Option("--text", help="Print the whole canonical text.")] = False,
    as_json: JsonOption = False,
) -> None:
    """One document: facts, outline, notes; with --text, the text that all offsets mean."""
    with Collection.open(collection) as opened:
        found = opened.document(document)
    if as_json:
        shown = dataclasses.asdict(dataclasses.replace(found, lines=()))
        print_json(shown)
        return
    if text:
        sys.stdout.write(legible(found.text) if sys.stdout.isatty() else found.text)
        return
    out.print(Text(printable(found.title), style="bold"))
    out.print(f"id {found.id}\n{found.info.media_type}, {found.info.pages or 'no'} pages, {len(found.text)} characters")
    out.print(f"text sha256 {found.text_sha256}, parser {found.info.parser}")
    for note in found.notes:
        out.print(Text(f"note: {printable(note)}", style="yellow"))
    cli_structure.print_structure(found)
    for section in found.sections:
        out.print(Text(f"{'  ' * section.level}{printable(f'{section.number} {section.heading}')}"))


def _from_here(path: str) -> str:
    """The path as one would type it in this folder."""
    return str(Path(path).relative_to(Path.cwd())) if Path(path).is_relative_to(Path.cwd()) else path


def register(top: typer.Typer) -> None:
    """Add the commands to the command line."""
    top.add_typer(app, name="documents")
