"""Prompt systems: one generator, told more or less, with or without examples and passages.

zero_shot         bare             closed book
profile           profile          closed book
few_shot          profile, k shots closed book
bare_rag          bare             the product's passages
rag               profile          the product's passages, its threshold, quotes bound
rag_few_shot      profile, k shots the product's passages, its threshold, quotes bound
long_context      profile          the whole document, where it fits
oracle, wrong, removed             controls on the passages
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from citebound.errors import ConfigError
from citebound.eval import plan_prompts, prompts
from citebound.eval.kit import Evidence, Kit, Shown
from citebound.eval.measures import Place, overlap
from citebound.eval.prediction import NOT_FOUND, Prediction
from citebound.eval.suite import Item, Question, Regime, SuiteError, Task
from citebound.eval.system import Adaptation, Options, Work, options
from citebound.eval.systems.choosing import choose
from citebound.eval.systems.deciding import best_threshold, text_score
from citebound.eval.systems.reading import Leaning, extracted, labelled, spread, unlabelled
from citebound.types import Span

PASSAGES = ("none", "product", "document", "oracle", "wrong", "removed")
NO_TRAIN = "Leave few-shot systems out, or give the suite train items."
EXAMPLE_CHARS = 600
"""Characters of passages that an example shows: exemplars teach the form, and are paid for in every prompt."""
AROUND = 200
"""Characters shown on each side of a gold span by the oracle."""


class Prompted:
    """Options: `generator`, `passages` (one of PASSAGES), `profile` (bool), `shots` (k), `window` (tokens).

    Controls on the passages: "oracle" gives those around the gold; "wrong" those of another question; "removed" what is
    retrieved without whatever overlaps the gold or, in a labelled corpus, has its label. Only controls may see gold,
    through `peek`. Labels are read against the model's own leaning, which `calibrate` development questions show
    without their labels; 0 reads them as they are. Where the answer is a text, the product stays silent below the
    confidence that `tune` labelled development questions choose, as heads and readers do; 0 shows whatever is bound.
    """

    def __init__(self, kit: Kit, regime: Regime, given: Options) -> None:
        o = options(
            given,
            generator=kit.config.generator,
            passages="none",
            profile=True,
            shots=0,
            window=3500,
            evidence=0,
            calibrate=24,
            tune=24,
        )
        if o["passages"] not in PASSAGES:
            raise ConfigError(f"passages = {o['passages']!r}", remedy=f"One of {', '.join(PASSAGES)}.")
        self._kit = kit
        self._regime = regime
        self._o = o
        self._examples: list[tuple[Item, Sequence[Shown]]] = []
        self._gold: dict[str, Sequence[Place]] = {}
        self._labels: dict[str, str] = {}
        self._others: dict[str, Question] = {}
        self._leaning = Leaning()
        self._threshold = 0.0

    def peek(self, items: Sequence[Item]) -> None:
        """Gold places for the controls; other systems never get them."""
        if self._o["passages"] in ("oracle", "removed"):
            self._gold = {item.id: item.gold for item in items}
            self._labels = {item.id: item.label for item in items}
        if self._o["passages"] == "wrong":
            self._others = _derange(items, self._regime)

    def prepare(self, train: Sequence[Item], dev: Sequence[Item], seed: int) -> Adaptation:
        shots = int(self._o["shots"])
        if shots and not train:
            raise SuiteError(f"{self._kit.suite.name} has no train items for {shots} examples", remedy=NO_TRAIN)
        if shots:
            chosen = choose(train, shots, seed)
            self._examples = [(item, self._example_passages(item)) for item in chosen]
        if self._kit.suite.task is Task.LABEL:
            seen = unlabelled(dev, self._o["calibrate"], self._regime, seed)
            if self._o["passages"] == "oracle":
                self._gold |= {item.id: item.gold for item in dev}
            self._leaning = Leaning.of([self._read(q, self._example_evidence(q)).scores for q in seen])
        judged = spread(dev, self._o["tune"], seed) if self._gate else []
        if judged:
            self._fit_threshold(judged)
        return Adaptation(
            labels=len(self._examples) + len(self._kit.suite.labelled) * (self._o["passages"] == "product"),
            dev_labels=len(judged),
            notes=(f"threshold {self._threshold:.3g}",) if judged else (),
        )

    def predict(self, question: Question) -> Prediction:
        evidence = self._evidence(question)
        if evidence and not evidence.shown and self._o["passages"] == "document":
            return Prediction(NOT_FOUND, error="does not fit the window")
        if evidence and not evidence.found and self._gate:
            return Prediction(NOT_FOUND, retrieved=evidence.retrieved, confidence=1 - evidence.sufficiency)
        shown = self._fitting(evidence.shown) if evidence else ()
        made = self._read(question, shown)
        if self._kit.suite.task is Task.LABEL:
            made = self._leaning.taken_off(made)
        if self._gate:
            made = self._gated(made)
        return _with(made, evidence, shown)

    def work(self, questions: Sequence[Question], train: int) -> Work:
        suite, how, labels = self._kit.suite, self._o["passages"], self._kit.suite.task is Task.LABEL
        room = {"none": 0.0, "document": 0.0, "oracle": 2.0 * AROUND}.get(how, plan_prompts.FILLED * self._room * 0.8)
        made = plan_prompts.lengths(suite, questions, profile=self._o["profile"], room=room)
        rehearsed = self._o["calibrate"] if labels else self._o["tune"] if self._gate else 0
        n = len(questions) + min(rehearsed, len(suite.dev))
        read = made.shared + n * (made.each + plan_prompts.label_tokens(suite)) + self._o["shots"] * made.each
        if how == "document":
            documents = {d for q in questions for d in q.documents}
            read += sum(t for d in documents if (t := plan_prompts.tokens(suite.documents[d])) <= self._o["window"])
        written = 0 if labels else n * plan_prompts.WRITTEN
        searched = n if how not in ("none", "document", "oracle") else 0
        return Work(self._o["generator"], read, written, searched=searched, prompts=2 * n if labels else n)

    # -- passages --------------------------------------------------------------------------------------------------

    @property
    def _gate(self) -> bool:
        """Whether the product's threshold and binding decide: they do for the product and its controls, with a
        profile, where the answer is a text."""
        texts = self._kit.suite.task is not Task.LABEL
        return texts and bool(self._o["profile"]) and self._o["passages"] in ("product", "wrong", "removed")

    @property
    def _room(self) -> int:
        """Characters that the evidence budget allows."""
        return int(self._o["evidence"] or self._kit.config.evidence_tokens) * 5

    def _gated(self, made: Prediction) -> Prediction:
        """What cannot be bound is not shown, nor what is less sure than the threshold."""
        if not made.text or (made.quotes and made.confidence >= self._threshold):
            return made
        return replace(made, outcome=NOT_FOUND, text="", quotes=(), confidence=1 - made.confidence)

    def _fit_threshold(self, judged: Sequence[Item]) -> None:
        drafts = []
        for item in judged:
            question = item.asked(self._regime)
            evidence = self._kit.evidence(question)
            drafts.append(self._gated(self._read(question, self._fitting(evidence.shown))) if evidence.found else None)
        margins = [made.confidence if made and made.text else 0.0 for made in drafts]
        scores = [text_score(made.text if made else "", item) for made, item in zip(drafts, judged, strict=True)]
        self._threshold = best_threshold(margins, scores, [text_score("", item) for item in judged])

    def _read(self, question: Question, shown: Sequence[Shown]) -> Prediction:
        suite = self._kit.suite
        asked = prompts.messages(
            suite.prompts, question.text, profile=self._o["profile"], shown=shown, examples=self._examples
        )
        model = self._kit.language_model(self._o["generator"])
        return labelled(model, suite, question, asked) if suite.task is Task.LABEL else extracted(model, asked, shown)

    def _evidence(self, question: Question) -> Evidence | None:
        how = self._o["passages"]
        if how == "none":
            return None
        if how == "document":
            return self._document(question)
        if how == "oracle":
            return _given(self._around(self._gold.get(question.id, ())))
        found = self._kit.evidence(self._others.get(question.id, question))
        if how == "removed":
            gold, label = self._gold.get(question.id, ()), self._labels.get(question.id, "")
            kept = [s for s in found.shown if not overlap([s.place], gold) and (not label or s.label != label)]
            found = replace(found, shown=tuple(kept), quotes=(), retrieved=tuple(s.place for s in kept))
        return found

    def _document(self, question: Question) -> Evidence:
        texts = [(d, self._kit.suite.documents[d]) for d in question.documents]
        model = self._kit.language_model(self._o["generator"])
        if not texts or sum(model.count(t) for _, t in texts) > min(self._o["window"], model.window - 600):
            return _given([])
        return _given([Shown(Place(d, Span(0, len(t))), t) for d, t in texts])

    def _around(self, gold: Sequence[Place]) -> list[Shown]:
        made = []
        for place in gold:
            text = self._kit.suite.documents[place.document]
            span = Span(max(0, place.span.start - AROUND), min(len(text), place.span.end + AROUND))
            made.append(Shown(Place(place.document, span), span.of(text)))
        return made

    def _example_evidence(self, question: Question) -> tuple[Shown, ...]:
        """Passages for a development question; for the controls "wrong" and "removed" those of the product, as nothing
        but the passages of the test may differ."""
        how = self._o["passages"]
        if how == "none":
            return ()
        if how in ("document", "oracle"):
            found = self._evidence(question)
            return self._fitting(found.shown) if found else ()
        return self._fitting(self._kit.evidence(question).shown)

    def _example_passages(self, item: Item) -> list[Shown]:
        """What an example shows: the passages around its gold, or the first ones that retrieval gives."""
        if self._o["passages"] == "none":
            return []
        if self._kit.suite.labelled:
            return []
        shown = self._around(item.gold) or list(self._kit.evidence(item.asked(self._regime)).shown)
        kept, room = [], EXAMPLE_CHARS
        for s in shown:
            if room > 0:
                kept.append(Shown(s.place, s.text[:room], s.context, s.label))
                room -= len(s.text)
        return kept

    def _fitting(self, shown: Sequence[Shown]) -> tuple[Shown, ...]:
        """As many of the passages as the evidence budget allows; the whole document is not cut."""
        if self._o["passages"] == "document":
            return tuple(shown)
        room = self._room
        kept: list[Shown] = []
        for s in shown:
            if kept and room < len(s.text):
                break
            kept.append(s)
            room -= len(s.text)
        return tuple(kept)


def _derange(items: Sequence[Item], regime: Regime) -> dict[str, Question]:
    """For every item the question of another one, with other gold, and of another document where there is one; the
    documents are those of the other one too. Raises ConfigError for an item beside which there is none."""
    drawn = random.Random(0)
    order = list(items)
    drawn.shuffle(order)
    made = {}
    for n, item in enumerate(order):
        own, rest = item.asked(regime), [*order[n + 1 :], *order[:n]]
        elsewhere = (o for o in rest if not set(o.documents) & set(item.documents))
        for candidate in chain(elsewhere, rest):
            other = candidate.asked(regime)
            if (other.text, other.documents) != (own.text, own.documents) and not overlap(candidate.gold, item.gold):
                made[item.id] = Question(item.id, other.text, item.labels, other.documents)
                break
        else:
            raise ConfigError(f"{item.id}: there is no other question with other gold", remedy="Leave `wrong` out.")
    return made


def _given(shown: Sequence[Shown]) -> Evidence:
    places = tuple(s.place for s in shown)
    return Evidence(tuple(shown), (), places, 1.0, True, 0.0)


def _with(made: Prediction, evidence: Evidence | None, shown: Sequence[Shown]) -> Prediction:
    if evidence is None:
        return made
    quotes = made.quotes or (evidence.quotes if made.label else ())
    places = tuple(s.place for s in shown)
    return replace(made, retrieved=evidence.retrieved, shown=places, quotes=quotes)
