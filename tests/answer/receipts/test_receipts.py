"""Every answer has a receipt: it says what the answer was made from, can be asked again, and forgets with documents."""

from __future__ import annotations

import ast
import resource
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import citebound
from citebound import Answer, Collection, Config, Outcome
from citebound.answer.ask import Done, Event
from citebound.answer.generation.dictation import prompt_sha256
from citebound.answer.generation.prompt import prompt
from citebound.answer.receipts import keeper
from citebound.answer.receipts.keeper import Opener
from citebound.answer.receipts.receipts import Asked, sha256
from citebound.errors import ForgottenReceipt, GeneratorTimeout, StorageFull, StoreError, UnknownDocument
from citebound.indexes import forgetting, ingest
from citebound.indexes.activity import FILE
from citebound.indexes.filter_json import filter_json, filter_of
from citebound.indexes.search import STAGES
from citebound.types import And, Eq, Filter, Glob, In, Not, Or, Range, Verdict
from tests.fakes import Echo, WordHashEmbedder

AGREEMENT = (
    "# Agreement\n\n## 4 Payment\n\nThe Customer shall pay each invoice within thirty (30) days after receipt.\n"
)
LEASE = "# Lease\n\n## 2 Rent\n\nThe Tenant shall pay the rent of 500 EUR on the first day of each month.\n"
QUESTION = "Within how many days shall the Customer pay each invoice?"
RENT = "Which rent shall the Tenant pay on the first day of each month?"
CANARY = "zebra-canary-7f3a5c"
Open = Callable[..., Collection]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """A collection of an agreement and a lease, each time opened anew."""
    held: list[Collection] = []
    (tmp_path / "agreement.md").write_text(AGREEMENT)
    (tmp_path / "lease.md").write_text(LEASE)

    def make(generator: object = None, **settings: int) -> Collection:
        config = Config(home=tmp_path, **settings)  # type: ignore[arg-type]
        made = Collection.open(
            "c",
            create=True,
            config=config,
            embedder=WordHashEmbedder(),
            generator=generator or Echo(),  # type: ignore[arg-type]
        )
        held.append(made)
        if not made.documents():
            assert not made.ingest([tmp_path / "agreement.md", tmp_path / "lease.md"]).failures
        return made

    yield make
    for one in held:
        one.close()


def id_of(answer: Answer) -> str:
    assert answer.receipt and answer.receipt.id, answer.notes
    return answer.receipt.id


def whats(collection: Collection, receipt: str) -> list[str]:
    return [change.what for change in collection.replay(receipt).changes]


def holds(root: Path, text: str) -> list[str]:
    """The files that have these bytes."""
    return [path.name for path in root.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


# -- what is kept ------------------------------------------------------------------------------------------------------


def test_a_receipt_says_what_the_answer_was_made_from(opened: Open) -> None:
    with opened() as collection:
        answer = collection.ask(QUESTION, "source:agree*")
        found = collection.receipt(id_of(answer)[:8])
        (chunk,) = collection.chunks("agreement.md")
    assert answer.receipt is not None
    assert found.asked is not None
    assert found.said is not None
    assert (found.asked.question, found.asked.stages, found.asked.llm) == (QUESTION, STAGES, True)
    assert found.asked.filter == filter_json(Or((Glob("source", "agree*"), Glob("name", "agree*"))))
    (hit,) = found.hits
    assert (hit.rank, hit.chunk, hit.sha256, hit.score) == (1, chunk.id, sha256(chunk.text), answer.hits[0].score)
    assert (hit.document_id, hit.text_sha256) == (answer.hits[0].document.id, answer.hits[0].document.text_sha256)
    (decision,) = found.said.sentences
    (exhibit,) = decision.citations
    (citation,) = answer.citations
    assert (decision.text, decision.verdict) == (answer.sentences[0].text, Verdict.BOUND)
    assert (exhibit.span, exhibit.quote, exhibit.quote_sha256) == (
        citation.span,
        citation.quote,
        sha256(citation.quote),
    )
    assert found.said.calls[0].draft.strip().endswith("[1]")
    assert found.said.prompt_sha256 == answer.receipt.prompt_sha256
    head = found.header
    assert (head.outcome, head.receipt.generation, head.receipt.generator) == (Outcome.ANSWERED, 1, "echo")
    assert (head.means.encoder_key, head.means.evidence_tokens) == ("word-hash-64", 400)
    assert head.verdicts == {Verdict.BOUND: 1}


@pytest.mark.parametrize(
    ("question", "llm", "outcome"),
    [
        (QUESTION, False, Outcome.ANSWERED),
        ("Which colour has the moon over Ganymede?", True, Outcome.NOT_FOUND),
        ("How many contracts are there?", False, None),
    ],
)
def test_every_kind_of_answer_has_one(opened: Open, question: str, llm: bool, outcome: Outcome | None) -> None:
    with opened() as collection:
        answer = collection.ask(question, llm=llm)
        found = collection.receipt(id_of(answer))
        assert outcome in (None, answer.outcome)
        assert found.header.outcome == answer.outcome
        assert found.said is not None
        assert [d.text for d in found.said.sentences] == [s.text for s in answer.sentences]
        assert collection.replay(found.id).same


def test_a_model_that_fails_has_its_failure_kept_and_repeated(opened: Open) -> None:
    class Broken(Echo):
        def stream(self, messages: Sequence[Mapping[str, str]], *, max_tokens: int) -> Iterator[str]:
            yield "The Customer"
            raise GeneratorTimeout("too slow")

    with opened(Broken()) as collection:
        found = collection.receipt(id_of(collection.ask(QUESTION)))
        assert found.said is not None
        (call,) = found.said.calls
        assert (call.draft, call.failure) == ("The Customer", "too slow")
        assert collection.replay(found.id).same


def test_receipts_are_listed_newest_first_and_make_one_chain(opened: Open) -> None:
    with opened() as collection:
        ids = [id_of(collection.ask(question, llm=False)) for question in (QUESTION, RENT, QUESTION)]
        assert [one.id for one in collection.receipts()] == ids[::-1]
        assert [one.id for one in collection.receipts(1, 1)] == [ids[1]]
        found = collection.verify_receipts()
        assert (found.receipts, found.head, found.problems) == (3, ids[2], ())


def test_an_evaluation_leaves_none(opened: Open, tmp_path: Path) -> None:
    with opened() as collection:
        answer = collection.ask(QUESTION, receipt=False)
        assert (answer.receipt and answer.receipt.id, answer.notes) == ("", ())
        assert not (tmp_path / "c" / FILE).exists()


def test_no_path_to_an_answer_goes_round_the_keeper() -> None:
    """Whatever asks, asks `Collection.stream`; the flow itself is called there and by `replay` alone."""
    callers = set()
    for path in Path(citebound.__file__).parent.rglob("*.py"):
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(function, ast.FunctionDef):
                names = {ast.unparse(n.func) for n in ast.walk(function) if isinstance(n, ast.Call)}
                if names & {"self._asker.stream", "asker.stream", "Asker"}:
                    callers.add(f"{path.name}:{function.name}")
    assert callers == {"collection.py:stream", "collection.py:answer", "collection.py:replay", "collection.py:_asker"}


# -- what cannot be stored ---------------------------------------------------------------------------------------------


def test_a_full_disk_does_not_cost_the_answer(opened: Open, tmp_path: Path) -> None:
    with opened() as collection:
        collection.ask(RENT)
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1024, before[1]))
        try:
            answer = collection.ask(QUESTION)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert answer.outcome is Outcome.ANSWERED
        assert answer.receipt is not None
        assert answer.receipt.id == ""
        assert "no receipt of this answer was stored" in answer.notes[-1]
        assert FILE in answer.notes[-1]
        id_of(collection.ask(QUESTION))
        assert collection.verify_receipts().problems == ()


@pytest.mark.parametrize("make", [lambda p: p.mkdir(), lambda p: p.write_bytes(b"junk" * 3000)])
def test_an_unusable_database_does_not_cost_the_answer(
    opened: Open, tmp_path: Path, make: Callable[[Path], object]
) -> None:
    with opened() as collection:
        make(tmp_path / "c" / FILE)
        answer = collection.ask(QUESTION)
        assert answer.outcome is Outcome.ANSWERED
        assert "no receipt of this answer was stored" in answer.notes[-1]
        with pytest.raises(StoreError):
            collection.receipts()


def test_the_check_of_a_collection_names_a_broken_chain(opened: Open, tmp_path: Path) -> None:
    with opened() as collection:
        collection.ask(QUESTION)
        collection.ask(RENT)
        assert collection.check()["problems"] == []
        with closing(sqlite3.connect(tmp_path / "c" / FILE)) as db:
            db.execute("UPDATE receipts SET header = replace(header, 'answered', 'not_found') WHERE number = 1")
            db.commit()
        assert collection.check()["problems"] == ["receipts: entry 1 was changed"]


# -- asking again ------------------------------------------------------------------------------------------------------


def test_asking_again_finds_the_same(opened: Open) -> None:
    with opened() as collection:
        for question, only, llm in ((QUESTION, None, True), (RENT, "source:lease.md", True), (QUESTION, None, False)):
            assert collection.replay(id_of(collection.ask(question, only, llm=llm))).changes == ()
        assert len(collection.receipts()) == 3


def test_what_changed_is_named(opened: Open, tmp_path: Path) -> None:
    with opened() as collection:
        receipt = id_of(collection.ask(RENT))
        (tmp_path / "lease.md").write_text(LEASE.replace("500 EUR", "900 EUR"))
        collection.ingest([tmp_path / "lease.md"])
        found = collection.replay(receipt)
        assert {"generation", "chunk gone", "chunk new", "evidence gone", "evidence new", "prompt"} <= {
            change.what for change in found.changes
        }
        assert any("500 EUR" in change.was for change in found.changes if change.what == "sentence")
        (gone,) = (change for change in found.changes if change.what == "chunk gone")
        assert gone.was == "rank 1"


def test_another_document_changes_what_was_searched(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# Recipe\n\nBoil the beans for an hour.\n")
    with opened() as collection:
        narrow, wide = (id_of(collection.ask(QUESTION, only)) for only in ("source:agree*", None))
        collection.ingest([tmp_path / "other.md"])
        assert {"generation"} <= set(whats(collection, narrow)) <= {"generation", "score"}
        assert {"generation", "searched documents", "searched chunks", "chunk new"} <= set(whats(collection, wide))


def test_hits_that_were_forgotten_are_not_compared_and_that_is_said(opened: Open) -> None:
    with opened(evidence_tokens=50) as collection:
        answer = collection.ask(QUESTION)
        assert {p.source.name for p in answer.passages} == {"agreement.md"}
        assert {h.source.name for h in answer.hits} == {"agreement.md", "lease.md"}
        collection.forget("lease.md")
        found = collection.replay(id_of(answer))
        assert found.changes[-1].what == "forgotten"
        assert "the hits of 1 document" in found.changes[-1].now


def test_other_settings_are_named_and_the_old_budget_is_used(opened: Open) -> None:
    with opened() as collection:
        receipt = id_of(collection.ask(QUESTION))
    other = Echo()
    other.name = "parrot"
    with opened(other, evidence_tokens=60) as collection:
        assert whats(collection, receipt) == ["model", "evidence tokens"]


def test_the_prompt_of_the_same_question_has_the_same_hash_in_spite_of_its_fence(opened: Open) -> None:
    with opened() as collection:
        given = collection.ask(QUESTION).passages
    one, other = prompt(QUESTION, given), prompt(QUESTION, given)
    assert one != other
    assert prompt_sha256(one) == prompt_sha256(other)
    assert prompt_sha256(one) != prompt_sha256(prompt(RENT, given))


leaves: st.SearchStrategy[Filter] = st.one_of(
    st.builds(Eq, st.text(), st.text()),
    st.builds(In, st.text(), st.lists(st.text()).map(tuple)),
    st.builds(Glob, st.text(), st.text()),
    st.builds(Range, st.text(), st.none() | st.text(), st.none() | st.text()),
)
trees: st.SearchStrategy[Filter] = st.recursive(
    leaves,
    lambda inner: (
        st.builds(And, st.lists(inner, max_size=3).map(tuple))
        | st.builds(Or, st.lists(inner, max_size=3).map(tuple))
        | st.builds(Not, inner)
    ),
    max_leaves=6,
)


@given(trees)
def test_a_filter_is_kept_exactly(tree: Filter) -> None:
    assert filter_of(filter_json(tree)) == tree


# -- forgetting --------------------------------------------------------------------------------------------------------


def test_forgetting_a_document_empties_its_receipts_and_leaves_no_byte_of_it(opened: Open, tmp_path: Path) -> None:
    secret = f"# Memo\n\n## 1 Password\n\nThe password of the vault is {CANARY}, and nobody else knows it.\n"
    (tmp_path / "memo.md").write_text(secret)
    with opened() as collection:
        collection.ingest([tmp_path / "memo.md"])
        told = id_of(collection.ask("What is the password of the vault?"))
        other = id_of(collection.ask(RENT, "source:lease.md"))
        assert any(name.startswith(FILE) for name in holds(tmp_path / "c", CANARY))
        assert collection.forget("memo.md")["receipts"] == 1
        assert holds(tmp_path / "c", CANARY) == []
        assert holds(tmp_path / "c", "password of the vault") == []
        found = collection.receipt(told)
        assert (found.asked, found.said) == (None, None)
        assert found.header.outcome is Outcome.ANSWERED
        assert collection.replay(other).changes
        assert collection.receipt(other).said is not None
        with pytest.raises(ForgottenReceipt):
            collection.replay(told)
        assert collection.check()["problems"] == []


def test_what_was_asked_of_a_replaced_document_goes_with_the_one_in_its_place(opened: Open, tmp_path: Path) -> None:
    with opened() as collection:
        receipt = id_of(collection.ask(RENT))
        (tmp_path / "lease.md").write_text(LEASE.replace("500 EUR", "900 EUR"))
        collection.ingest([tmp_path / "lease.md"])
        assert holds(tmp_path / "c", "500 EUR")
        collection.forget("lease.md")
        assert collection.receipt(receipt).said is None
        assert holds(tmp_path / "c", "500 EUR") == []


def test_what_was_asked_of_a_document_that_is_gone_is_forgotten_by_its_id(opened: Open, tmp_path: Path) -> None:
    with opened() as collection:
        answer = collection.ask(RENT)
        old = answer.citations[0].document.id
        (tmp_path / "lease.md").write_text(LEASE.replace("500 EUR", "900 EUR"))
        collection.ingest([tmp_path / "lease.md"])
        assert collection.forget(old[:12]) == {"receipts": 1}
        assert holds(tmp_path / "c", "500 EUR") == []
        for unknown in (old, old[:12], "lease-2.md", "%%%%"):
            with pytest.raises(UnknownDocument):
                collection.forget(unknown)


def test_a_draft_goes_with_what_the_model_was_given_although_nothing_of_it_is_shown(
    opened: Open, tmp_path: Path
) -> None:
    copied = "enant shall pay the ren"  # shorter than the pieces of text that forgetting looks for

    class Shy(Echo):
        def stream(self, messages: Sequence[Mapping[str, str]], *, max_tokens: int) -> Iterator[str]:
            yield f"Not found. The passages only say: {copied}."

    def shown_nothing(open_generator: Opener | None) -> Iterator[Event]:
        assert open_generator is not None
        for event in collection.stream(RENT, receipt=False):
            if isinstance(event, Done):
                "".join(open_generator().stream([], max_tokens=9))
                other = tuple(hit for hit in event.answer.hits if "Customer" in hit.chunk.text)
                assert other
                event = Done(replace(event.answer, passages=(), hits=other, sentences=(), conflicts=()))
            yield event

    with opened(Shy()) as collection:
        asked = Asked(RENT, None, STAGES, llm=True)
        *_, last = collection._keeper.stream(shown_nothing, asked, Shy)
        assert isinstance(last, Done)
        kept = id_of(last.answer)
        assert holds(tmp_path / "c", copied)
        collection.forget("lease.md")
        assert collection.receipt(kept).said is None
        assert holds(tmp_path / "c", copied) == []


def test_an_unknown_id_takes_nothing_along(opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "LISTED", 0)
    with opened() as collection:
        collection.ingest([tmp_path / "agreement.md", tmp_path / "lease.md"], kind="contracts")
        answer = collection.ask("Which contracts are governed by Delaware law?", llm=False)
        assert answer.hits == ()
        for unknown in ("deadbeef", "d" * 64, "\udcff"):
            with pytest.raises(UnknownDocument):
                collection.forget(unknown)
        assert collection.receipt(id_of(answer)).said is not None
        collection.forget("lease.md")
        assert collection.receipt(id_of(answer)).said is None


def test_an_answer_about_all_documents_goes_with_any_of_them(opened: Open, tmp_path: Path) -> None:
    with opened() as collection:
        collection.ingest([tmp_path / "agreement.md", tmp_path / "lease.md"], kind="contracts")
        answer = collection.ask("Which contracts are governed by Delaware law?", llm=False)
        assert (answer.hits, "Lease" in answer.text) == ((), True)
        assert answer.citations == ()
        assert collection.replay(id_of(answer)).same
        collection.forget("lease.md")
        assert collection.receipt(id_of(answer)).said is None


def test_a_document_that_was_pasted_into_a_question_leaves_it(opened: Open, tmp_path: Path) -> None:
    pasted = LEASE.splitlines()[-1]
    with opened() as collection:
        receipt = id_of(collection.ask(f"Does this occur: {pasted}", "source:agree*", llm=False))
        assert all(hit.document_id != collection.document("lease.md").id for hit in collection.receipt(receipt).hits)
        assert "verified" in collection.forget("lease.md")
        assert collection.receipt(receipt).asked is None
        assert holds(tmp_path / "c", pasted[8:40]) == []


def test_a_document_that_was_pasted_into_a_chat_or_into_feedback_leaves_them(opened: Open, tmp_path: Path) -> None:
    pasted = LEASE.splitlines()[-1]
    with opened() as collection:
        collection.chat(filters="source:agree*", llm=False).ask(f"Does this occur: {pasted}")
        receipt = id_of(collection.ask("What is the cap?", "source:agree*", llm=False))
        collection.feedback(receipt, "wrong", comment=f"it should have said: {pasted}")
        assert holds(tmp_path / "c", pasted[8:40])
        collection.forget("lease.md")
        assert holds(tmp_path / "c", pasted[8:40]) == []
        assert collection.verify_receipts().problems == ()


def test_an_answer_that_is_made_while_its_document_is_forgotten_keeps_nothing_of_it(
    opened: Open, tmp_path: Path
) -> None:
    class Slow(Echo):
        def stream(self, messages: Sequence[Mapping[str, str]], *, max_tokens: int) -> Iterator[str]:
            with opened() as other:
                other.forget("lease.md")
            yield "The Tenant shall pay the rent of 500 EUR. [1]"

    with opened() as collection:
        collection.ask(QUESTION)
    with opened(Slow()) as collection:
        answer = collection.ask(RENT)
        found = collection.receipt(id_of(answer))
        assert (found.asked, found.said) == (None, None)
        assert collection.verify_receipts().problems == ()
        collection.compact()
    assert holds(tmp_path / "c", "500 EUR") == []


def test_a_forgetting_that_was_interrupted_is_finished_by_compact(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise StorageFull("no space")

    with opened() as collection:
        receipt = id_of(collection.ask(QUESTION))
        with monkeypatch.context() as patched, pytest.raises(StorageFull, match="traces are left"):
            patched.setattr(ingest, "publish", full)
            collection.forget("lease.md")
        with closing(sqlite3.connect(tmp_path / "c" / FILE)) as db:
            assert db.execute("SELECT count(*) FROM forgetting_due").fetchone() == (1,)
        collection.compact()
        with closing(sqlite3.connect(tmp_path / "c" / FILE)) as db:
            assert db.execute("SELECT count(*) FROM forgetting_due").fetchone() == (0,)
        assert collection.receipt(receipt).said is None
        assert holds(tmp_path / "c", "500 EUR") == []


def test_a_forgetting_that_never_came_to_the_document_leaves_it(opened: Open) -> None:
    with opened() as collection:
        collection.ask(QUESTION)
        lease = collection.document("lease.md").id
        forgetting.begin(collection._activity, [lease])
        collection.compact()
        assert collection.document("lease.md").id == lease
