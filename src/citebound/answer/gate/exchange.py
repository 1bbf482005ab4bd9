"""Two words that have changed places: "the browser trusts the server" for "the server trusts the browser".

No grammar is needed: if a sentence would say more of its quote's words in their order were two of its words exchanged,
they stand in each other's place. What moves as a whole (a condition from the end to the front, the members of a list)
gains nothing by an exchange; "X's fee" is read as "the fee of X". A passive with "by" where the other text has none
turns its names round rightly and is left to `agents`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from rapidfuzz.distance import LCSseq

from citebound.answer.gate.agents import ROLES
from citebound.answer.gate.wording import IRREGULAR, alike
from citebound.answer.words import stem

GAIN = 2
"""Words in order that an exchange of two names must win: what stands side by side ("users and data") wins one."""
GAIN_OF_OTHERS = 3
"""Words in order that an exchange of other words must win."""
MOST = 40
"""Words of a sentence of which each two are tried."""
PERSONS = frozenset("he she we you i us him them they".split())
_WORD = re.compile(
    r"(?P<name>(?i:\b(?:[a-z]{3,14}(?:ing|ed)|other|first|second)\s+party\b)|[A-Z][^\W_]*(?:[ &-][A-Z][^\W_]*){0,5})"
    r"(?P<of>['’]s)?|(?P<word>[^\W_]+)(?P<its>['’]s)?"
)
_BY = re.compile(r"\bby\s+(?:the\s+|an?\s+|any\s+|either\s+|such\s+|its\s+)?(?P<name>[^\W_]+)", re.I)
_EMPTY = frozenset(
    "the a an of to in on for and or such said this that these those its their his her be is are was were been being"
    " has have had as with by at from shall will may must can could should would not no any all each either if then"
    " than also which who upon under do does did so but there own same it since".split()
)


@dataclass(frozen=True, slots=True)
class Read:
    """A text's words in order (stems; several that are one name are one), and those of them that are names, roles or
    persons."""

    words: tuple[str, ...]
    names: frozenset[str]


def exchanged(sentence: str, quote: str) -> tuple[str, str] | None:
    """Two words of the sentence that stand where the quote has the other one; None if there are none such."""
    said, shown = _read(sentence), _read(quote)
    said = Read(_in_its_words(said.words, shown.words), said.names)
    names = said.names | shown.names
    known = set(shown.words)
    turned = _agents(sentence) & known, _agents(quote) & set(said.words)
    passive = turned[0] | turned[1] if not (turned[0] and turned[1]) else frozenset()
    before = LCSseq.similarity(said.words, shown.words)
    places = [i for i, w in enumerate(said.words) if w in known and w not in passive][:MOST]
    for i, j in combinations(places, 2):
        one, other = said.words[i], said.words[j]
        if f" {one} " in f" {other} " or f" {other} " in f" {one} " or (one in names) != (other in names):
            continue
        here = list(said.words)
        here[i], here[j] = other, one
        everywhere = [other if w == one else one if w == other else w for w in said.words]
        gain = GAIN if one in names else GAIN_OF_OTHERS
        if max(LCSseq.similarity(tried, shown.words) for tried in (here, everywhere)) >= before + gain:
            return one, other
    return None


def _in_its_words(said: tuple[str, ...], shown: tuple[str, ...]) -> tuple[str, ...]:
    """The sentence's words, each that the quote lacks as the one of the quote's that it may stand for."""
    free = [w for w in dict.fromkeys(shown) if w not in said]
    return tuple(w if w in shown else next((o for o in free if alike(w, o, related=True)), w) for w in said)


def _agents(text: str) -> frozenset[str]:
    """Whom passives name with "by"."""
    return frozenset(word for match in _BY.finditer(text) for word in _read(text[match.start("name") :]).words[:1])


@lru_cache(maxsize=4096)
def _read(text: str) -> Read:
    words: list[str] = []
    names: set[str] = set()
    owner = begun = False
    for match in _WORD.finditer(text):
        parts = (match["name"] or match["word"]).lower().split()
        while parts and parts[0] in _EMPTY:
            parts, begun = parts[1:], True
        if not parts:
            continue
        role = len(parts) == 2 and parts[0].endswith(("ing", "ed")) and parts[1] in ("party", "person", "entity")
        word = " ".join(parts if role else (IRREGULAR.get(s, s) for s in map(stem, parts)))
        if (match["name"] and (len(parts) > 1 or begun)) or parts[-1] in ROLES or parts[-1] in PERSONS:
            names.add(word)
        begun = True
        words.append(word)
        if owner:
            words[-2:] = [word, words[-2]]
        owner = bool(match["of"] or match["its"])
    return Read(tuple(words), frozenset(names))
