"""Rows of a suite written by hand, as JSONL. A gold quote is found in the canonical text whatever its white space.

    {"id": "x-1", "question": "...", "cluster": "msa.docx", "kind": "fact", "answerable": true, "answer": "30 days",
     "gold": [{"document": "msa.docx", "quote": "..."}]}

A gold place may be given as a span instead: {"document", "start", "end", "quote"?, "text_sha256"?}. Then the quote must
stand at the span, and the document must be of that revision. Optional fields: `answers` (all accepted ones), `label`,
`documents` (what the question is asked of), `split` (train, dev or test).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from citebound.eval.measures import Place
from citebound.eval.suite import SuiteError
from citebound.types import Span

SPLITS = ("train", "dev", "test")
_TYPOGRAPHY = str.maketrans({"“": '"', "”": '"', "’": "'", "‘": "'", "–": "-", "—": "-", "\u00a0": " "})


class Gold(NamedTuple):
    """Where the evidence stands: a quote to be found, or a span (`start`, `end`) with what is known about it."""

    document: str
    quote: str = ""
    start: int | None = None
    end: int | None = None
    text_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One question. `gold` is empty if the documents cannot answer, or if nobody knows the place."""

    id: str
    question: str
    cluster: str
    kind: str
    answerable: bool
    gold: tuple[Gold, ...]
    answer: str
    answers: tuple[str, ...] = ()
    label: str = ""
    documents: tuple[str, ...] = ()
    split: str = "test"


def load(path: Path) -> list[Row]:
    """The items of a JSONL suite. Raises SuiteError for a broken line, a doubled id or a wrong field."""
    items: list[Row] = []
    seen: set[str] = set()
    for number, line in enumerate(path.read_text("utf-8").rstrip("\n").split("\n"), start=1):
        try:
            item = _row(json.loads(line))
        except (ValueError, KeyError, TypeError) as error:
            raise SuiteError(f"{path}, line {number}: {error!r}") from error
        if item.id in seen:
            raise SuiteError(f"{path}, line {number}: the id {item.id!r} is there twice")
        seen.add(item.id)
        shown = bool(item.gold or item.answers)
        if (shown and not item.answerable) or (item.answerable and not shown and not item.label):
            raise SuiteError(f"{path}, line {number}: an item is answerable just if it has gold or an answer")
        items.append(item)
    return items


def places(item: Row, texts: Mapping[str, str]) -> list[Place]:
    """Where the gold of an item stands. Raises SuiteError with the quote that is not there, the span that holds another
    text, or the document that is of another revision."""
    return [Place(gold.document, _find(item, gold, texts)) for gold in item.gold]


def _row(row: Mapping[str, Any]) -> Row:
    gold = tuple(_gold(g) for g in row["gold"])
    answer = row.get("answer", "")
    answers = tuple(row.get("answers", [answer] if answer else ()))
    made = Row(
        row["id"],
        row["question"],
        row["cluster"],
        row["kind"],
        row["answerable"],
        gold,
        answer or (answers[0] if answers else ""),
        answers,
        row.get("label", ""),
        tuple(row.get("documents", ())),
        row.get("split", "test"),
    )
    if made.split not in SPLITS:
        raise ValueError(f"the split {made.split!r} is not one of {', '.join(SPLITS)}")
    return made


def _gold(row: Mapping[str, Any]) -> Gold:
    if "start" in row or "end" in row:
        return Gold(row["document"], row.get("quote", ""), row["start"], row["end"], row.get("text_sha256", ""))
    return Gold(row["document"], row["quote"], text_sha256=row.get("text_sha256", ""))


def _find(item: Row, gold: Gold, texts: Mapping[str, str]) -> Span:
    text = texts.get(gold.document)
    if text is None:
        raise SuiteError(f"{item.id}: no document {gold.document!r}")
    if gold.text_sha256 and gold.text_sha256 != hashlib.sha256(text.encode()).hexdigest():
        raise SuiteError(
            f"{item.id}: {gold.document!r} is of another revision than the one the suite was made for",
            remedy="Make the suite anew from its questions, or bring back the document that it was made for.",
        )
    if gold.start is None or gold.end is None:
        found = locate(gold.quote, text)
        if found is None:
            raise SuiteError(f"{item.id}: the quote {gold.quote[:60]!r} is not in {gold.document}")
        return found
    if not 0 <= gold.start < gold.end <= len(text):
        raise SuiteError(
            f"{item.id}: the span {gold.start}-{gold.end} is outside of {gold.document!r}, which has {len(text)}"
            " characters"
        )
    span = Span(gold.start, gold.end)
    if gold.quote and span.of(text) != gold.quote:
        raise SuiteError(
            f"{item.id}: at {gold.start}-{gold.end} of {gold.document!r} stands {span.of(text)[:60]!r},"
            f" not {gold.quote[:60]!r}"
        )
    return span


def locate(quote: str, text: str) -> Span | None:
    """Where a quote stands in a text, ignoring white space, quotation marks' form and table separators."""
    return next(iter(every_place(quote, text)), None)


def every_place(quote: str, text: str) -> list[Span]:
    """Each place of a quote, found as `locate` does; none for a quote without a character."""
    if not quote.strip():
        return []
    pattern = r"[\s|]*".join(_loose(cell) for cell in quote.split(" | "))
    return [Span(*m.span()) for m in re.finditer(pattern, text.translate(_TYPOGRAPHY), re.DOTALL)]


def _loose(cell: str) -> str:
    return r"\s*".join(re.escape(c) for c in "".join(cell.translate(_TYPOGRAPHY).split()))
