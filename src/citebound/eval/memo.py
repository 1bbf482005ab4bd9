"""The decision memo: one board on two pages at most, for somebody who decides.

Plain sentences, the verdict by the published rule, what it costs, when it flips, where RAG loses, and the limits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from citebound.eval import report_tables as tables
from citebound.eval.markup import Html, bullets, joined, page, table, tag
from citebound.eval.report_tables import Board, Row, Table
from citebound.eval.suite import Regime
from citebound.eval.verdict import COSTS, METRICS, RULE, Load, Verdict, regimes, verdict

TITLE = "Decision memo: retrieval or another adaptation?"
WHERE = {Regime.GIVEN: "With the right document given", Regime.CORPUS: "With the document to be found"}
ROWS = 8
"""At most so many systems in the table of costs, so that the memo stays on two pages."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the memo under its heading, in this order: leading sentences, bullets, a table, lines of code, small
    print."""

    heading: str
    lead: tuple[str, ...] = ()
    bullets: tuple[str, ...] = ()
    table: Table | None = None
    code: tuple[str, ...] = ()
    small: tuple[str, ...] = ()


def memo_html(board: Board, price: float | None = None, load: Load | None = None) -> str:
    """The memo as one self-contained HTML page. `price` of an hour of the machine, in any currency; `load` is a month's
    questions and changed documents."""
    body = [tag("h1", TITLE), *(_section(part) for part in parts(board, price, load))]
    return page("memo.html", title=TITLE, body=joined(body, "\n"))


def memo_docx(board: Board, path: Path, price: float | None = None, load: Load | None = None) -> None:
    """The same as a Word file."""
    import docx
    from docx.shared import Cm, Pt

    document = docx.Document()
    document.core_properties.title, document.core_properties.author = TITLE, "Citebound"
    for section in document.sections:
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2)
        section.top_margin = section.bottom_margin = Cm(1.5)
    style = document.styles["Normal"]
    style.font.size = Pt(9.5)
    style.paragraph_format.space_after = Pt(2)
    document.add_heading(TITLE, 1)
    for part in parts(board, price, load):
        _add(document, part)
    document.save(str(path))


def parts(board: Board, price: float | None = None, load: Load | None = None) -> list[Part]:
    """What the memo says."""
    month = load or Load()
    judged = [verdict(board, regime, month) for regime in regimes(board)]
    return [
        _question(board),
        *(_verdict(made) for made in judged),
        _costs(board, price),
        _flips(judged, month),
        _losses(board, judged),
        _limits(board, judged),
        _again(board),
        Part("The rule", small=tuple(f"{n}. {line}" for n, line in enumerate(RULE, 1))),
    ]


def _question(board: Board) -> Part:
    primary = board["primary"]
    metric = METRICS.get(primary["metric"], primary["metric"])
    rivals = ", ".join(primary["against"])
    both = f", or by both together ({', '.join(primary['both'])})" if primary["both"] else ""
    return Part(
        "The question",
        bullets=(
            f"{board['suite_title']}: is it better answered by retrieval ({primary['rag']}), by another way to adapt"
            f" the same models ({rivals}){both}?",
            f"Measured by the {metric} on {board['test_items']:,} test items over {board['test_clusters']:,} documents;"
            f" a difference of less than {primary['margin']:g} does not matter.",
        ),
    )


def _verdict(made: Verdict) -> Part:
    told = []
    if made.difference is not None:
        p = "" if made.p is None else f", p {made.p:.4f} after Holm's correction"
        told.append(f"{made.n:,} items over {made.clusters:,} documents were compared{p}.")
        if made.decision != "no evidence":
            told.append(f"The smallest difference that could have been detected is {made.detectable:.3f}.")
    return Part(
        f"The verdict. {WHERE[Regime(made.regime)]}: {made.decision}",
        lead=(made.headline,),
        bullets=(*told, *made.reasons[1:]),
    )


def _costs(board: Board, price: float | None) -> Part:
    named = _named(board)
    by_system: dict[str, dict[str, Row]] = {name: {} for name in named}
    for cell in board["cells"]:
        if cell["system"] in by_system:
            by_system[cell["system"]][cell["regime"]] = cell
    told = regimes(board)
    head = ["system", "labels", "adaptation s, once", "index s, once"]
    for regime in told:
        short = f", {regime}" if len(told) > 1 else ""
        head += [f"s / 1,000{short}", *([f"price{short}"] if price is not None else [])]
    rows = []
    for name, cells in by_system.items():
        if not cells:
            continue
        first = next(iter(cells.values()))["cost"]
        row = [
            name,
            f"{first['labels']:,.0f}",
            tables.number(first["adapt_wall_seconds"]),
            tables.number(first["index_seconds"]),
        ]
        for regime in told:
            seconds = cells[regime]["cost"]["per_1000_seconds"] if regime in cells else None
            row.append("" if seconds is None else tables.number(seconds))
            if price is not None:
                row.append("" if seconds is None else tables.money(seconds, price))
        rows.append(tuple(row))
    hour = f", at {price:g} an hour" if price is not None else ""
    caption = f"Seconds of computing on the machine that ran this, for 1,000 questions{hour}"
    return Part("What 1,000 questions cost", table=Table(caption, tuple(head), tuple(rows[:ROWS])))


def _flips(judged: Sequence[Verdict], load: Load) -> Part:
    told = []
    for made in judged:
        where = f"{WHERE[Regime(made.regime)]}, {made.rag} against " if len(judged) > 1 else f"{made.rag} against "
        told += [f"{where}{flip.other}: {' '.join(flip.sentences())}" for flip in made.flips]
    small = f"{COSTS} Here {load.batch:g} changed documents make a retraining."
    if load.update:
        small += (
            f" Measured for one document in the index: {load.update.change:.2f} s to change, {load.update.add:.2f} s to"
            f" add, {load.update.delete:.2f} s to delete."
        )
    return Part(
        "At which volume or update rate the cheaper one changes",
        bullets=tuple(told) or ("Nothing was compared, so nothing flips.",),
        small=(small,),
    )


def _losses(board: Board, judged: Sequence[Verdict]) -> Part:
    told = []
    for made in judged:
        where = f"{WHERE[Regime(made.regime)]}: " if len(judged) > 1 else ""
        lost = tables.slices(board, made.regime, made.rival)
        for kind, ours, theirs, _, n in lost.rows[:3]:
            told.append(f"{where}{kind}: {made.rag} {ours}, {made.rival} {theirs} ({n} items).")
        if not lost.rows and made.rival:
            told.append(f"{where}on no kind of item is {made.rag} below {made.rival}.")
        for losses in board["losses"]:
            if losses["regime"] == made.regime and losses["stages"]:
                stages = [f"{n} {tables.STAGES[stage]}" for stage, n in losses["stages"].items()]
                told.append(f"{where}gold passages: {', '.join(stages)}.")
    return Part(f"Where {board['primary']['rag']} loses", bullets=tuple(told) or ("Nothing was compared.",))


def _limits(board: Board, judged: Sequence[Verdict]) -> Part:
    told = [
        f"The test split of this suite was opened {board['openings']} times; each opening makes a lucky find likelier."
    ]
    if board["openings"] == 1:
        told = ["The test split of this suite was opened once."]
    if board["exploratory"]:
        told.append("The run was not registered before its predictions: exploratory, to be confirmed on new items.")
    if any(made.n and made.n < 100 for made in judged):
        told.append("Fewer than 100 items were compared.")
    if board["note"]:
        told.append(f"On the suite: {board['note']}")
    told.append("It holds for this suite, these models and these sizes; other documents may decide otherwise.")
    told.append("Seconds are of one machine; the work of people, for labels above all, is not priced.")
    return Part("Limits", bullets=tuple(told))


def _again(board: Board) -> Part:
    commit = board["registered"]
    at = f"commit {commit[:12]}" if commit else "no commit (exploratory)"
    return Part(
        "To do it again",
        code=(
            f"citebound eval run {board['run']}",
            f"citebound eval report {board['run']}",
            f"citebound eval memo {board['run']}",
        ),
        small=(f"Run file {board['run']}.toml, sha256 {board['run_sha256']}, registered in {at}.",),
    )


def _named(board: Board) -> list[str]:
    primary = board["primary"]
    return list(dict.fromkeys([primary["rag"], *primary["both"], *primary["against"]]))


def _section(part: Part) -> Html:
    made = [tag("h2", part.heading), *(tag("p", line, class_="lead") for line in part.lead)]
    if part.bullets:
        made.append(bullets(part.bullets))
    if part.table:
        made.append(table(part.table.caption, part.table.head, part.table.rows, part.table.text))
    if part.code:
        made.append(tag("pre", "\n".join(part.code)))
    return tag("section", *made, *(tag("p", line, class_="small") for line in part.small))


def _add(document: Any, part: Part) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    document.add_heading(part.heading, 2).paragraph_format.space_before = Pt(8)
    for line in part.lead:
        document.add_paragraph().add_run(line).bold = True
    for line in part.bullets:
        document.add_paragraph(line, style="List Bullet").paragraph_format.space_after = Pt(1)
    if part.table:
        _small(document.add_paragraph(part.table.caption))
        grid = document.add_table(0, len(part.table.head), style="Light List Accent 1")
        for row in (part.table.head, *part.table.rows):
            for n, (cell, text) in enumerate(zip(grid.add_row().cells, row, strict=True)):
                cell.text = text
                _small(cell.paragraphs[0])
                if n not in part.table.text:
                    cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for line in part.code:
        document.add_paragraph().add_run(line).font.name = "Courier New"
    for line in part.small:
        _small(document.add_paragraph(line))


def _small(paragraph: Any) -> None:
    from docx.shared import Pt

    paragraph.paragraph_format.space_after = Pt(0)
    for run in paragraph.runs:
        run.font.size = Pt(8)
