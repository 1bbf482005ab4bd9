"""`citebound calibrate`: how sure an answer must be for a stated error rate, found on a user's own questions; and what
an answer prints of its confidence, or of what was searched."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from citebound import config as settings
from citebound.answer.confidence import calibration as files
from citebound.answer.confidence.abstention import OF_QUOTES, unknown
from citebound.answer.confidence.calibrating import least
from citebound.answer.confidence.calibration import Calibration, Level, Stage
from citebound.answer.confidence.rates import at_most
from citebound.cli_print import CollectionOption, JsonOption, err, out, print_json, printable
from citebound.collection import Collection
from citebound.types import Answer, Nearest, Outcome

SYNONYMS = 2
TERMS = 12
"""Words of a question that are shown; JSON has all."""


def calibrate(
    questions: Annotated[
        Path,
        typer.Option(
            "--questions", "-q", help="CSV as for `eval new` (question, answer, document, quote), or its JSONL rows."
        ),
    ],
    collection: CollectionOption = "default",
    risk: Annotated[
        float, typer.Option("--risk", "-r", min=0.001, max=0.9, help="Of what is shown, at most this share is wrong.")
    ] = 0.05,
    given: Annotated[
        bool, typer.Option("--given", help="Each question is asked of its own document, as with a filter.")
    ] = False,
    no_llm: Annotated[bool, typer.Option("--no-llm", help="For answers by quotes alone, without a model.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Ask and measure, store nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Store it even if that error rate cannot be stated.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Find out on your own questions how sure an answer must be, so that at most a stated share is wrong.

    Every question is asked with nothing held back; what comes is compared with its answer. Give questions that the
    documents do not answer as well, with an empty answer: about as many as will be asked.
    """
    from citebound.eval import own_calibration

    config = settings.load()
    with Collection.open(collection, config=config) as opened:
        root = opened.root
        with tempfile.TemporaryDirectory() as work, _bar(as_json) as tell:
            found = own_calibration.calibrate(
                opened, questions, risk, Path(work), given=given, llm=not no_llm, progress=tell
            )
    made = found.calibration
    stage = made.quotes if no_llm or made.drafts is None else made.drafts
    stored = not dry_run and (force or stage.level(risk) is not None)
    where = files.write(root, made) if stored else None
    if as_json:
        told = {**dataclasses.asdict(made), "notes": found.notes, "stored": str(where) if where else None}
        print_json(told)
        return
    for note in found.notes:
        err.print(Text(f"note: {printable(note)}", "yellow"))
    _print(made, stage, risk)
    if where:
        out.print(Text(f"stored in {where}; answers of this collection use it from now on"))
    else:
        out.print(f"nothing was stored ({'--dry-run' if dry_run else '--force stores it'})")


def _print(made: Calibration, stage: Stage, risk: float) -> None:
    out.print(Text(f"fitted on {made.made}", "bold"))
    if made.made.weights == "shipped":
        out.print("  few questions: the weights of the shipped calibration were kept, the thresholds are yours")
    table = Table("at most wrong", "confidence", "shown", "wrong of them", "upper 95 % bound")
    for level in stage.levels:
        table.add_row(at_most(level.risk), f"{level.threshold:.2f}", *_counts(level), at_most(level.upper))
    if stage.levels:
        out.print(table)
    if stage.level(risk) is None:
        out.print(Text(_impossible(stage, risk), "yellow"))
    limit = made.answerable.limit
    if limit:
        out.print(
            f"not found at once: {limit.refused} of {limit.unanswerable} questions without an answer, {limit.lost} of"
            f" {limit.answerable} with one (at most {at_most(limit.upper)})"
        )
    else:
        out.print("too few questions with an answer to say which can be refused at once; none will be")


def _counts(level: Level) -> Sequence[str]:
    return f"{level.shown} of {level.items}", str(level.wrong)


def _impossible(stage: Stage, risk: float) -> str:
    """Why a risk cannot be stated, and what could be at best."""
    said = (
        f"an error rate of {at_most(risk)} cannot be stated: it takes at least {least(risk)} answers, all of them right"
    )
    if stage.best is None:
        return f"{said}; none was shown"
    at = f"{stage.best.wrong} of {stage.best.shown} wrong from confidence {stage.best.threshold:.2f} on"
    said += f"; at best {at_most(stage.best.upper)} ({at}, chosen with hindsight)"
    able = min((level.risk for level in stage.levels), default=None)
    return f"{said}; --risk {able:g} can be stated" if able is not None else f"{said}; more questions would help"


@contextmanager
def _bar(quiet: bool) -> Iterator[Callable[[int, int], None]]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, disable=quiet or not err.is_terminal, transient=True) as bar:
        task = bar.add_task("asking", total=None)

        def tell(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield tell


def print_confidence(answer: Answer) -> None:
    """One line: how sure an answer is, and what error rate is stated of such answers."""
    if answer.confidence is None:
        if answer.outcome in (Outcome.ANSWERED, Outcome.PARTIAL) and answer.receipt and answer.receipt.generator:
            out.print(Text(f"  {printable(unknown(answer.receipt.generator))}", style="dim"))
        return
    if answer.outcome is Outcome.NOT_FOUND:
        said = f"that the documents hold no answer: {answer.confidence:.0%} probable"
        if answer.risk is not None:
            said += f"; of questions that have one, at most {at_most(answer.risk)} are refused so"
    elif answer.outcome is Outcome.ABSENT:
        said = f"that it is not there: {answer.confidence:.0%} probable"
        if answer.risk is not None:
            said += f"; of things that are there, at most {at_most(answer.risk)} end so"
    else:
        said = f"confidence {answer.confidence:.2f}{_rate(answer)}"
    out.print(Text(f"  {said}", style="dim"))


def _rate(answer: Answer) -> str:
    """What error rate is stated: of all answers from a confidence on, never of this one."""
    receipt = answer.receipt
    if receipt and receipt.calibration.endswith(OF_QUOTES):
        return f", {OF_QUOTES}: {printable(unknown(receipt.generator))}"
    if answer.risk is None:
        return ": no useful error rate can be stated of answers so unsure"
    return f": one of those answers of which, taken together, at most {at_most(answer.risk)} are wrong"


def print_searched(answer: Answer) -> None:
    """What was searched for an answer that was not found, and why the nearest places are not enough."""
    searched = answer.searched
    if searched is None:
        return
    terms = ", ".join(printable(term) for term in searched.terms[:TERMS])
    more = len(searched.terms) - TERMS
    out.print(Text(f"  searched for: {terms or 'nothing'}{f' and {more} more' if more > 0 else ''}", style="dim"))
    for synonym in searched.synonyms[:SYNONYMS]:
        out.print(Text(f"  and for what documents print: “{printable(synonym)}”", style="dim"))
    if (others := len(searched.synonyms) - SYNONYMS) > 0:
        out.print(Text(f"  and for {others} more such (--json)", style="dim"))
    if searched.routed:
        out.print(Text(f"  in: {', '.join(map(printable, searched.routed))}", style="dim"))
    for nearest in searched.nearest:
        _print_nearest(nearest)


def _print_nearest(nearest: Nearest) -> None:
    name, section = printable(nearest.source.name), printable(nearest.section)
    out.print(Text.assemble(("  nearest: ", "dim"), (name, "cyan"), f"  {section}"))
    out.print(Text(f"    “{printable(nearest.quote)[:300]}”"))
    out.print(Text(f"    not enough: {'; '.join(map(printable, nearest.reasons))}", style="yellow"))


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(calibrate)
