"""The encoder: sentence-transformers behind protocols.Embedder, and, for those who have one, a cross-encoder behind
protocols.CrossEncoder. The one door of that library, and of torch.

Loaded from the verified folder of the catalogue, never from a hub. A tokenizer alone is enough to chunk, so torch is
imported when the first text is embedded.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from citebound import models
from citebound.config import Config
from citebound.errors import ModelUnavailable
from citebound.protocols import Embedder, Vectors

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder, SentenceTransformer

BATCH = 32
RERANKING = (
    "CITEBOUND_CROSS_ENCODER names the folder of a sentence-transformers cross-encoder with one label: config.json,"
    " model.safetensors and its tokenizer. Empty turns it off."
)
PROMPT = ""
WINDOWS = {"all-minilm-l6-v2": 256}
DIMENSIONS = {"all-minilm-l6-v2": 384}


class SentenceEncoder:
    """A sentence-transformers model in `folder`; `weights` is the sha256 of its weights. `window` counts its special
    tokens, `dimension` the numbers of a vector."""

    def __init__(self, name: str, folder: Path, weights: str, window: int, dimension: int, *, threads: int = 0) -> None:
        self.name = name
        self.dimension = dimension
        self._window = window
        self._folder = folder
        self._lock = threading.Lock()
        self._threads = threads or os.cpu_count() or 1
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self.window = window - self._tokenizer.num_special_tokens_to_add(False)
        self.key = hashlib.sha256(f"{weights}\n{PROMPT}\n{window}".encode()).hexdigest()

    @cached_property
    def _model(self) -> SentenceTransformer:
        _prepare(self._threads)
        from sentence_transformers import SentenceTransformer

        model = SentenceTransformer(
            str(self._folder),
            device="cpu",
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
        )
        model.max_seq_length = self._window
        return model

    def embed(self, texts: Sequence[str]) -> Vectors:
        """float32 (len(texts), dimension), unit rows; sorted by length inside, so give many at once."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        with self._lock:
            made = self._model.encode(
                list(texts), batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True
            )
        return np.asarray(made, dtype=np.float32)

    def token_starts(self, text: str) -> NDArray[np.int64]:
        """Offset of each token's first character, without truncation and special tokens."""
        with self._lock:
            encoded = self._tokenizer.encode(text, add_special_tokens=False)
        return np.array([start for start, _ in encoded.offsets], dtype=np.int64)


class SentenceCrossEncoder:
    """A sentence-transformers cross-encoder with one score, in `folder`. Loaded when it is first asked. Threads may
    share it."""

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        self.name = folder.name
        self._folder = folder
        self._threads = threads or os.cpu_count() or 1
        self._lock = threading.Lock()

    @cached_property
    def _model(self) -> CrossEncoder:
        _prepare(self._threads)
        from sentence_transformers import CrossEncoder

        return CrossEncoder(
            str(self._folder),
            device="cpu",
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
        )

    def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """float32 (len(texts),), higher is better. Raises ModelUnavailable if the folder holds no such model."""
        if not texts:
            return np.zeros(0, dtype=np.float32)
        with self._lock:
            try:
                made = self._model.predict([(question, text) for text in texts], show_progress_bar=False)
            except (OSError, ValueError, KeyError) as error:
                said = str(error).splitlines()[0]
                raise ModelUnavailable(f"{self._folder} is no cross-encoder: {said}", remedy=RERANKING) from error
        scores = np.asarray(made, dtype=np.float32)
        if scores.shape != (len(texts),):
            raise ModelUnavailable(
                f"{self._folder} gives {scores.shape[-1]} scores for a pair of texts, not one", remedy=RERANKING
            )
        return scores


def _prepare(threads: int) -> None:
    """No hub, no progress bars, so many threads: before a model is loaded."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    import torch
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    torch.set_num_threads(threads)


class Remembering:
    """An embedder that remembers the last `most` vectors it made: questions about the same documents embed the same
    sentences again and again. 20,000 vectors of 384 numbers are 31 MB. May be used from several threads."""

    def __init__(self, embedder: Embedder, most: int = 20_000) -> None:
        self.key = embedder.key
        self.name = embedder.name
        self.dimension = embedder.dimension
        self.window = embedder.window
        self._embedder = embedder
        self._most = most
        self._known: OrderedDict[bytes, Vectors] = OrderedDict()
        self._lock = threading.Lock()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """As the embedder; a text that is known costs nothing."""
        keys = [hashlib.sha256(text.encode()).digest() for text in texts]
        with self._lock:
            made = {key: self._known[key] for key in keys if key in self._known}
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in made}
        made |= zip(missing, self._embedder.embed(list(missing.values())), strict=True)
        with self._lock:
            for key in keys:
                self._known[key] = made[key]
                self._known.move_to_end(key)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return np.array([made[key] for key in keys], dtype=np.float32).reshape(len(keys), self.dimension)

    def token_starts(self, text: str) -> NDArray[np.int64]:
        return self._embedder.token_starts(text)


def vector_key(embedder: Embedder, text: str) -> bytes:
    """Under which a vector is kept: equal encoder and text, equal vector."""
    return hashlib.sha256(f"{embedder.key}\n{text}".encode()).digest()


def open_encoder(config: Config) -> SentenceEncoder:
    """The configured encoder: one of the catalogue, from verified files, or a sentence-transformers folder of the
    user's own. Raises ModelUnavailable with the command that fetches it, or the file that the folder lacks."""
    own = Path(config.encoder)
    if own.is_dir():
        return _own(own, config)
    name = config.encoder
    folder, weights = models.locate(name, config), models.weights_sha256(name)
    return SentenceEncoder(name, folder, weights, WINDOWS[name], DIMENSIONS[name], threads=config.threads)


def open_cross_encoder(config: Config) -> SentenceCrossEncoder | None:
    """The configured cross-encoder, or None. Raises ModelUnavailable if its folder is not there."""
    if config.cross_encoder is None:
        return None
    if not (config.cross_encoder / "config.json").is_file():
        raise ModelUnavailable(f"no cross-encoder in {config.cross_encoder}", remedy=RERANKING)
    return SentenceCrossEncoder(config.cross_encoder, threads=config.threads)


def _own(folder: Path, config: Config) -> SentenceEncoder:
    try:
        window = json.loads((folder / "sentence_bert_config.json").read_text("utf-8"))["max_seq_length"]
        dimension = json.loads((folder / "config.json").read_text("utf-8"))["hidden_size"]
        with (folder / "model.safetensors").open("rb") as file:
            weights = hashlib.file_digest(file, "sha256").hexdigest()
        return SentenceEncoder(folder.name, folder, weights, window, dimension, threads=config.threads)
    except (OSError, ValueError, KeyError) as error:
        raise ModelUnavailable(
            f"{folder} is no sentence-transformers model: {error}",
            remedy="It needs model.safetensors, config.json, sentence_bert_config.json and tokenizer.json.",
        ) from error
