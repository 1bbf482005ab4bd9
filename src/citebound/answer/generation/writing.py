"""The model's part of one answer: the prompt within its budget, the draft as it comes, the second try."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from citebound.answer.bind import bind
from citebound.answer.evidence import Candidate
from citebound.answer.generation.dictation import prompt_sha256
from citebound.answer.generation.disclosure import first_use
from citebound.answer.generation.draft import Draft
from citebound.answer.generation.excerpts import excerpts
from citebound.answer.generation.prompt import ANSWER, CHOOSE, fence_of, prompt, template
from citebound.answer.generation.second_try import choose
from citebound.config import Config
from citebound.errors import GeneratorError
from citebound.protocols import Embedder, Generator
from citebound.types import Passage, Receipt


@dataclass
class Writing:
    """One question put to one model. `root` is the data root. After `pieces`: `draft` is what goes to the gate,
    `failure` says why there is none or not all of it ("" for neither), `notes` what the user is told."""

    generator: Generator
    config: Config
    embedder: Embedder
    root: Path
    question: str
    given: Sequence[Passage]
    candidates: Sequence[Candidate]
    hints: str = ""
    draft: str = ""
    failure: str = ""
    notes: tuple[str, ...] = ()
    _versions: list[str] = field(default_factory=list)
    _sha256: str = ""
    _seconds: float = 0.0
    _read: int = 0
    _written: int = 0

    def pieces(self) -> Iterator[str]:
        """The draft as it may be shown while it is unverified. Raises ConfigError for an unusable prompt file."""
        told = template(ANSWER, self.config.home)
        room = self.config.evidence_tokens - (len(self.embedder.token_starts(self.hints)) if self.hints else 0)
        shown = excerpts(self.given, self.candidates, self.embedder, room)
        messages = prompt(self.question, self.given, self.hints, shown=shown, told=told)
        self._sha256, self._versions = prompt_sha256(messages), [told.mark]
        if host := getattr(self.generator, "host", ""):
            said = first_use(self.root, host, masked=self.config.mask_secrets)
            self.notes = (said,) if said else ()
        limit = self.config.answer_tokens
        reply = Draft(fence_of(messages), limit, self._bound)
        begun = time.monotonic()
        try:
            yield from reply.read(self.generator.stream(messages, max_tokens=limit))
        except GeneratorError as error:
            self.failure = str(error)
        self._count(begun)
        self.draft = reply.sentences(broken=bool(self.failure))
        if not self.draft and not self.failure:
            thought = f"it only thought aloud in {limit} tokens; CITEBOUND_ANSWER_TOKENS raises that"
            self.failure = thought if reply.thought else reply.stopped or "it wrote nothing"

    def named(self) -> Candidate | None:
        """The second try: the sentence that the model names, None if it names none or is not to be asked."""
        if not self.config.second_try:
            return None
        told = template(CHOOSE, self.config.home)
        self._versions.append(told.mark)
        begun = time.monotonic()
        made = choose(self.question, self.candidates, self.generator, told)
        self._count(begun)
        return made

    def receipt(self, receipt: Receipt) -> Receipt:
        """The receipt with what the model was told and what it took."""
        return replace(
            receipt,
            generator=self.generator.name,
            prompt_sha256=self._sha256,
            prompt_version="; ".join(self._versions),
            generation_seconds=self._seconds,
            prompt_tokens=self._read,
            output_tokens=self._written,
        )

    def _bound(self, draft: str) -> int:
        return sum(bool(one.quotes) for one in bind(draft, self.given, self.question))

    def _count(self, begun: float) -> None:
        self._seconds += time.monotonic() - begun
        self._read += getattr(self.generator, "prompt_tokens", 0)
        self._written += getattr(self.generator, "output_tokens", 0)
