"""XLSX: every filled row of every sheet, under the name of the sheet."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, datetime, time
from zipfile import BadZipFile

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from citebound.errors import ParseFailure
from citebound.ingest.draft import Draft, Element, compose, title_of
from citebound.ingest.limits import Limits
from citebound.types import BlockKind, Status


def read_workbook(data: bytes, limits: Limits) -> Draft:
    """One table row for each filled row, cells parted by tabs; values as last computed. Rows past the cap are noted."""
    notes: list[str] = []
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            text, blocks, _ = compose(_elements(book, limits, notes))
            title = str(book.properties.title or "")
        finally:
            book.close()
    except (InvalidFileException, BadZipFile, KeyError, ValueError, TypeError, SyntaxError) as error:
        raise ParseFailure(
            Status.PARSE_ERROR, f"the workbook is damaged: {error}", remedy="Open it in Excel and save it anew."
        ) from error
    return Draft(text, blocks, title=title_of(title, "", ()), notes=tuple(notes), partial=bool(notes))


def _elements(book: openpyxl.Workbook, limits: Limits, notes: list[str]) -> Iterator[Element]:
    cells = 0
    for sheet in book.worksheets:
        yield Element(BlockKind.TITLE, sheet.title, 1)
        for row in sheet.iter_rows(values_only=True):
            cells += len(row)
            if cells > limits.cells:
                notes.append(f"only the first {limits.cells:,} cells were read")
                return
            filled = [_printed(value) for value in row if value is not None]
            if filled:
                yield Element(BlockKind.TABLE_ROW, "\t".join(filled))


def _printed(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes") if value.time() != time() else value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return " ".join(str(value).split())
