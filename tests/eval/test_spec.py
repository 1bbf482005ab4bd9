import os
from pathlib import Path

import pytest

from citebound.eval import spec
from citebound.eval.spec import SuiteAbsent, available, load, read
from citebound.eval.suite import Regime, SuiteError, Task

DATA = Path(os.environ.get("CITEBOUND_DATA", spec.DATA))
LEAST = 'adapter = "squad2"\ntask = "extract"\nregimes = ["given"]\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_declared_suite_has_defaults_for_what_is_not_said(tmp_path: Path) -> None:
    given = read(written(tmp_path, LEAST))
    assert (given.name, given.title, given.task, given.regimes) == ("mine", "mine", Task.EXTRACT, (Regime.GIVEN,))
    assert (given.own, given.note, given.prompts.question) == (False, "", "Question: {question}")


def test_the_data_folder_is_a_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, LEAST + 'data = "${CITEBOUND_DATA}/squad2_subset"\n')
    monkeypatch.delenv("CITEBOUND_DATA", raising=False)
    assert read(path).data == Path("../shared/data/squad2_subset")
    monkeypatch.setenv("CITEBOUND_DATA", str(tmp_path))
    assert read(path).data == tmp_path / "squad2_subset"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LEAST + "labls = 1\n", r"mine\.toml: unknown key 'labls'"),
        (LEAST + '[prompts]\nprofil = "x"\n', r"mine\.toml: unknown key 'prompts.profil'"),
        (LEAST + "[prompts.words]\nYes = 1\n", r"mine\.toml: prompts.words.Yes must be a str"),
        (LEAST + 'own = "yes"\n', r"mine\.toml: own must be a bool"),
        (LEAST.replace("squad2", "squad9"), r"mine\.toml: there is no adapter 'squad9'"),
        (LEAST.replace("extract", "translate"), r"mine\.toml: 'translate' is not a valid Task"),
        (LEAST.replace('["given"]', "[]"), r"mine\.toml: `regimes` names none"),
        (LEAST.replace('task = "extract"\n', ""), r"mine\.toml: the key 'task' is missing"),
        ("adapter = ", r"mine\.toml: "),
    ],
)
def test_a_wrong_file_is_named_with_its_key(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SuiteError, match=message):
        read(written(tmp_path, text))


@pytest.mark.parametrize("options", ["passges = 4", "passages = 2.5", "passages = 0", "noise = 1.0"])
def test_an_option_that_the_adapter_does_not_take_is_refused(tmp_path: Path, options: str) -> None:
    text = LEAST.replace("squad2", "rgb") + f"[options]\n{options}\n"
    with pytest.raises(SuiteError, match=r"mine\.toml.*pass|mine\.toml.*noise"):
        load(written(tmp_path, text))


def test_a_suite_without_its_data_is_absent_and_says_what_to_set(tmp_path: Path) -> None:
    path = written(tmp_path, LEAST + f'data = "{tmp_path}/nowhere"\n')
    with pytest.raises(SuiteAbsent, match=r"mine: skipped, no data in .*nowhere") as caught:
        load(path)
    assert "CITEBOUND_DATA" in caught.value.remedy


DERIVED = 'of = "base"\nvariant = "counterfactual"\n'


def test_a_variant_is_the_suite_it_is_of_under_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(LEAST + 'title = "Base"\nnote = "Old."\n', "utf-8")
    given = read(written(tmp_path, DERIVED + 'note = "New."\n'))
    assert (given.name, given.adapter, given.variant) == ("mine", "squad2", "counterfactual")
    assert (given.title, given.note) == ("Base (counterfactual)", "Old. New.")
    assert (given.path, given.regimes) == (tmp_path / "base.toml", (Regime.GIVEN,))
    assert read(tmp_path / "base.toml").variant == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (DERIVED + 'task = "label"\n', r"mine\.toml: unknown key 'task'"),
        (DERIVED.replace("counterfactual", "upside_down"), r"mine\.toml: there is no variant 'upside_down'"),
        ('variant = "counterfactual"\n', r"mine\.toml: the key 'of' is missing"),
        (DERIVED + 'regimes = ["corpus"]\n', r"mine\.toml: 'base' has no regime 'corpus'"),
        (DERIVED.replace('"base"', '"other"'), r"there is no suite .*other\.toml"),
        (DERIVED.replace('"base"', '"twice"'), r"mine\.toml: 'twice' is a variant itself"),
    ],
)
def test_a_wrong_variant_is_named_with_its_key(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "base.toml").write_text(LEAST, "utf-8")
    (tmp_path / "twice.toml").write_text(DERIVED, "utf-8")
    with pytest.raises(SuiteError, match=message):
        read(written(tmp_path, text))


@pytest.mark.parametrize("name", ["cuad_masked", "cuad_counterfactual"])
def test_a_variant_has_the_items_of_its_suite(name: str) -> None:
    try:
        suite, base = load(name), load("cuad")
    except SuiteAbsent as absent:
        pytest.skip(str(absent))
    known = {item.id: item for item in (*base.train, *base.dev, *base.test)}
    for item in (*suite.train, *suite.dev, *suite.test):
        assert (known[item.id].cluster, known[item.id].answerable) == (item.cluster, item.answerable)
    assert len(suite.documents) == len(base.documents)
    assert suite.sha256 != base.sha256


def test_an_unknown_suite_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(SuiteError, match="there is no suite 'nosuch'") as caught:
        load("nosuch")
    assert "contractnli" in caught.value.remedy
    with pytest.raises(SuiteError, match=r"there is no suite nosuch\.toml"):
        load("nosuch.toml")


@pytest.mark.parametrize("name", available())
def test_every_declared_suite_tells_its_task_to_generators(name: str) -> None:
    given = read(spec.SUITES / f"{name}.toml")
    assert given.name == name
    assert "\n" not in given.prompts.bare
    assert len(given.prompts.bare) > 20
    assert 3 <= len(given.prompts.profile.strip().splitlines()) <= 6
    assert given.prompts.question.count("{question}") == 1
    if given.task is Task.EXTRACT and name != "cti_vsp":  # every CVE can be rated
        assert "Not found" in given.prompts.bare
    words = list(given.prompts.words.values())
    assert len(set(words)) == len(words)


@pytest.mark.parametrize("name", [n for n in available() if n != "demo"])
def test_the_published_data_makes_a_sound_suite(name: str) -> None:
    try:
        suite = load(name)
    except SuiteAbsent as absent:
        pytest.skip(str(absent))
    assert len(suite.test) >= 100
    assert not suite.own
    assert all(text.strip() for text in suite.documents.values())
    # systems know a document by its text: two names for one text would be one document
    assert len(set(suite.documents.values())) == len(suite.documents)
    if suite.prompts.words:
        assert set(suite.prompts.words) == set(suite.labels)
    for item in (*suite.train, *suite.dev, *suite.test):
        places = [" ".join(p.span.of(suite.documents[p.document]).split()).lower() for p in item.gold]
        assert all(places), item.id
        if item.answers and places:
            assert any(" ".join(a.lower().split()) in " ".join(places) for a in item.answers), item.id


@pytest.mark.skipif(not DATA.is_dir(), reason=f"skipped, no data in {DATA} (set CITEBOUND_DATA)")
@pytest.mark.parametrize(
    ("name", "train", "dev", "test"),
    [
        # counts of each folder's README: 42, 41 and 81 documents by 17 hypotheses; 515 queries; 755 questions; 667 CVEs
        ("contractnli", 42 * 17, 41 * 17, 81 * 17),
        ("legalbench_rag_mini", 0, 160, 355),
        ("squad2", 0, 0, 755),
        ("cti_rcm", None, None, 667),
        ("secure_vood", 0, 0, 312),
    ],
)
def test_nothing_of_the_published_test_sets_is_lost(name: str, train: int | None, dev: int | None, test: int) -> None:
    suite = load(name)
    assert len(suite.test) == test
    if train is not None:
        assert (len(suite.train), len(suite.dev)) == (train, dev)


def test_the_demo_suite_always_loads() -> None:
    suite = load("demo")
    assert suite.own
    assert len(suite.test) == 96
    assert len(suite.files) == len(suite.documents) == 6
    assert all(bool(item.gold) == item.answerable for item in suite.test)


@pytest.mark.parametrize("of", ["loop", "other"])
def test_a_variant_of_itself_or_of_a_variant_is_refused(tmp_path: Path, of: str) -> None:
    for name in ("loop", "other"):
        (tmp_path / f"{name}.toml").write_text(f'of = "{of}"\nvariant = "masked_names"\n')
    with pytest.raises(SuiteError, match="is a variant itself"):
        spec.read(tmp_path / "loop.toml")
