"""Who is asked about: documents, findings or values, and of which kinds of document."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from citebound.answer.sets.marks import Mark, Marks
from citebound.answer.sets.question import (
    Clause,
    Field,
    Known,
    Quantifier,
)
from citebound.answer.sets.reading import Reading
from citebound.answer.sets.tree import (
    NotUnderstood,
)
from citebound.answer.sets.words import (
    VALUES,
)


def hints(read: Reading, kind: str, marks: Marks) -> bool:
    said = {
        "contracts": r"contract|agreement|nda|msa|amendment",
        "security_reports": r"advisor|report|vulnerab|finding|cve|pentest|penetration|issues|audit|alert",
    }
    return bool(re.search(said.get(kind, re.escape(kind.rstrip("s").removesuffix("ie"))), read.low))


def value_unit(read: Reading, marks: Marks) -> Mark | None:
    if read.frame is None or read.frame is Quantifier.ALL:
        return None
    for pattern, name in VALUES:
        match = re.compile(rf"\s*(?:{pattern})(?![\w'-])").match(marks.low, read.frame_end)
        if match and (name != "party" or match[0].endswith("s")):
            start = match.start() + len(match[0]) - len(match[0].lstrip())
            mark = Mark(start, match.end(), "value", name=name, kinds=declaring(read, name))
            marks.strike(start, match.end())
            return mark
    return None


def names_one(read: Reading, found: Sequence[Mark]) -> bool:
    """ "Which vulnerability is CWE-79?" asks what something is."""
    return read.low.startswith("what") or any(m.group in ("cwe", "cve") for m in found)


def declaring(read: Reading, name: str) -> tuple[str, ...]:
    if name in ("vendor", "product", "publisher", "cve", "cwe", "client", "assessor"):
        return tuple(k.name for k in read.kinds if k.findings)
    return tuple(k.name for k in read.kinds if any(f.name == name for f in k.fields))


def unit_of(read: Reading, found: Sequence[Mark]) -> Mark | None:
    nouns = [m for m in found if m.what in ("document", "finding", "cves")]
    if not nouns:
        return None
    first = nouns[0]
    if first.what == "document" and len(nouns) > 1 and nouns[1].what == "finding":
        between = read.low[first.end : nouns[1].start]
        if not between.strip():
            return nouns[1]
    return first


def kinds_of(read: Reading, unit: Mark, found: Sequence[Mark]) -> tuple[str, ...]:
    with_findings = tuple(kind.name for kind in read.kinds if kind.findings)
    kinds = set(unit.kinds) if unit.kinds else {kind.name for kind in read.kinds}
    if unit.what == "finding":
        kinds = set(with_findings)
    narrowed = bool(unit.kinds) or unit.what == "finding"
    for mark in found:
        wanted: set[str] = set(mark.kinds)
        if mark.level == "finding" and mark.what in ("condition", "count"):
            wanted = set(with_findings)
        if isinstance(mark.condition, Clause):
            wanted = {k.name for k in read.kinds if any(c.name == mark.condition.name for c in k.clauses)}
        elif isinstance(mark.condition, Field) and mark.level == "document" and not wanted:
            wanted = {k.name for k in read.kinds if any(f.name in mark.condition.fields for f in k.fields)}
            if set(mark.condition.fields) & {"release_date", "revision_date", "report_date"}:
                wanted |= set(with_findings)
        if wanted:
            kinds &= wanted
            narrowed = True
    if not kinds:
        raise NotUnderstood
    return tuple(sorted(kinds)) if narrowed else ()


def refuse_definite(read: Reading, unit: Mark, found: Sequence[Mark]) -> None:
    """ "The agreement" is one document, and a question about it is not one about the set."""
    for mark in found:
        if mark.what != "document" or mark.plural:
            continue
        before = re.sub(r"[\x00\s]+$", "", _before(read, mark, found))
        picked = mark is unit and any(m.what == "pick" for m in found)
        pointed = not picked and bool(re.search(r"(?<![\w-])(?:the|this|that|our|its|my|your|said)$", before.rstrip()))
        if mark is unit and (pointed or read.frame is Quantifier.COUNT):
            raise NotUnderstood
        narrowed = mark.condition is not None or any((m.group or "").startswith("name") for m in found)
        if mark is not unit and pointed and (unit.what == "document" or not narrowed):
            raise NotUnderstood


def refuse_undated(read: Reading, unit: Mark, found: Sequence[Mark]) -> None:
    """A date that nothing says the meaning of must stand beside the documents that it dates."""
    for mark in found:
        if not mark.name.startswith("bare") or (mark.name != "bare" and unit.what == "document"):
            continue
        if not any(
            m.what == "document" and not (read.low[m.end : mark.start] + read.low[mark.end : m.start]).strip()
            for m in found
        ):
            raise NotUnderstood


def _before(read: Reading, mark: Mark, found: Sequence[Mark]) -> str:
    """What stands before a noun and what is claimed right before it."""
    at = mark.start
    for other in sorted(found, key=lambda m: -m.start):
        if other.end <= at and not read.low[other.end : at].strip():
            at = other.start
    return read.low[:at]


def with_cves(found: list[Mark], unit: Mark) -> tuple[list[Mark], Mark]:
    """ "CVEs" are what is asked for, or else something that findings have."""
    made = []
    for mark in found:
        if mark.what == "cves" and mark is unit:
            unit = replace(mark, what="value")
            continue
        known = Field(("cve",), Known(), "a CVE")
        made.append(replace(mark, what="condition", condition=known, level="finding") if mark.what == "cves" else mark)
    return made, unit


def plural(unit: Mark) -> str:
    if unit.what == "value":
        return {"cve": "CVEs", "cwe": "CWEs", "party": "parties", "governing_law": "governing laws"}.get(
            unit.name, f"{unit.name}s"
        )
    name = unit.name
    if unit.plural:
        return name
    return name[:-1] + "ies" if name.endswith("y") else name + "s"
