import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.eval.verdict import FEWEST_CLUSTERS, RULE, Flip, Load, Need, Update, flip, regimes, verdict
from citebound.eval.verdict_check import CASES, FIGURE, built
from tests.eval.boards import against, by_hand, cell, large


def directly(other: str, said: str, difference: float, **changed: object) -> dict[str, object]:
    """The system "joined" against a rival, by hand."""
    row = against(other, "rag", difference)
    del row["rag"]
    return {**row, "system": "joined", "verdict": said, **changed}


BROKEN = {"not_counted": ["parse failures of 20 % or more"]}
UNDONE = {"not_counted": ["not complete"]}


@pytest.mark.parametrize("name", CASES)
def test_each_built_trace_set_gets_its_true_verdict(name: str) -> None:
    case = CASES[name]
    assert case.documents * case.items >= 200 or case.truth == "no evidence"
    made = verdict(built(case, seed=1, resamples=1000), "given")
    assert made.decision == case.truth
    assert made.winner == {"rag": "rag", "fine-tuned": "embedding_head", "both": "fine_tuned_rag"}.get(case.truth, "")
    assert made.rival == "embedding_head"
    assert FIGURE == "memo.verdicts_right"


def test_the_strongest_rival_is_the_one_that_rag_is_least_ahead_of() -> None:
    board = by_hand(
        [cell("rag"), cell("weak"), cell("strong")], [against("weak", "rag", 0.3), against("strong", "rag", 0.2)]
    )
    made = verdict(board, "given")
    assert (made.decision, made.rival, made.difference, made.p) == ("rag", "strong", 0.2, 0.02)
    assert made.headline.startswith("rag wins: its share of correct answers is 0.200 (95 % interval 0.120 to 0.280)")
    assert "Rivals looked at: strong and weak. Of these, rag beats strong and weak by the rule." in made.reasons


def test_rag_does_not_win_by_beating_the_weak_alone() -> None:
    comparisons = [against("weak", "rag", 0.3), against("strong", "no evidence", 0.06)]
    assert verdict(by_hand([cell("rag"), cell("weak"), cell("strong")], comparisons), "given").decision == "no evidence"


def test_a_system_that_does_not_count_cannot_win_but_keeps_rag_from_winning() -> None:
    cells = [cell("rag"), cell("weak"), cell("broken", **BROKEN)]
    made = verdict(by_hand(cells, [against("weak", "rag", 0.3), against("broken", "other", -0.2)]), "given")
    assert made.decision == "no evidence"
    assert "broken beats rag, but cannot win by the rule." in made.reasons
    assert made.rival == "weak"


def test_a_system_that_does_not_count_is_no_rival_where_it_loses() -> None:
    cells = [cell("rag"), cell("weak"), cell("broken", **BROKEN)]
    made = verdict(by_hand(cells, [against("weak", "rag", 0.3), against("broken", "no evidence", 0.02)]), "given")
    assert (made.decision, made.rival) == ("rag", "weak")
    assert "Without a chance to win by the rule: broken (parse failures of 20 % or more)." in made.reasons


@pytest.mark.parametrize("decision", ["rag", "both"])
def test_nobody_wins_by_a_rival_that_is_not_there_yet(decision: str) -> None:
    both = [against("joined", "other", -0.3)] if decision == "both" else []
    comparisons = [against("weak", "rag", 0.3), *both]
    cells = [cell("rag"), cell("weak"), cell("joined")]
    kept = {"both": ["joined"] if both else [], "rivals": ["weak"]}
    assert verdict(by_hand(cells, comparisons, **kept), "given").decision == decision
    for board in (
        by_hand([*cells[:1], cell("weak", **UNDONE), cells[2]], comparisons, **kept),
        by_hand(cells, comparisons, **kept | {"rivals": ["weak", "never_run"]}),
    ):
        assert verdict(board, "given").decision == "no evidence"


def test_a_rival_that_belongs_to_another_regime_is_named_and_no_hindrance() -> None:
    elsewhere = cell("elsewhere", regime="corpus")
    board = by_hand([cell("rag"), cell("weak"), elsewhere], [against("weak", "rag", 0.3)], rivals=["weak", "elsewhere"])
    made = verdict(board, "given")
    assert made.decision == "rag"
    assert "Not run in this regime: elsewhere." in made.reasons
    assert regimes(board) == ["given", "corpus"]


def test_rag_that_does_not_count_is_no_evidence() -> None:
    board = by_hand([cell("rag", **BROKEN), cell("weak")], [against("weak", "rag", 0.3)])
    made = verdict(board, "given")
    assert (made.decision, made.winner, made.needs) == ("no evidence", "", ())


def test_few_items_are_said_and_bar_nobody() -> None:
    few = {"not_counted": ["fewer than 100 items"]}
    made = verdict(by_hand([cell("rag", **few), cell("weak", **few)], [against("weak", "rag", 0.3)]), "given")
    assert made.decision == "rag"
    assert made.reasons[-1].startswith("There are fewer than 100 items")


def joined(value: float, *, low: float) -> dict[str, object]:
    return cell("joined", metrics={"correct": {"value": value, "low": low, "high": 0.95, "n": 200}})


def test_both_wins_if_its_interval_is_above_that_of_a_rival_that_rag_does_not_beat() -> None:
    # The rival's interval ends at 0.6.
    comparisons = [against("rival", "no evidence", 0.02), against("joined", "other", -0.3)]
    cells = [cell("rag"), cell("rival")]
    made = verdict(by_hand([*cells, joined(0.8, low=0.61)], comparisons, both=["joined"]), "given")
    assert (made.decision, made.winner, made.rival) == ("both", "joined", "rival")
    assert made.headline.startswith("joined wins: its share of correct answers is 0.300 (95 % interval 0.220 to 0.380)")
    made = verdict(by_hand([*cells, joined(0.8, low=0.59)], comparisons, both=["joined"]), "given")
    assert made.decision == "no evidence"
    assert "joined beats rag, but cannot win by the rule." in made.reasons


def test_a_winner_that_joins_both_is_held_against_its_rivals_directly_and_the_rule_still_decides() -> None:
    cells = [cell("rag"), cell("rival"), cell("weak"), joined(0.8, low=0.61)]
    comparisons = [
        against("rival", "no evidence", -0.02),
        against("weak", "rag", 0.2),
        against("joined", "other", -0.2),
    ]
    board = by_hand(cells, comparisons, both=["joined"])
    before = verdict(board, "given")
    rows = [
        directly("rival", "no evidence", 0.05, p_holm=0.2, reason="the difference may be chance"),
        directly("weak", "system", 0.4),
    ]
    made = verdict({**board, "direct": rows}, "given")
    assert (made.decision, made.winner, made.headline) == (before.decision, before.winner, before.headline)
    told = (
        "Compared directly on the same 200 items, joined less rival is 0.050 (95 % interval -0.030 to 0.130) in share"
        " of correct answers, p 0.2000 after Holm's correction: no evidence which is better, as the difference may be"
        " chance."
    )
    assert told in made.reasons
    assert "Of the 2 rivals compared so, it beats weak." in made.reasons
    assert not any("directly" in told for told in before.reasons)


def test_a_rival_that_wins_is_held_against_the_system_that_joins_both_and_beats_rag_too() -> None:
    comparisons = [against("rival", "other", -0.2), against("joined", "other", -0.1)]
    board = by_hand([cell("rag"), cell("rival"), joined(0.7, low=0.5)], comparisons, both=["joined"])
    made = verdict({**board, "direct": [directly("rival", "other", -0.1)]}, "given")
    assert (made.decision, made.winner) == ("fine-tuned", "rival")
    at = made.reasons.index("joined beats rag too, but not every rival.")
    assert made.reasons[at + 1].endswith("p 0.0200 after Holm's correction: rival is better.")


def test_a_rival_that_wins_is_named_before_a_system_that_joins_both_and_does_not_beat_it() -> None:
    comparisons = [against("rival", "other", -0.2), against("joined", "other", -0.22)]
    made = verdict(by_hand([cell("rag"), cell("rival"), joined(0.7, low=0.5)], comparisons, both=["joined"]), "given")
    assert (made.decision, made.winner) == ("fine-tuned", "rival")
    assert "joined beats rag too, but not every rival." in made.reasons


def control(role: str, **found: object) -> dict[str, object]:
    return against("control", "no evidence", 0.0, role=role, **found)


def test_a_dead_retrieval_claim_undoes_a_win_of_rag_and_is_said_besides_any_other_verdict() -> None:
    cells = [cell("rag"), cell("rival")]
    dead = [control("wrong", dead=True)]
    made = verdict(by_hand(cells, [against("rival", "rag", 0.3)], dead), "given")
    assert (made.decision, made.winner, made.dead) == ("invalid", "", True)
    made = verdict(by_hand(cells, [against("rival", "other", -0.3)], dead), "given")
    assert made.decision == "fine-tuned"
    assert any("claim is dead" in reason for reason in made.reasons)


def test_a_leak_undoes_every_verdict() -> None:
    leak = [control("removed", dead=False, leaked=True, gold_leak_rate=0.7)]
    made = verdict(by_hand([cell("rag"), cell("rival")], [against("rival", "other", -0.3)], leak), "given")
    assert made.decision == "invalid"
    assert "70%" in made.headline


def test_a_win_without_its_control_is_told_so() -> None:
    cells, comparisons = [cell("rag"), cell("rival")], [against("rival", "rag", 0.3)]
    untested = verdict(by_hand(cells, comparisons), "given")
    tested = verdict(by_hand(cells, comparisons, [control("wrong", dead=False)]), "given")
    assert any("open whether retrieval earned this" in reason for reason in untested.reasons)
    assert not any("open whether" in reason for reason in tested.reasons)


def test_nothing_compared_is_no_evidence() -> None:
    made = verdict(by_hand([cell("rag")], []), "given")
    assert (made.decision, made.difference, made.headline) == (
        "no evidence",
        None,
        "No evidence: rag was compared with nothing here.",
    )


def test_an_exploratory_run_is_judged_and_marked() -> None:
    cells = [cell("rag"), cell("rival")]
    made = verdict(by_hand(cells, [against("rival", "rag", 0.3)], exploratory=True), "given")
    assert (made.decision, made.exploratory) == ("rag", True)
    assert made.headline.startswith("Exploratory")


def test_what_is_needed_grows_with_the_square() -> None:
    # Detectable 0.2, seen 0.1: four times as many, so 600 and 150 more. For the margin of 0.05: 16 times.
    comparison = against("rival", "no evidence", 0.1, detectable=0.2)
    made = verdict(by_hand([cell("rag"), cell("rival")], [comparison]), "given")
    assert made.needs == (Need(0.1, 600, 150), Need(0.05, 3000, 750))
    assert "About 600 more items over 150 more documents" in made.reasons[1]
    assert "The smallest difference that could have been detected is 0.200." in made.headline


def test_with_too_few_documents_at_least_the_missing_ones_are_needed() -> None:
    # 10 of 15 documents, and the margin is detectable already: half as many again.
    comparison = against("rival", "no evidence", 0.0, detectable=0.04, clusters=10, p=None, p_holm=None)
    made = verdict(by_hand([cell("rag"), cell("rival")], [comparison]), "given")
    assert FEWEST_CLUSTERS == 15
    assert (made.p, made.needs) == (None, (Need(0.05, 100, 5),))


RAG = cell("rag", cost={"per_1000_seconds": 3000.0, "index_seconds": 100.0})
HEAD = cell("head", cost={"per_1000_seconds": 1000.0, "adapt_wall_seconds": 500.0})


def test_where_the_cheaper_system_changes() -> None:
    # By hand, over 50 documents: rag 3 s a question, 100 / 50 = 2 s a changed document; head 1 s, 500 / 10 = 50 s.
    # 10 changed documents cost head 480 s more, which 240 questions at 2 s pay; at 1,000 questions 2,000 / 48 = 41.7.
    # Without change head's set-up is dearer by 400 s: 200 questions.
    made = flip(RAG, HEAD, 50, Load())
    assert (made.questions, made.payback) == (240, 200)
    assert made.changed == pytest.approx(2000 / 48)
    assert (made.now, made.often, made.fresh) == ("head", "head", "rag")
    assert made.sentences() == [
        "With 10 changed documents a month, rag needs less computing up to 240 questions a month;"
        " above that, head does.",
        "With 1,000 questions a month, head needs less computing up to 42 changed documents a month;"
        " above that, rag does.",
        "If no document ever changes, the dearer set-up has paid for itself after 200 questions.",
    ]


def test_a_measured_change_stands_in_for_the_share_of_the_index() -> None:
    # rag 3 s a question and 4 s a change, head 1 s and 50 s: 10 changes cost head 460 s more, 230 questions at 2 s.
    load = Load(update=Update(add=9.0, change=4.0, delete=1.0))
    assert flip(RAG, HEAD, 50, load).questions == 230
    # what searches nothing has nothing to bring up to date
    assert flip(HEAD, cell("quick", cost={"per_1000_seconds": 3000.0}), 50, load).questions == 250


def test_a_system_that_is_cheaper_in_everything_never_flips() -> None:
    made = flip(RAG, cell("quick", cost={"per_1000_seconds": 10.0}), 50, Load())
    assert made.sentences() == ["quick needs less computing than rag at every volume and update rate."]
    assert flip(RAG, {**RAG, "system": "twin"}, 50, Load()).sentences() == ["rag and twin need the same computing."]


costs = st.fixed_dictionaries(
    {k: st.floats(0, 1e4) for k in ("per_1000_seconds", "index_seconds", "adapt_wall_seconds")}
)


@given(costs, costs, st.floats(1, 1e5), st.floats(1, 1e3))
def test_at_the_flip_both_cost_the_same_and_beyond_it_the_named_one_costs_less(
    one: dict[str, float], other: dict[str, float], questions: float, changed: float
) -> None:
    a, b = cell("rag", cost=one), cell("other", cost=other)
    load = Load(questions, changed)
    made = flip(a, b, 20, load)

    def month(cost: dict[str, float], questions: float, changed: float) -> float:
        document = cost["adapt_wall_seconds"] / 10 + cost["index_seconds"] / 20
        return questions * cost["per_1000_seconds"] / 1000 + changed * document

    if made.questions is not None:
        q = made.questions
        assert month(one, q, changed) == pytest.approx(month(other, q, changed), rel=1e-6, abs=1e-6)
        cheaper = "rag" if month(one, 2 * q, changed) < month(other, 2 * q, changed) else "other"
        assert q < 1e-6 or made.often == cheaper


def test_a_tie_names_the_cheaper_one() -> None:
    made = verdict(by_hand([RAG, HEAD], [against("head", "equivalent", 0.01)]), "given")
    assert made.decision == "tie"
    assert isinstance(made.flips[0], Flip)
    assert "At 1,000 questions and 10 changed documents a month head needs less computing than rag." in made.reasons


def test_a_verdict_of_a_scored_board_in_two_regimes() -> None:
    assert [verdict(large(), regime).regime for regime in regimes(large())] == ["given", "corpus"]
    assert verdict(large(dead=True), "given").dead
    assert len(RULE) == 9
