"""Whether to answer: sure enough for the stated error rate, unsure, or not found, and what an answer says of that.

Three outcomes follow from a calibration. Where it is improbable that the documents hold an answer, none is written:
NOT_FOUND, in which at most a stated share of the questions that could be answered ends. What is made is shown with its
confidence; if that does not reach the stated error rate it is PARTIAL, marked as unsure, or, with the setting
`unsure = "hide"`, not found either. Where that rate cannot be stated of any answer, those that are more probably right
than wrong count as sure enough, and with "hide" none. Where no calibration fits the encoder, the cosine of the best
sentence decides, and no error rate is stated. Nor is one of the drafts of a model that the calibration never saw: it
decides whether an answer is tried, and the cosine only whether quotes are shown where that model said "not found". Such
a draft is no surer than the sentence that proves it: where that is the one that would have been quoted, it has the
confidence of the quote, said to be that, else none. What has no confidence is unsure, and "hide" holds it back, since
its promise is a stated rate. A question in a language that the encoder was not made for was in no calibration either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from citebound.answer.confidence import calibration as files
from citebound.answer.confidence.calibration import Calibration, Level, Stage
from citebound.answer.confidence.rates import at_most
from citebound.config import Config
from citebound.indexes.language import warning
from citebound.protocols import Embedder
from citebound.types import Answer, Outcome, Sentence, Verdict

SUFFICIENT = 0.42
"""Cosine of the best sentence from which on an answer is tried where nothing was calibrated (eval/LOG.md)."""

NEAR = 0.5
"""The same where the model said "not found", which a small one says nearly as often where the answer lies before it."""

LIKELY = 0.5
"""Confidence from which on an answer is called one, where the stated error rate can be had of none."""

OF_QUOTES = "of its quote alone"
"""Ends the name of a calibration whose confidence is that of the quoted sentence, not of what a model wrote of it."""

AGAIN = "`citebound calibrate` fits it anew"


@dataclass(frozen=True, slots=True)
class Sureness:
    """What is known of an answer: its confidence, the strictest level that it reaches, whether that is enough."""

    confidence: float | None = None
    level: Level | None = None
    enough: bool = True


class Abstention:
    """Decides by the calibration of the collection in `root`, else by the shipped one, if it fits: as the file is when
    the first question is put to it. With `off` nothing is held back: for calibrating.

    Raises StoreCorrupt, FormatTooNew for a calibration of the collection that does not read.
    """

    def __init__(self, root: Path, encoder: Embedder, config: Config, *, off: bool = False) -> None:
        self._root = root
        self._encoder = encoder
        self._config = config
        self._off = off

    @cached_property
    def _own(self) -> Calibration | None:
        return files.read(self._root)

    @cached_property
    def _found(self) -> Calibration | None:
        """The calibration in force."""
        for made in (self._own, files.shipped()):
            if made is not None and made.made.encoder_key == self._encoder.key:
                return made
        return None

    @property
    def note(self) -> str:
        """Why the collection's own calibration is not used; "" if it is, or there is none."""
        own = self._own
        if own is None:
            return ""
        if own.made.encoder_key != self._encoder.key:
            return (
                f"the collection's calibration was made with the encoder {own.made.encoder} and is not used with"
                f" {self._encoder.name}; {AGAIN}"
            )
        return ""

    def note_of(self, generator: str) -> str:
        """Why what was calibrated on drafts is not used for those of this generator."""
        own = self._own
        if not generator or own is None or self.note or own.made.generator == generator:
            return ""
        with_whom = f"drafts of {own.made.generator}" if own.made.generator else "quotes alone"
        return f"the collection's calibration was made with {with_whom} and states nothing on drafts of {generator}"

    def hopeless(self, signals: Mapping[str, float]) -> bool:
        """Whether an answer is so improbable that none should be tried."""
        return self._below(signals, silent=False)

    def near(self, signals: Mapping[str, float], generator: str) -> bool:
        """Whether quotes should be shown although the model said that it found no answer."""
        return not self._below(signals, silent=True, generator=generator)

    def _below(self, signals: Mapping[str, float], *, silent: bool, generator: str = "") -> bool:
        if self._off:
            return False
        made = self._found
        if silent and (made is None or made.made.generator != generator or made.answerable.silent is None):
            return signals["cosine"] < NEAR
        if made is None:
            return signals["cosine"] < SUFFICIENT
        limit = made.answerable.silent if silent else made.answerable.limit
        return limit is not None and made.answerable.confidence(signals) < limit.threshold

    def sureness(self, signals: Mapping[str, float], generator: str, *, by_best: bool = True) -> Sureness:
        """Of an answer by quotes alone (`generator` is ""), or from a draft of that generator; `by_best`: all of it is
        proven by the sentence that would have been quoted."""
        made = self._found
        stage = self._stage(made, generator)
        hidden = self._config.unsure == "hide"
        if made is None:
            return Sureness(enough=self._off or not hidden)
        if stage is None:
            confidence = made.quotes.confidence(signals) if by_best else None
            likely = confidence is not None and confidence >= LIKELY
            return Sureness(confidence, None, self._off or (likely and not hidden))
        confidence = stage.confidence(signals)
        wanted = stage.level(made.made.risk)
        enough = self._off or (
            not hidden and confidence >= LIKELY if wanted is None else confidence >= wanted.threshold
        )
        return Sureness(confidence, stage.reached(confidence), enough)

    def weigh(self, answer: Answer, signals: Mapping[str, float], generator: str, *, by_best: bool = True) -> Answer:
        """The answer with its confidence and the error rate that can be stated; PARTIAL if it is not sure enough, or
        NOT_FOUND where unsure ones are hidden. One that was not found says how probably there is none."""
        receipt = answer.receipt
        if receipt is None or answer.outcome not in (Outcome.ANSWERED, Outcome.PARTIAL, Outcome.NOT_FOUND):
            return answer
        made = self._found
        notes = tuple(dict.fromkeys(filter(None, (*answer.notes, self.note, self.note_of(receipt.generator)))))
        receipt = replace(receipt, signals=dict(signals))
        answer = replace(answer, notes=notes, receipt=receipt)
        foreign = warning(answer.question, self._encoder.name) != ""
        if made is None or foreign:
            nothing = answer.outcome is Outcome.NOT_FOUND
            return answer if nothing or self._off else self._unknown(answer, foreign=foreign)
        if answer.outcome is Outcome.NOT_FOUND:
            return self._absent(answer, made, signals)
        sure, stage = self.sureness(signals, generator, by_best=by_best), self._stage(made, generator)
        fitted = str(made.made) if stage else f"{made.made}; {OF_QUOTES}"
        said = replace(
            receipt,
            confidence=sure.confidence,
            risk=sure.level.risk if sure.level else None,
            calibration=fitted if sure.confidence is not None else "",
        )
        answer = replace(answer, receipt=said)
        if sure.enough:
            return answer
        why = unsure(sure, made.made.risk, stage) if stage else f"not sure: {unknown(generator)}"
        if self._config.unsure == "hide":
            return self._absent(_hidden(answer, why), made, signals)
        return replace(answer, outcome=Outcome.PARTIAL, reason=_joined(answer.reason, why))

    def _unknown(self, answer: Answer, *, foreign: bool) -> Answer:
        """An answer of whose kind nothing is known: it is shown as it is, but is not found where only sure ones are to
        be shown."""
        if self._config.unsure != "hide":
            return answer
        what = "questions in this language" if foreign else f"answers with the encoder {self._encoder.name}"
        return _hidden(answer, f"not sure: no error rate is known for {what}")

    def _absent(self, answer: Answer, made: Calibration, signals: Mapping[str, float]) -> Answer:
        """What was not found, with the probability that the documents hold no answer."""
        if answer.receipt is None:
            return answer
        limit = made.answerable.limit
        told = replace(
            answer.receipt,
            confidence=1 - made.answerable.confidence(signals),
            risk=limit.upper if limit and self.hopeless(signals) else None,
            calibration=str(made.made),
            signals=dict(signals),
        )
        return replace(answer, receipt=told)

    def _stage(self, made: Calibration | None, generator: str) -> Stage | None:
        if made is None or not generator:
            return made.quotes if made else None
        return made.drafts if made.made.generator == generator else None


def unsure(sure: Sureness, risk: float, stage: Stage | None) -> str:
    """In words, why an answer is not given as a sure one."""
    if stage is not None and stage.level(risk) is None:
        likely = sure.confidence is None or sure.confidence >= LIKELY
        said = f"not sure: for such answers no error rate of {at_most(risk)} can be stated"
        return said if likely else f"{said}, and this one is as likely wrong"
    return f"not sure enough for an error rate of {at_most(risk)}"


def unknown(generator: str) -> str:
    """That nothing was calibrated on the answers of a model."""
    return f"no error rate is known for answers of {generator}"


def _hidden(answer: Answer, why: str) -> Answer:
    held = tuple(_held(sentence) for sentence in answer.sentences)
    return replace(answer, outcome=Outcome.NOT_FOUND, sentences=held, reason=_joined(answer.reason, why))


def _joined(*reasons: str) -> str:
    return "; ".join(filter(None, reasons))


def _held(sentence: Sentence) -> Sentence:
    """A sentence that is not shown as an answer; with its citations, for those who ask to see it."""
    if sentence.verdict is Verdict.REMOVED:
        return sentence
    return replace(sentence, verdict=Verdict.REMOVED, reason="not sure enough to be shown")
