"""Charts of a report as inline SVG. The one door of matplotlib.

The same input gives the same bytes. Colours are the page's own (CSS variables), so a chart is light or dark with it;
texts stay texts, in the font of the page. `key` names the place on a page, as the ids
inside are made from it.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from citebound.eval.markup import Html

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Cell = Mapping[str, Any]

INK, SOFT, LINE, TINT = "#010101", "#020202", "#030303", "#040404"
HUES = ("#110000", "#110001", "#110002", "#110003", "#110004", "#110005")
"""Stand-ins: what they are on the page is in `_CSS`."""
_CSS = {
    INK: "var(--ink)",
    SOFT: "var(--soft)",
    LINE: "var(--line)",
    TINT: "var(--tint)",
    **{hue: f"var(--hue{n})" for n, hue in enumerate(HUES)},
}
_MARKS = ("o", "s", "^", "D", "v", "P")
_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 11.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": SOFT,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "legend.fontsize": 10.5,
    "axes.unicode_minus": True,
    "text.parse_math": False,
}
WIDTH = 5.4
LEAST_SECONDS = 0.01
"""Where a system that needs no measurable time stands, seconds for 1,000 questions."""


def forest(comparisons: Sequence[Cell], key: str) -> Html:
    """Differences of RAG to each other system with their 95 % intervals; the margin of equivalence is shaded."""

    def draw(axes: Axes) -> None:
        margin = comparisons[0]["margin"]
        axes.axvspan(-margin, margin, color=TINT, linewidth=0)
        axes.axvline(0, color=SOFT, linewidth=1)
        for y, row in enumerate(comparisons):
            d = row["difference"]
            hue = {"rag": HUES[0], "other": HUES[1]}.get(row["verdict"], SOFT)
            axes.plot([d["low"], d["high"]], [y, y], color=hue, linewidth=2, solid_capstyle="butt")
            axes.plot([d["value"]], [y], _MARKS[_MARK_OF.get(row["verdict"], 0)], color=hue, markersize=6.5)
        axes.set_yticks(range(len(comparisons)), [_beside(row) for row in comparisons])
        axes.set_ylim(len(comparisons) - 0.4, -0.6)
        axes.grid(axis="y", visible=False)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("← the other better  |  RAG better →")

    return _svg(draw, 1.0 + 0.46 * len(comparisons), "Differences of RAG to the other systems with 95 % intervals", key)


_MARK_OF = {"rag": 0, "other": 1, "equivalent": 3, "no evidence": 2}


def _beside(row: Cell) -> str:
    p = row["p_holm"] if row["p_holm"] is not None else row["p"]
    return f"{row['other']}\n{'no p' if p is None else f'p {p:.4f}'}"


def quality_cost(cells: Sequence[Cell], metric: str, key: str) -> Html:
    """The metric with its interval against seconds for 1,000 questions (log), numbered in the order of `cells`."""
    families = list(dict.fromkeys(cell["family"] for cell in cells))

    def draw(axes: Axes) -> None:
        points = [
            (max(cell["cost"]["per_1000_seconds"], LEAST_SECONDS), cell["metrics"][metric]["value"]) for cell in cells
        ]
        for cell, (x, y), beside in zip(cells, points, _labels(points), strict=True):
            found = cell["metrics"][metric]
            of = families.index(cell["family"]) % len(HUES)
            axes.plot([x, x], [found["low"], found["high"]], color=HUES[of], linewidth=1.5)
            axes.plot([x], [y], _MARKS[of], color=HUES[of], markersize=7)
            axes.annotate(
                beside.name, (x, y), xytext=beside.offset, textcoords="offset points", ha="center", va="center"
            )
        for of, family in enumerate(families):
            axes.plot([], [], _MARKS[of % len(HUES)], color=HUES[of % len(HUES)], label=family)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(lambda x, _: f"{x:,g}")
        axes.margins(x=0.12)
        axes.set_ylim(0, 1)
        axes.set_xlabel("seconds for 1,000 questions (log)")
        axes.set_ylabel(metric)
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)

    return _svg(draw, 4.0, f"{metric} against seconds for 1,000 questions", key)


@dataclass(frozen=True, slots=True)
class _Label:
    name: str
    offset: tuple[float, float]


def _labels(points: Sequence[tuple[float, float]]) -> list[_Label]:
    """Numbers for points (seconds, score), each where it covers no earlier number and no point, in points of print."""
    logs = [math.log10(x) for x, _ in points]
    across = _ACROSS / max(max(logs) - min(logs), 1e-9)
    dots = [(log * across, y * _UP) for log, (_, y) in zip(logs, points, strict=True)]
    taken: list[tuple[float, float]] = []
    made = []
    for n, (x, y) in enumerate(dots, 1):
        free = [
            (dx, dy)
            for dx, dy in _OFFSETS
            if all(abs(x + dx - a) > 14 or abs(y + dy - b) > 11 for a, b in (*taken, *dots))
        ]
        dx, dy = free[0] if free else _OFFSETS[0]
        taken.append((x + dx, y + dy))
        made.append(_Label(str(n), (dx, dy)))
    return made


_ACROSS, _UP = 270.0, 190.0
_OFFSETS = [(dx, dy) for dy in (5.0, -7.0, 17.0, -19.0, 29.0, -31.0) for dx in (14.5, -14.5)]


def curves(lines: Mapping[str, Sequence[Cell]], metric: str, level: Cell | None, key: str) -> Html:
    """The metric against the number of labels, one line for each trained system; `level` is RAG, which is not
    trained."""

    def draw(axes: Axes) -> None:
        if level:
            axes.axhline(
                level["metrics"][metric]["value"], color=INK, linewidth=1.2, linestyle="--", label=level["system"]
            )
        for n, (name, cells) in enumerate(lines.items()):
            hue, mark = HUES[n % len(HUES)], _MARKS[n % len(_MARKS)]
            x = [cell["cost"]["labels"] or cell["size"] for cell in cells]
            found = [cell["metrics"][metric] for cell in cells]
            axes.fill_between(
                x, [f["low"] for f in found], [f["high"] for f in found], color=hue, alpha=0.12, linewidth=0
            )
            axes.plot(x, [f["value"] for f in found], color=hue, marker=mark, label=name)
        axes.set_xscale("log")
        ticks = sorted({cell["cost"]["labels"] or cell["size"] for cells in lines.values() for cell in cells})
        axes.set_xticks(ticks, [f"{tick:,.0f}" for tick in ticks])
        axes.minorticks_off()
        axes.set_ylim(0, 1)
        axes.set_xlabel("labels (log)")
        axes.set_ylabel(metric)
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)

    return _svg(draw, 3.7, f"{metric} against the number of labels", key)


def risk_coverage(cells: Sequence[Cell], key: str) -> Html:
    """Share of wrong answers among those given, as more questions are answered, surest first."""

    def draw(axes: Axes) -> None:
        for n, cell in enumerate(cells):
            coverage, risk = zip(*cell["calibration"]["risk_coverage"], strict=True)
            axes.plot(
                coverage, risk, color=HUES[n % len(HUES)], linestyle=_DASHES[n % len(_DASHES)], label=cell["system"]
            )
        axes.axhline(0.05, color=SOFT, linewidth=0.8, linestyle=":")
        axes.set_xlim(0, 1)
        axes.set_ylim(0, None)
        axes.set_xlabel("coverage: share answered")
        axes.set_ylabel("risk: share of those wrong")
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)

    return _svg(draw, 3.8, "Risk against coverage", key)


_DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)))


def reliability(cells: Sequence[Cell], key: str) -> Html:
    """Share right against mean confidence, in bins of equal mass; the diagonal is perfect."""

    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=SOFT, linewidth=0.8, linestyle=":")
        for n, cell in enumerate(cells):
            x, y, _ = zip(*cell["calibration"]["reliability"], strict=True)
            axes.plot(
                x, y, color=HUES[n % len(HUES)], marker=_MARKS[n % len(_MARKS)], markersize=4, label=cell["system"]
            )
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        axes.set_xlabel("confidence")
        axes.set_ylabel("share right")
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)

    return _svg(draw, 3.8, "Share right against confidence", key)


def _svg(draw: Callable[[Axes], None], height: float, title: str, key: str) -> Html:
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    style: Any = {**_STYLE, "svg.hashsalt": f"{key} {title}"}
    with rc_context(style):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        draw(figure.add_subplot())
        out = io.StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<defs>\s*<style.*?</style>\s*</defs>", "", svg, flags=re.S)
    svg = re.sub(r' (?:width|height)="[\d.]+pt"|<!--.*?-->|(?<=<g) id="[^"]*"', "", svg, flags=re.S)
    for stand_in, colour in _CSS.items():
        svg = svg.replace(stand_in, colour)
    svg = svg.replace("'DejaVu Sans'", "system-ui, sans-serif")
    svg = re.sub(r"\n\s*", "\n", svg).strip()
    return Html(svg.replace("<svg", f'<svg role="img" aria-label="{title}"', 1))
