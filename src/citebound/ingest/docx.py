"""DOCX, read from its XML, so that nothing a lawyer would look for is lost.

Inserted text stands in place; deleted text, comments, hidden text, headers and footers are kept apart and marked;
footnotes, endnotes and text boxes are kept; automatic numbers are written out.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from citebound.errors import ParseFailure
from citebound.ingest.draft import Draft, Element, compose, title_of
from citebound.ingest.limits import Limits
from citebound.ingest.numbering import Counters, Level, List
from citebound.ingest.outline import is_heading_line, is_list_line, numbered
from citebound.types import BlockKind, Status

Node = etree._Element

WORD = (
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
)
RELATION = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)
SUPERSCRIPTS = str.maketrans("0123456789", "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079")
GONE = frozenset({"del", "moveFrom"})
SKIPPED = frozenset("pPr rPr sdtPr sdtEndPr instrText delInstrText fldData Fallback tblPr tblGrid".split())
HEADING_STYLE = ("heading ", "title", "subtitle")
DEEPEST_XML = 256
LARGE = 1.5
WORDS_OWN_SIZE = 20


@dataclass(slots=True)
class Style:
    """What of a paragraph style counts here, its ancestors included."""

    name: str = ""
    based_on: str = ""
    outline: int | None = None
    number: str | None = None
    level: int | None = None
    bold: bool | None = None


@dataclass(slots=True)
class Words:
    """The text of one paragraph, sorted by what it is."""

    kept: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    boxes: list[Node] = field(default_factory=list)
    length: int = 0
    bold: int = 0
    large: int = 0

    @property
    def text(self) -> str:
        return "".join(self.kept)


def read_docx(data: bytes, limits: Limits) -> Draft:
    """Text, blocks and notes of a Word document. Raises ParseFailure PARSE_ERROR or TOO_LARGE."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        reader = _Reader({name: archive.read(name) for name in archive.namelist() if _wanted(name)}, limits)
        elements = reader.read()
        notes = reader.facts(archive.namelist())
    text, blocks, _ = compose(elements)
    return Draft(text, blocks, title=title_of(reader.title(), text, blocks), notes=notes)


def _wanted(name: str) -> bool:
    return name.endswith((".xml", ".rels"))


def _local(node: Node) -> str:
    return etree.QName(node).localname if isinstance(node.tag, str) else ""


def _get(node: Node | None, name: str, spaces: tuple[str, ...] = WORD) -> str | None:
    if node is None:
        return None
    return next((v for space in spaces if (v := node.get(f"{{{space}}}{name}")) is not None), None)


def _child(node: Node | None, *names: str) -> Node | None:
    """The descendant along a path of local names."""
    for name in names:
        node = next((c for c in node if _local(c) == name), None) if node is not None else None
    return node


def _children(node: Node | None, name: str) -> Iterator[Node]:
    return (c for c in node if _local(c) == name) if node is not None else iter(())


def _on(node: Node | None) -> bool:
    """Whether a switch such as <w:vanish/> is there and not turned off."""
    return node is not None and _get(node, "val") not in ("0", "false", "off", "none")


def parse_xml(name: str, data: bytes) -> Node:
    """The root of one part. Entities are not resolved and nothing is fetched. Raises ParseFailure PARSE_ERROR."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_pis=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise ParseFailure(
            Status.PARSE_ERROR, f"{name} is not sound XML: {error}", remedy="Open it in Word and save it anew."
        ) from error
    dtd: Any = root.getroottree().docinfo.internalDTD
    if dtd is not None and any(True for _ in dtd.iterentities()):
        raise ParseFailure(
            Status.PARSE_ERROR,
            f"{name} declares XML entities, which are never resolved",
            remedy="Open it in Word and save it anew.",
        )
    return root


class _Reader:
    def __init__(self, parts: Mapping[str, bytes], limits: Limits) -> None:
        self.parts = parts
        self.limits = limits
        self.main = self._main_part()
        self.related = self._relations(self.main)
        self.styles = self._styles()
        self.default_style = self._default_style()
        self.usual_size = self._usual_size()
        self.counters = Counters(self._lists())
        self.notes_seen: dict[tuple[str, str], int] = {}
        self.tracked = False
        self.count = 0

    def read(self) -> list[Element]:
        """Every element of the document: body, footnotes, then what is kept apart."""
        root = parse_xml(self.main, self._part(self.main))
        body = _child(root, "body")
        elements = list(self._blocks(body if body is not None else root))
        for part, kind in (("footnotes", "footnote"), ("endnotes", "endnote")):
            elements += self._footnotes(part, kind)
        elements += self._comments()
        elements += self._margins(root)
        return elements

    def facts(self, names: list[str]) -> tuple[str, ...]:
        """Notes for the reader of a report."""
        notes = []
        if self.tracked:
            notes.append("tracked changes: inserted text is in the text, deleted text is kept apart")
        if "comments" in self.related:
            notes.append("comments, kept apart")
        if any(name.lower().endswith("vbaproject.bin") for name in names):
            notes.append("active content: macros, which were not run")
        if any("/embeddings/" in name for name in names):
            notes.append("embedded files, which were not read")
        return tuple(notes)

    def title(self) -> str:
        """The title among the file's properties, or ""."""
        if "docProps/core.xml" not in self.parts:
            return ""
        root = parse_xml("docProps/core.xml", self.parts["docProps/core.xml"])
        return "".join(t.text or "" for t in _children(root, "title"))

    def _part(self, name: str) -> bytes:
        if name not in self.parts:
            raise ParseFailure(
                Status.PARSE_ERROR, f"the part {name} of the document is missing", remedy="Save it anew in Word."
            )
        return self.parts[name]

    def _main_part(self) -> str:
        related = self._relations("")
        return related.get("officeDocument", ["word/document.xml"])[0]

    def _relations(self, part: str) -> dict[str, list[str]]:
        """Parts that a part names, by the last word of the relation's type; those outside the file are left out."""
        folder, _, name = part.rpartition("/")
        rels = posixpath.join(folder, "_rels", f"{name}.rels")
        found: dict[str, list[str]] = {}
        if rels in self.parts:
            for node in parse_xml(rels, self.parts[rels]):
                if not isinstance(node.tag, str) or node.get("TargetMode") == "External":
                    continue
                target = node.get("Target") or ""
                path = (
                    target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
                )
                found.setdefault((node.get("Type") or "").rsplit("/", 1)[-1], []).append(path)
        return found

    def _roots(self, kind: str) -> Iterator[Node]:
        for name in self.related.get(kind, []):
            if name in self.parts:
                yield parse_xml(name, self.parts[name])

    def _styles(self) -> dict[str, Style]:
        styles: dict[str, Style] = {}
        for root in self._roots("styles"):
            for node in _children(root, "style"):
                paragraph = _child(node, "pPr")
                number = _child(paragraph, "numPr")
                bold = _child(node, "rPr", "b")
                styles[_get(node, "styleId") or ""] = Style(
                    name=(_get(_child(node, "name"), "val") or "").lower(),
                    based_on=_get(_child(node, "basedOn"), "val") or "",
                    outline=_int(_get(_child(paragraph, "outlineLvl"), "val")),
                    number=_get(_child(number, "numId"), "val"),
                    level=_int(_get(_child(number, "ilvl"), "val")),
                    bold=None if bold is None else _on(bold),
                )
        return styles

    def _default_style(self) -> str:
        for root in self._roots("styles"):
            for node in _children(root, "style"):
                if _get(node, "type") == "paragraph" and _get(node, "default") in ("1", "true"):
                    return _get(node, "styleId") or ""
        return ""

    def _chain(self, name: str) -> Iterator[tuple[str, Style]]:
        """A style and its ancestors, nearest first."""
        seen: set[str] = set()
        while name in self.styles and name not in seen:
            seen.add(name)
            yield name, self.styles[name]
            name = self.styles[name].based_on

    def _lists(self) -> dict[str, List]:
        lists: dict[str, List] = {}
        for root in self._roots("numbering"):
            linked = {_get(_child(a, "styleLink"), "val"): a for a in _children(root, "abstractNum")}
            abstracts = {_get(a, "abstractNumId"): a for a in _children(root, "abstractNum")}
            for num in _children(root, "num"):
                definition = _get(_child(num, "abstractNumId"), "val") or ""
                abstract = abstracts.get(definition)
                link = _get(_child(abstract, "numStyleLink"), "val")
                if link in linked and link:
                    abstract = linked[link]
                levels = {_int(_get(n, "ilvl")) or 0: _level(n) for n in _children(abstract, "lvl")}
                starts: dict[int, int] = {}
                for override in _children(num, "lvlOverride"):
                    i = _int(_get(override, "ilvl")) or 0
                    own = _child(override, "lvl")
                    if own is not None:
                        levels[i] = _level(own)
                    start = _int(_get(_child(override, "startOverride"), "val"))
                    if start is not None:
                        starts[i] = start
                lists[_get(num, "numId") or ""] = List(definition, levels, starts)
        return lists

    def _blocks(self, parent: Node, kind: BlockKind | None = None, depth: int = 0) -> Iterator[Element]:
        """The elements under a node that holds paragraphs and tables."""
        if depth > DEEPEST_XML // 4:
            raise ParseFailure(Status.PARSE_ERROR, "the document is nested too deeply", remedy="Save it anew in Word.")
        for node in parent:
            name = _local(node)
            if name == "p":
                yield from self._paragraph(node, kind, depth)
            elif name == "tbl":
                yield from self._table(node, kind, depth)
            elif name in GONE:
                self.tracked = True
                yield from (
                    _aside(BlockKind.DELETED, "Deleted text", e.text) for e in self._blocks(node, kind, depth + 1)
                )
            elif name in ("sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag", "AlternateContent", "Choice"):
                yield from self._blocks(node, kind, depth + 1)

    def _paragraph(self, node: Node, kind: BlockKind | None, depth: int) -> Iterator[Element]:
        self.count += 1
        if self.count > self.limits.elements:
            raise ParseFailure(Status.TOO_LARGE, "the document has too many paragraphs", remedy="Split it.")
        words = Words()
        self._gather(node, words, False, False, 0)
        text = words.text.strip()
        style = self._style_of(node)
        label = self._label(node, style) if text or words.boxes else ""
        if text:
            level = self._heading_level(node, style)
            found = kind or self._kind(label + text, label, level, words, style)
            yield Element(found, label + text, self._level(level, words) if found is BlockKind.TITLE else 0)
        for box in words.boxes:
            yield from self._blocks(box, BlockKind.TEXT_BOX, depth + 1)
        if deleted := "".join(words.deleted).strip():
            yield _aside(BlockKind.DELETED, "Deleted text", deleted)
        if hidden := "".join(words.hidden).strip():
            yield _aside(BlockKind.HIDDEN, "Hidden text", hidden)

    def _gather(self, node: Node, words: Words, gone: bool, hidden: bool, depth: int) -> None:
        """Collects the text under a paragraph or run. Field codes are left out, their results kept."""
        if depth > DEEPEST_XML:
            return
        for child in node:
            name = _local(child)
            if name in SKIPPED or not name:
                continue
            if name in ("txbxContent",):
                words.boxes.append(child)
            elif name == "r":
                look = _child(child, "rPr")
                before = words.length
                self._gather(child, words, gone, hidden or _on(_child(look, "vanish")), depth + 1)
                words.bold += words.length - before if _on(_child(look, "b")) else 0
                words.large += words.length - before if self._is_large(look) else 0
            elif name in GONE or name in ("ins", "moveTo"):
                self.tracked = True
                self._gather(child, words, gone or name in GONE, hidden, depth + 1)
            elif (piece := self._piece(child, name)) is not None:
                shelf = words.deleted if gone or name == "delText" else words.hidden if hidden else words.kept
                shelf.append(piece)
                words.length += len(piece) if shelf is words.kept else 0
            else:
                self._gather(child, words, gone, hidden, depth + 1)

    def _piece(self, node: Node, name: str) -> str | None:
        """The text of a leaf, or None for a node that only holds others."""
        if name in ("t", "delText"):
            return node.text or ""
        if name in ("footnoteReference", "endnoteReference"):
            return self._reference(name.removesuffix("Reference"), _get(node, "id") or "")
        return {
            "tab": "\t",
            "ptab": "\t",
            "br": "" if _get(node, "type") in ("page", "column") else "\n",
            "cr": "\n",
            "noBreakHyphen": "-",
            "softHyphen": "",
            "sym": _symbol(node) if name == "sym" else "",
            "footnoteRef": "",
            "endnoteRef": "",
            "annotationRef": "",
        }.get(name)

    def _reference(self, kind: str, id_: str) -> str:
        number = self.notes_seen.setdefault((kind, id_), 1 + sum(k == kind for k, _ in self.notes_seen))
        return str(number).translate(SUPERSCRIPTS)

    def _style_of(self, node: Node) -> str:
        return _get(_child(node, "pPr", "pStyle"), "val") or self.default_style

    def _label(self, node: Node, style: str) -> str:
        own = _child(node, "pPr", "numPr")
        number, level = _get(_child(own, "numId"), "val"), _int(_get(_child(own, "ilvl"), "val"))
        for name, ancestor in self._chain(style):
            if number is None and ancestor.number is not None:
                number = ancestor.number
                level = self._linked_level(number, name) if level is None else level
            if level is None:
                level = ancestor.level
        return self.counters.label(number, level or 0) if number not in (None, "0") else ""

    def _linked_level(self, number: str, style: str) -> int | None:
        list_ = self.counters.lists.get(number)
        return next((i for i, form in list_.levels.items() if form.style == style), None) if list_ else None

    def _heading_level(self, node: Node, style: str) -> int:
        """1-9 for a heading, by its own outline level or its style's; 0 for none."""
        own = _int(_get(_child(node, "pPr", "outlineLvl"), "val"))
        if own is not None and own < 9:
            return own + 1
        for _, ancestor in self._chain(style):
            if ancestor.outline is not None:
                return ancestor.outline + 1 if ancestor.outline < 9 else 0
            if ancestor.name.startswith(HEADING_STYLE):
                return _int(ancestor.name.rsplit(" ", 1)[-1]) or 1
        return 0

    def _kind(self, text: str, label: str, level: int, words: Words, style: str) -> BlockKind:
        mark = numbered(text)
        running = bool(mark and mark.inline) or len(text) > 200
        large = words.large >= 0.9 * words.length and len(text) <= 120 and any(c.isalpha() for c in text)
        if (level or large) and not running:
            return BlockKind.TITLE
        if not running and "\n" not in text and self._is_bold(words, style) and not text.endswith((".", ";", ",")):
            return BlockKind.TITLE if len(text) <= 100 and any(c.isalpha() for c in text) else BlockKind.PARAGRAPH
        if "\n" not in text and is_heading_line(text) and not label.startswith("\u2022"):
            return BlockKind.TITLE
        return BlockKind.LIST_ITEM if label or is_list_line(text) else BlockKind.PARAGRAPH

    def _level(self, level: int, words: Words) -> int:
        return level or int(words.large >= 0.9 * words.length)

    def _is_large(self, look: Node | None) -> bool:
        size = _int(_get(_child(look, "sz"), "val"))
        return size is not None and size >= LARGE * self.usual_size

    def _usual_size(self) -> int:
        """The size of plain text, in half points."""
        for root in self._roots("styles"):
            for style in _children(root, "style"):
                if _get(style, "styleId") == self.default_style and (own := _get(_child(style, "rPr", "sz"), "val")):
                    return _int(own) or WORDS_OWN_SIZE
            default = _get(_child(root, "docDefaults", "rPrDefault", "rPr", "sz"), "val")
            return _int(default) or WORDS_OWN_SIZE
        return WORDS_OWN_SIZE

    def _is_bold(self, words: Words, style: str) -> bool:
        by_style = next((s.bold for _, s in self._chain(style) if s.bold is not None), False)
        return bool(by_style) or words.bold >= 0.9 * len(words.text.strip())

    def _table(self, node: Node, kind: BlockKind | None, depth: int) -> Iterator[Element]:
        for row in _rows(node):
            cells = [list(self._blocks(cell, kind, depth + 1)) for cell in _cells(row)]
            apart = [e for cell in cells for e in cell if e.kind in (BlockKind.DELETED, BlockKind.HIDDEN)]
            filled = [kept for cell in cells if (kept := [e for e in cell if e not in apart])]
            if _child(row, "trPr", "del") is not None:
                self.tracked = True
                yield from (_aside(BlockKind.DELETED, "Deleted text", e.text) for cell in filled for e in cell)
            elif len(filled) == 1:
                yield from filled[0]
            elif filled:
                single = all(len(cell) == 1 and "\n" not in cell[0].text for cell in filled)
                texts = ["\n".join(e.text for e in cell) for cell in filled]
                yield Element(kind or BlockKind.TABLE_ROW, ("\t" if single else "\n").join(texts))
            yield from apart

    def _footnotes(self, part: str, kind: str) -> Iterator[Element]:
        for root in self._roots(part):
            notes = {_get(note, "id") or "": note for note in _children(root, kind)}
            for (_, id_), number in sorted(
                (item for item in self.notes_seen.items() if item[0][0] == kind), key=lambda item: item[1]
            ):
                if id_ in notes:
                    inside = list(self._blocks(notes[id_], BlockKind.FOOTNOTE))
                    text = "\n".join(e.text for e in inside if e.kind is BlockKind.FOOTNOTE)
                    yield Element(BlockKind.FOOTNOTE, f"[{kind.capitalize()} {number}] {text}")
                    yield from (e for e in inside if e.kind is not BlockKind.FOOTNOTE)

    def _comments(self) -> Iterator[Element]:
        for root in self._roots("comments"):
            for comment in _children(root, "comment"):
                text = "\n".join(e.text for e in self._blocks(comment, BlockKind.COMMENT))
                author = " ".join((_get(comment, "author") or "").split())
                yield _aside(BlockKind.COMMENT, f"Comment by {author}" if author else "Comment", text)

    def _margins(self, root: Node) -> Iterator[Element]:
        for kind, block in (("header", BlockKind.HEADER), ("footer", BlockKind.FOOTER)):
            seen: set[str] = set()
            for part in self._roots(kind):
                for element in self._blocks(part, block):
                    if element.text not in seen:
                        seen.add(element.text)
                        yield element


def _aside(kind: BlockKind, label: str, text: str) -> Element:
    return Element(kind, text if text.startswith(f"[{label}]") else f"[{label}] {text}")


def _int(value: str | None) -> int | None:
    try:
        return None if value is None else int(value)
    except ValueError:
        return None


def _level(node: Node) -> Level:
    return Level(
        format=_get(_child(node, "numFmt"), "val") or "decimal",
        pattern=_get(_child(node, "lvlText"), "val") or "",
        start=1 if (start := _int(_get(_child(node, "start"), "val"))) is None else start,
        legal=_on(_child(node, "isLgl")),
        suffix=_get(_child(node, "suff"), "val") or "tab",
        style=_get(_child(node, "pStyle"), "val") or "",
        restart=_int(_get(_child(node, "lvlRestart"), "val")),
    )


def _symbol(node: Node) -> str:
    code = int(_get(node, "char") or "0", 16)
    return "\u2022" if 0xF000 <= code <= 0xF0FF or not code else chr(code)


def _rows(table: Node) -> Iterator[Node]:
    for child in table:
        if _local(child) == "tr":
            yield child
        elif _local(child) in ("sdt", "sdtContent", "ins", "customXml"):
            yield from _rows(child)


def _cells(row: Node) -> Iterator[Node]:
    for child in row:
        if _local(child) == "tc":
            yield child
        elif _local(child) in ("sdt", "sdtContent", "ins", "customXml"):
            yield from _cells(child)
