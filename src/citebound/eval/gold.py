"""Gold as scoring needs it, without text: sealed beside the traces, so that every figure can be made again without the
data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from citebound.eval import matching
from citebound.eval.measures import Place
from citebound.eval.suite import Item, Suite, Task
from citebound.types import Span


@dataclass(frozen=True, slots=True)
class Gold:
    """What is right for one item. `answers` are accepted answers as hashed tokens, `former` those before they were
    changed. `depth` is the share of its document that stands before the first place, None if there is no place."""

    id: str
    cluster: str
    kind: str
    answerable: bool
    label: str
    answers: tuple[tuple[str, ...], ...]
    places: tuple[Place, ...]
    former: tuple[tuple[str, ...], ...] = ()
    depth: float | None = None

    @classmethod
    def of(cls, item: Item, documents: Mapping[str, str]) -> Gold:
        answers, former = (
            tuple(matching.hashed(matching.tokens(text)) for text in texts) for texts in (item.answers, item.former)
        )
        depths = [p.span.start / len(documents[p.document]) for p in item.gold if documents.get(p.document)]
        depth = round(min(depths), 4) if depths else None
        return cls(item.id, item.cluster, item.kind, item.answerable, item.label, answers, item.gold, former, depth)

    def line(self) -> str:
        row: dict[str, object] = {
            "id": self.id,
            "cluster": self.cluster,
            "kind": self.kind,
            "answerable": self.answerable,
            "label": self.label,
            "answers": self.answers,
            "places": [[p.document, p.span.start, p.span.end] for p in self.places],
            **({"former": self.former} if self.former else {}),
            **({} if self.depth is None else {"depth": self.depth}),
        }
        return json.dumps(row, ensure_ascii=False)

    @classmethod
    def read(cls, line: str) -> Gold:
        row = json.loads(line)
        return cls(
            row["id"],
            row["cluster"],
            row["kind"],
            row["answerable"],
            row["label"],
            tuple(tuple(a) for a in row["answers"]),
            tuple(Place(d, Span(s, e)) for d, s, e in row["places"]),
            tuple(tuple(a) for a in row.get("former", ())),
            row.get("depth"),
        )


@dataclass(frozen=True, slots=True)
class Key:
    """The gold of a suite's test items with what the scores must know of the suite. `documents` counts the corpus."""

    suite: str
    title: str
    task: Task
    labels: tuple[str, ...]
    own: bool
    note: str
    items: dict[str, Gold]
    documents: int = 0
    sha256: str = ""

    @classmethod
    def of(cls, suite: Suite) -> Key:
        items = {item.id: Gold.of(item, suite.documents) for item in suite.test}
        return cls(
            suite.name,
            suite.title,
            suite.task,
            suite.labels,
            suite.own,
            suite.note,
            items,
            len(suite.documents),
            suite.sha256,
        )

    def lines(self) -> list[str]:
        head = {"suite": self.suite, "title": self.title, "task": self.task, "labels": self.labels}
        return [
            json.dumps(
                {**head, "own": self.own, "note": self.note, "documents": self.documents, "sha256": self.sha256}
            ),
            *(g.line() for g in self.items.values()),
        ]

    @classmethod
    def read(cls, lines: list[str]) -> Key:
        head = json.loads(lines[0])
        items = {g.id: g for g in map(Gold.read, lines[1:])}
        return cls(
            head["suite"],
            head["title"],
            Task(head["task"]),
            tuple(head["labels"]),
            head["own"],
            head["note"],
            items,
            head["documents"],
            head["sha256"],
        )
