"""Prompts of the scoreboard: one schema and one parser for every generator system."""

from __future__ import annotations

import re
from collections.abc import Sequence

from citebound.eval.kit import Shown
from citebound.eval.suite import Item, Prompts

NOT_FOUND = "Not found"
LONGEST = 400
"""Characters that a short answer may have; a longer reply did not keep to the schema."""

Message = dict[str, str]


def messages(
    prompts: Prompts,
    question: str,
    *,
    profile: bool,
    shown: Sequence[Shown] = (),
    examples: Sequence[tuple[Item, Sequence[Shown]]] = (),
) -> list[Message]:
    """A conversation: instructions, exemplars as earlier turns, then the passages and the question."""
    told = prompts.profile if profile else prompts.bare
    made = [{"role": "system", "content": told.strip()}]
    for item, passages in examples:
        made.append({"role": "user", "content": user_turn(prompts, item.question, passages)})
        made.append({"role": "assistant", "content": reply_of(prompts, item)})
    made.append({"role": "user", "content": user_turn(prompts, question, shown)})
    return made


def user_turn(prompts: Prompts, question: str, shown: Sequence[Shown]) -> str:
    asked = prompts.question.replace("{question}", question)
    if not shown:
        return asked
    numbered = "\n".join(f"[{n}] {_passage(prompts, s)}" for n, s in enumerate(shown, start=1))
    return f"Passages:\n{numbered}\n\n{asked}"


def reply_of(prompts: Prompts, item: Item) -> str:
    """What the model should have said."""
    if item.label:
        return prompts.words.get(item.label, item.label)
    return item.answers[0] if item.answerable and item.answers else NOT_FOUND


def parse(reply: str) -> tuple[str, bool]:
    """The short answer, "" for not found, and whether the reply kept to the schema."""
    text = re.sub(r"^\W*(?:the )?answer(?: is)?\b\s*:?\s*", "", reply.strip(), flags=re.I)
    text = re.sub(r"(?:\s*\[\d+\])+\s*\.?$", "", text).strip().rstrip(".").strip("\"'“”`*").strip()
    if re.match(r"not[ _]found\b", text, re.I):
        return "", True
    if not re.search(r"\w", text) or len(text) > LONGEST:
        return "", False
    return text.rstrip("."), True


def _passage(prompts: Prompts, shown: Shown) -> str:
    text = " ".join(shown.text.split())
    return f"{text}\n{prompts.words.get(shown.label, shown.label)}" if shown.label else text
