"""Text of documents made inert for a prompt: nothing in it can be taken for a fence, a marker or a turn of a chat.

Only what the model sees is changed. Quotes are bound against the documents, which stay as they are.
"""

from __future__ import annotations

import re
import unicodedata

KEPT = frozenset("\u200c\u200d")
"""Joiners, without which some scripts are misspelt; all other characters that are not seen go."""

_TAG = re.compile(r"<(?=\S)")
_MARKER = re.compile(r"\[(\s*\d[\d\s,]{0,12})\]")
_TURN = re.compile(r"\[(?=/?(?:INST|SYS|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT)\])", re.I)
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def inert(text: str) -> str:
    """One line, without characters that are not seen, without tags and without what looks like a marker.

    - "<" is kept away from what follows it: no fence, and no token of any chat template, begins in a passage.
    - "[3]" becomes "(3)", so that a copied footnote is not read as a citation of passage 3.
    - "[INST]" and its like become "[ INST]".
    - Control, format and tag characters, variation selectors and lone surrogates go; joiners stay.
    """
    seen = visible(" ".join(text.split()))
    return _TURN.sub("[ ", _MARKER.sub(r"(\1)", _TAG.sub("< ", seen)))


def visible(text: str, keep: str = "") -> str:
    """The text without characters that nobody sees, but for joiners and those in `keep`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c for c in text if c in keep or c in KEPT or not (_selects(c) or unicodedata.category(c) in _UNSEEN))


def _selects(character: str) -> bool:
    """Whether it is a variation selector: 256 of them in a row carry any text unseen."""
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
