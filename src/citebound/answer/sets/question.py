"""A question about the set of documents, as a value: what is asked for, of which documents, under which condition."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Unit(StrEnum):
    """What the members are: documents, findings, or the distinct values of a field (vendors, CVE numbers)."""

    DOCUMENT = "document"
    FINDING = "finding"
    VALUE = "value"


class Quantifier(StrEnum):
    """How it is asked: which, how many, is there any, do all."""

    LIST = "list"
    COUNT = "count"
    ANY = "any"
    ALL = "all"


class Scale(StrEnum):
    """How the values of a range are ordered."""

    DATE = "date"
    NUMBER = "number"
    DURATION = "duration"
    SEVERITY = "severity"


@dataclass(frozen=True, slots=True)
class Known:
    """The field has a value at all."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """The value is one of these, case aside."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """The value is a name that has these words (lower case) one after the other."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """low <= value <= high; an open end is None. `open_low` and `open_high` leave the end itself out.

    Dates are ISO days, durations ISO 8601 ("P90D"), numbers decimal.
    """

    scale: Scale
    low: str | None = None
    high: str | None = None
    open_low: bool = False
    open_high: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """The status belongs to one of these groups (`citebound.ingest.severity.standing`)."""

    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Metric:
    """The CVSS vector has one of these metrics ("AV:N")."""

    metrics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Doubt:
    """That there is a value leaves it open whether the rest holds: a contract that renews may outlive its term."""


Test = Known | OneOf | Named | Range | Standing | Metric | Doubt


@dataclass(frozen=True, slots=True)
class Field:
    """The first of `fields` that is there passes the test. `said` is the condition in words, `phrases` are how people
    and documents speak of it."""

    fields: tuple[str, ...]
    test: Test
    said: str
    phrases: tuple[str, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Clause:
    """The document has a clause of this category of its profile. `phrases` are how people and documents speak of it."""

    name: str
    said: str
    phrases: tuple[str, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Type:
    """The document has a fact `field`, or a name (title, type, file name) with one of these runs of stems."""

    names: tuple[tuple[str, ...], ...]
    said: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Several:
    """The document has from `low` to `high` (None: any number) different values of `of`, or, where `of` is "finding",
    findings for which `part` holds."""

    of: str
    low: int
    high: int | None
    said: str
    part: Condition | None = None


@dataclass(frozen=True, slots=True)
class Whole:
    """Of a finding: the condition holds for its document."""

    part: Condition


@dataclass(frozen=True, slots=True)
class Every:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Either:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Unless:
    """The part does not hold."""

    part: Condition


Condition = Field | Clause | Type | Several | Whole | Every | Either | Unless


@dataclass(frozen=True, slots=True)
class Pick:
    """Of the units for which the condition holds, the `count` with the highest (or lowest) value in the first of
    `fields` that each has; with those that tie with the last of them."""

    fields: tuple[str, ...]
    scale: Scale
    highest: bool
    said: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class SetQuestion:
    """`kinds` are the profiles of the documents asked about, () for all; `scope` narrows these documents; `base` the
    units (of "are all critical findings fixed", the critical ones); `condition` is what is asked of them. `field` is
    that of a VALUE unit. `noun` is the unit as the question calls it, in the plural. `restated` is the question
    in known words where it was not asked in such; `perhaps` says that it may not be what was asked, so that what it
    holds for may not be called a member. `pick` leaves only the first of them in some order; `by` is the field by
    whose values the members are to be told apart."""

    text: str
    unit: Unit
    quantifier: Quantifier
    noun: str
    kinds: tuple[str, ...] = ()
    scope: Condition | None = None
    base: Condition | None = None
    condition: Condition | None = None
    field: str = ""
    restated: str = ""
    perhaps: bool = False
    pick: Pick | None = None
    by: str = ""


def words(condition: Condition | None) -> str:
    """The condition in words."""
    match condition:
        case None:
            return ""
        case Field() | Clause() | Type() | Several():
            return condition.said
        case Whole(part):
            return words(part)
        case Every((first, Unless(Field(_, Doubt())))):
            return words(first)
        case Every(parts):
            return " and ".join(f"({words(p)})" if isinstance(p, Either) else words(p) for p in parts)
        case Either(parts):
            return " or ".join(f"({words(p)})" if isinstance(p, Every) else words(p) for p in parts)
        case Unless(part):
            inner = words(part)
            return f"not ({inner})" if isinstance(part, Every | Either) else f"not {inner}"
