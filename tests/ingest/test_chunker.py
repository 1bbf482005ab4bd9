import hashlib
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citebound.ingest.chunker import body_end, chunk, embedded_text, section_path
from citebound.types import Block, BlockKind, Document, DocumentInfo, Section, Span
from tests.fakes import WordHashEmbedder


def document(
    text: str, blocks: tuple[Block, ...] = (), sections: tuple[Section, ...] = (), title: str = "Agreement"
) -> Document:
    sha = hashlib.sha256(text.encode()).hexdigest()
    return Document(DocumentInfo(sha, title, "text/plain", sha, "test", 0), text, blocks, (), sections)


words = st.lists(st.sampled_from(["pay", "The", "cap.", "9.2", "shall", "(a)", "USD", "x" * 30, "\n\n", "end.", "\n"]))


@settings(deadline=None)
@given(words.map(" ".join), st.integers(16, 60), st.data())
def test_chunks_tile_the_body_fit_the_window_and_are_verbatim(text: str, window: int, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=6)))
    kinds = [BlockKind.PARAGRAPH, BlockKind.TITLE, BlockKind.TABLE_ROW]
    blocks = tuple(Block(data.draw(st.sampled_from(kinds)), Span(a, b)) for a, b in pairwise(cuts) if a < b)
    made = document(text, blocks)
    embedder = WordHashEmbedder(window)
    chunks = chunk(made, embedder, target=window // 2)
    assert "".join(c.text for c in chunks).rstrip() == text.rstrip()
    position = 0
    for c in chunks:
        assert c.span.start == position
        assert made.text[c.span.start : c.span.end] == c.text
        assert len(embedder.token_starts(embedded_text(c.context, c.text))) <= window
        position = c.span.end


def test_a_sentence_is_cut_only_if_it_alone_exceeds_the_window() -> None:
    text = " ".join(f"Sentence number {n} stands here alone." for n in range(60))
    made = document(text)
    for c in chunk(made, WordHashEmbedder(64)):
        assert c.text.strip().endswith("alone.")
    long = " ".join(f"word{n}" for n in range(200)) + "."
    pieces = chunk(document(long), WordHashEmbedder(64))
    assert len(pieces) > 3
    assert all(len(WordHashEmbedder().token_starts(p.text)) <= 64 for p in pieces)


def test_a_heading_stays_with_what_follows_and_gives_the_context() -> None:
    first = "1. Fees\n\n" + "The fee is due. " * 15
    second = "2. Cap\n\nThe cap is USD 5."
    text = first + "\n\n" + second
    at = text.index("2. Cap")
    blocks = (
        Block(BlockKind.TITLE, Span(0, 7), 1),
        Block(BlockKind.PARAGRAPH, Span(9, len(first))),
        Block(BlockKind.TITLE, Span(at, at + 6), 1),
        Block(BlockKind.PARAGRAPH, Span(at + 8, len(text))),
    )
    sections = (Section(Span(0, at), "1", "Fees", 1), Section(Span(at, len(text)), "2", "Cap", 1))
    chunks = chunk(document(text, blocks, sections), WordHashEmbedder(254), target=128)
    assert [c.context for c in chunks] == ["Agreement > 1 Fees", "Agreement > 2 Cap"]
    assert chunks[1].text.startswith("2. Cap")


def test_asides_are_not_chunked() -> None:
    text = "Governing text.\n\n[Deleted text] old words"
    made = document(text, (Block(BlockKind.PARAGRAPH, Span(0, 15)), Block(BlockKind.DELETED, Span(17, len(text)))))
    assert body_end(made) == 17
    assert "old words" not in "".join(c.text for c in chunk(made, WordHashEmbedder()))


def test_equal_clauses_have_different_ids() -> None:
    text = "The same clause. " * 30
    ids = [c.id for c in chunk(document(text), WordHashEmbedder(32))]
    assert len(set(ids)) == len(ids) > 1


@pytest.mark.parametrize("text", ["", " \n "])
def test_a_document_without_text_has_no_chunk_with_text(text: str) -> None:
    assert not "".join(c.text for c in chunk(document(text), WordHashEmbedder())).strip()


def test_section_path_is_outermost_first() -> None:
    sections = (Section(Span(0, 9), "9", "Liability", 1), Section(Span(3, 9), "9.2", "Cap", 2, parent=0))
    assert section_path(document("x" * 9, (), sections), 1) == ["9 Liability", "9.2 Cap"]
