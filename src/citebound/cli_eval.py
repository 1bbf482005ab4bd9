"""`citebound eval`: suites, plans, runs, scores, reports. Thin, like the rest of the command line."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from citebound import config as settings
from citebound.cli_print import JsonOption, err, out, print_json, printable

app = typer.Typer(
    help="RAG or another adaptation? Score them on the same questions, labels and base model.", no_args_is_help=True
)
RunArgument = Annotated[str, typer.Argument(help="A run file (eval/runs/NAME.toml), or its name.")]
WorkOption = Annotated[Path, typer.Option("--work", help="Where traces and collections are kept.")]
SealedOption = Annotated[bool, typer.Option("--sealed", help="From eval/results/traces, without the data.")]
WORK = Path("eval/work")


@app.command()
def suites(as_json: JsonOption = False) -> None:
    """The suites that are declared, and whether their data is here."""
    from citebound.eval import spec
    from citebound.eval.suite import SuiteError

    rows: list[dict[str, Any]] = []
    for name in spec.available():
        try:
            suite = spec.load(name)
        except SuiteError as error:
            rows.append({"name": name, "state": str(error)})
            continue
        counts = {"test": len(suite.test), "train": len(suite.train), "dev": len(suite.dev)}
        row: dict[str, Any] = {
            "name": name,
            "title": suite.title,
            "task": suite.task,
            "documents": len(suite.documents),
        }
        rows.append({**row, **counts, "regimes": list(suite.regimes), "state": "ready"})
    if as_json:
        print_json(rows)
        return
    table = Table("suite", "task", "test", "train", "dev", "documents", "state", box=None)
    for r in rows:
        cells = [str(r.get(k, "")) for k in ("name", "task", "test", "train", "dev", "documents", "state")]
        table.add_row(*map(printable, cells))
    out.print(table)


@app.command()
def plan(
    run: RunArgument,
    hours: Annotated[float, typer.Option(help="Say what to leave out if it takes longer.")] = 0.0,
    work: WorkOption = WORK,
    as_json: JsonOption = False,
) -> None:
    """Predict time and memory of a run before anything runs. Measures this machine once (about a minute)."""
    from citebound.eval import experiment, plan, plan_rates, registration

    config = settings.load()
    given = experiment.read(experiment.find(run))
    begun = time.process_time()
    suite = given.load()
    loading = time.process_time() - begun
    _need_models(plan.generators(given, suite, config))
    with err.status("measuring this machine"):
        rates = plan_rates.measure(plan.generators(given, suite, config), config, work)
    made = plan.plan(given, suite, config, work, rates, hours, loading=loading)
    if made.steps:
        registration.log("planned", given, suite=suite.name, seconds=round(made.seconds, 1))
    if as_json:
        steps = [{"cell": s.cell, "items": s.items, "seconds": s.seconds, "memory_mib": s.memory} for s in made.steps]
        told = {"steps": steps, "trim": list(made.trim), "assumes": list(made.assumes)}
        print_json({"seconds": made.seconds, "memory_mib": made.memory, **told})
        return
    table = Table("system", "items", "minutes", "memory", box=None)
    for step in made.steps:
        table.add_row(step.cell, str(step.items), f"{step.seconds / 60:.1f}", f"{step.memory:.0f} MiB")
    table.add_row("all", "", f"{made.seconds / 60:.1f}", f"{made.memory:.0f} MiB", style="bold")
    out.print(table)
    for line in (*made.assumes, *made.trim):
        out.print(printable(line))


@app.command()
def run(
    run: RunArgument,
    fresh: Annotated[bool, typer.Option("--fresh", help="Throw away this run's traces first.")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Try failed predictions again.")] = False,
    work: WorkOption = WORK,
    as_json: JsonOption = False,
) -> None:
    """Predict what is missing, then score. May be interrupted, even killed, and started again."""
    from citebound.eval import experiment, plan, predict, registration

    given = experiment.read(experiment.find(run))
    suite = given.load()
    _need_models(plan.generators(given, suite, settings.load()))
    if fresh:
        shutil.rmtree(work / "runs" / given.name, ignore_errors=True)
    if retry:
        err.print(f"{len(predict.failures(given, work, forget=True))} failed predictions are tried again")
    if registration.registration(given).exploratory:
        err.print("exploratory: the run file is not committed, so this run is not pre-registered", style="yellow")
    if given.split == "test":
        err.print(f"test split of {suite.name}: opened {registration.openings(suite.name)} times before")
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=err,
        disable=as_json,
    )
    with bar as progress:
        task = progress.add_task("predicting", total=None)

        def tell(moment: predict.Moment) -> None:
            progress.update(task, description=moment.cell, completed=moment.done, total=moment.total)

        failed = predict.run(given, suite, tell, work)
    if failed:
        first = predict.failures(given, work)[0]
        err.print(
            f"{failed} predictions failed and score the worst; {first.system}, {first.id}: {first.prediction.error}"
        )
        err.print("Mend the cause, then: citebound eval run --retry")
    score(run, work=work, as_json=as_json)
    if failed:
        raise typer.Exit(1)


@app.command()
def score(run: RunArgument, sealed: SealedOption = False, work: WorkOption = WORK, as_json: JsonOption = False) -> None:
    """Score the traces of a run, in seconds and the same to the digit; writes the board to eval/results/boards."""
    board = _board(run, sealed, work)
    if as_json:
        print_json(board)
        return
    _print_board(board)


@app.command()
def compare(
    run: RunArgument,
    first: Annotated[str, typer.Argument(help="A system of the run.")] = "",
    second: Annotated[str, typer.Argument(help="Another one.")] = "",
    sealed: SealedOption = False,
    work: WorkOption = WORK,
    as_json: JsonOption = False,
) -> None:
    """The comparisons of a run that were decided beforehand; or any two of its systems, marked as exploratory."""
    from dataclasses import replace

    from citebound.eval import experiment

    given = experiment.read(experiment.find(run))
    if first:
        decided = replace(given.primary, rag=given.variant(first).name, against=(given.variant(second).name,), both=())
        given = replace(given, primary=decided)
    board = _board_of(given, sealed, work, save=False)
    if as_json:
        print_json(board["comparisons"])
        return
    if first:
        out.print("not decided beforehand: exploratory", style="yellow")
    _print_comparisons(board)


@app.command()
def seal(run: RunArgument, work: WorkOption = WORK) -> None:
    """Copy a run's traces without text into eval/results/traces, to be committed."""
    from citebound.eval import experiment, results

    given = experiment.read(experiment.find(run))
    path = results.seal(given, results.gathered(given, given.load(), work))
    results.save_board(results.scored(given, results.unseal(given)))
    out.print(f"{path} ({path.stat().st_size / 1024:.0f} KiB)")


@app.command()
def restore(run: RunArgument, work: WorkOption = WORK) -> None:
    """Put the committed traces of a run back into the work folder, so that the run goes on there."""
    from citebound.eval import experiment, results

    given = experiment.read(experiment.find(run))
    out.print(f"{results.restore(given, results.unseal(given), work)} predictions put into {work}")


@app.command()
def report(
    runs: Annotated[list[str], typer.Argument(help="Runs, by name or file.")],
    to: Annotated[Path, typer.Option("--out", help="The HTML file; a Markdown summary is written beside it.")] = Path(
        "eval/results/report.html"
    ),
    sealed: SealedOption = False,
    work: WorkOption = WORK,
) -> None:
    """One self-contained HTML file with tables, intervals, charts and losses, and a Markdown summary."""
    from citebound.eval import freshness, report

    boards = [_board(name, sealed, work) for name in runs]
    updates = {board["suite"]: found for board in boards if (found := freshness.measured(board["suite"]))}
    details = {} if sealed else {board["run"]: _details(board, work) for board in boards if board["own"]}
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(report.report(boards, details, updates), "utf-8")
    to.with_suffix(".md").write_text(report.summary(boards, updates), "utf-8")
    out.print(f"{to}\n{to.with_suffix('.md')}")


@app.command()
def memo(
    run: RunArgument,
    to: Annotated[Path, typer.Option("--out", help="Without extension; .html and .docx are written.")] = Path(
        "eval/results/memo"
    ),
    sealed: SealedOption = False,
    work: WorkOption = WORK,
) -> None:
    """A two-page decision memo: the verdict by a published rule, how sure, at what cost, when it flips."""
    from citebound.eval import freshness, memo
    from citebound.eval.verdict import Load

    board = _board(run, sealed, work)
    load = Load(update=freshness.measured(board["suite"]))
    to.parent.mkdir(parents=True, exist_ok=True)
    to.with_suffix(".html").write_text(memo.memo_html(board, load=load), "utf-8")
    memo.memo_docx(board, to.with_suffix(".docx"), load=load)
    out.print(f"{to.with_suffix('.html')}\n{to.with_suffix('.docx')}")


@app.command()
def new(
    questions: Annotated[Path, typer.Argument(help="CSV with columns question, answer [document, quote, label, ...].")],
    collection: Annotated[str, typer.Option("--collection", "-c", help="The collection that it is about.")],
    name: Annotated[str, typer.Option(help="Name of the suite.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a suite of that name.")] = False,
) -> None:
    """Make a suite and a run file of your own questions over an ingested collection."""
    from citebound.collection import Collection
    from citebound.eval import own
    from citebound.eval.statistics import FEWEST_CLUSTERS

    with Collection.open(collection, config=settings.load()) as opened:
        made = own.new(questions, opened, name, force=force)
    out.print(f"{made.items} questions, {made.unanswerable} of them without an answer")
    for line in made.notes:
        err.print(printable(line), style="yellow")
    if made.clusters < FEWEST_CLUSTERS:
        err.print(
            f"the questions are about {made.clusters} documents; fewer than {FEWEST_CLUSTERS} give no verdict",
            style="yellow",
        )
    out.print(f"{made.suite}\n{made.run}")
    out.print(f"Next: citebound eval plan {made.run}, then commit it and citebound eval run {made.run}")


@app.command()
def questions(
    collection: Annotated[str, typer.Option("--collection", "-c", help="The collection to ask about.")],
    to: Annotated[Path, typer.Option("--out", help="The CSV file to write.")] = Path("questions.csv"),
    count: Annotated[int, typer.Option(min=1, help="How many questions.")] = 100,
    seed: Annotated[int, typer.Option(help="Another seed drafts other questions.")] = 0,
) -> None:
    """Draft extractive questions from a collection, for a person to confirm in the column of that name."""
    from citebound.collection import Collection
    from citebound.eval import own

    with Collection.open(collection, config=settings.load()) as opened:
        rows = own.draft(opened, count, seed)
    own.write_rows(rows, to)
    out.print(
        f"{len(rows)} drafted questions in {to}. Write 'yes' into the column 'confirmed' of those that are right;"
    )
    out.print(f"then: citebound eval new {to} --collection {collection} --name NAME")


def _details(board: dict[str, Any], work: Path) -> dict[str, dict[str, str]]:
    """Question, answer and gold of the user's own items, by id, for the worst cases of the report."""
    from citebound.eval import experiment, results

    given = experiment.read(experiment.find(board["run"]))
    suite = given.load()
    told = results.gathered(given, suite, work)
    said = {t.id: t.prediction.text or t.prediction.label for t in told.traces if t.system == given.primary.rag}
    return {
        item.id: {
            "question": item.question,
            "answer": said.get(item.id, ""),
            "gold": item.label or "; ".join(item.answers),
        }
        for item in suite.test
    }


def _need_models(generators: set[str]) -> None:
    """Raises ModelUnavailable, with the command that fetches it, for a model of the catalogue that is not here."""
    from citebound import models

    config = settings.load()
    for name in sorted(generators | {config.encoder}):
        if "://" not in name and not Path(name).exists():
            models.locate(name, config)


def _board(run: str, sealed: bool, work: Path) -> dict[str, Any]:
    from citebound.eval import experiment

    return _board_of(experiment.read(experiment.find(run)), sealed, work, save=not sealed)


def _board_of(given: Any, sealed: bool, work: Path, *, save: bool) -> dict[str, Any]:
    from citebound.eval import results

    outcome = results.unseal(given) if sealed else results.gathered(given, given.load(), work)
    board = results.scored(given, outcome)
    if save:
        results.save_board(board)
    return board


def _print_board(board: dict[str, Any]) -> None:
    metric = board["primary"]["metric"]
    out.print(
        Text.assemble(
            (printable(board["title"]), "bold"),
            f"  {board['test_items']} test items, {board['test_clusters']} documents",
        )
    )
    if board["exploratory"]:
        out.print("exploratory: not pre-registered", style="yellow")
    table = Table("system", "regime", "n", "seeds", metric, "95 %", "unparsed", "s/1000", "labels", "", box=None)
    for cell in board["cells"]:
        found = cell["metrics"].get(metric, {})
        table.add_row(
            cell["system"],
            cell["regime"],
            str(cell["n"]),
            str(len(cell["seeds"])),
            f"{found.get('value', 0):.3f}",
            f"{found.get('low', 0):.3f}-{found.get('high', 0):.3f}",
            f"{cell['parse_failures']:.2f}",
            f"{cell['cost']['per_1000_seconds']:.0f}",
            f"{cell['cost']['labels']:.0f}",
            printable("; ".join(cell["not_counted"])),
        )
    out.print(table)
    _print_comparisons(board)


def _print_comparisons(board: dict[str, Any]) -> None:
    if not board["comparisons"]:
        return
    table = Table("against", "regime", "n", "difference", "95 %", "p (Holm)", "detectable", "verdict", box=None)
    for c in [*board["comparisons"], *board["controls"]]:
        d = c["difference"]
        p = c["p_holm"] if c["p_holm"] is not None else c["p"]
        table.add_row(
            c["other"],
            c["regime"],
            str(c["n"]),
            f"{d['value']:+.3f}",
            f"{d['low']:+.3f} to {d['high']:+.3f}",
            "" if p is None else f"{p:.4f}",
            f"{c['detectable']:.3f}",
            c["verdict"] + (f" ({c['reason']})" if c["reason"] else ""),
        )
    out.print(f"{board['primary']['rag']} against:")
    out.print(table)
    for control in board["controls"]:
        if control.get("dead"):
            out.print("The retrieval claim is dead here: another question's passages do as well.", style="bold red")
        if control.get("leaked"):
            out.print("Leaked: right without the gold passage.", style="bold red")
