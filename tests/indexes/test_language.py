"""Languages of documents: told by the share of the text, stored at ingest, and said where a passage may be missed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.collection import Collection
from citebound.config import Config
from citebound.indexes.filters import parse
from citebound.indexes.language import as_json, from_json, named, shares, warning, warnings
from citebound.indexes.store import FORMAT, Store
from tests.fakes import Echo, WordHashEmbedder

ENGLISH = (
    "The Supplier shall deliver the goods to the Buyer within ten days of the order, and the Buyer shall pay for them. "
)
GERMAN = (
    "Der Lieferant liefert die Waren innerhalb von zehn Tagen nach der Bestellung an den Käufer, und dieser zahlt. "
)
FRENCH = "Le fournisseur livre les marchandises à l'acheteur dans les dix jours qui suivent la commande de celui-ci. "
CODE = "if err != nil { return nil, err }\nfor i := 0; i < len(xs); i++ { sum += xs[i] }\n"
TABLE = "Bolt M6 12 pcs 3.40\nNut M6 12 pcs 1.20\nWasher M6 12 pcs 0.40\nLabor 4 hrs 120.00\n"
MINILM = "all-minilm-l6-v2"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (ENGLISH * 20, {"en": 1.0}),
        (GERMAN * 20, {"de": 1.0}),
        ("責任の上限はいくらですか、教えてください。" * 30, {"ja": 1.0}),
        ("12 34 56 -- 78", {}),
        ("", {}),
        ("Yes.", {}),
    ],
)
def test_a_document_in_one_language_is_in_that(text: str, found: dict[str, float]) -> None:
    assert shares(text) == found
    assert shares(text) == found  # and the same again


def test_a_mixed_document_has_both_languages_by_their_share_of_the_letters() -> None:
    parts = (ENGLISH * 60)[:6000] + (GERMAN * 60)[:3000]
    found = shares(parts)
    assert list(found) == ["en", "de"]
    assert found["en"] == pytest.approx(2 / 3, abs=0.05)
    assert found["de"] == pytest.approx(1 / 3, abs=0.05)


def test_code_and_tables_are_in_no_foreign_language() -> None:
    assert set(shares(ENGLISH * 20 + (CODE + TABLE) * 20)) == {"en"}
    assert set(shares(CODE * 30)) <= {"en"}
    assert shares(TABLE * 30) == {}


def test_a_quotation_does_not_make_a_document_foreign() -> None:
    assert shares(ENGLISH * 100 + GERMAN * 5 + ENGLISH * 100) == {"en": 0.97}


def test_a_long_document_is_looked_at_from_its_beginning_to_its_end() -> None:
    found = shares(ENGLISH * 4000 + FRENCH * 4000)
    assert found["fr"] == pytest.approx(0.5, abs=0.1)


@given(st.text(max_size=3000))
def test_any_text_has_shares_that_do_not_exceed_one(text: str) -> None:
    found = shares(text)
    assert all(0.1 <= share <= 1 for share in found.values())
    assert sum(found.values()) <= 1.05  # each is rounded to two places
    assert from_json(as_json(found)) == found


def test_languages_are_said_in_words() -> None:
    assert named({"de": 0.94}) == "German"
    assert named({"en": 0.7, "de": 0.3}) == "English, German (30 %)"
    assert named({}) == ""
    documents = [({"en": 1.0}, 7), ({"de": 0.9}, 2), ({"de": 1.0}, 1), ({"en": 0.6, "fr": 0.4}, 1)]
    assert warnings(documents, MINILM) == (
        "3 documents are in German; the encoder was made for English: their passages may be missed",
        "1 document is partly in French; the encoder was made for English: its passages may be missed",
    )
    assert warnings(documents, "an encoder of which nothing is known") == ()


def test_a_question_in_another_language_is_warned_of() -> None:
    said = "the question seems to be in German; the encoder was made for English: expect worse hits"
    assert warning("Wie hoch ist die Haftung des Anbieters begrenzt?", MINILM) == said
    assert warning("What is the cap on the liability of the provider?", MINILM) == ""
    assert warning("Wie hoch ist die Haftung des Anbieters begrenzt?", "unknown") == ""


# -- in a collection ----------------------------------------------------------------------------------------------


class Minilm(WordHashEmbedder):
    """The fake encoder under the name of the one of which is known what it was made for."""

    name = MINILM


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "supply.txt").write_text(ENGLISH * 10)
    (folder / "lieferung.txt").write_text(GERMAN * 10)
    (folder / "bilingual.txt").write_text(ENGLISH * 20 + GERMAN * 20)
    config = Config(home=tmp_path)
    with Collection.open("c", create=True, config=config, embedder=Minilm(), generator=Echo()) as made:
        yield made


def test_the_report_the_overview_and_the_answer_say_it(collection: Collection, tmp_path: Path) -> None:
    whole = "1 document is in German; the encoder was made for English: its passages may be missed"
    partly = whole.replace("is in", "is partly in")
    report = collection.ingest([tmp_path / "files"])
    assert sorted(report.notes) == sorted([whole, partly])
    again = collection.ingest([tmp_path / "files" / "lieferung.txt"])
    assert again.notes == (whole,)  # of the files of this ingest, unchanged ones too
    assert {row.source.name: named(row.languages) for row in collection.overview()} == {
        "bilingual.txt": "English, German (47 %)",
        "lieferung.txt": "German",
        "supply.txt": "English",
    }
    assert sorted(collection.language_notes()) == sorted([whole, partly])
    assert collection.language_notes("source:supply.txt") == ()
    for llm in (False, True):
        assert sorted(collection.ask("Who shall deliver the goods?", llm=llm).notes) == sorted([whole, partly])
    assert collection.ask("Who shall deliver the goods?", "source:supply.txt", llm=False).notes == ()
    asked = collection.ask("Wie hoch ist die Haftung des Anbieters begrenzt?", "source:supply.txt", llm=False)
    assert "the question seems to be in German" in asked.notes[0]


def test_a_store_of_the_second_format_opens_and_the_next_ingest_looks_for_languages(
    collection: Collection, tmp_path: Path
) -> None:
    collection.ingest([tmp_path / "files"])
    collection.close()
    store = Store(collection.root / "store.db")
    with store.writing() as db:
        db.execute("DROP INDEX documents_languages")
        for column in ("forced", "languages"):
            db.execute(f"ALTER TABLE documents DROP COLUMN {column}")
        db.execute("UPDATE meta SET value = '2' WHERE key = 'format'")
    store.close()
    with Collection.open("c", config=collection.config, embedder=Minilm()) as made:
        assert made._store._row("SELECT value FROM meta WHERE key = 'format'")[0] == str(FORMAT)
        assert [row.languages for row in made.overview()] == [{}, {}, {}]
        assert made.language_notes() == ()
        assert made.search("Who delivers the goods?")
        report = made.ingest([tmp_path / "files" / "supply.txt"])
        assert [file.status.value for file in report.files] == ["unchanged"]
        assert made._store.unread(10) == []
        assert len(made.language_notes()) == 2
        assert made.check()["problems"] == []


def test_counting_languages_reads_no_texts(collection: Collection, tmp_path: Path) -> None:
    collection.ingest([tmp_path / "files"])
    store = collection._store
    assert sum(count for _, count in store.languages(None)) == 3
    assert store.languages(parse("source:lieferung.txt")) == [({"de": 1.0}, 1)]
    plan = store._rows(
        "EXPLAIN QUERY PLAN SELECT languages, count(*) FROM documents WHERE +id IN (SELECT documents.id FROM documents"
        " JOIN sources ON sources.document_id = documents.id WHERE 1) GROUP BY 1"
    )
    assert any("COVERING INDEX documents_languages" in str(row[3]) for row in plan)
    assert json.loads(as_json({"de": 1.0})) == {"de": 1.0}
