"""A copy of a quote may move its parts, leave members of a list out, and say small words otherwise."""

import pytest

from citebound.answer.gate.objections import compare

LIST = "Grantee shall not discriminate on the basis of race, age, or any other basis prohibited by law."


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("From May 8 to May 24, 2021 Opyn engaged Ash.", "Opyn engaged Ash from May 8 to May 24, 2021."),
        (
            "Acme may suspend the services until it is paid if a payment is not made on its date.",
            "If any payment is not made on the date, Acme may suspend the services until it is paid.",
        ),
        ("Grantee shall not discriminate on the basis of race or age.", LIST),
        (
            "Neither party may contest the termination.",
            "Neither party, their heirs nor successors shall contest the termination.",
        ),
        ("Objects were kept for 90 days rather than 7.", "Objects were kept for 90 days instead of 7."),
        ("It must be paid within 10 days.", "It must be paid no later than 10 days."),
        ("This removes the risk of a panic being exploited.", "This removes the risk that a panic could be exploited."),
        (
            "Only the user has access to the file.",
            "Access to the file is restricted to the user.",
        ),
        (
            "The meeting must be held by July 8, 2020.",
            "The Company shall hold the meeting by July 8, 2020 and shall not permit any delay, except for lack of"
            " quorum.",
        ),
        ("Tenants must not be able to see logs.", "Tenants must not see logs."),
        ("This may harm the score.", "This may have a negative impact on the score."),
    ],
)
def test_what_is_said_otherwise_is_borne_out(sentence: str, quote: str) -> None:
    assert compare(sentence, quote).objections == ()


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        (
            "Acme may suspend the services until it is paid if a payment is made on its date.",
            "If any payment is not made on the date, Acme may suspend the services until it is paid.",
        ),
        ("Grantee shall discriminate on the basis of race or age.", LIST),
        ("The fee is payable.", "The fee is payable or not unless agreed payable."),
        ("Objects were kept for 7 days rather than 90.", "Objects were kept for 90 days instead of 7."),
        (
            "The Company shall not permit any delay.",
            "The Company shall hold the meeting by July 8, 2020 and shall not permit any delay, except for lack of"
            " quorum.",
        ),
        ("The meeting is held from May 24 to May 8, 2021.", "The meeting is held from May 8 to May 24, 2021."),
    ],
)
def test_what_was_changed_on_the_way_is_seen(sentence: str, quote: str) -> None:
    assert compare(sentence, quote).objections
