"""Before, during, on or after what; the first or the last of two; more or less of what; before or from which version.

Each relation is compared only where sentence and quote speak of the same word (or version): "after his employment" is
not "during his employment", "on the day after delivery" not "on the day of delivery", "fixed in 2.1" not "up to 2.1".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from citebound.answer.gate.wording import LIGHT, alike
from citebound.answer.words import stem

_RELATION = re.compile(
    r"\b(?:(?P<before>before|prior\s+to|preceding|in\s+advance\s+of|ahead\s+of|until|earlier\s+than)"
    r"|(?P<onafter>on\s+(?:or|and)\s+after)|(?P<onbefore>on\s+or\s+before|by\s+the\s+time)"
    r"|(?P<after>after|following|subsequent\s+to|later\s+than|beyond)"
    r"|(?P<during>during|throughout|while|within\s+the)"
    r"|(?P<on>on\s+the\s+(?:day|date)\s+of|(?:on|as\s+of)(?=\s+(?:the\s+)?(?:\w+\s+)?date\b)|at\s+the\s+time\s+of"
    r"|on\s+the\s+same\s+day\s+as))\b",
    re.I,
)
_SAME: Mapping[str, frozenset[str]] = {
    "before": frozenset({"before", "onbefore"}),
    "after": frozenset({"after", "onafter"}),
    "during": frozenset({"during"}),
    "on": frozenset({"on", "onafter", "onbefore"}),
    "onafter": frozenset({"onafter"}),
    "onbefore": frozenset({"onbefore"}),
}
_DENIED = re.compile(r"\b(?:not|no|never|unless|until|only|neither|nor|cannot)\b|n['’]t\b", re.I)
_BEFORE_IT = re.compile(r"\b(?:prior|previous\w*|pre-?existing|beforehand|in\s+advance|earlier|already)\b", re.I)
_AFTER_IT = re.compile(r"\b(?:afterwards?|subsequent\w*|thereafter|later\s+on|retrospective\w*)\b", re.I)
_LATE = re.compile(r"\b(?<!not )(?:late|belated(?:ly)?|overdue|tardy|tardily|untimely)\b", re.I)
_TIMELY = re.compile(r"\b(?<!not )(?:timely|on\s+time|in\s+(?:due\s+)?time|punctual(?:ly)?)\b", re.I)
_WORD = re.compile(r"[^\W\d_][^\W_]*")
_FIRST = re.compile(
    r"\bwhichever\s+(?:\w+\s+){0,3}?(?:earlier|first|sooner|earliest)\b|\b(?:the\s+)?(?:earlier|earliest|sooner)\s+(?:to\s+occur\s+)?of\b"
    r"|\bfirst\s+(?:to\s+occur\s+)?of\b|\bfirst\s+to\s+(?:occur|happen)\b",
    re.I,
)
_LAST = re.compile(
    r"\bwhichever\s+(?:\w+\s+){0,3}?(?:later|last|latest)\b|\b(?:the\s+)?(?:later|latest)\s+(?:to\s+occur\s+)?of\b"
    r"|\blast\s+(?:to\s+occur\s+)?of\b|\blast\s+to\s+(?:occur|happen)\b",
    re.I,
)
_BOTH = re.compile(r"\bboth\b[^.;]{1,120}\band\b|\ball\s+of\b", re.I)
_DEGREE = re.compile(
    r"(?<!no )(?<!not )(?<!any )\b(?:(?P<more>more|most)|(?P<less>less|least))\s+"
    r"(?!than\b|of\b|or\b)(?P<what>[a-z]{4,})",
    re.I,
)
_VERSION = re.compile(
    r"(?<![\w.$€£-])(?:(?P<named>versions?|releases?|v\.?)\s*)?(?P<number>[A-Z]{0,2}\d{1,5}(?:\.\d{1,8}){1,5}[a-z]?\d{0,2})"
    r"(?!\s?(?:%|percent|million|billion|thousand)|[\w-]|\.\d)",
    re.I,
)
_SPOKEN = re.compile(r"\b(?:versions?|releases?|firmware|build|fixed|patched|upgrade\w*|update\w*)\b", re.I)
_PLACE = re.compile(
    r"\b(?:sections?|clauses?|articles?|exhibits?|schedules?|paragraphs?|cvss|score|§)[\s\w.,()]{0,24}$", re.I
)
_LEADS = (
    ("before", r"(?:prior\s+to|before|earlier\s+than|older\s+than|lower\s+than|below|preceding|under|less\s+than|<)"),
    ("fixed", r"(?:(?:fixed|patched|resolved|addressed|remediated|corrected|mitigated|closed|solved)\b[^.;]{0,24}"
              r"\b(?:in|by|with|to)"
              r"|(?:upgrad|updat)\w*\b[^.;]{0,40}\bto|as\s+of|fix(?:es)?\b[^.;]{0,16}\bin)"),
    ("upto", r"(?:up\s+to(?:\s+and\s+including)?|through|until|and\s+including|to|thru|<=)"),
    ("from", r"(?:since|from|starting\s+(?:with|from)|beginning\s+with|at\s+least|>=)"),
    ("after", r"(?:after|later\s+than|newer\s+than|above|following|>)"),
)  # fmt: skip
_LEAD = [
    (
        kind,
        re.compile(
            rf"{lead}\s*(?:(?:the|all|any)\s+)?(?:(?:firmware|software|its)\s+)?(?:versions?\s*|releases?\s*|v\.?\s*)?$",
            re.I,
        ),
    )
    for kind, lead in _LEADS
]
_EARLIER = re.compile(
    r"(?:\s*\([^)]{1,40}\))?,?\s+(?:and|or)\s+(?:all\s+|any\s+|its\s+)?(?:versions?\s+)?(?:prior|earlier|below|before|older|previous|lower|preceding)\b(?!\s+to\b)",
    re.I,
)
_LATER = re.compile(
    r"(?:\s*\([^)]{1,40}\))?,?\s+(?:and|or)\s+(?:all\s+|any\s+|its\s+|a\s+)?(?:versions?\s+)?(?:later|above|newer|higher|after|subsequent|following|greater|up)\b",
    re.I,
)


def objections(sentence: str, quote: str) -> list[str]:
    """Where the sentence puts something into another time, choice, degree or version than the quote."""
    made = [*_when(sentence, quote), *_choice(sentence, quote), *_degree(sentence, quote), *_versions(sentence, quote)]
    return list(dict.fromkeys(made))


def _when(sentence: str, quote: str) -> list[str]:
    said, shown = _relations(sentence), _relations(quote)
    for kind, word in said:
        there = {k for k, other in shown if alike(word, other)}
        flips = bool(_DENIED.search(sentence)) != bool(_DENIED.search(quote)) and kind in (
            "before",
            "after",
            "onbefore",
        )
        if there and not flips and not there & _accepted(kind) and _opposes(kind, there):
            return [f"the evidence says “{min(there)}” of “{word}…”, the sentence “{kind}”"]
    if _AFTER_IT.search(sentence) and _BEFORE_IT.search(quote) and not _AFTER_IT.search(quote):
        return ["the evidence says “before”, the sentence “after”"]
    late, timely = ([bool(form.search(text)) for text in (sentence, quote)] for form in (_LATE, _TIMELY))
    if (late == [True, False] and timely == [False, True]) or (late == [False, True] and timely == [True, False]):
        return ["the evidence and the sentence disagree on whether it is late"]
    return []


def _accepted(kind: str) -> frozenset[str]:
    return _SAME[kind] | ({"after"} if kind == "onafter" else frozenset())


def _opposes(kind: str, there: set[str]) -> bool:
    """What is "on" a day or "during" a term is neither before nor after it; bare prepositions of place are none."""
    if kind in ("before", "after", "onafter", "onbefore"):
        return True
    return bool(there & {"before", "after"}) and kind in ("during", "on")


def _relations(text: str) -> list[tuple[str, str]]:
    """Each relation of a text with the first word of weight behind it."""
    made = []
    for match in _RELATION.finditer(text):
        kind = str(match.lastgroup)
        behind = [w.lower() for w in _WORD.findall(text[match.end() : match.end() + 60])][:5]
        word = next((w for w in behind if _anchors(w)), "")
        if word:
            made.append((kind, stem(word)))
    return made


_PASSING = frozenset(
    "end expiration expiry continuance continuation date day the of entire whole such any each".split()
)


def _anchors(word: str) -> bool:
    return word not in _PASSING and len(word) > 3 and (word not in LIGHT or word in ("term", "agreement"))


def _choice(sentence: str, quote: str) -> list[str]:
    said = {name for name, form in (("first", _FIRST), ("last", _LAST)) if form.search(sentence)}
    shown = {name for name, form in (("first", _FIRST), ("last", _LAST)) if form.search(quote)}
    if (said and shown and not said & shown) or (
        shown and not said and _BOTH.search(sentence) and not _BOTH.search(quote)
    ):
        return ["the evidence and the sentence choose another of two"]
    return []


def _degree(sentence: str, quote: str) -> list[str]:
    shown = [
        (m.lastgroup if m.lastgroup != "what" else _degree_of(m), stem(m["what"].lower()))
        for m in _DEGREE.finditer(quote)
    ]
    for match in _DEGREE.finditer(sentence):
        there = {kind for kind, what in shown if alike(what, stem(match["what"].lower()))}
        if there and _degree_of(match) not in there and not _DENIED.search(sentence) and not _DENIED.search(quote):
            return [f"the evidence says “{min(map(str, there))} {match['what']}”, the sentence the contrary"]
    return []


def _degree_of(match: re.Match[str]) -> str:
    return "more" if match["more"] else "less"


def _versions(sentence: str, quote: str) -> list[str]:
    if not (_SPOKEN.search(sentence) or _SPOKEN.search(quote)):
        return []
    shown = _releases(quote)
    for number, kinds in _releases(sentence).items():
        if number in shown and not kinds <= shown[number]:
            return [
                f"the evidence says “{min(shown[number])}” of {number}, the sentence “{min(kinds - shown[number])}”"
            ]
    return []


def _releases(text: str) -> dict[str, set[str]]:
    """For each version of a text its relations: "before", "upto", "at", "fixed", "from", "after"."""
    made: dict[str, set[str]] = {}
    for match in _VERSION.finditer(text):
        before = text[max(0, match.start() - 60) : match.start()]
        if _PLACE.search(before):
            continue
        if match["named"]:
            before += match["named"] + " "
        kind = next((kind for kind, lead in _LEAD if lead.search(before)), "at")
        if _EARLIER.match(text, match.end()):
            kind = "upto"
        elif _LATER.match(text, match.end()):
            kind = "from"
        made.setdefault(match["number"].lower().removeprefix("v"), set()).add(kind)
    return made
