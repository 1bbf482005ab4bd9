"""The gate before any parser: what a file is by its content, whether its name agrees, whether its archive is safe."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath

from citebound.errors import ParseFailure
from citebound.types import Status


class Kind(StrEnum):
    """What the bytes of a file are. The values are the names that messages use."""

    PDF = "PDF"
    DOCX = "Word document (DOCX)"
    PPTX = "PowerPoint file (PPTX)"
    XLSX = "Excel workbook (XLSX)"
    HTML = "HTML page"
    XML = "XML file"
    EML = "e-mail (EML)"
    MSG = "Outlook message (MSG)"
    MARKDOWN = "Markdown text"
    TEXT = "plain text"
    CSAF = "security advisory (CSAF 2.0)"
    OLE = "old Office file (DOC, XLS or PPT)"
    ENCRYPTED = "encrypted Office file"
    ZIP = "ZIP archive"
    RTF = "RTF file"
    IMAGE = "image"
    PROGRAM = "program"
    ARCHIVE = "archive"
    BINARY = "file of an unknown binary kind"


EXTENSIONS = {
    "pdf": Kind.PDF,
    "docx": Kind.DOCX,
    "docm": Kind.DOCX,
    "dotx": Kind.DOCX,
    "pptx": Kind.PPTX,
    "pptm": Kind.PPTX,
    "xlsx": Kind.XLSX,
    "xlsm": Kind.XLSX,
    "html": Kind.HTML,
    "htm": Kind.HTML,
    "xhtml": Kind.HTML,
    "xml": Kind.XML,
    "eml": Kind.EML,
    "msg": Kind.MSG,
    "md": Kind.MARKDOWN,
    "markdown": Kind.MARKDOWN,
    "json": Kind.CSAF,
    "txt": Kind.TEXT,
    "text": Kind.TEXT,
    "log": Kind.TEXT,
    "csv": Kind.TEXT,
    "tsv": Kind.TEXT,
}
MEDIA_TYPES = {
    Kind.PDF: "application/pdf",
    Kind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Kind.PPTX: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    Kind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Kind.HTML: "text/html",
    Kind.XML: "application/xml",
    Kind.EML: "message/rfc822",
    Kind.MSG: "application/vnd.ms-outlook",
    Kind.MARKDOWN: "text/markdown",
    Kind.TEXT: "text/plain",
    Kind.CSAF: "application/csaf+json",
}
ARCHIVED = frozenset({Kind.DOCX, Kind.PPTX, Kind.XLSX})
WRITTEN = frozenset({Kind.HTML, Kind.XML, Kind.EML, Kind.MARKDOWN, Kind.TEXT})
"""Kinds whose bytes are text: among these the name decides, because a Markdown file may begin like an HTML page."""

MAGIC = (
    (b"{\\rtf", Kind.RTF),
    (b"\x89PNG", Kind.IMAGE),
    (b"\xff\xd8\xff", Kind.IMAGE),
    (b"GIF8", Kind.IMAGE),
    (b"II*\x00", Kind.IMAGE),
    (b"MM\x00*", Kind.IMAGE),
    (b"BM", Kind.IMAGE),
    (b"MZ", Kind.PROGRAM),
    (b"\x7fELF", Kind.PROGRAM),
    (b"\xcf\xfa\xed\xfe", Kind.PROGRAM),
    (b"\x1f\x8b", Kind.ARCHIVE),
    (b"7z\xbc\xaf", Kind.ARCHIVE),
    (b"Rar!", Kind.ARCHIVE),
    (b"BZh", Kind.ARCHIVE),
    (b"\xfd7zXZ", Kind.ARCHIVE),
)
UNZIPPABLE = (
    zipfile.BadZipFile,
    KeyError,
    OSError,
    ValueError,
    RuntimeError,
    NotImplementedError,
    zlib.error,
    EOFError,
)
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
HTML_START = re.compile(rb"<(?:!doctype html|html|head|body)[\s>]", re.I)
HEADER_FIELD = re.compile(
    rb"^(?:From|To|Received|Return-Path|Date|Subject|Message-ID|MIME-Version|Delivered-To):", re.I | re.M
)
REMEDIES = {
    Kind.OLE: "Save it as .docx, .xlsx or .pptx and ingest that.",
    Kind.RTF: "Save it as .docx and ingest that.",
    Kind.ZIP: "Unpack it and ingest the files in it.",
    Kind.ARCHIVE: "Unpack it and ingest the files in it.",
    Kind.IMAGE: "Run OCR on it (for example `ocrmypdf --image-dpi 300`) and ingest the PDF that comes out.",
}
SUPPORTED = "PDF, DOCX, PPTX, XLSX, HTML, XML, EML, MSG, CSAF 2.0 (JSON), Markdown and plain text"


@dataclass(frozen=True, slots=True)
class Archive:
    """Caps for a ZIP container, counted in real bytes; headers are not believed."""

    entries: int = 2000
    directory: int = 1_000_000
    total: int = 200_000_000
    entry: int = 100_000_000
    ratio: int = 100
    ratio_from: int = 1_000_000


def admit(name: str, data: bytes, archive: Archive | None = None) -> Kind:
    """The kind of the file `name`, which its content and its extension agree on; archives are inflated and counted.

    Raises ParseFailure: EMPTY, ENCRYPTED, UNSUPPORTED_TYPE, TYPE_MISMATCH, ARCHIVE_BOMB or PARSE_ERROR.
    """
    if len(data.strip()) < 2:
        raise ParseFailure(Status.EMPTY, f"{name} is empty", remedy="Check that the file was copied completely.")
    archive = archive or Archive()
    found = sniff(data, archive)
    extension = PurePath(name).suffix.lstrip(".").lower()
    named = EXTENSIONS.get(extension)
    if named is Kind.CSAF and found in WRITTEN:
        return _advisory(name, data)
    if found is Kind.ENCRYPTED:
        raise ParseFailure(
            Status.ENCRYPTED, f"{name} is encrypted with a password", remedy="Save a copy without the password."
        )
    if _two_faced(data, found):
        raise ParseFailure(
            Status.TYPE_MISMATCH,
            f"{name} is a PDF and something else at once, so that programs read it differently",
            remedy="Print it to a new PDF and ingest that.",
        )
    if found in (Kind.ZIP, *ARCHIVED) and (found in ARCHIVED or named in ARCHIVED):
        inspect(name, data, archive)
    if found not in MEDIA_TYPES and (named is None or found is not Kind.BINARY):
        what = f"{name} is a {found}" if found is not Kind.BINARY else f"the type of {name} is not known"
        status = Status.UNSUPPORTED_TYPE if named is None or found in (Kind.OLE, Kind.RTF) else Status.TYPE_MISMATCH
        if named:
            what += f", not a {named}"
        raise ParseFailure(status, what, remedy=REMEDIES.get(found, f"Supported are {SUPPORTED}."))
    if named is None and extension and found in WRITTEN:
        raise ParseFailure(
            Status.UNSUPPORTED_TYPE,
            f"files named .{extension} are not read ({name})",
            remedy=f"Supported are {SUPPORTED}; rename it to .txt to have it read as plain text.",
        )
    if named and named is not found and not (named in WRITTEN and found in WRITTEN):
        raise ParseFailure(
            Status.TYPE_MISMATCH,
            f"{name} is named like a {named} but is a {found}",
            remedy="Give it the extension of what it is, or export it again.",
        )
    return named or found


def _advisory(name: str, data: bytes) -> Kind:
    from citebound.ingest.csaf import is_csaf

    if is_csaf(data):
        return Kind.CSAF
    raise ParseFailure(
        Status.UNSUPPORTED_TYPE,
        f"{name} is JSON, but not a security advisory in CSAF 2.0",
        remedy="Only CSAF 2.0 is read of JSON; rename it to .txt to have it read as plain text.",
    )


def sniff(data: bytes, archive: Archive | None = None) -> Kind:
    """What the bytes are, whatever the name says."""
    head = data[:1024]
    if data.startswith(b"PK"):
        return _zip_kind(data, archive or Archive())
    if b"%PDF-" in head:
        return Kind.PDF
    if data.startswith(OLE_MAGIC):
        return _ole_kind(data)
    for magic, kind in MAGIC:
        if data.startswith(magic) and (len(magic) > 2 or _binary(data[:4096])):
            return kind
    if not data.startswith((b"\xff\xfe", b"\xfe\xff")) and _binary(data[:65536]):
        return Kind.BINARY
    return _text_kind(head.lstrip(b"\xef\xbb\xbf \t\r\n"))


def _binary(sample: bytes) -> bool:
    control = sum(sample.count(bytes([c])) for c in (*range(9), *range(14, 27), *range(28, 32)))
    return control > 0.02 * len(sample) + 1


def _text_kind(head: bytes) -> Kind:
    if HTML_START.search(head[:512]):
        return Kind.HTML
    if head.startswith(b"<?xml"):
        return Kind.XML
    if HEADER_FIELD.match(head) and len(set(HEADER_FIELD.findall(head))) >= 2:
        return Kind.EML
    return Kind.TEXT


def _ole_kind(data: bytes) -> Kind:
    if "EncryptedPackage".encode("utf-16-le") in data:
        return Kind.ENCRYPTED
    return Kind.MSG if "__substg1.0_".encode("utf-16-le") in data else Kind.OLE


def _zip_kind(data: bytes, caps: Archive) -> Kind:
    """By the main part's content type, which is never far into [Content_Types].xml."""
    try:
        _directory("", data, caps)
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open("[Content_Types].xml") as file:
            types = file.read(1_000_000)
    except (ParseFailure, *UNZIPPABLE):
        return Kind.ZIP
    for part, kind in ((b"wordprocessingml", Kind.DOCX), (b"presentationml", Kind.PPTX), (b"spreadsheetml", Kind.XLSX)):
        if part in types or (b"vnd.ms-word" in types and kind is Kind.DOCX):
            return kind
    return Kind.ZIP


def _two_faced(data: bytes, found: Kind) -> bool:
    head = data[:1024]
    if found is Kind.PDF:
        return bool(HTML_START.match(head.lstrip())) or _ends_as_zip(data)
    return found in (Kind.ZIP, *ARCHIVED) and b"%PDF-" in head


def _ends_as_zip(data: bytes) -> bool:
    at = data.rfind(b"PK\x05\x06", max(0, len(data) - 65_557))
    if at < 0 or at + 22 > len(data):
        return False
    size, offset = struct.unpack("<II", data[at + 12 : at + 20])
    return bool(size) and (
        data[at - size : at - size + 4] == b"PK\x01\x02" or data[offset : offset + 4] == b"PK\x01\x02"
    )


def inspect(name: str, data: bytes, caps: Archive) -> None:
    """Inflates every entry of the archive, keeping nothing. Raises ParseFailure(ARCHIVE_BOMB or PARSE_ERROR)."""
    _directory(name, data, caps)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise ParseFailure(Status.PARSE_ERROR, f"{name} is a broken ZIP container: {error}", remedy=COPY) from error
    _names(name, entries)
    _places(name, data, entries)
    total = 0
    for entry in entries:
        total += _inflate(name, data, entry, caps, caps.total - total)


COPY = "Open it in the program that wrote it and save it anew."


def _bomb(name: str, why: str) -> ParseFailure:
    return ParseFailure(Status.ARCHIVE_BOMB, f"{name} {why}", remedy=COPY)


def _directory(name: str, data: bytes, caps: Archive) -> None:
    at = data.rfind(b"PK\x05\x06", max(0, len(data) - 65_557))
    if at < 0 or at + 22 > len(data):
        raise ParseFailure(Status.PARSE_ERROR, f"{name} is cut off: its ZIP directory is missing", remedy=COPY)
    count, size = struct.unpack("<H", data[at + 10 : at + 12])[0], struct.unpack("<I", data[at + 12 : at + 16])[0]
    if data[at - 20 : at - 16] == b"PK\x06\x07":
        raise _bomb(name, "uses a ZIP64 directory, which no document of this size needs")
    if count > caps.entries or size > caps.directory:
        raise _bomb(name, f"has more than {caps.entries} entries")


def _names(name: str, entries: list[zipfile.ZipInfo]) -> None:
    seen: set[str] = set()
    for entry in entries:
        inside = entry.orig_filename
        if inside.startswith("/") or "\\" in inside or "\0" in inside or ".." in inside.split("/") or ":" in inside[:2]:
            raise _bomb(name, f"has an entry that leads out of it ({inside[:80]!r})")
        if inside.lower() in seen:
            raise _bomb(name, f"has two entries of one name ({inside[:80]!r})")
        if (entry.external_attr >> 16) & 0o170000 == 0o120000:
            raise _bomb(name, f"has a symbolic link in it ({inside[:80]!r})")
        if entry.flag_bits & 1:
            raise ParseFailure(
                Status.ENCRYPTED, f"{name} has encrypted entries", remedy="Save a copy without password."
            )
        seen.add(inside.lower())


def _places(name: str, data: bytes, entries: list[zipfile.ZipInfo]) -> None:
    end = 0
    for entry in sorted(entries, key=lambda e: e.header_offset):
        if entry.header_offset < end:
            raise _bomb(name, "has entries that overlap")
        end = _content(name, data, entry) + entry.compress_size
        if end > len(data):
            raise ParseFailure(Status.PARSE_ERROR, f"{name} is cut off inside {entry.filename!r}", remedy=COPY)


def _content(name: str, data: bytes, entry: zipfile.ZipInfo) -> int:
    head = data[entry.header_offset : entry.header_offset + 30]
    if len(head) < 30 or not head.startswith(b"PK\x03\x04"):
        raise ParseFailure(Status.PARSE_ERROR, f"{name}: the entry {entry.filename!r} is missing", remedy=COPY)
    names, extra = struct.unpack("<HH", head[26:30])
    return int(entry.header_offset + 30 + names + extra)


def _inflate(name: str, data: bytes, entry: zipfile.ZipInfo, caps: Archive, left: int) -> int:
    start = _content(name, data, entry)
    packed = memoryview(data)[start : start + entry.compress_size]
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ParseFailure(Status.PARSE_ERROR, f"{name} uses an unusual ZIP compression", remedy=COPY)
    size = len(packed) if entry.compress_type == zipfile.ZIP_STORED else _count(name, packed, entry, caps, left)
    if size > min(caps.entry, left):
        raise _bomb(name, f"unpacks to more than {min(caps.entry, caps.total) // 1_000_000} MB")
    if size != entry.file_size:
        raise _bomb(name, f"lies about the size of {entry.filename[:80]!r}")
    nested = bytes(packed[:4]) == b"PK\x03\x04" if entry.compress_type == zipfile.ZIP_STORED else False
    if nested and "/embeddings/" not in entry.filename:
        raise _bomb(name, f"has an archive in it ({entry.filename[:80]!r})")
    return size


def _count(name: str, packed: memoryview, entry: zipfile.ZipInfo, caps: Archive, left: int) -> int:
    inflater = zlib.decompressobj(-15)
    size = 0
    pending: bytes | memoryview = packed
    try:
        while pending and not inflater.eof:
            size += len(inflater.decompress(pending, 1 << 20))
            pending = inflater.unconsumed_tail
            if size > min(caps.entry, left) or (size > caps.ratio_from and size > caps.ratio * len(packed)):
                raise _bomb(name, f"unpacks {len(packed)} bytes of {entry.filename[:80]!r} to more than {size}")
        return size + len(inflater.flush())
    except zlib.error as error:
        raise ParseFailure(Status.PARSE_ERROR, f"{name}: {entry.filename!r} is damaged", remedy=COPY) from error
