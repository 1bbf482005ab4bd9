"""What the figures of abstention are about: questions with and without an answer, of five sources, in two halves.

    squad2        SQuAD 2.0: about half of the questions look answerable and are not
    contractnli   statements on an agreement, those NotMentioned without an answer
    cuad          facts of contracts, those of categories that a contract lacks without an answer
    removed       questions of these three whose gold was cut out of their documents, beside ones whose was not
    foreign       questions of squad2 asked of agreements and statements on agreements asked of articles, beside ones
                  that are asked of their own: what documents that are about something else cannot answer

In the first four what has no answer looks as if it had; a calibration must know the plain cases, too. Every question
is asked of its own document. The halves share no document: where a suite is split by document, "fit" is its train and
dev part and "measure" its test part; SQuAD's articles are drawn by hash. Half of the items have an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from citebound.eval import spec
from citebound.eval.adapters.split import draw, drawn
from citebound.eval.measures import Place, merged
from citebound.eval.suite import Item, Suite, SuiteError
from citebound.ingest.sentences import sentence_spans
from citebound.types import Span

Side = Literal["fit", "measure"]
SIDES: tuple[Side, ...] = ("fit", "measure")
SUITES = ("squad2", "contractnli", "cuad")
TEMPTING = (*SUITES, "removed")
"""The sources whose mean is the macro figure."""

SOURCES = (*TEMPTING, "foreign")
FOREIGN = ("squad2", "contractnli")
SEED = 9
DOCUMENTS = 24
"""Documents that a half of a source draws on, if nothing else is said: each source is a collection of its own."""

CUT = " [...] "
"""What stands where gold was cut out."""


def suites(names: Iterable[str]) -> dict[str, Suite]:
    """The suites that these sources draw on. Raises SuiteAbsent, SuiteError."""
    made_of = {"removed": SUITES, "foreign": FOREIGN}
    wanted = {part for name in names for part in made_of.get(name, (name,))}
    return {name: spec.load(name) for name in wanted}


def halves(suite: Suite) -> dict[Side, list[Item]]:
    """The items of both halves."""
    if suite.train or suite.dev:
        return {"fit": [*suite.train, *suite.dev], "measure": list(suite.test)}
    first = set(drawn(item.cluster for item in suite.test)[::2])
    return {
        "fit": [i for i in suite.test if i.cluster in first],
        "measure": [i for i in suite.test if i.cluster not in first],
    }


def balanced(items: Sequence[Item], count: int, documents: int = DOCUMENTS) -> list[Item]:
    """At most `count` items on at most so many documents, chosen by hash, as many with an answer as without if there
    are, spread evenly over the documents."""
    few = set(drawn(item.cluster for item in items)[:documents])
    items = [item for item in items if item.cluster in few]
    able = [i for i in items if i.answerable and i.gold]
    unable = [i for i in items if not i.answerable]
    half = min(count // 2, len(able), len(unable))
    return [*_spread(able, half), *_spread(unable, half)]


def _spread(items: Sequence[Item], count: int) -> list[Item]:
    turns: dict[str, int] = {}
    ranked = []
    for item in sorted(items, key=lambda i: draw(f"{SEED} {i.id}")):
        turns[item.cluster] = turns.get(item.cluster, -1) + 1
        ranked.append((turns[item.cluster], draw(f"{SEED} {item.cluster}"), item.id, item))
    return [item for *_, item in sorted(ranked, key=lambda row: row[:3])[:count]]


def chosen(found: Mapping[str, Suite], source: str, side: Side, count: int, documents: int = DOCUMENTS) -> list[Item]:
    """The items of one half of a source, at most `count`. Those of "removed" were not drawn for another source: half of
    them have lost their gold, and with it their answer."""
    if source == "foreign":
        return _foreign(found, side, count, documents)
    if source != "removed":
        return balanced(halves(found[source])[side], count, documents)
    made: list[Item] = []
    for name in SUITES:
        parts = halves(found[name])[side]
        taken = {item.id for item in balanced(parts, count, documents)}
        few = set(drawn(item.cluster for item in parts)[: max(2, documents // len(SUITES))])
        able = [i for i in parts if i.answerable and i.gold and i.id not in taken and i.cluster in few]
        drawn_ = _spread(able, count // len(SUITES))
        lost = set(drawn(i.cluster for i in drawn_)[::2])
        for item in drawn_:
            kept = item.cluster not in lost if len(lost) > 1 else draw(f"{SEED} cut {item.id}") < "8"
            made.append(_named(item, name) if kept else replace(_named(item, name), answerable=False))
    return made


def _foreign(found: Mapping[str, Suite], side: Side, count: int, documents: int) -> list[Item]:
    """Every other question is asked of a document that is about something else."""
    parts = {name: balanced(halves(found[name])[side], 10**6, documents) for name in FOREIGN}
    names = {name: drawn(item.cluster for item in items) for name, items in parts.items()}
    made = []
    for one, other in (FOREIGN, FOREIGN[::-1]):
        able = _spread([i for i in parts[one] if i.answerable], count // 2)
        for turn, item in enumerate(able):
            item = replace(item, id=f"foreign-{item.id}")
            if turn % 2:
                where = min(names[other], key=lambda name: draw(f"{SEED} {item.id} {name}"))
                item = replace(item, answerable=False, cluster=where, documents=(where,), gold=(), answers=())
            made.append(item)
    return made


def _named(item: Item, suite: str) -> Item:
    """The item under the names that its documents have in the source "removed"."""

    def of(document: str) -> str:
        return f"{suite} {document}"

    return replace(
        item,
        id=f"removed-{item.id}",
        cluster=of(item.cluster),
        documents=tuple(map(of, item.documents)),
        gold=tuple(Place(of(g.document), g.span) for g in item.gold),
    )


def collected(
    found: Mapping[str, Suite], source: str, counts: Mapping[Side, int], documents: int = DOCUMENTS
) -> tuple[Suite, dict[Side, list[Item]]]:
    """The suite whose documents are searched for a source, and its items by half. Raises SuiteError for no items."""
    items = {side: chosen(found, source, side, counts[side], documents) for side in SIDES}
    if not all(items.values()):
        raise SuiteError(f"{source}: a half of it has no items", remedy="Ask for more items.")
    if source != "removed":
        of = FOREIGN if source == "foreign" else (source,)
        asked = {document for side in SIDES for item in items[side] for document in item.documents}
        texts = {name: text for part in of for name, text in found[part].documents.items() if name in asked}
        return replace(found[of[0]], name=source, documents=texts, files=()), items
    texts = {f"{name} {document}": text for name in SUITES for document, text in found[name].documents.items()}
    every = [item for side in SIDES for item in items[side]]
    asked = {document for item in every for document in item.documents}
    lost = {name: [g for i in every if not i.answerable for g in i.gold if g.document == name] for name in asked}
    cut = {name: sentences_of(texts[name], places) for name, places in lost.items()}
    made = {name: without(texts[name], cut[name]) for name in sorted(asked)}
    moved = {side: [m for item in items[side] if (m := _moved(item, cut))] for side in SIDES}
    shell = replace(found["squad2"], name="removed", title="Gold removed", test=(), train=(), dev=(), documents=made)
    return shell, moved


def sentences_of(text: str, places: Sequence[Place]) -> list[Place]:
    """The whole sentences that these places lie in."""
    spans = sentence_spans(text)
    hit = [Place(g.document, span) for g in places for span in spans if span.overlap(g.span)]
    return merged([*hit, *places])


def without(text: str, places: Sequence[Place]) -> str:
    """A text with these places cut out."""
    for place in reversed(merged(places)):
        text = f"{text[: place.span.start]}{CUT}{text[place.span.end :]}"
    return text


def _moved(item: Item, cut: Mapping[str, Sequence[Place]]) -> Item | None:
    """The item with its gold where it stands after the cuts; one that lost it keeps its answers alone, and one that
    lost it to another's cut is left out."""
    if not item.answerable:
        return replace(item, gold=())
    gold = tuple(moved for place in item.gold if (moved := _shifted(place, cut[place.document])))
    return replace(item, gold=gold) if gold else None


def _shifted(gold: Place, cuts: Sequence[Place]) -> Place | None:
    if any(c.span.overlap(gold.span) for c in cuts):
        return None
    by = sum(len(CUT) - len(c.span) for c in cuts if c.span.end <= gold.span.start)
    return Place(gold.document, Span(gold.span.start + by, gold.span.end + by))
