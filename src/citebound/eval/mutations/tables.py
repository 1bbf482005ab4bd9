"""The word tables of the rules: TOML files beside them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any


def read(name: str) -> dict[str, Any]:
    """The table of this name, without its ending."""
    return tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text("utf-8"))
