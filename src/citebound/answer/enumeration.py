"""A sentence that only leads in, and the items that end it: "..., provided that:", then (a) and (b).

A lead-in says less than half of what the document says, and an item without it nothing; so neither is quoted alone.
Items are told by their marks: a number or letter that goes on where the last one stopped, or a bullet; without marks,
by the semicolons at their ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from citebound.answer.addressed import addressed
from citebound.ingest.sentences import sentence_spans
from citebound.types import Span

WINDOW = 6000
"""Characters before and after a sentence in which its lead-in and its items are looked for."""

LONGEST = 1500
"""Characters of a lead-in with its items, as it is quoted."""

WORDS = 3
"""Of a lead-in, at least: fewer are a heading or a label."""

FARTHEST = 80
"""Sentences that a lead-in may be before its item."""

_LEADS = re.compile(
    r"(?:[:：]|\b(?:provided(?:,? (?:however|further))?,? that|if|unless|either|(?:as|the) follow(?:s|ing)))"
    r"\s*[,:]?\s*[-–—]?$",
    re.I,
)
_MARK = re.compile(
    r"(?P<bullet>[-–—•▪◦●*‣·])\s|(?P<open>\(?)(?P<label>\d{1,2}|[A-Za-z]|[ivxIVX]{2,5})(?P<close>\)|\.)(?=\s)"
)
_GOES_ON = re.compile(r"[;,](?:\s*(?:and|or|and/or))?$|\b(?:and|or)$", re.I)
_BLANK = re.compile(r"\n[ \t]*\n")
_ROMAN = "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx".split()


@dataclass(frozen=True, slots=True)
class Enumeration:
    """A lead-in and its items, in order; an item holds its own items."""

    lead: Span
    items: tuple[Span, ...]

    def whole(self, longest: int = LONGEST) -> tuple[Span, int]:
        """From the lead-in to the last item that ends within so many characters; how many items are left out."""
        fitting = [item for item in self.items if item.end - self.lead.start <= longest]
        return Span(self.lead.start, fitting[-1].end if fitting else self.lead.end), len(self.items) - len(fitting)


def leads(sentence: str) -> bool:
    """Whether a sentence is a lead-in: it breaks off where items must follow."""
    text = sentence.rstrip("\"”'’*_ \n\t")
    return _LEADS.search(text[-80:]) is not None and len(text.split()) >= WORDS


def enumeration(text: str, at: Span) -> Enumeration | None:
    """The enumeration whose lead-in or item stands `at` a place of `text`; of nested ones the innermost. None where
    there is none. Offsets are those of `text`."""
    if leads(at.of(text)):
        return _from(text, at)
    before = [span for span in sentence_spans(text, Span(0, at.end)) if span.start < at.start]
    for span in reversed(before[-FARTHEST:]):
        lead = Span(span.start, min(span.end, at.start))
        if leads(lead.of(text)) and (found := _from(text, lead)) and any(i.overlap(at) for i in found.items):
            return found
    return None


def _from(text: str, lead: Span) -> Enumeration | None:
    pieces = sentence_spans(text, Span(lead.end, len(text)))
    apart = addressed(text)
    pieces = pieces[: next((i for i, p in enumerate(pieces) if any(p.overlap(a) for a in apart)), len(pieces))]
    if not pieces:
        return None
    marked = _Series.first(pieces[0].of(text))
    items = _marked(text, pieces, marked) if marked else _unmarked(text, pieces)
    return Enumeration(lead, tuple(items)) if items else None


@dataclass(frozen=True, slots=True)
class _Series:
    """Marks of one form; `label` is the one that comes next, in small letters, "" for bullets."""

    form: str
    label: str
    roman: bool = False

    @staticmethod
    def first(text: str) -> _Series | None:
        """The series that begins with the mark of this text."""
        form, label = _mark(text)
        if form and label in ("", "a", "i", "1"):
            return _Series(form, label, roman=label == "i").after()
        return None

    def after(self) -> _Series:
        label = self.label
        if self.roman:
            at = _ROMAN.index(label) + 1
            label = _ROMAN[at] if at < len(_ROMAN) else "-"
        elif label.isdigit():
            label = str(int(label) + 1)
        elif label:
            label = chr(ord(label) + 1)
        return _Series(self.form, label, self.roman) if label != "-" else _Series("none", "-")

    def goes_on(self, text: str) -> bool:
        return _mark(text) == (self.form, self.label)


def _mark(text: str) -> tuple[str, str]:
    """The form of the mark that a text begins with and its label; "" and "" for none. A letter with a period is no
    mark: it may be an initial."""
    found = _MARK.match(text)
    if not found:
        return "", ""
    if found["bullet"]:
        return found["bullet"], ""
    label = found["label"]
    if found["close"] == "." and (found["open"] or not label.isdigit()):
        return "", ""
    case = "A" if label.isupper() else "a"
    return f"{found['open']}{'1' if label.isdigit() else case}{found['close']}", label.lower()


def _marked(text: str, pieces: list[Span], series: _Series) -> list[Span]:
    """The items of the outermost series; what stands in the paragraph of an item, and items in it, are part of it."""
    items = [pieces[0]]
    inner: list[_Series] = []
    for before, piece in pairwise(pieces):
        said = piece.of(text)
        if series.goes_on(said):
            items.append(piece)
            series, inner = series.after(), []
            continue
        depth = next((i for i, one in enumerate(inner) if one.goes_on(said)), None)
        opened = _Series.first(said)
        if depth is not None:
            inner = [*inner[:depth], inner[depth].after()]
        elif opened and (leads(before.of(text)) or (opened.form != series.form and _GOES_ON.search(before.of(text)))):
            inner.append(opened)
        elif _BLANK.search(text, before.end, piece.start):
            break
        items[-1] = Span(items[-1].start, piece.end)
    return items


def _unmarked(text: str, pieces: list[Span]) -> list[Span]:
    """Paragraphs that end in semicolons, and the one after them."""
    items: list[Span] = []
    for piece in pieces:
        more = _GOES_ON.search(piece.of(text)) is not None
        if not items and not (more and piece.of(text).rstrip(" andor/").endswith(";")):
            return []
        items.append(piece)
        if not more:
            break
    return items
