"""A tiny collection with fakes for models, and the service on loopback in front of it, as uvicorn serves it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from citebound.answer.scoring.scorer import Scorer
from citebound.api.service import create_app, server
from citebound.api.shelf import Opener
from citebound.api.wall import Wall
from citebound.collection import Collection
from citebound.config import Config
from citebound.protocols import Generator
from tests.fakes import Echo, WordHashEmbedder

AGREEMENT = """# Master Agreement

## 9 Termination

The Customer may terminate the agreement for convenience with thirty days written notice.

## 10 Liability

The liability of the Provider is limited to the fees paid in twelve months.
"""
REPORT = """# Penetration Test Report

Prepared for: Brindlemark Freight, Inc.
Report date: 2026-01-10

## Findings

### PT-01 SQL injection in the login form

Severity: Critical
Status: Open

Attackers can read the database.

### PT-02 Weak TLS configuration

Severity: Medium
Status: Open

Old protocols are accepted.
"""
RETEST = """# Penetration Test Report, Retest

Prepared for: Brindlemark Freight, Inc.
Report date: 2026-06-10

## Findings

### PT-01 SQL injection in the login form

Severity: Critical
Status: Fixed

The statement is prepared now.

### PT-03 Missing rate limit on the password reset

Severity: High

Guesses are not limited.
"""
HOSTILE = """# <img src=x onerror="alert('title')"> Policy

The vendor shall pay <script>alert('text')</script><img src=x onerror=alert('text')> the storage fee each month.

See ![pixel](http://127.0.0.2:9/pixel.png) and [here][ref] for the storage fee of the vendor.

[ref]: http://127.0.0.2:9/reference
"""
HOSTILE_NAME = "<img src=x onerror=alert('name')>.md"
QUESTION = "Who may terminate the agreement for convenience with thirty days written notice?"


def opener(config: Config, generator: Generator | None = None) -> Opener:
    """Opens collections with fakes for models."""
    return lambda name: Collection.open(name, config=config, embedder=WordHashEmbedder(), generator=generator or Echo())


def fill(config: Config, name: str, files: dict[str, str], folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for file, text in files.items():
        (folder / file).write_text(text, "utf-8")
    with Collection.open(name, create=True, config=config, embedder=WordHashEmbedder()) as made:
        report = made.ingest([folder])
        assert not report.failures, report.failures


def train(config: Config, folder: Path) -> None:
    """A scorer `severity` that has learnt two words."""
    rows = [f"The server runs as root, case {n}.;critical\nThe banner is old, case {n}.;low\n" for n in range(12)]
    path = folder / "labels.csv"
    path.write_text("text;label\n" + "".join(rows), "utf-8")
    Scorer.train(path, name="severity", config=config, embedder=WordHashEmbedder()).save(config)


@contextmanager
def serving(app: Wall) -> Iterator[str]:
    """The address of the application while it is served."""
    running = server(app, "127.0.0.1", 0)
    thread = threading.Thread(target=running.run)
    thread.start()
    try:
        while not running.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    finally:
        running.should_exit = True
        thread.join(30)


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A data root with the collections `demo`, `hostile` and `reports` and the scorer `severity`."""
    root = tmp_path_factory.mktemp("api")
    made = Config(home=root / "home", models=root / "models")
    fill(made, "demo", {"agreement.md": AGREEMENT}, root / "demo-files")
    fill(made, "hostile", {HOSTILE_NAME: HOSTILE}, root / "hostile-files")
    fill(made, "reports", {"report.md": REPORT, "retest.md": RETEST}, root / "report-files")
    train(made, root)
    return made


@pytest.fixture(scope="session")
def base(config: Config) -> Iterator[str]:
    """The address of a service with a generator that echoes its first passage."""
    with serving(create_app(config, opener(config), needs=(), encoder=WordHashEmbedder())) as url:
        yield url


@pytest.fixture(scope="session")
def client(base: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=base, trust_env=False, timeout=30) as made:
        yield made


@pytest.fixture
def serve(config: Config) -> Iterator[Callable[[Generator], httpx.Client]]:
    """Serves the same collections with another generator; gives a client."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def start(generator: Generator) -> httpx.Client:
            url = stack.enter_context(serving(create_app(config, opener(config, generator), needs=())))
            return stack.enter_context(httpx.Client(base_url=url, trust_env=False, timeout=30))

        yield start
