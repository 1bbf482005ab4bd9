"""A question as the planner reads it: in small letters, without asides, with its frame told apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from citebound.answer.sets.frame import (
    ASIDE,
    ENDING,
    EVERYTHING,
    FAMILY,
    FRAMES,
    LED,
    POLITE,
    TOKEN,
)
from citebound.answer.sets.question import (
    Quantifier,
)
from citebound.answer.sets.tree import (
    NotUnderstood,
)
from citebound.ingest.profile import Profile


class Reading:
    """`low` has the length of `text`; the frame ("how many") ends at `frame_end`. `kinds` are the profiles in use and
    `known` the names in the facts by field; `also` is the value for which the end of the question asks besides. Raises
    NotUnderstood."""

    def __init__(self, text: str, kinds: Sequence[Profile], known: Mapping[str, Sequence[str]]) -> None:
        self.text = text
        self.kinds = kinds
        self.known = known
        low = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
        low = self._without(low, ASIDE.finditer(text))
        self.also = ""
        if ending := ENDING.search(low):
            self.also = ending["value"] or ""
            low = low[: ending.start()] + " " * (len(low) - ending.start())
        low = self._without(low, re.finditer(r"\b(?:on file|(?:comes?|turns?|shows?|crops?) up)\b", low))
        self.low = low.rstrip("?.! ").ljust(len(low))
        self.frame, self.frame_end = self._framed()
        self._told_apart()

    def _without(self, low: str, found: Iterable[re.Match[str]]) -> str:
        for match in found:
            low = low[: match.start()] + " " * (match.end() - match.start()) + low[match.end() :]
        return low

    def _told_apart(self) -> None:
        """Blanks the second half of "among the leases, which ones", and what only says that a name is one of things."""
        if self.frame is not None and re.match(r"(?:among|amongst|of|out of|from) ", self.low.lstrip()):
            self.low = self._without(self.low, [m for m in [LED.search(self.low, self.frame_end)] if m])
        if re.search(r"advisor|vulnerab|product|device", self.low):
            named = [m for m in FAMILY.finditer(self.low) if self.text[: m.start()].split()[-1][:1].isupper()]
            self.low = self._without(self.low, [*EVERYTHING.finditer(self.low), *named])
        if re.search(r"\bnothing\b(?! (?:worse|above|higher|more severe)\b)", self.low):
            raise NotUnderstood

    def _framed(self) -> tuple[Quantifier | None, int]:
        polite = POLITE.match(self.low)
        begins = dict.fromkeys((polite.end() if polite else 0, 0))
        for at in begins:
            for quantifier, pattern in FRAMES:
                if match := re.compile(pattern).match(self.low, at):
                    return quantifier, match.end()
        return None, max(begins)


def bare(token: str) -> str:
    word = token.strip(".'-")
    return re.sub(r"'s$", "", word)


def words_of(gap: str) -> list[str]:
    return [word for token in TOKEN.findall(gap) if (word := bare(token))]
