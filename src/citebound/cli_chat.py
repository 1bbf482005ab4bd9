"""`citebound chat`: ask in turns, each going on from the last; `citebound chats`: list, show, export, forget them."""

from __future__ import annotations

import dataclasses
import io
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.table import Column, Table
from rich.text import Text

from citebound import config as settings
from citebound.answer.ask import EvidenceFound, Token
from citebound.answer.chat.chat import Chat, Turn
from citebound.answer.chat.rewrite import Rewritten
from citebound.answer.chat.transcript import FORGOTTEN, chat_json, markdown, turn_json
from citebound.cli_print import CollectionOption, JsonOption, err, json_text, out, print_json, printable
from citebound.collection import Collection
from citebound.config import Config
from citebound.errors import CiteboundError, UnknownChat
from citebound.indexes.durable import storage_errors
from citebound.types import Answer

PROMPT = "? "
ENDS = frozenset({"exit", "quit", ":q", "/exit", "/quit", "bye"})

FilterOption = Annotated[
    str | None, typer.Option("--filter", "-f", help="Only these documents, in all turns: 'source:*.pdf party:acme'.")
]
IdArgument = Annotated[str, typer.Argument(metavar="CHAT", help="The id of a chat, the beginning of it (4+), or last.")]

app = typer.Typer(help="The chats of a collection: list, show, export, forget.", no_args_is_help=True)


def register(
    top: typer.Typer, show: Callable[[Answer], None], fetch: Callable[[list[str], Config, bool], None]
) -> None:
    """Add the commands to the command line; `show` prints an answer, and `fetch` brings missing models, silently if its
    last argument says so."""

    @top.command()
    def chat(
        collection: CollectionOption = "default",
        resume: Annotated[
            str | None, typer.Option("--resume", "-r", metavar="CHAT", help="Go on with this chat: its id, or last.")
        ] = None,
        no_llm: Annotated[
            bool, typer.Option("--no-llm", help="Answer by quotes alone, without a language model.")
        ] = False,
        only: FilterOption = None,
        as_json: Annotated[
            bool, typer.Option("--json", help="One JSON object a line for each turn; for scripts.")
        ] = False,
    ) -> None:
        """Ask questions in turns: "And under the NDA?" goes on from the turn before, and how it was read is shown.

        Reads questions from standard input, one a line. Ctrl-D ends it, Ctrl-C drops the answer that is being made.
        Every turn is stored at once; `citebound chats` lists, exports and forgets them.
        """
        if isinstance(sys.stdin, io.TextIOWrapper):  # what is no text in its encoding becomes a sign for that
            sys.stdin.reconfigure(errors="replace")
        config = settings.load()
        wanted = [config.encoder] if no_llm or config.base_url else [config.encoder, config.generator]
        with Collection.open(collection, config=config) as opened:
            going = opened.chat(resume, only, llm=not no_llm)
            fetch(wanted, config, as_json)
            typed = sys.stdin.isatty() and not as_json
            if typed:
                _greet(opened.name, going)
            going, failed = _talk(going, _typed(going) if typed else _piped(), show, as_json=as_json)
            if typed and going.id:
                err.print(Text(f"this chat is {going.id}: `citebound chat --resume {going.id}` goes on with it"))
        if failed and not typed:
            raise typer.Exit(failed)

    top.add_typer(app, name="chats")
    app.command("show")(_shower(show))


def _talk(chat: Chat, questions: Iterator[str], show: Callable[[Answer], None], *, as_json: bool) -> tuple[Chat, int]:
    """Answer each question; gives the chat that it ended with, and the exit code of the last error, 0 for none. An
    error ends no chat; where the chat itself is gone, a new one begins."""
    failed = 0
    for question in questions:
        try:
            chat, turn = _asked(chat, question, quiet=as_json)
        except CiteboundError as error:
            failed = error.exit_code
            if as_json:
                _print_line({"chat": chat.id, "typed": question, "error": str(error), "remedy": error.remedy})
            else:
                err.print(Text.assemble(("error: ", "bold red"), str(error)), soft_wrap=True)
                if error.remedy:
                    err.print(Text(f"  what to do: {error.remedy}"), soft_wrap=True)
        except KeyboardInterrupt:
            err.print("\ndropped; nothing of it is stored")
        else:
            if as_json:
                _print_line({"chat": chat.id, **turn_json(turn)})
            elif turn.answer is not None:
                show(turn.answer)
    return chat, failed


def _asked(chat: Chat, question: str, *, quiet: bool) -> tuple[Chat, Turn]:
    """The next turn; of a new chat where somebody deleted this one."""
    try:
        return chat, _answered(chat, question, quiet=quiet)
    except UnknownChat:
        err.print(Text(f"chat {chat.id} is gone: a new one begins, which knows nothing of it"))
        chat = chat.renewed()
        return chat, _answered(chat, question, quiet=quiet)


def _answered(chat: Chat, question: str, *, quiet: bool) -> Turn:
    """Print how the question was read, and what comes, while it comes."""
    live = err.is_terminal and not quiet
    drafted = False
    for event in chat.stream(question):
        if isinstance(event, Rewritten) and event.changed and not quiet:
            out.print(Text.assemble(("asked as: ", "dim"), (printable(event.question), "cyan")), soft_wrap=True)
            if live:
                err.print(Text(f"  ({'; '.join(event.because)})", style="dim"), soft_wrap=True)
        elif isinstance(event, EvidenceFound) and live:
            names = ", ".join(dict.fromkeys(printable(p.source.name) for p in event.passages)) or "nothing"
            err.print(Text(f"reading {names}", style="dim"))
        elif isinstance(event, Token) and live:
            err.print(Text(event.text, style="dim"), end="")
            drafted = True
        elif isinstance(event, Turn):
            turn = event
    if drafted:
        err.print()
    return turn


def _greet(collection: str, chat: Chat) -> None:
    before = chat.turns()
    said = f"chat {chat.id}, {len(before)} turns" if chat.id else "a new chat"
    err.print(Text(f"{said} on {collection}; Ctrl-D ends it, Ctrl-C drops an answer", style="dim"))
    for turn in before[-3:]:
        err.print(Text(f"  {turn.number}. {printable(turn.typed) or FORGOTTEN}", style="dim"))


def _typed(chat: Chat) -> Iterator[str]:
    """Lines from the terminal, with its editing, and the questions of the chat as history, until Ctrl-D."""
    with suppress(ImportError):  # a Python without it has a plain prompt
        import readline

        for turn in chat.turns():
            if turn.typed:
                readline.add_history(turn.typed)
    while True:
        try:
            line = input(PROMPT)
        except (EOFError, KeyboardInterrupt):
            err.print()
            return
        if line.strip().lower() in ENDS:
            return
        if line.strip():
            yield line


def _piped() -> Iterator[str]:
    for line in sys.stdin:
        if line.strip():
            yield line


# -- stored chats -----------------------------------------------------------------------------------------------------


@app.command("list")
def listing(
    collection: CollectionOption = "default",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=100_000, help="Number of chats.")] = 20,
    skip: Annotated[int, typer.Option("--skip", min=0, help="Later ones to leave out.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """The chats of a collection, the one that was used last first."""
    with Collection.open(collection) as opened:
        found = opened.chats(limit, skip)
    if as_json:
        print_json([dataclasses.asdict(one) for one in found])
        return
    if not found:
        out.print(Text(f"no chats in the collection {opened.name}: `citebound chat` begins one"))
        return
    table = Table("chat", "last used (UTC)", "turns", Column("first question", overflow="fold"))
    for one in found:
        table.add_row(one.id, one.used_at[:19], str(one.turns), Text(printable(one.first) or "-"))
    out.print(table)


def _shower(show: Callable[[Answer], None]) -> Callable[..., None]:
    def showing(
        chat: IdArgument = "last", collection: CollectionOption = "default", as_json: JsonOption = False
    ) -> None:
        """Every turn of a chat: what was typed, how it was asked, the answer with its exhibits."""
        with Collection.open(collection) as opened:
            found = opened.chat(chat)
            turns = found.turns()
        if as_json:
            print_json(chat_json(found.id, opened.name, turns))
            return
        out.print(Text(f"chat {found.id}, {len(turns)} turns", style="bold"))
        for turn in turns:
            out.print(
                Text.assemble((f"{turn.number}. ", "bold cyan"), (printable(turn.typed) or FORGOTTEN, "bold")),
                soft_wrap=True,
            )
            if turn.because:
                out.print(Text(f"asked as: {printable(turn.question)}", style="dim"), soft_wrap=True)
            if turn.answer:
                show(turn.answer)

    return showing


@app.command()
def export(
    chat: IdArgument = "last",
    collection: CollectionOption = "default",
    form: Annotated[Literal["markdown", "json"], typer.Option("--form", help="What to write.")] = "markdown",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; without one: standard output.")
    ] = None,
) -> None:
    """A whole chat as Markdown or JSON, with every exhibit."""
    with Collection.open(collection) as opened:
        found = opened.chat(chat)
        turns = found.turns()
    if form == "json":
        text = json_text(chat_json(found.id, opened.name, turns)) + "\n"
    else:
        text = markdown(found.id, opened.name, turns)
    if output is None:
        sys.stdout.write(text)
        return
    with storage_errors(output):
        output.write_text(text, "utf-8")
    err.print(Text(f"{len(turns)} turns in {output}"))


@app.command()
def forget(chat: IdArgument, collection: CollectionOption = "default", as_json: JsonOption = False) -> None:
    """Delete a chat with its turns, and what the receipts of its answers hold."""
    with Collection.open(collection) as opened:
        removed = opened.forget_chat(chat)
    if as_json:
        print_json(removed)
        return
    for what, count in removed.items():
        out.print(f"  {what:<12} {count}")


def _print_line(value: object) -> None:
    """One JSON object in one line, at once: whoever reads it may be waiting for it."""
    sys.stdout.write(json_text(value, None) + "\n")
    sys.stdout.flush()
