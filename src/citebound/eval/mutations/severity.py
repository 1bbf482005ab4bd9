"""Findings of another severity, or with another status."""

from __future__ import annotations

import re
from collections.abc import Iterator

from citebound.eval.mutations.edits import Edit, capital_kept, put
from citebound.eval.mutations.view import CONTRACT_WORDS, View
from citebound.eval.mutations.wording import english, left

_LEVELS = ("critical", "high", "medium", "low")
_LEVEL = r"(critical|high|medium|moderate|low|informational)"
_GRADED = (
    english(rf"(?<![\w-]){_LEVEL}(?=[- ](?:severity|risk|impact|priority|likelihood|difficulty)\b)"),
    english(
        r"\b(?:severity|risk|impact|priority|difficulty|likelihood|rating)(?: (?:level|"
        "rating))?(?: of (?:this|the) (?:issue|finding|vulnerability))?"
        "(?: is| was| has been| are)?(?: rated| set| reduced| raised| considered|"
        rf" classified| assessed)?(?: to be| to| as|:| [-–])? {_LEVEL}\b"
    ),
    english(rf"^{_LEVEL}(?= ?[-–:] )"),
    english(rf"\b(?:rated|classified|graded|categorized|reported) (?:as |as a |a )?[\"“]?{_LEVEL}\b(?! quality)"),
)
_STATES = (
    (
        english(
            r"\b(is|was|are|were|has been|have been) (?:successfully |fully |properly "
            r")?(?:fixed|resolved|remediated|patched|mitigated|corrected)\b(?! by arbitration|"
            r"\s+percentage)"
        ),
        r"\1 acknowledged but not fixed",
    ),
    (
        english(
            r"\b(has|have) (?:successfully |fully )?(?:resolved|fixed|remediated|mitigated|"
            "addressed)(?= (?:the|all|these|this|[0-9]))"
        ),
        r"\1 acknowledged but not fixed",
    ),
    (english(r"\bpartially (?:resolved|fixed|mitigated|remediated)\b"), "fully resolved"),
    (english(r"\bnot (?:been )?(resolved|fixed|remediated|mitigated)(?= the\b)"), "already resolved"),
    (
        english(r"\b(?:remains?|is|are) (?:unresolved|unfixed|unpatched|open)\b(?= |\.)(?! source| to)"),
        "has been fixed",
    ),
    (english(r"\b(was|were|been) (?:acknowledged)\b(?= (?:by the|but)|[.,])"), r"\1 fixed"),
    (english(r"\bfalse positive\b"), "confirmed vulnerability"),
    (english(r"\bsuccessfully (?:fixes|resolves|mitigates)\b"), "acknowledges but does not fix"),
    (english(r"(?<!ly )\bmitigated the (?=\w+ ?[Vv]ulnerab)"), "did not fully mitigate the "),
    (english(r"\bentirely (?=mitigate)"), "only partially "),
    (english(r"\bunpatched\b"), "patched"),
    (english(r"\b(?:is|are) exploitable\b"), "is only theoretical"),
)


def change_severity(view: View) -> Iterator[Edit]:
    plain = view.plain
    for pattern in _GRADED:
        for m in pattern.finditer(plain):
            for new in _LEVELS:
                again = re.search(rf"\b{new}[- ](?:severity|risk|impact|priority|difficulty)", plain, re.I)
                if new != m[1].lower() and not again:
                    yield put(view, m.start(1), m.end(1), new)
    if not view.words & CONTRACT_WORDS:
        for pattern, new in _STATES:
            for m in pattern.finditer(plain):
                if not re.search(r"\b(?:not|if|until|unless|once|how) (?:\w+ ){0,3}$", left(plain, m.start())):
                    yield ((m.start(), m.end(), capital_kept(view, m.start(), m.expand(new))),)
