"""`citebound ask` exactly as shipped: whole sentences, each bound, by the served model or by quotes alone."""

from __future__ import annotations

from collections.abc import Sequence

from citebound.eval.kit import RETRIEVED, Kit
from citebound.eval.prediction import NOT_FOUND, Prediction
from citebound.eval.suite import Item, Question, Regime
from citebound.eval.system import Adaptation, Options, Work, options
from citebound.types import Outcome


class Ask:
    """Options: `llm` (bool): the embedded or configured generator, else quotes alone."""

    def __init__(self, kit: Kit, regime: Regime, given: Options) -> None:
        self._llm = bool(options(given, llm=True)["llm"])
        self._kit = kit

    def prepare(self, train: Sequence[Item], dev: Sequence[Item], seed: int) -> Adaptation:
        return Adaptation()

    def predict(self, question: Question) -> Prediction:
        text = question.text[: self._kit.config.question_limit]
        answer = self._kit.collection.ask(text, self._kit.filter(question), llm=self._llm, receipt=False)
        found = answer.outcome is not Outcome.NOT_FOUND
        receipt = answer.receipt
        return Prediction(
            "answered" if found else NOT_FOUND,
            text=" ".join(s.text for s in answer.bound) if found else "",
            quotes=tuple(self._kit.place(c) for c in answer.citations),
            retrieved=tuple(self._kit.place(h) for h in answer.hits[:RETRIEVED]),
            shown=tuple(self._kit.place(p) for p in answer.passages),
            confidence=receipt.sufficiency if receipt else 0.0,
            tokens_in=receipt.prompt_tokens if receipt else 0,
            tokens_out=receipt.output_tokens if receipt else 0,
        )

    def work(self, questions: Sequence[Question], train: int) -> Work:
        n = len(questions)
        reading = Work(self._kit.config.generator, read=500 * n, written=40 * n, searched=n, prompts=n)
        return reading if self._llm else Work(searched=n)
