"""What is searched beside a question, and which kind of document it speaks of."""

from __future__ import annotations

import re
import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.indexes import synonyms
from citebound.indexes.synonyms import MOST_WORDS, entries, kind, printed

FOLDER = Path(synonyms.__file__).parent / "vocabulary"
FILES = sorted(FOLDER.glob("*.toml"))


def test_an_entry_is_met_by_the_beginning_of_a_word() -> None:
    assert "irreparable damage" in printed("Where is the Specific Performance clause?")
    assert "hold harmless" in printed("Who indemnifies whom?")
    assert printed("Who painted the ceiling?") == ""


def test_a_short_term_is_a_whole_word_or_its_plural() -> None:
    assert "children" in printed("From what age?")
    assert "children" not in printed("Who is the agent?")
    assert "ad networks" in printed("Are there ads?")


def test_a_term_inside_of_a_longer_one_does_not_count() -> None:
    assert not any("hire" in entry.words.split() for entry in entries("Is there a no-solicit of customers?"))
    assert any("hire" in entry.words.split() for entry in entries("May they solicit staff?"))


def test_a_broad_entry_counts_only_alone() -> None:
    assert "strict confidence" in printed("What is confidential?")
    assert "strict confidence" not in printed("Must confidential copies be destroyed?")


def test_what_is_looked_for_are_telling_words_and_few() -> None:
    found = entries("Is there a no-shop? And what is the governing law?")
    assert len(found) == 2
    for entry in found:
        words = entry.words.split()
        assert len(words) <= MOST_WORDS
        assert len(set(words)) == len(words)
        assert not {"agreement", "shall", "party", "the"} & set(words)


@pytest.mark.parametrize(
    ("question", "called"),
    [
        ("Consider the Non-Disclosure Agreement; may copies be made?", "non-disclosure agreement"),
        ("Does any NDA allow copies?", "nda"),
        ("What does the merger agreement say after the privacy policy?", "merger agreement"),
        ("Which privacy policies mention children?", "privacy policies"),
    ],
)
def test_the_first_kind_that_is_spoken_of_is_meant(question: str, called: str) -> None:
    found = kind(question)
    assert found is not None
    assert found.called == called


def test_other_words_are_no_kind_of_document() -> None:
    assert kind("On which agenda is the confidentiality of the lease?") is None


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_vocabulary_is_written_as_it_is_read(path: Path) -> None:
    rows = tomllib.loads(path.read_text("utf-8"))
    assert rows.keys() <= {"entry", "kind"}
    for row in [*rows.get("entry", []), *rows.get("kind", [])]:
        assert row.keys() <= {"asked", "printed", "broad"}
        assert all(term == term.lower().strip() and re.match(r"\w", term) for term in row["asked"])
        assert len(set(row["asked"])) == len(row["asked"])
        assert row["printed"]


@given(st.text(max_size=300))
def test_any_text_can_be_asked(question: str) -> None:
    assert bool(entries(question)) == bool(printed(question))
    kind(question)


def test_long_garbage_is_read_in_linear_time() -> None:
    begun = time.process_time()
    entries("no-sho fiduciar " * 12_500)
    kind("non-disclosur " * 12_500)
    assert time.process_time() - begun < 10


def test_apostrophes_hyphens_and_spaces_are_read_as_they_are_meant() -> None:
    plain = entries("is there a no-shop, and what's the fiduciary exception?")
    assert plain
    assert entries("Is there a no‑shop, and what’s  the fiduciary\u00a0exception?") == plain
