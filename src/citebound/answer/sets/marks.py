"""What the phrases of a question mean.

They are claimed one kind after the other, the most specific first, so that no word counts twice; what nobody claims is
left for the plan to account for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from citebound.answer.sets.question import (
    Condition,
    Field,
    Named,
    Pick,
)
from citebound.answer.sets.words import (
    LEAST,
    MOST,
    NUMBERS,
    OR_MORE,
    OVER,
    UNDER,
)

CLAIMED = "\x00"


@dataclass(frozen=True, slots=True)
class Mark:
    """A phrase of the question and what it means. `what` is "document", "finding" or "value" for a noun, "condition"
    for anything else; `level` says of what a condition is; `negated` that the phrase itself denies it."""

    start: int
    end: int
    what: str
    condition: Condition | None = None
    level: str = "document"
    negated: bool = False
    kinds: tuple[str, ...] = ()
    name: str = ""
    plural: bool = True
    definite: bool = False
    group: str = ""
    pick: Pick | None = None


@dataclass(slots=True)
class Marks:
    """The marks of one question, claimed in order of how specific they are. `low` has the length of `text`."""

    text: str
    low: str
    found: list[Mark] = field(default_factory=list)

    def claim(self, pattern: str | re.Pattern[str], make: Callable[[re.Match[str]], Mark | None]) -> None:
        """Every match of a pattern in what is not yet claimed; `make` may decline one."""
        expression = pattern if isinstance(pattern, re.Pattern) else re.compile(rf"(?<![\w-])(?:{pattern})(?![\w-])")
        at = 0
        while match := expression.search(self.low, at):
            at = max(match.end(), match.start() + 1)
            mark = make(match)
            if mark is not None:
                self.take(mark)

    def take(self, mark: Mark) -> None:
        self.found.append(mark)
        self.low = self.low[: mark.start] + CLAIMED * (mark.end - mark.start) + self.low[mark.end :]

    def strike(self, start: int, end: int) -> None:
        """Words that belong to a mark already made."""
        self.low = self.low[:start] + CLAIMED * (end - start) + self.low[end:]


def condition_mark(match: re.Match[str], condition: Condition, level: str = "document", group: str = "") -> Mark:
    return Mark(match.start(), match.end(), "condition", condition, level, group=group)


def amounts(match: re.Match[str]) -> tuple[str | None, str | None, bool, bool]:
    """low, high and whether each end is left out, of a match of `RANGED`."""
    if match["from"]:
        return plain_number(match["from"]), plain_number(match["to"]), False, False
    n, op, tail = plain_number(match["n"]), match["op"] or "", match["tail"] or ""
    if re.fullmatch(OVER, op):
        return n, None, True, False
    if re.fullmatch(LEAST, op) or re.fullmatch(OR_MORE, tail):
        return n, None, False, False
    if re.fullmatch(UNDER, op):
        return None, n, False, True
    if re.fullmatch(MOST, op) or tail:
        return None, n, False, False
    return n, n, False, False


def plain_number(number: str) -> str:
    return str(NUMBERS.get(number, number))


def name_fields(run: Sequence[str], known: Mapping[str, Sequence[str]], order: Sequence[str]) -> str:
    """The first field in which some value has these words one after the other, "" for none."""
    for name in order:
        for value in known.get(name, ()):
            words = re.findall(r"[^\W_]+", value.casefold())
            if any(words[i : i + len(run)] == list(run) for i in range(len(words) - len(run) + 1)):
                return name
    return ""


def named(field_name: str, run: Sequence[str], said: str) -> Field:
    return Field((field_name,), Named(tuple(run)), f"{field_name.replace('_', ' ')} {said}")
