"""Profiles: what a kind of document declares, how it is read, and how a third kind comes by one file."""

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.errors import ConfigError
from citebound.ingest.facts import facts
from citebound.ingest.limits import Limits
from citebound.ingest.parse import parse
from citebound.ingest.profile import SHIPPED, Profile, detect, profiles, read

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "ingest" / "profiles"
SAMPLES = ROOT / "ingest" / "samples"

LEAST = """
name = "letters"
title = "Letters"
"""
POLICY = """# Acceptable Use Policy

**Policy owner:** Head of Information Security
**Version:** 2.3
**Effective date:** 1 February 2025

This Policy binds all employees of Marlow Freight Ltd.

## Logs

Access logs are retained for twelve (12) months and are then deleted with all backups.
"""


def written(folder: Path, text: str, name: str = "letters.toml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def field(pattern: str) -> str:
    return f"{LEAST}[fields.subject]\npatterns = ['''{pattern}''']\n"


def test_contracts_and_security_reports_are_shipped() -> None:
    assert [p.name for p in profiles()] == ["contracts", "security_reports"]


def test_a_kind_crosses_to_another_process_as_json_and_is_the_same() -> None:
    for profile in (*profiles(), read(EXAMPLE / "policies.toml")):
        assert Profile.from_json(profile.as_json()) == profile


def test_what_is_not_the_json_of_a_profile_is_a_config_error() -> None:
    for text in ("", "[]", "{", '{"name": 1}', '{"name": "x", "title": "X", "colour": "red"}'):
        with pytest.raises(ConfigError):
            Profile.from_json(text)


def test_a_third_kind_comes_by_one_file_with_a_field_and_a_clause() -> None:
    kinds = profiles(EXAMPLE)
    document = parse("acceptable-use.md", POLICY.encode(), Limits()).document
    kind = detect(document.title, document.text, document.info.media_type, kinds)
    assert kind is not None
    assert kind.name == "policies"
    found = facts(document.text, document.blocks, document.sections, kind)
    assert [(f.name, f.value) for f in found if f.name != "clause"] == [
        ("effective_date", "2025-02-01"),
        ("owner", "Head of Information Security"),
        ("version", "2.3"),
    ]
    (clause,) = [f for f in found if f.name == "clause"]
    assert clause.value == "data_retention"
    assert clause.span.of(document.text).startswith("Access logs are retained for twelve (12) months")


def test_the_samples_are_known_for_what_they_are() -> None:
    kinds = profiles(EXAMPLE)
    named = {}
    for path in sorted(SAMPLES.iterdir()):
        document = parse(path.name, path.read_bytes(), Limits()).document
        kind = detect(document.title, document.text, document.info.media_type, kinds)
        named[path.stem] = kind.name if kind else ""
    assert named == {
        "data-processing-addendum": "contracts",
        "incident-report": "security_reports",
        "master-services-agreement": "contracts",
        "msa-amendment-1": "contracts",
        "mutual-nda": "contracts",
        "penetration-test-report": "security_reports",
    }


def test_a_text_of_no_kind_has_none() -> None:
    assert detect("Minutes", "We met on Monday and had lunch.", "text/plain", profiles(EXAMPLE)) is None


def test_the_best_score_wins_and_the_name_decides_between_equals(tmp_path: Path) -> None:
    def kind(name: str, weight: int) -> Profile:
        text = f'name = "{name}"\ntitle = "x"\n[recognise]\npatterns = [{{ pattern = "dear", weight = {weight} }}]\n'
        return read(written(tmp_path, text, f"{name}.toml"))

    a, b, c = kind("a", 1), kind("b", 2), kind("c", 2)
    chosen = detect("", "Dear Sir", "text/plain", (c, b, a))
    assert chosen is b


def test_a_media_type_that_a_kind_does_not_name_is_not_of_it(tmp_path: Path) -> None:
    text = LEAST + '[recognise]\nmedia_types = ["text/html"]\npatterns = [{ pattern = "dear" }]\n'
    letters = read(written(tmp_path, text))
    assert detect("", "Dear Sir", "text/html", (letters,)) == letters
    assert detect("", "Dear Sir", "text/plain", (letters,)) is None


def test_a_users_own_file_replaces_the_shipped_kind_of_its_name(tmp_path: Path) -> None:
    written(tmp_path, 'name = "contracts"\ntitle = "Our contracts"\n')
    assert {p.name: p.title for p in profiles(tmp_path)} == {
        "contracts": "Our contracts",
        "security_reports": "Security reports",
    }


def test_two_files_of_one_name_in_one_folder_are_refused(tmp_path: Path) -> None:
    written(tmp_path, LEAST)
    written(tmp_path, LEAST, "more.toml")
    with pytest.raises(ConfigError, match="second profile 'letters'"):
        profiles(tmp_path)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(?P<value>x", "missing"),
        ("subject: x", 'no group "value"'),
        ("(?P<value>x.*)", "without an upper bound"),
        ("(?P<value>x+)", "without an upper bound"),
        ("(?P<value>x{3,})", "without an upper bound"),
        ("(?P<value>(?:ab{1,9}){1,9})", "repetition inside a repetition"),
        ("(?P<value>a{0,900}b{0,900}c)", "too many ways"),
        ("((((((((?P<value>x))))))))", "nested more than"),
        ("(?P<value>" + "x" * 4000 + ")", "more than 3000 characters"),
    ],
)
def test_a_bad_pattern_names_the_file_and_the_field(tmp_path: Path, pattern: str, why: str) -> None:
    path = written(tmp_path, field(pattern))
    with pytest.raises(ConfigError, match=why) as error:
        read(path)
    assert str(path) in str(error.value)
    assert "fields.subject.patterns" in str(error.value)


def test_a_plus_or_a_brace_that_is_meant_literally_is_no_repetition(tmp_path: Path) -> None:
    read(written(tmp_path, field(r"\+1[*+{]\{3,\} (?P<value>[^\]+]{1,80})")))


@pytest.mark.parametrize(
    "text",
    [
        "name = 'letters'\n",
        "name = 'Big Letters'\ntitle = 'x'\n",
        LEAST + "colour = 'red'\n",
        LEAST + "[structure]\nterms = 1\n",
        LEAST + "[fields.subject]\ntype = 'colour'\n",
        LEAST + "[fields.subject]\nwhere = 'nowhere'\n",
        LEAST + "[fields.subject]\nreach = -1\n",
        LEAST + "[fields.ends]\nsum = ['begins', 'term']\n",
        LEAST + "[clauses.greeting]\npatterns = ['dear']\n",
        LEAST + "[clauses.greeting]\nstems = ['dear']\npatterns = [1]\n",
        LEAST + "[recognise]\npatterns = [{ weight = 1 }]\n",
        LEAST + "[recognise]\npatterns = ['dear']\n",
        "name = ",
    ],
)
def test_a_wrong_or_misspelt_key_names_the_file(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as error:
        read(path)
    assert str(path) in str(error.value)
    assert error.value.remedy


def test_every_field_and_clause_says_how_people_ask_for_it() -> None:
    for profile in profiles():
        for part in (*profile.fields, *profile.clauses):
            if part.name != "role":
                assert part.words, f"{profile.name}.{part.name}"
                assert part.title


def test_every_key_of_a_field_is_kept_on_the_way_to_json() -> None:
    contracts = read(SHIPPED / "contracts.toml")
    again = Profile.from_json(contracts.as_json())
    for one, other in zip(contracts.fields, again.fields, strict=True):
        assert dataclasses.asdict(one) == dataclasses.asdict(other)


@given(title=st.text(max_size=200), text=st.text(max_size=500))
def test_detection_raises_on_no_text(title: str, text: str) -> None:
    detect(title, text, "text/plain", KINDS)


KINDS = profiles(EXAMPLE)
