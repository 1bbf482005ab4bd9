"""The embedded server with the 135M model: one process for all, alive as long as its users."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from citebound import models
from citebound.answer.generation import engine as engine_module
from citebound.answer.generation.engine import CONTEXT, PROMPT_OVERHEAD, Engine
from citebound.config import Config, cache_home
from citebound.errors import GeneratorUnavailable, ModelError, ModelUnavailable

SMOL = "smollm2-135m-instruct"
USER = """
import sys, time
from pathlib import Path
from citebound.answer.generation import engine as engine_module
from citebound.answer.generation.engine import CONTEXT, PROMPT_OVERHEAD, Engine
from citebound.config import Config
engine = Engine.attach(Config(models=Path(sys.argv[1]), home=Path(sys.argv[2]), generator=sys.argv[3]))
print(engine.pid, flush=True)
time.sleep(120)
"""


@pytest.fixture(scope="module")
def store() -> Path:
    """Where the models of this machine are kept."""
    folder = Config(models=cache_home() / "models").models
    try:
        models.pull(SMOL, Config(models=folder))
    except ModelError as error:
        pytest.skip(f"{SMOL} cannot be had here: {error}")
    return folder


@pytest.fixture
def config(store: Path, tmp_path: Path) -> Config:
    return Config(models=store, home=tmp_path / "root", generator=SMOL)


@pytest.fixture
def user(config: Config) -> Iterator[Callable[[], tuple[subprocess.Popen[str], int]]]:
    """Starts another process that attaches; gives the process and the pid of the server that it got."""
    started: list[subprocess.Popen[str]] = []

    def start() -> tuple[subprocess.Popen[str], int]:
        command = [sys.executable, "-c", USER, str(config.models), str(config.home), config.generator]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout
        return process, int(process.stdout.readline())

    yield start
    for process in started:
        process.kill()
        process.communicate()


def runs(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")")[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False


def ends(pid: int, seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while runs(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not runs(pid)


def ask(engine: Engine, key: str | None = None) -> httpx.Response:
    body = {"messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 4}
    headers = {"Authorization": f"Bearer {engine.api_key if key is None else key}"}
    with httpx.Client(trust_env=False, timeout=60) as client:
        return client.post(f"{engine.base_url}/chat/completions", json=body, headers=headers)


@pytest.mark.model
def test_it_starts_answers_with_its_key_only_and_ends_with_its_user(config: Config) -> None:
    with Engine.attach(config) as engine:
        assert engine.base_url.startswith("http://127.0.0.1:")
        assert engine.model == SMOL
        reply = ask(engine).json()
        assert reply["choices"][0]["message"]["content"]
        assert ask(engine, "guess").status_code == 401
        assert runs(engine.pid)
    assert ends(engine.pid)


@pytest.mark.model
def test_the_key_is_in_a_private_file_and_on_no_command_line(config: Config) -> None:
    with Engine.attach(config) as engine:
        (folder,) = (config.home / ".engine").iterdir()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / "engine.json").stat().st_mode) == 0o600
        assert json.loads((folder / "engine.json").read_text())["key"] == engine.api_key
        assert engine.api_key not in Path(f"/proc/{engine.pid}/cmdline").read_text()
        assert engine.api_key not in Path(f"/proc/{engine.pid}/environ").read_text()


@pytest.mark.model
def test_users_in_one_and_in_other_processes_share_one_server(
    config: Config, user: Callable[[], tuple[subprocess.Popen[str], int]]
) -> None:
    with Engine.attach(config) as first, Engine.attach(config) as second:
        assert first.pid == second.pid == user()[1]
        first.close()
        first.close()
        time.sleep(0.5)
        assert ask(second).status_code == 200


@pytest.mark.model
def test_users_that_come_at_the_same_time_start_one_server(config: Config) -> None:
    engines: list[Engine] = []
    threads = [threading.Thread(target=lambda: engines.append(Engine.attach(config))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({engine.pid for engine in engines}) == 1
    for engine in engines:
        engine.close()
    assert ends(engines[0].pid)


@pytest.mark.model
def test_a_killed_user_neither_ends_the_others_server_nor_keeps_it_alive(
    config: Config, user: Callable[[], tuple[subprocess.Popen[str], int]]
) -> None:
    starter, pid = user()
    with Engine.attach(config) as engine:
        assert engine.pid == pid
        starter.kill()
        starter.wait()
        time.sleep(0.5)
        assert ask(engine).status_code == 200
    assert ends(pid)
    last, pid = user()
    last.kill()
    last.wait()
    assert ends(pid)


@pytest.mark.model
def test_a_killed_server_is_started_anew(config: Config) -> None:
    with Engine.attach(config) as engine:
        dead = engine.pid
        os.kill(dead, signal.SIGKILL)
        assert ends(dead)
        while engine.alive:  # the kernel lets go of the locks with the last thread
            time.sleep(0.05)
        engine.ensure()
        assert engine.pid != dead
        assert ask(engine).status_code == 200


@pytest.mark.model
def test_what_a_dead_server_left_is_not_believed(config: Config) -> None:
    with Engine.attach(config) as engine:
        (folder,) = (config.home / ".engine").iterdir()
        left = (folder / "engine.json").read_text()
    assert ends(engine.pid)
    for stale in (left.replace(str(engine.pid), str(os.getpid())), "torn {"):
        (folder / "engine.json").write_text(stale)
        with Engine.attach(config) as fresh:
            assert fresh.api_key != engine.api_key
            assert ask(fresh).status_code == 200
        assert ends(fresh.pid)


@pytest.mark.model
def test_attaching_while_the_server_ends_gives_a_server_that_lives(config: Config) -> None:
    Engine.attach(config).close()
    time.sleep(0.1)
    with Engine.attach(config) as engine:
        assert ask(engine).status_code == 200


@pytest.mark.model
def test_a_user_that_needs_a_larger_context_gets_a_server_that_has_it(config: Config) -> None:
    larger = config.model_copy(update={"evidence_tokens": 3000})
    with Engine.attach(config) as small, Engine.attach(larger) as large, Engine.attach(larger) as alike:
        assert small.pid != large.pid == alike.pid
        assert context(small) >= CONTEXT
        assert context(large) >= 3000 + config.answer_tokens + PROMPT_OVERHEAD
    assert ends(large.pid)


def context(engine: Engine) -> int:
    """Tokens of the server's context, as it says itself."""
    with httpx.Client(trust_env=False, timeout=60) as client:
        headers = {"Authorization": f"Bearer {engine.api_key}"}
        told = client.get(engine.base_url.removesuffix("/v1") + "/props", headers=headers).json()
    return int(told["default_generation_settings"]["n_ctx"])


@pytest.mark.parametrize("name", ["start.lock", "users.lock"])
def test_a_lock_that_is_not_let_go_is_named(broken: Config, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with pytest.raises(GeneratorUnavailable):
        Engine.attach(broken)
    (folder,) = (broken.home / ".engine").iterdir()
    monkeypatch.setattr(engine_module, "START_SECONDS", 0.2)
    with (folder / name).open("rb+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(GeneratorUnavailable, match=f"{name} was held"):
            Engine.attach(broken)


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """Settings with weights that do not load."""
    data = b"GGUF but not really"
    file = models.ModelFile("broken.gguf", len(data), hashlib.sha256(data).hexdigest())
    made = models.Model("broken", "generator", "Apache-2.0", "", "", (file,))
    monkeypatch.setitem(models.CATALOGUE, "broken", made)
    (tmp_path / "models/broken").mkdir(parents=True)
    (tmp_path / "models/broken/broken.gguf").write_bytes(data)
    return Config(models=tmp_path / "models", home=tmp_path / "root", generator="broken")


def test_weights_that_do_not_load_are_reported_with_the_servers_words(broken: Config) -> None:
    with pytest.raises(GeneratorUnavailable, match="ended while it started") as caught:
        Engine.attach(broken)
    assert "failed to load model" in str(caught.value)
    assert "server.log" in caught.value.remedy


def test_a_model_that_was_not_pulled_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        Engine.attach(Config(models=tmp_path, home=tmp_path / "root", generator=SMOL))
    assert caught.value.remedy == f"Run `citebound models pull {SMOL}`."


def test_torch_is_not_imported() -> None:
    code = (
        "import sys, citebound.answer.generation.engine;"
        "assert 'torch' not in sys.modules and 'xllamacpp' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
