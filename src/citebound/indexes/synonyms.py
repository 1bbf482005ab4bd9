"""What documents print for what people ask: "no-shop" -> "shall not, directly or indirectly, solicit, initiate".

The words of a trade, not of a collection: package data, one TOML file for each trade. Searched beside the question's
own words, never instead of them. An entry is one place of a document: its sentences say the same in other words.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from citebound.indexes.lexical import terms

MOST_WORDS = 16
"""Words of an entry that are looked for: its first telling ones. More find nothing more, and cost time."""

SHORT = 4
"""Terms of at most so many letters are whole words, or their plurals: "age" is not the beginning of "agent"."""

KEY = 2
"""Letters by which terms are looked up; none is shorter."""

PLAIN = str.maketrans(dict.fromkeys("‘’‚‛′", "'") | dict.fromkeys("‐‑‒–—−", "-"))

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
    asked: str
    row: int


@dataclass(frozen=True, slots=True)
class _Terms:
    """Entries by row, which of them are broad, and all terms by their first KEY letters, the longest first."""

    entries: tuple[Entry, ...]
    broad: frozenset[int]
    by_key: Mapping[str, tuple[_Term, ...]]


def entries(question: str) -> tuple[Entry, ...]:
    """What is searched beside the question. A term inside of a longer one ("solicit" in "no-solicit of customers") does
    not count, and a broad entry ("confidential") only where no other one is meant."""
    terms_ = _terms()
    found = _found(_plain(question), terms_)
    spans = {span for own in found.values() for span in own}
    meant = [row for row, own in found.items() if any(not _is_inside(span, spans) for span in own)]
    precise = [row for row in meant if row not in terms_.broad]
    return tuple(terms_.entries[row] for row in sorted(precise or meant))


def _found(asked: str, known: _Terms) -> dict[int, list[tuple[int, int]]]:
    """Where terms of each entry stand, from left to right, none over another of the same entry."""
    made: dict[int, list[tuple[int, int]]] = {}
    for word in _WORD.finditer(asked):
        at = word.start()
        for term in known.by_key.get(asked[at : at + KEY], ()):
            own = made.get(term.row, [])
            end = at + len(term.asked)
            if asked.startswith(term.asked, at) and (not own or own[-1][1] <= at) and _ends(asked, term.asked, end):
                made.setdefault(term.row, []).append((at, end))
    return made


def _ends(asked: str, term: str, end: int) -> bool:
    """Whether a short term is a whole word there, or its plural; a longer one may be the beginning of a word."""
    return len(term) > SHORT or _SHORT_END.match(asked, end) is not None


def _plain(question: str) -> str:
    """In lower case, with straight apostrophes, plain hyphens and single spaces, as terms are written."""
    return " ".join(question.translate(PLAIN).lower().split())


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


_WORD = re.compile(r"\w+")
_SHORT_END = re.compile(r"s?(?!\w)")


def _is_inside(span: tuple[int, int], spans: set[tuple[int, int]]) -> bool:
    return any(a <= span[0] and span[1] <= b and (a, b) != span for a, b in spans)


@cache
def _terms() -> _Terms:
    made: list[Entry] = []
    by_key: dict[str, list[_Term]] = {}
    rows = _rows("entry")
    for n, row in enumerate(rows):
        told = (row["printed"],) if isinstance(row["printed"], str) else tuple(row["printed"])
        words = [word for word in terms(" ".join(told)) if word not in BOILERPLATE]
        made.append(Entry(told, " ".join(words[:MOST_WORDS])))
        for asked in row["asked"]:
            by_key.setdefault(asked[:KEY], []).append(_Term(asked, n))
    ordered = {key: tuple(sorted(of, key=lambda term: -len(term.asked))) for key, of in by_key.items()}
    return _Terms(tuple(made), frozenset(n for n, row in enumerate(rows) if row.get("broad")), ordered)


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
