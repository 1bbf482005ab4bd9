"""Answers are asked once, kept, and judged as the rules say; figures are those of a hand calculation."""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from citebound.eval import answers, journal
from citebound.eval.answers import ask, main, run
from citebound.eval.answers_items import choose
from citebound.eval.answers_judged import Judged, figures_of, judge
from citebound.eval.kit import Kit
from citebound.eval.suite import Item, Suite, SuiteError
from tests.eval import tiny
from tests.fakes import Echo, WordHashEmbedder

QUOTE = "The Customer shall pay each invoice within thirty (30) days after receipt."


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    made = tiny.kit(tiny.extract(), tmp_path)
    with made.collection as collection:
        collection._generator = Echo()
        yield made


def row(
    text: str = "", quote: str = "", document: str = "msa.txt", draft: str = "", outcome: str = "answered"
) -> dict[str, Any]:
    """An answer of one sentence, proven by one quote of a document; every document was given."""
    at = tiny.at(document, quote).span if quote else None
    quotes = [{"document": document, "start": at.start, "end": at.end, "text": quote}] if at else []
    bound = [{"text": text, "verdict": "bound", "reason": "", "quotes": quotes}] if text else []
    given = [{"document": d, "start": 0, "end": len(t), "text": t} for d, t in tiny.DOCUMENTS.items()]
    return {"outcome": outcome, "sentences": bound, "draft": draft, "passages": given, "signals": {}, "reason": ""}


def judged(item: Item, kept: Mapping[str, Any], *, gated: bool = True) -> Judged:
    return judge(item, kept, tiny.DOCUMENTS, gated=gated)


# -- which questions --------------------------------------------------------------------------------------------------


def test_a_larger_choice_contains_the_smaller_one_and_spreads_over_documents() -> None:
    suite = tiny.extract()
    two, three = choose(suite, "test", 2), choose(suite, "test", 3)
    assert {i.cluster for i in two} == {"msa.txt", "nda.txt"}
    assert {i.id for i in two} < {i.id for i in three}
    assert [i.id for i in choose(suite, "test", 0)] == ["absent", "cap", "pay", "secret"]


def test_a_part_without_items_is_named() -> None:
    with pytest.raises(SuiteError, match="dev part has no items"):
        choose(tiny.extract(), "dev", 3)


def contract(parties: Mapping[str, tuple[tuple[str, ...], ...]]) -> Suite:
    named = {
        document: f"In the Supply Agreement between {names[0][0]} and {names[1][0]}, when was it made?"
        for document, names in parties.items()
    }
    items = [
        Item(f"{d}-date", "When was it made?", d, "Date", False, (d,), named=question) for d, question in named.items()
    ]
    texts = {d: f"This is made by {names[0][0]} and {names[1][0]} in {d}." for d, names in parties.items()}
    return tiny.extract(name="cuad", test=tuple(items), train=(), documents=texts, parties=parties)


def test_the_other_party_is_asked_for_where_title_and_party_name_one_contract() -> None:
    made = choose(contract({"a.txt": (("Birch Inc.", "Seller"), ("Mount Corp.", "Buyer"))}), "test", 0)
    asked = next(i for i in made if i.kind == "Parties")
    assert asked.named == "In the Supply Agreement with Birch Inc., who is the other party?"
    assert asked.answers == ("Mount Corp.",)
    assert [p.span.of("This is made by Birch Inc. and Mount Corp. in a.txt.") for p in asked.gold] == ["Mount Corp."]


@pytest.mark.parametrize(
    "parties",
    [
        {"a.txt": (("Birch Inc.",), ("Mount Corp.",)), "b.txt": (("Birch Inc.",), ("Dale Ltd.",))},
        {"a.txt": (("Birch Inc.",), ("Mount Corp.",), ("Dale Ltd.",))},
        {"a.txt": (("Birch Inc.",), ("the buyer named above",))},
    ],
    ids=["two contracts of one name", "three parties", "no name"],
)
def test_the_other_party_is_not_asked_for_otherwise(parties: Mapping[str, tuple[tuple[str, ...], ...]]) -> None:
    assert [i for i in choose(contract(parties), "test", 0) if i.kind == "Parties"] == []


# -- when an answer is correct ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kept", "end", "strict"),
    [
        (row("Invoices are due after 30 days.", QUOTE), "correct", True),
        (row("It must pay in time.", QUOTE), "correct", False),
        (row("Invoices are due after 30 days.", "1. Payment"), "correct", False),
        (row("Invoices are due after 60 days.", "1. Payment"), "wrong", False),
        (row("It takes thirty (30) days.", "2. Term", "nda.txt"), "wrong", False),
        (row(f"“{QUOTE}”", QUOTE), "correct", True),
        (row("“2. Liability”", "2. Liability"), "wrong", False),
        (row(outcome="not_found"), "not found", False),
        (row(outcome="failed"), "not found", False),
        (row("There is no such period.", "1. Payment", outcome="absent"), "wrong", False),
    ],
    ids=[
        "the value in the sentence",
        "the value in its quote alone",
        "the value, proven at another place of the document",
        "another value",
        "the value, from another document",
        "a quote on gold",
        "a quote beside it",
        "nothing",
        "a failure",
        "a false absence",
    ],
)
def test_a_short_answer_is_judged_by_its_value_and_its_place(kept: dict[str, Any], end: str, strict: bool) -> None:
    made = judged(tiny.PAY, kept)
    assert (made.end, made.strict, made.right) == (end, strict, end == "correct")


def test_a_quote_with_the_value_but_off_the_gold_is_wrong() -> None:
    elsewhere = replace(tiny.PAY, gold=(tiny.at("msa.txt", "thirty (30) days"),))
    beside = row("“1. Payment”", "1. Payment")
    beside["sentences"][0]["quotes"][0]["text"] = "thirty (30) days"
    beside["sentences"][0]["text"] = "“thirty (30) days”"
    made = judged(elsewhere, beside)
    assert made.end == "wrong" and made.anywhere


def test_without_an_answer_silence_and_absence_are_right_and_all_else_is_wrong() -> None:
    assert judged(tiny.ABSENT, row(outcome="not_found")).right
    absent = judged(tiny.ABSENT, row("No insurance is named.", "2. Term", "nda.txt", outcome="absent"))
    assert absent.right and not absent.shown
    shown = judged(tiny.ABSENT, row("All eruptions are insured.", "2. Term", "nda.txt"))
    assert (shown.end, shown.right) == ("wrong", False)


def test_removed_sentences_are_not_judged() -> None:
    kept = row("Invoices are due after 30 days.", QUOTE)
    kept["sentences"][0]["verdict"] = "removed"
    assert judged(tiny.PAY, kept).end == "not found"


@pytest.mark.parametrize(
    ("draft", "end"),
    [
        ("It is thirty (30) days [1].", "correct"),
        ("It is thirty (30) days.", "correct"),
        ("It is thirty (30) days [2].", "wrong"),
        ("It is sixty days [1].", "wrong"),
        ("Not found.", "not found"),
    ],
)
def test_a_draft_is_judged_by_its_value_and_the_passages_that_it_cites(draft: str, end: str) -> None:
    assert judged(tiny.PAY, row(outcome="not_found", draft=draft), gated=False).end == end


def test_without_a_draft_the_gate_makes_no_difference() -> None:
    assert judged(tiny.PAY, row("It must pay in time.", QUOTE), gated=False).end == "correct"
    assert judged(tiny.PAY, row(outcome="not_found"), gated=False).end == "not found"


def test_an_answer_in_own_words_needs_half_of_a_gold_place_and_half_of_its_words() -> None:
    own = replace(tiny.PAY, answers=("No later than 30 days after it got the invoice, whatever is said elsewhere",))
    assert judged(own, row("It pays in thirty days.", QUOTE)).end == "correct"
    assert judged(own, row("It pays in thirty days.", "1. Payment")).end == "wrong"
    empty = row(outcome="not_found", draft="The Customer pays each invoice [1].")
    assert judged(own, empty, gated=False).end == "wrong"
    told = row(outcome="not_found", draft="It pays within 30 days after receipt [1].")
    assert judged(own, told, gated=False).end == "correct"


def test_citations_are_measured_in_characters_of_the_best_covered_place() -> None:
    made = judged(tiny.PAY, row("It must pay in time.", "The Customer shall pay each invoice"))
    assert made.precision == 1.0
    assert made.recall == pytest.approx(35 / 74)


# -- figures ----------------------------------------------------------------------------------------------------------


def test_the_figures_are_those_of_a_hand_calculation() -> None:
    made = [
        judged(tiny.PAY, row("Invoices are due after 30 days.", QUOTE)),
        judged(tiny.CAP, row("The cap is USD 5.", "1. Payment")),
        judged(tiny.SECRET, row(outcome="not_found")),
        judged(tiny.ABSENT, row(outcome="not_found")),
        judged(tiny.PARCEL, row("Two (2) weeks.", "2. Term", "nda.txt")),
    ]
    figures = {f.name.removeprefix("answers.tiny.model."): f for f in figures_of(made, "answers.tiny.model")}
    found = {name: (f.numerator, f.denominator) for name, f in figures.items()}
    assert found["correct"] == (2, 5)
    assert found["wrong_shown"] == (2, 3)
    assert found["coverage"] == (3, 5)
    assert found["answerable_correct"] == (1, 4)
    assert found["unanswerable_not_found"] == (1, 1)
    assert figures["citation_precision"].value == pytest.approx(1 / 3)
    assert figures["citation_recall"].value == pytest.approx(1 / 4)
    assert all(f.low is not None and f.high is not None and f.low <= f.value <= f.high for f in figures.values())


def test_many_documents_are_resampled_and_a_share_of_nothing_wrong_keeps_an_upper_end() -> None:
    able = judged(tiny.PAY, row("Invoices are due after 30 days.", QUOTE))
    none = judged(tiny.PAY, row(outcome="not_found"))
    made = [replace(able if n % 3 else none, item=replace(tiny.PAY, cluster=f"d{n}")) for n in range(30)]
    figures = {f.name: f for f in figures_of(made, "a")}
    assert figures["a.coverage"].value == pytest.approx(2 / 3)
    assert 0.4 < (figures["a.coverage"].low or 0) < 0.6 and 0.75 < (figures["a.coverage"].high or 1) < 0.95
    assert (figures["a.wrong_shown"].high or 0) > 0.1


# -- asking -----------------------------------------------------------------------------------------------------------


def test_every_answer_is_kept_with_draft_quotes_seconds_and_signals(kit: Kit, tmp_path: Path) -> None:
    kept = tmp_path / "rows.jsonl"
    first = ask(kit, [tiny.PAY], kept, llm=True)[0]
    assert [json.loads(line) for line in journal.lines(kept)] == [first]
    assert QUOTE in first["draft"]
    quote = first["sentences"][0]["quotes"][0]
    assert tiny.DOCUMENTS[quote["document"]][quote["start"] : quote["end"]] == quote["text"]
    assert 0 < first["seconds"]["evidence"] <= first["seconds"]["first_token"] <= first["seconds"]["done"]
    assert first["signals"]["sufficiency"] > 0


def test_a_run_that_was_stopped_asks_only_what_is_missing(kit: Kit, tmp_path: Path) -> None:
    kept = tmp_path / "rows.jsonl"
    ask(kit, [tiny.PAY, tiny.CAP], kept, llm=True)
    echo = kit.collection._generator
    assert isinstance(echo, Echo)
    before = len(echo.asked)
    with kept.open("a") as file:
        file.write('{"id": "secret", "torn')
    rows = ask(kit, [tiny.SECRET, tiny.CAP], kept, llm=True)
    assert [r["id"] for r in rows] == ["secret", "cap"]
    assert len(echo.asked) == before + 1


def test_the_gate_off_arm_shows_the_very_draft_of_the_model_arm(kit: Kit, tmp_path: Path) -> None:
    echo = kit.collection._generator = Echo("The Customer shall pay each invoice within thirty (30) weeks [1].")
    made = {arm: (path, judged) for arm, path, judged in run(kit, [tiny.PAY], answers.ARMS, "tiny", tmp_path)}
    assert made["model"][0] == made["no_gate"][0] != made["no_llm"][0]
    assert len(echo.asked) == 1
    assert made["no_gate"][1][0].end == "wrong"
    assert made["model"][1][0].end != "wrong"


def test_code_that_changes_while_a_run_goes_on_does_not_part_its_arms(
    kit: Kit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks = iter("abcdef")
    monkeypatch.setattr(answers, "made_by", lambda *_, **__: next(marks))
    made = {arm: path for arm, path, _ in run(kit, [tiny.PAY], answers.ARMS, "tiny", tmp_path)}
    assert made["model"] == made["no_gate"]


def test_other_content_is_answered_in_another_file(kit: Kit, tmp_path: Path) -> None:
    before = answers.made_by(kit.collection, llm=False)
    assert before != answers.made_by(kit.collection, llm=True)
    (tmp_path / "more.txt").write_text("The Carrier insures each parcel.")
    kit.collection.ingest([tmp_path / "more.txt"])
    assert answers.made_by(kit.collection, llm=False) != before


def test_a_boards_collection_is_copied_and_stays_as_it_is(kit: Kit, tmp_path: Path) -> None:
    suite = tmp_path / "suites"
    with Kit(kit.suite, kit.config, suite / kit.encoder_name, embedder=kit.encoder).collection as board:
        before = board.stats()
    mine = Kit(kit.suite, kit.config, tmp_path / "mine", embedder=WordHashEmbedder())
    answers._begun(mine, suite)
    with mine.collection as copy:
        assert copy.stats()["chunks"] == before["chunks"]
        assert copy.passages(tiny.PAY.question)
    assert isinstance(mine.encoder, WordHashEmbedder)
    chunks = {embedded for embedded in mine.encoder.embedded if embedded.endswith(QUOTE)}
    assert chunks == set()


# -- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kit: Kit) -> Any:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(answers.spec, "load", lambda name: replace(kit.suite, name=name))
    monkeypatch.setattr(answers, "Kit", lambda *_: kit)

    def one(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["answers", *arguments])
        return main()

    return one


def test_the_command_prints_the_figures_of_each_arm(command: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("cuad", "--items", "3", "--out", "there") == 0
    said = capsys.readouterr().out
    for arm in answers.ARMS:
        assert f"answers.cuad.{arm}.wrong_shown" in said
    assert len(list(Path("there").glob("*.jsonl"))) == 2


def test_too_few_questions_make_no_figure(command: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("cuad", "--arms", "no_llm", "--record", "--out", "there") == 2
    assert "at least 150" in capsys.readouterr().out
    assert not Path("eval/results/figures.jsonl").exists()


def test_failures_are_written_for_the_other_parts_alone(command: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command("cuad", "--failures")
    assert "--part" in capsys.readouterr().err
    assert command("cuad", "--arms", "no_llm", "--part", "train", "--failures", "--out", "there") == 0
    assert "answers.cuad.train.no_llm.correct" in capsys.readouterr().out
    assert len(list(Path("there").glob("cuad.train.no_llm.*.txt"))) == 1


def test_a_suite_whose_data_is_absent_is_skipped_with_a_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CITEBOUND_DATA", str(tmp_path / "nowhere"))
    monkeypatch.setattr(sys, "argv", ["answers", "cuad", "--out", str(tmp_path)])
    assert main() == 0
    assert "skipped, no data" in capsys.readouterr().out
