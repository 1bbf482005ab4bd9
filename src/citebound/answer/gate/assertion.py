"""What a sentence asserts that its quote denies, only holds possible, or says with the opposite "with" or "without".

Three readings, each with a test. A verb that the quote denies wherever it has it ("nothing is intended to limit", "no
delay shall operate as", "of no further force") may not stand in a clause of the sentence that denies nothing. What the
quote says "could" or "might" happen may not be told as having happened. "With X" and "without X" may change places only
where one of the clauses is denied: "not without consent" is "with consent".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from citebound.answer.gate.wording import LIGHT, alike
from citebound.answer.words import stem

_AUXILIARY = r"(?:shall|must|will|may|can|could|should|would|does|do|did|is|are|was|were|has|have|had)"
_DENIED = re.compile(
    rf"\b{_AUXILIARY}(?:\s+not|n['’]t|\s+never|\s+no\s+longer)\s+(?:be\s+|been\s+)?(?:[a-z]+ly\s+)?(?P<head>[a-z]+)"
    r"|\bcan(?:not|['’]t)\s+(?:be\s+)?(?:[a-z]+ly\s+)?(?P<cannot>[a-z]+)"
    rf"|\b(?:no(?!\s+(?:later|more|less|fewer|earlier|longer|further|other)\b|\s*\d|\.)|neither|nothing|none|nobody"
    rf"|in\s+no\s+event|under\s+no\s+circumstances)\b(?:[^.;:]|\.(?=\d)){{0,160}}?\b{_AUXILIARY}\s+(?:be\s+|been\s+)?(?:[a-z]+ly\s+)?"
    r"(?P<nobody>[a-z]+)"
    r"|\b(?:be|is|are|was|were|has|have|had|of|with)\s+no\s+(?:further\s+|longer\s+)?(?P<noun>[a-z]+)",
    re.I,
)
_EMPTY = frozenset(
    "be been being have had has do done only just merely later more less fewer exceed limited limit to the an any all"
    " in on at by of for and or so as yet also more effect shall may must will can not no party parties both either"
    " each further longer such this that its their it they there take taken make made get give given use used need"
    " required require obligated obliged obligation duty necessary".split()
)
_CLAUSE = re.compile(
    rf"[.;:]\s|,?\s+(?:but|while|whereas|though|although|and|so)\s+(?=(?:[\w'’-]+\s+){{1,14}}?(?:{_AUXILIARY})\b)", re.I
)
_OWN = re.compile(
    r"[.;:]\s|,\s+(?:and|but)\s+(?=(?:any|the|all|each|no|such|this|it|its)\b)|,?\s+(?:which|who)\s", re.I
)
_DENIES = re.compile(
    r"\b(?:not|no|never|none|neither|nor|nothing|nobody|cannot|without|unless|except\w*|only|until|fail\w*|refus\w*"
    r"|prohibit\w*|prevent\w*|forb\w+|unable|impossible|lacks?|lacking|exclud\w*|instead|rather|free|void|stops?"
    r"|waiv(?:es?|ed|ing)|bar(?:s|red)?|unaffected|invalid|ineffective|null|unenforceable|exempt\w*|avoid\w*|before|less|other\s+than)\b"
    r"|n['’]t\b",
    re.I,
)
_CONDITION = re.compile(
    r"\b(?:without|unless|until|except\w*|only|other\s+than|if|before|prior|needs?|requires?|required|first|with|subject"
    r"|provided|more\s+than|save)\b",
    re.I,
)
_MAY = re.compile(
    r"\b(?:could|might)\s+(?:(?:also|possibly|potentially|then)\s+)?(?:be\s+(?:\w+ly\s+)?)?(?P<head>[a-z]+)", re.I
)
_POSSIBLE = re.compile(
    r"\b(?:may|might|can|could|would|able|possib\w+|potential\w*|risks?|if|allow\w*|enabl\w+|lets?|permit\w*|when|would-be"
    r"|capable|threat\w*|chance|danger\w*|likely|susceptible|vulnerable\s+to|exploitable|opportunit\w+|should)\b",
    re.I,
)
_WITH = re.compile(r"(?<!or )\bwith(?P<out>out)?(?!\s+(?:or|and)\b)\s+(?P<what>(?:[\w'’-]+\s+){0,5}[\w'’-]+)", re.I)
_CONSENT = re.compile(
    r"\b(?:with|without|subject\s+to|upon|only\s+by)\s+(?:[\w'’-]+\s+){0,5}?(consent|approval|permission|authori[sz]ation)\b",
    re.I,
)
_CONSENTING = re.compile(
    r"\b(?:consent|approv|permi[ts]|agree|authori[sz]|allow|accept|sanction|concur|assent|ratif|endors|writ)\w*", re.I
)
_BARE = frozenset("prior written express advance its their his her any other party parties respect regard such".split())
_WORD = re.compile(r"[^\W\d_][^\W_]*")
_SEEN = re.compile(
    r"\b(?:observ\w+|saw|seen|sees|caught|watch\w+|found|heard|report\w+)\s+(?:(?:them|him|her|it|others|the\s+\w+"
    r"|an?\s+\w+|[a-z]+s)\s+)(?P<deed>[a-z]+ing)\b",
    re.I,
)
"""Where somebody sees another one do something."""


def objections(sentence: str, quote: str) -> list[str]:
    """What the sentence asserts that the quote does not."""
    made = [
        *_affirmed(sentence, quote),
        *_happened(sentence, quote),
        *_with(sentence, quote),
        *_did(sentence, quote),
        *_consented(sentence, quote),
    ]
    return list(dict.fromkeys(made))


def _affirmed(sentence: str, quote: str) -> list[str]:
    here = _undenied(sentence)
    made = []
    heads = []
    for match in _DENIED.finditer(quote):
        head = stem(str(match[str(match.lastgroup)]).lower())
        clause = _clause(quote, match.start(), match.end())
        if head in _EMPTY_STEMS or (_CONDITION.search(clause) and _CONDITION.search(sentence)):
            continue
        heads.append(head)
    there = [stem(w.lower()) for w in _WORD.findall(quote)]
    for head in dict.fromkeys(heads):
        if sum(alike(head, w) for w in there) > heads.count(head):
            continue
        if any(alike(head, w) for w in here):
            made.append(f"the evidence and the sentence disagree on a negation at “{head}…”")
    return made


def _undenied(text: str) -> list[str]:
    """The stems of those clauses of a text that deny nothing."""
    return [
        stem(w.lower()) for clause in _CLAUSE.split(text) if not _DENIES.search(clause) for w in _WORD.findall(clause)
    ]


def _clause(text: str, begin: int, end: int) -> str:
    """The stretch between two stops that a place stands in."""
    stops = [0, *(m.end() for m in re.finditer(r"[.;:]\s", text)), len(text)]
    return text[max(s for s in stops if s <= begin) : min(s for s in stops if s >= end)]


def _happened(sentence: str, quote: str) -> list[str]:
    if _POSSIBLE.search(sentence):
        return []
    said = [stem(w.lower()) for w in _WORD.findall(sentence) if w.lower() not in _EMPTY]
    there = [stem(w.lower()) for w in _WORD.findall(quote)]
    for match in _MAY.finditer(quote):
        head = stem(match["head"].lower())
        if head in _EMPTY_STEMS or match["head"].lower() in LIGHT or sum(alike(head, w) for w in there) > 1:
            continue
        if any(alike(head, w) for w in said):
            return ["what may be and what is are not the same"]
    return []


def _with(sentence: str, quote: str) -> list[str]:
    shown = _parities(quote)
    for what, out, parity in _parities(sentence):
        same = [(without, p) for other, without, p in shown if _meets(what, other)]
        if same and all(p != parity and (out or without) for without, p in same):
            return ["“with” and “without” have changed places"]
    return []


def _parities(text: str) -> list[tuple[tuple[str, ...], bool, bool]]:
    """Each "with" and "without" of a text: the words behind it, whether it is "without", whether it means that."""
    made = []
    for clause in _OWN.split(text):
        marks = list(_WITH.finditer(clause))
        if not marks:
            continue
        rest = clause
        for mark in marks:
            rest = rest.replace(mark[0], " " * len(mark[0])) if mark["out"] else rest
        denied = bool(_OUTRIGHT.search(rest))
        for mark in marks:
            what = tuple(stem(w.lower()) for w in _WORD.findall(mark["what"]) if _weighs(w.lower()))[:3]
            if what:
                made.append((what, bool(mark["out"]), bool(mark["out"]) != denied))
    return made


_OUTRIGHT = re.compile(
    r"\b(?:not(?!\s+only)|no|never|none|neither|nor|nothing|nobody|cannot|void|invalid|ineffective|prohibit\w*|forbid\w*|null"
    r"|unenforceable|barred|breach\w*|unlawful|refus\w*|fail\w*|unless)\b|n['’]t\b",
    re.I,
)


def _weighs(word: str) -> bool:
    return word not in _BARE and word not in LIGHT and len(word) > 2


def _meets(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two phrases begin with the same thing."""
    return any(alike(a, b) for a in one[:2] for b in other[:2])


def _consented(sentence: str, quote: str) -> list[str]:
    """A consent that the quote asks nobody for."""
    asked = _CONSENT.search(sentence)
    return (
        [f"no quote bears out the condition “{asked[1].lower()}…”"] if asked and not _CONSENTING.search(quote) else []
    )


def _did(sentence: str, quote: str) -> list[str]:
    """Who saw another one do something did not do it."""
    if re.search(r"\b(?:them|him|her|observ\w+|saw|seen|reports?|reported|found|caught)\b", sentence, re.I):
        return []
    for match in _SEEN.finditer(quote):
        who = _WORD.search(quote)
        first = _WORD.search(sentence)
        deed = stem(match["deed"].lower())
        if who and first and stem(who[0].lower()) == stem(first[0].lower()) and any(
            alike(deed, stem(w.lower())) for w in _WORD.findall(sentence)
        ):  # fmt: skip
            return [f"in the evidence it is not {first[0]} who does that"]
    return []


_EMPTY_STEMS = frozenset(stem(w) for w in _EMPTY)
