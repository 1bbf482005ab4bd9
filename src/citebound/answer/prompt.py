"""What the model is told: fixed instructions, the hints of profiles, fenced passages, the question."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from importlib import resources

from citebound.answer.evidence import notice
from citebound.types import Passage


def prompt(question: str, given: Sequence[Passage], hints: str = "") -> list[dict[str, str]]:
    """Chat messages: the fixed instructions and the hints for these kinds of documents, then numbered passages in
    fences nobody can guess, each with what supersedes it, then the question."""
    fixed = resources.files("citebound.answer").joinpath("prompts/answer.txt").read_text("utf-8").strip()
    fence = secrets.token_hex(4)
    numbered = "\n".join(
        f"<{fence}>\n[{n}] {' '.join(p.text.split())}\n(from {_about(p)})\n</{fence}>"
        for n, p in enumerate(given, start=1)
    )
    return [
        {"role": "system", "content": "\n".join(filter(None, (fixed, hints)))},
        {"role": "user", "content": f"{numbered}\n\nQuestion: {question}"},
    ]


def _about(passage: Passage) -> str:
    return "; ".join(filter(None, (passage.context, notice(passage.superseded_by))))
