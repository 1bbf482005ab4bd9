"""The flow of one question: retrieve -> decide whether the evidence suffices -> prompt -> generate -> bind.

The stream sends the evidence first, then the model's words as they come, then the verdict of the gate. Without a
model, and when nothing of a draft can be bound, the best sentences of the evidence are quoted instead.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from citebound.answer.bind import bind, says_not_found
from citebound.answer.evidence import Evidence, closing, fitting, gather, merged, weights, widen
from citebound.answer.prompt import prompt
from citebound.answer.record import Citer, Record
from citebound.answer.set_document import search_each, sought
from citebound.answer.set_meaning import MEASURED, Meanings, restated
from citebound.answer.sets import Statement, answer_set, known_names, plan
from citebound.config import Config
from citebound.errors import EmptyQuestion, GeneratorError, ModelError, QuestionTooLong
from citebound.indexes.amendment import Ledger, governing_first
from citebound.indexes.closure import Closed
from citebound.indexes.language import warning, warnings
from citebound.indexes.lexical import terms
from citebound.indexes.search import STAGES, Search
from citebound.indexes.store import Store
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

SUFFICIENT = 0.42
"""Sufficiency from which on an answer is tried (chosen on development questions, eval/LOG.md)."""

NEAR = 0.5
"""Sufficiency from which on quotes are shown although the model said "not found": the small model says it nearly as
often where the answer lies before it (eval/LOG.md)."""

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
    ) -> Iterator[Event]:
        """EvidenceFound, then Tokens, then Done. The generator is opened after the evidence was sent, and only if it
        is needed; None means quotes alone. Raises QueryError before the first event."""
        question = clean_question(question, self._config.question_limit)
        started = time.monotonic()
        about_all = self._of_the_set(question, tree)
        if about_all is not None:
            yield EvidenceFound(())
            yield Done(about_all)
            return
        on = frozenset(stages)
        looked = self._search.find(question, HITS, tree, stages=on)
        hits, asked = self._ledger.mark_hits(looked.hits), looked.asked
        searched = self._store.searched(tree)
        weighed = weights(asked, self._store.frequencies(terms(asked)), searched[1])
        evidence = self._governing(gather(asked, hits, weighed, self._embedder))
        closed, hints = self._given(evidence, "closure" in on, hinted=open_generator is not None)
        evidence = self._governing(widen(evidence, asked, closed, weighed, self._embedder))
        notes = self._notes(question, tree)
        found = time.monotonic()
        yield EvidenceFound(closed.passages)
        receipt = Receipt(
            generation=self._search.generation(),
            encoder=self._embedder.name,
            generator="",
            prompt_sha256="",
            searched_documents=searched[0],
            searched_chunks=searched[1],
            sufficiency=evidence.sufficiency,
            retrieval_seconds=found - started,
            generation_seconds=0.0,
        )
        record = Record(self._store, self._ledger, question, evidence, closed.passages, receipt, notes, hints)
        if evidence.sufficiency < SUFFICIENT:
            reason = "no passage answers the question well enough" if hits else "the collection has nothing on this"
            yield Done(record.not_found(reason))
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
    def _meanings(self) -> Meanings:
        return Meanings(self._kinds, self._embedder.embed)

    def _of_the_set(self, question: str, tree: Filter | None) -> Answer | None:
        """The answer to a question about the set of documents, from what was read off all of them, or, where it asks
        for what is not, from a search of each; None if it is no such question, or there is nothing of that kind."""
        started = time.monotonic()
        known = known_names(self._store, tree)
        asked = plan(question, self._kinds, known)
        if asked is None and self._embedder.name == MEASURED:
            asked = restated(question, self._kinds, known, self._meanings)
        read = answer_set(self._store, asked, tree) if asked else None
        unread = sought(question, self._kinds, known) if asked is None else None
        each = search_each(self._store, self._embedder, unread, tree) if unread else None
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
        answer = Answer(question, found.outcome, sentences, reason=found.reason, receipt=receipt, notes=notes)
        return self._ledger.mark_answer(answer)

    def _stated(self, statement: Statement, citer: Citer) -> Sentence:
        citations = []
        for proof in statement.proofs:
            source = next(iter(self._store.sources(proof.document_id)), None)
            if proof.span is not None and source is not None:
                document = self._store.info(proof.document_id)[0]
                citations.append(citer.of(document, source, proof.span, proof.quote))
        return Sentence(statement.text, tuple(c for c in citations if c), Verdict.BOUND)

    def _generated(self, question: str, generator: Generator, record: Record) -> Iterator[Event]:
        messages = prompt(question, record.given, record.hints)
        sha256 = hashlib.sha256("\n".join(m["content"] for m in messages).encode()).hexdigest()
        begun = time.monotonic()
        draft, failure = "", None
        try:
            for piece in generator.stream(messages, max_tokens=self._config.answer_tokens):
                draft += piece
                yield Token(piece)
        except GeneratorError as error:
            failure = error
        record.receipt = replace(
            record.receipt,
            generator=generator.name,
            prompt_sha256=sha256,
            generation_seconds=time.monotonic() - begun,
            prompt_tokens=getattr(generator, "prompt_tokens", 0),
            output_tokens=getattr(generator, "output_tokens", 0),
        )
        if failure:
            yield Done(record.quoted(f"the model did not answer ({failure}); quotes instead"))
        elif not says_not_found(draft):
            yield Done(record.bound(bind(draft, record.given, question)))
        elif record.evidence.sufficiency >= NEAR:
            reason = "the model found no answer; the nearest quotes instead"
            yield Done(replace(record.quoted(reason), outcome=Outcome.PARTIAL))
        else:
            yield Done(record.not_found("the model found no answer in the nearest passages"))
