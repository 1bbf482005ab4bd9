"""Questions whether something is there, answered as such: yes with the quote, or "no such clause was found" with what
was searched (`telling`).

What structure reads off documents (clauses, fields, findings) is looked up there, with how many were read; what is
asked in words of its own is taken for what it is nearest to in meaning. Of anything else, and of a clause that no rule
found, the best sentences are looked at: one speaks of it if it, with its heading, has the words that matter, or says
what documents print for them, and none of the names and numbers is missing (`spoken`). Where findings are asked for, a
finding goes first, and a sentence that tells what was looked for is none (`stance`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from citebound.answer.absence import odds
from citebound.answer.absence.borne import bears_out
from citebound.answer.absence.called import FEW, GENERIC, meant
from citebound.answer.absence.existence import Existence, existence
from citebound.answer.absence.findings_on import FindingsOn, findings_on
from citebound.answer.absence.spoken import Spoken, context, leaf, spoken
from citebound.answer.absence.stance import Stance, stance
from citebound.answer.absence.telling import DOUBT, SHOWN, Reading, Telling
from citebound.answer.evidence import Evidence, weights
from citebound.answer.gate.wording import alike
from citebound.answer.record import Record
from citebound.answer.sets.answer import SetAnswer, Undecided
from citebound.answer.sets.by_fields import answer_set, known_names
from citebound.answer.sets.meaning import MEASURED, PROPER, Meanings
from citebound.answer.sets.plan import plan
from citebound.answer.sets.question import Clause, Quantifier, SetQuestion, Unit, words
from citebound.answer.words import content
from citebound.indexes.lexical import terms
from citebound.indexes.search import Found
from citebound.indexes.store import Store
from citebound.indexes.synonyms import entries
from citebound.ingest.profile import Profile
from citebound.protocols import Embedder
from citebound.types import And, Answer, Filter, In

SPEAKS = 0.62
"""Score from which on a sentence speaks of the thing (chosen on development questions, eval/LOG.md)."""
MEANT = 0.45
"""Cosine with the thing, or with what documents print for it, below which its words alone say it only perhaps (of
MEASURED; another encoder's cosines lie elsewhere)."""
PERHAPS = 0.3
"""Score from which on it is perhaps spoken of, and not absent: below lie five in a hundred of the things that are
there, and half of those that are not."""
MISREAD = 0.4
"""Cosine below which a clause without a word of the thing is doubtful."""
UNFOUND = 0.45
"""The same where findings were read and none is on it."""
CALIBRATED = frozenset({"contracts"})
"""Kinds of documents that the calibration was made with."""
Look = Callable[[Filter], Evidence]
_DANGLING = re.compile(r"(?:[ ,]+(?:with|from|to|between|by|for|of|in|on|and|or|the|our|a|an))+$", re.I)


@dataclass(frozen=True, slots=True)
class _Passages:
    """The best sentences, and which of them counts: the best that says the thing, the best that denies it, and one that
    tells of looking for it."""

    every: Sequence[Spoken]
    best: Spoken | None = None
    denied: Spoken | None = None
    planned: Spoken | None = None


class Presence:
    """Answers such questions over one collection. Without `meanings` only known names of clauses are understood."""

    def __init__(
        self, store: Store, kinds: Sequence[Profile], embedder: Embedder, meanings: Meanings | None = None
    ) -> None:
        self._store = store
        self._kinds = kinds
        self._embedder = embedder
        self._meanings = meanings

    def answer(self, record: Record, looked: Found, tree: Filter | None, look: Look) -> Answer | None:
        """The answer; None for another question, and for one that asks more of what is there than whether it is. `look`
        finds the evidence again among the documents that the question calls by their kind."""
        asked = existence(record.question)
        if asked is None:
            return None
        routed = tuple(looked.route.documents)
        called, certain = meant(self._store, asked, looked)
        if not called and not certain:
            return None
        thing = _thing(asked, looked) if called == routed else asked.thing
        scope = _scope(called, tree)
        searched = self._store.searched(scope)
        if not searched[1] or not content(thing):
            return None
        on = self._findings(asked, thing, scope, searched[0])
        telling = Telling(self._store, record, asked, thing, called, searched)
        if on is not None and on.sure:
            return None if asked.more else telling.findings(on, sure=certain)
        read = self._read_off(thing, scope)
        if on is not None and read is not None and not isinstance(read.answer.question.condition, Clause):
            read = None
        if read is not None and read.answer.members:
            return None if asked.more else self._found(telling, read, scope, certain=certain)
        if called != routed and scope is not None:
            record = replace(record, evidence=look(scope))
            telling = replace(telling, record=record)
        evidence = self._of_reports(record.evidence) if on is not None and asked.found else record.evidence
        found = self._passages(asked, thing, evidence, searched[1], on)
        made = self._looked_through(telling, asked, read, on, found, certain=certain)
        if made is None or on is not None or found.denied is not None or not self._calibrated(scope):
            return made
        borne = found.best is not None and bears_out(asked, found.best.candidate.text, leaf(found.best.candidate))
        doubtful = read is not None and any(one.proofs for one in read.answer.undecided)
        none = read is not None and not doubtful
        signals = odds.seen(found=False, doubtful=doubtful, none=none, spoken=found.every, borne=borne)
        return odds.weighed(made, signals, self._embedder, searched[0])

    def doubted(self, read: SetAnswer) -> SetAnswer:
        """The answer to "do any contracts have ...?" without the members whose clause may have been misread: they are
        undecided."""
        if read.question.quantifier is not Quantifier.ANY:
            return read
        said = words(read.question.condition)
        clauses = [[p.quote for p in m.proofs if p.field == "clause" and p.quote] for m in read.members]
        doubtful = [
            m for m, quotes in zip(read.members, clauses, strict=True) if quotes and not self._like(said, quotes)
        ]
        undecided = tuple(Undecided(m.label, m.document, m.finding, DOUBT, m.proofs[:1]) for m in doubtful)
        members = tuple(m for m in read.members if m not in doubtful)
        return replace(read, members=members, undecided=(*undecided, *read.undecided))

    # -- deciding -----------------------------------------------------------------------------------------------------

    def _found(self, telling: Telling, read: Reading, scope: Filter | None, *, certain: bool) -> Answer:
        """A clause or a field was read off the documents."""
        quotes = [p.quote for m in read.answer.members for p in m.proofs if p.quote]
        borne = any(map(telling.stands, quotes))
        sure = certain and read.certain and self._sure(telling.thing, read.answer)
        made = telling.read(read, sure=sure)
        if not self._calibrated(scope):
            return made
        signals = odds.seen(found=True, doubtful=not sure or not borne, none=False, spoken=(), borne=borne)
        return odds.weighed(made, signals, self._embedder, telling.searched[0])

    def _looked_through(
        self,
        telling: Telling,
        asked: Existence,
        read: Reading | None,
        on: FindingsOn | None,
        found: _Passages,
        *,
        certain: bool,
    ) -> Answer | None:
        """Nothing was read: what the best sentences say, or that nothing was found."""
        best = found.best
        if found.denied is not None:
            return None if asked.more else telling.denied(found.denied)
        if on is not None and on.perhaps:
            return None if asked.more else telling.findings(on, sure=False)
        unread = read is None or not read.certain
        if best is not None and best.score >= SPEAKS and unread:
            near = max(best.meant, best.printed) >= MEANT or asked.told or self._embedder.name != MEASURED
            why = "" if certain and near else "the nearest passage does not say it for certain"
            if on is not None and asked.found:
                why = f"it is the subject of none of {on.counted}; this is the nearest passage"
            return None if asked.more else telling.passage(best, why)
        doubtful = [one for one in read.answer.undecided if one.proofs] if read else []
        if doubtful:
            return telling.doubtful(doubtful)
        if best is not None and best.score >= (PERHAPS if on is None else UNFOUND):
            why = "the nearest passage does not say it for certain"
            if read is not None and read.certain:
                why = f"the readers of such clauses found none in {read.counted}; this is the nearest passage"
            return None if asked.more else telling.passage(best, why)
        return telling.absent(read, on, found.every, found.planned) if certain else None

    # -- finding out --------------------------------------------------------------------------------------------------

    def _read_off(self, thing: str, scope: Filter | None) -> Reading | None:
        """What was read off the documents in scope, where structure knows the thing, or something like it, and there
        are documents of a kind that may have it."""
        question, taken_for, certain = self._planned(thing, scope), "", True
        if question is None and self._meanings is not None and not PROPER.search(f"a {thing}"):
            guess = self._meanings.nearest([thing])[0]
            if guess is not None and guess.sure and guess.says(thing) and not guess.meaning.of_findings:
                taken_for, certain = guess.meaning.says, guess.certain(absent=False)
                question = self._planned(taken_for, scope)
        if question is None or (taken_for and not isinstance(question.condition, Clause)):
            return None
        found = answer_set(self._store, question, scope)
        return Reading(found, taken_for, certain) if found.asked else None

    def _findings(self, asked: Existence, thing: str, scope: Filter | None, documents: int) -> FindingsOn | None:
        """What findings say of it, where one is asked for: by the words or the thing of the question, or as nothing but
        reports is asked."""
        on = findings_on(self._store, thing, scope, self._kinds, self._embedder)
        meant = on is not None and (asked.found or on.understood or on.reports == documents)
        return on if meant else None

    def _of_reports(self, evidence: Evidence) -> Evidence:
        """The evidence without documents of kinds that have no findings."""
        without = {kind.name for kind in self._kinds if not kind.findings}
        kinds = self._store.kinds({c.document.id for c in evidence.candidates})
        kept = tuple(c for c in evidence.candidates if kinds.get(c.document.id) not in without)
        return replace(evidence, candidates=kept)

    def _calibrated(self, scope: Filter | None) -> bool:
        """Whether all documents in scope are such as the calibration was made with, and few."""
        ids = self._store.paths(scope, FEW + 1)
        return len(ids) <= FEW and set(self._store.kinds(ids).values()) <= CALIBRATED

    def _planned(self, thing: str, scope: Filter | None) -> SetQuestion | None:
        question = plan(f"Which documents have {thing}?", self._kinds, known_names(self._store, scope))
        known = question is not None and question.unit is Unit.DOCUMENT and question.condition is not None
        return question if known and question is not None and not question.perhaps else None

    def _sure(self, thing: str, read: SetAnswer) -> bool:
        """Whether a clause that was read off documents has a word of the thing, or means it: a reader may misread."""
        if not isinstance(read.question.condition, Clause):
            return True
        return self._like(thing, [p.quote for member in read.members[:SHOWN] for p in member.proofs if p.quote])

    def _like(self, thing: str, quotes: Sequence[str]) -> bool:
        """Whether one of the quotes has a word of the thing, or is near it in meaning."""
        wanted = set(content(thing)) - GENERIC - {"non", "anti"}
        if any(alike(w, o) for quote in quotes for o in content(quote) for w in wanted):
            return True
        told = [sentence for entry in entries(thing) for sentence in entry.printed]
        rows = self._embedder.embed([thing, *told, *quotes])
        return bool(np.max(rows[: 1 + len(told)] @ rows[1 + len(told) :].T, initial=0.0) >= MISREAD)

    def _passages(
        self, asked: Existence, thing: str, evidence: Evidence, chunks: int, on: FindingsOn | None
    ) -> _Passages:
        wanted = weights(thing, self._store.frequencies(terms(thing)), chunks)
        every = spoken(thing, evidence.candidates, wanted, self._embedder)
        if asked.told or not (asked.found or on is not None):
            return _Passages(every, every[0] if every else None)
        says = {id(one): stance(thing, one.candidate.text, context(one.candidate)) for one in every}

        def first(wanted: Stance, least: float) -> Spoken | None:
            return next((one for one in every if says[id(one)] is wanted and one.score >= least), None)

        best, denied = first(Stance.STATES, 0.0), first(Stance.DENIES, SPEAKS)
        if denied is not None and best is not None and best.score > denied.score:
            denied = None
        return _Passages(every, best, denied, first(Stance.PLANS, SPEAKS))


def _thing(asked: Existence, looked: Found) -> str:
    """The thing without the names that led to a document."""
    bare = existence(looked.asked)
    return _DANGLING.sub("", bare.thing if bare is not None else asked.thing)


def _scope(called: tuple[str, ...], tree: Filter | None) -> Filter | None:
    """The documents that the question names, within the filter."""
    if not called:
        return tree
    named = In("document", called)
    return named if tree is None else And((tree, named))
