"""The command line: thin. Parses arguments, calls the library, prints; errors become one line, a remedy and a code.

Exit codes: 0 well; 1 a file failed or something is wrong with an index; 2 wrong use; 3 models; 4 storage, and output
that cannot be written; 5 the generator; 130 interrupted.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from citebound import (
    __version__,
    cli_adapt,
    cli_answer,
    cli_calibrate,
    cli_chat,
    cli_documents,
    cli_eval,
    cli_feedback,
    cli_ingest,
    cli_models,
    cli_receipts,
    cli_scorer,
    cli_search,
    cli_structure,
)
from citebound import config as settings
from citebound.cli_print import CollectionOption, JsonOption, err, out, print_json, printable
from citebound.collection import Collection
from citebound.config import Config
from citebound.errors import CiteboundError

app = typer.Typer(
    help="Answers about your documents, each sentence bound to the exact place that proves it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
index_app = typer.Typer(help="The index of a collection: look after it.", no_args_is_help=True)

STORAGE = 4
INTERRUPTED = 130
NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def main() -> None:
    """Run the command line; every known error ends in a message, a remedy and an exit code."""
    try:
        try:
            app()
        finally:
            sys.stdout.flush()  # what waits in the buffer may meet a full disk
    except CiteboundError as error:
        _print_error(str(error), error.remedy)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        _drop_output()
        sys.exit(1)
    except OSError as error:
        _drop_output()
        with suppress(OSError):
            _print_error(*_of_system(error))
        sys.exit(STORAGE)
    except SystemExit as end:
        if end.code == INTERRUPTED:  # typer takes the interrupt for itself
            err.print("interrupted; what was committed is kept")
        raise


def _print_error(said: str, remedy: str) -> None:
    err.print(Text.assemble(("error: ", "bold red"), said), soft_wrap=True)
    if remedy:
        err.print(Text.assemble(("  what to do: ", "bold"), remedy), soft_wrap=True)


def _of_system(error: OSError) -> tuple[str, str]:
    """What the system refused, and what to do."""
    said = error.strerror or str(error)
    remedy = "Free space there, or write elsewhere." if error.errno in NO_SPACE else ""
    return f"{error.filename}: {said}" if error.filename else f"the output cannot be written: {said}", remedy


def _drop_output() -> None:
    """What could not be written must not be tried again when Python ends: that prints a traceback of its own."""
    with suppress(io.UnsupportedOperation), Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _version(wanted: bool) -> None:
    if wanted:
        out.print(f"citebound {__version__}")
        raise typer.Exit


@app.callback()
def top(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options of every command."""


app.add_typer(index_app, name="index")
for part in (
    *(cli_models, cli_ingest, cli_documents, cli_structure, cli_search, cli_answer, cli_receipts, cli_feedback),
    *(cli_calibrate, cli_adapt, cli_scorer),
):
    part.register(app)
cli_chat.register(
    app, cli_answer.print_answer, lambda names, config, quiet: cli_models.ensure(names, config, quiet=quiet)
)
app.add_typer(cli_eval.app, name="eval")


@index_app.command("stats")
def index_stats(collection: CollectionOption = "default", as_json: JsonOption = False) -> None:
    """Counts, generation, encoder, size on disk."""
    with Collection.open(collection) as opened:
        stats = opened.stats()
    _print_mapping(stats, as_json)


@index_app.command("check")
def index_check(collection: CollectionOption = "default", as_json: JsonOption = False) -> None:
    """Verify the store and the index, and measure recall against exact search. Exit code 1 if something is wrong."""
    with Collection.open(collection) as opened:
        found = opened.check()
    _print_mapping(found, as_json)
    if found["problems"]:
        raise typer.Exit(1)


@index_app.command("rebuild")
def index_rebuild(collection: CollectionOption = "default") -> None:
    """Make the vector index anew from the store."""
    with Collection.open(collection) as opened:
        out.print(f"generation {opened.rebuild()} published")


@index_app.command("compact")
def index_compact(collection: CollectionOption = "default") -> None:
    """Remove what was deleted from every file now."""
    with Collection.open(collection) as opened:
        out.print(f"generation {opened.compact()}, compacted")


@app.command("config")
def show_config(as_json: JsonOption = False) -> None:
    """Every setting: value in force, environment variable, what it is."""
    config = settings.load()
    rows = {
        name: {
            "value": str(getattr(config, name)),
            "variable": settings.PREFIX + name.upper(),
            "what": field.description,
        }
        for name, field in Config.model_fields.items()
    }
    if as_json:
        print_json(rows)
        return
    table = Table("setting", "value", "what it is")
    for name, row in rows.items():
        table.add_row(name, printable(str(row["value"])), str(row["what"]))
    out.print(table)


@app.command()
def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; anything but loopback is open to your network.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port.")] = 8642,
) -> None:
    """Start the REST service and its page."""
    from citebound.api.service import run

    config = settings.load()
    cli_models.ensure([config.encoder] if config.base_url else [config.encoder, config.generator], config)
    err.print(f"page: http://{host}:{port}/   API: http://{host}:{port}/docs   (Ctrl-C ends it)")
    run(config, host, port)


@app.command(hidden=True)
def demo() -> None:
    """Ingest the sample documents and answer questions about them; what `make demo` runs."""
    from citebound.eval.demo import show

    config = settings.load()
    cli_models.ensure([config.encoder, config.generator], config)
    bar = partial(cli_ingest.ingest_progress, False)
    sys.exit(show(config, out, cli_answer.print_answer, bar, cli_ingest.print_report))


def _print_mapping(values: dict[str, object], as_json: bool) -> None:
    if as_json:
        print_json(values)
        return
    for name, value in values.items():
        if isinstance(value, list):
            out.print(f"{name}: {'none' if not value else ''}")
            for item in value:
                out.print(Text(f"  {printable(str(item))}", style="red"))
        else:
            out.print(f"{name}: {value:.4f}" if isinstance(value, float) else f"{name}: {value}")


if __name__ == "__main__":
    main()
