"""The evidence gate: a draft and the passages it was written from -> sentences bound to verbatim quotes.

One pure function, called on every path. A sentence of the draft is bound if sentences of a given passage bear it out
in every point that `gate` reads; those sentences, as they stand in the document, are the quote. A sentence
whose beginning alone is borne out is TRIMMED to it. What cannot be bound is REMOVED with the reason, and is not shown
as an answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from citebound.answer.addressed import addressed
from citebound.answer.gate.derived import reckoning
from citebound.answer.gate.objections import compare
from citebound.answer.words import content, facts
from citebound.ingest.sentences import sentence_spans
from citebound.types import Passage, Span, Verdict

NEAR = 0.34
"""Share of a sentence's content words that a quote must carry to be looked at more closely."""

ALL = 0.7
"""Share of a sentence's words from which on a quote speaks of all of it: if it says the contrary, its neighbours do
not bear the sentence out."""

MARGIN = 0.1
"""Two quotes whose shares differ by less are equally good; the shorter one is taken."""

RELEVANT = 0.2
"""Share of the question's words that a sentence and its quote must carry together (eval/LOG.md)."""

MOST = 3
"""Sentences that an answer shows."""

WIDTH = 2
"""Sentences in a row that one quote may have."""

LONGEST = 1500
"""Characters of a sentence, and of a quote, that are compared: longer ones are nobody's sentence."""

LEAST = 6
"""Words that are left of a sentence that was trimmed."""

FEW = 4
"""Words that may be a number of a place, or an echo of the question, and nothing else."""

_PARTS = re.compile(
    r"(?:;|,) (?=(?:and|but|which|who|so|while|as well as|in addition|plus)\b)|; "
    r"| and (?=(?:any|all|the|this|that|it|they)\b)",
    re.I,
)
_DECIDES = re.compile(r"\b(?:except|unless|only if|need not|provided|other than|but not|subject to|if)\b", re.I)

_OPEN = re.compile(
    r"\b(?:shall|may|must|will|can|to|of|by|the|an?|in|on|for|with|is|are|be|not|and|or|any|all|each|every|no|such|that|which|who|if|as|from|at|its|their|this)$",
    re.I,
)
"""Where no sentence ends."""

_NUMBERED = re.compile(r"\d{1,3}(?:\.\d{1,3}){0,4}(?:\s+[^\s.\d]{1,30}){0,3}")
_PLACE_ASKED = re.compile(
    r"\b(?:sections?|clauses?|articles?|paragraphs?|exhibits?|where|numbers?|items?|how many)\b", re.I
)
_MARKERS = re.compile(r"\s*\[(\d{1,2}(?:\s*,\s*\d{1,2})*)\]")
_NOT_FOUND = re.compile(r"^\W*(?:the answer is\s+)?not found\b", re.I)


@dataclass(frozen=True, slots=True)
class Quote:
    """A stretch of a passage: `span` are offsets in the document's text."""

    passage: int
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Bound:
    """One sentence of the draft after the gate; `quotes` is empty if it was removed. The `text` of one that was trimmed
    is what is left of it."""

    text: str
    quotes: tuple[Quote, ...]
    verdict: Verdict
    reason: str = ""


def says_not_found(draft: str) -> bool:
    """Whether the model said that the passages do not hold the answer, or said nothing."""
    said = _MARKERS.sub("", draft)
    return not said.strip() or _NOT_FOUND.match(said) is not None


def bind(draft: str, passages: Sequence[Passage], question: str = "") -> tuple[Bound, ...]:
    """Every sentence of the draft, in order, bound or removed. Passages are numbered from 1, as in the prompt.

    The cited passages are tried first, then the others: the marker that is shown is the one that was proven. Of
    several quotes that bear a sentence out, the one that also speaks of the `question` is taken.
    """
    made = []
    draft = _markers_inside(draft)
    for span in sentence_spans(draft):
        piece = span.of(draft)
        cited = [int(n) for group in _MARKERS.findall(piece) for n in group.split(",")]
        sentence = " ".join(_MARKERS.sub("", piece).split())
        if re.search(r"\w", sentence):
            made.append(_bind_sentence(sentence, cited, passages, question))
    return _to_the_point(made, set(content(question)))


def _to_the_point(made: Sequence[Bound], asked: set[str]) -> tuple[Bound, ...]:
    """At most `MOST` bound sentences, those with most of the question's words: small models copy whole passages."""
    if not asked:
        return tuple(made)
    nearness = [_share(asked, " ".join([b.text, *(q.text for q in b.quotes)])) for b in made]
    kept = [i for i, b in enumerate(made) if b.quotes and nearness[i] >= RELEVANT]
    best = set(sorted(kept, key=lambda i: -nearness[i])[:MOST])
    return tuple(
        b
        if i in best or not b.quotes
        else Bound(
            b.text, (), Verdict.REMOVED, "less to the point than what is shown" if i in kept else "not about this"
        )
        for i, b in enumerate(made)
    )


def _markers_inside(draft: str) -> str:
    """ "It ends. [1] Next" -> "It ends [1]. Next": the marker belongs to the sentence before it."""
    return re.sub(r"([.!?])(\s*(?:\[[\d, ]{1,12}\]\s*)+)", lambda m: f" {m[2].strip()}{m[1]} ", draft)


def _bind_sentence(sentence: str, cited: Sequence[int], passages: Sequence[Passage], question: str) -> Bound:
    asked = set(content(question))
    unknown = [n for n in cited if not 1 <= n <= len(passages)]
    if unknown:
        return Bound(sentence, (), Verdict.REMOVED, f"cites passage {unknown[0]}, which was not given")
    among = list(dict.fromkeys([n - 1 for n in cited] + list(range(len(passages)))))
    if len(sentence) > LONGEST:
        return Bound(sentence, (), Verdict.REMOVED, "it is too long for a sentence")
    words = set(content(sentence))
    if not words - facts(sentence):
        return Bound(sentence, (), Verdict.REMOVED, "it says nothing in words")
    proof, against, forged = _proof(sentence, among, passages, asked)
    if _repeats_heading(words, proof, passages):
        return Bound(sentence, (), Verdict.REMOVED, "it only repeats a heading")
    if proof and (empty := _says_nothing(sentence, proof, question)):
        return Bound(sentence, (), Verdict.REMOVED, empty)
    if proof:
        return Bound(sentence, (proof,), Verdict.BOUND)
    if cited and (reckoned := _reckoned(sentence, [n - 1 for n in cited], passages)):
        return reckoned
    for shorter in _trimmed(sentence):
        proof, _, _ = _proof(shorter, among, passages, asked, copy=forged)
        if proof:
            return Bound(shorter, (proof,), Verdict.TRIMMED, against)
    return Bound(sentence, (), Verdict.REMOVED, against)


def _says_nothing(sentence: str, proof: Quote, question: str) -> str:
    """Why a few words are no answer though they are printed: the number that the quote begins with, alone or with its
    heading ("2.1", "3.2 Renewal."), or what the question says itself; "" if they are one. Which of two things that it
    names is meant, and where something stands, a question may ask."""
    if len(sentence.split()) > FEW or _PLACE_ASKED.search(question):
        return ""
    bare = sentence.rstrip(". ")
    if _NUMBERED.fullmatch(bare) and re.match(rf"{re.escape(bare)}(?![\w.]\w)", proof.text):
        return "it only names a place"
    known = {*content(question), *facts(question)}
    if question and " or " not in question.lower() and {*content(sentence), *facts(sentence)} <= known:
        return "it only repeats the question"
    return ""


def _reckoned(sentence: str, cited: Sequence[int], passages: Sequence[Passage]) -> Bound | None:
    """A sentence that was reckoned from several quotes (`gate.derived`): bound to all of them, or removed for the one
    that is missing; None for any other sentence."""
    found = reckoning(sentence)
    if found is None:
        return None
    if found.wrong:
        return Bound(sentence, (), Verdict.REMOVED, found.wrong)
    given = [
        quote
        for position, passage in enumerate(passages)
        for quote in quotes(position, passage, 1)
        if len(quote.text) <= LONGEST
    ]
    proofs: list[Quote] = []
    used: set[str] = set()
    for part in found.parts:
        fitting = [q for q in given if q.passage in cited and part.proven(q.text, passages[q.passage].context)]
        if not fitting:
            return Bound(sentence, (), Verdict.REMOVED, f"no cited passage bears out “{part.text}”")
        if any(part.disputed(quote.text) for quote in given) or used & {quote.text for quote in fitting}:
            return Bound(sentence, (), Verdict.REMOVED, f"the passages do not agree on “{part.text}”")
        used |= {quote.text for quote in fitting}
        proofs.append(min(fitting, key=lambda quote: len(quote.text)))
    if not found.holds([quote.text for quote in proofs]):
        return Bound(sentence, (), Verdict.REMOVED, "what it reckons with is counted by other periods")
    return Bound(sentence, tuple(proofs), Verdict.BOUND, found.shown)


def _repeats_heading(words: set[str], proof: Quote | None, passages: Sequence[Passage]) -> bool:
    """Whether the quote says no more than the headings above it, or, without one, the sentence than any heading."""
    if proof:
        return set(content(proof.text)) <= set(content(passages[proof.passage].context))
    return any(words <= set(content(passage.context)) for passage in passages)


def _proof(
    sentence: str, among: Sequence[int], passages: Sequence[Passage], asked: set[str], *, copy: bool = False
) -> tuple[Quote | None, str, bool]:
    """The quote that bears the sentence out, from the first passage that has one; or why the nearest one does not, and
    whether the sentence is a forgery: what copies or contradicts a quote is none the truer for what other sentences
    might bear out, unless it is more like them. With `copy` only a quote will do that the sentence copies."""
    words = set(content(sentence))
    found: list[tuple[int, float, Quote]] = []
    nearest, forged, copied = (0, 1, "no sentence of the evidence says this"), "", False
    likeness, denied = 0.0, set[str]()
    places: list[tuple[int, Span]] = []
    for position in among:
        for quote in quotes(position, passages[position]):
            share = _share(words, quote.text) if words else 0.0
            if share < NEAR or len(quote.text) > LONGEST:
                continue
            if any(position == p and quote.span.contains(span) for p, span in places):
                continue  # what one sentence contradicts, it and the next do not bear out
            made = compare(sentence, quote.text, passages[position].context)
            if not made.objections and (made.copied or not copy):
                found.append((position, share, quote))
                copied = copied or made.copied
            elif made.objections:
                nearest = min(nearest, (-round(10 * share), len(made.objections), made.objections[0]))
                proven = any(position == p and quote.span.contains(q.span) for p, _, q in found)
                if not proven and (made.copied or (made.contrary and share >= ALL)):
                    forged = forged or made.objections[0]
                    if share >= likeness:
                        likeness, denied = share, words & set(content(quote.text))
                    places.append((position, quote.span))
    better = any(denied < words & set(content(q.text)) and len(sentence_spans(q.text)) == 1 for _, _, q in found)
    if forged and not (copied or better) and likeness >= min(ALL, max((share for _, share, _ in found), default=0.0)):
        return None, forged, True
    if not found:
        return None, nearest[2], False
    best = _best([(share, quote) for position, share, quote in found if position == found[0][0]], asked)
    return best, "", False


def _trimmed(sentence: str) -> list[str]:
    """What is left of a sentence without its last parts, the longest first; never less than `LEAST` words, and never
    without an exception or a condition."""
    cuts = [m.start() for m in _PARTS.finditer(sentence)]
    made = []
    for cut in reversed(cuts):
        shorter, rest = sentence[:cut].rstrip(" ,;"), sentence[cut:]
        if len(shorter.split()) >= LEAST and not _DECIDES.search(rest) and not _OPEN.search(shorter):
            made.append(shorter + ".")
    return made[:3]


def _best(found: Sequence[tuple[float, Quote]], asked: set[str]) -> Quote:
    """The quote with most of the sentence's and of the question's words; among equals the shortest."""
    scored = [(share + (_share(asked, quote.text) if asked else 0.0), quote) for share, quote in found]
    top = max(score for score, _ in scored)
    return min((quote for score, quote in scored if score >= top - MARGIN), key=lambda q: len(q.text))


def quotes(position: int, passage: Passage, most: int = WIDTH) -> list[Quote]:
    """The sentences of a passage and every two, up to `most`, of them in a row, with their place in the document; none
    that speaks to a machine."""
    spans, spoken = sentence_spans(passage.text), addressed(passage.text)
    made = []
    for width in range(1, most + 1):
        for i in range(len(spans) - width + 1):
            inside = Span(spans[i].start, spans[i + width - 1].end)
            if any(inside.overlap(one) for one in spoken):
                continue
            moved = Span(passage.span.start + inside.start, passage.span.start + inside.end)
            made.append(Quote(position, moved, inside.of(passage.text)))
    return made


def _share(words: set[str], text: str) -> float:
    return len(words & set(content(text))) / len(words)
