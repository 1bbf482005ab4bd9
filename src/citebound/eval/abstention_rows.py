"""Questions asked with nothing held back, and what a calibration needs of each answer: its signals, and whether it is
right.

Every row is a JSON line, so that a run that was stopped goes on; drafts and vectors are kept as well, so that other
code reads what the model wrote without asking it again.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.progress import track

from citebound.answer.confidence.calibrating import Case
from citebound.eval import journal
from citebound.eval.answers_judged import judge, sentences
from citebound.eval.kept import KeptVectors
from citebound.eval.kit import Kit
from citebound.eval.matching import contains, tokens
from citebound.eval.suite import Item, Regime
from citebound.protocols import Embedder, Generator, Vectors
from citebound.types import Answer

_FENCE = re.compile(r"(</?)[0-9a-f]{8}(>)")


class KeptEncoder:
    """An encoder whose vectors are kept on disk."""

    def __init__(self, encoder: Embedder, path: Path) -> None:
        self.name = encoder.name
        self.key = encoder.key
        self.dimension = encoder.dimension
        self.window = encoder.window
        self._encoder = encoder
        self._kept = KeptVectors(path, encoder)

    def embed(self, texts: Sequence[str]) -> Vectors:
        return self._kept(texts)

    def token_starts(self, text: str) -> Any:
        return self._encoder.token_starts(text)


class KeptDrafts:
    """A generator whose replies are kept on disk, by its name and the prompt without its random fences. `last` is what
    it wrote last; `asked` counts the prompts that the model itself was given."""

    def __init__(self, path: Path, name: str, generator: Generator | None) -> None:
        self.name = name
        self.last = ""
        self.asked = 0
        self._path = path
        self._generator = generator
        self._known = {row["key"]: row["draft"] for row in map(json.loads, journal.lines(path))}

    def stream(self, messages: Sequence[Mapping[str, str]], *, max_tokens: int) -> Iterator[str]:
        told = "\n".join(_FENCE.sub(r"\1fence\2", message["content"]) for message in messages)
        key = hashlib.sha256(f"{self.name}\n{max_tokens}\n{told}".encode()).hexdigest()[:24]
        if key not in self._known:
            assert self._generator is not None
            self.asked += 1
            self._known[key] = "".join(self._generator.stream(messages, max_tokens=max_tokens))
            journal.append(self._path, [json.dumps({"key": key, "draft": self._known[key]}, ensure_ascii=False)])
        self.last = self._known[key]
        yield self.last


@dataclass(frozen=True, slots=True)
class Row:
    """One question asked: the case of a calibration, and what the draft as it was written is worth."""

    id: str
    source: str
    side: str
    case: Case
    drafted: bool
    ungated: bool | None
    """Whether the draft without the gate is right; None where it says nothing."""


def ask(kit: Kit, items: Sequence[Item], path: Path, *, llm: bool, told: str) -> list[dict[str, Any]]:
    """The row of every item, in order; those that are in `path` are not asked again. `told` is for the progress bar."""
    known = {row["id"]: row for row in map(json.loads, journal.lines(path))}
    missing = [item for item in items if item.id not in known]
    for item in track(missing, told, transient=True, disable=not sys.stderr.isatty()):
        known[item.id] = asked(kit, item, llm=llm)
        journal.append(path, [json.dumps(known[item.id], ensure_ascii=False)])
    return [known[item.id] for item in items]


def asked(kit: Kit, item: Item, *, llm: bool, regime: Regime = Regime.GIVEN) -> dict[str, Any]:
    """One question asked, with what is needed to judge the answer (`answers_judged`)."""
    question = item.asked(regime)
    generator = kit.collection.generator if llm else None
    if isinstance(generator, KeptDrafts):
        generator.last = ""
    answer = kit.collection.ask(question.text, kit.filter(question), llm=llm, abstain=False, receipt=False)
    draft = generator.last if isinstance(generator, KeptDrafts) else ""
    return {
        "id": item.id,
        "outcome": answer.outcome,
        "sentences": _sentences(kit, answer),
        "draft": draft,
        "passages": [_at(kit, p) for p in answer.passages],
        "signals": dict(answer.receipt.signals) if answer.receipt else {},
    }


def row(item: Item, kept: Mapping[str, Any], texts: Mapping[str, str], source: str, side: str) -> Row:
    """A kept row, judged. What was cut out may stand elsewhere: whoever finds it there is right."""
    right = judge(item, kept, texts).end == "correct" or _leaked(item, kept)
    ungated = None
    if kept["draft"]:
        end = judge(item, kept, texts, gated=False).end
        ungated = None if end == "not found" else end == "correct"
    case = Case(kept["signals"], right, item.answerable, item.cluster, bool(sentences(kept)))
    return Row(item.id, source, side, case, "bound" in kept["signals"], ungated)


def _leaked(item: Item, kept: Mapping[str, Any]) -> bool:
    if item.answerable or not item.answers:
        return False
    accepted = [tokens(answer) for answer in item.answers]
    return any(contains(tokens(text), accepted) for s in sentences(kept) for text in (s.text, *s.quotes))


def _sentences(kit: Kit, answer: Answer) -> list[dict[str, Any]]:
    return [
        {
            "text": s.text,
            "verdict": s.verdict,
            "quotes": [{**_at(kit, c), "text": c.quote} for c in s.citations],
        }
        for s in answer.sentences
    ]


def _at(kit: Kit, found: Any) -> dict[str, Any]:
    place = kit.place(found)
    return {"document": place.document, "start": place.span.start, "end": place.span.end}
