"""Suites: questions with gold, and the documents they are asked of.

A suite is declared in ``eval/suites/NAME.toml``; an adapter (`eval/adapters`) reads its items. What a system may see of
an item is its `Question`; the rest is for scoring. Train, dev and test items never share a document or a text.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from citebound.errors import CiteboundError
from citebound.eval.measures import Place


class SuiteError(CiteboundError):
    """A suite that does not fit its documents, or whose labels leak; names the item."""

    exit_code = 2


class Task(StrEnum):
    """LABEL: one of a closed set. EXTRACT: a short text that stands in a document. RETRIEVE: spans alone."""

    LABEL = "label"
    EXTRACT = "extract"
    RETRIEVE = "retrieve"


class Regime(StrEnum):
    """GIVEN: everyone gets the right document. CORPUS: it must be found among all."""

    GIVEN = "given"
    CORPUS = "corpus"


@dataclass(frozen=True, slots=True)
class Question:
    """What a system may see of an item. `documents` names those it may use: all if empty. `labels` are what it must
    choose among, () if the answer is a text."""

    id: str
    text: str
    labels: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One question with its gold. `cluster` is the unit that is resampled: items of one document stand or fall
    together. `named` is the question with the name of its document in it, for the corpus-wide regime. An unanswerable
    item has no gold answer and no places. `former` are the answers before they were changed in a counterfactual suite;
    they follow from the suite that it was made of, and are no part of a suite's hash."""

    id: str
    question: str
    cluster: str
    kind: str
    answerable: bool
    documents: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    label: str = ""
    answers: tuple[str, ...] = ()
    gold: tuple[Place, ...] = ()
    named: str = ""
    former: tuple[str, ...] = field(default=(), repr=False)

    def asked(self, regime: Regime) -> Question:
        """The item without its gold."""
        if regime is Regime.GIVEN:
            return Question(self.id, self.question, self.labels, self.documents)
        return Question(self.id, self.named or self.question, self.labels)


@dataclass(frozen=True, slots=True)
class Prompts:
    """What generators are told: `bare` is one line, `profile` describes the domain and the task. `words` maps each
    label to the string whose likelihood is read for it."""

    bare: str = ""
    profile: str = ""
    question: str = "Question: {question}"
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Suite:
    """Items by split, and the texts of all documents by name. `own`: the texts may be shown in reports and committed.

    `labelled` maps a document's name to its label where the corpus is made of labelled examples, `parties` to the
    parties that the suite knows, each with its full name first. The documents are
    brought into a collection from `files`, or found in the existing `collection`, or else written from their texts.
    """

    name: str
    title: str
    task: Task
    regimes: tuple[Regime, ...]
    test: tuple[Item, ...]
    train: tuple[Item, ...] = ()
    dev: tuple[Item, ...] = ()
    documents: Mapping[str, str] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    labelled: Mapping[str, str] = field(default_factory=dict)
    prompts: Prompts = field(default_factory=Prompts)
    own: bool = False
    note: str = ""
    files: tuple[Path, ...] = ()
    collection: str = ""
    parties: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """Hash of the items, of all splits, and of the prompts: what predictions and scores depend on."""
        told = repr((self.name, self.task, self.labels, self.prompts, self.train, self.dev, self.test))
        return hashlib.sha256(told.encode()).hexdigest()

    def sampled(self, count: int, seed: int = 0) -> Suite:
        """The same suite with about `count` test items: spread evenly over as many clusters as there are, chosen by a
        hash of (seed, id), so that a larger sample contains the smaller one. 0 keeps all."""
        if not count or len(self.test) <= count:
            return self
        turns: Counter[str] = Counter()
        ranked = []
        for item in sorted(self.test, key=lambda i: draw(seed, i.id)):
            ranked.append((turns[item.cluster], draw(seed, item.cluster), item.id))
            turns[item.cluster] += 1
        chosen = {id_ for *_, id_ in sorted(ranked)[:count]}
        return replace(self, test=tuple(i for i in self.test if i.id in chosen))


def check(suite: Suite) -> Suite:
    """The suite, if it is sound. Raises SuiteError naming the first item that is not: a doubled id, a gold span outside
    its document, a label outside the set, an answer to what is said to have none, a document that is given to nobody, a
    document or text on both sides of a split (under two names, too), a class without a test item."""
    seen: set[str] = set()
    for item in (*suite.train, *suite.dev, *suite.test):
        if item.id in seen:
            raise SuiteError(f"{suite.name}: the id {item.id!r} is there twice", remedy="Give every item its own id.")
        seen.add(item.id)
        _check_item(suite, item)
    _check_leaks(suite)
    if suite.labels and suite.test:
        present = {item.label for item in suite.test}
        empty = [label for label in suite.labels if label not in present]
        if suite.own and empty:
            raise SuiteError(
                f"{suite.name}: no test item has the label {empty[0]!r}",
                remedy="Add items of that class, or take it out of `labels`.",
            )
    return suite


def _check_item(suite: Suite, item: Item) -> None:
    if not item.question.strip():
        raise SuiteError(f"{suite.name}, {item.id}: there is no question")
    if not item.answerable and (item.answers or item.gold):
        raise SuiteError(f"{suite.name}, {item.id}: it is said to be unanswerable, but has an answer or a gold place")
    if Regime.GIVEN in suite.regimes and not item.documents:
        raise SuiteError(
            f"{suite.name}, {item.id}: no document is named that could be given",
            remedy="Name its document, or take `given` out of the regimes.",
        )
    for place in item.gold:
        text = suite.documents.get(place.document)
        if text is None:
            raise SuiteError(f"{suite.name}, {item.id}: there is no document {place.document!r}")
        if not 0 <= place.span.start < place.span.end <= len(text):
            raise SuiteError(
                f"{suite.name}, {item.id}: the gold span {place.span.start}-{place.span.end} is outside of"
                f" {place.document!r}, which has {len(text)} characters",
                remedy="The suite was made for another revision of the text: make it anew.",
            )
    unknown = [name for name in item.documents if name not in suite.documents]
    if unknown:
        raise SuiteError(f"{suite.name}, {item.id}: there is no document {unknown[0]!r}")
    labels = item.labels or suite.labels
    if suite.task is Task.LABEL and item.label not in labels:
        raise SuiteError(f"{suite.name}, {item.id}: the label {item.label!r} is not one of {', '.join(labels[:8])}")


def _check_leaks(suite: Suite) -> None:
    if not suite.train and not suite.dev:
        return
    plain = {name: " ".join(text.split()) for name, text in suite.documents.items()}
    for first, second in ((suite.train, suite.test), (suite.train, suite.dev), (suite.dev, suite.test)):
        for what, of in (("document", _documents_of), ("text", _texts_of)):
            there, here = of(first, plain), of(second, plain)
            shared = sorted((there[same], here[same]) for same in there.keys() & here.keys())
            if shared:
                one, other = shared[0]
                also = "" if one == other else f" (there as {other[:80]!r})"
                raise SuiteError(
                    f"{suite.name}: the {what} {one[:80]!r} is on both sides of a split{also}",
                    remedy="Split by document, so that no label leaks into the test.",
                )


def _documents_of(items: Iterable[Item], plain: Mapping[str, str]) -> dict[str, str]:
    """The documents of items by their text, so that one under two names is one."""
    return {plain[name]: name for item in items for name in item.documents}


def _texts_of(items: Iterable[Item], plain: Mapping[str, str]) -> dict[str, str]:
    """A question that is asked of no document is its own text; one of a document may be asked of many."""
    return {" ".join(i.question.lower().split()): i.question for i in items if not i.documents}


def draw(seed: int, key: str) -> str:
    """A place in an order that is the same everywhere: sort by it to draw without a generator of random numbers."""
    return hashlib.sha256(f"{seed}\n{key}".encode()).hexdigest()
