import json
from typing import Any

import pytest

from citebound.errors import ParseFailure
from citebound.ingest import wire
from citebound.ingest.limits import Limits
from citebound.ingest.parse import parse
from citebound.types import Status
from tests.ingest.files import PROSE, lines, pdf

PARSED = parse("a.pdf", pdf(lines("1. Term", y=750, size=18), lines(*PROSE)), Limits())


def test_a_document_crosses_unchanged() -> None:
    there = wire.decode(wire.encode(PARSED))
    assert there.status is Status.OK
    assert there.document.text == PARSED.document.text
    assert there.document.blocks == PARSED.document.blocks
    assert there.document.sections == PARSED.document.sections
    assert there.document.info == PARSED.document.info
    for line, same in zip(PARSED.document.lines, there.document.lines, strict=True):
        assert (line.span, line.page) == (same.span, same.page)
        assert same.advances == pytest.approx(line.advances, abs=0.006)


def test_a_failure_crosses_with_its_remedy() -> None:
    with pytest.raises(ParseFailure, match="it is locked") as caught:
        wire.decode(wire.encode_failure(ParseFailure(Status.ENCRYPTED, "it is locked", remedy="unlock it")))
    assert (caught.value.status, caught.value.remedy) == (Status.ENCRYPTED, "unlock it")


def spoil(**changes: Any) -> bytes:
    return json.dumps({**json.loads(wire.encode(PARSED)), **changes}).encode()


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        spoil(text="short"),
        spoil(text="lone \ud800 surrogate" + PARSED.document.text),
        spoil(text="\0" + PARSED.document.text),
        spoil(text=7),
        spoil(blocks=[["paragraph", 5, 2, 0]]),
        spoil(blocks=[["paragraph", 0, 10**9, 0]]),
        spoil(blocks=[["paragraph", 0, 9, 0], ["paragraph", 5, 12, 0]]),
        spoil(blocks=[["poem", 0, 9, 0]]),
        spoil(lines=[[0, 1, [0, 0, 5], [0, 1]]]),
        spoil(lines=[[0, 1, [0, 0, 5, 5], [0] * 10_000]]),
        spoil(lines=[[0, 1, [0, 0, 5, 5], ["x"]]]),
        spoil(sections=[[0, 5, "1", "x", 1, 0]]),
        spoil(status="fine"),
        spoil(info=["only", "two"]),
    ],
)
def test_a_reply_that_is_not_sound_is_refused(reply: bytes) -> None:
    with pytest.raises(ParseFailure) as caught:
        wire.decode(reply)
    assert caught.value.status is Status.PARSE_ERROR
