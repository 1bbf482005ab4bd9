"""Citebound: answers about documents, each sentence bound to the exact place that proves it.

The names are loaded when they are first used, so that a parser's child process does not load a search engine.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from citebound.answer.scoring.scorer import Scorer
    from citebound.collection import Collection
    from citebound.config import Config
    from citebound.errors import CiteboundError
    from citebound.types import Answer, Citation, Document, Hit, IngestReport, Outcome, Passage, Span, Status

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "CiteboundError",
    "Citation",
    "Collection",
    "Config",
    "Document",
    "Hit",
    "IngestReport",
    "Outcome",
    "Passage",
    "Scorer",
    "Span",
    "Status",
]

_HOMES = {
    "Collection": "citebound.collection",
    "Config": "citebound.config",
    "CiteboundError": "citebound.errors",
    "Scorer": "citebound.answer.scoring.scorer",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'citebound' has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "citebound.types")), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
