"""What of the passages stands in a prompt: within the budget, the best sentences, marks where others are left out."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given as over
from hypothesis import strategies as st

from citebound.answer.evidence import FENCE, Candidate
from citebound.answer.generation.excerpts import LEFT_OUT, Excerpt, excerpts, whole
from citebound.ingest.sentences import sentence_spans
from citebound.types import Chunk, DocumentInfo, Hit, Passage, Source, Span
from tests.fakes import WordHashEmbedder

EMBEDDER = WordHashEmbedder()
INFO = DocumentInfo("d", "Deal", "text/plain", "t", "plain", 0)
SOURCE = Source("deal.txt", "d")
HIT = Hit(Chunk("c", "d", Span(0, 1), "x", ""), INFO, SOURCE, 1.0, 1)


def passage(text: str, start: int = 0, context: str = "Deal") -> Passage:
    return Passage(INFO, SOURCE, Span(start, start + len(text)), text, context, (), (HIT,))


def candidates(given: list[Passage], scores: dict[str, float]) -> list[Candidate]:
    """A candidate for each sentence that begins with a key."""
    made = []
    for one in given:
        for span in sentence_spans(one.text):
            text = span.of(one.text)
            for word, score in scores.items():
                if text.startswith(word):
                    moved = Span(one.span.start + span.start, one.span.start + span.end)
                    made.append(Candidate(one, moved, text, score, 0.0, score))
    return sorted(made, key=lambda c: -c.score)


def cost(shown: tuple[Excerpt, ...]) -> int:
    """Tokens as the budget counts them, anew: the text, where it stands, number and fences."""
    return sum(
        len(EMBEDDER.token_starts(e.text)) + len(EMBEDDER.token_starts(e.about)) + FENCE for e in shown if e.text
    )


LONG = " ".join(f"{name} speaks of something else here." for name in "Ada Bob Cid Dan Eve Fay Gus Hal Ida Jim".split())


def test_the_best_sentences_and_their_neighbours_stay_with_a_mark_between() -> None:
    given = [passage(LONG, start=100)]
    (shown,) = excerpts(given, candidates(given, {"Bob": 0.9, "Hal": 0.85}), EMBEDDER, 1000)
    names = [word for word in shown.text.split() if word.isalpha() and word[0].isupper()]
    assert names == ["Ada", "Bob", "Cid", "Gus", "Hal", "Ida"]
    assert shown.text.count(LEFT_OUT) == 1
    assert f"here. {LEFT_OUT} Gus" in shown.text


def test_sentences_far_below_the_best_are_left_out() -> None:
    given = [passage(LONG)]
    scores = {name: 0.9 - 0.01 * n for n, name in enumerate("Ada Bob Cid".split())} | {"Jim": 0.1, "Ida": 0.1}
    given.append(passage(" ".join(f"No{n} is a better one here." for n in range(8)), start=5000))
    scores |= {f"No{n}": 0.95 for n in range(8)}
    shown = excerpts(given, candidates(given, scores), EMBEDDER, 1000)
    assert "Jim" not in shown[0].text
    assert all(f"No{n} " in shown[1].text for n in range(8))


def test_what_another_passage_needs_is_shown_before_neighbours() -> None:
    meaning = replace(passage("“Fee” means the sum. It is due.", start=5000), hits=())
    given = [passage(LONG), meaning]
    found = candidates(given, {"Bob": 0.9})
    assert excerpts(given, found, EMBEDDER, 1000)[1].text == meaning.text
    tight = excerpts(given, found, EMBEDDER, 2 * (FENCE + 1) + 8 + 12)
    assert (tight[0].text, tight[1].text) == ("Bob speaks of something else here.", meaning.text)


def test_candidates_of_another_document_or_place_do_not_count() -> None:
    given = [passage(LONG)]
    elsewhere = replace(passage(LONG), document=replace(INFO, id="other"))
    assert excerpts(given, candidates([elsewhere], {"Jim": 0.9}), EMBEDDER, 1000) == whole(given)


def test_one_sentence_over_the_budget_is_cut_and_marked() -> None:
    given = [passage("Word " * 500 + "end.")]
    (shown,) = excerpts(given, candidates(given, {"Word": 0.9}), EMBEDDER, 60)
    assert shown.text.startswith("Word Word")
    assert shown.text.endswith(LEFT_OUT)
    assert 50 <= cost((shown,)) <= 60


def test_headings_do_not_take_the_room_of_the_text() -> None:
    given = [passage("The fee is five percent.", context="Part " * 300)]
    (shown,) = excerpts(given, candidates(given, {"The": 0.9}), EMBEDDER, 60)
    assert shown.text == "The fee is five percent."
    assert cost((shown,)) <= 60


WORD = st.text(alphabet="abcdefgh.;\n ,()[]<>§é%19", min_size=1, max_size=30)
TEXT = st.lists(WORD, min_size=1, max_size=30).map(" ".join).filter(str.strip)


@over(
    st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=6),
    st.integers(50, 600),
    st.data(),
)
def test_the_budget_is_never_exceeded(texts: list[tuple[str, str]], tokens: int, data: st.DataObject) -> None:
    given, start = [], 0
    for text, context in texts:
        given.append(passage(text, start, context))
        start += len(text) + 10
    found = []
    for one in given:
        for span in sentence_spans(one.text):
            if data.draw(st.booleans()):
                moved = Span(one.span.start + span.start, one.span.start + span.end)
                score = data.draw(st.floats(-1, 2))
                found.append(Candidate(one, moved, span.of(one.text), score, 0.0, score))
    found.sort(key=lambda c: -c.score)
    shown = excerpts(given, found, EMBEDDER, tokens)
    assert cost(shown) <= tokens
    assert any(e.text for e in shown)
    for one, excerpt in zip(given, shown, strict=True):
        for piece in excerpt.text.split(LEFT_OUT):
            assert " ".join(piece.split()) in " ".join(one.text.split())
