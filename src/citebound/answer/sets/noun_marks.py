"""The nouns of a question: types of contract and of report, findings, documents, and how many of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from citebound.answer.sets.clause_marks import _spelled
from citebound.answer.sets.frame import ANYTHING, HERE
from citebound.answer.sets.marks import Mark, Marks, amounts, condition_mark
from citebound.answer.sets.question import (
    Condition,
    Several,
    Type,
    Unless,
)
from citebound.answer.sets.words import (
    COUNTED,
    CVES,
    FINDINGS,
    NOUN_BEFORE,
    RANGED,
    REPORTS,
    SHORT_TYPES,
    TYPED,
)
from citebound.answer.words import stem
from citebound.ingest.profile import Profile


def claim_types(marks: Marks) -> None:
    """Nouns that name a type of contract."""

    def typed(match: re.Match[str]) -> Mark | None:
        if match["type"] == "advisory" and match["noun"] == "deal":
            return None  # the verb: "does any advisory deal with ..."
        alternatives = re.split(r" and | or |, ?|/", match["type"])
        runs = tuple(tuple(stem(w) for w in re.findall(r"\w+", _spelled(one))) for one in alternatives if one.strip())
        noun = match["noun"]
        kind = Type(tuple(run for part in runs for run in _twins(part)), f"{match['type']} agreement")
        return Mark(
            match.start(),
            match.end(),
            "document",
            kind,
            kinds=("contracts",),
            plural=noun.endswith(("s", "addenda")),
            name=match[0],
        )

    marks.claim(TYPED, typed)
    for pattern, runs, said in SHORT_TYPES:
        kind = Type(tuple(tuple(stem(w) for w in run.split()) for run in runs.split("|")), said)
        marks.claim(
            pattern,
            lambda m, kind=kind: Mark(  # type: ignore[misc]
                m.start(),
                m.end(),
                "document",
                kind,
                kinds=("contracts",),
                plural=m[0].endswith(("s", "addenda")),
                name=m[0],
            ),
        )


def _twins(run: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The stems of a type and of its nearest relatives: distribution and distributor, hosting and host."""
    twins = {
        "distribut": ("distributor",),
        "distributor": ("distribut",),
        "resel": ("resal",),
        "consult": ("consultant", "consult"),
        "consultant": ("consult",),
        "sponsorship": ("sponsor",),
        "licens": ("licenc",),
        "transport": ("transport",),
        "cooper": ("co", "oper"),
    }
    made = [run]
    for i, word in enumerate(run):
        if word in twins:
            made.append((*run[:i], *twins[word], *run[i + 1 :]))
    return tuple(made)


def claim_nouns(marks: Marks, kinds: Sequence[Profile]) -> None:
    def report(match: re.Match[str], kind: Type, holds: bool) -> Mark | None:
        if match[0] in ("report", "reports") and re.search(NOUN_BEFORE, marks.text[: match.start()].lower()):
            return None  # the verb: "which advisories report ..."
        condition: Condition = kind if holds else Unless(kind)
        return Mark(
            match.start(),
            match.end(),
            "document",
            condition,
            kinds=("security_reports",),
            plural=match[0].endswith("s"),
            name=match[0],
        )

    names = {profile.name for profile in kinds}
    if "security_reports" in names:
        marks.claim(r"cves|cve (?:ids|numbers|identifiers)", lambda m: Mark(m.start(), m.end(), "cves", name="cve"))
        for pattern, kind, holds in REPORTS:
            marks.claim(pattern, lambda m, kind=kind, holds=holds: report(m, kind, holds))  # type: ignore[misc]
        marks.claim(
            FINDINGS,
            lambda m: Mark(m.start(), m.end(), "finding", name=m[0], plural=m[0].endswith("s") and m[0] != "weakness"),
        )
    for profile in kinds:
        words = profile.name.replace("_", " ")
        single = re.sub(r"ies$", "y", words) if words.endswith("ies") else words.rstrip("s")
        more = (
            r"|agreements?|arrangements?|papers|paper(?= (?:with|without|that|where|under|governed)\b)|deals?"
            if profile.name == "contracts"
            else ""
        )

        def document(match: re.Match[str], name: str = profile.name) -> Mark | None:
            if match[0].startswith("deal") and re.search(NOUN_BEFORE, marks.text[: match.start()].lower()):
                return None  # the verb: "which advisories deal with ..."
            return Mark(
                match.start(), match.end(), "document", kinds=(name,), plural=match[0].endswith("s"), name=match[0]
            )

        marks.claim(f"{words}|{single}{more}", document)
    marks.claim(
        rf"{ANYTHING}(?= {HERE})|(?<=have ){ANYTHING}",
        lambda m: Mark(m.start(), m.end(), "document", name="documents"),
    )
    marks.claim(
        r"documents?|files?|docs?",
        lambda m: Mark(m.start(), m.end(), "document", plural=m[0].endswith("s"), name=m[0]),
    )


def claim_counts(marks: Marks) -> None:
    """ "more than two parties"; "at least three vulnerabilities" keeps its noun, whose findings are counted."""
    some = rf"(?:{RANGED}|(?P<many>multiple|several|more than one))"
    for pattern, name, said in COUNTED:
        marks.claim(
            rf"{some} (?:different |distinct |affected )?(?:{pattern})",
            lambda m, name=name, said=said: condition_mark(m, _several(m, name, said)),  # type: ignore[misc]
        )
    ahead = rf"(?=(?: [\w\x00-]{{1,60}}){{0,4}} ?(?:{FINDINGS}|{CVES})(?!\w))"
    marks.claim(
        rf"{some}{ahead}",
        lambda m: Mark(m.start(), m.end(), "count", _several(m, "finding", ""), "finding"),
    )


def _several(match: re.Match[str], name: str, said: str) -> Several:
    low: str | None = "2"
    high: str | None = None
    if not match["many"]:
        low, high, open_low, open_high = amounts(match)
        low = str(int(float(low)) + open_low) if low is not None else "0"
        high = str(int(float(high)) - open_high) if high is not None else None
    return Several(name, int(low or 0), None if high is None else int(high), f"{match[0].strip()}" if said else "")
