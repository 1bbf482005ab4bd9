"""The main job on real files with a computing fake for the encoder and the generator."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from citebound import Collection, Config, Outcome, Status
from citebound.answer.ask import Done, EvidenceFound, Token
from citebound.errors import (
    BadFilter,
    CollectionBusy,
    ConfigError,
    EmptyQuestion,
    GeneratorUnavailable,
    QuestionTooLong,
    UnknownCollection,
    UnknownDocument,
)
from citebound.indexes.lock import writer_lock
from tests.fakes import Echo, WordHashEmbedder

MSA = """1. Payment

The Customer shall pay each invoice within thirty (30) days after receipt.

2. Liability

The total liability of the Provider shall not exceed USD 1,500,000.
"""
NDA = """1. Term

This agreement expires on September 9, 2026.
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(home=tmp_path / "home")


@pytest.fixture
def collection(tmp_path: Path, config: Config) -> Iterator[Collection]:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "msa.txt").write_text(MSA)
    (folder / "nda.md").write_text(NDA)
    with Collection.open("c", create=True, config=config, embedder=WordHashEmbedder(), generator=Echo()) as made:
        report = made.ingest([folder])
        assert [f.status for f in report.files] == [Status.OK, Status.OK]
        yield made


def test_an_answer_is_bound_to_the_exact_place(collection: Collection) -> None:
    answer = collection.ask("Within how many days shall the Customer pay each invoice after receipt?")
    assert answer.outcome is Outcome.ANSWERED
    (citation,) = answer.citations
    document = collection.document(citation.document.id)
    assert citation.quote == "The Customer shall pay each invoice within thirty (30) days after receipt."
    assert citation.span.of(document.text) == citation.quote
    assert citation.text_sha256 == document.text_sha256
    assert citation.source.name == "msa.txt"
    assert citation.pages == ()
    assert answer.text.endswith("[1]")


def test_without_a_model_the_answer_is_a_quote(collection: Collection) -> None:
    answer = collection.ask("On which date this agreement expires, September?", llm=False)
    assert answer.citations[0].quote == "This agreement expires on September 9, 2026."
    assert answer.receipt is not None
    assert answer.receipt.generator == ""


def test_what_is_not_there_is_not_found_with_the_nearest_passages(collection: Collection) -> None:
    answer = collection.ask("Which insurance premiums cover volcanic eruptions?", llm=False)
    assert answer.outcome is Outcome.NOT_FOUND
    assert answer.text == ""
    assert answer.reason
    assert answer.passages


def test_a_draft_that_cannot_be_bound_is_not_shown(tmp_path: Path, config: Config, collection: Collection) -> None:
    liar = Echo("The Customer shall pay each invoice within ninety (90) days [1].")
    with Collection.open("c", config=config, embedder=WordHashEmbedder(), generator=liar) as other:
        answer = other.ask("Within how many days shall the Customer pay each invoice after receipt?")
    assert "ninety" not in answer.text
    assert "thirty (30) days" in answer.citations[0].quote
    assert any("90" in s.text and s.reason for s in answer.sentences)


def test_an_answer_says_what_of_its_draft_was_trimmed_or_removed(config: Config, collection: Collection) -> None:
    draft = (
        "The Customer shall pay each invoice within thirty (30) days after receipt,"
        " and it must also buy a licence for every user [1]."
        " The Customer shall pay each invoice within ninety (90) days [1]."
    )
    with Collection.open("c", config=config, embedder=WordHashEmbedder(), generator=Echo(draft)) as other:
        answer = other.ask("Within how many days shall the Customer pay each invoice after receipt?")
    assert answer.outcome is Outcome.PARTIAL
    assert answer.reason == "not all of the model's draft could be bound: 1 removed, 1 trimmed"
    assert "licence" not in answer.text


def test_a_model_that_finds_nothing_is_believed_unless_a_sentence_is_very_near(
    config: Config, collection: Collection
) -> None:
    with Collection.open("c", config=config, embedder=WordHashEmbedder(), generator=Echo("Not found.")) as other:
        assert other.ask("When shall the Customer pay?").outcome is Outcome.NOT_FOUND
        near = other.ask("Within how many days shall the Customer pay each invoice after receipt?")
    assert near.outcome is Outcome.PARTIAL
    assert "the model found no answer" in near.reason


class Dead:
    name = "dead"

    def stream(self, messages: object, *, max_tokens: int) -> Iterator[str]:
        raise GeneratorUnavailable("the server is gone")
        yield ""


def test_a_dead_model_leaves_the_quotes(config: Config, collection: Collection) -> None:
    with Collection.open("c", config=config, embedder=WordHashEmbedder(), generator=Dead()) as other:
        answer = other.ask("Within how many days shall the Customer pay each invoice after receipt?")
    assert "thirty (30) days" in answer.citations[0].quote
    assert "the server is gone" in answer.reason


def test_the_stream_sends_evidence_then_words_then_the_verdict(collection: Collection) -> None:
    events = list(collection.stream("Within how many days shall the Customer pay each invoice after receipt?"))
    assert isinstance(events[0], EvidenceFound)
    assert isinstance(events[-1], Done)
    assert len(events) > 2
    assert all(isinstance(e, Token) for e in events[1:-1])


def test_the_prompt_fences_passages_with_a_new_mark_for_each_question(collection: Collection) -> None:
    generator = collection.generator
    assert isinstance(generator, Echo)
    question = "Within how many days shall the Customer pay each invoice after receipt?"
    collection.ask(question)
    collection.ask(question)
    first, second = (messages[-1]["content"] for messages in generator.asked[-2:])
    assert first != second
    assert "[1] " in first
    assert first.endswith(f"Question: {question}")


def test_search_ranks_by_words_and_meaning_and_says_why(collection: Collection) -> None:
    hits = collection.search("total liability of the Provider", k=3)
    assert "liability" in hits[0].chunk.text
    assert {w.stage for w in hits[0].why} == {"dense", "lexical", "dense synonyms", "lexical synonyms"}
    assert [h.rank for h in hits] == list(range(1, len(hits) + 1))
    assert hits[0].document.title
    assert hits[0].chunk.span.of(collection.document(hits[0].document.id).text) == hits[0].chunk.text


def test_filters_work_before_top_k(collection: Collection) -> None:
    assert {h.source.name for h in collection.search("agreement", k=10, filters={"source": "*.md"})} == {"nda.md"}
    assert collection.search("agreement", filters="source:nothing") == []
    with pytest.raises(BadFilter):
        collection.search("agreement", filters="colour:red")


def test_passages_keep_to_the_budget_and_are_verbatim(collection: Collection) -> None:
    for budget in (1, 30, 80, 200, 10_000):
        passages = collection.passages("liability payment term", budget=budget)
        assert sum(len(p.text) for p in passages) <= budget
        for p in passages:
            assert p.span.of(collection.document(p.document.id).text) == p.text


def test_unchanged_files_are_skipped_and_changed_ones_replaced(tmp_path: Path, collection: Collection) -> None:
    folder = tmp_path / "docs"
    embedder = collection.embedder
    assert isinstance(embedder, WordHashEmbedder)
    before = len(embedder.embedded)
    again = collection.ingest([folder])
    assert [f.status for f in again.files] == [Status.UNCHANGED, Status.UNCHANGED]
    assert len(embedder.embedded) == before
    (folder / "msa.txt").write_text(MSA.replace("thirty (30)", "forty-five (45)"))
    collection.ingest([folder])
    answer = collection.ask("Within how many days shall the Customer pay each invoice after receipt?", llm=False)
    assert "forty-five (45)" in answer.citations[0].quote
    assert len(collection.documents()) == 2


def test_one_bad_file_stops_no_other_and_is_reported(tmp_path: Path, collection: Collection) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "a.pdf").write_bytes(b"")
    (tmp_path / "new" / "b.txt").write_text("A new clause.")
    report = collection.ingest([tmp_path / "new", tmp_path / "missing.txt"])
    statuses = {Path(f.path).name: f for f in report.files}
    assert statuses["a.pdf"].status is Status.EMPTY
    assert statuses["missing.txt"].status is Status.UNREADABLE
    assert statuses["b.txt"].status is Status.OK
    assert all(f.reason and f.remedy for f in report.failures)


def test_what_leads_out_of_a_folder_and_what_is_no_file_is_reported_and_not_read(
    tmp_path: Path, collection: Collection
) -> None:
    (tmp_path / "secret.txt").write_text("The password is birch.")
    (tmp_path / "docs" / "link.txt").symlink_to(tmp_path / "secret.txt")
    os.mkfifo(tmp_path / "docs" / "a-pipe.txt")
    report = collection.ingest([tmp_path / "docs"])
    assert [(Path(f.path).name, f.status) for f in report.files] == [
        ("a-pipe.txt", Status.UNREADABLE),
        ("link.txt", Status.UNREADABLE),
        ("msa.txt", Status.UNCHANGED),
        ("nda.md", Status.UNCHANGED),
    ]
    assert all(f.reason and f.remedy for f in report.failures)
    assert len(collection.documents()) == 2
    named = collection.ingest([tmp_path / "docs" / "link.txt", tmp_path / "docs" / "a-pipe.txt"])
    assert [f.status for f in named.files] == [Status.UNREADABLE, Status.OK]


def test_a_renamed_file_beside_a_new_one_of_its_old_name_loses_nothing(tmp_path: Path, collection: Collection) -> None:
    folder = tmp_path / "docs"
    (folder / "msa.txt").rename(folder / "msa_old.txt")
    (folder / "msa.txt").write_text("An entirely new agreement.")
    report = collection.ingest([folder])
    assert not report.failures
    assert {h.source.name for h in collection.search("total liability", filters="name:msa*")} >= {"msa_old.txt"}
    assert len(collection.documents()) == 3


def test_files_of_one_name_in_two_folders_stay_two(
    tmp_path: Path, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "contract.txt").write_text(f"The contract of deal {name}.")
        monkeypatch.chdir(tmp_path / name)
        collection.ingest(["contract.txt"])
    assert len(collection.documents()) == 4
    assert collection.document(str(tmp_path / "two" / "contract.txt")).text == "The contract of deal two."


def test_labels_stay_when_a_changed_file_comes_without_any(tmp_path: Path, collection: Collection) -> None:
    path = tmp_path / "docs" / "msa.txt"
    collection.ingest([path], labels={"matter": "alpha"})
    path.write_text(MSA + "\n3. Notices\n\nNotices are sent by post.\n")
    collection.ingest([path])
    assert collection.search("notices", filters="label.matter:alpha")


def test_a_name_that_is_not_utf8_is_reported_and_stops_nothing(tmp_path: Path, collection: Collection) -> None:
    folder = os.fsencode(tmp_path / "docs")
    Path(os.fsdecode(folder + b"/caf\xe9.txt")).write_bytes(b"A new clause.")
    report = collection.ingest([tmp_path / "docs"])
    assert [f.status for f in report.failures] == [Status.UNREADABLE]
    assert "UTF-8" in report.failures[0].reason


def test_a_huge_run_of_digits_crashes_nothing(tmp_path: Path, collection: Collection) -> None:
    (tmp_path / "digits.txt").write_text("The account number is " + "7" * 20_000 + " and no other.")
    collection.ingest([tmp_path / "digits.txt"])
    assert max(len(c.text) for c in collection.chunks("digits.txt")) <= 4000
    assert collection.ask("What is the account number 7?")


def test_the_same_bytes_under_two_names_are_one_document(tmp_path: Path, collection: Collection) -> None:
    (tmp_path / "copy.txt").write_text(MSA)
    collection.ingest([tmp_path / "copy.txt"])
    assert len(collection.documents()) == 2
    assert collection.search("liability", filters={"source": "copy.txt"})


def test_forgetting_removes_every_trace(collection: Collection) -> None:
    removed = collection.forget("nda.md")
    assert removed["chunks"]
    assert "none found" in str(removed["verified"])
    assert b"September 9, 2026" not in b"".join(p.read_bytes() for p in collection.root.rglob("*") if p.is_file())
    assert collection.search("September 2026 expires")[0].source.name == "msa.txt"
    assert collection.check()["problems"] == []
    with pytest.raises(UnknownDocument):
        collection.document("nda.md")


def test_reopening_finds_everything_as_it_was(config: Config, collection: Collection) -> None:
    before = [h.chunk.id for h in collection.search("liability payment", k=5)]
    with Collection.open("c", config=config, embedder=WordHashEmbedder()) as again:
        assert [h.chunk.id for h in again.search("liability payment", k=5)] == before
        assert again.check()["problems"] == []
        assert again.check()["recall"] == 1.0


def test_two_ingests_at_once_are_refused_but_asking_goes_on(tmp_path: Path, collection: Collection) -> None:
    with writer_lock(collection.root):
        with pytest.raises(CollectionBusy, match="process"):
            collection.ingest([tmp_path])
        assert collection.search("liability")


@pytest.mark.parametrize("question", ["", "   ", "?!", "\x00"])
def test_an_empty_question_is_refused(collection: Collection, question: str) -> None:
    with pytest.raises(EmptyQuestion):
        collection.ask(question)


def test_a_question_over_the_limit_is_refused(collection: Collection) -> None:
    with pytest.raises(QuestionTooLong, match="4001"):
        collection.search("a" * 4001)


def test_an_unknown_collection_names_the_known_ones(config: Config, collection: Collection) -> None:
    with pytest.raises(UnknownCollection) as caught:
        Collection.open("nothing", config=config)
    assert "Collections there: c" in caught.value.remedy
    for name in ("../x", "a b", ""):
        with pytest.raises((UnknownCollection, ConfigError)):
            Collection.open(name, config=config)


def test_another_encoder_is_never_mixed_with_the_old_vectors(config: Config, collection: Collection) -> None:
    other = WordHashEmbedder()
    other.key = "another"
    with Collection.open("c", config=config, embedder=other) as opened:
        assert opened.rebuild() > 0
        assert opened.check()["problems"] == []
        assert opened.search("liability")


def test_looking_after_a_collection_needs_no_encoder_and_leaves_a_given_generator_alone(
    config: Config, collection: Collection
) -> None:
    class Closable(Echo):
        closed = False

        def close(self) -> None:
            self.closed = True

    generator = Closable()
    collection.close()
    with Collection.open("c", config=config, generator=generator) as bare:
        assert bare.stats()["encoder"] == WordHashEmbedder().name
        assert bare.check()["problems"] == []
    assert not generator.closed
