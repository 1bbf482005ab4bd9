"""A frozen encoder, or frozen states of a generator, and a calibrated linear head: no weight of the model changes.

LabelHead      a text, or a question with its nearest retrieved sentences -> a label
SentenceHead   a question with a retrieved sentence -> is it the one? The answer is the best sentence or a value in it

Both read in training what they will read in testing: the sentences that retrieval finds, never the gold alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from citebound.eval import plan_prompts
from citebound.eval.calibration import Floats, fit_temperature, softened
from citebound.eval.kit import Evidence, Kit
from citebound.eval.measures import Place
from citebound.eval.prediction import ANSWERED, NOT_FOUND, Prediction
from citebound.eval.suite import Item, Question, Regime, SuiteError, Task
from citebound.eval.system import Adaptation, Options, System, Work, options
from citebound.eval.systems import values
from citebound.eval.systems.candidates import (
    EXPECTED,
    Candidate,
    Candidates,
    answer_places,
    quoted,
    touches,
)
from citebound.eval.systems.deciding import among, best_threshold, known_labels, reads, text_score, unproved
from citebound.protocols import Vectors

STRENGTHS = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
"""Inverse regularisation strengths (C) tried on the development set, for features of unit variance."""
UNTRIED = 0.001
"""C without a development set."""
ITERATIONS = 5000
FARTHEST = 5.0
"""Standard deviations to which a feature is clipped: one that hardly varied in training could outweigh all others."""
CONSTANT = 1e-6
"""A feature with a smaller deviation says nothing."""
ALIKE = 0.05
"""Training questions whose cosine is so near to the best one's are of its sort."""
STATE_TOKENS = 40
"""Tokens in a sentence, for the plan."""
FITTED = 0.04
"""Training texts of an encoder for each row and class of a head with all STRENGTHS, for the plan."""


def embedding_head(kit: Kit, regime: Regime, given: Options) -> System:
    """Options: `features` ("encoder", or the name of a generator whose mean states are used), `sentences` (how many of
    the nearest a label is read from), `candidates` (how many an answer is chosen from)."""
    o = options(given, features="encoder", sentences=3, candidates=12)
    features = Features(kit, o["features"])
    if kit.suite.task is Task.LABEL:
        return LabelHead(kit, regime, features, o["sentences"])
    return SentenceHead(kit, regime, features, o["candidates"])


class Features:
    """Frozen vectors of texts: the encoder's, or a generator's mean states. Retrieval is always the encoder's."""

    def __init__(self, kit: Kit, source: str) -> None:
        self.candidates = Candidates(kit)
        self._kit = kit
        self._source = source
        self._kept: dict[str, Vectors] = {}

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """float32 (len(texts), dimension), unit rows."""
        if self._source == "encoder":
            return self._kit.vectors(texts)
        new = [text for text in dict.fromkeys(texts) if text not in self._kept]
        if new:
            self._kept.update(zip(new, self._kit.language_model(self._source).states(new), strict=True))
        return np.stack([self._kept[text] for text in texts])

    def work(self, questions: Sequence[Question], train: int, sentences: int, fitted: int) -> Work:
        """What it takes to make them for questions with so many sentences each, and to fit a head to `fitted` rows of a
        class."""
        n = len(questions) + train
        searched = n if sentences else 0
        made = Work(kept=float(n + searched * EXPECTED), searched=searched, trained=fitted * FITTED)
        if self._source == "encoder":
            return made
        read = n + len(self._kit.suite.dev)
        lengths = sum(plan_prompts.tokens(q.text) for q in questions) / max(1, len(questions))
        tokens = read * (lengths + sentences * STATE_TOKENS)
        return replace(made, generator=self._source, read=tokens, prompts=float(read * (1 + sentences)))


@dataclass(frozen=True, slots=True)
class LinearHead:
    """Multinomial logistic regression on standardised features, softened by a temperature."""

    means: Floats
    scales: Floats
    coefficients: Floats
    intercepts: Floats
    temperature: float = 1.0

    @classmethod
    def fit(
        cls, rows: Vectors, targets: Sequence[int], dev: Vectors | None, wanted: Sequence[int], seed: int
    ) -> tuple[LinearHead, tuple[str, ...]]:
        """The head whose C has the least log loss on the development rows after the temperature is fitted on them, and
        notes on what was tried. `targets` are 0..classes-1, all of them present."""
        if dev is None or not len(dev):
            return cls._fitted(rows, targets, UNTRIED, seed), (f"C {UNTRIED:g}, no development set: uncalibrated",)
        tried = []
        for c in STRENGTHS:
            plain = cls._fitted(rows, targets, c, seed)
            logits = plain.logits(dev)
            temperature = fit_temperature(logits, wanted)
            shares = softened(logits, temperature)[np.arange(len(wanted)), list(wanted)]
            head = replace(plain, temperature=temperature)
            tried.append((-float(np.log(np.maximum(shares, 1e-12)).mean()), c, head))
        _, c, head = min(tried, key=lambda t: t[:2])
        losses = ", ".join(f"{c:g}: {loss:.4f}" for loss, c, _ in tried)
        return head, (f"C {c:g}, temperature {head.temperature:.3g}", f"development loss by C: {losses}")

    def logits(self, rows: Vectors) -> Floats:
        """Shape (rows, classes)."""
        return np.asarray(self._standard(rows) @ self.coefficients.T + self.intercepts, dtype=np.float64)

    def probabilities(self, rows: Vectors) -> Floats:
        """Shape (rows, classes); each row sums to 1."""
        return softened(self.logits(rows), self.temperature)

    @classmethod
    def _fitted(cls, rows: Vectors, targets: Sequence[int], c: float, seed: int) -> LinearHead:
        from sklearn.linear_model import LogisticRegression

        means, scales = rows.mean(axis=0, dtype=np.float64), rows.std(axis=0, dtype=np.float64)
        scales[scales < CONSTANT] = np.inf
        plain = cls(means, scales, np.zeros(0), np.zeros(0))
        model = LogisticRegression(C=c, max_iter=ITERATIONS, random_state=seed).fit(plain._standard(rows), targets)
        coefficients, intercepts = np.asarray(model.coef_, np.float64), np.asarray(model.intercept_, np.float64)
        if len(model.classes_) == 2:  # scikit-learn keeps only the row of the second of two classes
            coefficients = np.vstack([np.zeros_like(coefficients), coefficients])
            intercepts = np.append(0.0, intercepts)
        return replace(plain, coefficients=coefficients, intercepts=intercepts)

    def _standard(self, rows: Vectors) -> Floats:
        return np.asarray(np.clip((rows - self.means) / self.scales, -FARTHEST, FARTHEST), dtype=np.float64)


class LabelHead:
    """A label from the question's vector and, where there are documents, from how it lies to its nearest sentences."""

    def __init__(self, kit: Kit, regime: Regime, features: Features, sentences: int) -> None:
        self._kit = kit
        self._regime = regime
        self._features = features
        self._most = sentences if reads(kit.suite) else 0
        self._labels: tuple[str, ...] = ()
        self._unproved: frozenset[str] = frozenset()
        self._head: LinearHead | None = None

    def prepare(self, train: Sequence[Item], dev: Sequence[Item], seed: int) -> Adaptation:
        """Raises SuiteError if there are not two labels to tell apart."""
        self._labels = known_labels(self._kit.suite, train)
        known = [item for item in dev if item.label in self._labels]
        self._unproved = unproved(train)
        self._head, notes = LinearHead.fit(
            self._rows(train),
            [self._labels.index(item.label) for item in train],
            self._rows(known) if known else None,
            [self._labels.index(item.label) for item in known],
            seed,
        )
        return Adaptation(len(train), len(dev), notes=notes)

    def predict(self, question: Question) -> Prediction:
        assert self._head is not None
        row, evidence, sentences = self._row(question)
        scores = among(question.labels or self._kit.suite.labels, self._labels, self._head.probabilities(row[None])[0])
        label = max(scores, key=lambda name: scores[name])
        proof = [] if label in self._unproved else sentences[:1]
        return Prediction(
            label=label,
            quotes=tuple(c.place for c in proof),
            retrieved=evidence.retrieved if evidence else (),
            shown=tuple(c.place for c in sentences),
            scores=scores,
            confidence=scores[label],
        )

    def work(self, questions: Sequence[Question], train: int) -> Work:
        return self._features.work(questions, train, self._most, train * len(self._kit.suite.labels))

    def _rows(self, items: Sequence[Item]) -> Vectors:
        return np.stack([self._row(item.asked(self._regime))[0] for item in items])

    def _row(self, question: Question) -> tuple[Vectors, Evidence | None, list[Candidate]]:
        if not self._most:
            return self._features([question.text])[0], None, []
        evidence = self._kit.evidence(question)
        sentences = self._features.candidates.of(question, evidence)[: self._most]
        asked, *rows = self._features([question.text, *(c.text for c in sentences)])
        cosines = [float(row @ asked) for row in rows] + [0.0] * (self._most - len(rows))
        best, mean = (rows[0], np.mean(rows, axis=0)) if rows else (np.zeros_like(asked), np.zeros_like(asked))
        parts = [asked, asked * best, asked * mean, [*cosines, evidence.sufficiency]]
        return np.concatenate(parts), evidence, sentences


class SentenceHead:
    """The retrieved sentence that most likely holds the answer, or "not found" if even that one hardly does."""

    def __init__(self, kit: Kit, regime: Regime, features: Features, candidates: int) -> None:
        self._kit = kit
        self._regime = regime
        self._features = features
        self._most = candidates
        self._asked: list[tuple[str, str]] = []
        self._head: LinearHead | None = None
        self._threshold = 0.0

    def prepare(self, train: Sequence[Item], dev: Sequence[Item], seed: int) -> Adaptation:
        """Raises SuiteError if no retrieved sentence holds the answer of a training item."""
        self._asked = [
            (item.asked(self._regime).text, values.kind_of(answer)) for item in train for answer in item.answers[:1]
        ]
        rows, targets = self._judged(train)
        if len(set(targets)) < 2:
            raise SuiteError(
                f"{self._kit.suite.name}: among the sentences retrieved for {len(train)} training items none is gold",
                remedy="Add training items with gold spans, or leave this system out.",
            )
        dev_rows, dev_targets = self._judged(dev)
        self._head, notes = LinearHead.fit(
            np.stack(rows), targets, np.stack(dev_rows) if dev_rows else None, dev_targets, seed
        )
        if dev:
            best = [self._best(item.asked(self._regime)) for item in dev]
            self._threshold = best_threshold(
                [b.confidence for b in best],
                [text_score(b.text, item) for b, item in zip(best, dev, strict=True)],
                [text_score("", item) for item in dev],
            )
        return Adaptation(len(train), len(dev), notes=(*notes, f"threshold {self._threshold:.3g}"))

    def predict(self, question: Question) -> Prediction:
        best = self._best(question)
        found = best.place is not None and best.confidence >= self._threshold
        return Prediction(
            ANSWERED if found else NOT_FOUND,
            text=best.text if found else "",
            quotes=(best.place,) if found and best.place else (),
            retrieved=best.evidence.retrieved,
            shown=tuple(c.place for c in best.sentences),
            confidence=best.confidence if found else 1 - best.confidence,
        )

    def work(self, questions: Sequence[Question], train: int) -> Work:
        return self._features.work(questions, train, self._most, train * self._most * 2)

    def _judged(self, items: Sequence[Item]) -> tuple[list[Floats], list[int]]:
        """A row for each candidate of each item, and whether it is gold."""
        made: list[Floats] = []
        targets: list[int] = []
        for item in items:
            rows, sentences, _ = self._rows(item.asked(self._regime))
            gold = answer_places(self._kit.suite.documents, item)
            made += rows
            targets += [int(touches(c.place, gold)) for c in sentences]
        return made, targets

    def _best(self, question: Question) -> _Best:
        assert self._head is not None
        rows, sentences, evidence = self._rows(question)
        if not rows:
            return _Best(None, "", 0.0, (), evidence)
        shares = self._head.probabilities(np.stack(rows))[:, 1]
        best = sentences[int(shares.argmax())]
        text = values.cut(best.text, self._kind(question))
        return _Best(best.place, text, float(shares.max()), tuple(sentences), evidence)

    def _rows(self, question: Question) -> tuple[list[Floats], list[Candidate], Evidence]:
        """Features of the question with each candidate."""
        evidence = self._kit.evidence(question)
        sentences = self._features.candidates.of(question, evidence)[: self._most]
        asked, *vectors = self._features([question.text, *(c.text for c in sentences)])
        kind = self._kind(question)
        rows = []
        for place, (vector, candidate) in enumerate(zip(vectors, sentences, strict=True)):
            held = values.held(candidate.text)
            plain = [
                float(vector @ asked),
                candidate.cosine,
                1 / (1 + place),
                1 / (1 + candidate.rank),
                float(quoted(candidate.place, evidence)),
                evidence.sufficiency,
                float(np.log1p(len(candidate.text))),
                float(kind in held),
                float(bool(kind) and kind not in held),
                *(float(name in held) for name in values.KINDS),
            ]
            rows.append(np.concatenate([asked * vector, np.abs(asked - vector), plain]))
        return rows, sentences, evidence

    def _kind(self, question: Question) -> str:
        """The kind of value that the answers to the training questions most like this one have."""
        if not self._asked:
            return ""
        asked, *rows = self._kit.vectors([question.text, *(text for text, _ in self._asked)])
        cosines = np.stack(rows) @ asked
        return values.agreed(
            [kind for (_, kind), near in zip(self._asked, cosines >= cosines.max() - ALIKE, strict=True) if near]
        )


@dataclass(frozen=True, slots=True)
class _Best:
    """The best sentence, the answer in it, how likely it is the right one, and what it was chosen from."""

    place: Place | None
    text: str
    confidence: float
    sentences: tuple[Candidate, ...]
    evidence: Evidence
