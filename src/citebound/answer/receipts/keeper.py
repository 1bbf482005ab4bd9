"""Keeps a receipt of every answer: the one place where answers pass on their way to whoever asked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from citebound import __version__
from citebound.answer.ask import Done, Event, EvidenceFound
from citebound.answer.generation.dictation import Call, Recorded
from citebound.answer.receipts.receipts import Asked, Means, header_of, parts_of
from citebound.config import Config
from citebound.errors import StoreError, UnknownModel
from citebound.indexes import adapter, receipts
from citebound.indexes.activity import Activity
from citebound.indexes.filter_json import filter_of
from citebound.indexes.store import Store
from citebound.models import weights_sha256
from citebound.protocols import Generator
from citebound.types import Answer, Passage

LISTED = 200
"""Documents that a receipt names as those it speaks of; with more it goes with any."""

Opener = Callable[[], Generator]


class Keeper:
    """Keeps the receipts of one collection."""

    def __init__(self, activity: Activity, store: Store, encoder_key: str, config: Config) -> None:
        self._activity = activity
        self._store = store
        self._encoder_key = encoder_key
        self._config = config

    def stream(
        self, answer: Callable[[Opener | None], Iterator[Event]], asked: Asked, open_generator: Opener | None
    ) -> Iterator[Event]:
        """The events of `answer`, which is given the generator that it may use; the last has the id of its receipt."""
        calls: list[Call] = []
        recorded = (lambda: Recorded(open_generator(), calls)) if open_generator else None
        given: tuple[Passage, ...] = ()
        for event in answer(recorded):
            if isinstance(event, EvidenceFound):
                given = event.passages
            yield Done(self.keep(event.answer, asked, calls, given)) if isinstance(event, Done) else event

    def keep(self, answer: Answer, asked: Asked, calls: Sequence[Call], given: Sequence[Passage] = ()) -> Answer:
        """The answer with the id of its receipt or, where none can be stored, a note that says so. `given` are the
        passages that the model had before it: its drafts go with their documents, whatever the answer shows."""
        if answer.receipt is None:
            return answer
        try:
            id_ = self._write(answer, asked, calls, given)
        except StoreError as error:
            return replace(answer, notes=(*answer.notes, f"no receipt of this answer was stored: {error}"))
        return replace(answer, receipt=replace(answer.receipt, id=id_))

    def means(self, generator: str, stages: Sequence[str]) -> Means:
        """With what an answer is made now, by the generator of that name ("" for none)."""
        config = self._config
        configured = generator == config.generator
        return Means(
            citebound=__version__,
            encoder_key=self._encoder_key,
            weights_sha256=_weights(generator) if configured and not config.base_url else "",
            host=_host(config.base_url) if configured else "",
            adapter_sha256=_hash(self._store.path.with_name(adapter.FILE)) if "adapter" in stages else "",
            cross_encoder=_name(config.cross_encoder) if "cross-encoder" in stages else "",
            evidence_tokens=config.evidence_tokens,
            answer_tokens=config.answer_tokens,
        )

    def _write(self, answer: Answer, asked: Asked, calls: Sequence[Call], given: Sequence[Passage]) -> str:
        assert answer.receipt is not None
        parts = parts_of(answer, asked, calls, self._about(answer, asked), given)
        header = header_of(answer, answer.receipt, self.means(answer.receipt.generator, asked.stages))
        papers = {document for part in parts.values() for document in part.documents} - {receipts.ANY}
        with self._activity.write() as db:
            id_ = receipts.append(db, receipts.ANSWER, header, parts)
            for document in papers - self._store.kinds(papers).keys():  # forgotten while the answer was made
                receipts.forget(db, document)
        return id_

    def _about(self, answer: Answer, asked: Asked) -> dict[str, str]:
        """An answer that was not searched for was read off all documents, and may name those that have nothing."""
        if answer.hits:
            return {}
        tree = filter_of(dict(asked.filter)) if asked.filter else None
        found = self._store.paths(tree, LISTED + 1)
        return found if len(found) <= LISTED else {receipts.ANY: ""}


def _weights(generator: str) -> str:
    try:
        return weights_sha256(generator)
    except UnknownModel:
        return ""


def _name(model: Path | str | None) -> str:
    return model.name if isinstance(model, Path) else model or ""


def _host(base_url: str) -> str:
    """Host and port: an address may hold a password before them."""
    return urlsplit(base_url).netloc.rpartition("@")[2]


def _hash(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
