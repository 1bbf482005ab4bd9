"""A retriever for LangChain users: every document it returns carries what is needed to cite it.

Importing this file loads langchain. One of its three doors.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import run_in_executor
from langsmith import tracing_context
from pydantic import BeforeValidator, ConfigDict, PlainValidator, ValidationError, ValidationInfo

from citebound.collection import Collection
from citebound.errors import ConfigError, QueryError
from citebound.indexes.filters import FilterLike, parse
from citebound.types import And, Filter, Hit, Passage, Span

CHUNKS = 10
OLD_TRACING = ("LANGCHAIN_TRACING", "LANGCHAIN_HANDLER")
"""langchain no longer obeys them, but refuses to run beside them when its present tracing is off."""


def _count(number: object, info: ValidationInfo) -> object:
    return number if number is None else _at_least_one(str(info.field_name), number)


def _at_least_one(name: str, number: object) -> int:
    if not isinstance(number, int) or number < 1:
        raise ConfigError(f"{name} is {number!r}", remedy=f"Give {name} a whole number of at least 1.")
    return number


class CiteboundRetriever(BaseRetriever):
    """Retrieves from a collection: single chunks or, with a `budget`, neighbouring chunks merged into passages.

    `collection` is an opened Collection, or a name or path that is opened with the settings of the environment;
    `retriever.collection.close()` lets go of it. `k` is the most documents to return; None means 10 chunks, or all
    passages that the budget holds. `budget` counts the characters of all passages. `filters` are those of
    `Collection.search`. All but the collection may also be given to one call (`invoke(question, k=3)`): `k` and
    `budget` then take the place of the retriever's own, filters narrow them.

    Each document's `page_content` is `text[start:end]` of the cited document, and its metadata are plain JSON values:
    document_id (sha256 of the bytes), source (path), title, start, end (code points), text_sha256, pages (from 1; empty
    for formats without pages), context (heading path), score (higher is better; of its best chunk) and rank (from 1).

    Nothing is sent to LangSmith by this retriever's runs, whatever the calling program has set; other callbacks see
    them. A chain that its program traces still shows what its other steps are given.

    Raises ConfigError, BadFilter, UnknownCollection and StoreError when made, and what `Collection.search` raises when
    called.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    collection: Collection
    k: Annotated[int | None, BeforeValidator(_count)] = None
    budget: Annotated[int | None, BeforeValidator(_count)] = None
    filters: Annotated[Filter | None, PlainValidator(parse)] = None

    def __init__(
        self,
        collection: Collection | str | Path,
        *,
        k: int | None = None,
        budget: int | None = None,
        filters: FilterLike = None,
        **others: Any,
    ) -> None:
        held = collection if isinstance(collection, Collection) else Collection.open(collection)
        fields = {"collection": held, "k": k, "budget": budget, "filters": filters, **others}
        try:
            super().__init__(**fields)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"])
            raise ConfigError(
                f"retriever setting {key!r}: {first['msg']}", remedy="See `help(CiteboundRetriever)`."
            ) from error

    def invoke(self, input: str, config: RunnableConfig | None = None, **kwargs: Any) -> list[Document]:
        """The documents for a question, best first; keywords may be `k`, `budget` and `filters`."""
        with _untraced():
            return super().invoke(input, config, **kwargs)

    async def ainvoke(self, input: str, config: RunnableConfig | None = None, **kwargs: Any) -> list[Document]:
        """`invoke` in a worker thread."""
        with _untraced():
            return await super().ainvoke(input, config, **kwargs)

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,
        k: int | None = None,
        budget: int | None = None,
        filters: FilterLike = None,
    ) -> list[Document]:
        if not isinstance(query, str):
            raise QueryError(
                f"a question is text, not {type(query).__name__}", remedy="Pick the question out of the chain's input."
            )
        k = self.k if k is None else _at_least_one("k", k)
        budget = self.budget if budget is None else _at_least_one("budget", budget)
        tree = _narrowed(self.filters, parse(filters))
        if budget is None:
            return [_of_hit(hit) for hit in self.collection.search(query, k or CHUNKS, tree)]
        passages = self.collection.passages(query, budget, tree)[:k]
        return [_of_passage(passage, rank) for rank, passage in enumerate(passages, start=1)]

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, **asked: Any
    ) -> list[Document]:
        return await run_in_executor(
            None, self._get_relevant_documents, query, run_manager=run_manager.get_sync(), **asked
        )


def _narrowed(own: Filter | None, asked: Filter | None) -> Filter | None:
    return And((own, asked)) if own and asked else own or asked


def _of_hit(hit: Hit) -> Document:
    chunk = hit.chunk
    return _document(hit, chunk.span, chunk.text, chunk.context, chunk.pages, hit.score, hit.rank)


def _of_passage(passage: Passage, rank: int) -> Document:
    score = passage.hits[0].score if passage.hits else 0.0  # a definition that another passage uses
    return _document(passage, passage.span, passage.text, passage.context, passage.pages, score, rank)


def _document(
    found: Hit | Passage, span: Span, text: str, context: str, pages: tuple[int, ...], score: float, rank: int
) -> Document:
    info = found.document
    return Document(
        id=f"{info.id[:16]}-{info.text_sha256[:8]}-{span.start}-{span.end}",
        page_content=text,
        metadata={
            "document_id": info.id,
            "source": found.source.path,
            "title": info.title,
            "start": span.start,
            "end": span.end,
            "text_sha256": info.text_sha256,
            "pages": list(pages),
            "context": context,
            "score": score,
            "rank": rank,
            "superseded_by": [amendment.notice for amendment in found.superseded_by],
        },
    )


@contextmanager
def _untraced() -> Iterator[None]:
    for variable in OLD_TRACING:
        os.environ.pop(variable, None)
    with tracing_context(enabled=False):
        yield
