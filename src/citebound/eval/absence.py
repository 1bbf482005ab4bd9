"""Whether something is there: how often it is called absent where it is there, and there where it is not.

    python -m citebound.eval.absence [--sources cuad,contractnli] [--documents N] [--negatives SHARE] [--side measure]
                                     [--show] [--ship] [--record] [--out FOLDER]

Questions and halves: `absence_items`; all are of the training parts of their suites. Of CUAD only so large a share of
the questions on what is not there is asked, drawn by hash, and each counts for more: there are three times as many.
"Yes" on a contract whose cell is empty may be right all the same: CUAD's readers miss some. With --ship the
confidence of such answers is fitted on all rows that are kept in FOLDER and written to the package: a logistic model
whose stated shares are counted with the document itself left out of the fit.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

import citebound
from citebound import config as settings
from citebound.answer.absence import odds
from citebound.answer.confidence import calibration as files
from citebound.answer.confidence.calibrating import RISKS, STRENGTH, best, level, upper
from citebound.answer.confidence.calibration import Calibration, Limit, Made, Stage, Weight
from citebound.config import Config
from citebound.errors import CiteboundError, ConfigError
from citebound.eval import absence_items as items
from citebound.eval import journal, spec
from citebound.eval.abstention_items import SIDES
from citebound.eval.abstention_rows import KeptEncoder
from citebound.eval.adapters.split import draw
from citebound.eval.figures import Figure, record, share
from citebound.eval.kit import Kit
from citebound.eval.registration import revision
from citebound.eval.suite import Question
from citebound.indexes.embeddings import open_encoder
from citebound.protocols import Embedder
from citebound.types import Answer, Outcome

FOLDER = Path("eval/work/absence")
SHIPPED = Path("src/citebound/answer/absence") / odds.FILE
COMMAND = "python -m citebound.eval.absence"
DOCUMENTS = 6
"""Of each side of a source."""
NEGATIVES = {"cuad": 0.4, "contractnli": 1.0}
"""Share of the questions on what is not there that is asked."""
FEWEST = 5
"""Documents that a fit needs."""


@dataclass(frozen=True, slots=True)
class Row:
    """One question asked. `said` is "yes", "perhaps", "absent" or "other"; `hit`, whether a quote meets the gold;
    `weight`, how many questions it stands for."""

    id: str
    source: str
    side: str
    document: str
    category: str
    question: str
    there: bool
    said: str
    hit: bool
    text: str
    weight: float = 1.0
    signals: Mapping[str, float] = field(default_factory=dict)


def said(answer: Answer) -> str:
    """What an answer says of the thing; "other" where it was not taken for such a question."""
    if answer.outcome is Outcome.ABSENT:
        return "absent"
    if answer.text.startswith("Perhaps"):
        return "perhaps"
    yes = answer.text.startswith(("Yes", "It is there", "It is spoken of"))
    return "yes" if yes and answer.outcome is Outcome.ANSWERED else "other"


def ask(kit: Kit, asked: Sequence[items.Item], path: Path, negatives: float) -> list[Row]:
    """The row of every item that is drawn, in order; those that are in `path` are not asked again."""
    chosen = [i for i in asked if i.there or int(draw(i.id)[:8], 16) < negatives * 16**8]
    known = {row["id"]: Row(**row) for row in map(json.loads, journal.lines(path))}
    missing = [item for item in chosen if item.id not in known]
    for item in track(missing, path.stem, transient=True, disable=not sys.stderr.isatty()):
        made = _asked(kit, item, 1.0 if item.there else 1 / negatives)
        journal.append(path, [json.dumps(asdict(made), ensure_ascii=False)])
        known[item.id] = made
    return [known[item.id] for item in chosen]


def _asked(kit: Kit, item: items.Item, weight: float) -> Row:
    where = kit.filter(Question(item.id, item.question, documents=(item.document,)))
    answer = kit.collection.ask(item.question, where, llm=False, receipt=False)
    quoted = [kit.place(c) for c in answer.citations]
    hit = any(q.document == g.document and q.span.overlap(g.span) for q in quoted for g in item.gold)
    signals = dict(answer.receipt.signals) if answer.receipt else {}
    told = (item.id, item.source, item.side, item.document, item.category, item.question, item.there)
    return Row(*told, said(answer), hit, answer.text, weight, signals)


def figures_of(rows: Sequence[Row], ending: str) -> list[Figure]:
    """Shares of the things that are there (called absent, called there with a quote of the gold), and, weighted, of
    those that are not (called there, called absent)."""
    there = [r for r in rows if r.there]
    gone = [r for r in rows if not r.there]
    return [
        share(f"absence.{ending}.false_absence", sum(r.said == "absent" for r in there), len(there)),
        share(f"absence.{ending}.yes", sum(r.said == "yes" for r in there), len(there)),
        share(f"absence.{ending}.yes_at_gold", sum(r.said == "yes" and r.hit for r in there), len(there)),
        share(f"absence.{ending}.false_yes", sum(r.said == "yes" for r in gone), len(gone)),
        share(f"absence.{ending}.true_absence", sum(r.said == "absent" for r in gone), len(gone)),
    ]


def fitted(rows: Sequence[Row], encoder: Embedder) -> Calibration:
    """P(the thing is there), and what is stated of it. Raises ConfigError for too few rows."""
    used = [r for r in rows if r.signals.keys() >= odds.PRESENCE.keys()]
    documents = list(dict.fromkeys(r.document for r in used))
    if len(documents) < FEWEST or len({r.there for r in used}) < 2:
        raise ConfigError(f"{len(documents)} documents are too few to fit on", remedy="Ask of more documents first.")
    alone = np.zeros(len(used))
    of = np.array([documents.index(r.document) for r in used])
    for at in range(len(documents)):
        rest = _model([r for r, own in zip(used, of, strict=True) if own != at])
        for i in np.flatnonzero(of == at):
            alone[i] = rest.confidence(used[i].signals)
    stage = _model(used)
    there = [r for r in used if r.there]
    lost, refused = (sum(r.said == "absent" for r in used if r.there is t) for t in (True, False))
    limit = Limit(1.0, upper(lost, len(there)), lost, len(there), refused, len(used) - len(there))
    yes = [(float(p), r.there) for p, r in zip(alone, used, strict=True) if r.said == "yes"]
    sure, right = [p for p, _ in yes], [t for _, t in yes]
    levels = [v for risk in RISKS if (v := level(sure, right, risk, 1.0, len(used)))]
    made = Made(
        on=tuple(f"{source}, training part" for source in dict.fromkeys(r.source for r in used)),
        items=len(used),
        answerable=len(there),
        documents=len(documents),
        risk=0.05,
        encoder=encoder.name,
        encoder_key=encoder.key,
        generator="",
        weights="fitted",
        date=datetime.now(UTC).date().isoformat(),
        version=citebound.__version__,
        commit=revision("describe", "--always"),
    )
    quotes = replace(stage, levels=tuple(levels), best=best(sure, right, len(used)))
    return Calibration(made, replace(stage, limit=limit), quotes)


def _model(rows: Sequence[Row]) -> Stage:
    """A logistic regression on standardised signals; a signal that never varies is left out."""
    from sklearn.linear_model import LogisticRegression

    table: NDArray[Any] = np.array([[r.signals[name] for name in odds.PRESENCE] for r in rows], dtype=np.float64)
    means, scales = table.mean(axis=0), table.std(axis=0)
    used = scales > 1e-9
    model = LogisticRegression(C=STRENGTH, max_iter=1000).fit(
        (table[:, used] - means[used]) / scales[used], [r.there for r in rows], sample_weight=[r.weight for r in rows]
    )
    weights = iter(model.coef_[0])
    named = zip(odds.PRESENCE, means, scales, used, strict=True)
    signals = {name: Weight(float(m), float(s), float(next(weights))) for name, m, s, use in named if use}
    return Stage(signals, float(model.intercept_[0]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", default=",".join(items.SOURCES), help="separated by commas")
    parser.add_argument("--documents", type=int, default=DOCUMENTS, help="of each side of a source")
    parser.add_argument("--negatives", type=float, help="share of the questions on what is not there that is asked")
    parser.add_argument("--side", choices=SIDES, help="one side alone")
    parser.add_argument("--show", action="store_true", help="print what was called absent or there, wrongly")
    parser.add_argument("--ship", action="store_true", help=f"write {SHIPPED}")
    parser.add_argument("--record", action="store_true", help="write the figures")
    parser.add_argument("--out", type=Path, default=FOLDER, help="where rows, vectors and collections are kept")
    given = parser.parse_args()
    console = Console(highlight=False, soft_wrap=True)
    try:
        return run(console, given, settings.load())
    except CiteboundError as error:
        console.print(str(error), style="red")
        console.print(error.remedy)
        return error.exit_code


def run(console: Console, given: argparse.Namespace, config: Config) -> int:
    sources = given.sources.split(",")
    strange = [source for source in sources if source not in items.SOURCES]
    if strange:
        raise ConfigError(f"no source {strange[0]!r}", remedy=f"There are {', '.join(items.SOURCES)}.")
    if given.negatives is not None and not 0 < given.negatives <= 1:
        raise ConfigError(f"--negatives is {given.negatives:g}", remedy="Give a share above 0, of 1 at most.")
    encoder = KeptEncoder(open_encoder(config), given.out / "vectors.sqlite")
    every: list[Row] = []
    figures: list[Figure] = []
    for source in sources:
        rows = _rows(source, given, config, encoder)
        every += rows
        for side in SIDES:
            if own := [r for r in rows if r.side == side]:
                figures += figures_of(own, f"{source}.{side}")
        for r in rows if given.show else ():
            if r.said == "other" or r.there is (r.said == "absent") or (r.said == "yes" and not r.there):
                console.print(f"{r.id}: {r.question} There: {r.there}. {r.text[:300]}", markup=False)
    for f in figures:
        console.print(
            f"{f.name:<44} {f.value:.3f}  [{f.low:.3f}, {f.high:.3f}]  ({f.numerator:g} of {f.denominator:g})"
        )
    if given.ship:
        made = fitted(every, encoder)
        SHIPPED.write_text(files.dumps(made), "utf-8")
        console.print(f"written: {SHIPPED} ({made.made})")
    if given.record:
        record(figures, f"{COMMAND} --record")
    return 0


def _rows(source: str, given: argparse.Namespace, config: Config, encoder: Embedder) -> list[Row]:
    suite = spec.load(source)
    asked = [i for i in items.chosen(source, suite, given.documents) if given.side in (None, i.side)]
    names = {item.document for item in asked}
    suite = replace(suite, documents={name: text for name, text in suite.documents.items() if name in names}, files=())
    kit = Kit(suite, config, given.out / f"{source}-{draw(repr(sorted(names)))[:8]}", embedder=encoder)
    negatives = given.negatives if given.negatives is not None else NEGATIVES[source]
    return ask(kit, asked, given.out / f"rows.{source}.jsonl", negatives)


if __name__ == "__main__":
    sys.exit(main())
