"""PolicyQA (Ahmad et al. 2020): short answers in website privacy policies.

The published questions are asked of one paragraph; here the whole policy is given. The same question asked of several
paragraphs of a policy is one item that accepts each of their answers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from citebound.eval.adapters.split import split
from citebound.eval.measures import Place, merged
from citebound.eval.suite import Item, Suite, SuiteError
from citebound.types import Span

if TYPE_CHECKING:
    from citebound.eval.spec import Spec

DEV_SHARE = 0.2
GAP = "\n\n"


@dataclass
class _Asked:
    id: str
    question: str
    kind: str
    answers: list[str] = field(default_factory=list)
    gold: list[Place] = field(default_factory=list)


def read(spec: Spec) -> Suite:
    spec.chosen({})
    documents: dict[str, str] = {}
    tuning = spec.json("dev.json.gz")["data"]
    sides = split([policy["title"] for policy in tuning], 1 - DEV_SHARE, DEV_SHARE)
    parts: dict[str, list[Item]] = {"train": [], "dev": [], "test": []}
    for policy in tuning:
        parts[sides[policy["title"]]] += _items(policy, documents)
    for policy in spec.json("test.json.gz")["data"]:
        parts["test"] += _items(policy, documents)
    return spec.suite(parts["test"], train=parts["train"], dev=parts["dev"], documents=documents)


def _items(policy: Any, documents: dict[str, str]) -> list[Item]:
    name = f"{policy['title']}.txt"
    contexts = [paragraph["context"] for paragraph in policy["paragraphs"]]
    documents[name] = text = GAP.join(contexts)
    asked: dict[str, _Asked] = {}
    offset = 0
    for paragraph, context in zip(policy["paragraphs"], contexts, strict=True):
        for row in paragraph["qas"]:
            key = " ".join(row["question"].lower().split())
            one = asked.setdefault(key, _Asked(row["id"], row["question"].strip(), row["type"].split("|")[0]))
            for answer in row["answers"]:
                start = offset + answer["answer_start"]
                place = Place(name, Span(start, start + len(answer["text"])))
                if place.span.of(text) != answer["text"]:
                    raise SuiteError(f"{name}, {row['id']}: another text stands at {place.span}")
                one.answers.append(answer["text"])
                one.gold.append(place)
        offset += len(context) + len(GAP)
    return [
        Item(
            id=one.id,
            question=one.question,
            cluster=name,
            kind=one.kind,
            answerable=True,
            documents=(name,),
            answers=tuple(dict.fromkeys(one.answers)),
            gold=tuple(merged(one.gold)),
        )
        for one in asked.values()
    ]
