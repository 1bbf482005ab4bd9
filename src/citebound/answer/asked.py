"""What kind of thing a question asks for (a date, a period, an amount, ...), and whether a sentence has one."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from citebound.answer.sets.words import MONTH
from citebound.answer.words import facts
from citebound.indexes.lexical import STOPWORDS

_UNIT = r"(?:business |calendar |working )?(?:second|minute|hour|day|night|week|month|quarter|year|decade)s?"
_YEAR = r"(?:1[0-9]|20)\d{2}"
_NAME = re.compile(r"(?<![.!?:]\s)(?<!^)(?<![\"“(\[])\b[A-Z][\w&'’-]*(?:\s(?:of\s)?[A-Z][\w&'’-]*){0,4}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A kind of answer: what it is called, how it is asked for, and what a sentence that has one looks like."""

    name: str
    asked: re.Pattern[str]
    answered: re.Pattern[str]

    def stands_in(self, text: str) -> bool:
        return self.answered.search(text) is not None or (self.name in ("a number", "an amount") and bool(facts(text)))


def _kind(name: str, asked: str, answered: str, *, cased: bool = False) -> Wanted:
    return Wanted(name, re.compile(asked, re.I), re.compile(answered, re.NOFLAG if cased else re.I))


KINDS = (
    _kind(
        "a period",
        rf"\bhow (?:long|soon|quickly|far in advance)\b|\bhow many {_UNIT}\b|\bhow much (?:time|notice|warning)\b"
        r"|\b(?:what|which) (?:is the )?(?:\w+ ){0,2}(?:period|duration|term|notice)\b",
        rf"\b[\w-]{{1,20}}(?: \(\d{{1,4}}\))?[ -]{_UNIT}\b|\bimmediate|\bperpetu|\bindefinite|\bpromptly",
    ),
    _kind(
        "a date",
        r"\bwhen\b|\b(?:what|which|on what|on which) (?:\w+ ){0,3}(?:date|day|year|month|century|time)\b|\bdeadline\b",
        rf"\b(?:{MONTH})\b|\b{_YEAR}s?\b|\b\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{2,4}}\b|\bcentur|\b{_UNIT}\b|\b\d{{1,2}}:\d\d\b",
    ),
    _kind(
        "a percentage",
        r"\b(?:what|which) (?:percentage|percent|share|proportion|rate)\b|\bhow (?:large|high) (?:a|is the) share\b",
        r"\d\s?%|\bper ?cent|\bpercentage|\bhalf\b|\bthird\b|\bquarter\b",
    ),
    _kind(
        "an amount",
        r"\bhow (?:much|expensive|high)\b"
        r"|\b(?:what|which) (?:is the |was the )?(?:\w+ ){0,3}"
        r"(?:price|fee|cost|sum|amount|charge|cap|royalty|budget)\b",
        r"[$€£¥]|\b(?:USD|EUR|GBP|dollars?|euros?|pounds?)\b",
    ),
    _kind("a number", r"\bhow (?:many|often|large|big|tall|severe)\b|\bwhat (?:number|score)\b|\bscore\b", r"\d"),
    _kind(
        "an identifier",
        r"\b(?:which|what) (?:is the )?(?:CVE|CWE|identifier|id|number of the)\b|\b(?:CVE|CWE) ?(?:id|number)\b",
        r"\b[A-Z]{2,8}-\d|\b\w*\d\w*\b",
    ),
    _kind("a version", r"\b(?:which|what|to which|in which) versions?\b|\bwhich release\b", r"\d+\.\d|\bversions?\b"),
    _kind(
        "a name",
        r"\bwho(?:m|se)?\b|\b(?:which|what) (?:company|person|party|vendor|organi[sz]ation|author|supplier|country"
        r"|state|city|court|law)\b|\bname of\b|\bwhere\b",
        r"(?<=[\w,;)] )[A-Z][\w&-]+"
        r"|\b(?:Party|Parties|Customer|Provider|Supplier|Licensee|Licensor|Company|Recipient)\b",
        cased=True,
    ),
)
"""In the order in which they are looked for: "how many days" is a period, no number."""


def wanted(question: str) -> Wanted | None:
    """The kind of answer that is asked for; None where the question does not say."""
    return next((kind for kind in KINDS if kind.asked.search(question)), None)


def without(text: str, known: Collection[str]) -> str:
    """The text without the identifiers and numbers that the question has itself: they are not what it asks for."""
    for fact in known:
        text = re.sub(rf"(?<![\w-]){re.escape(fact)}(?![\w-])", " ", text, flags=re.I)
    return text


def names(question: str) -> list[str]:
    """Capitalised words that do not begin the question: what it names."""
    found = (m.group() for m in _NAME.finditer(question))
    return [name for name in dict.fromkeys(found) if name.lower() not in STOPWORDS]
