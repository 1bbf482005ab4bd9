"""Controls: what can be had without a model. A system that does not beat them has not been shown to work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from citebound.eval.kit import Kit
from citebound.eval.measures import Place
from citebound.eval.prediction import NOT_FOUND, Prediction
from citebound.eval.suite import Item, Question, Regime, Task
from citebound.eval.system import Adaptation, Options, Work, options
from citebound.ingest.sentences import sentence_spans
from citebound.types import Span

DEPTH = 64


class Majority:
    """The most frequent label of the training items; a text task has none and ends "not found"."""

    def __init__(self, kit: Kit, regime: Regime, given: Options) -> None:
        options(given)
        self._label = ""
        self._share = 0.0

    def prepare(self, train: Sequence[Item], dev: Sequence[Item], seed: int) -> Adaptation:
        counts = Counter(item.label for item in train if item.label)
        if counts:
            self._label, count = min(counts.items(), key=lambda c: (-c[1], c[0]))
            self._share = count / counts.total()
        return Adaptation(labels=counts.total())

    def predict(self, question: Question) -> Prediction:
        if not self._label or (question.labels and self._label not in question.labels):
            return Prediction(NOT_FOUND)
        return Prediction(label=self._label, scores={self._label: self._share}, confidence=self._share)

    def work(self, questions: Sequence[Question], train: int) -> Work:
        return Work()


class AlwaysNotFound:
    """Says that the documents do not hold it, every time: the label NotMentioned where there is one."""

    def __init__(self, kit: Kit, regime: Regime, given: Options) -> None:
        options(given)
        self._label = "NotMentioned" if "NotMentioned" in kit.suite.labels else ""

    def prepare(self, train: Sequence[Item], dev: Sequence[Item], seed: int) -> Adaptation:
        return Adaptation()

    def predict(self, question: Question) -> Prediction:
        return Prediction(NOT_FOUND, label=self._label, confidence=1.0)

    def work(self, questions: Sequence[Question], train: int) -> Work:
        return Work()


class Bm25Top1:
    """Quotes the sentence of the best chunk by words that has most of them; in a labelled corpus, takes its label."""

    def __init__(self, kit: Kit, regime: Regime, given: Options) -> None:
        options(given)
        self._kit = kit
        self._majority = Majority(kit, regime, {})

    def prepare(self, train: Sequence[Item], dev: Sequence[Item], seed: int) -> Adaptation:
        labelled = bool(self._kit.suite.labelled) or self._kit.suite.task is not Task.LABEL
        return (
            Adaptation(labels=len(self._kit.suite.labelled)) if labelled else self._majority.prepare(train, dev, seed)
        )

    def predict(self, question: Question) -> Prediction:
        text = question.text[: self._kit.config.question_limit]
        tree = self._kit.filter(question)
        hits = self._kit.collection.search(text, DEPTH, tree, stages=("lexical",))
        if not hits:
            return self._majority.predict(question)
        retrieved = tuple(self._kit.place(h) for h in hits)
        label = self._kit.suite.labelled.get(retrieved[0].document, "")
        if self._kit.suite.task is Task.LABEL and not label:
            label = self._majority.predict(question).label
        quote = self._best_sentence(question, retrieved[0])
        (quoted,) = self._kit.texts([quote])
        return Prediction(label=label, text=quoted, quotes=(quote,), retrieved=retrieved, shown=retrieved[:1])

    def work(self, questions: Sequence[Question], train: int) -> Work:
        return Work(searched=len(questions) / 10)

    def _best_sentence(self, question: Question, chunk: Place) -> Place:
        (text,) = self._kit.texts([chunk])
        words = set(question.text.lower().split())
        spans = sentence_spans(text) or [Span(0, len(text))]
        best = max(spans, key=lambda s: len(words & set(s.of(text).lower().split())))
        return Place(chunk.document, Span(chunk.span.start + best.start, chunk.span.start + best.end))
