"""An answer to a question about the set: its members with their proofs, what is undecided and why, and of how many."""

from __future__ import annotations

from dataclasses import dataclass

from citebound.answer.sets.question import Quantifier, SetQuestion, Unit, words
from citebound.types import DocumentInfo, Outcome, Span

LABEL = 160
NOT_DECIDED = "Not decided: "
MAY_BE_MEANT = "it holds for these, if that is what was asked"


@dataclass(frozen=True, slots=True)
class Proof:
    """A fact that speaks for or against a unit. `span` is its place in the document and `quote` the text there; without
    a span it is an absence: a rule looked for `field` and found nothing. `note` is what is doubtful."""

    document_id: str
    field: str
    value: str
    span: Span | None = None
    quote: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """A unit for which the condition holds (or, among `SetAnswer.exceptions`, does not). `finding` is the position in
    its document, None for documents and values; a value's `document` is the first that has it. `absent`: concluded from
    a rule that found nothing, and so cited by document only."""

    label: str
    document: DocumentInfo
    finding: int | None
    proofs: tuple[Proof, ...]
    absent: bool = False


@dataclass(frozen=True, slots=True)
class Undecided:
    """A unit of which the condition is neither known to hold nor not to hold, and why; `proofs` are doubtful places."""

    label: str
    document: DocumentInfo
    finding: int | None
    why: str
    proofs: tuple[Proof, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of the answer and what it rests on."""

    text: str
    proofs: tuple[Proof, ...] = ()
    document: DocumentInfo | None = None


@dataclass(frozen=True, slots=True)
class SetAnswer:
    """`asked` units were looked at, in `documents` documents; `exceptions` are those for which the condition does not
    hold, given where all were asked about; no `chunks` were searched. A count is `len(members)` and never stands
    without the rest."""

    question: SetQuestion
    members: tuple[Member, ...]
    undecided: tuple[Undecided, ...]
    asked: int
    documents: int
    exceptions: tuple[Member, ...] = ()
    chunks: int = 0

    @property
    def outcome(self) -> Outcome:
        if self.question.perhaps or (self._verdict() == NOT_DECIDED and self.undecided):
            return Outcome.PARTIAL
        if self.members:
            return Outcome.ANSWERED
        return Outcome.PARTIAL if self.undecided else Outcome.ABSENT

    @property
    def reason(self) -> str:
        reason = f"from what was read off {self.documents} documents, not from the nearest passages"
        return f"{reason}; what was asked is not certain, so nothing is claimed" if self.question.perhaps else reason

    def sentences(self) -> tuple[Statement, ...]:
        """The answer in words: how many of how many, each member, each exception, what is undecided."""
        question = self.question
        said = words(question.condition)
        if question.pick:
            said = f"{said}, and of these the {question.pick.said}" if said else f"the {question.pick.said}"
        asked = f"{self.asked} {question.noun}"
        if question.unit is not Unit.DOCUMENT:
            asked += f" in {self.documents} {'document' if self.documents == 1 else 'documents'}"
        what = f": {said}" if said else ""
        told = []
        if question.restated:
            told.append(Statement(f"Understood {'perhaps ' if question.perhaps else ''}as: {question.restated}"))
        if question.perhaps:
            meant = sum(one.why == MAY_BE_MEANT for one in self.undecided)
            told.append(Statement(f"Not decided: {meant} of {asked} may be meant{what}."))
        else:
            told.append(Statement(f"{self._verdict()}{len(self.members)} of {asked}{what}."))
        if question.by and not question.perhaps:
            told += self._by_value(question.by)
        told += [_told(member) for member in self.members]
        if question.quantifier is Quantifier.ALL and self.exceptions:
            told.append(Statement(f"Not so for {len(self.exceptions)}:"))
            told += [_told(member) for member in self.exceptions]
        if self.undecided:
            told.append(Statement(f"Undecided: {len(self.undecided)}."))
            for why in dict.fromkeys(u.why for u in self.undecided):
                alike = [u for u in self.undecided if u.why == why]
                proofs = tuple(proof for u in alike for proof in u.proofs)
                told.append(Statement(f"{_first_upper(why)}: {'; '.join(u.label for u in alike)}.", proofs))
        return tuple(told)

    def _by_value(self, field: str) -> list[Statement]:
        """How many members have each value of a field, the most common first; those of several count for each."""
        groups: dict[str, list[Proof]] = {}
        without = 0
        for member in self.members:
            values = {p.value.casefold(): p for p in member.proofs if p.field == field and p.span}
            without += not values
            for value, proof in values.items():
                groups.setdefault(value, []).append(proof)
        most_first = sorted(groups.items(), key=lambda g: (-len(g[1]), g[0]))
        told = [Statement(f"{_first_upper(spoken(field))} “{value}”: {len(p)}.", tuple(p)) for value, p in most_first]
        if without:
            told.append(Statement(f"No {spoken(field)} found: {without}."))
        return told

    def _verdict(self) -> str:
        match self.question.quantifier:
            case Quantifier.ANY:
                return "Yes: " if self.members else NOT_DECIDED if self.undecided else "None found: "
            case Quantifier.ALL:
                if self.exceptions:
                    return "No: "
                return "Yes: " if self.asked and not self.undecided else NOT_DECIDED
            case _:
                return ""


def _told(member: Member) -> Statement:
    said = [f'{spoken(p.field)} "{short(p.quote)}"{f" ({p.note})" if p.note else ""}' for p in member.proofs if p.span]
    said = list(dict.fromkeys(said))
    if member.absent:
        gone = dict.fromkeys(spoken(p.value if p.field == "clause" else p.field) for p in member.proofs)
        said = [f"no such clause found ({', '.join(gone)})" if gone else "no such clause found"]
    return Statement(f"{member.label}{': ' + '; '.join(said) if said else ''}.", member.proofs, member.document)


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def short(quote: str) -> str:
    line = " ".join(quote.split())
    return line if len(line) <= LABEL else line[: LABEL - 1].rsplit(" ", 1)[0] + "…"


def spoken(field: str) -> str:
    return {"cve": "CVE", "cwe": "CWE", "cvss_score": "CVSS score", "cvss_vector": "CVSS vector"}.get(
        field, field.replace("_", " ")
    )
