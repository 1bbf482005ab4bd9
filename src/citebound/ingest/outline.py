"""How headings, clause numbers and list items look in print. Pure functions of one line or one block."""

from __future__ import annotations

import re
from dataclasses import dataclass

NAMED = (
    r"(?:ARTICLE|Article|SECTION|Section|EXHIBIT|Exhibit|SCHEDULE|Schedule|ANNEX|Annex|APPENDIX|Appendix"
    r"|ATTACHMENT|Attachment|ADDENDUM|Addendum|CHAPTER|Chapter|PART|Part)"
)
ORDINAL = r"(?:\d{1,3}(?:\.\d{1,3}){0,5}(?:\([a-z0-9]{1,3}\))?|[IVXLC]{1,7}|[A-Z](?:-?\d{1,2})?)"
NAMED_NUMBER = re.compile(rf"(?P<number>{NAMED}\s+{ORDINAL})(?P<mark>\s*[.:\u2013\u2014-]+(?=\s|$)|(?=\s|$))\s*")
DOTTED = re.compile(r"(?P<number>\d{1,2}(?:\.\d{1,3}){1,5})(?P<mark>[.):]?)(?:\s+|$)")
SINGLE = re.compile(r"(?P<number>\d{1,2})(?P<mark>[.)])(?:\s+|$)")
BARE = re.compile(r"(?P<number>\d{1,2})(?P<mark>)\s+(?=[A-Z])")
ROMAN = re.compile(r"(?P<number>[IVX]{1,6})(?P<mark>\.)\s+(?=[A-Z])")
LETTER = re.compile(r"(?P<number>[A-H])(?P<mark>\.)\s+(?=[A-Z])")
FINDING = re.compile(r"(?P<number>\[?[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*-\d{1,4}\]?)(?P<mark>\s*[:.\u2013\u2014-])?\s+(?=\S)")
SHAPES = (NAMED_NUMBER, DOTTED, SINGLE, FINDING, ROMAN, LETTER, BARE)

CAPTION = re.compile(r"(?P<caption>[A-Z\u201c\"][^.:;?!\n]{1,90}?)(?:\.|:|\s[\u2013\u2014-])(?=\s|$)")
BULLET = re.compile(
    r"[\u2022\u25cf\u25cb\u25aa\u25ab\u25e6\u2023\u2043\u2219\uf0b7\uf0a7\u27a2\u2713*\u2013\u2014-]\s+\S"
)
ENUMERATED = re.compile(r"(?:\((?:[a-z]{1,2}|[ivx]{1,5}|\d{1,2}|[A-Z])\)|(?:[a-z]|[ivx]{1,5}|\d{1,2})[.)])\s+\S")
LEADERS = re.compile(r"(?:\.\s?){4,}\s*(?:\d+|[ivxl]+)?\s*$|\t\s*\d{1,4}\s*$|\u2026+\s*\d+\s*$", re.M)
VERBS = frozenset(
    "shall will may must can cannot is are was were be been has have had does do did agrees agree applies apply means"
    " continue continues remain remains survives survive ends begins includes".split()
)
SMALL = frozenset(
    "a an and as at between by for from in into of on or per the to under upon vs with without nor".split()
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A printed number and the caption after it. `inline`: running text follows the caption in the same block."""

    number: str
    caption: str
    depth: int
    inline: bool


def is_list_line(text: str) -> bool:
    """Whether a block begins like a list item: a bullet, "(a)", "1.", "iv)"."""
    return bool(BULLET.match(text) or ENUMERATED.match(text))


def is_contents_line(text: str) -> bool:
    """Whether a block looks like a line of a table of contents: leader dots, or a tab and a page number."""
    return bool(LEADERS.search(text))


def is_heading_line(line: str) -> bool:
    """Whether one line, standing alone, is a heading by its wording: a numbered caption, or few words in capitals."""
    line = line.strip()
    if not line or len(line) > 120 or is_contents_line(line):
        return False
    mark = numbered(line)
    if mark and mark.caption and not mark.inline:
        return True
    if mark and not mark.caption and re.match(NAMED, line):
        return True
    letters = [c for c in line if c.isalpha()]
    return len(letters) >= 4 and len(line.split()) <= 14 and line == line.upper() and line[-1] not in ",;&-"


def numbered(text: str, *, heading: bool = False) -> Mark | None:
    """The clause number and caption that a block begins with, or None.

    `heading` says that the block is known to be a heading; then looser shapes count ("3 Findings", "A. Scope").
    """
    shapes = SHAPES if heading else SHAPES[:4]
    first = text.lstrip("\ufeff# \t")
    for shape in shapes:
        match = shape.match(first)
        if match:
            return _mark(match, first[match.end() :], heading)
    return None


def is_finding(number: str) -> bool:
    """Whether a printed number is the identifier of a finding ("PSI-01-005", "[H-01]")."""
    return bool(FINDING.match(number + " x"))


def _mark(match: re.Match[str], rest: str, heading: bool) -> Mark | None:
    number = " ".join(match["number"].split())
    depth = _depth(number)
    if heading:
        return Mark(number, " ".join(rest.split())[:200].rstrip("# ."), depth, inline=False)
    if match.re is FINDING:
        return None
    if match.re is NAMED_NUMBER and not rest.strip():
        return Mark(number, "", depth, inline=False)
    if match.re is NAMED_NUMBER and not match["mark"].strip() and not _is_caption(rest.split("\n")[0]):
        return None
    if not rest or not (rest[0].isupper() or rest[0] in "\u201c\"'\u2018[("):
        return None
    caption = CAPTION.match(rest.replace("\n", " ", 1))
    after = rest[caption.end() :].strip() if caption else ""
    if caption and (_is_caption(caption["caption"]) or ((after or depth > 1) and _is_label(caption["caption"]))):
        return Mark(number, " ".join(caption["caption"].split()), depth, inline=bool(after))
    whole = " ".join(rest.split()).rstrip(".:")
    if len(whole) <= 90 and _is_caption(whole):
        return Mark(number, whole, depth, inline=False)
    return Mark(number, "", depth, inline=True)


def _depth(number: str) -> int:
    return number.rstrip(".").count(".") + 1 if number[0].isdigit() else 1


def _is_label(text: str) -> bool:
    """Whether a short sentence before a clause's text is its caption in sentence case: "Cap on liability." """
    words = text.lower().split()
    return len(words) <= 6 and not VERBS & set(words)


def _is_caption(text: str) -> bool:
    words = [w.strip("\u201c\u201d\"'(),/&") for w in text.split()]
    words = [w for w in words if w and w not in SMALL]
    return (
        bool(words) and len(words) <= 12 and sum(w[0].isupper() or w[0].isdigit() for w in words) >= 0.75 * len(words)
    )
