"""The encoder trained as a reader, its evidence found by retrieval; or the same architecture from random weights.

TextReader   a text -> a label
PairReader   a question with each retrieved passage -> a label, from all of them together
SpanReader   a question with each retrieved passage -> a span of it, or no answer, as in SQuAD 2.0

Rates are tried one after the other; the one with the least development loss is kept. Retrieval stays as it is: it is
the product's, with the encoder's own weights.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from citebound import models
from citebound.answer.scoring.head import calibrate
from citebound.eval.calibration import Floats, fit_temperature, softened
from citebound.eval.kit import Evidence, Kit
from citebound.eval.measures import Place
from citebound.eval.prediction import ANSWERED, NOT_FOUND, Prediction
from citebound.eval.suite import Item, Question, Regime, SuiteError, Task
from citebound.eval.system import Adaptation, Options, System, Work, options
from citebound.eval.systems.candidates import Candidates, answer_places, touches, within
from citebound.eval.systems.deciding import among, best_threshold, known_labels, reads, text_score, unproved
from citebound.types import Span

if TYPE_CHECKING:
    from citebound.eval.encoder_model import EncoderModel, Example

RATES, SCRATCH_RATES = [5e-5], [3e-4]
TEXT_EPOCHS, PASSAGE_EPOCHS = 12, 3
LEAST_STEPS = 100
"""A model that takes fewer has hardly moved: with few labels there are more epochs."""
JUDGED = 200
"""Development items that losses, temperatures and thresholds are measured on, drawn by the seed."""
WITHOUT = 2
"""Passages without gold that are learnt from where an item has no gold; where it has, one."""
PROOFS = 2
"""Passages with gold that are learnt from, for each item."""
FOR_LABEL, FOR_SPAN = 4, 8
ANSWER_TOKENS = 8
"""An answer may have at least so many, and up to twice as many as the longest that was learnt from."""
WINDOW_CHARS = 500
"""Of a window around gold, where retrieval gives no passage to take the length from."""
NEARLY = 0.8
"""Passages that are nearly as sure of the label as the surest one: retrieval decides which of them is quoted."""
PAIR = 2
"""A question with a passage is as long as so many of the texts that a machine's rates are taken of, for the plan."""
FORTH = 1 / 3
"""Share of a training step that only reading takes."""
Join = Callable[[Floats, int | None], Floats]
"""Logits of passages, shape (passages, labels), and the label that needs no proof -> logits of the document."""


def fine_tuned_reader(kit: Kit, regime: Regime, given: Options, *, folder: Path | None = None) -> System:
    """Options: `epochs` (0: 12 for texts, else 3; more where that makes less than LEAST_STEPS), `batch`, `rates`
    (learning rates to try), `window` (tokens), `passages` (retrieved ones that are read for a question; 0: 4 for a
    label, 8 for a span), `scratch` (random weights). `folder` is a model to use instead of the configured one."""
    o = options(given, epochs=0, batch=8, rates=[], window=256, passages=0, scratch=False)
    spans, texts = kit.suite.task is not Task.LABEL, not reads(kit.suite)
    o["epochs"] = o["epochs"] or (TEXT_EPOCHS if texts and not spans else PASSAGE_EPOCHS)
    o["passages"] = o["passages"] or (FOR_SPAN if spans else FOR_LABEL)
    training = Training(kit, o, folder)
    if spans:
        return SpanReader(kit, regime, training, o["passages"])
    return TextReader(kit, regime, training) if texts else PairReader(kit, regime, training, o["passages"])


class Trained(NamedTuple):
    """The best model of those that were tried, its development loss before and after, and notes on the trials."""

    model: EncoderModel
    before: float | None
    after: float | None
    notes: tuple[str, ...]


class Training:
    """How a reader is trained: the same for all three."""

    def __init__(self, kit: Kit, o: dict[str, Any], folder: Path | None) -> None:
        self._config = kit.config
        self._folder = folder
        self._o = o
        self._rates = [float(r) for r in o["rates"]] or (SCRATCH_RATES if o["scratch"] else RATES)

    def work(self, train: int, dev: int, read: int, each: int) -> Work:
        """For the plan: `train` and `dev` examples, and `read` questions of `each` pairs that are only read; 0 for
        questions that are texts of their own."""
        epochs = max(self._o["epochs"], math.ceil(LEAST_STEPS * self._o["batch"] / max(1, train)))
        length = PAIR if each else 1
        steps = len(self._rates) * (epochs * train + (epochs + 1) * dev * FORTH) * length
        return Work(embedded=float(read * max(1, each) * length), trained=steps)

    def run(self, outputs: int, train: Sequence[Example], dev: Sequence[Example], seed: int) -> Trained:
        """Train with every rate. Raises ModelUnavailable."""
        from citebound.eval.encoder_model import EncoderModel, Schedule

        folder = self._folder or models.locate(self._config.encoder, self._config)
        epochs = max(self._o["epochs"], math.ceil(LEAST_STEPS * self._o["batch"] / len(train)))
        made: list[Trained] = []
        for rate in self._rates:
            model = EncoderModel(
                folder,
                outputs,
                seed=seed,
                scratch=self._o["scratch"],
                window=self._o["window"],
                threads=self._config.threads,
            )
            course = model.fit(train, dev, Schedule(epochs, self._o["batch"], rate), seed)
            losses = " ".join(f"{loss:.4f}" for loss in course.losses)
            note = f"rate {rate:g}, {len(train)} examples: development loss by epoch {losses or 'not measured'}"
            tried = Trained(model, course.before, course.after, (note,))
            if made and (tried.after is None or (made[0].after or 0.0) <= tried.after):
                made = [made[0]._replace(notes=made[0].notes + tried.notes)]
            else:
                made = [tried._replace(notes=(made[0].notes if made else ()) + tried.notes)]
        return made[0]


class TextReader:
    """A label of a text."""

    def __init__(self, kit: Kit, regime: Regime, training: Training) -> None:
        self._kit = kit
        self._regime = regime
        self._training = training
        self._labels: tuple[str, ...] = ()
        self._temperature = 1.0
        self._model: EncoderModel | None = None

    def prepare(self, train: Sequence[Item], dev: Sequence[Item], seed: int) -> Adaptation:
        """Raises SuiteError if there are not two labels to tell apart."""
        from citebound.eval.encoder_model import Example, Pair

        self._labels = known_labels(self._kit.suite, train)
        judged = [item for item in drawn(dev, seed) if item.label in self._labels]
        made, wanted = (
            [Example(Pair(item.question), self._labels.index(item.label)) for item in items]
            for items in (train, judged)
        )
        trained = self._training.run(len(self._labels), made, wanted, seed)
        self._model = trained.model
        if wanted:
            logits = trained.model.logits([e.pair for e in wanted])
            self._temperature = fit_temperature(logits, [self._labels.index(item.label) for item in judged])
        notes = (*trained.notes, f"temperature {self._temperature:.3g}")
        return Adaptation(len(train), len(judged), trained.before, trained.after, notes)

    def predict(self, question: Question) -> Prediction:
        from citebound.eval.encoder_model import Pair

        assert self._model is not None
        shares = softened(self._model.logits([Pair(question.text)]), self._temperature)[0]
        scores = among(question.labels or self._kit.suite.labels, self._labels, shares)
        label = max(scores, key=lambda name: scores[name])
        return Prediction(label=label, scores=scores, confidence=scores[label])

    def work(self, questions: Sequence[Question], train: int) -> Work:
        judged = min(JUDGED, len(self._kit.suite.dev))
        return self._training.work(train, judged, len(questions) + judged, 0)


class PairReader:
    """A label of a question and its documents, from the retrieved passages.

    A passage that touches the gold of its item has the item's label, any other one the label that needs no proof
    (NotMentioned). Where the suite has no gold spans or no such label, every passage has its item's label.
    """

    def __init__(self, kit: Kit, regime: Regime, training: Training, passages: int) -> None:
        self._kit = kit
        self._regime = regime
        self._training = training
        self._most = passages
        self._candidates = Candidates(kit)
        self._labels: tuple[str, ...] = ()
        self._unproved: frozenset[str] = frozenset()
        self._join: Join = mean
        self._temperature = 1.0
        self._shifts: Floats = np.zeros(0)
        self._model: EncoderModel | None = None

    def prepare(self, train: Sequence[Item], dev: Sequence[Item], seed: int) -> Adaptation:
        """Raises SuiteError if there are not two labels to tell apart."""
        self._labels = known_labels(self._kit.suite, train)
        self._unproved = unproved(train)
        judged = [item for item in drawn(dev, seed) if item.label in self._labels]
        made, wanted = ([e for item in items for e in self._examples(item)] for items in (train, judged))
        trained = self._training.run(len(self._labels), made, wanted, seed)
        self._model = trained.model
        self._shifts = np.zeros(len(self._labels))
        notes = trained.notes
        if judged:
            notes += self._fit_join(judged)
        return Adaptation(len(train), len(judged), trained.before, trained.after, notes)

    def predict(self, question: Question) -> Prediction:
        logits, passages, evidence = self._logits(question)
        shares = softened(self._join(logits, self._silent)[None] / self._temperature + self._shifts, 1.0)[0]
        scores = among(question.labels or self._kit.suite.labels, self._labels, shares)
        label = max(scores, key=lambda name: scores[name])
        quotes: tuple[Place, ...] = ()
        if passages and label in self._labels and label not in self._unproved:
            sure = softened(logits, 1.0)[:, self._labels.index(label)]
            quotes = self._quote(
                question, [p for p, s in zip(passages, sure, strict=True) if s >= NEARLY * sure.max()], evidence
            )
        return Prediction(
            label=label,
            quotes=quotes,
            retrieved=evidence.retrieved,
            shown=tuple(passages),
            scores=scores,
            confidence=scores[label],
        )

    def work(self, questions: Sequence[Question], train: int) -> Work:
        n, judged = len(questions), min(JUDGED, len(self._kit.suite.dev))
        made = self._training.work(2 * train, 2 * judged, n + judged, self._most)
        return replace(made, searched=n + train)

    @property
    def _silent(self) -> int | None:
        return self._labels.index(min(self._unproved)) if self._unproved else None

    def _fit_join(self, judged: Sequence[Item]) -> tuple[str, ...]:
        """Choose how passages become a document by development loss. Shifts are fitted with the temperature, since
        passages have other shares of labels than documents."""
        rows = [self._logits(item.asked(self._regime))[0] for item in judged]
        targets = np.array([self._labels.index(item.label) for item in judged])
        tried = []
        for join in (mean, strongest):
            temperature, shifts, loss = calibrate(np.stack([join(r, self._silent) for r in rows]), targets)
            tried.append((loss, join.__name__, join, temperature, shifts))
        _, name, self._join, self._temperature, self._shifts = min(tried, key=lambda t: t[:2])
        losses = ", ".join(f"{name} {loss:.4f}" for loss, name, *_ in tried)
        return (f"passages joined by {name} (development loss: {losses}), temperature {self._temperature:.3g}",)

    def _examples(self, item: Item) -> list[Example]:
        from citebound.eval.encoder_model import Example, Pair

        question = item.asked(self._regime)
        evidence = self._kit.evidence(question)
        near = evidence.retrieved[: self._most + WITHOUT]
        label = self._labels.index(item.label)
        if self._silent is None:
            return [Example(Pair(question.text, text), label) for text in self._kit.texts(near[: 1 + WITHOUT])]
        proof = [p for p in evidence.retrieved if touches(p, item.gold)][:PROOFS] or list(item.gold[:1])
        others = [p for p in near if not touches(p, item.gold)][: 1 if item.gold else WITHOUT]
        return [
            *(Example(Pair(question.text, text), label) for text in self._kit.texts(proof)),
            *(Example(Pair(question.text, text), self._silent) for text in self._kit.texts(others)),
        ]

    def _logits(self, question: Question) -> tuple[Floats, list[Place], Evidence]:
        """Logits of the labels for each passage, shape (passages, labels); a row of zeros if nothing was retrieved."""
        from citebound.eval.encoder_model import Pair

        assert self._model is not None
        evidence = self._kit.evidence(question)
        passages = list(evidence.retrieved[: self._most])
        if not passages:
            return np.zeros((1, len(self._labels))), [], evidence
        logits = self._model.logits([Pair(question.text, text) for text in self._kit.texts(passages)])
        return logits, passages, evidence

    def _quote(self, question: Question, passages: Sequence[Place], evidence: Evidence) -> tuple[Place, ...]:
        """The most promising sentence of some passages."""
        sentences = self._candidates.of(question, evidence)
        return next(((c.place,) for c in sentences if touches(c.place, passages)), (passages[0],))


class SpanReader:
    """The best span over the windows of all retrieved passages; "not found" below a margin chosen on the development
    set."""

    def __init__(self, kit: Kit, regime: Regime, training: Training, passages: int) -> None:
        self._kit = kit
        self._regime = regime
        self._training = training
        self._most = passages
        self._longest = ANSWER_TOKENS
        self._threshold = 0.0
        self._slope = 1.0
        self._model: EncoderModel | None = None

    def prepare(self, train: Sequence[Item], dev: Sequence[Item], seed: int) -> Adaptation:
        """Raises SuiteError if no training item has a gold span."""
        order = random.Random(seed)
        judged = drawn(dev, seed)
        made, wanted = ([e for item in items for e in self._examples(item, order)] for items in (train, judged))
        if not any(e.target for e in made):
            raise SuiteError(
                f"{self._kit.suite.name}: none of {len(train)} training items has a gold span to learn from",
                remedy="Add training items with gold spans, or leave this system out.",
            )
        trained = self._training.run(0, made, wanted, seed)
        self._model = trained.model
        self._longest = max(ANSWER_TOKENS, *(2 * trained.model.length(e) for e in made if e.target))
        if judged:
            self._fit_threshold(judged)
        notes = (*trained.notes, f"threshold {self._threshold:.3g} nats, spans of up to {self._longest} tokens")
        return Adaptation(len(train), len(judged), trained.before, trained.after, notes)

    def predict(self, question: Question) -> Prediction:
        place, margin, passages, evidence = self._best(question)
        found = place is not None and margin >= self._threshold
        share = float(softened(np.array([[0.0, margin * self._slope]]), 1.0)[0, 1]) if place else 0.0
        return Prediction(
            ANSWERED if found else NOT_FOUND,
            text=self._kit.texts([place])[0] if found and place else "",
            quotes=(place,) if found and place else (),
            retrieved=evidence.retrieved,
            shown=tuple(passages),
            confidence=share if found else 1 - share,
        )

    def work(self, questions: Sequence[Question], train: int) -> Work:
        n, judged = len(questions), min(JUDGED, len(self._kit.suite.dev))
        made = self._training.work(2 * train, 2 * judged, n + judged, self._most)
        return replace(made, searched=n + train)

    def _fit_threshold(self, judged: Sequence[Item]) -> None:
        best = [self._best(item.asked(self._regime))[:2] for item in judged]
        texts = [self._kit.texts([place])[0] if place else "" for place, _ in best]
        scores = [text_score(text, item) for text, item in zip(texts, judged, strict=True)]
        margins = [margin for _, margin in best]
        self._threshold = best_threshold(margins, scores, [text_score("", item) for item in judged])
        right = [int(bool(text) and score >= 0.5) for text, score in zip(texts, scores, strict=True)]
        self._slope = 1 / fit_temperature([[0.0, max(margin, -1e3)] for margin in margins], right)

    def _examples(self, item: Item, order: random.Random) -> list[Example]:
        from citebound.eval.encoder_model import Example, Pair

        question = item.asked(self._regime)
        evidence = self._kit.evidence(question)
        lengths = [len(p.span) for p in evidence.retrieved]
        made = []
        for place in answer_places(self._kit.suite.documents, item)[:PROOFS]:
            text = self._kit.suite.documents[place.document]
            window = around(place.span, text, int(np.median(lengths)) if lengths else WINDOW_CHARS, order)
            inside = Span(place.span.start - window.start, place.span.end - window.start)
            made.append(Example(Pair(question.text, window.of(text)), inside))
        others = [p for p in evidence.retrieved[: self._most] if not touches(p, item.gold)]
        others = others[: 1 if made else WITHOUT]
        made += [Example(Pair(question.text, text), None) for text in self._kit.texts(others)]
        return made

    def _best(self, question: Question) -> tuple[Place | None, float, list[Place], Evidence]:
        """The best span, its margin over "no answer", the passages that were read, the evidence."""
        from citebound.eval.encoder_model import Pair

        assert self._model is not None
        evidence = self._kit.evidence(question)
        passages = list(evidence.retrieved[: self._most])
        pairs = [Pair(question.text, text) for text in self._kit.texts(passages)]
        found = [(f, p) for f, p in zip(self._model.spans(pairs, self._longest), passages, strict=True) if f]
        if not found:
            return None, -np.inf, passages, evidence
        best, passage = max(found, key=lambda f: f[0].margin)
        return within(passage, best.span), best.margin, passages, evidence


def drawn(dev: Sequence[Item], seed: int) -> list[Item]:
    """At most JUDGED of the development items."""
    return list(dev) if len(dev) <= JUDGED else random.Random(seed).sample(list(dev), JUDGED)


def around(span: Span, text: str, length: int, order: random.Random) -> Span:
    """A window of about `length` characters with the span somewhere in it, from white space to white space."""
    spare = max(0, length - len(span))
    start = max(0, span.start - order.randint(0, spare))
    end = min(len(text), max(span.end, start + length))
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    return Span(start, end)


def mean(logits: Floats, silent: int | None) -> Floats:
    """All passages alike."""
    return np.asarray(logits.mean(axis=0))


def strongest(logits: Floats, silent: int | None) -> Floats:
    """The passage that is surest, or surest not to have the label that needs no proof."""
    shares = softened(logits, 1.0)
    row = shares.max(axis=1).argmax() if silent is None else shares[:, silent].argmin()
    return np.asarray(logits[int(row)])
