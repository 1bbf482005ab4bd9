"""What one file may cost: read from the settings, sent to the parser with the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from citebound.config import Config


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps for one file. `seconds` is wall time, `memory` bytes of address space on top of the idle parser."""

    bytes: int = 50_000_000
    pages: int = 2000
    characters: int = 5_000_000
    elements: int = 200_000
    cells: int = 1_000_000
    seconds: float = 120.0
    memory: int = 2 * 1024**3
    output: int = 64_000_000

    @classmethod
    def of(cls, config: Config) -> Limits:
        """The caps that the settings ask for."""
        return cls(
            bytes=config.file_limit,
            pages=config.page_limit,
            characters=config.text_limit,
            seconds=config.parse_seconds,
            memory=config.parse_memory,
        )
