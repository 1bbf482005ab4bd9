"""Under which condition a text says what it says: "if", "unless", "without", "even if".

Published normalisations: "in the event", "in case", "provided that", "where", "when", "as long as" are "if"; "except
if", "until", "absent" and "without" are "unless"; "unless X" is "if not X", and "not Y unless X" is "Y if X". A
condition of the sentence must stand in the quote: what it depends on may not be new, and the two may not say the
contrary of it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

from citebound.answer.gate.wording import alike, all_words, negative, words

HALF = 0.5
"""Share of a condition's words from which on two conditions are one."""
REACH = 8
"""Words of weight that a condition has."""
_MARK = re.compile(
    r"\b(?:(?P<even>even\s+(?:if|when|where|though)|regardless\s+of|irrespective\s+of|whether\s+or\s+not|no\s+matter)"
    r"|(?P<unless>unless|except\s+(?:if|when|where|with|to\s+the\s+extent)|without|until|absent(?=\s+(?:a|an|any|prior|the)\b))"
    r"|(?P<if>if|in\s+the\s+event|in\s+case|provided,?\s+(?:however,?\s+)?that|as\s+long\s+as|so\s+long\s+as|when(?:ever)?"
    r"|on\s+(?:the\s+)?condition))\b",
    re.I,
)
_BOILERPLATE = re.compile(
    r"\b(?:unless|except)\b[^,.;]{0,60}?\botherwise\b"
    r"|\b(?:unless|except\s+as|without)\s+(?:otherwise|limitation|limiting|prejudice|regard|further)\b",
    re.I,
)
_ASIDE = re.compile(r",(\s+(?:\w+\s+){0,2}\w+),(?=\s+that\b)", re.I)
_AGREED = re.compile(r"\bagrees?\s+(?:that|to)\b", re.I)
"""Who agrees to a contract consents to nothing in it."""
_FOUND = re.compile(r"\bit\s+(?:turns\s+out|is\s+found|is\s+discovered)\s+that\b", re.I)
_END = re.compile(r"[.;:]|,(?!\s*(?:or|and)\b)|,\s+and\s+(?=(?:any|the|all|each|no|such|this|it|its)\b)|\)")
_VERB = re.compile(r"\b(?:shall|will|must|may|can|is|are|which|who|that)\b", re.I)
"""Where what follows a preposition ends."""
_CLAUSE = re.compile(r"[.;:]\s")
_UN = (
    r"in(?:sufficient|adequate|valid|complete|correct|effective|capable|compatible)"
    r"|un(?!less|til|der|it|ion|iform|ique)[a-z]{4,}"
)
_ADJECTIVE = re.compile(rf"\b(?:{_UN})\b", re.I)
_DENIED = re.compile(
    r"\b(?:not|no|none|never|neither|nor|nothing|nobody|cannot|void|prohibited|refus(?:e|es|ed|ing)|fail(?:s|ed)?|mismatch\w*"
    rf"|{_UN}|(?<!no\s)other\s+than)\b"
    r"(?!\s+(?:only|later|less|more|fewer|limited|to\s+exceed))|n['’]t\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Condition:
    """`kind` is "if", "unless" or "even"; `words` are stems of what it depends on; `holds` whether what is said is said
    of the case that they describe (else of the case that they do not)."""

    kind: str
    words: tuple[str, ...]
    holds: bool


def conditions(text: str, beside: str = "") -> list[Condition]:
    """The conditions of a text, in order. What the text `beside` it calls "invalid" too is no denial of one."""
    for word in {m[0].lower() for m in _ADJECTIVE.finditer(text)} & {m[0].lower() for m in _ADJECTIVE.finditer(beside)}:
        text = re.sub(rf"\b(?:in|un)(?={word[2:]}\b)", "", text, flags=re.I)
    text = _ASIDE.sub(r"\1", text)
    text = _FOUND.sub(" ", _BOILERPLATE.sub(" ", text))
    made = []
    breaks = [0, *(m.end() for m in _CLAUSE.finditer(text)), len(text)]
    beyond = [bool(_DENIED.search(_without_conditions(text[a:b]))) for a, b in pairwise(breaks)]
    marks = list(_MARK.finditer(text))
    for i, mark in enumerate(marks):
        until = marks[i + 1].start() if i + 1 < len(marks) else len(text)
        stop = _END.search(text, mark.end(), until)
        end = stop.start() if stop else until
        if mark[0].lower() in ("without", "absent") and (verb := _VERB.search(text, mark.end(), end)):
            end = verb.start()
        depends = text[mark.end() : end]
        denied = beyond[min(bisect_right(breaks, mark.start()), len(beyond)) - 1]
        turned = (mark.lastgroup == "unless") ^ bool(_DENIED.search(depends)) ^ denied
        made.append(Condition(str(mark.lastgroup), tuple(words(depends)[:REACH]), not turned))
    return made


def _without_conditions(text: str) -> str:
    """What a clause says, without what it depends on."""
    for mark in reversed(list(_MARK.finditer(text))):
        end = _END.search(text, mark.end())
        text = text[: mark.start()] + text[end.start() if end else len(text) :]
    return text


def objections(sentence: str, quote: str) -> list[str]:
    """What the sentence makes depend on something that the quote does not, or the other way round."""
    shown = conditions(quote, sentence)
    given = set(words(quote)) | all_words(quote)
    consented = all_words(_AGREED.sub(" ", quote))
    made = []
    for one in conditions(sentence, quote):
        if not one.words:
            continue
        known = [w for w in one.words if any(alike(w, other, related=True) for other in given)]
        text = " ".join(one.words[:3])
        if not known:
            made.append(f"no quote bears out the condition “{text}…”")
            continue
        near = [(len(_common(one.words, other.words)) / len(one.words), other) for other in shown if other.words]
        near = [(share, other) for share, other in near if share >= HALF]
        if not near:
            if one.kind == "unless" and not shown and not any(alike(w, o) for w in one.words for o in consented):
                made.append(f"no quote bears out the condition “{text}…”")
            if one.kind != "if" and not negative(quote):
                made.append(f"the evidence does not say “{one.kind}” of “{text}…”")
            continue
        if all(other.holds != one.holds for _, other in near):
            made.append(f"the evidence and the sentence disagree on the condition “{text}…”")
    return list(dict.fromkeys(made))


def _common(said: tuple[str, ...], shown: tuple[str, ...]) -> list[str]:
    return [w for w in said if any(alike(w, other, related=True) for other in shown)]
