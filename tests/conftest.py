"""The command line as a user types it, with the fake encoder."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from citebound import cli, cli_models
from citebound import collection as collection_module
from citebound.answer.scoring import scorer as scorer_module
from tests.fakes import WordHashEmbedder


class Ended(NamedTuple):
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ended]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs one command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for module in (collection_module, scorer_module):
        monkeypatch.setattr(module, "open_encoder", lambda config: WordHashEmbedder())
    monkeypatch.setattr(cli_models, "ensure", lambda *_, **__: None)

    def one(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["citebound", *arguments])
        capsys.readouterr()
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return Ended(code, said.out, said.err)

    return one
