"""Rows written by hand (`eval.rows`): the demo suite over the sample files, and a user's own over a collection.

Options: `rows` (a JSONL file beside the suite; its own name if not given); `collection` (the name or path of a
collection that is there; without it, the documents are the files of `data`). The labels are those of [prompts.words].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from citebound import config as settings
from citebound.collection import Collection
from citebound.eval import rows
from citebound.eval.suite import Item, Suite, SuiteError
from citebound.ingest.limits import Limits
from citebound.ingest.worker import ParserPool

if TYPE_CHECKING:
    from citebound.eval.spec import Spec


def read(spec: Spec) -> Suite:
    options = spec.chosen({"rows": "", "collection": ""})
    path = spec.path.parent / (options["rows"] or f"{spec.path.stem}.jsonl")
    if not path.is_file():
        raise SuiteError(f"{spec.path}: there are no rows in {path}")
    written = rows.load(path)
    files: Sequence[Path] = ()
    if options["collection"]:
        with Collection.open(options["collection"]) as collection:
            texts = texts_of(collection)
    else:
        files = sorted(path for path in spec.find().iterdir() if path.is_file())
        with ParserPool(Limits.of(settings.load())) as pool:
            texts = {path.name: pool.parse(path).document.text for path in files}
    return suite(spec, written, texts, files, options["collection"])


def suite(
    spec: Spec, written: Sequence[rows.Row], texts: Mapping[str, str], files: Sequence[Path] = (), collection: str = ""
) -> Suite:
    """The suite of these rows over these texts. Raises SuiteError for gold that does not stand there."""
    parts: dict[str, list[Item]] = {split: [] for split in rows.SPLITS}
    for row in written:
        parts[row.split].append(item(row, texts))
    return spec.suite(
        parts["test"],
        train=parts["train"],
        dev=parts["dev"],
        documents=texts,
        labels=tuple(spec.prompts.words),
        files=files,
        collection=collection,
    )


def texts_of(collection: Collection) -> dict[str, str]:
    """The texts of a collection by file name. Raises SuiteError if two documents have the same file name."""
    made: dict[str, str] = {}
    for info, *_, sources in collection.documents():
        text = collection.document(info.id).text
        for source in sources:
            if made.setdefault(source.name, text) != text:
                raise SuiteError(
                    f"two documents of the collection {collection.name!r} have the file name {source.name!r}",
                    remedy="Rename one of the files and ingest again: questions name their document by its file name.",
                )
    return made


def item(row: rows.Row, texts: Mapping[str, str]) -> Item:
    """A row as an item, its gold places found in the texts. Raises SuiteError naming the row."""
    return Item(
        id=row.id,
        question=row.question,
        cluster=row.cluster,
        kind=row.kind,
        answerable=row.answerable,
        documents=row.documents,
        label=row.label,
        answers=row.answers,
        gold=tuple(rows.places(row, texts)),
    )
