"""What the README says must be so."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from citebound.cli import app
from citebound.config import Config
from citebound.errors import ConfigError
from citebound.eval.suite import Regime
from tests.eval import tiny

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def commands() -> set[str]:
    """All commands, groups as "group name"."""
    top = typer.main.get_command(app)
    made = set()
    for name, command in top.commands.items():  # type: ignore[attr-defined]
        children = getattr(command, "commands", None)
        if children:
            made |= {f"{name} {child}" for child in children}
        elif not command.hidden:
            made.add(name)
    return made


def test_every_command_is_in_the_readme_and_every_command_there_exists() -> None:
    table = re.findall(r"^\| (`citebound .*?) \|", README, re.M)
    named: set[str] = set()
    for row in table:
        words = re.findall(r"`([^`]+)`", row)
        first = [w for w in words[0].removeprefix("citebound ").split() if w.islower()]
        group = first[0] if f"{first[0]} {first[-1]}" in commands() else ""
        named.add(" ".join(first))
        named |= {
            " ".join(w for w in word.removeprefix("citebound ").split() if w.islower())
            if word.startswith("citebound")
            else f"{group} {word}"
            for word in words[1:]
        }
    assert named == commands()


def test_every_command_has_help_that_says_what_it_does() -> None:
    for name in sorted(commands()):
        result = CliRunner().invoke(app, [*name.split(), "--help"])
        assert result.exit_code == 0
        assert len(result.output) > 100


def test_every_setting_has_a_description() -> None:
    assert all(field.description for field in Config.model_fields.values())


def test_every_path_that_the_readme_names_is_there() -> None:
    for path in re.findall(r"`((?:src|tests|eval|ingest|api|indexes)/[\w./-]+)`", README):
        assert (ROOT / path).exists(), path


def test_no_python_lies_in_the_rooms_of_material() -> None:
    for room in ("ingest", "indexes", "api", "eval"):
        assert not list((ROOT / room).rglob("*.py"))


def test_the_system_that_the_readme_adds_works(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n((?:(?!```).)*class LongestSentence.*?)```", README, re.S)
    made: dict[str, Any] = {}
    exec(code, made)  # noqa: S102
    suite = tiny.extract()
    system = made["LongestSentence"](tiny.kit(suite, tmp_path), Regime.GIVEN, {})
    system.prepare(suite.train, suite.dev, 1)
    prediction = system.predict(suite.test[0].asked(Regime.GIVEN))
    (quote,) = prediction.quotes
    assert prediction.text.split() == quote.span.of(suite.documents[quote.document]).split()
    with pytest.raises(ConfigError):
        made["LongestSentence"](tiny.kit(suite, tmp_path), Regime.GIVEN, {"longer": True})
