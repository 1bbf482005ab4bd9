"""Phrases that ask for the first of many: "the oldest contract", "the three findings with the highest score"."""

from __future__ import annotations

import re
from dataclasses import replace

from citebound.answer.sets.marks import Mark, Marks, plain_number
from citebound.answer.sets.question import Pick, Scale
from citebound.answer.sets.words import NUMBERS

SCORE = r"(?:(?:cvss(?:[ -]?v?[234](?:\.[01])?)? )?(?:base )?(?:scores?|ratings?)|cvss)"
SEVERE = r"(?:severe|serious|critical|dangerous|urgent)"
RATED = r"(?:[- ](?:rated|scored|scoring|ranked|ranking|rating))"
FIRST, LAST = r"(?:earliest|oldest|first|soonest)", r"(?:latest|newest|most recent|last)"
SIGNED = r"(?:agreed|signed|dated|concluded|executed|made|entered into|issued|published|written|released)"
BEGINS = (
    r"(?:effective|tak(?:es?|ing) effect|took effect|beg[aiu]n(?:s|ning)?|start(?:s|ed|ing)?|commenc(?:es?|ed|ing))"
)
ENDS = r"(?:expir(?:es?|ing|y|ation)|ends?|ending|laps(?:es?|ing)|runs? out|running out)(?: dates?)?"
DATE = r"(?:agreement |signing |signature |report )?date"
WITH = r"(?:(?:(?:that |which )?(?:has|have|had|having)|with) )?(?:the |its |a )?"
COUNT = rf"(?P<n>\d{{1,3}}|{'|'.join(NUMBERS)})"
DATES = ("agreement_date", "effective_date", "report_date", "release_date")

PICKS: tuple[tuple[str, tuple[str, ...], Scale, bool, str], ...] = (
    (
        rf"{WITH}(?:highest|worst|top|greatest|maximum) {SCORE}|(?:the )?(?:highest|top){RATED}",
        ("cvss_score",),
        Scale.NUMBER,
        True,
        "highest CVSS score",
    ),
    (
        rf"{WITH}(?:lowest|smallest|minimum) {SCORE}|(?:the )?lowest{RATED}",
        ("cvss_score",),
        Scale.NUMBER,
        False,
        "lowest CVSS score",
    ),
    (
        rf"{WITH}(?:highest|worst|greatest|maximum) severit(?:y|ies)(?: (?:rating|level))?|(?:the )?most {SEVERE}",
        ("severity",),
        Scale.SEVERITY,
        True,
        "highest severity",
    ),
    (
        rf"{WITH}(?:lowest|minimum) severit(?:y|ies)(?: (?:rating|level))?|(?:the )?least {SEVERE}",
        ("severity",),
        Scale.SEVERITY,
        False,
        "lowest severity",
    ),
    (
        rf"{WITH}{FIRST} (?:to expire|to end|{ENDS})|{ENDS} (?:the )?(?:{FIRST}|next)|next to (?:expire|end)",
        ("expiration_date",),
        Scale.DATE,
        False,
        "earliest expiration date",
    ),
    (
        rf"{WITH}{LAST} (?:to expire|to end|{ENDS})|{ENDS} (?:the )?{LAST}",
        ("expiration_date",),
        Scale.DATE,
        True,
        "latest expiration date",
    ),
    (
        rf"{WITH}{FIRST} (?:to take effect|to start|to begin|{BEGINS}(?: date)?)|{BEGINS} (?:the )?{FIRST}",
        ("effective_date",),
        Scale.DATE,
        False,
        "earliest effective date",
    ),
    (
        rf"{WITH}(?:{LAST}|most recently) (?:to take effect|to start|to begin|{BEGINS}(?: date)?)"
        rf"|{BEGINS} (?:the )?{LAST}",
        ("effective_date",),
        Scale.DATE,
        True,
        "latest effective date",
    ),
    (
        rf"{WITH}{FIRST} (?:to be )?(?:{SIGNED}|{DATE})|{SIGNED} (?:the )?{FIRST}"
        rf"|(?<!at the )(?<!at )(?:the )?(?:oldest|earliest)",
        DATES,
        Scale.DATE,
        False,
        "earliest date",
    ),
    (
        rf"{WITH}(?:{LAST}|most recently) (?:to be )?(?:{SIGNED}|{DATE})"
        rf"|{SIGNED} (?:the )?(?:{LAST}|most recently)"
        r"|(?<!at the )(?<!at )(?:the )?(?:newest|most recent|latest)",
        DATES,
        Scale.DATE,
        True,
        "latest date",
    ),
    (
        rf"{WITH}longest (?:initial |contract )?(?:terms?|durations?)|(?:runs?|lasts?|running|lasting) (?:the )?longest"
        r"|longest[- ](?:running|lasting)",
        ("term",),
        Scale.DURATION,
        True,
        "longest term",
    ),
    (
        rf"{WITH}shortest (?:initial |contract )?(?:terms?|durations?)"
        rf"|(?:runs?|lasts?|running|lasting) (?:the )?shortest",
        ("term",),
        Scale.DURATION,
        False,
        "shortest term",
    ),
    (
        rf"{WITH}longest (?:renewal |non-renewal |termination )?notice(?: periods?)?",
        ("renewal_notice",),
        Scale.DURATION,
        True,
        "longest notice period",
    ),
    (
        rf"{WITH}shortest (?:renewal |non-renewal |termination )?notice(?: periods?)?",
        ("renewal_notice",),
        Scale.DURATION,
        False,
        "shortest notice period",
    ),
)
WORST = r"(?:the )?(?:worst|riskiest|gravest)"
TOP = r"(?:the )?(?:top|worst|highest)"
ORDERED = r"(?:by|in|on|(?:ranked|sorted|ordered|going|measured) by|in terms of|according to) "


def claim_picks(marks: Marks) -> None:
    """Superlatives. "The three worst" and "the top 3 by score" keep their number. Those of dates come after the dates,
    for "last quarter" is one."""
    score = Pick(("cvss_score",), Scale.NUMBER, True, "highest CVSS score")
    severity = Pick(("severity",), Scale.SEVERITY, True, "highest severity")
    ordered = re.search(
        rf"(?<![\w-]){ORDERED}(?:the )?(?:(?P<score>{SCORE})|(?P<severity>severity))(?![\w-])", marks.low
    )

    def top(match: re.Match[str]) -> Mark:
        pick = severity if ordered and ordered["severity"] else score
        return _made(match, pick)

    marks.claim(rf"{TOP} {COUNT}", top)
    if ordered and any(m.what == "pick" for m in marks.found):
        marks.strike(*ordered.span())
    marks.claim(rf"(?:the )?{COUNT} {WORST}", top)
    marks.claim(rf"{WORST}(?! (?:{SCORE}|severity))(?= (?!\w*s\b)|$)", lambda m: _made(m, score))
    for pattern, fields, scale, highest, said in PICKS:
        pick = Pick(fields, scale, highest, said)
        marks.claim(rf"(?:(?:the )?{COUNT} )?(?:{pattern})", lambda m, pick=pick: _made(m, pick))  # type: ignore[misc]


def _made(match: re.Match[str], pick: Pick) -> Mark:
    n = int(plain_number(match["n"])) if match.groupdict().get("n") else 1
    said = pick.said if n == 1 else f"{n} with the {pick.said}"
    return Mark(match.start(), match.end(), "pick", pick=replace(pick, said=said, count=n))
