"""The findings of reports that are on a thing that a question asks for: "any signs of SQL injection?".

A finding is on it surely if its fields say so (CWE, CVE, severity, status, as questions about the set understand them)
or its title has all words of the thing; perhaps, if its title is near it in meaning.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from citebound.answer.absence.called import GENERIC
from citebound.answer.gate.wording import alike
from citebound.answer.sets.by_fields import answer_set, known_names
from citebound.answer.sets.plan import plan
from citebound.answer.sets.question import SetQuestion, Unit
from citebound.answer.words import content
from citebound.indexes.store import Store
from citebound.ingest.profile import Profile
from citebound.protocols import Embedder
from citebound.types import DocumentInfo, Filter, Finding

NEAR = 0.55
"""Cosine of a title from which on a finding is perhaps on the thing."""
_CLEARED = re.compile(r"\b(?:no|not)\b.{0,60}\b(?:found|identified|detected|observed|vulnerable|affected)\b", re.I)
"""Titles of findings that nothing was found."""


@dataclass(frozen=True, slots=True)
class On:
    """A finding that is on the thing."""

    document: DocumentInfo
    finding: Finding


@dataclass(frozen=True, slots=True)
class FindingsOn:
    """`looked_at` findings in `reports` documents, and those that are on the thing. `understood`: its fields say so."""

    looked_at: int
    reports: int
    sure: tuple[On, ...] = ()
    perhaps: tuple[On, ...] = ()
    understood: bool = False

    @property
    def counted(self) -> str:
        findings = "finding" if self.looked_at == 1 else "findings"
        return f"{self.looked_at} {findings} in {self.reports} {'report' if self.reports == 1 else 'reports'}"


def findings_on(
    store: Store, thing: str, tree: Filter | None, kinds: Sequence[Profile], embedder: Embedder
) -> FindingsOn | None:
    """What the findings of the documents in `tree` say of the thing; None where they have none."""
    every = plan("List all findings", kinds)
    read = answer_set(store, every, tree) if every is not None else None
    if read is None or not read.members:
        return None
    documents = {m.document.id: m.document for m in read.members}
    own = {id_: store.findings_of(id_) for id_ in documents}
    asked = _asked(store, thing, tree, kinds)
    members = answer_set(store, asked, tree).members if asked is not None else ()
    sure = {(m.document.id, m.finding) for m in members if m.finding is not None}
    wanted = set(content(thing)) - GENERIC
    keys = [(id_, at) for id_ in documents for at in range(len(own[id_]))]
    titles = {key: own[key[0]][key[1]].title for key in keys}
    for key, title in titles.items():
        words = content(title)
        if wanted and not _CLEARED.search(title) and all(any(alike(w, o) for o in words) for w in wanted):
            sure.add(key)
    near: list[tuple[str, int]] = []
    if not sure and asked is None and wanted:
        rows = embedder.embed([thing, *titles.values()])
        near = [k for k, cosine in zip(titles, rows[1:] @ rows[0], strict=True) if cosine >= NEAR]
        near = [k for k in near if not _CLEARED.search(titles[k])]

    def made(found: Sequence[tuple[str, int]]) -> tuple[On, ...]:
        return tuple(On(documents[id_], own[id_][at]) for id_, at in found)

    return FindingsOn(len(keys), len(documents), made([k for k in keys if k in sure]), made(near), asked is not None)


def _asked(store: Store, thing: str, tree: Filter | None, kinds: Sequence[Profile]) -> SetQuestion | None:
    """The question which findings are on it, where their fields can say so."""
    known = known_names(store, tree)
    for question in (f"Which findings are about {thing}?", f"List all {thing}"):
        asked = plan(question, kinds, known)
        if asked is not None and asked.unit is Unit.FINDING and asked.condition is not None and not asked.perhaps:
            return asked
    return None
