"""The command line with a model that is not on this machine: what it says, what it sends, what it shows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.answer.conftest import server  # noqa: F401
from tests.answer.faulty import Server, chunk, says
from tests.conftest import Run

ASKED = "Which default password does the gateway of Ostrava Bank use?"
DOCUMENT = (
    "Test report for Ostrava Bank.\n\nThe gateway of Ostrava Bank uses the default password Winter2024! since 2021."
)
REPLY = [chunk("The gateway of Ostrava Bank uses the default password <SEC"), chunk("RET_1> since 2021 [1].")]


@pytest.fixture
def elsewhere(server: Server, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:  # noqa: F811
    """A collection, and a server at an address that is not a loopback one (though it leads to one)."""
    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / "report.txt").write_text(DOCUMENT)
    assert run("ingest", "report.txt", "--collection", "c").code == 0
    monkeypatch.setenv("CITEBOUND_BASE_URL", server.url.replace("127.0.0.1", "0.0.0.0"))
    server.plan = [says(*REPLY, chunk(None, "stop"), "[DONE]") for _ in range(3)]
    return server


def test_the_notice_comes_once_and_the_secret_stays_here(elsewhere: Server, run: Run) -> None:
    first, second = (run("ask", ASKED, "--collection", "c") for _ in range(2))
    assert first.code == second.code == 0
    notice = " ".join(first.err.split())
    assert "0.0.0.0" in notice
    assert "is not on this machine" in notice
    assert "masked" in notice
    assert "not on this machine" not in second.err + second.out
    assert "Winter2024!" in " ".join(first.out.split())
    assert elsewhere.bodies
    sent = json.dumps(elsewhere.bodies)
    assert "Winter2024" not in sent
    assert "<SECRET_1>" in sent


def test_json_stays_json_and_quotes_alone_say_and_send_nothing(elsewhere: Server, run: Run) -> None:
    alone = run("ask", ASKED, "--collection", "c", "--no-llm")
    assert not elsewhere.bodies
    assert "not on this machine" not in alone.err
    asked = run("ask", ASKED, "--collection", "c", "--json")
    assert "not on this machine" in " ".join(asked.err.split())
    assert asked.json["outcome"] in ("answered", "partial")
    assert "Winter2024!" in asked.out


def test_masking_can_be_turned_off_and_the_notice_says_so(
    elsewhere: Server, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITEBOUND_MASK_SECRETS", "0")
    asked = run("ask", ASKED, "--collection", "c")
    assert "not masked" in " ".join(asked.err.split())
    assert "Winter2024!" in json.dumps(elsewhere.bodies)
