"""How headings, clause numbers and list items look in print. Pure functions of one line or one block."""

from __future__ import annotations

import re
from dataclasses import dataclass

NAMED = (
    r"(?:ARTICLE|Article|SECTION|Section|EXHIBIT|Exhibit|SCHEDULE|Schedule|ANNEX|Annex|APPENDIX|Appendix"
    r"|ATTACHMENT|Attachment|ADDENDUM|Addendum|CHAPTER|Chapter|PART|Part)"
)
QUOTES = re.compile("[\"\u201c\u201d'\u2018\u2019]")
WORDS = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen".split()
ORDINAL = (
    r"(?:\d{1,3}(?:\.\d{1,3}){0,5}(?:\([A-Za-z0-9]{1,3}\))?(?![A-Z-])|[IVXLC]{1,7}(?:\([A-Za-z0-9]{1,3}\)|[.-][A-Z](?!\w)){0,2}"
    r"|\d{1,3}-?[A-Z](?!\w)|[A-Z](?:-?\d{1,2})?(?:\([A-Za-z0-9]{1,3}\)){0,2}|[A-Z]{2}-\d{1,2}"
    rf"|{'|'.join((*(w.upper() for w in WORDS), *(w.title() for w in WORDS)))})"
)
ATTACHED = ("exhibit", "schedule", "annex", "appendix", "attachment", "addendum")
LISTED = {
    word: re.compile(rf"(?i:\b{word}) [\"\u201c'\u2018]?{ORDINAL}[\"\u201d'\u2019]?\s{{0,2}}[:\u2013\u2014-]")
    for word in ATTACHED
}
NAMED_NUMBER = re.compile(
    rf"(?P<number>{NAMED}\s+(?P<quote>[\"\u201c'\u2018])?{ORDINAL})(?(quote)[\"\u201d'\u2019])(?P<mark>\s*[.:\u2013\u2014-]+(?=\s|$)|(?=\s|$))\s*"
)
DOTTED = re.compile(r"(?P<number>\d{1,2}(?:\.\d{1,3}){1,5})(?P<mark>[ ]{0,3}[.):]|)(?:\s+|$)")
SINGLE = re.compile(r"(?P<number>\d{1,2})(?P<mark>[ ]{0,3}[.)])(?:\s+|$)")
BARE = re.compile(r"(?P<number>\d{1,2})(?P<mark>)\s+(?=[A-Z])")
ROMAN = re.compile(r"(?P<number>[IVX]{1,6})(?P<mark>\.)\s+(?=[A-Z])")
LETTER = re.compile(r"(?P<number>[A-H])(?P<mark>\.)\s+(?=[A-Z])")
FINDING = re.compile(r"(?P<number>\[?[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*-\d{1,4}\]?)(?P<mark>\s*[:.\u2013\u2014-])?\s+(?=\S)")
SHAPES = (NAMED_NUMBER, DOTTED, SINGLE, FINDING, ROMAN, LETTER, BARE)

CAPTION = re.compile(r"(?P<caption>[A-Z\u201c\"][^.:?!\n]{1,90}?)(?:\.|:|\s[\u2013\u2014-])(?=\s|$)")
BULLET = re.compile(
    r"[\u2022\u25cf\u25cb\u25aa\u25ab\u25e6\u2023\u2043\u2219\uf0b7\uf0a7\u27a2\u2713*\u2013\u2014-]\s+\S"
)
ENUMERATED = re.compile(r"(?:\((?:[a-z]{1,2}|[ivx]{1,5}|\d{1,2}|[A-Z])\)|(?:[a-z]|[ivx]{1,5}|\d{1,2})[.)])\s+\S")
LEADERS = re.compile(r"(?:\.\s?){4,}\s*(?:\d+|[ivxl]+)?\s*$|\t\s*\d{1,4}\s*$|\u2026+\s*\d+\s*$", re.M)
VERBS = frozenset(
    "shall will may must can cannot is are was were be been has have had does do did agrees agree applies apply means"
    " continue continues remain remains survives survive ends begins includes".split()
)
SAYING = frozenset("means mean shall will is are has have was were may must".split())
"""Verbs that a caption holds in capitals only."""
SHORTENED = (" inc", " co", " corp", " ltd", " no", " st", " mr", " dr", "u.s", " vs")
"""Words whose stop ends no caption."""
SMALL = frozenset(
    "a an and as at between by for from in into of on or per the to under upon vs with without nor".split()
)

MARKUP = re.compile(
    r"</?[a-zA-Z][^<>\n]{0,300}>|\*{1,3}|_{2,3}(?=\w)|(?<=[\w.])_{2,3}|(?m:^[ \t]{0,3}#{1,6}(?=[ \t]))|\\(?=[.)(*])"
)
ITEM = re.compile(
    r"\((?P<closed>[a-z]{1,5}|[A-Z]{1,5}|\d{1,2})\)|(?P<open>[a-zA-Z]|[ivx]{2,5}|[IVX]{2,5})(?P<mark>[.)])(?=\s)"
)
ROMAN_VALUE = re.compile(r"(?=[ivxlc])(c{0,3})(xc|xl|l?x{0,3})(ix|iv|v?i{0,3})$")
RUNNING_ON = re.compile(
    r"\s{0,3}(?:above|below|hereof|herein|hereunder|thereof|of (?:this|the|that|section)"
    r"|(?:and|or|through|to) \(|and section|[,;)]|$)",
    re.I,
)
GAP = re.compile(r"[ \t]{3,80}|[ \t]{0,80}\n")
SENTENCE = re.compile(
    r"(?P<caption>[A-Z][\w'\u2019/-]{1,30}(?:,?\s{1,3}(?:[A-Z&][\w'\u2019/-]{0,30}|and|of|the|for|to|in|by|or)){0,8}?)\s{1,3}"
    r"(?=(?:The|This|These)\s{1,3}\w"
    r"|(?:You|Your|We|In|Each|All|By|Both|Neither|Any|If|No|Upon|Subject|During|Except|Nothing|Either)\s{1,3}[a-z])"
)
"""A caption in title case, and the sentence that follows it without a stop between."""
NESTED = re.compile(r"(?P<caption>[A-Z][^.:;?!\n]{2,80}?)\s{1,3}\d{1,2}\.\d{1,2}\.?\s{1,3}[A-Z\"\u201c]")
"""A caption without a stop, and the number of the first clause under it: "1. Definitions 1.1. Fees shall mean"."""

CAPITALS = re.compile(r"[A-Z0-9&,;'\u2019/()\- ]{3,120}?(?=\s+(?:[A-Z][a-z]|\d{1,2}\.\d|\d{1,2}\. |\()|\s*$)")


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


def unmarked(text: str) -> str:
    """The text, character for character, with emphasis, heading signs and HTML tags turned to spaces."""
    return MARKUP.sub(lambda match: " " * len(match[0]), text)


def item(text: str) -> tuple[str, int, str] | None:
    """The sign of a list item that a text begins with, its length, and its caption: "(a) Audits. The ..."; or None."""
    match = ITEM.match(text)
    if not match or RUNNING_ON.match(text, match.end()):
        return None
    sign = match[0] if match["closed"] else match["open"] + match["mark"]
    rest = text[match.end() : match.end() + 200].lstrip()
    caption = CAPTION.match(rest.replace("\n", " "))
    words = caption["caption"] if caption and rest[caption.end() :].strip() else ""
    fits = words and _is_caption(words) and _is_label(words) and not words.lower().endswith(SHORTENED)
    return sign, match.end(), " ".join(words.split()) if fits else ""


def values(sign: str) -> tuple[tuple[str, int], ...]:
    """How an item's sign may count, likeliest first: "(c)" is the third of "(a)" or the hundredth of "(i)"."""
    word = sign.strip("().")
    shape = "({})" if sign.startswith("(") else "{}" + sign[-1]
    if word.isdigit():
        return ((shape.format("1"), int(word)),)
    case = "a" if word.islower() else "A"
    found = []
    if len(word) == 1 or len(set(word)) == 1:
        found.append((shape.format(case), 26 * (len(word) - 1) + ord(word[0].lower()) - 96))
    if roman := roman_value(word):
        found.insert(0 if len(word) > 1 else len(found), (shape.format("i" if case == "a" else "I"), roman))
    return tuple(found)


def roman_value(word: str) -> int:
    """1 for "I", 4 for "iv"; 0 for what is no Roman numeral below 400."""
    match = ROMAN_VALUE.match(word.lower())
    if not match:
        return 0
    units = {"": 0, "i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9}
    tens = {"xc": 90, "xl": 40}.get(match[2], 50 * match[2].count("l") + 10 * match[2].count("x"))
    return 100 * len(match[1]) + tens + units[match[3]]


def is_finding(number: str) -> bool:
    """Whether a printed number is the identifier of a finding ("PSI-01-005", "[H-01]")."""
    return bool(FINDING.match(number + " x"))


def _mark(match: re.Match[str], rest: str, heading: bool) -> Mark | None:
    number = QUOTES.sub("", " ".join(match["number"].split()))
    depth = _depth(number)
    if heading:
        return Mark(number, " ".join(rest.split())[:200].rstrip("# ."), depth, inline=False)
    if match.re is FINDING or (match.re is NAMED_NUMBER and is_listed(number, rest[:200])):
        return None
    if match.re is NAMED_NUMBER and not rest.strip():
        return Mark(number, "", depth, inline=False)
    if match.re is NAMED_NUMBER and not match["mark"].strip() and not _is_caption(rest.split("\n")[0]):
        label = CAPTION.match(rest[:120])
        head = label["caption"] if label and _is_caption(label["caption"]) else _attached_to(rest) or _head(rest)
        return Mark(number, " ".join(head.split()), depth, inline=True) if head else None
    if not rest or not (rest[0].isupper() or rest[0] in "\u201c\"'\u2018[("):
        return None
    caption = CAPTION.match(rest.replace("\n", " ", 1))
    after = rest[caption.end() :].strip() if caption else ""
    if caption and (_is_caption(caption["caption"]) or ((after or depth > 1) and _is_label(caption["caption"]))):
        return Mark(number, " ".join(caption["caption"].split()), depth, inline=bool(after))
    whole = " ".join(rest.split()).rstrip(".:")
    if len(whole) <= 90 and _is_caption(whole) and not NESTED.match(rest):
        return Mark(number, whole, depth, inline=False)
    return Mark(number, _head(rest), depth, inline=True)


def is_listed(number: str, rest: str) -> bool:
    """Whether an attachment is an entry of a list of them: 'Schedule 1 - Prices Schedule 2 - Sites'."""
    word = number.split()[0]
    return word.lower() in ATTACHED and bool(LISTED[word.lower()].search(rest))


def _head(rest: str) -> str:
    """A caption without a stop: set off by a wide gap or a new line, or in capitals before other text; else ""."""
    gap = GAP.search(rest[:200])
    if gap and not rest[gap.end() : gap.end() + 1].islower():
        piece = rest[: gap.start()].rstrip(" .:-_=")
        if _is_caption(piece) and len(piece) > 3 and _stands(piece):
            return " ".join(piece.split())
    nested = NESTED.match(rest[:120])
    if nested and _is_caption(nested["caption"]) and _stands(nested["caption"]):
        return " ".join(nested["caption"].split())
    if run := SENTENCE.match(rest[:200]):
        piece = run["caption"].strip()
        if _is_caption(piece) and _stands(piece) and len(piece) > 3:
            return " ".join(piece.split())
    capitals = CAPITALS.match(rest[:200])
    piece = capitals[0].strip(" -,") if capitals else ""
    after = rest[capitals.end() : capitals.end() + 60] if capitals else ""
    if after.lstrip()[:1] == "(" and after == after.upper() and sum(c.isalpha() for c in after) > 9:
        return ""
    return " ".join(piece.split()) if sum(c.isalpha() for c in piece) >= 4 and _stands(piece) else ""


def _attached_to(rest: str) -> str:
    """ "to Master Services Agreement" after "Exhibit A", if nothing else stands in the line."""
    line = GAP.split(rest, maxsplit=1)[0].strip()
    words = re.match(r"(?:to|of)\s{1,3}(?:the\s|this\s)?(?P<what>[A-Z].{3,80})$", line)
    return " ".join(line.split()) if words and line[-1] not in ".,;" and _is_caption(words["what"]) else ""


def caption_under(text: str) -> str:
    """The caption that the next line or piece of a text is, for a number that stands alone before it; else ""."""
    piece = GAP.split(text.lstrip(" \t\n-_=*"), maxsplit=1)[0].strip(" -_=*:")
    if len(piece) > 90 or piece[-1:] in ".,;" or not _is_caption(piece) or not _stands(piece) or numbered(piece):
        return ""
    return " ".join(piece.split())


def _stands(piece: str) -> bool:
    """Whether words without a stop may be a caption, and not the beginning of a sentence."""
    words = piece.lower().split()
    return (
        len(words) <= 9 and not VERBS & set(words) and words[-1] not in SMALL and not re.match(NAMED, words[-1].title())
    )


def _depth(number: str) -> int:
    return number.rstrip(".").count(".") + 1 if number[0].isdigit() else 1


def is_caption(text: str) -> bool:
    """Whether words that stand alone are a caption in title case, and not the beginning of a sentence."""
    return bool(text) and "\t" not in text and text[-1] not in ".,;" and _is_caption(text) and _stands(text)


def _is_label(text: str) -> bool:
    """Whether a short sentence before a clause's text is its caption in sentence case: "Cap on liability." """
    words = text.replace(" to be ", " to ").split()
    return len(words) <= 6 and not VERBS & {words[0].lower(), *words}


def _is_caption(text: str) -> bool:
    words = [w.strip("\u201c\u201d\"'(),/&") for w in text.split()]
    words = [w for w in words if w and w not in SMALL]
    if SAYING & set(words):
        return False
    return (
        bool(words) and len(words) <= 12 and sum(w[0].isupper() or w[0].isdigit() for w in words) >= 0.75 * len(words)
    )
