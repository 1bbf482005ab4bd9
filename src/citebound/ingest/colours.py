"""Colours as style sheets write them."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Mapping

RGB = tuple[int, int, int]
WHITE, BLACK, LINK = (255, 255, 255), (0, 0, 0), (0, 0, 238)
FAINT = 0.05
NEAR = 12
"""Steps of 255 by which every part of two colours may differ that a reader cannot tell apart."""
NAMED: Mapping[str, RGB] = {
    "white": WHITE, "black": BLACK, "red": (255, 0, 0), "lime": (0, 255, 0), "blue": (0, 0, 255), "green": (0, 128, 0),
    "yellow": (255, 255, 0), "cyan": (0, 255, 255), "aqua": (0, 255, 255), "magenta": (255, 0, 255),
    "fuchsia": (255, 0, 255), "gray": (128, 128, 128), "grey": (128, 128, 128), "silver": (192, 192, 192),
    "lightgray": (211, 211, 211), "lightgrey": (211, 211, 211), "darkgray": (169, 169, 169), "navy": (0, 0, 128),
    "maroon": (128, 0, 0), "olive": (128, 128, 0), "purple": (128, 0, 128), "teal": (0, 128, 128),
    "orange": (255, 165, 0), "snow": (255, 250, 250), "ivory": (255, 255, 240), "whitesmoke": (245, 245, 245),
    "ghostwhite": (248, 248, 255), "floralwhite": (255, 250, 240), "mintcream": (245, 255, 250),
    "azure": (240, 255, 255), "aliceblue": (240, 248, 255), "beige": (245, 245, 220), "canvas": WHITE,
    "canvastext": BLACK,
}  # fmt: skip
_COLOR = re.compile(r"#[0-9a-f]{3,8}\b|(?:rgb|hsl)a?\([^)]{0,60}\)|[a-z]{3,20}(?![\w(-])")
_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(%?)")


def is_clear(said: str) -> bool:
    """Whether a colour is one that shows nothing."""
    if said.startswith(("rgb", "hsl")):
        parts = _NUMBER.findall(said)
        return len(parts) == 4 and float(parts[3][0]) * (0.01 if parts[3][1] == "%" else 1) <= FAINT
    alpha = said[4:5] * 2 if len(said) == 5 else said[7:9] if len(said) == 9 else ""
    return said.split(" ")[0] == "transparent" or (said.startswith("#") and alpha == "00")


def color(said: str) -> RGB | None:
    """The first colour that is named, None where there is none that is known, or a pale one over another."""
    for match in _COLOR.finditer(said):
        name = match[0]
        if name.startswith("#"):
            digits = name[1:]
            if len(digits) in (3, 4):
                digits = "".join(c * 2 for c in digits)
            if len(digits) == 6 or (len(digits) == 8 and digits[6:] == "ff"):
                return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)
        elif "(" in name:
            return _function(name)
        elif name in NAMED:
            return NAMED[name]
    return None


def _function(said: str) -> RGB | None:
    parts = [(float(number), unit) for number, unit in _NUMBER.findall(said)]
    if len(parts) < 3 or (len(parts) > 3 and parts[3][0] * (0.01 if parts[3][1] else 1) < 1):
        return None
    if said.startswith("rgb"):
        red, green, blue = (int(number * 2.55 if unit == "%" else number) for number, unit in parts[:3])
        return red, green, blue
    hue, saturation, light = (number for number, _ in parts[:3])
    made = colorsys.hls_to_rgb(hue / 360 % 1, light / 100, saturation / 100)
    return int(made[0] * 255), int(made[1] * 255), int(made[2] * 255)


def alike(one: RGB, other: RGB) -> bool:
    return all(abs(a - b) <= NEAR for a, b in zip(one, other, strict=True))
