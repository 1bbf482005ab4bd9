"""What every command prints with: the screen, the options that most of them have, JSON.

What documents say, and what they are called, must steer no terminal: escape sequences, and letters that turn the order
of others round, reach none, whoever prints.
"""

from __future__ import annotations

import json
import os
import re
import sys
import unicodedata
from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import Console, ConsoleDimensions, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

PIPED = 200
"""Columns of what goes into a file."""

CollectionOption = Annotated[str, typer.Option("--collection", "-c", help="Name of the collection, or a path to it.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")]
FilterOption = Annotated[
    str | None,
    typer.Option("--filter", "-f", help="Only these documents: 'source:*.pdf party:acme severity>=high after:2026'."),
]
DocumentOption = Annotated[
    str | None, typer.Option("--document", "-d", help="Only this one: id, beginning of an id, path or file name.")
]
NO_LETTER = {"Cf": "", "Cs": "\ufffd"}
"""What stands for characters that are not printed, by their category; a space for all others."""
JOINERS = "\u200c\u200d"
"""Without a width of their own, and Persian and Hindi are not read without them."""


class Screen(Console):
    """A console on which what is printed is letters and nothing else, none of it taken for rich's markup; rich itself
    lets escape sequences through. As wide as the terminal or COLUMNS, else as PIPED."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, markup=False, emoji=False)

    @property  # type: ignore[misc]  # it is never set
    def size(self) -> ConsoleDimensions:
        found = super().size
        if self.is_terminal or self._width is not None or "COLUMNS" in os.environ:
            return found
        return ConsoleDimensions(PIPED, found.height)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=legible(segment.text))


def legible(text: str) -> str:
    """The text with its lines, without what is no letter."""
    if text.isprintable() or text == "\n":
        return text
    return "".join(c if c.isprintable() or c == "\n" or c in JOINERS else _shown(c) for c in text)


def _shown(c: str) -> str:
    return NO_LETTER.get(unicodedata.category(c), " ")


def printable(text: str) -> str:
    """The text in one line, without what is no letter: a title or a file name cannot look like lines of ours."""
    return " ".join(legible(text).split())


def json_text(value: object, indent: int | None = 1) -> str:
    """JSON in which letters stand as they are, and what is none is escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=str)
    return re.sub(r"[^\n -~]", lambda m: m[0] if m[0].isprintable() else json.dumps(m[0])[1:-1], text)


def print_json(value: object) -> None:
    sys.stdout.write(json_text(value) + "\n")


def print_notes(notes: Iterable[str]) -> None:
    for note in notes:
        out.print(Text(f"note: {printable(note)}", style="yellow"), soft_wrap=True)


out = Screen()
err = Screen(stderr=True)
