"""Reports that say different things of one finding."""

from __future__ import annotations

from collections.abc import Sequence

from citebound.answer.conflicts.asked import Allowed, Asked, grouped
from citebound.answer.conflicts.exhibits import SIDES, Exhibits
from citebound.answer.conflicts.reported import FIELDS, Reported, reported
from citebound.indexes.store import Store
from citebound.types import Answer, Conflict, ConflictKind, Side


def disagreeing_reports(
    store: Store, answer: Answer, asked: Asked, exhibits: Exhibits, allowed: Allowed
) -> list[Conflict]:
    """Reports that rate one finding differently, or say something else of its status: the latest first."""
    places = [(c.document.id, c.span) for c in answer.citations]
    made = []
    for finding in reported(store, places, asked.question):
        for name, field in FIELDS.items():
            sides = [one for one in finding if one.value(name) and allowed(one.document.id)]
            cited = any(
                one.document.id == document and one.span(name).overlap(span)
                for one in sides
                for document, span in places
            )
            if not (cited or field.asked.search(asked.question)):
                continue
            groups = grouped(sides, lambda one, field=field, name=name: field.same(one.value(name)))  # type: ignore[misc]
            if len(groups) > 1:
                made += _of_reports(exhibits, name, [group[0] for group in groups])
    return made


def _of_reports(exhibits: Exhibits, name: str, found: Sequence[Reported]) -> list[Conflict]:
    ordered = sorted(found, key=lambda one: one.date, reverse=True)
    about = f"{name.replace('_', ' ').replace('cvss', 'CVSS')} of {found[0].called}"
    sides = []
    for one in ordered[:SIDES]:
        citation = exhibits.of(one.document, one.source, one.line(name), one.quote(name))
        if citation is not None:
            sides.append(Side(one.value(name), citation))
    if len(sides) < 2:
        return []
    dates = {side.citation.document.id: one.date for side, one in zip(sides, ordered, strict=False)}
    said = "; ".join(
        f"{s.value} ({s.citation.source.name}{f', {day}' if (day := dates.get(s.citation.document.id)) else ''})"
        for s in sides
    )
    latest = ", the latest first" if all(one.date for one in ordered) else ""
    text = f"the reports disagree on the {about}{latest}: {said}"
    return [Conflict(ConflictKind.DISAGREES, about, text, tuple(sides), len(ordered) - len(sides))]
