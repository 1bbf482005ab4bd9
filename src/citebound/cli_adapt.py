"""`citebound adapt`: a query adapter trained on labelled questions, and what it does for others."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from citebound import cli_models
from citebound import config as settings
from citebound.cli_print import CollectionOption, JsonOption, err, out, print_json
from citebound.collection import Collection
from citebound.indexes.adapting import Trained


def adapt(
    labels: Annotated[
        Path, typer.Argument(help="CSV as for `eval new` (question, answer, document, quote), or its JSONL rows.")
    ],
    collection: CollectionOption = "default",
    given: Annotated[
        bool, typer.Option("--given", help="Each question is asked of its own document, as with a filter.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Train and measure, store nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Store it even if it is not shown to help.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Train a query adapter on labelled questions, and say what it does for questions that it has not seen.

    The encoder and the index stay as they are. Searches use the adapter only with --adapter, or CITEBOUND_ADAPTER=1.
    """
    from citebound.eval import own

    config = settings.load()
    cli_models.ensure([config.encoder], config, quiet=as_json)
    with Collection.open(collection, config=config) as opened:
        read, notes = own.labels(labels, opened)
        with err.status(f"training on {len(read)} questions"):
            trained = opened.adapt(read, given=given, dry_run=dry_run, force=force)
    if as_json:
        facts = dataclasses.asdict(trained.adapter.facts)
        found = {"adapter": facts, "improves": trained.improves, "p_value": trained.p_value, "notes": notes}
        print_json({**dataclasses.asdict(trained), **found})
        return
    for note in notes:
        err.print(Text(f"note: {note}", "yellow"))
    _print_trained(trained)
    if not trained.improves:
        err.print(Text("warning: it is not shown to find more than the search without it", "yellow"))
    if trained.saved:
        out.print("stored; `citebound search --adapter` uses it, and `ask` with CITEBOUND_ADAPTER=1")
    elif dry_run:
        out.print("nothing was stored (--dry-run)")
    else:
        out.print("nothing was stored (--force stores it)")


def _print_trained(trained: Trained) -> None:
    facts = trained.adapter.facts
    table = Table("method", "strength", "average precision (cosine alone, cross-validated)")
    for trial in trained.trials:
        table.add_row(trial.method, f"{trial.strength:g}", f"{trial.average_precision:.3f}")
    out.print(table)
    table = Table("weight of the cosine", "average precision (whole search, cross-validated)")
    for weighed in trained.weighed:
        table.add_row(f"{weighed.weight:g}", f"{weighed.average_precision:.3f}")
    out.print(table)
    out.print(Text(f"query adapter: {facts}, strength {facts.strength:g}, weight {facts.weight:g}", "bold"))
    out.print(Text(f"on {trained.held_out} held-out questions (parted by {trained.parted_by}):"))
    table = Table("measure", "without", "with")
    before, after = trained.before, trained.after
    table.add_row("average precision", f"{before.average_precision:.3f}", f"{after.average_precision:.3f}")
    for k, recall in before.recall.items():
        table.add_row(f"recall at {k} hits", f"{recall:.3f}", f"{after.recall[k]:.3f}")
    out.print(table)
    out.print(Text(f"better for {trained.better} questions, worse for {trained.worse} (p {trained.p_value:.3f})"))
    if trained.repeated:
        said = f"{trained.repeated} of {trained.held_out} held-out questions are asked in the same words in training"
        out.print(Text(f"note: {said}; for other questions expect less", "yellow"))
    if trained.parted_by == "question":
        out.print(Text("note: too few documents to hold some out; a new document may gain less", "yellow"))
    if trained.left_out:
        out.print(Text(f"note: {trained.left_out} questions have no chunk at their places", "yellow"))


def register(top: typer.Typer) -> None:
    """Add the command to the command line."""
    top.command()(adapt)
