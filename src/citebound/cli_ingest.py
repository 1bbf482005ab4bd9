"""`citebound ingest` and `forget`: documents in and out, with a report of what became of each file."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from citebound import cli_models
from citebound import config as settings
from citebound.cli_print import CollectionOption, JsonOption, err, out, print_json, print_notes, printable
from citebound.collection import Collection
from citebound.types import FileReport, IngestReport, Status
from citebound.types import Progress as IngestProgress


def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders; folders are searched recursively.")],
    collection: CollectionOption = "default",
    label: Annotated[
        list[str] | None, typer.Option("--label", "-l", help="key=value, kept with each file for filters.")
    ] = None,
    kind: Annotated[
        str,
        typer.Option(
            "--kind", help="Take all of them for this kind (the name of a profile), now and later; auto: find it out."
        ),
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Bring documents into a collection (made if need be). Exit code 1 if any file failed."""
    config = settings.load()
    labels = dict(_key_value(pair) for pair in label or [])
    cli_models.ensure([config.encoder], config, quiet=as_json)
    with Collection.open(collection, create=True, config=config) as opened, ingest_progress(as_json) as progress:
        report = opened.ingest(list(paths), progress, labels, kind)
    if as_json:
        print_json(dataclasses.asdict(report))
    else:
        print_report(report, opened.name)
    if report.failures or not report.files:
        raise typer.Exit(1)


def forget(
    document: Annotated[str, typer.Argument(help="Id, beginning of an id, path or file name.")],
    collection: CollectionOption = "default",
    as_json: JsonOption = False,
) -> None:
    """Delete a document and every trace of it; prints what was removed from where."""
    with Collection.open(collection) as opened:
        removed = opened.forget(document)
    if as_json:
        print_json(removed)
        return
    for where, count in removed.items():
        out.print(f"  {where:<12} {count}")


@contextmanager
def ingest_progress(quiet: bool) -> Iterator[Callable[[IngestProgress], None]]:
    """A bar of files and one of chunks, while they are read."""
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        console=err,
        disable=quiet,
        transient=True,
    ) as bar:
        files = bar.add_task("files", total=None, rate="")
        chunks = bar.add_task("chunks", total=None, rate="")

        def tell(event: IngestProgress) -> None:
            seconds = max(event.seconds, 1e-3)
            name = printable(Path(event.path).name)[:40]
            bar.update(
                files,
                total=event.files_total,
                completed=event.files_done,
                description=f"files {name}",
                rate=f"{event.pages} pages",
            )
            bar.update(
                chunks,
                total=event.chunks_total or None,
                completed=event.chunks,
                description=f"chunks ({event.stage})",
                rate=f"{event.chunks / seconds:.0f}/s",
            )

        yield tell


def print_report(report: IngestReport, name: str) -> None:
    """What became of each file that went into the collection `name`."""
    table = Table("file", "status", "pages", "chunks", "seconds", title=f"collection {printable(name)}")
    for file in report.files:
        style = {Status.OK: "green", Status.UNCHANGED: "dim", Status.PARTIAL: "yellow"}.get(file.status, "red")
        table.add_row(
            printable(Path(file.path).name), Text(file.status, style=style), str(file.pages or "-"), str(file.chunks),
            f"{file.seconds:.1f}",
        )  # fmt: skip
    out.print(table)
    for file in report.files:
        _print_file_notes(file)
    print_notes(report.notes)
    counts = ", ".join(
        f"{sum(f.status is s for f in report.files)} {s}" for s in Status if any(f.status is s for f in report.files)
    )
    if not report.files:
        err.print(Text("no files found", style="red"))
    out.print(
        f"{len(report.files)} files: {counts or 'none'}; {report.seconds:.1f} s"
        + (f"; parsers isolated by {report.sandbox}" if report.sandbox else "")
    )


def _print_file_notes(file: FileReport) -> None:
    if not file.status.indexed:
        err.print(
            Text.assemble((f"{file.status}: ", "bold red"), printable(f"{file.path}: {file.reason}")), soft_wrap=True
        )
        if file.remedy:
            err.print(Text(f"  what to do: {printable(file.remedy)}"), soft_wrap=True)
    for note in file.notes:
        out.print(Text(f"note: {printable(f'{Path(file.path).name}: {note}')}", style="yellow"))


def _key_value(pair: str) -> tuple[str, str]:
    key, equals, value = pair.partition("=")
    if not equals or not key:
        raise typer.BadParameter(f"{pair!r} is not of the form key=value")
    return key, value


def register(top: typer.Typer) -> None:
    """Add the commands to the command line."""
    top.command()(ingest)
    top.command()(forget)
