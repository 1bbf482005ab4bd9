"""A sentence as the rules read it."""

from __future__ import annotations

import re
from functools import cached_property

from citebound.eval.mutations.tables import read
from citebound.eval.mutations.wording import english

_MARKUP = english(r"<[^<>\n]{1,120}>|\b(?:https?://|www\.)\S{1,300}")
WORD = english(r"[a-z]+(?:['’][a-z]+)?")
_GENRES = {genre: frozenset(words.split()) for genre, words in read("genres").items()}
CONTRACT_WORDS, _EITHER_WORDS, _REPORT_WORDS = (_GENRES[genre] for genre in ("contract", "either", "report"))


class View:
    """What the rules read, at the same offsets: `marked` is the text with markup and addresses blotted out, `plain`
    with code as well. `names` are parties of the document, `others` sentences of other documents.
    """

    def __init__(self, text: str, names: tuple[str, ...], others: tuple[str, ...]) -> None:
        self.text = text
        self.names = names
        self.others = others
        self.marked = _MARKUP.sub(_blot, text)
        self.plain = re.sub(r"`[^`\n]{1,200}`", _blot, self.marked)

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(m.group().lower() for m in WORD.finditer(self.plain))

    @cached_property
    def is_report(self) -> bool:
        """Whether it is a sentence of a security report, by its words."""
        technical, legal = len(self.words & _REPORT_WORDS), len(self.words & CONTRACT_WORDS)
        sure = len(self.words & CONTRACT_WORDS - _EITHER_WORDS)
        return technical > 2 * sure if sure else technical >= legal and technical > 0

    @cached_property
    def is_contract(self) -> bool:
        return not self.is_report and bool(self.words & CONTRACT_WORDS - _EITHER_WORDS)

    def is_whole(self, start: int, end: int) -> bool:
        """Whether a cut from start to end goes through no tag or address; it may take the whole of one away."""
        return all(
            m.end() <= start or end <= m.start() or start <= m.start() <= m.end() <= end
            for m in _MARKUP.finditer(self.text)
        )


def _blot(match: re.Match[str]) -> str:
    return "\ufffc" * len(match.group())
