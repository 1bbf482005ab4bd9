"""A sentence about what was looked for, or that nothing was found, says of nothing that it is there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.answer.absence.stance import Stance, stance


@pytest.mark.parametrize(
    ("thing", "text"),
    [
        ("SQL injection", "The test covers SQL injection, cross-site scripting and request forgery."),
        ("SQL injection", "All input fields were tested for SQL injection."),
        ("SQL injection", "We looked for SQL injection in every report."),
        ("brute force", "Brute force attacks were out of scope."),
        ("SQL injection", "We recommend parameterised queries against SQL injection."),
        ("denial of service", "Denial of service was not tested."),
        ("SQL injection", "SQL injection will be tested in the second phase."),
    ],
)
def test_scope_method_plan_and_advice_are_no_finding(thing: str, text: str) -> None:
    assert stance(thing, text) is Stance.PLANS


@pytest.mark.parametrize("heading", ["2 Scope and methodology", "Appendix A Test cases performed", "5 Recommendations"])
def test_what_stands_below_such_a_heading_is_no_finding(heading: str) -> None:
    text = "Injection into SQL, templates, headers, log records and file names."
    assert stance("SQL injection", text, f"Penetration Test Report > {heading}") is Stance.PLANS
    assert stance("SQL injection", text, "Penetration Test Report > 4 Findings") is Stance.STATES


@pytest.mark.parametrize(
    ("thing", "text"),
    [
        ("SQL injection", "No SQL injection was found in the tested interfaces."),
        ("SQL injection", "The testers did not identify any SQL injection."),
        ("ransomware", "There is no evidence of ransomware on the hosts."),
        ("lateral movement", "The investigation found no lateral movement."),
        ("Log4j", "The hosts are not vulnerable to Log4j."),
        ("earlier access", "The review is complete. No earlier access was found."),
    ],
)
def test_a_negation_is_the_contrary_of_a_finding(thing: str, text: str) -> None:
    assert stance(thing, text) is Stance.DENIES


@pytest.mark.parametrize(
    ("thing", "text"),
    [
        ("SQL injection", "The sort parameter is vulnerable to SQL injection."),
        ("default password", "The console accepts a default password."),
        ("SQL injection", "SQL injection in the search was confirmed; no data was lost."),
    ],
)
def test_what_is_said_of_the_thing_is_left_as_it_is(thing: str, text: str) -> None:
    assert stance(thing, text) is Stance.STATES


@given(st.text(max_size=60), st.text(max_size=300), st.text(max_size=80))
def test_any_texts_have_a_stance(thing: str, text: str, headings: str) -> None:
    assert stance(thing, text, headings) in Stance
