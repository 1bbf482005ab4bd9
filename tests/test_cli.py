"""The command line as a user meets it: outputs, exit codes, one message with a remedy and never a traceback."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import typer

from citebound import cli, cli_models
from citebound.config import Config
from tests.conftest import Ended, Run

MSA = """# Master Agreement

## 1. Payment

The Customer shall pay each invoice within thirty (30) days after receipt.

## 2. Liability

The total liability of the Provider shall not exceed USD 1,500,000.
"""
NDA = "1. Term\n\nThis agreement expires on September 9, 2026.\n"
QUESTION = "Within how many days shall the Customer pay each invoice?"


@pytest.fixture
def filled(run: Run, tmp_path: Path) -> Run:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "msa.md").write_text(MSA)
    (folder / "nda.txt").write_text(NDA)
    assert run("ingest", "docs", "--label", "matter=alpha").code == 0
    return run


def commands(group: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = [path]
    for name, command in getattr(group, "commands", {}).items():
        found += commands(command, (*path, name))
    return found


@pytest.mark.parametrize("path", commands(typer.main.get_command(cli.app)), ids=" ".join)
def test_every_command_has_help(run: Run, path: tuple[str, ...]) -> None:
    for flag in ("--help", "-h"):
        ended = run(*path, flag)
        assert ended.code == 0
        assert "Usage:" in ended.out
        assert "--help" in ended.out


def test_the_version_is_printed(run: Run) -> None:
    assert run("--version").out.startswith("citebound 0.")


# -- documents in and out -----------------------------------------------------------------------------------------


def write_mixed(folder: Path) -> None:
    folder.mkdir()
    (folder / "good.txt").write_text(MSA)
    (folder / "empty.txt").write_bytes(b"")
    (folder / "torn.pdf").write_bytes(b"%PDF-1.7\n1 0 obj\n<<")
    (folder / "program.txt").write_bytes(b"\x7fELF" + bytes(range(256)) * 20)
    (folder / "old.doc").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))


def test_an_ingest_with_broken_files_takes_the_good_ones_lists_the_others_and_says_so(run: Run, tmp_path: Path) -> None:
    write_mixed(tmp_path / "mixed")
    ended = run("ingest", "mixed", "missing.txt")
    assert ended.code == 1
    for name in ("empty.txt", "torn.pdf", "program.txt", "old.doc", "missing.txt"):
        assert name in ended.err
    assert ended.err.count("what to do:") == 5
    assert "1 ok" in ended.out
    assert run("search", "invoice", "--json").json[0]["source"]["path"].endswith("good.txt")


def test_an_ingest_as_json_lists_every_file_and_prints_nothing_else(run: Run, tmp_path: Path) -> None:
    write_mixed(tmp_path / "mixed")
    ended = run("ingest", "mixed", "--json")
    assert ended.code == 1
    files = {Path(file["path"]).name: file for file in ended.json["files"]}
    assert {name for name, file in files.items() if file["status"] == "ok"} == {"good.txt"}
    assert all(file["reason"] and file["remedy"] for name, file in files.items() if name != "good.txt")


def test_a_second_ingest_of_the_same_files_says_that_they_are_unchanged(filled: Run) -> None:
    ended = filled("ingest", "docs")
    assert ended.code == 0
    assert "2 unchanged" in ended.out


def test_a_folder_without_files_is_no_success(run: Run, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    ended = run("ingest", "nothing")
    assert ended.code == 1
    assert "no files found" in ended.err


def test_a_line_of_five_megabytes_is_taken_or_refused_with_a_reason(run: Run, tmp_path: Path) -> None:
    (tmp_path / "line.txt").write_text("word " * 1_048_576)
    ended = run("ingest", "line.txt", "--json")
    (file,) = ended.json["files"]
    assert file["status"] == "too_large"
    assert "5,000,000 characters" in file["reason"]
    assert file["remedy"]
    assert ended.code == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_reported(run: Run, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o000)
    ended = run("ingest", "closed")
    assert ended.code == 1
    assert "closed" in ended.err
    (tmp_path / "closed").chmod(0o700)


def test_a_collection_where_a_file_is_in_the_way_is_a_storage_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    ended = run("ingest", "file", "-c", "./file/c")
    assert ended.code == 4
    assert "Not a directory" in ended.err
    assert "what to do:" in ended.err
    assert (tmp_path / "file").read_text() == "mine"


def test_documents_are_listed_and_shown(filled: Run) -> None:
    assert "docs/msa.md" in filled("documents", "list").out
    listed = filled("documents", "list", "--json").json
    assert {row["state"] for row in listed} == {"vectors"}
    assert {Path(s["path"]).name: dict(s["labels"]) for row in listed for s in row["sources"]} == {
        "msa.md": {"matter": "alpha"},
        "nda.txt": {"matter": "alpha"},
    }
    assert "2 Liability" in filled("documents", "show", "msa.md").out
    assert filled("documents", "show", "msa.md", "--text").out == MSA
    shown = filled("documents", "show", "msa.md", "--json").json
    assert shown["text"] == MSA
    assert shown["info"]["id"] == next(row["id"] for row in listed if row["title"] == "Master Agreement")


def test_forgetting_says_what_went_from_where(filled: Run) -> None:
    removed = filled("forget", "nda.txt", "--json").json
    assert removed["sources"] == 1
    assert removed["chunks"] >= 1
    assert "none found" in removed["verified"]
    assert filled("forget", "msa.md").out.splitlines()[0].split() == ["sources", "1"]
    assert filled("documents", "list", "--json").json == []


# -- questions ----------------------------------------------------------------------------------------------------


def test_hits_are_printed_with_their_place_and_why(filled: Run) -> None:
    ended = filled("search", "total liability of the Provider", "--k", "1", "--why")
    assert "msa.md" in ended.out
    assert "shall not exceed USD 1,500,000" in ended.out
    assert "dense rank 1" in ended.out
    (hit,) = filled("search", "total liability of the Provider", "--k", "1", "--json").json
    span = hit["chunk"]["span"]
    assert MSA[span["start"] : span["end"]] == hit["chunk"]["text"]
    assert {why["stage"] for why in hit["why"]} == {"dense", "lexical", "dense synonyms", "lexical synonyms"}


def test_passages_keep_to_the_budget(filled: Run) -> None:
    passages = filled("search", "invoice liability", "--budget", "90", "--json").json
    assert 0 < sum(len(passage["text"]) for passage in passages) <= 90
    assert passages[0]["text"].split()[0] in filled("search", "invoice liability", "--budget", "90").out


def test_filters_narrow_the_search(filled: Run) -> None:
    assert "nothing found" in filled("search", "invoice", "-f", "source:none*").out
    assert (
        filled("search", "agreement", "-f", "label.matter:alpha -source:*.md", "--json")
        .json[0]["source"]["path"]
        .endswith("nda.txt")
    )


def test_an_answer_without_a_model_is_a_quote_with_its_place(filled: Run) -> None:
    answer = filled("ask", QUESTION, "--no-llm", "--json").json
    assert answer["outcome"] == "answered"
    citation = answer["citations"][0]
    assert MSA[citation["span"]["start"] : citation["span"]["end"]] == citation["quote"]
    aloud = filled("ask", QUESTION, "--no-llm")
    assert aloud.code == 0
    assert "thirty (30) days" in aloud.out
    assert "[1]" in aloud.out
    assert "msa.md" in aloud.out


def test_what_is_not_in_the_documents_is_said_to_be_not_found(filled: Run) -> None:
    ended = filled("ask", "Which premium insures volcanic eruptions?", "--no-llm")
    assert ended.code == 0
    assert "Not found in these documents" in ended.out


def chunk_ids(hits: Ended) -> list[str]:
    return [hit["chunk"]["id"] for hit in hits.json]


# -- scorers ------------------------------------------------------------------------------------------------------


def write_labels(folder: Path, name: str = "kind.csv", *, random: bool = False) -> None:
    rows = [
        f"The Customer shall pay invoice {n}.,payment\nThe total liability is capped at {n}.,risk" for n in range(9)
    ]
    if random:
        rows = [f"Word {n}.,{'payment' if n % 2 else 'risk'}" for n in range(40)]
    (folder / name).write_text("\n".join(["text,label", *rows]) + "\n")


def test_a_scorer_is_trained_listed_applied_and_removed(filled: Run, tmp_path: Path) -> None:
    write_labels(tmp_path)
    trained = filled("scorer", "train", "kind.csv")
    assert trained.code == 0
    for said in ("18 texts", "accuracy", "always 'payment'", "precision", "stored in indexes/.scorers/kind"):
        assert said in trained.out
    assert trained.err.strip() == ""
    (listed,) = filled("scorer", "list", "--json").json
    assert (listed["name"], listed["classes"], listed["figures"]["better"]) == ("kind", ["payment", "risk"], True)
    assert "payment, risk" in filled("scorer", "list").out
    places = filled("scorer", "apply", "kind", "--document", "msa.md", "--label", "risk", "--json").json
    assert places[0]["section"].endswith("2 Liability")
    span = places[0]["span"]
    assert "shall not exceed USD 1,500,000" in MSA[span["start"] : span["end"]]
    assert (places[0]["score"]["label"], places[0]["source"]["labels"]) == ("risk", [["matter", "alpha"]])
    aloud = filled("scorer", "apply", "kind", "--label", "risk", "--k", "1").out
    assert "msa.md" in aloud
    assert "1 of " in aloud
    assert len(filled("scorer", "apply", "kind", "--unit", "document", "--json").json) == 2
    texts = ["--text", "The Customer shall pay.", "--text", "The total liability is capped."]
    assert [row["label"] for row in filled("scorer", "apply", "kind", *texts, "--json").json] == ["payment", "risk"]
    assert filled("scorer", "apply", "kind", *texts).out.startswith("payment ")
    assert filled("scorer", "remove", "kind").out == "kind removed\n"
    assert filled("scorer", "list", "--json").json == []


def test_a_scorer_that_is_no_better_than_the_majority_is_kept_with_a_warning(run: Run, tmp_path: Path) -> None:
    write_labels(tmp_path, random=True)
    trained = run("scorer", "train", "kind.csv", "--name", "noise", "--json")
    assert trained.code == 0
    assert trained.json["figures"]["better"] is False
    assert "not shown to be better than always giving" in trained.err
    assert (tmp_path / trained.json["folder"] / "weights.npz").is_file()


def test_a_scorer_is_replaced_only_when_that_is_said(run: Run, tmp_path: Path) -> None:
    write_labels(tmp_path)
    assert run("scorer", "train", "kind.csv").code == 0
    refused = run("scorer", "train", "kind.csv")
    assert refused.code == 2
    assert "--replace" in refused.err
    assert run("scorer", "train", "kind.csv", "--replace").code == 0


# -- the index and the settings -----------------------------------------------------------------------------------


def test_the_index_is_looked_after(filled: Run) -> None:
    assert "documents: 2" in filled("index", "stats").out
    assert filled("index", "stats", "--json").json["generation"] == 1
    checked = filled("index", "check", "--json")
    assert (checked.code, checked.json["problems"], checked.json["recall"]) == (0, [], 1.0)
    assert filled("index", "rebuild").out == "generation 2 published\n"
    assert filled("index", "compact").out == "generation 2, compacted\n"
    assert filled("index", "check").code == 0


def test_a_damaged_index_is_worked_around_reported_and_mended(
    filled: Run, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "indexes" / "default" / "gen-1" / "vectors.faiss"
    before = chunk_ids(filled("search", "invoice", "--json"))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)
    assert chunk_ids(filled("search", "invoice", "--json")) == before
    assert "`citebound index rebuild` mends it" in caplog.text
    checked = filled("index", "check")
    assert checked.code == 1
    assert "citebound index rebuild" in " ".join(checked.out.split())
    assert filled("index", "rebuild").code == 0
    assert filled("index", "check").code == 0


def test_a_damaged_store_is_a_storage_error_with_a_remedy(filled: Run, tmp_path: Path) -> None:
    path = tmp_path / "indexes" / "default" / "store.db"
    data = path.read_bytes()
    path.write_bytes(data[:100] + bytes(len(data) - 100))
    for command in (["search", "invoice"], ["ask", QUESTION, "--no-llm"], ["documents", "list"], ["index", "stats"]):
        ended = filled(*command)
        assert ended.code == 4
        assert str(Path("indexes/default/store.db")) in ended.err
        assert "backup" in ended.err


def test_settings_are_shown_with_where_they_come_from(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEBOUND_THREADS", "3")
    monkeypatch.setenv("CITEBOUND_API_KEY", "the secret")
    shown = run("config", "--json").json
    assert shown.keys() == Config.model_fields.keys()
    assert (shown["threads"]["value"], shown["threads"]["variable"]) == ("3", "CITEBOUND_THREADS")
    table = run("config").out
    assert "evidence_tokens" in table
    assert "the secret" not in table + json.dumps(shown)


def test_models_are_listed(run: Run) -> None:
    names = {row["name"] for row in run("models", "list", "--json").json}
    assert Config.model_fields["encoder"].default in names
    assert "all-minilm-l6-v2" in run("models", "list").out


# -- wrong use ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["search", "x", "-c", "nothing"], 4, "no collection 'nothing'"),
        (["ask", "x", "-c", "nothing"], 4, "Collections there: default"),
        (["search", "x", "-c", "a b"], 2, "not a name for a collection"),
        (["search", ""], 2, "the question is empty"),
        (["ask", " ?! ", "--no-llm"], 2, "the question is empty"),
        (["ask", "a" * 4001, "--no-llm"], 2, "4001 characters; the limit is 4000"),
        (["search", "x", "-f", "colour:red"], 2, "unknown filter field 'colour'"),
        (["search", "x", "-f", 'title:"open'], 2, "Close the quotation"),
        (["documents", "show", "nothing.txt"], 4, "no document 'nothing.txt'"),
        (["forget", "nothing.txt"], 4, "citebound documents list"),
        (["scorer", "train", "none.csv"], 2, "none.csv cannot be read"),
        (["scorer", "train", "docs/nda.txt"], 2, "does not name the columns text and label"),
        (["scorer", "apply", "none"], 4, "there is no scorer 'none'"),
        (["scorer", "remove", "../docs"], 4, "There are: none yet"),
        (["models", "pull", "no-such-model"], 3, "no-such-model"),
        (["models", "verify", "no-such-model"], 3, "no-such-model"),
    ],
)
def test_wrong_use_ends_in_a_message_a_remedy_and_a_code(
    filled: Run, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, said: str
) -> None:
    if arguments[0] == "models":
        monkeypatch.setattr(cli_models, "ensure", ENSURE)
    ended = filled(*arguments)
    assert ended.code == code
    assert said in ended.err
    assert "error: " in ended.err
    assert "what to do: " in ended.err
    assert ended.out == ""


ENSURE = cli_models.ensure


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["search"],
        ["search", "x", "--k", "0"],
        ["search", "x", "--budget", "none"],
        ["ingest"],
        ["ingest", "docs", "--label", "novalue"],
    ],
)
def test_what_is_no_command_ends_with_code_2(filled: Run, arguments: list[str]) -> None:
    ended = filled(*arguments)
    assert ended.code == 2
    assert "Usage:" in ended.err


def test_an_unknown_setting_ends_with_code_2_and_a_suggestion(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEBOUND_THREDS", "3")
    ended = run("config")
    assert ended.code == 2
    assert "CITEBOUND_THREDS" in ended.err
    assert "Did you mean 'threads'?" in ended.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("evidence_token = 3", "Did you mean 'evidence_tokens'?"),
        ('api_key = "x"', "CITEBOUND_API_KEY in the environment"),
        ("threads = [", "cannot be read"),
        ("threads = -1", "setting 'threads'"),
    ],
)
def test_a_wrong_settings_file_ends_with_code_2(run: Run, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "citebound.toml").write_text(text)
    ended = run("config")
    assert ended.code == 2
    assert said in ended.err


# -- interruption -------------------------------------------------------------------------------------------------

SLOW = """
import signal
import time
from citebound import cli, cli_models, collection
from tests.conftest import Ended, Run
from tests.fakes import WordHashEmbedder

class Slow(WordHashEmbedder):
    def embed(self, texts):
        print("embedding", flush=True)
        time.sleep(30)
        return super().embed(texts)

collection.open_encoder = lambda config: Slow()
cli_models.ensure = lambda *_, **__: None
signal.signal(signal.SIGINT, signal.default_int_handler)  # a runner in the background hands down an ignored one
cli.main()
"""


def test_ctrl_c_ends_at_once_with_code_130_and_keeps_what_was_committed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "msa.md").write_text(MSA)
    home = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(
        [sys.executable, "-c", SLOW, "ingest", "msa.md"],
        cwd=tmp_path, env=home, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout
        assert "embedding" in process.stdout.readline()
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=25)
    assert time.monotonic() - begun < 10
    assert process.returncode == 130
    assert "interrupted; what was committed is kept" in said
    assert "Traceback" not in said
    assert run("documents", "list", "--json").json[0]["state"] == "text"
    assert run("ingest", "msa.md").code == 0
    assert run("documents", "list", "--json").json[0]["state"] == "vectors"
