"""Citebound: answers about documents, each sentence bound to the exact place that proves it."""

__version__ = "0.1.0"
