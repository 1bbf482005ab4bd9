"""What a page of a PDF prints, before it is laid out: runs of characters with their places, in stream order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from citebound.types import Box


@dataclass(slots=True)
class Run:
    """Characters on one baseline without a wide gap. `lefts[i]` is the left edge of character i of `chars`.

    Points from the top left of the displayed page. `tilt` is the clockwise quarter or odd angle at which it reads,
    0 for upright text. `order` is its place in the page's content stream.
    """

    order: int
    left: float
    top: float
    right: float
    bottom: float
    size: float
    bold: bool
    hidden: bool = False
    white: bool = False
    tilt: int = 0
    chars: list[str] = field(default_factory=list)
    lefts: list[float] = field(default_factory=list)
    rights: list[float] = field(default_factory=list)
    styles: dict[tuple[float, bool], int] = field(default_factory=dict)

    def settle(self) -> None:
        """Takes size and weight from most of the characters."""
        if self.styles:
            self.size = max(self.styles, key=lambda style: self.styles[style])[0]
            self.bold = sum(n for (_, bold), n in self.styles.items() if bold) >= 0.8 * sum(self.styles.values())

    @property
    def text(self) -> str:
        return "".join(self.chars)

    @property
    def box(self) -> Box:
        return (self.left, self.top, self.right, self.bottom)

    def cut(self, x: float) -> tuple[Run, Run] | None:
        """The run as two, parted at the space that lies over `x`; None if a character stands there."""
        for i, (char, left, right) in enumerate(zip(self.chars, self.lefts, self.rights, strict=True)):
            if left <= x <= right:
                if char != " " or not 0 < i < len(self.chars) - 1:
                    return None
                return self._part(0, i), self._part(i + 1, len(self.chars))
        return None

    def _part(self, start: int, end: int) -> Run:
        lefts, rights = self.lefts[start:end], self.rights[start:end]
        return Run(
            self.order,
            lefts[0],
            self.top,
            max(rights),
            self.bottom,
            self.size,
            self.bold,
            self.hidden,
            self.white,
            self.tilt,
            self.chars[start:end],
            lefts,
            rights,
        )

    def gaps(self, least: float) -> Iterator[tuple[float, float]]:
        """Left and right edge of each space that is at least `least` wide."""
        for char, left, right in zip(self.chars, self.lefts, self.rights, strict=True):
            if char == " " and right - left >= least:
                yield left, right


@dataclass(slots=True)
class Page:
    """One page: its displayed size in points and its runs. `unmapped` counts characters without a Unicode value."""

    number: int
    width: float
    height: float
    runs: list[Run]
    unmapped: int = 0
    bare: bool = False
    """Neither text nor pictures."""

    layer: bool = False
    """Nearly all text is invisible: the OCR layer of a scan."""
