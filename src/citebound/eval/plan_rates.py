"""What this machine does in a second: measured once, kept in the work folder, and held against its speed of the moment.

A short burst of matrix products, the pulse, is timed when the rates are measured and at every plan: a machine that is
busy now, or was then, is found out, and the rates are scaled by it.
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from citebound import models
from citebound.config import Config

ELSEWHERE = {"read": 1000.0, "written": 30.0, "load": 1.0, "memory": 0.0}
"""Rates that are assumed of a server: it is not asked before the run."""
PROBE = "The Receiving Party shall keep the Confidential Information secret for five years after disclosure. "
TRIES = 3
"""What is measured is the best of so many: other work on the machine only ever slows it down."""
PULSE_SECONDS = 0.5
PULSE_SIZE = 384
STEADY = 0.1
"""A pulse that differs by less is the same speed."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What the machine does in a second at its speed of the moment: tokens read and written by each generator, texts
    embedded, training texts, searches. `load` is seconds and `memory` MiB for each generator. `speed` is the share of
    the speed at which it was measured, on the day `measured`."""

    read: Mapping[str, float]
    written: Mapping[str, float]
    load: Mapping[str, float]
    memory: Mapping[str, float]
    embedded: float
    trained: float
    searched: float
    speed: float = 1.0
    measured: str = ""


def measure(generators: Iterable[str], config: Config, work: Path, *, encoder: bool = True) -> Rates:
    """This machine's rates, from the work folder or measured now. Models that are not here yet raise ModelError."""
    path = work / "rates.json"
    known = json.loads(path.read_text("utf-8")) if path.exists() else {}
    machine = f"{platform.node()} {platform.machine()} {os.cpu_count()} {config.encoder} {config.threads}"
    beat = pulse()
    if known.get("machine") != machine or "pulse" not in known:
        known = {"machine": machine, "generators": {}, "pulse": beat, "measured": f"{datetime.now(UTC):%Y-%m-%d}"}
    speed = beat / known["pulse"]
    speed = 1.0 if abs(speed - 1) < STEADY else speed
    for name in sorted(set(generators) - set(known["generators"]) - {""}):
        known["generators"][name] = _at(_generator(name, config), 1 / speed) if here(name, config) else ELSEWHERE
    if encoder and "embedded" not in known:
        known |= {"embedded": _encoder(config) / speed}
    work.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(known, indent=1), "utf-8")
    by_name = {n: _at(row, speed) if here(n, config) else row for n, row in known["generators"].items()}
    embedded = known.get("embedded", 50.0) * speed
    return Rates(
        **{key: {n: row[key] for n, row in by_name.items()} for key in ("read", "written", "load", "memory")},
        embedded=embedded,
        trained=embedded / 5,
        searched=embedded / 60,
        speed=speed,
        measured=known["measured"],
    )


def pulse(seconds: float = PULSE_SECONDS) -> float:
    """Products of two float32 matrices of 384 rows that the machine makes in a second, now."""
    import numpy as np

    one = np.ones((PULSE_SIZE, PULSE_SIZE), np.float32)
    _ = one @ one
    begun, made = time.monotonic(), 0
    while time.monotonic() - begun < seconds:
        _ = one @ one
        made += 1
    return made / (time.monotonic() - begun)


def here(name: str, config: Config) -> bool:
    """Whether a generator runs on this machine, and not at a URL."""
    return "://" not in name and not (config.base_url and name == config.generator)


def _at(row: Mapping[str, float], speed: float) -> dict[str, float]:
    """The rates of a generator at another speed."""
    return {**row, "read": row["read"] * speed, "written": row["written"] * speed, "load": row["load"] / speed}


def _generator(name: str, config: Config) -> dict[str, float]:
    from citebound.eval.language_model import LanguageModel

    begun = time.monotonic()
    model = LanguageModel.load(name, config)
    load = time.monotonic() - begun
    model.reply([{"role": "user", "content": "Hello."}], 2)
    reading, writing = [], []
    for n in range(TRIES):
        messages = [{"role": "user", "content": f"{n} {PROBE * 20}"}]
        begun = time.monotonic()
        first = model.reply(messages, 1, stop="\0")
        reading.append(first.tokens_in / (time.monotonic() - begun))
        begun = time.monotonic()
        more = model.reply(messages, 17, stop="\0")
        writing.append(max(1, more.tokens_out) / (time.monotonic() - begun))
    path = Path(name)
    if path.exists():
        size = sum(p.stat().st_size for p in ([path] if path.is_file() else path.rglob("*.safetensors")))
    else:
        size = models.find(name).weights.size
    return {"read": max(reading), "written": max(writing), "load": load, "memory": size / 2**20 * 3.5}


def _encoder(config: Config) -> float:
    """Texts embedded in a second."""
    from citebound.indexes.embeddings import open_encoder

    encoder = open_encoder(config)
    encoder.embed([PROBE])
    made = []
    for n in range(TRIES):
        begun = time.monotonic()
        encoder.embed([f"{n} {i} {PROBE * 3}" for i in range(64)])
        made.append(64 / (time.monotonic() - begun))
    return max(made)
