"""What is read off documents goes through the sandboxed parser into the store and comes back as it was."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from citebound.collection import Collection
from citebound.config import Config
from citebound.errors import ConfigError
from citebound.indexes import ingest
from citebound.ingest.limits import Limits
from citebound.ingest.parse import parse
from tests.fakes import WordHashEmbedder

CONTRACT = """SUPPLY AGREEMENT

This Supply Agreement is made as of March 1, 2019 by and between Northwind Traders, Inc. ("Supplier") and Halden
Systems Ltd. ("Buyer").

1. Definitions. "Goods" means the products listed in Exhibit A.

2. Delivery. Supplier shall deliver the Goods in accordance with Section 3.

3. Acceptance. Buyer shall inspect the Goods within ten days.

4. Governing Law. This Agreement shall be governed by the laws of the State of Texas.

EXHIBIT A

Anvils.
"""
POLICY = """Information Security Policy

Policy owner: Chief Information Security Officer
Effective date: 1 February 2024
Version: 3.1

1. Purpose. This policy sets out how information is protected.
"""
ADVISORY = {
    "document": {
        "category": "csaf_security_advisory",
        "csaf_version": "2.0",
        "publisher": {"category": "vendor", "name": "Example", "namespace": "https://example.com"},
        "title": "A flaw in Example Gate",
        "tracking": {
            "id": "EX-2024-01",
            "current_release_date": "2024-03-01T00:00:00Z",
            "initial_release_date": "2024-03-01T00:00:00Z",
            "revision_history": [{"date": "2024-03-01T00:00:00Z", "number": "1", "summary": "first"}],
            "status": "final",
            "version": "1",
        },
    },
    "vulnerabilities": [{"cve": "CVE-2024-12345", "cwe": {"id": "CWE-79", "name": "XSS"}}],
}
EXAMPLE = Path(__file__).parents[2] / "ingest/profiles"


def collection(folder: Path, **settings: object) -> Collection:
    config = Config(home=folder / "home", **settings)  # type: ignore[arg-type]
    return Collection.open("c", create=True, config=config, embedder=WordHashEmbedder())


def test_structure_comes_back_from_the_store_as_the_parser_found_it(tmp_path: Path) -> None:
    path = tmp_path / "supply.txt"
    path.write_text(CONTRACT)
    with collection(tmp_path) as made:
        assert not made.ingest([path]).failures
        stored = made.document("supply.txt")
    fresh = parse(path.name, path.read_bytes(), Limits()).document
    assert stored.kind == fresh.kind == "contracts"
    assert stored.terms == fresh.terms
    assert stored.references == fresh.references
    assert stored.facts == fresh.facts
    assert {"Goods", "Supplier", "Buyer"} <= {t.term for t in stored.terms}
    meant = {r.target: r.section for r in stored.references}
    assert stored.sections[meant["3"] or 0].heading == "Acceptance"
    assert "Texas" in {f.value for f in stored.facts if f.name == "governing_law"}
    assert all(f.span.of(stored.text) for f in stored.facts)


def test_an_advisory_gives_findings_and_other_json_is_refused_with_a_remedy(tmp_path: Path) -> None:
    folder = tmp_path / "advisories"
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps(ADVISORY))
    (folder / "b.json").write_text('{"document": {"csaf_version": "1.2"}}')
    with collection(tmp_path) as made:
        report = made.ingest([folder])
        stored = made.document("a.json")
    assert [f.values("cve") for f in stored.findings] == [("CVE-2024-12345",)]
    assert stored.kind == "security_reports"
    assert [(Path(f.path).name, bool(f.remedy)) for f in report.failures] == [("b.json", True)]


def test_a_kind_of_the_users_own_is_one_file(tmp_path: Path) -> None:
    (tmp_path / "policy.txt").write_text(POLICY)
    with collection(tmp_path, profiles=tmp_path / "none") as made:
        made.ingest([tmp_path / "policy.txt"])
        assert made.document("policy.txt").kind == ""
        shutil.copytree(EXAMPLE, tmp_path / "home" / "profiles")
        assert not made.ingest([tmp_path / "policy.txt"]).failures  # a new profile reads the same bytes anew
        stored = made.document("policy.txt")
    assert stored.kind == "policies"
    assert "2024-02-01" in {f.value for f in stored.facts if f.name == "effective_date"}


def test_a_kind_can_be_forced_and_stays_until_another_is_or_it_is_to_be_found_out(tmp_path: Path) -> None:
    path = tmp_path / "minutes.txt"
    path.write_text("Minutes of the board.\n\nThe budget was approved.\n")
    with collection(tmp_path) as made:
        made.ingest([path])
        assert made.document("minutes.txt").kind == ""
        made.ingest([path], kind="contracts")
        assert made.document("minutes.txt").kind == "contracts"
        made.ingest([path])
        assert made.document("minutes.txt").kind == "contracts"
        path.write_text("Minutes of the board.\n\nThe budget was approved, and the travel.\n")
        made.ingest([path])  # the path has it, as it has its labels
        assert [(row.kind, row.forced) for row in made.overview()] == [("contracts", True)]
        made.ingest([path], kind="security_reports")
        assert made.document("minutes.txt").kind == "security_reports"
        with pytest.raises(ConfigError, match="no kind"):
            made.ingest([path], kind="poems")
        made.ingest([path], kind="auto")
        assert [(row.kind, row.forced) for row in made.overview()] == [("", False)]


def test_a_forced_kind_survives_another_parser_and_a_profile_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "minutes.txt"
    path.write_text("Minutes of the board.\n\nThe budget was approved.\n")
    own = tmp_path / "own"
    shutil.copytree(EXAMPLE, own)
    with collection(tmp_path, profiles=own) as made:
        made.ingest([path], kind="policies")
        assert made.document("minutes.txt").kind == "policies"
        monkeypatch.setattr(ingest, "PARSER_VERSION", "citebound-next")
        assert [file.status.value for file in made.ingest([path]).files] == ["ok"]  # parsed again
        assert made.document("minutes.txt").kind == "policies"
    (own / "policies.toml").rename(tmp_path / "policies.toml")
    with collection(tmp_path, profiles=own) as made:
        (file,) = made.ingest([path]).files
        assert any("'policies' was forced on it; there is no such profile now" in note for note in file.notes)
        assert made.document("minutes.txt").kind == ""
    (tmp_path / "policies.toml").rename(own / "policies.toml")
    with collection(tmp_path, profiles=own) as made:
        made.ingest([path])
        assert made.document("minutes.txt").kind == "policies"  # it was not forgotten


def test_a_kind_is_forced_on_one_file_and_not_on_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / "files" / name).write_text(f"Minutes of the board, {name}.\n\nThe budget was approved.\n")
    with collection(tmp_path) as made:
        made.ingest([tmp_path / "files" / "b.txt"], kind="contracts")
        made.ingest([tmp_path / "files"])
        assert [(row.source.name, row.kind) for row in made.overview()] == [
            ("a.txt", ""),
            ("b.txt", "contracts"),
            ("c.txt", ""),
        ]


def test_a_profile_that_does_not_read_is_named_and_nothing_is_touched(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "x.toml").write_text("name = ")
    (tmp_path / "a.txt").write_text(CONTRACT)
    with collection(tmp_path, profiles=tmp_path / "own") as made:
        with pytest.raises(ConfigError, match=r"x\.toml"):
            made.ingest([tmp_path / "a.txt"])
        assert made.documents() == []


def test_forgetting_takes_the_structure_along(tmp_path: Path) -> None:
    (tmp_path / "supply.txt").write_text(CONTRACT)
    with collection(tmp_path) as made:
        made.ingest([tmp_path / "supply.txt"])
        removed = made.forget("supply.txt")
        assert removed["terms"] and removed["facts"] and removed["cards"]
        with made._store.reading() as db:
            for table in ("terms", "mentions", "facts", "findings", "cards"):
                assert db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0  # noqa: S608


def test_a_collection_of_the_first_format_is_brought_up_to_date(tmp_path: Path) -> None:
    (tmp_path / "supply.txt").write_text(CONTRACT)
    with collection(tmp_path) as made:
        made.ingest([tmp_path / "supply.txt"])
        db = made._store._db
        for table in ("terms", "mentions", "facts", "findings", "card_words", "cards"):
            db.execute(f"DROP TABLE {table}")
        db.execute("DROP INDEX documents_languages")
        for column in ("kind", "forced", "languages"):
            db.execute(f"ALTER TABLE documents DROP COLUMN {column}")
        db.execute("UPDATE meta SET value = '1' WHERE key = 'format'")
    with collection(tmp_path) as made:
        assert len(made._store.cards()) == 1
        assert made.document("supply.txt").text == CONTRACT
        assert made.search("Where are the goods inspected?")
        assert made.check()["problems"] == []
