"""Citebound: answers about documents, each sentence bound to the exact place that proves it."""

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
    "Span",
    "Status",
]
