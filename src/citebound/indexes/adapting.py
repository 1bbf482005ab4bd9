"""Training a query adapter: labelled questions -> a linear map of their vectors that ranks what answers them higher.

Documents, not questions, are parted: a fifth of them is held out; among the others each method and strength is tried by
cross-validation, then for the best one how much the adapted cosine should weigh in the search. That is measured on the
held-out fifth with the whole search, and then fitted on all labels. Other documents of the collection may well answer
a question too, which no label says: a question that is asked of its own document alone ("given") is trained and
measured inside of it.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from citebound.errors import BadLabels
from citebound.indexes.adapter import FORMAT, Adapter, Facts
from citebound.indexes.embeddings import Remembering
from citebound.indexes.search import STAGES, Search
from citebound.indexes.store import Store
from citebound.protocols import Embedder, Vectors
from citebound.types import Chunk, Hit, In, Span

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DEPTH = 100
"""Hits of a question that training and measuring look at."""

NEGATIVES = 50
"""Hits not on gold, best first, that a question is told apart from."""

SHARPNESS = 20.0
"""What cosines are multiplied with before the softmax."""

STEP = 8.0
"""How far the ridge's target lies from the question, towards its answers and away from its negatives."""

STRENGTHS: Mapping[str, tuple[float, ...]] = {
    "contrastive": (0.01, 0.03, 0.1, 1.0),
    "ridge": (0.001, 0.01, 0.1, 1.0),
}
"""What pulls each method towards the identity; chosen on ContractNLI's training contracts (eval/LOG.md)."""

WEIGHTS = (1.0, 2.0, 4.0)
"""What the weight of the cosine may be multiplied by for questions of the training: adapted, it says more."""

ITERATIONS = 100
FOLDS = 4
HELD_OUT = 5
"""One document in so many."""

LEAST_DOCUMENTS = 5
"""With fewer, questions are parted instead of documents, and a new document may turn out worse than what is said."""

LEAST_QUESTIONS = 10
KS = (1, 4, 10)
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Labelled:
    """A question and the places that answer it, in a document given by id, its beginning, path or file name."""

    question: str
    document: str
    places: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """A method, how strongly it was held to the identity, and its mean average precision by cross-validation, ranking
    by cosine alone. The method "none" is the identity."""

    method: str
    strength: float
    average_precision: float


@dataclass(frozen=True, slots=True)
class Weighed:
    """A weight of the adapted cosine, and the mean average precision of the whole search by cross-validation."""

    weight: float
    average_precision: float


@dataclass(frozen=True, slots=True)
class Measured:
    """Of the whole search, means over held-out questions: average precision of the chunks on gold, and the share of
    the places that one of the first 1, 4, 10 hits touches."""

    average_precision: float
    recall: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained adapter and how good its method is on what it had not seen.

    `held_out` questions were measured, `repeated` of them are asked in the same words in training; `better` and `worse`
    count those whose average precision rose or fell. `parted_by` is "document" or "question". `left_out` questions
    have no chunk at their places. `saved` says whether the collection has the adapter now.
    """

    adapter: Adapter
    trials: tuple[Trial, ...]
    weighed: tuple[Weighed, ...]
    before: Measured
    after: Measured
    held_out: int
    repeated: int
    better: int
    worse: int
    parted_by: str
    left_out: int
    saved: bool = False

    @property
    def p_value(self) -> float:
        """One-sided sign test: how often a fair coin gives so many better ones of those that changed."""
        changed = self.better + self.worse
        ways: int = sum(math.comb(changed, n) for n in range(self.better, changed + 1))
        return float(ways / 2**changed)

    @property
    def improves(self) -> bool:
        """Whether it is shown to help: better than the identity in cross-validation, and then on held-out questions on
        the whole, for most of them (sign test, p <= .05), and without losing recall at ten hits."""
        none, *others = self.trials
        last = KS[-1]
        return (
            max(trial.average_precision for trial in others) > none.average_precision
            and self.after.average_precision > self.before.average_precision
            and self.after.recall[last] >= self.before.recall[last]
            and self.p_value <= LEVEL
        )


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """A labelled question: its vector, and the rows of a table of vectors that are on gold, and that are not though
    the search finds them, best first. `pool` are the rows that it is ranked among."""

    labelled: Labelled
    group: str
    query: Floats
    positives: Ints
    negatives: Ints
    pool: Ints


Fold = tuple[list[Example], list[Example]]


def train(root: Path, store: Store, embedder: Embedder, labels: Iterable[Labelled], *, given: bool = False) -> Trained:
    """Train an adapter for the collection in `root`; nothing is written.

    Raises BadLabels for fewer than LEAST_QUESTIONS questions with a place, UnknownDocument, QueryError.
    """
    remembering = Remembering(embedder)
    reader = _Reader(root, store, remembering, given)
    given_labels = list(labels)
    examples, vectors, owners = reader.examples(given_labels)
    if len(examples) < LEAST_QUESTIONS:
        raise BadLabels(
            f"{len(examples)} questions have a place in the collection; at least {LEAST_QUESTIONS} are needed",
            remedy="Label more questions: with the sentence that answers each, and its document.",
        )
    documents = {e.group for e in examples}
    by_document = len(documents) >= LEAST_DOCUMENTS
    groups = [e.group if by_document else e.labelled.question for e in examples]
    if len(set(groups)) < LEAST_DOCUMENTS:
        raise BadLabels(
            f"the labels hold {len(documents)} documents and {len(set(groups))} different questions",
            remedy=f"Label questions about at least {LEAST_DOCUMENTS} documents, or as many different ones.",
        )
    parts = _parts(groups, HELD_OUT)
    held = [e for e, part in zip(examples, parts, strict=True) if part == 0]
    seen = [e for e, part in zip(examples, parts, strict=True) if part]
    seen = _apart(seen, held, owners)
    seen_groups = [group for group, part in zip(groups, parts, strict=True) if part]
    folds = _folds(seen, _parts(seen_groups, FOLDS), owners)
    trials = _trials(folds, vectors)
    best = max(trials[1:], key=lambda trial: trial.average_precision)
    facts = Facts(
        format=FORMAT,
        encoder=embedder.name,
        encoder_key=embedder.key,
        method=best.method,
        strength=best.strength,
        weight=1.0,
        questions=len(examples),
        documents=len(documents),
        given=given,
        before=0.0,
        after=0.0,
    )
    weighed = _weighed(folds, vectors, facts, reader)
    facts = replace(facts, weight=max(weighed, key=lambda one: one.average_precision).weight)
    before = reader.measure(held, None)
    after = reader.measure(held, _adapter(facts, seen, vectors))
    pairs = list(zip(before, after, strict=True))
    asked = {words(e.labelled.question) for e in seen}
    whole_before, whole_after = _mean(before), _mean(after)
    facts = replace(facts, before=whole_before.average_precision, after=whole_after.average_precision)
    return Trained(
        adapter=_adapter(facts, examples, vectors),
        trials=trials,
        weighed=weighed,
        before=whole_before,
        after=whole_after,
        held_out=len(held),
        repeated=sum(words(e.labelled.question) in asked for e in held),
        better=sum(b.average_precision < a.average_precision for b, a in pairs),
        worse=sum(b.average_precision > a.average_precision for b, a in pairs),
        parted_by="document" if by_document else "question",
        left_out=len(given_labels) - len(examples),
    )


def words(question: str) -> str:
    """The question as it is compared with others: white space and case say nothing."""
    return " ".join(question.lower().split())


def average_precision(relevant: Sequence[bool], total: int) -> float:
    """Mean, over all `total` relevant items, of the precision at the rank of each; one that is not ranked counts 0.

    Manning, Raghavan and Schütze 2008, "Introduction to Information Retrieval", section 8.4. 0.0 if there are none.
    """
    found = 0
    gained = 0.0
    for rank, right in enumerate(relevant, start=1):
        if right:
            found += 1
            gained += found / rank
    return gained / total if total else 0.0


# -- the two methods ----------------------------------------------------------------------------------------------


def contrastive(examples: Sequence[Example], vectors: Vectors, strength: float) -> Floats:
    """The map I + A that least confuses answers with negatives, float64 (dimension, dimension).

    Minimises, by L-BFGS from A = 0, the mean cross-entropy of the softmax over each question's answers and negatives
    (van den Oord et al. 2018, "Representation Learning with Contrastive Predictive Coding", with the search's own
    mistakes as negatives) + strength / 2 * |A|^2. The problem is convex: equal labels give the equal map.
    """
    from scipy.optimize import minimize

    dimension = vectors.shape[1]
    queries = np.stack([e.query for e in examples])
    rows = [np.concatenate([e.positives, e.negatives]) for e in examples]
    shares = [np.repeat([1 / len(e.positives), 0.0], [len(e.positives), len(e.negatives)]) for e in examples]

    def loss(flat: Floats) -> tuple[float, Floats]:
        added = flat.reshape(dimension, dimension)
        asked = queries + queries @ added.T
        total = 0.0
        pulls = np.empty_like(queries)
        for i, (row, share) in enumerate(zip(rows, shares, strict=True)):
            scores = SHARPNESS * (vectors[row] @ asked[i])
            top = scores.max()
            exponentials = np.exp(scores - top)
            whole = exponentials.sum()
            total += float(np.log(whole) + top - share @ scores)
            pulls[i] = SHARPNESS * ((exponentials / whole - share) @ vectors[row])
        gradient = pulls.T @ queries / len(queries) + strength * added
        return total / len(queries) + strength / 2 * float(np.sum(added**2)), gradient.ravel()

    found = minimize(
        loss, np.zeros(dimension * dimension), jac=True, method="L-BFGS-B", options={"maxiter": ITERATIONS}
    )
    return np.asarray(np.eye(dimension) + found.x.reshape(dimension, dimension), dtype=np.float64)


def ridge(examples: Sequence[Example], vectors: Vectors, strength: float) -> Floats:
    """The map nearest to the identity that takes each question towards its answers, float64 (dimension, dimension).

    The target of a question is itself moved by STEP times (mean of its answers - mean of its negatives) (Rocchio 1971,
    "Relevance Feedback in Information Retrieval"), brought to length 1; the map minimises the mean squared distance to
    the targets + strength * |W - I|^2, in closed form.
    """
    dimension = vectors.shape[1]
    queries = np.stack([e.query for e in examples])
    targets = np.stack([_target(e, vectors) for e in examples])
    pull = strength * len(examples) * np.eye(dimension)
    return np.asarray(np.linalg.solve(queries.T @ queries + pull, queries.T @ targets + pull).T, dtype=np.float64)


def _target(example: Example, vectors: Vectors) -> Floats:
    moved = example.query + STEP * vectors[example.positives].mean(axis=0)
    if len(example.negatives):
        moved = moved - STEP * vectors[example.negatives].mean(axis=0)
    return np.asarray(moved / (np.linalg.norm(moved) or 1.0), dtype=np.float64)


METHODS: Mapping[str, Callable[[Sequence[Example], Vectors, float], Floats]] = {
    "contrastive": contrastive,
    "ridge": ridge,
}


# -- choosing and measuring ---------------------------------------------------------------------------------------


def _trials(folds: Sequence[Fold], vectors: Vectors) -> tuple[Trial, ...]:
    """The identity, then every method with every strength."""
    identity = np.eye(vectors.shape[1])
    made = [Trial("none", 0.0, fmean(_precision(e, identity, vectors) for _, left in folds for e in left))]
    for method, strengths in STRENGTHS.items():
        for strength in strengths:
            scores = []
            for fitted, left in folds:
                weights = METHODS[method](fitted, vectors, strength)
                scores += [_precision(e, weights, vectors) for e in left]
            made.append(Trial(method, strength, fmean(scores)))
    return tuple(made)


def _weighed(folds: Sequence[Fold], vectors: Vectors, facts: Facts, reader: _Reader) -> tuple[Weighed, ...]:
    fitted = [_adapter(facts, rest, vectors) for rest, _ in folds]
    made = []
    for weight in WEIGHTS:
        scores = []
        for adapter, (_, left) in zip(fitted, folds, strict=True):
            weighing = replace(adapter, facts=replace(facts, weight=weight))
            scores += [m.average_precision for m in reader.measure(left, weighing)]
        made.append(Weighed(weight, fmean(scores)))
    return tuple(made)


def _folds(examples: Sequence[Example], parts: Sequence[int], owners: Sequence[str]) -> list[Fold]:
    """For each part the examples that are not in it, and those that are."""
    made = []
    for part in sorted(set(parts)):
        left = [e for e, p in zip(examples, parts, strict=True) if p == part]
        made.append((_apart([e for e, p in zip(examples, parts, strict=True) if p != part], left, owners), left))
    return made


def _apart(examples: Sequence[Example], left: Sequence[Example], owners: Sequence[str]) -> list[Example]:
    """The examples without negatives of documents that only `left` is about: their labels say what no negative is."""
    closed = {e.group for e in left} - {e.group for e in examples}
    return [
        replace(e, negatives=np.array([n for n in e.negatives if owners[n] not in closed], dtype=np.int64))
        for e in examples
    ]


def _parts(groups: Sequence[str], count: int) -> list[int]:
    """A part, 0 to count - 1, for each: those of one group together, groups drawn by their hash."""
    order = sorted(set(groups), key=lambda group: hashlib.sha256(group.encode()).hexdigest())
    part = {group: i % count for i, group in enumerate(order)}
    return [part[group] for group in groups]


def _precision(example: Example, weights: Floats, vectors: Vectors) -> float:
    cosines = vectors[example.pool] @ (weights @ example.query)
    ranked = example.pool[np.argsort(-cosines, kind="stable")]
    return average_precision(np.isin(ranked, example.positives).tolist(), len(example.positives))


def _adapter(facts: Facts, examples: Sequence[Example], vectors: Vectors) -> Adapter:
    weights = METHODS[facts.method](examples, vectors, facts.strength).astype(np.float32)
    known = {e.query.tobytes(): e.query for e in examples}
    return Adapter(facts, weights, np.stack(list(known.values())).astype(np.float32))


def _mean(measured: Sequence[Measured]) -> Measured:
    return Measured(fmean(m.average_precision for m in measured), {k: fmean(m.recall[k] for m in measured) for k in KS})


# -- what the collection has of the labels --------------------------------------------------------------------------


class _Reader:
    """Labels as a collection sees them: chunks on gold, what the search finds instead, and how well it finds."""

    def __init__(self, root: Path, store: Store, embedder: Embedder, given: bool) -> None:
        self._root = root
        self._store = store
        self._embedder = embedder
        self._given = given
        self._known: dict[str, list[tuple[int, Chunk]]] = {}
        self._ids: dict[str, int] = {}
        self._answers: dict[str, set[str]] = defaultdict(set)

    @cached_property
    def _plain(self) -> Search:
        return Search(self._root, self._store, self._embedder)

    def examples(self, labels: Sequence[Labelled]) -> tuple[list[Example], Vectors, list[str]]:
        """An example for each label that has a chunk at its places, the vectors that their rows mean, and the document
        of each row."""
        placed = []
        for labelled in labels:
            document = self._store.resolve(labelled.document)
            on = {chunk.id for _, chunk in self._on_gold(document, labelled.places)}
            self._answers[words(labelled.question)] |= on
            if on:
                placed.append((labelled, document, on))
        read = [(*one, *self._found(*one)) for one in placed]
        ids = np.array(sorted({self._ids[name] for _, _, on, off, _ in read for name in (*on, *off)}), dtype=np.int64)
        row = {id_: number for number, id_ in enumerate(ids.tolist())}
        owners = {row[self._ids[c.id]]: d for d, known in self._known.items() for i, c in known if i in row}
        made = []
        for labelled, document, on, off, asked in read:
            positives, others = (
                np.array([row[self._ids[n]] for n in names], dtype=np.int64) for names in (sorted(on), off)
            )
            elsewhere = [row[i] for n in self._elsewhere(labelled, on) if (i := self._ids[n]) in row]
            pool = np.concatenate([positives, others]) if self._given else np.setdiff1d(np.arange(len(ids)), elsewhere)
            query = self._embedder.embed([asked])[0].astype(np.float64)
            made.append(Example(labelled, document, query, positives, others[:NEGATIVES], np.sort(pool)))
        return made, self._sorted(ids), [owners[number] for number in range(len(ids))]

    def measure(self, examples: Sequence[Example], adapter: Adapter | None) -> list[Measured]:
        """Each question asked of the whole search."""
        search = Search(self._root, self._store, self._embedder, adapter=adapter) if adapter else self._plain
        stages = (*_STAGES, "adapter") if adapter else _STAGES
        return [self._measured(search, e, stages) for e in examples]

    def _measured(self, search: Search, example: Example, stages: Sequence[str]) -> Measured:
        """Answers that other labels give to the same question are neither right nor wrong here: they are left out."""
        places = example.labelled.places
        on = {chunk.id for _, chunk in self._on_gold(example.group, places)}
        elsewhere = self._elsewhere(example.labelled, on)
        found = search.find(example.labelled.question, DEPTH, self._within(example.group), stages=stages).hits
        hits = [hit for hit in found if hit.chunk.id not in elsewhere]
        touched = {
            k: [any(h.chunk.document_id == example.group and h.chunk.span.overlap(p) for h in hits[:k]) for p in places]
            for k in KS
        }
        return Measured(
            average_precision([h.chunk.id in on for h in hits], len(on)), {k: fmean(t) for k, t in touched.items()}
        )

    def _found(self, labelled: Labelled, document: str, on: set[str]) -> tuple[list[str], str]:
        """Names of the chunks that the search finds and that no label calls an answer, best first; what was asked."""
        found = self._plain.find(labelled.question, DEPTH, self._within(document), stages=_STAGES)
        answers = on | self._elsewhere(labelled, on)
        return [hit.chunk.id for hit in found.hits if hit.chunk.id not in answers and self._has(hit)], found.asked

    def _elsewhere(self, labelled: Labelled, on: set[str]) -> set[str]:
        """Names of the chunks that answer the same question by other labels."""
        return self._answers[words(labelled.question)] - on

    def _within(self, document: str) -> In | None:
        return In("document", (document,)) if self._given else None

    def _on_gold(self, document: str, places: Sequence[Span]) -> list[tuple[int, Chunk]]:
        """The chunks that hold at least half of a place, or lie in one at least by half; else those that touch one."""
        touching = [(id_, chunk) for id_, chunk in self._chunks(document) if any(chunk.span.overlap(p) for p in places)]
        most = [
            (id_, chunk)
            for id_, chunk in touching
            if any(2 * chunk.span.overlap(p) >= min(len(p), len(chunk.span)) for p in places)
        ]
        return most or touching

    def _chunks(self, document: str) -> list[tuple[int, Chunk]]:
        """All chunks of a document that have a vector, with their ids."""
        if document not in self._known:
            layout = self._store.layout(In("document", (document,)))
            there = set(self._store.vectors_of([row[0] for row in layout])[0].tolist())
            both = zip(layout, self._store.chunks_of(document), strict=True)
            self._known[document] = [(row[0], chunk) for row, chunk in both if row[0] in there]
            self._ids |= {chunk.id: id_ for id_, chunk in self._known[document]}
        return self._known[document]

    def _has(self, hit: Hit) -> bool:
        """Whether the chunk has a vector."""
        self._chunks(hit.chunk.document_id)
        return hit.chunk.id in self._ids

    def _sorted(self, ids: Ints) -> Vectors:
        found, vectors = self._store.vectors_of(ids.tolist())
        return vectors[np.argsort(found)]


_STAGES = tuple(stage for stage in STAGES if stage != "duplicates")
