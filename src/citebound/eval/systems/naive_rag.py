"""The naive RAG system: the tutorial's index, its prompt, and the scoreboard's schema and parser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from citebound.eval import plan_prompts, prompts
from citebound.eval.kit import Kit, Shown
from citebound.eval.prediction import Prediction
from citebound.eval.suite import Item, Question, Regime, Task
from citebound.eval.system import Adaptation, Options, Work, options
from citebound.eval.systems.reading import Leaning, extracted, labelled, unlabelled

if TYPE_CHECKING:
    from citebound.eval.naive_rag import TutorialIndex


class NaiveRag:
    """Options: `generator`, `k` (chunks in the prompt), `calibrate` as for prompt systems."""

    def __init__(self, kit: Kit, regime: Regime, given: Options) -> None:
        o = options(given, generator=kit.config.generator, k=4, calibrate=24)
        self._kit = kit
        self._generator = str(o["generator"])
        self._k = int(o["k"])
        self._calibrate = int(o["calibrate"])
        self._regime = regime
        self._leaning = Leaning()
        self._index: TutorialIndex | None = None

    def prepare(self, train: Sequence[Item], dev: Sequence[Item], seed: int) -> Adaptation:
        from citebound.eval.naive_rag import TutorialIndex

        self._index = TutorialIndex(self._kit.suite.documents, self._kit.encoder)
        if self._kit.suite.task is Task.LABEL:
            seen = unlabelled(dev, self._calibrate, self._regime, seed)
            self._leaning = Leaning.of([self._read(q)[0].scores for q in seen])
        return Adaptation(labels=len(self._kit.suite.labelled))

    def predict(self, question: Question) -> Prediction:
        made, shown = self._read(question)
        if self._kit.suite.task is Task.LABEL:
            made = self._leaning.taken_off(made)
        places = tuple(s.place for s in shown)
        return replace(made, retrieved=places, shown=places)

    def _read(self, question: Question) -> tuple[Prediction, list[Shown]]:
        assert self._index is not None
        suite = self._kit.suite
        found = self._index.search(question.text, question.documents, self._k)
        shown = [Shown(place, text, label=suite.labelled.get(place.document, "")) for place, text in found]
        asked = prompts.messages(suite.prompts, question.text, profile=False, shown=shown)
        model = self._kit.language_model(self._generator)
        made = labelled(model, suite, question, asked) if suite.task is Task.LABEL else extracted(model, asked, shown)
        return made, shown

    def work(self, questions: Sequence[Question], train: int) -> Work:
        suite, labels = self._kit.suite, self._kit.suite.task is Task.LABEL
        made = plan_prompts.lengths(suite, questions, profile=False, room=self._k * plan_prompts.CHUNK_CHARS)
        n = len(questions) + (min(self._calibrate, len(suite.dev)) if labels else 0)
        names = {d for q in questions for d in q.documents} or set(suite.documents)
        chunks = sum(len(suite.documents[name]) for name in names) / plan_prompts.CHUNK_CHARS
        read = made.shared + n * (made.each + plan_prompts.label_tokens(suite))
        written = 0 if labels else n * plan_prompts.WRITTEN
        return Work(self._generator, read, written, embedded=chunks + n, prompts=2 * n if labels else n)
