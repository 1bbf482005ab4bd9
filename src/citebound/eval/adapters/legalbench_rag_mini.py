"""LegalBench-RAG mini (Pipitone & Alami 2024): find the characters that answer a question about a contract or policy.

A query reads "Consider the <description of the document>; <question>". `question` leaves the description out, `named`
keeps it; figures with and without names are reported apart. Queries on documents that retrieval was tuned on
(legalbench_split.jsonl beside the suite) are for development, all others for testing. There is none to learn from.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from citebound.eval.measures import Place, merged
from citebound.eval.suite import Item, Suite, SuiteError
from citebound.types import Span

if TYPE_CHECKING:
    from citebound.eval.spec import Spec

ARCHIVE = "corpus.tar.gz"
SPLIT = "legalbench_split.jsonl"
PARTS = ("contractnli", "cuad", "maud", "privacy_qa")


def read(spec: Spec) -> Suite:
    spec.chosen({})
    documents = spec.texts(ARCHIVE)
    tuned = _tuned_on(spec)
    items = []
    for part in PARTS:
        for test in spec.json(f"benchmarks/{part}.json")["tests"]:
            gold = []
            for snippet in test["snippets"]:
                place = Place(snippet["file_path"], Span(*snippet["span"]))
                if place.span.of(documents[place.document]) != snippet["answer"]:
                    raise SuiteError(f"{spec.name}, {test['id']}: another text stands at {place}")
                gold.append(place)
            head, mark, question = test["query"].partition("; ")
            if not mark or not head.startswith("Consider "):
                raise SuiteError(f"{spec.name}, {test['id']}: the query does not name its document")
            document = gold[0].document
            items.append(
                Item(
                    id=test["id"],
                    question=question,
                    cluster=document,
                    kind=part,
                    answerable=True,
                    documents=(document,),
                    gold=tuple(merged(gold)),
                    named=test["query"],
                )
            )
    test, dev = ([i for i in items if (i.cluster in tuned) == known] for known in (False, True))
    return spec.suite(test, dev=dev, documents=documents)


def _tuned_on(spec: Spec) -> set[str]:
    path = spec.path.parent / SPLIT
    rows = map(json.loads, path.read_text("utf-8").splitlines()) if path.is_file() else ()
    marked = {row["document"] for row in rows if row["use"] == "tune"}
    return {name for name, data in spec.members(ARCHIVE) if hashlib.sha256(data).hexdigest() in marked}
