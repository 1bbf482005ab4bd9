"""Closure: what a passage brings with it, and that it never costs more than it may."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citebound.indexes.closure import LONGEST, SHARE, Closed, close
from citebound.indexes.search import passages
from citebound.indexes.store import Store, sha256_of
from citebound.ingest.chunker import chunk
from citebound.ingest.limits import Limits
from citebound.ingest.parse import parse
from citebound.types import Document, Hit, Passage, Source, Span, Term
from tests.fakes import WordHashEmbedder

EMBEDDER = WordHashEmbedder()
FILLER = "The Agreement binds each Party, and the clause with number {} says nothing else of note to a reader of it."
AGREEMENT = "\n\n".join(
    [
        "SERVICES AGREEMENT",
        '1. Definitions. In this contract (the "Agreement") the signatories (each, a "Party") agree.',
        '1.1 "Net Sales" means all invoiced amounts less returns and freight.',
        '1.2 "Net Sales Floor" means two million dollars in one calendar year.',
        '1.3 "Release Date" has the meaning set forth in Section 5.',
        '1.4 "Gross Fee" has the meaning set forth in the Master Contract.',
        *(f"{n}. Filler {n}. " + " ".join(FILLER.format(n) for _ in range(3)) for n in range(2, 5)),
        "5. Delivery. The product is delivered on the first Monday of March. Nothing is delivered on other days.",
        *(f"{n}. Filler {n}. " + " ".join(FILLER.format(n) for _ in range(3)) for n in range(6, 20)),
        "20. Royalty. The royalty is five percent of the Net Sales above the Net Sales Floor, subject to Section 21.",
        "21. Set-off. Amounts due under Section 20 may be set off. " + "A set-off is notified in writing. " * 40,
        "22. Launch. The launch follows the Release Date, and the Gross Fee falls due with it.",
        '23. Local words. For purposes of this Section 23, "Wharf" means the north pier. It is closed.',
        "24. Harbour. Ships may use the Wharf at night.",
        *(f"{n}. Filler {n}. " + " ".join(FILLER.format(n) for _ in range(3)) for n in range(25, 40)),
    ]
)


def put(store: Store, text: str) -> Document:
    read = parse("agreement.txt", text.encode(), Limits()).document
    store.put_document(
        read,
        chunk(read, EMBEDDER, target=32),
        parser="p1",
        status="ok",
        source=Source("agreement.txt", read.id),
        size=1,
        modified_ns=2,
    )
    return read


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with tempfile.TemporaryDirectory() as folder:
        made = Store(Path(folder) / "store.db", create=True)
        put(made, AGREEMENT)
        yield made
        made.close()


@pytest.fixture(scope="module")
def document(store: Store) -> Document:
    return store.document(hashlib.sha256(AGREEMENT.encode()).hexdigest())


def ranked(store: Store, document: Document, *beginnings: str, rest: bool = True) -> list[Hit]:
    """Hits on the chunks with the given words, in this order, then on all others from the back."""
    chunks = store.chunks_of(document.id)
    first = [next(c for c in chunks if words in c.text) for words in beginnings]
    order = first + ([c for c in reversed(chunks) if c not in first and "Filler" in c.text] if rest else [])
    source = Source("agreement.txt", document.id)
    return [Hit(c, document.info, source, 1.0 / rank, rank) for rank, c in enumerate(order, start=1)]


def closed(store: Store, document: Document, *beginnings: str, budget: int = 2000, rest: bool = True) -> Closed:
    hits = ranked(store, document, *beginnings, rest=rest)
    return close(store, passages(hits, budget), budget, hits)


def said(made: Closed) -> dict[str, str]:
    return {added.because: added.passage.text for added in made.added}


def test_the_sample_is_read_as_it_is_meant(document: Document) -> None:
    assert {t.term for t in document.terms} >= {"Agreement", "Party", "Net Sales", "Net Sales Floor", "Wharf"}
    wharf = next(t for t in document.terms if t.term == "Wharf")
    assert wharf.scope is not None
    assert document.sections[wharf.scope].number == "23"


def test_a_passage_brings_the_definitions_of_its_rare_terms_and_the_clause_it_refers_to(
    store: Store, document: Document
) -> None:
    made = closed(store, document, "royalty is five percent", budget=4000)
    brought = said(made)
    assert (
        brought['passage 1 uses "Net Sales"'] == '1.1 "Net Sales" means all invoiced amounts less returns and freight.'
    )
    assert 'passage 1 uses "Net Sales Floor"' in brought
    clause = brought["passage 1 refers to Section 21"]
    assert clause.startswith("Amounts due under Section 20 may be set off.")  # its heading is in the passage
    assert clause.endswith("A set-off is notified in writing.")
    assert len(clause) <= LONGEST
    assert not {because for because in brought if "Agreement" in because or "Party" in because}


def test_the_longest_term_is_the_one_that_is_used(store: Store, document: Document) -> None:
    text = AGREEMENT.replace("five percent of the Net Sales above", "five percent of what is above")
    with tempfile.TemporaryDirectory() as folder:
        other = Store(Path(folder) / "store.db", create=True)
        made = closed(other, put(other, text), "royalty is five percent")
        other.close()
    assert 'passage 1 uses "Net Sales Floor"' in said(made)
    assert 'passage 1 uses "Net Sales"' not in said(made)


def test_an_added_piece_has_no_hits_and_is_shown_after_the_passages_of_hits(store: Store, document: Document) -> None:
    made = closed(store, document, "royalty is five percent")
    assert made.passages[-len(made.added) :] == tuple(added.passage for added in made.added)
    for added in made.added:
        assert added.passage.hits == ()
        assert added.passage.document == document.info
        assert added.passage.context
        assert made.passages[added.by - 1].text.count("royalty")


def test_a_definition_that_only_names_a_place_brings_that_place_and_one_that_is_elsewhere_nothing(
    store: Store, document: Document
) -> None:
    brought = said(closed(store, document, "launch follows"))
    assert brought['passage 1 uses "Release Date"'].startswith("5. Delivery. The product is delivered")
    assert 'passage 1 uses "Gross Fee"' not in brought


def test_a_term_of_another_section_is_not_meant(store: Store, document: Document) -> None:
    hits = ranked(store, document, "Ships may use")
    assert not [b for b in said(close(store, passages(hits, 2000), 2000, hits)) if "Wharf" in b]


def test_clauses_that_refer_to_each_other_are_followed_once(store: Store, document: Document) -> None:
    made = closed(store, document, "Amounts due under")
    assert [b for b in said(made) if "refers" in b] == ["passage 1 refers to Section 20"]
    assert 'passage 1 uses "Net Sales"' not in said(made)  # Section 20 uses it, and is itself only added


def test_what_is_shown_already_is_not_added(store: Store, document: Document) -> None:
    made = closed(store, document, "royalty is five percent", '"Net Sales" means')
    assert 'passage 1 uses "Net Sales"' not in said(made)


def test_where_nothing_is_needed_all_of_the_budget_goes_to_hits(store: Store, document: Document) -> None:
    hits = ranked(store, document, "Ships may use")
    packed = passages(hits, 1500)
    assert close(store, packed, 1500, hits) == Closed(tuple(packed))


def test_a_piece_without_room_is_dropped_and_named(store: Store, document: Document) -> None:
    made = closed(store, document, "royalty is five percent", budget=400)
    assert made.dropped
    assert all(added.because.startswith("passage 1 ") for added in made.dropped)
    assert sum(len(added.passage.text) for added in made.added) <= SHARE * 400


def test_what_hits_leave_of_the_budget_may_be_filled(store: Store, document: Document) -> None:
    made = closed(store, document, "royalty is five percent", budget=3000, rest=False)
    assert sum(len(added.passage.text) for added in made.added) > 0.25 * 3000
    assert not made.dropped


def test_a_document_that_has_changed_since_the_search_brings_nothing(store: Store, document: Document) -> None:
    hits = [
        replace(hit, document=replace(hit.document, text_sha256=sha256_of("other")))
        for hit in ranked(store, document, "royalty is five percent")
    ]
    packed = passages(hits, 2000)
    assert close(store, packed, 2000, hits) == Closed(tuple(packed))


def test_nothing_found_stays_nothing(store: Store) -> None:
    assert close(store, [], 1000) == Closed(())


def test_text_that_stands_aside_is_never_added(document: Document) -> None:
    """A comment behind the body is neither searched nor quoted, even where a definition reaches into it."""
    with tempfile.TemporaryDirectory() as folder:
        other = Store(Path(folder) / "store.db", create=True)
        chunks = chunk(document, EMBEDDER, target=32)
        end = chunks[-1].span.end
        comment = '\n\n"Harbour" means what a reviewer thinks.'
        term = Term("Harbour", Span(end + 3, end + 10), Span(end + 2, end + len(comment)))
        text = document.text[:end] + comment
        made = replace(
            document,
            text=text,
            info=replace(document.info, text_sha256=sha256_of(text)),
            terms=(*document.terms, term),
        )
        other.put_document(
            made, chunks, parser="p", status="ok", source=Source("a.txt", made.id), size=1, modified_ns=1
        )
        assert not [b for b in said(closed(other, made, "Ships may use")) if "Harbour" in b]
        other.close()


@settings(max_examples=150, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 12_000), st.integers(1, 60))
def test_the_budget_holds_and_all_is_verbatim_and_nothing_is_shown_twice(
    store: Store, document: Document, random: Random, budget: int, count: int
) -> None:
    chunks = list(store.chunks_of(document.id))
    random.shuffle(chunks)
    source = Source("agreement.txt", document.id)
    hits = [Hit(c, document.info, source, -float(rank), rank) for rank, c in enumerate(chunks[:count], start=1)]
    packed = passages(hits, budget)
    made = close(store, packed, budget, hits)
    assert sum(len(p.text) for p in made.passages) <= budget
    assert all(p.span.of(document.text) == p.text for p in (*made.passages, *(a.passage for a in made.dropped)))
    assert not overlaps(made.passages)
    assert len({a.passage.span for a in made.added}) == len(made.added)
    best = {hit.rank for p in packed for hit in p.hits}
    kept = {hit.rank for p in made.passages for hit in p.hits}
    assert kept == set(range(1, len(kept) + 1)) or not kept
    assert kept <= best
    for added in made.added:
        assert added.because.startswith(f"passage {added.by} ")
        assert made.passages[added.by - 1].hits


def overlaps(shown: Sequence[Passage]) -> list[tuple[Span, Span]]:
    spans = sorted(p.span for p in shown)
    return [(a, b) for a, b in pairwise(spans) if a.overlap(b)]


def test_a_hostile_document_is_closed_in_linear_time(tmp_path: Path) -> None:
    other = Store(tmp_path / "store.db", create=True)
    text = '"' + "A" * 60_000 + '" means ' + "Net Sales (" * 12_000 + "Section 9." * 3000
    made = put(other, text)
    hits = ranked(other, made, "Section 9.", rest=False)
    assert sum(len(p.text) for p in close(other, passages(hits, 4000), 4000, hits).passages) <= 4000
    other.close()
