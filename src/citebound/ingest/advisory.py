"""The vulnerabilities of a published advisory: each stands under a heading of its own and is named by its CVE.

Vendors and CISA print them so: "3.1 CVE-2021-44228", "3.2.1 Improper input validation CWE-20" or "Vulnerability
CVE-2021-44228", a description, "CVE-2021-44228 has been assigned to this vulnerability", score, vector, remediations.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from citebound.ingest.labels import trimmed
from citebound.ingest.vulnerability import CVE, cve_facts, cvss_facts, cwe_facts
from citebound.types import Fact, Finding, Span

_CVE = CVE.pattern.removeprefix("(?i)").replace("(\\d", "(?:\\d")
ASSIGNED = re.compile(rf"(?i){_CVE}(?:[^\n.]{{0,80}}?)\s(?:has|have)\sbeen\sassigned\sto\b|\bassigned\s{_CVE}")
HEAD = re.compile(
    r"(?m)^[#*\s]{0,8}(?:(?P<number>\d{1,2}(?:\.\d{1,2}){0,3})[.)]?[ \t]+)?"
    rf"(?P<title>(?:(?i:vulnerability)[ \t:]{{1,3}})?(?P<cve>(?i:{_CVE}))?[^\n]{{0,160}})$"
)
WEAKNESS = re.compile(r"(?im)^[ \t]*(?:weakness|cwe|problem type):?[ \t]")
REMEDIES = re.compile(
    r"(?im)^[ \t]*(?:remediations?|mitigations?|solutions?|fix(?:es)?|workarounds?)\b[^\n]{0,60}:[ \t]*\n?"
    r"(?P<value>(?:[^\n]{1,2000}(?:\n|$)){1,40})"
)
AFFECTED = re.compile(
    r"(?im)^[ \t]*(?:affected by|affected (?:products?|versions?))\b[^\n:]{0,60}:[ \t]*"
    r"(?P<value>[^\n]{2,600})$"
)
EXCERPT = 200
SHORTEST = 20


def advisory_findings(text: str) -> tuple[Finding, ...]:
    """One finding for each heading under which a CVE is assigned, in the order of the text; () where none is.

    It runs to the next numbered heading. Fields: id and cve (the CVE), cwe, cvss_vector, cvss_version, cvss_score,
    asset (what is said to be affected), description, remediation; those of `citebound.ingest.findings`.
    """
    heads = [m for m in HEAD.finditer(text) if _is_head(m)]
    begins = [m.start("title") if m["number"] is None else m.start("number") for m in heads]
    owners: dict[int, Span] = {}
    for match in ASSIGNED.finditer(text):
        at = bisect_right(begins, match.start()) - 1
        if at >= 0 and "." in (heads[at]["number"] or ".") and CVE.search(match[0]):
            owners.setdefault(at, Span(*match.span()))
    ends = [*begins[1:], len(text)]
    found = (_finding(text, heads[at], trimmed(text, begins[at], ends[at]), said) for at, said in owners.items())
    return tuple(sorted(found, key=lambda finding: finding.span))


def _is_head(match: re.Match[str]) -> bool:
    """Whether a line is a heading: numbered and no sentence, or a CVE at its beginning and little else."""
    title = match["title"].strip()
    if match["number"] is None:
        return match["cve"] is not None and len(title) < 2 * len(match["cve"]) + SHORTEST and title[-1] not in ".;,"
    return bool(title) and title[0].isalpha() and not title.endswith((".", ";", ","))


def _finding(text: str, head: re.Match[str], span: Span, said: Span) -> Finding:
    named = Span(*head.span("cve")) if head["cve"] else said
    cve = next(iter(cve_facts(text, named)))
    facts = [Fact("id", cve.value, cve.span), cve]
    facts += [*cwe_facts(text, span)[:1], *cvss_facts(text, span), *_texts(text, head, span, said)]
    facts.sort(key=lambda fact: (fact.span, fact.name))
    return Finding(span, " ".join(head["title"].replace("*", " ").split()), tuple(facts))


def _texts(text: str, head: re.Match[str], span: Span, said: Span) -> Iterator[Fact]:
    start = text.find("\n", head.start("title"), span.end) + 1 or span.end
    if weakness := WEAKNESS.match(text, start, span.end):
        start = text.find("\n", weakness.end(), span.end) + 1 or span.end
    piece = trimmed(text, start, max(start, said.start))
    if len(piece) >= SHORTEST:
        yield Fact("description", _excerpt(text, piece), piece)
    for name, pattern in (("asset", AFFECTED), ("remediation", REMEDIES)):
        if match := pattern.search(text, said.end, span.end):
            value = trimmed(text, *match.span("value"))
            yield Fact(name, _excerpt(text, value), value)


def _excerpt(text: str, span: Span) -> str:
    return " ".join(span.of(text).split())[:EXCERPT]
