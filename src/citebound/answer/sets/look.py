"""A second look before it is said that a document lacks a clause: whether a sentence of it speaks of one.

The readers of clauses miss some. On 54 contracts of CUAD with 30 categories, 8.4 % of the clauses that no reader found
were there; of those of which no sentence has the words either, 5.4 % (eval/LOG.md).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from citebound.answer.addressed import addressed
from citebound.answer.words import content
from citebound.ingest.sentences import sentence_spans
from citebound.types import Span

DENIAL = re.compile(
    r"\b(?:does|do|shall|will|is|are)(?: not|n't) (?:be )?(?:automatically )?(?P<what>[^.;,]{3,120})", re.I
)
SAVE = re.compile(r"\b(?:unless|except|until|if|without)\b", re.I)
"""Where a sentence goes on to say when it is so, it denies nothing."""
LEAST = 2
"""Words that a phrase must have: a single one stands everywhere."""
LONGEST = 400
"""Characters of a sentence: a longer one has the words by chance."""


def speaks_of(text: str, phrases: Sequence[str], *, least: int = LEAST) -> Span | None:
    """The shortest sentence that has all content words of one of the phrases, of which it must have `least`; None where
    there is none."""
    low = text.lower()
    wanted = [stems for stems in _stems(tuple(phrases), least) if all(_begin(one) in low for one in stems)]
    if not wanted:
        return None
    begins = {stems: [_begin(one) for one in stems] for stems in wanted}
    spoken = addressed(text)
    short = (s for s in sentence_spans(text) if len(s) <= LONGEST and not any(s.overlap(one) for one in spoken))
    for span in sorted(short, key=lambda s: (len(s), s.start)):
        said = low[span.start : span.end]
        near = [stems for stems, starts in begins.items() if all(start in said for start in starts)]
        if near:
            own = set(content(text[span.start : span.end]))
            if any(stems <= own for stems in near):
                return span
    return None


def denies(sentence: str, phrases: Sequence[str]) -> bool:
    """Whether a sentence says that what a phrase speaks of is not so: "it does not renew automatically"."""
    match = DENIAL.search(sentence)
    if match is None or SAVE.search(sentence, match.end("what") - len(match["what"])):
        return False
    denied = content(match["what"])[:1]
    return any(content(phrase)[:1] == denied for phrase in phrases)


@lru_cache(maxsize=256)
def _stems(phrases: tuple[str, ...], least: int) -> tuple[frozenset[str], ...]:
    made = dict.fromkeys(frozenset(content(phrase)) for phrase in phrases)
    return tuple(stems for stems in made if len(stems) >= least)


def _begin(stem: str) -> str:
    """Letters that every word of the stem has: its last one may be another ("liabil", "liable"; "cap", "capped")."""
    return stem[:-1] if len(stem) > 4 else stem
