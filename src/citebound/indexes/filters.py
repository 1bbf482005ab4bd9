"""Filters: text or JSON -> typed tree -> SQL condition with parameters. No value is ever formatted into SQL.

Text form: ``source:*.pdf type:application/pdf after:2026-01-01 label.matter:alpha``; terms are joined by "and", a
leading ``-`` negates, commas list alternatives, quotes keep spaces.
JSON form: ``{"source": "*.pdf", "label.matter": ["alpha", "beta"]}`` or a tree:
``{"or": [{"source": "a*"}, {"not": {"type": "text/plain"}}]}``, and for a range
``{"added": {"from": "2026-01-01", "to": "2026-02-01"}}``.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from citebound.errors import BadFilter
from citebound.types import And, Eq, Filter, Glob, In, Not, Or, Range

COLUMNS = {
    "source": "sources.path",
    "name": "sources.name",
    "added": "sources.added_at",
    "document": "documents.id",
    "title": "documents.title",
    "type": "documents.media_type",
}
"""Fields that a filter may name, beside ``label.<key>``."""

MAX_DEPTH = 32
MAX_LEAVES = 500

FilterLike = Filter | str | Mapping[str, object] | None


def parse(given: FilterLike) -> Filter | None:
    """The tree for text, JSON-like mappings, a tree, or nothing. Raises BadFilter with the offending part."""
    if given is None:
        return None
    if isinstance(given, str):
        tree = _parse_text(given)
    elif isinstance(given, Mapping):
        tree = _parse_mapping(given)
    elif isinstance(given, Eq | In | Glob | Range | And | Or | Not):
        tree = given
    else:
        raise BadFilter(f"a filter is text or a mapping, not {type(given).__name__}")
    if tree is not None:
        _within_limits(tree)
    return tree


def _within_limits(tree: Filter, depth: int = 1) -> int:
    """The number of leaves of a tree that SQLite can run; raises BadFilter for one that is too deep or too large."""
    if depth > MAX_DEPTH:
        raise BadFilter(f"a filter may be {MAX_DEPTH} levels deep", remedy="Write a simpler filter.")
    match tree:
        case And(parts) | Or(parts):
            leaves = sum(_within_limits(part, depth + 1) for part in parts)
        case Not(part):
            leaves = _within_limits(part, depth + 1)
        case In(field, values):
            _known(field)
            leaves = len(values)
        case Eq(field) | Glob(field) | Range(field):
            _known(field)
            leaves = 1
    if leaves > MAX_LEAVES:
        raise BadFilter(f"a filter may compare {MAX_LEAVES} values", remedy="Write a simpler filter.")
    return leaves


def sql(tree: Filter) -> tuple[str, list[str]]:
    """A condition over the tables `sources` and `documents`, and its parameters."""
    match tree:
        case Eq(field, value):
            return f"{_column(field)} = ?", [*_column_parameters(field), value]
        case In(field, values):
            return f"{_column(field)} IN ({', '.join('?' * len(values))})", [*_column_parameters(field), *values]
        case Glob(field, pattern):
            return f"{_column(field)} GLOB ?", [*_column_parameters(field), pattern]
        case Range(field, low, high):
            ends = [(">=", low), ("<=", high)]
            kept = [(sign, end) for sign, end in ends if end is not None]
            condition = " AND ".join(f"{_column(field)} {sign} ?" for sign, _ in kept) or "1"
            return condition, [p for _, end in kept for p in (*_column_parameters(field), end)]
        case And(parts):
            return _joined(parts, " AND ", "1")
        case Or(parts):
            return _joined(parts, " OR ", "0")
        case Not(part):
            condition, parameters = sql(part)
            return f"NOT ifnull({condition}, 0)", parameters


def _joined(parts: Sequence[Filter], word: str, empty: str) -> tuple[str, list[str]]:
    made = [sql(part) for part in parts]
    return f"({word.join(c for c, _ in made) or empty})", [p for _, parameters in made for p in parameters]


def _column(field: str) -> str:
    return "json_extract(sources.labels, ?)" if field.startswith("label.") else COLUMNS[field]


def _column_parameters(field: str) -> list[str]:
    return ['$."' + field.removeprefix("label.") + '"'] if field.startswith("label.") else []


def _parse_text(text: str) -> Filter | None:
    if len(text) > 10_000 or "\0" in text or not text.isprintable():
        raise BadFilter("a filter is one printable line of at most 10,000 characters")
    try:
        terms = shlex.split(text)
    except ValueError as error:
        raise BadFilter(f"filter {text!r}: {error}", remedy="Close the quotation.") from error
    parts = [_parse_term(term) for term in terms]
    return parts[0] if len(parts) == 1 else And(tuple(parts)) if parts else None


def _parse_term(term: str) -> Filter:
    if term.startswith("-") and not term.startswith("--"):
        return Not(_parse_term(term[1:]))
    field, colon, value = term.partition(":")
    if not colon or not value:
        raise BadFilter(f"filter {term!r} is not of the form field:value", remedy=_fields())
    return _parse_entry(field, value.split(",") if "," in value else value)


def _parse_mapping(given: Mapping[str, object]) -> Filter | None:
    parts = [_parse_entry(key, value) for key, value in given.items()]
    return parts[0] if len(parts) == 1 else And(tuple(parts)) if parts else None


def _parse_entry(key: str, value: object) -> Filter:
    if key in ("and", "or"):
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise BadFilter(f"{key!r} takes a list of filters")
        parts = tuple(part for part in map(_parse_part, value))
        return And(parts) if key == "and" else Or(parts)
    if key == "not":
        return Not(_parse_part(value))
    if key == "after":
        return Range("added", low=str(value))
    if key == "before":
        return Range("added", high=str(value))
    if isinstance(value, Mapping):
        if not value or not value.keys() <= {"from", "to"}:
            raise BadFilter(f"the range of {key!r} takes 'from' and 'to'")
        _known(key)
        low, high = (None if value.get(end) is None else str(value[end]) for end in ("from", "to"))
        return Range(key, low, high)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _compare(key, [str(v) for v in value])
    return _compare(key, str(value))


def _parse_part(value: object) -> Filter:
    if not isinstance(value, Mapping) or not value:
        raise BadFilter("a filter inside and, or, not is a mapping such as {'source': '*.pdf'}")
    tree = _parse_mapping(value)
    assert tree is not None
    return tree


def _compare(field: str, value: str | list[str]) -> Filter:
    _known(field)
    if isinstance(value, list):
        if field == "source" or any(set(v) & set("*?[") for v in value):
            return Or(tuple(_compare(field, v) for v in value))
        return In(field, tuple(value))
    if field == "source" and "/" not in value:
        return Or((_leaf("source", value), _leaf("name", value)))
    return _leaf(field, value)


def _leaf(field: str, value: str) -> Filter:
    return Glob(field, value) if set(value) & set("*?[") else Eq(field, value)


def _known(field: str) -> None:
    if field not in COLUMNS and not (field.startswith("label.") and field.removeprefix("label.").strip('"')):
        raise BadFilter(f"unknown filter field {field!r}", remedy=_fields())
    if '"' in field or not field.isprintable():
        raise BadFilter(f"filter field {field!r} must not contain quotes or control characters")


def _fields() -> str:
    return "Fields: " + ", ".join([*COLUMNS, "label.<key>", "after", "before"]) + "."
