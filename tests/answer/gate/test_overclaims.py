"""What a restatement claims beyond its quote although all its words are there."""

import pytest

from citebound.answer.gate.members import objections as of_members
from citebound.answer.gate.objections import compare

ROWS = "QV-01 Stored script High Open\nQV-02 Missing check High Fixed"


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("A threat actor stole over $100,000.", "In one attack a threat actor attempted to steal over $100,000."),
        (
            "Either party has authority to create obligations for the other party.",
            "Neither party is granted any right of authority to create any obligation for the other party.",
        ),
        (
            "Each party may participate in the defense of a claim at the other party's cost.",
            "Each party, as Indemnitee, may participate, at its own cost, in the defense of any claim.",
        ),
        (
            "Either one can end the Agreement if the other is in breach.",
            "Licensor and Licensee may terminate this Agreement in the event the other is in material breach.",
        ),
        ("The deed is valid if signed or sealed by them.", "The deed shall be valid when it is signed and sealed."),
        (
            "The team revoked the credentials at 11:05 UTC and confirmed the incident at 11:32 UTC.",
            "The team confirmed the incident at 11:05 UTC and revoked the credentials at 11:32 UTC.",
        ),
        (
            "Litigation started by Baker is filed in New York, and litigation started by Abel is filed in Illinois.",
            "Litigation initiated by Abel is filed in New York, whereas litigation initiated by Baker is filed in"
            " Illinois.",
        ),
        (
            "Late sums bear 1.5 % or the maximum rate by law, whichever is higher.",
            "Late sums bear 1.5 % or the maximum rate permitted by law, whichever is less.",
        ),
        ("The Term is extended by another year.", "The Term shall be extended for a period of half a year."),
    ],
)
def test_an_overclaim_is_seen(sentence: str, quote: str) -> None:
    assert compare(sentence, quote).objections


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("A threat actor tried to steal over $100,000.", "A threat actor attempted to steal over $100,000."),
        ("Interest is 1.5 % per month.", "Interest is one and one-half percent (1-1/2%) per month."),
        ("Interest is 1.5 % per month.", "Interest is one and one-half percent (1.50%) per month."),
        (
            "The Seller must be told by the Buyer in writing of each material breach.",
            "The Buyer shall tell the Seller in writing of each material breach.",
        ),
    ],
)
def test_other_words_for_the_same_are_no_overclaim(sentence: str, quote: str) -> None:
    assert compare(sentence, quote).objections == ()


@pytest.mark.parametrize("sentence", ["QV-01 and QV-02 are both open.", "QV-02 is open.", "QV-01 is fixed."])
def test_each_finding_has_a_status_of_its_own(sentence: str) -> None:
    assert of_members(sentence, ROWS)


@pytest.mark.parametrize(
    "sentence", ["QV-01 is open.", "QV-02 is fixed and QV-01 is open.", "QV-01 and QV-02 are rated high."]
)
def test_what_each_row_says_is_borne_out(sentence: str) -> None:
    assert of_members(sentence, ROWS) == []


def test_a_list_of_findings_has_what_is_said_of_it() -> None:
    assert of_members("QV-01 and QV-02 are both open.", "QV-01 and QV-02 are open, QV-03 is fixed.") == []
    assert of_members("QV-02 and QV-03 are both open.", "QV-01 and QV-02 are open, QV-03 is fixed.")
