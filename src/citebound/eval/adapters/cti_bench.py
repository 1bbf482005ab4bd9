"""CTI-Bench (Alam et al. 2024): weakness of a vulnerability, its CVSS vector, multiple choice.

`options.task`: "rcm" (CVE description -> CWE; the 2021 set trains, the other tests), "vsp" (description -> CVSS v3.1
vector) or "mcq". None has a document. The corpus is made of labelled training questions, each with its answer; what is
asked for in dev and test is never among them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from citebound.eval.adapters.split import split
from citebound.eval.suite import Item, Suite, SuiteError

if TYPE_CHECKING:
    from citebound.eval.spec import Spec

TRAIN, DEV = 0.4, 0.1
RCM_DEV = 0.1
LETTERS = ("A", "B", "C", "D")


def read(spec: Spec) -> Suite:
    task = spec.chosen({"task": "rcm"})["task"]
    if task == "rcm":
        return _rcm(spec)
    if task == "vsp":
        return _vsp(spec)
    if task == "mcq":
        return _mcq(spec)
    raise SuiteError(f"{spec.path}: options.task must be rcm, vsp or mcq, not {task!r}")


def choice(
    id_: str, row: Mapping[str, str], cluster: str, kind: str, answer: str, letters: tuple[str, ...] = LETTERS
) -> Item:
    """A multiple-choice question with its options in the text; the label is a letter."""
    options = "\n".join(f"{letter}) {row['Option ' + letter].strip()}" for letter in letters)
    return Item(
        id=id_,
        question=f"{row['Question'].strip()}\n{options}",
        cluster=cluster,
        kind=kind,
        answerable=True,
        label=answer,
    )


def solved(row: Mapping[str, str], answer: str) -> str:
    """A training question with its right option written out, as a text to be retrieved."""
    return f"Question: {row['Question'].strip()}\nAnswer: {row['Option ' + answer].strip()}\n"


def _rcm(spec: Spec) -> Suite:
    tested = [_described(row, label=True) for row in spec.table("cti-rcm.tsv.gz")]
    published = [_described(row, label=True) for row in spec.table("cti-rcm-2021.tsv.gz")]
    trained = _without(published, tested)
    sides = split([item.id for item in trained], 1 - RCM_DEV, RCM_DEV)
    train = [item for item in trained if sides[item.id] == "train"]
    labels = sorted({item.label for item in (*trained, *tested)}, key=lambda label: int(label.partition("-")[2]))
    unseen = {item.label for item in tested} - {item.label for item in train}
    count = sum(item.label in unseen for item in tested)
    return spec.suite(
        tested,
        train=train,
        dev=[item for item in trained if sides[item.id] == "dev"],
        labels=labels,
        documents={item.id: item.question for item in train},
        labelled={item.id: item.label for item in train},
        note=f"{len(unseen)} labels of the test, of {count} of its {len(tested)} items, are never in train."
        f" {len(published) - len(trained)} training descriptions that are there twice are left out.",
    )


def _vsp(spec: Spec) -> Suite:
    items = _without([_described(row, label=False) for row in spec.table("cti-vsp.tsv.gz")], [])
    sides = split([item.id for item in items], TRAIN, DEV)
    parts = {part: [item for item in items if sides[item.id] == part] for part in ("train", "dev", "test")}
    return spec.suite(
        parts["test"],
        train=parts["train"],
        dev=parts["dev"],
        documents={item.id: item.question for item in parts["train"]},
        labelled={item.id: item.answers[0] for item in parts["train"]},
    )


def _mcq(spec: Spec) -> Suite:
    rows = spec.table("cti-mcq.tsv.gz")
    sides = split([row["URL"] for row in rows], TRAIN, DEV)
    return choices(spec, [(f"mcq-{n:04d}", row, row["GT"].strip().upper()) for n, row in enumerate(rows)], sides)


def choices(spec: Spec, rows: list[tuple[str, dict[str, str], str]], sides: Mapping[str, str]) -> Suite:
    """A suite of (id, row, right letter), split by URL; a question that is asked of two URLs is asked once, and rows
    without a right letter or a question are left out."""
    parts: dict[str, list[Item]] = {"train": [], "dev": [], "test": []}
    documents: dict[str, str] = {}
    seen: set[str] = set()
    whole = 0
    for id_, row, answer in rows:
        item = choice(id_, row, row["URL"], _site(row["URL"]), answer)
        text = " ".join(item.question.lower().split())
        if answer not in LETTERS or not row["Question"].strip() or text in seen:
            continue
        whole += 1
        seen.add(text)
        side = sides[row["URL"]]
        parts[side].append(item)
        if side == "train" and solved(row, answer) not in documents.values():
            documents[id_] = solved(row, answer)
    left_out = len(rows) - whole
    return spec.suite(
        parts["test"],
        train=parts["train"],
        dev=parts["dev"],
        labels=LETTERS,
        documents=documents,
        note=f"{left_out} rows are left out: asked twice, or without a right letter." if left_out else "",
    )


def _described(row: Mapping[str, str], *, label: bool) -> Item:
    cve = row["URL"].rsplit("/", 1)[-1]
    truth = row["GT"].strip()
    return Item(
        id=cve,
        question=row["Description"].strip(),
        cluster=cve,
        kind="cwe" if label else "cvss",
        answerable=True,
        label=truth if label else "",
        answers=() if label else (truth,),
    )


def _without(items: list[Item], others: list[Item]) -> list[Item]:
    """The items whose text is neither in the others nor earlier among themselves."""
    seen = {_plain(item) for item in others}
    kept = []
    for item in items:
        if _plain(item) not in seen:
            kept.append(item)
        seen.add(_plain(item))
    return kept


def _plain(item: Item) -> str:
    return " ".join(item.question.lower().split())


def _site(url: str) -> str:
    return url.split("/")[2] if url.count("/") > 1 else "other"
