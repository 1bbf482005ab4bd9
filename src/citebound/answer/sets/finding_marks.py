"""Phrases that ask something of findings: identifiers, scores, severities, states, weaknesses."""

from __future__ import annotations

import re
from dataclasses import replace

from citebound.answer.sets.marks import Mark, Marks, amounts, condition_mark, plain_number
from citebound.answer.sets.question import (
    Either,
    Every,
    Field,
    Known,
    Metric,
    Named,
    OneOf,
    Range,
    Scale,
    Several,
    Standing,
    Unless,
    words,
)
from citebound.answer.sets.words import (
    BEFORE,
    CVE_YEAR,
    FINDING_FIELDS_SAID,
    FIRST_CVE,
    HAS_CVE,
    LAST_CVE,
    LEAST,
    LEVEL,
    METRICS,
    MOST,
    NUM,
    OVER,
    RANGED,
    SEVERITY,
    STATUSES,
    UNDER,
    WEAKNESSES,
)
from citebound.ingest.severity import LEVELS, severity_of


def claim_identifiers(marks: Marks) -> None:
    def cve(match: re.Match[str]) -> Mark:
        number = match[0][match[0].rindex("cve") :].upper()
        return condition_mark(match, Field(("cve",), OneOf((number,)), number), "finding", "cve")

    def cwe(match: re.Match[str]) -> Mark:
        numbers = tuple(f"CWE-{n}" for n in re.findall(r"\d+", match[0]))
        return condition_mark(match, Field(("cwe",), OneOf(numbers), " or ".join(numbers)), "finding", "cwe")

    def of_years(match: re.Match[str]) -> Mark | None:
        if not re.search(r"(?<![\w-])cves? (?:(?:ids?|numbers?) )?$", marks.text[: match.start()].lower()):
            return None
        year = int(match["year"])
        first = year if match["op"] in ("in", "since") else year + 1 if match["op"] == "after" else FIRST_CVE
        last = year if match["op"] == "in" else year - 1 if match["op"] in BEFORE else LAST_CVE
        said = f"a CVE number of the years {match[0][match[0].index(match['op']) :]}"
        tests = tuple(Field(("cve",), Named(("cve", str(y))), said) for y in range(first, last + 1))
        return condition_mark(match, Either(tests), "finding") if tests else None

    known = Field(("cve",), Known(), "a CVE")
    marks.claim(CVE_YEAR, of_years)
    marks.claim(HAS_CVE, lambda m: condition_mark(m, known, "finding"))
    marks.claim(r"(?:cve[- ])?cve-\d{4}-\d{4,7}", cve)
    marks.claim(r"cwe[- ]?\d{1,4}(?:(?: or|,| and) cwe[- ]?\d{1,4}){0,4}", cwe)


def claim_assets(marks: Marks) -> None:
    """Hosts and addresses: a name of two dots or more, or of one where the question calls it a host."""

    def asset(match: re.Match[str]) -> Mark | None:
        name = match["name"].strip(".")
        if not match["noun"] and name.count(".") < 2:
            return None
        test = Named(tuple(re.findall(r"[^\W_]+", name)))
        return condition_mark(match, Field(("asset",), test, f"asset {name}"), "finding", "asset")

    marks.claim(
        r"(?:the )?(?P<noun>(?:hosts?|hostname|servers?|assets?|domains?|machines?|ips?|(?:ip )?address(?:es)?) )?"
        r"(?P<name>(?:\d{1,3}\.){3}\d{1,3}|(?:[a-z0-9][a-z0-9-]{0,62}\.){1,6}[a-z][a-z-]{1,30})",
        asset,
    )


def claim_scores(marks: Marks) -> None:
    def made(match: re.Match[str]) -> Mark:
        low, high, open_low, open_high = amounts(match)
        said = f"CVSS score {match['said']}"
        test = Range(Scale.NUMBER, low, high, open_low, open_high)
        return condition_mark(match, Field(("cvss_score",), test, said), "finding", "score")

    def of_all(match: re.Match[str]) -> Mark | None:
        one = made(match).condition
        if one is None:
            return None
        inside = Several("finding", 1, None, f"a finding with {words(one)}", one)
        outside = Several("finding", 1, None, f"a finding without {words(one)}", Unless(one))
        whole = condition_mark(match, Every((inside, Unless(outside))))
        return replace(whole, kinds=("security_reports",))

    def between(match: re.Match[str]) -> Mark:
        low, high = match["low"], match["high"]
        over, under = re.fullmatch(OVER, match["over"]), re.fullmatch(UNDER, match["under"])
        test = Range(Scale.NUMBER, plain_number(low), plain_number(high), bool(over), bool(under))
        condition = Field(("cvss_score",), test, f"CVSS score {match['said']}")
        return condition_mark(match, condition, "finding", "score")

    kind = r"(?:(?:cvss(?:[ -]?v?[234](?:\.[01])?)?|base|score|scores|scored|scoring)(?: base)?(?: scores?)?)"
    for match in re.finditer(
        rf"(?:maximum|highest|highest possible|top|perfect) (?={kind} (?:of )?10(?:\.0)?(?![\w.]))", marks.low
    ):
        marks.strike(*match.span())
    marks.claim(
        rf"(?:all|every|each)(?: of the)?(?: single)? {kind}(?: (?:is|are|being|of))? (?P<said>{RANGED})", of_all
    )
    marks.claim(
        rf"{kind}(?: (?:is|are|of|that is|which is))? (?P<said>(?P<over>{OVER}|{LEAST}|from) (?P<low>{NUM})"
        rf"(?:,? (?:but|and|yet))? (?P<under>{UNDER}|{MOST}|to) (?P<high>{NUM}))",
        between,
    )
    marks.claim(
        rf"{kind}(?: (?:is|are|of|that is|which is))? (?P<said>{RANGED})(?: on (?:the )?cvss(?: scale)?)?", made
    )
    marks.claim(rf"(?P<said>{RANGED}) (?:on (?:the )?)?(?:cvss|base score)(?: scores?)?", made)


def claim_severities(marks: Marks) -> None:
    def made(match: re.Match[str]) -> Mark | None:
        tail = match["tail"] or ""
        if match["least"] or tail.endswith(("higher", "above", "worse", "greater", "severe", "up")):
            levels = _levels(match["least"] or match["some"])
            first = min(LEVELS.index(level) for level in levels)
            chosen = LEVELS[first:]
        elif match["above"]:
            chosen = LEVELS[LEVELS.index(_levels(match["above"])[0]) + 1 :]
        elif match["below"]:
            chosen = LEVELS[: LEVELS.index(_levels(match["below"])[0])]
        elif tail:
            chosen = LEVELS[: max(LEVELS.index(level) for level in _levels(match["some"])) + 1]
        else:
            chosen = _levels(match["some"])
        if not chosen:
            return None
        said = "severity " + " or ".join(chosen)
        made = condition_mark(match, Field(("severity",), OneOf(tuple(chosen)), said), "finding", "severity")
        return replace(made, name="and" if " and " in (match["some"] or "") else "")

    marks.claim(SEVERITY, made)


def _levels(printed: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(severity_of(word) for word in re.findall(LEVEL, printed)))


def claim_states(marks: Marks) -> None:
    for pattern, groups, said in STATUSES:
        test = Field(("status",), Standing(groups), f"status {said}")
        labelled = rf"(?:status(?: of| is| as|:)? )?(?:{pattern})"
        marks.claim(labelled, lambda m, test=test: condition_mark(m, test, "finding", "status"))  # type: ignore[misc]


def claim_weaknesses(marks: Marks) -> None:
    for pattern, metrics, said in METRICS:
        metric = Field(("cvss_vector",), Metric(metrics), said)
        marks.claim(pattern, lambda m, metric=metric: condition_mark(m, metric, "finding"))  # type: ignore[misc]
    for pattern, numbers, said in WEAKNESSES:
        weakness = Field(("cwe",), OneOf(tuple(f"CWE-{n}" for n in numbers.split())), said)
        marks.claim(pattern, lambda m, weakness=weakness: condition_mark(m, weakness, "finding", "cwe"))  # type: ignore[misc]


def claim_finding_fields(marks: Marks) -> None:
    """Fields of findings that are there or not: "without a CVE"."""
    for pattern, name, said in FINDING_FIELDS_SAID:
        known = Field((name,), Known(), said)
        marks.claim(pattern, lambda m, known=known: condition_mark(m, known, "finding"))  # type: ignore[misc]
