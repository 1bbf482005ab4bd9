"""The demo: six documents written for this project, questions for a newcomer, and the suite that always runs.

``python -m citebound.eval.demo`` is the regression gate of `make eval`: it asks the whole suite by quotes alone and,
with ``--llm``, with the embedded model, and fails when a share falls below its committed figure by more than its noise.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.text import Text

from citebound import config as settings
from citebound.collection import Collection
from citebound.config import Config
from citebound.errors import ConfigError
from citebound.eval import figures
from citebound.eval.measures import Place, on_gold
from citebound.eval.rows import Row, load, places
from citebound.indexes.ingest import ProgressCallback
from citebound.types import Answer, IngestReport, Outcome

SAMPLES = Path("ingest/samples")
SUITE = Path("eval/suites/demo.jsonl")
NAME = "demo"
QUESTIONS = (
    ("a fact of a contract", "How long does Brindlemark have to pay an invoice?"),
    ("across documents", "What is the cap on liability after the amendment?"),
    ("a security finding", "Which finding allowed remote code execution, and what is its CVSS score?"),
    ("an incident", "Which credentials did the attacker obtain, and when were they revoked?"),
    ("not in these documents", "How much rent is payable under the office lease?"),
)


def samples() -> Path:
    """The folder of sample documents. Raises ConfigError outside a checkout of the project."""
    if not SAMPLES.is_dir():
        raise ConfigError(
            f"no sample documents in {SAMPLES.resolve()}", remedy="Run the demo in a checkout of the project."
        )
    return SAMPLES


def show(
    config: Config,
    out: Console,
    print_answer: Callable[[Answer], None],
    progress: Callable[[], AbstractContextManager[ProgressCallback]],
    print_report: Callable[[IngestReport, str], None],
) -> int:
    """Ingest the samples, ask, print, say what to try next; the exit code is 1 if a file failed or a citation did not
    hold."""
    with Collection.open(NAME, create=True, config=config) as collection:
        with progress() as tell:
            report = collection.ingest([samples()], tell)
        print_report(report, NAME)
        sound = True
        for kind, question in QUESTIONS:
            out.print()
            out.print(Text.assemble((f"{kind}: ", "dim"), (question, "bold magenta")))
            with out.status("reading and writing"):
                answer = collection.ask(question)
            print_answer(answer)
            sound = sound and all(verbatim(collection, answer))
    out.print()
    out.print(Text("Every quote above was compared with its document, character by character.", style="green"))
    out.print("Try next:")
    out.print('  .venv/bin/citebound ask "When must a security incident be reported?" --collection demo')
    out.print("  .venv/bin/citebound ingest YOUR_FOLDER --collection mine")
    out.print("  make serve      then open http://127.0.0.1:8642/")
    return 0 if sound and not report.failures else 1


def verbatim(collection: Collection, answer: Answer) -> list[bool]:
    """For each citation: whether the document's text has the quote at its span, under the same hash."""
    made = []
    for citation in answer.citations:
        document = collection.document(citation.document.id)
        made.append(document.text_sha256 == citation.text_sha256 and citation.span.of(document.text) == citation.quote)
    return made


@dataclass(frozen=True, slots=True)
class Case:
    """One question asked: the answer, whether its quotes are on gold, and how many of its citations hold."""

    item: Row
    answer: Answer
    on_gold: bool
    citations: int
    verbatim: int


def run(collection: Collection, items: Sequence[Row], *, llm: bool) -> list[Case]:
    """Ask every item and compare with its gold."""
    texts: dict[str, str] = {}
    for info, *_, sources in collection.documents():
        document = collection.document(info.id)
        texts |= {source.name: document.text for source in sources}
    cases = []
    for item in track(items, "asking " + ("with the model" if llm else "by quotes"), transient=True):
        gold = places(item, texts)
        answer = collection.ask(item.question, llm=llm, receipt=False)
        quotes = [Place(c.source.name, c.span) for c in answer.citations]
        checks = verbatim(collection, answer)
        cases.append(Case(item, answer, bool(gold) and on_gold(quotes, gold), len(checks), sum(checks)))
    return cases


def figures_of(cases: Sequence[Case], variant: str) -> list[figures.Figure]:
    """The shares that the demo reports, for one variant ("llm" or "no_llm")."""
    answerable = [c for c in cases if c.item.answerable]
    unanswerable = [c for c in cases if not c.item.answerable]
    shown = [c for c in answerable if c.answer.outcome is not Outcome.NOT_FOUND]
    refused = [c for c in unanswerable if c.answer.outcome is Outcome.NOT_FOUND]
    made = [
        figures.share(f"demo.answerable_on_gold.{variant}", sum(c.on_gold for c in answerable), len(answerable)),
        figures.share(f"demo.unanswerable_not_found.{variant}", len(refused), len(unanswerable)),
        figures.share(f"demo.answerable_shown.{variant}", len(shown), len(answerable)),
        figures.share(
            f"demo.citations_verbatim.{variant}", sum(c.verbatim for c in cases), sum(c.citations for c in cases)
        ),
    ]
    for kind in sorted({c.item.kind for c in answerable}):
        of_kind = [c for c in answerable if c.item.kind == kind]
        made.append(
            figures.share(f"demo.answerable_on_gold.{variant}.{kind}", sum(c.on_gold for c in of_kind), len(of_kind))
        )
    return made


def fallen(now: Sequence[figures.Figure], path: Path = figures.PATH) -> list[str]:
    """Figures that are below the committed ones by more than their noise: under the lower end of their interval."""
    committed = {}
    if path.exists():
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        committed = {row["name"]: row for row in rows}
    lost = [f"{f.name}: {f.value:.4f}, must be 1" for f in now if "verbatim" in f.name and f.value < 1]
    return lost + [
        f"{f.name}: {f.value:.3f}, committed {committed[f.name]['value']:.3f}"
        for f in now
        if f.name in committed and f.value < committed[f.name]["low"]
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--llm", action="store_true", help="ask with the embedded model too")
    parser.add_argument("--record", action="store_true", help="write the figures into eval/results/figures.jsonl")
    parser.add_argument("--traces", type=Path, help="write one JSON line for each question")
    given = parser.parse_args()
    config = settings.load()
    made: list[figures.Figure] = []
    with Collection.open(NAME, create=True, config=config) as collection:
        collection.ingest([samples()])
        for llm in (False, True) if given.llm else (False,):
            cases = run(collection, load(SUITE), llm=llm)
            made += figures_of(cases, "llm" if llm else "no_llm")
            if given.traces:
                _trace(cases, given.traces, "llm" if llm else "no_llm")
    console = Console()
    for figure in made:
        console.print(
            f"{figure.name:<50} {figure.value:.3f}  [{figure.low:.3f}, {figure.high:.3f}]  n={figure.denominator}"
        )
    lost = fallen(made)
    for line in lost:
        console.print(f"fallen: {line}", style="red")
    if given.record:
        figures.record(made, "python -m citebound.eval.demo --llm --record" if given.llm else "make eval")
    return 1 if lost else 0


def _trace(cases: Sequence[Case], path: Path, variant: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        for c in cases:
            row = {
                "variant": variant,
                "id": c.item.id,
                "question": c.item.question,
                "outcome": c.answer.outcome,
                "on_gold": c.on_gold,
                "gold": c.item.gold,
                "text": c.answer.text,
                "reason": c.answer.reason,
                "sufficiency": c.answer.receipt.sufficiency if c.answer.receipt else None,
                "quotes": [x.quote for x in c.answer.citations],
                "removed": [(s.text, s.reason) for s in c.answer.sentences if s not in c.answer.bound],
            }
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(main())
