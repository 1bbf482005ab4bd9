"""Abstention: what is shown at a stated error rate, on questions with and without an answer.

    python -m citebound.eval.abstention [--sources squad2,contractnli,cuad,removed,foreign] [--no-llm] [--items 150]
                                        [--risk 0.05] [--show] [--ship] [--record] [--out FOLDER]

Sources and halves: `abstention_items`; when an answer is right: `answers_judged`. A calibration is fitted on the first
halves of all sources together and measured on the second ones, source by source, and as the mean over the sources. The
shipped calibration (--ship) is the one that was fitted so. Each source is one collection, made once; rows, drafts and
vectors are kept in FOLDER, so that a run goes on where it was stopped, and the arm without the gate reads the drafts.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

import citebound
from citebound import config as settings
from citebound.answer.confidence import calibration as files
from citebound.answer.confidence.calibrating import fit
from citebound.answer.confidence.calibration import Calibration, Made
from citebound.answer.generation.generator import open_generator
from citebound.collection import Collection
from citebound.config import Config
from citebound.errors import CiteboundError, ConfigError
from citebound.eval import abstention_items as items
from citebound.eval.abstention_measured import Measured, curves, figures_of
from citebound.eval.abstention_rows import KeptDrafts, KeptEncoder, Row, ask, row
from citebound.eval.figures import Figure, record
from citebound.eval.kit import Kit
from citebound.eval.registration import revision
from citebound.eval.suite import Suite
from citebound.indexes.embeddings import open_encoder
from citebound.protocols import Embedder, Generator
from citebound.types import Outcome

FOLDER = Path("eval/work/abstention")
CURVES = Path("eval/results/abstention.json")
SHIPPED = Path("src/citebound/answer/confidence") / files.FILE
COMMAND = "python -m citebound.eval.abstention"
ITEMS = 150
FIT_BY_QUOTES = 400
"""Questions of a source's first half that are asked by quotes alone, which costs little."""


class Bench:
    """Asks the items of the sources, with what is kept in `folder`."""

    def __init__(
        self,
        folder: Path,
        config: Config,
        counts: Mapping[items.Side, int],
        encoder: Embedder | None = None,
        documents: int = items.DOCUMENTS,
    ) -> None:
        self.documents = documents
        self.folder = folder
        self.config = config
        self.counts = counts
        self.encoder = encoder or KeptEncoder(open_encoder(config), folder / "vectors.sqlite")
        self._generator: Generator | None = None

    def rows(self, found: Mapping[str, Suite], source: str, *, llm: bool, told: str = "") -> list[Row]:
        """The judged rows of both halves of a source."""
        suite, chosen = items.collected(found, source, self.counts, self.documents)
        kit = Kit(suite, self.config, self._work(source, suite), embedder=self.encoder)
        with kit.collection as opened:
            opened._generator = self._drafts(opened) if llm else None
            made = []
            for side in items.SIDES:
                path = self.folder / "rows" / f"{source}.{self._arm(llm)}.{_code()}.jsonl"
                kept = ask(kit, chosen[side], path, llm=llm, told=f"{source}, {side}{told}")
                texts = suite.documents
                made += [
                    row(i, k, texts, source, side)
                    for i, k in zip(chosen[side], kept, strict=True)
                    if k["outcome"] != Outcome.ABSENT  # answered from what was read off the documents
                ]
        return made

    def _work(self, source: str, suite: Suite) -> Path:
        """Where the collection lies."""
        mark = hashlib.sha256(repr(sorted(suite.documents.items())).encode()).hexdigest()[:8]
        return self.folder / f"{source}-{mark}"

    def _arm(self, llm: bool) -> str:
        return Path(self.config.generator).name if llm else "no_llm"

    def _drafts(self, opened: Collection) -> KeptDrafts:
        if self._generator is None:
            self._generator = open_generator(self.config, self.folder)
        return KeptDrafts(self.folder / "drafts.jsonl", self._generator.name, self._generator)


def _code() -> str:
    """Hash of the code that answers: rows of other code are not used."""
    package = Path(citebound.__file__).parent
    digest = hashlib.sha256()
    for room in ("answer", "indexes"):
        for path in sorted((package / room).rglob("*.py")):
            if path.name not in ("calibrating.py", "calibration.py", "abstention.py"):
                digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def calibrated(rows: Sequence[Row], made: Made, shipped: Calibration | None, *, llm: bool) -> Calibration:
    """A calibration of the first halves."""
    cases = [r.case for r in rows if r.side == "fit" and (r.drafted or not llm)]
    return fit(cases, made, shipped, drafts=llm)


def provenance(config: Config, encoder: Embedder, sources: Sequence[str], risk: float, generator: str) -> Made:
    return Made(
        on=tuple(f"{source}, first half" for source in sources),
        items=0,
        answerable=0,
        documents=0,
        risk=risk,
        encoder=encoder.name,
        encoder_key=encoder.key,
        generator=generator,
        weights="fitted",
        date=datetime.now(UTC).date().isoformat(),
        version=citebound.__version__,
        commit=revision("describe", "--always"),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", default=",".join(items.SOURCES), help="separated by commas")
    parser.add_argument("--no-llm", action="store_true", help="by quotes alone")
    parser.add_argument("--items", type=int, default=ITEMS, help="of a source, both halves together")
    parser.add_argument(
        "--fit-items", type=int, default=FIT_BY_QUOTES, help="of a first half, where they are asked by quotes alone"
    )
    parser.add_argument("--documents", type=int, default=items.DOCUMENTS, help="that a half of a source draws on")
    parser.add_argument("--risk", type=float, default=0.05, help="the error rate to state")
    parser.add_argument("--ship", action="store_true", help=f"write {SHIPPED}")
    parser.add_argument("--record", action="store_true", help="write the figures and the curves")
    parser.add_argument("--out", type=Path, default=FOLDER, help="where rows, drafts and collections are kept")
    given = parser.parse_args()
    console = Console(highlight=False, soft_wrap=True)
    sources = given.sources.split(",")
    try:
        return run(console, given, sources)
    except CiteboundError as error:
        console.print(str(error), style="red")
        console.print(error.remedy)
        return error.exit_code


def run(console: Console, given: argparse.Namespace, sources: Sequence[str]) -> int:
    config = settings.load()
    strange = [source for source in sources if source not in items.SOURCES]
    if strange:
        raise ConfigError(f"no source {strange[0]!r}", remedy=f"There are {', '.join(items.SOURCES)}.")
    found = items.suites(sources)
    half = given.items // 2
    quotes = Bench(given.out, config, {"fit": max(half, given.fit_items), "measure": half}, None, given.documents)
    by_quotes = [r for s in sources for r in quotes.rows(found, s, llm=False)]
    made = calibrated(by_quotes, provenance(config, quotes.encoder, sources, given.risk, ""), None, llm=False)
    figures, drawn = report(console, made, by_quotes, sources, given.risk, llm=False)
    if not given.no_llm:
        bench = Bench(given.out, config, {"fit": half, "measure": half}, quotes.encoder, given.documents)
        rows = [r for s in sources for r in bench.rows(found, s, llm=True)]
        about = provenance(config, quotes.encoder, sources, given.risk, config.generator)
        drafts = calibrated(rows, about, None, llm=True)
        told_of = replace(made.made, generator=drafts.made.generator)
        made = replace(made, drafts=drafts.drafts, made=told_of)  # whether there is an answer, more questions tell
        found_, more = report(console, made, rows, sources, given.risk, llm=True)
        figures, drawn = [*figures, *found_], drawn | more
    if given.ship:
        SHIPPED.write_text(files.dumps(made), "utf-8")
        console.print(f"written: {SHIPPED} ({made.made})")
    if given.record:
        record(figures, f"{COMMAND}{' --no-llm' * given.no_llm} --record")
        CURVES.write_text(json.dumps({"curves": drawn, "made": asdict(made.made)}, indent=1) + "\n", "utf-8")
    return 0


def report(
    console: Console, made: Calibration, rows: Sequence[Row], sources: Sequence[str], risk: float, *, llm: bool
) -> tuple[list[Figure], dict[str, list[list[float]]]]:
    """Print what was found on the second halves; gives the figures and the curves."""
    ending = "" if llm else ".no_llm"
    measured = Measured(made, [r for r in rows if r.side == "measure"], llm=llm)
    told(console.print, made, measured)
    figures = figures_of(measured, sources, risk, ending)
    for f in figures:
        of = f"({f.numerator:.0f} of {f.denominator:.0f})" if f.numerator is not None and f.denominator else ""
        console.print(f"{f.name:<48} {f.value:.3f}  [{f.low:.3f}, {f.high:.3f}]  {of}")
    return figures, {f"{s}{ending}": points for s, points in curves(measured, sources).items()}


def told(say: Callable[[str], object], made: Calibration, measured: Measured) -> None:
    say(f"fitted on {made.made}")
    for name, w in measured.stage.signals.items():
        say(f"  {name:<18} {w.weight:+.2f}  (mean {w.mean:.2f}, deviation {w.scale:.2f})")
    for v in measured.stage.levels:
        counted = f"{v.wrong} of {v.shown} wrong, bound {v.upper:.3f}, of {v.items} asked"
        say(f"  at most {v.risk:.0%} wrong from {v.threshold:.3f} on: {counted}")
    best, limit = measured.stage.best, made.answerable.limit
    if best:
        say(f"  at best {best.upper:.3f}: {best.wrong} of {best.shown} wrong from {best.threshold:.3f} on")
    if limit:
        counted = f"{limit.lost} of {limit.answerable} with an answer, {limit.refused} of {limit.unanswerable} without"
        say(f"  not found below {limit.threshold:.3f}: {counted}")


if __name__ == "__main__":
    sys.exit(main())
