"""What belongs together: an amount and its basis, a date and what happened on it, the words of one clause."""

import pytest

from citebound.answer.gate.pairs import objections

COVER = "Insurance of USD 2,000,000 per occurrence and USD 4,000,000 in the aggregate."


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("Insurance of USD 4,000,000 per occurrence and USD 2,000,000 in the aggregate.", COVER),
        ("Insurance of USD 2,000,000 in the aggregate.", COVER),
        (
            "The deed is dated May 5, 2005 and was amended June 6, 2006.",
            "The deed is dated June 6, 2006, as amended May 5, 2005.",
        ),
        (
            "One is chosen by Abel and two by Baker.",
            "One is chosen by Baker, one is chosen by Abel, and a third by those two.",
        ),
        (
            "Costs of the arbitrators are borne by each party itself and attorneys' fees are shared equally.",
            "Each party will bear its own attorneys' fees, except that costs of the arbitrators are shared equally.",
        ),
    ],
)
def test_facts_and_words_keep_their_partners(sentence, quote):
    assert objections(sentence, quote)


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("It is USD 4,000,000 in the aggregate and USD 2,000,000 for each occurrence.", COVER),
        (
            "It was amended on May 5, 2005 and is dated June 6, 2006.",
            "The deed is dated June 6, 2006, as amended May 5, 2005.",
        ),
        (
            "The arbitrators' costs are shared equally and each party bears its attorneys' fees.",
            "Each party will bear its own attorneys' fees, except that costs of the arbitrators are shared equally.",
        ),
    ],
)
def test_their_order_is_free(sentence, quote):
    assert not objections(sentence, quote)
