"""English that several rules go by: modals, denials, the words that open a phrase."""

from __future__ import annotations

import re


def english(pattern: str) -> re.Pattern[str]:
    """A pattern of English words, case aside; its classes are ASCII."""
    return re.compile(pattern, re.ASCII | re.IGNORECASE)


MODALS = "shall|will|must|may|should|can|could|would|might"
BE = "is|are|was|were"
OPENERS = frozenset(
    "a about above after all an and another any approximately are as at be before between beyond both but by during "
    "each every exactly except for from had has have if in including is it its last least less more most next no "
    "not of on only or other our over per some such than that the their these this those to total under until up "
    "upon was we were when which while with within there roughly nearly around".split()
)
DENIALS = english(r"\b(?:no|not|nor|neither|none|nothing|never|nobody|cannot|without|unless|hardly|[a-z]+n['’]t)\b")
NOR = english(r"\bnor\b")
_IRREGULAR = {"have": "has", "be": "is", "do": "does", "go": "goes"}
_SHORTLY = re.compile(r"[^,;.]{0,45}")


def left(plain: str, at: int) -> str:
    """The end of what stands before a place."""
    return plain[max(0, at - 120) : at]


def denied_before(plain: str, at: int) -> bool:
    """Whether a negative word stands in the same clause before the place."""
    opened = max(plain.rfind(mark, 0, at) for mark in ".;:")
    return bool(DENIALS.search(plain, max(opened, at - 160, 0), at))


def denied(plain: str, start: int, end: int) -> bool:
    """Whether a negative word stands in the same clause, before the place or within 45 characters after it."""
    if denied_before(plain, start):
        return True
    after = _SHORTLY.match(plain, end)
    return bool(after and DENIALS.search(after.group()))


def third(verb: str) -> str:
    """The third person of a verb: have, has."""
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    if verb.endswith(("s", "x", "ch", "sh", "z")):
        return verb + "es"
    return verb[:-1] + "ies" if verb.endswith("y") and verb[-2:-1] not in tuple("aeiou") else verb + "s"
