"""When an answer is correct, and the figures that follow. Judged from kept rows: asking and judging are apart.

Three ways to end: `correct` and `wrong` are shown; the third is `not found`. A question without an answer ends right if
nothing is shown, or if the answer says that there is no such thing (ABSENT); whatever else is shown is wrong. ABSENT
where there is an answer is wrong and counts as shown.

A short answer (at most `SHORT` tokens, printed in a gold place) is correct if one sentence that is shown has it:

- a sentence of the model: the value, normalised (`matching`: dates, numbers, amounts, names), stands in the sentence
  or in a quote that bears it out, and a quote is of the gold's document;
- a sentence that is nothing but its quote: the value stands in it, and it lies on a gold place;
- a draft shown without the gate: the value stands in it, and a passage that it cites (any that was given, if it cites
  none) is of the gold's document.

A long answer, or one in the questioner's own words (the demo suite's), is correct if the quotes, or the passages that
an ungated draft cites, cover half of a gold place, and half of the answer's words and numbers that gold places print,
and the question does not have, are shown. Whether a "yes" should have been a "no" is not seen.

`strict`: the first sentence shown has the value in its own words and lies on a gold place; of long answers, the quotes
cover half of a gold place and are at most three times as long (`measures.on_gold`).

`anywhere`: a quote counts as correct that has the short answer in the gold's document but beside the gold, too: a date
in a recital, a title in the preamble.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from citebound.answer.bind import says_not_found
from citebound.answer.words import content, facts
from citebound.eval.figures import Figure, share
from citebound.eval.matching import contains, tokens
from citebound.eval.measures import Place, character_precision, on_gold, overlap
from citebound.eval.statistics import FEWEST_CLUSTERS, bootstrap
from citebound.eval.suite import Item
from citebound.types import Outcome, Span

SHORT = 12
"""Tokens that an answer may have whose value is looked for."""

End = Literal["correct", "wrong", "not found"]
SILENT = frozenset({Outcome.NOT_FOUND, Outcome.REFUSED, Outcome.FAILED})
_MARKER = re.compile(r"\[(\d{1,2}(?:\s*,\s*\d{1,2})*)\]")


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence that is shown, its quotes, and where these (or the passages that it cites) stand."""

    text: str
    quotes: tuple[str, ...]
    places: tuple[Place, ...]

    @property
    def quoted(self) -> bool:
        """Whether it is nothing but its quote."""
        return _plain(self.text) in [_plain(quote) for quote in self.quotes]


@dataclass(frozen=True, slots=True)
class Judged:
    """How one question ended; `right` counts what is rightly not found, `precision` and `recall` are of characters."""

    item: Item
    end: End
    right: bool
    strict: bool
    precision: float
    recall: float
    on_place: bool
    anywhere: bool = False

    @property
    def shown(self) -> bool:
        return self.end != "not found"


def judge(item: Item, row: Mapping[str, Any], texts: Mapping[str, str], *, gated: bool = True) -> Judged:
    """What a kept row is worth; `texts` are the suite's documents. Without `gated`, the model's draft is judged as it
    was written; where the flow asked for none, its answer is the same."""
    said = sentences(row) if gated or not row["draft"] else drafted(row)
    absent = row["outcome"] == Outcome.ABSENT and bool(gated or not row["draft"])
    if not item.answerable:
        end: End = "wrong" if said and not absent else "not found"
        silent = end == "not found"
        return Judged(item, end, silent, silent, 0.0, 0.0, False, silent)
    if absent or not said:
        return Judged(item, "wrong" if absent else "not found", False, False, 0.0, 0.0, False)
    places = [place for one in said for place in one.places]
    gold = [place.span.of(texts[place.document]) for place in item.gold]
    right, strict = _correct(item, said, gold)
    return Judged(
        item,
        "correct" if right else "wrong",
        right,
        strict,
        character_precision(places, item.gold),
        max((overlap(places, [g]) / len(g.span) for g in item.gold), default=0.0),
        overlap(places, item.gold) > 0,
        right or _anywhere(item, said),
    )


def sentences(row: Mapping[str, Any]) -> list[Said]:
    """What the answer shows; nothing where it says that nothing was found."""
    if row["outcome"] in SILENT:
        return []
    return [
        Said(s["text"], tuple(q["text"] for q in s["quotes"]), tuple(_place(q) for q in s["quotes"]))
        for s in row["sentences"]
        if s["verdict"] != "removed"
    ]


def drafted(row: Mapping[str, Any]) -> list[Said]:
    """The draft as one sentence, with the passages that it cites, or all where it cites none; nothing where it says
    that nothing was found."""
    draft = row["draft"]
    if says_not_found(draft):
        return []
    cited = {int(n) for group in _MARKER.findall(draft) for n in group.split(",")}
    given = row["passages"]
    chosen = [p for n, p in enumerate(given, start=1) if n in cited] if cited else given
    return [Said(" ".join(_MARKER.sub("", draft).split()), (), tuple(_place(p) for p in chosen))]


def _correct(item: Item, said: Sequence[Said], gold: Sequence[str]) -> tuple[bool, bool]:
    accepted = [tokens(answer) for answer in item.answers]
    short = [a for a in accepted if len(a) <= SHORT]
    if short and (not gold or any(contains(tokens(text), short) for text in gold)):
        first = said[0]
        strict = contains(tokens(first.text), short) and overlap(first.places, item.gold) > 0
        return any(_has(one, short, item) for one in said), strict
    places = [place for one in said for place in one.places]
    half = any(2 * overlap(places, [g]) >= len(g.span) for g in item.gold)
    wanted = (_words(item.answers[0]) if item.answers else set()) & _words("\n".join(gold)) - _words(item.question)
    told = wanted & _words("\n".join(text for one in said for text in (one.text, *one.quotes)))
    right = half and 2 * len(told) >= len(wanted)
    return right, right and on_gold(places, item.gold)


def _has(one: Said, accepted: Sequence[Sequence[str]], item: Item) -> bool:
    if not any(contains(tokens(text), accepted) for text in (one.text, *one.quotes)):
        return False
    if one.quoted:
        return overlap(one.places, item.gold) > 0
    return bool({p.document for p in one.places} & {g.document for g in item.gold})


def _words(text: str) -> set[str]:
    return {*content(text), *facts(text)}


def _anywhere(item: Item, said: Sequence[Said]) -> bool:
    """Whether a short answer is shown with a quote of the gold's document, wherever it stands there."""
    short = [a for a in map(tokens, item.answers) if len(a) <= SHORT]
    documents = {g.document for g in item.gold}
    return any(
        bool({p.document for p in one.places} & documents)
        and any(contains(tokens(text), short) for text in (one.text, *one.quotes))
        for one in said
        if short
    )


def _place(row: Mapping[str, Any]) -> Place:
    return Place(row["document"], Span(row["start"], row["end"]))


def _plain(text: str) -> str:
    return " ".join(text.split()).strip('“”" ')


# -- figures ----------------------------------------------------------------------------------------------------------


def figures_of(judged: Sequence[Judged], name: str) -> list[Figure]:
    """The figures of one arm. `name` is answers.SUITE.ARM.

    correct          ended right / asked: shown and correct, or rightly not found
    wrong_shown      shown and wrong / shown
    coverage         shown / asked
    not_found        not found / asked
    answerable_correct, unanswerable_not_found: the same by kind of question
    citation_precision   characters of the quotes that are gold, mean over what is shown
    citation_recall      characters of the gold place best covered, mean over the questions that have an answer
    citation_on_gold     shown with a quote on a gold place / shown
    correct_strict, wrong_shown_strict, correct_anywhere, wrong_shown_anywhere: see above

    95 % intervals by bootstrap over documents, then items (BCa, `statistics.bootstrap`); Wilson's with fewer than 15
    documents, and for shares of 0 and 1.
    """
    shown = [j.shown for j in judged]
    able = [j.item.answerable for j in judged]
    unable = [not a for a in able]
    everything = [True] * len(judged)
    shares: list[tuple[str, list[bool], list[bool]]] = [
        ("correct", [j.right for j in judged], everything),
        ("wrong_shown", [j.end == "wrong" for j in judged], shown),
        ("coverage", shown, everything),
        ("not_found", [not s for s in shown], everything),
        ("answerable_correct", [j.right for j in judged], able),
        ("unanswerable_not_found", [j.right for j in judged], unable),
        ("correct_strict", [j.strict for j in judged], everything),
        ("wrong_shown_strict", [not j.strict for j in judged], shown),
        ("correct_anywhere", [j.anywhere for j in judged], everything),
        ("wrong_shown_anywhere", [not j.anywhere for j in judged], shown),
        ("citation_on_gold", [j.on_place for j in judged], shown),
    ]
    clusters = [j.item.cluster for j in judged]
    made = [_share(f"{name}.{what}", part, of, clusters) for what, part, of in shares]
    means = [
        ("citation_precision", [j.precision for j in judged], shown),
        ("citation_recall", [j.recall for j in judged], able),
    ]
    return made + [_mean(f"{name}.{what}", values, of, clusters) for what, values, of in means if any(of)]


def _share(name: str, part: Sequence[bool], of: Sequence[bool], clusters: Sequence[str]) -> Figure:
    hits = sum(p and o for p, o in zip(part, of, strict=True))
    plain = share(name, hits, sum(of))
    if len(set(clusters)) < FEWEST_CLUSTERS or hits in (0, sum(of)):
        return plain
    low, high = _limits([float(p) for p in part], of, clusters)
    return Figure(name, plain.value, "share", low, high, hits, sum(of))


def _mean(name: str, values: Sequence[float], of: Sequence[bool], clusters: Sequence[str]) -> Figure:
    chosen = [v for v, o in zip(values, of, strict=True) if o]
    low, high = _limits(values, of, clusters)
    return Figure(name, sum(chosen) / len(chosen), "share", low, high, sum(chosen), len(chosen))


def _limits(values: Sequence[float], of: Sequence[bool], clusters: Sequence[str]) -> tuple[float, float]:
    """The bootstrap's limits of a mean over some of the items."""
    value, counted = np.array(values), np.array(of)

    def mean(items: np.ndarray[Any, Any], seeds: np.ndarray[Any, Any]) -> float:
        there = items[counted[items]]
        return float(value[there].mean()) if len(there) else float(value[counted].mean())

    statistic: Callable[[Any, Any], float] = mean
    interval = bootstrap(value, clusters, statistic=statistic).interval()
    return interval.low, interval.high
