"""The verdict on "RAG or another adaptation?": one published rule (`RULE`), applied to a board, one regime at a time.

A board is plain data (`score`); nothing else goes in. Costs are weighed by one published formula (`COSTS`), in seconds
of computing on the machine that ran the board.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from citebound.eval.statistics import FEWEST_CLUSTERS

Board = Mapping[str, Any]
Row = Mapping[str, Any]
Decision = Literal["rag", "fine-tuned", "other", "both", "tie", "no evidence", "invalid"]

RULE = (
    "The metric, the margin, the rivals and the test items stand in the run file before the test split is opened. If"
    " they did not, the run is exploratory: it is judged all the same, and every page says so.",
    "A comparison is won if the Holm-adjusted p is below 0.05, the 95 % interval of the difference excludes 0 and the"
    " difference is not smaller than the smallest detectable one. Two systems are equivalent if the 90 % interval lies"
    " within the margin. Fewer than 15 documents decide nothing.",
    "The strongest rival is the one with the smallest difference to RAG on the items that both answered. All rivals are"
    " looked at. A system that is not complete, that breaks the answer format in 20 % of its replies or more, or whose"
    " training did not lower its development loss cannot win; and neither RAG nor a system that joins both can while a"
    " rival is not complete.",
    "Invalid: RAG with the gold passage removed is still above chance and keeps at least half of its gain over chance"
    " (the answers leak); or RAG would win, but does not beat itself reading another question's passages.",
    "Both: a system that joins retrieval and training beats RAG, and beats every rival: RAG beat that rival, or their"
    " 95 % intervals do not overlap.",
    "Fine-tuned, or other if it was not trained: otherwise, if a rival beats RAG; the strongest such rival is named.",
    "RAG: otherwise, if it beats the strongest rival and none beats it.",
    "Tie: otherwise, if RAG and the strongest rival are equivalent and nothing else beats RAG: choose by cost.",
    "No evidence: otherwise. The items needed are those at which the standard error, which falls with the square root"
    " of their number, makes the difference in question detectable with a probability of 80 %.",
)

COSTS = (
    "Seconds of computing a month = questions x seconds for each + changed documents x seconds for each. A changed"
    " document costs every system that searches what it was measured to take in the index, or, unmeasured, its share of"
    " the index (index seconds / documents of the corpus), and a trained system its share of a retraining (adaptation"
    " seconds / documents per batch), as it is retrained once for each batch of changed documents. A system with"
    " neither goes on at no cost. The first index and the first training are paid once and left out, but for the"
    " pay-back. People's time and labels are not in it."
)

DIRECTLY = {
    "system": "{system} is better",
    "other": "{other} is better",
    "equivalent": "they are equivalent",
    "no evidence": "no evidence which is better, as {reason}",
}

WON_BY_OTHERS = ("fine-tuned", "other", "both")

METRICS = {
    "correct": "share of correct answers",
    "em": "share of exact answers",
    "f1": "token F1",
    "macro_f1": "macro F1",
    "shown_recall": "recall of the gold characters shown",
    "quote_recall": "recall of the gold characters quoted",
}
"""Metrics in words, where their names are none."""


@dataclass(frozen=True, slots=True)
class Update:
    """Seconds to bring one document into an index, to bring in a changed one, and to take one out."""

    add: float
    change: float
    delete: float


@dataclass(frozen=True, slots=True)
class Load:
    """What a month is like: questions asked, documents changed, and how many changed documents make a retraining;
    `update` is what a change was measured to take, if it was."""

    questions: float = 1000.0
    changed: float = 10.0
    batch: float = 10.0
    update: Update | None = None


@dataclass(frozen=True, slots=True)
class Flip:
    """Where the cheaper of RAG and `other` changes (`COSTS`). `questions` a month with the load's changed documents,
    `changed` documents a month with the load's questions; None if it does not flip. `often` is the cheaper one above
    `questions`, `fresh` above `changed`, `now` at the load. `payback`: questions, with no change, after which the
    dearer set-up has paid for itself, or None.
    """

    rag: str
    other: str
    load: Load
    now: str
    questions: float | None = None
    changed: float | None = None
    often: str = ""
    fresh: str = ""
    payback: float | None = None

    def sentence(self) -> str:
        """Which of the two is the cheaper one at the load."""
        if not self.now:
            return f"{self.rag} and {self.other} need the same computing."
        month = f"{_count(self.load.questions)} questions and {_count(self.load.changed)} changed documents a month"
        return f"At {month} {self.now} needs less computing than {self.than(self.now)}."

    def sentences(self) -> list[str]:
        """Where it flips, in plain words."""
        if self.questions is None or self.changed is None:
            always = f"{self.now} needs less computing than {self.than(self.now)} at every volume and update rate."
            told = [always if self.now else self.sentence()]
        else:
            told = [
                f"With {_count(self.load.changed)} changed documents a month, {self.than(self.often)} needs less"
                f" computing up to {_count(self.questions)} questions a month; above that, {self.often} does.",
                f"With {_count(self.load.questions)} questions a month, {self.than(self.fresh)} needs less computing up"
                f" to {_count(self.changed)} changed documents a month; above that, {self.fresh} does.",
            ]
        if self.payback is not None:
            told.append(
                f"If no document ever changes, the dearer set-up has paid for itself after {_count(self.payback)}"
                " questions."
            )
        return told

    def than(self, name: str) -> str:
        """The other one of the two."""
        return self.other if name == self.rag else self.rag


@dataclass(frozen=True, slots=True)
class Need:
    """How many more items and documents would make `difference` detectable."""

    difference: float
    items: int
    documents: int

    def sentence(self) -> str:
        return (
            f"About {self.items:,} more items over {self.documents:,} more documents would make a difference of"
            f" {self.difference:.3f} detectable."
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided for one regime. `winner` names a system or is ""; `rival` is the strongest one. `difference` is
    RAG less the rival (the winner, if it is both), with `low` and `high` of its 95 % interval; None if nothing was
    compared. `n` items and `clusters` documents. `reasons` are plain sentences, the headline first."""

    regime: str
    decision: Decision
    rag: str
    metric: str
    winner: str = ""
    rival: str = ""
    difference: float | None = None
    low: float = 0.0
    high: float = 0.0
    p: float | None = None
    margin: float = 0.0
    detectable: float = 0.0
    n: int = 0
    clusters: int = 0
    exploratory: bool = False
    dead: bool = False
    reasons: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    flips: tuple[Flip, ...] = ()

    @property
    def headline(self) -> str:
        return self.reasons[0]


def regimes(board: Board) -> list[str]:
    """The regimes of a board, in the order of its cells."""
    return list(dict.fromkeys(str(cell["regime"]) for cell in board["cells"]))


def verdict(board: Board, regime: str, load: Load | None = None) -> Verdict:
    """The verdict of `RULE` on one regime of a board (`score.board`)."""
    return _Case(board, regime).verdict(load or Load())


def flip(rag: Row, other: Row, documents: int, load: Load) -> Flip:
    """Where the cheaper of two cells of a board changes, by `COSTS`; `documents` share the index."""
    question = (rag["cost"]["per_1000_seconds"] - other["cost"]["per_1000_seconds"]) / 1000
    change = _change(rag, documents, load) - _change(other, documents, load)
    set_up = _set_up(rag) - _set_up(other)
    names = str(rag["system"]), str(other["system"])

    def cheaper(difference: float) -> str:
        return names[difference > 0] if difference else ""

    flips = question * change < 0
    return Flip(
        *names,
        load,
        now=cheaper(load.questions * question + load.changed * change),
        questions=-load.changed * change / question if flips else None,
        changed=-load.questions * question / change if flips else None,
        often=cheaper(question),
        fresh=cheaper(change),
        payback=-set_up / question if set_up * question < 0 else None,
    )


def _set_up(cell: Row) -> float:
    return float(cell["cost"]["adapt_wall_seconds"] + cell["cost"]["index_seconds"])


def _change(cell: Row, documents: int, load: Load) -> float:
    index = cell["cost"]["index_seconds"]
    share = load.update.change if load.update and index else index / max(1, documents)
    return float(cell["cost"]["adapt_wall_seconds"] / load.batch + share)


class _Case:
    """One regime of a board, as the rule looks at it."""

    def __init__(self, board: Board, regime: str) -> None:
        self.board = board
        self.regime = regime
        self.primary: Row = board["primary"]
        self.rag: str = self.primary["rag"]
        self.metric = METRICS.get(self.primary["metric"], self.primary["metric"])
        self.cells: dict[str, Row] = {c["system"]: c for c in board["cells"] if c["regime"] == regime}
        rows = [c for c in board["comparisons"] if c["regime"] == regime]
        order = sorted(rows, key=lambda c: (c["difference"]["value"], c["other"]))
        self.rivals = [c for c in order if c["other"] in self.primary["against"]]
        self.joined = [c for c in order if c["other"] in self.primary["both"]]
        self.direct = [c for c in board.get("direct", ()) if c["regime"] == regime]
        controls = [c for c in board["controls"] if c["regime"] == regime]
        self.leaked = next((c for c in controls if c.get("leaked")), None)
        self.dead = next((c for c in controls if c.get("dead")), None)
        self.control = any(c["role"] == "wrong" for c in controls)

    def verdict(self, load: Load) -> Verdict:
        fit = [c for c in self.rivals if not self.barred(c["other"])]
        strongest = next(iter(fit or self.rivals), None)
        decision, row, told = self.decide(strongest)
        made = Verdict(
            self.regime,
            decision,
            self.rag,
            self.primary["metric"],
            exploratory=self.board["exploratory"],
            dead=self.dead is not None,
            reasons=tuple(self.marked(told)),
        )
        if row is None:
            return made
        rival = strongest["other"] if strongest else ""
        names = [n for n in dict.fromkeys([row["other"], rival]) if n]
        flips = [
            flip(self.cells[self.rag], self.cells[n], self.board["documents"] or self.board["test_clusters"], load)
            for n in names
        ]
        needs = _needs(row) if decision == row["verdict"] == "no evidence" else ()
        told += [need.sentence() for need in needs]
        told += [flips[0].sentence()] if decision == "tie" else []
        return replace(
            made,
            winner=self.rag if decision == "rag" else row["other"] if decision in WON_BY_OTHERS else "",
            rival=rival,
            difference=row["difference"]["value"],
            low=row["difference"]["low"],
            high=row["difference"]["high"],
            p=row["p"] if row["p_holm"] is None else row["p_holm"],
            margin=row["margin"],
            detectable=row["detectable"],
            n=row["n"],
            clusters=row["clusters"],
            reasons=tuple(self.marked([*told, *self.remarks(decision)])),
            needs=needs,
            flips=tuple(flips),
        )

    def decide(self, strongest: Row | None) -> tuple[Decision, Row | None, list[str]]:
        """The decision, the comparison that it rests on, and the sentences that tell it."""
        row = strongest or next(iter(self.joined), None)
        if row is None:
            return "no evidence", None, [f"No evidence: {self.rag} was compared with nothing here."]
        if self.leaked:
            told = (
                f"Invalid: the answers leak. With the gold passage removed, {self.rag} is still right in"
                f" {self.leaked['gold_leak_rate']:.0%} of the cases and keeps at least half of its gain over chance."
            )
            return "invalid", row, [told]
        if barred := self.barred(self.rag):
            return "no evidence", row, [f"No evidence: {self.rag} does not count ({'; '.join(barred)})."]
        ahead = [c for c in self.joined if c["verdict"] == "other" and not self.barred(c["other"])]
        pending = any(self.pending(name) for name in self.primary["against"])
        for best in ahead:
            if not pending and all(self.above(best["other"], rival) for rival in self.rivals):
                told = f"{self.won(best, -1)}. It joins retrieval and training, and it beats every rival."
                rivals = [c["other"] for c in ([strongest] if strongest else []) + self.rivals]
                return "both", best, [told, *self.compared(best["other"], rivals)]
        winners = [c for c in self.rivals if c["verdict"] == "other"]
        for best in winners:
            if not self.barred(best["other"]):
                others = [
                    told
                    for c in ahead
                    for told in (
                        f"{c['other']} beats {self.rag} too, but not every rival.",
                        *self.compared(c["other"], [best["other"]]),
                    )
                ]
                decision: Decision = "fine-tuned" if self.cells[best["other"]]["trained"] else "other"
                return decision, best, [f"{self.won(best, -1)}.", *others]
        return self.undefeated(row, [*ahead, *winners])

    def undefeated(self, row: Row, ahead: Sequence[Row]) -> tuple[Decision, Row, list[str]]:
        """The decision where nothing has won against RAG by the rule; `ahead` are those that beat it none the less."""
        metric, other = self.metric, row["other"]
        pending = [name for name in self.primary["against"] if self.pending(name)]
        hindered = [f"Rivals that are not complete: {_listed(pending)}."] if pending else []
        hindered += [f"{c['other']} beats {self.rag}, but cannot win by the rule." for c in ahead]
        if row["verdict"] == "rag" and not hindered:
            if not self.dead:
                return "rag", row, [f"{self.won(row)}, the strongest rival."]
            told = f"Invalid: the retrieval claim is dead on this suite, though {self.won(row)}."
            return "invalid", row, [told]
        seen = f"The difference is {_by(row)}."
        if row["verdict"] == "equivalent" and not hindered:
            told = (
                f"A tie: {self.rag} and the strongest rival, {other}, are equivalent in {metric} within the margin of"
                f" {row['margin']:g}: choose by cost. {seen}"
            )
            return "tie", row, [told]
        told = f"No evidence that {self.rag} or the strongest rival, {other}, has the higher {metric}"
        why = f", as {row['reason']}" if row["reason"] else ""
        detectable = f"The smallest difference that could have been detected is {row['detectable']:.3f}."
        return "no evidence", row, [f"{told}{why}. {seen} {detectable}", *hindered]

    def won(self, row: Row, sign: int = 1) -> str:
        """Who wins a comparison, and by how much; `sign` is -1 if it is not RAG."""
        first, second = (self.rag, row["other"])[::sign]
        return f"{first} wins: its {self.metric} is {_by(row, sign)} above that of {second}"

    def compared(self, name: str, rivals: Sequence[str]) -> list[str]:
        """A system that joins retrieval and training against rivals on the same items, the first of them in full. It
        decides nothing: the rule goes by RAG's comparisons and by intervals."""
        rows = {c["other"]: c for c in self.direct if c["system"] == name}
        found = [rows[rival] for rival in dict.fromkeys(rivals) if rival in rows]
        told = []
        for row in found[:1]:
            p = "" if row["p_holm"] is None else f", p {row['p_holm']:.4f} after Holm's correction"
            told.append(
                f"Compared directly on the same {row['n']:,} items, {name} less {row['other']} is {_by(row)} in"
                f" {self.metric}{p}: {DIRECTLY[row['verdict']].format(**row)}."
            )
        if len(found) > 1:
            beaten = [c["other"] for c in found if c["verdict"] == "system"]
            told.append(f"Of the {len(found)} rivals compared so, it beats {_listed(beaten)}.")
        return told

    def remarks(self, decision: Decision) -> list[str]:
        """What a reader must know besides the decision."""
        told = []
        if self.dead and decision != "invalid":
            told.append(
                "The retrieval claim is dead on this suite: another question's passages do as well as the right ones."
            )
        if decision == "rag" and not self.control:
            told.append(
                "No control with another question's passages was run: it is open whether retrieval earned this."
            )
        beaten = [c["other"] for c in self.rivals if c["verdict"] == "rag"]
        looked = _listed([c["other"] for c in self.rivals])
        told.append(f"Rivals looked at: {looked}. Of these, {self.rag} beats {_listed(beaten)} by the rule.")
        named = (*self.primary["against"], *self.primary["both"])
        if absent := [name for name in named if name not in self.cells]:
            told.append(f"Not run in this regime: {_listed(absent)}.")
        barred = {name: self.barred(name) for name in named if name in self.cells}
        if any(barred.values()):
            listed = _listed([f"{name} ({'; '.join(why)})" for name, why in barred.items() if why])
            told.append(f"Without a chance to win by the rule: {listed}.")
        if any(w.startswith("fewer than") for w in self.cells[self.rag]["not_counted"]):
            told.append("There are fewer than 100 items, so this is no row of the published board.")
        return told

    def barred(self, name: str) -> list[str]:
        """Why a system cannot win; few items are no reason, as the statistics weigh them."""
        why = self.cells[name]["not_counted"] if name in self.cells else ["not run"]
        return [w for w in why if not w.startswith("fewer than")]

    def pending(self, name: str) -> bool:
        """Whether a rival was not run to its end, or in no regime at all."""
        if name in self.cells:
            return not self.cells[name]["complete"]
        return all(cell["system"] != name for cell in self.board["cells"])

    def above(self, name: str, rival: Row) -> bool:
        """Whether a system that beats RAG also beats a rival."""
        if rival["verdict"] == "rag":
            return True
        metric = self.primary["metric"]
        ours, theirs = self.cells[name]["metrics"][metric], self.cells[rival["other"]]["metrics"][metric]
        return bool(ours["low"] > theirs["high"])

    def marked(self, told: Sequence[str]) -> list[str]:
        if not self.board["exploratory"]:
            return list(told)
        return [f"Exploratory, not registered beforehand. {told[0]}", *told[1:]]


def _needs(row: Row) -> tuple[Need, ...]:
    """Items and documents that are missing for the difference that was seen, if it is no smaller than the margin, and
    for the margin: n grows with the square of detectable / difference."""
    seen = abs(row["difference"]["value"])
    targets = dict.fromkeys([*([seen] if seen > row["margin"] else []), row["margin"]])
    made = []
    for target in targets:
        times = max((row["detectable"] / target) ** 2, FEWEST_CLUSTERS / row["clusters"])
        if times > 1:
            made.append(
                Need(
                    target, math.ceil(row["n"] * times) - row["n"], math.ceil(row["clusters"] * times) - row["clusters"]
                )
            )
    return tuple(made)


def _by(row: Row, sign: int = 1) -> str:
    value, *ends = (sign * row["difference"][k] for k in ("value", "low", "high"))
    return f"{value:.3f} (95 % interval {min(ends):.3f} to {max(ends):.3f})"


def _listed(names: Sequence[str]) -> str:
    if len(names) < 2:
        return names[0] if names else "none"
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _count(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
