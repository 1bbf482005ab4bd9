"""RAG as a tutorial builds it from langchain's parts: fixed chunks, dense top-k, stuffed into a prompt, no gate.

One of the three doors of langchain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_text_splitters import RecursiveCharacterTextSplitter

from citebound.eval.measures import Place
from citebound.protocols import Embedder
from citebound.types import Span

CHUNK = 500
TOP = 4


class _Encoder(Embeddings):
    """langchain's interface over our encoder."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [row.tolist() for row in self._embedder.embed(texts)]

    def embed_query(self, text: str) -> list[float]:
        return [float(x) for x in self._embedder.embed([text])[0]]


class TutorialIndex:
    """Chunks of 500 characters in langchain's in-memory vector store, one store for each document or one for all."""

    def __init__(self, documents: Mapping[str, str], embedder: Embedder) -> None:
        self._documents = documents
        self._encoder = _Encoder(embedder)
        self._splitter = RecursiveCharacterTextSplitter(chunk_size=CHUNK, chunk_overlap=0, add_start_index=True)
        self._stores: dict[tuple[str, ...], InMemoryVectorStore] = {}

    def search(self, question: str, among: Sequence[str], k: int = TOP) -> list[tuple[Place, str]]:
        """The k nearest chunks with their places."""
        key = tuple(among)
        if key not in self._stores:
            names = among or list(self._documents)
            made = self._splitter.create_documents([self._documents[n] for n in names], [{"name": n} for n in names])
            self._stores[key] = InMemoryVectorStore(self._encoder)
            if made:
                self._stores[key].add_documents(made)
        return [(_place(d), d.page_content) for d in self._stores[key].similarity_search(question, k=k)]


def _place(document: Document) -> Place:
    start = int(document.metadata["start_index"])
    return Place(str(document.metadata["name"]), Span(start, start + len(document.page_content)))
