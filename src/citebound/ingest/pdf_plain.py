"""The second PDF parser, pypdf: text by page without geometry, for files that pdfium cannot open."""

from __future__ import annotations

import io
import logging

from pypdf import PdfReader
from pypdf.errors import DependencyError, PyPdfError

from citebound.errors import ParseFailure
from citebound.ingest.draft import Draft, Element, compose, first_heading
from citebound.ingest.limits import Limits
from citebound.ingest.outline import is_heading_line, is_list_line
from citebound.types import BlockKind, Status

BROKEN = (ValueError, TypeError, LookupError, AttributeError, AssertionError, RecursionError, OSError)
NOTE = "read by the second PDF parser: text by page, without places on the page"


def read_pdf_plainly(data: bytes, limits: Limits) -> Draft:
    """Text and blocks, always `partial`. Raises ParseFailure PARSE_ERROR, ENCRYPTED, TOO_LARGE or EMPTY."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise ParseFailure(Status.ENCRYPTED, "the PDF is encrypted", remedy="Save a copy without the password.")
        count = len(reader.pages)
        if count > limits.pages:
            raise ParseFailure(Status.TOO_LARGE, f"the PDF has more than {limits.pages} pages", remedy="Split it.")
        pages = [reader.pages[i].extract_text() for i in range(count)]
    except (PyPdfError, DependencyError, ArithmeticError, *BROKEN) as error:
        raise ParseFailure(
            Status.PARSE_ERROR, f"the PDF is damaged: {error}", remedy="Print it to a new PDF in a viewer."
        ) from error
    text, blocks, _ = compose(element for page in pages for element in _elements(page))
    if not text:
        raise ParseFailure(Status.EMPTY, "the PDF has no text", remedy="Run OCR on it first.")
    return Draft(text, blocks, title=first_heading(text, blocks), pages=count, notes=(NOTE,), partial=True)


def _elements(page: str) -> list[Element]:
    return [Element(_kind(piece), piece) for piece in page.split("\n\n") if piece.strip()]


def _kind(piece: str) -> BlockKind:
    if "\n" not in piece and is_heading_line(piece):
        return BlockKind.TITLE
    return BlockKind.LIST_ITEM if is_list_line(piece) else BlockKind.PARAGRAPH
