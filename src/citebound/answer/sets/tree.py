"""From the marks of a question, in their order and with the words between them, to one condition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from citebound.answer.sets.frame import (
    NO_ARTICLES,
)
from citebound.answer.sets.marks import Mark
from citebound.answer.sets.question import (
    Condition,
    Either,
    Every,
    Several,
    Unless,
    Whole,
    words,
)


@dataclass(slots=True)
class Part:
    """A mark with what stands before it: the connector to the last one, whether it is denied, and how."""

    mark: Mark
    connector: str = ""
    negated: bool = False
    spread: bool = False
    gap: tuple[str, ...] = ()
    listed: bool = False


class NotUnderstood(Exception):
    """Something of the question has no known meaning."""


Leaf = tuple[str, str, Condition]
"""A condition with the connector before it and the group of those that cannot both be meant by "and"."""

Lift = Callable[[Sequence[Part]], list[Leaf]]

ALTERNATIVES = (
    "severity",
    "asset",
    "status",
    "law",
    "court",
    "name vendor",
    "name product",
    "name client",
    "name publisher",
    "name assessor",
)
"""Conditions of one unit that cannot both be meant by "and": "critical and high findings" are either."""


def enumerate_parts(parts: Sequence[Part]) -> None:
    """In "a, b or c" the comma is an "or"; a denial of the first is one of all."""
    for i in range(len(parts) - 2, 0, -1):
        part, after = parts[i], parts[i + 1]
        if part.listed and not part.connector and after.connector and all(NO_ARTICLES.match(w) for w in part.gap):
            if parts[i - 1].negated and parts[i - 1].gap:
                raise NotUnderstood
            part.connector = after.connector


def either_type(marks: Sequence[Mark], parts: Sequence[Part]) -> Condition:
    """Several types of document: "NDAs and amendments"."""
    conditions = tuple(dict.fromkeys(m.condition for m in marks if m.condition))
    joined = [p for p in parts if p.mark in marks][1:]
    if any(p.connector not in ("or", "and") for p in joined):
        raise NotUnderstood
    return Either(conditions)


def _denied(part: Part, condition: Condition) -> Condition:
    return Unless(condition) if part.negated else condition


def of_finding(parts: Sequence[Part]) -> list[Leaf]:
    made = []
    for part in parts:
        condition = part.mark.condition
        assert condition is not None
        if part.mark.level == "document":
            condition = Whole(condition)
        made.append((part.connector, "" if part.negated else part.mark.group, _denied(part, condition)))
    return made


def of_document(parts: Sequence[Part]) -> list[Leaf]:
    """Conditions on findings that stand together are asked of one and the same finding of the document."""
    made: list[Leaf] = []
    group: list[Part] = []
    for part in [*parts, None]:
        belongs = part is not None and (part.mark.level == "finding" or part.mark.what == "finding")
        if belongs and part is not None and not (part.connector and _nouned(group) and _begins(parts, part)):
            group.append(part)
            continue
        if group:
            made.append(_some(group))
            group = []
        if belongs and part is not None:
            group.append(part)
        elif part is not None:
            assert part.mark.condition is not None
            made.append((part.connector, "" if part.negated else part.mark.group, _denied(part, part.mark.condition)))
    return made


def _begins(parts: Sequence[Part], part: Part) -> bool:
    """Whether a part begins another mention of findings: "... and more than two high findings"."""
    later = parts[parts.index(part) :]
    return part.mark.what == "count" or any(p.mark.what == "finding" for p in later)


def _nouned(group: Sequence[Part]) -> bool:
    return any(p.mark.what == "finding" for p in group)


def _some(group: list[Part]) -> Leaf:
    first = group[0]
    count = next((p.mark.condition for p in group if p.mark.what == "count"), None)
    leaves = [p for p in group if p.mark.what == "condition"]
    negated = first.negated
    if leaves and leaves[0] is first:
        leaves[0] = replace(first, negated=first.mark.negated)
        negated = first.negated != first.mark.negated
    for leaf in leaves[1:]:
        if leaf.spread and leaf.negated and negated and first.spread:
            leaf.negated, leaf.connector = False, "or"
    noun = next((i for i, p in enumerate(group) if p.mark.what == "finding"), None)
    if noun is not None and noun > 0 and group[noun].negated:
        raise NotUnderstood
    if leaves:
        leaves[0] = replace(leaves[0], connector="")
    alike = [p for p in leaves if p.mark.group in ("cwe", "cve", "severity", "status")]
    joined = any(b.connector == "and" and a.mark.group == b.mark.group for a, b in pairwise(alike))
    if not negated and (joined or any(p.mark.name == "and" for p in leaves)):
        raise NotUnderstood  # "with high and medium findings": with both, or with either
    part = tree(leaves, of_finding) if leaves else None
    what = f"a finding with {words(part)}" if part else "a finding"
    if isinstance(count, Several):
        said = f"{count.low} or more findings" if count.high is None else f"{count.low} to {count.high} findings"
        made: Condition = Several(
            "finding", count.low, count.high, said + (f" with {words(part)}" if part else ""), part
        )
    else:
        made = Several("finding", 1, None, what, part)
    return first.connector, "", Unless(made) if negated else made


def tree(parts: Sequence[Part], lift: Lift) -> Condition:
    """ "or" binds what it stands between; all else is and. Where both words are used, the question is ambiguous."""
    leaves: list[Leaf] = lift(parts)
    groups: list[list[Condition]] = []
    last = ""
    said: set[str] = set()
    for i, (connector, group, condition) in enumerate(leaves):
        alike = bool(group) and group == last and group in ALTERNATIVES
        if i and (connector == "or" or (alike and connector == "and")):
            groups[-1].append(condition)
            said.add("" if alike else "or")
        else:
            groups.append([condition])
            if i and connector == "and":
                said.add("and")
        last = group
    if {"or", "and"} <= said:
        raise NotUnderstood
    made = [group[0] if len(group) == 1 else Either(tuple(group)) for group in groups]
    return made[0] if len(made) == 1 else Every(tuple(made))
