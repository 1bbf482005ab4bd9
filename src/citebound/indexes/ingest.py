"""The ingest flow: files -> parsed -> chunked -> stored (state `text`) -> embedded (state `vectors`) -> published.

Each document is committed whole or not at all, and what a killed ingest left in state `text` is embedded by the next.
Parsing runs one file ahead in its sandboxed child while this process embeds.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from citebound.config import Config
from citebound.errors import CollectionBusy, ParseFailure, StorageFull, StoreCorrupt, StoreError
from citebound.indexes import adapter, forgetting, generation
from citebound.indexes.activity import Activity
from citebound.indexes.embeddings import vector_key
from citebound.indexes.faiss_index import FaissIndex, kind_for
from citebound.indexes.language import shares, warnings
from citebound.indexes.lock import writer_lock
from citebound.indexes.store import BATCH, Store, now
from citebound.ingest.chunker import RECIPE, chunk, embedded_text
from citebound.ingest.discover import Refusal, discover
from citebound.ingest.limits import Limits
from citebound.ingest.parse import PARSER_VERSION, Parsed
from citebound.ingest.profile import Profile, profiles
from citebound.ingest.structure import forced
from citebound.ingest.worker import ParserPool
from citebound.protocols import Embedder
from citebound.types import FileReport, In, IngestReport, Progress, Source, Status

AUTO = "auto"
"""Instead of a kind's name: find it out, whatever was forced before."""

READ_BATCH = 16
"""Documents whose texts are held at once to look for their languages."""

EMBED_BATCH = 1024
"""Chunks that are embedded in one call: sorted by length inside, so many at once waste less padding."""

PIECE = 32
"""Characters of a piece of text that is looked for after forgetting: short, so that few straddle a database page."""

BLOCK = 1 << 22


ProgressCallback = Callable[[Progress], None]


@dataclass
class _Run:
    """Counters of one ingest, and whom to tell."""

    total: int
    tell: ProgressCallback | None
    started: float = field(default_factory=time.monotonic)
    files: int = 0
    pages: int = 0
    embedded: int = 0
    chunks: int = 0

    def say(self, stage: str, path: str = "") -> None:
        if self.tell:
            seconds = time.monotonic() - self.started
            self.tell(Progress(stage, path, self.files, self.total, self.pages, self.embedded, self.chunks, seconds))


def ingest(
    root: Path,
    store: Store,
    embedder: Embedder,
    paths: Sequence[Path],
    config: Config,
    *,
    labels: Mapping[str, str] | None = None,
    progress: ProgressCallback | None = None,
    kind: str = "",
) -> IngestReport:
    """Bring files and folders into the collection in `root`; one bad file never stops the others.

    `kind` forces the kind of all of them, by the name of its profile. It stays with each path, also when the file is
    read anew or changes, until another kind is forced, or AUTO, which finds the kind out. Raises ConfigError for a kind
    that there is not or a profile that does not read, CollectionBusy if another ingest runs, StorageFull if the disk
    takes no more; committed documents stay.
    """
    known = profiles(config.profiles, config.home / "profiles")
    if kind and kind != AUTO:
        forced(kind, known)
    revision = f"{PARSER_VERSION}+{RECIPE}+{_mark(known)}"
    with writer_lock(root):
        files = discover([path.absolute() for path in paths])
        run = _Run(len(files), progress)
        reports: list[FileReport] = []
        claim(store, embedder)
        with ParserPool(Limits.of(config), config.require_sandbox, known) as pool:
            readable = [path for path, refusal in files.items() if not refusal]
            run.files = len(files) - len(readable)
            for item, future in _ahead(readable, pool, store, revision, kind, {p.name for p in known}):
                run.say("parse", str(item.path))
                reports.append(_settle(item, future, pool, store, embedder, labels or {}, run, revision))
                run.files += 1
                if run.chunks - run.embedded >= EMBED_BATCH:
                    embed_pending(store, embedder, run)
            sandbox = pool.sandbox
        embed_pending(store, embedder, run)
        read_languages(store)
        store.sweep()
        run.say("publish")
        number = publish(root, store, embedder, config)
        notes = warnings(_languages(store, reports), embedder.name)
        settled = iter(reports)
        told = tuple(_refused(path, why) if why else next(settled) for path, why in files.items())
        return IngestReport(told, time.monotonic() - run.started, sandbox, number, notes)


def _refused(path: Path, refusal: Refusal) -> FileReport:
    shown, reason = (said.encode("utf-8", "replace").decode("utf-8") for said in (str(path), refusal.reason))
    return FileReport(shown, Status.UNREADABLE, reason=reason, remedy=refusal.remedy)


def _languages(store: Store, reports: Iterable[FileReport]) -> Iterator[tuple[dict[str, float], int]]:
    """The languages of the documents of these files, and how many have them."""
    ids = sorted({report.document_id for report in reports if report.document_id})
    for i in range(0, len(ids), BATCH):
        yield from store.languages(In("document", tuple(ids[i : i + BATCH])))


def _mark(known: Sequence[Profile]) -> str:
    """Changes whenever the profiles would read something else off the same bytes."""
    read_off = (replace(profile, hints="").as_json() for profile in known)
    return hashlib.sha256("\n".join(read_off).encode()).hexdigest()[:12]


def read_languages(store: Store) -> None:
    """Look in which languages the documents are that an earlier version stored."""
    while unread := store.unread(READ_BATCH):
        store.put_languages({document_id: shares(text) for document_id, text in unread})


def claim(store: Store, embedder: Embedder) -> None:
    """Make this encoder the collection's. Vectors of another one are dropped, and made anew by `embed_pending`."""
    if store.encoder() != embedder.key:
        store.set_encoder(embedder.key, embedder.name)


def embed_pending(store: Store, embedder: Embedder, run: _Run | None = None) -> int:
    """Give every chunk that has none a vector; an identical string is never embedded twice. Gives their number."""
    done = 0
    while rows := store.pending(EMBED_BATCH):
        if run:
            run.say("embed")
        keyed = [(id_, embedded_text(context, text)) for id_, context, text in rows]
        given = [(id_, vector_key(embedder, text)) for id_, text in keyed]
        texts = {key: text for (_, key), (_, text) in zip(given, keyed, strict=True)}
        known = store.known_vectors(texts)
        missing = [key for key in texts if key not in known]
        vectors = embedder.embed([texts[key] for key in missing])
        store.put_vectors(list(zip(missing, vectors, strict=True)), given)
        done += len(rows)
        if run:
            run.embedded += len(rows)
            run.chunks = max(run.chunks, run.embedded)
            run.say("embed")
    return done


def publish(root: Path, store: Store, embedder: Embedder, config: Config, *, rebuild: bool = False) -> int:
    """Bring the published generation up to date with the store; gives its number. Nothing to do costs nothing.

    The last generation is extended if it is whole and exact; otherwise, and with `rebuild`, the index is made from
    the vectors of the store.
    """
    snapshot = store.snapshot()
    tombstones = store.tombstones()
    delta_ids, delta = store.delta()
    index: FaissIndex | None = None
    if snapshot.generation and not rebuild:
        try:
            index = generation.load(root, snapshot.generation, snapshot.manifest_sha256, embedder.key)
        except StoreCorrupt:
            index = None
        if index is not None and not len(delta_ids) and not len(tombstones):
            generation.tidy(root, snapshot.generation)
            return snapshot.generation
    count = store.counts()["chunks"]
    kind = kind_for(count, config.flat_limit, config.hnsw_limit)
    if index is None or not index.exact or index.kind != kind:
        ids, vectors = store.vectors()
        index = FaissIndex(embedder.dimension, kind)
        index.add(ids, vectors)
    else:
        index.remove(tombstones)
        index.add(delta_ids, delta)
    number = snapshot.generation + 1
    _, manifest_sha256 = generation.write(root, number, index, embedder.key)
    store.published(number, manifest_sha256, index.ids(), tombstones)
    generation.tidy(root, number)
    return number


@dataclass(frozen=True, slots=True)
class _Item:
    """A file that was found, with its bytes' hash; `document_id` is "" if it could not be read. `forced` is the kind
    that was forced on it, now or before, and `taken` the one to take it for: "" where that kind is no more."""

    path: Path
    document_id: str
    size: int
    modified_ns: int
    forced: str = ""
    taken: str = ""


def _ahead(
    files: Sequence[Path], pool: ParserPool, store: Store, revision: str, kind: str, names: Container[str]
) -> Iterator[tuple[_Item, Future[Parsed] | None]]:
    """Each file with the future of its parse (None: nothing to parse), the next one already being parsed."""
    with ThreadPoolExecutor(max_workers=1) as executor:
        waiting: tuple[_Item, Future[Parsed] | None] | None = None
        for path in files:
            item = _look(path)
            known = store.revision(item.document_id) if item.document_id else None
            before = _forced_before(store, item)
            wanted = "" if kind == AUTO else kind or before
            item = replace(item, forced=wanted, taken=wanted if wanted in names else "")
            needed = known is None or known[0] != revision or store.forced(item.document_id) != wanted
            following = (item, executor.submit(pool.parse, path, item.taken) if needed else None)
            if waiting:
                yield waiting
            waiting = following
        if waiting:
            yield waiting


def _forced_before(store: Store, item: _Item) -> str:
    """The kind that was forced on these bytes, or on what their path meant before."""
    if store.revision(item.document_id):
        return store.forced(item.document_id)
    try:
        meant = store.document_at(str(item.path))
    except UnicodeEncodeError:
        return ""
    return store.forced(meant) if meant else ""


def _look(path: Path) -> _Item:
    try:
        stat = path.stat()
        with path.open("rb") as file:
            return _Item(path, hashlib.file_digest(file, "sha256").hexdigest(), stat.st_size, stat.st_mtime_ns)
    except OSError:
        return _Item(path, "", 0, 0)


def _settle(
    item: _Item,
    future: Future[Parsed] | None,
    pool: ParserPool,
    store: Store,
    embedder: Embedder,
    labels: Mapping[str, str],
    run: _Run,
    revision: str,
) -> FileReport:
    """Commit one file, or say why not."""
    started = time.monotonic()
    path = str(item.path)
    source = Source(path, item.document_id, tuple(sorted(labels.items())), now())
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        shown = path.encode("utf-8", "replace").decode("utf-8")
        return FileReport(shown, Status.UNREADABLE, reason="its name is not valid UTF-8", remedy="Rename the file.")
    if future is None and store.revision(item.document_id):
        return _already(item, source, store, bool(labels))
    try:
        # Its bytes were stored when it was looked at; the file before it may have taken the last source of them.
        parsed = future.result() if future else pool.parse(item.path, item.taken)
    except ParseFailure as failure:
        return FileReport(
            path,
            failure.status,
            seconds=time.monotonic() - started,
            reason=str(failure),
            remedy=failure.remedy,
        )
    document = parsed.document
    if item.forced != item.taken:
        gone = f"the kind {item.forced!r} was forced on it; there is no such profile now"
        document = replace(document, notes=(*document.notes, gone))
    chunks = chunk(document, embedder)
    source = Source(path, document.id, source.labels, source.added_at)
    run.say("commit", path)
    store.put_document(
        document,
        chunks,
        parser=revision,
        status=parsed.status,
        source=source,
        size=item.size,
        modified_ns=item.modified_ns,
        forced=item.forced,
        languages=shares(document.text),
    )
    run.pages += document.info.pages
    run.chunks += len(chunks)
    return FileReport(
        path,
        parsed.status,
        document.id,
        document.title,
        document.info.pages,
        len(chunks),
        time.monotonic() - started,
        notes=document.notes,
    )


def _already(item: _Item, source: Source, store: Store, relabel: bool) -> FileReport:
    """The bytes are stored: unchanged, or another path for them."""
    path = str(item.path)
    if relabel or store.document_at(path) != item.document_id:
        store.put_source(source, item.size, item.modified_ns)
    info, chunks = store.info(item.document_id)
    return FileReport(path, Status.UNCHANGED, item.document_id, info.title, info.pages, chunks)


def forget(
    root: Path, store: Store, embedder: Embedder, config: Config, document_id: str, activity: Activity
) -> dict[str, object]:
    """Delete a document everywhere and prove it: rows, words, vectors, the published index, the log, what was asked
    about it, and the query adapter, which may have learnt from it.

    Gives what was removed from where, and `verified`: how many pieces of its text were looked for in every file of the
    collection and not found. Raises StoreError naming the files in which any is left, StorageFull if the disk takes no
    more: the document is then gone from every search, and `compact` does the rest.
    """
    with writer_lock(root):
        text = store.document(document_id, geometry=False).text
        gone = forgetting.former(activity, store, document_id)
        asked = forgetting.begin(activity, gone)
        removed: dict[str, object] = {**store.forget(document_id), **asked}
        if adapter.remove(root):
            removed["adapter"] = "the query adapter, which may have learnt from it: train it again"
        try:
            removed["generation"] = publish(root, store, embedder, config)
            store.scrub()
            forgetting.finish(activity, gone)
        except (StorageFull, CollectionBusy) as error:
            raise type(error)(
                f"{document_id[:12]} is deleted and no longer found, but traces are left: {error}",
                remedy="See to that disk and run `citebound index compact`, which removes them.",
            ) from error
        pieces = own_pieces(text, store)
        looked_for = [*pieces, *map(_in_json, pieces)]
        left = traces(root, looked_for)
        if any(name.startswith(activity.path.name) for name in left):
            forgetting.sweep(activity, [piece.decode("utf-8") for piece in pieces])
            left = traces(root, looked_for)
        if left:
            raise StoreError(
                f"traces of {document_id[:12]} are left in {', '.join(left)}",
                remedy="Close other readers of the collection and run `citebound index compact`.",
            )
        removed["verified"] = f"{len(pieces)} pieces of its text looked for in every file, none found"
        return removed


def own_pieces(text: str, store: Store, samples: int = 64) -> list[bytes]:
    """Short pieces spread over a text, none of which is in a document that is still stored."""
    starts = range(0, max(1, len(text) - PIECE), max(1, len(text) // samples))
    pieces = {text[start : start + PIECE].strip() for start in starts}
    return [p.encode("utf-8") for p in sorted(pieces) if len(p) >= PIECE // 2 and not store.contains(p)]


def _in_json(piece: bytes) -> bytes:
    """As a text is written in a row that holds JSON."""
    return json.dumps(piece.decode("utf-8"), ensure_ascii=False)[1:-1].encode("utf-8")


def traces(root: Path, pieces: Sequence[bytes]) -> list[str]:
    """Names of the collection's files that contain any of the pieces; read in blocks that overlap."""
    found = []
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        with path.open("rb") as file:
            tail = b""
            while block := file.read(BLOCK):
                if any(piece in tail + block for piece in pieces):
                    found.append(path.relative_to(root).as_posix())
                    break
                tail = block[-4 * PIECE :]
    return found
