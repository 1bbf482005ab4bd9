"""A query adapter: a linear map of the question's vector, learnt from a user's own labelled questions.

The encoder and the vectors of the documents stay as they are, so nothing is embedded anew and the map is switched on
and off from one search to the next. It lies in the collection as one file: facts and numbers, read without pickle.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter, ValidationError

from citebound.errors import FormatTooNew, StoreCorrupt, UnknownAdapter, WrongEncoder
from citebound.indexes.durable import SYSTEM, System, storage_errors, sync_folder, write_file
from citebound.indexes.lock import writer_lock
from citebound.protocols import Embedder, Vectors

FORMAT = 1
FILE = "adapter.npz"
FAMILIAR = 0.9
"""Cosine to a question of the training from which on a question counts as that one. What is learnt of some questions
says a little about others, but not that their cosines deserve more weight (eval/LOG.md)."""

AGAIN = "Train it again: `citebound adapt LABELS`."


@dataclass(frozen=True, slots=True)
class Facts:
    """Where an adapter comes from. `weight` is what the weight of the stage "dense" is multiplied by for a question
    that it was trained on; `given` says that each question was asked of its own document; `before` and `after` are the
    mean average precision of held-out questions without it and with it, 0..1."""

    format: int
    encoder: str
    encoder_key: str
    method: str
    strength: float
    weight: float
    questions: int
    documents: int
    given: bool
    before: float
    after: float

    def __str__(self) -> str:
        return f"{self.method}, trained on {self.questions} questions about {self.documents} documents"


_FACTS = TypeAdapter(Facts)


@dataclass(frozen=True, slots=True, eq=False)
class Adapter:
    """`weights` is float32 (dimension, dimension), the identity changes nothing; `known` are the different questions
    that it was trained on, unit rows, float32 (any, dimension)."""

    facts: Facts
    weights: Vectors
    known: Vectors

    def __call__(self, queries: Vectors) -> Vectors:
        """Unit rows, float32 like `queries`; a row that the map takes to nothing stays as it was."""
        made = queries @ self.weights.T
        length = np.linalg.norm(made, axis=1, keepdims=True)
        return np.where(length > 0, made / np.maximum(length, np.finfo(np.float32).tiny), queries).astype(np.float32)

    def weight(self, query: Vectors) -> float:
        """What the stage "dense" gains in weight for a question, given its vector before it is mapped."""
        return self.facts.weight if float(np.max(self.known @ query, initial=-1.0)) >= FAMILIAR else 1.0


def write(root: Path, adapter: Adapter, system: System | None = None) -> Path:
    """Make it the adapter of the collection in `root`, in the place of another one, durably.

    Raises CollectionBusy, StorageFull; the former one is kept then.
    """
    system = system or SYSTEM
    buffer = io.BytesIO()
    facts = np.array(json.dumps(asdict(adapter.facts), ensure_ascii=False))
    np.savez(buffer, allow_pickle=False, facts=facts, weights=adapter.weights, known=adapter.known)
    final = root / FILE
    temporary = final.with_name(f"{FILE}.tmp")
    with writer_lock(root), storage_errors(final):
        system.unlink(temporary)
        write_file(temporary, lambda write: write(buffer.getvalue()), system)
        system.rename(temporary, final)
        sync_folder(root, system)
    return final


def remove(root: Path) -> bool:
    """Delete the collection's adapter; whether there was one. The caller holds the writer's lock."""
    path = root / FILE
    there = path.exists()
    path.unlink(missing_ok=True)
    return there


def read(root: Path, embedder: Embedder) -> Adapter:
    """The adapter of the collection in `root`, made for this encoder.

    Raises UnknownAdapter if there is none, WrongEncoder, StoreCorrupt, FormatTooNew.
    """
    path = root / FILE
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise UnknownAdapter(
            f"the collection {root.name!r} has no query adapter", remedy="`citebound adapt LABELS` trains one."
        ) from error
    except OSError as error:
        raise StoreCorrupt(f"{path} cannot be read: {error.strerror}", remedy=AGAIN) from error
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            stored = json.loads(str(archive["facts"]))
            if isinstance(stored, Mapping) and isinstance(stored.get("format"), int) and stored["format"] > FORMAT:
                raise FormatTooNew(
                    f"{path} has format {stored['format']}; this version reads {FORMAT}",
                    remedy=f"Upgrade Citebound. {AGAIN}",
                )
            facts = _FACTS.validate_python(stored)
            weights, known = (np.asarray(archive[name], dtype=np.float32) for name in ("weights", "known"))
    except (OSError, ValueError, TypeError, KeyError, EOFError, ValidationError, zipfile.BadZipFile) as error:
        raise StoreCorrupt(f"{path} cannot be read: {error}", remedy=AGAIN) from error
    if facts.encoder_key != embedder.key:
        raise WrongEncoder(
            f"the query adapter of {root.name!r} was trained with the encoder {facts.encoder!r},"
            f" not with {embedder.name!r}",
            remedy=f"{AGAIN} Until then search without it.",
        )
    square = weights.shape == (embedder.dimension, embedder.dimension)
    if not (square and known.shape[1:] == (embedder.dimension,) and np.isfinite(weights).all()):
        raise StoreCorrupt(
            f"{path} is no map of {embedder.dimension} numbers to as many: its shapes are {weights.shape} and"
            f" {known.shape}",
            remedy=AGAIN,
        )
    return Adapter(facts, weights, known)
