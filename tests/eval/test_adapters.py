"""Each adapter on a few rows in the format of its data folder, written for this test."""

import csv
import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from citebound.eval.adapters import printed
from citebound.eval.adapters.split import split
from citebound.eval.spec import load
from citebound.eval.suite import Item, Regime, Suite, SuiteError

Load = Callable[[str], Suite]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CITEBOUND_DATA", str(tmp_path))
    return tmp_path


def put(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = content.encode() if isinstance(content, str) else json.dumps(content).encode()
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)


def table(rows: Sequence[Mapping[str, str]], delimiter: str = "\t") -> str:
    file = io.StringIO()
    writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def archive(path: Path, texts: Mapping[str, bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as file:
        for name, raw in texts.items():
            member = tarfile.TarInfo(name)
            member.size = len(raw)
            file.addfile(member, io.BytesIO(raw))


def everything(suite: Suite) -> tuple[Item, ...]:
    return (*suite.train, *suite.dev, *suite.test)


def shown(suite: Suite, item: Item) -> list[str]:
    return [place.span.of(suite.documents[place.document]) for place in item.gold]


def test_a_split_has_exact_shares_and_no_key_on_two_sides() -> None:
    sides = split([f"k{n}" for n in range(20)] * 3, 0.5, 0.1)
    assert [list(sides.values()).count(part) for part in ("train", "dev", "test")] == [10, 2, 8]
    assert sides == split([f"k{n}" for n in reversed(range(20))], 0.5, 0.1)


def test_contractnli_has_an_item_for_each_hypothesis_with_its_evidence(data: Path) -> None:
    text = "One clause.\nTwo clause.\nThree."
    for number, part in enumerate(("train_subset", "dev", "test")):
        document = {
            "id": number,
            "file_name": f"{part}.pdf",
            "text": text + str(number),
            "spans": [[0, 11], [12, 23], [24, 30], [11, 12]],
            "annotation_sets": [
                {
                    "annotations": {
                        "nda-11": {"choice": "Entailment", "spans": [2, 0, 1]},
                        "nda-2": {"choice": "Contradiction", "spans": [2, 0, 3]},
                        "nda-7": {"choice": "NotMentioned", "spans": []},
                    }
                }
            ],
        }
        labels = {key: {"hypothesis": f"Hypothesis {key}."} for key in ("nda-11", "nda-2", "nda-7")}
        put(data / "contractnli" / f"{part}.json.gz", {"documents": [document], "labels": labels})
    suite = load("contractnli")
    assert (len(suite.train), len(suite.dev)) == (3, 3)
    assert [(i.id, i.kind, i.label, i.answerable) for i in suite.test] == [
        ("2-nda-2", "nda-2", "Contradiction", True),
        ("2-nda-7", "nda-7", "NotMentioned", False),
        ("2-nda-11", "nda-11", "Entailment", True),
    ]
    contradicted, silent, entailed = suite.test
    assert shown(suite, contradicted) == ["One clause.", "Three."]  # the fourth span is a line's end alone
    assert shown(suite, silent) == []
    assert shown(suite, entailed) == ["One clause.\nTwo clause.\nThree."]
    assert entailed.asked(Regime.GIVEN).documents == ("test.pdf",)
    assert entailed.question == "Hypothesis nda-11."


def mini(data: Path, **changed: Any) -> None:
    raw = "\ufeffTitle\r\nThe law of Ohio governs.\r\n".encode()
    archive(data / "legalbench_rag_mini" / "corpus.tar.gz", {"corpus/maud/a.txt": raw})
    # counted by hand: the mark is character 0, "Title" 1-5, one newline 6, so the sentence is 7-31
    snippet = {"file_path": "maud/a.txt", "span": [7, 31], "answer": "The law of Ohio governs."}
    test = {"id": "maud-1", "query": "Consider the Deal; Which law; which court?", "snippets": [snippet | changed]}
    for part in ("contractnli", "cuad", "maud", "privacy_qa"):
        tests = [test] if part == "maud" else []
        put(data / "legalbench_rag_mini" / "benchmarks" / f"{part}.json", {"tests": tests})


def test_legalbench_counts_the_byte_order_mark_and_one_character_for_each_line_end(data: Path) -> None:
    mini(data)
    suite = load("legalbench_rag_mini")
    (item,) = suite.test
    assert shown(suite, item) == ["The law of Ohio governs."]
    assert item.question == "Which law; which court?"
    assert item.asked(Regime.CORPUS).text == "Consider the Deal; Which law; which court?"
    assert (item.kind, item.cluster) == ("maud", "maud/a.txt")


def test_legalbench_queries_on_documents_that_were_tuned_on_are_not_for_testing(data: Path, tmp_path: Path) -> None:
    mini(data)
    declared = Path("eval/suites/legalbench_rag_mini.toml").read_text("utf-8")
    raw = "\ufeffTitle\r\nThe law of Ohio governs.\r\n".encode()
    for use, tests, devs in (("tune", 0, 1), ("report", 1, 0)):
        path = tmp_path / use / "legalbench_rag_mini.toml"
        put(path, declared)
        put(path.parent / "legalbench_split.jsonl", {"document": hashlib.sha256(raw).hexdigest(), "use": use})
        suite = load(str(path))
        assert (len(suite.test), len(suite.dev)) == (tests, devs)


def test_legalbench_refuses_an_offset_where_another_text_stands(data: Path) -> None:
    mini(data, span=[8, 32])
    with pytest.raises(SuiteError, match="maud-1: another text stands"):
        load("legalbench_rag_mini")


def test_policyqa_joins_paragraphs_and_the_same_question(data: Path) -> None:
    def policy(title: str) -> dict[str, Any]:
        def asked(id_: str, answer: str, start: int) -> dict[str, Any]:
            answers = [{"text": answer, "answer_start": start}]
            return {"id": id_, "question": "Who sees my data?", "type": "Sharing|||Who|||Other", "answers": answers}

        return {
            "title": title,
            "paragraphs": [
                {"context": f"{title}: Only we do.", "qas": [asked(f"{title}-1", "Only we", len(title) + 2)]},
                {"context": "Our partners too.", "qas": [asked(f"{title}-2", "Our partners", 0)]},
            ],
        }

    put(data / "policyqa" / "dev.json.gz", {"data": [policy(f"site{n}") for n in range(10)]})
    put(data / "policyqa" / "test.json.gz", {"data": [policy("tested")]})
    suite = load("policyqa")
    assert (len(suite.train), len(suite.dev), len(suite.test)) == (8, 2, 1)
    for item in everything(suite):
        assert item.answers == ("Only we", "Our partners")
        assert shown(suite, item) == ["Only we", "Our partners"]
        assert item.kind == "Sharing"


def squad(data: Path, start: int = 4) -> None:
    answers = [{"text": "Rollo", "answer_start": start}] * 2
    qas = [
        {"id": "q1", "question": "Who led?", "answers": answers, "is_impossible": False},
        {"id": "q2", "question": "Who lost?", "answers": [], "is_impossible": True},
    ]
    paragraphs = [{"context": "First.", "qas": []}, {"context": "The Rollo of Norway.", "qas": qas}]
    put(data / "squad2_subset" / "dev-v2.0.subset.json", {"data": [{"title": "Normans", "paragraphs": paragraphs}]})


def test_squad2_moves_the_offsets_of_later_paragraphs(data: Path) -> None:
    squad(data)
    suite = load("squad2")
    led, lost = suite.test
    assert suite.documents["Normans.txt"] == "First.\n\nThe Rollo of Norway."
    assert (led.answers, shown(suite, led)) == (("Rollo",), ["Rollo"])
    assert (lost.answerable, lost.answers, lost.gold) == (False, (), ())
    squad(data, start=5)
    with pytest.raises(SuiteError, match="q1: another text stands"):
        load("squad2")


def test_rgb_asks_with_noise_without_evidence_and_with_false_evidence(data: Path) -> None:
    rows = [
        {
            "id": 7,
            "query": "Who won?",
            "answer": "Ann",
            "fakeanswer": "Bob",
            "positive": [f"Ann won cup {n}." for n in range(4)],
            "positive_wrong": [f"Bob won cup {n}." for n in range(4)] + ["Bob and Ann won."],
            "negative": [f"Cup {n} is made of tin." for n in range(9)],
        },
        {
            "id": 8,
            "query": "When?",
            "answer": [["May 3 2017", "May 3, 2017"]],
            "fakeanswer": "June 1",
            "positive": ["It was on May 3, 2017."],
            "positive_wrong": ["It was on June 1."],
            "negative": [],
        },
    ]
    put(data / "rgb" / "en_fact.json", "\n".join(json.dumps(row) for row in rows) + "\n")
    suite = load("rgb")
    items = {item.id: item for item in suite.test}
    assert set(items) == {
        "rgb-007-noise",
        "rgb-007-rejection",
        "rgb-007-counterfactual",
        "rgb-008-noise",
        "rgb-008-counterfactual",
    }
    noise = items["rgb-007-noise"]
    assert len(noise.documents) == 5  # passages = 5, noise = 0.4: three hold the answer, two do not
    assert shown(suite, noise) == ["Ann"] * 3
    rejection = items["rgb-007-rejection"]
    assert (rejection.answerable, rejection.answers, len(rejection.documents)) == (False, (), 5)
    false = items["rgb-007-counterfactual"]
    assert (false.answers, false.gold) == (("Ann",), ())
    assert not any("Ann" in suite.documents[name] for name in false.documents)
    dated = items["rgb-008-noise"]
    assert dated.answers == ("May 3 2017", "May 3, 2017")
    assert shown(suite, dated) == ["May 3, 2017"]


def described(numbers: Sequence[int], truth: str, text: str = "Flaw number {n}.") -> list[dict[str, str]]:
    url = "https://nvd.nist.gov/vuln/detail/CVE-2021-{n:04d}"
    return [{"URL": url.format(n=n), "Description": text.format(n=n), "Prompt": "", "GT": truth} for n in numbers]


def test_rcm_trains_on_2021_without_twins_and_its_corpus_has_no_dev_or_test_label(data: Path) -> None:
    train = [*described(range(20), "CWE-79"), *described([90, 91], "CWE-79", "The same."), *described([0], "CWE-20")]
    put(data / "cti_bench" / "cti-rcm-2021.tsv.gz", table(train))
    put(
        data / "cti_bench" / "cti-rcm.tsv.gz",
        table([*described([500], "CWE-9"), *described([501], "CWE-79", "flaw  NUMBER 3.")]),
    )
    suite = load("cti_rcm")
    # 20 numbers, one of the two twins, without number 3 (its text is in the test) and the second number 0: 20
    assert (len(suite.train), len(suite.dev), len(suite.test)) == (18, 2, 2)
    assert suite.labels == ("CWE-9", "CWE-79")
    assert set(suite.documents) == {item.id for item in suite.train}
    assert set(suite.labelled.values()) == {"CWE-79"}
    assert "1 labels of the test, of 1 of its 2 items, are never in train" in suite.note
    assert suite.test[0].asked(Regime.CORPUS).text == "Flaw number 500."


def test_vsp_answers_with_the_vector(data: Path) -> None:
    vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
    put(data / "cti_bench" / "cti-vsp.tsv.gz", table(described(range(10), vector)))
    suite = load("cti_vsp")
    assert (len(suite.train), len(suite.dev), len(suite.test)) == (4, 1, 5)
    assert all(item.answers == (vector,) for item in everything(suite))
    assert set(suite.labelled) == {item.id for item in suite.train}


def choices(numbers: Sequence[int], key: str, answer: str = "b") -> list[dict[str, str]]:
    options = {f"Option {letter}": f"choice {letter}" for letter in "ABCD"}
    return [{"URL": f"https://x.org/{n // 2}", "Question": f"Question {n}?", **options, key: answer} for n in numbers]


def test_multiple_choice_shows_its_options_and_keeps_a_page_on_one_side(data: Path) -> None:
    put(data / "cti_bench" / "cti-mcq.tsv.gz", table([*choices(range(20), "GT"), *choices([5], "GT")]))
    suite = load("cti_mcq")
    assert len(everything(suite)) == 20
    assert "1 rows are left out" in suite.note
    assert {i.cluster for i in suite.train} & {i.cluster for i in (*suite.dev, *suite.test)} == set()
    item = suite.test[0]
    assert item.question.endswith("?\nA) choice A\nB) choice B\nC) choice C\nD) choice D")
    assert item.label == "B"
    assert set(suite.documents) == {item.id for item in suite.train}
    assert all(text.endswith("?\nAnswer: choice B\n") for text in suite.documents.values())


@pytest.mark.parametrize("task", ["cwet", "maet"])
def test_secure_leaves_out_questions_without_a_right_letter(data: Path, task: str) -> None:
    rows = [*choices(range(20), "Correct Answer", "C"), *choices([30], "Correct Answer", "")]
    put(data / "secure" / f"{task.upper()}.tsv.gz", table(rows))
    suite = load(f"secure_{task}")
    assert len(everything(suite)) == 20
    assert {item.label for item in everything(suite)} == {"C"}


def test_secure_statements_come_with_their_record_and_without(data: Path) -> None:
    rows = [
        {
            "URL": f"https://x.org/CVE-2024-{n // 2}.json",
            "Prompt": f"You are given the following JSON data as context: {json.dumps({'id': n // 2, 'vendor': 'V'})}  "
            "Based on the context, you have to analyze",
            "Question": f"Statement {n}.",
            "Correct Answer": "TF"[n % 2],
        }
        for n in range(20)
    ]
    put(data / "secure" / "KCV.tsv.gz", table(rows))
    put(data / "secure" / "VOOD.tsv.gz", table([row | {"Correct Answer": "X"} for row in rows]))
    known, unknown = load("secure_kcv"), load("secure_vood")
    assert len(everything(known)) == len(unknown.test) == 20
    for item in everything(known):
        assert item.label == ("False" if int(item.id[-4:]) % 2 else "True")
        assert suite_text(known, item) == f'{{\n "id": {int(item.id[-4:]) // 2},\n "vendor": "V"\n}}'
    pairs = {item.id.replace("kcv", "vood"): item.question for item in everything(known)}
    assert {item.id: item.question for item in unknown.test} == pairs
    assert {(item.label, item.answerable) for item in unknown.test} == {("Unknown", False)}


def suite_text(suite: Suite, item: Item) -> str:
    return suite.documents[item.documents[0]]


def advisory(number: int) -> dict[str, Any]:
    def weakness(cve: str, cwe: str, score: float, vector: str) -> dict[str, Any]:
        return {
            "cve": cve,
            "cwe": {"id": cwe, "name": "A weakness"},
            "notes": [
                {
                    "category": "summary",
                    "title": "Vulnerability Summary",
                    "text": f"It is bad. A CVSS v3 base score of {score} has been assigned; the vector is ({vector}).",
                }
            ],
            "product_status": {"known_affected": ["P1"]},
            "remediations": [
                {"category": "vendor_fix", "details": "Update to version 2.4.1 or later.", "product_ids": ["P1"]}
            ],
            "scores": [{"cvss_v3": {"baseScore": score, "baseSeverity": "HIGH", "vectorString": f"CVSS:3.1/{vector}"}}],
        }

    return {
        "document": {
            "title": f"Vendor{number} Pump",
            "tracking": {"id": f"ICSA-{number:02d}", "initial_release_date": "2021-03-09T07:00:00Z"},
            "notes": [
                {"category": "summary", "title": "Risk evaluation", "text": "Code may\nbe run."},
                {"category": "other", "title": "Countries/areas deployed", "text": "Worldwide"},
            ],
        },
        "product_tree": {
            "branches": [
                {
                    "category": "vendor",
                    "name": f"Vendor{number}",
                    "branches": [
                        {
                            "category": "product_name",
                            "name": "Pump",
                            "branches": [
                                {
                                    "category": "product_version_range",
                                    "name": "<=2.3",
                                    "product": {"product_id": "P1", "name": "Pump: <=2.3"},
                                }
                            ],
                        }
                    ],
                }
            ]
        },
        "vulnerabilities": [
            weakness(f"CVE-2021-{number:02d}01", "CWE-79", 9.8, "AV:N/AC:L"),
            weakness(f"CVE-2021-{number:02d}02", "CWE-787", 9.8, "AV:L/AC:H"),
        ],
    }


def test_csaf_asks_for_fields_where_they_are_printed(data: Path) -> None:
    for number in range(20):
        put(data / "cisa_csaf" / "OT" / f"icsa-{number:02d}.json", advisory(number))
    suite = load("csaf")
    items = everything(suite)
    # 12 facts an advisory (date, risk, vendor, version, and four for each of two CVEs), a third as many of another's
    assert [len(part) for part in (suite.train, suite.dev, suite.test)] == [10 * 16, 3 * 16, 7 * 16]
    assert sum(not item.answerable for item in items) * 4 == len(items)
    facts = {(item.cluster, item.kind, item.question.count("02")): item for item in items if item.answerable}
    assert len({item.question for item in items if item.kind == "vendor"}) == 3
    for item in items:
        assert item.cluster in item.named or f"“{suite_text(suite, item).splitlines()[0]}”" in item.named
        places = shown(suite, item)
        if not item.answerable:
            cve = next(word for word in item.question.rstrip("?").split() if word.startswith("CVE")).strip(",.")
            assert cve not in suite_text(suite, item)
        elif item.kind == "vector":
            assert {place.removeprefix("CVSS:3.1/") for place in places} == {item.answers[1]}
            assert len(places) == 2  # the summary's and the structured one
        elif item.kind == "score":
            assert places == ["9.8", "9.8"]
        elif item.kind == "fixed version":
            assert places == ["2.4.1", "2.4.1"]  # the same line is printed for both vulnerabilities
            assert "version 2.4.1" in item.answers
        else:
            assert places[0] == item.answers[0]
    assert facts["ICSA-03", "affected version", 0].answers[:2] == ("<=2.3", "2.3 and prior")
    assert facts["ICSA-03", "risk evaluation", 0].answers == ("Code may be run.",)
    assert "2021-03-09" in facts["ICSA-03", "release date", 0].answers


CONTRACT = """MAINTENANCE AGREEMENT

This agreement is made on the 8th day of May, 2014 between Ash{n} Inc. and Birch{n} Corp.
It starts on the Effective Date and runs for two (2) years. It is renewed for successive terms of twelve (12) months,
unless a party gives thirty (30)
days notice.
It is governed by the laws of the State of Nevada.
"""


def contracts(data: Path, count: int) -> None:
    columns = {
        "Document Name": (["MAINTENANCE AGREEMENT"], "MAINTENANCE AGREEMENT"),
        "Agreement Date": (["8th day of May, 2014"], "5/8/14"),
        "Effective Date": ([], ""),
        "Expiration Date": (["It starts on the Effective Date and runs for two (2) years."], "5/8/16"),
        "Renewal Term": (["renewed for successive terms of twelve (12) months"], "successive 1 year"),
        "Notice Period To Terminate Renewal": (["unless a party gives thirty (30) days notice"], "30 days"),
        "Governing Law": (["It is governed by a clause that is elsewhere."], "Nevada"),
    }
    rows = []
    for n in range(count):
        row = {"Filename": f"Company{n}_2014_EX-10.PDF"}
        for column, (quotes, answer) in columns.items():
            if column == "Governing Law" and n % 2:
                quotes = ["It is governed by the laws of the State of Nevada."]
            row[column] = repr(quotes)
            row[f"{column}-{' ' if column.startswith('Notice') else ''}Answer"] = answer
        row["Parties-Answer"] = f'Ash{n} Inc. ("Ash", "A"); Birch{n} Corp. ("Birch")("Party" and together "Parties")'
        rows.append(row)
    put(data / "cuad" / "master_clauses.csv.gz", table(rows, ","))
    put(data / "cuad" / "filename_map.json", {"Company0_2014_EX-10.PDF": "Company0_renamed.txt"})
    names = ["Company0_renamed.txt", *(f"Company{n}_2014_EX-10.txt" for n in range(1, count))]
    texts = {f"full_contract_txt/{name}": CONTRACT.format(n=n).encode() for n, name in enumerate(names)}
    archive(data / "cuad" / "full_contract_txt.tar.gz", texts)
    tests = [{"snippets": [{"file_path": f"cuad/Company{n}_2014_EX-10.txt"}]} for n in range(1, count, 3)]
    put(data / "legalbench_rag_mini" / "benchmarks" / "cuad.json", {"tests": tests})


def test_cuad_keeps_the_answers_that_are_printed_in_their_clause(data: Path) -> None:
    contracts(data, 30)
    suite = load("cuad")
    by_kind: dict[str, list[Item]] = {}
    for item in everything(suite):
        by_kind.setdefault(item.kind, []).append(item)
    assert "Expiration Date" not in by_kind  # computed: no date is printed in the clause
    assert by_kind["Agreement Date"][0].answers[0] == "8th day of May, 2014"
    assert by_kind["Renewal Term"][0].answers[:2] == ("twelve (12) months", "12 months")
    notice = by_kind["Notice Period To Terminate Renewal"][0]
    assert notice.answers == ("thirty (30) days", "30 days", "thirty days")
    assert shown(suite, notice) == ["unless a party gives thirty (30)\ndays notice"]
    assert all(int(item.cluster.removeprefix("Company").split("_")[0]) % 2 for item in by_kind["Governing Law"])
    assert by_kind["Governing Law"][0].answers == ("Nevada", "State of Nevada", "the State of Nevada")
    assert not any(item.answerable for item in by_kind["Effective Date"])
    for part in (suite.train, suite.dev, suite.test):
        answerable = sum(item.answerable for item in part)
        assert len(part) - answerable == min(round(answerable / 3), len({item.cluster for item in part}))
    assert "whose answer is not printed in the clause" in suite.note
    assert "whose quote is not found" in suite.note


def test_cuad_names_contracts_by_title_and_parties_and_never_trains_on_the_benchmark(data: Path) -> None:
    contracts(data, 30)
    suite = load("cuad")
    for item in everything(suite):
        n = int(item.cluster.removeprefix("Company").split("_")[0])
        if item.kind == "Document Name":
            assert item.named == f"What is the title of the agreement between Ash{n} Inc. and Birch{n} Corp.?"
        else:
            assert item.named.startswith(f"In the Maintenance Agreement between Ash{n} Inc. and Birch{n} Corp., ")
    trained = {int(i.cluster.removeprefix("Company").split("_")[0]) for i in (*suite.train, *suite.dev)}
    assert trained
    assert trained.isdisjoint(range(1, 30, 3))


@pytest.mark.parametrize(
    ("answer", "clause", "first"),
    [
        ("5/8/14", "made on May 8, 2014,", "May 8, 2014"),
        ("5/8/14", "the 8th  day of May 2014", "8th day of May 2014"),
        ("2/17/16", "17t h day of February 2016", "17t h day of February 2016"),
        ("5/8/14", "as of 05/08/2014", "05/08/2014"),
        ("7/11/06", "July 11 , 2006", "July 11 , 2006"),
        ("11/5/2019", "dated 2019-11-05", "2019-11-05"),
        ("9/3/99", "on Sept. 3, 1999", "Sept. 3, 1999"),
        ("5/8/14", "May 18, 2014 or May 8, 2015", None),
        ("[]/[]/2014", "in 2014", None),
    ],
)
def test_a_date_is_found_as_it_is_printed(answer: str, clause: str, first: str | None) -> None:
    assert (printed.dates(answer, clause) or (None,))[0] == first


@pytest.mark.parametrize(
    ("answer", "clause", "first"),
    [
        ("30 days", "upon thirty (30) days notice", "thirty (30) days"),
        ("90 days", "within ninety days", "ninety days"),
        ("45 days", "forty-five (45) business days", "forty-five (45) business days"),
        ("successive 1 year", "additional one-year terms", "one-year"),
        ("2 years", "a period of 24 months", "24 months"),
        ("150 days", "one hundred and fifty days", "one hundred and fifty days"),
        ("120 days", "one hundred twenty (120) days", "one hundred twenty (120) days"),
        ("30 days", "within 130 days", None),
        ("perpetual", "for ever", None),
        ("3 years; 5 years", "three years", None),
    ],
)
def test_a_duration_is_found_as_it_is_printed(answer: str, clause: str, first: str | None) -> None:
    assert (printed.durations(answer, clause) or (None,))[0] == first


@pytest.mark.parametrize(
    ("answer", "clause", "accepted"),
    [
        ("Nevada", "laws of the State of NEVADA", ("NEVADA", "Nevada", "State of Nevada", "the State of Nevada")),
        ("Ontario, Canada", "the laws of Ontario", ("Ontario", "Ontario, Canada")),
        ("England; Wales", "the law of England and Wales", ("England and Wales",)),
        ("People's Republic of China", "laws of the PRC", ("PRC", "People's Republic of China", "China")),
        ("Nevada", "the laws thereof", ()),
        ("Illinois; New York", "Illinois or New York", ()),
    ],
)
def test_a_law_is_found_as_it_is_printed(answer: str, clause: str, accepted: tuple[str, ...]) -> None:
    assert printed.laws(answer, clause)[: len(accepted)] == accepted
    assert bool(printed.laws(answer, clause)) == bool(accepted)


def test_numbers_in_words_and_dates_in_forms() -> None:
    assert [printed.spelt(n) for n in (7, 20, 30, 45, 180, 181)] == [
        "seven",
        "twenty",
        "thirty",
        "forty-five",
        "one hundred eighty",
        "",
    ]
    assert printed.forms(date(2014, 5, 8)) == ("May 8, 2014", "8 May 2014", "2014-05-08")
