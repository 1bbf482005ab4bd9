"""SQuAD 2.0 (Rajpurkar et al. 2018), three articles of the dev set: half of the questions have no answer.

The document is the whole article, made of the paragraphs that are here, so questions of one article cannot be parted
into training and testing: test only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from citebound.eval.measures import Place
from citebound.eval.suite import Item, Suite, SuiteError
from citebound.types import Span

if TYPE_CHECKING:
    from citebound.eval.spec import Spec

GAP = "\n\n"


def read(spec: Spec) -> Suite:
    spec.chosen({})
    documents: dict[str, str] = {}
    items = []
    for article in spec.json("dev-v2.0.subset.json")["data"]:
        name = f"{article['title']}.txt"
        contexts = [paragraph["context"] for paragraph in article["paragraphs"]]
        documents[name] = text = GAP.join(contexts)
        offset = 0
        for paragraph, context in zip(article["paragraphs"], contexts, strict=True):
            for row in paragraph["qas"]:
                answers = {(offset + a["answer_start"], a["text"]): None for a in row["answers"]}
                for start, answer in answers:
                    if text[start : start + len(answer)] != answer:
                        raise SuiteError(f"{spec.name}, {row['id']}: another text stands at {start}")
                items.append(
                    Item(
                        id=row["id"],
                        question=row["question"].strip(),
                        cluster=name,
                        kind="unanswerable" if row["is_impossible"] else "answerable",
                        answerable=not row["is_impossible"],
                        documents=(name,),
                        answers=tuple(dict.fromkeys(answer for _, answer in answers)),
                        gold=tuple(Place(name, Span(start, start + len(answer))) for start, answer in sorted(answers)),
                    )
                )
            offset += len(context) + len(GAP)
    return spec.suite(items, documents=documents)
