import io
import struct
import zipfile
import zlib

import pytest

from citebound.errors import ParseFailure
from citebound.ingest.gate import Archive, Kind, admit, sniff
from citebound.types import Status
from tests.ingest.files import archive, docx, lines, para, pdf, word

PDF = pdf(lines("A line of text."))
DOCX = docx(para("A line of text."))
TYPES = '<Types><Override ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml"/></Types>'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def status(name: str, data: bytes) -> Status:
    with pytest.raises(ParseFailure) as caught:
        admit(name, data)
    assert name in str(caught.value)
    assert caught.value.remedy
    return caught.value.status


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PDF, Kind.PDF),
        (b"x" * 1000 + PDF, Kind.PDF),
        (DOCX, Kind.DOCX),
        (b"<!DOCTYPE html><p>x", Kind.HTML),
        (b"<?xml version='1.0'?><a/>", Kind.XML),
        (b"From: a@b.c\r\nTo: d@e.f\r\nSubject: x\r\n\r\ntext", Kind.EML),
        (b"plain words, nothing else", Kind.TEXT),
        (b"BM is no bitmap if it goes on as text", Kind.TEXT),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), Kind.IMAGE),
        (b"\x7fELF" + bytes(40), Kind.PROGRAM),
        (bytes(range(256)) * 4, Kind.BINARY),
        (OLE, Kind.OLE),
        (OLE + "EncryptedPackage".encode("utf-16-le"), Kind.ENCRYPTED),
        (archive({"a.txt": "x"}), Kind.ZIP),
    ],
)
def test_a_file_is_what_its_bytes_are(data: bytes, kind: Kind) -> None:
    assert sniff(data) is kind


@pytest.mark.parametrize(("name", "data"), [("a.pdf", PDF), ("a", PDF), ("a.DOCX", DOCX), ("a.md", b"<html> in md")])
def test_name_and_content_that_agree_are_admitted(name: str, data: bytes) -> None:
    assert admit(name, data) in (Kind.PDF, Kind.DOCX, Kind.MARKDOWN)


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.txt", b"", Status.EMPTY),
        ("a.txt", b"x", Status.EMPTY),
        ("a.pdf", b" \n ", Status.EMPTY),
        ("a.pdf", DOCX, Status.TYPE_MISMATCH),
        ("a.docx", PDF, Status.TYPE_MISMATCH),
        ("a.docx", b"<html><p>not Word</p></html>", Status.TYPE_MISMATCH),
        ("a.pdf", b"MZ" + bytes(500), Status.TYPE_MISMATCH),
        ("a.pdf", b"no PDF mark in the first kilobyte" * 40, Status.TYPE_MISMATCH),
        ("a.txt", bytes(range(256)) * 4, Status.TYPE_MISMATCH),
        ("a.pdf", b"<html>%PDF-1.4 both</html>", Status.TYPE_MISMATCH),
        ("a.pdf", PDF + archive({"a": "x"}), Status.TYPE_MISMATCH),
        ("a.doc", OLE, Status.UNSUPPORTED_TYPE),
        ("a.docx", OLE, Status.UNSUPPORTED_TYPE),
        ("a.docx", OLE + "EncryptedPackage".encode("utf-16-le"), Status.ENCRYPTED),
        ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(40), Status.UNSUPPORTED_TYPE),
        ("a.exe", b"MZ" + bytes(500), Status.UNSUPPORTED_TYPE),
        ("a.zip", archive({"a.txt": "x"}), Status.UNSUPPORTED_TYPE),
        ("a.py", b"print('text, but of no kind we read')", Status.UNSUPPORTED_TYPE),
        ("a.docx", DOCX[:400], Status.PARSE_ERROR),
        ("a.docx", archive({"a.txt": "x"}), Status.TYPE_MISMATCH),
    ],
)
def test_everything_else_is_refused_with_a_remedy(name: str, data: bytes, expected: Status) -> None:
    assert status(name, data) is expected


def test_a_document_that_unpacks_to_a_gigabyte_is_refused_before_it_is_parsed() -> None:
    huge = io.BytesIO()
    with zipfile.ZipFile(huge, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("[Content_Types].xml", TYPES)
        zipped.writestr("word/document.xml", b"<w:p/>" * 20_000_000)
    assert status("bomb.docx", huge.getvalue()) is Status.ARCHIVE_BOMB


def test_many_entries_are_refused() -> None:
    many = archive({"[Content_Types].xml": TYPES, **{f"{i}.xml": "" for i in range(2100)}})
    assert status("many.docx", many) is Status.ARCHIVE_BOMB


@pytest.mark.parametrize("inside", ["../../etc/x", "/etc/x", "a\\..\\x", "C:x", "word/../../x"])
def test_entries_that_lead_out_are_refused(inside: str) -> None:
    assert status("out.docx", archive({"[Content_Types].xml": TYPES, inside: "x"})) is Status.ARCHIVE_BOMB


def test_a_symbolic_link_inside_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        zipped.writestr("[Content_Types].xml", TYPES)
        link = zipfile.ZipInfo("word/link")
        link.external_attr = 0o120777 << 16
        zipped.writestr(link, "/etc/passwd")
    assert status("link.docx", out.getvalue()) is Status.ARCHIVE_BOMB


def test_two_entries_of_one_name_are_refused() -> None:
    out = io.BytesIO()
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(out, "w") as zipped:
        zipped.writestr("[Content_Types].xml", TYPES)
        zipped.writestr("a.xml", "1")
        zipped.writestr("a.xml", "2")
    assert status("twice.docx", out.getvalue()) is Status.ARCHIVE_BOMB


def test_entries_that_share_bytes_are_refused() -> None:
    data = bytearray(archive({"[Content_Types].xml": TYPES, "a.xml": "x" * 50, "b.xml": "x" * 50}, compress=False))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as zipped:
        first = zipped.getinfo("a.xml").header_offset
    directory = data.rfind(b"PK\x01\x02")
    data[directory + 42 : directory + 46] = struct.pack("<I", first)
    assert status("overlap.docx", bytes(data)) is Status.ARCHIVE_BOMB


def test_a_size_that_is_a_lie_is_refused() -> None:
    data = bytearray(archive({"[Content_Types].xml": TYPES, "a.xml": "x" * 5000}))
    directory = data.rfind(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = struct.pack("<I", 10)
    assert status("lie.docx", bytes(data)) is Status.ARCHIVE_BOMB


def test_zip64_is_refused() -> None:
    data = archive({"[Content_Types].xml": TYPES})
    end = data.rfind(b"PK\x05\x06")
    forged = data[:end] + b"PK\x06\x07" + bytes(16) + data[end:]
    assert status("big.docx", forged) is Status.ARCHIVE_BOMB


def test_an_archive_in_the_archive_is_refused_but_an_embedded_sheet_is_not() -> None:
    inner = archive({"x": "y"})
    stored = archive({"[Content_Types].xml": TYPES, "word/x.bin": inner}, compress=False)
    assert status("nested.docx", stored) is Status.ARCHIVE_BOMB
    embedded = archive({"[Content_Types].xml": TYPES, "word/embeddings/x.xlsx": inner}, compress=False)
    assert admit("chart.docx", embedded) is Kind.DOCX


def test_damage_inside_an_entry_is_an_error() -> None:
    packed = zlib.compress(b"x")
    data = bytearray(archive({"[Content_Types].xml": TYPES, "a.xml": "words " * 500}))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as zipped:
        at = zipped.getinfo("a.xml").header_offset + 30 + len("a.xml")
    data[at : at + len(packed)] = b"\xff" * len(packed)
    assert status("hurt.docx", bytes(data)) is Status.PARSE_ERROR


def test_the_caps_can_be_set() -> None:
    data = archive({"[Content_Types].xml": TYPES, "word/document.xml": word("document", "x" * 100_000)})
    assert admit("a.docx", data) is Kind.DOCX
    with pytest.raises(ParseFailure, match="unpacks"):
        admit("a.docx", data, Archive(entry=50_000))
