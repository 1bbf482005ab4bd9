"""Filters: text or JSON -> typed tree -> SQL condition with parameters. No value is ever formatted into SQL.

Text form: ``source:*.pdf kind:contracts severity>=high after:2026-01-01 label.matter:alpha``; terms are joined by
"and", a leading ``-`` negates, commas list alternatives, quotes keep spaces and commas.
JSON form: ``{"source": "*.pdf", "label.matter": ["alpha", "beta"]}`` or a tree:
``{"or": [{"source": "a*"}, {"not": {"type": "text/plain"}}]}``, and for a range
``{"added": {"from": "2026-01-01", "to": "2026-02-01"}}`` or ``{"cvss_score": {">": 7}}``.

Beside the columns of a document a filter may name any field that a shipped profile or a finding has, ``fact.<name>``
for a field of a profile of one's own, and ``clause:<name>``. A document passes if one of its facts does, its own or
those of a finding; facts of doubtful wording do not count, so that ``-clause:<name>`` also finds documents whose only
trace of the clause is doubtful. Each condition looks for its own fact: ``severity:high status:open`` are documents with
a high finding and an open one, which need not be the same. Letters match in either case; of names one word is
enough; severities are compared by rank, numbers by value, dates to the precision that is asked for, lengths of time by
days. ``status:open``, ``partial``, ``accepted`` and ``fixed`` stand for all printed words of that meaning. In a tree
the end of a Range over facts that does not belong to it begins with its sign: ``Range("cvss_score", low=">7")``.
"""

from __future__ import annotations

import difflib
import operator
import re
import shlex
from collections.abc import Mapping, Sequence
from functools import cache

from citebound.errors import BadFilter
from citebound.ingest.profile import NAME, shipped
from citebound.ingest.severity import LEVELS, STATUS_WORDS, UNDETERMINED, rank, severity_of
from citebound.types import And, Eq, Filter, Glob, In, Not, Or, Range

COLUMNS = {
    "source": "sources.path",
    "name": "sources.name",
    "added": "sources.added_at",
    "document": "documents.id",
    "title": "documents.title",
    "type": "documents.media_type",
    "kind": "documents.kind",
}
"""Fields of every document, beside ``label.<key>``."""

FINDING = (
    "id severity status cvss_vector cvss_version cvss_score cwe cve asset description impact remediation"
    " attack_technique hash_md5 hash_sha1 hash_sha256 address host url"
).split()
"""Fields of findings, and the indicators that reports name."""

TYPES = {"severity": "severity", "status": "status", "cvss_score": "number", "cvss_version": "number", "cwe": "cwe"}
TYPES |= dict.fromkeys(("asset", "description", "impact", "remediation", "client", "assessor", "amends"), "name")
"""What the values of a field are, where its profile does not say it."""

ALIASES = {"law": "governing_law"}
"""Filters that profiles declare under another name than the field's."""

SCALES = {
    "number": re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,10})?"),
    "date": re.compile(r"[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?"),
    "duration": re.compile(r"(?i)P?(?P<count>[0-9]{1,5}) ?(?P<unit>d|w|m|y|days?|weeks?|months?|years?)"),
}
"""What is compared by more than its letters, and how a filter writes it."""

DAYS = {"D": 1, "W": 7, "M": 30.4375, "Y": 365.25}
SIGNS = {"=": operator.eq, ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
ENDS = {"from": ">=", ">=": ">=", ">": ">", "to": "<=", "<=": "<=", "<": "<"}
TERM = re.compile(r"(?P<field>[^:<>]+):?(?P<sign>[<>]=?+|(?<=:))(?P<value>.+)", re.S)
QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
COMMA = "\ue000"
"""Stands for a comma between quotation marks; not printable, so that no filter has it."""

EDGE = "[^0-9A-Za-z\u00c0-\u1fff\u2c00-\ud7ff]"
"""What stands before and after a word, as a pattern of GLOB."""

MAX_DEPTH = 8
MAX_LEAVES = 500
MAX_PARAMETERS = 10_000
MAX_CHAIN = 50
"""Conditions in one row without brackets. The limits are SQLite's own: a parser stack of 100 symbols, expressions 1,000
deep, statements of a million bytes."""

MAX_VALUE = 300
"""Characters of a value that facts are compared with."""

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
        _sendable(sql(tree)[1])
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


def _sendable(parameters: Sequence[str]) -> None:
    if len(parameters) > MAX_PARAMETERS:
        raise BadFilter("the filter compares too many words", remedy="Write a simpler filter.")
    try:
        "".join(parameters).encode()
    except UnicodeEncodeError as error:
        raise BadFilter("the filter has half of a surrogate pair") from error


def sql(tree: Filter) -> tuple[str, list[str]]:
    """A condition over the tables `sources` and `documents`, and its parameters. Raises BadFilter for a value that a
    field cannot have."""
    match tree:
        case And(parts):
            return _joined([sql(part) for part in parts], " AND ", "1")
        case Or(parts):
            return _joined([sql(part) for part in parts], " OR ", "0")
        case Not(part):
            condition, parameters = sql(part)
            return f"NOT ifnull({condition}, 0)", parameters
        case Eq() | In() | Glob() | Range():
            return _of_column(tree) if _is_column(tree.field) else _of_facts(tree)


def _joined(made: Sequence[tuple[str, list[str]]], word: str, empty: str) -> tuple[str, list[str]]:
    if len(made) > MAX_CHAIN:
        made = [_joined(made[i : i + MAX_CHAIN], word, empty) for i in range(0, len(made), MAX_CHAIN)]
    return f"({word.join(c for c, _ in made) or empty})", [p for _, parameters in made for p in parameters]


# -- columns and labels -----------------------------------------------------------------------------------------------


def _of_column(leaf: Eq | In | Glob | Range) -> tuple[str, list[str]]:
    column, key = _column(leaf.field)
    match leaf:
        case Eq(_, value):
            return f"{column} = ?", [*key, value]
        case In(_, values):
            return f"{column} IN ({_marks(values)})", [*key, *values]
        case Glob(_, pattern):
            return f"{column} GLOB ?", [*key, pattern]
        case Range(_, low, high):
            kept = [(sign, end) for sign, end in ((">=", low), ("<=", high)) if end is not None]
            condition = " AND ".join(f"{column} {sign} ?" for sign, _ in kept) or "1"
            return condition, [p for _, end in kept for p in (*key, end)]


def _is_column(field: str) -> bool:
    return field in COLUMNS or field.startswith("label.")


def _column(field: str) -> tuple[str, list[str]]:
    """The expression and its parameters."""
    if field in COLUMNS:
        return COLUMNS[field], []
    return "json_extract(sources.labels, ?)", ['$."' + field.removeprefix("label.") + '"']


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))


# -- facts ------------------------------------------------------------------------------------------------------------


@cache
def fact_fields() -> Mapping[str, str]:
    """The fields of documents and findings that a filter may name without ``fact.``, each with its type."""
    found = dict.fromkeys(FINDING, "text")
    for profile in shipped():
        for field in profile.fields:
            found[field.name] = field.type
            found |= {field.role: "text"} if field.role else {}
    found |= {name: type_ for name, type_ in TYPES.items() if name in found}
    found |= {alias: found[name] for alias, name in ALIASES.items()} | {"clause": "clause"}
    return {name: type_ for name, type_ in found.items() if name not in COLUMNS}


@cache
def clauses() -> frozenset[str]:
    """The categories of clause that shipped profiles declare."""
    return frozenset(clause.name for profile in shipped() for clause in profile.clauses)


def _of_facts(leaf: Eq | In | Glob | Range) -> tuple[str, list[str]]:
    """Whether a document has a fact of that name whose value passes and that is not doubtful."""
    field = leaf.field
    match leaf:
        case Eq(_, value):
            made = _equal(field, value)
        case In(_, values):
            made = _joined([_equal(field, value) for value in values], " OR ", "0")
        case Glob(_, pattern):
            made = "facts.value GLOB ?", [_either_case(_line(field, pattern))]
        case Range(_, low, high):
            ends = [_end(field, sign, end) for sign, end in ((">", low), ("<", high)) if end is not None]
            made = _joined(ends, " AND ", "1")
    condition, parameters = made
    return (
        "sources.document_id IN (SELECT facts.document_id FROM facts WHERE facts.name = ?"  # noqa: S608
        f" AND facts.note NOT GLOB ? AND {condition})",
        [ALIASES.get(field, field).removeprefix("fact."), "doubtful*", *parameters],
    )


def _equal(field: str, value: str) -> tuple[str, list[str]]:
    value = _line(field, value)
    match fact_fields().get(field, "text"):
        case "clause":
            return "facts.value = ?", [_clause(value)]
        case "status" if value.lower() in STATUS_WORDS.values():
            words = [value.lower(), *(word for word, group in STATUS_WORDS.items() if group == value.lower())]
            first = "substr(facts.value, 1, instr(facts.value || char(32), char(32)) - 1)"
            return f"(facts.value IN ({_marks(words)}) OR {first} IN ({_marks(words)}))", words * 2
        case "cwe" if value.isdecimal():
            value = f"CWE-{value}"
        case "name" if words := re.findall(r"\w+", value):
            patterns = [f"*{EDGE}{_literal(word)}{EDGE}*" for word in words]
            return _joined([("char(32) || facts.value || char(32) GLOB ?", [p]) for p in patterns], " AND ", "1")
        case "severity" | "number" | "date" | "duration":
            return _compared(field, "=", value)
    return "facts.value GLOB ?", [_literal(value)]


def _end(field: str, sign: str, end: str) -> tuple[str, list[str]]:
    """One end of a range; one that begins with its sign, ``>7``, does not belong to it."""
    return _compared(field, sign, end[1:]) if end.startswith(sign) else _compared(field, sign + "=", end)


def _compared(field: str, sign: str, value: str) -> tuple[str, list[str]]:
    """A comparison on the scale of the field, or on those that the value fits where the field has none."""
    value = _line(field, value)
    type_ = fact_fields().get(field, "text")
    if type_ == "severity":
        level = severity_of(value)
        if not level or (level == UNDETERMINED and sign != "="):
            raise BadFilter(f"no severity {value!r}", remedy=f"Severities: {', '.join(LEVELS)}.")
        scale = LEVELS if level in LEVELS else (UNDETERMINED,)
        kept = [one for one in scale if SIGNS[sign](rank(one), rank(level))]
        return f"facts.value IN ({_marks(kept)})", kept
    fitting = [name for name in ([type_] if type_ in SCALES else SCALES) if SCALES[name].fullmatch(value)]
    if type_ in SCALES and not fitting:
        raise BadFilter(
            f"{field!r} is compared with a {type_}, not with {value!r}",
            remedy="A number is 7 or 7.5, a date 2026, 2026-01 or 2026-01-31, a duration P30D or '2 years'.",
        )
    return _joined([_on(name, sign, value) for name in fitting or ["text"]], " OR ", "0")


def _on(scale: str, sign: str, value: str) -> tuple[str, list[str]]:
    """A comparison of the facts whose values are on a scale; others do not pass."""
    if scale == "number":
        number = f"CAST(facts.value AS REAL) {sign} CAST(? AS REAL)"
        return f"(facts.value NOT GLOB ? AND {number})", ["*[^0-9.]*", value]
    if scale == "date":
        cut = f"substr(facts.value, 1, length(?)) {sign} ?"
        return f"(facts.value GLOB ? AND {cut})", ["[0-9][0-9][0-9][0-9]-[0-9][0-9]*", value, value]
    if scale == "duration" and (match := SCALES[scale].fullmatch(value)):
        days = int(match["count"]) * DAYS[match["unit"][0].upper()]
        each = " ".join(["WHEN ? THEN CAST(? AS REAL)"] * len(DAYS))
        length = f"CAST(substr(facts.value, 2) AS REAL) * CASE substr(facts.value, -1) {each} END"
        units = [part for unit, count in DAYS.items() for part in (unit, str(count))]
        return f"(facts.value GLOB ? AND {length} {sign} CAST(? AS REAL))", ["P[0-9]*", *units, str(days)]
    return f"facts.value {sign} ? COLLATE NOCASE", [value]


def _line(field: str, value: str) -> str:
    if len(value) > MAX_VALUE or not value.isprintable():
        raise BadFilter(f"{field!r} is compared with one printable line of at most {MAX_VALUE} characters")
    return value


def _clause(value: str) -> str:
    name = re.sub(r"[ -]", "_", value.lower())
    if name not in clauses():
        remedy = f"{_nearest(name, clauses())}Clauses: {', '.join(sorted(clauses()))}; fact.clause takes any."
        raise BadFilter(f"unknown clause {value!r}", remedy=remedy)
    return name


def _either_case(pattern: str) -> str:
    """A pattern that matches letters in both cases; those between brackets stay as they are."""
    return re.sub(r"\[\^?\]?[^\]]*\]|.", lambda m: _folded(m[0]) if len(m[0]) == 1 else m[0], pattern)


def _literal(value: str) -> str:
    """A pattern that matches the value itself, its letters in both cases."""
    return "".join(f"[{c}]" if c in "*?[" else _folded(c) for c in value)


def _folded(character: str) -> str:
    cases = dict.fromkeys(c for c in (character, character.lower(), character.upper()) if len(c) == 1)
    return f"[{''.join(cases)}]" if len(cases) > 1 else character


# -- reading ----------------------------------------------------------------------------------------------------------


def _parse_text(text: str) -> Filter | None:
    if len(text) > 10_000 or "\0" in text or not text.isprintable():
        raise BadFilter("a filter is one printable line of at most 10,000 characters")
    try:
        terms = shlex.split(QUOTED.sub(lambda m: m[0].replace(",", COMMA), text))
    except ValueError as error:
        raise BadFilter(f"filter {text!r}: {error}", remedy="Close the quotation.") from error
    parts = [_parse_term(term) for term in terms]
    return parts[0] if len(parts) == 1 else And(tuple(parts)) if parts else None


def _parse_term(term: str) -> Filter:
    if term.startswith("-") and not term.startswith("--"):
        return Not(_parse_term(term[1:]))
    match = TERM.fullmatch(term)
    if not match:
        raise BadFilter(f"filter {term.replace(COMMA, ',')!r} is not of the form field:value", remedy=_fields())
    values = [value.replace(COMMA, ",") for value in match["value"].split(",")]
    if match["sign"]:
        return _parse_range(match["field"], {match["sign"]: ",".join(values)})
    return _parse_entry(match["field"], values if len(values) > 1 else values[0])


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
        return _parse_range(key, value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _compare(key, [str(v) for v in value])
    return _compare(key, str(value))


def _parse_range(field: str, ends: Mapping[str, object]) -> Filter:
    """A range with at most one end on each side; of a column, the end that does not belong to it is taken out."""
    _known(field)
    given = [(ENDS.get(key, ""), str(end)) for key, end in ends.items() if key not in ENDS or end is not None]
    sides = [sign[:1] for sign, _ in given]
    if not ends or not all(sides) or len(sides) > len(set(sides)):
        raise BadFilter(f"the range of {field!r} takes 'from' and 'to', or signs such as '>=' and '<'")
    if not _is_column(field):
        given = [(sign, end if sign.endswith("=") else sign + end) for sign, end in given]
    low = next((end for sign, end in given if sign.startswith(">")), None)
    high = next((end for sign, end in given if sign.startswith("<")), None)
    outside = [Not(Eq(field, end)) for sign, end in given if _is_column(field) and not sign.endswith("=")]
    whole = Range(field, low, high)
    return And((whole, *outside)) if outside else whole


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
    if '"' in field or not field.isprintable():
        raise BadFilter(f"filter field {field!r} must not contain quotes or control characters")
    if field in COLUMNS or (field.startswith("label.") and field != "label."):
        return
    if field.startswith("fact.") and NAME.fullmatch(field.removeprefix("fact.")):
        return
    if field not in fact_fields():
        near = _nearest(field, [*COLUMNS, *fact_fields(), "after", "before"])
        raise BadFilter(f"unknown filter field {field!r}", remedy=near + _fields())


def _nearest(name: str, known: Sequence[str] | frozenset[str]) -> str:
    near = difflib.get_close_matches(name[:64].lower(), sorted(known), n=1)
    return f"Did you mean {near[0]!r}? " if near else ""


def _fields() -> str:
    return "Fields: " + ", ".join([*COLUMNS, "label.<key>", "after", "before", *fact_fields(), "fact.<name>"]) + "."
