"""What a kind of document declares in TOML: how it is known, what is read off it, how people ask for it.

A profile is data: a third kind is one more file. Patterns are Python's `re` over text whose white space is one space
between words and two newlines between paragraphs, with straight quotation marks and plain hyphens. Every repetition
in them has an upper bound and none is nested, so that hostile text costs no more than its length.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from citebound.errors import ConfigError

SHIPPED = Path(__file__).parent / "profiles"
TYPES = frozenset({"text", "name", "date", "duration", "money", "law", "enum"})
PLACES = frozenset({"head", "tail", "anywhere", "sections"})
LONGEST_PATTERN = 3000
DEEPEST = 6
WIDEST = 200_000
"""The most that the bounds of a pattern's repetitions may multiply to: what one start can cost."""

SMALL = 8
"""Bounds up to this are not counted: digits of a date, a few letters of an ending."""

NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
INERT = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.S)
TOKEN = re.compile(r"(?P<open>\()|(?P<close>\))|(?P<or>\|)|(?P<many>[*+]|\{\d+,\})|\{(?:\d*,)?(?P<most>\d+)\}")
PLAIN = str.maketrans(dict.fromkeys("“”„‟«»″", '"') | dict.fromkeys("‘’‚‛′", "'") | dict.fromkeys("‐‑‒–—―−\xad", "-"))


@dataclass(frozen=True, slots=True)
class Sign:
    """A pattern that speaks for a kind where it is found, case aside, in the title or the first characters."""

    pattern: str
    weight: float


@dataclass(frozen=True, slots=True)
class Field:
    """One value, or with `many` several, that documents of this kind have.

    `patterns` are tried in order, each with a group "value"; the first that gives a value wins unless `many`. They
    look at the first or last `reach` characters ("head", "tail"), everywhere, or in the sections whose heading matches
    `headings`; with `stems`, only at sentences that hold one of these lower-case strings. For an enum, `values` maps
    each value to the pattern of what is printed. What `unless` (TOML: `not`) matches in a sentence is not looked at.
    `sum` names dates, and a duration last: their sum, with the first date
    that is known, stands in where none is printed; so does the value of a field in `means` where its pattern is found
    ("the date first written above"). Where all this gives nothing, what one of `said` matches tells that there is a
    value, printed elsewhere or in no form that is read: a fact "undetermined" with a note. A name that is `many` is a
    stretch of text that lists parties, up to what `until` matches; their roles become facts named `role`. `words` are
    how people ask for it; `asked` are sentences that ask whether there is one, in words of everyday: what is like them
    is taken to ask the same; `questions` are patterns of questions for its value.
    """

    name: str
    type: str
    title: str = ""
    many: bool = False
    where: str = "anywhere"
    reach: int = 6000
    headings: str = ""
    stems: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    sum: tuple[str, ...] = ()
    means: tuple[tuple[str, str], ...] = ()
    role: str = ""
    until: str = ""
    unless: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Clause:
    """A category of clause whose presence or absence can be asked.

    A sentence with one of `stems` is looked at, in lower case. It proves the clause if all parts of one of `patterns`
    are found in it and nothing of `unless` (TOML: `not`); the parts of one of `maybe` make it doubtful. In a section
    whose heading, in lower case, `headings` matches, any sentence with all parts of one of `under` proves it. `words`
    and `asked` are as in a field; a clause that `forbids` is there where something "may not" be done.
    """

    name: str
    title: str
    stems: tuple[str, ...]
    patterns: tuple[tuple[str, ...], ...]
    unless: tuple[str, ...] = ()
    maybe: tuple[tuple[str, ...], ...] = ()
    words: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    forbids: bool = False
    headings: str = ""
    under: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """A kind of document. `head` is how many characters of text are looked at to recognise it, `least` the score that
    it needs; `media_types` are those it can have, () for all. `hints` are a few
    words for the prompt of an answer from such documents: its first sentences, for the user waits for every token.
    """

    name: str
    title: str
    signs: tuple[Sign, ...] = ()
    least: float = 1.0
    head: int = 6000
    media_types: tuple[str, ...] = ()
    terms: bool = False
    references: bool = False
    findings: bool = False
    fields: tuple[Field, ...] = ()
    clauses: tuple[Clause, ...] = ()
    hints: str = ""

    def as_json(self) -> str:
        """The profile as it crosses to a child process."""
        return json.dumps(_table(self), ensure_ascii=True)

    @classmethod
    def from_json(cls, text: str) -> Profile:
        """The profile of `as_json`. Raises ConfigError for anything else."""
        try:
            table = json.loads(text)
        except ValueError as error:
            raise ConfigError(f"a profile is not sound JSON: {error}", remedy="Send what as_json made.") from error
        return _profile(table, "JSON")


def profiles(*extra: Path) -> tuple[Profile, ...]:
    """The shipped kinds and those in the folders `extra`, by name; a user's own replaces the shipped one of its name.

    Raises ConfigError for a file that does not read, or two in one folder with the same name.
    """
    found: dict[str, Profile] = {}
    for folder in (SHIPPED, *extra):
        here: dict[str, Profile] = {}
        for path in sorted(folder.glob("*.toml")):
            profile = read(path)
            if profile.name in here:
                raise ConfigError(f"{path}: a second profile {profile.name!r}", remedy="Name each kind once.")
            here[profile.name] = profile
        found |= here
    return tuple(found[name] for name in sorted(found))


@cache
def shipped() -> tuple[Profile, ...]:
    """The kinds that come with the product."""
    return profiles()


def read(path: Path) -> Profile:
    """One profile from its file. Raises ConfigError that names the file and, inside it, what is wrong."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", remedy="Mend or remove the file.") from error
    return _profile(table, str(path))


def detect(title: str, text: str, media_type: str, profiles: Sequence[Profile]) -> Profile | None:
    """The kind with the best score that reaches its least; the first by name among equals; None for no kind."""
    best: tuple[float, Profile] | None = None
    for profile in sorted(profiles, key=lambda p: p.name):
        if profile.media_types and media_type not in profile.media_types:
            continue
        opening = " ".join(f"{title[:500]}\n{text[: profile.head]}".translate(PLAIN).split())
        score = sum(sign.weight for sign in profile.signs if compiled("(?i)" + sign.pattern).search(opening))
        if score >= profile.least and (best is None or score > best[0]):
            best = score, profile
    return best[1] if best else None


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of a profile, compiled once in this process."""
    return re.compile(pattern)


def _profile(table: object, file: str) -> Profile:
    reader = _Table(table, file, "")
    recognise, structure, prompt = (reader.table(name) for name in ("recognise", "structure", "prompt"))
    made = Profile(
        name=_named(reader.text("name"), file),
        title=reader.text("title"),
        signs=tuple(_sign(sign) for sign in recognise.tables("patterns")),
        least=recognise.number("least", 1.0),
        head=int(recognise.number("head", 6000)),
        media_types=recognise.texts("media_types"),
        terms=structure.switch("terms"),
        references=structure.switch("references"),
        findings=structure.switch("findings"),
        fields=tuple(_field(name, field) for name, field in reader.named("fields")),
        clauses=tuple(_clause(name, clause) for name, clause in reader.named("clauses")),
        hints=prompt.text("hints", ""),
    )
    for part in (reader, recognise, structure, prompt):
        part.close()
    known = {field.name for field in made.fields}
    for field in made.fields:
        if len(field.sum) == 1 or not {*field.sum, *(other for other, _ in field.means)} <= known:
            raise ConfigError(
                f"{file}: fields.{field.name} names a field that is not there in sum or means",
                remedy="Name dates of this profile and, in sum, a duration last.",
            )
    return made


def _sign(table: _Table) -> Sign:
    made = Sign(table.pattern("pattern", 0), table.number("weight", 1.0))
    table.close()
    return made


def _field(name: str, table: _Table) -> Field:
    values, means = table.table("values"), table.table("means")
    made = Field(
        name=_named(name, table.file),
        type=table.one_of("type", TYPES, "text"),
        title=table.text("title", name.replace("_", " ").capitalize()),
        many=table.switch("many"),
        where=table.one_of("where", PLACES, "anywhere"),
        reach=int(table.number("reach", 6000)),
        headings=table.pattern("headings", 0) if "headings" in table.left else "",
        stems=table.texts("stems"),
        patterns=table.patterns("patterns", 1),
        values=tuple((value, values.pattern(value, 0)) for value in list(values.left)),
        sum=table.texts("sum"),
        means=tuple((other, means.pattern(other, 0)) for other in list(means.left)),
        role=table.text("role", ""),
        until=table.pattern("until", 0) if "until" in table.left else "",
        unless=table.patterns("not", 0),
        words=table.texts("words"),
        asked=table.texts("asked"),
        questions=table.patterns("questions", 0),
        said=table.patterns("said", 0),
    )
    table.close()
    return made


def _clause(name: str, table: _Table) -> Clause:
    made = Clause(
        name=_named(name, table.file),
        title=table.text("title", name.replace("_", " ").capitalize()),
        stems=table.texts("stems"),
        patterns=table.alternatives("patterns"),
        unless=table.patterns("not", 0),
        maybe=table.alternatives("maybe"),
        words=table.texts("words"),
        asked=table.texts("asked"),
        forbids=table.switch("forbids"),
        headings=table.pattern("headings", 0) if "headings" in table.left else "",
        under=table.alternatives("under"),
    )
    table.close()
    if bool(made.headings) != bool(made.under):
        raise ConfigError(
            f"{table.file}: {table.at} has headings without under, or under without headings",
            remedy="Give it both: a heading alone proves nothing.",
        )
    if not made.stems or not made.patterns:
        raise ConfigError(
            f"{table.file}: {table.at} has no stems or no patterns", remedy="Give it both: stems choose its sentences."
        )
    return made


def _named(name: str, file: str) -> str:
    if not NAME.fullmatch(name):
        raise ConfigError(f"{file}: {name!r} is no name", remedy="Use small letters, digits and underscores.")
    return name


class _Table:
    """A TOML table that is read key by key; what is left at the end is a misspelt key."""

    def __init__(self, value: object, file: str, at: str) -> None:
        self.file, self.at = file, at
        if not isinstance(value, dict):
            raise self.wrong("", "a table")
        self.left: dict[str, Any] = dict(value)

    def wrong(self, key: str, wanted: str) -> ConfigError:
        return ConfigError(f"{self.file}: {self._path(key)} is not {wanted}", remedy="See the shipped profiles.")

    def close(self) -> None:
        for key in self.left:
            raise ConfigError(f"{self.file}: unknown key {self._path(key)}", remedy="See the shipped profiles.")

    def text(self, key: str, default: str | None = None) -> str:
        value = self.left.pop(key, default)
        if not isinstance(value, str):
            raise self.wrong(key, "a text")
        return value

    def one_of(self, key: str, choices: frozenset[str], default: str) -> str:
        value = self.text(key, default)
        if value not in choices:
            raise self.wrong(key, "one of " + ", ".join(sorted(choices)))
        return value

    def number(self, key: str, default: float) -> float:
        value = self.left.pop(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 10_000_000:
            raise self.wrong(key, "a number from 0 to ten million")
        return value

    def switch(self, key: str) -> bool:
        value = self.left.pop(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.left.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            raise self.wrong(key, "a list of texts")
        return tuple(value)

    def table(self, key: str) -> _Table:
        return _Table(self.left.pop(key, {}), self.file, self._path(key))

    def tables(self, key: str) -> list[_Table]:
        value = self.left.pop(key, [])
        if not isinstance(value, list):
            raise self.wrong(key, "a list of tables")
        return [_Table(v, self.file, f"{self._path(key)}[{i}]") for i, v in enumerate(value)]

    def named(self, key: str) -> list[tuple[str, _Table]]:
        inside = self.table(key)
        return [(name, inside.table(name)) for name in list(inside.left)]

    def pattern(self, key: str, groups: int) -> str:
        return self._checked(self.text(key), key, groups)

    def patterns(self, key: str, groups: int) -> tuple[str, ...]:
        return tuple(self._checked(pattern, key, groups) for pattern in self.texts(key))

    def alternatives(self, key: str) -> tuple[tuple[str, ...], ...]:
        """A list whose entries are patterns, or lists of patterns that must all be found."""
        value = self.left.pop(key, [])
        if not isinstance(value, list):
            raise self.wrong(key, "a list")
        made = []
        for entry in value:
            parts = [entry] if isinstance(entry, str) else entry
            if not isinstance(parts, list) or not parts or not all(isinstance(p, str) for p in parts):
                raise self.wrong(key, "a list of patterns or of lists of patterns")
            made.append(tuple(self._checked(part, key, 0) for part in parts))
        return tuple(made)

    def _checked(self, pattern: str, key: str, groups: int) -> str:
        try:
            expression = compiled(pattern)
        except (re.error, RecursionError, OverflowError) as error:
            why = str(error)
        else:
            why = _cost(pattern)
            if not why and groups and "value" not in expression.groupindex:
                why = 'it has no group "value"'
        if why:
            raise ConfigError(f"{self.file}: {self._path(key)}: the pattern {pattern[:80]!r}: {why}", remedy=BOUNDED)
        return pattern

    def _path(self, key: str) -> str:
        return ".".join(part for part in (self.at, key) if part) or "the file"


BOUNDED = "Give every repetition an upper bound, {0,80}, and put none inside another."


def _cost(pattern: str) -> str:
    """What makes a pattern too dear to run on text that nobody has vetted; "" for nothing."""
    if len(pattern) > LONGEST_PATTERN:
        return f"it has more than {LONGEST_PATTERN} characters"
    groups = [_Group()]
    closed, closed_at = False, -1
    for token in TOKEN.finditer(INERT.sub(lambda m: "x" * len(m.group()), pattern)):
        most = int(token["most"] or 0)
        if token["open"]:
            groups.append(_Group())
            if len(groups) > DEEPEST + 1:
                return f"its groups are nested more than {DEEPEST} deep"
        elif token["close"] and len(groups) > 1:
            inner = groups.pop()
            groups[-1].ways *= max(inner.ways, inner.most)
            groups[-1].repeats |= inner.repeats
            closed, closed_at = inner.repeats, token.end()
        elif token["or"]:
            groups[-1].most, groups[-1].ways = max(groups[-1].most, groups[-1].ways), 1
        elif token["many"]:
            return "a repetition without an upper bound"
        elif most > 1:
            if closed and closed_at == token.start():
                return "a repetition inside a repetition"
            last = not pattern[token.end() :].strip("?)")  # nothing after it can fail, so it is never tried again
            groups[-1].ways *= 1 if last or most <= SMALL else most
            groups[-1].repeats = True
        if groups[-1].ways > WIDEST:
            return "its repetitions multiply to too many ways"
    return ""


@dataclass(slots=True)
class _Group:
    """What one group of a pattern costs: ways of the branch being read, and the most of those before it."""

    ways: int = 1
    most: int = 1
    repeats: bool = False


def _table(profile: Profile) -> Mapping[str, object]:
    """The TOML table that `_profile` reads back."""
    return {
        "name": profile.name,
        "title": profile.title,
        "recognise": {
            "least": profile.least,
            "head": profile.head,
            "media_types": list(profile.media_types),
            "patterns": [{"pattern": sign.pattern, "weight": sign.weight} for sign in profile.signs],
        },
        "structure": {"terms": profile.terms, "references": profile.references, "findings": profile.findings},
        "fields": {
            field.name: _keys(field) | {"values": dict(field.values), "means": dict(field.means)}
            for field in profile.fields
        },
        "clauses": {clause.name: _keys(clause) for clause in profile.clauses},
        "prompt": {"hints": profile.hints},
    }


def _keys(part: Field | Clause) -> dict[str, object]:
    made = {("not" if key == "unless" else key): getattr(part, key) for key in part.__slots__ if key != "name"}
    return {key: _lists(value) for key, value in made.items() if value or key == "title"}


def _lists(value: object) -> object:
    return [_lists(v) for v in value] if isinstance(value, tuple) else value
