"""Retest: what became of the findings of one report in a later one of the same client."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from rapidfuzz import fuzz

from citebound.errors import QueryError
from citebound.indexes.recurrence import pairs, plain
from citebound.indexes.register import Entry, entries
from citebound.indexes.store import Store
from citebound.ingest.severity import rank
from citebound.types import DocumentInfo

OUTCOMES = ("still open", "new", "gone", "fixed")
LEGAL_FORMS = frozenset("inc incorporated llc ltd limited corp corporation company co gmbh ag sa plc bv ab the".split())
ONE_NAME = 85.0
"""Ratio from which two names of clients are one."""


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a finding between two reports: `outcome` is one of OUTCOMES; `note` says what is doubtful.

    "gone" is not "fixed": the new report does not mention it. `severity` is (old, new) where it has changed.
    """

    outcome: str
    old: Entry | None
    new: Entry | None
    severity: tuple[str, str] | None = None
    note: str = ""

    @property
    def latest(self) -> Entry:
        """The finding as last reported."""
        entry = self.new or self.old
        assert entry is not None
        return entry


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two reports of one client, finding by finding; `notes` say why they may not be comparable."""

    old: DocumentInfo
    new: DocumentInfo
    changes: tuple[Change, ...]
    notes: tuple[str, ...] = ()

    @property
    def outcomes(self) -> dict[str, int]:
        """How many findings had each outcome."""
        counted = Counter(change.outcome for change in self.changes)
        return {outcome: counted[outcome] for outcome in OUTCOMES}


def compare(store: Store, old: str, new: str) -> Comparison:
    """What became of the findings of `old` in `new` (ids of documents): what is open comes first, the worst before all.

    A finding that the new report prints without a status counts as still open, with a note. Raises QueryError if both
    are one document, UnknownDocument.
    """
    if old == new:
        raise QueryError("the old report and the new one are the same document", remedy="Name two reports.")
    with store.reading():
        infos = store.info(old)[0], store.info(new)[0]
        told = entries(store, (old, new))
        values = [_values(store, id_) for id_ in (old, new)]
    before, after = ([entry for entry in told if entry.document.id == id_] for id_ in (old, new))
    made = [
        _change(None if i is None else before[i], None if j is None else after[j])
        for i, j in pairs([entry.finding for entry in before], [entry.finding for entry in after])
    ]
    made.sort(key=lambda change: (OUTCOMES.index(change.outcome), -rank(change.latest.severity)))
    empty = [f"no findings were read off the {n} report" for n, found in (("old", before), ("new", after)) if not found]
    return Comparison(*infos, tuple(made), (*empty, *_doubts(*values)))


def _change(old: Entry | None, new: Entry | None) -> Change:
    if old is None or new is None:
        return Change("new" if old is None else "gone", old, new)
    changed = (old.severity, new.severity) if old.severity != new.severity else None
    if new.standing == "fixed":
        return Change("fixed", old, new, changed)
    note = f"was {old.status} in the old report" if old.standing == "fixed" else ""
    if not new.standing:
        note = f"its status {new.status!r} is not known" if new.status else "the new report prints no status for it"
    return Change("still open", old, new, changed, note)


def _values(store: Store, document: str) -> dict[str, str]:
    """The first value of each fact of a document."""
    return {fact.name: fact.value for fact in reversed(store.document(document, geometry=False).facts)}


def _doubts(old: dict[str, str], new: dict[str, str]) -> list[str]:
    """Why two reports may not be comparable."""
    notes = []
    if "client" in old and "client" in new and not _one_client(old["client"], new["client"]):
        notes.append(f"the old report is for {old['client']}, the new one for {new['client']}")
    before, after = (values.get("report_date") or values.get("release_date", "") for values in (old, new))
    if before and after and before > after:
        notes.append(f"the old report is of {before}, the new one of {after}: is the order right?")
    return notes


def _one_client(name: str, other: str) -> bool:
    here, there = (set(plain(n).split()) - LEGAL_FORMS for n in (name, other))
    return here <= there or there <= here or fuzz.ratio(plain(name), plain(other)) >= ONE_NAME
