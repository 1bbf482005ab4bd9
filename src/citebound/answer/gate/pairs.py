"""What belongs together: an amount and what it is counted by, a date and what happened on it, the words of one clause.

A claim with all facts of its quote may still pair them wrongly: "USD 4 million per occurrence and USD 2 million in the
aggregate", "dated March 3, amended March 1", "each party bears the arbitrators' costs, and attorneys' fees are shared".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from citebound.answer.gate.dates import dates
from citebound.answer.gate.numerals import in_digits, ungrouped
from citebound.answer.gate.wording import LIGHT, alike, words
from citebound.answer.words import stem

_BASIS = re.compile(
    r"(?<![\w.])(?P<number>\d[\d,.]*\d|\d)\s?(?:%|percent|[A-Za-z]{3}\b)?\s*(?:for\s+)?"
    r"(?:(?P<per>(?:per|each|every|any\s+one|a\s+single)\s+(?P<one>occurrence|claim|incident|accident|event|loss|person|case|breach))"
    r"|(?P<all>(?:in\s+(?:the\s+)?(?:annual\s+)?aggregate|in\s+total|aggregate|overall|combined|altogether)))\b",
    re.I,
)
_GAP = re.compile(r" {4,}")
"""Where `dates` took a date."""
_BREAK = re.compile(r"[.;:,]|\band\b|\bor\b|\bbut\b", re.I)
_MEMBER = re.compile(
    r";|,?\s+and\s+then\s+|,?\s+except\s+that\s+|,?\s+(?:and|while|whereas|but)\s+"
    r"(?=(?:[\w'’-]+\s+){1,8}?(?:shall|must|will|may|can|could|should|is|are|was|were|has|have|had)\b)",
    re.I,
)
_VERB = re.compile(r"\b(?:shall|must|will|may|can|could|should|is|are|was|were|has|have|had)\b", re.I)
_WORD = re.compile(r"[^\W\d_][^\W_]*")
_FACT = re.compile(r"(?<![\w.])(?P<number>\d{1,3})(?:\s+[a-z]+){0,2}\s+by\s+(?:the\s+|an?\s+)?(?P<name>[A-Z][\w&-]*)")
LEAST = 2
"""Words of one member of a quote that a member of the sentence must hold for the other's to be out of place."""


def objections(sentence: str, quote: str) -> list[str]:
    """Facts and words of the quote that the sentence pairs otherwise."""
    sentence, quote = ungrouped(in_digits(sentence)), ungrouped(in_digits(quote))
    made = [*_based(sentence, quote), *_dated(sentence, quote), *_counted(sentence, quote), *_mixed(sentence, quote)]
    return list(dict.fromkeys(made))


def _based(sentence: str, quote: str) -> list[str]:
    shown = _bases(quote)
    for number, kinds in _bases(sentence).items():
        if shown.get(number) and not kinds & shown[number]:
            return [f"the evidence says “{min(shown[number])}” of {number}, the sentence “{min(kinds)}”"]
    return []


def _bases(text: str) -> dict[str, set[str]]:
    made: dict[str, set[str]] = {}
    for match in _BASIS.finditer(text):
        made.setdefault(match["number"].rstrip(".,"), set()).add(
            f"per {match['one'].lower()}" if match["per"] else "in all"
        )
    return made


def _dated(sentence: str, quote: str) -> list[str]:
    """A date behind the word that the quote has before another date."""
    said, shown = _labels(sentence), _labels(quote)
    if len(shown) < LEAST:
        return []
    for day, label in said:
        own = [w for d, w in shown if d == day]
        others = [w for d, w in shown if d != day]
        if not label or not own or not all(own) or any(alike(label, w, related=True) for w in own):
            continue
        there = {d for d, w in shown if d != day and w and alike(label, w)}
        if others and any(d in there and w and any(alike(w, o) for o in own) for d, w in said):
            return [f"in the evidence “{label}…” is said of another date than {day}"]
    return []


def _labels(text: str) -> list[tuple[str, str]]:
    """Each date of a text with the word of weight right before it, "" if none is in its clause."""
    _, rest = dates(text)
    made = []
    for gap in _GAP.finditer(rest):
        found, _ = dates(text[gap.start() : gap.end()])
        before = _BREAK.split(rest[: gap.start()])[-1]
        carried = [stem(w.lower()) for w in _WORD.findall(before) if w.lower() not in LIGHT]
        made += [(f"{one.year}-{one.month}-{one.day}", carried[-1] if carried else "") for one in found[:1]]
    return made


def _counted(sentence: str, quote: str) -> list[str]:
    """ "Two by the Agency": the quote must have the number and the name in one member."""
    pieces = re.split(r"[;:,]|\band\b", quote)
    for match in _FACT.finditer(sentence):
        number, name = match["number"], match["name"]
        if name not in quote or not re.search(rf"(?<!\d){number}(?!\d)", quote):
            continue
        if not any(re.search(rf"(?<!\d){number}(?!\d)", p) and name in p for p in pieces):
            return [f"“{number}” is not said of {name} in the evidence"]
    return []


def _mixed(sentence: str, quote: str) -> list[str]:
    """Two members of the sentence each of which takes words from both of two members of the quote."""
    mine, theirs = ([p for p in map(words, _members(text)) if len(p) > LEAST] for text in (sentence, quote))
    if len(mine) < LEAST or len(theirs) < LEAST:
        return []
    for one, other in pairwise(mine):
        for i, first in enumerate(theirs):
            for second in theirs[i + 1 :]:
                if _crossed(one, other, first, second):
                    return ["what two clauses of the evidence say has changed places"]
    return []


def _members(text: str) -> list[str]:
    """The clauses of a text that stand side by side; what has no verb of its own belongs to the next one."""
    made = [""]
    for piece in _MEMBER.split(text):
        if made[-1] and not _VERB.search(made[-1]):
            made[-1] += f" {piece}"
        else:
            made.append(piece)
    return made


def _crossed(one: Sequence[str], other: Sequence[str], first: Sequence[str], second: Sequence[str]) -> bool:
    only_first = [w for w in first if not _in(w, second)]
    only_second = [w for w in second if not _in(w, first)]
    a, b = _held(one, only_first), _held(one, only_second)
    c, d = _held(other, only_first), _held(other, only_second)
    if min(a, b, c, d) >= 1 and max(a, b) >= LEAST <= max(c, d):
        return a + b >= len(set(one)) - 1 and c + d >= len(set(other)) - 1
    return min(c, d) >= LEAST and a + b >= LEAST and c + d == len(set(other))


def _held(piece: Sequence[str], of: Sequence[str]) -> int:
    return sum(_in(w, of) for w in set(piece))


def _in(word: str, among: Sequence[str]) -> bool:
    return any(alike(word, other) for other in among)
