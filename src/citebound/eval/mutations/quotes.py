"""The sentence replaced by one of another document that speaks of similar things."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from citebound.eval.mutations.edits import Edit
from citebound.eval.mutations.view import WORD, View

_STOP = frozenset(
    "about above after again also another because been before being between both could does doing down during each "
    "either from further have having hereby herein hereof hereto hereunder here into itself more most must only "
    "other otherwise over same shall should some such than that their them then there thereof these they this those "
    "through under until upon very were what when where which while will with within without would your agreement "
    "party parties".split()
)
_COMMON_NAMES = frozenset(
    "Agreement Agreements Party Parties Section Sections Article Articles Company Term Terms Effective Date "
    "Services Service Product Products Exhibit Appendices Confidential Information Disclosing Receiving Affiliate "
    "Affiliates Law Laws State Business Day Days Notice Change Control Indemnified Indemnifying Applicable Headings "
    "Force Majeure".split()
)


def put_other_quote(view: View) -> Iterator[Edit]:
    mine = _content(view.text)
    best: tuple[int, str] = (2, "")
    for other in view.others:
        theirs = _content(other)
        shared = len(mine & theirs)
        if shared > best[0] and len(theirs - mine) >= max(4, shared // 2) and len(mine - theirs) >= 3:
            best = (shared, other) if _facts(other) - _facts(view.text) else best
    if best[1]:
        yield ((0, len(view.text), best[1]),)


@lru_cache(maxsize=20_000)
def _content(text: str) -> frozenset[str]:
    return frozenset(w for m in WORD.finditer(text) if len(w := m.group().lower()) >= 4 and w not in _STOP)


@lru_cache(maxsize=20_000)
def _facts(text: str) -> frozenset[str]:
    """Numbers and names: what a sentence says of one matter only."""
    found = re.findall(r"[0-9][0-9.,]*[0-9]|[0-9]|(?<=[a-z,\"“] )[A-Z][\w&-]{2,40}", text)
    return frozenset(found) - _COMMON_NAMES
