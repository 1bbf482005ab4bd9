"""`citebound models`: the catalogue, and the files that a command needs before it begins."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table

from citebound import config as settings
from citebound import models
from citebound.cli_print import JsonOption, err, out, print_json
from citebound.config import Config

app = typer.Typer(help="The model files: list, fetch, verify.", no_args_is_help=True)


@app.command("list")
def listing(as_json: JsonOption = False) -> None:
    """The catalogue, and what of it is here."""
    config = settings.load()
    rows = [
        {
            "name": model.name,
            "kind": model.kind,
            "megabytes": round(model.size / 1e6),
            "here": models.download_size([model.name], config) == 0,
            "licence": model.licence,
            "description": model.description,
        }
        for model in models.CATALOGUE.values()
    ]
    if as_json:
        print_json(rows)
        return
    table = Table("name", "kind", "MB", "here", "licence", "what it is")
    for row in rows:
        table.add_row(*(("yes" if v else "no") if isinstance(v, bool) else str(v) for v in row.values()))
    out.print(table)


@app.command()
def pull(
    names: Annotated[list[str] | None, typer.Argument(help="Names; without any: the configured ones.")] = None,
) -> None:
    """Fetch and verify model files. Interrupted downloads go on where they stopped."""
    config = settings.load()
    ensure(names or [config.encoder, config.generator], config)
    err.print(f"models are in {config.models}")


@app.command()
def verify(
    names: Annotated[list[str] | None, typer.Argument(help="Names; without any: all that are here.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Hash every file again and compare with the catalogue. Exit code 3 if any differs."""
    config = settings.load()
    wanted = names or [n for n in models.CATALOGUE if models.download_size([n], config) < models.CATALOGUE[n].size]
    rows = [(name, check) for name in wanted for check in models.verify(name, config)]
    if as_json:
        print_json([{"model": name, **dataclasses.asdict(check)} for name, check in rows])
    else:
        for name, check in rows:
            out.print(f"{check.state:<8} {name}/{check.path}", style=None if check.state == "ok" else "red")
    if any(check.state != "ok" for _, check in rows):
        raise typer.Exit(3)


def ensure(names: list[str], config: Config, *, quiet: bool = False) -> None:
    """Fetch what is missing, saying its size first; a folder of the user's own needs nothing."""
    names = [name for name in names if not Path(name).is_dir()]
    size = models.download_size(names, config)
    if not size:
        return
    err.print(f"fetching {', '.join(names)}: {size / 1e6:,.0f} MB, once, to {config.models}")
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=err,
        disable=quiet,
    ) as bar:
        tasks: dict[str, Any] = {}

        def tell(description: str, done: int, total: int) -> None:
            if description not in tasks:
                tasks[description] = bar.add_task(description, total=total)
            bar.update(tasks[description], completed=done)

        for name in names:
            models.pull(name, config, tell)


def register(top: typer.Typer) -> None:
    """Add the commands to the command line."""
    top.add_typer(app, name="models")
