"""Words in the one form in which two texts are laid side by side, and the classes of those that may not differ.

Published normalisations: numbers in digits, contractions written out, "must" and "will" as "shall", "can" as "may",
what says in several words that something must or may be done as that word; articles left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from citebound.answer.gate.agents import ROLES
from citebound.answer.gate.bounds import unfolded
from citebound.answer.gate.numerals import in_digits, ungrouped
from citebound.answer.words import stem

CLASSES = {
    "denial": "non not no never none nor neither nothing nobody without cannot unless except lack lacks lacking"
    " fails fail failed prohibited excluding unable prevent prevents refuse refuses".split(),
    "modal": "shall may should might could".split(),
    "person": "we you".split(),
    "direction": "to from".split(),
    "bound": "least most more less fewer greater exceed exceeds exceeding minimum maximum before after prior following"
    " within until later earlier above below over under excess upon beyond by longer shorter higher lower"
    " thereafter between".split(),
    "scope": "only solely exclusively sole all any each every some certain several both either entire whole part"
    " partial few most many half if and or other excluding always and/or".split(),
}
_CLASS = {word: name for name, words in CLASSES.items() for word in words}
FREE = frozenset(
    (
        "also however therefore thus hereby then there here that which who so additionally furthermore moreover"
        " accordingly such said very own itself themselves just now further too well respective respectively i ii iii"
        " iv they he she whereas namely i.e e.g do does did there's make sure where when while whether"
        " particular order follows as since because doing how even given same way similarly go goes take taken still"
        " result yet so but means mean meant shows show shown through enough what anywhere although though while too"
        " rating rated set give gives unlike contrast during throughout author authors reviewer reviewers"
        " agreement"
    ).split()
)
"""Words that a copy may add or leave out."""
LIMITING = frozenset("only solely exclusively some certain several partial half excluding few most many".split())
NARROWING = frozenset(
    (
        "only solely exclusively sole not no never without unless except other than excluding until before after"
        " material materially written prior mutual net gross direct indirect calendar reasonable reasonably least"
        " most exclusive non nonexclusive partial partially up initial annual monthly consequential willful"
        " gross aggregate average minimum maximum authenticated unauthenticated remote local potential potentially"
        " limited subject indirectly directly conditional conditionally temporarily temporary usually"
        " generally typically sometimes almost nearly approximately about if"
    ).split()
)
"""Words that a restatement may not leave out of a copy."""
_EXPANDED = [
    (re.compile(pattern, re.I), plain)
    for pattern, plain in (
        (r"(?<=[a-z0-9)])([.;:])(?=[A-Z][a-z]|C[VW]E-)", r"\1 "),
        (r"\b(USD|EUR|GBP)(?=\d)", r"\1 "),
        (r"\bwithin(?=\s+(?:a\s+period\s+of\s+)?\d)", "most"),
        (r"\b(?:rather\s+than|instead\s+of|in\s+lieu\s+of)\b", "instead"),
        (r"\b(?:must|shall|should|will)\s+(not\s+)?be\s+able\s+to\b", r"shall \1"),
        (r"\bcan['’]t\b|\bcannot\b", "may not"),
        (r"\bwon['’]t\b", "shall not"),
        (r"n['’]t\b", " not"),
        (r"['’](?:s|re|ve|ll|d)\b|['’](?=\s)", ""),
        (r"\b(?:must|will)\b", "shall"),
        (r"\b(?:can|could|might)\b", "may"),
        (r"\b[Pp]arty\s+([A-D])\b", r"Party\1"),
        (r"\b(?:(?:shall|must|will)\s+be|is|are|be)\s+(?:required|obligated|obliged)\s+to\b", "shall"),
        (r"\b(?:has|have|agrees?|undertakes?)\s+to\b", "shall"),
        (
            r"\b(?:(?:shall|must|will)\s+be|is|are|be)\s+(?:entitled|permitted|allowed|authorized|eligible)\s+to\b",
            "may",
        ),
        (r"\b(?:has|have)\s+the\s+right\s+to\b", "may"),
        (r"\b(?:is|are)\s+(?:allowed|permitted|possible)(?!\s+to)\b", "may"),
        (r"\bprovided,?\s+(?:however,?\s+)?that\b|\b(?:as|so)\s+long\s+as\b", "if"),
        (r"\b(?:has|have|had)\s+an?\s+(?:negative|adverse)\s+(?:impact|effect)\s+(?:up)?on\b", "harm"),
        (r"\badversely\s+affect\w*\b", "harm"),
        (r"\b(neither|not|no|nobody)\b([^.;]{1,160}?)\bnor\b", r"\1\2or"),
        (r"\b(neither|nobody|no\s+(?:party|person|one))\b([^.;]{1,60}?)\bmay\b", r"\1\2shall"),
        (
            r"(?<=\d)\s+(?:and|or)\s+(?:all\s+)?(?:prior|previous|earlier|below|lower|older)(?:\s+versions?)?\b"
            r"(?!\s+(?:to|than)\b)",
            " and earlier",
        ),
        (r"\bprior\s+to\b|(?<!not )(?<!no )\b(?:earlier|older)\s+than\b", "before"),
        (r"\(say\s[^)]{1,80}\)", " "),
        (r"\b(?:has|have)\s+(?:passed|elapsed)\b(?:\s+(?:since|from|after))?", "after"),
        (r"\btak(?:e|es|ing)\s+advantage\s+of\b", "use"),
        (r"\bnot\s+(?:been\s+)?(authenticated|authori[sz]ed|verified|encrypted|patched|signed)\b", r"un\1"),
        (r"\band/or\b", "or"),
        (r"\bindemnif(y|ied|ies)(,?\s+defend(?:ed|s)?)?,?\s+and\s+h[eo]ld(?:s)?(?:\s+harmless)?\b", r"indemnif\1"),
        (r"\bnull\s+and\s+void\b", "void"),
        (r"\bin\s+advance\b(?!\s+of\b)", "beforehand"),
        (r"\b(?:subsequent\s+to|following)\b", "after"),
        (r"\b(?:solely|exclusively)\b", "only"),
        (r"\bupon\b", "on"),
        (r"\bonce\b(?!\s+(?:an?|per|every|each|in)\b)", "after"),
        (r"\bours?\b", "we"),
        (r"\byours?\b", "you"),
        (r"\b(?:every|each|whole|entire)\b", "all"),
        (r"\b(?:in\s+contrast\s+to|unlike)\b", "unlike"),
        (r"\b(?:business|working|banking|trading)\s+day", "businessday"),
        (r"\bU\.?S\.?\s?\$|\$|\b(?:U\.?S\.?|United\s+States)\s+dollars?\b|\bdollars?\b", " usd "),
        (r"\b(USD|EUR|GBP)(?=\d)", r"\1 "),
        (r"€|\beuros?\b", " eur "),
        (r"£|\bpounds?\s+sterling\b", " gbp "),
        (r"\b(?:for\s+the\s+)?avoidance\s+of\s+(?:any\s+)?doubt\b", " "),
        (r"\bpursuant\s+to\b|\bin\s+accordance\s+with\b|\bin\s+line\s+with\b", "under"),
        (r"\bin\s+the\s+event\s+(?:that|of)?\b|\bin\s+case(?:\s+of)?\b", "if"),
        (r"\b(?:at\s+all\s+times)\b", "always"),
        (r"\bapart\s+from\b|\bsave\s+for\b|\bother\s+than\b|\baside\s+from\b|\bexcept\s+for\b|\bexcluding\b", "except"),
        (r"(?:\b(?:shall|may|does|do)\s+)?\bnot\s+(?:be\s+)?(?:to\s+)?exceed\w*\b", "most"),
        (r"\b(?:(?:shall|is|are)\s+(?:be\s+)?)?(?:capped\s+at|limited\s+to)\b", "most"),
        (r"\b(?:not|no)\s+(?:later|more)\s+than\b|\bup\s+to\b|\bat\s+most\b", "most"),
        (r"\b(?:not|no)\s+(?:less|fewer)\s+than\b|\bat\s+least\b|\ba\s+minimum\s+of\b", "least"),
        (r"\bfree\s+of\s+charge\b|\bat\s+no\s+(?:cost|charge)\b|\bwithout\s+charge\b", "gratis"),
        (r"(?<=[a-z])-(?=[a-z])", " "),
        (r"\bU\.?S\.?(?:A\.?)?(?=\s|$)", "united states"),
        (r"%", " percent "),
        (r"\bper\s+cent\b", "percent"),
        (r"\b(?:under|in|of|to|by)\s+(?:the|this)\s+agreement\b", " "),
        (r"\bhereunder\b|\bherein\b|\bhereof\b|\bhereto\b|\bthereto\b|\bthereof\b|\btherein\b", " "),
    )
]  # fmt: skip
_DENYING = re.compile(
    r"(?:non-?|un(?!like|i|der|til|it|iv|dert))[a-z]{4,}|avoid\w*|stop|stops|block|blocks|free|forbid\w*"
    r"|bar|bars|declin\w+|deni\w+|deny\w*|absen\w+|impossible|incompatible|insufficient|invalid|inadequate"
    r"|regardless|against|prohibit\w*|prevent\w*"
)
_TOKEN = re.compile(
    r"(?<=\w[.;:!?])\s{1,4}(?=[A-Z(\[“\"])|\s*\n\s*\n\s*|[ ]{3,}(?=[A-Z(\[“\"])"
    r"|[^\W_]+(?:[._/:-][^\W_]+)*(?:['’][^\W_]+)?|[$€£]"
)
_ARTICLES = frozenset(
    (
        "the a an of to in on for such said this that these those its their his her be is are was were been being has"
        " have had it them as with by at from"
    ).split()
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word in the one form in which it is compared; `name` if it is written like a name or is a role."""

    form: str
    stem: str
    name: bool


_NAMED = re.compile(rf"\s+(?:(?:the|an?|any|each|such)\s+)?(?:(?-i:[A-Z])|(?:{'|'.join(sorted(ROLES))})\b)", re.I)
"""What follows a "to" or "from" that is more than a small word."""
_PARTY = re.compile(r"\s+part(?:y|ies)\b", re.I)
"""What makes a participle a role: the "indemnifying" and the "indemnified" party are two."""
BREAK = Word("¶", "¶", False)
"""Where one sentence ends and another begins."""


@lru_cache(maxsize=8192)
def read(text: str) -> tuple[Word, ...]:
    """The words of a text without articles and other words that say nothing by themselves."""
    for pattern, plain in _EXPANDED[:2]:
        text = pattern.sub(plain, text)
    text = ungrouped(in_digits(unfolded(text)))
    for pattern, plain in _EXPANDED[2:]:
        text = pattern.sub(plain, text)
    made = []
    for match in _TOKEN.finditer(text):
        low = match[0].lower()
        if low.isspace():
            made.append(BREAK)
            continue
        if low in _ARTICLES and not (low in ("to", "from") and _NAMED.match(text, match.end())):
            continue
        inside = bool(re.search(r"\w", text[: match.start()]))
        if inside and match[0] == "May":
            low = "month of may"
        root = low if low.endswith(("ing", "ed")) and _PARTY.match(text, match.end()) else stem(low)
        made.append(Word(low, root, role(low) or (inside and match[0][0].isupper())))
    return tuple(made)


def role(form: str) -> bool:
    """Whether a word is what a contract calls one who is bound by it."""
    return form in ROLES or re.fullmatch("party[a-d]", form) is not None


def kind_of(form: str) -> str | None:
    """The class of a word; what begins like "non-refundable" or "unused" denies too."""
    return _CLASS.get(form) or ("denial" if _DENYING.fullmatch(form) else None)
