"""LangChain's standard suite for retrievers over a real collection, and what a citation needs of each document."""

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from langchain_core.callbacks import BaseCallbackHandler, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import ConfigurableField, RunnableLambda
from langchain_core.tools.retriever import create_retriever_tool
from langchain_core.tracers import LangChainTracer
from langchain_core.tracers.context import tracing_v2_enabled
from langchain_tests.integration_tests import RetrieversIntegrationTests
from langsmith import Client, traceable, tracing_context

from citebound import Collection, Config
from citebound.errors import BadFilter, ConfigError, EmptyQuestion, QueryError, UnknownCollection
from citebound.langchain import CiteboundRetriever
from tests.fakes import WordHashEmbedder
from tests.ingest.files import lines, pdf

QUESTION = "Within how many days after receipt is each invoice paid?"
CLAUSE = "The Customer shall pay each invoice within thirty (30) days after receipt."
FILES = {
    "msa.txt": f"1. Payment\n\n{CLAUSE}\n\n2. Liability\n\nThe total liability shall not exceed USD 1,500,000.\n",
    "nda.md": "# Term\n\nThis agreement expires on September 9, 2026.\n",
    "order.txt": "Each invoice of the Provider names the order — № 7 — and its date 🗓.\n",
}


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collection]:
    root = tmp_path_factory.mktemp("langchain")
    for name, text in FILES.items():
        (root / name).write_text(text)
    (root / "note.pdf").write_bytes(pdf(lines("Cover page"), lines("Fees are due on the day of each invoice.")))
    config = Config(home=root / "home")
    with Collection.open("c", create=True, config=config, embedder=WordHashEmbedder()) as made:
        assert not made.ingest([*(root / name for name in FILES), root / "note.pdf"]).failures
        yield made


class StandardSuite(RetrieversIntegrationTests):
    @pytest.fixture(autouse=True)
    def _over(self, collection: Collection) -> None:
        self.collection = collection

    @property
    def retriever_constructor(self) -> type[CiteboundRetriever]:
        return CiteboundRetriever

    @property
    def retriever_query_example(self) -> str:
        return QUESTION


class TestChunks(StandardSuite):
    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"collection": self.collection}


class TestPassages(StandardSuite):
    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"collection": self.collection, "budget": 4000}


@pytest.mark.parametrize("budget", [None, 4000])
def test_each_document_can_be_cited(collection: Collection, budget: int | None) -> None:
    found = CiteboundRetriever(collection, budget=budget).invoke(QUESTION)
    assert [d.metadata["rank"] for d in found] == list(range(1, len(found) + 1))
    assert [d.metadata["score"] for d in found] == sorted((d.metadata["score"] for d in found), reverse=True)
    assert len({d.id for d in found}) == len(found)
    assert {Path(d.metadata["source"]).name for d in found} == {*FILES, "note.pdf"}
    for each in found:
        document = collection.document(each.metadata["document_id"])
        assert each.page_content == document.text[each.metadata["start"] : each.metadata["end"]]
        assert each.metadata["text_sha256"] == document.text_sha256
        assert each.metadata["title"] == document.title
        assert str(each.id).endswith(f"-{each.metadata['start']}-{each.metadata['end']}")
        assert json.loads(json.dumps(each.metadata)) == each.metadata
    assert CLAUSE in found[0].page_content
    pages = {Path(d.metadata["source"]).name: d.metadata["pages"] for d in found if "Fees" in d.page_content}
    assert 2 in pages["note.pdf"]


def test_documents_are_those_of_the_collection(collection: Collection) -> None:
    hits = collection.search(QUESTION, 2)
    assert [
        (d.page_content, d.metadata["score"], d.metadata["context"])
        for d in CiteboundRetriever(collection, k=2).invoke(QUESTION)
    ] == [(h.chunk.text, h.score, h.chunk.context) for h in hits]
    passages = collection.passages(QUESTION, 120)
    found = CiteboundRetriever(collection, budget=120).invoke(QUESTION)
    assert [d.page_content for d in found] == [p.text for p in passages]
    assert sum(len(d.page_content) for d in found) <= 120


def test_a_call_may_ask_for_passages_within_its_own_budget(collection: Collection) -> None:
    found = CiteboundRetriever(collection).invoke(QUESTION, budget=120)
    assert [d.page_content for d in found] == [p.text for p in collection.passages(QUESTION, 120)]


def test_filters_of_a_call_narrow_those_of_the_retriever(collection: Collection) -> None:
    def names(retriever: CiteboundRetriever, **asked: Any) -> set[str]:
        return {Path(d.metadata["source"]).name for d in retriever.invoke(QUESTION, **asked)}

    text = CiteboundRetriever(collection, filters="source:*.txt")
    assert names(text) == {"msa.txt", "order.txt"}
    assert names(text, filters={"source": "m*"}) == {"msa.txt"}
    assert names(text, filters={"source": "*.md"}) == set()
    assert names(CiteboundRetriever(collection), filters={"source": "*.md"}) == {"nda.md"}


def test_asynchronous_calls_take_the_same_keywords(collection: Collection) -> None:
    retriever = CiteboundRetriever(collection)

    async def both() -> list[list[Document]]:
        one, many = retriever.ainvoke(QUESTION, k=1), retriever.abatch([QUESTION] * 4)
        return [await one, *await many]

    one, *many = asyncio.run(both())
    assert len(one) == 1
    assert many == [retriever.invoke(QUESTION)] * 4


def test_it_works_where_langchain_puts_retrievers(collection: Collection) -> None:
    retriever = CiteboundRetriever(collection, k=1)
    assert CLAUSE in (retriever | RunnableLambda(lambda found: found[0].page_content)).invoke(QUESTION)
    assert CLAUSE in create_retriever_tool(retriever, "contracts", "Searches contracts.").invoke(QUESTION)
    assert len(retriever.bind(k=2).invoke(QUESTION)) == 2
    changeable = retriever.configurable_fields(k=ConfigurableField(id="k"))
    assert len(changeable.invoke(QUESTION, {"configurable": {"k": 3}})) == 3
    assert [len(found) for found in retriever.batch([QUESTION, "liability"])] == [1, 1]


@pytest.mark.parametrize("name", ["k", "budget"])
@pytest.mark.parametrize("number", [0, -1, "many", 1.5])
def test_a_wrong_count_is_refused_when_made_and_when_called(collection: Collection, name: str, number: Any) -> None:
    with pytest.raises(ConfigError, match=f"^{name} is"):
        CiteboundRetriever(collection, **{name: number})
    with pytest.raises(ConfigError, match=f"^{name} is"):
        CiteboundRetriever(collection).invoke(QUESTION, **{name: number})


def test_wrong_use_raises_our_errors(collection: Collection) -> None:
    retriever = CiteboundRetriever(collection)
    with pytest.raises(BadFilter, match="colour"):
        CiteboundRetriever(collection, filters="colour:red")
    with pytest.raises(BadFilter, match="colour"):
        retriever.invoke(QUESTION, filters={"colour": "red"})
    with pytest.raises(ConfigError, match="'budgett'"):
        CiteboundRetriever(collection, budgett=100)
    with pytest.raises(EmptyQuestion):
        retriever.invoke("?!")
    with pytest.raises(QueryError, match="not dict"):
        retriever.invoke({"question": QUESTION})  # type: ignore[arg-type]
    with pytest.raises(EmptyQuestion):
        asyncio.run(retriever.ainvoke(""))


def test_a_collection_is_opened_by_name_or_path(
    collection: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITEBOUND_HOME", str(collection.root.parent))
    for given in ("c", collection.root, str(collection.root)):
        retriever = CiteboundRetriever(given)
        assert retriever.collection.root == collection.root
        retriever.collection.close()
    with pytest.raises(UnknownCollection, match="nowhere"):
        CiteboundRetriever(tmp_path / "nowhere")


class Wire(requests.Session):
    """Takes what LangSmith's client sends, and says thanks."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    def request(self, method: str | bytes, url: str | bytes, *rest: Any, **named: Any) -> requests.Response:
        if method != "GET":
            self.sent.append(bytes(named["data"]).decode())
        response = requests.Response()
        response.status_code, response._content = 202, b"{}"
        return response


class Listener(BaseCallbackHandler):
    def __init__(self) -> None:
        self.heard: list[str] = []

    def on_retriever_start(self, serialized: Any, query: str, **more: Any) -> None:
        self.heard.append(query)

    def on_retriever_end(self, documents: Any, **more: Any) -> None:
        self.heard.append(documents[0].page_content)

    def on_retriever_error(self, error: BaseException, **more: Any) -> None:
        self.heard.append(type(error).__name__)


class Plain(BaseRetriever):
    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return [Document(CLAUSE)]


def sent_by(retriever: BaseRetriever) -> list[str]:
    """What reaches LangSmith of `retriever`, called in every way in which a program can have tracing on."""
    wire = Wire()
    client = Client(
        api_url="https://langsmith.invalid", api_key="none", session=wire, auto_batch_tracing=False, info={}
    )
    tracer = LangChainTracer(client=client)
    inner = RunnableLambda(lambda _: len(retriever.invoke(QUESTION)))
    retriever.invoke(QUESTION, {"callbacks": [tracer]})
    inner.invoke("", {"callbacks": [tracer]})
    with tracing_context(enabled=True, client=client):
        retriever.invoke(QUESTION)
        inner.invoke("")
        asyncio.run(retriever.ainvoke(QUESTION))
        traceable(lambda: len(retriever.invoke(QUESTION)))()
    with tracing_v2_enabled(client=client):
        retriever.invoke(QUESTION)
        inner.invoke("")
    tracer.wait_for_futures()
    return wire.sent


def test_nothing_is_sent_to_langsmith(collection: Collection) -> None:
    assert any(CLAUSE in body for body in sent_by(Plain()))  # the wire is tapped
    sent = sent_by(CiteboundRetriever(collection))
    assert sent  # the calling program's own runs
    assert not [body for body in sent if CLAUSE in body or QUESTION in body or "retriever" in body]


def test_callbacks_of_the_calling_program_are_heard(collection: Collection) -> None:
    listener = Listener()
    retriever = CiteboundRetriever(collection)
    retriever.invoke(QUESTION, {"callbacks": [listener]})
    RunnableLambda(lambda q: len(retriever.invoke(q))).invoke(QUESTION, {"callbacks": [listener]})
    assert len(listener.heard) == 4
    assert listener.heard[::2] == [QUESTION] * 2
    assert all(CLAUSE in text for text in listener.heard[1::2])
    with pytest.raises(EmptyQuestion):
        retriever.invoke("", {"callbacks": [listener]})
    assert listener.heard[-1] == "EmptyQuestion"


def test_a_tracing_variable_of_old_does_not_stop_it(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGCHAIN_TRACING", "true")
    assert CiteboundRetriever(collection).invoke(QUESTION)
    assert "LANGCHAIN_TRACING" not in os.environ
