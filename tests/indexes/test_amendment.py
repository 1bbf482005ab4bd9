"""Amendments linked with what they change: the right document and place, and a reason where either is unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citebound import cli_answer
from citebound.answer.ask import Done, EvidenceFound
from citebound.answer.render import passage_json
from citebound.collection import Collection
from citebound.config import Config
from citebound.indexes.amendment import TIED, Changes, Ledger, amendments, governing_first
from citebound.indexes.filters import parse
from citebound.types import Amendment, Answer, DocumentInfo, Outcome, Passage, Source, Span
from tests.fakes import Echo, WordHashEmbedder

AGREEMENT = """SUPPLY AGREEMENT

This Supply Agreement is made as of {date} by and between {buyer} ("Buyer") and Birch Mills LLC ("Seller").

1. Definitions

"Territory" means the State of Texas.

4. Price

4.1 Amount. The Buyer shall pay nine dollars for each sack of flour.

4.2 Invoices. The Seller invoices each month.

4.3 Interest. No interest is due on late payments.

5. Term

The agreement ends on December 31, 2022.
"""
AMENDMENT = """{title} TO SUPPLY AGREEMENT

This {name} (this "Amendment") is made as of {date} by and between {buyer} ("Buyer") and Birch Mills LLC ("Seller").

WHEREAS, the parties entered into that certain Supply Agreement dated as of {of} (the "Agreement");

NOW, THEREFORE, the parties agree as follows:

{clauses}

9. No Other Amendments. Except as expressly amended hereby, the Agreement remains in full force and effect.
"""
ALDER, CEDAR = "Alder Foods, Inc.", "Cedar Bakeries, Inc."
Open = Callable[..., Collection]


def agreement(buyer: str = ALDER, date: str = "June 15, 2019") -> str:
    return AGREEMENT.format(buyer=buyer, date=date)


def amendment(
    clauses: str, number: str = "First", date: str = "March 1, 2021", buyer: str = ALDER, of: str = "June 15, 2019"
) -> str:
    name = f"{number} Amendment"
    return AMENDMENT.format(title=name.upper(), name=name, date=date, buyer=buyer, of=of, clauses=clauses)


@pytest.fixture
def collect(tmp_path: Path) -> Iterator[Open]:
    """A collection of the files that are given by name and text; called again, it gets more."""
    opened: list[Collection] = []

    def make(**files: str) -> Collection:
        folder = tmp_path / f"files{len(opened)}"
        folder.mkdir()
        for name, text in files.items():
            (folder / f"{name}.txt").write_text(text, "utf-8")
        where = tmp_path / "collection"
        made = Collection.open(
            where, create=True, config=Config(home=tmp_path), embedder=WordHashEmbedder(), generator=Echo()
        )
        opened.append(made)
        assert not made.ingest([folder]).failures
        return made

    yield make
    for one in opened:
        one.close()


def quote(collection: Collection, document: str, span: Span | None) -> str:
    assert span is not None
    return " ".join(span.of(collection.document(document).text).split())


def linked(collection: Collection) -> list[tuple[str, str, str, str]]:
    """Instrument, what it changes, the words of the place, why there is none."""
    return [
        (a.name, a.what, quote(collection, a.amends.id, a.place) if a.amends and a.place else "", a.reason)
        for a in collection.amendments()
    ]


FLOUR = "4.1 Amount. The Buyer shall pay nine dollars for each sack of flour."
TEN = '2. Section 4.1 of the Agreement is hereby replaced with: "4.1 Amount. The Buyer shall pay ten dollars."'
ELEVEN = '1. Section 4.1 of the Agreement is hereby replaced with: "4.1 Amount. The Buyer shall pay eleven dollars."'


def test_a_clause_is_found_in_the_agreement_of_that_title_date_and_parties(collect: Open) -> None:
    made = collect(
        flour=agreement(), other=agreement(CEDAR), older=agreement(date="June 15, 2018"), first=amendment(TEN)
    )
    assert linked(made) == [("Amendment No. 1", "section 4.1", FLOUR, "")]
    (found,) = made.amendments()
    assert found.amended_source is not None
    assert (found.amended_source.name, found.section, found.date) == ("flour.txt", "2", "2021-03-01")
    assert found.notice == "section 4.1 superseded by Amendment No. 1, section 2, of 2021-03-01 (first.txt)"
    assert quote(made, found.document.id, found.new) == "4.1 Amount. The Buyer shall pay ten dollars."


def test_two_agreements_that_may_be_meant_are_named_and_none_is_chosen(collect: Open) -> None:
    made = collect(one=agreement(), two=agreement() + "\nCopy.\n", first=amendment(TEN))
    ((_, _, place, reason),) = linked(made)
    assert place == ""
    assert reason.startswith("2 documents may be the SUPPLY AGREEMENT of 2019-06-15")
    assert "one.txt" in reason
    assert "two.txt" in reason


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "no document is known to be the Supply Agreement of 2019-06-15"),
        (
            {"other": agreement(CEDAR)},
            "no document is known to be the Supply Agreement of 2019-06-15; other.txt would be, but for other parties",
        ),
        ({"older": agreement(date="June 15, 2018")}, "no document is known to be the Supply Agreement of 2019-06-15"),
    ],
)
def test_an_absent_agreement_is_not_replaced_by_a_like_one(collect: Open, files: dict[str, str], reason: str) -> None:
    made = collect(**files, first=amendment(TEN))
    ((_, _, place, said),) = linked(made)
    assert (place, said.casefold()) == ("", reason.casefold())
    assert made.amendments()[0].amends is None


def test_a_place_is_a_section_a_definition_or_unknown(collect: Open) -> None:
    clauses = """1. The definition of "Territory" in Section 1 of the Agreement is hereby deleted.

2. Section 4.3 (Interest) of the Agreement is hereby deleted in its entirety.

3. Section 4.2 (Deliveries) of the Agreement is hereby deleted in its entirety.

4. Section 7.7 of the Agreement is hereby deleted in its entirety.

5. A new Section 4.4 is hereby added to the Agreement as follows: "4.4 Samples. Samples are free."

6. The term of the Agreement is hereby extended to December 31, 2025."""
    made = collect(flour=agreement(), first=amendment(clauses))
    (definition, interest, deliveries, absent, new, term) = linked(made)
    assert definition[1:] == ('the definition of "Territory"', '"Territory" means the State of Texas.', "")
    assert interest[2] == "4.3 Interest. No interest is due on late payments."
    assert deliveries[2:] == ("", "in flour.txt, 4.2 is headed 'Invoices', not 'Deliveries'")
    assert absent[2:] == ("", "flour.txt has no 7.7")
    assert new[2:] == ("", "new, nothing was there before")
    assert term[2].startswith("5. Term")
    assert [a.whole for a in made.amendments()] == [True, True, False, False, False, False]


def test_later_amendments_supersede_earlier_ones_and_their_text(collect: Open) -> None:
    second = amendment(ELEVEN, "Second", "May 1, 2022")
    made = collect(flour=agreement(), second=second, first=amendment(TEN))
    newest, oldest = found = made.amendments()
    assert (newest.number, oldest.number) == (2, 1)
    assert newest.amends is not None
    assert newest.place is not None
    assert [a.number for a in Changes(found).over(newest.amends.id, newest.place)] == [1, 2]
    assert oldest.new is not None
    assert [a.number for a in Changes(found).over(oldest.document.id, oldest.new)] == [2]
    assert newest.new is not None
    assert Changes(found).over(newest.document.id, newest.new) == ()


def test_an_undated_amendment_stands_where_its_number_puts_it(collect: Open) -> None:
    third = amendment(ELEVEN, "Third", "May 1, 2023")
    second = amendment(ELEVEN, "Second", "the date of its signing")
    made = collect(flour=agreement(), first=amendment(TEN), second=second, third=third)
    assert [(a.number, a.date) for a in made.amendments()] == [(3, "2023-05-01"), (2, ""), (1, "2021-03-01")]


def test_an_amendment_appended_to_its_agreement_changes_that(collect: Open) -> None:
    long = agreement() + "\n".join(f"\n{n}. Clause. The flour number {n} is fine and dry.\n" for n in range(6, 90))
    made = collect(flour=f"{long}\n\n{amendment(TEN)}")
    assert linked(made) == [("Amendment No. 1", "section 4.1", FLOUR, "")]
    form = amendment(TEN, date="the date of its signing")
    again = collect(form=f"{long}\n\nForm.\n\n{form}")
    assert "the amendment prints no date: it may be a form" in {a.reason for a in again.amendments()}


def test_an_amended_and_restated_agreement_supersedes_the_whole_old_one(collect: Open) -> None:
    text = f"""AMENDED AND RESTATED SUPPLY AGREEMENT

This Amended and Restated Supply Agreement is made as of May 2, 2022 by and between {ALDER} ("Buyer") and Birch Mills
LLC ("Seller"), and amends and restates in its entirety that certain Supply Agreement dated as of June 15, 2019.

1. Goods. The Seller sells goods.
"""
    made = collect(flour=agreement(), restated=text)
    (found,) = made.amendments()
    assert found.amends is not None
    assert found.place == Span(0, len(made.document(found.amends.id).text.rstrip()))
    assert found.whole


def test_hits_and_citations_say_what_supersedes_them(collect: Open) -> None:
    made = collect(flour=agreement(), first=amendment(TEN))
    hits = made.search("How many dollars shall the Buyer pay for each sack of flour?")
    marked = {hit.source.name: [a.notice for a in hit.superseded_by] for hit in hits if "4.1" in hit.chunk.text}
    assert marked["flour.txt"] == ["section 4.1 superseded by Amendment No. 1, section 2, of 2021-03-01 (first.txt)"]
    assert all(not hit.superseded_by for hit in hits if "nine dollars" not in hit.chunk.text)
    answer = made.ask(
        "How many dollars shall the Buyer pay for each sack of flour?", {"source": "flour.txt"}, llm=False
    )
    cited = {c.quote: [a.number for a in c.superseded_by] for c in answer.citations}
    assert [numbers for words, numbers in cited.items() if "nine dollars" in words] == [[1]]


def test_passages_say_what_supersedes_them(collect: Open, capsys: pytest.CaptureFixture[str]) -> None:
    made = collect(flour=agreement(), first=amendment(TEN))
    question = "How many dollars shall the Buyer pay for each sack of flour?"
    only = {"source": "flour.txt"}
    notice = "section 4.1 superseded by Amendment No. 1, section 2, of 2021-03-01 (first.txt)"
    shown = (
        made.passages(question, filters=only),
        made.explain(question, filters=only).passages,
        made.ask(question, only, llm=False).passages,
    )
    for passages in shown:
        (passage,) = (p for p in passages if "nine dollars" in p.text)
        assert {a.notice for hit in passage.hits for a in hit.superseded_by} == {notice}
        cli_answer.print_passage(1, passage)
        assert " ".join(capsys.readouterr().out.split()).count(notice) == 1


def test_an_answer_that_shows_nothing_reads_no_amendments(collect: Open) -> None:
    ledger = Ledger(collect(flour=agreement(), first=amendment(TEN))._store)
    nothing = Answer("Why?", Outcome.NOT_FOUND)
    assert (ledger.mark_hits([]), ledger.mark_passages([]), ledger.mark_answer(nothing)) == ([], (), nothing)
    assert ledger._seen == -1


ASKED = "How many dollars shall the Buyer pay for each sack?"
"""It is nearest to the first agreement, which no word of it names."""


def test_the_governing_text_comes_first_when_it_is_among_the_hits(collect: Open) -> None:
    second = amendment(ELEVEN, "Second", "May 1, 2022")
    made = collect(a=agreement(), b=amendment(TEN), c=second)
    found = made._search.hits(ASKED, 10)
    assert "nine dollars" in found[0].chunk.text
    hits = made.search(ASKED)
    assert [hit.source.name for hit in hits[:3]] == ["c.txt", "b.txt", "a.txt"]
    assert [hit.rank for hit in hits] == list(range(1, len(found) + 1))
    assert {hit.chunk.id: hit.score for hit in hits} == {hit.chunk.id: hit.score for hit in found}
    for passages in (made.passages(ASKED), made.explain(ASKED).passages):
        assert [passage.source.name for passage in passages] == ["c.txt", "b.txt", "a.txt"]
        assert [[a.number for a in passage.superseded_by] for passage in passages] == [[], [2], [1, 2]]


def test_what_is_left_of_a_clause_that_is_amended_in_part_stays_first(collect: Open) -> None:
    clause = "2. The first sentence of Section 4.1 of the Agreement is hereby amended to add “in advance” after “pay”."
    made = collect(a=agreement(), b=amendment(clause))
    assert [a.whole for a in made.amendments()] == [False]
    assert "nine dollars" in made.search(ASKED)[0].chunk.text


def test_of_a_text_that_governs_as_a_whole_only_the_best_hit_goes_ahead() -> None:
    info = [DocumentInfo(name, name, "text/plain", "", "", 0) for name in ("old", "new")]
    source = [Source(f"{name}.txt", name) for name in ("old", "new")]
    said = Amendment(
        *(info[1], source[1], Span(0, 9), "", 1, "", "", "restated"),
        whole=True, new=Span(0, 100), amends=info[0], place=Span(0, 100),
    )  # fmt: skip

    def passage(which: int, start: int) -> Passage:
        by = (said,) if which == 0 else ()
        return Passage(info[which], source[which], Span(start, start + 9), "", "", (), (), by)

    shown = [passage(0, 10), passage(1, 50), passage(0, 30), passage(1, 70)]
    ordered = governing_first(shown, lambda one: one.span)
    assert [(one.document.id, one.span.start) for one in ordered] == [
        ("new", 50),
        ("old", 10),
        ("old", 30),
        ("new", 70),
    ]
    circle = replace(shown[1], superseded_by=(replace(said, document=info[0], new=Span(10, 19)),))
    assert len(governing_first([shown[0], circle], lambda one: one.span)) == 2


def test_an_answer_quotes_the_governing_text_and_its_events_are_marked(collect: Open) -> None:
    made = collect(a=agreement(), b=amendment(TEN))
    notice = "section 4.1 superseded by Amendment No. 1, section 2, of 2021-03-01 (b.txt)"
    assert "ten dollars" in made.ask(ASKED, llm=False).citations[0].quote
    first, *_, last = made.stream(ASKED)
    assert isinstance(first, EvidenceFound)
    assert isinstance(last, Done)
    for passages in (first.passages, last.answer.passages):
        assert [[a.notice for a in p.superseded_by] for p in passages] == [[], [notice]]
        assert ["ten dollars" in p.text for p in passages] == [True, False]
    assert isinstance(made.generator, Echo)
    (message,) = (m["content"] for m in made.generator.asked[-1] if m["role"] == "user")
    assert f"; {notice})" in message
    nowhere = made.ask(
        "Which insurance premiums cover volcanic eruptions over the flour, the sack, the mill?", llm=False
    )
    assert nowhere.outcome is Outcome.NOT_FOUND
    assert [p.superseded_by != () for p in nowhere.passages if "nine dollars" in p.text] == [True]
    shown = passage_json(first.passages[1])
    assert [a["number"] for a in shown["superseded_by"]] == [1]  # type: ignore[attr-defined]
    assert [a["number"] for hit in shown["hits"] for a in hit["superseded_by"]] == [1]  # type: ignore[attr-defined]


def test_a_definition_that_closure_brings_says_what_supersedes_it(collect: Open) -> None:
    gone = '2. The definition of "Territory" in Section 1 of the Agreement is hereby deleted.'
    filler = [
        f"{n}. Point {n}. " + f"The parties agree on point {n} of the plan and on nothing else. " * 12
        for n in range(6, 20)
    ]
    long = "\n\n".join(
        [agreement(), *filler, "20. Royalty. The royalty is five percent of the sales in the Territory."]
    )
    made = collect(a=long, b=amendment(gone))
    passages = made.passages("Which royalty is due?", budget=400, filters="source:a.txt")
    (brought,) = (p for p in passages if not p.hits)
    assert "State of Texas" in brought.text
    assert [a.what for a in brought.superseded_by] == ['the definition of "Territory"']


def test_amendments_are_read_only_for_documents_that_they_may_concern(collect: Open) -> None:
    other = agreement(CEDAR)  # of the same seller
    made = collect(a=agreement(), b=amendment(TEN), other=other, note="The board met in May and amended nothing.")
    ids = {source.name: source.document_id for row in made.documents() for source in row[5]}
    for name in ("other.txt", "note.txt"):
        ledger = Ledger(made._store)
        assert ledger.over(ids[name], Span(0, 2**30)) == ()
        assert ledger._all is None
        assert ids["b.txt"] not in {id_ for id_, _ in ledger._read}  # the amendment was not read
    for name, count in (("a.txt", 1), ("b.txt", 0)):
        ledger = Ledger(made._store)
        assert len(ledger.over(ids[name], Span(0, 2**30))) == count
        assert ledger._all == made.amendments()


def test_a_collection_without_amendments_reads_none(collect: Open) -> None:
    made = collect(a=agreement(), b=agreement(CEDAR))
    made.search(ASKED)
    assert (made._ledger._all, made._ledger._read) == (None, {})


PARTIES = ("Alder Foods, Inc.", "Cedar Bakeries, Inc.", "Ash GmbH", "The Elm and Fir Company of New York, LLC")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from(PARTIES), st.sampled_from(["June 15, 2019", "7/1/18"])), min_size=1, max_size=3),
    st.sampled_from(PARTIES),
    st.sampled_from(["June 15, 2019", "7/1/18"]),
    st.booleans(),
    st.sampled_from(["", "Cedar Bakeries, Inc., f/k/a Alder Foods, Inc.", "Ash GmbH as successor in interest"]),
)
def test_what_is_not_read_would_have_changed_nothing(
    tmp_path_factory: pytest.TempPathFactory, bases: list[tuple[str, str]], buyer: str, of: str, named: bool, now: str
) -> None:
    folder = tmp_path_factory.mktemp("lazy")
    for n, (party, date) in enumerate(bases):
        text = agreement(party, date) if named else agreement(party, date).replace("by and between", "by")
        (folder / f"base{n}.txt").write_text(text)
    (folder / "first.txt").write_text(amendment(TEN, buyer=now or buyer, of=of))
    with Collection.open(folder / "c", create=True, config=Config(home=folder), embedder=WordHashEmbedder()) as made:
        made.ingest(sorted(folder.glob("*.txt")))
        found = Ledger(made._store).all()
        for info, *_ in made.documents():
            whole = Span(0, 2**30)
            assert Ledger(made._store).over(info.id, whole) == Changes(found).over(info.id, whole)


def test_an_empty_place_supersedes_nothing(collect: Open) -> None:
    (found,) = collect(flour=agreement(), first=amendment(TEN)).amendments()
    assert found.amends is not None
    assert found.place is not None
    assert Changes([found]).over(found.amends.id, found.place) == (found,)
    assert Changes([found]).over(found.amends.id, Span(found.place.start, found.place.start)) == ()
    assert Changes([replace(found, place=Span(0, 0))]).over(found.amends.id, found.place) == ()


def test_documents_that_fit_alike_are_told_apart_by_their_clauses_if_they_are_few(collect: Open) -> None:
    clause = TEN.replace("4.1", "7.1")
    other = {f"copy{n}": f"{agreement()}\n6. Copy\n\nThis is copy {n}.\n" for n in range(TIED)}
    right = agreement() + "\n7. Samples\n\n7.1 Cost. Samples are free.\n"
    few = collect(right=right, copy=other["copy0"], first=amendment(clause))
    assert linked(few) == [("Amendment No. 1", "section 7.1", "7.1 Cost. Samples are free.", "")]
    ((*_, reason),) = linked(collect(**other))
    assert reason.startswith(f"{TIED + 1} documents may be the SUPPLY AGREEMENT of 2019-06-15")


def test_a_change_of_the_collection_is_seen_and_nothing_is_read_twice(collect: Open) -> None:
    made = collect(flour=agreement())
    ledger = Ledger(made._store)
    assert ledger.all() == ()
    collect(first=amendment(TEN))
    found = ledger.all()
    assert [a.number for a in found] == [1]
    assert ledger.all() is found
    made.forget("first.txt")
    assert ledger.all() == ()


def test_a_filter_chooses_the_amendments_not_the_agreements(collect: Open) -> None:
    second = amendment(ELEVEN, "Second", "May 1, 2022")
    made = collect(flour=agreement(), first=amendment(TEN), second=second)
    assert [a.number for a in amendments(made._store, parse("source:first.txt"))] == [1]
    assert [a.number for a in made.amendments({"source": "second.txt"})] == [2]
    assert made.amendments("source:flour.txt") == ()


CLAUSES = (
    *("Section 4.1 of the Agreement is hereby deleted in its entirety.", "Sections 4.2 and 4.3 are hereby deleted."),
    *("Section 8 is hereby amended to read as follows: “8. Gone.”", "The definition of “Territory” is hereby deleted."),
    *("Section 4 of the Agreement is hereby replaced with: “4. Price. Ten.”", "Exhibit A is hereby deleted."),
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(CLAUSES), min_size=1, max_size=5, unique=True), st.booleans())
def test_every_place_is_verbatim_text_of_its_document(
    tmp_path_factory: pytest.TempPathFactory, clauses: list[str], known: bool
) -> None:
    folder = tmp_path_factory.mktemp("amended")
    (folder / "first.txt").write_text(amendment("\n\n".join(f"{n}. {c}" for n, c in enumerate(clauses, start=1))))
    if known:
        (folder / "flour.txt").write_text(agreement())
    config = Config(home=folder)
    with Collection.open(folder / "c", create=True, config=config, embedder=WordHashEmbedder()) as made:
        made.ingest([folder])
        found = made.amendments()
        assert found
        for a in found:
            assert a.span.of(made.document(a.document.id).text).strip()
            assert (a.amends is not None) == known
            assert (a.place is None) == bool(a.reason)
            if a.amends and a.place:
                text = made.document(a.amends.id).text
                assert a.place.of(text) == a.place.of(text).strip()
                assert a in Changes(found).over(a.amends.id, a.place)


def test_a_notice_reads_well_without_number_date_and_section(collect: Open) -> None:
    made = collect(flour=agreement(), first=amendment(TEN))
    a: Amendment = made.amendments()[0]
    plain = replace(a, number=0, title="Letter Amendment", section="", date="", whole=False, target="", term="Fee")
    assert plain.notice == 'the definition of "Fee" amended by Letter Amendment (first.txt)'


def test_what_belongs_to_an_agreement_is_not_taken_for_it(collect: Open) -> None:
    addendum = "DATA PROCESSING ADDENDUM\n\nAgreement: Supply Agreement, dated June 15, 2019.\n\n" + agreement()
    addendum = addendum.replace("SUPPLY AGREEMENT", "RULES FOR DATA")
    ((_, _, place, reason),) = linked(collect(flour=agreement(), data=addendum, first=amendment(TEN)))
    assert (place, reason) == (FLOUR, "")
