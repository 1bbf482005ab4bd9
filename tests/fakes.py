"""Fakes that compute: small enough that their results can be checked by hand."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from citebound.protocols import Vectors


class WordHashEmbedder:
    """Each word adds 1 to the dimension its hash names: texts that share words have a positive cosine."""

    name = "word-hash"
    key = "word-hash-64"
    dimension = 64

    def __init__(self, window: int = 254) -> None:
        self.window = window
        self.embedded: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.embedded.extend(texts)
        rows = np.full((len(texts), self.dimension), 1e-6, dtype=np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.lower()):
                rows[row, hashlib.sha256(word.encode()).digest()[0] % self.dimension] += 1.0
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows

    def token_starts(self, text: str) -> NDArray[np.int64]:
        return np.array([m.start() for m in re.finditer(r"\w+|[^\w\s]", text)], dtype=np.int64)


class Echo:
    """A generator that answers with the sentence of the passages that shares most words with the question, cited."""

    name = "echo"

    def __init__(self, reply: str | None = None) -> None:
        self.reply = reply
        self.asked: list[Sequence[Mapping[str, str]]] = []

    def stream(self, messages: Sequence[Mapping[str, str]], *, max_tokens: int) -> Iterator[str]:
        self.asked.append(messages)
        reply = self.reply if self.reply is not None else self._best(messages[-1]["content"])
        for word in reply.split(" "):
            yield word + " "

    def _best(self, content: str) -> str:
        passages, _, question = content.rpartition("Question: ")
        wanted = set(re.findall(r"\w+", question.lower()))
        number, best = 0, (0, "Not found.")
        for line in passages.splitlines():
            heading = re.match(r"\[(\d+)\] ", line)
            number = int(heading.group(1)) if heading else number
            for sentence in re.findall(r"[A-Z][^.!?]*[.!?]", line):
                shared = len(wanted & set(re.findall(r"\w+", sentence.lower())))
                best = max(best, (shared, f"{sentence} [{number}]"))
        return best[1]
