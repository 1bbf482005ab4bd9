"""The documents that a question whether something is there asks about, by what it calls them: "in the pentest"."""

from __future__ import annotations

import re
from itertools import pairwise

from citebound.answer.absence.existence import PAPERS, Existence
from citebound.answer.words import content
from citebound.indexes.search import Found
from citebound.indexes.store import Store

FEW = 5
"""Documents that a question may mean by what it calls them."""
GENERIC = frozenset(
    content(
        "clause provision right rights obligation obligations requirement requirements restriction restrictions kind"
        " document paper file collection amendment addendum"
        " language wording commitment commitments arrangement agreement contract report finding findings section sign"
        " signs trace traces evidence indication mention reference thing issue issues vulnerability weakness party"
        " parties possibility option form term terms duty duties permission carve carveout exception exemption"
        " statement protection ban prohibition promise assurance other"
    )
)
"""Words that name no thing by themselves."""
_LETTERS = re.compile(r"\b[A-Z]{2,6}\b")
_PAPER = re.compile(rf"\b{PAPERS}$", re.I)
_ANY_PAPER = (
    GENERIC
    | frozenset(content("archive corpus exhibit folder policy data room set text passage whole entire attached signed"))
    | frozenset(content("uploaded given complete full present existing current latest final doc documentation"))
) - frozenset(content("amendment addendum"))
"""Words that name no document by themselves."""


def meant(store: Store, asked: Existence, looked: Found) -> tuple[tuple[str, ...], bool]:
    """The documents that the question means, and whether that is certain: not where the place that it names is another
    one than where other words of it lead, or none that is there, nor where plain words of the thing lead to a document
    ("a mutual indemnity" to the mutual agreement)."""
    routed = tuple(looked.route.documents)
    wanted = _named(asked.place)
    if routed and not wanted:
        taken = set(re.findall(r"[^\W\d_]+", asked.thing)) - set(re.findall(r"[^\W\d_]+", looked.asked))
        return routed, not any(word.islower() and content(word) for word in taken)
    if not wanted or (routed and not wanted & set(content(looked.asked))):
        return routed, True
    found = called(store, asked.place)
    both = tuple(one for one in routed if one in found)
    return (both, True) if both else (found, bool(found) and not routed)


def called(store: Store, place: str) -> tuple[str, ...]:
    """The documents whose name has all words of what the question calls them ("the incident report"), or the letters
    ("the MSA"); none where that is a word for any document, or fits more than a few."""
    wanted = set(content(place))
    letters = {word.lower() for word in _LETTERS.findall(place)}
    if not letters and not wanted - _ANY_PAPER:
        return ()
    found = []
    for card in store.cards():
        words = re.findall(r"[^\W_]+", card.name.split("\n")[0].lower())
        initials = "".join(word[0] for word in words)
        own = set(content(card.name))
        lacking = [w for w in wanted - own if not any(_shortens(w, a, b) for a, b in pairwise(content(card.name)))]
        if not lacking or any(one in initials for one in letters):
            found.append(card.document_id)
    return tuple(found) if len(found) <= FEW else ()


def _named(place: str) -> set[str]:
    """The words by which a question names the document that it asks about; none where it names no document."""
    if not _PAPER.search(place) and not _LETTERS.search(place):
        return set()
    return set(content(place)) - _ANY_PAPER


def _shortens(word: str, one: str, other: str) -> bool:
    """Whether a word is short for two: "pentest" for "penetration test"."""
    rest = word.removesuffix(other)
    return rest != word and len(rest) > 2 and one.startswith(rest)
