"""Sentence boundaries with exact offsets, for prose, clauses and tables.

Legal and technical text defeats the usual splitters: "No. 5", "Inc.", "Section 9.2.", "(a) ...; (b) ..." and versions
such as "v1.2.3" are full of periods that end nothing. A boundary here needs a terminator, white space, and a start
that looks like one; an empty line always ends a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from citebound.types import Span

ABBREVIATIONS = frozenset(
    (
        "a.k.a al approx apr art arts aug ave bros ca cf cl co corp dec dept dr ed e.g eg esq est etc ex exh "
        "feb fig figs ft gen gov hon i.e ie inc incl jan jr jul jun llc l.l.c ltd l.p mar max messrs min mr "
        "mrs ms mt no nos nov oct op p para paras pp plc prof pt rev sec sect secs sept sep seq sr st subj "
        "u.k u.s u.s.a u.s.c v viz vol vs "
    ).split()
)
LONGEST_MARKER = 24
"""Characters that the number of a clause may have: how far back a period looks for the start of its line."""

_TERMINATOR = re.compile(r"[.!?]+[\"'”’)\]]*(?=\s)|\n[ \t]*\n")
_STARTS = re.compile(r"[\"'“‘(\[*_•\-–—]*[A-Z0-9§À-ÞΑ-ΩА-Я]")
_WORD_BEFORE = re.compile(r"[^\s(\[\"'“‘]+$")
_MARKER = re.compile(r"(?:\d{1,3}(?:\.\d{1,3})*|[A-Za-z]|[ivxlcIVXLC]{1,6}|\([A-Za-z0-9]{1,5}\))\.?$")


def sentence_spans(text: str, within: Span | None = None) -> list[Span]:
    """The sentences of `text` (or of one span of it) in order, without the white space around them.

    Every character that is not white space lies in exactly one of them.
    """
    if within is None:
        within = Span(0, len(text))
    found: list[Span] = []
    start = within.start
    for end in (*_boundaries(text, within), within.end):
        piece = text[start:end]
        left, right = len(piece) - len(piece.lstrip()), len(piece.rstrip())
        if right > left:
            found.append(Span(start + left, start + right))
        start = end
    return found


def _boundaries(text: str, within: Span) -> Iterator[int]:
    line_start = within.start
    for match in _TERMINATOR.finditer(text, within.start, within.end):
        if match.group().startswith("\n"):
            line_start = match.end()
            yield match.end()
            continue
        if _ends_sentence(text, match, within.end, line_start):
            yield match.end()


def _ends_sentence(text: str, match: re.Match[str], limit: int, line_start: int) -> bool:
    begin = match.start()
    following = match.end()
    while following < limit and text[following].isspace():
        following += 1
    if following < limit and not _STARTS.match(text, following):
        return False
    if match.group()[0] in "!?":
        return True
    word_match = _WORD_BEFORE.search(text, max(line_start, begin - 40), begin)
    word = word_match.group() if word_match else ""
    if word.lower() in ABBREVIATIONS:
        return False
    if len(word) == 1 and word.isupper() and begin - 1 > line_start:
        return False
    line = text.rfind("\n", max(line_start, begin - LONGEST_MARKER), begin) + 1
    if not line and begin - line_start > LONGEST_MARKER:
        return True
    return not _MARKER.fullmatch(text[max(line, line_start) : begin].strip() + ".")
