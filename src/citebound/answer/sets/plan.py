"""From a question to a `SetQuestion`, or to nothing: every word of it must be accounted for.

A question is taken for one about the set if it begins like one ("which contracts", "how many", "is there any"), asks
about a kind of document or about findings, and consists of nothing but phrases whose meaning is known, names that
stand in the facts, and small words. One word that is not understood sends it the usual way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from citebound.answer.sets.clause_marks import claim_clauses, claim_laws
from citebound.answer.sets.date_marks import claim_dates, claim_durations
from citebound.answer.sets.finding_marks import (
    claim_assets,
    claim_finding_fields,
    claim_identifiers,
    claim_scores,
    claim_severities,
    claim_states,
    claim_weaknesses,
)
from citebound.answer.sets.frame import (
    TOKEN,
)
from citebound.answer.sets.grouping import grouped
from citebound.answer.sets.marks import Mark, Marks
from citebound.answer.sets.names import with_names
from citebound.answer.sets.noun_marks import claim_counts, claim_nouns, claim_types
from citebound.answer.sets.parts import parts_of, question_of
from citebound.answer.sets.picks import claim_picks
from citebound.answer.sets.question import Quantifier, SetQuestion
from citebound.answer.sets.reading import Reading
from citebound.answer.sets.today import dated
from citebound.answer.sets.tree import (
    NotUnderstood,
)
from citebound.answer.sets.typing import written_out
from citebound.answer.sets.unit import (
    declaring,
    hints,
    kinds_of,
    names_one,
    refuse_definite,
    refuse_undated,
    unit_of,
    value_unit,
    with_cves,
)
from citebound.ingest.profile import Profile

LONGEST = 400
COUNT, LIST = Quantifier.COUNT, Quantifier.LIST


def plan(
    question: str,
    kinds: Sequence[Profile],
    known: Mapping[str, Sequence[str]] | None = None,
    today: date | None = None,
) -> SetQuestion | None:
    """What a question asks of the set, or None where it is another question or not understood as a whole.

    `kinds` are the profiles in use, `known` the names in the facts by field (`by_fields.known_names`). Linear in the
    question, which may have 400 characters. "Expired" and "last year" are measured from `today`, by default the day on
    which it is asked; `restated` says which day that was.
    """
    asked_as = plain(question)
    if not 5 <= len(asked_as) <= LONGEST:
        return None
    text = dated(asked_as, today or date.today())
    made = None
    if ending := grouped(text):
        whole, by, units = ending
        made = _understood(whole, kinds, known or {})
        fits = made is not None and made.unit in units and not made.pick and made.quantifier in (COUNT, LIST)
        made = replace(made, text=asked_as, by=by) if made is not None and fits else None
    made = made or _understood(text, kinds, known or {})
    return made if made is None or text == asked_as else replace(made, text=asked_as, restated=text)


def _understood(text: str, kinds: Sequence[Profile], known: Mapping[str, Sequence[str]]) -> SetQuestion | None:
    try:
        return _planned(Reading(text, kinds, known))
    except NotUnderstood:
        return None


def plain(question: str) -> str:
    """One line, with straight quotation marks, plain hyphens, and what is abbreviated written out."""
    text = " ".join(question.split()).replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"')
    return written_out(re.sub(r"[‐‑–—]", "-", text))


def marked(read: Reading) -> tuple[Marks, Mark | None]:
    """All phrases that are known, and what is asked for where that is a value."""
    marks = Marks(read.text, read.low)
    marks.strike(0, read.frame_end)
    values = value_unit(read, marks)
    claim_identifiers(marks)
    claim_assets(marks)
    claim_scores(marks)
    claim_weaknesses(marks)
    claim_durations(marks)
    claim_types(marks)
    names = [kind.name for kind in read.kinds]
    hinted = [kind for kind in names if hints(read, kind, marks)] or names
    claim_dates(marks, hinted)
    claim_picks(marks)
    claim_severities(marks)
    claim_laws(marks)
    claim_counts(marks)
    claim_clauses(marks, read.kinds)
    claim_states(marks)
    claim_nouns(marks, read.kinds)
    claim_finding_fields(marks)
    return marks, values


def _planned(read: Reading) -> SetQuestion | None:
    marks, values = marked(read)
    found = sorted(marks.found, key=lambda m: m.start)
    if re.match(r"\s*(?:kind|type|sort|form)s? of\b", read.low[read.frame_end :]):
        return None
    unit = values or unit_of(read, found)
    picked = any(mark.what == "pick" for mark in found)
    if unit is None or (read.frame is None and not unit.plural and not picked):
        return None
    if unit.what == "finding" and not unit.plural and not picked and names_one(read, found):
        return None
    found, unit = with_cves(found, unit)
    if read.also and unit.what == "document":
        unit = Mark(len(read.low), len(read.low), "value", name=read.also, kinds=declaring(read, read.also))
    kinds = kinds_of(read, unit, found)
    found = with_names(read, marks, found, kinds, unit)
    if read.frame is None and any(
        TOKEN.search(gap) for gap in _gaps(read, marks, [m for m in found if m.start < unit.start], unit.start)
    ):
        return None
    refuse_definite(read, unit, found)
    refuse_undated(read, unit, found)
    parts, after = parts_of(read, marks, found)
    return question_of(read, unit, parts, after, kinds)


def _gaps(read: Reading, marks: Marks, found: Sequence[Mark], end: int) -> list[str]:
    gaps, at = [], read.frame_end
    for mark in [*found, None]:
        stop = mark.start if mark else end
        gaps.append(marks.low[at:stop])
        at = mark.end if mark else end
    return gaps
