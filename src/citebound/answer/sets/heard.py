"""Of a question about the set that is not understood as a whole: what was understood of it, and what was not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from citebound.answer.sets.names import names_of, runs_of
from citebound.answer.sets.plan import LONGEST, marked, plain
from citebound.answer.sets.question import Quantifier
from citebound.answer.sets.reading import Reading
from citebound.answer.sets.today import dated
from citebound.answer.sets.tree import NotUnderstood
from citebound.answer.sets.unit import refuse_definite, unit_of
from citebound.ingest.profile import Profile


@dataclass(frozen=True, slots=True)
class Heard:
    """The phrases that are known, as they were typed, and the words that are not; without such words, it is not known
    how the phrases belong together."""

    known: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def said(self) -> str:
        known = ", ".join(f"“{phrase}”" for phrase in self.known)
        unknown = ", ".join(f"“{phrase}”" for phrase in self.unknown)
        lacking = f"not understood: {unknown}" if unknown else "not understood: how these belong together"
        return f"asked of all documents; understood: {known}; {lacking}"

    @property
    def note(self) -> str:
        """What the reader of an answer that comes from the nearest passages should know."""
        return f"{self.said}. So the answer is from the nearest passages, and may leave out documents or findings"


def heard(
    question: str, kinds: Sequence[Profile], known: Mapping[str, Sequence[str]], today: date | None = None
) -> Heard | None:
    """None for a question that does not ask for documents or findings, or asks of one document."""
    text = plain(question)
    if not 5 <= len(text) <= LONGEST:
        return None
    try:
        read = Reading(dated(text, today or date.today()), kinds, known)
    except NotUnderstood:
        return None
    marks, values = marked(read)
    found = sorted(marks.found, key=lambda m: m.start)
    unit = unit_of(read, found)
    if values is not None or unit is None or not unit.plural or read.frame in (None, Quantifier.ANY):
        return None
    try:
        refuse_definite(read, unit, found)
    except NotUnderstood:
        return None
    unknown = []
    for run in runs_of(read, marks):
        try:
            found += names_of(read, run, marks, [kind.name for kind in kinds], unit)
        except NotUnderstood:
            unknown.append(read.text[run[0][0] : run[-1][1]])
    phrases = [read.text[mark.start : mark.end] for mark in sorted(found, key=lambda m: m.start)]
    frame = read.text[: read.frame_end].strip()
    return Heard(tuple(dict.fromkeys([frame, *phrases])), tuple(dict.fromkeys(unknown)))
