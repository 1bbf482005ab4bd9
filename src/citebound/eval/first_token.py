"""Latency of an answer on this machine, with the embedded model: evidence, first token, whole answer; and how much
later the first token comes than from llama.cpp itself.

    python -m citebound.eval.first_token [--items 30] [--cold 5] [--record] [--out FOLDER]

Questions of the demo suite, drawn by hash, of the sample documents, in one warm process; each is asked once of the
collection that is timed, so that neither its vector nor its passages are remembered. What the model would be told is
taken from a second collection beforehand.

`ask.first_token_over_bare`: seconds from the question to the first token through `Collection.stream` (search, evidence,
prompt, langchain) over those from the same messages, posted to the same server's /v1/chat/completions, to its first
token. In turn one and the other goes first. Before each, the server is sent the same short conversation with the same
instructions, so that it holds these and nothing else of what comes; and the fence of the passages, which is drawn anew
for every prompt, differs, so that neither finds the other's prompt in the cache.

Questions that come without a prompt (not found at once, or read off the set of documents) count for evidence alone.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from rich.console import Console
from rich.progress import track

from citebound import config as settings
from citebound.answer.ask import Done, EvidenceFound, Token
from citebound.answer.generation.engine import Engine
from citebound.answer.generation.generator import SEED, open_generator
from citebound.collection import Collection
from citebound.config import Config
from citebound.errors import CiteboundError, ConfigError, GeneratorUnavailable
from citebound.eval.adapters.split import drawn
from citebound.eval.answers import FOLDER
from citebound.eval.demo import SUITE, samples
from citebound.eval.figures import Figure, record
from citebound.eval.rows import load
from citebound.eval.statistics import bootstrap
from citebound.indexes.embeddings import open_encoder
from citebound.protocols import Embedder, Generator

Messages = Sequence[Mapping[str, str]]
COMMAND = "python -m citebound.eval.first_token --record"
ITEMS = 30
COLD = 5
WARM = ("Which law governs the agreement?", "Who signed it?", "Which finding is the worst?")
"""Questions of no suite, asked before the clock starts."""
_FENCE = re.compile(r"</?([0-9a-f]{8})>")


class Scout:
    """A generator that keeps what it is told, and says nothing."""

    name = "scout"

    def __init__(self) -> None:
        self.told: list[Messages] = []

    def stream(self, messages: Messages, *, max_tokens: int) -> Iterator[str]:
        self.told.append([dict(m) for m in messages])
        yield from ()


@dataclass(frozen=True, slots=True)
class Timed:
    """One question: seconds to the evidence, the first token and the whole answer, and of the bare server; None for
    what did not happen. `tokens` are those of the prompt."""

    evidence: float
    whole: float
    first: float | None = None
    bare: float | None = None
    bare_whole: float | None = None
    tokens: int = 0


class Bare:
    """llama.cpp's own server, spoken to over plain HTTP with the settings that the product uses."""

    def __init__(self, base_url: str, key: str, model: str, most: int) -> None:
        self._client = httpx.Client(
            trust_env=False,
            timeout=300.0,
            headers={"Authorization": f"Bearer {key}"},
            limits=httpx.Limits(max_keepalive_connections=0),  # the server drops idle ones while the product asks
        )
        self._url = f"{base_url}/chat/completions"
        self._asked = {"model": model, "temperature": 0, "seed": SEED, "stream": True}
        self._most = most

    def time(self, messages: Messages) -> tuple[float, float]:
        """Seconds to the first piece of the reply, and to its end. Raises GeneratorUnavailable."""
        return self._reply(messages, self._most)

    def settle(self, messages: Messages) -> None:
        """Leave the server with the instructions of these messages, and nothing of their passages."""
        self._reply([messages[0], {"role": "user", "content": f"{secrets.token_hex(4)}: are you ready?"}], 1)

    def close(self) -> None:
        self._client.close()

    def _reply(self, messages: Messages, most: int) -> tuple[float, float]:
        first = 0.0
        begun = time.monotonic()
        try:
            with self._client.stream(
                "POST", self._url, json={**self._asked, "messages": messages, "max_tokens": most}
            ) as reply:
                reply.raise_for_status()
                for line in reply.iter_lines():
                    if not first and _says(line):
                        first = time.monotonic() - begun
        except httpx.HTTPError as error:
            raise GeneratorUnavailable(f"the server at {self._url} broke off: {error}") from error
        whole = time.monotonic() - begun
        return first or whole, whole


def measure(timed: Collection, scout: Collection, bare: Bare, questions: Sequence[str]) -> list[Timed]:
    """Every question once. `timed` and `scout` are one collection, opened twice; `scout` has a `Scout` as its
    generator, `timed` the model that `bare` speaks to."""
    keeper = scout.generator
    if not isinstance(keeper, Scout):
        raise ConfigError("the collection that is asked beforehand needs a Scout as its generator")
    for turn, question in enumerate(WARM):
        timed.ask(question, llm=turn == 0)
    made = []
    for turn, question in enumerate(track(questions, "asking", transient=True, disable=not sys.stderr.isatty())):
        keeper.told.clear()
        scout.ask(question)
        messages = keeper.told[0] if keeper.told else None
        direct: tuple[float, float] | None = None
        if messages and turn % 2:
            bare.settle(messages)
            direct = bare.time(refenced(messages))
        if messages:
            bare.settle(messages)
        one = _timed(timed, question)
        if messages and not turn % 2:
            bare.settle(messages)
            direct = bare.time(refenced(messages))
        made.append(replace(one, bare=direct[0], bare_whole=direct[1]) if direct else one)
    return made


def refenced(messages: Messages) -> list[dict[str, str]]:
    """The same messages under another fence of the same length."""
    fences = {m[1] for message in messages for m in _FENCE.finditer(message["content"])}
    made = [dict(m) for m in messages]
    for fence in fences:
        other = secrets.token_hex(4)
        made = [{**m, "content": m["content"].replace(fence, other)} for m in made]
    return made


def cold(folder: Path, questions: Sequence[str]) -> list[float]:
    """Seconds of `citebound ask --no-llm` from the start of its process to its end, for each question."""
    command = [sys.executable, "-m", "citebound.cli", "ask", "--no-llm", "--json", "--collection", str(folder)]
    made = []
    for question in questions:
        begun = time.monotonic()
        ended = subprocess.run([*command, question], capture_output=True, text=True, env=dict(os.environ), check=False)
        made.append(time.monotonic() - begun)
        if ended.returncode:
            raise ConfigError(f"`citebound ask` ended with {ended.returncode}: {ended.stderr.strip()[-300:]}")
    return made


def figures_of(timed: Sequence[Timed], starts: Sequence[float] = ()) -> list[Figure]:
    """Medians with their bootstrap intervals, and 95th percentiles: milliseconds of evidence, seconds of the rest; and
    the median of the ratios, each within one question."""
    evidence = [1000 * t.evidence for t in timed]
    written = [t for t in timed if t.first is not None]
    pairs = [(t.first, t.bare) for t in written if t.first is not None and t.bare]
    after = [(t.first - t.evidence, t.bare) for t in written if t.first is not None and t.bare]
    firsts = [t.first for t in written if t.first is not None]
    groups: list[tuple[str, list[float], str]] = [
        ("ask.evidence_p50_ms", evidence, "ms"),
        ("ask.evidence_cold_cli_p50_ms", [1000 * s for s in starts], "ms"),
        ("ask.first_token_p50_seconds", firsts, "s"),
        ("ask.answer_p50_seconds", [t.whole for t in written], "s"),
        ("ask.first_token_over_bare", [a / b for a, b in pairs], "ratio"),
        ("ask.first_token_over_bare.after_evidence", [a / b for a, b in after], "ratio"),
        ("ask.bare_first_token_p50_seconds", [t.bare for t in written if t.bare], "s"),
    ]
    made = [_median(name, values, unit) for name, values, unit in groups if values]
    tails = [
        ("ask.evidence_p95_ms", evidence, "ms"),
        ("ask.first_token_p95_seconds", firsts, "s"),
        ("ask.answer_p95_seconds", [t.whole for t in written], "s"),
    ]
    return made + [
        Figure(name, float(np.quantile(values, 0.95)), unit, denominator=len(values))
        for name, values, unit in tails
        if values
    ]


def _timed(collection: Collection, question: str) -> Timed:
    begun = time.monotonic()
    evidence, first, tokens = 0.0, None, 0
    for event in collection.stream(question):
        now = time.monotonic() - begun
        if isinstance(event, EvidenceFound):
            evidence = now
        elif isinstance(event, Token):
            first = now if first is None else first
        elif isinstance(event, Done) and event.answer.receipt:
            tokens = event.answer.receipt.prompt_tokens
    return Timed(evidence, time.monotonic() - begun, first, tokens=tokens)


def _median(name: str, values: Sequence[float], unit: str) -> Figure:
    table = np.array(values)
    interval = bootstrap(
        table, range(len(values)), statistic=lambda items, seeds: float(np.median(table[items]))
    ).interval()
    return Figure(name, statistics.median(values), unit, interval.low, interval.high, denominator=len(values))


def _says(line: str) -> bool:
    """Whether a line of the stream holds a piece of the reply."""
    if not line.startswith("data: {"):
        return False
    event: Any = json.loads(line.removeprefix("data: "))
    return any(choice.get("delta", {}).get("content") for choice in event.get("choices", []))


def _questions(count: int) -> list[str]:
    by_id = {row.id: row.question for row in load(SUITE)}
    return [by_id[id_] for id_ in drawn(by_id)[:count]]


def _run(config: Config, items: int, starts: int, out: Path) -> tuple[list[Timed], list[float]]:
    if config.base_url:
        raise ConfigError(
            "the latency that is compared is that of the embedded model", remedy="Unset CITEBOUND_BASE_URL."
        )
    root = out / "demo"  # the collection that the demo's answers are asked of
    encoder: Embedder = open_encoder(config)
    questions = _questions(items + starts)
    with Collection.open(root / "collection", create=True, config=config, embedder=encoder) as filled:
        filled.ingest([samples()])
    with Engine.attach(config, root) as engine, open_generator(config, root) as model:
        bare = Bare(engine.base_url, engine.api_key, config.generator, config.answer_tokens)
        try:
            with (
                _opened(root, config, encoder, model) as timed,
                _opened(root, config, encoder, Scout()) as scout,
            ):
                made = measure(timed, scout, bare, questions[:items])
        finally:
            bare.close()
    return made, cold(root / "collection", questions[items:])


def _opened(root: Path, config: Config, encoder: Embedder, generator: Generator) -> Collection:
    return Collection.open(root / "collection", config=config, embedder=encoder, generator=generator)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=ITEMS, help="questions in the warm process")
    parser.add_argument("--cold", type=int, default=COLD, help="questions in a process of their own each")
    parser.add_argument("--record", action="store_true", help="write the figures into eval/results/figures.jsonl")
    parser.add_argument("--out", type=Path, default=FOLDER, help="where the collection lies")
    given = parser.parse_args()
    if given.items < 1 or given.cold < 0:
        parser.error("--items must be at least 1, and --cold at least 0")
    console = Console(highlight=False, soft_wrap=True)
    try:
        timed, starts = _run(settings.load(), given.items, given.cold, given.out)
    except CiteboundError as error:
        console.print(f"{error}\n{error.remedy}".rstrip(), style="red", markup=False)
        return error.exit_code
    figures = figures_of(timed, starts)
    for f in figures:
        ends = f"  [{f.low:.3f}, {f.high:.3f}]" if f.low is not None and f.high is not None else ""
        console.print(f"{f.name:<44} {f.value:.3f} {f.unit}{ends}  n = {f.denominator}", markup=False)
    prompts = [t.tokens for t in timed if t.tokens]
    if prompts:
        console.print(f"prompts of {statistics.median(prompts):g} tokens (median), {os.cpu_count()} cores")
    if given.record:
        record(figures, COMMAND)
    return 0


if __name__ == "__main__":
    sys.exit(main())
