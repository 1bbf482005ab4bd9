import io
import zipfile

import docx as python_docx
import pytest

from citebound.errors import ParseFailure
from citebound.ingest.limits import Limits
from citebound.ingest.numbering import figure
from citebound.ingest.parse import Parsed, parse
from citebound.types import BlockKind, Status
from tests.ingest.files import archive, docx, para, word


def level(depth: int, form: str, pattern: str, more: str = "") -> str:
    return f'<w:lvl w:ilvl="{depth}">{more}<w:numFmt w:val="{form}"/><w:lvlText w:val="{pattern}"/></w:lvl>'


def list_(id_: int, definition: int, more: str = "") -> str:
    return f'<w:num w:numId="{id_}"><w:abstractNumId w:val="{definition}"/>{more}</w:num>'


NUMBERING = word(
    "numbering",
    '<w:abstractNum w:abstractNumId="0">'
    + level(0, "decimal", "%1.", '<w:start w:val="8"/><w:pStyle w:val="Clause"/>')
    + level(1, "decimal", "%1.%2", '<w:start w:val="1"/>')
    + level(2, "lowerLetter", "(%3)", '<w:start w:val="1"/>')
    + '</w:abstractNum><w:abstractNum w:abstractNumId="1">'
    + level(0, "bullet", "x")
    + "</w:abstractNum>"
    + list_(1, 0)
    + list_(2, 1)
    + list_(3, 0, '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>'),
)
NUMBERED = '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'
STYLES = word(
    "styles",
    '<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/></w:style>'
    + '<w:style w:type="paragraph" w:styleId="Clause"><w:name w:val="Clause"/>'
    + NUMBERED
    + "</w:style>"
    + '<w:style w:type="paragraph" w:styleId="Sub"><w:name w:val="Sub"/><w:basedOn w:val="Heading1"/></w:style>',
)


def read(body: str, **parts: str) -> Parsed:
    return parse("a.docx", docx(body, parts), Limits())


def blocks(parsed: Parsed, *kinds: BlockKind) -> list[str]:
    found = parsed.document
    return [b.span.of(found.text) for b in found.blocks if not kinds or b.kind in kinds]


def numbered(level: int, list_: int = 1) -> str:
    return f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{list_}"/></w:numPr>'


def test_automatic_numbers_are_written_out() -> None:
    body = (
        para("Definitions", numbered(0))
        + para("Liability", numbered(0))
        + para("Exclusions", numbered(1))
        + para("Cap on Liability. The total is capped.", numbered(1))
        + para("first", numbered(2))
        + para("second", numbered(2))
        + para("General", numbered(0))
        + para("Notices are in writing.", numbered(1))
        + para("a bullet", numbered(0, 2))
        + para("again from one", numbered(0, 3))
    )
    parsed = read(body, numbering=NUMBERING)
    assert blocks(parsed) == [
        "8. Definitions",
        "9. Liability",
        "9.1 Exclusions",
        "9.2 Cap on Liability. The total is capped.",
        "(a) first",
        "(b) second",
        "10. General",
        "10.1 Notices are in writing.",
        "\u2022 a bullet",
        "1. again from one",
    ]
    assert ("9.2", "Cap on Liability") in [(s.number, s.heading) for s in parsed.document.sections]


def test_a_style_can_carry_the_number() -> None:
    parsed = read(para("Term", '<w:pStyle w:val="Clause"/>'), numbering=NUMBERING, styles=STYLES)
    assert blocks(parsed) == ["8. Term"]


@pytest.mark.parametrize(
    ("value", "form", "printed"),
    [
        (4, "upperRoman", "IV"),
        (28, "lowerLetter", "bb"),
        (3, "decimalZero", "03"),
        (22, "ordinal", "22nd"),
        (12, "ordinal", "12th"),
        (7, "chicago", "7"),
    ],
)
def test_word_s_number_formats(value: int, form: str, printed: str) -> None:
    assert figure(value, form) == printed


def test_inserted_text_stands_in_place_and_deleted_text_apart() -> None:
    body = (
        "<w:p><w:r><w:t xml:space='preserve'>Payment is due in </w:t></w:r>"
        "<w:del w:author='A'><w:r><w:delText>thirty</w:delText></w:r></w:del>"
        "<w:ins w:author='A'><w:r><w:t>sixty</w:t></w:r></w:ins>"
        "<w:r><w:t xml:space='preserve'> days.</w:t></w:r></w:p>"
        "<w:p><w:moveFrom w:author='A'><w:r><w:t>moved away</w:t></w:r></w:moveFrom></w:p>"
        "<w:p><w:moveTo w:author='A'><w:r><w:t>moved here</w:t></w:r></w:moveTo></w:p>"
    )
    parsed = read(body)
    assert blocks(parsed) == [
        "Payment is due in sixty days.",
        "moved here",
        "[Deleted text] thirty",
        "[Deleted text] moved away",
    ]
    assert blocks(parsed, BlockKind.DELETED) == ["[Deleted text] thirty", "[Deleted text] moved away"]
    assert any("tracked changes" in note for note in parsed.document.notes)


def test_footnotes_follow_the_body_and_comments_follow_those() -> None:
    body = (
        '<w:p><w:r><w:t>Fees</w:t></w:r><w:r><w:footnoteReference w:id="7"/></w:r>'
        '<w:r><w:t xml:space="preserve"> are due.</w:t></w:r></w:p>' + para("Second paragraph.")
    )
    footnotes = word(
        "footnotes",
        f'<w:footnote w:id="0">{para("")}</w:footnote><w:footnote w:id="7">{para("Excluding tax.")}</w:footnote>',
    )
    comments = word("comments", f'<w:comment w:id="1" w:author="Jane Doe">{para("Check this.")}</w:comment>')
    parsed = read(body, footnotes=footnotes, comments=comments)
    assert blocks(parsed) == [
        "Fees\u00b9 are due.",
        "Second paragraph.",
        "[Footnote 1] Excluding tax.",
        "[Comment by Jane Doe] Check this.",
    ]
    assert blocks(parsed, BlockKind.FOOTNOTE) == ["[Footnote 1] Excluding tax."]


def test_a_text_box_is_read_once() -> None:
    box = f"<w:txbxContent>{para('In the box.')}</w:txbxContent>"
    body = (
        "<w:p><w:r><w:t>Beside.</w:t></w:r><w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wps:txbx>"
        f"{box}</wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    parsed = read(body)
    assert blocks(parsed) == ["Beside.", "In the box."]
    assert blocks(parsed, BlockKind.TEXT_BOX) == ["In the box."]


def test_hidden_runs_are_kept_apart() -> None:
    body = "<w:p><w:r><w:t>Seen.</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>Unseen.</w:t></w:r></w:p>"
    assert blocks(read(body), BlockKind.HIDDEN) == ["[Hidden text] Unseen."]


def test_content_controls_fields_and_breaks_are_read() -> None:
    body = (
        "<w:sdt><w:sdtContent><w:p><w:r><w:t>In a control.</w:t></w:r></w:p></w:sdtContent></w:sdt>"
        "<w:p><w:r><w:fldChar w:fldCharType='begin'/><w:instrText>REF x</w:instrText>"
        "<w:fldChar w:fldCharType='end'/></w:r>"
        "<w:hyperlink><w:r><w:t>Clause</w:t><w:tab/><w:t>5</w:t><w:br/><w:t>on</w:t></w:r></w:hyperlink></w:p>"
    )
    assert blocks(read(body)) == ["In a control.", "Clause\t5\non"]


def test_table_rows_keep_their_cells() -> None:
    cells = [f"<w:tc>{para(text)}</w:tc>" for text in ("Fee", "100 EUR", "", "Term")]
    body = f"<w:tbl><w:tr>{cells[0]}{cells[1]}</w:tr><w:tr>{cells[2]}{cells[3]}</w:tr></w:tbl>"
    parsed = read(body)
    assert blocks(parsed) == ["Fee\t100 EUR", "Term"]
    assert blocks(parsed, BlockKind.TABLE_ROW) == ["Fee\t100 EUR"]


def test_headings_come_from_styles_and_headers_stand_apart() -> None:
    header = word("hdr", para("ACME draft"))
    parsed = read(
        para("Scope", '<w:pStyle w:val="Sub"/>') + para("Text of it."), styles=STYLES, header1=header, header2=header
    )
    assert parsed.document.sections[0].heading == "Scope"
    assert blocks(parsed, BlockKind.HEADER) == ["ACME draft"]
    assert parsed.document.info.pages == 0


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "dtd",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>',
        '<!DOCTYPE x [<!ENTITY c SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x [<!ENTITY c SYSTEM "http://127.0.0.1:9/x">]>',
    ],
)
def test_entities_are_refused_not_resolved(dtd: str) -> None:
    plain = word("document", "<w:body><w:p><w:r><w:t>before &c; after</w:t></w:r></w:p></w:body>")
    hostile = plain.replace("?>", "?>" + dtd, 1)
    whole = docx("")
    with zipfile.ZipFile(io.BytesIO(whole)) as zipped:
        files: dict[str, str | bytes] = {name: zipped.read(name) for name in zipped.namelist()}
    files["word/document.xml"] = hostile
    with pytest.raises(ParseFailure) as caught:
        parse("a.docx", archive(files), Limits())
    assert caught.value.status is Status.PARSE_ERROR


def test_xml_that_is_nested_too_deeply_is_refused() -> None:
    body = "<w:tbl><w:tr><w:tc>" * 120 + para("deep") + "</w:tc></w:tr></w:tbl>" * 120
    with pytest.raises(ParseFailure) as caught:
        read(body)
    assert caught.value.status is Status.PARSE_ERROR


def test_a_document_without_text_is_empty() -> None:
    with pytest.raises(ParseFailure) as caught:
        read("<w:p/>")
    assert caught.value.status is Status.EMPTY


def test_a_document_that_python_docx_wrote_is_read_whole() -> None:
    written = python_docx.Document()
    written.add_heading("Supply Agreement", 1)
    written.add_paragraph("The Supplier delivers the goods.", style="List Number")
    table = written.add_table(2, 2)
    for i, cell in enumerate(cell for row in table.rows for cell in row.cells):
        cell.text = f"cell {i}"
    written.sections[0].header.paragraphs[0].text = "Confidential draft"
    out = io.BytesIO()
    written.save(out)
    parsed = parse("a.docx", out.getvalue(), Limits())
    assert blocks(parsed) == [
        "Supply Agreement",
        "1. The Supplier delivers the goods.",
        "cell 0\tcell 1",
        "cell 2\tcell 3",
        "Confidential draft",
    ]


def test_large_print_is_a_heading() -> None:
    large = "<w:p><w:r><w:rPr><w:sz w:val='44'/></w:rPr><w:t>Partnership Agreement</w:t></w:r></w:p>"
    parsed = read(large + para("Text under it, in the usual size."))
    assert parsed.document.title == "Partnership Agreement"
    assert parsed.document.sections[0].level == 1
