"""Numbers, dates, identifiers: one thing however it is written, and another thing if it is one."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.answer.gate.dates import Date, dates
from citebound.answer.gate.identifiers import identifiers, provisions
from citebound.answer.gate.numerals import in_digits, ungrouped
from citebound.answer.gate.quantities import quantities, rates


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("thirty (30) days", "30 days"),
        ("thirty days", "30 days"),
        ("one hundred eighty days", "180 days"),
        ("two years", "24 months"),
        ("two weeks", "14 days"),
        ("30 calendar days", "30 days"),
        ("five banking days", "5 business days"),
        ("$1,500,000", "USD 1.5 million"),
        ("US$1.5M", "1,500,000 dollars"),
        ("€2bn", "EUR 2,000,000,000"),
        ("fifteen percent (15%)", "15 per cent"),
        ("9.50%", "9.5 percent"),
        ("the fifteenth of each month", "the 15th of each month"),
        ("third (3rd) anniversary", "3rd anniversary"),
        ("07", "7"),
        ("five and one-half years", "66 months"),
    ],
)
def test_one_quantity_however_it_is_written(one: str, other: str) -> None:
    assert set(quantities(one)) == set(quantities(other)) != set()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("30 days", "30 months"),
        ("30 days", "30 business days"),
        ("30 days", "30 hours"),
        ("$1.5M", "$1.5bn"),
        ("$100", "EUR 100"),
        ("5%", "5 percentage points"),
        ("5%", "5 basis points"),
        ("12 months", "12 weeks"),
    ],
)
def test_another_unit_currency_or_scale_is_another_quantity(one: str, other: str) -> None:
    assert not set(quantities(one)) & set(quantities(other))


def test_one_alone_and_third_parties_are_no_numbers() -> None:
    assert quantities("one of the parties and a third party") == []
    assert in_digits("the third anniversary of the first full year") == "the 3rd anniversary of the 1st full year"
    assert ungrouped("$1.5M or 1,500,000 or 2 million") == "$1500000 or 1500000 or 2000000"


def test_rates_are_one_in_all_their_words() -> None:
    assert rates("1.5% per month") == rates("1.5% a month") == rates("1.5% monthly") == {"month"}
    assert rates("per annum") == rates("annually") == {"year"}
    assert rates("within a month") == set()


@pytest.mark.parametrize(
    "said",
    [
        "March 5, 1999",
        "5 March 1999",
        "the 5th day of March, 1999",
        "1999-03-05",
        "3/5/1999",
        "Mar. 5, 1999",
        "5.3.1999",
    ],
)
def test_one_date_however_it_is_written(said: str) -> None:
    found, rest = dates(f"It began on {said}.")
    assert len(found) == 1
    assert found[0].bears_out(Date(1999, 3, 5))
    assert not any(letter.isdigit() for letter in rest)


def test_a_day_bears_out_its_month_and_a_month_no_day() -> None:
    (day,), _ = dates("March 5, 1999")
    (month,), _ = dates("March 1999")
    assert day.bears_out(month)
    assert not month.bears_out(day)
    assert dates("It may 5 times")[0] == []


def test_identifiers_are_compared_without_case_and_in_the_clear() -> None:
    assert identifiers("cve-2021-44228 at hxxps://evil[.]example/x")[0] == {"cve-2021-44228", "evil.example/x"}
    assert identifiers("version 2.14.1")[0] == identifiers("v2.14.1")[0] == {"2.14.1"}
    assert identifiers("10.0.0.1:8080")[0] == {"10.0.0.1:8080"}
    assert identifiers("fooBar() and foo_bar")[0] == {"foobar", "foo_bar"}
    assert identifiers("The facade was defaced")[0] == set()


def test_provisions_are_of_a_kind_and_roman_numbers_are_digits() -> None:
    assert provisions("Sections 9.2(b) and 9.3")[0] == provisions("clauses 9.2(b), 9.3")[0]
    assert provisions("Article IV")[0] == ["article 4"]
    assert provisions("Exhibit A")[0] != provisions("Schedule A")[0]
    assert provisions("in part and in any issue")[0] == []


@given(st.integers(1, 10**9))
def test_grouping_changes_no_number(number: int) -> None:
    (one,) = quantities(f"{number} units")
    (other,) = quantities(f"{number:,} units")
    assert one == other
    assert one.value == Decimal(number)


@given(st.text(max_size=300))
def test_no_text_is_too_strange_to_read(text: str) -> None:
    named, rest = identifiers(text)
    placed, rest = provisions(rest)
    said, rest = dates(rest)
    assert all(isinstance(one, str) for one in (*named, *placed))
    assert all(d.month is None or 1 <= d.month <= 12 for d in said)
    assert all(q.value >= 0 for q in quantities(rest))
