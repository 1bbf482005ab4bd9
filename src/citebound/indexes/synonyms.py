"""What documents print for what people ask: "no-shop" -> "shall not solicit, initiate, knowingly encourage".

The words of a trade, not of a collection: package data, one TOML file for each kind of document. Searched beside the
question's own words, never instead of them.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources


def printed(question: str) -> str:
    """The words to search beside those of the question; "" where it has none of the terms."""
    asked = question.lower()
    return " ".join(words for pattern, words in _entries() if pattern.search(asked))


@cache
def _entries() -> tuple[tuple[re.Pattern[str], str], ...]:
    made = []
    folder = resources.files("citebound.indexes") / "vocabulary"
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        for entry in tomllib.loads(file.read_text("utf-8"))["entry"]:
            terms = "|".join(re.escape(term) for term in entry["asked"])
            made.append((re.compile(rf"(?<!\w)(?:{terms})"), entry["printed"]))
    return tuple(made)
