import json
from dataclasses import replace
from pathlib import Path

import pytest

from citebound.eval.kit import Kit
from citebound.eval.measures import overlap
from citebound.eval.suite import Question, Regime, SuiteError
from citebound.types import In
from tests.eval import tiny
from tests.eval.tiny import CAP, PAY, SECRET

GIVEN, CORPUS = Regime.GIVEN, Regime.CORPUS


def cache(kit: Kit) -> Path:
    (path,) = kit.work.glob("evidence-*.jsonl")
    return path


def test_evidence_stands_in_the_texts_of_the_suite(tmp_path: Path) -> None:
    kit = tiny.kit(tiny.extract(), tmp_path)
    found = kit.evidence(PAY.asked(CORPUS))
    assert found.found
    assert [s.text for s in found.shown] == kit.texts([s.place for s in found.shown])
    assert overlap(found.quotes, PAY.gold) > 0
    assert overlap(found.retrieved, PAY.gold) > 0
    assert found.seconds > 0


def test_a_question_reads_only_the_documents_that_it_is_given(tmp_path: Path) -> None:
    kit = tiny.kit(tiny.extract(), tmp_path)
    assert kit.filter(PAY.asked(CORPUS)) is None
    assert isinstance(kit.filter(PAY.asked(GIVEN)), In)
    stray = Question("stray", PAY.question, (), ("nda.txt",))
    assert {p.document for p in kit.evidence(stray).retrieved} == {"nda.txt"}
    both = Question("both", PAY.question, (), ("nda.txt", "old.txt"))
    assert {p.document for p in kit.evidence(both).retrieved} == {"nda.txt", "old.txt"}
    assert {p.document for p in kit.evidence(PAY.asked(CORPUS)).retrieved} == set(tiny.DOCUMENTS)


def test_evidence_is_kept_and_read_back_equal(tmp_path: Path) -> None:
    first = tiny.kit(tiny.extract(), tmp_path)
    found = [first.evidence(i.asked(GIVEN)) for i in (PAY, CAP, SECRET)]
    lines = cache(first).read_text().splitlines()
    assert len(lines) == 3
    again = tiny.kit(tiny.extract(), tmp_path)
    assert [again.evidence(i.asked(GIVEN)) for i in (PAY, CAP, SECRET)] == found
    assert cache(first).read_text().splitlines() == lines
    assert again.evidence(PAY.asked(CORPUS)).retrieved != found[0].retrieved
    assert len(cache(first).read_text().splitlines()) == 4


@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_a_line_that_a_crash_tore_is_searched_again(tmp_path: Path, keep: float) -> None:
    first = tiny.kit(tiny.extract(), tmp_path)
    found = [first.evidence(i.asked(GIVEN)) for i in (PAY, CAP)]
    whole = cache(first).read_bytes()
    start = whole.index(b"\n") + 1
    cache(first).write_bytes(whole[: start + int(keep * (len(whole) - start))])
    second = tiny.kit(tiny.extract(), tmp_path)
    assert second.evidence(PAY.asked(GIVEN)) == found[0]
    assert second.evidence(CAP.asked(GIVEN)).retrieved == found[1].retrieved
    second.evidence(SECRET.asked(GIVEN))
    third = tiny.kit(tiny.extract(), tmp_path)
    assert third.evidence(PAY.asked(GIVEN)) == found[0]
    assert len([json.loads(line) for line in cache(third).read_text().splitlines()]) == 3


def test_a_line_that_was_torn_after_a_brace_is_searched_again(tmp_path: Path) -> None:
    first = tiny.kit(tiny.extract(), tmp_path)
    found = first.evidence(PAY.asked(GIVEN))
    with cache(first).open("a") as file:
        file.write('{"key": "1", "shown": [["a {b}')
    assert tiny.kit(tiny.extract(), tmp_path).evidence(PAY.asked(GIVEN)) == found


def test_files_whose_text_is_not_that_of_the_suite_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "msa.txt"
    path.write_text(tiny.MSA.replace("thirty (30)", "ninety (90)"), "utf-8")
    suite = replace(tiny.extract(), files=(path,), documents={"msa.txt": tiny.MSA})
    with pytest.raises(SuiteError, match=r"another text of 'msa\.txt'"):
        _ = tiny.kit(suite, tmp_path).collection


def test_a_suite_whose_text_was_corrected_is_indexed_anew(tmp_path: Path) -> None:
    _ = tiny.kit(tiny.extract(), tmp_path).collection
    corrected = {**tiny.DOCUMENTS, "old.txt": tiny.OLD + "\nThe Carrier shall insure each parcel.\n"}
    kit = tiny.kit(tiny.extract(documents=corrected), tmp_path)
    found = kit.evidence(Question("insure", "Who shall insure each parcel?", (), ("old.txt",)))
    assert any("insure each parcel" in s.text for s in found.shown)


def test_names_that_are_paths_are_files_of_their_own(tmp_path: Path) -> None:
    documents = {"a/msa": tiny.MSA, "b/msa": tiny.NDA, "c:?/msa": tiny.OLD}
    suite = tiny.extract(documents=documents, test=(), train=())
    kit = tiny.kit(suite, tmp_path)
    for name in documents:
        assert {p.document for p in kit.evidence(Question(name, PAY.question, (), (name,))).retrieved} == {name}


def test_the_cost_of_the_index_is_kept_for_later_processes(tmp_path: Path) -> None:
    made = tiny.kit(tiny.extract(), tmp_path).index_cost
    assert made["seconds"] > 0
    assert made["bytes"] > 1000
    assert tiny.kit(tiny.extract(), tmp_path).index_cost["seconds"] == made["seconds"]


def test_vectors_are_kept_and_what_that_spares_is_counted(tmp_path: Path) -> None:
    texts = ["Fees are due in thirty days.", "The Receiving Party keeps secrets.", "Fees are due in thirty days."]
    first = tiny.kit(tiny.extract(), tmp_path)
    made = first.vectors(texts)
    assert (made == first.encoder.embed(texts)).all()
    assert first.saved == (0.0, 0.0)
    again = tiny.kit(tiny.extract(), tmp_path)
    assert (again.vectors([*texts, "Another one."])[:3] == made).all()
    wall, cpu = again.saved
    assert wall > 0
    assert cpu >= 0
    again.vectors(texts)
    assert again.saved == (wall, cpu), "what this process holds is free for every system"


def test_a_kept_search_is_counted_once_in_a_process(tmp_path: Path) -> None:
    found = tiny.kit(tiny.extract(), tmp_path).evidence(PAY.asked(GIVEN))
    again = tiny.kit(tiny.extract(), tmp_path)
    for _ in range(2):
        again.evidence(PAY.asked(GIVEN))
        assert again.saved == (found.seconds, found.seconds)
