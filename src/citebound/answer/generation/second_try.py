"""A draft did not survive the gate: the model is asked once more, and may only name a sentence by its number.

Small models answer in words that no quote bears out, but often know where the answer stands. The sentence that is named
is quoted as it stands in the document. The reply is a few tokens, held to the numbers by a JSON schema where the server
takes one; where it does not, the first number of its reply counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from citebound.answer.evidence import Candidate
from citebound.answer.generation.draft import Draft
from citebound.answer.generation.prompt import Template, choice
from citebound.errors import GeneratorError
from citebound.protocols import Generator

OFFERED = 6
"""Sentences that are offered, the best first."""
LONGEST = 400
"""Characters of a sentence that the prompt shows."""
TOKENS = 16

_NUMBER = re.compile(r"(?<![\w.,-])[0-9]{1,2}(?![\w,]|\.\d)")


def offered(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The best candidates, each text once."""
    return list({" ".join(c.text.split()): c for c in reversed(candidates[: 2 * OFFERED])}.values())[::-1][:OFFERED]


def choose(
    question: str, candidates: Sequence[Candidate], generator: Generator, template: Template | None = None
) -> Candidate | None:
    """The candidate that the model names; None for none of them, for no number, and for a model that fails."""
    among = offered(candidates)
    if not among:
        return None
    draft = Draft()
    messages = choice(question, [c.text[:LONGEST] for c in among], template)
    try:
        for _ in draft.read(_reply(generator, messages, len(among))):
            pass
    except GeneratorError:
        return None
    named = _NUMBER.search(draft.text)
    number = int(named.group()) if named else 0
    return among[number - 1] if 1 <= number <= len(among) else None


def _reply(generator: Generator, messages: Sequence[Mapping[str, str]], count: int) -> Iterator[str]:
    """`constrained` is what a generator may have beside its protocol: `stream`, held to a JSON schema."""
    constrained = getattr(generator, "constrained", None)
    if constrained is None:
        return generator.stream(messages, max_tokens=TOKENS)
    return cast("Iterator[str]", constrained(messages, schema(count), max_tokens=TOKENS))


def schema(count: int) -> dict[str, Any]:
    """JSON schema of {"sentence": n} with n from 0 to `count`."""
    number = {"type": "integer", "enum": list(range(count + 1))}
    return {
        "type": "object",
        "properties": {"sentence": number},
        "required": ["sentence"],
        "additionalProperties": False,
    }
