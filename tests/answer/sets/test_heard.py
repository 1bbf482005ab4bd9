"""What is told of a question about the set that is not understood as a whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.answer.sets.heard import heard
from citebound.ingest.profile import shipped


@pytest.mark.parametrize(
    ("question", "known", "unknown"),
    [
        ("which findings were retested on July 14, 2025?", ("which", "findings", "on July 14, 2025"), ("retested",)),
        ("how many high findings did the CISO escalate", ("how many", "high", "findings"), ("CISO escalate",)),
        ("Which contracts with Birch are worth a million?", ("Which", "contracts", "Birch"), ("worth", "million")),
    ],
)
def test_what_was_understood_and_what_was_not(question: str, known: tuple[str, ...], unknown: tuple[str, ...]) -> None:
    part = heard(question, shipped(), {"party": ("Birch GmbH",)})
    assert part is not None
    assert (part.known, part.unknown) == (known, unknown)
    assert all(f"“{phrase}”" in part.note for phrase in (*known, *unknown))
    assert "may leave out" in part.note


@pytest.mark.parametrize(
    "question",
    [
        "What must the provider do after a breach?",
        "What obligations does the customer have?",
        "How long is the notice period?",
        "Is there a liability cap?",
        "",
        "x" * 500,
    ],
)
def test_of_another_question_nothing_is_told(question: str) -> None:
    assert heard(question, shipped(), {}) is None


@given(st.text(max_size=120))
def test_any_text_is_heard_or_not(text: str) -> None:
    heard(f"which findings {text}", shipped(), {})
    heard(text, shipped(), {})
