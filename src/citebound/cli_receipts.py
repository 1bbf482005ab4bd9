"""`citebound receipts` and `citebound replay`: what was asked and answered, whether somebody changed what is written of
it, and whether it would be answered from the same places now."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from typing import Annotated

import typer
from rich.table import Column, Table
from rich.text import Text

from citebound.answer.receipts.receipts import StoredReceipt
from citebound.answer.receipts.replay import Change, Replay
from citebound.cli_print import CollectionOption, JsonOption, err, out, print_json, printable
from citebound.collection import Collection
from citebound.types import Answer, Verdict

ID = 12
"""Characters of an id that are shown where a person will type them."""
MOST = 8
"""Changes of one kind that are shown; JSON has all."""
FORGOTTEN = "(forgotten with a document)"

NamedOption = Annotated[
    str | None, typer.Option("--collection", "-c", help="Name of the collection, or a path to it.  [default: default]")
]
IdArgument = Annotated[
    str, typer.Argument(metavar="RECEIPT", help="The id of a receipt or its beginning (4+); last: the newest.")
]

app = typer.Typer(help="The receipts of answers: list, show, verify.")


@app.callback(invoke_without_command=True)
def listing(
    context: typer.Context,
    collection: CollectionOption = "default",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=100_000, help="Number of receipts.")] = 20,
    skip: Annotated[int, typer.Option("--skip", min=0, help="Newer ones to leave out.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """The receipts of a collection, newest first: what was asked, when, and how it ended."""
    context.obj = collection
    if context.invoked_subcommand:
        return
    with Collection.open(collection) as opened:
        found = opened.receipts(limit, skip)
    if as_json:
        print_json([dataclasses.asdict(one) for one in found])
        return
    if not found:
        out.print(Text(f"no receipts in the collection {opened.name}: nothing was asked yet"))
        return
    table = Table("receipt", "time (UTC)", "outcome", "model", Column("question", overflow="fold"))
    for one in found:
        asked = Text(printable(one.asked.question)) if one.asked else Text(FORGOTTEN, style="dim")
        model = one.header.receipt.generator or "quotes"
        table.add_row(one.id[:ID], _time(one), Text(one.header.outcome), Text(printable(model)), asked)
    out.print(table)


@app.command()
def show(
    context: typer.Context, receipt: IdArgument, collection: NamedOption = None, as_json: JsonOption = False
) -> None:
    """One receipt: the question, the evidence, what the model wrote, what the gate decided, and with what means."""
    with Collection.open(collection or context.obj) as opened:
        found = opened.receipt(receipt)
        titles = _titles(opened)
    if as_json:
        print_json(dataclasses.asdict(found))
        return
    _print_receipt(found, titles)


@app.command()
def verify(context: typer.Context, collection: NamedOption = None, as_json: JsonOption = False) -> None:
    """Look through the whole chain of receipts. Exit code 1 if an entry was changed, taken out, put in or reordered.

    Write the head down elsewhere: as long as `receipts show HEAD` still finds it, the chain up to it is the old one.
    """
    with Collection.open(collection or context.obj) as opened, err.status("reading the chain"):
        found = opened.verify_receipts()
    if as_json:
        print_json(dataclasses.asdict(found))
    else:
        for problem in found.problems:
            out.print(Text(problem, style="red"))
        state = "broken" if found.problems else "unbroken"
        out.print(f"{found.receipts} receipts, {found.forgettings} forgettings: the chain is {state}")
        out.print(Text(f"head {found.head or 'none'}", style="dim"))
    if found.problems:
        raise typer.Exit(1)


def replay(receipt: IdArgument, collection: CollectionOption = "default", as_json: JsonOption = False) -> None:
    """Repeat the retrieval of an answer exactly and say what has changed. Exit code 0: nothing; 1: something.

    The question, filter, stages and budget are those of the receipt; the model is not asked again: its stored draft
    goes through the gate.
    """
    with Collection.open(collection) as opened:
        found = opened.replay(receipt)
        titles = _titles(opened)
    if as_json:
        print_json({"same": found.same, **dataclasses.asdict(found)})
    else:
        _print_replay(found, titles)
    if not found.same:
        raise typer.Exit(1)


def register(top: typer.Typer) -> None:
    """Add the commands to the command line."""
    top.add_typer(app, name="receipts")
    top.command("replay")(replay)


def print_id(answer: Answer) -> None:
    """The line under an answer that names its receipt."""
    if answer.receipt and answer.receipt.id:
        out.print(Text(f"receipt {answer.receipt.id[:ID]}", style="dim"))


# -- printing ---------------------------------------------------------------------------------------------------------


def _print_receipt(found: StoredReceipt, titles: Mapping[str, str]) -> None:
    head, made, means = found.header, found.header.receipt, found.header.means
    out.print(Text.assemble(("receipt ", "bold"), (found.id, "bold"), f"\nnumber {found.number}, {_time(found)} UTC"))
    if found.asked:
        out.print(Text(f"question: {printable(found.asked.question)}"))
        if found.asked.filter:
            out.print(Text(f"filter: {printable(json.dumps(found.asked.filter, ensure_ascii=False))}"))
        out.print(Text(f"stages: {', '.join(found.asked.stages)}{'' if found.asked.llm else '; without a model'}"))
    else:
        out.print(Text(f"question and answer {FORGOTTEN}", style="yellow"))
    sure = "" if made.confidence is None else f", confidence {made.confidence:.2f}"
    out.print(Text.assemble("outcome: ", (head.outcome, "bold"), f", sufficiency {made.sufficiency:.2f}{sure}"))
    if found.said and found.said.reason:
        out.print(Text(f"  {printable(found.said.reason)}"))
    for sentence in found.said.sentences if found.said else ():
        style = "red" if sentence.verdict is Verdict.REMOVED else None
        why = f" ({printable(sentence.reason)})" if sentence.reason else ""
        out.print(Text(f"  {sentence.verdict}{why}: {printable(sentence.text)}", style=style or ""))
        for one in sentence.citations:
            where = f"{titles.get(one.document_id, one.document_id[:ID])}, characters {one.span.start}-{one.span.end}"
            out.print(Text(f"    [{one.marker}] {where}: “{printable(one.quote)}”", style="cyan"))
    for number, call in enumerate(found.said.calls if found.said else (), start=1):
        out.print(Text(f"draft {number} (prompt {call.prompt_sha256[:ID]}): {printable(call.draft)}", style="dim"))
    if found.hits:
        table = Table("rank", "score", "chunk", "sha256", "document", "found by")
        for hit in found.hits:
            by = ", ".join(f"{why.stage} {why.rank}" for why in hit.why)
            name = titles.get(hit.document_id, f"{hit.document_id[:ID]}, not here any more")
            table.add_row(str(hit.rank), f"{hit.score:.3f}", hit.chunk, hit.sha256[:ID], Text(name), by)
        out.print(table)
    for name, value in {
        "generation": made.generation,
        "searched": f"{made.searched_documents} documents, {made.searched_chunks} passages",
        "encoder": f"{made.encoder} {means.encoder_key[:ID]}",
        "model": " ".join(filter(None, (made.generator or "none", means.weights_sha256[:ID], means.host))),
        "prompt": made.prompt_version,
        "query adapter": means.adapter_sha256[:ID],
        "cross-encoder": means.cross_encoder,
        "budget": f"{means.evidence_tokens} tokens of evidence, {means.answer_tokens} of answer",
        "seconds": f"{made.retrieval_seconds:.2f} retrieval, {made.generation_seconds:.2f} generation",
        "citebound": means.citebound,
    }.items():
        if value != "":
            out.print(Text(f"{name}: {printable(str(value))}", style="dim"))


def _print_replay(found: Replay, titles: Mapping[str, str]) -> None:
    out.print(Text(f"“{printable(found.question)}”, asked {found.made_at[:19].replace('T', ' ')} UTC"))
    if found.same:
        out.print(Text("nothing has changed: the same evidence, in the same order, from the same texts", style="green"))
        return
    groups: dict[str, list[Change]] = {}
    for change in found.changes:
        groups.setdefault(change.what, []).append(change)
    for what, changes in groups.items():
        for change in changes[:MOST]:
            turned = f"{change.was or '-'} -> {change.now or '-'}"
            of = titles.get(change.document_id, change.document_id[:ID]) if change.document_id else ""
            where = f" ({', '.join(filter(None, (of, change.chunk)))})" if of else ""
            out.print(Text.assemble((f"  {what}: ", "bold yellow"), printable(turned), (where, "dim")), soft_wrap=True)
        if len(changes) > MOST:
            out.print(Text(f"  {what}: {len(changes) - MOST} more", style="dim"))
    out.print(Text(f"{len(found.changes)} changes since", style="bold"))


def _titles(opened: Collection) -> dict[str, str]:
    """File names of the documents that are there, by id."""
    rows: Iterable[tuple[str, str]] = ((row[0].id, row[5][0].name) for row in opened.documents() if row[5])
    return {id_: printable(name) for id_, name in rows}


def _time(one: StoredReceipt) -> str:
    return one.made_at[:19].replace("T", " ")
