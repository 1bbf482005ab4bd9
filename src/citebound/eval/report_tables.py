"""Tables of a board as plain texts: reports print them as HTML and Markdown, memos as HTML and DOCX."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from citebound.eval.published import Published
from citebound.eval.verdict import Update

Board = Mapping[str, Any]
Row = Mapping[str, Any]

VERDICTS = {
    "rag": "{rag} better",
    "system": "{system} better",
    "other": "{other} better",
    "equivalent": "equivalent",
    "no evidence": "no evidence",
}
ROLES = {
    "wrong": "another question's passages",
    "removed": "the gold passage removed",
    "chance": "chance",
}
STAGES = {
    "retrieval": "not retrieved",
    "selection": "retrieved, but not shown to the reader",
    "reading": "shown, but not quoted",
    "none": "quoted",
}
PARTS = {
    "depths": ("where in its document the gold begins", ("first third", "middle third", "last third")),
    "positions": (
        "the place of the gold among the passages shown",
        ("first", "second or third", "later", "not shown"),
    ),
    "distractors": (
        "the number of passages without gold beside it",
        ("none", "one or two", "three to five", "six or more"),
    ),
}
"""How items are parted, in words, and the parts."""
WORST_SLICES = 10


@dataclass(frozen=True, slots=True)
class Table:
    """A caption, a head and rows of equal length; `text` are the columns of words, the others are figures."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    text: frozenset[int] = frozenset({0})


def groups(board: Board, regime: str) -> dict[str, list[Row]]:
    """The cells that may stand in one ranking, best first: one group for each family, and for each model of the
    generators."""
    made: dict[str, list[Row]] = defaultdict(list)
    for cell in board["cells"]:
        if cell["regime"] == regime and cell["n"]:
            model = cell["options"].get("generator", "the configured model") if cell["family"] == "generator" else ""
            made[f"{cell['family'].capitalize()} systems{f', {model}' if model else ''}"].append(cell)
    metric = board["primary"]["metric"]
    return {name: sorted(cells, key=lambda c: (-_value(c, metric), c["system"])) for name, cells in made.items()}


def scores(title: str, cells: Sequence[Row], metric: str) -> Table:
    """The primary metric with its interval, and what decides whether a system counts."""
    head = (
        "system",
        metric,
        "95 %",
        "items",
        "documents",
        "seeds",
        "unparsed",
        "failed",
        "s / 1,000",
        "not counted, as",
    )
    rows = tuple(
        (
            cell["system"],
            figure(cell["metrics"].get(metric)),
            interval(cell["metrics"].get(metric)),
            f"{cell['n']:,}",
            f"{cell['clusters']:,}",
            str(len(cell["seeds"])),
            share(cell["parse_failures"]),
            share(cell["failed"]),
            number(cell["cost"]["per_1000_seconds"]),
            "; ".join(cell["not_counted"]),
        )
        for cell in cells
    )
    return Table(title, head, rows, frozenset({0, len(head) - 1}))


def measures(title: str, cells: Sequence[Row], primary: str) -> Table:
    """All the other metrics, with intervals where there are any; those of a share of the items say how many."""
    names = sorted({name for cell in cells for name in cell["metrics"]} - {primary})

    def told(found: Row | None, n: int) -> str:
        if not found:
            return ""
        return estimate(found) + (f", n {found['n']}" if found["n"] < n else "")

    rows = tuple((name, *(told(cell["metrics"].get(name), cell["n"]) for cell in cells)) for name in names)
    return Table(title, ("metric", *(cell["system"] for cell in cells)), rows)


def costs(title: str, cells: Sequence[Row], price: float | None = None) -> Table:
    """What each system took; `price` is of an hour of this machine."""
    head = [
        "system",
        "labels",
        "dev labels",
        "adaptation s",
        "CPU s",
        "index s",
        "index MB",
        "tokens in",
        "tokens out",
        "p50 s",
        "p95 s",
        "peak MiB",
        "s / 1,000",
    ]
    rows = []
    for cell in cells:
        cost = cell["cost"]
        row = [
            cell["system"],
            f"{cost['labels']:,.0f}",
            f"{cost.get('dev_labels', 0):,.0f}",
            number(cost["adapt_wall_seconds"]),
            number(cost["adapt_cpu_seconds"]),
            number(cost["index_seconds"]),
            number(cost["index_bytes"] / 1e6),
            number(cost["tokens_in"]),
            number(cost["tokens_out"]),
            number(cost["p50_seconds"]),
            number(cost["p95_seconds"]),
            number(cost["peak_rss_mib"]),
            number(cost["per_1000_seconds"]),
        ]
        rows.append((*row, *([money(cost["per_1000_seconds"], price)] if price is not None else [])))
    return Table(title, (*head, *(["price / 1,000"] if price is not None else [])), tuple(rows))


def updates(cells: Sequence[Row], update: Update) -> Table:
    """What one document costs once all is set up. A trained system has no such thing."""
    head = ("system", "add, s", "change, s", "delete, s", "beyond the index")
    seconds = tuple(f"{s:.2f}" for s in (update.add, update.change, update.delete))
    rows = []
    for cell in cells:
        searches = cell["cost"]["index_seconds"] > 0
        retrained = f"must be retrained ({number(cell['cost']['adapt_wall_seconds'])} s), or is stale"
        rows.append((cell["system"], *(seconds if searches else ("", "", "")), retrained if cell["trained"] else ""))
    return Table("Seconds to add, change and delete one document", head, tuple(rows), frozenset({0, len(head) - 1}))


COMPARED = ("difference", "95 %", "p (Holm)", "detectable", "items", "documents", "by the rule")


def comparisons(board: Board, regime: str) -> Table:
    """RAG against each other system, and against its controls."""
    rows = []
    for row in [*_of(board["comparisons"], regime), *_of(board["controls"], regime)]:
        role = f" ({ROLES[row['role']]})" if "role" in row else ""
        rows.append((row["other"] + role, *_compared(row)))
    metric = board["primary"]["metric"]
    caption = f"{board['primary']['rag']} less each other system: {metric}, margin {board['primary']['margin']:g}"
    return Table(caption, ("against", *COMPARED), tuple(rows), frozenset({0, len(COMPARED)}))


def direct(board: Board, regime: str) -> Table:
    """Systems that join retrieval and training against each rival, on the same items; no rows where none was run."""
    rows = tuple((row["system"], row["other"], *_compared(row)) for row in _of(board.get("direct", ()), regime))
    caption = f"Systems that join retrieval and training less each rival, directly: {board['primary']['metric']}"
    return Table(caption, ("system", "against", *COMPARED), rows, frozenset({0, 1, len(COMPARED) + 1}))


def _compared(row: Row) -> tuple[str, ...]:
    """A comparison in the columns of COMPARED."""
    p = row["p"] if row["p_holm"] is None else row["p_holm"]
    said = VERDICTS[row["verdict"]].format(**row) + (f": {row['reason']}" if row["reason"] else "")
    d = row["difference"]
    return (
        f"{d['value']:+.3f}",
        f"{d['low']:+.3f} to {d['high']:+.3f}",
        "none" if p is None else f"{p:.4f}",
        figure({"value": row["detectable"]}),
        f"{row['n']:,}",
        f"{row['clusters']:,}",
        said,
    )


def calibration(cells: Sequence[Row]) -> Table:
    """Systems that give confidences."""
    names = ("ece", "brier", "aurc", "excess_aurc", "coverage_at_5")
    head = ("system", "ECE", "Brier", "AURC", "excess AURC", "coverage at 5 % risk")
    rows = tuple((c["system"], *(figure({"value": c["calibration"][name]}) for name in names)) for c in cells)
    return Table("Calibration and abstention", head, rows)


def slices(board: Board, regime: str, rival: str) -> Table:
    """Kinds of items on which RAG loses most to the rival, the worst first; none where it loses on no kind."""
    kinds = {s["system"]: s for s in board["slices"] if s["regime"] == regime}
    rag = board["primary"]["rag"]
    made = []
    if rag in kinds and rival in kinds:
        ours, theirs = kinds[rag]["kinds"], kinds[rival]["kinds"]
        gaps = sorted((ours[k]["value"] - theirs[k]["value"], k) for k in ours.keys() & theirs.keys())
        made = [
            (
                kind,
                estimate(ours[kind]),
                estimate(theirs[kind]),
                f"{gap:+.3f}",
                str(min(ours[kind]["n"], theirs[kind]["n"])),
            )
            for gap, kind in gaps[:WORST_SLICES]
            if gap < 0
        ]
    metric = kinds[rag]["metric"] if rag in kinds else board["primary"]["metric"]
    caption = f"Where {rag} loses most to {rival}: {metric} by kind of item"
    return Table(caption, ("kind", rag, rival, "difference", "items"), tuple(made))


def robustness(board: Board, regime: str) -> list[Table]:
    """How much it matters where the gold stands in its document, where it stood among the passages shown, and how many
    others stood beside it; only what the board knows."""
    made = []
    for part, (told, head) in PARTS.items():
        found = [s for s in board.get(part, ()) if s["regime"] == regime]
        rows = []
        for s in found:
            cells = (s[part].get(group) for group in head)
            rows.append((s["system"], *(f"{estimate(c)}, n {c['n']}" if c else "" for c in cells)))
        if rows:
            made.append(Table(f"{found[0]['metric']} by {told}", ("system", *head), tuple(rows)))
    return made


def stages(losses: Row) -> Table:
    """How far the gold came in the items that have gold places."""
    total = max(1, sum(losses["stages"].values()))
    rows = tuple(
        (told, str(losses["stages"].get(stage, 0)), share(losses["stages"].get(stage, 0) / total))
        for stage, told in STAGES.items()
    )
    return Table(f"Where {losses['system']} lost the gold passage", ("the gold was", "items", "share"), rows)


def worst(losses: Row) -> Table:
    """The items that were wrong with the highest confidence."""
    head = ("item", "kind", "said", "gold", "confidence", "gold lost at", "error")
    rows = tuple(
        (
            case["id"],
            case["kind"],
            case["label"] or case["outcome"].replace("_", " "),
            case["gold_label"] or ("an answer" if case["answerable"] else "not found"),
            figure({"value": case["confidence"]}),
            "" if case["lost_at"] == "none" else case["lost_at"],
            case["error"],
        )
        for case in losses["worst"]
    )
    return Table("The twenty worst cases: wrong, surest first", head, rows, frozenset({0, 1, 2, 3, 5, 6}))


def published(caption: str, found: Sequence[Published]) -> Table:
    rows = tuple((p.what, p.figures, p.source) for p in found)
    return Table(caption, ("what", "figures", "source"), rows, frozenset({0, 1, 2}))


def markdown(table: Table) -> str:
    """The table with its caption; what Markdown would take for a mark is escaped."""
    rules = ["---" if n in table.text else "---:" for n in range(len(table.head))]
    lines = [[escaped(cell) for cell in row] for row in (table.head, *table.rows)]
    lines.insert(1, rules)
    return f"**{escaped(table.caption)}**\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)


def escaped(text: str) -> str:
    """A text that Markdown prints as it is, on one line."""
    for mark in "\\`*_[]<>|#":
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())


def figure(found: Row | None) -> str:
    return f"{found['value']:.3f}" if found else ""


def estimate(found: Row) -> str:
    """A figure with its interval, if it has one."""
    return figure(found) + (f" ({interval(found)})" if "low" in found else "")


def interval(found: Row | None) -> str:
    return f"{found['low']:.3f} to {found['high']:.3f}" if found and "low" in found else ""


def share(value: float) -> str:
    return f"{value:.1%}".replace("%", " %")


def number(value: float) -> str:
    """Three digits, or all those before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def money(seconds: float, price: float) -> str:
    """What so many seconds cost at a price of an hour."""
    amount = seconds / 3600 * price
    return f"{amount:,.2f}" if amount >= 0.1 else f"{amount:.2g}"


def _of(rows: Sequence[Row], regime: str) -> list[Row]:
    return [row for row in rows if row["regime"] == regime]


def _value(cell: Row, metric: str) -> float:
    return float(cell["metrics"].get(metric, {"value": 0.0})["value"])
