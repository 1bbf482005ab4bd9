"""Names in a question: runs of words that nobody has claimed and that stand in the facts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from citebound.answer.sets.frame import (
    CUED,
    GLUE,
    ITS,
    NAME_CUES,
    NAME_ORDER,
    PERMITTING,
    RESTRICTING,
    TOKEN,
    VENDOR_CUES,
)
from citebound.answer.sets.marks import CLAIMED, Mark, Marks, name_fields, named
from citebound.answer.sets.reading import Reading, bare
from citebound.answer.sets.tree import (
    NotUnderstood,
)
from citebound.answer.sets.words import (
    NEGATIONS,
    PEOPLES,
    PLACES,
)


def with_names(read: Reading, marks: Marks, found: list[Mark], kinds: tuple[str, ...], unit: Mark) -> list[Mark]:
    """Runs of words that nobody has claimed are names, or nothing that is understood."""
    for run in runs_of(read, marks):
        found += names_of(read, run, marks, kinds or tuple(k.name for k in read.kinds), unit)
    return sorted(found, key=lambda m: m.start)


def runs_of(read: Reading, marks: Marks) -> list[list[tuple[int, int]]]:
    """Where the words stand that nobody has claimed and that are not small ones, those side by side together."""
    runs: list[list[tuple[int, int]]] = []
    last_end = -1
    for match in TOKEN.finditer(marks.low, read.frame_end):
        word = bare(match[0])
        if read.text[match.start() : match.start() + 2] == "US" and word == "us":
            raise NotUnderstood
        if not word or word in GLUE | RESTRICTING or word in NEGATIONS or word.endswith("n't") or word in PERMITTING:
            continue
        start, end = match.start(), match.start() + len(word)
        if runs and marks.low[last_end:start] in (" ", " & "):
            runs[-1].append((start, end))
        else:
            runs.append([(start, end)])
        last_end = match.end() if match[0] == word else -1
    return runs


def names_of(read: Reading, run: list[tuple[int, int]], marks: Marks, kinds: Sequence[str], unit: Mark) -> list[Mark]:
    printed = [read.text[a:b] for a, b in run]
    before = re.findall(r"[\w-]+", marks.low[max(0, run[0][0] - 40) : run[0][0]].replace(CLAIMED, " "))
    cue = before[-1] if before else ""
    order = [*(name for word in before[-3:] for name in CUED.get(word, ())), *NAME_ORDER]
    of_kind = {name for kind in kinds for name in _fields_of(read, kind)}
    order = [name for name in dict.fromkeys(order) if name in of_kind]
    made: list[Mark] = []
    at = 0
    while at < len(run):
        for n in range(len(run) - at, 0, -1):
            said = " ".join(printed[at : at + n])
            words = re.findall(r"[^\W_]+", said.casefold())
            proper = any(c.isupper() or c.isdigit() for c in said) or n > 1
            name = name_fields(words, read.known, order) if words and proper else ""
            if not name and words and proper and n > 1 and words[-1].endswith("s"):
                one = [*words[:-1], words[-1].removesuffix("s")]
                name = name_fields(one, read.known, order)
                words = one if name else words
            if not name and words and not proper and len(words[0]) > 3:
                name = _core(read, words, order)
            if name:
                break
        else:
            n, name = len(run) - at, ""
            said = " ".join(printed[at:])
            words = re.findall(r"[^\W_]+", said.casefold())
            sure = [kind for kind in kinds if cue in NAME_CUES.get(kind, ())]
            after = read.low[run[-1][1] :]
            advisories = "advisor" in read.low or re.match(r"'?s? (?:products?|devices?|systems?|software)\b", after)
            if kinds == ("security_reports",) and advisories and (cue in VENDOR_CUES or re.match(ITS, after)):
                sure = ["security_reports"]
            if not PEOPLES.keys().isdisjoint(words) or not PLACES.keys().isdisjoint(words):
                raise NotUnderstood
            if at or not sure or not words or not all(p[0].isupper() for p in printed):
                raise NotUnderstood
            name = "party" if sure[0] == "contracts" else "client" if cue == "client" else "vendor"
        condition = named(name, words, said)
        start, end = run[at][0], run[at + n - 1][1]
        marks.strike(start, end)
        made.append(Mark(start, end, "condition", condition, group=f"name {name}"))
        at += n
    return made


def _fields_of(read: Reading, kind: str) -> tuple[str, ...]:
    if kind == "contracts":
        return ("party",)
    if kind == "security_reports":
        return ("vendor", "client", "assessor", "publisher", "product", "report_id", "advisory_id")
    return tuple(f.name for k in read.kinds if k.name == kind for f in k.fields if f.type in ("text", "name"))


def _core(read: Reading, words: Sequence[str], order: Sequence[str]) -> str:
    """The field with a name that begins with these words, typed in small letters, and is little longer."""
    for name in order:
        for value in read.known.get(name, ()):
            there = re.findall(r"[^\W_]+", value.casefold())
            if (
                there[: len(words)] == list(words)
                and len(there) <= len(words) + 3
                and name in ("vendor", "party", "client")
            ):
                return name
    return ""
