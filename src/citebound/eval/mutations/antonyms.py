"""Words made their opposites."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from citebound.eval.mutations.edits import Edit, put
from citebound.eval.mutations.tables import read
from citebound.eval.mutations.view import View
from citebound.eval.mutations.wording import MODALS, english, third


def _pairs(words: Iterable[str]) -> list[tuple[str, str]]:
    return [(one, other) for one, _, other in (pair.partition("/") for pair in words)]


_TABLE = read("antonyms")
_VERBS = _pairs(_TABLE["verbs"].split())
_WORDS = _pairs(_TABLE["words"].strip().replace("\n", "|").split("|"))
_ALSO_NOUNS = frozenset(_TABLE["also_nouns"].split())
_UNCHANGEABLE = frozenset(_TABLE["unchangeable"].split())
_BASE_VERBS = frozenset(one for one, _ in _VERBS)


def _forms(verb: str) -> tuple[str, ...]:
    """The base, the third person, the past participle and the form in -ing."""
    if irregular := _TABLE["irregular"].get(verb):
        return (verb, *irregular.split())
    stem = verb.removesuffix("e")
    past = verb[:-1] + "ied" if verb.endswith("y") and verb[-2] not in "aeiou" else stem + "ed"
    return verb, third(verb), past, stem + "ing"


def _opposites() -> tuple[dict[str, str], dict[str, str]]:
    """The opposite of each word, and the base of each form of a verb."""
    table: dict[str, str] = {}
    bases: dict[str, str] = {}
    for one, other in _VERBS:
        for place, (form, opposite) in enumerate(zip(_forms(one), _forms(other), strict=True)):
            if form in _UNCHANGEABLE or (place == 1 and one in _ALSO_NOUNS):
                continue
            table.setdefault(form, opposite)
            bases.setdefault(form, one)
    for one, other in _WORDS:
        table.setdefault(one, other)
    return table, bases


_OPPOSITES, _BASES = _opposites()


def _opposite_pattern(word: str) -> str:
    before = f"(?:{_TABLE['before'][word]})" if word in _TABLE["before"] else ""
    after = _TABLE["after_verb"].get(_BASES.get(word, word), "") + _TABLE["after"].get(word, "")
    return f"{before}{re.escape(word)}(?![\\w-]){after}"


_OPPOSITE = english(
    r"(?<![\w-])(?:" + "|".join(map(_opposite_pattern, sorted(_OPPOSITES, key=lambda w: (-len(w), w)))) + ")"
)
_VERB_PLACE = english(
    rf"(?:(?:\b(?:to|and|or|not|also|further|hereby|they|we|you|parties|users|that|{MODALS}|\w+ly)|,) )$"
)
_SURE_VERB_PLACE = english(rf"\b(?:to|not|{MODALS}) $")


def put_antonym(view: View) -> Iterator[Edit]:
    for m in _OPPOSITE.finditer(view.plain):
        word = m.group()
        if word[0].isupper() and not word.isupper() and m.start() > 0:
            continue
        low = word.lower()
        new = _OPPOSITES[low]
        place = _SURE_VERB_PLACE if low in _ALSO_NOUNS else _VERB_PLACE
        if low in _BASE_VERBS and not place.search(view.plain[max(0, m.start() - 25) : m.start()]):
            continue
        if re.search(rf"(?<![\w-]){re.escape(new)}(?!\w)", view.plain, re.I):
            continue
        yield put(view, m.start(), m.end(), new)
