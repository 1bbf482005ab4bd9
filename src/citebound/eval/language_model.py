"""A local causal language model for the scoreboard: every generator system runs in this one engine.

The weights are those that are served (GGUF, dequantised when read) or a transformers folder of the user's own. The
longest common beginning of two prompts in a row is computed once: exemplars and whole documents are paid for once.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from citebound import models
from citebound.config import Config
from citebound.errors import GeneratorUnavailable

if TYPE_CHECKING:
    import torch

Messages = Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Reply:
    """A greedy reply. `ended` is False if the token limit cut it off. `logprob` is its mean log-probability."""

    text: str
    tokens_in: int
    tokens_out: int
    ended: bool
    logprob: float


class LanguageModel:
    """A model and its tokenizer. One thread at a time."""

    def __init__(self, name: str, model: Any, tokenizer: Any) -> None:
        self.name = name
        self._model = model
        self._tokenizer = tokenizer
        self._cached: list[int] = []
        self._cache: Any = None

    @classmethod
    def load(cls, name: str, config: Config) -> LanguageModel:
        """A generator of the catalogue, a GGUF file or a transformers folder.

        Raises ModelError, GeneratorUnavailable.
        """
        os.environ["HF_HUB_OFFLINE"] = "1"
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        os.environ["TQDM_DISABLE"] = "1"
        path = Path(name)
        if path.is_file():
            with path.open("rb") as file:
                weights = hashlib.file_digest(file, "sha256").hexdigest()
        elif not path.exists():
            path = models.locate(name, config) / models.find(name).weights.path
            weights = models.weights_sha256(name)
        try:
            import torch
            from transformers import AutoModelForCausalLM, AutoTokenizer
            from transformers.utils import logging
        except ImportError as error:
            raise GeneratorUnavailable(f"{error.name} is missing", remedy="pip install 'citebound[train]'") from error
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        if config.threads:
            torch.set_num_threads(config.threads)
        precision = str(_precision()).rpartition(".")[2]
        dense = path if path.is_dir() else config.models / f"{path.stem}-{weights[:12]}-{precision}"
        whole = dense.is_dir()
        folder = dense if whole else path.parent
        given: dict[str, Any] = {"use_safetensors": True} if whole else {"gguf_file": path.name}
        try:
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False, **given)
            model = AutoModelForCausalLM.from_pretrained(
                folder, local_files_only=True, dtype=_precision(), trust_remote_code=False, **given
            )
            if not whole:
                _save(model, tokenizer, dense)
        except (OSError, ValueError, ImportError) as error:
            raise GeneratorUnavailable(
                f"{path} cannot be loaded: {error}", remedy="pip install 'citebound[train]'; is the file whole?"
            ) from error
        return cls(Path(name).name, _placed(model), tokenizer)

    @property
    def window(self) -> int:
        """Tokens that prompt and reply may have together."""
        return int(self._model.config.max_position_embeddings)

    def count(self, text: str) -> int:
        """Tokens of a text, without a chat template."""
        return len(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def prompt_ids(self, messages: Messages) -> list[int]:
        """Token ids of a conversation in the model's own chat template, ready for the reply."""
        text = self._tokenizer.apply_chat_template(
            [dict(m) for m in messages], tokenize=False, add_generation_prompt=True
        )
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def likelihoods(self, messages: Messages, texts: Sequence[str]) -> tuple[NDArray[np.float64], int]:
        """Log-likelihood of each text as the reply, shape (len(texts),), and the number of prompt tokens.

        The texts are read as one tree in one pass: each token sees the prompt and the tokens before it in its own text
        (tree attention, Cai et al. 2024, "Medusa", section 2.3), so a hundred labels cost hardly more than one.
        """
        ids = self.prompt_ids(messages)
        first = _log_softmax(self._read(ids))
        tails = [tuple(self._tokenizer(text, add_special_tokens=False)["input_ids"]) for text in texts]
        if any(a != b and b[: len(a)] == a for a in tails for b in tails):
            tails = [(*tail, min(self._ends())) for tail in tails]
        beginnings = sorted({tail[:n] for tail in tails for n in range(1, len(tail))}, key=lambda b: (len(b), b))
        rows = {(): first, **dict(zip(beginnings, self._branches(beginnings, len(ids)), strict=True))}
        made = [sum(float(rows[tail[:n]][token]) for n, token in enumerate(tail)) for tail in tails]
        return np.array(made, dtype=np.float64), len(ids)

    def _branches(self, beginnings: Sequence[tuple[int, ...]], at: int) -> list[NDArray[np.float64]]:
        """Log-probabilities after each beginning of a reply, shorter ones first, all shorter ones of each among them.
        The cache has `at` tokens, before and after."""
        import torch

        if not beginnings:
            return []
        place = {beginning: n for n, beginning in enumerate(beginnings)}
        seen = torch.zeros(len(beginnings), at + len(beginnings), dtype=torch.bool)
        seen[:, :at] = True
        for beginning, n in place.items():
            seen[n, [at + place[beginning[:k]] for k in range(1, len(beginning) + 1)]] = True
        device = self._model.device
        with torch.inference_mode():
            out = self._model(
                input_ids=torch.tensor([[b[-1] for b in beginnings]], device=device),
                position_ids=torch.tensor([[at + len(b) - 1 for b in beginnings]], device=device),
                attention_mask=seen[None, None].to(device),
                past_key_values=self._cache,
                use_cache=True,
            )
        self._keep(at)
        return [_log_softmax(row) for row in out.logits[0]]

    def reply(self, messages: Messages, max_tokens: int, stop: str = "\n") -> Reply:
        """The greedy reply, up to `stop` or `max_tokens`."""
        ids = self.prompt_ids(messages)
        logits = self._read(ids)
        ends = self._ends()
        made: list[int] = []
        logprobs: list[float] = []
        ended = False
        while len(made) < max_tokens:
            row = _log_softmax(logits)
            token = int(row.argmax())
            if token in ends:
                ended = True
                break
            logprobs.append(float(row[token]))
            made.append(token)
            if stop in self._tokenizer.decode(made).lstrip():
                ended = True
                break
            logits = self._forward([token])[-1]
        self._keep(len(ids))
        text = self._tokenizer.decode(made, skip_special_tokens=True).lstrip().split(stop)[0].strip()
        return Reply(text, len(ids), len(made), ended, float(np.mean(logprobs)) if logprobs else 0.0)

    def states(self, texts: Sequence[str], most: int = 256) -> NDArray[np.float32]:
        """Mean of the last hidden states over at most `most` tokens: float32 (len(texts), hidden size), unit rows.

        The frozen features of "embedding extraction" from a generator (Muennighoff 2022, section 3, mean pooling).
        """
        import torch

        rows = []
        for text in texts:
            ids = self._tokenizer(text, add_special_tokens=False)["input_ids"][:most] or [0]
            with torch.inference_mode():
                out = self._model.model(input_ids=torch.tensor([ids], device=self._model.device), use_cache=False)
            row = out.last_hidden_state[0].float().mean(dim=0).cpu().numpy()
            rows.append(row / max(float(np.linalg.norm(row)), 1e-9))
        return np.stack(rows).astype(np.float32)

    def _read(self, ids: Sequence[int]) -> torch.Tensor:
        """Logits after a prompt, with as much of the last one as is the same."""
        from transformers import DynamicCache

        shared = 0
        if self._cache is not None:
            most = min(len(ids) - 1, len(self._cached))
            while shared < most and ids[shared] == self._cached[shared]:
                shared += 1
        if shared:
            self._keep(shared)
        else:
            self._cache = DynamicCache()
        self._cached = []  # until the cache is whole: a forward pass may fail
        logits = self._forward(ids[shared:])[-1]
        self._cached = list(ids)
        return logits

    def _keep(self, count: int) -> None:
        """Forget all of the cache but the first tokens."""
        beyond = self._cache.get_seq_length() - count
        if beyond > 0:
            self._cache.crop(-beyond)

    def _forward(self, ids: Sequence[int]) -> torch.Tensor:
        """Logits after each token, shape (len(ids), vocabulary); the cache grows by them."""
        import torch

        with torch.inference_mode():
            out = self._model(
                input_ids=torch.tensor([list(ids)], device=self._model.device),
                past_key_values=self._cache,
                use_cache=True,
                logits_to_keep=0 if len(ids) < 64 else 1,
            )
        logits: torch.Tensor = out.logits[0]
        return logits

    def _ends(self) -> set[int]:
        found = self._model.generation_config.eos_token_id
        ends = set(found if isinstance(found, list) else [found]) | {self._tokenizer.eos_token_id}
        return {e for e in ends if e is not None}


def _log_softmax(logits: torch.Tensor) -> NDArray[np.float64]:
    import torch

    made: NDArray[np.float64] = torch.log_softmax(logits.double(), dim=-1).cpu().numpy()
    return made


def _save(model: Any, tokenizer: Any, folder: Path) -> None:
    """Keep dequantised weights, whole or not at all: reading them takes seconds, dequantising a minute.

    The marks of their origin would keep transformers from writing them. Where they cannot be kept, nothing is lost.
    """
    model.hf_quantizer, model.is_quantized = None, False
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    with suppress(OSError), tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as made:
        model.save_pretrained(made)
        tokenizer.save_pretrained(made)
        Path(made).rename(folder)


def _placed(model: Any) -> Any:
    """Ready to read, on the GPU if there is one."""
    import torch

    return model.to("cuda").eval() if torch.cuda.is_available() else model.eval()


def _precision() -> torch.dtype:
    """bfloat16 where the processor multiplies it natively, else float32."""
    import torch

    if torch.cuda.is_available():
        return torch.bfloat16
    return torch.bfloat16 if "avx512_bf16" in _flags() or "amx_bf16" in _flags() else torch.float32


def _flags() -> str:
    try:
        return Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return ""
