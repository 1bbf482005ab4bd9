"""What a passage needs beside it to be understood: definitions of the terms it uses, and the clauses it refers to.

They take room from the last hits, never more than a share of the budget. What is rare in its document says more: a term
in every other chunk ("Agreement", "Party") brings nothing, a term used twice comes first. One level deep: what is added
brings nothing itself, so that clauses which refer to each other do no harm.
"""

from __future__ import annotations

import json
import math
import re
import sqlite3
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from citebound.indexes.search import passages as packed
from citebound.indexes.store import Store
from citebound.ingest.sentences import sentence_spans
from citebound.types import Hit, Passage, Span, Term

SHARE = 0.25
"""Of the budget, that definitions and clauses may take, beside what hits leave free. Chosen on 16 questions over four
contracts: less loses definitions, more loses clauses that need none."""

LONGEST = 800
"""Characters that one definition or clause may have."""

LEAST = 40
"""Characters below which the rest of a piece says nothing."""

COMMON = math.log(4)
"""Rarity, in nats, below which a term or clause is known to whoever reads the document at all."""

BRINGING = 12
"""Passages, best first, that bring anything."""

ASKED = 2.0
"""How much more a piece is worth that the question itself finds, as its best hit does."""

LENGTH = 0.5
"""The worth of a piece falls with this power of its length."""

POINTING = 300
"""Characters of a definition that only says where the meaning is, at most."""

CUT = 200
"""Characters that a piece is shortened to at the least, when the room for it is short."""

_WORD = re.compile(r"\w+")
_JOINT = re.compile(r"[\s\-'’,&/]{1,3}")
_POINTER = re.compile(
    r"\b(?:meanings?|definitions?)\s{1,3}(?:that\s{1,3}is\s{1,3}|as\s{1,3})?(?:set|given|ascribed|assigned|attributed|specified|provided|stated"
    r"|described|contained|indicated|in)\b|\b(?:is|are)\s{1,3}defined\s{1,3}(?:in|under|by)\b",
    re.I,
)
_PLURAL = re.compile(r"\(e?s\)$")
_SOFT = re.compile(r"[;,](?=\s)|\s")


@dataclass(frozen=True, slots=True)
class Added:
    """A piece that closure brings: a "definition" or a "clause". Its passage has no hits; `because` says which term
    or reference it is there for, of the passage with the number `by`, from 1."""

    passage: Passage
    kind: str
    because: str
    by: int


@dataclass(frozen=True, slots=True)
class Closed:
    """`passages` are to be shown: those of hits, best first, then the added ones. `dropped` did not fit their share."""

    passages: tuple[Passage, ...]
    added: tuple[Added, ...] = ()
    dropped: tuple[Added, ...] = ()


Arrange = Callable[[Sequence[Passage]], Sequence[Passage]]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of a document that a passage asks for. `trigger` is the term or the reference as printed."""

    kind: str
    trigger: str
    document_id: str
    asking: Span
    span: Span
    worth: float

    def outside(self, shown: Iterable[Span]) -> _Piece | None:
        """The longest part of it that is not shown; None if too little is left."""
        rest = [self.span]
        for other in shown:
            rest = [part for one in rest for part in _without(one, other)]
        best = max(rest, key=lambda part: (len(part), -part.start), default=None)
        return replace(self, span=best) if best and len(best) >= min(LEAST, len(self.span)) else None


def close(
    store: Store,
    passages: Sequence[Passage],
    budget: int,
    found: Sequence[Hit] = (),
    *,
    order: Sequence[Hit] = (),
    arrange: Arrange = tuple,
) -> Closed:
    """The passages with what they need, in at most `budget` characters in all.

    `passages` are packed to the whole budget, best first; their last hits make room for what is added: the last by
    rank, or in the given `order`, of which the first is never cut. Text that is shown already is not added. `found` are
    all hits of the search: of two definitions, the one that the question comes near goes first. `arrange` marks
    passages and may put them in another order.
    """
    hits = list(order) or sorted((hit for passage in passages for hit in passage.hits), key=lambda hit: hit.rank)
    room = max(int(SHARE * budget), budget - sum(len(hit.chunk.text) for hit in hits))
    if order:
        room = max(0, min(room, budget - len(hits[0].chunk.text)))
    certain = packed(hits, budget - room)
    with store.reading() as db:
        texts = _texts(db, certain)
        scores = _scores(found)
        wanted = [piece for paper in texts.values() for piece in paper.pieces(certain, scores)]
        chosen, left_out = _choose(wanted, certain, texts, room)
        while True:
            shown = packed(hits, budget - sum(len(piece.span) for piece in chosen))
            rest = [piece for one in chosen if (piece := _tidy(one, _spans(shown, one.document_id), texts))]
            if rest == chosen:
                break
            chosen = rest
        shown = list(arrange(shown))
        left_out = [piece for one in left_out if (piece := one.outside(_spans(shown, one.document_id)))]
        made = [texts[piece.document_id].added(piece, shown) for piece in chosen]
        made = [replace(one, passage=arrange([one.passage])[0]) for one in made]
        dropped = [texts[piece.document_id].added(piece, shown) for piece in left_out]
    return Closed((*shown, *(one.passage for one in made)), tuple(made), tuple(dropped))


def _choose(
    wanted: Iterable[_Piece], shown: Sequence[Passage], texts: Mapping[str, _Paper], room: int
) -> tuple[list[_Piece], list[_Piece]]:
    """The most worthy pieces that fit, none of which is shown already or inside another; and those that do not."""
    chosen: list[_Piece] = []
    left_out: dict[tuple[str, Span], _Piece] = {}
    for piece in sorted(wanted, key=lambda piece: (-piece.worth / len(piece.span) ** LENGTH, piece.span)):
        there = [*_spans(shown, piece.document_id), *(p.span for p in chosen if p.document_id == piece.document_id)]
        fresh = _tidy(piece, there, texts)
        if fresh is None:
            continue
        if len(fresh.span) > room >= CUT:
            fresh = replace(fresh, span=_beginning(texts[piece.document_id].text, fresh.span, room))
        if len(fresh.span) > room:
            left_out.setdefault((fresh.document_id, fresh.span), fresh)
            continue
        chosen.append(fresh)
        room -= len(fresh.span)
    return chosen, list(left_out.values())


def _tidy(piece: _Piece, shown: Sequence[Span], texts: Mapping[str, _Paper]) -> _Piece | None:
    """The part of a piece that is not shown, without white space around it."""
    part = piece.outside(shown)
    if part is None:
        return None
    return replace(part, span=_stripped(texts[piece.document_id].text, part.span))


def _scores(found: Sequence[Hit]) -> dict[tuple[str, int], float]:
    """Scores of the hits by document and start, from 1 for the best to 0 for the last."""
    if not found:
        return {}
    best, last = max(hit.score for hit in found), min(hit.score for hit in found)
    return {
        (hit.chunk.document_id, hit.chunk.span.start): (hit.score - last) / (best - last) if best > last else 0.0
        for hit in found
    }


def _spans(passages: Iterable[Passage], document_id: str) -> list[Span]:
    return [passage.span for passage in passages if passage.document.id == document_id]


def _texts(db: sqlite3.Connection, passages: Sequence[Passage]) -> dict[str, _Paper]:
    """The documents of the passages as they are stored now; one that has changed since is left out."""
    made: dict[str, _Paper] = {}
    for info in {passage.document.id: passage.document for passage in passages[:BRINGING]}.values():
        row = db.execute(
            "SELECT text FROM documents WHERE id = ? AND text_sha256 = ?", (info.id, info.text_sha256)
        ).fetchone()
        if row:
            made[info.id] = _Paper(db, info.id, row[0])
    return made


class _Paper:
    """One document with the structure that closure follows."""

    def __init__(self, db: sqlite3.Connection, id_: str, text: str) -> None:
        self._db = db
        self._id = id_
        self.text = text
        rows = db.execute('SELECT start, "end" FROM sections WHERE document_id = ? ORDER BY position', (id_,))
        self._sections = [Span(start, end) for start, end in rows]
        rows = db.execute(
            'SELECT term, start, "end", definition_start, definition_end, scope FROM terms WHERE document_id = ?'
            " ORDER BY position",
            (id_,),
        )
        self._terms = [Term(term, Span(a, b), Span(c, d), scope) for term, a, b, c, d, scope in rows]
        rows = db.execute(
            'SELECT start, "end", section FROM mentions WHERE document_id = ? AND section IS NOT NULL', (id_,)
        )
        self._mentions = [(Span(start, end), section) for start, end, section in rows]
        self._mentioned = Counter(section for _, section in self._mentions)
        chunks = db.execute(
            'SELECT start, "end" FROM chunks WHERE document_id = ? ORDER BY position', (id_,)
        ).fetchall()
        self._chunks = [start for start, _ in chunks]
        self._body = Span(0, chunks[-1][1] if chunks else 0)

    def pieces(self, passages: Sequence[Passage], scores: Mapping[tuple[str, int], float]) -> Iterator[_Piece]:
        """What the passages of this document ask for, each with its worth."""
        for place, passage in enumerate(passages[:BRINGING]):
            if passage.document.id == self._id:
                for kind, trigger, span, rarity in (*self._definitions(passage), *self._clauses(passage)):
                    if not span.overlap(self._body):  # asides stand behind it
                        continue
                    span = Span(span.start, min(span.end, self._body.end))
                    asked = scores.get((self._id, self._chunks[self._chunk_at(span.start)]), 0.0)
                    worth = rarity * (1 + ASKED * asked) / math.log2(2 + place)
                    yield _Piece(kind, trigger, self._id, passage.span, span, worth)

    def _definitions(self, passage: Passage) -> Iterator[tuple[str, str, Span, float]]:
        for words in self._used(passage.text):
            term = self._meant(self._dictionary[words[0]][words], passage.span)
            if term is None or passage.span.contains(term.span):
                continue
            rarity = self._rarity(self.text.count(term.term) - 1)
            span = self._meaning(term)
            if rarity > COMMON and span:
                yield "definition", term.term, span, rarity

    def _clauses(self, passage: Passage) -> Iterator[tuple[str, str, Span, float]]:
        for mention, section in self._mentions:
            target = self._sections[section]
            if not passage.span.contains(mention) or target.contains(mention):
                continue
            rarity = self._rarity(self._mentioned[section])
            if rarity > COMMON and target:
                printed = " ".join(mention.of(self.text).split())
                yield "clause", printed, _beginning(self.text, target, LONGEST), rarity

    def _meaning(self, term: Term) -> Span | None:
        """Where a term is explained: its definition, or the place that this one names; None if that is elsewhere."""
        if not self._is_pointer(term):
            return _around(self.text, term)
        named = (self._sections[section] for at, section in self._mentions if term.definition.contains(at))
        return next((_beginning(self.text, section, LONGEST) for section in named), None)

    def _is_pointer(self, term: Term) -> bool:
        said = term.definition.of(self.text)
        return len(said) <= POINTING and bool(_POINTER.search(said))

    def _chunk_at(self, offset: int) -> int:
        return max(0, bisect_right(self._chunks, offset) - 1)

    def _rarity(self, count: int) -> float:
        """How much of the document does not use it, in nats."""
        return math.log(len(self._chunks) / max(1, count))

    @cached_property
    def _dictionary(self) -> dict[str, dict[tuple[str, ...], list[Term]]]:
        """Terms by their words, the last one in the singular, under the first of them; the longest first."""
        found: dict[tuple[str, ...], list[Term]] = {}
        for term in self._terms:
            if words := _WORD.findall(_PLURAL.sub("", term.term)):
                found.setdefault((*words[:-1], _singular(words[-1])), []).append(term)
        made: dict[str, dict[tuple[str, ...], list[Term]]] = {}
        for key in sorted(found, key=len, reverse=True):
            made.setdefault(key[0], {})[key] = found[key]
        return made

    def _used(self, text: str) -> list[tuple[str, ...]]:
        """The terms in a text, each once, in order; where two begin at one place, the longer."""
        words = list(_WORD.finditer(text))
        used: dict[tuple[str, ...], None] = {}
        i = 0
        while i < len(words):
            word = words[i].group()
            keys = [*self._dictionary.get(word, ()), *self._dictionary.get(_singular(word), ())]
            found = next((key for key in keys if _stands(key, text, words[i : i + len(key)])), None)
            if found:
                used[found] = None
            i += len(found) if found else 1
        return list(used)

    def _meant(self, terms: Sequence[Term], at: Span) -> Term | None:
        """The definition that holds at a place: the one of the narrowest scope around it, one that says the meaning
        before one that says where it is; None if all are for other sections."""
        holding = [t for t in terms if t.scope is None or self._sections[t.scope].contains(at)]

        def order(term: Term) -> tuple[int, bool]:
            width = len(self.text) if term.scope is None else len(self._sections[term.scope])
            return width, self._is_pointer(term)

        return min(holding, key=order, default=None)

    def added(self, piece: _Piece, shown: Sequence[Passage]) -> Added:
        """The piece as a passage, and what it is there for."""
        bringing = next(
            n for n, p in enumerate(shown, start=1) if p.document.id == self._id and p.span.overlap(piece.asking)
        )
        verb = "uses" if piece.kind == "definition" else "refers to"
        first = self._chunk_at(piece.span.start)
        last = self._chunk_at(piece.span.end - 1)
        chunks = self._db.execute(
            "SELECT context, pages FROM chunks WHERE document_id = ? AND position BETWEEN ? AND ? ORDER BY position",
            (self._id, first, last),
        ).fetchall()
        passage = Passage(
            document=shown[bringing - 1].document,
            source=shown[bringing - 1].source,
            span=piece.span,
            text=piece.span.of(self.text),
            context=chunks[0][0],
            pages=tuple(sorted({page for chunk in chunks for page in json.loads(chunk[1])})),
            hits=(),
        )
        trigger = f'"{piece.trigger}"' if piece.kind == "definition" else piece.trigger
        return Added(passage, piece.kind, f"passage {bringing} {verb} {trigger}", bringing)


def _stands(key: tuple[str, ...], text: str, words: Sequence[re.Match[str]]) -> bool:
    """Whether the words at a place are those of a term, with nothing but space or a hyphen between them."""
    if len(words) < len(key) or _singular(words[-1].group()) != key[-1]:
        return False
    if any(word.group() != wanted for word, wanted in zip(words[:-1], key[:-1], strict=True)):
        return False
    return all(_JOINT.fullmatch(text, a.end(), b.start()) for a, b in pairwise(words))


def _singular(word: str) -> str:
    lower = word.lower()
    if lower.endswith("ies") and len(word) > 4:
        return word[:-3] + ("Y" if word.isupper() else "y")
    if lower.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if lower.endswith("s") and not lower.endswith("ss") and len(word) > 3 else word


def _around(text: str, term: Term) -> Span:
    """The definition of a term; of a long one, its beginning, or what goes before a term that stands far behind."""
    start, end = term.definition.start, term.definition.end
    if term.span.end - start > LONGEST:
        begin = term.span.end - LONGEST // 2
        found = _SOFT.search(text, begin, term.span.start)
        start = found.end() if found else term.span.start
    return _beginning(text, Span(start, end), LONGEST)


def _beginning(text: str, span: Span, most: int) -> Span:
    """The first sentences of a span, at most `most` characters; of a longer one, as much as ends well."""
    if len(span) <= most:
        return _stripped(text, span)
    looked_at = Span(span.start, min(span.end, span.start + 2 * most))
    limit = span.start + most
    ends = [sentence.end for sentence in sentence_spans(text, looked_at) if sentence.end <= limit]
    if ends and ends[-1] - span.start >= most // 4:
        return _stripped(text, Span(span.start, ends[-1]))
    breaks = [match.end() for match in _SOFT.finditer(text, span.start + most // 2, limit)]
    marks = [end for end in breaks if text[end - 1] in ";,"]
    return _stripped(text, Span(span.start, (marks or breaks or [limit])[-1]))


def _stripped(text: str, span: Span) -> Span:
    inside = span.of(text)
    start = span.start + len(inside) - len(inside.lstrip())
    return Span(start, max(start, span.start + len(inside.rstrip())))


def _without(span: Span, other: Span) -> Iterator[Span]:
    """What of a span is outside of another."""
    if not span.overlap(other):
        yield span
        return
    if span.start < other.start:
        yield Span(span.start, other.start)
    if other.end < span.end:
        yield Span(other.end, span.end)
