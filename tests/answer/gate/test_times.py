"""Before, during, on or after what; the first or the last of two; more or less; before or from which version."""

import pytest

from citebound.answer.gate.times import objections


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("After his employment he works for Abel.", "During the continuance of his employment he works for Abel."),
        ("It is received on the day after delivery.", "It is received on the day of delivery."),
        ("It needs approval afterwards.", "It needs prior approval."),
        ("It covers goods added after the Effective Date.", "It covers goods listed on the Effective Date."),
        ("Abel filed the papers late.", "Abel has filed the papers in a timely manner."),
        ("It is paid after a sale or an offering, whichever is later.", "It is paid on the first to occur of them."),
        (
            "It is paid after both a sale and an offering.",
            "It is paid on the first to occur of a sale and an offering.",
        ),
        ("Servers are less prone to attacks.", "Servers are more prone to attacks."),
    ],
)
def test_nothing_moves_to_another_time_choice_or_degree(sentence, quote):
    assert objections(sentence, quote)


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("While he is employed he works for Abel.", "During his employment he works for Abel."),
        ("Until the deed is signed, nothing may be paid.", "Nothing may be paid before the deed is signed."),
        ("It is kept until A or B, whichever is later.", "It is kept until the later of A and B."),
        ("It ends at A or B, whichever comes first.", "It ends at the first to occur of A and B."),
        ("The papers were filed on time.", "Abel has filed the papers in a timely manner."),
    ],
)
def test_one_time_in_other_words_is_the_same(sentence, quote):
    assert not objections(sentence, quote)


VERSIONS = {
    "before": ["Versions before 2.1.3 are affected.", "Releases earlier than 2.1.3 are affected."],
    "upto": ["Versions 2.1.3 and prior are affected.", "Versions up to 2.1.3 are affected."],
    "from": ["Versions 2.1.3 and later are affected.", "It is affected since version 2.1.3."],
    "fixed": ["It is fixed in version 2.1.3.", "Users should upgrade to version 2.1.3."],
    "at": ["Version 2.1.3 is affected."],
}


@pytest.mark.parametrize("said", VERSIONS)
@pytest.mark.parametrize("shown", VERSIONS)
def test_a_version_keeps_its_relation(said, shown):
    for sentence in VERSIONS[said]:
        for quote in VERSIONS[shown]:
            assert bool(objections(sentence, quote)) == (said != shown)


def test_a_section_is_no_version():
    assert not objections(
        "The update is governed by Section 5.2.1.", "An update falls under the terms before Section 5.2.1."
    )
