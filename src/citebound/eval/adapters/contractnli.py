"""ContractNLI (Koreeda & Manning 2021): is a hypothesis entailed by a contract, contradicted, or not mentioned?

One item for each contract and hypothesis. The hypotheses do not name their contract, so it is always given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from citebound.eval.measures import Place
from citebound.eval.suite import Item, Suite
from citebound.types import Span

if TYPE_CHECKING:
    from citebound.eval.spec import Spec

LABELS = ("Entailment", "Contradiction", "NotMentioned")
FILES = {"train": "train_subset.json.gz", "dev": "dev.json.gz", "test": "test.json.gz"}


def read(spec: Spec) -> Suite:
    spec.chosen({})
    documents: dict[str, str] = {}
    parts: dict[str, list[Item]] = {}
    for part, file in FILES.items():
        data = spec.json(file)
        parts[part] = []
        for contract in data["documents"]:
            name = contract["file_name"]
            documents[name] = contract["text"]
            hypotheses = {key: row["hypothesis"] for key, row in data["labels"].items()}
            parts[part] += [
                _item(f"{contract['id']}-{key}", hypotheses[key], name, key, contract, marked)
                for key, marked in sorted(contract["annotation_sets"][0]["annotations"].items(), key=_number)
            ]
    return spec.suite(parts["test"], train=parts["train"], dev=parts["dev"], documents=documents, labels=LABELS)


def _item(id_: str, hypothesis: str, name: str, key: str, contract: Any, marked: Any) -> Item:
    return Item(
        id=id_,
        question=hypothesis,
        cluster=name,
        kind=key,
        answerable=marked["choice"] != "NotMentioned",
        documents=(name,),
        label=marked["choice"],
        gold=tuple(_joined(name, contract, sorted(marked["spans"]))),
    )


def _joined(name: str, contract: Any, numbers: list[int]) -> list[Place]:
    """The evidence spans, neighbours made one: between them is nothing but the end of a line. One published span is a
    single space and shows nothing."""
    made: list[tuple[int, int, int]] = []
    for number in numbers:
        start, end = contract["spans"][number]
        if not contract["text"][start:end].strip():
            continue
        if made and made[-1][0] == number - 1:
            made[-1] = (number, made[-1][1], end)
        else:
            made.append((number, start, end))
    return [Place(name, Span(start, end)) for _, start, end in made]


def _number(entry: tuple[str, Any]) -> int:
    return int(entry[0].removeprefix("nda-"))
