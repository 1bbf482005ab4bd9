"""The report: boards in, one self-contained HTML file or a Markdown summary out. No script, nothing is fetched.

Every figure comes from the boards; the same boards give the same bytes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from citebound.eval import report_charts as charts
from citebound.eval import report_tables as tables
from citebound.eval.markup import Html, bullets, joined, page, table, tag
from citebound.eval.published import ADAPTATION, PUBLISHED
from citebound.eval.report_tables import Board, Row, Table
from citebound.eval.suite import Regime
from citebound.eval.verdict import COSTS, RULE, Load, Update, Verdict, regimes, verdict

Details = Mapping[str, Mapping[str, Mapping[str, str]]]
"""By the name of the run and the id of an item: its "question", "answer" and "gold" as texts."""

Updates = Mapping[str, Update]
"""By the name of the suite: what one document costs its index (`freshness.measured`)."""

REGIMES = {Regime.GIVEN: "document given", Regime.CORPUS: "corpus-wide"}
LINES = 6
"""At most so many systems in one chart of lines."""


def report(boards: Sequence[Board], details: Details | None = None, updates: Updates | None = None) -> str:
    """One HTML page. Texts of `details` are shown for suites of the user's own data only."""
    known = updates or {}
    judged = [(board, verdict(board, regime, _load(board, known))) for board in boards for regime in regimes(board)]
    body = [
        tag("h1", "Retrieval or another adaptation?"),
        tag(
            "p",
            "Each verdict follows the rule printed below, and holds for its suite, its models and its sizes alone.",
            class_="soft",
        ),
        tag("nav", _overview(judged), aria_label="Verdicts"),
    ]
    for n, (board, made) in enumerate(judged):
        texts = (details or {}).get(board["run"], {})
        body.append(tag("section", *_Section(board, made, n, texts, known.get(board["suite"])).parts()))
    body += [
        tag("h2", "How it was judged"),
        tag("h3", "The rule"),
        tag("ol", *(tag("li", line) for line in RULE)),
        tag("h3", "The costs"),
        tag("p", COSTS),
        tag("h3", "The same question asked by others"),
        _html(tables.published("Published comparisons", ADAPTATION)),
    ]
    return page("report.html", title="Retrieval or another adaptation?", body=joined(body, "\n"))


def summary(boards: Sequence[Board], updates: Updates | None = None) -> str:
    """The same in short, as Markdown: the verdicts, the comparisons, the systems and their costs."""
    parts = ["# Retrieval or another adaptation?"]
    for board in boards:
        for regime in regimes(board):
            made = verdict(board, regime, _load(board, updates or {}))
            parts.append(f"## {tables.escaped(_title(board, regime))}")
            parts.append(f"**{tables.escaped(made.headline)}**")
            notes = [*_warnings(made), *made.reasons[1:], *_flips(made), *_provenance(board)]
            parts.append("\n".join(f"- {tables.escaped(note)}" for note in notes))
            if board["comparisons"]:
                parts.append(tables.markdown(tables.comparisons(board, regime)))
            if (direct := tables.direct(board, regime)).rows:
                parts.append(tables.markdown(direct))
            grouped = tables.groups(board, regime)
            for name, cells in grouped.items():
                parts.append(tables.markdown(tables.scores(name, cells, made.metric)))
            for name, cells in grouped.items():
                parts.append(tables.markdown(tables.costs(f"Costs: {name}", cells)))
            if known := PUBLISHED.get(board["suite"]):
                parts.append(tables.markdown(tables.published("Published figures", known)))
    parts.append("## The rule")
    parts.append("\n".join(f"{n}. {line}" for n, line in enumerate(RULE, 1)))
    parts.append(tables.escaped(COSTS))
    return "\n\n".join(parts) + "\n"


def _load(board: Board, updates: Updates) -> Load:
    return Load(update=updates.get(board["suite"]))


def _overview(judged: Sequence[tuple[Board, Verdict]]) -> Html:
    return bullets(
        joined([tag("a", _title(board, made.regime), href=f"#s{n}"), ": ", made.headline])
        for n, (board, made) in enumerate(judged)
    )


class _Section:
    """One suite in one regime."""

    def __init__(
        self, board: Board, made: Verdict, number: int, texts: Mapping[str, Mapping[str, str]], update: Update | None
    ) -> None:
        self.board = board
        self.made = made
        self.number = number
        self.texts = texts if board["own"] else {}
        self.update = update
        self.groups = tables.groups(board, made.regime)
        self.cells = [cell for cells in self.groups.values() for cell in cells]
        self.losses = next((x for x in board["losses"] if x["regime"] == made.regime), None)

    def parts(self) -> Iterator[Html]:
        yield tag("h2", _title(self.board, self.made.regime), id=f"s{self.number}")
        yield from (tag("p", warning, class_="warning", role="note") for warning in _warnings(self.made))
        yield self.verdict()
        yield tag("div", *self.charts(), class_="charts")
        compared = tables.comparisons(self.board, self.made.regime)
        direct = tables.direct(self.board, self.made.regime)
        yield from (_html(made) for made in (compared, direct) if made.rows)
        yield from self.systems()
        yield from self.confidence()
        yield from self.where()
        if known := PUBLISHED.get(self.board["suite"]):
            yield tag("h3", "Published figures")
            yield tag(
                "p", "Of other items and other splits: they show the size, and are no part of a ranking.", class_="soft"
            )
            yield _html(tables.published("Published figures", known))

    def verdict(self) -> Html:
        made = self.made
        facts = [f"{made.n:,} items over {made.clusters:,} documents compared"] if made.n else []
        facts += [f"smallest detectable difference {made.detectable:.3f}"] if made.n else []
        facts += [f"p {made.p:.4f} (Holm)"] if made.p is not None else []
        facts += _provenance(self.board)
        return tag(
            "div",
            tag("p", tag("span", made.decision, class_="decision"), *(["exploratory"] if made.exploratory else [])),
            tag("p", made.headline, class_="headline"),
            bullets([*made.reasons[1:], *_flips(made)]),
            tag("p", " · ".join(facts), class_="soft"),
            *([tag("p", f"The suite: {self.board['note']}", class_="soft")] if self.board["note"] else []),
            class_="card verdict",
        )

    def charts(self) -> Iterator[Html]:
        metric, key = self.made.metric, f"s{self.number}"
        compared = [c for c in self.board["comparisons"] if c["regime"] == self.made.regime]
        if compared:
            yield _figure(
                charts.forest(compared, key),
                "How much better is RAG?",
                "Difference to each other system with its 95 % interval. Shaded: the margin within which systems count"
                " as equivalent. Circle: RAG better; square: the other; diamond: equivalent; triangle: no evidence.",
            )
        shown = [cell for cell in self.cells if metric in cell["metrics"]]
        lines = _by_size(self.cells, metric)
        if lines:
            rag = next((c for c in shown if c["system"] == self.made.rag), None)
            yield _figure(
                charts.curves(lines, metric, rag, key),
                "What labels buy",
                "Trained systems by number of labels; 95 % intervals over documents, items and seeds. Dashed: RAG.",
            )
        if shown:
            yield _figure(
                charts.quality_cost(shown, metric, key),
                "Quality against cost",
                "Higher and further left is better. Families share the picture, not a ranking.",
                tag("ol", *(tag("li", cell["system"]) for cell in shown)),
            )

    def systems(self) -> Iterator[Html]:
        yield tag("h3", "Systems")
        yield tag(
            "p",
            "One ranking for each family, and for each model of the generators: they are not to be merged.",
            class_="soft",
        )
        for name, cells in self.groups.items():
            yield _html(tables.scores(name, cells, self.made.metric))
            yield _folded("All other metrics", tables.measures(f"{name}: other metrics", cells, self.made.metric))
            yield _folded("Costs", tables.costs(f"{name}: costs", cells), is_open=True)
        if self.update:
            yield _html(tables.updates([c for c in self.cells if c["family"] != "control"], self.update))

    def confidence(self) -> Iterator[Html]:
        """Risk-coverage and reliability of RAG and the best others that give confidences."""
        found = [cell for cell in self.cells if cell["calibration"]]
        if not found:
            return
        metric = self.made.metric
        best = sorted(found, key=lambda c: (c["system"] != self.made.rag, -c["metrics"][metric]["value"]))[:LINES]
        key = f"s{self.number}"
        yield tag("h3", "How far its confidence can be trusted")
        yield tag(
            "div",
            _figure(
                charts.risk_coverage(best, key),
                "Risk against coverage",
                "Share of wrong answers when only the surest are given. Dotted: a risk of 5 %.",
            ),
            _figure(
                charts.reliability(best, key),
                "Reliability",
                "Share right against confidence, in bins of equal mass. On the dotted diagonal confidence is honest.",
            ),
            class_="charts",
        )
        yield _html(tables.calibration(found))

    def where(self) -> Iterator[Html]:
        """Slices, stages and the worst cases."""
        yield tag("h3", f"Where {self.made.rag} loses")
        lost = tables.slices(self.board, self.made.regime, self.made.rival)
        if lost.rows:
            yield _html(lost)
        elif self.made.rival:
            yield tag("p", f"On no kind of item is {self.made.rag} below {self.made.rival}.")
        yield from map(_html, tables.robustness(self.board, self.made.regime))
        if self.losses is None:
            return
        if self.losses["stages"]:
            yield _html(tables.stages(self.losses))
        if self.losses["worst"]:
            yield _folded("The twenty worst cases", tables.worst(self.losses))
        for case in self.losses["worst"]:
            if case["id"] in self.texts:
                yield _texts(case, self.texts[case["id"]])


def _texts(case: Row, texts: Mapping[str, str]) -> Html:
    parts = [
        part
        for name in ("question", "answer", "gold")
        if name in texts
        for part in (tag("p", name, class_="soft"), tag("pre", texts[name]))
    ]
    return tag("details", tag("summary", case["id"]), *parts)


def _by_size(cells: Sequence[Row], metric: str) -> dict[str, list[Row]]:
    """Trained systems with more than one number of labels, fewest first: "head@50" and "head" are one."""
    made: dict[str, list[Row]] = defaultdict(list)
    for cell in cells:
        if metric in cell["metrics"] and (cell["cost"]["labels"] or cell["size"]):
            made[cell["system"].partition("@")[0]].append(cell)
    return {
        name: sorted(found, key=lambda c: float(c["cost"]["labels"] or c["size"]))
        for name, found in sorted(made.items())
        if len(found) > 1
    }


def _title(board: Board, regime: str) -> str:
    return f"{board['suite_title']} ({REGIMES[Regime(regime)]})"


def _warnings(made: Verdict) -> list[str]:
    told = []
    if made.exploratory:
        told.append(
            "Exploratory: the run was not registered before its predictions. Take it as a hint, not as a result."
        )
    if made.dead:
        told.append(
            f"The retrieval claim is dead on this suite: {made.rag} does not beat itself with another question's"
            " passages."
        )
    return told


def _flips(made: Verdict) -> list[str]:
    return [sentence for found in made.flips for sentence in found.sentences()]


def _provenance(board: Board) -> list[str]:
    times = {1: "once"}.get(board["openings"], f"{board['openings']} times")
    return [
        f"run {board['run']}, file {board['run_sha256'][:12]}",
        f"registered in commit {board['registered'][:12]}" if board["registered"] else "exploratory: not registered",
        f"the test split of this suite was opened {times}",
    ]


def _html(made: Table) -> Html:
    return table(made.caption, made.head, made.rows, made.text)


def _folded(title: str, made: Table, *, is_open: bool = False) -> Html:
    return tag("details", tag("summary", title), _html(made), **({"open": "open"} if is_open else {}))


def _figure(svg: Html, title: str, caption: str, *below: Any) -> Html:
    return tag("figure", tag("figcaption", tag("b", title), caption), svg, *below)
