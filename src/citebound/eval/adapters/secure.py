"""SECURE (Bhusal et al. 2024): true or false about a CVE record, and multiple choice on weaknesses and techniques.

`options.task`: "kcv" (a statement and the CVE record, one field to a line), "vood" (the same statements without a
record: the right answer is that one cannot know), "cwet" (MITRE CWE) or "maet" (ATT&CK for industrial control systems),
both multiple choice.
The ids of kcv and vood are the same but for their first part, so that answers pair.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from citebound.eval.adapters import cti_bench
from citebound.eval.adapters.split import split
from citebound.eval.suite import Item, Suite, SuiteError

if TYPE_CHECKING:
    from citebound.eval.spec import Spec

STATEMENT = {"T": "True", "F": "False"}
UNKNOWN = "Unknown"
LABELS = (*STATEMENT.values(), UNKNOWN)
BEFORE = "You are given the following JSON data as context: "
AFTER = "Based on the context, you have to"
NO_RECORD = ("no-record.txt", "No CVE record is given with this statement.\n")


def read(spec: Spec) -> Suite:
    task = spec.chosen({"task": "kcv"})["task"]
    if task == "kcv":
        return _kcv(spec)
    if task == "vood":
        return _vood(spec)
    if task not in ("cwet", "maet"):
        raise SuiteError(f"{spec.path}: options.task must be kcv, vood, cwet or maet, not {task!r}")
    rows = spec.table(f"{task.upper()}.tsv.gz")
    sides = split([row["URL"] for row in rows], cti_bench.TRAIN, cti_bench.DEV)
    return cti_bench.choices(
        spec, [(f"{task}-{n:04d}", row, row["Correct Answer"].strip()) for n, row in enumerate(rows)], sides
    )


def _kcv(spec: Spec) -> Suite:
    rows = spec.table("KCV.tsv.gz")
    sides = split([row["URL"] for row in rows], cti_bench.TRAIN, cti_bench.DEV)
    parts: dict[str, list[Item]] = {"train": [], "dev": [], "test": []}
    documents: dict[str, str] = {}
    for number, row in enumerate(rows):
        name = row["URL"].rsplit("/", 1)[-1]
        packed, _, _ = row["Prompt"].removeprefix(BEFORE).partition(AFTER)
        try:
            record = json.dumps(json.loads(packed), ensure_ascii=False, indent=1)
        except json.JSONDecodeError as error:
            raise SuiteError(f"{spec.name}, kcv-{number:04d}: the prompt has no record: {error}") from error
        if documents.setdefault(name, record) != record:
            raise SuiteError(f"{spec.name}, kcv-{number:04d}: {name} has two texts")
        parts[sides[row["URL"]]].append(
            Item(
                id=f"kcv-{number:04d}",
                question=row["Question"].strip(),
                cluster=name,
                kind="record",
                answerable=True,
                documents=(name,),
                label=STATEMENT[row["Correct Answer"]],
            )
        )
    return spec.suite(parts["test"], train=parts["train"], dev=parts["dev"], documents=documents, labels=LABELS)


def _vood(spec: Spec) -> Suite:
    name, text = NO_RECORD
    items = [
        Item(
            id=f"vood-{number:04d}",
            question=row["Question"].strip(),
            cluster=row["URL"].rsplit("/", 1)[-1],
            kind="no record",
            answerable=False,
            documents=(name,),
            label=UNKNOWN,
        )
        for number, row in enumerate(spec.table("VOOD.tsv.gz"))
    ]
    return spec.suite(items, documents={name: text}, labels=LABELS)
