"""Every normalisation that a docstring of the gate publishes, one by one: what is one thing, and what is not."""

import pytest

from citebound.answer.gate.agents import unknown
from citebound.answer.gate.bounds import bounds
from citebound.answer.gate.dates import Date, dates
from citebound.answer.gate.identifiers import identifiers, provisions
from citebound.answer.gate.negation import Mood, predicates
from citebound.answer.gate.numerals import in_digits
from citebound.answer.gate.objections import compare
from citebound.answer.gate.quantities import quantities, rates
from citebound.answer.gate.wording import alike
from citebound.answer.words import stem

PAYS = "The Customer shall pay the fee within thirty days."


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("dozen units", "12 units"),
        ("twice the fee", "2 times the fee"),
        ("thirty", "30"),
        ("thirty (30)", "30"),
        ("one hundred eighty", "180"),
        ("one hundred and eighty", "180"),
        ("the third month", "the 3rd month"),
        ("two and one-half years", "2.5 years"),
    ],
)
def test_numbers_in_words_are_digits(one: str, other: str) -> None:
    assert in_digits(one) == in_digits(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("30 consecutive days", "30 days"),
        ("5 working days", "5 business days"),
        ("5 trading days", "5 business days"),
        ("$5", "US$5"),
        ("$5", "USD 5"),
        ("$5", "5 dollars"),
        ("5%", "5 percent"),
        ("5%", "5 per cent"),
    ],
)
def test_one_unit_has_many_names(one: str, other: str) -> None:
    assert quantities(one) == quantities(other) != []


@pytest.mark.parametrize("said", ["5% per month", "5% a month", "$5/month", "$5 monthly", "$5 each month"])
def test_a_rate_has_many_names(said: str) -> None:
    assert rates(said) == {"month"}


LOWER = ["at least", "not less than", "no fewer than", "a minimum of", "more than", "in excess of"]
UPPER = ["at most", "up to", "not exceeding", "no more than", "within", "no later than"]


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        *((said, "least") for said in LOWER),
        *((said, "most") for said in UPPER),
        ("before", "before"),
        ("prior to", "before"),
        ("after", "after"),
        ("following", "after"),
        ("upon", "after"),
        *((said, "only") for said in ("only", "solely", "exclusively")),
        *((said, "except") for said in ("except for", "other than", "save for", "excluding")),
        *((said, "all") for said in ("all", "any", "each", "every")),
        *((said, "none") for said in ("none of", "no")),
    ],
)
def test_a_bound_or_scope_has_many_names(said: str, kind: str) -> None:
    assert set(
        bounds(f"It is paid {said} 30 invoices" if kind in ("least", "most") else f"It is paid {said} invoices")
    ) == {kind}


@pytest.mark.parametrize(
    "said",
    [
        "Buyer shall not assign it.",
        "Buyer may not assign it.",
        "Buyer is prohibited from assigning it.",
        "Neither party may assign it.",
    ],
)
def test_what_is_forbidden_is_denied(said: str) -> None:
    assert [p.denied for p in predicates(said) if p.head == stem("assign")] == [True]


@pytest.mark.parametrize(
    ("said", "mood"),
    [
        *((said, Mood.REQUIRES) for said in ("shall", "must", "will", "is required to", "agrees to")),
        *(
            (said, Mood.PERMITS)
            for said in ("may", "can", "is entitled to", "has the right to", "has the right at any time to")
        ),
        *((said, Mood.EXCUSES) for said in ("need not", "is not required to", "has no obligation to")),
    ],
)
def test_a_modality_has_many_names(said: str, mood: Mood) -> None:
    assert [p.mood for p in predicates(f"Buyer {said} inspect it.") if p.head == stem("inspect")] == [mood]


def test_what_nobody_has_to_do_is_excused() -> None:
    found = predicates("No party has to inspect it.")
    assert [(p.mood, p.denied) for p in found if p.head == stem("inspect")] == [(Mood.EXCUSES, False)]


@pytest.mark.parametrize(
    "said", ["evil(.)example.com", "evil[.]example.com", "hxxps://evil.example.com", "EVIL.Example.com"]
)
def test_hosts_are_read_in_the_clear(said: str) -> None:
    assert {name.removeprefix("evil.") for name in identifiers(said)[0]} == {"example.com"}


@pytest.mark.parametrize("kind", ["Section", "Clause", "Paragraph", "§", "Sec."])
def test_one_kind_of_provision_has_many_names(kind: str) -> None:
    assert provisions(f"see {kind} 9.2(b)")[0] == ["section 9.2(b)"]


KINDS = ["Article", "Exhibit", "Schedule", "Annex", "Appendix", "Attachment", "Part", "Rule", "Item", "Figure", "Table"]


def test_the_other_kinds_of_provisions_are_one_each() -> None:
    assert len({provisions(f"see {kind} 9")[0][0] for kind in [*KINDS, "Section"]}) == len(KINDS) + 1


def test_a_date_in_digits_has_both_readings() -> None:
    (said,), _ = dates("3/5/1999")
    assert said.bears_out(Date(1999, 3, 5))
    assert said.bears_out(Date(1999, 5, 3))


@pytest.mark.parametrize(("one", "other"), [("terminate", "termination"), ("assign", "assignable"), ("pay", "paid")])
def test_forms_of_a_word_are_one(one: str, other: str) -> None:
    assert alike(stem(one), stem(other))


def test_us_is_united_states() -> None:
    assert unknown("The tax is due in the U.S.", ["The tax is due in the United States"]) == ""


@pytest.mark.parametrize(
    "said", ["must", "will", "is required to", "is obliged to", "has to", "agrees to", "undertakes to"]
)
def test_a_copy_may_require_it_in_other_words(said: str) -> None:
    assert compare(PAYS.replace("shall", said), PAYS).objections == ()


@pytest.mark.parametrize("said", ["can", "is entitled to", "is permitted to", "is eligible to", "has the right to"])
def test_a_copy_may_permit_it_in_other_words(said: str) -> None:
    quote = PAYS.replace("shall", "may")
    assert compare(quote.replace("may", said), quote).objections == ()
    assert compare(quote.replace("may", "must"), quote).objections


def test_spaces_of_a_layout_hide_no_change() -> None:
    quote = (
        "All disputes shall be resolved exclusively in the courts of Santa Clara County,        California, and it is"
        " agreed that no other court shall have        Jurisdiction."
    )
    said = " ".join(quote.split())
    assert compare(said, quote).objections == ()
    assert compare(said.replace("exclusively ", ""), quote).objections
    assert compare(said.replace("shall be", "may be"), quote).objections
    assert compare("Unless the Buyer objects, a" + said[1:], quote).objections
