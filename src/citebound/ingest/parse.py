"""One file in, one Document out: the gate, the reader for its kind, the sections."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from citebound.errors import ParseFailure
from citebound.ingest import gate
from citebound.ingest.draft import Draft, printable
from citebound.ingest.gate import Kind
from citebound.ingest.limits import Limits
from citebound.ingest.plain import read_markdown, read_text
from citebound.ingest.profile import Profile, shipped
from citebound.ingest.sections import sections
from citebound.ingest.structure import ADVISORIES, structured
from citebound.types import ASIDE, Document, DocumentInfo, Status

__all__ = ["PARSER_VERSION", "Limits", "Parsed", "parse"]

PARSER_VERSION = "citebound-4"
"""Goes into ``DocumentInfo.parser``; raised when the same bytes would give another text, blocks or sections."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document and how well it was read: OK, or PARTIAL where a part of the file is missing from the text."""

    document: Document
    status: Status


def parse(
    name: str,
    data: bytes,
    limits: Limits,
    *,
    second: bool = False,
    profiles: Sequence[Profile] | None = None,
    forced: str = "",
) -> Parsed:
    """Reads one file. `name` gives the extension and, failing better, the title; `second` means the second PDF parser.

    `profiles` are the kinds of documents that are known (None: the shipped ones), `forced` the name of one to be taken
    whatever the document looks like.

    Raises ParseFailure with the status, what is wrong, and a remedy. Runs whatever the bytes make it run: untrusted
    files go through `worker.ParserPool`, which calls this in a child process.
    """
    if len(data) > limits.bytes:
        raise ParseFailure(
            Status.TOO_LARGE, f"{name} has {len(data):,} bytes, more than {limits.bytes:,}", remedy=SPLIT
        )
    kind = gate.admit(name, data)
    draft = _reader(kind, second)(data, limits)
    if len(draft.text) > limits.characters:
        raise ParseFailure(
            Status.TOO_LARGE, f"{name} has more than {limits.characters:,} characters of text", remedy=SPLIT
        )
    if not any(block.kind not in ASIDE and block.span.of(draft.text).strip("\ufeff \n\t") for block in draft.blocks):
        raise ParseFailure(Status.EMPTY, f"{name} has no text", remedy=OCR if kind is Kind.PDF else "")
    document = _document(name, data, kind, draft)
    if kind is Kind.CSAF:
        from citebound.ingest.csaf import csaf_structure

        facts, findings = csaf_structure(data, document.text)
        document = replace(document, kind=forced or ADVISORIES, facts=facts, findings=findings)
    else:
        document = structured(document, shipped() if profiles is None else profiles, forced)
    return Parsed(document, Status.PARTIAL if draft.partial else Status.OK)


SPLIT = "Split it into smaller files, or raise the limit in the settings."
OCR = "It may be a scan: run OCR on it first (for example `ocrmypdf in.pdf out.pdf`) and ingest the result."


def _reader(kind: Kind, second: bool) -> Callable[[bytes, Limits], Draft]:
    """The reader for one kind; the libraries behind it are imported only now."""
    if kind is Kind.TEXT:
        return lambda data, limits: read_text(data)
    if kind is Kind.MARKDOWN:
        return lambda data, limits: read_markdown(data)
    if kind is Kind.CSAF:
        from citebound.ingest.csaf import read_csaf

        return lambda data, limits: read_csaf(data)
    if kind is Kind.PDF and second:
        from citebound.ingest.pdf_plain import read_pdf_plainly

        return read_pdf_plainly
    if kind is Kind.PDF:
        from citebound.ingest.pdf import read_pdf

        return read_pdf
    if kind is Kind.DOCX:
        from citebound.ingest.docx import read_docx

        return read_docx
    if kind is Kind.XLSX:
        from citebound.ingest.workbook import read_workbook

        return read_workbook
    from citebound.ingest.office import read_office

    return lambda data, limits: read_office(kind, data, limits)


def _document(name: str, data: bytes, kind: Kind, draft: Draft) -> Document:
    info = DocumentInfo(
        id=hashlib.sha256(data).hexdigest(),
        title=_title(name, draft),
        media_type=gate.MEDIA_TYPES[kind],
        text_sha256=hashlib.sha256(draft.text.encode("utf-8")).hexdigest(),
        parser=PARSER_VERSION,
        pages=draft.pages,
    )
    return Document(info, draft.text, draft.blocks, draft.lines, sections(draft.text, draft.blocks), draft.notes)


def _title(name: str, draft: Draft) -> str:
    return printable(" ".join(draft.title.split())[:200] or PurePath(name).stem)
