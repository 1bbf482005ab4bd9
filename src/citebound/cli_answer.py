"""`citebound ask`, and how an answer, an exhibit and a passage are printed."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from citebound import cli_calibrate, cli_models, cli_receipts, cli_structure
from citebound import config as settings
from citebound.answer.ask import Done, EvidenceFound, Token
from citebound.answer.generation import disclosure
from citebound.answer.render import answer_json
from citebound.cli_print import CollectionOption, FilterOption, JsonOption, err, out, print_json, print_notes, printable
from citebound.collection import Collection
from citebound.types import Answer, Citation, Outcome, Passage


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
        cli_models.ensure(wanted, config, quiet=as_json)
        if not no_llm and (notice := disclosure.of(config, opened.root.parent)):
            err.print(Text(f"note: {printable(notice)}", style="yellow"), soft_wrap=True)
        if as_json:
            print_json(answer_json(opened.ask(question, only, llm=not no_llm)))
        else:
            _ask_aloud(opened, question, only, llm=not no_llm)


def _ask_aloud(opened: Collection, question: str, only: str | None, *, llm: bool) -> Answer:
    """Print an answer as it comes: evidence, the draft while it is unverified, then what was bound."""
    live = err.is_terminal
    answer: Answer | None = None
    for event in opened.stream(question, only, llm=llm):
        if isinstance(event, EvidenceFound) and live:
            names = ", ".join(dict.fromkeys(printable(p.source.name) for p in event.passages)) or "nothing"
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
        out.print(Text(f"  {printable(answer.reason)}"))
        cli_calibrate.print_confidence(answer)
        cli_calibrate.print_searched(answer)
        if answer.searched is None:
            for number, passage in enumerate(answer.passages, start=1):
                print_passage(number, passage, title="nearest")
        print_notes(answer.notes)
        cli_receipts.print_id(answer)
        return
    out.print(Text(printable(answer.text), style="bold"))
    for conflict in answer.conflicts:
        markers = "".join(f"[{side.citation.marker}]" for side in conflict.sides)
        out.print(Text(f"  conflict: {printable(conflict.text)} {markers}", style="yellow"), soft_wrap=True)
    for citation in answer.citations:
        _print_citation(citation)
    if answer.reason:
        out.print(Text(f"  {printable(answer.reason)}", style="yellow"))
    if answer.outcome is Outcome.ABSENT:
        cli_calibrate.print_searched(answer)
    cli_calibrate.print_confidence(answer)
    removed = [s for s in answer.sentences if s not in answer.bound]
    if removed:
        out.print(
            Text(f"  {len(removed)} sentences of the draft were not shown: {printable(removed[0].reason)}", style="dim")
        )
    print_notes(answer.notes)
    cli_receipts.print_id(answer)


def _print_citation(citation: Citation) -> None:
    place = on_pages(citation.pages) or (f", {printable(citation.section)}" if citation.section else "")
    out.print(Text.assemble((f"  [{citation.marker}] ", "bold cyan"), (printable(citation.source.name), "cyan"), place))
    out.print(Text(f"      “{printable(citation.quote)}”"))
    cli_structure.print_notices(citation.superseded_by, 6)


def print_passage(number: int, passage: Passage, title: str = "") -> None:
    """A passage with where it stands; in full, or with a `title` its beginning."""
    head = f"  {title} {number}: " if title else f"{number:>3}  "
    out.print(
        Text.assemble(
            (head, "bold"),
            (printable(passage.source.name), "cyan"),
            f"{on_pages(passage.pages)}  {printable(passage.context)}",
        )
    )
    out.print(Text("      " + printable(passage.text)[: 300 if title else None]))
    cli_structure.print_notices(passage.superseded_by, 6)


def on_pages(pages: tuple[int, ...]) -> str:
    """ ", page 3", ", pages 3-4"; "" for none."""
    if not pages:
        return ""
    return f", page {pages[0]}" if len(pages) == 1 else f", pages {pages[0]}-{pages[-1]}"


def register(top: typer.Typer) -> None:
    """Add the command to the command line."""
    top.command()(ask)
