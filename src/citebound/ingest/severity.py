"""The words by which reports rate a finding and say what became of it."""

from __future__ import annotations

import re

from citebound.types import Span

LEVELS = ("info", "low", "medium", "high", "critical")
UNDETERMINED = "undetermined"
ELSEWHERE = "another place says "
"""Begins the note on a severity beside which the report prints others: their levels follow."""
MEANINGS = {
    "critical": "critical",
    "extreme": "critical",
    "severe": "critical",
    "blocker": "critical",
    "high": "high",
    "major": "high",
    "important": "high",
    "medium": "medium",
    "moderate": "medium",
    "elevated": "medium",
    "med": "medium",
    "low": "low",
    "minor": "low",
    "informational": "info",
    "informative": "info",
    "information": "info",
    "info": "info",
    "note": "info",
    "notes & additional information": "info",
    "none": "info",
    "non-critical": "info",
    "undetermined": UNDETERMINED,
    "unknown": UNDETERMINED,
}
"""Each printed word and its level. "Elevated" stands between moderate and high on the scale that uses it."""

WORDS = "|".join(sorted(MEANINGS, key=len, reverse=True))
WORD = re.compile(rf"(?i)\b(?P<word>very\s(?:high|low)|{WORDS})\b(?!-\w)")
VERY = {"very high": "critical", "very low": "info"}
RATING = re.compile(
    rf"(?i)(?:[^\w\n]|_){{0,8}}(?:\d{{1,2}}(?:\.\d)?[\s(/:\u2013-]{{1,4}})?(?P<word>very\s(?:high|low)|{WORDS})(?![^\W_]|-\w)"
    r"(?:\s{1,2}(?:risk|severity|impact|priority|threat|issue|finding|level)\b)?"
    r"(?=(?:[^\w\n]|_){0,8}(?:$|\n|\d|\(|cvss|[\u2192>/,;.|\t]))"
)

STATUS_WORDS = {
    "partially": "partial",
    "partly": "partial",
    "incomplete": "partial",
    "not": "open",
    "unresolved": "open",
    "unfixed": "open",
    "open": "open",
    "new": "open",
    "pending": "open",
    "reported": "open",
    "present": "open",
    "outstanding": "open",
    "in progress": "open",
    "to do": "open",
    "acknowledged": "accepted",
    "accepted": "accepted",
    "risk accepted": "accepted",
    "accepted risk": "accepted",
    "won't fix": "accepted",
    "wont fix": "accepted",
    "wontfix": "accepted",
    "will not fix": "accepted",
    "no fix": "accepted",
    "deferred": "accepted",
    "disputed": "accepted",
    "confirmed": "open",
    "fixed": "fixed",
    "resolved": "fixed",
    "remediated": "fixed",
    "mitigated": "fixed",
    "closed": "fixed",
    "patched": "fixed",
    "corrected": "fixed",
    "addressed": "fixed",
    "solved": "fixed",
    "completed": "fixed",
    "retested": "fixed",
    "verified": "fixed",
}
DONE = r"(?:fixed|resolved|remediated|mitigated|closed|patched|corrected|addressed|solved|completed)"
STATUS = (
    rf"(?:(?:partially|partly)[\s-]{DONE}|not(?: yet)?\s{DONE}|(?:risk|fix|mitigation)[\s-]accepted|accepted[\s-]risk"
    rf"|(?:won[\u2019']?t|will not|no)[\s-]?fix(?:ed)?|wontfix|in progress|unresolved|unfixed|open|new|pending"
    rf"|acknowledged|accepted|deferred|disputed|confirmed|reported|outstanding|{DONE}|partial(?:ly)?)"
)
STATUS_START = re.compile(rf"(?i)(?:[^\w\n]|_){{0,8}}(?P<word>{STATUS})(?![^\W_]|-\w)")
ISSUE = r"(?:issue|finding|vulnerabilit(?:y|ie)|bug|problem|weakness(?:e)?|flaw|risk|concern)s?"
IS = r"(?:has|have|had|was|were|is|are)"
SAID = re.compile(
    rf"(?i)\b(?:(?P<partial>(?:partially|partly)[\s-]{DONE}|{DONE}\s(?:only\s)?(?:partially|partly))"
    rf"|(?P<open>(?:{ISSUE}|this|it|these|they|both)(?:\s(?!not\b)[\w-]{{1,15}}){{0,3}}?\s{IS}\s(?:still\s)?not(?:\syet)?(?:\sbeen)?(?:\s[a-z]{{2,12}}ly)?\s{DONE}"
    rf"|{IS}\snot(?:\syet)?\s{DONE}\s(?:this|the|these)\b"
    r"|remains?\s(?:open|unresolved|unfixed|unpatched|present|exploitable|vulnerable)"
    r"|(?:is|are)\sstill\s(?:open|unresolved|unfixed|present|exploitable|vulnerable))"
    rf"|(?P<accepted>(?:accept(?:s|ed)|(?:we|they|team|client|customer)\saccept)\s(?:the|this)\s(?:residual\s)?(?:risks?\b|{ISSUE}\b)"
    rf"|risks?\s{IS}\s(?:been\s)?accepted|acknowledge[sd]?\s(?:the|this|these)\s{ISSUE}\b"
    rf"|{ISSUE}\s{IS}\s(?:been\s)?acknowledged"
    r"|(?:will\snot|won[\u2019']t)\s(?:be\s)?(?:fix|address|resolv)(?:ed|e)?\b"
    r"|(?:(?:does|do)\snot\s(?:plan|intend)|decided\snot)\sto\s(?:fix|address|resolve|change)\b)"
    rf"|(?P<fixed>(?:{ISSUE}|this|it|these|they|both)(?:\s(?!not\b)[\w-]{{1,15}}){{0,3}}?\s{IS}"
    rf"(?:\s(?:now|since|already|been|(?!part|incomplete)[a-z]{{2,14}}ly)){{0,4}}\s{DONE}\b"
    rf"|{DONE}\s(?:this|the|these|all(?:\sof)?(?:\sthe)?)\s(?:[\w-]{{1,15}}\s){{0,2}}?{ISSUE}\b"
    rf"|{DONE}\s(?:in|by|with|via|as\sof)\s(?:the\s|this\s)?(?:\W{{0,3}}(?:commit|pr\b|pull|version|release|patch|merge)"
    r"|\W{0,3}(?:\#|pr-?|v?\d{1,4}\.)\d|\W{0,3}[0-9a-f]{7,40}\b|\W{0,3}https?:)"
    r"|signed[\s-]off\son\sthe\sfix|fix(?:es)?\s(?:looks?\sgood|approved|verified|confirmed)"
    r"|fix(?:es)?\s(?:was|were|is|are|(?:has|have)\sbeen)\s(?:[a-z]{2,14}ly\s)?(?:verified|confirmed|validated|deployed"
    r"|merged|applied)))"
)
"""What a sentence says became of a finding. "Fixed" alone is none of it: rates, sizes and fees are fixed, too."""
SUPPOSED = re.compile(
    r"(?i)\b(?:once|until|unless|if|whether|when|where|should|must|would|could|might|ensure|make\ssure|so\sthat|verify\sthat"
    r"|recommend\w{0,5}|upgrad\w{1,3}|upstream|previous(?:ly)?|similar|other)\b"
)
SAYINGS = {"partial": "partially fixed", "open": "not fixed", "accepted": "accepted", "fixed": "fixed"}
OF_FINDING = re.compile(rf"(?i)\b(?:{ISSUE}|commit|pull|pr|version|release|https?|[0-9a-f]{{7,40}})\b|fix\b")
SENTENCE = re.compile(r"[.!?](?=\s)|\n\s")
LONGEST_NOTE = 6000
LONGEST_SENTENCE = 240


def severity_of(printed: str) -> str:
    """ "critical", "high", "medium", "low" or "info" for a printed rating; "undetermined" where the report says so; ""
    for anything else."""
    word = " ".join(printed.lower().split())
    return VERY.get(word) or MEANINGS.get(word, "")


def rank(severity: str) -> int:
    """0 (info) to 4 (critical); -1 for what is not on the scale."""
    return LEVELS.index(severity) if severity in LEVELS else -1


def at_least(severity: str, least: str) -> bool:
    """Whether a severity is as high as `least`; what is not on the scale never is."""
    return rank(severity) >= max(0, rank(least))


def status_of(printed: str) -> str:
    """The printed status in lower case with one spelling: "Won\u2019t Fix" is "won't fix", "Partly fixed" stays."""
    word = " ".join(printed.lower().replace("\u2019", "'").split())
    return "won't fix" if re.fullmatch(r"(?:won'?t|will not|no)[ -]?fix(?:ed)?", word) else word


def standing(status: str) -> str:
    """ "open", "partial", "accepted" or "fixed": the group of a status word; "" for one that is not known."""
    word = status_of(status)
    return STATUS_WORDS.get(word) or STATUS_WORDS.get(word.split()[0] if word else "", "")


def said(text: str, span: Span, *, named: bool = False) -> tuple[str, Span] | None:
    """What running text says became of a finding ("the issue has been resolved"), and where; None if it does not say.

    One of "partially fixed", "not fixed", "accepted", "fixed": the last that is said, but "partially fixed" before all
    others. What is only supposed ("once it has been fixed") is not said. With `named`, only of sentences that name the
    finding or its fix: for text that may be of anything, where "it was not completed" is not of the finding. Reads
    6,000 characters at most.
    """
    last: tuple[str, Span] | None = None
    for match in SAID.finditer(text, span.start, min(span.end, span.start + LONGEST_NOTE)):
        begin = max(span.start, match.start() - LONGEST_SENTENCE)
        for end in SENTENCE.finditer(text, begin, match.start()):
            begin = end.end()
        if not SUPPOSED.search(text, begin, match.start()) and (not named or OF_FINDING.search(match[0])):
            last = SAYINGS[match.lastgroup or ""], Span(*match.span())
            if match["partial"]:
                break
    return last
