"""Whether a sentence of a report says that a thing is there, that it is not, or only that it was looked for.

"Testing covers SQL injection", "input was checked for SQL injection", a list of test cases and advice on what to do
against it are no findings; "no SQL injection was found" is the contrary of one.
"""

from __future__ import annotations

import re
from enum import StrEnum

from citebound.answer.absence.called import GENERIC
from citebound.answer.gate.wording import alike
from citebound.answer.words import content


class Stance(StrEnum):
    """STATES: nothing speaks against reading it as said. DENIES: it says that the thing is not there. PLANS: it tells
    of scope, method, plans or advice, or of what could be."""

    STATES = "states"
    DENIES = "denies"
    PLANS = "plans"


_PLANS_HEADING = re.compile(
    r"\b(?:scope|methodolog\w+|methods?|approach|test (?:cases?|plan)s?|testing (?:plan|procedures?)"
    r"|rules of engagement|limit(?:ation)?s|tools?|severity (?:scale|ratings?)|rating|contents|recommendations?"
    r"|remediation|glossary|definitions?|abbreviations|references|checklist|objectives?|lessons|disclaimer)\b",
    re.I,
)
_TESTING = (
    r"(?:tests?|testing|testers?|assessments?|assessors?|audits?|auditors?|reviews?|engagements?|examinations?|scans?"
    r"|checklist|methodology|scope|team|we)"
)
_PLANS = re.compile(
    rf"\b{_TESTING}\b(?: \w+){{0,4}}? (?:cover(?:s|ed|ing)?|includ(?:es?|ed|ing)|focus(?:es|ed)?|compris(?:es?|ed)"
    r"|attempt(?:s|ed)?|tri(?:es|ed)|look(?:s|ed)? for|check(?:s|ed)?|examin(?:es?|ed)|assess(?:es|ed)?"
    r"|search(?:es|ed)?|probed?|consider(?:s|ed)?|will|shall|should)\b"
    r"|\b(?:tested|checked|examined|assessed|probed|scanned|searched|looked|inspected|reviewed|attempts?|tests?|testing"
    r"|test cases?|scans?|checks?|attempted|monitor(?:ed|ing)?) (?:\w+ ){0,2}?(?:for|against|to find|to detect)\b"
    r"|\b(?:in|out of|outside|within) (?:the )?scope\b|\bnot (?:tested|in scope|assessed|covered|performed)\b"
    r"|\b(?:will|shall|should|must|is to|are to|to) be (?:tested|checked|assessed|examined|performed|validated)\b"
    r"|\b(?:we )?recommend(?:s|ed|ation)?\b|\b(?:prevents?|avoid|protects? (?:from|against)|mitigates?|guard against)\b"
    r"|\bsuch as\b.{0,80}\b(?:attacks?|vulnerabilities|weaknesses|flaws|issues)\b.{0,60}\b(?:can|could|may|might)\b",
    re.I,
)
_NOTHING = (
    r"(?:(?:was|were|is|are|has|have|had|did|does|do|could|can)(?: not|n['’]t)(?: be| been)?(?: \w+){0,2}?"
    r" (?:found|find|identif\w+|detect\w*|observ\w+|discover\w*|confirm\w*|reproduc\w*|reveal\w*|show\w*|uncover\w*"
    r"|vulnerable|affected|susceptible|present|exist|occur\w*|exploitable|seen|see|contain|include|involve\w*)"
    r"|not (?:vulnerable|affected|susceptible|present|exploitable|found|identified|detected|observed)"
    r"|(?:found|finds?|identified|detected|observed|revealed|showed|shows?|saw|seen|there (?:is|are|was|were|has been))"
    r"(?: \w+)? no\b|free (?:of|from)|(?:absence|lack) of|none of)"
)
_DENIES = re.compile(
    rf"\b(?:{_NOTHING}|no (?:\w+ ){{0,3}}?(?:signs?|evidence|indications?|traces?|instances?) (?:of|that|was|were)"
    r"|no (?:[\w-]+ ){1,6}?(?:was|were|is|are|has been|have been|could be) (?:found|identified|detected|observed"
    r"|discovered|confirmed|reported|lost|seen|noted|present|exploited|affected|exfiltrated|accessed))",
    re.I,
)
_CLAUSE = re.compile(r"[.;:]\s|\bbut\b|\bhowever\b|\balthough\b|\bexcept\b|\bwhile\b", re.I)


def stance(thing: str, text: str, headings: str = "") -> Stance:
    """What a sentence below these headings says of the thing: by the part of it that has most of the thing's words."""
    wanted = set(content(thing)) - GENERIC or set(content(thing))
    parts = [part for part in _CLAUSE.split(" ".join(text.split())) if part.strip()] or [text]
    part = max(parts, key=lambda p: sum(any(alike(w, o) for o in content(p)) for w in wanted))
    if _DENIES.search(part):
        return Stance.DENIES
    if any(_PLANS_HEADING.search(heading) for heading in headings.split(" > ")[1:]) or _PLANS.search(part):
        return Stance.PLANS
    return Stance.STATES
