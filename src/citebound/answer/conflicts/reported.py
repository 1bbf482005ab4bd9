"""One finding in several reports: what each says of its severity, status and score."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from citebound.indexes.recurrence import Recurrences
from citebound.indexes.store import Store
from citebound.ingest.severity import severity_of, standing
from citebound.types import DocumentInfo, Fact, Finding, Source, Span

DATES = ("revision_date", "report_date", "release_date")
LINE = 300
CVE = re.compile(r"(?i)\bCVE-\d{4}-\d{4,7}\b")


@dataclass(frozen=True, slots=True)
class FieldAsked:
    """A field that reports may fill differently: how it is asked for, and the form in which values are compared."""

    asked: re.Pattern[str]
    same: Callable[[str], str]


def _score(value: str) -> str:
    try:
        return f"{Decimal(value).normalize():f}"
    except InvalidOperation:
        return value


FIELDS: Mapping[str, FieldAsked] = {
    "severity": FieldAsked(
        re.compile(r"\b(?:severity|severe|rated?|ratings?|critical|serious|how bad|risk level|priority)\b", re.I),
        lambda value: severity_of(value) or value.casefold(),
    ),
    "status": FieldAsked(
        re.compile(
            r"\b(?:status|open|fixed|resolved|remediat\w+|closed|mitigated|patched|accepted|outstanding|still|solved)\b",
            re.I,
        ),
        lambda value: standing(value) or value.casefold(),
    ),
    "cvss_score": FieldAsked(re.compile(r"\b(?:cvss|scores?|scored|base score)\b", re.I), _score),
}


@dataclass(frozen=True, slots=True)
class Reported:
    """A finding as one document reports it. `date` is the document's ISO date, "" where none was read."""

    document: DocumentInfo
    source: Source
    date: str
    finding: Finding
    text: str

    @property
    def called(self) -> str:
        return self.finding.value("cve") or self.finding.value("id") or self.finding.title

    def value(self, name: str) -> str:
        return self.finding.value(name)

    def span(self, name: str) -> Span:
        """Where the field stands; empty where it does not."""
        return next((f.span for f in self.finding.fields if f.name == name), Span(0, 0))

    def line(self, name: str) -> Span:
        """The printed line, or table row, of a field."""
        span = self.span(name)
        start = self.text.rfind("\n", max(0, span.start - LINE), span.start) + 1 or max(0, span.start - LINE)
        end = self.text.find("\n", span.end, span.end + LINE)
        end = end if end >= 0 else span.end
        line = self.text[start:end]
        return Span(start + len(line) - len(line.lstrip()), end - (len(line) - len(line.rstrip())))

    def quote(self, name: str) -> str:
        return self.line(name).of(self.text)


def reported(store: Store, places: Sequence[tuple[str, Span]], question: str) -> list[list[Reported]]:
    """The findings that are at these places, or whose CVE the question names, that other documents report as well: for
    each, what every document says of it. Reads all findings; nothing where there are none at these places."""
    with store.reading() as db:
        rows = db.execute('SELECT document_id, position, title, start, "end" FROM findings ORDER BY 1, 2').fetchall()
        wanted = {cve.upper() for cve in CVE.findall(question)}
        cited = {document for document, _ in places}
        if not rows or not (wanted or any(row[0] in cited for row in rows)):
            return []
        fields: dict[tuple[str, int], list[Fact]] = {}
        for document, finding, name, value, start, end, note in db.execute(
            'SELECT document_id, finding, name, value, start, "end", note FROM facts WHERE finding IS NOT NULL'
            " AND name IN ('severity', 'status', 'cvss_score', 'cve', 'id') ORDER BY document_id, position"
        ):
            fields.setdefault((document, finding), []).append(Fact(name, value, Span(start, end), note))
        told = [
            (document, Finding(Span(start, end), title, tuple(fields.get((document, position), ()))))
            for document, position, title, start, end in rows
        ]
        meant = [
            i
            for i, (document, finding) in enumerate(told)
            if any(document == d and finding.span.overlap(span) for d, span in places)
            or wanted & set(finding.values("cve"))
        ]
        recurrences = Recurrences(told) if meant else None
        made, seen = [], set[int]()
        for i in meant:
            if i in seen or recurrences is None:
                continue
            same = [i, *(j for j, _ in recurrences.of(i)), *_with_cve(told, i)]
            seen.update(same)
            if len({told[j][0] for j in same}) > 1:
                made.append([_one(store, *told[j]) for j in dict.fromkeys(same)])
    return made


def _with_cve(told: Sequence[tuple[str, Finding]], at: int) -> list[int]:
    """The findings of other documents with exactly the same CVE numbers."""
    document, finding = told[at]
    cves = set(finding.values("cve"))
    return [j for j, (other, f) in enumerate(told) if cves and other != document and set(f.values("cve")) == cves]


def _one(store: Store, document: str, finding: Finding) -> Reported:
    whole = store.document(document, geometry=False)
    values = {fact.name: fact.value for fact in reversed(whole.facts)}
    date = next((values[name] for name in DATES if name in values), "")
    return Reported(whole.info, store.sources(document)[0], date, finding, whole.text)
