"""`citebound scorer`: labels of a user's own for clauses, findings and documents."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from citebound import cli_models
from citebound import config as settings
from citebound.answer.scoring import scorer_file
from citebound.answer.scoring.head import Estimate
from citebound.answer.scoring.scorer import UNITS, Score, ScoredPlace, ScoreProgress, Scorer
from citebound.answer.scoring.scorer_file import Facts
from citebound.cli_answer import on_pages
from citebound.cli_print import CollectionOption, DocumentOption, JsonOption, err, out, print_json, printable
from citebound.collection import Collection

app = typer.Typer(help="Scorers: labels of your own for clauses, findings, documents.", no_args_is_help=True)


@app.command()
def train(
    labels: Annotated[
        Path, typer.Argument(help="CSV, TSV or JSONL with text, label and, if you like, document (or group).")
    ],
    name: Annotated[str, typer.Option("--name", "-n", help="Its name; without: that of the file.")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Replace the scorer of that name.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Train a scorer on labelled texts, and say how good it is on texts that it has not seen.

    Rows of one document (or group) are kept on one side, so that the figures are those for new documents.
    """
    config = settings.load()
    read = scorer_file.read_labels(labels)
    name = name or labels.stem
    if scorer_file.folder_of(config.home, name).exists() and not replace:
        raise scorer_file.taken(name)
    cli_models.ensure([config.encoder], config, quiet=as_json)
    with _progress(as_json) as progress:
        trained = Scorer.train(read, name=name, config=config, progress=progress)
    where = trained.save(config, replace=replace)
    if as_json:
        print_json({**_facts_json(trained.facts), "folder": str(where)})
    else:
        _print_facts(trained.facts, trained.embedder.window)
        out.print(Text(f"stored in {where}"))
    majority = trained.facts.figures.majority
    if not trained.facts.figures.better:
        said = f"on accuracy, this scorer is not shown to be better than always giving {majority.label!r}"
        err.print(Text(f"warning: {said}; label more texts, or texts that differ more clearly", "yellow"))


@app.command("list")
def listing(as_json: JsonOption = False) -> None:
    """The scorers that are stored, with their accuracy out of fold."""
    home = settings.load().home
    found = [scorer_file.read_facts(home, name) for name in scorer_file.names(home)]
    if as_json:
        print_json([_facts_json(facts) for facts in found])
        return
    table = Table("name", "labels", "texts", "accuracy", "always the same")
    for facts in found:
        figures = facts.figures
        accuracy, majority = _estimate(figures.accuracy), f"{figures.majority.accuracy:.2f}"
        labels = printable(", ".join(facts.classes))
        table.add_row(facts.name, labels, str(figures.rows), accuracy, majority)
    out.print(table)


@app.command()
def apply(
    name: Annotated[str, typer.Argument(help="Name of a scorer.")],
    collection: CollectionOption = "default",
    document: DocumentOption = None,
    unit: Annotated[str, typer.Option("--unit", "-u", help=f"What gets a label each: {', '.join(UNITS)}.")] = "section",
    label: Annotated[
        str | None, typer.Option("--label", "-l", help="Those that most probably have this label come first.")
    ] = None,
    k: Annotated[int | None, typer.Option("--k", min=1, help="Show at most so many.")] = None,
    text: Annotated[list[str] | None, typer.Option("--text", "-t", help="Score this text, not a collection.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Score the sections, chunks or documents of a collection, each with its exact place; or texts."""
    config = settings.load()
    scorer_file.read_facts(config.home, name)
    cli_models.ensure([config.encoder], config, quiet=as_json)
    if text:
        scores = Scorer.load(name, config=config).predict(text)
        if as_json:
            print_json([{"text": t, **dataclasses.asdict(s)} for t, s in zip(text, scores, strict=True)])
            return
        for given, score in zip(text, scores, strict=True):
            out.print(_score_line(score, label), Text(f"  {printable(given)[:100]}"), sep="")
        return
    with Collection.open(collection, config=config) as opened, _progress(as_json) as progress:
        places = opened.score(name, unit, document, label=label, progress=progress)
    if as_json:
        print_json([dataclasses.asdict(place) for place in places[:k]])
        return
    for place in places[:k]:
        _print_place(place, label)
    if not places:
        out.print("nothing to score")
    elif k is not None and k < len(places):
        out.print(Text(f"{k} of {len(places)} {unit}s shown", style="dim"))


@app.command()
def remove(name: Annotated[str, typer.Argument(help="Name of a scorer.")]) -> None:
    """Delete a scorer."""
    scorer_file.remove(settings.load().home, name)
    out.print(f"{name} removed")


def _facts_json(facts: Facts) -> dict[str, object]:
    made = dataclasses.asdict(facts)
    made["figures"]["better"] = facts.figures.better
    return made


def _print_facts(facts: Facts, window: int) -> None:
    figures, majority = facts.figures, facts.figures.majority
    out.print(
        Text(f"scorer {facts.name}: {figures.rows} texts of {figures.groups} groups, encoder {facts.encoder}", "bold")
    )
    out.print(Text(f"on texts it has not seen ({figures.folds} folds, 95 % intervals):"))
    rows = [
        ("accuracy", _estimate(figures.accuracy), majority.accuracy),
        ("macro F1", _estimate(figures.macro_f1), majority.macro_f1),
        ("Brier score", f"{figures.brier:.2f}", majority.brier),
        ("calibration error", f"{figures.ece:.2f}", None),
    ]
    table = Table("measure", "scorer", f"always {majority.label!r}")
    for measure, value, other in rows:
        table.add_row(measure, value, "" if other is None else f"{other:.2f}")
    out.print(table)
    table = Table("label", "texts", "precision", "recall", "F1")
    for c in figures.by_class:
        table.add_row(printable(c.label), str(c.rows), f"{c.precision:.2f}", f"{c.recall:.2f}", f"{c.f1:.2f}")
    out.print(table)
    if facts.repeated:
        out.print(Text(f"note: {facts.repeated} rows repeat the text of another one and were left out", "yellow"))
    if facts.long_texts:
        said = f"{facts.long_texts} texts are longer than the encoder's window ({window} tokens)"
        out.print(Text(f"note: {said}; each was embedded in windows whose vectors were averaged", "yellow"))


def _print_place(place: ScoredPlace, label: str | None) -> None:
    where = f"{on_pages(place.pages)}  {printable(place.section)}".rstrip() + f"  [{place.span.start}:{place.span.end}]"
    out.print(Text.assemble(_score_line(place.score, label), "  ", (printable(place.source.name), "cyan"), where))
    out.print(Text(f"      {printable(place.words)}", style="dim"))


def _score_line(score: Score, label: str | None) -> Text:
    line = Text.assemble((f"{printable(score.label)} {score.probability:.2f}", "bold"))
    if label is not None and label != score.label and label in score.probabilities:
        line.append(f" ({printable(label)} {score.probabilities[label]:.2f})")
    return line


def _estimate(value: Estimate) -> str:
    return f"{value.value:.2f} ({value.low:.2f}-{value.high:.2f})"


@contextmanager
def _progress(quiet: bool) -> Iterator[ScoreProgress]:
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        disable=quiet,
        transient=True,
    ) as bar:
        tasks: dict[str, Any] = {}

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total)
            bar.update(tasks[stage], completed=done)

        yield tell


def register(top: typer.Typer) -> None:
    """Add the commands to the command line."""
    top.add_typer(app, name="scorer")
