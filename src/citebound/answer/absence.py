"""Questions whether something is there, answered as such: yes with the quote, or "no such clause was found" with what
was searched. Never a flat no: that nobody found it does not make it so.

What structure reads off documents (clauses, fields, findings) is looked up there, with how many were read. Of anything
else, and of a clause that no rule found, the best sentences are looked at: one speaks of it if it, with its heading,
has the words that matter, or says what documents print for them, and none of the names and numbers is missing. Words
in common are not enough (eval/LOG.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from citebound.answer.borne import bears_out, denies, refuses
from citebound.answer.conflicts import around
from citebound.answer.evidence import Candidate, Evidence, weights
from citebound.answer.existence import PAPERS, Existence, existence
from citebound.answer.gate.wording import alike
from citebound.answer.record import Citer, Record
from citebound.answer.set_question import Clause, Quantifier, Unit, words
from citebound.answer.sets import Member, SetAnswer, Undecided, answer_set, known_names, plan
from citebound.answer.words import content, facts, stem
from citebound.indexes.lexical import terms
from citebound.indexes.search import Found
from citebound.indexes.store import Store
from citebound.indexes.synonyms import entries
from citebound.ingest.profile import Profile
from citebound.protocols import Embedder
from citebound.types import And, Answer, Filter, Hit, In, Nearest, Outcome, Searched, Sentence, Span, Verdict

WHOLE = 2**30
"""More characters than any text has."""
LOOKED_AT = 12
"""Best sentences that are looked at."""
NEAREST = 3
SHOWN = 6
"""Documents that have it and are quoted; the others are counted."""
SPEAKS = 0.62
"""Score from which on a sentence speaks of the thing (`_score`, chosen on development questions, eval/LOG.md)."""
PERHAPS = 0.45
"""The same for "perhaps", and where the reader of such clauses found none: it misses one in five."""
MISREAD = 0.4
"""Cosine below which a clause without a word of the thing is doubtful."""
FEW = 5
"""Documents that a question may mean by what it calls them."""
Look = Callable[[Filter], Evidence]
_LETTERS = re.compile(r"\b[A-Z]{2,6}\b")
_PAPER = re.compile(rf"\b{PAPERS}$", re.I)
_DANGLING = re.compile(r"(?:[ ,]+(?:with|from|to|between|by|for|of|in|on|and|or|the|our|a|an))+$", re.I)
_DONE = re.compile(r"\bto ([a-z-]+)", re.I)
_NAME = re.compile(r"(?<!^)\b[A-Z][\w-]*[A-Za-z0-9]\b")
_GENERIC = frozenset(
    content(
        "clause provision right rights obligation obligations requirement requirements restriction restrictions kind"
        " document paper file collection amendment addendum"
        " language wording commitment commitments arrangement agreement contract report finding findings section sign"
        " signs trace traces evidence indication mention reference thing issue issues vulnerability weakness party"
        " parties possibility option form term terms duty duties"
    )
)
"""Words that name no thing by themselves."""
_ANY_PAPER = (
    _GENERIC
    | frozenset(content("archive corpus exhibit folder policy data room set text passage whole entire attached signed"))
    | frozenset(content("uploaded given complete full present existing current latest final doc documentation"))
) - frozenset(content("amendment addendum"))
"""Words that name no document by themselves."""
DOUBT = "the wording does not say it for certain"


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A candidate and how surely it speaks of the thing, 0..1; `missing` are words of the thing that it has not."""

    candidate: Candidate
    score: float
    missing: tuple[str, ...]


class Presence:
    """Answers such questions over one collection."""

    def __init__(self, store: Store, kinds: Sequence[Profile], embedder: Embedder) -> None:
        self._store = store
        self._kinds = kinds
        self._embedder = embedder

    def answer(self, record: Record, looked: Found, tree: Filter | None, look: Look) -> Answer | None:
        """The answer; None for another question, and for one that asks more of what is there than whether it is. `look`
        finds the evidence again among the documents that the question calls by their kind."""
        asked = existence(record.question)
        if asked is None:
            return None
        routed = tuple(looked.route.documents)
        called, certain = self._meant(asked, looked)
        if not called and not certain:
            return None
        thing = _thing(asked, looked) if called == routed else asked.thing
        scope = _scope(called, tree)
        searched = self._store.searched(scope)
        if not searched[1] or not content(thing):
            return None
        read = self._read_off(thing, scope)
        if read is not None and read.members:
            sure = certain and self._sure(thing, read)
            return None if asked.more else self._there(record, asked, read, sure=sure)
        if called != routed and scope is not None:
            record = replace(record, evidence=look(scope))
        spoken = self._spoken(thing, record.evidence, searched[1])
        best = spoken[0] if spoken else None
        if best is not None and best.score >= SPEAKS and read is None:
            return None if asked.more else self._said(record, asked, best, read, perhaps=not certain)
        doubtful = [one for one in read.undecided if one.proofs] if read else []
        if doubtful:
            return self._doubtful(record, doubtful)
        if best is not None and best.score >= PERHAPS:
            return None if asked.more else self._said(record, asked, best, read, perhaps=True)
        return self._absent(record, thing, called, read, spoken, searched) if certain else None

    def doubted(self, read: SetAnswer) -> SetAnswer:
        """The answer to "do any contracts have ...?" without the members whose clause may have been misread: they are
        undecided."""
        if read.question.quantifier is not Quantifier.ANY:
            return read
        said = words(read.question.condition)
        clauses = [[p.quote for p in m.proofs if p.field == "clause" and p.quote] for m in read.members]
        doubtful = [
            m for m, quotes in zip(read.members, clauses, strict=True) if quotes and not self._like(said, quotes)
        ]
        undecided = tuple(Undecided(m.label, m.document, m.finding, DOUBT, m.proofs[:1]) for m in doubtful)
        members = tuple(m for m in read.members if m not in doubtful)
        return replace(read, members=members, undecided=(*undecided, *read.undecided))

    def _meant(self, asked: Existence, looked: Found) -> tuple[tuple[str, ...], bool]:
        """The documents that the question means, and whether that is certain: not where the place that it names is
        another one than where other words of it lead, or none that is there, nor where plain words of the thing lead to
        a document ("a mutual indemnity" to the mutual agreement)."""
        routed = tuple(looked.route.documents)
        wanted = _named(asked.place)
        if routed and not wanted:
            taken = set(re.findall(r"[^\W\d_]+", asked.thing)) - set(re.findall(r"[^\W\d_]+", looked.asked))
            return routed, not any(word.islower() and content(word) for word in taken)
        if not wanted or (routed and not wanted & set(content(looked.asked))):
            return routed, True
        called = self._called(asked.place)
        both = tuple(one for one in routed if one in called)
        return (both, True) if both else (called, bool(called) and not routed)

    def _called(self, place: str) -> tuple[str, ...]:
        """The documents whose name has all words of what the question calls them ("the incident report"), or the
        letters ("the MSA"); none where that is a word for any document, or fits more than a few."""
        wanted = set(content(place))
        letters = {word.lower() for word in _LETTERS.findall(place)}
        if not letters and not wanted - _ANY_PAPER:
            return ()
        found = []
        for card in self._store.cards():
            words = re.findall(r"[^\W_]+", card.name.split("\n")[0].lower())
            initials = "".join(word[0] for word in words)
            own = set(content(card.name))
            lacking = [w for w in wanted - own if not any(_shortens(w, a, b) for a, b in pairwise(content(card.name)))]
            if not lacking or any(one in initials for one in letters):
                found.append(card.document_id)
        return tuple(found) if len(found) <= FEW else ()

    # -- finding out --------------------------------------------------------------------------------------------------

    def _read_off(self, thing: str, scope: Filter | None) -> SetAnswer | None:
        """What was read off the documents in scope, where structure knows the thing and there are documents of a kind
        that may have it."""
        question = plan(f"Which documents have {thing}?", self._kinds, known_names(self._store, scope))
        if question is None or question.unit is not Unit.DOCUMENT or question.condition is None or question.perhaps:
            return None
        found = answer_set(self._store, question, scope)
        return found if found.asked else None

    def _sure(self, thing: str, read: SetAnswer) -> bool:
        """Whether a clause that was read off documents has a word of the thing, or means it: a reader may misread."""
        if not isinstance(read.question.condition, Clause):
            return True
        return self._like(thing, [p.quote for member in read.members[:SHOWN] for p in member.proofs if p.quote])

    def _like(self, thing: str, quotes: Sequence[str]) -> bool:
        """Whether one of the quotes has a word of the thing, or is near it in meaning."""
        wanted = set(content(thing)) - _GENERIC - {"non", "anti"}
        if any(alike(w, o) for quote in quotes for o in content(quote) for w in wanted):
            return True
        told = [sentence for entry in entries(thing) for sentence in entry.printed]
        rows = self._embedder.embed([thing, *told, *quotes])
        return bool(np.max(rows[: 1 + len(told)] @ rows[1 + len(told) :].T, initial=0.0) >= MISREAD)

    def _spoken(self, thing: str, evidence: Evidence, chunks: int) -> list[_Spoken]:
        """The best sentences, those first that most surely speak of the thing."""
        candidates = evidence.candidates[:LOOKED_AT]
        if not candidates:
            return []
        wanted = weights(thing, self._store.frequencies(terms(thing)), chunks)
        told = [sentence for entry in entries(thing) for sentence in entry.printed]
        headed = [f"{_leaf(c)}\n{c.text}" for c in candidates]
        rows = self._embedder.embed([thing, *told, *headed])
        means = rows[: 1 + len(told)] @ rows[1 + len(told) :].T
        names = {stem(w) for w in _NAME.findall(thing)} | {f for f in facts(thing) if not f.isdigit() or len(f) > 2}
        done = set(content(" ".join(_DONE.findall(thing))))
        made = []
        for i, candidate in enumerate(candidates):
            shown = f"{_leaf(candidate)} {candidate.text}"
            own = set(content(shown))
            lacking = [w for w in wanted if w not in own and not any(alike(w, o) for o in own)]
            said = {stem(w) for w in re.findall(r"[\w-]+", shown)} | facts(shown)
            unnamed = [n for n in names if n not in said and n.lower() not in shown.lower()]
            heavy = {w: v for w, v in wanted.items() if w not in _GENERIC or w in done} or wanted
            covered = sum(v for w, v in heavy.items() if w not in lacking) / (sum(heavy.values()) or 1.0)
            printed = float(np.max(means[1:, i])) if told else 0.0
            score = 0.0 if unnamed else _score(covered, float(means[0, i]), printed)
            made.append(_Spoken(candidate, score, tuple(_written(thing, [*lacking, *unnamed]))))
        return sorted(made, key=lambda one: -one.score)

    # -- saying it ----------------------------------------------------------------------------------------------------

    def _there(self, record: Record, asked: Existence, read: SetAnswer, *, sure: bool) -> Answer:
        citer = Citer(self._store)
        borne = tuple(m for m in read.members if any(_stands(asked, p.quote) for p in m.proofs if p.quote))
        sure = sure and bool(borne)
        read = replace(read, members=borne) if sure else read
        made = [s for member in read.members[:SHOWN] if (s := self._quoted(member, citer)) is not None]
        lead = ("It is there" if asked.denied else "Yes") if sure else "Perhaps"
        several = read.asked > 1
        if several:
            count = f"{len(read.members)} of {read.asked} {read.question.noun}"
            left = len(read.members) - len(made)
            rest = f"; {len(made)} of them quoted" if left else ""
            made.insert(0, Sentence(f"{lead}, in {count}{rest}:", (), Verdict.BOUND))
        elif made:
            made[0] = replace(made[0], text=f"{lead}: {made[0].text}")
        reason = f"from what was read off {_count(read)}"
        if not sure:
            reason += f"; {DOUBT}"
        return self._finished(record, Outcome.ANSWERED if sure else Outcome.PARTIAL, made, reason)

    def _quoted(self, member: Member | Undecided, citer: Citer) -> Sentence | None:
        source = next(iter(self._store.sources(member.document.id)), None)
        proofs = [p for p in member.proofs if p.span is not None][:2]
        text = self._store.text(member.document.id, Span(0, WHOLE)) if proofs else ""
        places = [(span, span.of(text)) for p in proofs if p.span for span in [around(text, p.span)]]
        cited = [c for span, quote in places if source and (c := citer.of(member.document, source, span, quote))]
        said = " … ".join(dict.fromkeys(" ".join(c.quote.split()) for c in cited))
        return Sentence(f"“{said}”", tuple(cited), Verdict.BOUND) if cited else None

    def _said(
        self, record: Record, asked: Existence, best: _Spoken, read: SetAnswer | None, *, perhaps: bool = False
    ) -> Answer | None:
        candidate = best.candidate
        citation = Citer(self._store).of(candidate.document, candidate.found.source, candidate.span, candidate.text)
        if citation is None:
            return None
        quote = " ".join(candidate.text.split())
        perhaps = perhaps or not bears_out(asked, candidate.text, _leaf(candidate))
        if perhaps:
            lead = "Perhaps; the nearest passage says"
        elif denies(asked.thing, candidate.text):
            lead = "It is spoken of"
        else:
            lead = "It is there" if asked.denied else "Yes"
        sentences = [Sentence(f"{lead}: “{quote}”", (citation,), Verdict.BOUND)]
        reason = ""
        if read is not None:
            reason = f"the readers of such clauses found none in {_count(read)}; this is the nearest passage"
        elif perhaps:
            reason = "the nearest passage does not say it for certain"
        return self._finished(record, Outcome.PARTIAL if reason else Outcome.ANSWERED, sentences, reason)

    def _doubtful(self, record: Record, doubtful: Sequence[Undecided]) -> Answer:
        citer = Citer(self._store)
        made = [s for one in doubtful[:SHOWN] if (s := self._quoted(one, citer)) is not None]
        if made:
            made[0] = replace(made[0], text=f"Perhaps: {made[0].text}")
        return self._finished(record, Outcome.PARTIAL, made, doubtful[0].why)

    def _absent(
        self,
        record: Record,
        thing: str,
        called: Sequence[str],
        read: SetAnswer | None,
        spoken: Sequence[_Spoken],
        searched: tuple[int, int],
    ) -> Answer:
        noun = "clause" if read is not None and isinstance(read.question.condition, Clause) else "passage"
        documents = "document" if searched[0] == 1 else "documents"
        where = f"the {searched[1]} passages of the {searched[0]} {documents} searched"
        said = f"“{thing}”: no such {noun} was found in {where}."
        sentences = [Sentence(said, (), Verdict.BOUND)]
        if read is not None:
            told = f"The readers of what was asked found it in 0 of {_count(read)}."
            sentences.append(Sentence(told, (), Verdict.BOUND))
        tried = list(dict.fromkeys([*terms(thing), *terms(" ".join(e.words for e in entries(thing)))]))
        found = Searched(
            documents=searched[0],
            passages=searched[1],
            terms=tuple(terms(thing)),
            synonyms=tuple(sentence for entry in entries(thing) for sentence in entry.printed),
            routed=tuple(self._store.info(document)[0].title for document in called),
            nearest=tuple(_nearest(one) for one in spoken[:NEAREST]),
        )
        reason = f"terms tried: {', '.join(tried)}; the nearest passages do not speak of it"
        return replace(self._finished(record, Outcome.ABSENT, sentences, reason), searched=found)

    def _finished(self, record: Record, outcome: Outcome, sentences: Sequence[Sentence], reason: str) -> Answer:
        return record.told(outcome, tuple(sentences), reason)


def _score(covered: float, meant: float, printed: float) -> float:
    """0..1: how surely a sentence speaks of a thing, from the share of the thing's words that it has (by rarity), its
    cosine with the thing, and its best cosine with what documents print for it."""
    return 0.5 * covered + 0.5 * max(meant, printed)


def _stands(asked: Existence, quote: str) -> bool:
    return bears_out(asked, quote) and not refuses(asked.thing, quote)


def _thing(asked: Existence, looked: Found) -> str:
    """The thing without the names that led to a document."""
    bare = existence(looked.asked)
    return _DANGLING.sub("", bare.thing if bare is not None else asked.thing)


def _scope(called: tuple[str, ...], tree: Filter | None) -> Filter | None:
    """The documents that the question names, within the filter."""
    if not called:
        return tree
    named = In("document", called)
    return named if tree is None else And((tree, named))


def _named(place: str) -> set[str]:
    """The words by which a question names the document that it asks about; none where it names no document."""
    if not _PAPER.search(place) and not _LETTERS.search(place):
        return set()
    return set(content(place)) - _ANY_PAPER


def _shortens(word: str, one: str, other: str) -> bool:
    """Whether a word is short for two: "pentest" for "penetration test"."""
    rest = word.removesuffix(other)
    return rest != word and len(rest) > 2 and one.startswith(rest)


def _nearest(spoken: _Spoken) -> Nearest:
    one = spoken.candidate
    why = f"it does not speak of {', '.join(f'“{w}”' for w in spoken.missing)}" if spoken.missing else ""
    return Nearest(
        document=one.document,
        source=one.found.source,
        span=one.span,
        quote=one.text,
        section=_context(one),
        reasons=(why or "it has the words, and does not say it",),
    )


def _written(thing: str, stems: Sequence[str]) -> list[str]:
    """The words of the thing with these stems, as they are written."""
    missing = set(stems)
    return [w for w in dict.fromkeys(re.findall(r"[\w-]+", thing)) if {w, w.lower(), stem(w), *content(w)} & missing]


def _context(candidate: Candidate) -> str:
    found = candidate.found
    return found.chunk.context if isinstance(found, Hit) else found.context


def _leaf(candidate: Candidate) -> str:
    return _context(candidate).rsplit(" > ", 1)[-1]


def _count(read: SetAnswer) -> str:
    noun = read.question.noun
    return f"{read.asked} {noun}" if read.asked != 1 else "1 document"
