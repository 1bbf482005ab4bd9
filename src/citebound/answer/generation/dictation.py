"""A generator that keeps what it was told and what it said, and one that says the same again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from citebound.errors import GeneratorError, GeneratorUnavailable
from citebound.protocols import Generator

FENCE = re.compile(r"^<([0-9a-f]{8,64})>$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Call:
    """One prompt and the draft that came back; `failure` says why it broke off."""

    prompt_sha256: str
    draft: str
    failure: str = ""


class Recorded:
    """The given generator, as it is; `calls` are those that are over."""

    def __init__(self, generator: Generator, calls: list[Call]) -> None:
        self.name = generator.name
        self._generator = generator
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        return getattr(self._generator, name)

    def stream(self, messages: Sequence[Mapping[str, str]], *, max_tokens: int) -> Iterator[str]:
        return self._kept(messages, self._generator.stream(messages, max_tokens=max_tokens))

    def constrained(
        self, messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any], *, max_tokens: int
    ) -> Iterator[str]:
        """Held to the schema if the generator can do that."""
        held = getattr(self._generator, "constrained", None)
        if held is None:
            return self.stream(messages, max_tokens=max_tokens)
        return self._kept(messages, held(messages, schema, max_tokens=max_tokens))

    def _kept(self, messages: Sequence[Mapping[str, str]], pieces: Iterator[str]) -> Iterator[str]:
        draft = failure = ""
        try:
            for piece in pieces:
                draft += piece
                yield piece
        except GeneratorError as error:
            failure = str(error)
            raise
        finally:
            self._calls.append(Call(prompt_sha256(messages), draft, failure))


class Repeated:
    """Says what was said, call by call, whatever it is told; `prompts` are the hashes of what it was told."""

    def __init__(self, name: str, calls: Sequence[Call]) -> None:
        self.name = name
        self._left = list(calls)
        self.prompts: list[str] = []

    def stream(self, messages: Sequence[Mapping[str, str]], *, max_tokens: int) -> Iterator[str]:
        self.prompts.append(prompt_sha256(messages))
        if not self._left:
            raise GeneratorUnavailable("the receipt has no draft for this prompt")
        call = self._left.pop(0)
        if call.draft:
            yield call.draft
        if call.failure:
            raise GeneratorUnavailable(call.failure)


def prompt_sha256(messages: Sequence[Mapping[str, str]]) -> str:
    """The hash of a prompt, its random fence left out: the same passages and the same question give the same hash."""
    said = "\n".join(f"{message['role']}\n{message['content']}" for message in messages)
    if fence := FENCE.search(said):
        said = said.replace(fence[1], "fence")
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()
