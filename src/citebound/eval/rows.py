"""Rows of a suite written by hand, as JSONL. A gold quote is found in the canonical text whatever its white space."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from citebound.eval.measures import Place
from citebound.eval.suite import SuiteError
from citebound.types import Span

_TYPOGRAPHY = str.maketrans({"“": '"', "”": '"', "’": "'", "‘": "'", "–": "-", "—": "-", "\u00a0": " "})


@dataclass(frozen=True, slots=True)
class Row:
    """One question. `gold` are (document, verbatim quote) pairs; empty if the documents cannot answer."""

    id: str
    question: str
    cluster: str
    kind: str
    answerable: bool
    gold: tuple[tuple[str, str], ...]
    answer: str


def load(path: Path) -> list[Row]:
    """The items of a JSONL suite. Raises SuiteError for a broken line, a doubled id or a wrong field."""
    items: list[Row] = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        try:
            row = json.loads(line)
            gold = tuple((g["document"], g["quote"]) for g in row["gold"])
            item = Row(
                row["id"], row["question"], row["cluster"], row["kind"], row["answerable"], gold, row.get("answer", "")
            )
        except (ValueError, KeyError, TypeError) as error:
            raise SuiteError(f"{path}, line {number}: {error!r}") from error
        if any(item.id == other.id for other in items):
            raise SuiteError(f"{path}, line {number}: the id {item.id!r} is there twice")
        if item.answerable != bool(item.gold):
            raise SuiteError(f"{path}, line {number}: an item is answerable just if it has gold")
        items.append(item)
    return items


def places(item: Row, texts: Mapping[str, str]) -> list[Place]:
    """Where the gold quotes of an item stand. Raises SuiteError with the quote that is not there."""
    return [Place(document, _find(item, document, quote, texts)) for document, quote in item.gold]


def _find(item: Row, document: str, quote: str, texts: Mapping[str, str]) -> Span:
    if document not in texts:
        raise SuiteError(f"{item.id}: no document {document!r}")
    found = locate(quote, texts[document])
    if found is None:
        raise SuiteError(f"{item.id}: the quote {quote[:60]!r} is not in {document}")
    return found


def locate(quote: str, text: str) -> Span | None:
    """Where a quote stands in a text, ignoring white space, quotation marks' form and table separators."""
    pattern = r"[\s|]*".join(_loose(cell) for cell in quote.split(" | "))
    match = re.search(pattern, text.translate(_TYPOGRAPHY), re.DOTALL)
    return Span(*match.span()) if match else None


def _loose(cell: str) -> str:
    return r"\s*".join(re.escape(c) for c in "".join(cell.translate(_TYPOGRAPHY).split()))
