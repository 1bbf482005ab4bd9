"""Nothing is looked up outside this machine: every process is started with a trap in its sockets."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import docx
import pytest

from citebound import config as settings
from citebound import models
from tests.test_wheel import END, SCRIPT

ENCODER = "all-minilm-l6-v2"
GENERATOR = "smollm2-135m-instruct"
CLAUSE = "The Customer shall pay each invoice within thirty (30) days after receipt."
QUESTION = "Within how many days shall the Customer pay each invoice?"

TRAP = """
import ipaddress
import socket

def here(host):
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host).is_loopback
    except ValueError:
        return False

def refuse(what):
    with open({record!r}, "a") as file:
        file.write(f"{{what!r}}\\n")
    raise OSError(f"trapped: {{what!r}}")

def guarded(name):
    real = getattr(socket, name)
    def look_up(host, *rest, **named):
        return real(host, *rest, **named) if here(host) else refuse((name, host))
    setattr(socket, name, look_up)

class Socket(socket.socket):
    def connect(self, address):
        if self.family != socket.AF_UNIX and not here(address[0]):
            refuse(("connect", address))
        return super().connect(address)
    def connect_ex(self, address):
        if self.family != socket.AF_UNIX and not here(address[0]):
            refuse(("connect_ex", address))
        return super().connect_ex(address)
    def sendto(self, data, *rest):
        if self.family != socket.AF_UNIX and not here(rest[-1][0]):
            refuse(("sendto", rest[-1]))
        return super().sendto(data, *rest)

for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
    guarded(name)
socket.socket = Socket
"""


class Trapped:
    """Runs Python in which a look-up or connection that leaves this machine fails and is recorded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.record = folder / "calls.txt"
        self.record.touch()
        (folder / "trap").mkdir()
        (folder / "trap" / "sitecustomize.py").write_text(TRAP.format(record=str(self.record)))

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **{key: value for key, value in os.environ.items() if key not in ("DO_NOT_TRACK", "HF_HUB_OFFLINE")},
            "PYTHONPATH": str(self.folder / "trap"),
            "CITEBOUND_HOME": str(self.folder / "home"),
            "CITEBOUND_GENERATOR": GENERATOR,
            "LANGCHAIN_TRACING_V2": "true",
            "LANGSMITH_TRACING": "true",
            "LANGSMITH_API_KEY": "lsv2_not_a_key",
        }
        return subprocess.run(
            [sys.executable, *command], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )

    def citebound(self, *commands: Sequence[str]) -> list[Any]:
        """The JSON that each command prints."""
        done = self.run("-c", SCRIPT, json.dumps(commands))
        assert done.returncode == 0, done.stderr
        return [json.loads(part) for part in done.stdout.split(END)[:-1]]

    @property
    def calls(self) -> list[str]:
        return self.record.read_text().splitlines()


@pytest.fixture
def trapped(tmp_path: Path) -> Trapped:
    return Trapped(tmp_path)


def test_the_trap_works_in_children_too(trapped: Trapped) -> None:
    inner = "import urllib.request as u; u.urlopen('http://example.com')"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    assert "trapped" in trapped.run("-c", outer).stderr
    assert trapped.run("-c", "import socket; socket.create_connection(('192.0.2.1', 80))").returncode == 1
    assert len(trapped.calls) == 2


def write_files(folder: Path) -> None:
    folder.mkdir()
    (folder / "a.txt").write_text(f"1. Payment\n\n{CLAUSE}\n")
    (folder / "b.html").write_text(
        "<html><head><title>Term</title><link rel=stylesheet href='http://example.com/x.css'></head><body>"
        "<h1>Term</h1><p>This agreement expires on September 9, 2026, unless it is renewed in writing.</p>"
        "<img src='http://example.com/pixel.png'></body></html>"
    )
    made = docx.Document()
    made.add_heading("Liability", 1)
    made.add_paragraph("The total liability of the Provider shall not exceed USD 1,500,000 in any calendar year.")
    made.save(str(folder / "c.docx"))


@pytest.mark.model
def test_ingesting_and_asking_look_nothing_up(trapped: Trapped, tmp_path: Path) -> None:
    missing = [name for name in (ENCODER, GENERATOR) if models.download_size([name], settings.load())]
    if missing:
        pytest.skip(f"not here: {', '.join(missing)}; `citebound models pull {' '.join(missing)}` fetches them")
    write_files(tmp_path / "files")
    ask = ("ask", QUESTION, "--json")
    report, quoted, written = trapped.citebound(("ingest", "files", "--json"), (*ask, "--no-llm"), ask)
    assert [file["status"] for file in report["files"]] == ["ok", "ok", "ok"]
    assert CLAUSE in quoted["citations"][0]["quote"]
    assert written["receipt"]["generator"] == GENERATOR
    assert written["receipt"]["generation_seconds"] > 0
    assert "the model did not answer" not in written["reason"]
    assert trapped.calls == []
