"""ContractNLI: which spans of a contract are evidence for or against a hypothesis, the contract given.

    python -m citebound.eval.evidence [--part dev|test] [--contracts 20] [--keep FOLDER] [--record]

The benchmark's own spans are put into a collection as its chunks (with the title and headings that the chunker gives
the text there), and the product's search ranks those of the contract, asked the bare hypothesis. Hypotheses that are
"NotMentioned" have no evidence and are left out, as in Koreeda and Manning 2021, "ContractNLI". Spans that a search
does not return follow in the order of the text.

`map` is the mean over questions (a hypothesis about a contract) of the average precision of its spans; `map_pooled`
ranks the spans of all questions in one list, by score, and takes the average precision of that. The paper says "micro
averaged over labels"; its published code has both, and its own choice of models is by the second. `recall_k` is the
share of a question's evidence spans among its first k, a mean over questions; more than half of them have several, so
recall_1 cannot reach 1 (`ceiling`).

Trained on the contracts of the training subset, never on the part that is reported: the query adapter, which learns
the 17 hypotheses that every contract is asked ("adapter"; "adapter_unseen" was trained without the hypothesis that it
is asked, and others); and a logistic regression over features of a span ("linear_features").
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tempfile
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from citebound.collection import Collection
from citebound.errors import ConfigError
from citebound.eval import statistics
from citebound.eval.adapters.contractnli import FILES
from citebound.eval.adapters.split import drawn
from citebound.eval.figures import Figure, record
from citebound.eval.spec import data_folder
from citebound.indexes.adapter import Adapter
from citebound.indexes.adapting import Labelled, Trained, average_precision, train
from citebound.indexes.embeddings import Remembering
from citebound.indexes.search import STAGES, Search
from citebound.ingest.chunker import chunk
from citebound.ingest.limits import Limits
from citebound.ingest.parse import parse
from citebound.protocols import Embedder
from citebound.types import Chunk, Document, In, Source, Span, Status

Floats = NDArray[np.float64]

KS = (1, 2, 4)
PRODUCT = tuple(stage for stage in STAGES if stage != "duplicates")
SYSTEMS: Mapping[str, tuple[str, ...]] = {
    "dense": ("dense",),
    "bm25": ("lexical",),
    "fused": ("dense", "lexical"),
    "product": PRODUCT,
    "dense_adapter": ("dense", "adapter"),
    "adapter": (*PRODUCT, "adapter"),
}
"""By stages. Spans with equal text are all ranked, so "duplicates" is off."""

FEATURES, UNSEEN = "linear_features", "adapter_unseen"
FOLDS = 4
STRENGTHS = (0.01, 0.1, 1.0, 10.0)
COMMAND = "python -m citebound.eval.evidence --record"


@dataclass(frozen=True, slots=True)
class Question:
    """A hypothesis about one contract: its key, its text, and the numbers of the spans that decide it."""

    document: str
    key: str
    text: str
    gold: frozenset[int]


@dataclass(frozen=True, slots=True)
class Part:
    """A split: the texts and the spans of its contracts by name, and its questions that have evidence."""

    texts: Mapping[str, str]
    spans: Mapping[str, tuple[Span, ...]]
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """The span numbers of a contract, best first, and the score of each span by number (float64)."""

    order: tuple[int, ...]
    scores: Floats


def read(data: Path, name: str, contracts: int | None = None) -> Part:
    """The split "train", "dev" or "test", or its first contracts. Raises ConfigError if the data is not there."""
    path = data / "contractnli" / FILES[name]
    if not path.is_file():
        raise ConfigError(f"no ContractNLI in {data}", remedy="Set CITEBOUND_DATA to the data folder.")
    with gzip.open(path) as file:
        given = json.load(file)
    taken = given["documents"][:contracts]
    return Part(
        {c["file_name"]: c["text"] for c in taken},
        {c["file_name"]: tuple(Span(*pair) for pair in c["spans"]) for c in taken},
        tuple(_questions(taken, given["labels"])),
    )


def collection(part: Part, root: Path, embedder: Embedder | None = None) -> Collection:
    """The contracts with their spans as chunks, put there if they are not there yet; only the first time embeds."""
    opened = Collection.open(root, create=True, embedder=embedder)
    there = {source.name for row in opened.documents() for source in row[5]}
    missing = [name for name in part.texts if name not in there]
    for name in missing:
        document = parse(f"{name}.txt", part.texts[name].encode(), Limits()).document
        if document.text != part.texts[name]:
            raise ConfigError(f"{name}: its text was read as another one than the spans mean")
        opened._store.put_document(
            document,
            chunks(document, part.spans[name], opened.embedder),
            parser="spans of ContractNLI",
            status=Status.OK,
            source=Source(name, document.id, (), ""),
            size=len(part.texts[name]),
            modified_ns=0,
        )
    if missing:
        opened.rebuild()
    return opened


def chunks(document: Document, spans: Sequence[Span], embedder: Embedder) -> tuple[Chunk, ...]:
    """The spans as chunks, each with the context of the usual chunk in which it begins."""
    usual = chunk(document, embedder)
    starts = [one.span.start for one in usual]
    return tuple(
        Chunk(
            f"{document.id[:16]}-{number}",
            document.id,
            span,
            span.of(document.text),
            usual[max(0, bisect_right(starts, span.start) - 1)].context,
        )
        for number, span in enumerate(spans)
    )


class Ranker:
    """Ranks the spans of contracts by stages of the product's search."""

    def __init__(self, part: Part, opened: Collection, adapter: Adapter | None = None) -> None:
        self._spans = part.spans
        self._ids = {source.name: source.document_id for row in opened.documents() for source in row[5]}
        self._search = Search(opened.root, opened._store, Remembering(opened.embedder), adapter=adapter)

    def __call__(self, question: Question, stages: Sequence[str]) -> Ranking:
        """Spans that the search does not return score one less than the last one that it does."""
        count = len(self._spans[question.document])
        within = In("document", (self._ids[question.document],))
        hits = self._search.find(question.text, count, within, stages=stages).hits
        found = {int(hit.chunk.id.rpartition("-")[2]): hit.score for hit in hits}
        rest = min(found.values(), default=0.0) - 1
        scores = np.array([found.get(number, rest) for number in range(count)])
        return Ranking((*found, *(n for n in range(count) if n not in found)), scores)


def labelled(part: Part, opened: Collection) -> list[Labelled]:
    """The questions as labels for a query adapter."""
    ids = {source.name: source.document_id for row in opened.documents() for source in row[5]}
    return [
        Labelled(q.text, ids[q.document], tuple(part.spans[q.document][n] for n in sorted(q.gold)))
        for q in part.questions
    ]


# -- features -------------------------------------------------------------------------------------------------------


def features(part: Part, question: Question, ranked: Mapping[str, Ranking]) -> Floats:
    """Of each span: cosine, BM25 and fused score as standard scores within the contract, place in the text (0..1) and
    its square, log of the length. float64 (spans, 6)."""
    spans = part.spans[question.document]
    place = np.arange(len(spans)) / max(1, len(spans) - 1)
    length = np.log1p([len(span) for span in spans])
    scores = [_standard(ranked[name].scores) for name in ("dense", "bm25", "product")]
    return np.stack([*scores, place, place**2, length], axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """A logistic regression over features, by the inverse strength C of its regularisation."""

    strength: float
    model: Any

    def __call__(self, rows: Floats) -> Ranking:
        return ranking(np.asarray(self.model.decision_function(rows), dtype=np.float64))


def fit(part: Part, ranked: Mapping[str, Sequence[Ranking]], strength: float) -> Linear:
    """Whether a span is evidence, from its features; the two classes weigh the same."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows = [features(part, q, _of(ranked, i)) for i, q in enumerate(part.questions)]
    targets = [np.isin(np.arange(len(r)), sorted(q.gold)) for r, q in zip(rows, part.questions, strict=True)]
    model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, class_weight="balanced", max_iter=1000))
    return Linear(strength, model.fit(np.concatenate(rows), np.concatenate(targets)))


def ranking(scores: Floats) -> Ranking:
    """By score, the earlier span first among equals."""
    return Ranking(tuple(np.argsort(-scores, kind="stable").tolist()), scores)


# -- scores ---------------------------------------------------------------------------------------------------------


def scored(question: Question, ranked: Ranking) -> dict[str, float]:
    """{"map": average precision, "recall_1": ..., "recall_2": ..., "recall_4": ...} of one question."""
    relevant = [number in question.gold for number in ranked.order]
    made = {"map": average_precision(relevant, len(question.gold))}
    return made | {f"recall_{k}": sum(relevant[:k]) / len(question.gold) for k in KS}


def pooled(questions: Sequence[Question], ranked: Sequence[Ranking]) -> float:
    """Average precision of the spans of all questions in one list (equal scores share one rank), by scikit-learn."""
    from sklearn.metrics import average_precision_score

    targets = [np.isin(np.arange(len(r.scores)), sorted(q.gold)) for q, r in zip(questions, ranked, strict=True)]
    scores = [r.scores for r in ranked]
    return float(average_precision_score(np.concatenate(targets), np.concatenate(scores)))


def figures_of(name: str, questions: Sequence[Question], ranked: Sequence[Ranking]) -> list[Figure]:
    """The rows of a system, named `cnli.NAME.evidence_map` and so on (of the product: without a name), with intervals
    by bootstrap over contracts."""
    prefix = "cnli." if name == "product" else f"cnli.{name}."
    rows = [scored(q, r) for q, r in zip(questions, ranked, strict=True)]
    clusters = [q.document for q in questions]
    made = []
    for measure in rows[0]:
        found = statistics.bootstrap([row[measure] for row in rows], clusters, resamples=2000).interval()
        made.append(
            Figure(f"{prefix}evidence_{measure}", found.value, "share", found.low, found.high, denominator=len(rows))
        )
    made.append(Figure(f"{prefix}evidence_map_pooled", pooled(questions, ranked), "share", denominator=len(rows)))
    return made


def ceiling(questions: Sequence[Question], k: int) -> float:
    """The best that recall_k can be: questions may have more than k spans of evidence."""
    return float(np.mean([min(k, len(q.gold)) / len(q.gold) for q in questions]))


# -- the run --------------------------------------------------------------------------------------------------------


def systems(part: Part, opened: Collection, adapter: Adapter) -> dict[str, list[Ranking]]:
    """Every question ranked by every system of SYSTEMS."""
    ranker = Ranker(part, opened, adapter)
    return {name: [ranker(q, stages) for q in part.questions] for name, stages in SYSTEMS.items()}


def unseen(part: Part, opened: Collection) -> dict[str, Adapter]:
    """For each hypothesis an adapter that was trained without it and others, drawn by hash."""
    keys = drawn(q.key for q in part.questions)
    made: dict[str, Adapter] = {}
    for fold in range(FOLDS):
        without = set(keys[fold::FOLDS])
        rest = replace(part, questions=tuple(q for q in part.questions if q.key not in without))
        trained = train(opened.root, opened._store, opened.embedder, labelled(rest, opened), given=True)
        made |= dict.fromkeys(without, trained.adapter)
    return made


def by_unseen(part: Part, opened: Collection, adapters: Mapping[str, Adapter]) -> list[Ranking]:
    """Every question ranked with the adapter that does not know its hypothesis."""
    rankers = {id(adapter): Ranker(part, opened, adapter) for adapter in adapters.values()}
    return [rankers[id(adapters[q.key])](q, SYSTEMS["adapter"]) for q in part.questions]


def say(console: Console, trained: Trained) -> None:
    """The trials of the adapter, and what it did for training contracts that it had not seen."""
    for trial in trained.trials:
        console.print(f"trial {trial.method} {trial.strength}: {trial.average_precision:.3f} (cosine, cross-validated)")
    facts = trained.adapter.facts
    weighed = ", ".join(f"{w.weight:g}: {w.average_precision:.3f}" for w in trained.weighed)
    console.print(f"weight of the adapted cosine (whole search, cross-validated): {weighed}")
    console.print(
        f"held-out training contracts, {trained.held_out} questions: map {trained.before.average_precision:.3f} ->"
        f" {trained.after.average_precision:.3f}, {trained.better} better, {trained.worse} worse;"
        f" kept: {facts.method} {facts.strength}, weight {facts.weight:g}"
    )


def run(data: Path, home: Path, name: str, contracts: int | None, console: Console) -> list[Figure]:
    """The figures of one part; what is trained is trained on "train", and chosen there or on "dev"."""
    learnt, chosen_on = read(data, "train", contracts), read(data, "dev", contracts)
    with collection(learnt, home / f"train-{len(learnt.texts)}") as opened:
        trained = train(opened.root, opened._store, opened.embedder, labelled(learnt, opened), given=True)
        say(console, trained)
        others = unseen(learnt, opened)
        seen = systems(learnt, opened, trained.adapter)
    with collection(chosen_on, home / f"dev-{len(chosen_on.texts)}") as opened:
        ranked = systems(chosen_on, opened, trained.adapter)
        ranked[UNSEEN] = by_unseen(chosen_on, opened, others)
    tried = [fit(learnt, seen, strength) for strength in STRENGTHS]
    told = [_mean_precision(chosen_on.questions, _by(linear, chosen_on, ranked)) for linear in tried]
    both = list(zip(tried, told, strict=True))
    linear = tried[int(np.argmax(told))]
    console.print("linear features, C and map on dev:", *(f"{linear.strength} {m:.3f}" for linear, m in both))
    part = chosen_on
    if name != "dev":
        part = read(data, name, contracts)
        with collection(part, home / f"{name}-{len(part.texts)}") as opened:
            ranked = systems(part, opened, trained.adapter)
            ranked[UNSEEN] = by_unseen(part, opened, others)
    ranked[FEATURES] = _by(linear, part, ranked)
    made = []
    for system, rankings in ranked.items():
        rows = figures_of(system, part.questions, rankings)
        console.print(f"{system:<16}", " ".join(f"{f.name.rpartition('evidence_')[2]} {f.value:.3f}" for f in rows))
        made += rows
    best = " ".join(f"recall_{k} {ceiling(part.questions, k):.3f}" for k in KS)
    console.print(f"{len(part.questions)} questions about {len(part.texts)} contracts of {name}; ceiling: {best}")
    return made


def _questions(contracts: Sequence[Any], labels: Mapping[str, Any]) -> list[Question]:
    return [
        Question(c["file_name"], key, labels[key]["hypothesis"], frozenset(marked["spans"]))
        for c in contracts
        for key, marked in c["annotation_sets"][0]["annotations"].items()
        if marked["choice"] != "NotMentioned"
    ]


def _of(ranked: Mapping[str, Sequence[Ranking]], number: int) -> dict[str, Ranking]:
    return {name: rankings[number] for name, rankings in ranked.items()}


def _by(linear: Linear, part: Part, ranked: Mapping[str, Sequence[Ranking]]) -> list[Ranking]:
    return [linear(features(part, q, _of(ranked, i))) for i, q in enumerate(part.questions)]


def _mean_precision(questions: Sequence[Question], ranked: Sequence[Ranking]) -> float:
    return float(np.mean([scored(q, r)["map"] for q, r in zip(questions, ranked, strict=True)]))


def _standard(scores: Floats) -> Floats:
    return np.asarray((scores - scores.mean()) / (scores.std() or 1.0), dtype=np.float64)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=["dev", "test"], default="test")
    parser.add_argument("--contracts", type=int, help="only so many of each part")
    parser.add_argument("--keep", type=Path, help="keep the collections in this folder, and use those already there")
    parser.add_argument("--record", action="store_true", help="write the figures (of the whole test part)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        made = run(
            data_folder(),
            given.keep or Path(temporary),
            given.part,
            given.contracts,
            Console(highlight=False, width=160),
        )
    if given.record and given.part == "test" and given.contracts is None:
        record(made, COMMAND)
    return 0


if __name__ == "__main__":
    sys.exit(main())
