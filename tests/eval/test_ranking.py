import math

import pytest

from citebound.eval.measures import Place
from citebound.eval.ranking import lost_at, position, ranking
from citebound.types import Span


def at(start: int, end: int, document: str = "a") -> Place:
    return Place(document, Span(start, end))


GOLD = [at(0, 10), at(50, 60)]
MISS = [at(100 * i, 100 * i + 10, "b") for i in range(20)]


def test_scores_by_hand() -> None:
    places = [MISS[0], at(9, 20), MISS[1], at(55, 56), at(0, 5)]
    scores = ranking({"q": places}, {"q": GOLD}, ks=(1, 2, 4))["q"]
    # Spans touched by the first k: 0, then the first span, then both. Relevant chunks stand at ranks 2, 4 and 5.
    assert (scores["recall@1"], scores["recall@2"], scores["recall@4"]) == (0, 1 / 2, 1)
    assert scores["mrr"] == 1 / 2
    gains = [1 / math.log2(rank + 1) for rank in range(1, 6)]
    assert scores["ndcg@10"] == pytest.approx((gains[1] + gains[3] + gains[4]) / sum(gains[:3]))


def test_a_gold_span_that_nothing_touches_stands_in_the_ideal_ranking() -> None:
    scores = ranking({"q": [at(0, 10)]}, {"q": GOLD}, ks=(5,))["q"]
    assert scores["recall@5"] == 1 / 2
    assert scores["ndcg@10"] == pytest.approx(1 / (1 + 1 / math.log2(3)))


def test_touching_ends_do_not_overlap_and_one_character_does() -> None:
    assert ranking({"q": [at(10, 20)]}, {"q": GOLD})["q"]["mrr"] == 0
    assert ranking({"q": [at(9, 20)]}, {"q": GOLD})["q"]["mrr"] == 1


def test_a_longer_list_changes_nothing_about_its_first_ten() -> None:
    places = [at(0, 10), *MISS[:9]]
    longer = [*places, at(2, 4), at(4, 6)]
    assert ranking({"q": places}, {"q": GOLD}, ks=(10,)) == ranking({"q": longer}, {"q": GOLD}, ks=(10,))


def test_a_repeated_place_counts_at_its_first_rank() -> None:
    once = ranking({"q": [MISS[0], at(0, 10)]}, {"q": GOLD})
    assert ranking({"q": [MISS[0], at(0, 10), MISS[0], at(0, 10)]}, {"q": GOLD}) == once


def test_many_ranks_keep_their_order() -> None:
    places = [at(1000 + i, 1001 + i, "b") for i in range(3000)]
    assert ranking({"q": [*places, at(0, 10)]}, {"q": GOLD})["q"]["mrr"] == pytest.approx(1 / 3001)


def test_a_crash_scores_zero_and_a_question_without_gold_is_left_out() -> None:
    scores = ranking({"empty": []}, {"crashed": GOLD, "empty": GOLD, "unanswerable": []}, ks=(1,))
    worst = {"recall@1": 0.0, "ndcg@10": 0.0, "mrr": 0.0}
    assert scores == {"crashed": worst, "empty": worst}


@pytest.mark.parametrize(
    ("retrieved", "shown", "quoted", "stage"),
    [
        ([at(0, 4)], [at(0, 4)], [at(0, 4)], "retrieval"),
        ([at(0, 5)], [MISS[0]], [], "selection"),
        ([at(0, 5)], [at(0, 10)], [], "reading"),
        ([at(0, 5)], [at(0, 10)], [at(50, 55)], "none"),
        ([at(0, 4), at(50, 54)], [], [], "retrieval"),
    ],
)
def test_gold_is_lost_at_the_first_stage_that_covers_less_than_half_of_every_span(
    retrieved: list[Place], shown: list[Place], quoted: list[Place], stage: str
) -> None:
    assert lost_at(GOLD, retrieved, shown, quoted) == stage


def test_without_gold_nothing_is_lost() -> None:
    assert lost_at([], [], [], []) == "none"


def test_the_position_is_of_the_first_passage_with_half_of_a_gold_span() -> None:
    assert position(GOLD, [at(0, 5)]) == "first"
    assert position(GOLD, [at(0, 4), MISS[0], at(40, 70)]) == "second or third"
    assert position(GOLD, [*MISS[:3], at(0, 10)]) == "later"
    assert position(GOLD, MISS) == "not shown"
