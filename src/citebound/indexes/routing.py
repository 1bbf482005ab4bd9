"""Which documents a question names, and what it asks once the names are taken out.

A document's card has its names (title, file names), its head (the first page, where parties and report ids stand) and
the words that it has at all. A word of the question counts for a document by the square of its rarity among documents,
twice if it is in a name. "The NDA with Acme" goes to Acme's NDA; a name that several documents bear leads to all of
them, and a question that names none is left alone: if it speaks of a kind of document ("the NDA"), those of the kind
are found by what they are about.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from rapidfuzz import fuzz, process

from citebound.indexes.lexical import STOPWORDS
from citebound.indexes.store import Card, Store
from citebound.indexes.synonyms import kind
from citebound.protocols import Vectors
from citebound.types import Filter

NAME_WEIGHT, HEAD_WEIGHT = 2.0, 1.0
RARE = 0.2
"""A word names a document only if at most this share of all documents have it."""

CLOSE = 0.8
"""Documents whose score is at least this share of the best one are meant as well."""

MOST = 5
"""A question that could mean more documents than this asks about a kind of document, not about one: not routed."""

LEAST_LETTERS = 4
"""Shorter words are not looked for inside of run-together names ("GAINSCOINC") nor corrected."""

FEW = 2
"""More documents than this with the same one-word name: the word is no name."""

GAP = 5
"""Characters between two words of a name ("Tate & Lyle"). One word alone of the first page may be a thing: "SQL"."""

OPENING = 250
"""Characters of a first page in which a document's own number stands."""

LEAST_DIGITS = 4
"""Shorter numbers are quantities, not names."""

ALIKE = 88
"""Similarity, 0..100, from which on a name that no document has is taken for another one with a typing error."""

KINDRED, LEAST_CENTRE = 0.6, 0.35
"""A document is of a kind if its centre is at least this share as near to what the kind prints as the nearest one, and
that one is at least so near."""

REMEMBERED = 5000
"""Words whose documents are kept in memory."""

ROLES = frozenset(
    "advisor affiliate agent agreement assignee assignor borrower buyer client company consultant contract contractor"
    " controller customer director disclosing distributor employee employer franchisee franchisor guarantor holder"
    " landlord lender lessee lessor licensee licensor manager member owner partner parties party processor provider"
    " purchaser receiving recipient report reseller seller services shareholder subcontractor supplier tenant user"
    " vendor".split()
)
"""Capitalised in contracts, and no names."""

_WORD = re.compile(r"\w+")
_ID = re.compile(r"(?<![\w-])(?=[\w./-]{0,40}\d)[A-Za-z]{2,12}(?:[-_./][A-Za-z0-9]{1,12}){1,5}(?![\w-])")
"""A number of a report: "ICSA-17-136-03"."""
_CLAUSE = re.compile(r"[^;:]+")
_FRAME = re.compile(
    r"\s*(?:in|under|according to|as per|per|within|for|of|from|by|regarding|with respect to|concerning)\b"
    r"[^;]{3,300}?,\s+"
    r"(?=(?:(?:on|in|at|to|for|by|from|under|with|until) )?"
    r"(?:what|which|who|whom|whose|when|where|why|how|is|are|was|were|does|do|did|can|may|must|shall|will|has|have|should)\b)",
    re.I,
)
"""What stands before the question itself: "In the Lease with Acme, who ..."."""
_QUOTED = re.compile(r"[\"“]([^\"”]{2,80})[\"”]")


@dataclass(frozen=True, slots=True)
class Route:
    """`documents` that the question names, best first, with their scores; `residual` is the question without the names.

    Both are empty where it names none, or asks nothing beside the name: whoever types a name alone searches for it.
    `leaning` then says, 0..1, which share of it, by rarity, a document's name has: "the lease", one of many.
    """

    documents: Mapping[str, float] = field(default_factory=dict)
    residual: str = ""
    leaning: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Word:
    """A content word of the question: where it begins, whether it is written like a name, and its rarity in nats."""

    start: int
    text: str
    proper: bool
    rarity: float
    named: frozenset[int]
    headed: frozenset[int]

    def counts(self, card: int) -> float:
        """What it says for a document, 0 for nothing."""
        in_name, in_head = card in self.named, card in self.headed
        return (NAME_WEIGHT * in_name + HEAD_WEIGHT * in_head) * self.rarity**2


@dataclass(frozen=True, slots=True)
class Centres:
    """The mean vectors of documents, unit rows: what each is about."""

    documents: tuple[str, ...]
    vectors: Vectors

    def near(self, told: Vectors) -> tuple[str, ...]:
        """The documents that are about what a vector says, nearest first: those whose cosine is at least KINDRED of the
        best one. None where not even the best one is."""
        cosines = self.vectors @ told if self.documents else np.zeros(0)
        order = [int(i) for i in np.argsort(-cosines, kind="stable")]
        if not order or cosines[order[0]] < LEAST_CENTRE:
            return ()
        return tuple(self.documents[i] for i in order if cosines[i] >= KINDRED * cosines[order[0]])


def centres(documents: Sequence[str], vectors: Vectors) -> Centres:
    """The centres of documents from the vectors of their chunks, one document for each row."""
    names, whose = np.unique(np.array(documents, dtype=str), return_inverse=True)
    sums = np.zeros((len(names), vectors.shape[1]), dtype=np.float32)
    np.add.at(sums, whose, vectors)
    lengths = np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
    return Centres(tuple(names.tolist()), sums / lengths)


def without_kind(question: str, called: str) -> str:
    """The question without the clause that says of what kind of document it speaks, if another one asks something."""
    clauses = [m.group() for m in _CLAUSE.finditer(question)]
    rest = " ".join(clause.strip() for clause in clauses if called not in clause.lower())
    return rest if any(w.lower() not in STOPWORDS for w in _WORD.findall(rest)) else question


class Router:
    """Routes questions over the documents of a store. Safe to use from several threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._changes = -1
        self._names: _Names | None = None

    def route(self, question: str, tree: Filter | None = None) -> Route:
        """Where the question goes, among the documents that the filter allows."""
        with self._store.reading():
            names = self._current()
            allowed = self._store.cards_within(tree) if tree is not None else names.ids
            if len(allowed) < 2:
                return Route()
            words = self._words(question, names, allowed)
        scores: dict[int, float] = {}
        for word in _distinct(words):
            for card in (word.named | word.headed) & allowed:
                scores[card] = scores.get(card, 0.0) + word.counts(card)
        best = max(scores.values(), default=0.0)
        meant = [
            card
            for card in sorted(scores, key=lambda c: (-scores[c], c))
            if scores[card] >= CLOSE * best and _is_named(card, words, len(allowed))
        ]
        residual = _residual(question, words, meant[0]) if meant and len(meant) <= MOST else ""
        if residual:
            return Route({names.documents[card]: scores[card] for card in meant}, residual)
        told = {card: sum(w.rarity for w in _distinct(words) if card in w.named) for card in scores}
        whole = sum(word.rarity for word in _distinct(words))
        return Route(leaning={names.documents[card]: value / whole for card, value in told.items() if value})

    def _current(self) -> _Names:
        with self._lock:
            changes = self._store.snapshot().changes
            if self._names is None or changes != self._changes:
                self._names, self._changes = _Names.of(self._store.cards(OPENING)), changes
            return self._names

    def _words(self, question: str, names: _Names, allowed: frozenset[int]) -> list[_Word]:
        quoted = [m.span(1) for m in _QUOTED.finditer(question)]
        made = []
        known: dict[str, tuple[float, frozenset[int], frozenset[int]]] = {}
        for match in _WORD.finditer(question):
            text = match.group()
            lower = text.lower()
            if lower in STOPWORDS or (text.isdigit() and len(text) < LEAST_DIGITS):
                continue
            begins = not question[: match.start()].strip() or question[: match.start()].rstrip()[-1:] in ".;:?!"
            inside = any(a <= match.start() < b for a, b in quoted)
            proper = inside or any(c.isdigit() for c in text) or (text != lower and not begins) or text[1:] != lower[1:]
            if lower not in known:
                known[lower] = self._look_up(lower, proper, names, allowed)
            rarity, named, headed = known[lower]
            whole = names.called(lower) & allowed
            if whole and proper:
                rarity, named, headed = max(rarity, math.log(len(allowed) + 1)), named | whole, headed & whole
            made.append(_Word(match.start(), text, proper, rarity, named, headed))
        return made + _numbers(question, names, allowed)

    def _look_up(
        self, word: str, proper: bool, names: _Names, allowed: frozenset[int]
    ) -> tuple[float, frozenset[int], frozenset[int]]:
        if word not in names.having:
            found = tuple(self._store.cards_with(word, column) for column in ("vocabulary", "name", "head"))
            if len(names.having) < REMEMBERED:
                names.having[word] = found
        else:
            found = names.having[word]
        having, named, headed = found[0] & allowed, found[1], found[2]
        if proper and len(word) >= LEAST_LETTERS:
            named = named | names.containing(word)
            if not named and not having:
                named = names.nearly(word)
        rarity = math.log((len(allowed) + 1) / (len(having | (named & allowed)) + 0.5))
        return max(0.0, rarity), named & allowed, headed & allowed


@dataclass(frozen=True)
class _Names:
    """The names of all documents, for what an index of words does not find."""

    documents: Mapping[int, str]
    ids: frozenset[int]
    squeezed: Mapping[int, str]
    by_word: Mapping[str, frozenset[int]]
    whole: Mapping[str, frozenset[int]]
    openings: Mapping[int, str]
    having: dict[str, tuple[frozenset[int], ...]] = field(default_factory=dict)
    """The cards that have a word in their vocabulary, name and head: of words that were asked since the last change."""

    @classmethod
    def of(cls, cards: Iterable[Card]) -> _Names:
        documents: dict[int, str] = {}
        squeezed: dict[int, str] = {}
        by_word: dict[str, set[int]] = {}
        whole: dict[str, set[int]] = {}
        openings: dict[int, str] = {}
        for card in cards:
            documents[card.id] = card.document_id
            openings[card.id] = f"{card.name}\n{card.opening}".lower()
            squeezed[card.id] = re.sub(r"[\W_]", "", card.name.lower())
            for word in re.findall(r"[^\W\d_]{4,}", card.name.lower()):
                by_word.setdefault(word, set()).add(card.id)
            for line in card.name.lower().split("\n"):
                whole.setdefault(line, set()).add(card.id)
        return cls(
            documents,
            frozenset(documents),
            squeezed,
            {w: frozenset(ids) for w, ids in by_word.items()},
            {name: frozenset(ids) for name, ids in whole.items() if _WORD.fullmatch(name)},
            openings,
        )

    def called(self, word: str) -> frozenset[int]:
        """Documents whose whole name is this word, if they are few: "Keep", an app, however common the word is."""
        found = self.whole.get(word, frozenset())
        return found if len(found) <= FEW and word not in ROLES else frozenset()

    def containing(self, word: str) -> frozenset[int]:
        """Documents whose names have the word inside of a longer one."""
        return frozenset(card for card, name in self.squeezed.items() if word in name)

    def numbered(self, number: str) -> frozenset[int]:
        """Documents with a report's number in their names or at the top of their first page, if they are few."""
        whole = re.compile(rf"(?<!\w){re.escape(number.lower())}(?!\w)")
        found = frozenset(card for card, opening in self.openings.items() if whole.search(opening))
        return found if len(found) <= FEW else frozenset()

    def nearly(self, word: str) -> frozenset[int]:
        """Documents with a name that the word is a typing error of."""
        found = process.extractOne(word, self.by_word.keys(), scorer=fuzz.ratio, score_cutoff=ALIKE)
        return self.by_word[found[0]] if found else frozenset()


def _numbers(question: str, names: _Names, allowed: frozenset[int]) -> list[_Word]:
    """The numbers of documents in the question, each as one word that is rarer than any other."""
    made = []
    for match in _ID.finditer(question):
        named = names.numbered(match.group()) & allowed
        if named:
            made.append(_Word(match.start(), match.group(), True, math.log(len(allowed) + 1), named, frozenset()))
    return made


def _distinct(words: Sequence[_Word]) -> list[_Word]:
    return list({word.text.lower(): word for word in words}.values())


def _is_named(card: int, words: Sequence[_Word], documents: int) -> bool:
    """Whether a rare word stands in the document's name, or two that are written like names on its first page."""
    least = math.log((documents + 1) / (max(2.0, RARE * documents) + 0.5)) - 1e-9
    rare = [word for word in _distinct(words) if word.rarity >= least and word.text.lower() not in ROLES]
    return sum(NAME_WEIGHT if card in w.named else HEAD_WEIGHT * (w.proper and card in w.headed) for w in rare) >= 2


def _residual(question: str, words: Sequence[_Word], card: int) -> str:
    """The question without what names the document: a whole clause of it if another one is left, else its words; "" if
    nothing is asked beside the name, or if another clause than that of the name speaks of the document."""
    clauses = [m.span() for m in _CLAUSE.finditer(question)]
    framed = _FRAME.match(question) if len(clauses) == 1 else None
    if framed:
        clauses = [framed.span(), (framed.end(), len(question))]
    if len(clauses) > 1:
        naming = max(clauses, key=lambda c: sum(w.counts(card) for w in words if c[0] <= w.start < c[1]))
        speaking = [(a, b) for a, b in clauses if kind(question[a:b])]
        if speaking and naming not in speaking:
            return ""
        rest = " ".join(question[a:b].strip() for a, b in clauses if (a, b) != naming)
        if any(w.lower() not in STOPWORDS for w in _WORD.findall(rest)):
            return rest
    rare = [w for w in words if w.rarity >= 1.0 and (card in w.named or (w.proper and card in w.headed))]
    named = {w.start for w in rare if card in w.named or any(_beside(w, o) for o in rare)}
    numbers = [(w.start, w.start + len(w.text)) for w in words if card in w.named and _ID.fullmatch(w.text)]
    kept = " ".join(
        m.group()
        for m in _WORD.finditer(question)
        if m.start() not in named and not any(a <= m.start() < b for a, b in numbers)
    )
    return kept if any(w.lower() not in STOPWORDS for w in _WORD.findall(kept)) else ""


def _beside(one: _Word, other: _Word) -> bool:
    first, second = sorted((one, other), key=lambda w: w.start)
    return 0 < second.start - (first.start + len(first.text)) <= GAP
