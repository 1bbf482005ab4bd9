"""Conditions that are not read off documents: every document is searched, and none is called a member."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citebound import Collection
from citebound.answer.sets.by_document import search_each, sought
from citebound.answer.sets.plan import plan
from citebound.config import Config
from citebound.indexes.store import Store, sha256_of
from citebound.ingest.profile import shipped
from citebound.protocols import Vectors
from citebound.types import Block, BlockKind, Chunk, Document, DocumentInfo, Eq, Outcome, Source, Span
from tests.fakes import WordHashEmbedder

KINDS = shipped()
KNOWN = {"party": ("Birch Ltd",), "vendor": ("Halden",)}

AGREEMENT = "{name} AGREEMENT\n\nThis {name} Agreement is made between Alder Inc. and Birch Ltd.\n\n"
PAPERS = {
    "supply.txt": AGREEMENT.format(name="SUPPLY") + "1. Horses. The seller indemnifies the buyer for lost horses.\n",
    "lease.txt": AGREEMENT.format(name="LEASE") + "1. Rent. The rent is due on the first of each month.\n",
    "hosting.txt": AGREEMENT.format(name="HOSTING") + "1. Stables. Horses may be kept in the yard.\n",
}


@pytest.mark.parametrize(
    ("question", "noun", "text"),
    [
        ("Which contracts have an indemnity for lost horses?", "contracts", "an indemnity for lost horses"),
        ("How many leases pay rent in advance?", "leases", "pay rent in advance"),
        ("Is there any agreement with a notary clause?", "agreements", "with a notary clause"),
        ("Do all of our agreements have a force majeure clause?", "agreements", "a force majeure clause"),
        ("In which reports did the testers use Burp Suite?", "reports", "the testers use Burp Suite"),
        ("Which findings were found with a scanner?", "documents with findings", "found with a scanner"),
        ("Which ones mention horses?", "documents", "mention horses"),
        ("Please identify every agreement that mentions horses.", "agreements", "mentions horses"),
    ],
)
def test_a_known_noun_with_an_unknown_condition_is_sought(question: str, noun: str, text: str) -> None:
    assert plan(question, KINDS, KNOWN) is None
    found = sought(question, KINDS, KNOWN)
    assert found is not None
    assert (found.question.noun, found.text, found.question.condition) == (noun, text, None)


@pytest.mark.parametrize(
    "question",
    [
        "Which party pays the shipping?",
        "Does the lease mention horses?",
        "Which documents must be delivered at closing?",
        "Which contracts does the agent sign?",
        "Which reports shall the supplier send?",
        "What is the cap on liability?",
        "What kind of vulnerability is CWE-426?",
        "Which contracts",
        "Who signed the contracts?",
        "How long is the term?",
        "",
        "?",
    ],
)
def test_what_is_not_clearly_about_the_set_goes_the_usual_way(question: str) -> None:
    assert sought(question, KINDS, KNOWN) is None


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    for name, text in PAPERS.items():
        (tmp_path / name).write_text(text, "utf-8")
    config = Config(home=tmp_path / "home")
    with Collection.open("papers", create=True, config=config, embedder=WordHashEmbedder()) as opened:
        opened.ingest([tmp_path / name for name in PAPERS])
        yield opened


def test_every_document_is_undecided_with_its_nearest_passage_best_first(collection: Collection) -> None:
    answer = collection.ask("Which agreements indemnify the buyer for lost horses?", llm=False)
    assert answer.outcome is Outcome.PARTIAL
    first, *rest = answer.sentences
    assert "any of 3 agreements" in first.text
    assert "not a field" in first.text
    assert len(rest) == 3
    assert "indemnifies the buyer for lost horses" in rest[0].citations[0].quote
    assert all(len(sentence.citations) == 1 for sentence in rest)
    assert answer.receipt is not None
    assert answer.receipt.searched_documents == 3
    assert answer.receipt.searched_chunks >= 3


def test_a_filter_and_the_type_of_the_noun_limit_what_is_searched(collection: Collection) -> None:
    store, embedder = collection._store, WordHashEmbedder()
    asked = sought("Which agreements mention horses?", KINDS, KNOWN)
    assert asked is not None
    assert search_each(store, embedder, asked, Eq("name", "lease.txt")) is None, "one document is no set"
    leases = sought("Which leases mention horses?", KINDS, KNOWN)
    assert leases is not None
    assert search_each(store, embedder, leases) is None
    assert embedder.embedded == []
    whole = search_each(store, embedder, asked)
    assert whole is not None
    assert whole.asked == 3
    assert len(embedder.embedded) <= 2, "the question and its synonyms, in one call"


class Random:
    """Vectors by chance, of the width of a real encoder."""

    name = key = "random"
    dimension = 384
    window = 254

    def embed(self, texts: list[str]) -> Vectors:
        return np.random.default_rng(1).standard_normal((len(texts), self.dimension)).astype(np.float32)


def test_a_hundred_documents_of_150_chunks_take_little_time(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db", create=True)
    random = np.random.default_rng(0)
    for d in range(100):
        text = "".join(f"Clause {i} of paper {d} on horses and rent.\n" for i in range(150))
        id_ = sha256_of(text)
        spans, at = [], 0
        for line in text.splitlines(keepends=True):
            spans.append(Span(at, at + len(line) - 1))
            at += len(line)
        info = DocumentInfo(id_, f"Paper {d}", "text/plain", id_, "test", 0)
        block = Block(BlockKind.PARAGRAPH, Span(0, len(text)))
        chunks = [Chunk(f"{d}-{i}", id_, s, text[s.start : s.end], f"Paper {d}") for i, s in enumerate(spans)]
        source = Source(f"{d}.txt", id_)
        store.put_document(
            Document(info, text, (block,), kind="contracts"),
            chunks,
            parser="test",
            status="ok",
            source=source,
            size=1,
            modified_ns=1,
        )
    store.set_encoder("random", "random")
    pending = store.pending(20_000)
    rows = random.standard_normal((len(pending), 384)).astype(np.float32)
    keys = [f"{row[0]}".encode() for row in pending]
    store.put_vectors(
        list(zip(keys, rows, strict=True)), [(row[0], key) for row, key in zip(pending, keys, strict=True)]
    )
    asked = sought("Which contracts mention horses?", KINDS, {})
    assert asked is not None
    started = time.process_time()
    found = search_each(store, Random(), asked)  # type: ignore[arg-type]
    spent = time.process_time() - started
    store.close()
    assert found is not None
    assert (found.asked, found.chunks) == (100, 15_000)
    assert spent < 2


@given(st.text(max_size=420))
@settings(max_examples=40, deadline=None)
def test_any_text_is_sought_or_left_alone(text: str) -> None:
    sought(text, KINDS, KNOWN)
    sought("Which contracts " + text, KINDS, KNOWN)


def test_long_garbage_takes_no_time() -> None:
    started = time.monotonic()
    for text in ("which contracts " + "a" * 200_000, "which contracts " + "is the " * 50, "any of these " * 30):
        sought(text, KINDS, KNOWN)
    assert time.monotonic() - started < 5
