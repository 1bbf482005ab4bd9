"""LegalBench-RAG mini: retrieval with character-exact gold spans, every document in one collection.

Read with universal newlines, as the gold offsets of MAUD demand. Reports the benchmark's recall@k on chunks, and
character recall and precision at budgets of characters shown, macro-averaged over the four sub-benchmarks.
"""

from __future__ import annotations

import json
import tarfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from citebound.collection import Collection
from citebound.errors import ConfigError
from citebound.eval.measures import Place, character_precision, character_recall
from citebound.indexes.search import passages
from citebound.types import Hit, Span

BUDGETS = (2000, 4000, 8000, 16000, 32000)
KS = (1, 2, 4, 8, 16, 32, 64)
DEPTH = 400
STAGES = {"dense": ("dense",), "bm25": ("lexical",), "fused": ("dense", "lexical")}


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


def run(opened: Collection, asked: Sequence[Query]) -> dict[str, dict[str, float]]:
    """Scores by variant: {"fused": {"recall_4k": ..., "precision_4k": ..., "recall_at_64": ..., ...}}."""
    scores: dict[str, dict[str, dict[str, list[float]]]] = {
        variant: defaultdict(lambda: defaultdict(list)) for variant in STAGES
    }
    for query in asked:
        for variant, stages in STAGES.items():
            hits = opened.search(query.question, DEPTH, stages=stages)
            for name, value in _score(hits, query.gold).items():
                scores[variant][name][query.part].append(value)
    made: dict[str, dict[str, float]] = {}
    for variant, by_name in scores.items():
        made[variant] = {}
        for name, by_part in by_name.items():
            made[variant][name] = fmean(fmean(values) for values in by_part.values())
            for part, values in by_part.items():
                made[variant][f"{name}.{part}"] = fmean(values)
    return made


def _score(hits: Sequence[Hit], gold: Sequence[Place]) -> dict[str, float]:
    made = {}
    for budget in BUDGETS:
        shown = passages(hits, budget)
        places = [Place(name_of(p.hits[0]), p.span) for p in shown]
        made[f"recall_{budget // 1000}k"] = character_recall(places, gold)
        made[f"precision_{budget // 1000}k"] = character_precision(places, gold)
    for k in KS:
        places = [Place(name_of(h), h.chunk.span) for h in hits[:k]]
        made[f"recall_at_{k}"] = character_recall(places, gold)
        made[f"precision_at_{k}"] = character_precision(places, gold)
    return made
