"""On whose side a sentence puts somebody."""

import pytest

from citebound.answer.gate.sides import objections


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        (
            "The network may be changed by Partner upon notice to Abel.",
            "The network may be changed by Abel upon notice to Partner.",
        ),
        ("The report is provided by Licensor.", "The report shall be provided to Licensor."),
        (
            "It includes the telephone number of Abel.",
            "It includes the telephone number of the reporter, called by Abel.",
        ),
        ("Each party bears the other's costs.", "Each party bears its own costs."),
        (
            "Either party may end it if it breaches a duty.",
            "Either party may end it if the other party breaches a duty.",
        ),
        ("It is signed by representatives of either party.", "It is signed by representatives of each party."),
        ("It is settled by an arbitrator appointed by either party.", "He is appointed by agreement of the parties."),
        (
            "The level of service is determined by the number of contacts.",
            "The number of contacts is determined by the level of service.",
        ),
    ],
)
def test_nobody_is_put_on_another_side(sentence, quote):
    assert objections(sentence, quote)


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("Licensor receives the report from Abel.", "The report shall be provided to Licensor by Abel."),
        ("The plan was approved by a vote of the Board.", "The plan was approved by vote of a majority of the Board."),
        ("Notice goes to Abel.", "Partner shall notify Abel, and send a copy to Baker."),
        (
            "Either party may end it if the other breaches a duty.",
            "Either may end it if the other party breaches a duty.",
        ),
        ("It is signed by both parties.", "It is signed by each party."),
    ],
)
def test_one_side_in_other_words_is_the_same(sentence, quote):
    assert not objections(sentence, quote)
