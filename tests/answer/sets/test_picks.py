"""Superlatives, days that depend on today, groups: what comes first, when it is asked, and told apart by what."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.answer.sets.answer import SetAnswer
from citebound.answer.sets.by_fields import answer_set, known_names
from citebound.answer.sets.order import first_of
from citebound.answer.sets.plan import plan
from citebound.answer.sets.question import Pick, Scale
from citebound.answer.sets.today import dated
from citebound.indexes.store import Store
from citebound.ingest.profile import shipped
from tests.answer.sets.test_by_fields import contract, paper, put

TODAY = date(2026, 11, 23)


def finding(id_: str, score: str, severity: str, status: str, asset: str) -> tuple[str, list[tuple[str, ...]]]:
    rows: list[tuple[str, ...]] = [("id", id_, id_), ("severity", severity, severity), ("status", status, status)]
    rows += [("cvss_score", score, score)] if score else []
    return f"{id_} Something", [*rows, ("asset", asset, asset)]


PAPERS = (
    contract("Alder Supply Agreement", agreement_date="2015-03-01", expiration_date="2020-02-29", term="P5Y"),
    contract("Birch Lease", agreement_date="2018-06-30", expiration_date="2021-06-30", term="P36M", renewal="P1Y"),
    contract("Cedar Mutual NDA", agreement_date="2021-01", expiration_date="2028-01-15"),
    contract("Dogwood Agreement", effective_date="2024-05-01", term="P12M"),
    contract("CONFIDENTIAL PORTIONS OMITTED", party="Elm Inc."),
    paper(
        "Penetration Test Report",
        "security_reports",
        [("report_date", "2025-07-18", "July 18, 2025")],
        [
            finding("F-1", "9.8", "critical", "Remediated", "app.birch.example (203.0.113.15)"),
            finding("F-2", "7.5", "high", "Open", "api.birch.example (203.0.113.150)"),
            finding("F-3", "7.5", "high", "Open", "api.birch.example (203.0.113.150)"),
            finding("F-4", "", "low", "Open", "db01.corp"),
        ],
    ),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = Store(tmp_path_factory.mktemp("picks") / "store.db", create=True)
    for i, document in enumerate(PAPERS):
        put(opened, document, f"{i}.txt")
    yield opened
    opened.close()


def asked(store: Store, question: str) -> SetAnswer:
    planned = plan(question, shipped(), known_names(store), TODAY)
    assert planned is not None, question
    return answer_set(store, planned)


@pytest.mark.parametrize(
    ("question", "wanted", "undecided"),
    [
        ("oldest contract", "Alder", "CONFIDENTIAL"),
        ("What is the most recent agreement?", "Dogwood", "CONFIDENTIAL"),
        ("Which contract has the longest term?", "Alder", "Cedar|CONFIDENTIAL"),
        ("Which agreement expires first?", "Alder", "Dogwood|CONFIDENTIAL"),
        ("what is the worst finding in the pentest?", "F-1", "F-4"),
        ("lowest-rated finding?", "F-2|F-3", "F-4"),
        ("Which open finding has the highest score?", "F-2|F-3", "F-4"),
        ("top 2 findings by CVSS", "F-1|F-2|F-3", "F-4"),
        ("Which findings have the lowest severity?", "F-4", ""),
        ("Which vulnerabilities affect api.birch.example?", "F-2|F-3", ""),
        ("open findings on 203.0.113.15", "", ""),
        ("findings on host db01.corp", "F-4", ""),
        ("which agreements have expired?", "Alder", "Birch|Dogwood|CONFIDENTIAL"),
        ("which contracts are still in force?", "Cedar", "Birch|Dogwood|CONFIDENTIAL"),
        ("which contracts will expire in the next two years?", "Cedar", "Dogwood|CONFIDENTIAL"),
        ("show me the NDAs", "Cedar", ""),
        ("list agreements other than the NDAs", "Alder|Birch|Dogwood|CONFIDENTIAL", ""),
        ("agreements excluding leases", "Alder|Cedar|Dogwood|CONFIDENTIAL", ""),
    ],
)
def test_those_and_no_others(store: Store, question: str, wanted: str, undecided: str) -> None:
    answer = asked(store, question)
    for units, words in ((answer.members, wanted), (answer.undecided, undecided)):
        begins = {word for word in words.split("|") if word}
        assert {word for word in begins for unit in units if unit.label.startswith(word)} == begins
        assert len(units) == len(begins)


@pytest.mark.parametrize(
    "question",
    [
        "the worst findings",
        "is the oldest contract capped?",
        "how many worst findings are there?",
        "Which report has the highest CVSS score?",
        "Which findings are the most recent?",
        "agreements other than the worst",
        "how many advisories were published by vendors?",
        "Which contracts are assigned per severity?",
        "Are all findings per severity open?",
    ],
)
def test_a_superlative_or_a_group_of_something_else_is_not_understood(question: str) -> None:
    assert plan(question, shipped(), {}, TODAY) is None


def test_the_day_from_which_is_counted_is_said(store: Store) -> None:
    assert asked(store, "which agreements have expired?").sentences()[0].text == (
        "Understood as: which agreements expired before 2026-11-23?"
    )


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("signed last year", "signed in 2025"),
        ("expire next quarter", "expire between 2027-01-01 and 2027-03-31"),
        ("in the last 3 months", "between 2026-08-23 and 2026-11-23"),
        ("within the next 2 weeks", "between 2026-11-23 and 2026-12-07"),
        ("that haven't expired yet", "that not expired before 2026-11-23"),
        ("expired before 2020", "expired before 2020"),
        ("expired in the last 30 days", "expired between 2026-10-24 and 2026-11-23"),
        ("the last year of the term", "the last year of the term"),
        ("in force since 2019", "in force since 2019"),
    ],
)
def test_words_for_days_are_days(said: str, meant: str) -> None:
    assert dated(said, TODAY) == meant


@given(st.integers(1900, 2200), st.integers(1, 12), st.integers(1, 31), st.integers(1, 999))
def test_every_day_has_its_spans(year: int, month: int, day: int, n: int) -> None:
    today = date(year, month, min(day, 28))
    for unit in ("days", "weeks", "months", "quarters", "years"):
        assert str(today) in dated(f"within the next {n} {unit}", today)


def test_members_are_told_apart_by_the_values_of_a_field(store: Store) -> None:
    answer = asked(store, "How many findings per status?")
    told = [statement.text for statement in answer.sentences()]
    assert told[:3] == ["4 of 4 findings in 1 document.", "Status “open”: 3.", "Status “remediated”: 1."]
    told = [statement.text for statement in asked(store, "group the contracts by governing law").sentences()]
    assert told[1] == "No governing law found: 5."


@given(
    st.dictionaries(st.integers(), st.lists(st.integers(0, 100).map(str), min_size=1, max_size=1)),
    st.integers(1, 4),
    st.booleans(),
)
def test_the_first_are_as_many_as_asked_for_and_those_that_tie(
    values: dict[int, list[str]], n: int, highest: bool
) -> None:
    chosen = first_of(Pick(("cvss_score",), Scale.NUMBER, highest, "", n), values)
    order = sorted((int(v[0]) for v in values.values()), reverse=highest)
    assert set(chosen) == set(values)
    assert sorted((int(values[k][0]) for k, holds in chosen.items() if holds), reverse=highest) == [
        v for v in order if v in order[:n]
    ]


def test_a_date_that_may_or_may_not_come_first_is_not_decided() -> None:
    pick = Pick(("agreement_date",), Scale.DATE, False, "")
    assert first_of(pick, {"a": ["2020"], "b": ["2020-05-01"], "c": ["2021-01-01"]}) == {"c": False}
    assert first_of(pick, {"a": ["2020-01-01", "2022-01-01"], "b": ["2021-01-01"]}) == {}
    assert first_of(pick, {"a": ["soon"]}) == {}
