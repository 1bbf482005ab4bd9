"""What a sentence asserts that its quote denies, only holds possible, or says with the opposite of "with"."""

import pytest

from citebound.answer.gate.assertion import objections


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        (
            "This Section is intended to limit the remedies.",
            "Nothing in this Section 13.11 is intended to limit a remedy.",
        ),
        (
            "Delay operates as a waiver.",
            "No failure or delay by a party in exercising a right shall operate as a waiver.",
        ),
        ("The amendment remains in full force.", "The amendment shall be of no further force or effect."),
        (
            "Abel's staff are not considered Baker's, and Baker's staff are considered Abel's.",
            "Baker's staff are not considered Abel's, and vice versa.",
        ),
        ("The rules of Ohio apply, but those of Utah do not.", "The rules of Ohio and of Utah do not apply."),
    ],
)
def test_what_the_quote_denies_everywhere_may_not_stand_undenied(sentence, quote):
    assert objections(sentence, quote)


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("Delay does not operate as a waiver.", "No failure or delay shall operate as a waiver."),
        ("The rules of Ohio and Utah are excluded.", "The rules of Ohio and of Utah do not apply."),
        ("Either side may assign only with consent.", "Neither party may assign without consent."),
        (
            "The Trust gives copies free of charge, with notice.",
            "The Trust shall give copies at no charge, with notice.",
        ),
    ],
)
def test_a_denial_in_other_words_is_none_the_less_a_denial(sentence, quote):
    assert not objections(sentence, quote)


def test_what_could_happen_may_not_be_told_as_having_happened():
    quote = "Exploitation of this weakness could lead to remote code execution."
    assert objections("Exploitation of this weakness led to remote code execution.", quote)
    assert not objections("Exploitation of this weakness may lead to remote code execution.", quote)


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("A party may assign its rights without consent.", "Neither party may assign its rights without consent."),
        ("It does not apply with help from Abel.", "It shall not apply without help from Abel."),
        ("Neither party may assign even with consent.", "Neither party may assign without consent."),
    ],
)
def test_with_and_without_may_not_change_places(sentence, quote):
    assert objections(sentence, quote)


def test_who_saw_another_one_do_it_did_not_do_it():
    quote = "Abel Ltd has also observed them claiming responsibility for several breaches."
    assert objections("Abel Ltd claimed responsibility for several breaches.", quote)
    assert not objections("Abel Ltd saw them claim responsibility for several breaches.", quote)


def test_a_consent_that_nobody_asks_for_may_not_be_put_in():
    quote = "Abel will give Baker thirty days notice prior to the effective date."
    assert objections(
        "Abel will, with the consent of the other party, give Baker notice before the effective date.", quote
    )
    asked = "Abel may sell it once Baker has agreed to that."
    assert not objections("Abel may sell it with the consent of Baker.", asked)
