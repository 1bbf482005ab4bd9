"""Which questions the figures of answers are about, chosen by hash before any answer is looked at.

Every question names its document, as in the corpus-wide regime, and is asked of the whole collection. CUAD: the test
part, which its board has opened, with questions for the other party (below). CSAF: the training part, as its test part
stays closed until its board is run; nothing is fitted on it. Demo: all of it.

A question for a party is made of a contract with exactly two: "In the Supply Agreement with Birch Inc., who is the
other party?". Its gold are all places where the other party's full name is printed. It is left out where the name is
not printed or is none ("the buyer named above"), or where another contract of the suite has the same title and party.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from citebound.eval.adapters.split import draw
from citebound.eval.measures import Place, merged
from citebound.eval.rows import every_place
from citebound.eval.suite import Item, Suite, SuiteError

SEED = 5
PARTS = ("train", "dev", "test")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is asked of a suite: of which part, how many questions, how many a figure needs at least."""

    part: str
    items: int
    fewest: int
    note: str = ""


CHOSEN: Mapping[str, Chosen] = {
    "demo": Chosen("test", 0, 96),
    "cuad": Chosen("test", 160, 150, "test part"),
    "csaf": Chosen("train", 120, 100, "training part; the test part is closed"),
}


def choose(suite: Suite, part: str, count: int) -> tuple[Item, ...]:
    """`count` items of a part (0: all), spread evenly over its documents, in the order of their ids. A larger choice
    contains the smaller one. Raises SuiteError for an empty part."""
    items = [*getattr(suite, part), *_others(suite, getattr(suite, part))]
    if not items:
        raise SuiteError(f"{suite.name}: its {part} part has no items", remedy=f"Choose another of {', '.join(PARTS)}.")
    return replace(suite, test=tuple(sorted(items, key=lambda i: i.id))).sampled(count, SEED).test


def _others(suite: Suite, items: Sequence[Item]) -> list[Item]:
    """Questions for the other party, of the contracts that these items ask about."""
    every = (*suite.train, *suite.dev, *suite.test)
    titles = {i.cluster: t for i in every if i.cluster in suite.parties and (t := _title(i, suite.parties[i.cluster]))}
    called = Counter((title, name[0].lower()) for c, title in titles.items() for name in suite.parties[c])
    made = []
    for document in dict.fromkeys(i.cluster for i in items if i.cluster in titles):
        if len(suite.parties[document]) != 2:
            continue
        (first, *_), (other, *_) = suite.parties[document]
        title = titles[document]
        gold = merged(Place(document, span) for span in every_place(other, suite.documents[document]))
        if gold and other[0].isupper() and called[title, first.lower()] == 1 and first.lower() != other.lower():
            question = "who is the other party?"
            made.append(
                Item(
                    id=f"{suite.name}-{draw(document)[:8]}-other-party",
                    question=question.capitalize(),
                    cluster=document,
                    kind="Parties",
                    answerable=True,
                    documents=(document,),
                    answers=(other,),
                    gold=tuple(gold),
                    named=f"In the {title} with {first}, {question}",
                )
            )
    return made


def _title(item: Item, parties: Sequence[Sequence[str]]) -> str:
    """What an item calls its contract, without the parties; "" if it does not say."""
    before, there, _ = item.named.partition(f" between {parties[0][0]} and ")
    return before.removeprefix("In the ") if there and before.startswith("In the ") else ""
