"""What was read off documents when they came in, for a question that asks for just that: "which law governs the NDA?",
"what is the CVSS score of CVE-2024-1234?". The place where it is printed then goes before what a search finds.

A field is asked for by the patterns `questions` of its profile, a field of a finding by those below, with the id or the
CVE of the finding. Doubtful readings are left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from citebound.answer.evidence import Candidate, Evidence
from citebound.indexes.lexical import identifiers
from citebound.indexes.store import Store
from citebound.ingest.profile import Profile, compiled
from citebound.ingest.sentences import sentence_spans
from citebound.types import And, Fact, Filter, Hit, In, Span, Why

MOST_DOCUMENTS = 3
"""A question that may be about more documents asks about a kind of document: its fields are many answers."""

FIRST = 1.0
"""What the score of a sentence gains by holding what was asked for: more than any other has."""

MOST = 3
"""Places that one reading brings."""

FINDING: Mapping[str, str] = {
    "remediation": r"\bremediation\b|\brecommend|\bhow (?:can|should|do|to)\b.{0,60}\b(?:fix|mitigat|remediat|address)"
    r"|\b(?:which|what|first|to which) (?:\w{1,12} ){0,2}(?:versions?|release|update|patch)\b"
    r".{0,80}\b(?:fix|correct|update|upgrade|patch|without|solve|resolve|close|get rid|gets rid)"
    r"|\bwhat\b.{0,60}\b(?:provide|offer|suggest|advise|do|done)\b.{0,40}\b(?:fix|about|against|mitigat)",
    "cvss_vector": r"\bvectors?\b",
    "cvss_score": r"\bscores?d?\b|\bcvss\b(?!.{0,40}\bvector)|\bhow severe\b.{0,60}\bcvss\b",
    "severity": r"\bseverity\b|\bhow (?:severe|serious|bad|critical)\b|\brated?\b|\brisk (?:level|rating)\b",
    "status": r"\bstatus\b|\b(?:fixed|resolved|remediated|closed|still open)\b",
    "cwe": r"\bCWE\b|\bweakness\b",
    "asset": r"\b(?:which|what) (?:\w{1,20} ){0,2}(?:assets?|hosts?|systems?|components?|products?|endpoints?|files?)\b"
    r".{0,60}\baffected\b",
}
"""How a question asks for a field of one finding; the first that fits is meant."""

ELSEWHERE: Mapping[str, tuple[str, ...]] = {
    "report_date": ("release_date",),
    "affected_versions": ("product",),
}
"""What fields are called in a CSAF file, of which nothing is read by patterns."""

CSAF = "application/csaf+json"
NATIVE = frozenset({"release_date", "product", "vendor", "version"})
"""Facts of a CSAF file (`citebound.ingest.csaf`) that are asked for by the fields of its profile."""

_ID = re.compile(
    r"(?<![\w-])(?:[A-Z]{1,12}-?\d{1,7}(?:[-.]\d{1,7}){0,2}|[A-Z]{2,12}(?:-[A-Z0-9]{1,12}){1,3})(?![\w-])", re.I
)


_LISTED = re.compile(
    r"(?<![\w-])(?:(?i:CVE-\d{4}-\d{4,7}|CWE-\d{1,4})|(?P<series>[A-Z]{1,6}-)\d{1,5}(?:-\d{1,5}){0,2})(?![\w-])"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """A value that was read off a document, and where."""

    document_id: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class Read:
    """Whether the question asks for what is read off documents, and what was."""

    asked: bool = False
    readings: tuple[Reading, ...] = ()

    @property
    def signal(self) -> float:
        """1.0 where it was read, -1.0 where it was looked for and not, 0.0 where nothing of the kind is asked."""
        return 0.0 if not self.asked else 1.0 if self.readings else -1.0


class Readings:
    """Looks up what was read off the documents of one store."""

    def __init__(self, store: Store, kinds: Sequence[Profile]) -> None:
        self._store = store
        self._kinds = kinds

    def of(self, question: str, documents: Sequence[str], tree: Filter | None = None) -> Read:
        """What the question asks for of these documents, which it means. One that names no document means, by the id
        of a finding, those that have it, as far as the filter allows."""
        found = self._of_findings(question, documents, tree)
        if found.asked or not 1 <= len(documents) <= MOST_DOCUMENTS:
            return found
        return self._of_documents(question, documents)

    def hits(self, read: Read, tree: Filter | None) -> list[Hit]:
        """The chunks where it stands, in the order of the readings."""
        ids = [i for r in read.readings[:MOST] for i in self._store.chunks_at(r.document_id, r.fact.span)]
        rows = self._store.chunks(ids, tree)
        why = (Why("read off", 1, 1.0),)
        return [Hit(*rows[id_], score=0.0, rank=0, why=why) for id_ in dict.fromkeys(ids) if id_ in rows]

    def _of_documents(self, question: str, documents: Sequence[str]) -> Read:
        kinds = self._store.kinds(documents)
        profiles = {profile.name: profile for profile in self._kinds}
        made: list[Reading] = []
        asked = False
        for document in documents:
            profile = profiles.get(kinds.get(document, ""))
            names = _fields(question, profile) if profile else []
            if self._store.info(document)[0].media_type == CSAF:
                names = [name for field in names for name in ELSEWHERE.get(field, (field,)) if name in NATIVE]
            asked = asked or bool(names)
            found = (self._store.facts(document, name) for name in names)
            made += [Reading(document, fact) for fact in next((facts for facts in found if facts), ())]
        return Read(asked, tuple(made))

    def _of_findings(self, question: str, documents: Sequence[str], tree: Filter | None) -> Read:
        ids = {match.group().upper() for match in _ID.finditer(question)}
        name = next((n for n, pattern in FINDING.items() if compiled("(?i)" + pattern).search(question)), "")
        if not ids or not name:
            return Read()
        documents = documents or self._store.having(sorted(ids), tree)
        if len(documents) > MOST_DOCUMENTS:
            return Read()
        made = []
        known = False
        for document in documents:
            for finding in self._store.findings_of(document):
                if ids & {value.upper() for value in (*finding.values("id"), *finding.values("cve"))}:
                    known = True
                    made += [Reading(document, f) for f in finding.fields if f.name == name]
        return Read(known, tuple(made))


def unknown(store: Store, question: str, documents: Sequence[str], tree: Filter | None) -> str:
    """The first CVE, CWE or number of a finding in the question that the documents which it means do not have, "" for
    none: what is said there is not about it."""
    within: Filter | None = In("document", tuple(documents)) if documents else None
    both = And((tree, within)) if tree and within else within or tree
    for match in _LISTED.finditer(question):
        series = match["series"]
        if series and not store.numbers(series):
            continue
        if not store.lexical(f'identifiers : "{identifiers(match.group())}"', 1, both):
            return match.group()
    return ""


def _fields(question: str, profile: Profile) -> list[str]:
    """The fields of a profile that answer the question, any of them, in the order of the profile."""
    asked = (f for f in profile.fields if any(compiled(pattern).search(question) for pattern in f.questions))
    return [field.name for field in asked]


def first(hits: Sequence[Hit], brought: Sequence[Hit]) -> list[Hit]:
    """The hits that hold what was read before the others, ranked anew."""
    ids = {hit.chunk.id for hit in brought}
    known = {hit.chunk.id: hit for hit in hits}
    order = [known.get(hit.chunk.id, hit) for hit in brought] + [hit for hit in hits if hit.chunk.id not in ids]
    return [replace(hit, rank=rank) for rank, hit in enumerate(order, start=1)]


def promote(evidence: Evidence, read: Read) -> Evidence:
    """The evidence with the sentences that hold what was read before all others. What no sentence holds, a title alone
    on its line, becomes one."""
    evidence = replace(evidence, read=read.signal)
    if not read.readings:
        return evidence
    candidates = list(evidence.candidates)
    best = candidates[0].score if candidates else 0.0
    for reading in reversed(read.readings[:MOST]):
        held = [
            i
            for i, c in enumerate(candidates)
            if c.document.id == reading.document_id and c.span.overlap(reading.fact.span)
        ]
        if held:
            i = held[0]
            candidates[i] = replace(candidates[i], score=max(candidates[i].score, best + FIRST))
            continue
        made = _alone(evidence.hits, reading, best + FIRST)
        if made:
            candidates.append(made)
    candidates.sort(key=lambda c: -c.score)
    return replace(evidence, candidates=tuple(candidates))


def _alone(hits: Sequence[Hit], reading: Reading, score: float) -> Candidate | None:
    for hit in hits:
        if hit.document.id != reading.document_id or not hit.chunk.span.overlap(reading.fact.span):
            continue
        start = hit.chunk.span.start
        for span in sentence_spans(hit.chunk.text):
            moved = Span(start + span.start, start + span.end)
            if moved.overlap(reading.fact.span):
                return Candidate(hit, moved, span.of(hit.chunk.text), 0.0, 0.0, score)
    return None
