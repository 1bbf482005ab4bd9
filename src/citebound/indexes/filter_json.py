"""A parsed filter as plain JSON and back, exactly: what a receipt keeps of it."""

from __future__ import annotations

from typing import Any

from citebound.errors import BadFilter
from citebound.types import And, Eq, Filter, Glob, In, Not, Or, Range


def filter_json(tree: Filter) -> dict[str, object]:
    """One key, the name of the node; under it its fields, or its parts."""
    match tree:
        case Eq(field, value):
            return {"eq": [field, value]}
        case In(field, values):
            return {"in": [field, *values]}
        case Glob(field, pattern):
            return {"glob": [field, pattern]}
        case Range(field, low, high):
            return {"range": [field, low, high]}
        case And(parts):
            return {"and": [filter_json(part) for part in parts]}
        case Or(parts):
            return {"or": [filter_json(part) for part in parts]}
        case Not(part):
            return {"not": filter_json(part)}


def filter_of(written: dict[str, Any]) -> Filter:
    """The filter that `filter_json` wrote. Raises BadFilter for anything else."""
    match written:
        case {"eq": [str(field), str(value)]}:
            return Eq(field, value)
        case {"in": [str(field), *values]}:
            return In(field, tuple(map(str, values)))
        case {"glob": [str(field), str(pattern)]}:
            return Glob(field, pattern)
        case {"range": [str(field), low, high]}:
            return Range(field, low, high)
        case {"and": [*parts]}:
            return And(tuple(map(filter_of, parts)))
        case {"or": [*parts]}:
            return Or(tuple(map(filter_of, parts)))
        case {"not": dict(part)}:
            return Not(filter_of(part))
    raise BadFilter(f"this is no filter of a receipt: {str(written)[:80]}")
