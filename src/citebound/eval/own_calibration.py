"""A calibration from a user's own questions: each is asked of the collection with nothing held back, and judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import citebound
from citebound.answer.confidence import calibration as files
from citebound.answer.confidence.calibrating import Case, fit
from citebound.answer.confidence.calibration import Calibration, Made
from citebound.collection import Collection
from citebound.errors import BadLabels
from citebound.eval import own
from citebound.eval.abstention_rows import asked, row
from citebound.eval.kit import Kit
from citebound.eval.suite import Regime, Suite, Task

Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Found:
    """`notes` are on questions that could not be used."""

    calibration: Calibration
    notes: tuple[str, ...]


def calibrate(
    collection: Collection,
    questions: Path,
    risk: float,
    work: Path,
    *,
    given: bool = False,
    llm: bool = True,
    progress: Tell = lambda done, total: None,
) -> Found:
    """Ask the questions of a table (`own`) and fit. `work` is a folder for what may be thrown away; with `given` each
    question is asked of its own document. Raises SuiteError naming the line, BadLabels, GeneratorError, ModelError."""
    chosen, texts, notes = own.items(questions, collection)
    if not chosen:
        raise BadLabels(f"{questions}: no question can be used", remedy="; ".join(notes[:3]))
    suite = Suite(questions.stem, "", Task.EXTRACT, (Regime.CORPUS,), (), documents=texts, collection="given")
    kit = Kit(suite, collection.config, work, embedder=collection.embedder)
    kit.__dict__["collection"] = collection
    generator = collection.generator if llm else None
    regime = Regime.GIVEN if given else Regime.CORPUS
    cases: list[Case] = []
    for number, item in enumerate(chosen):
        progress(number, len(chosen))
        made = row(item, asked(kit, item, llm=llm, regime=regime), texts, "own", "fit")
        if made.drafted or not llm:
            where = item.documents[0] if item.documents else item.id  # what is said of no document stands by itself
            cases.append(replace(made.case, document=where))
    progress(len(chosen), len(chosen))
    silent = len(chosen) - len(cases)
    if silent:
        notes = (
            *notes,
            f"{silent} questions ended before the model was asked, or it did not answer; they do not count",
        )
    encoder = collection.embedder
    about = Made(
        on=(questions.name,),
        items=0,
        answerable=0,
        documents=len(texts),
        risk=risk,
        encoder=encoder.name,
        encoder_key=encoder.key,
        generator=generator.name if generator else "",
        weights="fitted",
        date=datetime.now(UTC).date().isoformat(),
        version=citebound.__version__,
    )
    shipped = files.shipped()
    same = shipped if shipped.made.encoder_key == encoder.key else None
    return Found(fit(cases, about, same, drafts=llm), notes)
