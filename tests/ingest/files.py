"""Files that the ingest tests read, made here so that each says what is in it."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Mapping

from pypdf import PdfReader, PdfWriter
from reportlab.lib.pagesizes import letter
from reportlab.pdfgen.canvas import Canvas

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
PROSE = (
    "The Supplier shall deliver the Services with reasonable skill and care and in line with",
    "good industry practice, and shall remedy each material defect within thirty days after it",
    "has been notified of that defect in writing by the Customer or by one of its affiliates.",
)


def pdf(*pages: Callable[[Canvas], None], size: tuple[float, float] = letter) -> bytes:
    """A PDF whose pages are drawn by the functions given."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=size, invariant=True)
    for draw in pages:
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def lines(
    *texts: str, x: float = 72, y: float = 700, size: float = 11, font: str = "Helvetica"
) -> Callable[[Canvas], None]:
    """Draws lines of text from (x, y) downwards, in points from the bottom left."""

    def draw(canvas: Canvas) -> None:
        canvas.setFont(font, size)
        for i, text in enumerate(texts):
            canvas.drawString(x, y - i * size * 1.2, text)

    return draw


def together(*draws: Callable[[Canvas], None]) -> Callable[[Canvas], None]:
    def draw(canvas: Canvas) -> None:
        for each in draws:
            each(canvas)

    return draw


def blank(canvas: Canvas) -> None:
    """A page with nothing on it."""


def picture(canvas: Canvas) -> None:
    """A page that is one image, as a scan is."""
    from PIL import Image
    from reportlab.lib.utils import ImageReader

    canvas.drawImage(ImageReader(Image.new("L", (60, 80), 128)), 0, 0, 612, 792)


def invisible(text: str, y: float = 650) -> Callable[[Canvas], None]:
    """Text in render mode 3, as an OCR layer or a trap has it."""

    def draw(canvas: Canvas) -> None:
        block = canvas.beginText(72, y)
        block.setFont("Helvetica", 11)
        block.setTextRenderMode(3)
        block.textLine(text)
        block.setTextRenderMode(0)
        canvas.drawText(block)

    return draw


def encrypted(data: bytes, user: str) -> bytes:
    """The PDF, encrypted with an owner password and the user password given ("" opens without asking)."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    writer.encrypt(user_password=user, owner_password="owner", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def docx(body: str, parts: Mapping[str, str] | None = None, *, compress: bool = True) -> bytes:
    """A Word document with that body; `parts` are further parts by name ("footnotes": their XML)."""
    parts = dict(parts or {})
    relations = "".join(
        f'<Relationship Id="r{i}" Type="{OFFICE}/{name.rstrip("0123456789")}" Target="{name}.xml"/>'
        for i, name in enumerate(parts)
    )
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    override = f'<Override PartName="/word/document.xml" ContentType="{main}"/>'
    defaults = '<Default Extension="xml" ContentType="application/xml"/>' + (
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    )
    root = f'<Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="word/document.xml"/>'
    files = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">{defaults}{override}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{root}</Relationships>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{relations}</Relationships>',
        "word/document.xml": word("document", f"<w:body>{body}</w:body>"),
        **{f"word/{name}.xml": xml for name, xml in parts.items()},
    }
    return archive(files, compress=compress)


def word(tag: str, inside: str) -> str:
    """A part of a Word document."""
    shapes = "http://schemas.microsoft.com/office/word/2010/wordprocessingShape"
    either = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    space = f'xmlns:w="{WORD}" xmlns:r="{OFFICE}" xmlns:wps="{shapes}" xmlns:mc="{either}"'
    return f'<?xml version="1.0" encoding="UTF-8"?><w:{tag} {space}>{inside}</w:{tag}>'


def para(text: str, properties: str = "") -> str:
    """A Word paragraph of one run."""
    return f'<w:p><w:pPr>{properties}</w:pPr><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def archive(files: Mapping[str, str | bytes], *, compress: bool = True) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED) as zipped:
        for name, content in files.items():
            zipped.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED)
    return out.getvalue()


def flate_bomb(megabytes: int) -> bytes:
    """A PDF whose page content inflates to so many megabytes of spaces."""
    stream = zlib.compress(b" " * (megabytes * 1_000_000), 9)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(stream), stream),
    ]
    out = b"%PDF-1.4\n"
    offsets = []
    for i, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (i, content)
    table = len(out)
    out += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % o for o in offsets)
    return out + b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % table
