"""The text of an HTML page that its reader does not see: taken out of the page, and kept apart.

Not seen: what is not displayed (`display: none`, `hidden`, a closed dialog, templates, `noscript` and other
fall-backs), invisible, clipped away, off the page, of one pixel or less, or in the colour of its background; and
comments. `aria-hidden` hides nothing from the eye. What scripts or the style sheets of other files would do is unknown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import lxml.html
from lxml import etree

from citebound.ingest.colours import BLACK, FAINT, LINK, RGB, WHITE, alike, color, is_clear
from citebound.ingest.selectors import Node
from citebound.ingest.stylesheet import Stylesheets

FALL_BACKS = frozenset("template noscript noembed noframes datalist iframe audio video canvas".split())
NO_TEXT = frozenset({"script", "style"})
OFF = -900.0
"""Pixels from which on a place left of or above the page is off it."""
AWAY = 5000.0
SMALL = 1.0
SIZES = {
    "xx-small": 9.0,
    "x-small": 10.0,
    "small": 13.0,
    "medium": 16.0,
    "large": 18.0,
    "x-large": 24.0,
    "xx-large": 32.0,
}
UNITS = {"px": 1.0, "": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 37.8, "mm": 3.78, "rem": 16.0, "vw": 12.8,
         "vh": 8.0, "vmin": 8.0, "vmax": 12.8}  # fmt: skip
_LENGTH = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(px|pt|pc|in|cm|mm|rem|em|ex|ch|vw|vh|vmin|vmax|%)?")
_SHRUNK = re.compile(r"\bscale(?:3d|x|y)?\(\s*\+?0*\.?0*\s*[,)]|\brotate[xy]\(\s*-?(?:90|270)deg")
_MOVED = re.compile(r"\btranslate(?:3d|x|y)?\(([^)]{0,80})")
_CLIPPED = re.compile(r"\binset\(\s*(?:[5-9]\d|100)(?:\.\d*)?%|\b(?:circle|ellipse)\(\s*0")
_FADED = re.compile(r"\bopacity\(\s*0*\.?0*%?\s*\)")
_TAG = re.compile(r"<[^<>]*>")
_WORD = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Look:
    """How an element's own text is shown, as far as its descendants inherit it. `why` is the reason why it is not seen,
    "" if it is; `paper` what it stands on, None where that is not known; sizes in pixels."""

    invisible: bool = False
    size: float = 16.0
    color: RGB | None = BLACK
    paper: RGB | None = WHITE
    why: str = ""


@dataclass(slots=True)
class Page:
    """A page without what is not seen, and that, in pieces in the order of the page, deleted ones by themselves; `root`
    is None where there is none."""

    root: Node
    hidden: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def apart(self) -> bool:
        """Whether anything was taken out."""
        return bool(self.hidden or self.deleted)

    @property
    def html(self) -> str:
        return str(lxml.html.tostring(self.root, encoding="unicode"))

    @property
    def words(self) -> list[str]:
        """What is seen, in pieces."""
        return [str(piece) for node in self.root.iter() for piece in _own(node)]

    @property
    def title(self) -> str:
        found = self.root.find(".//title") if self.root is not None else None
        return "" if found is None else "".join(map(str, found.itertext()))

    @property
    def notes(self) -> tuple[str, ...]:
        """One for hidden text, with the reasons and how often each was met; one for deleted text."""
        said = ", ".join(f"{why} ({count})" for why, count in self.reasons.items())
        hidden = (f"hidden text, kept apart: {said}",) if self.hidden else ()
        return (*hidden, "deleted text is kept apart") if self.deleted else hidden


def see(text: str) -> Page:
    """Reads a page and takes out of it what its reader does not see. Raises lxml's errors."""
    parser = lxml.html.HTMLParser(huge_tree=False, recover=True, encoding="utf-8", remove_pis=True)
    data = text.encode("utf-8", "replace")
    root = etree.fromstring(data, parser) if data.strip() else None
    page = Page(root)
    if root is not None:
        _Reader(page).read()
    return page


class _Reader:
    """One walk over a page, each element after its parent, each text in its place."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._sheets = Stylesheets(page.root)
        self._pieces: dict[Node, tuple[str, list[str]]] = {}
        self._gone: list[Node] = []

    def read(self) -> None:
        root = self._page.root
        start = Look(paper=None if self._sheets.foreign else WHITE)
        left: list[tuple[Node, Look, Node, bool]] = [(root, start, root, False)]
        while left:
            node, look, top, is_tail = left.pop()
            if is_tail:
                self._keep(node, "tail", look, top)
                continue
            if not isinstance(node.tag, str):
                self._comment(node)
                continue
            if node.tag in NO_TEXT:
                continue
            if node.tag == "del":
                self._page.deleted.append(_text(node))
                self._gone.append(node)
                continue
            seen, why = self._look(node, look)
            if why:
                self._pieces.setdefault(top if look.why else node, (why, []))[1].append(_text(node))
                self._gone.append(node)
                continue
            over = top if look.why and look.why == seen.why else node
            self._keep(node, "text", seen, over)
            for child in reversed(node):
                left += [(child, seen, over, True), (child, seen, over, False)]
        for outside in (*root.itersiblings(preceding=True), *root.itersiblings()):
            self._comment(outside)
        self._finish()

    def _keep(self, node: Node, place: str, look: Look, top: Node) -> None:
        """Takes a stretch of text out of the page if its look is not to be seen."""
        said = getattr(node, place)
        if look.why and said and not said.isspace():
            self._pieces.setdefault(top, (look.why, []))[1].append(str(said))
            setattr(node, place, " ")

    def _comment(self, node: Node) -> None:
        self._gone.append(node)
        if node.tag is etree.Comment and not (node.text or "").startswith("?"):
            self._pieces[node] = ("comment", [_TAG.sub(" ", node.text or "")])

    def _finish(self) -> None:
        for why, pieces in self._pieces.values():
            said = " ".join(" ".join(pieces).split())
            if _WORD.search(said):
                self._page.hidden.append(said)
                self._page.reasons[why] += 1
        for node in self._gone:
            if node.getparent() is not None:
                node.drop_tree()

    def _look(self, node: Node, above: Look) -> tuple[Look, str]:
        """How an element's own text is shown, and why nothing under it can be seen; "" if something can."""
        style = self._sheets.declared(node)
        outermost = node.tag in ("html", "body")
        why = "" if outermost else _gone(node, style, above.size)
        size = _size(style.get("font-size", ""), above.size)
        look = replace(above, size=size, why="", color=_ink(node, style, above), paper=_paper(node, style, above))
        if "visibility" in style and not outermost:
            look = replace(look, invisible=style["visibility"] in ("hidden", "collapse"))
        if look.invisible:
            return replace(look, why="invisible"), why
        if look.size <= SMALL:
            return replace(look, why="of no size"), why
        if is_clear(style.get("color", "")) or (look.color and look.paper and alike(look.color, look.paper)):
            return replace(look, why="in the colour of its background"), why
        return look, why


def _gone(node: Node, style: Mapping[str, str], size: float) -> str:
    """Why an element and all in it is not seen, "" if it is."""
    if node.tag in FALL_BACKS or (node.tag == "dialog" and node.get("open") is None):
        return f"<{node.tag}>"
    display = style.get("display", "")
    if display == "none" or (node.get("hidden") is not None and not display):
        return "not displayed"
    if style.get("content-visibility") == "hidden" or _FADED.search(style.get("filter", "")):
        return "invisible"
    opacity = _LENGTH.match(style.get("opacity", ""))
    if opacity and float(opacity[1]) * (0.01 if opacity[2] else 1) <= FAINT:
        return "invisible"
    if _is_shrunk(style, size):
        return "of no size"
    return "off the page" if _is_off(style, size) else ""


def _is_shrunk(style: Mapping[str, str], size: float) -> bool:
    if _SHRUNK.search(style.get("transform", "")) or _CLIPPED.search(style.get("clip-path", "")):
        return True
    if style.get("position") in ("absolute", "fixed") and (clip := style.get("clip", "")).startswith("rect"):
        edges = [_pixels(m[0], size) for m in _LENGTH.finditer(clip)]
        if len(edges) == 4 and min(edges[1] - edges[3], edges[2] - edges[0]) <= SMALL:
            return True
    sides = [style.get(name, "") for name in ("width", "max-width", "height", "max-height")]
    none = any(_LENGTH.fullmatch(side) and _pixels(side, size) <= SMALL for side in sides)
    return none and style.get("overflow", "visible") in ("hidden", "clip")


def _is_off(style: Mapping[str, str], size: float) -> bool:
    names = ["margin-left", "margin-top", "text-indent"]
    if style.get("position", "static") != "static":
        names += ["left", "top", "right", "bottom"]
    if any(_pixels(style[name], size) <= OFF for name in names if name in style):
        return True
    if "left" in names and _pixels(style.get("left", ""), size) >= AWAY:
        return True
    moved = [*_MOVED.findall(style.get("transform", "")), style.get("translate", "")]
    return any(_pixels(part, size) <= OFF for move in moved for part in re.split(r"[,\s]+", move.strip()))


def _pixels(value: str, size: float) -> float:
    """A length, 0 for what is none; shares are of the width of the screen."""
    match = _LENGTH.match(value)
    if not match:
        return 0.0
    unit = match[2] or ""
    return float(match[1]) * (size if unit in ("em", "ex", "ch") else 12.8 if unit == "%" else UNITS[unit])


def _size(value: str, above: float) -> float:
    match = _LENGTH.fullmatch(value)
    if match and match[2] == "%":
        return above * float(match[1]) / 100
    if match:
        return _pixels(value, above)
    return SIZES.get(value, above * {"smaller": 0.83, "larger": 1.2}.get(value, 1.0))


def _ink(node: Node, style: Mapping[str, str], above: Look) -> RGB | None:
    said = style.get("color") or (node.get("color") if node.tag == "font" else node.get("text")) or ""
    if not said:
        return LINK if node.tag == "a" and node.get("href") is not None else above.color
    return above.color if said in ("inherit", "currentcolor", "unset") else color(said.strip().lower())


def _paper(node: Node, style: Mapping[str, str], above: Look) -> RGB | None:
    if "background-image" in style and style["background-image"] != "none":
        return None
    said = style.get("background-color") or (node.get("bgcolor") or "").strip().lower()
    if node.get("background") is not None or "url(" in said or "gradient(" in said or "var(" in said:
        return None
    if not said or is_clear(said) or said in ("none", "inherit", "unset", "initial"):
        return above.paper
    return color(said)


def _own(node: Node) -> list[str]:
    shown = isinstance(node.tag, str) and node.tag not in NO_TEXT and node.tag != "title"
    return [str(text) for text in (node.text if shown else None, node.tail) if text]


def _text(node: Node) -> str:
    """All text in an element, comments too, scripts and styles not."""
    pieces = []
    for inside in node.iter():
        if inside.tag not in NO_TEXT and inside.text:
            pieces.append(str(inside.text))
        if inside is not node and inside.tail:
            pieces.append(str(inside.tail))
    return " ".join(" ".join(pieces).split())
