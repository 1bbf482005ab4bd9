"""A model of the user's own behind an OpenAI-compatible address, as a generator of the scoreboard: ``URL#model``.

The chat API gives no likelihoods of given texts, so a label is the one that the reply begins with; the reply that
names none is a parse failure, and scores no label.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from citebound.answer.generation.generator import ChatGenerator
from citebound.config import Config
from citebound.errors import ConfigError
from citebound.eval.language_model import Messages, Reply

CHARS_PER_TOKEN = 4
WINDOW = 8192
LABEL_TOKENS = 24


class Endpoint:
    """Speaks like a LanguageModel. The key, if one is needed, is CITEBOUND_API_KEY in the environment."""

    def __init__(self, address: str, config: Config) -> None:
        url, _, model = address.partition("#")
        if not model:
            raise ConfigError(
                f"{address} names no model", remedy="Write it as URL#model, for example http://host/v1#m."
            )
        key = config.api_key.get_secret_value() if config.api_key else ""
        self.name = model
        self.window = WINDOW
        self._generator = ChatGenerator(model, url, key, timeout=config.generator_timeout)

    def count(self, text: str) -> int:
        """Tokens of a text, about: the server's tokenizer is not known here."""
        return len(text) // CHARS_PER_TOKEN

    def likelihoods(self, messages: Messages, texts: Sequence[str]) -> tuple[NDArray[np.float64], int]:
        """0 for the text that the reply begins with (the longest of several), minus infinity for the others."""
        said = self.reply(messages, LABEL_TOKENS).text.lower().lstrip("\"'*` ")
        made = np.full(len(texts), -np.inf)
        named = [i for i, text in enumerate(texts) if said.startswith(text.lower())]
        if named:
            made[max(named, key=lambda i: len(texts[i]))] = 0.0
        return made, self._generator.prompt_tokens

    def reply(self, messages: Messages, max_tokens: int, stop: str = "\n") -> Reply:
        """The reply up to `stop`. It has no log-probability: 0.0."""
        text = "".join(self._generator.stream(messages, max_tokens=max_tokens)).lstrip()
        g = self._generator
        return Reply(text.split(stop)[0].strip(), g.prompt_tokens, g.output_tokens, g.output_tokens < max_tokens, 0.0)

    def states(self, texts: Sequence[str], most: int = 256) -> NDArray[np.float32]:
        raise ConfigError("an endpoint gives no hidden states", remedy="Name a local model for frozen features.")
