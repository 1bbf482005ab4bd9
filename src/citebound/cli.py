"""The command line: thin. Parses arguments, calls the library, prints; errors become one line, a remedy and a code.

Exit codes: 0 well; 1 a file failed or something is wrong with an index; 2 wrong use; 3 models; 4 storage;
5 the generator; 130 interrupted.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TransferSpeedColumn,
)
from rich.table import Column, Table
from rich.text import Text

from citebound import __version__, cli_calibrate, cli_chat, cli_eval, cli_feedback, cli_receipts, cli_structure, models
from citebound import config as settings
from citebound.answer import disclosure, scorer_file
from citebound.answer.ask import Done, EvidenceFound, Token
from citebound.answer.head import Estimate
from citebound.answer.render import answer_json, hit_json, passage_json
from citebound.answer.scorer import UNITS, Score, ScoredPlace, ScoreProgress, Scorer
from citebound.answer.scorer_file import Facts
from citebound.collection import Collection
from citebound.config import Config
from citebound.errors import CiteboundError
from citebound.indexes.adapting import Trained
from citebound.indexes.explain import Explanation
from citebound.types import Answer, Citation, FileReport, Hit, IngestReport, Outcome, Passage, Status
from citebound.types import Progress as IngestProgress

app = typer.Typer(
    help="Answers about your documents, each sentence bound to the exact place that proves it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
models_app = typer.Typer(help="The model files: list, fetch, verify.", no_args_is_help=True)
documents_app = typer.Typer(help="The documents of a collection.", no_args_is_help=True)
index_app = typer.Typer(help="The index of a collection: look after it.", no_args_is_help=True)
scorer_app = typer.Typer(help="Scorers: labels of your own for clauses, findings, documents.", no_args_is_help=True)
app.add_typer(models_app, name="models")
app.add_typer(documents_app, name="documents")
app.add_typer(index_app, name="index")
app.add_typer(cli_eval.app, name="eval")
app.add_typer(scorer_app, name="scorer")

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

INTERRUPTED = 130
WHY_BUDGET = 16_000
"""Characters of passages that `search --why` explains where no budget is given."""

CollectionOption = Annotated[str, typer.Option("--collection", "-c", help="Name of the collection, or a path to it.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")]
FilterOption = Annotated[
    str | None,
    typer.Option("--filter", "-f", help="Only these documents: 'source:*.pdf party:acme severity>=high after:2026'."),
]


def main() -> None:
    """Run the command line; every known error ends in a message, a remedy and an exit code."""
    try:
        app()
    except CiteboundError as error:
        _print_error(error)
        sys.exit(error.exit_code)
    except SystemExit as end:
        if end.code == INTERRUPTED:  # typer takes the interrupt for itself
            err.print("interrupted; what was committed is kept")
        raise


def _print_error(error: CiteboundError) -> None:
    err.print(Text.assemble(("error: ", "bold red"), str(error)), soft_wrap=True)
    if error.remedy:
        err.print(Text.assemble(("  what to do: ", "bold"), error.remedy), soft_wrap=True)


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


# -- documents in -------------------------------------------------------------------------------------------------


@app.command()
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
    _ensure_models([config.encoder], config, quiet=as_json)
    with Collection.open(collection, create=True, config=config) as opened, _ingest_progress(as_json) as progress:
        report = opened.ingest(list(paths), progress, labels, kind)
    if as_json:
        _print_json(dataclasses.asdict(report))
    else:
        _print_report(report, opened.name)
    if report.failures or not report.files:
        raise typer.Exit(1)


@app.command()
def forget(
    document: Annotated[str, typer.Argument(help="Id, beginning of an id, path or file name.")],
    collection: CollectionOption = "default",
    as_json: JsonOption = False,
) -> None:
    """Delete a document and every trace of it; prints what was removed from where."""
    with Collection.open(collection) as opened:
        removed = opened.forget(document)
    if as_json:
        _print_json(removed)
        return
    for where, count in removed.items():
        out.print(f"  {where:<12} {count}")


@documents_app.command("list")
def documents_list(collection: CollectionOption = "default", as_json: JsonOption = False) -> None:
    """The documents of a collection, with status and number of chunks."""
    with Collection.open(collection) as opened:
        rows = opened.documents()
    if as_json:
        _print_json(
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
        where = "\n".join(_from_here(s.path) for s in sources)
        table.add_row(info.id[:10], escape(info.title), pages, str(chunks), status, state, escape(where))
    out.print(table)


@documents_app.command("show")
def documents_show(
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
        _print_json(shown)
        return
    if text:
        sys.stdout.write(found.text)
        return
    out.print(Text(found.title, style="bold"))
    out.print(f"id {found.id}\n{found.info.media_type}, {found.info.pages or 'no'} pages, {len(found.text)} characters")
    out.print(f"text sha256 {found.text_sha256}, parser {found.info.parser}")
    for note in found.notes:
        out.print(Text(f"note: {note}", style="yellow"))
    cli_structure.print_structure(found)
    for section in found.sections:
        out.print(Text(f"{'  ' * section.level}{section.number} {section.heading}"))


cli_structure.register(app)
cli_calibrate.register(app)
cli_receipts.register(app)
cli_feedback.register(app)


# -- questions ----------------------------------------------------------------------------------------------------


@app.command()
def search(
    question: Annotated[str, typer.Argument(help="Words or a question.")],
    collection: CollectionOption = "default",
    k: Annotated[int, typer.Option("--k", min=1, max=1000, help="Number of hits.")] = 10,
    budget: Annotated[
        int | None, typer.Option("--budget", min=1, help="Show merged passages with at most so many characters.")
    ] = None,
    only: FilterOption = None,
    why: Annotated[
        bool,
        typer.Option(
            "--why",
            help="Show how the question was understood, which stages found each hit, what was added and dropped.",
        ),
    ] = False,
    adapter: Annotated[
        bool | None,
        typer.Option(
            "--adapter/--no-adapter", help="With the query adapter of `citebound adapt`; else as the setting."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Find passages: by meaning and by words."""
    with Collection.open(collection) as opened:
        if why:
            explained = opened.explain(question, budget or WHY_BUDGET, only, adapter=adapter)
            if as_json:
                _print_json(_explanation_json(explained, k))
            else:
                _print_explanation(explained, k, whole=budget is not None)
            return
        if budget is not None:
            passages = opened.passages(question, budget, only, adapter=adapter)
            if as_json:
                _print_json([passage_json(p) for p in passages])
            else:
                for number, passage in enumerate(passages, start=1):
                    _print_passage(number, passage)
                if not passages:
                    out.print("nothing found within the budget")
            return
        hits = opened.search(question, k, only, adapter=adapter)
    if as_json:
        _print_json([hit_json(hit) for hit in hits])
        return
    if not hits:
        out.print("nothing found")
    for hit in hits:
        _print_hit(hit)


def _print_hit(hit: Hit, *, why: bool = False) -> None:
    pages = _pages(hit.chunk.pages)
    out.print(
        Text.assemble((f"{hit.rank:>3}  ", "bold cyan"), (hit.source.name, "bold"), f"{pages}  {hit.chunk.context}")
    )
    if why:
        stages = ", ".join(f"{w.stage} rank {w.rank} score {w.score:.3f}" for w in hit.why)
        out.print(Text(f"     score {hit.score:.4f}: {stages or 'no stage: lent by its neighbours'}", style="dim"))
    out.print(Text("     " + " ".join(hit.chunk.text.split())[:400], style="none"))
    cli_structure.print_notices(hit.superseded_by, 5)


def _print_explanation(explained: Explanation, k: int, *, whole: bool) -> None:
    """How a question was understood, its hits with their stages, what closure added, what was dropped. `whole` shows
    the passages in full."""
    if explained.language:
        said = f"the question seems to be in another language ({explained.language}) than the encoder was made for"
        out.print(Text(f"note: {said}; expect worse hits", style="yellow"))
    for named in explained.documents:
        out.print(Text.assemble("names ", (named.source.name, "bold"), f" (score {named.score:.1f})"))
    if not explained.documents:
        out.print("names no document: all are searched")
    if explained.asked != explained.question:
        out.print(Text(f"asked without names: {explained.asked}"))
    if explained.synonyms:
        out.print(Text(f"searched beside it: {explained.synonyms}"))
    if explained.adapter:
        out.print(Text(f"query adapter: {explained.adapter}"))
    for hit in explained.hits[:k]:
        _print_hit(hit, why=True)
    if not explained.hits:
        out.print("nothing found")
    bringing = {added.by for added in explained.added}
    for number, passage in enumerate(explained.passages, start=1):
        if whole:
            _print_passage(number, passage)
        elif number in bringing:
            ranks = ", ".join(str(hit.rank) for hit in passage.hits)
            out.print(Text.assemble((f"passage {number}", "bold"), f": {passage.source.name}, hits {ranks}"))
    for added in explained.added:
        out.print(Text.assemble((f"  + {added.kind}", "green"), f": {added.because} (at {added.passage.span.start})"))
        if not whole:
            out.print(Text("      " + " ".join(added.passage.text.split())[:200], style="dim"))
            cli_structure.print_notices(added.passage.superseded_by, 6)
    for reason in ("budget", "duplicate"):
        dropped = [one for one in explained.dropped if one.reason == reason]
        shown = [f"{one.kind} ({one.because})" for one in (*dropped[:1], *(d for d in dropped[1:] if d.kind != "hit"))]
        if dropped:
            rest = f" and {len(dropped) - len(shown[:9])} more" if len(dropped) > len(shown[:9]) else ""
            out.print(Text(f"dropped for the {reason}" if reason == "budget" else "dropped as duplicates", style="dim"))
            out.print(Text(f"  {', '.join(shown[:9])}{rest}", style="dim"))


def _explanation_json(explained: Explanation, k: int) -> dict[str, object]:
    made = dataclasses.asdict(dataclasses.replace(explained, hits=(), passages=(), added=()))
    made["hits"] = [hit_json(hit) for hit in explained.hits[:k]]
    made["passages"] = [passage_json(passage) for passage in explained.passages]
    made["added"] = [
        {"kind": added.kind, "because": added.because, "by": added.by, "passage": passage_json(added.passage)}
        for added in explained.added
    ]
    return made


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question.")],
    collection: CollectionOption = "default",
    no_llm: Annotated[bool, typer.Option("--no-llm", help="Answer by quotes alone, without a language model.")] = False,
    only: FilterOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer a question; every sentence is bound to the quote that proves it."""
    config = settings.load()
    wanted = [config.encoder] if no_llm or config.base_url else [config.encoder, config.generator]
    with Collection.open(collection, config=config) as opened:
        _ensure_models(wanted, config, quiet=as_json)
        if not no_llm and (notice := disclosure.of(config, opened.root.parent)):
            err.print(Text(f"note: {notice}", style="yellow"), soft_wrap=True)
        if as_json:
            _print_json(answer_json(opened.ask(question, only, llm=not no_llm)))
        else:
            _ask_aloud(opened, question, only, llm=not no_llm)


def _ask_aloud(opened: Collection, question: str, only: str | None, *, llm: bool) -> Answer:
    """Print an answer as it comes: evidence, the draft while it is unverified, then what was bound."""
    live = err.is_terminal
    answer: Answer | None = None
    for event in opened.stream(question, only, llm=llm):
        if isinstance(event, EvidenceFound) and live:
            names = ", ".join(dict.fromkeys(p.source.name for p in event.passages)) or "nothing"
            err.print(Text(f"reading {names}", style="dim"))
        elif isinstance(event, Token) and live:
            err.print(Text(event.text, style="dim"), end="")
        elif isinstance(event, Done):
            answer = event.answer
    if live and llm:
        err.print()
    assert answer is not None
    print_answer(answer)
    return answer


def print_answer(answer: Answer) -> None:
    """The bound sentences and their exhibits; for NOT_FOUND, the reason and the nearest passages."""
    if answer.outcome is Outcome.NOT_FOUND:
        receipt = answer.receipt
        where = (
            f" ({receipt.searched_documents} documents, {receipt.searched_chunks} passages searched)" if receipt else ""
        )
        out.print(Text.assemble(("Not found in these documents", "bold yellow"), where))
        out.print(Text(f"  {answer.reason}"))
        cli_calibrate.print_confidence(answer)
        cli_calibrate.print_searched(answer)
        if answer.searched is None:
            for number, passage in enumerate(answer.passages, start=1):
                _print_passage(number, passage, title="nearest")
        _print_notes(answer.notes)
        cli_receipts.print_id(answer)
        return
    out.print(Text(answer.text, style="bold"))
    for conflict in answer.conflicts:
        markers = "".join(f"[{side.citation.marker}]" for side in conflict.sides)
        out.print(Text(f"  conflict: {conflict.text} {markers}", style="yellow"), soft_wrap=True)
    for citation in answer.citations:
        _print_citation(citation)
    if answer.reason:
        out.print(Text(f"  {answer.reason}", style="yellow"))
    if answer.outcome is Outcome.ABSENT:
        cli_calibrate.print_searched(answer)
    cli_calibrate.print_confidence(answer)
    removed = [s for s in answer.sentences if s not in answer.bound]
    if removed:
        out.print(Text(f"  {len(removed)} sentences of the draft were not shown: {removed[0].reason}", style="dim"))
    _print_notes(answer.notes)
    cli_receipts.print_id(answer)


cli_chat.register(app, print_answer, lambda names, config, quiet: _ensure_models(names, config, quiet=quiet))


def _print_notes(notes: Iterable[str]) -> None:
    for note in notes:
        out.print(Text(f"note: {note}", style="yellow"), soft_wrap=True)


def _print_citation(citation: Citation) -> None:
    place = _pages(citation.pages) or (f", {citation.section}" if citation.section else "")
    out.print(Text.assemble((f"  [{citation.marker}] ", "bold cyan"), (citation.source.name, "cyan"), place))
    out.print(Text(f"      “{' '.join(citation.quote.split())}”"))
    cli_structure.print_notices(citation.superseded_by, 6)


def _print_passage(number: int, passage: Passage, title: str = "") -> None:
    head = f"  {title} {number}: " if title else f"{number:>3}  "
    out.print(
        Text.assemble((head, "bold"), (passage.source.name, "cyan"), f"{_pages(passage.pages)}  {passage.context}")
    )
    out.print(Text("      " + " ".join(passage.text.split())[: 300 if title else None]))
    cli_structure.print_notices(passage.superseded_by, 6)


def _pages(pages: tuple[int, ...]) -> str:
    if not pages:
        return ""
    return f", page {pages[0]}" if len(pages) == 1 else f", pages {pages[0]}-{pages[-1]}"


@app.command()
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
    _ensure_models([config.encoder], config, quiet=as_json)
    with Collection.open(collection, config=config) as opened:
        read, notes = own.labels(labels, opened)
        with err.status(f"training on {len(read)} questions"):
            trained = opened.adapt(read, given=given, dry_run=dry_run, force=force)
    if as_json:
        facts = dataclasses.asdict(trained.adapter.facts)
        found = {"adapter": facts, "improves": trained.improves, "p_value": trained.p_value, "notes": notes}
        _print_json({**dataclasses.asdict(trained), **found})
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


# -- scorers ------------------------------------------------------------------------------------------------------


@scorer_app.command("train")
def scorer_train(
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
    _ensure_models([config.encoder], config, quiet=as_json)
    with _score_progress(as_json) as progress:
        trained = Scorer.train(read, name=name, config=config, progress=progress)
    where = trained.save(config, replace=replace)
    if as_json:
        _print_json({**_facts_json(trained.facts), "folder": str(where)})
    else:
        _print_facts(trained.facts, trained.embedder.window)
        out.print(Text(f"stored in {where}"))
    majority = trained.facts.figures.majority
    if not trained.facts.figures.better:
        said = f"on accuracy, this scorer is not shown to be better than always giving {majority.label!r}"
        err.print(Text(f"warning: {said}; label more texts, or texts that differ more clearly", "yellow"))


@scorer_app.command("list")
def scorer_list(as_json: JsonOption = False) -> None:
    """The scorers that are stored, with their accuracy out of fold."""
    home = settings.load().home
    found = [scorer_file.read_facts(home, name) for name in scorer_file.names(home)]
    if as_json:
        _print_json([_facts_json(facts) for facts in found])
        return
    table = Table("name", "labels", "texts", "accuracy", "always the same")
    for facts in found:
        figures = facts.figures
        accuracy, majority = _estimate(figures.accuracy), f"{figures.majority.accuracy:.2f}"
        labels = escape(", ".join(facts.classes))
        table.add_row(facts.name, labels, str(figures.rows), accuracy, majority)
    out.print(table)


@scorer_app.command("apply")
def scorer_apply(
    name: Annotated[str, typer.Argument(help="Name of a scorer.")],
    collection: CollectionOption = "default",
    document: Annotated[
        str | None, typer.Option("--document", "-d", help="Only this one: id, beginning of an id, path or file name.")
    ] = None,
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
    _ensure_models([config.encoder], config, quiet=as_json)
    if text:
        scores = Scorer.load(name, config=config).predict(text)
        if as_json:
            _print_json([{"text": t, **dataclasses.asdict(s)} for t, s in zip(text, scores, strict=True)])
            return
        for given, score in zip(text, scores, strict=True):
            out.print(_score_line(score, label), Text(f"  {' '.join(given.split())[:100]}"), sep="")
        return
    with Collection.open(collection, config=config) as opened, _score_progress(as_json) as progress:
        places = opened.score(name, unit, document, label=label, progress=progress)
    if as_json:
        _print_json([dataclasses.asdict(place) for place in places[:k]])
        return
    for place in places[:k]:
        _print_place(place, label)
    if not places:
        out.print("nothing to score")
    elif k is not None and k < len(places):
        out.print(Text(f"{k} of {len(places)} {unit}s shown", style="dim"))


@scorer_app.command("remove")
def scorer_remove(name: Annotated[str, typer.Argument(help="Name of a scorer.")]) -> None:
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
    table = Table("measure", "scorer", escape(f"always {majority.label!r}"))
    for measure, value, other in rows:
        table.add_row(measure, value, "" if other is None else f"{other:.2f}")
    out.print(table)
    table = Table("label", "texts", "precision", "recall", "F1")
    for c in figures.by_class:
        table.add_row(escape(c.label), str(c.rows), f"{c.precision:.2f}", f"{c.recall:.2f}", f"{c.f1:.2f}")
    out.print(table)
    if facts.repeated:
        out.print(Text(f"note: {facts.repeated} rows repeat the text of another one and were left out", "yellow"))
    if facts.long_texts:
        said = f"{facts.long_texts} texts are longer than the encoder's window ({window} tokens)"
        out.print(Text(f"note: {said}; each was embedded in windows whose vectors were averaged", "yellow"))


def _print_place(place: ScoredPlace, label: str | None) -> None:
    where = f"{_pages(place.pages)}  {place.section}".rstrip() + f"  [{place.span.start}:{place.span.end}]"
    out.print(Text.assemble(_score_line(place.score, label), "  ", (place.source.name, "cyan"), where))
    out.print(Text(f"      {place.words}", style="dim"))


def _score_line(score: Score, label: str | None) -> Text:
    line = Text.assemble((f"{score.label} {score.probability:.2f}", "bold"))
    if label is not None and label != score.label and label in score.probabilities:
        line.append(f" ({label} {score.probabilities[label]:.2f})")
    return line


def _estimate(value: Estimate) -> str:
    return f"{value.value:.2f} ({value.low:.2f}-{value.high:.2f})"


# -- models, index, settings --------------------------------------------------------------------------------------


@models_app.command("list")
def models_list(as_json: JsonOption = False) -> None:
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
        _print_json(rows)
        return
    table = Table("name", "kind", "MB", "here", "licence", "what it is")
    for row in rows:
        table.add_row(*(("yes" if v else "no") if isinstance(v, bool) else str(v) for v in row.values()))
    out.print(table)


@models_app.command("pull")
def models_pull(
    names: Annotated[list[str] | None, typer.Argument(help="Names; without any: the configured ones.")] = None,
) -> None:
    """Fetch and verify model files. Interrupted downloads go on where they stopped."""
    config = settings.load()
    _ensure_models(names or [config.encoder, config.generator], config)
    err.print(f"models are in {config.models}")


@models_app.command("verify")
def models_verify(
    names: Annotated[list[str] | None, typer.Argument(help="Names; without any: all that are here.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Hash every file again and compare with the catalogue. Exit code 3 if any differs."""
    config = settings.load()
    wanted = names or [n for n in models.CATALOGUE if models.download_size([n], config) < models.CATALOGUE[n].size]
    rows = [(name, check) for name in wanted for check in models.verify(name, config)]
    if as_json:
        _print_json([{"model": name, **dataclasses.asdict(check)} for name, check in rows])
    else:
        for name, check in rows:
            out.print(f"{check.state:<8} {name}/{check.path}", style=None if check.state == "ok" else "red")
    if any(check.state != "ok" for _, check in rows):
        raise typer.Exit(3)


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
        _print_json(rows)
        return
    table = Table("setting", "value", "what it is")
    for name, row in rows.items():
        table.add_row(name, escape(str(row["value"])), str(row["what"]))
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
    _ensure_models([config.encoder] if config.base_url else [config.encoder, config.generator], config)
    err.print(f"page: http://{host}:{port}/   API: http://{host}:{port}/docs   (Ctrl-C ends it)")
    run(config, host, port)


@app.command(hidden=True)
def demo() -> None:
    """Ingest the sample documents and answer questions about them; what `make demo` runs."""
    from citebound.eval.demo import show

    config = settings.load()
    _ensure_models([config.encoder, config.generator], config)
    sys.exit(show(config, out, print_answer, lambda: _ingest_progress(False), _print_report))


# -- printing -----------------------------------------------------------------------------------------------------


def _ensure_models(names: list[str], config: Config, *, quiet: bool = False) -> None:
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


@contextmanager
def _ingest_progress(quiet: bool) -> Iterator[Callable[[IngestProgress], None]]:
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
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
            name = Path(event.path).name[:40]
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


@contextmanager
def _score_progress(quiet: bool) -> Iterator[ScoreProgress]:
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


def _print_report(report: IngestReport, name: str) -> None:
    table = Table("file", "status", "pages", "chunks", "seconds", title=f"collection {name}")
    for file in report.files:
        style = {Status.OK: "green", Status.UNCHANGED: "dim", Status.PARTIAL: "yellow"}.get(file.status, "red")
        table.add_row(
            escape(Path(file.path).name), Text(file.status, style=style), str(file.pages or "-"), str(file.chunks),
            f"{file.seconds:.1f}",
        )  # fmt: skip
    out.print(table)
    for file in report.files:
        _print_file_notes(file)
    _print_notes(report.notes)
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
        err.print(Text.assemble((f"{file.status}: ", "bold red"), f"{file.path}: {file.reason}"), soft_wrap=True)
        if file.remedy:
            err.print(Text(f"  what to do: {file.remedy}"), soft_wrap=True)
    for note in file.notes:
        out.print(Text(f"note: {Path(file.path).name}: {note}", style="yellow"))


def _from_here(path: str) -> str:
    """The path as one would type it in this folder."""
    return str(Path(path).relative_to(Path.cwd())) if Path(path).is_relative_to(Path.cwd()) else path


def _print_json(value: object) -> None:
    json.dump(value, sys.stdout, ensure_ascii=False, indent=1, default=str)
    sys.stdout.write("\n")


def _print_mapping(values: dict[str, object], as_json: bool) -> None:
    if as_json:
        _print_json(values)
        return
    for name, value in values.items():
        if isinstance(value, list):
            out.print(f"{name}: {'none' if not value else ''}")
            for item in value:
                out.print(Text(f"  {item}", style="red"))
        else:
            out.print(f"{name}: {value:.4f}" if isinstance(value, float) else f"{name}: {value}")


def _key_value(pair: str) -> tuple[str, str]:
    key, equals, value = pair.partition("=")
    if not equals or not key:
        raise typer.BadParameter(f"{pair!r} is not of the form key=value")
    return key, value


if __name__ == "__main__":
    main()
