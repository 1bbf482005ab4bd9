"""References to another section, exhibit or figure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from citebound.eval.mutations.edits import Edit
from citebound.eval.mutations.view import View

_REFERENCE_NUMBER = (
    r"(?:[0-9]{1,4}(?:\.[0-9]{1,3}){0,3}(?:[a-z](?![a-z]))?|[A-Z](?:[-.]?[0-9]{1,2})?|"
    r"[IVX]{1,6})(?:-[0-9]{1,2})?(?:\([A-Za-z0-9]{1,4}\)){0,4}(?![\w]|-[A-Za-z]|\.[0-9])"
)
_NUMBER = re.compile(_REFERENCE_NUMBER, re.ASCII)
_REFERENCE = re.compile(
    r"\b(?:Sections?|Articles?|Clauses?|Exhibits?|Schedules?|Appendi(?:x|ces)|"
    "Annex(?:es)?|Paragraphs?|Subsections?|Attachments?|Addendum|"
    "Rules?|Parts?|Items?|Issues?|Findings?|Listings?|Chapters?|[Ff]igures?|"
    "[Tt]ables?|[Ll]ines?|[Pp]ages?|[Ss]teps?|sections?|articles?|clauses?|"
    r"paragraphs?|Regulation|Amendment No\.|SECTIONS?|ARTICLES?|EXHIBITS?|SCHEDULES?|"
    "APPENDIX|Option|option|Request|Sub-?paragraphs?)"
    rf"(?: |\u00a0| \(|\()(?P<numbers>{_REFERENCE_NUMBER}(?:(?:,? (?:and|or|through|"
    f"to|and/or) |, ?|[–-])(?:{_REFERENCE_NUMBER})){{0,12}})",
    re.ASCII,
)
_ROMANS = "I II III IV V VI VII VIII IX X XI XII XIII XIV XV XVI XVII XVIII XIX XX".split()
_SMALL_ROMANS = [r.lower() for r in _ROMANS[:12]]


def in_reference(plain: str, start: int, end: int) -> bool:
    """Whether the place touches a reference such as "Section 4.2(b)"."""
    return any(m.start() < end and start < m.end() for m in _references(plain))


@lru_cache(maxsize=8)
def _references(plain: str) -> tuple[re.Match[str], ...]:
    return tuple(_REFERENCE.finditer(plain))


def change_section(view: View) -> Iterator[Edit]:
    used = {n.group() for m in _references(view.plain) for n in _NUMBER.finditer(m["numbers"])}
    for m in _references(view.plain):
        if m.start() == 0 and re.match(r"[.:)]", view.plain[m.end() :]):
            continue
        base = m.start("numbers")
        for n in _NUMBER.finditer(m["numbers"]):
            for new in _other_reference(n.group(), m.group()):
                if new not in used and not re.search(rf"(?<![\w.]){re.escape(new)}(?!\w)", view.plain):
                    yield ((base + n.start(), base + n.end(), new),)


def _other_reference(number: str, label: str) -> Iterator[str]:
    """Numbers of other sections: 4.2(b) is 5.2(b), 4.3(b), 4.2(c)."""
    head = number.partition("(")[0]
    rest = number[len(head) :]
    if head in _ROMANS and (len(head) > 1 or label.lower().startswith(("article", "part", "chapter", "section"))):
        at = _ROMANS.index(head)
        yield _ROMANS[at + 1 if at < 19 else at - 1] + rest
        yield _ROMANS[at - 2 if at > 2 else at + 3] + rest
    elif head[:1].isalpha():
        yield chr((ord(head[0]) - ord("A") + 1) % 26 + ord("A")) + head[1:] + rest
        yield chr((ord(head[0]) - ord("A") + 3) % 26 + ord("A")) + head[1:] + rest
    for run in re.finditer(r"[0-9]+", head):
        value = int(run.group())
        for new in {value + 1, value - 1, value + 3}:
            if new > 0:
                yield head[: run.start()] + str(new) + head[run.end() :] + rest
    for part in re.finditer(r"\(([A-Za-z0-9]{1,4})\)", rest):
        mark = part[1]
        if mark.isdigit():
            new_mark = str(int(mark) + 1)
        elif mark.lower() in _SMALL_ROMANS and (len(mark) > 1 or mark in "ivx"):
            new_mark = _SMALL_ROMANS[(_SMALL_ROMANS.index(mark.lower()) + 1) % 12]
        elif len(mark) == 1:
            new_mark = chr(ord(mark) + 1) if mark not in "zZ" else chr(ord(mark) - 1)
        else:
            continue
        yield head + rest[: part.start(1)] + new_mark + rest[part.end(1) :]
