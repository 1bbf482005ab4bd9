"""What the heading of a finding says: its identifier, title, and the severity and status printed with it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from citebound.ingest.severity import STATUS, WORDS
from citebound.types import Span

START = re.compile(r"[\s#*_>\ufeff\u2022\u25cf\u2610\u2611\U0001f300-\U0001faff]{0,12}")
SECTION = re.compile(r"(?P<number>\d{1,2}(?:\.\d{1,3}){0,5})[.)]?(?:[ \t\n]+|(?=\[))")
NAMED = re.compile(
    r"(?i:(?:security\s)?(?:finding|issue|vulnerability|observation|weakness|vuln|bug|flaw)(?![a-z])[ \t]{0,2}"
    r"(?:#|no\.?|number|id:?)?)[ \t]{0,2}"
    r"(?P<id>[A-Z]{1,8}-?\d{1,4}(?:\.\d{1,3})?|\d{1,3}(?:\.\d{1,3}){0,2}|[A-Z](?=\s?[.:)\u2013-]))(?![\w])"
)
ID = re.compile(
    r"(?P<open>[\[({]{0,2})(?P<id>(?:[A-Z][A-Za-z0-9]{0,15}(?:[-_][A-Za-z0-9]{1,14}){0,5}[-_]#?\d{1,4}(?:[-.]\d{1,3})?[a-z]?"
    r"|[CHMLINGQ]\d{1,3}|#\d{1,4}|[A-Z]{2,8}-[A-Z]\d{3,8}-[A-Z0-9]{2,5}))(?P<close>[\])}]{0,2})"
)
AFTER = re.compile(r"\s{0,3}(?:[:.|\u2013\u2014\u2022-]{1,2}\s{0,3}|\s{1,3}|(?=\())")
STANDARDS = re.compile(
    r"(?:CVE|CWE|SHA|RFC|ISO|AES|UTF|TLS|SSL|NIST|PCI|OWASP|CAPEC|GHSA|WASC|HTTP|MD|RSA|BASE|WSTG|IEC|FIPS|SP|EIP|ERC|BIP"
    r"|X|IPV|OAUTH|PBKDF|WPA|USB|COVID|ICSA|ICSMA|AA|TA|KB|MS|TABLE|FIGURE|V|VERSION|LEVEL|PHASE|STEP|PART|APPENDIX|PAGE|DAY"
    r"|WEEK|Q|FY)[-_]?#?\d",
    re.I,
)
BEFORE_WORD = r"(?P<lead>[ \t]{0,3}(?:[-\u2013\u2014|:/]{1,2}[ \t]{1,3}|[(\[]{1,2}|\t|[ ]{2,})[ \t]{0,2})"
SEVERITY_TAIL = re.compile(
    rf"(?i){BEFORE_WORD}(?:(?:severity|risk)(?:\srating)?:?\s?)?(?P<word>very\s(?:high|low)|{WORDS})"
    r"(?:[ -](?:risk|severity|impact|priority))?[\])*]{0,3}\s{0,3}$"
)
STATUS_TAIL = re.compile(
    rf"(?i)(?:{BEFORE_WORD}|\s?[\u2713\u2714\u2705\u2611]\s?)(?:status:?\s?)?[\u2713\u2714\u2705\u2611\s]{{0,3}}(?P<word>{STATUS})[\])*]{{0,3}}\s{{0,3}}$"
)
SEVERITY_LEAD = re.compile(
    rf"(?i)[\[(]?(?P<word>{WORDS})(?:[ -](?:risk|severity))?(?:[\])]\s?[:\u2013-]?|\s?[:|]|\s[\u2013\u2014-])"
    r"\s{1,3}(?=\S)"
)
LINK = re.compile(r"\]\((?:https?://|#)[^()\s]{0,300}\)\s{0,3}$")
TRAILER = re.compile(r"[\s#*_]{1,8}$")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading taken apart. `severity` and `status` are where their words stand in it, `id` where its identifier.

    `number` is the section number ("4.2.1"), `named` says that the identifier is marked as one ("H-01", "Finding 3").
    """

    span: Span
    title: str
    number: str = ""
    id: Span | None = None
    named: bool = False
    severity: Span | None = None
    status: Span | None = None


def read_heading(text: str, span: Span) -> Heading:
    """The parts of a heading; of one without any, only the title, which is the heading itself on one line."""
    at = _after(START, text, span.start, span.end)
    number, id_, named, severity = "", None, False, None
    if match := SECTION.match(text, at, span.end):
        number, at = match["number"], match.end()
        id_ = Span(*match.span("number")) if "." not in number else None
    if match := NAMED.match(text, at, span.end) or _identifier(text, at, span.end):
        id_, named, at = Span(*match.span("id")), True, _after(AFTER, text, match.end(), span.end)
        if (own := _identifier(text, at, span.end)) and own["open"]:
            id_, at = Span(*own.span("id")), _after(AFTER, text, own.end(), span.end)
    if match := SEVERITY_LEAD.match(text, at, span.end):
        severity, at = Span(*match.span("word")), match.end()
    end, tail, status = _tail(text, at, span.end)
    return Heading(span, _clean(text[at:end]), number, id_, named, tail or severity, status)


def _after(pattern: re.Pattern[str], text: str, at: int, end: int) -> int:
    match = pattern.match(text, at, end)
    return match.end() if match else at


def _identifier(text: str, at: int, end: int) -> re.Match[str] | None:
    """An identifier, unless it names a standard or goes on as a word: "SHA-256", "CVE-2021-44228", "QV-02, QV-07"."""
    match = ID.match(text, at, end)
    if match is None or STANDARDS.match(match["id"]):
        return None
    following = text[match.end() : min(end, match.end() + 1)]
    return match if not following or following in " \t\n:.|-\u2013\u2014\u2022([" else None


def _tail(text: str, at: int, end: int) -> tuple[int, Span | None, Span | None]:
    """Where the title ends, and the severity and status words after it."""
    severity: Span | None = None
    status: Span | None = None
    for _ in range(4):
        start = max(at, end - 80)
        if mark := TRAILER.search(text, start, end):
            end = mark.start()
        elif link := LINK.search(text, max(at, end - 320), end):
            end = link.start()
        elif severity is None and (match := SEVERITY_TAIL.search(text, start, end)):
            severity, end = Span(*match.span("word")), match.start()
        elif status is None and (match := STATUS_TAIL.search(text, start, end)):
            status, end = Span(*match.span("word")), match.start()
    return max(at, end), severity, status


def _clean(title: str) -> str:
    title = re.sub(r"\[([^\[\]]{1,200})\]\([^()\s]{1,300}\)", r"\1", title)
    title = re.sub(r"\*\*|\\(?=[_*`\[\]])", "", title)
    return " ".join(title.split()).strip("*|: \u2013\u2014").removeprefix("- ").strip()
