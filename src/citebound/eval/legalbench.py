"""LegalBench-RAG mini: retrieval with character-exact gold spans, every document in one collection.

    python -m citebound.eval.legalbench [--keep FOLDER] [--use report|tune|all] [--record]

Read with universal newlines, as the gold offsets of MAUD demand. Character recall and precision at budgets of
characters shown, the benchmark's own recall@k on chunks, and the share of shown characters that are of another document
than the one asked about, each a mean over the four sets. Retrieval was tuned on the documents that
eval/suites/legalbench_split.jsonl marks "tune"; figures are of the others. Stage by stage, and with the names of
documents taken out of the questions: `nameless` leaves the kind of document ("the Endorsement Agreement").
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import tarfile
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track

from citebound.collection import Collection
from citebound.errors import ConfigError
from citebound.eval import statistics
from citebound.eval.figures import Figure, record
from citebound.eval.measures import Place, character_precision, character_recall
from citebound.eval.spec import data_folder
from citebound.indexes.search import Search, passages
from citebound.protocols import Embedder, Vectors
from citebound.types import Hit, Span

BUDGETS = (2000, 4000, 8000, 16000, 32000)
KS = (1, 2, 4, 8, 16, 32, 64)
DEPTH = 400
SPLIT = Path("eval/suites/legalbench_split.jsonl")
STAGES: Mapping[str, tuple[str, ...]] = {
    "dense": ("dense",),
    "bm25": ("lexical",),
    "fused": ("dense", "lexical"),
    "routed": ("dense", "lexical", "routing"),
    "neighbours": ("dense", "lexical", "routing", "neighbours"),
    "full": ("dense", "lexical", "routing", "neighbours", "synonyms", "duplicates"),
}
"""Each adds a stage to the one before; "full" is the product."""

GENERIC = frozenset(
    "acquisition addendum affiliate agency agreement alliance amendment amended asset co branding collaboration"
    " confidentiality consulting content contract cooperation development disclosure distribution distributor"
    " endorsement franchise hosting intellectual ip joint license licensing maintenance management manufacturing"
    " marketing merger mutual nda non nondisclosure of outsourcing parent plan policy privacy promotion property"
    " reseller restated sale service services software sponsorship strategic supply support target the and for"
    " transportation venture web website".split()
)
"""Words of a description that say what a document is, not which one."""

COMMAND = "python -m citebound.eval.legalbench --record"


@dataclass(frozen=True, slots=True)
class Query:
    """A question of the benchmark with its gold places; documents are named by path inside the corpus."""

    id: str
    part: str
    question: str
    gold: tuple[Place, ...]


def queries(data: Path) -> list[Query]:
    """The queries of the four sub-benchmarks. Raises ConfigError if the data is not there."""
    folder = data / "legalbench_rag_mini" / "benchmarks"
    if not folder.is_dir():
        raise ConfigError(f"no LegalBench-RAG mini in {data}", remedy="Set CITEBOUND_DATA to the data folder.")
    made = []
    for path in sorted(folder.glob("*.json")):
        for test in json.loads(path.read_text("utf-8"))["tests"]:
            gold = tuple(Place(s["file_path"], Span(*s["span"])) for s in test["snippets"])
            made.append(Query(test["id"], path.stem, test["query"], gold))
    return made


def collection(data: Path, home: Path) -> Collection:
    """The corpus as a collection under `home`, ingested if it is not there yet."""
    opened = Collection.open(home / "legalbench", create=True)
    with tarfile.open(data / "legalbench_rag_mini" / "corpus.tar.gz") as archive:
        archive.extractall(home / "legalbench-corpus", filter="data")
    report = opened.ingest([home / "legalbench-corpus"])
    if report.failures:
        raise ConfigError(f"{report.failures[0].path}: {report.failures[0].reason}")
    return opened


def name_of(hit: Hit) -> str:
    """The document's name in the benchmark: folder and file."""
    return "/".join(Path(hit.source.path).parts[-2:])


def nameless(question: str) -> str:
    """The question with the names of its document taken out: quoted names, and words that are not GENERIC ones."""
    described, mark, asked = question.partition("; ")
    if not mark:
        return question
    plain = re.sub(r"[\"“][^\"”]*[\"”](?:'s)?", " ", described.removeprefix("Consider "))
    kept = [word for word in re.findall(r"\w+", plain) if word.lower() in GENERIC]
    return f"Consider the {' '.join(kept)}; {asked}"


def uses(folder: Path, split: Path = SPLIT) -> dict[str, str]:
    """What each document of the corpus may be used for, by its name in the benchmark: "tune" or "report"."""
    marked = {row["document"]: row["use"] for row in map(json.loads, split.read_text("utf-8").splitlines())}
    found = {}
    for path in folder.rglob("*.txt"):
        use = marked.get(hashlib.sha256(path.read_bytes()).hexdigest())
        if use:
            found["/".join(path.parts[-2:])] = use
    return found


Scores = dict[str, float]


def run(opened: Collection, asked: Sequence[Query], stages: Iterable[str]) -> list[Scores]:
    """Scores of each query: {"recall_4k": ..., "precision_4k": ..., "recall_at_64": ..., "wrong_document": ...}."""
    chosen = tuple(stages)
    return [
        _score(opened.search(query.question, DEPTH, stages=chosen), query.gold)
        for query in track(asked, "asking", transient=True, disable=not sys.stderr.isatty())
    ]


def means(asked: Sequence[Query], scores: Sequence[Scores]) -> Scores:
    """The mean of each measure over the four sets, and for each set: {"recall_4k": ..., "recall_4k.maud": ...}."""
    made: Scores = {}
    for name in scores[0]:
        by_part: dict[str, list[float]] = defaultdict(list)
        for query, row in zip(asked, scores, strict=True):
            by_part[query.part].append(row[name])
        made[name] = fmean(fmean(values) for values in by_part.values())
        made |= {f"{name}.{part}": fmean(values) for part, values in by_part.items()}
    return made


def figure(label: str, name: str, asked: Sequence[Query], scores: Sequence[Scores], part: str = "") -> Figure:
    """A mean over the four sets (or of one) with its interval by bootstrap over documents."""
    chosen = [(q, row[name]) for q, row in zip(asked, scores, strict=True) if part in ("", q.part)]
    parts = sorted({q.part for q, _ in chosen})
    kind = np.array([parts.index(q.part) for q, _ in chosen])
    values = np.array([value for _, value in chosen])

    def macro(items: statistics.Ints, seeds: statistics.Ints) -> float:
        drawn = [values[items][kind[items] == k] for k in range(len(parts))]
        return fmean(float(rows.mean()) for rows in drawn if len(rows))

    found = statistics.bootstrap(
        values, [q.gold[0].document for q, _ in chosen], statistic=macro, resamples=2000
    ).interval()
    return Figure(label, found.value, "share", found.low, found.high, denominator=len(chosen))


def _score(hits: Sequence[Hit], gold: Sequence[Place]) -> Scores:
    made = {}
    for budget in BUDGETS:
        places = [Place(name_of(p.hits[0]), p.span) for p in passages(hits, budget)]
        made[f"recall_{budget // 1000}k"] = character_recall(places, gold)
        made[f"precision_{budget // 1000}k"] = character_precision(places, gold)
        if budget == WRONG_AT:
            shown = sum(len(p.span) for p in places)
            wrong = sum(len(p.span) for p in places if p.document != gold[0].document)
            made["wrong_document"] = wrong / shown if shown else 1.0
    for k in KS:
        places = [Place(name_of(h), h.chunk.span) for h in hits[:k]]
        made[f"recall_at_{k}"] = character_recall(places, gold)
        made[f"precision_at_{k}"] = character_precision(places, gold)
    return made


WRONG_AT = 4000


class Timed:
    """An encoder that counts its seconds; all else is the encoder's own."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.seconds = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)

    def embed(self, texts: Sequence[str]) -> Vectors:
        begun = time.perf_counter()
        made = self._embedder.embed(texts)
        self.seconds += time.perf_counter() - begun
        return made


def beyond_encoder(opened: Collection, asked: Sequence[Query], k: int = 24) -> list[float]:
    """Milliseconds of each search with all stages, the encoder's not counted."""
    timed = Timed(opened.embedder)
    search = Search(opened.root, opened._store, timed)
    search.hits(asked[0].question, k)
    made = []
    for query in asked:
        before, begun = timed.seconds, time.perf_counter()
        search.hits(query.question, k)
        made.append(1000 * (time.perf_counter() - begun - (timed.seconds - before)))
    return made


def figures_of(asked: Sequence[Query], by_variant: Mapping[str, Sequence[Scores]]) -> list[Figure]:
    """The rows that are recorded: the product's, each stage's, and without names."""
    full = by_variant["full"]
    there = sorted({query.part for query in asked})
    made = [
        *(figure(f"lbr.recall_{b // 1000}k", f"recall_{b // 1000}k", asked, full) for b in BUDGETS),
        *(figure(f"lbr.precision_{b // 1000}k", f"precision_{b // 1000}k", asked, full) for b in BUDGETS),
        *(figure(f"lbr.recall_at_{k}", f"recall_at_{k}", asked, full) for k in (8, 32, 64)),
        *(figure(f"lbr.{p}_recall_{b}k", f"recall_{b}k", asked, full, p) for p in there for b in (4, 16)),
        figure("lbr.wrong_document", "wrong_document", asked, full),
    ]
    for variant, scores in by_variant.items():
        if variant == "nonames":
            made += [figure(f"lbr.nonames_recall_{b}k", f"recall_{b}k", asked, scores) for b in (4, 16, 32)]
            made.append(figure("lbr.nonames_wrong_document", "wrong_document", asked, scores))
        elif variant != "full":
            made += [figure(f"lbr.ablation.{variant}.recall_{b}k", f"recall_{b}k", asked, scores) for b in (4, 16, 32)]
    return made


PARTS = ("contractnli", "cuad", "maud", "privacy_qa")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, help="keep the collection in this folder, and use one already there")
    parser.add_argument("--use", choices=["report", "tune", "all"], default="report", help="which documents' questions")
    parser.add_argument("--only", nargs="*", choices=[*STAGES, "nonames"], help="which variants; all without any")
    parser.add_argument("--record", action="store_true", help="write the figures (of the documents to report on)")
    given = parser.parse_args()
    console = Console(highlight=False)
    data = data_folder()
    with tempfile.TemporaryDirectory() as temporary:
        home = given.keep or Path(temporary)
        home.mkdir(parents=True, exist_ok=True)
        with collection(data, home) as opened:
            use = uses(home / "legalbench-corpus")
            asked = [q for q in queries(data) if given.use in ("all", use.get(q.gold[0].document))]
            by_variant = {}
            for variant in given.only or [*STAGES, "nonames"]:
                put = [replace(q, question=nameless(q.question)) for q in asked] if variant == "nonames" else asked
                by_variant[variant] = run(opened, put, STAGES.get(variant, STAGES["full"]))
                told = means(asked, by_variant[variant])
                shown = [f"recall_{b // 1000}k" for b in BUDGETS]
                shown += ["wrong_document", *(f"recall_16k.{p}" for p in PARTS)]
                console.print(f"{variant:<11}", " ".join(f"{n} {told[n]:.3f}" for n in shown if n in told))
            slow = beyond_encoder(opened, asked[::5])
            chunks = float(str(opened.stats()["chunks"]))
        taken = [
            Figure(f"search.stages_p{p}_ms", float(np.quantile(slow, p / 100)), "ms", denominator=chunks)
            for p in (50, 95)
        ]
        console.print(*(f"{f.name} {f.value:.1f}" for f in taken), f"{chunks:,.0f} chunks")
    if given.record and given.use == "report" and not given.only:
        record([*figures_of(asked, by_variant), *taken], COMMAND)
    return 0


if __name__ == "__main__":
    sys.exit(main())
