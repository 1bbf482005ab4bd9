"""What documents print for what people ask: "no-shop" -> "shall not, directly or indirectly, solicit, initiate".

The words of a trade, not of a collection: package data, one TOML file for each trade. Searched beside the question's
own words, never instead of them. An entry is one place of a document: its sentences say the same in other words.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from citebound.indexes.lexical import terms

MOST_WORDS = 16
"""Words of an entry that are looked for: its first telling ones. More find nothing more, and cost time."""

SHORT = 4
"""Terms of at most so many letters are whole words, or their plurals: "age" is not the beginning of "agent"."""

BOILERPLATE = frozenset(
    "agreement all any company including information made make may must other parties party personal prior provided"
    " reasonable service services set shall such terms upon use used using will without written".split()
)
"""Words that stand everywhere in what entries print, and so tell nothing."""


@dataclass(frozen=True, slots=True)
class Entry:
    """`printed` are sentences as documents print them, compared by their mean; `words` the telling ones among theirs,
    looked for."""

    printed: tuple[str, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document: `called` what people call it, `printed` what such documents are about, in their words."""

    called: str
    printed: str


@dataclass(frozen=True, slots=True)
class _Term:
    pattern: re.Pattern[str]
    entry: Entry
    broad: bool


def entries(question: str) -> tuple[Entry, ...]:
    """What is searched beside the question. A term inside of a longer one ("solicit" in "no-solicit of customers") does
    not count, and a broad entry ("confidential") only where no other one is meant."""
    asked = question.lower()
    found = [(term, [m.span() for m in term.pattern.finditer(asked)]) for term in _terms()]
    spans = {span for _, own in found for span in own}
    meant = [term for term, own in found if any(not _is_inside(span, spans) for span in own)]
    precise = [term for term in meant if not term.broad]
    return tuple(term.entry for term in precise or meant)


def printed(question: str) -> str:
    """The sentences that are searched beside the question, as one text; "" where it has none of the terms."""
    return "; ".join(sentence for entry in entries(question) for sentence in entry.printed)


def kind(question: str) -> Kind | None:
    """The kind of document that the question speaks of, if it is one of those that are known."""
    asked = question.lower()
    found = [(m.start(), m.group(), told) for pattern, told in _kinds() if (m := pattern.search(asked))]
    if not found:
        return None
    _, called, told = min(found, key=lambda one: one[0])
    return Kind(called, told)


def _is_inside(span: tuple[int, int], spans: set[tuple[int, int]]) -> bool:
    return any(a <= span[0] and span[1] <= b and (a, b) != span for a, b in spans)


@cache
def _terms() -> tuple[_Term, ...]:
    made = []
    for row in _rows("entry"):
        told = (row["printed"],) if isinstance(row["printed"], str) else tuple(row["printed"])
        words = [word for word in terms(" ".join(told)) if word not in BOILERPLATE]
        entry = Entry(told, " ".join(words[:MOST_WORDS]))
        made.append(_Term(_pattern(row["asked"]), entry, bool(row.get("broad"))))
    return tuple(made)


@cache
def _kinds() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((_pattern(row["asked"]), row["printed"]) for row in _rows("kind"))


def _pattern(asked: Sequence[str]) -> re.Pattern[str]:
    """Any of the terms, the longest first, at the beginning of a word."""
    parts = [re.escape(t) + (r"s?(?!\w)" if len(t) <= SHORT else "") for t in sorted(asked, key=len, reverse=True)]
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})")


@cache
def _rows(name: str) -> tuple[dict[str, Any], ...]:
    folder = resources.files("citebound.indexes") / "vocabulary"
    files = sorted(folder.iterdir(), key=lambda f: f.name)
    return tuple(row for file in files for row in tomllib.loads(file.read_text("utf-8")).get(name, []))
