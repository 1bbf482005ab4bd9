"""Findings and fields as the store has them: who is asked for, who is undecided, what recurs, what a retest changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.errors import QueryError, UnknownDocument
from citebound.indexes import register
from citebound.indexes.filters import parse
from citebound.indexes.recurrence import Recurrences, pairs, plain
from citebound.indexes.retest import compare
from citebound.indexes.store import Store, sha256_of
from citebound.types import Document, DocumentInfo, Fact, Finding, Line, Reference, Section, Source, Span, Term

Row = tuple[str, str, str, str]
"""id, title, severity, status of a finding; "" for a field that it does not have."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "store.db", create=True)
    yield made
    made.close()


def put(
    store: Store,
    path: str,
    rows: list[Row],
    facts: tuple[tuple[str, str], ...] = (),
    pages: int = 0,
    notes: Mapping[str, str] | None = None,
) -> Document:
    """A report whose text is its rows, one on a line, each field where it stands; with pages, line n is page n."""
    text, findings, lines = f"{path}\n", [], []
    for page, row in enumerate(rows, start=1):
        start = len(text)
        fields = []
        for name, value in zip(("id", "title", "severity", "status"), row, strict=True):
            place = Span(len(text), len(text) + len(value))
            note = (notes or {}).get(name, "")
            fields += [Fact(name, value, place, note)] if value and name != "title" else []
            text += value + " "
        text += "\n"
        span = Span(start, len(text) - 2)
        findings.append(Finding(span, row[1], tuple(fields)))
        if pages:
            lines.append(Line(span, page, (0.0, 0.0, 1.0, 1.0), tuple(float(x) for x in range(len(span) + 1))))
    id_ = hashlib.sha256(text.encode()).hexdigest()
    made = Document(
        DocumentInfo(id_, f"Report {path}", "text/plain", sha256_of(text), "test", pages),
        text,
        blocks=(),
        lines=tuple(lines),
        sections=(Section(Span(0, len(text)), "1", "Findings", 1),),
        kind="security_reports",
        facts=tuple(Fact(name, value, Span(0, 1)) for name, value in facts),
        findings=tuple(findings),
    )
    store.put_document(made, [], parser="p", status="ok", source=Source(path, id_), size=1, modified_ns=1)
    return made


def told(found: register.Findings) -> list[tuple[str, str]]:
    return [(entry.source.path, entry.id) for entry in found.entries]


ROWS: list[Row] = [
    ("A-1", "Open redirect after sign-in", "low", "open"),
    ("A-2", "Remote code execution in the parser", "critical", "remediated"),
    ("A-3", "Missing audit log", "", "acknowledged"),
    ("A-4", "Session does not expire", "high", ""),
    ("A-5", "Verbose banner", "undetermined", "see comment"),
]


@pytest.mark.parametrize(
    ("severity", "status", "entries", "undecided"),
    [
        ("", "", ["A-2", "A-4", "A-1", "A-3", "A-5"], []),
        ("high", "", ["A-2", "A-4"], ["A-3", "A-5"]),
        ("=high", "", ["A-4"], ["A-3", "A-5"]),
        ("moderate", "", ["A-2", "A-4"], ["A-3", "A-5"]),  # "moderate" is another word for medium
        ("unrated", "", ["A-3", "A-5"], []),
        ("", "open", ["A-1"], ["A-4", "A-5"]),
        ("", "open,accepted", ["A-1", "A-3"], ["A-4", "A-5"]),
        ("", "Resolved", ["A-2"], ["A-4", "A-5"]),
        ("", "unstated", ["A-4", "A-5"], []),
        ("high", "open", [], ["A-4", "A-5"]),  # A-3 is accepted, A-2 fixed: decided
    ],
)
def test_severity_and_status_choose_and_leave_what_is_not_printed_undecided(
    store: Store, severity: str, status: str, entries: list[str], undecided: list[str]
) -> None:
    put(store, "a.md", ROWS)
    found = register.findings(store, severity, status)
    assert [entry.id for entry in found.entries] == entries
    assert [entry.id for entry in found.undecided] == undecided
    assert len(found.reasons) == len(found.undecided)
    assert all(found.reasons)
    assert (found.total, found.reports, found.documents) == (5, 1, 1)


@pytest.mark.parametrize(
    ("status", "entries", "undecided"),
    [
        ("open", [], [("P-1", "partly open: partially remediated")]),
        ("open,partial", ["P-1"], []),
        ("partial", ["P-1"], []),
        ("fixed", [], []),
        ("accepted", [], []),
    ],
)
def test_what_is_partly_fixed_is_undecided_where_the_open_ones_are_asked_for(
    store: Store, status: str, entries: list[str], undecided: list[tuple[str, str]]
) -> None:
    put(store, "a.md", [("P-1", "Server-side request forgery", "high", "partially remediated")])
    found = register.findings(store, "high", status)
    assert [entry.id for entry in found.entries] == entries
    assert list(zip([entry.id for entry in found.undecided], found.reasons, strict=True)) == undecided


@pytest.mark.parametrize(
    ("severity", "undecided"), [("high", True), ("=high", True), ("critical", False), ("=low", False)]
)
def test_a_finding_that_is_rated_twice_is_undecided_where_only_the_other_place_says_so(
    store: Store, severity: str, undecided: bool
) -> None:
    put(store, "a.md", [("P-1", "Weak cipher", "medium", "open")], notes={"severity": "another place says high, info"})
    found = register.findings(store, severity)
    assert found.entries == ()
    assert [entry.id for entry in found.undecided] == ["P-1"] * undecided
    assert found.reasons == ("rated medium here and high at another place",) * undecided


@pytest.mark.parametrize(("severity", "status"), [("hgih", ""), ("=", ""), ("", "opn"), ("", "open,")])
def test_a_word_that_is_neither_is_refused_with_those_that_are(store: Store, severity: str, status: str) -> None:
    with pytest.raises(QueryError) as raised:
        register.findings(store, severity, status)
    assert "unrated" in raised.value.remedy or "unstated" in raised.value.remedy


def test_an_entry_is_the_text_at_its_place(store: Store) -> None:
    made = put(store, "a.pdf", ROWS, pages=5)
    for entry in register.findings(store).entries:
        printed = entry.span.of(made.text)
        assert entry.title in printed
        assert entry.text_sha256 == sha256_of(made.text)
        assert entry.pages == (int(entry.id[-1]),)
        assert entry.section == "1 Findings"
        for fact in entry.fields:
            assert fact.span.of(made.text) == fact.value
            assert entry.span.contains(fact.span)


def test_only_documents_that_satisfy_the_filter_are_seen_also_in_links(store: Store) -> None:
    put(store, "a.md", ROWS[:1])
    put(store, "b.md", ROWS[:1])
    put(store, "c.md", [])
    everywhere = register.findings(store)
    assert [[other.source.path for other in entry.also_in] for entry in everywhere.entries] == [["b.md"], ["a.md"]]
    assert everywhere.documents == 3
    filtered = register.findings(store, tree=parse("source:a.md"))
    assert told(filtered) == [("a.md", "A-1")]
    assert filtered.entries[0].also_in == ()
    assert (filtered.total, filtered.documents) == (1, 1)


def test_one_document_keeps_its_links_to_the_others(store: Store) -> None:
    made = put(store, "a.md", ROWS[:1])
    put(store, "b.md", ROWS[:1])
    found = register.findings(store, document=made.id)
    assert told(found) == [("a.md", "A-1")]
    assert [other.source.path for other in found.entries[0].also_in] == ["b.md"]
    assert (found.total, found.documents) == (1, 1)


def test_two_paths_of_one_document_are_one_row(store: Store) -> None:
    made = put(store, "b.md", ROWS[:1])
    store.put_source(Source("a.md", made.id), 1, 1)
    assert told(register.findings(store)) == [("a.md", "A-1")]
    assert [row.source.path for row in register.overview(store)] == ["a.md"]
    assert told(register.findings(store, tree=parse("source:b.md"))) == [("b.md", "A-1")]


def test_an_empty_collection_has_no_findings_and_no_documents(store: Store) -> None:
    assert register.findings(store) == register.Findings((), (), 0, 0, 0)
    assert register.overview(store) == ()


def test_severities_are_counted_worst_first_and_all_are_named() -> None:
    counted = register.severities(["low", "critical", "", "undetermined", "low"])
    assert list(counted.items()) == [
        ("critical", 1),
        ("high", 0),
        ("medium", 0),
        ("low", 2),
        ("info", 0),
        ("unrated", 2),
    ]


# -- recurrence -------------------------------------------------------------------------------------------------------


def finding(id_: str, title: str, *cves: str) -> Finding:
    facts = [Fact("id", id_, Span(0, 1))] if id_ else []
    return Finding(Span(0, 1), title, tuple(facts + [Fact("cve", cve, Span(0, 1)) for cve in cves]))


def links(*found: tuple[str, Finding]) -> list[tuple[int, str]]:
    """What the first is, among the others."""
    return Recurrences(found).of(0)


def test_near_titles_are_one_from_a_ratio_of_90() -> None:
    # Indel ratio: 2 * common / all. Ten letters with nine in common: 18 / 20 = .90; nine with eight: 16 / 18 = .89.
    assert links(("a", finding("", "abcdefghij")), ("b", finding("", "abcdefghix"))) == [(1, "title")]
    assert links(("a", finding("", "abcdefghi")), ("b", finding("", "abcdefghx"))) == []
    assert links(("a", finding("", "Weak TLS!")), ("b", finding("", "weak  tls"))) == [(1, "title")]


def test_titles_are_not_one_within_a_document_nor_with_other_numbers_or_cves() -> None:
    title = "Outdated component on the mail server"
    assert links(("a", finding("", title)), ("a", finding("", title))) == []
    assert links(("a", finding("", f"{title} 1.0")), ("b", finding("", f"{title} 1.1"))) == []
    one, other = "CVE-2024-11111", "CVE-2024-22222"
    assert links(("a", finding("", title, one)), ("b", finding("", title, other))) == []
    assert links(("a", finding("", title, one)), ("b", finding("", title, other, one))) == [(1, "title")]
    assert links(("a", finding("", "")), ("b", finding("", ""))) == []


def test_the_same_id_counts_where_two_documents_keep_their_ids() -> None:
    first = ("a", finding("PT-1", "Weak TLS configuration"))
    renamed = ("b", finding("pt-1", "The configuration of TLS is weak"))
    assert links(first, renamed) == [(1, "id")]
    reworded = ("b", finding("PT-1", "Obsolete protocols accepted"))
    assert links(first, reworded) == []
    kept = (("a", finding("PT-2", "Open redirect")), ("b", finding("PT-2", "Open redirect")))
    assert links(first, reworded, *kept) == [(1, "id")]  # one of two shared ids is alike


def test_every_report_has_an_h_01_and_they_are_not_one() -> None:
    assert (
        links(("a", finding("H-01", "Reentrancy in withdraw")), ("b", finding("H-01", "Price oracle is stale"))) == []
    )


def test_a_cve_as_id_means_the_same_everywhere() -> None:
    id_ = "CVE-2021-44228"
    assert links(("a", finding(id_, "Remote code execution")), ("b", finding(id_, "Log4Shell"))) == [(1, "id")]


TITLES = st.sampled_from(
    ["Weak TLS", "Weak TLS.", "Weak TLS 2", "SQL injection in login", "SQL injection in log-in", ""]
)
FOUND = st.tuples(
    st.sampled_from("abc"), st.builds(finding, st.sampled_from(["", "H-1", "H-2"]), TITLES, st.sampled_from(["x", "y"]))
)


@given(st.lists(FOUND, max_size=8))
def test_recurrence_is_mutual(found: list[tuple[str, Finding]]) -> None:
    recurrences = Recurrences(found)
    seen = {(i, j, by) for i in range(len(found)) for j, by in recurrences.of(i)}
    assert seen == {(j, i, by) for i, j, by in seen}


@given(st.lists(FOUND, max_size=8), st.lists(FOUND, max_size=8))
def test_pairs_hold_each_finding_once(old: list[tuple[str, Finding]], new: list[tuple[str, Finding]]) -> None:
    made = pairs([f for _, f in old], [f for _, f in new])
    assert sorted(i for i, _ in made if i is not None) == list(range(len(old)))
    assert [j for _, j in made if j is not None] == list(range(len(new)))


def test_of_several_candidates_the_same_id_wins_then_the_nearer_title() -> None:
    old = [finding("A", "Weak TLS configuration of host"), finding("", "Weak TLS configuration of hosts")]
    new = [finding("", "Weak TLS configuration of hosts"), finding("A", "Weak TLS configuration of hosts")]
    assert pairs(old, new) == [(1, 0), (0, 1)]


@given(st.text(max_size=60))
def test_a_plain_title_stays_as_it_is(title: str) -> None:
    assert plain(plain(title)) == plain(title)


# -- retest -----------------------------------------------------------------------------------------------------------

CLIENT = (("client", "Brindlemark Freight, Inc."), ("report_date", "2026-01-10"))
LATER = (("client", "Brindlemark Freight"), ("report_date", "2026-06-10"))


def outcomes(store: Store, old: list[Row], new: list[Row]) -> dict[str, tuple[str, tuple[str, str] | None, str]]:
    ids = put(store, "old.md", old, CLIENT).id, put(store, "new.md", new, LATER).id
    found = compare(store, *ids)
    assert found.notes == ()
    return {change.latest.id: (change.outcome, change.severity, change.note) for change in found.changes}


def test_a_retest_says_what_became_of_each_finding(store: Store) -> None:
    old: list[Row] = [
        ("F-1", "SQL injection in the login form", "critical", "open"),
        ("F-2", "Weak TLS configuration", "medium", "open"),
        ("F-3", "Directory listing enabled", "low", "open"),
        ("F-4", "Password is kept in a cookie", "high", "open"),
        ("F-5", "Stored cross-site scripting in notes", "high", "fixed"),
    ]
    new: list[Row] = [
        ("F-1", "SQL injection in the login form", "critical", "resolved"),
        ("F-2", "Weak TLS configuration", "low", "partially resolved"),
        ("F-4", "Password is kept in a cookie", "high", ""),
        ("F-5", "Stored cross-site scripting in notes", "high", "open"),
        ("F-6", "Missing rate limit on the password reset", "medium", "open"),
    ]
    assert outcomes(store, old, new) == {
        "F-4": ("still open", None, "the new report prints no status for it"),
        "F-5": ("still open", None, "was fixed in the old report"),
        "F-2": ("still open", ("medium", "low"), ""),
        "F-6": ("new", None, ""),
        "F-3": ("gone", None, ""),
        "F-1": ("fixed", None, ""),
    }


def test_a_report_that_numbers_anew_does_not_fix_what_had_the_number(store: Store) -> None:
    old: list[Row] = [("F-1", "SQL injection in the login form", "critical", "open")]
    new: list[Row] = [("F-1", "Verbose server banner", "low", "fixed")]
    ids = put(store, "old.md", old).id, put(store, "new.md", new).id
    assert [change.outcome for change in compare(store, *ids).changes] == ["new", "gone"]


def test_reports_that_are_hard_to_compare_are_noted(store: Store) -> None:
    old = put(store, "old.md", [], LATER)
    other = put(store, "new.md", ROWS[:1], (("client", "Quorvane Systems, Inc."), ("report_date", "2026-01-10")))
    notes = compare(store, old.id, other.id).notes
    assert len(notes) == 3
    assert "no findings were read off the old report" in notes
    assert any("Quorvane" in note for note in notes)
    assert any("order" in note for note in notes)


def test_a_document_is_not_compared_with_itself_nor_with_none(store: Store) -> None:
    made = put(store, "a.md", ROWS)
    with pytest.raises(QueryError):
        compare(store, made.id, made.id)
    with pytest.raises(UnknownDocument):
        compare(store, made.id, "0" * 64)


# -- documents --------------------------------------------------------------------------------------------------------


def test_an_overview_has_the_facts_and_counts_the_rest(store: Store) -> None:
    put(store, "a.md", ROWS, (("client", "Acme"), ("host", "a.example"), ("address", "192.0.2.1")))
    text = "Agreement"
    id_ = sha256_of(text)
    agreement = Document(
        DocumentInfo(id_, "Agreement", "text/plain", id_, "test", 0),
        text,
        blocks=(),
        kind="contracts",
        terms=(Term("Fees", Span(0, 1), Span(0, 2)),) * 2,
        references=(Reference(Span(0, 1), "9"),) * 3,
    )
    store.put_document(agreement, [], parser="p", status="ok", source=Source("b.md", id_), size=1, modified_ns=1)
    report, contract = register.overview(store)
    assert [(fact.name, fact.value) for fact in report.facts] == [("client", "Acme")]
    assert (report.indicators, report.findings, report.severities["critical"]) == (2, 5, 1)
    assert (contract.kind, contract.terms, contract.references, contract.findings) == ("contracts", 2, 3, 0)
    assert [row.source.path for row in register.overview(store, parse("source:b.md"))] == ["b.md"]
