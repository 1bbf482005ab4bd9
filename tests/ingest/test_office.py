import io
import socket
from collections.abc import Iterator
from email.message import EmailMessage

import openpyxl
import pptx
import pytest

from citebound.errors import ParseFailure
from citebound.ingest.limits import Limits
from citebound.ingest.office import warm
from citebound.ingest.parse import Parsed, parse
from citebound.types import BlockKind, Status
from tests.ingest.files import docx, para

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::SyntaxWarning")
HTML = (
    "<html><head><title>Service Terms</title><meta http-equiv='refresh' content='0;url=http://127.0.0.1:9/'>"
    "<base href='http://127.0.0.1:9/'></head><body><h1>Terms</h1><p>The supplier shall deliver the goods.</p>"
    "<img src='http://127.0.0.1:9/x.png'><iframe src='file:///etc/passwd'></iframe><ul><li>First item here</li></ul>"
    "<h2>Fees</h2><table><tr><td>Fee</td><td>100 EUR</td></tr>"
    "<tr><td>Term</td><td>One year</td></tr></table></body></html>"
)


class Reached(AssertionError):
    pass


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Any look-up or connection is an error: reading a file stays at home."""

    def refuse(*args: object, **more: object) -> None:
        raise Reached(f"reached for the network: {args}")

    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", refuse)
        patch.setattr(socket.socket, "connect", refuse)
        yield


def read(name: str, data: bytes, limits: Limits | None = None) -> Parsed:
    return parse(name, data, limits or Limits())


def blocks(parsed: Parsed) -> list[tuple[str, str]]:
    return [(block.kind.value, block.span.of(parsed.document.text)) for block in parsed.document.blocks]


def test_warming_up_needs_no_network() -> None:
    warm()


def test_html_keeps_headings_lists_and_rows() -> None:
    parsed = read("a.html", HTML.encode())
    assert blocks(parsed) == [
        ("title", "Terms"),
        ("paragraph", "The supplier shall deliver the goods."),
        ("list_item", "First item here"),
        ("title", "Fees"),
        ("table_row", "Fee\t100 EUR"),
        ("table_row", "Term\tOne year"),
    ]
    assert parsed.document.title == "Service Terms"
    assert [section.heading for section in parsed.document.sections] == ["Terms", "Fees"]


@pytest.mark.timeout(60)
def test_html_of_nested_tags_is_not_ok_without_its_text() -> None:
    deep = b"<html><body>" + b"<div>" * 200_000 + b"the text at the bottom" + b"</div>" * 200_000
    try:
        parsed = read("a.html", deep)
    except ParseFailure as failure:
        assert failure.status in (Status.EMPTY, Status.PARSE_ERROR)
    else:
        assert "the text at the bottom" in parsed.document.text


def test_xml_is_read_but_not_with_entities() -> None:
    assert "Ship on Monday" in read("a.xml", b"<?xml version='1.0'?><o><n>Ship on Monday</n></o>").document.text
    hostile = b"<?xml version='1.0'?><!DOCTYPE o [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><o>before &x; after</o>"
    with pytest.raises(ParseFailure) as caught:
        read("a.xml", hostile)
    assert caught.value.status is Status.PARSE_ERROR


def test_an_email_is_read_without_its_attachments() -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", "Notice of breach"
    message.set_content("We hereby give notice of a material breach of the agreement.\n")
    message.add_attachment(b"do not read", maintype="text", subtype="plain", filename="../../etc/cron.d/x")
    parsed = read("a.eml", bytes(message))
    assert "notice of a material breach" in parsed.document.text
    assert "do not read" not in parsed.document.text
    assert parsed.document.title == "Notice of breach"


def test_slides_are_read() -> None:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "Findings"
    slide.placeholders[1].text = "Two critical issues were found in the portal."
    out = io.BytesIO()
    deck.save(out)
    assert "Two critical issues" in read("a.pptx", out.getvalue()).document.text


def workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Fees"
    sheet.append(["Item", "Price"])
    sheet.append(["Licence", 100.0])
    sheet["A9"] = "last"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_workbook_gives_its_filled_rows() -> None:
    assert blocks(read("a.xlsx", workbook())) == [
        ("title", "Fees"),
        ("table_row", "Item\tPrice"),
        ("table_row", "Licence\t100"),
        ("table_row", "last"),
    ]


def test_a_workbook_past_the_cap_is_partial() -> None:
    parsed = read("a.xlsx", workbook(), Limits(cells=3))
    assert parsed.status is Status.PARTIAL
    assert "Licence" not in parsed.document.text


def test_unstructured_finds_nothing_in_a_docx_that_we_do_not() -> None:
    from unstructured.partition.docx import partition_docx

    body = (
        para("The supplier delivers the goods.")
        + f"<w:tbl><w:tr><w:tc>{para('Fee')}</w:tc><w:tc>{para('100')}</w:tc></w:tr></w:tbl>"
    )
    data = docx(body)
    theirs = " ".join(element.text for element in partition_docx(file=io.BytesIO(data), languages=["eng"])).split()
    assert set(theirs) <= set(read("a.docx", data).document.text.split())


def test_nothing_read_here_counts_as_paged() -> None:
    assert read("a.html", HTML.encode()).document.info.pages == 0
    assert BlockKind.HIDDEN not in {block.kind for block in read("a.html", HTML.encode()).document.blocks}


def test_what_stands_outside_of_main_is_read_and_menus_are_not() -> None:
    page = (
        "<html><body><nav><a>Home</a></nav><header><h1>Incident Report INC-7</h1><dl><dt>Date</dt><dd>May 3, 2026</dd>"
        "</dl></header><main><h2>1. Summary</h2><p>A file was taken from the server.</p></main>"
        "<footer><p>Written by the security team.</p></footer></body></html>"
    )
    parsed = read("incident.html", page.encode())
    assert parsed.document.text.split("\n\n") == [
        "Incident Report INC-7",
        "Date",
        "May 3, 2026",
        "1. Summary",
        "A file was taken from the server.",
        "Written by the security team.",
    ]
    assert parsed.status is Status.OK
