"""A text in the one voice in which it is compared: every published normalisation of `readings`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.answer.gate.objections import compare
from citebound.answer.gate.readings import active


@pytest.mark.parametrize(
    ("text", "turned"),
    [
        ("Bachem must be notified by Magenta.", "Magenta must notified Bachem."),
        ("The flaw was found by the testers in May.", "the testers found the flaw in May."),
        ("The fee shall not be paid by Agent.", "Agent shall not paid the fee."),
        ("No sale shall be made by the Agent.", "the Agent shall not sale."),
        ("The sum is recoverable by the Licensee.", "the Licensee may recovered the sum."),
        ("Fees are non-refundable.", "Fees may not be refunded."),
        ("The books shall be available for inspection by Erchonia.", "Erchonia may inspected the books."),
        ("The Bank will also receive data from the Fund.", "the Fund will also provide The Bank data."),
        ("The Buyer shall give the Seller written notice.", "The Buyer shall notify the Seller written."),
        ("The Buyer shall give notice to Seller.", "The Buyer shall notify Seller."),
        ("Make sure that it runs.", "ensure that it runs."),
        ("Past due sums bear interest.", "overdue sums bear interest."),
    ],
)
def test_every_published_form_is_turned(text: str, turned: str) -> None:
    assert active(text) == turned


@pytest.mark.parametrize(
    "text",
    [
        "The report must be filed by July 8, 2020.",
        "The server was stopped by sending packets.",
        "It may be ended by written notice.",
        "The Buyer is required by law to pay.",
        "The vault that was opened by the owner is empty.",
        "The Buyer shall give reasonable notice.",
    ],
)
def test_what_names_no_doer_stays(text: str) -> None:
    assert active(text) == text


def test_a_heading_stays_a_heading() -> None:
    sentence = "The Distributor agrees to buy from Lucid the minimum agreed quantity."
    assert active(f"Minimum Purchase     {sentence}") == f"Minimum Purchase     {sentence}"
    assert compare(sentence, f"Minimum Purchase     {sentence}").objections == ()


@given(st.text(max_size=300))
def test_any_text_has_a_reading(text: str) -> None:
    assert isinstance(active(text), str)


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        (
            "Bachem must be promptly notified by Magenta if any Product is recalled.",
            "Magenta promptly shall notify Bachem if any Product is the subject of a recall.",
        ),
        (
            "The Administrator will also receive account positions from the Fund.",
            "The Fund will also provide the Administrator with account positions.",
        ),
        ("SecureDrop can use this report as a basis.", "This report can be used by SecureDrop as a basis."),
        ("The Licensee can recover the amount directly.", "The amount will be recoverable by the Licensee directly."),
    ],
)
def test_voice_is_no_difference_and_roles_are(sentence: str, quote: str) -> None:
    assert compare(sentence, quote).objections == ()


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        (
            "Magenta must be promptly notified by Bachem if any Product is recalled.",
            "Magenta promptly shall notify Bachem if any Product is the subject of a recall.",
        ),
        (
            "The Fund will also receive account positions from the Administrator.",
            "The Fund will also provide the Administrator with account positions.",
        ),
        ("Emotet was distributed by Trickbot.", "Emotet was distributing Trickbot."),
        ("The Licensee shall be indemnified against claims.", "The Licensee shall indemnify Licensor against claims."),
        (
            "Loop shall give Joint Venture Company a written acceptance.",
            "Joint Venture Company shall provide Loop with a written acceptance.",
        ),
        (
            "A certificate must be provided by the Company after seven days.",
            "You must provide the Company with a certificate after seven days.",
        ),
        ("Such amount may be recoverable by the Licensee.", "Such amount will be recoverable by the Licensee."),
    ],
)
def test_roles_that_are_turned_round_are_seen_in_any_voice(sentence: str, quote: str) -> None:
    assert compare(sentence, quote).objections
