"""How a parsed document crosses from the child to us: JSON of bounded size, validated before it is believed."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, BinaryIO

from citebound.errors import ParseFailure
from citebound.ingest.draft import UNPRINTABLE
from citebound.ingest.parse import Parsed
from citebound.types import (
    Block,
    BlockKind,
    Document,
    DocumentInfo,
    Fact,
    Finding,
    Line,
    Reference,
    Section,
    Span,
    Status,
    Term,
)

LENGTH = struct.Struct(">Q")
NETWORK_NAMESPACE = "network namespace + rlimits"
RLIMITS_ONLY = "rlimits"
SCALE = 100
"""Coordinates travel as whole hundredths of a point."""


def send(sink: BinaryIO, payload: bytes) -> None:
    """Writes one frame: eight bytes of length, then the payload."""
    sink.write(LENGTH.pack(len(payload)))
    sink.write(payload)
    sink.flush()


def receive(source: BinaryIO) -> bytes | None:
    """Reads one frame; None at the end of the stream."""
    head = source.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    payload = source.read(length)
    return payload if len(payload) == length else None


def encode(parsed: Parsed) -> bytes:
    """The reply of a child that could read its file."""
    document = parsed.document
    info = document.info
    return _bytes(
        {
            "status": parsed.status,
            "info": [info.id, info.title, info.media_type, info.text_sha256, info.parser, info.pages],
            "text": document.text,
            "blocks": [[b.kind, b.span.start, b.span.end, b.level] for b in document.blocks],
            "lines": [[ln.span.start, ln.page, _whole(ln.box), _whole(ln.advances)] for ln in document.lines],
            "sections": [[s.span.start, s.span.end, s.number, s.heading, s.level, s.parent] for s in document.sections],
            "notes": document.notes,
            "kind": document.kind,
            "terms": [[t.term, *_ends(t.span), *_ends(t.definition), t.scope] for t in document.terms],
            "references": [[*_ends(r.span), r.target, r.section] for r in document.references],
            "facts": [_fact_fields(f) for f in document.facts],
            "findings": [[*_ends(f.span), f.title, [_fact_fields(x) for x in f.fields]] for f in document.findings],
        }
    )


def encode_failure(failure: ParseFailure) -> bytes:
    """The reply of a child that could not."""
    return _bytes({"failure": [failure.status, str(failure), failure.remedy]})


def decode(reply: bytes) -> Parsed:
    """The document of a reply. Raises the ParseFailure that it carries, or PARSE_ERROR for one that is not sound."""
    try:
        fields = json.loads(reply)
        if "failure" in fields:
            status, message, remedy = fields["failure"]
            raise ParseFailure(Status(status), str(message), remedy=str(remedy))
        return Parsed(_document(fields), Status(fields["status"]))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise ParseFailure(Status.PARSE_ERROR, f"the parser's reply is not sound: {error}") from error


def _ends(span: Span) -> tuple[int, int]:
    return span.start, span.end


def _fact_fields(fact: Fact) -> list[object]:
    return [fact.name, fact.value, *_ends(fact.span), fact.note]


def _bytes(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")


def _whole(values: Sequence[float]) -> list[int]:
    return [round(v * SCALE) for v in values]


def _document(fields: dict[str, Any]) -> Document:
    text = fields["text"]
    if not isinstance(text, str) or UNPRINTABLE.search(text):
        raise ValueError("text with NUL or lone surrogates")
    id_, title, media_type, text_sha256, parser, pages = fields["info"]
    document = Document(
        DocumentInfo(str(id_), str(title), str(media_type), str(text_sha256), str(parser), int(pages)),
        text,
        tuple(Block(BlockKind(kind), _span(text, a, b), int(level)) for kind, a, b, level in fields["blocks"]),
        tuple(_line(text, *line) for line in fields["lines"]),
        tuple(Section(_span(text, a, b), str(n), str(h), int(lv), p) for a, b, n, h, lv, p in fields["sections"]),
        tuple(str(note) for note in fields["notes"]),
        str(fields["kind"]),
        tuple(Term(str(t), _span(text, a, b), _span(text, c, d), s) for t, a, b, c, d, s in fields["terms"]),
        tuple(Reference(_span(text, a, b), str(target), s) for a, b, target, s in fields["references"]),
        tuple(_fact(text, *fact) for fact in fields["facts"]),
        tuple(
            Finding(_span(text, a, b), str(title), tuple(_fact(text, *fact) for fact in found))
            for a, b, title, found in fields["findings"]
        ),
    )
    _check_order(document)
    return document


def _span(text: str, start: int, end: int) -> Span:
    if end > len(text):
        raise ValueError(f"a span reaches {end} in a text of {len(text)} characters")
    return Span(start, end)


def _fact(text: str, name: str, value: str, start: int, end: int, note: str) -> Fact:
    return Fact(str(name), str(value), _span(text, start, end), str(note))


def _line(text: str, start: int, page: int, box: Sequence[int], advances: Sequence[int]) -> Line:
    if len(box) != 4 or not advances:
        raise ValueError("a line without a box or without advances")
    left, top, right, bottom = (v / SCALE for v in box)
    span = _span(text, start, start + len(advances) - 1)
    return Line(span, int(page), (left, top, right, bottom), tuple(v / SCALE for v in advances))


def _check_order(document: Document) -> None:
    if any(after.span.start < before.span.end for before, after in pairwise(document.blocks)):
        raise ValueError("blocks overlap or are out of order")
    if any(after.span.start < before.span.end for before, after in pairwise(document.lines)):
        raise ValueError("lines overlap or are out of order")
    for i, section in enumerate(document.sections):
        if section.parent is not None and not (isinstance(section.parent, int) and 0 <= section.parent < i):
            raise ValueError("a section's parent does not come before it")
    known = range(len(document.sections))
    meant = [t.scope for t in document.terms] + [r.section for r in document.references]
    if any(i is not None and i not in known for i in meant):
        raise ValueError("a term or a reference names a section that is not there")
