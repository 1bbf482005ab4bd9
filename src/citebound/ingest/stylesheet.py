"""The style sheets that an HTML page brings along, and what they and its attributes declare of an element.

Selectors of tags, classes, ids and attributes are known, alone and below one another; rules with others (`:not`, `+`)
are passed over. Media queries are answered for a screen of 1280 by 800 pixels. Style sheets of other files are not
fetched.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from citebound.errors import ParseFailure
from citebound.ingest.selectors import DEEPEST, Node, Selector, fits, nested, plain, weight
from citebound.types import Status

SCREEN = {"width": 1280.0, "height": 800.0}
MOST_RULES = 20_000
MOST_TRIES = 2_000_000
"""Times that a rule is held against an element; a page that needs more is refused, not read without its rules."""
ASKED = frozenset(
    "display visibility content-visibility opacity filter font-size color background-color background-image position"
    " left right top bottom margin-left margin-top text-indent translate transform clip clip-path overflow width"
    " max-width height max-height".split()
)
"""Properties on which it depends whether text is seen."""

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.S)
_EDGE = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'|(?P<edge>[{};])")
_FEATURE = re.compile(
    r"\(\s*(?P<edge>min|max)-(?P<side>width|height)\s*:\s*(?P<size>[\d.]{1,9})(?P<unit>px|em|rem)?\s*\)"
)
_FONT = re.compile(
    r"(?i)(?:^|\s)((?:\d*\.)?\d+(?:[a-z]{1,4}|%)?|(?:xx?-)?(?:small|large)|medium|smaller|larger)(?:\s*/|\s|$)"
)
_DATA = re.compile(r"(?i)\s*data:text/css(?P<encoded>[^,]{0,60}?;base64)?[^,]{0,60},(?P<css>.*)", re.S)

Weight = tuple[bool, tuple[int, int, int, int], int]
"""Importance, specificity and position of a declaration; the greatest holds."""


@dataclass(frozen=True, slots=True)
class _Rule:
    selector: Selector
    weight: tuple[int, int, int, int]
    order: int
    declared: tuple[tuple[str, str, bool], ...]


class Stylesheets:
    """All rules of a page. `foreign` says that it also names style sheets of other files."""

    def __init__(self, root: Node) -> None:
        self._rules: dict[str, list[_Rule]] = {}
        self._count = 0
        self._tries = 0
        self.foreign = False
        for node in root.iter("style", "link"):
            if not _is_shown(node.get("media") or ""):
                continue
            if node.tag == "style":
                css = node.text or ""
                self.foreign |= "@import" in css
                self._read(css)
            elif "stylesheet" in (node.get("rel") or "").lower():
                data = _DATA.fullmatch(node.get("href") or "")
                self.foreign |= data is None
                self._read(_decoded(data) if data else "")

    def declared(self, node: Node) -> Mapping[str, str]:
        """The properties of an element with the values that hold, in lower case, without those that it inherits."""
        held: dict[str, tuple[Weight, str]] = {}
        for rule in self._meant(node):
            for name, value, important in rule.declared:
                _put(held, name, value, (important, rule.weight, rule.order))
        for at, (name, value, important) in enumerate(_declarations(node.get("style") or "")):
            _put(held, name, value, (important, (1, 0, 0, 0), at))
        return {name: value for name, (_, value) in held.items()}

    def _meant(self, node: Node) -> Iterator[_Rule]:
        keys = ["*", node.tag, *(f".{c}" for c in dict.fromkeys((node.get("class") or "").split()))]
        for key in [*keys, f"#{node.get('id')}"]:
            rules = self._rules.get(key, ())
            self._tries += len(rules)
            if self._tries > MOST_TRIES:
                raise ParseFailure(
                    Status.TOO_LARGE, "the style sheets of the page are too large for it", remedy="Save it as PDF."
                )
            yield from (rule for rule in rules if fits(rule.selector, node))

    def _read(self, css: str) -> None:
        css = _COMMENT.sub(" ", css)
        open_blocks: list[tuple[tuple[Selector, ...], bool, list[str]]] = []
        last = 0
        for match in _EDGE.finditer(css):
            edge = match["edge"]
            if not edge:
                continue
            said, last = css[last : match.start()].strip(), match.end()
            if edge == "{":
                above, applies, _ = open_blocks[-1] if open_blocks else ((), True, [])
                if len(open_blocks) >= DEEPEST:
                    return
                open_blocks.append(_opened(said, above, applies))
                continue
            if open_blocks and said:
                open_blocks[-1][2].append(said)
            if edge == "}" and open_blocks:
                self._add(*open_blocks.pop())
        while open_blocks:  # a browser closes what is left open at the end
            open_blocks[-1][2].append(css[last:])
            last = len(css)
            self._add(*open_blocks.pop())

    def _add(self, selectors: tuple[Selector, ...], applies: bool, said: list[str]) -> None:
        declared = tuple(_declarations(";".join(said))) if applies and selectors else ()
        if not declared:
            return
        for selector in selectors:
            if self._count >= MOST_RULES:
                return
            self._count += 1
            first = selector[0][1]
            key = f"#{first.ids[0]}" if first.ids else f".{first.classes[0]}" if first.classes else first.tag or "*"
            self._rules.setdefault(key, []).append(_Rule(selector, weight(selector), self._count, declared))


def _opened(prelude: str, above: tuple[Selector, ...], applies: bool) -> tuple[tuple[Selector, ...], bool, list[str]]:
    """A block that begins: the elements it is for, whether it holds, and its declarations, none yet."""
    if not prelude.startswith("@"):
        inner = tuple(one for said in prelude.split(",") for one in nested(said.strip(), above))
        return inner[:MOST_RULES], applies, []
    word, condition = re.fullmatch(r"@([\w-]*)(.*)", prelude.lower(), re.S).groups()  # type: ignore[union-attr]
    if word == "media":
        return above, applies and _is_shown(condition), []
    return above, applies and word in ("layer", "supports", "container"), []


def _declarations(css: str) -> Iterator[tuple[str, str, bool]]:
    """Names, values and whether they are important; shorthands stand for the part of them that is asked for here."""
    for said in _COMMENT.sub(" ", css).split(";"):
        name, colon, value = plain(said).partition(":")
        if not colon:
            continue
        name, value = name.strip().lower(), " ".join(value.lower().split())
        important = value.replace(" ", "").endswith("!important")
        value = value.rpartition("!")[0].strip() if important else value
        if name == "font":
            size = _FONT.search(value)
            name, value = "font-size", size[1] if size else ""
        elif name == "background":
            name = "background-color"
        elif name in ("overflow-x", "overflow-y"):
            name = "overflow"
        elif name == "-webkit-text-fill-color":
            name = "color"
        elif name == "inset":
            sides = value.split()
            yield "top", sides[0] if sides else "", important
            name, value = "left", sides[-1 if len(sides) != 3 else 1] if sides else ""
        if value and name in ASKED:
            yield name, value, important


def _is_shown(query: str) -> bool:
    """Whether one part of a media query holds on the screen."""
    return any(_holds(part.strip().lower()) for part in query.split(",")) if query.strip() else True


def _holds(part: str) -> bool:
    for feature in _FEATURE.finditer(part):
        size = float(feature["size"].strip(".") or 0) * (16 if feature["unit"] in ("em", "rem") else 1)
        if (SCREEN[feature["side"]] < size) if feature["edge"] == "min" else (SCREEN[feature["side"]] > size):
            return False
    rest = _FEATURE.sub("", part)
    rest = re.sub(r"\b(?:only|and|all|screen)\b", "", rest).strip()
    return not rest


def _put(held: dict[str, tuple[Weight, str]], name: str, value: str, weight: Weight) -> None:
    if name not in held or weight >= held[name][0]:
        held[name] = (weight, value)


def _decoded(data: re.Match[str]) -> str:
    css = unquote_to_bytes(data["css"])
    try:
        return (base64.b64decode(css) if data["encoded"] else css).decode("utf-8", "replace")
    except binascii.Error:
        return ""
