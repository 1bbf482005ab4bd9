"""A suite with other answers in its documents: a date, a period, a state, a country or an amount is another one.

Who reads is right, and who remembers, or guesses what is usual, gives the former answer: the measure `remembered`. A
value is changed wherever its document prints it, in any form that is known, so that nobody can read the former one. The
new one is drawn by the id of the first item that asks for it, and stood nowhere in the document. Test items whose
answer is no such value are left out; unanswerable ones stay, and so does whatever is learnt from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from citebound.eval.edits import Edit, Edits
from citebound.eval.measures import Place, merged
from citebound.eval.suite import Item, Suite, SuiteError, Task
from citebound.eval.swaps import KINDS, Kind, Printed, Value

Values = Mapping[str, Sequence[Printed]]


def altered(suite: Suite) -> Suite:
    """The suite with other facts. Raises SuiteError for a task without short answers, or if nothing can be changed."""
    if suite.task is not Task.EXTRACT:
        raise SuiteError(
            f"{suite.name}: a counterfactual suite needs short answers, and its task is {suite.task.value!r}",
            remedy="Derive it from a suite with the task 'extract'.",
        )
    asked: dict[str, list[Item]] = {}
    for item in suite.test:
        for name in {place.document for place in item.gold}:
            asked.setdefault(name, []).append(item)
    changed = {name: _Document(name, suite.documents[name], items) for name, items in asked.items()}
    test = [made for item in suite.test if (made := _altered(item, changed))]
    if not any(item.former for item in test):
        raise SuiteError(f"{suite.name}: no answer is a date, a period, a state, a country or an amount")
    texts = {name: changed[name].text if name in changed else text for name, text in suite.documents.items()}
    return replace(suite, test=tuple(test), documents=texts, files=(), collection="")


class _Document:
    """What a document prints, what becomes of the values that its items ask for, and the text with these."""

    def __init__(self, name: str, text: str, items: Iterable[Item]) -> None:
        self.name = name
        self.found = _values(text)
        self.swaps: dict[tuple[str, Value], Value] = {}
        taken = {(kind, one.value) for kind, there in self.found.items() for one in there}
        for item in sorted(items, key=lambda i: i.id):
            for kind, one in self.printed(item)[:1]:
                if (kind.name, one.value) not in self.swaps:
                    new = next((v for v in kind.others(one.value, item.id) if (kind.name, v) not in taken), one.value)
                    self.swaps[kind.name, one.value] = new
                    taken.add((kind.name, new))
        self.edits = _edits(self.found, self.swaps)
        self.text = self.edits.text(text)

    def printed(self, item: Item) -> list[tuple[Kind, Printed]]:
        """Where an accepted answer's value, in whatever form, is printed in the gold places of this document."""
        spans = [place.span for place in item.gold if place.document == self.name]
        made = []
        for kind in KINDS:
            wanted = {
                one.value for answer in item.answers for one in kind.found(answer) if 2 * len(one.span) >= len(answer)
            }
            inside = [one for one in self.found[kind.name] if one.value in wanted]
            made += [(kind, one) for one in inside if any(one.span.overlap(span) == len(one.span) for span in spans)]
        return made


def _altered(item: Item, changed: Mapping[str, _Document]) -> Item | None:
    """The item in the changed documents; None if its answer did not change."""
    mine = [changed[name] for name in (*item.documents, *(p.document for p in item.gold)) if name in changed]
    swaps = {key: new for document in mine for key, new in document.swaps.items()}

    def again(text: str) -> str:
        return _edits(_values(text), swaps).text(text)

    asked = replace(item, question=again(item.question), named=again(item.named))
    if not item.answerable:
        return asked
    there = [d.edits.span(one.span).of(d.text) for d in mine for _, one in d.printed(item)]
    old = {" ".join(answer.lower().split()) for answer in item.answers}
    new = dict.fromkeys(" ".join(answer.split()) for answer in (*there, *map(again, item.answers)))
    answers = tuple(answer for answer in new if answer.lower() not in old)
    gold = [Place(p.document, changed[p.document].edits.span(p.span)) for p in item.gold]
    return replace(asked, answers=answers, former=item.answers, gold=tuple(merged(gold))) if answers else None


def _values(text: str) -> Values:
    """What is printed in a text, by kind."""
    return {kind.name: kind.found(text) for kind in KINDS}


def _edits(found: Values, swaps: Mapping[tuple[str, Value], Value]) -> Edits:
    """Every printed form of the values that change."""
    return Edits.of(
        Edit(one.span, one.again(swaps[kind, one.value]))
        for kind, there in found.items()
        for one in there
        if (kind, one.value) in swaps
    )
