"""Amendments of a collection: each statement that amends, linked with the document and the place that it changes.

Nothing is stored for this: instruments are read again from the stored text of the documents that may hold one, kept for
each text, and linked anew after each change of the collection. A target that is absent or ambiguous is not guessed.
"""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Protocol, TypeVar
from urllib.parse import unquote

from rapidfuzz import fuzz, process

from citebound.indexes.filters import sql
from citebound.indexes.recurrence import plain
from citebound.indexes.retest import LEGAL_FORMS
from citebound.indexes.store import Store
from citebound.ingest.amending import ORDINALS, Statement, agreement_name
from citebound.ingest.amendments import DAY, HEAD, Instrument, Paper, may_amend
from citebound.ingest.amendments import amendments as instruments
from citebound.ingest.facts import READERS
from citebound.ingest.references import Places
from citebound.types import (
    Amendment,
    Answer,
    Citation,
    Document,
    DocumentInfo,
    Filter,
    Hit,
    Passage,
    Section,
    Source,
    Span,
)

OPENING = 3000
"""Characters of an instrument in which its parties stand."""

LIKE = 90.0
"""Ratio (0 to 100) from which two titles of agreements are one."""

ENOUGH = 4
"""Two of title, date and parties must agree for a link; each counts two, a part of the parties one."""

TIED = 20
"""More documents than this that fit equally well are not told apart by their clauses."""

SUCCEEDED = re.compile(r"(?i)\b(?:formerly|successors?[- ]in|as successor|f/k/a|previously known|assignee of)\b")
"""Words of an amendment whose parties need not be those of the agreement."""

SHORTENED = frozenset({"f/k/a"})
SUCCESSION = SHORTENED | frozenset("formerly successor successors previously assignee".split())
"""Words of a vocabulary without which SUCCEEDED finds nothing."""

Age = tuple[str, int, str, str, int]
WHOLE = 2**30
"""More characters than any text has."""

SHORT, ALIKE = 4, 75.0
"""Letters that two headings must have to be compared, and the ratio from which parts of them are one."""

ISO = re.compile(r"\d{4}(?:-\d\d){0,2}\Z")
SMALL = frozenset("and of the to in for by on or".split())
SOFT = 2
"""Characters of white space and punctuation by which two places may overlap without meaning each other."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What tells whether a document is the agreement that an amendment names. `opening`: its first words, in spaces."""

    info: DocumentInfo
    source: Source
    names: tuple[str, ...]
    opening: str
    parties: tuple[str, ...]
    dates: frozenset[str]
    printed: frozenset[str]


@dataclass(slots=True)
class _Read:
    """A document that holds instruments."""

    document: Document
    instruments: tuple[Instrument, ...]

    @property
    def base(self) -> int:
        """Where the agreement ends to which instruments are appended; 0 where the document is an instrument."""
        first = next((i for i in self.instruments if i.title), None)
        if first is None or _restates(first):
            second = [i.span.start for i in self.instruments if i.title and i is not first]
            return second[0] if second else len(self.document.text)
        return first.span.start if first.span.start > HEAD else 0


def amendments(store: Store, tree: Filter | None = None) -> tuple[Amendment, ...]:
    """All amending statements of the documents that satisfy the filter, newest first; those without a date come where
    their number puts them, else last. The agreement that is meant may be any document of the collection."""
    return _within(store, Ledger(store).all(), tree)


class Changes:
    """The linked amendments of a collection, by the documents that they change or change in their turn: the new text of
    one amendment is itself a place that a later one of the same clause supersedes."""

    def __init__(self, found: Iterable[Amendment]) -> None:
        every = list(found)
        self._age = _ages(every)
        self._of: dict[str, list[Amendment]] = {}
        self._by: dict[str, list[Amendment]] = {}
        self._same: dict[tuple[str, Span], list[Amendment]] = {}
        for a in every:
            if a.amends and a.place is not None:
                self._of.setdefault(a.amends.id, []).append(a)
                self._same.setdefault((a.amends.id, a.place), []).append(a)
                if a.new:
                    self._by.setdefault(a.document.id, []).append(a)

    def over(self, document_id: str, span: Span) -> tuple[Amendment, ...]:
        """What changed a place, in the order of effect; the last that is `whole` has the governing text in `new`."""
        changed = [a for a in self._of.get(document_id, ()) if a.place and _touch(a.place, span)]
        for earlier in self._by.get(document_id, ()):
            if earlier.new and earlier.amends and earlier.place is not None and _touch(earlier.new, span):
                same = self._same[earlier.amends.id, earlier.place]
                changed += [a for a in same if self._age(a)[:2] > self._age(earlier)[:2]]
        return tuple(sorted(dict.fromkeys(changed), key=self._age)) if changed else ()


class Ledger:
    """The amendments of one store, computed once for each of its changes, and only when a document is shown that they
    may concern: reading all of them takes seconds where there are many. Safe to use from several threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._seen = -1
        self._all: tuple[Amendment, ...] | None = None
        self._changes = Changes(())
        self._likely: list[tuple[str, str]] = []
        self._vocabularies: dict[str, frozenset[str]] = {}
        self._formerly: frozenset[str] | None = None
        self._concerned: dict[str, bool] = {}
        self._read: dict[tuple[str, str], _Read | None] = {}

    def all(self) -> tuple[Amendment, ...]:
        """Every amendment, newest first."""
        with self._lock, self._store.reading() as db:
            self._look(db)
            return self._link(db)

    def within(self, tree: Filter | None) -> tuple[Amendment, ...]:
        """Those that documents which satisfy the filter say."""
        return _within(self._store, self.all(), tree)

    def over(self, document_id: str, span: Span) -> tuple[Amendment, ...]:
        """What changed a place, in the order of its effect."""
        return self._for([document_id]).over(document_id, span)

    def mark_hits(self, hits: Sequence[Hit]) -> list[Hit]:
        """The hits, those with `superseded_by` whose place an amendment changed, each text that governs before the one
        that it supersedes, and ranks to fit."""
        changes = self._for(hit.document.id for hit in hits)
        ordered = governing_first(self._marked_hits(changes, hits), lambda hit: hit.chunk.span)
        ranks = sorted(hit.rank for hit in hits)
        return [hit if hit.rank == rank else replace(hit, rank=rank) for hit, rank in zip(ordered, ranks, strict=True)]

    def mark_passages(self, passages: Sequence[Passage]) -> tuple[Passage, ...]:
        """The passages and their hits marked and put in order in the same way."""
        marked = self._marked_passages(self._for(p.document.id for p in passages), passages)
        return tuple(governing_first(marked, lambda passage: passage.span))

    def mark_answer(self, answer: Answer) -> Answer:
        """The answer with its citations, hits and passages marked; they stay in their order."""
        cited = [citation for sentence in answer.sentences for citation in sentence.citations]
        shown: list[Hit | Passage | Citation] = [*answer.hits, *answer.passages, *cited]
        changes = self._for(one.document.id for one in shown)
        sentences = tuple(
            replace(s, citations=tuple(self._marked(changes, c) for c in s.citations)) if s.citations else s
            for s in answer.sentences
        )
        hits = tuple(self._marked_hits(changes, answer.hits))
        passages = tuple(self._marked_passages(changes, answer.passages))
        return replace(answer, sentences=sentences, hits=hits, passages=passages)

    def _marked_hits(self, changes: Changes, hits: Iterable[Hit]) -> list[Hit]:
        over = [(hit, changes.over(hit.document.id, hit.chunk.span)) for hit in hits]
        return [replace(hit, superseded_by=by) if by != hit.superseded_by else hit for hit, by in over]

    def _marked_passages(self, changes: Changes, passages: Iterable[Passage]) -> list[Passage]:
        return [
            replace(
                p, hits=tuple(self._marked_hits(changes, p.hits)), superseded_by=changes.over(p.document.id, p.span)
            )
            for p in passages
        ]

    def _marked(self, changes: Changes, citation: Citation) -> Citation:
        by = changes.over(citation.document.id, citation.span)
        return replace(citation, superseded_by=by) if by else citation

    # -- what has to be read ------------------------------------------------------------------------------------------

    def _for(self, document_ids: Iterable[str]) -> Changes:
        """What changes places of these documents: nothing is read if no amendment can concern one of them."""
        shown = list(dict.fromkeys(document_ids))
        if not shown:
            return Changes(())
        with self._lock, self._store.reading() as db:
            self._look(db)
            if self._all is None:
                if not self._likely or not self._may_concern(db, shown):
                    return Changes(())
                self._link(db)
            return self._changes

    def _look(self, db: sqlite3.Connection) -> None:
        """Forget what was known of an earlier state of the store."""
        changes = self._store.snapshot().changes
        if changes != self._seen:
            self._all, self._changes, self._vocabularies, self._concerned = None, Changes(()), {}, {}
            self._formerly = None
            self._likely = _likely(db)
            kept = set(self._likely)
            self._read = {key: found for key, found in self._read.items() if key in kept}
            self._seen = changes

    def _link(self, db: sqlite3.Connection) -> tuple[Amendment, ...]:
        if self._all is None:
            read = {key[0]: found for key in self._likely if (found := self._instruments(key))}
            self._all = _dated(_Linking(self._store, db, read).all()) if read else ()
            self._changes = Changes(self._all)
        return self._all

    def _instruments(self, key: tuple[str, str]) -> _Read | None:
        if key not in self._read:
            self._read[key] = self._parse(key[0])
        return self._read[key]

    def _parse(self, document_id: str) -> _Read | None:
        if not may_amend(self._store.text(document_id, Span(0, WHOLE))):
            return None
        document = self._store.document(document_id, geometry=False)
        found = instruments(document)
        return _Read(document, found) if found else None

    def _may_concern(self, db: sqlite3.Connection, shown: Sequence[str]) -> bool:
        """Whether one of these documents holds amendments, or one that does may mean it. Of the documents that may hold
        any, those alone are read that have the words without which `_Linking` links nothing."""
        fresh = [id_ for id_ in shown if id_ not in self._concerned]
        marks = _marks_of(db, fresh)
        for id_ in fresh:
            self._concerned[id_] = any(
                self._instruments(key)
                for key in self._likely
                if key[0] == id_ or marks[id_].may_be_meant(self._vocabulary(db, key[0]))
            )
        return any(self._concerned[id_] for id_ in shown)

    def _shortens(self, db: sqlite3.Connection, document_id: str) -> bool:
        """Whether a document has "f/k/a", whose letters are too short for its vocabulary."""
        if self._formerly is None:
            rows = db.execute(
                "SELECT DISTINCT chunks.document_id FROM words JOIN chunks ON chunks.id = words.rowid"
                " WHERE words MATCH 'text : \"f k a\"'"
            )
            self._formerly = frozenset(row[0] for row in rows)
        return document_id in self._formerly

    def _vocabulary(self, db: sqlite3.Connection, document_id: str) -> frozenset[str]:
        if document_id not in self._vocabularies:
            row = db.execute("SELECT vocabulary FROM cards WHERE document_id = ?", (document_id,)).fetchone()
            held = frozenset(row[0].split()) if row else frozenset()
            letters = SHORTENED if self._shortens(db, document_id) else frozenset()
            self._vocabularies[document_id] = held | letters
        return self._vocabularies[document_id]


class Superseded(Protocol):
    """A stretch of a document that says what supersedes it."""

    @property
    def document(self) -> DocumentInfo: ...

    @property
    def superseded_by(self) -> tuple[Amendment, ...]: ...


Shown = TypeVar("Shown", bound=Superseded)


def governing_first(shown: Sequence[Shown], span: Callable[[Shown], Span]) -> list[Shown]:
    """What is shown, in its order, but the best of what supersedes or extends the text of one goes before it; a clause
    that is amended in part stays where it is, for the rest of it governs. `span` gives the place of each."""
    order: dict[int, None] = {}
    begun: set[int] = set()

    def put(at: int) -> None:
        if at not in begun:
            begun.add(at)
            for amendment in reversed(shown[at].superseded_by):
                if amendment.whole or amendment.action == "extended":
                    for i in places(amendment)[:1]:
                        put(i)
            order[at] = None

    def places(a: Amendment) -> list[int]:
        """Where the text stands that holds from an amendment on, or its statement where it prints none."""
        held = a.new or a.span
        return [i for i, one in enumerate(shown) if one.document.id == a.document.id and _touch(held, span(one))]

    for at in range(len(shown)):
        put(at)
    return [shown[at] for at in order]


@dataclass(frozen=True, slots=True)
class _Marks:
    """What an amendment prints of the agreement that it means: two of its parties, one if it tells of a successor, or
    where none is known, its year."""

    parties: tuple[frozenset[str], ...]
    years: frozenset[str]

    def may_be_meant(self, vocabulary: frozenset[str]) -> bool:
        """Whether a document with these words may amend it: never False where `_Linking` links."""
        if not self.parties:
            return not self.years.isdisjoint(vocabulary)
        found = sum(2 * len(words & vocabulary) > len(words) or not words for words in self.parties)
        return found >= min(2, len(self.parties)) or (found > 0 and not SUCCESSION.isdisjoint(vocabulary))


def _marks_of(db: sqlite3.Connection, document_ids: Sequence[str]) -> dict[str, _Marks]:
    made = {}
    for id_ in document_ids:
        rows = db.execute(
            "SELECT name, value FROM facts WHERE document_id = ? AND finding IS NULL"
            " AND name IN ('party', 'agreement_date', 'effective_date')",
            (id_,),
        ).fetchall()
        head = db.execute("SELECT head FROM cards WHERE document_id = ?", (id_,)).fetchone()
        names = [_party(value) for name, value in rows if name == "party"]
        dates = [value for name, value in rows if name != "party"] + _printed(head[0] if head else "")
        years = {year for date in dates for year in _years(date)}
        parties = tuple(frozenset(w for w in name.split() if len(w) > 1) for name in names if name)
        made[id_] = _Marks(parties, frozenset(years))
    return made


def _years(date: str) -> set[str]:
    """The year of a date as it may be printed, "2018" or "18"; of one that is not read ("7/1/18"), its numbers."""
    return {date[:4], date[2:4]} if ISO.match(date) else set(re.findall(r"\d{2,4}", date))


def _printed(head: str) -> list[str]:
    """The days that a text prints, as ISO dates."""
    return [value for m in DAY.finditer(" ".join(head.split())) for value, *_ in READERS["date"](m.group())]


def _within(store: Store, found: tuple[Amendment, ...], tree: Filter | None) -> tuple[Amendment, ...]:
    if tree is None or not found:
        return found
    condition, parameters = sql(tree)
    with store.reading() as db:
        allowed = {
            row[0]
            for row in db.execute(
                "SELECT documents.id FROM documents JOIN sources ON sources.document_id = documents.id"  # noqa: S608
                f" WHERE {condition}",
                parameters,
            )
        }
    return tuple(a for a in found if a.document.id in allowed)


def _likely(db: sqlite3.Connection) -> list[tuple[str, str]]:
    """Id and sha256 of the text of the documents that may hold an instrument, by what was read off them."""
    rows = db.execute(
        "SELECT id, text_sha256 FROM documents WHERE id IN (SELECT document_id FROM facts WHERE name = 'amends'"
        " AND finding IS NULL) OR id IN (SELECT cards.document_id FROM card_words JOIN cards ON cards.id ="
        " card_words.rowid WHERE card_words MATCH '{name head} : (amend OR addendum OR restated)')"
    )
    return [(str(id_), str(sha256)) for id_, sha256 in rows]


# -- linking ----------------------------------------------------------------------------------------------------------


class _Linking:
    """One pass over all instruments of a collection."""

    def __init__(self, store: Store, db: sqlite3.Connection, read: dict[str, _Read]) -> None:
        self._store = store
        self._read = read
        self._known = _known(db)
        self._documents: dict[str, Document] = {id_: found.document for id_, found in read.items()}
        self._places: dict[tuple[str, int], Places] = {}
        self._ends = {id_: found.base for id_, found in read.items()}
        self._dates = {id_: self._dates_of(id_) for id_ in self._known}
        self._titles: dict[str, dict[str, int]] = {}
        self._called: dict[str, list[str]] = {}
        for id_, known in self._known.items():
            for name in known.names:
                self._called.setdefault(name, []).append(id_)
        self._words = {name: frozenset(name.split()) for name in self._called}

    def all(self) -> list[Amendment]:
        made: list[Amendment] = []
        later: list[tuple[str, Instrument, Statement]] = []
        for id_, found in self._read.items():
            for instrument in found.instruments:
                targets: dict[Paper | None, tuple[str, str]] = {}
                for statement in instrument.statements:
                    if _amendment_number(statement.paper):
                        later.append((id_, instrument, statement))
                        continue
                    paper = instrument.paper(statement)
                    if paper not in targets:
                        targets[paper] = self._agreement(id_, instrument, statement, paper)
                    made.append(self._linked(id_, instrument, statement, *targets[paper]))
        said: dict[str, list[Amendment]] = {}
        for a in made:
            said.setdefault(a.document.id, []).append(a)
        return made + [self._of_amendment(id_, instrument, statement, said) for id_, instrument, statement in later]

    def _linked(self, id_: str, instrument: Instrument, statement: Statement, target: str, reason: str) -> Amendment:
        known = self._known[id_]
        made = Amendment(
            document=known.info,
            source=known.source,
            span=statement.span,
            title=instrument.title,
            number=instrument.number,
            section=statement.item,
            date=instrument.date,
            action=statement.action,
            target=statement.target,
            term=statement.term,
            heading=statement.heading,
            whole=statement.whole,
            new=statement.new,
            reason=reason,
        )
        if not target:
            return made
        made = replace(made, amends=self._known[target].info, amended_source=self._known[target].source)
        place, whole, doubt = self._place(target, statement, self._body(target))
        return replace(made, place=place, whole=made.whole and whole, reason=doubt)

    # -- which document -----------------------------------------------------------------------------------------------

    def _agreement(
        self, id_: str, instrument: Instrument, statement: Statement, paper: Paper | None
    ) -> tuple[str, str]:
        """The document that is amended, or "" and the reason why none is."""
        found = self._read[id_]
        appended = bool(instrument.title) and 0 < self._ends[id_] <= instrument.span.start
        if appended and not instrument.date:
            return "", "the amendment prints no date: it may be a form"
        own = [id_] if appended and self._is_own(id_, paper) else []
        if paper is None:
            called = f" {statement.paper!r}" if statement.paper else ""
            return (own[0], "") if own else ("", f"the amendment does not say which agreement{called} it means")
        fits = self._fits(paper)
        fits = {other: fit for other, fit in fits.items() if other != id_ and self._may_be_base(other)}
        opening = found.document.text[instrument.span.start : instrument.span.start + OPENING]
        named = plain(opening)
        words, succeeded = frozenset(named.split()), bool(SUCCEEDED.search(opening))
        scores = {other: fit + self._parties(other, named, words, succeeded) for other, fit in fits.items()}
        highest = max([ENOUGH, *scores.values()])
        best = own + [other for other, score in scores.items() if score == highest]
        if len(best) > TIED:
            best = own or best
        elif len(best) > 1:
            held = {other: self._holds(other, instrument, paper) for other in best}
            full = [other for other in best if held[other] == max(held.values())]
            best = own if own and own[0] in full else full
        if len(best) == 1:
            return best[0], ""
        said = f"{paper.title}{f' of {paper.date}' * bool(paper.date)}"
        if best:
            names = ", ".join(sorted(self._known[other].source.name for other in best)[:3])
            return "", f"{len(best)} documents may be the {said}: {names}"
        strangers = [other for other, fit in fits.items() if fit >= ENOUGH]
        names = ", ".join(sorted(self._known[other].source.name for other in strangers)[:3])
        doubt = f"; {names} would be, but for other parties" if strangers else ""
        return "", f"no document is known to be the {said}{doubt}"

    def _holds(self, id_: str, instrument: Instrument, paper: Paper) -> int:
        """How many of the places that an instrument changes a document has."""
        mine = [s for s in instrument.statements if instrument.paper(s) == paper]
        return sum(self._place(id_, s, self._body(id_))[0] is not None for s in mine)

    def _body(self, id_: str) -> Span:
        """The agreement itself, without what is appended to it."""
        return Span(0, self._ends[id_] if id_ in self._ends else len(self._document(id_).text))

    def _may_be_base(self, id_: str) -> bool:
        return self._ends.get(id_, 1) > 0

    def _is_own(self, id_: str, paper: Paper | None) -> bool:
        """Whether the agreement before an appended amendment is the one that it names."""
        known = self._known[id_]
        if paper is None:
            return True
        if paper.date and known.dates and not _is_among(paper.date, known.dates | known.printed):
            return False
        return self._titled(paper.title).get(id_, 0) > 1

    def _fits(self, paper: Paper) -> dict[str, int]:
        """How well documents fit by title and date: those alone that may reach ENOUGH and whose date is no other."""
        titled = self._titled(paper.title)
        fits = {}
        for id_, (dates, printed) in self._dates.items():
            dated = _is_among(paper.date, printed) or _is_among(paper.date, dates)
            fit = titled.get(id_, 0) + 2 * dated
            if fit >= ENOUGH - 2 and (dated or not paper.date or not dates):
                fits[id_] = fit
        return fits

    def _parties(self, id_: str, named: str, words: frozenset[str], succeeded: bool) -> int:
        """What the parties in the opening of an instrument add: 2 at most, and much below zero for other parties."""
        parties = self._known[id_].parties
        if not parties:
            return 0
        found = sum(p in named or 2 * len(words.intersection(p.split())) > len(p.split()) for p in parties)
        if found < min(2, len(parties)) and not (found and succeeded):
            return -WHOLE
        return min(found, 2)

    def _dates_of(self, id_: str) -> tuple[frozenset[str], frozenset[str]]:
        """The dates of an agreement and those at its head, without those of what is appended to it."""
        known = self._known[id_]
        appended = {i.date for i in self._read[id_].instruments if i.title} if id_ in self._read else set()
        return known.dates - appended, known.printed - appended

    def _titled(self, title: str) -> dict[str, int]:
        """How well documents bear a title: 3 for their own, 2 for one at their head, 1 for an own one that says no more
        than "Agreement". What belongs to an agreement has that agreement's title at its head."""
        wanted = agreement_name(title)
        if wanted not in self._titles:
            self._titles[wanted] = self._bearing(wanted)
        return self._titles[wanted]

    def _bearing(self, wanted: str) -> dict[str, int]:
        words = frozenset(wanted.split())
        like = process.extract(wanted, list(self._words), scorer=fuzz.ratio, score_cutoff=LIKE, limit=None)
        names = {name for name, *_ in like} | {name for name, held in self._words.items() if words <= held}
        own = {id_ for name in names for id_ in self._called[name]}
        if not wanted or wanted in {"agreement", "contract", "lease"}:
            return dict.fromkeys(own, 1)
        sought = f" {wanted} "
        return {id_: 3 if id_ in own else 2 for id_, k in self._known.items() if id_ in own or sought in k.opening}

    def _of_amendment(
        self, id_: str, instrument: Instrument, statement: Statement, said: dict[str, list[Amendment]]
    ) -> Amendment:
        """A statement that changes an earlier amendment of the same agreement."""
        number = _amendment_number(statement.paper)
        bases = {a.amends.id for a in said.get(id_, ()) if a.amends and a.title == instrument.title}
        found = [
            (other, earlier)
            for other, read in self._read.items()
            for earlier in read.instruments
            if earlier is not instrument
            and earlier.number == number
            and any(a.amends and a.amends.id in bases for a in said.get(other, ()) if a.number == number)
        ]
        if len(found) != 1:
            several = f"{len(found)} documents may be" if found else "no document is known to be"
            return self._linked(id_, instrument, statement, "", f"{several} {statement.paper}")
        other, earlier = found[0]
        amended = self._linked(id_, instrument, statement, "", "")
        place, whole, doubt = self._place(other, statement, earlier.span)
        known = self._known[other]
        return replace(
            amended,
            amends=known.info,
            amended_source=known.source,
            place=place,
            whole=amended.whole and whole,
            reason=doubt,
        )

    # -- which place --------------------------------------------------------------------------------------------------

    def _document(self, id_: str) -> Document:
        if id_ not in self._documents:
            self._documents[id_] = self._store.document(id_, geometry=False)
        return self._documents[id_]

    def _place(self, id_: str, statement: Statement, within: Span) -> tuple[Span | None, bool, str]:
        """The changed place, whether it is no more than that, and why there is none."""
        document = self._document(id_)
        if statement.term:
            terms = [t for t in document.terms if _same(t.term, statement.term) and within.contains(t.span)]
            if len({t.definition for t in terms}) == 1:
                return terms[0].definition, True, ""
            return None, False, _count(len(terms), f"definition of {statement.term!r}")
        if statement.heading:
            headed = [s for s in document.sections if _same(s.heading, statement.heading) and within.contains(s.span)]
            if len(headed) == 1:
                return _trimmed(document.text, headed[0].span), True, ""
            return None, False, _count(len(headed), f"section {statement.heading!r}")
        if not statement.target:
            if statement.whole:
                return _trimmed(document.text, within), True, ""
            return None, False, "the agreement in general, no single place"
        return self._section(document, statement, within)

    def _section(self, document: Document, statement: Statement, within: Span) -> tuple[Span | None, bool, str]:
        sections = document.sections
        last = next((i for i, s in enumerate(sections) if s.span.start >= within.end), len(sections))
        key = (document.id, last)
        places = self._places.get(key)
        if places is None:
            places = self._places[key] = Places(sections[:last], amending=True)
        attachment, _, target = statement.target.rpartition(", ")
        inner = target
        while inner:
            at = places.find(inner, attachment)
            if at is not None and sections[at].span.start >= within.start:
                number = places.numbers[at].casefold()
                if inner == target and sum(other.casefold() == number for other in places.numbers) > 1:
                    return None, False, f"several sections have the number {target}"
                if statement.action == "added" and inner != target:
                    break
                if inner == target and _is_other(statement.caption, sections[at].heading):
                    said = f"{target} is headed {sections[at].heading!r}, not {statement.caption!r}"
                    return None, False, f"in {self._known[document.id].source.name}, {said}"
                span = _cut(document.text, sections[at], within)
                return span, inner == target, "" if inner == target else f"within {inner}: {target} has no heading"
            inner = _above(inner)
        if statement.action == "added":
            return None, False, "new, nothing was there before"
        return None, False, f"{self._known[document.id].source.name} has no {statement.target}"


def _known(db: sqlite3.Connection) -> dict[str, _Known]:
    """All documents with what names them, in the order of their paths."""
    facts: dict[str, dict[str, list[str]]] = {}
    names = ("title", "document_type", "party", "agreement_date", "effective_date")
    marks = ", ".join("?" * len(names))
    for id_, name, value in db.execute(
        f"SELECT document_id, name, value FROM facts WHERE finding IS NULL AND name IN ({marks})"  # noqa: S608
        " ORDER BY document_id, position",
        names,
    ):
        facts.setdefault(id_, {}).setdefault(name, []).append(value)
    rows = db.execute(
        "SELECT documents.id, documents.title, documents.media_type, documents.text_sha256, documents.parser,"
        " documents.pages, cards.head, sources.labels, sources.added_at, min(sources.path)"
        " FROM documents JOIN sources ON sources.document_id = documents.id"
        " LEFT JOIN cards ON cards.document_id = documents.id GROUP BY documents.id ORDER BY min(sources.path)"
    )
    made = {}
    for row in rows:
        info = DocumentInfo(*row[:6])
        source = Source(row[9], row[0], tuple(sorted(json.loads(row[7]).items())), row[8])
        read = facts.get(info.id, {})
        stem = re.sub(r"[\W_]+", " ", unquote(PurePath(source.name).stem))
        called = (info.title, stem, *read.get("title", ()), *read.get("document_type", ()))
        head = row[6] or ""
        opening = f" {plain(head)[:600]} "
        dates = frozenset(d for name in names[3:] for d in read.get(name, ()))
        printed = _printed(head)
        parties = tuple(dict.fromkeys(filter(None, (_party(name) for name in read.get("party", ())))))
        made[info.id] = _Known(
            info, source, tuple(agreement_name(n) for n in called), opening, parties, dates, frozenset(printed)
        )
    return made


def _party(name: str) -> str:
    """A party's name without its legal form, as it may stand in running text."""
    words = plain(name).split()
    while len(words) > 1 and words[-1] in LEGAL_FORMS:
        words.pop()
    return " ".join(words)


def _is_among(date: str, dates: Container[str]) -> bool:
    """Whether a day is one of some dates, or in one of their months where no day is printed."""
    return bool(date) and (date in dates or date[:7] in dates)


def _amendment_number(paper: str) -> int:
    """2 for "Amendment No. 2" and "Second Amendment", 0 for what is no amendment."""
    words = paper.lower()
    if "amendment" not in words:
        return 0
    digits = re.search(r"\d{1,2}", words)
    ordinal = next((i for i, word in enumerate(ORDINALS, start=1) if words.startswith(word)), 0)
    return int(digits[0]) if digits else ordinal


def _restates(instrument: Instrument) -> bool:
    return any(s.whole and s.action == "restated" and not s.target + s.term + s.heading for s in instrument.statements)


def _same(one: str, other: str) -> bool:
    return plain(one) == plain(other)


def _is_other(caption: str, heading: str) -> bool:
    """Whether what an amendment calls a clause is another heading than the one that stands there."""
    called, printed = plain(caption), plain(heading)
    if len(called) < SHORT or len(printed) < SHORT:
        return False
    return not set(called.split()) & set(printed.split()) - SMALL and fuzz.partial_ratio(called, printed) < ALIKE


def _above(target: str) -> str:
    """The number over a number: 9.2 over 9.2(a); "" over 9."""
    if target.endswith(")"):
        return target[: target.rfind("(")]
    head, point, _ = target.rpartition(".")
    return head if point else ""


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'s' * (number > 1)}"


def _cut(text: str, section: Section, within: Span) -> Span:
    return _trimmed(text, Span(section.span.start, min(section.span.end, within.end)))


def _trimmed(text: str, span: Span) -> Span:
    return Span(span.start, span.start + len(span.of(text).rstrip()))


# -- order ------------------------------------------------------------------------------------------------------------


def _dated(found: list[Amendment]) -> tuple[Amendment, ...]:
    """Newest instrument first, the statements of each in the order of its text."""
    age = _ages(found)
    return tuple(sorted(sorted(found, key=lambda a: a.span.start), key=lambda a: age(a)[:4], reverse=True))


def _ages(found: Iterable[Amendment]) -> Callable[[Amendment], Age]:
    """What amendments are ordered by: an undated one comes after the last of a lower number for the same agreement."""
    known: dict[str, list[tuple[int, str]]] = {}
    for a in found:
        if a.amends and a.date and a.number:
            known.setdefault(a.amends.id, []).append((a.number, a.date))

    def age(a: Amendment) -> Age:
        before = [date for number, date in known.get(a.amends.id if a.amends else "", ()) if number < a.number]
        return a.date or max(before, default=""), a.number, a.source.path, a.title, a.span.start

    return age


def _touch(place: Span, span: Span) -> bool:
    return bool(place) and bool(span) and place.overlap(span) > min(SOFT, len(place) - 1, len(span) - 1)
