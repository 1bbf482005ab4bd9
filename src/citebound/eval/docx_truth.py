"""Generated Word files whose contents are known: tracked changes, footnotes, comments and text boxes.

Made with python-docx and plain XML parts, as Word writes them; nothing of the parser under test is used.
"""

from __future__ import annotations

import random
import zipfile
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
WPS = "http://schemas.microsoft.com/office/word/2010/wordprocessingShape"
WORDS = (
    "provider customer invoice fees notice liability term renewal audit breach insurance records venue escrow warranty "
    "services acceptance delivery royalty territory assignment indemnity remedy schedule milestone retention"
).split()

_TYPES = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/word/document.xml"
 ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>
<Override PartName="/word/footnotes.xml"
 ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"/>
<Override PartName="/word/comments.xml"
 ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.comments+xml"/>
</Types>"""
_RELS = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Type="{R}/officeDocument" Target="word/document.xml"/></Relationships>"""
_DOCUMENT_RELS = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Type="{R}/footnotes" Target="footnotes.xml"/>
<Relationship Id="rId2" Type="{R}/comments" Target="comments.xml"/></Relationships>"""


@dataclass(frozen=True, slots=True)
class Truth:
    """What a file holds, each string unique in it."""

    path: Path
    inserted: tuple[str, ...]
    deleted: tuple[str, ...]
    footnotes: tuple[str, ...]
    comments: tuple[str, ...]
    text_boxes: tuple[str, ...]


class _Writer:
    """Collects paragraphs as XML, and what was put into them."""

    def __init__(self, source: random.Random) -> None:
        self.random = source
        self.serial = 0
        self.body: list[str] = []
        self.notes: dict[str, list[str]] = {k: [] for k in ("inserted", "deleted", "footnote", "comment", "text_box")}

    def phrase(self, kind: str = "") -> str:
        """A few words with a serial number, so that no phrase is part of another."""
        self.serial += 1
        made = " ".join(self.random.choices(WORDS, k=self.random.randint(4, 9))) + f" {kind[:3] or 'ref'}{self.serial}x"
        if kind:
            self.notes[kind].append(made)
        return made

    def run(self, text: str, tag: str = "t") -> str:
        return f'<w:r><w:{tag} xml:space="preserve">{escape(text)}</w:{tag}></w:r>'

    def change(self, kind: str) -> str:
        attributes = f'w:id="{self.serial + 1000}" w:author="A. Editor" w:date="2025-05-01T09:00:00Z"'
        if kind == "inserted":
            return f"<w:ins {attributes}>{self.run(self.phrase('inserted'))}</w:ins>"
        return f"<w:del {attributes}>{self.run(self.phrase('deleted'), 'delText')}</w:del>"

    def footnote(self) -> str:
        self.phrase("footnote")
        return f'<w:r><w:footnoteReference w:id="{len(self.notes["footnote"])}"/></w:r>'

    def comment(self) -> str:
        number = len(self.notes["comment"])
        self.phrase("comment")
        return f'<w:r><w:commentReference w:id="{number}"/></w:r>'

    def moved(self) -> str:
        """Text that was moved: gone from here, inserted there."""
        text = self.phrase("inserted")
        attributes = f'w:author="A. Editor" w:date="2025-05-01T09:00:00Z" w:id="{self.serial + 5000}"'
        return (
            f"<w:moveFrom {attributes}>{self.run(self.phrase('deleted'))}</w:moveFrom>"
            f"<w:moveTo {attributes}>{self.run(text)}</w:moveTo>"
        )

    def row_change(self) -> None:
        """A table with a row that was deleted and one that was inserted."""
        attributes = f'w:id="{self.serial + 9000}" w:author="A. Editor" w:date="2025-05-01T09:00:00Z"'
        deleted, inserted = self.phrase("deleted"), self.phrase("inserted")
        rows = [
            f"<w:tr><w:tc><w:p>{self.run(self.phrase())}</w:p></w:tc></w:tr>",
            f"<w:tr><w:trPr><w:del {attributes}/></w:trPr><w:tc><w:p><w:del {attributes}>"
            f"{self.run(deleted, 'delText')}</w:del></w:p></w:tc></w:tr>",
            f"<w:tr><w:trPr><w:ins {attributes}/></w:trPr><w:tc><w:p><w:ins {attributes}>"
            f"{self.run(inserted)}</w:ins></w:p></w:tc></w:tr>",
        ]
        self.body.append(f"<w:tbl><w:tblPr/><w:tblGrid><w:gridCol/></w:tblGrid>{''.join(rows)}</w:tbl>")

    def text_box(self) -> str:
        """As Word writes it: a modern shape and its older twin, of which only one is shown."""
        text = self.phrase("text_box")
        inner = f"<w:txbxContent><w:p>{self.run(text)}</w:p></w:txbxContent>"
        if self.random.random() < 0.5:
            return (
                f'<w:r><mc:AlternateContent xmlns:mc="{MC}"><mc:Choice xmlns:wps="{WPS}" Requires="wps"><w:drawing>'
                f"<wps:wsp><wps:txbx>{inner}</wps:txbx></wps:wsp></w:drawing></mc:Choice><mc:Fallback><w:pict>"
                f'<v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:textbox>{inner}</v:textbox></v:shape>'
                "</w:pict></mc:Fallback></mc:AlternateContent></w:r>"
            )
        return (
            '<w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml" style="width:200pt;height:40pt"><v:textbox>'
            f"{inner}</v:textbox></v:shape></w:pict></w:r>"
        )

    def paragraph(self, parts: list[str], heading: bool = False) -> None:
        style = '<w:pPr><w:outlineLvl w:val="0"/></w:pPr>' if heading else ""
        self.body.append(f"<w:p>{style}{''.join(parts)}</w:p>")


def generate(path: Path, source: random.Random) -> Truth:
    """Write one file to `path` and say what is in it; the same `source` state gives the same file."""
    writer = _Writer(source)
    for clause in range(source.randint(4, 9)):
        writer.paragraph([writer.run(f"{clause + 1}. {writer.phrase().capitalize()}")], heading=True)
        for _ in range(source.randint(1, 3)):
            makers = [
                lambda: writer.change("inserted"),
                lambda: writer.change("deleted"),
                writer.footnote,
                writer.comment,
                writer.text_box,
                writer.moved,
            ]
            parts = [writer.run(f"The {writer.phrase()} ")]
            for make in source.sample(makers, source.randint(1, 3)):
                parts += [make(), writer.run(f" {writer.phrase()} ")]
            writer.paragraph([*parts, writer.run(".")])
        if source.random() < 0.3:
            writer.row_change()
    _write(path, writer)
    notes = {kind: tuple(values) for kind, values in writer.notes.items()}
    return Truth(path, notes["inserted"], notes["deleted"], notes["footnote"], notes["comment"], notes["text_box"])


def _write(path: Path, writer: _Writer) -> None:
    footnotes = "".join(
        f'<w:footnote w:id="{n}"><w:p>{writer.run(text)}</w:p></w:footnote>'
        for n, text in enumerate(writer.notes["footnote"], start=1)
    )
    comments = "".join(
        f'<w:comment w:id="{n}" w:author="B. Reviewer" w:date="2025-05-02T09:00:00Z"><w:p>{writer.run(text)}</w:p>'
        "</w:comment>"
        for n, text in enumerate(writer.notes["comment"])
    )
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", _RELS)
        archive.writestr("word/_rels/document.xml.rels", _DOCUMENT_RELS)
        archive.writestr(
            "word/document.xml",
            f'{head}<w:document xmlns:w="{W}" xmlns:r="{R}"><w:body>{"".join(writer.body)}<w:sectPr/></w:body>'
            "</w:document>",
        )
        archive.writestr("word/footnotes.xml", f'{head}<w:footnotes xmlns:w="{W}">{footnotes}</w:footnotes>')
        archive.writestr("word/comments.xml", f'{head}<w:comments xmlns:w="{W}">{comments}</w:comments>')
