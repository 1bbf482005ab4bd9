"""Answers as a user gets them, judged against gold: with the model, by quotes alone, and with the gate off.

    python -m citebound.eval.answers [demo cuad csaf] [--arms model,no_llm,no_gate] [--items N] [--part PART]
                                     [--record] [--failures] [--out FOLDER]

Each question goes through `Collection.stream` to one collection of all documents of its suite, which lies in FOLDER and
is caught up when the documents or the code that reads them change. Which questions: `answers_items`; when an answer is
correct: `answers_judged`. `no_gate` is the very draft of the model arm, shown as it was written.

Every answer is kept as a JSON line, so that a run that was stopped goes on. What other code, another model or another
collection answered is in another file. Texts stay in FOLDER, which git ignores.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

import citebound
from citebound import config as settings
from citebound.answer.ask import Done, EvidenceFound, Token
from citebound.answer.generation import generator as door
from citebound.collection import Collection
from citebound.errors import CiteboundError, ConfigError
from citebound.eval import journal, spec
from citebound.eval.answers_items import CHOSEN, PARTS, choose
from citebound.eval.answers_judged import Judged, drafted, figures_of, judge, sentences
from citebound.eval.figures import Figure, record
from citebound.eval.kit import Kit
from citebound.eval.suite import Item, Regime, Suite
from citebound.types import Answer, Passage

WORK = Path("eval/work")
FOLDER = WORK / "answers"
ARMS = ("model", "no_llm", "no_gate")
ROOMS = ("citebound.answer", "citebound.indexes", "citebound.ingest", "citebound.collection", "citebound.types")
DATA = frozenset({".txt", ".json", ".toml", ".sql"})
COMMAND = "python -m citebound.eval.answers"


def ask(kit: Kit, items: Sequence[Item], path: Path, *, llm: bool) -> list[dict[str, Any]]:
    """The row of every item, in order; those that are in `path` are not asked again."""
    known = {row["id"]: row for row in map(json.loads, journal.lines(path))}
    missing = [item for item in items if item.id not in known]
    if missing and llm:
        assert kit.collection.generator  # the model answers before the first question, or the error says why not
    for item in track(missing, path.stem, transient=True, disable=not sys.stderr.isatty()):
        known[item.id] = asked(kit, item, llm=llm)
        journal.append(path, [json.dumps(known[item.id], ensure_ascii=False)])
    return [known[item.id] for item in items]


def asked(kit: Kit, item: Item, *, llm: bool) -> dict[str, Any]:
    """One question asked, with all that is needed to judge the answer, and to read it. Seconds are since the question;
    those of what did not happen are None."""
    question = item.asked(Regime.CORPUS).text
    begun = time.monotonic()
    seconds: dict[str, float | None] = {"evidence": None, "first_token": None, "done": None}
    draft, answer = "", None
    given: tuple[Passage, ...] = ()
    for event in kit.collection.stream(question, llm=llm):
        now = time.monotonic() - begun
        if isinstance(event, EvidenceFound):
            seconds["evidence"], given = now, event.passages
        elif isinstance(event, Token):
            seconds["first_token"] = seconds["first_token"] or now
            draft += event.text
        elif isinstance(event, Done):
            seconds["done"], answer = now, event.answer
    assert answer is not None
    return {
        "id": item.id,
        "kind": item.kind,
        "question": question,
        "outcome": answer.outcome,
        "text": answer.text,
        "reason": answer.reason,
        "sentences": _sentences(kit, answer),
        "draft": draft,
        "passages": [_placed(kit, p) for p in given],
        "seconds": seconds,
        "signals": _signals(answer),
    }


def _sentences(kit: Kit, answer: Answer) -> list[dict[str, Any]]:
    return [
        {
            "text": s.text,
            "verdict": s.verdict,
            "reason": s.reason,
            "quotes": [{**_at(kit, c), "text": c.quote} for c in s.citations],
        }
        for s in answer.sentences
    ]


def _placed(kit: Kit, passage: Passage) -> dict[str, Any]:
    return {**_at(kit, passage), "text": passage.text, "context": passage.context}


def _at(kit: Kit, found: Any) -> dict[str, Any]:
    place = kit.place(found)
    return {"document": place.document, "start": place.span.start, "end": place.span.end}


def _signals(answer: Answer) -> dict[str, float]:
    """The numbers of the receipt, and how the gate judged the draft's sentences."""
    receipt = asdict(answer.receipt) if answer.receipt else {}
    numbers = {key: float(value) for key, value in receipt.items() if isinstance(value, (int, float))}
    return numbers | {f"sentences_{v}": float(n) for v, n in Counter(s.verdict.value for s in answer.sentences).items()}


def made_by(collection: Collection, *, llm: bool) -> str:
    """What answers depend on: the code that is loaded, its data, the collection's content and the models' settings."""
    digest = hashlib.sha256()
    package = Path(citebound.__file__).parent
    for path in sorted(path for room in ("answer", "indexes", "ingest") for path in (package / room).rglob("*.*")):
        if path.suffix in DATA:
            digest.update(path.read_bytes())
    for name in sorted(sys.modules):
        file = getattr(sys.modules[name], "__file__", None)
        if file and name.startswith(ROOMS):
            digest.update(Path(file).read_bytes())
    config = collection.config
    digest.update(repr((collection.stats()["generation"], config.encoder, config.evidence_tokens)).encode())
    if llm:
        digest.update(repr((config.generator, config.base_url, config.answer_tokens, door.SEED)).encode())
    return digest.hexdigest()[:12]


def run(
    kit: Kit, items: Sequence[Item], arms: Sequence[str], name: str, out: Path
) -> Iterator[tuple[str, Path, list[Judged]]]:
    """For each arm its name, the file of its rows, and what they are worth. `name` is SUITE, or SUITE.PART."""
    marks = {llm: made_by(kit.collection, llm=llm) for llm in (True, False)}
    for arm in arms:
        llm = arm != "no_llm"
        path = out / f"{name}.{'model' if llm else arm}.{marks[llm]}.jsonl"
        rows = ask(kit, items, path, llm=llm)
        texts = kit.suite.documents
        judged = [judge(i, row, texts, gated=arm != "no_gate") for i, row in zip(items, rows, strict=True)]
        yield arm, path, judged


def readable(judged: Sequence[Judged], rows: Mapping[str, Mapping[str, Any]], suite: Suite, *, gated: bool) -> str:
    """The questions that did not end right, for a person to read."""
    made = []
    for j in judged:
        if j.right:
            continue
        row = rows[j.item.id]
        said = sentences(row) if gated or not row["draft"] else drafted(row)
        gold = [" ".join(g.span.of(suite.documents[g.document]).split())[:400] for g in j.item.gold[:3]]
        made.append(
            "\n".join(
                [
                    f"## {j.item.id} ({j.item.kind}): {j.end}, sufficiency {row['signals'].get('sufficiency', 0):.2f}",
                    f"question: {row['question']}",
                    f"document: {', '.join(j.item.documents)}",
                    f"accepted: {' / '.join(j.item.answers[:3]) or '(none)'}",
                    *(f"gold: {text}" for text in gold),
                    *(f"shown: {one.text} <{', '.join(p.document for p in one.places)}>" for one in said),
                    *([f"draft: {row['draft']}"] if row["draft"] else []),
                    *(f"removed: {s['text']} -- {s['reason']}" for s in row["sentences"] if s["verdict"] == "removed"),
                    *(
                        f"given {n}: <{p['document']}> {' '.join(p['text'].split())[:300]}"
                        for n, p in enumerate(row["passages"], 1)
                    ),
                    f"{row['outcome']}: {row['reason']}",
                ]
            )
        )
    return "\n\n".join(made) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suites", nargs="*", choices=[[], *CHOSEN], help="which; all without any")
    parser.add_argument("--arms", default=",".join(ARMS), help=f"some of {','.join(ARMS)}")
    parser.add_argument("--items", type=int, help="how many questions of each suite; 0 for all")
    parser.add_argument("--part", choices=PARTS, help="another part of the suites than the one that is reported")
    parser.add_argument("--record", action="store_true", help="write the figures into eval/results/figures.jsonl")
    parser.add_argument(
        "--failures", action="store_true", help="write what did not end right beside the answers; with --part alone"
    )
    parser.add_argument("--out", type=Path, default=FOLDER, help="where collections and answers lie")
    given = parser.parse_args()
    arms = [arm for arm in given.arms.split(",") if arm]
    if strange := [arm for arm in arms if arm not in ARMS]:
        parser.error(f"there is no arm {strange[0]!r}: choose some of {', '.join(ARMS)}")
    if given.failures and not given.part:
        parser.error("--failures reads what figures are made of: name another part with --part")
    console = Console(highlight=False, soft_wrap=True)
    try:
        for name in given.suites or CHOSEN:
            _suite(name, arms, given, console)
    except CiteboundError as error:
        console.print(f"{error}\n{error.remedy}".rstrip(), style="red", markup=False)
        return error.exit_code
    return 0


def _suite(name: str, arms: Sequence[str], given: argparse.Namespace, console: Console) -> None:
    chosen = CHOSEN[name]
    part = given.part or chosen.part
    count = chosen.items if given.items is None else given.items
    try:
        suite = spec.load(name)
    except spec.SuiteAbsent as absent:
        console.print(str(absent), markup=False)
        return
    items = choose(suite, part, count)
    if given.record and len(items) < chosen.fewest:
        raise ConfigError(
            f"{name}: {len(items)} questions are too few for a figure", remedy=f"Ask at least {chosen.fewest}."
        )
    called = name if part == chosen.part else f"{name}.{part}"
    kit = Kit(suite, settings.load(), given.out / name)
    _begun(kit, WORK / "suites" / name)
    with kit.collection:
        for arm, path, judged in run(kit, items, arms, called, given.out):
            figures = figures_of(judged, f"answers.{called}.{arm}")
            _print(console, called, arm, judged, figures, path)
            late = _late(path, kit.config.generator_timeout)
            if late:
                console.print(f"{late} answers ran into CITEBOUND_GENERATOR_TIMEOUT: is the machine busy?", style="red")
            if given.failures:
                rows = {row["id"]: row for row in map(json.loads, journal.lines(path))}
                there = path.with_suffix(f".{arm}.txt")
                there.write_text(readable(judged, rows, suite, gated=arm != "no_gate"), "utf-8")
                console.print(f"what did not end right: {there}")
            if given.record:
                note = f" ({chosen.note})" if chosen.note else ""
                record(figures, f"{COMMAND} {name} --record{note}")


def _begun(kit: Kit, elsewhere: Path) -> None:
    """Begin with the collection that a board has made of the suite, if there is one: the same sentences need no new
    vectors. It is caught up like any other, and the board's stays as it is."""
    mine = kit.work / "collection" / "store.db"
    there = elsewhere / kit.encoder_name / "collection" / "store.db"
    if mine.exists() or not there.exists():
        return
    mine.parent.mkdir(parents=True, exist_ok=True)
    half = mine.with_name("store.db.new")
    half.unlink(missing_ok=True)
    with closing(sqlite3.connect(f"file:{there}?mode=ro", uri=True)) as old, closing(sqlite3.connect(half)) as new:
        old.backup(new)
    half.replace(mine)


def _late(path: Path, limit: float) -> int:
    """How many of the kept answers took the model as long as it may take, so that quotes stand in for it."""
    rows = map(json.loads, journal.lines(path))
    return sum(row["signals"].get("generation_seconds", 0.0) >= limit for row in rows)


def _print(
    console: Console, name: str, arm: str, judged: Sequence[Judged], figures: Sequence[Figure], path: Path
) -> None:
    console.print(
        f"\n{name}, {arm}: {len(judged)} questions, {len({j.item.cluster for j in judged})} documents ({path})"
    )
    for figure in figures:
        low, high = figure.low or 0.0, figure.high or 0.0
        of = (
            f"{figure.numerator:g} of {figure.denominator:g}"
            if isinstance(figure.numerator, int)
            else f"n = {figure.denominator:g}"
        )
        console.print(f"{figure.name:<52} {figure.value:.3f}  [{low:.3f}, {high:.3f}]  {of}", markup=False)
    for kind in sorted({j.item.kind for j in judged}):
        ends = Counter("correct" if j.right and j.shown else j.end for j in judged if j.item.kind == kind)
        console.print(f"    {kind:<40} " + ", ".join(f"{n} {end}" for end, n in sorted(ends.items())), markup=False)


if __name__ == "__main__":
    sys.exit(main())
