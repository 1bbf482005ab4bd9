"""Generations: the published, immutable form of the vector index, derived from the store and never trusted.

`gen-<n>/` holds `vectors.faiss` and `manifest.json`. It is written under a temporary name, synced, renamed, opened
again and searched; only then does one SQLite transaction make it the current one. FAISS files
carry no checksum, so every file is hashed before it is loaded.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from citebound.errors import StorageFull, StoreCorrupt
from citebound.indexes.durable import System, make_folder, publish_folder, remove_folder, write_file
from citebound.indexes.faiss_index import FaissIndex
from citebound.protocols import Vectors

FORMAT = 1
INDEX_FILE = "vectors.faiss"
MANIFEST_FILE = "manifest.json"
PROBES = 16


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation holds. `ids_sha256` is over the sorted ids as little-endian int64."""

    format: int
    generation: int
    encoder: str
    dimension: int
    kind: str
    count: int
    ids_sha256: str
    index_size: int
    index_sha256: str


def folder_of(root: Path, generation: int) -> Path:
    return root / f"gen-{generation}"


def write(
    root: Path, generation: int, index: FaissIndex, encoder: str, system: System | None = None
) -> tuple[Manifest, str]:
    """Make `gen-<generation>` durable and proven; gives its manifest and the sha256 of the manifest file.

    Raises StorageFull if the disk takes no more and StoreCorrupt if what was written does not answer as it should;
    nothing is published then.
    """
    final = folder_of(root, generation)
    temporary = final.with_name(final.name + ".tmp")
    for stale in (temporary, final):
        remove_folder(stale, system)
    try:
        make_folder(temporary, system)
        written = write_file(temporary / INDEX_FILE, index.write, system)
        manifest = Manifest(
            FORMAT,
            generation,
            encoder,
            index.dimension,
            index.kind,
            len(index),
            _ids_sha256(index.ids()),
            written.size,
            written.sha256,
        )
        text = json.dumps(asdict(manifest), indent=1).encode("utf-8")
        made = write_file(temporary / MANIFEST_FILE, lambda write: write(text), system)
        publish_folder(temporary, final, system)
    except BaseException:
        with contextlib.suppress(StorageFull):  # what stays is removed by the next publish
            remove_folder(temporary, system)
        raise
    reopened = load(root, generation, made.sha256, encoder)
    _prove(reopened, index)
    return manifest, made.sha256


def load(root: Path, generation: int, manifest_sha256: str, encoder: str) -> FaissIndex:
    """Open a generation after checking every byte of it. Raises StoreCorrupt with what is wrong."""
    folder = folder_of(root, generation)
    manifest = _manifest(folder, manifest_sha256)
    if manifest.encoder != encoder:
        raise StoreCorrupt(f"{folder} was built by another encoder ({manifest.encoder})")
    path = folder / INDEX_FILE
    try:
        size, sha256 = path.stat().st_size, _file_sha256(path)
    except OSError as error:
        raise StoreCorrupt(f"{path}: {error.strerror}") from error
    if (size, sha256) != (manifest.index_size, manifest.index_sha256):
        raise StoreCorrupt(f"{path} is not what was published (torn, truncated or changed)")
    index = FaissIndex.read(path, manifest.kind)
    if len(index) != manifest.count or _ids_sha256(index.ids()) != manifest.ids_sha256:
        raise StoreCorrupt(f"{path} does not hold the ids of its manifest")
    return index


def tidy(root: Path, current: int, system: System | None = None) -> list[str]:
    """Remove what no reader can need: unfinished and deleted folders, and generations but the current one.

    Readers hold an index in memory, not its files, so an old folder may go at once. Gives the names removed. Raises
    StorageFull if one cannot be removed.
    """
    removed = []
    for entry in sorted(root.glob("gen-*")):
        if entry != folder_of(root, current):
            remove_folder(entry, system)
            removed.append(entry.name)
    return removed


def _manifest(folder: Path, manifest_sha256: str) -> Manifest:
    path = folder / MANIFEST_FILE
    try:
        data = path.read_bytes()
    except OSError as error:
        raise StoreCorrupt(f"{path}: {error.strerror}") from error
    if hashlib.sha256(data).hexdigest() != manifest_sha256:
        raise StoreCorrupt(f"{path} is not what was published")
    fields = json.loads(data)
    if fields["format"] != FORMAT:
        raise StoreCorrupt(f"{path} has format {fields['format']}; this version reads {FORMAT}")
    return Manifest(**fields)


def _prove(reopened: FaissIndex, built: FaissIndex) -> None:
    """Sampled vectors must find themselves in what was read back."""
    ids = built.ids()
    for id_ in ids[:: max(1, len(ids) // PROBES)][:PROBES]:
        vector: Vectors = built.reconstruct(np.array([id_]))[0]
        found, scores = reopened.search(vector, 5)
        if id_ not in found and (not len(scores) or scores[0] < float(vector @ vector) - 1e-3):
            raise StoreCorrupt("a published index does not find its own vectors")


def _ids_sha256(ids: NDArray[np.int64]) -> str:
    return hashlib.sha256(np.sort(ids).astype("<i8").tobytes()).hexdigest()


def _file_sha256(path: Path) -> str:
    fd = os.open(path, os.O_RDONLY)
    with os.fdopen(fd, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
