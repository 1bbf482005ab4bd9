"""Collection: the one object that a library user holds."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType

import numpy as np

from citebound import config as settings
from citebound.answer.ask import Asker, Done, Event, clean_question
from citebound.answer.chat.chat import Chat
from citebound.answer.receipts.feedback import judged
from citebound.answer.receipts.keeper import Keeper, Opener
from citebound.answer.receipts.receipts import Asked, StoredReceipt, stored
from citebound.answer.receipts.replay import Replay, question_of, replay
from citebound.answer.scoring.scorer import ScoredPlace, ScoreProgress, Scorer
from citebound.config import Config
from citebound.errors import ConfigError, QueryError, StoreCorrupt, UnknownCollection, UnknownDocument
from citebound.indexes import activity, chats, feedback, forgetting, generation, ingest, receipts, register
from citebound.indexes import adapter as adapters
from citebound.indexes.activity import Activity
from citebound.indexes.adapting import Labelled, Trained, train
from citebound.indexes.amendment import Ledger
from citebound.indexes.chats import Listed
from citebound.indexes.closure import Closed, close
from citebound.indexes.durable import storage_errors
from citebound.indexes.embeddings import Remembering, open_cross_encoder, open_encoder
from citebound.indexes.explain import Explanation, explain
from citebound.indexes.faiss_index import FaissIndex, exact_search
from citebound.indexes.feedback import Feedback, Judgement
from citebound.indexes.filter_json import filter_json, filter_of
from citebound.indexes.filters import FilterLike, parse
from citebound.indexes.language import warnings
from citebound.indexes.lock import writer_lock
from citebound.indexes.receipts import Verified
from citebound.indexes.register import Findings, Overview
from citebound.indexes.retest import Comparison, compare
from citebound.indexes.search import STAGES, Found, Search, passages
from citebound.indexes.store import Store
from citebound.protocols import CrossEncoder, Embedder, Generator
from citebound.types import Amendment, Answer, Chunk, Document, DocumentInfo, Filter, Hit, IngestReport, Passage, Source

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
PASSAGE_HITS = 400
REBUILD = "`citebound index rebuild`"
TIE = 1e-5
"""Cosines that differ by less are equal: which of two equal vectors is among the best k is chance."""


def names(config: Config) -> list[str]:
    """The collections in the data root, sorted."""
    return sorted(p.parent.name for p in config.home.glob("*/store.db"))


class Collection:
    """Documents that are searched and asked together. Use `open`; close it, or use it in a `with` statement.

    One Collection may be used from several threads; several processes may open the same one.
    """

    def __init__(self, root: Path, config: Config, *, create: bool, embedder: Embedder | None = None) -> None:
        self.root = root
        self.config = config
        self._given_embedder = embedder
        self._generator: Generator | None = None
        self._started: Generator | None = None
        self._opening = threading.RLock()
        if create:
            with storage_errors(root):
                root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._store = Store(root / "store.db", create=create)
        self._activity = Activity(root / activity.FILE)

    @classmethod
    def open(
        cls,
        collection: str | Path,
        *,
        create: bool = False,
        config: Config | None = None,
        embedder: Embedder | None = None,
        generator: Generator | None = None,
    ) -> Collection:
        """Open a collection by name (a folder of the data root) or by path; with `create`, make it if need be.

        `embedder` and `generator` replace the configured ones. Raises UnknownCollection, ConfigError, StoreError.
        """
        config = config or settings.load()
        given = str(collection)
        is_path = isinstance(collection, Path) or "/" in given or given.startswith(".")
        if not is_path and not NAME.fullmatch(given):
            raise ConfigError(
                f"{given!r} is not a name for a collection", remedy="Use letters, digits, '-', '_' and '.', at most 64."
            )
        root = Path(given) if is_path else config.home / given
        if not create and not (root / "store.db").is_file():
            known = ", ".join(names(config)) or "none yet"
            raise UnknownCollection(
                f"no collection {given!r} in {root.parent}",
                remedy=f"Collections there: {known}. `citebound ingest PATH --collection {root.name}` makes one.",
            )
        made = cls(root, config, create=create, embedder=embedder)
        made._generator = generator
        return made

    def __enter__(self) -> Collection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database and, if this collection started it, of the model server."""
        self._store.close()
        self._activity.close()
        close = getattr(self._started, "close", None)
        if close:
            close()
        self._generator = self._started = None

    @property
    def name(self) -> str:
        """The last part of its path: its name in the data root."""
        return self.root.name

    @cached_property
    def embedder(self) -> Embedder:
        with self._opening:
            return self._given_embedder or open_encoder(self.config)

    @cached_property
    def _search(self) -> Search:
        return Search(self.root, self._store, self.embedder, cross_encoder=lambda: self._cross_encoder)

    @cached_property
    def _cross_encoder(self) -> CrossEncoder | None:
        with self._opening:
            return open_cross_encoder(self.config)

    @cached_property
    def _ledger(self) -> Ledger:
        return Ledger(self._store)

    @cached_property
    def _asker(self) -> Asker:
        return Asker(self._store, self._search, Remembering(self.embedder), self.config, self._ledger)

    @cached_property
    def _keeper(self) -> Keeper:
        return Keeper(self._activity, self._store, self.embedder.key, self.config)

    @property
    def generator(self) -> Generator:
        """The configured generator, started on first need. Raises GeneratorError or ModelError."""
        with self._opening:
            if self._generator is None:
                from citebound.answer.generation.generator import open_generator

                self._generator = self._started = open_generator(self.config, self.root.parent)
            return self._generator

    # -- bringing documents in -------------------------------------------------------------------------------------

    def ingest(
        self,
        paths: Sequence[str | Path],
        progress: ingest.ProgressCallback | None = None,
        labels: Mapping[str, str] | None = None,
        kind: str = "",
    ) -> IngestReport:
        """Ingest files and folders (recursively). One bad file stops no other; see `report.failures`.

        What kind of document each is, is found out, unless `kind` names a profile for all of them: it stays with their
        paths until another one is named, or "auto", which finds it out again.

        Raises CollectionBusy if another ingest runs, StorageFull if the disk is full; committed documents stay.
        """
        found = [Path(p) for p in paths]
        return ingest.ingest(
            self.root, self._store, self.embedder, found, self.config, labels=labels, progress=progress, kind=kind
        )

    def forget(self, document: str) -> dict[str, object]:
        """Delete a document (by id, its beginning, path or file name) everywhere; says what went from where.

        Receipts lose the texts that were made from it, and their questions. That is done too for a document that is
        not here any more, by its id.
        """
        try:
            document_id = self._store.resolve(document)
        except UnknownDocument:
            with writer_lock(self.root):
                removed = forgetting.forget_gone(self._activity, document)
                self._store.scrub()
            return removed
        return ingest.forget(self.root, self._store, self.embedder, self.config, document_id, self._activity)

    # -- searching and asking --------------------------------------------------------------------------------------

    def search(
        self,
        question: str,
        k: int = 10,
        filters: FilterLike = None,
        *,
        stages: Iterable[str] = STAGES,
        adapter: bool | None = None,
    ) -> list[Hit]:
        """At most k hits, best first. `stages` may leave out "dense" or "lexical"; `adapter` says whether the query
        adapter is used (None: as the setting says). Raises QueryError, UnknownAdapter, WrongEncoder."""
        if k < 1:
            raise ConfigError(f"k is {k}; it must be at least 1")
        hits = self._search.hits(
            clean_question(question, self.config.question_limit),
            k,
            parse(filters),
            stages=self._stages(stages, adapter),
        )
        return self._ledger.mark_hits(hits)

    def passages(
        self,
        question: str,
        budget: int = 16000,
        filters: FilterLike = None,
        *,
        stages: Iterable[str] = STAGES,
        adapter: bool | None = None,
    ) -> list[Passage]:
        """Neighbouring hits merged, best first, then the definitions and clauses that they need ("closure"; these have
        no hits), with at most `budget` characters in all. Raises as `search`."""
        _, closed = self._retrieve(question, budget, filters, self._stages(stages, adapter))
        return list(closed.passages)

    def explain(
        self,
        question: str,
        budget: int = 16000,
        filters: FilterLike = None,
        *,
        stages: Iterable[str] = STAGES,
        adapter: bool | None = None,
    ) -> Explanation:
        """What `passages` gives, and why: how the question was understood, what each stage said of each hit, what
        was added, and what was dropped for the budget or as a duplicate. Raises as `search`."""
        on = self._stages(stages, adapter)
        found, closed = self._retrieve(question, budget, filters, on)
        alike, _ = self._retrieve(question, budget, filters, tuple(stage for stage in on if stage != "duplicates"))
        return explain(self._store, question, self.embedder.name, found, alike, closed)

    def _stages(self, stages: Iterable[str], adapter: bool | None) -> tuple[str, ...]:
        """The stages, with the query adapter if it is asked for, or the setting says so and there is one, and with the
        cross-encoder that the settings name."""
        stored = self.config.adapter and (self.root / adapters.FILE).exists()
        adapted = ("adapter",) if adapter or (adapter is None and stored) else ()
        return (*stages, *adapted, *(("cross-encoder",) if self.config.cross_encoder else ()))

    def _retrieve(
        self, question: str, budget: int, filters: FilterLike, stages: tuple[str, ...]
    ) -> tuple[Found, Closed]:
        """What the search found, and what of it is shown; both say what supersedes it, and what governs goes first."""
        asked = clean_question(question, self.config.question_limit)
        found = self._search.find(asked, PASSAGE_HITS, parse(filters), stages=stages)
        found = replace(found, hits=tuple(self._ledger.mark_hits(found.hits)))
        shown = passages(found.hits, budget)
        if "closure" not in stages:
            return found, Closed(self._ledger.mark_passages(shown))
        return found, close(self._store, shown, budget, found.hits, arrange=self._ledger.mark_passages)

    def ask(
        self,
        question: str,
        filters: FilterLike = None,
        *,
        llm: bool = True,
        abstain: bool = True,
        receipt: bool = True,
    ) -> Answer:
        """Answer with bound citations, or NOT_FOUND. With `llm` False, by quotes alone; with `abstain` False, however
        unsure it is; with `receipt` False, without a receipt being stored. Raises QueryError."""
        for event in self.stream(question, filters, llm=llm, abstain=abstain, receipt=receipt):
            if isinstance(event, Done):
                return event.answer
        raise AssertionError("a stream ends with Done")

    def stream(
        self,
        question: str,
        filters: FilterLike = None,
        *,
        llm: bool = True,
        abstain: bool = True,
        receipt: bool = True,
    ) -> Iterator[Event]:
        """The events of `ask` as they happen: EvidenceFound, Token ..., Done."""
        tree = parse(filters)
        question = clean_question(question, self.config.question_limit)
        stages = self._stages(STAGES, None)
        asked = Asked(question, filter_json(tree) if tree else None, stages, llm, abstain)

        def answer(open_generator: Opener | None) -> Iterator[Event]:
            return self._asker.stream(question, open_generator, tree, stages=stages, abstain=abstain)

        open_generator = (lambda: self.generator) if llm else None
        return self._keeper.stream(answer, asked, open_generator) if receipt else answer(open_generator)

    def adapt(
        self, labels: Iterable[Labelled], *, given: bool = False, dry_run: bool = False, force: bool = False
    ) -> Trained:
        """Train a query adapter on labelled questions (`citebound.eval.own.labels` reads a table of them), the encoder
        unchanged, and say what it does for held-out ones.

        It replaces the stored one if it is shown to help (`Trained.improves`) or with `force`, never with `dry_run`;
        searches use it only when they are told to. With `given`, each question is asked of its own document, as with a
        filter. Raises BadLabels, UnknownDocument, QueryError, CollectionBusy, StorageFull.
        """
        trained = train(self.root, self._store, self.embedder, labels, given=given)
        if dry_run or not (trained.improves or force):
            return trained
        adapters.write(self.root, trained.adapter)
        return replace(trained, saved=True)

    # -- chats -----------------------------------------------------------------------------------------------------

    def chat(self, resume: str | None = None, filters: FilterLike = None, *, llm: bool = True) -> Chat:
        """A new chat, or one to go on with: by its id, the beginning of it, or "last".

        `filters` holds for all its turns; without, a resumed chat keeps its own. Raises UnknownChat, BadFilter.
        """

        def ask(question: str, tree: Filter | None) -> Iterator[Event]:
            return self.stream(question, tree, llm=llm)

        tree, limit = parse(filters), self.config.question_limit
        if resume is not None:
            return Chat.resume(self._activity, self._store, ask, limit, resume, tree)
        return Chat(self._activity, self._store, ask, limit, tree=tree)

    def chats(self, limit: int = 50, skip: int = 0) -> list[Listed]:
        """The stored chats, the one that was used last first."""
        if limit < 1 or skip < 0:
            raise ConfigError(f"{limit} chats after {skip} cannot be listed")
        with self._activity.read() as db:
            return chats.newest(db, limit, skip)

    def forget_chat(self, chat: str) -> dict[str, int]:
        """Delete a chat, and what the receipts of its answers hold, from every file; says how many turns and receipts.

        Raises UnknownChat, CollectionBusy while another process reads: the chat is gone then, and `compact` takes its
        last bytes out of the log.
        """
        with self._activity.write() as db:
            removed = chats.delete(db, chats.find(db, chat))
        self._activity.scrub()
        return removed

    # -- receipts --------------------------------------------------------------------------------------------------

    def receipts(self, limit: int = 50, skip: int = 0) -> list[StoredReceipt]:
        """What was asked and answered, newest first."""
        if limit < 1 or skip < 0:
            raise ConfigError(f"{limit} receipts after {skip} cannot be listed")
        with self._activity.read() as db:
            return [stored(entry) for entry in receipts.newest(db, limit, skip)]

    def receipt(self, receipt: str) -> StoredReceipt:
        """A receipt by its id, the beginning of it, or "last". Raises UnknownReceipt, StoreCorrupt."""
        with self._activity.read() as db:
            return stored(receipts.find(db, receipt))

    def replay(self, receipt: str) -> Replay:
        """Repeat the retrieval of an answer exactly, the stored drafts in the place of the model, and say what is not
        as it was. Nothing is stored. Raises UnknownReceipt, ForgottenReceipt, StoreCorrupt, ConfigError for vectors of
        another encoder."""
        kept = self.receipt(receipt)
        asked = question_of(kept)
        then = kept.header.means
        budget = {"evidence_tokens": then.evidence_tokens, "answer_tokens": then.answer_tokens}
        config = self.config.model_copy(update=budget)
        asker = Asker(self._store, self._search, Remembering(self.embedder), config, self._ledger)
        gone = {"adapter"} - ({"adapter"} if (self.root / adapters.FILE).exists() else set())
        stages = tuple(stage for stage in asked.stages if stage not in gone)
        generator = self._generator.name if self._generator else self.config.generator
        return replay(
            kept,
            lambda repeated: asker.stream(
                asked.question,
                (lambda: repeated) if asked.llm else None,
                filter_of(dict(asked.filter)) if asked.filter else None,
                stages=stages,
                abstain=asked.abstain,
            ),
            self._keeper.means(generator, stages),
            generator,
        )

    # -- feedback --------------------------------------------------------------------------------------------------

    def feedback(
        self,
        receipt: str,
        verdict: Judgement | str,
        *,
        document: str = "",
        quote: str = "",
        answer: str = "",
        comment: str = "",
    ) -> Feedback:
        """Say of an answer, by its receipt, that it is "right", "wrong" or "not_there"; the last word counts.

        `quote` is the right place, in `document`, and is checked; `answer` the right answer, if shorter. Raises
        UnknownReceipt, ForgottenReceipt, UnknownDocument, BadFeedback with the nearest place.
        """
        item = judged(self._store, self.receipt(receipt), verdict, document, quote, answer, comment)
        with self._activity.write() as db:
            return feedback.put(db, item)

    def feedback_items(self) -> tuple[Feedback, ...]:
        """What was said of answers, oldest first; `citebound.answer.receipts.feedback.table` makes a CSV of it."""
        with self._activity.read() as db:
            return feedback.listed(db)

    def verify_receipts(self) -> Verified:
        """Look through the whole chain of receipts: what was changed, taken out, put in or reordered is named."""
        with self._activity.read() as db:
            return receipts.verify(db)

    # -- findings and facts ----------------------------------------------------------------------------------------

    def findings(
        self, severity: str = "", status: str = "", *, document: str | None = None, filters: FilterLike = None
    ) -> Findings:
        """The findings of all security reports, worst first, each with its place and the other reports that have it.

        `severity` is a level, "high" meaning that or worse and "=high" that alone; `status` is open, partial, accepted,
        fixed or unstated, several separated by commas. Raises QueryError, BadFilter, UnknownDocument.
        """
        only = "" if document is None else self._store.resolve(document)
        return register.findings(self._store, severity, status, document=only, tree=parse(filters))

    def compare_findings(self, old: str, new: str) -> Comparison:
        """What became of the findings of the report `old` in the later report `new`.

        Raises UnknownDocument, QueryError if both are one document.
        """
        return compare(self._store, self._store.resolve(old), self._store.resolve(new))

    def overview(self, filters: FilterLike = None) -> tuple[Overview, ...]:
        """Every document with its kind and what was read off it, in the order of paths. Raises BadFilter."""
        return register.overview(self._store, parse(filters))

    def language_notes(self, filters: FilterLike = None) -> tuple[str, ...]:
        """What should be known of documents in a language that the collection's encoder was not made for: a sentence
        for each language. Raises BadFilter."""
        return warnings(self._store.languages(parse(filters)), self._store.encoder_name())

    def amendments(self, filters: FilterLike = None) -> tuple[Amendment, ...]:
        """What the documents that satisfy the filter amend, newest first, each with the document and the place that it
        changes, or the reason why these are not known. Raises BadFilter."""
        return self._ledger.within(parse(filters))

    # -- scoring ---------------------------------------------------------------------------------------------------

    def score(
        self,
        scorer: Scorer | str,
        unit: str = "section",
        document: str | None = None,
        *,
        label: str | None = None,
        most: int | None = None,
        progress: ScoreProgress | None = None,
    ) -> list[ScoredPlace]:
        """Every section, chunk or document with its label, in the order of paths and text; with `label`, those most
        probably labelled so first.

        `scorer` is one, or the name of a stored one. Raises UnknownScorer, WrongEncoder, UnknownDocument, ConfigError
        for another `unit`, QueryError for a label that the scorer does not give or more than `most` places.
        """
        if isinstance(scorer, str):
            scorer = Scorer.load(scorer, config=self.config, embedder=self.embedder)
        if label is not None and label not in scorer.classes:
            raise QueryError(
                f"the scorer {scorer.name!r} has no label {label[:80]!r}", remedy=f"It has {', '.join(scorer.classes)}."
            )
        only = None if document is None else self._store.resolve(document)
        places = scorer.places(self._store, unit, only, most=most, progress=progress)
        if label is not None:
            places.sort(key=lambda place: -place.score.probabilities[label])
        return places

    # -- looking after it ------------------------------------------------------------------------------------------

    def documents(self) -> list[tuple[DocumentInfo, str, str, int, tuple[str, ...], tuple[Source, ...]]]:
        """Every document with status, state ("text" or "vectors"), number of chunks, notes and sources."""
        return self._store.listing()

    def document(self, document: str) -> Document:
        """One document by id, its beginning, path or file name. Raises UnknownDocument."""
        return self._store.document(self._store.resolve(document))

    def chunks(self, document: str) -> list[Chunk]:
        """All chunks of a document, in order."""
        return self._store.chunks_of(self._store.resolve(document))

    def stats(self) -> dict[str, object]:
        """Counts, the published generation, the encoder and the size on disk in bytes."""
        size = sum(p.stat().st_size for p in self.root.rglob("*") if p.is_file())
        return {
            **self._store.counts(),
            "generation": self._store.snapshot().generation,
            "encoder": self._store.encoder_name(),
            "bytes": size,
        }

    def check(self, sample: int = 50, k: int = 10) -> dict[str, object]:
        """Verify the store and the published index; `recall` is its recall@k against exact search on stored vectors.

        `problems` is empty when all is well.
        """
        problems = self._store.check() + self._activity.check()
        problems += [f"receipts: {problem}" for problem in self.verify_receipts().problems]
        snapshot = self._store.snapshot()
        recall = 1.0
        counts = self._store.counts()
        if snapshot.generation:
            try:
                index = generation.load(self.root, snapshot.generation, snapshot.manifest_sha256, self._store.encoder())
            except StoreCorrupt as error:
                problems.append(f"{error}; {REBUILD} mends it")
            else:
                problems += self._differences(index)
                recall = self._recall(index, sample, k)
        elif counts["chunks"]:
            problems.append(f"no index is published; {REBUILD} makes one")
        if counts["chunks_without_vectors"]:
            problems.append(f"{counts['chunks_without_vectors']} chunks wait for their vectors; ingest again")
        return {"problems": problems, "recall": recall, "k": k, "generation": snapshot.generation}

    def _differences(self, index: FaissIndex) -> list[str]:
        """How the published index differs from the store, which it was made from."""
        ids, vectors = self._store.vectors("c.indexed = 1")
        if set(index.ids().tolist()) - set(self._store.tombstones().tolist()) != set(ids.tolist()):
            return [f"the published index and the store hold different chunks; {REBUILD} mends it"]
        if not index.exact or not len(ids):
            return []
        changed = int(np.sum(np.any(index.reconstruct(ids) != vectors, axis=1)))
        return [f"{changed} vectors are not the same in the store and in the published index"] if changed else []

    def _recall(self, index: FaissIndex, sample: int, k: int) -> float:
        ids, vectors = self._store.vectors("c.indexed = 1")
        masked = self._store.tombstones()
        shares = []
        for row in np.linspace(0, len(ids) - 1, num=min(sample, len(ids)), dtype=int):
            _, exact = exact_search(vectors[row], ids, vectors, k)
            _, found = index.search(vectors[row], k, without=masked)
            shares.append(float(np.sum(found >= exact[-1] - TIE)) / len(exact))
        return float(np.mean(shares)) if shares else 1.0

    def rebuild(self) -> int:
        """Make the published index anew from the store, with the configured encoder; gives its generation."""
        with writer_lock(self.root):
            ingest.claim(self._store, self.embedder)
            ingest.embed_pending(self._store, self.embedder)
            return ingest.publish(self.root, self._store, self.embedder, self.config, rebuild=True)

    def compact(self) -> int:
        """Remove deleted vectors and words from every file now; gives the generation."""
        with writer_lock(self.root):
            self._store.sweep()
            number = ingest.publish(self.root, self._store, self.embedder, self.config)
            self._store.scrub()
            forgetting.resume(self._activity, self._store)
            return number
