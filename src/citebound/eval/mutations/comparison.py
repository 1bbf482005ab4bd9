"""Limits turned round: "no later than" is "no earlier than", "at least" is "at most"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from citebound.eval.mutations.edits import Edit, put
from citebound.eval.mutations.numerals import NUMERAL
from citebound.eval.mutations.view import View
from citebound.eval.mutations.wording import english, left

_AMOUNT_AHEAD = rf"(?=(?:a |an |the )?(?:[$€£0-9]|{NUMERAL}\b|USD|the (?:full|total|aggregate)))"
_BEFORE = (
    r"(?<!at or )\bbefore (?!a single|an? arbitrat|the court|any court|a court|"
    r"a tribunal|a judge|the (?:board|tribunal|arbitrat)|us\b|taxes|tax\b|interest|"
    r"me\b)(?=[a-z0-9])"
)
_COMPARISONS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (english(pattern), tuple(new.split("|")))
    for pattern, new in (
        (r"\bat least (?!some\b|in part|partially|one party|to the extent|as\b)", "at most |no more than "),
        (r"\bat most ", "at least "),
        (rf"\bup to {_AMOUNT_AHEAD}", "at least "),
        (r"\bup to and including\b", "excluding"),
        (r"\bno(t)? later than\b", r"no\1 earlier than"),
        (r"\bno(t)? (?:earlier|sooner) than\b", r"no\1 later than"),
        (r"\bno(t)? more than\b", r"no\1 less than"),
        (r"\bno(t)? (?:less|fewer) than\b", r"no\1 more than"),
        (r"(?<!no )(?<!not )\bmore than (?!one\b|1\b|once\b|likely\b|a\b|just\b)", "less than "),
        (r"(?<!no )(?<!not )\b(?:less|fewer) than (?!all\b|one\b|ideal\b)", "more than "),
        (r"(?<!no )(?<!not )\b(?<!equal to or )greater than\b", "less than"),
        (r"\bgreater than or equal to\b", "less than or equal to"),
        (r"\bexceeds\b", "falls below"),
        (r"\bin excess of\b", "below"),
        (r"\bexceeding (?=[$€£0-9]|the\b)", "falling short of "),
        (r"\bprior to (?!the date (?:hereof|of this))", "after |following "),
        (_BEFORE, "after "),
        (r"(?<!look )(?<!looking )(?<!take )\bafter (?!all\b|tax)(?=[a-z0-9])", "before "),
        (
            r"\bfollowing (?=(?:the|its|such|termination|expiration|completion|receipt|"
            r"delivery) ?(?:[\w-]+ )?(?:date|termination|expiration|completion|receipt|"
            r"delivery|closing|launch|notice|end|assessment|effective)\b)",
            "before ",
        ),
        (
            r"\bwithin (?=(?:a period of )?(?:\w+(?:-\w+)? )?\(?[0-9]{1,3}\)? (?:\w+ "
            r")?(?:hours|days|weeks|months|years)[’']? (?:after|following|from)\b)",
            "no sooner than ",
        ),
        (r"\bminimum\b", "maximum"),
        (r"\bmaximum\b", "minimum"),
        (r"\blesser of\b", "greater of"),
        (r"\bgreater of\b", "lesser of"),
        (r"\bwhichever is (less|lower|lesser|smaller)\b", "whichever is greater"),
        (r"\bwhichever is (greater|higher|larger|more)\b", "whichever is less"),
        (r"\bwhichever (is|comes|occurs) (?:earlier|sooner|first)\b", r"whichever \1 later"),
        (r"\bwhichever (is|comes|occurs) (?:later|last)\b", r"whichever \1 earlier"),
        (r"\bthe earlier (?=of|to)", "the later "),
        (r"\bthe later (?=of|to)", "the earlier "),
        (
            r"\bequal to (?=(?:or greater|[0-9$]|the (?:amount|sum|product|total)|\w+ "
            "(?:percent|per cent|and one)|one))(?!or)",
            "less than |more than ",
        ),
        (r"(?<=[0-9] )and above\b", "and below"),
        (r"(?<=[0-9] )and (?:below|under|earlier|lower|prior)\b", "and above"),
        (r"(?<=[0-9] )and (?:later|newer|higher|greater)\b", "and earlier"),
        (r"(?<=[0-9] )or (?:more|higher|greater|above|later)\b", "or less"),
        (r"(?<=[0-9] )or (?:less|lower|fewer|below)\b", "or more"),
        (rf"\b(?:over|above) (?=[$€£]?[0-9]|{NUMERAL}\b(?! of))", "under "),
        (
            r"\b(?:under|below) (?=[$€£]?[0-9][0-9,.]* ?(?:%|percent|per cent|million|"
            "shares|users|days|characters|bytes)|[$€£][0-9])",
            "over |above ",
        ),
        (r"\bleast significant\b", "most significant"),
        (r"\bmost significant (?=bit|byte|digit|[0-9]+ bit)", "least significant "),
        (r"\bduring (?=the (?:\w+ )?(?:term|period|engagement|assessment|review|audit|test|extension)\b)", "after "),
        (r"(?<!no )(?<!any )\blonger than\b", "shorter than"),
        (r"\b(?:shorter|quicker|faster) than\b", "slower than"),
        (r"\b(?:higher|larger|bigger) than\b", "lower than"),
        (r"\b(?:lower|smaller) than\b", "higher than"),
        (r"\bfaster than\b", "slower than"),
        (r"\bsufficient to (?=[a-z])", "insufficient to "),
        (r"\binsufficient to (?=[a-z])", "sufficient to "),
        (r"\bthe majority of\b|\ba majority of\b", "a minority of"),
        (r"\bone or more\b(?! (?:duplicate |identical |original )?counterparts)", "two or more"),
        (r"\btwo (?:\([0-9]\) )?or more\b(?! counterparts)", "no more than two"),
        (r"\bevery attempt\b", "some attempt"),
    )
)
_EXCEED = english(r"\b(?:shall|will|must|may|can|could|would|to|does|do)(?: not)? (exceed)\b")


def turn_comparison(view: View) -> Iterator[Edit]:
    for m in _EXCEED.finditer(view.plain):
        yield ((m.start(1), m.end(1), "fall below"),)
    for pattern, news in _COMPARISONS:
        for m in pattern.finditer(view.plain):
            if pattern.pattern == _BEFORE and re.search(r"\b(?:date|day|time|as) $", left(view.plain, m.start())):
                continue
            for new in news:
                made = m.expand(new)
                if made.strip() not in view.plain.lower():
                    yield put(view, m.start(), m.end(), made)
