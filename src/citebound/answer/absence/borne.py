"""Whether a quote bears out that a thing is there, so that "yes" may stand before it.

It must have the thing's numbers, dates and identifiers, and say that what is asked for may or must be done; who shall
have the right or the duty must be who the quote speaks of; and a quote that refuses it is no permission.
"""

from __future__ import annotations

import re

from citebound.answer.absence.existence import Existence
from citebound.answer.gate.agents import deeds
from citebound.answer.gate.negation import Mood, predicates
from citebound.answer.gate.objections import hard_facts
from citebound.answer.gate.quantities import Quantity
from citebound.answer.gate.wording import alike
from citebound.answer.words import content, stem

_REFUSES = (
    r"\b(?:no|not|nor|neither|never|cannot|none|nothing)\b|n['’]t\b"
    r"|\b(?:exclud|prohibit|forbid|barr(?:ed|ing)|preclud|void|bann|disallow|revok|waiv|ineligib|impermissib)\w*"
)
_DENIES = re.compile(rf"{_REFUSES}|\bwithout\b", re.I)
_REFUSED = re.compile(_REFUSES, re.I)
_RESTRICTIVE = re.compile(
    r"\b(?:no|non|anti|prohibit\w*|bans?|exclu\w+|restrict\w*|limit\w*|caps?|waivers?|disclaim\w*|void\w*|without)\b",
    re.I,
)
_PERMISSION = re.compile(
    r"\b(?:rights?|permissions?|permit\w*|allow\w*|options?|freedom|entitle\w*|authori[sz]ation|consent)\b", re.I
)
_BAN = re.compile(r"^(?:ban|prohibition|restriction|obligation not|duty not|promise not|covenant not)\b", re.I)
_ONLY = re.compile(r"\b(?:only|solely|exclusively|except|restrict\w*|refrain\w*|limited)\b", re.I)
_OWED = re.compile(
    rf"{_PERMISSION.pattern}|\b(?:dut(?:y|ies)|obligations?|requirements?|commitments?|undertakings?)\b", re.I
)
_VERB = re.compile(r"\bto ([a-z-]+(?: [a-z-]+)?)", re.I)
_LIGHT = frozenset(content("carry conduct perform undertake request require"))
"""Verbs that do what the noun behind them says: "may carry out an audit"."""
_NUMBERED = re.compile(r"^\s*(?:section |clause )?\d+(?:\.\d+)*[.)]?\s(?=\s*[^\W\d])", re.I | re.M)
"""The number of a clause, which is no quantity."""
_OWN = r"^\W*(?:[\d.]+\s+|\w{1,3}\)\s*)?(?:the\s+|any\s+)?"
_ANYBODY = re.compile(r"\b(?:either|each|both|any)\s+part(?:y|ies)\b|\bthe\s+parties\b", re.I)


def bears_out(asked: Existence, quote: str, context: str = "") -> bool:
    """Whether the quote, with its heading, says the thing as far as that can be read off; False is no denial."""
    if not _facts_stand(asked.thing, quote, context) or not _deed_stands(asked.thing, quote):
        return False
    if _BAN.search(asked.thing) and not _DENIES.search(quote) and not _ONLY.search(quote):
        return False
    return not asked.by or _speaks_of(asked.by, _verbs(asked.thing), quote)


def refuses(thing: str, quote: str) -> bool:
    """Whether a permission is asked for and the quote denies one: any denial does where it does not permit that very
    deed."""
    if not _PERMISSION.search(thing) or not _REFUSED.search(quote):
        return False
    verbs = _verbs(thing)[:1]
    of_it = [p for p in predicates(quote) if any(alike(p.head, verb, related=True) for verb in verbs)]
    return not of_it or any(p.denied or p.mood is not Mood.PERMITS for p in of_it)


def denies(thing: str, quote: str) -> bool:
    """Whether the quote denies something, which says nothing against a restriction."""
    found = [m.group() for m in _DENIES.finditer(quote)]
    if _RESTRICTIVE.search(thing):
        found = [one for one in found if len(one) < 4 or one.lower() in ("neither", "never", "cannot", "without")]
    return bool(found) or refuses(thing, quote)


def _facts_stand(thing: str, quote: str, context: str) -> bool:
    quote = _NUMBERED.sub("", quote)
    said, shown, around = hard_facts(thing), hard_facts(quote), hard_facts(context)
    units = {s.unit for s in shown.quantities}
    return (
        all(any(_same(q, s, units, quote) for s in shown.quantities) for q in said.quantities)
        and all(any(s.bears_out(d) for s in shown.dates) for d in said.dates)
        and said.identifiers <= shown.identifiers | around.identifiers
        and set(said.provisions) <= {*shown.provisions, *around.provisions}
    )


def _same(said: Quantity, shown: Quantity, units: set[str], quote: str) -> bool:
    """Whether it is the quantity, whose unit may stand elsewhere in the quote if no number has it."""
    if said.value != shown.value or said.unit == shown.unit:
        return said.value == shown.value
    return not shown.unit and said.unit not in units and said.unit.split()[-1] in quote.lower()


def _verbs(thing: str) -> list[str]:
    """What is done, in "a right to audit": the stems of the words behind "to"."""
    return [word for match in _VERB.finditer(thing) for word in content(match[1])]


def _deed_stands(thing: str, quote: str) -> bool:
    """Whether what there is a right or a duty to do may or must be done, or is refused."""
    moods = {Mood.PERMITS} if _PERMISSION.search(thing) else {Mood.REQUIRES, Mood.EXCUSES}
    shown = content(quote)
    if _OWED.search(thing):
        heads = [p.head for p in predicates(quote) if p.denied or p.mood in moods]
        shown = [*heads, *(shown if _LIGHT & set(heads) else ())]
    return all(any(alike(verb, word, related=True) for word in shown) for verb in _verbs(thing)[:1])


def _speaks_of(owner: str, verbs: list[str], quote: str) -> bool:
    """Whether the owner is who the quote says it of: the doer of the verb, or else the subject of the sentence."""
    if _ANYBODY.search(quote):
        return True
    last = stem(owner.split()[-1])
    match = re.match(rf"{_OWN}(?P<first>[\w-]+)(?:\s+(?P<second>[\w-]+))?", quote, re.I)
    begins = match is not None and any(alike(last, stem(word)) for word in match.groups() if word)
    made = [d for d in deeds(quote) if not verbs or any(alike(d.verb, v, related=True) for v in verbs[:1])]
    if any(alike(last, stem(word)) for d in made for word in d.by.split()):
        return True
    return begins and not any(d.close for d in made)
