"""RGB (Chen et al. 2024): answers from short passages with noise, without evidence, and with false evidence.

Each question is asked three times, of `passages` passages: "noise" (a share `noise` of them does not hold the answer),
"rejection" (none does: the right answer is that there is none), "counterfactual" (all say something false: the right
answer is still the true one, and no passage holds it).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from citebound.eval.adapters.split import draw, drawn
from citebound.eval.measures import Place
from citebound.eval.suite import Item, Suite, SuiteError
from citebound.types import Span

if TYPE_CHECKING:
    from citebound.eval.spec import Spec


def read(spec: Spec) -> Suite:
    options = spec.chosen({"noise": 0.4, "passages": 5})
    count = options["passages"]
    if not 0 <= options["noise"] < 1 or count < 1:
        raise SuiteError(f"{spec.path}: options.noise must be in [0, 1) and options.passages at least 1")
    documents: dict[str, str] = {}
    items: list[Item] = []
    for line in spec.read("en_fact.json").decode("utf-8").split("\n"):
        if not line.strip():
            continue
        row = json.loads(line)
        answers = (row["answer"],) if isinstance(row["answer"], str) else tuple(dict.fromkeys(row["answer"][0]))
        true = [p for p in row["positive"] if _holds(p, answers)]
        none = [p for p in row["negative"] if not _holds(p, answers)]
        false = [p for p in row["positive_wrong"] if not _holds(p, answers)]
        noisy = min(round(options["noise"] * count), len(none))
        variants = (
            ("noise", drawn(true)[: count - noisy] + drawn(none)[:noisy] if true else []),
            ("rejection", drawn(none)[:count]),
            ("counterfactual", drawn(false)[:count]),
        )
        cluster = f"rgb-{row['id']:03d}"
        for kind, passages in variants:
            if not passages:
                continue
            names = [_name(p) for p in drawn(passages)]
            documents |= {_name(p): p for p in passages}
            items.append(
                Item(
                    id=f"{cluster}-{kind}",
                    question=row["query"].strip(),
                    cluster=cluster,
                    kind=kind,
                    answerable=kind != "rejection",
                    documents=tuple(names),
                    answers=() if kind == "rejection" else answers,
                    gold=tuple(_gold(answers, names, documents)) if kind == "noise" else (),
                )
            )
    return spec.suite(items, documents=documents)


def _holds(passage: str, answers: Sequence[str]) -> bool:
    return any(answer.lower() in passage.lower() for answer in answers)


def _name(passage: str) -> str:
    return f"passage-{draw(passage)[:12]}.txt"


def _gold(answers: Sequence[str], names: Sequence[str], documents: dict[str, str]) -> list[Place]:
    """Each first place of an answer in a passage, the longest form of the answer that stands there."""
    made = []
    for name in names:
        text = documents[name].lower()
        for answer in sorted(answers, key=len, reverse=True):
            start = text.find(answer.lower())
            if start >= 0:
                made.append(Place(name, Span(start, start + len(answer))))
                break
    return made
