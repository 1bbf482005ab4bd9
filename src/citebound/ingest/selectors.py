"""Selectors of tags, classes, ids and attributes, alone and below one another; others are not known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

Node = Any

LONGEST = 1000
DEEPEST = 300

_STEP = re.compile(r"\s*(?P<combinator>[>\s])\s*|(?P<compound>(?:[\w*-]|[.#][\w-]+|\[[^\]]*\])+)|(?P<other>.)", re.S)
_PART = re.compile(r"[.#][\w-]+|\[[^\]]*\]|[\w*-]+")
_ATTRIBUTE = re.compile(r"\[\s*([\w-]+)\s*(?:([~|^$*]?=)\s*[\"']?([^\"'\]]*?)[\"']?\s*(?:[is]\s*)?)?\]")
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|([^\n]))")


@dataclass(frozen=True, slots=True)
class Compound:
    """`a.note#x[lang=en]`: what one element must have."""

    tag: str
    ids: tuple[str, ...]
    classes: tuple[str, ...]
    attributes: tuple[tuple[str, str, str], ...]

    def fits(self, node: Node) -> bool:
        return (
            self.tag in ("", "*", node.tag)
            and all(node.get("id") == one for one in self.ids)
            and (not self.classes or set(self.classes) <= set((node.get("class") or "").split()))
            and all(_has(node.get(name), operator, value) for name, operator, value in self.attributes)
        )


Selector = tuple[tuple[str, Compound], ...]
"""Compounds from right to left, each with the combinator that parts it from the next: " ", ">", or "" for the last."""


def fits(selector: Selector, node: Node) -> bool:
    """Whether a selector means an element."""
    if not selector[0][1].fits(node):
        return False
    reached = [node]
    for (combinator, _), (_, compound) in pairwise(selector):
        above = [n.getparent() for n in reached] if combinator == ">" else list(_ancestors(reached[0]))
        reached = [n for n in above if n is not None and compound.fits(n)]
        if not reached:
            return False
    return True


def nested(said: str, above: tuple[Selector, ...]) -> Iterator[Selector]:
    if not above:
        if selector := _selector(plain(said)):
            yield selector
        return
    inner = _selector(plain(said.replace("&", "").lstrip("> ") if "&" in said else said.lstrip("> ")))
    if not inner or len(above) > 100:
        return
    for outer in above:
        if said.startswith("&") and not said[1:2].isspace() and ">" not in said:
            continue  # `&:hover`, `&.open`: another state
        yield (*inner[:-1], (">" if said.lstrip("& ").startswith(">") else " ", inner[-1][1]), *outer)


def _selector(said: str) -> Selector:
    """A selector from right to left; () for one that is not known."""
    if len(said) > LONGEST:
        return ()
    compounds: list[Compound] = []
    combinators: list[str] = []
    for match in _STEP.finditer(said.strip()):
        if match["other"]:
            return ()
        if match["combinator"]:
            if len(combinators) >= len(compounds):
                return ()
            combinators.append(">" if ">" in match.group() else " ")
        elif compound := _compound(match["compound"]):
            compounds.append(compound)
        else:
            return ()
    if not compounds or len(combinators) != len(compounds) - 1:
        return ()
    return tuple(zip([*reversed(combinators), ""], reversed(compounds), strict=True))


def _compound(said: str) -> Compound | None:
    parts = _PART.findall(said)
    attributes = [_ATTRIBUTE.fullmatch(p) for p in parts if p.startswith("[")]
    tags = [p for p in parts if p[0] not in ".#["]
    if len(tags) > 1 or not all(attributes):
        return None
    return Compound(
        tags[0].lower() if tags else "",
        tuple(p[1:] for p in parts if p[0] == "#"),
        tuple(p[1:] for p in parts if p[0] == "."),
        tuple((m[1].lower(), m[2] or "", m[3] or "") for m in attributes if m),
    )


def weight(selector: Selector) -> tuple[int, int, int, int]:
    every = [compound for _, compound in selector]
    named = sum(len(c.classes) + len(c.attributes) for c in every)
    return 0, sum(len(c.ids) for c in every), named, sum(c.tag not in ("", "*") for c in every)


def plain(said: str) -> str:
    return _ESCAPE.sub(lambda m: chr(code) if m[1] and 0 < (code := int(m[1], 16)) < 0x110000 else m[2] or "", said)


def _ancestors(node: Node) -> Iterator[Node]:
    for _ in range(DEEPEST):
        node = node.getparent()
        if node is None:
            return
        yield node


def _has(held: str | None, operator: str, value: str) -> bool:
    if held is None:
        return False
    return {
        "": True,
        "=": held == value,
        "~=": value in held.split(),
        "|=": held == value or held.startswith(f"{value}-"),
        "^=": bool(value) and held.startswith(value),
        "$=": bool(value) and held.endswith(value),
        "*=": bool(value) and value in held,
    }[operator]
