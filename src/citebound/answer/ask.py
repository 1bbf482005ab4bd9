"""The flow of one question: retrieve -> decide whether the evidence suffices -> prompt -> generate -> bind.

The stream sends the evidence first, then the model's words as they come, then the verdict of the gate. Without a
model, and when nothing of a draft can be bound, the best sentences of the evidence are quoted instead.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import resources

from citebound.answer.bind import Bound, bind, says_not_found
from citebound.answer.evidence import Candidate, Evidence, closing, fitting, gather, merged, notice, weights, widen
from citebound.answer.exhibit import cite
from citebound.answer.set_document import search_each, sought
from citebound.answer.set_meaning import MEASURED, Meanings, restated
from citebound.answer.sets import Statement, answer_set, known_names, plan
from citebound.config import Config
from citebound.errors import EmptyQuestion, GeneratorError, ModelError, QuestionTooLong
from citebound.indexes.amendment import Ledger, governing_first
from citebound.indexes.closure import Closed
from citebound.indexes.language import warning, warnings
from citebound.indexes.lexical import terms
from citebound.indexes.search import STAGES, Search, passages
from citebound.indexes.store import Store
from citebound.ingest.profile import Profile, profiles
from citebound.ingest.sentences import sentence_spans
from citebound.protocols import Embedder, Generator
from citebound.types import (
    Answer,
    Citation,
    DocumentInfo,
    Filter,
    Hit,
    Outcome,
    Passage,
    Receipt,
    Sentence,
    Source,
    Span,
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
NEAREST = 3
QUOTED = 2
CLOSE = 0.04
"""A second sentence is quoted beside the best one if its score is at most so much lower."""


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
        record = _Record(self, question, evidence, closed.passages, searched, found - started, notes, hints)
        if evidence.sufficiency < SUFFICIENT:
            reason = "no passage answers the question well enough" if hits else "the collection has nothing on this"
            yield Done(record.not_found(reason))
            return
        if open_generator is None:
            yield Done(record.quoted())
            return
        try:
            record.generator = open_generator()
        except (GeneratorError, ModelError) as error:
            yield Done(record.quoted(f"no model answered ({error}); quotes instead"))
            return
        yield from self._generated(question, record.generator, record)

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
        citer = _Citer(self._store)
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

    def _stated(self, statement: Statement, citer: _Citer) -> Sentence:
        citations = []
        for proof in statement.proofs:
            source = next(iter(self._store.sources(proof.document_id)), None)
            if proof.span is not None and source is not None:
                document = self._store.info(proof.document_id)[0]
                citations.append(citer.of(document, source, proof.span, proof.quote))
        return Sentence(statement.text, tuple(c for c in citations if c), Verdict.BOUND)

    def _generated(self, question: str, generator: Generator, record: _Record) -> Iterator[Event]:
        messages = prompt(question, record.given, record.hints)
        record.prompt_sha256 = hashlib.sha256("\n".join(m["content"] for m in messages).encode()).hexdigest()
        begun = time.monotonic()
        draft = ""
        try:
            for piece in generator.stream(messages, max_tokens=self._config.answer_tokens):
                draft += piece
                yield Token(piece)
        except GeneratorError as error:
            record.generation_seconds = time.monotonic() - begun
            yield Done(record.quoted(f"the model did not answer ({error}); quotes instead"))
            return
        record.generation_seconds = time.monotonic() - begun
        if not says_not_found(draft):
            yield Done(record.bound(bind(draft, record.given, question)))
        elif record.evidence.sufficiency >= NEAR:
            reason = "the model found no answer; the nearest quotes instead"
            yield Done(replace(record.quoted(reason), outcome=Outcome.PARTIAL))
        else:
            yield Done(record.not_found("the model found no answer in the nearest passages"))


@dataclass
class _Record:
    """What is known while one answer is made."""

    asker: Asker
    question: str
    evidence: Evidence
    given: Sequence[Passage]
    searched: tuple[int, int]
    retrieval_seconds: float
    notes: tuple[str, ...] = ()
    hints: str = ""
    generator: Generator | None = None
    prompt_sha256: str = ""
    generation_seconds: float = 0.0

    def not_found(self, reason: str, sentences: tuple[Sentence, ...] = ()) -> Answer:
        nearest = passages(self.evidence.hits[:NEAREST], 10_000)
        return self._answer(Outcome.NOT_FOUND, sentences, self.asker._ledger.mark_passages(nearest), reason)

    def bound(self, draft: Sequence[Bound]) -> Answer:
        """The answer from a draft after the gate; quotes instead when nothing of it was bound."""
        citer = _Citer(self.asker._store)
        sentences = [self._sentence(b, citer) for b in draft]
        kept = [s for s in sentences if s.verdict is not Verdict.REMOVED]
        if not kept:
            return self.quoted("nothing of the model's draft could be bound; quotes instead", tuple(sentences))
        counts = Counter(s.verdict for s in sentences)
        said = ", ".join(f"{counts[v]} {v}" for v in (Verdict.REMOVED, Verdict.TRIMMED) if counts[v])
        outcome = Outcome.PARTIAL if said else Outcome.ANSWERED
        reason = f"not all of the model's draft could be bound: {said}" if said else ""
        return self._answer(outcome, tuple(sentences), tuple(self.given), reason)

    def quoted(self, reason: str = "", removed: tuple[Sentence, ...] = ()) -> Answer:
        """The best sentences of the evidence as the answer, each its own exhibit."""
        citer = _Citer(self.asker._store)
        made = [self._quote(c, citer) for c in _best(self.evidence.candidates)]
        sentences = tuple(s for s in made if s is not None)
        if not sentences:
            return self.not_found(reason or "no sentence could be bound", removed)
        return self._answer(Outcome.ANSWERED, (*removed, *sentences), tuple(self.given), reason)

    def _sentence(self, bound: Bound, citer: _Citer) -> Sentence:
        found = [(self.given[q.passage], q) for q in bound.quotes]
        citations = tuple(c for p, q in found if (c := citer.of(p.document, p.source, q.span, q.text)))
        if bound.verdict is not Verdict.REMOVED and not citations:
            return Sentence(bound.text, (), Verdict.REMOVED, "the document changed while the answer was made")
        return Sentence(bound.text, citations, bound.verdict, bound.reason)

    def _quote(self, candidate: Candidate, citer: _Citer) -> Sentence | None:
        citation = citer.of(candidate.document, candidate.found.source, candidate.span, candidate.text)
        text = " ".join(candidate.text.split())
        return Sentence(f"“{text}”", (citation,), Verdict.BOUND) if citation else None

    def _answer(
        self, outcome: Outcome, sentences: tuple[Sentence, ...], shown: tuple[Passage, ...], reason: str
    ) -> Answer:
        receipt = Receipt(
            generation=self.asker._search.generation(),
            encoder=self.asker._embedder.name,
            generator=self.generator.name if self.generator else "",
            prompt_sha256=self.prompt_sha256,
            searched_documents=self.searched[0],
            searched_chunks=self.searched[1],
            sufficiency=self.evidence.sufficiency,
            retrieval_seconds=self.retrieval_seconds,
            generation_seconds=self.generation_seconds,
            prompt_tokens=getattr(self.generator, "prompt_tokens", 0),
            output_tokens=getattr(self.generator, "output_tokens", 0),
        )
        hits = self.evidence.hits
        made = Answer(self.question, outcome, sentences, shown, hits, (), reason, receipt, self.notes)
        return self.asker._ledger.mark_answer(made)


class _Citer:
    """Numbers exhibits in the order of first use; the same quote keeps its number."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._made: dict[tuple[str, Span], Citation] = {}

    def of(self, document: DocumentInfo, source: Source, span: Span, quote: str) -> Citation | None:
        key = (document.id, span)
        if key not in self._made:
            made = cite(self._store, len(self._made) + 1, document, source, span, quote)
            if made is None:
                return None
            self._made[key] = made
        return self._made[key]


def _best(candidates: Sequence[Candidate]) -> list[Candidate]:
    if not candidates:
        return []
    best = candidates[0]
    return [c for c in candidates[:QUOTED] if c.score >= best.score - CLOSE]


def prompt(question: str, given: Sequence[Passage], hints: str = "") -> list[dict[str, str]]:
    """Chat messages: the fixed instructions and the hints for these kinds of documents, then numbered passages in
    fences nobody can guess, each with what supersedes it, then the question."""
    fixed = resources.files("citebound.answer").joinpath("prompts/answer.txt").read_text("utf-8").strip()
    fence = secrets.token_hex(4)
    numbered = "\n".join(
        f"<{fence}>\n[{n}] {' '.join(p.text.split())}\n(from {_about(p)})\n</{fence}>"
        for n, p in enumerate(given, start=1)
    )
    return [
        {"role": "system", "content": "\n".join(filter(None, (fixed, hints)))},
        {"role": "user", "content": f"{numbered}\n\nQuestion: {question}"},
    ]


def _about(passage: Passage) -> str:
    return "; ".join(filter(None, (passage.context, notice(passage.superseded_by))))
