"""LegalBench-RAG mini (Pipitone & Alami 2024): find the characters that answer a question about a contract or policy.

A query reads "Consider the <description of the document>; <question>". `question` leaves the description out, `named`
keeps it; figures with and without names are reported apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from citebound.eval.measures import Place, merged
from citebound.eval.suite import Item, Suite, SuiteError
from citebound.types import Span

if TYPE_CHECKING:
    from citebound.eval.spec import Spec

PARTS = ("contractnli", "cuad", "maud", "privacy_qa")


def read(spec: Spec) -> Suite:
    spec.chosen({})
    documents = spec.texts("corpus.tar.gz")
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
    return spec.suite(items, documents=documents)
