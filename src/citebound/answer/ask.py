"""The flow of one question: retrieve -> decide whether the evidence suffices -> prompt -> generate -> bind.

The stream sends the evidence first, then the model's words as they come, then the verdict of the gate. Without a
model, and when nothing of a draft can be bound, the best sentences of the evidence are quoted instead.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from citebound.answer.absence.answering import Presence
from citebound.answer.absence.existence import of_one
from citebound.answer.bind import bind, says_not_found
from citebound.answer.confidence.abstention import Abstention
from citebound.answer.confidence.judging import Judging
from citebound.answer.conflicts.places import Asked, Disputes
from citebound.answer.evidence import Evidence, closing, fitting, gather, merged, weights, widen
from citebound.answer.generation.writing import Writing
from citebound.answer.readings import Readings, first, promote, unknown
from citebound.answer.record import Citer, Record
from citebound.answer.sets.answer import Statement
from citebound.answer.sets.by_document import EachAnswer, look_into, sought
from citebound.answer.sets.by_fields import answer_set, known_names
from citebound.answer.sets.heard import heard
from citebound.answer.sets.meaning import MEASURED, Meanings
from citebound.answer.sets.plan import plan
from citebound.answer.sets.restatement import restated
from citebound.config import Config
from citebound.errors import EmptyQuestion, GeneratorError, ModelError, QuestionTooLong
from citebound.indexes.amendment import Ledger, governing_first
from citebound.indexes.closure import Closed
from citebound.indexes.language import warning, warnings
from citebound.indexes.lexical import terms
from citebound.indexes.search import STAGES, Found, Search
from citebound.indexes.store import Store
from citebound.indexes.synonyms import kind
from citebound.ingest.profile import Profile, profiles
from citebound.ingest.sentences import sentence_spans
from citebound.protocols import Embedder, Generator
from citebound.types import (
    Answer,
    Filter,
    Hit,
    Outcome,
    Passage,
    Receipt,
    Sentence,
    Verdict,
)

HINTS = 60
"""Tokens of the hints of profiles that a prompt holds at most; they take room from its passages."""

FEWER = 6
"""Of the evidence budget, hints may take this part at most: one in so many tokens."""

HITS = 24


@dataclass(frozen=True, slots=True)
class EvidenceFound:
    """First event: the passages that the answer will be made from, or that were looked at."""

    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the model's draft, before the gate: unverified."""

    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """Last event: the answer after the gate."""

    answer: Answer


Event = EvidenceFound | Token | Done


@dataclass(frozen=True, slots=True)
class _Gathered:
    """What was found for a question, and by what search: the evidence, what of it is given to a model with the hints of
    its kinds of documents, the weights of the question's words, how many documents and chunks were searched, the
    documents that it means, and the seconds that all this took."""

    question: str
    looked: Found
    evidence: Evidence
    closed: Closed
    hints: str
    stages: frozenset[str]
    weighed: Mapping[str, float]
    searched: tuple[int, int]
    documents: tuple[str, ...]
    seconds: float


def clean_question(question: str, limit: int) -> str:
    """The question without control characters and outer white space. Raises EmptyQuestion, QuestionTooLong."""
    cleaned = re.sub(r"[\x00-\x1f\x7f]+", " ", question).encode("utf-8", "replace").decode("utf-8").strip()
    if not re.search(r"\w", cleaned):
        raise EmptyQuestion("the question is empty", remedy="Ask in words, for example: Who may terminate, and when?")
    if len(cleaned) > limit:
        raise QuestionTooLong(
            f"the question has {len(cleaned)} characters; the limit is {limit}",
            remedy="Shorten it, or raise `question_limit` in citebound.toml.",
        )
    return cleaned


class Asker:
    """Answers questions over one collection."""

    def __init__(
        self, store: Store, search: Search, embedder: Embedder, config: Config, ledger: Ledger | None = None
    ) -> None:
        self._store = store
        self._search = search
        self._embedder = embedder
        self._config = config
        self._ledger = ledger or Ledger(store)

    def stream(
        self,
        question: str,
        open_generator: Callable[[], Generator] | None,
        tree: Filter | None = None,
        *,
        stages: Iterable[str] = STAGES,
        abstain: bool = True,
    ) -> Iterator[Event]:
        """EvidenceFound, then Tokens, then Done. The generator is opened after the evidence was sent, and only if it
        is needed; None means quotes alone. Without `abstain` nothing is held back for being unsure. Raises QueryError
        before the first event."""
        question = clean_question(question, self._config.question_limit)
        about_all = self._of_the_set(question, tree)
        if about_all is not None:
            yield EvidenceFound(())
            yield Done(about_all)
            return
        found = self._find(question, tree, frozenset(stages), hinted=open_generator is not None)
        yield EvidenceFound(found.closed.passages)
        record = self._record(found, tree, abstain=abstain)
        undrafted = self._undrafted(record, found, tree)
        if undrafted is not None:
            yield Done(undrafted)
            return
        if open_generator is None:
            yield Done(record.quoted())
            return
        try:
            generator = open_generator()
        except (GeneratorError, ModelError) as error:
            yield Done(record.quoted(f"no model answered ({error}); quotes instead"))
            return
        yield from self._generated(question, generator, record)

    def _find(self, question: str, tree: Filter | None, stages: frozenset[str], *, hinted: bool) -> _Gathered:
        """Search, what was read off the documents first, and what of it fits into a prompt. Raises QueryError."""
        started = time.monotonic()
        looked = self._search.find(question, HITS, tree, stages=stages)
        hits, asked = self._ledger.mark_hits(looked.hits), looked.asked
        searched = self._store.searched(tree)
        weighed = weights(asked, self._store.frequencies(terms(asked)), searched[1])
        meant = tuple(looked.route.documents) or self._store.only(tree)
        read = self._readings.of(question, meant, tree)
        hits = self._ledger.mark_hits(first(hits, self._readings.hits(read, tree)))
        evidence = self._governing(promote(gather(asked, hits, weighed, self._embedder, self._store), read))
        closed, hints = self._given(evidence, "closure" in stages, hinted=hinted)
        evidence = self._governing(widen(evidence, asked, closed, weighed, self._embedder, self._store))
        seconds = time.monotonic() - started
        return _Gathered(question, looked, evidence, closed, hints, stages, weighed, searched, meant, seconds)

    def _record(self, found: _Gathered, tree: Filter | None, *, abstain: bool) -> Record:
        """What the answer is made from, whoever writes it."""
        question, looked, evidence, passages = found.question, found.looked, found.evidence, found.closed.passages
        receipt = Receipt(
            generation=self._search.generation(),
            encoder=self._embedder.name,
            generator="",
            prompt_sha256="",
            searched_documents=found.searched[0],
            searched_chunks=found.searched[1],
            sufficiency=evidence.sufficiency,
            retrieval_seconds=found.seconds,
            generation_seconds=0.0,
        )
        abstention = Abstention(self._store.path.parent, self._embedder, self._config, off=not abstain)
        titles = self._titles(looked)
        judging = Judging(abstention, looked, evidence, passages, found.weighed, found.searched, titles)
        notes = (*self._notes(question, tree), *self._unheard(question, tree))
        record = Record(self._store, self._ledger, question, evidence, passages, receipt, notes, found.hints, judging)
        named = found.searched[0] == 1 or bool(looked.route.documents)
        record.disputes = self._disputes, Asked(question, named, tree, kind(question) is not None)
        return record

    def _undrafted(self, record: Record, found: _Gathered, tree: Filter | None) -> Answer | None:
        """The answer that needs no draft (whether a thing is there, or that nothing answers), or None."""
        existing = self._presence.answer(record, found.looked, tree, lambda within: self._looked(found, within))
        if existing is not None:
            return existing
        gone = unknown(self._store, record.question, found.documents, tree)
        if gone:
            titles = self._titles(found.looked)
            where = f"in {titles[0]}" if len(titles) == 1 else "in the documents that were searched"
            return record.not_found(f"{gone} does not stand {where}")
        if record.judging is not None and record.judging.hopeless:
            some = "no passage answers the question well enough"
            return record.not_found(some if found.evidence.hits else "the collection has nothing on this")
        return None

    def _titles(self, looked: Found) -> tuple[str, ...]:
        """Of the documents that the question names."""
        return tuple(self._store.info(document)[0].title for document in looked.route.documents)

    def _looked(self, found: _Gathered, tree: Filter) -> Evidence:
        """The evidence of some documents alone."""
        hits = self._ledger.mark_hits(self._search.find(found.question, HITS, tree, stages=found.stages).hits)
        return gather(found.looked.asked, hits, found.weighed, self._embedder, self._store)

    def _given(self, evidence: Evidence, closure: bool, *, hinted: bool) -> tuple[Closed, str]:
        """The passages for the prompt, within the budget with the hints for their kinds of documents; the hints."""
        tokens = self._config.evidence_tokens
        kept = fitting(evidence, self._embedder, tokens)
        hints = self._hints(kept) if hinted else ""
        if hints:
            tokens -= len(self._embedder.token_starts(hints))
            kept = fitting(evidence, self._embedder, tokens)
            hints = self._hints(kept)
        if not closure:
            return Closed(self._ledger.mark_passages(merged(kept))), hints
        arrange = self._ledger.mark_passages
        return closing(self._store, kept, evidence.hits, self._embedder, tokens, arrange), hints

    def _hints(self, hits: Sequence[Hit]) -> str:
        """The first sentences of what the profiles of these documents hint, in the order of their names, while they
        fit; "" for none."""
        kinds = set(self._store.kinds(hit.document.id for hit in hits).values())
        left = min(HINTS, self._config.evidence_tokens // FEWER)
        said: list[str] = []
        for profile in self._kinds:
            text = profile.hints if profile.name in kinds else ""
            for span in sentence_spans(text):
                sentence = " ".join(span.of(text).split())
                left -= len(self._embedder.token_starts(sentence))
                if left < 0:
                    return " ".join(said)
                said.append(sentence)
        return " ".join(said)

    def _notes(self, question: str, tree: Filter | None) -> tuple[str, ...]:
        """Which languages the encoder was not made for, of the question and of the documents that it is asked of."""
        encoder = self._embedder.name
        said = warning(question, encoder)
        return (*([said] if said else ()), *warnings(self._store.languages(tree), encoder))

    def _governing(self, evidence: Evidence) -> Evidence:
        """The evidence with the sentences of a text that governs before those of the text that it supersedes."""
        if not any(hit.superseded_by for hit in evidence.hits):
            return evidence
        over = self._ledger.over
        marked = [replace(c, superseded_by=over(c.document.id, c.span)) for c in evidence.candidates]
        return replace(evidence, candidates=tuple(governing_first(marked, lambda c: c.span)))

    @cached_property
    def _kinds(self) -> tuple[Profile, ...]:
        return profiles(self._config.profiles, self._config.home / "profiles")

    @cached_property
    def _presence(self) -> Presence:
        meanings = self._meanings if self._embedder.name == MEASURED else None
        return Presence(self._store, self._kinds, self._embedder, meanings)

    @cached_property
    def _disputes(self) -> Disputes:
        return Disputes(self._store, self._ledger, self._kinds, self._embedder)

    @cached_property
    def _readings(self) -> Readings:
        return Readings(self._store, self._kinds)

    @cached_property
    def _meanings(self) -> Meanings:
        return Meanings(self._kinds, self._embedder.embed)

    def _of_the_set(self, question: str, tree: Filter | None) -> Answer | None:
        """The answer to a question about the set of documents, from what was read off all of them, or, where it asks
        for what is not, from a search of each; None if it is no such question, or there is nothing of that kind."""
        started = time.monotonic()
        known = known_names(self._store, tree)
        asked = plan(question, self._kinds, known)
        if asked is None and of_one(question):
            return None
        if asked is None and self._embedder.name == MEASURED:
            asked = restated(question, self._kinds, known, self._meanings)
        read = self._presence.doubted(answer_set(self._store, asked, tree)) if asked else None
        unread = sought(question, self._kinds, known) if asked is None else None
        each = look_into(self._store, self._embedder, unread, tree) if unread else None
        found = read if read is not None and read.asked else each
        if found is None:
            return None
        citer = Citer(self._store)
        sentences = tuple(self._stated(statement, citer) for statement in found.sentences())
        receipt = Receipt(
            generation=self._search.generation(),
            encoder=self._embedder.name,
            generator="",
            prompt_sha256="",
            searched_documents=found.documents,
            searched_chunks=found.chunks,
            sufficiency=1.0,
            retrieval_seconds=time.monotonic() - started,
            generation_seconds=0.0,
        )
        notes = self._notes(question, tree)
        if isinstance(found, EachAnswer) and (part := heard(question, self._kinds, known)):
            notes = (*notes, part.said)
        answer = Answer(question, found.outcome, sentences, reason=found.reason, receipt=receipt, notes=notes)
        return self._ledger.mark_answer(answer)

    def _unheard(self, question: str, tree: Filter | None) -> tuple[str, ...]:
        """Of a question about the set that is answered from the nearest passages: what of it was not understood."""
        known = known_names(self._store, tree)
        if of_one(question) or plan(question, self._kinds, known) is not None:
            return ()
        part = heard(question, self._kinds, known)
        return (part.note,) if part else ()

    def _stated(self, statement: Statement, citer: Citer) -> Sentence:
        citations = []
        for proof in statement.proofs:
            source = next(iter(self._store.sources(proof.document_id)), None)
            if proof.span is not None and source is not None:
                document = self._store.info(proof.document_id)[0]
                citations.append(citer.of(document, source, proof.span, proof.quote))
        return Sentence(statement.text, tuple(c for c in citations if c), Verdict.BOUND)

    def _generated(self, question: str, generator: Generator, record: Record) -> Iterator[Event]:
        root, found = self._store.path.parent.parent, record.evidence.candidates
        writing = Writing(generator, self._config, self._embedder, root, question, record.given, found, record.hints)
        for piece in writing.pieces():
            yield Token(piece)
        draft, failure = writing.draft, writing.failure
        if record.judging and draft and not failure:
            record.judging.draft = draft
        made = () if says_not_found(draft) else bind(draft, record.given, question)
        held = any(sentence.quotes for sentence in made)
        named = writing.named() if made and not held and not failure else None
        record.receipt = writing.receipt(record.receipt)
        record.notes = (*record.notes, *writing.notes)
        if failure and held:
            answer = record.bound(made)
            reason = f"the model broke off ({failure}); what it had written so far"
            yield Done(replace(answer, outcome=Outcome.PARTIAL, reason=reason))
        elif failure:
            yield Done(record.quoted(f"the model did not answer ({failure}); quotes instead"))
        elif made:
            yield Done(record.bound(made, named))
        elif record.judging is None or record.judging.near(generator.name):
            reason = "the model found no answer; the nearest quotes instead"
            quoted = record.quoted(reason)
            yield Done(replace(quoted, outcome=Outcome.PARTIAL) if quoted.outcome is Outcome.ANSWERED else quoted)
        else:
            yield Done(record.not_found("the model found no answer in the nearest passages"))
