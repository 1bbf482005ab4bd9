"""Whether something is there, in words: yes with the quote or the finding, perhaps, or "no such clause was found" with
what was searched. Never a flat no: that nobody found it does not make it so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from citebound.answer.absence.borne import bears_out, denies, refuses
from citebound.answer.absence.existence import Existence
from citebound.answer.absence.findings_on import FindingsOn, On
from citebound.answer.absence.spoken import Spoken, leaf
from citebound.answer.conflicts.fields import around
from citebound.answer.record import Citer, Record
from citebound.answer.sets.answer import Member, SetAnswer, Undecided
from citebound.answer.sets.question import Clause
from citebound.indexes.lexical import terms
from citebound.indexes.store import Store
from citebound.indexes.synonyms import entries
from citebound.types import Answer, DocumentInfo, Outcome, Searched, Sentence, Span, Verdict

WHOLE = 2**30
"""More characters than any text has."""
NEAREST = 3
SHOWN = 6
"""Documents or findings that are quoted; the others are counted."""
TITLE = 240
"""Characters of a finding's first line."""
DOUBT = "the wording does not say it for certain"


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read off documents for the thing. `taken_for` is what it was understood as, "" where it was asked for by
    a known name; `certain` whether that is what was asked."""

    answer: SetAnswer
    taken_for: str = ""
    certain: bool = True

    @property
    def counted(self) -> str:
        noun = self.answer.question.noun
        return f"{self.answer.asked} {noun}" if self.answer.asked != 1 else "1 document"

    def because(self, reason: str) -> str:
        return f"understood as “{self.taken_for}”; {reason}" if self.taken_for else reason


@dataclass(frozen=True)
class Telling:
    """Says it for one question; `thing` is what was searched for, `called` the documents that it names."""

    store: Store
    record: Record
    asked: Existence
    thing: str
    called: Sequence[str]
    searched: tuple[int, int]

    def read(self, read: Reading, *, sure: bool) -> Answer:
        """It was read off documents."""
        citer = Citer(self.store)
        borne = tuple(m for m in read.answer.members if any(self.stands(p.quote) for p in m.proofs if p.quote))
        sure = sure and bool(borne)
        members = borne if sure else read.answer.members
        made = [s for member in members[:SHOWN] if (s := self._quoted(member, citer)) is not None]
        lead = self._yes if sure else "Perhaps"
        if read.answer.asked > 1:
            count = f"{len(members)} of {read.answer.asked} {read.answer.question.noun}"
            left = len(members) - len(made)
            rest = f"; {len(made)} of them quoted" if left else ""
            made.insert(0, Sentence(f"{lead}, in {count}{rest}:", (), Verdict.BOUND))
        elif made:
            made[0] = replace(made[0], text=f"{lead}: {made[0].text}")
        reason = f"from what was read off {read.counted}{'' if sure else f'; {DOUBT}'}"
        return self._told(Outcome.ANSWERED if sure else Outcome.PARTIAL, made, read.because(reason))

    def findings(self, on: FindingsOn, *, sure: bool) -> Answer:
        """Findings are on it, or perhaps so."""
        citer = Citer(self.store)
        found = on.sure or on.perhaps
        sure = sure and bool(on.sure)
        made = [s for one in found[:SHOWN] if (s := self._finding(one, citer)) is not None]
        lead = self._yes if sure else "Perhaps"
        left = f"; {len(made)} of them shown" if len(found) > len(made) else ""
        made.insert(0, Sentence(f"{lead}, {len(found)} of {on.counted}{left}:", (), Verdict.BOUND))
        reason = "from the findings as they were read off the reports"
        return self._told(
            Outcome.ANSWERED if sure else Outcome.PARTIAL, made, reason if sure else f"{reason}; by their titles alone"
        )

    def passage(self, best: Spoken, why: str = "") -> Answer | None:
        """The best passage says it; with `why`, only perhaps."""
        text = best.candidate.text
        if not why and not bears_out(self.asked, text, leaf(best.candidate)):
            why = "the nearest passage does not say it for certain"
        spoken = "It is spoken of" if denies(self.asked.thing, text) else self._yes
        said = self._sentence("Perhaps; the nearest passage says" if why else spoken, best)
        return self._told(Outcome.PARTIAL if why else Outcome.ANSWERED, [said], why) if said else None

    def denied(self, best: Spoken) -> Answer | None:
        """The document itself says that it is not there."""
        said = self._sentence("The document denies it", best)
        reason = "that is what the passage says; nothing else was found"
        return self._told(Outcome.ANSWERED, [said], reason) if said else None

    def doubtful(self, doubtful: Sequence[Undecided]) -> Answer:
        """It was read off documents, and the reading is doubtful."""
        citer = Citer(self.store)
        made = [s for one in doubtful[:SHOWN] if (s := self._quoted(one, citer)) is not None]
        if made:
            made[0] = replace(made[0], text=f"Perhaps: {made[0].text}")
        return self._told(Outcome.PARTIAL, made, doubtful[0].why)

    def absent(
        self, read: Reading | None, on: FindingsOn | None, spoken: Sequence[Spoken], planned: Spoken | None
    ) -> Answer:
        """Nothing was found; `planned` is a passage that speaks of looking for it."""
        clause = read is not None and isinstance(read.answer.question.condition, Clause)
        noun = "clause" if clause else "passage"
        documents = "document" if self.searched[0] == 1 else "documents"
        where = f"the {self.searched[1]} passages of the {self.searched[0]} {documents} searched"
        sentences = [Sentence(f"“{self.thing}”: no such {noun} was found in {where}.", (), Verdict.BOUND)]
        if read is not None:
            told = f"The readers of {read.taken_for or 'what was asked'} found it in 0 of {read.counted}."
            sentences.append(Sentence(told, (), Verdict.BOUND))
        if on is not None:
            sentences.append(Sentence(f"It is the subject of none of {on.counted}.", (), Verdict.BOUND))
        if planned is not None and (said := self._sentence("What was looked at or is advised speaks of it", planned)):
            sentences.append(said)
        tried = list(dict.fromkeys([*terms(self.thing), *terms(" ".join(e.words for e in entries(self.thing)))]))
        found = Searched(
            documents=self.searched[0],
            passages=self.searched[1],
            terms=tuple(terms(self.thing)),
            synonyms=tuple(sentence for entry in entries(self.thing) for sentence in entry.printed),
            routed=tuple(self.store.info(document)[0].title for document in self.called),
            nearest=tuple(one.nearest for one in spoken[:NEAREST]),
        )
        reason = f"terms tried: {', '.join(tried)}; the nearest passages do not speak of it"
        if planned is not None:
            reason = f"terms tried: {', '.join(tried)}; the nearest passages do not say that it is there"
        return replace(self._told(Outcome.ABSENT, sentences, reason), searched=found)

    def stands(self, quote: str) -> bool:
        return bears_out(self.asked, quote) and not refuses(self.asked.thing, quote)

    @property
    def _yes(self) -> str:
        return "It is there" if self.asked.denied else "Yes"

    def _sentence(self, lead: str, best: Spoken) -> Sentence | None:
        one = best.candidate
        citation = Citer(self.store).of(one.document, one.found.source, one.span, one.text)
        quote = " ".join(one.text.split())
        return Sentence(f"{lead}: “{quote}”", (citation,), Verdict.BOUND) if citation else None

    def _finding(self, on: On, citer: Citer) -> Sentence | None:
        """A finding by its first line, with its severity and status where they were read."""
        start, end = on.finding.span.start, min(on.finding.span.end, on.finding.span.start + TITLE)
        line = self.store.text(on.document.id, Span(start, end)).split("\n")[0].rstrip()
        fields = [f for name in ("severity", "status") for f in on.finding.fields if f.name == name and not f.note]
        fields = list({f.name: f for f in reversed(fields)}.values())[::-1]
        said = ", ".join(f"{f.name} {f.value}" for f in fields)
        spans = [Span(start, start + len(line)), *(f.span for f in fields)]
        text = self._cited(on.document, spans, citer, first=f" ({said})" if said else "")
        return text if line else None

    def _cited(self, document: DocumentInfo, spans: Sequence[Span], citer: Citer, first: str) -> Sentence | None:
        source = next(iter(self.store.sources(document.id)), None)
        whole = self.store.text(document.id, Span(0, WHOLE))
        places = [spans[0], *(around(whole, span) for span in spans[1:])]
        cited = [c for s in places if source and (c := citer.of(document, source, s, s.of(whole)))]
        return Sentence(f"“{' '.join(cited[0].quote.split())}”{first}", tuple(cited), Verdict.BOUND) if cited else None

    def _quoted(self, member: Member | Undecided, citer: Citer) -> Sentence | None:
        source = next(iter(self.store.sources(member.document.id)), None)
        proofs = [p for p in member.proofs if p.span is not None][:2]
        text = self.store.text(member.document.id, Span(0, WHOLE)) if proofs else ""
        places = [(span, span.of(text)) for p in proofs if p.span for span in [around(text, p.span)]]
        cited = [c for span, quote in places if source and (c := citer.of(member.document, source, span, quote))]
        said = " … ".join(dict.fromkeys(" ".join(c.quote.split()) for c in cited))
        return Sentence(f"“{said}”", tuple(cited), Verdict.BOUND) if cited else None

    def _told(self, outcome: Outcome, sentences: Sequence[Sentence], reason: str) -> Answer:
        return self.record.told(outcome, tuple(sentences), reason)
