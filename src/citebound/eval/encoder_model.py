"""The encoder, trained: a linear head on a BERT-like model, for classes of a text or a pair, or for spans of a passage.

The one door of torch for training the encoder. Its weights begin as those of a folder, or at random ("from scratch"):
architecture and tokenizer are the same. Equal seeds give equal weights on one machine and number of threads.
"""

from __future__ import annotations

import copy
import math
import os
import random
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import log_softmax
from tokenizers import Tokenizer
from torch import Tensor

from citebound.errors import ModelUnavailable
from citebound.eval.language_model import _precision
from citebound.types import Span

Floats = NDArray[np.float64]
Targets = Sequence[tuple[int, int]]

HEAD_RATE = 10.0
"""The head of a span model begins at random, the encoder does not: its steps are so many times as long."""
PROBES = (0.001, 0.01, 0.1, 1.0)
"""Inverse regularisation strengths (C) of the logistic regression that the head of a class model begins as."""
PROBE_ITERATIONS = 300
BUCKET = 8
"""Batches that are filled from one sorted heap: nearly equal lengths in each, and still a shuffled order."""
READ_TOKENS = 4096
"""Tokens in one batch when nothing is learnt."""
NEVER = -1e4


@dataclass(frozen=True, slots=True)
class Pair:
    """What is read: a text alone, or a question and a passage."""

    first: str
    second: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """A pair and what is true of it: the number of a class; or, for a span model, the span of `second`, or None."""

    pair: Pair
    target: int | Span | None


@dataclass(frozen=True, slots=True)
class Schedule:
    """AdamW (Loshchilov and Hutter 2019) with linear warm-up and decay. Training stops when `patience` epochs in a row
    have not lowered the development loss; the weights of the best epoch are kept."""

    epochs: int = 4
    batch: int = 16
    rate: float = 5e-5
    decay: float = 0.01
    warmup: float = 0.1
    patience: int = 1


@dataclass(frozen=True, slots=True)
class Course:
    """The development loss (nats, mean over examples) before training and after each epoch; () without examples."""

    before: float | None
    losses: tuple[float, ...] = ()

    @property
    def after(self) -> float | None:
        """The loss of the weights that were kept."""
        return min(self.losses, default=None)


@dataclass(frozen=True, slots=True)
class Found:
    """The best span of a passage, () characters of it, and by how many nats its logits exceed those of "no answer"."""

    span: Span
    margin: float


@dataclass(frozen=True, slots=True)
class _Read:
    """Token ids and segment of each, and where the tokens of the passage stand: rows first..last-1 of `offsets`."""

    ids: list[int]
    types: list[int]
    offsets: list[tuple[int, int]]
    first: int
    last: int


class EncoderModel:
    """A model of `outputs` classes, or (`outputs` = 0) of spans in the manner of SQuAD 2.0, in which the first token
    stands for "no answer" (Devlin et al. 2019, section 4.3). One thread at a time.

    Classes are read from the mean state of each text and the product of both, after each has read the other. That head
    is fitted to the encoder as it is before both are trained (Kumar et al. 2022, "Fine-Tuning can Distort Pretrained
    Features"): from a random head, few labels spoil the encoder before they teach it anything.

    `window` is the number of tokens of an input; a passage is cut to it. Raises ModelUnavailable.
    """

    def __init__(
        self, folder: Path, outputs: int, *, seed: int, scratch: bool = False, window: int = 256, threads: int = 0
    ) -> None:
        torch.set_num_threads(threads or os.cpu_count() or 1)
        self._spans = not outputs
        self._outputs = outputs or 2
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        with _seeded(seed):
            encoder = _opened(folder, scratch)
            width = encoder.config.hidden_size * (1 if self._spans else 3)
            self._head = torch.nn.Linear(width, self._outputs)
        self._model = torch.nn.ModuleDict({"encoder": encoder, "head": self._head}).to(self._device).eval()
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._pad = int(encoder.config.pad_token_id or 0)
        self._window = min(window, int(encoder.config.max_position_embeddings))

    def fit(self, train: Sequence[Example], dev: Sequence[Example], schedule: Schedule, seed: int) -> Course:
        """Learn; order and dropout are drawn from the seed. Without `dev` all epochs are done and the last is kept."""
        read = [self._read(e.pair) for e in train]
        targets = [self._target(e, r) for e, r in zip(train, read, strict=True)]
        judged = [self._read(e.pair) for e in dev]
        wanted = [self._target(e, r) for e, r in zip(dev, judged, strict=True)]
        optimizer = torch.optim.AdamW(self._groups(schedule))
        steps = math.ceil(len(read) / schedule.batch) * schedule.epochs
        pace = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _pace(step, steps, schedule.warmup))
        before = self._loss(judged, wanted) if dev else None
        if not self._spans:
            self._probe(read, targets, judged, wanted)
        losses: list[float] = []
        best: dict[str, Tensor] = {}
        order = random.Random(seed)
        with _seeded(seed):
            for _ in range(schedule.epochs):
                self._model.train()
                for batch in _batches([len(r.ids) for r in read], schedule.batch, order):
                    with self._halved():
                        loss = self._batch_loss([read[i] for i in batch], [targets[i] for i in batch])
                    optimizer.zero_grad(set_to_none=True)
                    loss.backward()  # type: ignore[no-untyped-call]
                    torch.nn.utils.clip_grad_norm_(self._model.parameters(), 1.0)
                    optimizer.step()
                    pace.step()
                self._model.eval()
                if not dev:
                    continue
                losses.append(self._loss(judged, wanted))
                if losses[-1] == min(losses):
                    best = copy.deepcopy(self._model.state_dict())
                elif len(losses) - 1 - int(np.argmin(losses)) > schedule.patience:
                    break
        if best:
            self._model.load_state_dict(best)
        return Course(before, tuple(losses))

    def logits(self, pairs: Sequence[Pair]) -> Floats:
        """Of each class, float64 (len(pairs), outputs)."""
        read = [self._read(p) for p in pairs]
        made = np.zeros((len(pairs), self._outputs))
        for batch in _by_length([len(r.ids) for r in read]):
            with torch.inference_mode():
                made[batch] = self._forward([read[i] for i in batch]).double().cpu().numpy()
        return made

    def spans(self, pairs: Sequence[Pair], longest: int) -> list[Found | None]:
        """The best span of at most `longest` tokens in each passage; None for one without tokens."""
        read = [self._read(p) for p in pairs]
        made: list[Found | None] = [None] * len(pairs)
        for batch in _by_length([len(r.ids) for r in read]):
            with torch.inference_mode():
                rows = self._forward([read[i] for i in batch]).double().cpu().numpy()
            for i, row in zip(batch, rows, strict=True):
                made[i] = _best(read[i], row, longest)
        return made

    def length(self, example: Example) -> int:
        """Tokens of the example's span; 0 if it has none or the window cuts it off."""
        start, end = self._target(example, self._read(example.pair))
        return end - start + 1 if start else 0

    # -- inside ----------------------------------------------------------------------------------------------------

    def _read(self, pair: Pair) -> _Read:
        room = self._window - self._tokenizer.num_special_tokens_to_add(bool(pair.second))
        first = self._tokenizer.encode(pair.first, add_special_tokens=False)
        first.truncate(room // 2 if pair.second else room)
        second = None
        if pair.second:
            second = self._tokenizer.encode(pair.second, add_special_tokens=False)
            second.truncate(room - len(first.ids))
        whole = self._tokenizer.post_process(first, second, True)
        inside = [i for i, part in enumerate(whole.sequence_ids) if part == 1]
        begin, end = (inside[0], inside[-1] + 1) if inside else (0, 0)
        return _Read(whole.ids, whole.type_ids, whole.offsets, begin, end)

    def _target(self, example: Example, read: _Read) -> tuple[int, int]:
        """First and last token of the span, (0, 0) for no answer; of a class, its number twice."""
        if isinstance(example.target, int):
            return example.target, example.target
        if example.target is None:
            return 0, 0
        wanted = example.target
        inside = [
            i
            for i in range(read.first, read.last)
            if read.offsets[i][0] < wanted.end and read.offsets[i][1] > wanted.start
        ]
        whole = inside and read.offsets[inside[-1]][1] >= wanted.end
        return (inside[0], inside[-1]) if whole else (0, 0)

    def _forward(self, read: Sequence[_Read]) -> Tensor:
        """Logits of the classes, shape (batch, outputs), or of starts and ends, shape (batch, tokens, 2)."""
        ids, types, mask, inside = self._tensors(read)
        states = self._model["encoder"](input_ids=ids, token_type_ids=types, attention_mask=mask).last_hidden_state
        if self._spans:
            logits: Tensor = self._head(states)
            return logits.masked_fill(~inside.unsqueeze(-1), NEVER)
        classes: Tensor = self._head(_pooled(states, types, mask))
        return classes

    def _features(self, read: Sequence[_Read]) -> Floats:
        """What the head of a class model sees, float64 (len(read), 3 * hidden size)."""
        made = np.zeros((len(read), self._head.weight.shape[1]))
        for batch in _by_length([len(r.ids) for r in read]):
            ids, types, mask, _ = self._tensors([read[i] for i in batch])
            with torch.inference_mode(), self._halved():
                states = self._model["encoder"](input_ids=ids, token_type_ids=types, attention_mask=mask)
                made[batch] = _pooled(states.last_hidden_state.float(), types, mask).double().cpu().numpy()
        return made

    def _probe(self, read: Sequence[_Read], targets: Targets, judged: Sequence[_Read], wanted: Targets) -> None:
        """Fit the head alone; C is the one with the least development loss, the second without such examples."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression

        classes = [target for target, _ in targets]
        if len(set(classes)) < 2:
            return
        rows = self._features(read)
        dev = self._features(judged) if judged else np.zeros((0, rows.shape[1]))
        tried: list[tuple[float, Floats, Floats]] = []
        for c in PROBES if judged else PROBES[1:2]:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # training goes on from here
                model = LogisticRegression(C=c, max_iter=PROBE_ITERATIONS).fit(rows, classes)
            weight, bias = np.zeros((self._outputs, rows.shape[1])), np.full(self._outputs, NEVER / 1000)
            if len(model.classes_) == 2:  # scikit-learn keeps only the row of the second of two classes
                weight[model.classes_[1]] = model.coef_[0]
                bias[model.classes_] = 0.0, float(model.intercept_[0])
            else:
                weight[model.classes_], bias[model.classes_] = model.coef_, model.intercept_
            logs = log_softmax(dev @ weight.T + bias, axis=1)
            tried.append((-float(sum(logs[i, target] for i, (target, _) in enumerate(wanted))), weight, bias))
        _, weight, bias = min(tried, key=lambda t: t[0])
        with torch.no_grad():
            self._head.weight.copy_(torch.from_numpy(weight))
            self._head.bias.copy_(torch.from_numpy(bias))

    def _tensors(self, read: Sequence[_Read]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        longest = max(len(r.ids) for r in read)
        ids = torch.full((len(read), longest), self._pad)
        types, mask = torch.zeros_like(ids), torch.zeros_like(ids)
        inside = torch.zeros_like(ids, dtype=torch.bool)
        for row, r in enumerate(read):
            ids[row, : len(r.ids)] = torch.tensor(r.ids)
            types[row, : len(r.ids)] = torch.tensor(r.types)
            mask[row, : len(r.ids)] = 1
            inside[row, r.first : r.last] = True
            inside[row, 0] = True
        return ids.to(self._device), types.to(self._device), mask.to(self._device), inside.to(self._device)

    def _batch_loss(self, read: Sequence[_Read], targets: Sequence[tuple[int, int]]) -> Tensor:
        logits = self._forward(read).float()
        wanted = torch.tensor(targets, device=self._device)
        if not self._spans:
            return torch.nn.functional.cross_entropy(logits, wanted[:, 0])
        starts = torch.nn.functional.cross_entropy(logits[..., 0], wanted[:, 0])
        ends = torch.nn.functional.cross_entropy(logits[..., 1], wanted[:, 1])
        return (starts + ends) / 2

    def _loss(self, read: Sequence[_Read], targets: Sequence[tuple[int, int]]) -> float:
        total = 0.0
        for batch in _by_length([len(r.ids) for r in read]):
            with torch.inference_mode(), self._halved():
                mean = self._batch_loss([read[i] for i in batch], [targets[i] for i in batch])
            total += float(mean) * len(batch)
        return total / len(read)

    def _halved(self) -> torch.autocast:
        """Products in bfloat16 while learning, where the processor has them: less than half the time. What is predicted
        is computed in full."""
        return torch.autocast(self._device.type, torch.bfloat16, enabled=_precision() is torch.bfloat16)

    def _groups(self, schedule: Schedule) -> list[dict[str, Any]]:
        """Parameters by step length and decay; biases and norms do not decay."""
        made = []
        for part, rate in (("encoder", schedule.rate), ("head", schedule.rate * (HEAD_RATE if self._spans else 1))):
            parameters = list(self._model[part].parameters())
            matrices = [p for p in parameters if p.dim() > 1]
            made.append({"params": matrices, "lr": rate, "weight_decay": schedule.decay})
            made.append({"params": [p for p in parameters if p.dim() < 2], "lr": rate, "weight_decay": 0.0})
        return made


def _opened(folder: Path, scratch: bool) -> Any:
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    try:
        from transformers import AutoConfig, AutoModel
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        if scratch:
            architecture = AutoConfig.from_pretrained(folder, local_files_only=True)
            return AutoModel.from_config(architecture)  # type: ignore[no-untyped-call]
        return AutoModel.from_pretrained(
            folder, local_files_only=True, dtype=torch.float32, trust_remote_code=False, use_safetensors=True
        )
    except (OSError, ValueError, ImportError) as error:
        raise ModelUnavailable(f"{folder} cannot be trained: {error}") from error


def _pooled(states: Tensor, types: Tensor, mask: Tensor) -> Tensor:
    """Mean states of the first and of the second text, each of length sqrt(hidden size), and their product; the last
    two are 0 without a second text. Shape (batch, 3 * hidden size)."""
    means = []
    for part in (0, 1):
        share = (mask * (types == part)).unsqueeze(-1).to(states.dtype)
        mean = (states * share).sum(dim=1) / share.sum(dim=1).clamp(min=1.0)
        means.append(torch.nn.functional.normalize(mean, dim=-1) * math.sqrt(states.shape[-1]))
    return torch.cat([*means, means[0] * means[1]], dim=-1)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Everything random inside is drawn from the seed; what was drawn before goes on afterwards."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


def _pace(step: int, steps: int, warmup: float) -> float:
    """The share of the full rate: rising over the first `warmup` of the steps, then falling to 0."""
    rising = max(1, round(steps * warmup))
    return (step + 1) / rising if step < rising else max(0.0, (steps - step) / max(1, steps - rising))


def _batches(lengths: Sequence[int], size: int, order: random.Random) -> list[list[int]]:
    shuffled = list(range(len(lengths)))
    order.shuffle(shuffled)
    made = []
    for at in range(0, len(shuffled), size * BUCKET):
        heap = sorted(shuffled[at : at + size * BUCKET], key=lambda i: lengths[i])
        made += [heap[i : i + size] for i in range(0, len(heap), size)]
    order.shuffle(made)
    return made


def _by_length(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Batches of about READ_TOKENS, padding included, longest first."""
    ranked = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    while ranked:
        size = max(1, READ_TOKENS // max(1, lengths[ranked[0]]))
        batch, ranked = ranked[:size], ranked[size:]
        yield batch


def _best(read: _Read, logits: Floats, longest: int) -> Found | None:
    if read.first == read.last:
        return None
    starts, ends = logits[read.first : read.last, 0], logits[read.first : read.last, 1]
    table = starts[:, None] + ends[None, :]
    rows, columns = np.indices(table.shape)
    table[(columns < rows) | (columns >= rows + longest)] = -np.inf
    i, j = np.unravel_index(int(table.argmax()), table.shape)
    span = Span(read.offsets[read.first + int(i)][0], read.offsets[read.first + int(j)][1])
    return Found(span, float(table[i, j] - logits[0].sum()))
