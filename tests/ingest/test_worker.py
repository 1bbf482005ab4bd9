import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from citebound.errors import ConfigError, ParseFailure
from citebound.ingest import worker
from citebound.ingest.limits import Limits
from citebound.ingest.worker import ParserPool
from citebound.types import Status
from tests.ingest.files import PROSE, docx, flate_bomb, lines, para, pdf, picture

LIMITS = Limits(seconds=10)


@pytest.fixture(scope="module")
def pool() -> Iterator[ParserPool]:
    with ParserPool(LIMITS) as started:
        yield started


def failure(pool: ParserPool, path: Path) -> ParseFailure:
    with pytest.raises(ParseFailure) as caught:
        pool.parse(path)
    assert str(caught.value)
    assert caught.value.remedy
    return caught.value


def innermost(pid: int) -> int:
    """The last of a chain of only children: the server itself, where bubblewrap runs it."""
    while children := Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        pid = int(children[0])
    return pid


def write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_files_of_all_kinds_come_back_as_documents(pool: ParserPool, tmp_path: Path) -> None:
    for name, data in (("a.pdf", pdf(lines(*PROSE))), ("a.docx", docx(para(PROSE[0]))), ("a.txt", PROSE[0].encode())):
        parsed = pool.parse(write(tmp_path, name, data))
        assert parsed.status is Status.OK
        assert PROSE[0] in parsed.document.text


def test_the_level_of_isolation_is_named(pool: ParserPool) -> None:
    pool.parse_bytes("a.txt", b"Some text.")
    assert pool.sandbox in (worker.BUBBLEWRAP, "network namespace + rlimits", "rlimits")


def test_files_that_cannot_be_read_say_so(pool: ParserPool, tmp_path: Path) -> None:
    assert failure(pool, tmp_path / "missing.pdf").status is Status.UNREADABLE
    assert failure(pool, tmp_path).status is Status.UNREADABLE
    os.mkfifo(tmp_path / "pipe.txt")
    assert failure(pool, tmp_path / "pipe.txt").status is Status.UNREADABLE
    assert failure(pool, write(tmp_path, "a.txt", b"")).status is Status.EMPTY
    assert failure(pool, write(tmp_path, "scan.pdf", pdf(picture))).status is Status.EMPTY


def test_a_file_past_the_limit_is_not_even_read(tmp_path: Path) -> None:
    big = tmp_path / "big.pdf"
    with big.open("wb") as file:
        file.truncate(10**12)
    with ParserPool(replace(LIMITS, bytes=1000)) as pool:
        assert failure(pool, big).status is Status.TOO_LARGE


def test_names_are_data(pool: ParserPool) -> None:
    for name in ("\u202egnp.txt", "a\nb.txt", "=cmd().txt", "\udce4.txt", "<img onerror=x>.txt"):
        assert pool.parse_bytes(name, b"Plain words.").document.text == "Plain words."


def test_a_broken_pdf_is_given_to_the_other_parser(pool: ParserPool) -> None:
    whole = pdf(lines(*PROSE))
    missing_catalog = whole.replace(b"/Type /Catalog", b"/Type /Cutalog").replace(b"/Type /Pages", b"/Type /Puges")
    try:
        parsed = pool.parse_bytes("a.pdf", missing_catalog)
    except ParseFailure as error:
        assert error.status is Status.PARSE_ERROR
    else:
        assert PROSE[0] in parsed.document.text


def test_a_parser_that_takes_too_long_is_ended() -> None:
    with ParserPool(replace(LIMITS, seconds=0.05)) as pool:
        with pytest.raises(ParseFailure) as caught:
            pool.parse_bytes("a.txt", b"1. word   2. Word " * 200_000)
        assert caught.value.status is Status.TIMEOUT
        assert pool.parse_bytes("b.txt", b"Plain words.").status is Status.OK


@pytest.mark.timeout(60)
def test_a_parser_that_eats_memory_is_ended() -> None:
    with ParserPool(replace(LIMITS, memory=100_000_000)) as pool:
        with pytest.raises(ParseFailure) as caught:
            pool.parse_bytes("a.pdf", flate_bomb(300))
        assert caught.value.status in (Status.OUT_OF_MEMORY, Status.TOO_LARGE, Status.EMPTY, Status.CRASHED)
        assert pool.parse_bytes("b.txt", b"Plain words.").status is Status.OK


def test_the_pool_survives_the_death_of_its_server(pool: ParserPool) -> None:
    assert pool._server
    os.killpg(pool._server.pid, signal.SIGKILL)
    pool._server.wait()
    assert pool.parse_bytes("a.txt", b"Plain words.").status is Status.OK


def test_a_server_that_dies_while_it_reads_is_one_failed_file() -> None:
    with ParserPool(LIMITS) as pool:
        pool.parse_bytes("a.txt", b"Plain words.")
        assert pool._server
        os.killpg(pool._server.pid, signal.SIGSTOP)
        assassin = threading.Timer(0.3, os.killpg, (pool._server.pid, signal.SIGKILL))
        assassin.start()
        with pytest.raises(ParseFailure) as caught:
            pool.parse_bytes("a.txt", b"Plain words.")
        assert caught.value.status is Status.CRASHED
        assert pool.parse_bytes("a.txt", b"Plain words.").status is Status.OK


def test_closing_does_not_wait_for_a_parse_under_way() -> None:
    pool = ParserPool(LIMITS)
    pool.parse_bytes("a.txt", b"Plain words.")
    assert pool._server
    os.killpg(pool._server.pid, signal.SIGSTOP)
    failures: list[ParseFailure] = []

    def ask() -> None:
        try:
            pool.parse_bytes("a.txt", b"Plain words.")
        except ParseFailure as failure:
            failures.append(failure)

    waiting = threading.Thread(target=ask)
    waiting.start()
    while not pool._lock.locked():
        time.sleep(0.01)
    begun = time.monotonic()
    pool.close()
    waiting.join()
    assert time.monotonic() - begun < 5
    assert [f.status for f in failures] == [Status.CRASHED]


def test_several_threads_may_ask_at_once(pool: ParserPool) -> None:
    texts = [f"Words of file {i}." for i in range(12)]
    found: dict[int, str] = {}

    def ask(i: int) -> None:
        found[i] = pool.parse_bytes(f"{i}.txt", texts[i].encode()).document.text

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[i] for i in range(12)] == texts


def test_text_and_pdf_do_not_pay_for_the_office_readers(tmp_path: Path) -> None:
    begun = time.monotonic()
    with ParserPool(LIMITS) as pool:
        pool.parse_bytes("a.txt", b"Plain words.")
        pool.parse_bytes("a.pdf", pdf(lines(*PROSE)))
        pool.parse_bytes("a.docx", docx(para("x y z")))
        assert pool._server
        maps = Path(f"/proc/{innermost(pool._server.pid)}/maps").read_text()
    assert "spacy" not in maps
    assert time.monotonic() - begun < 15


def test_the_office_readers_work_in_the_sandbox(pool: ParserPool) -> None:
    parsed = pool.parse_bytes("a.html", b"<html><body><h1>Terms</h1><p>The supplier delivers.</p></body></html>")
    assert "The supplier delivers." in parsed.document.text
    again = pool.parse_bytes("b.html", b"<html><body><p>The customer pays the price.</p></body></html>")
    assert again.status is Status.OK


@pytest.mark.skipif(not Path("/proc/net/dev").exists(), reason="needs Linux")
def test_the_parser_has_no_network_where_the_system_allows_it(pool: ParserPool) -> None:
    pool.parse_bytes("a.txt", b"Some text.")
    if pool.sandbox == "rlimits":
        pytest.skip("this system offers no network namespace")
    assert pool._server
    devices = Path(f"/proc/{innermost(pool._server.pid)}/net/dev").read_text().splitlines()[2:]
    assert {device.split(":")[0].strip() for device in devices} <= {"lo"}


def test_a_sandbox_can_be_demanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_commands", lambda: [[*worker.PLAIN, "rlimits"]])
    with pytest.raises(ConfigError, match="cannot be cut off"), ParserPool(LIMITS, require_sandbox=True):
        pass
    with ParserPool(LIMITS) as pool:
        assert pool.parse_bytes("a.txt", b"Plain words.").status is Status.OK
        assert pool.sandbox == "rlimits"


def test_a_server_that_does_not_start_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_commands", lambda: [["/bin/sh", "-c", "echo no such thing >&2; exit 3"]])
    with pytest.raises(ConfigError, match="no such thing"), ParserPool(LIMITS) as pool:
        pool.parse_bytes("a.txt", b"Plain words.")
