"""What is kept of an answer: how it was asked for, what was found, what the model and the gate said, and by what means.

The header of an entry has nothing of a document and nothing of a question: it outlives forgetting. The rest lies in
parts: `asked` and `said` go with any document whose text was shown, to the reader or to the model, `found.<n>` with the
document whose hits it has.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from citebound.answer.generation.dictation import Call
from citebound.errors import StoreCorrupt
from citebound.indexes.receipts import Entry, Part
from citebound.types import Answer, Citation, ConflictKind, Hit, Outcome, Passage, Receipt, Span, Verdict, Why

ASKED, SAID, FOUND = "asked", "said", "found"


@dataclass(frozen=True, slots=True)
class Means:
    """With what an answer was made. `weights_sha256` is that of an embedded model, `host` that of a remote one;
    `adapter_sha256` and `cross_encoder` are "" where none was used."""

    citebound: str
    encoder_key: str
    weights_sha256: str
    host: str
    adapter_sha256: str
    cross_encoder: str
    evidence_tokens: int
    answer_tokens: int


@dataclass(frozen=True, slots=True)
class Header:
    """What stays of an answer when its documents are forgotten. `receipt` is the answer's own, without its id, signals
    and the hash of its prompt; `verdicts` counts its sentences."""

    outcome: Outcome
    receipt: Receipt
    means: Means
    verdicts: Mapping[Verdict, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """How it was asked. `filter` as `filter_json` writes it, None for none."""

    question: str
    filter: Mapping[str, Any] | None
    stages: tuple[str, ...]
    llm: bool
    abstain: bool = True


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A citation. Hashes are sha256 of UTF-8."""

    marker: int
    document_id: str
    text_sha256: str
    span: Span
    quote: str
    quote_sha256: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What the gate did with a sentence."""

    text: str
    verdict: Verdict
    reason: str
    citations: tuple[Exhibit, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """One side of a dispute."""

    value: str
    citation: Exhibit


@dataclass(frozen=True, slots=True)
class Dispute:
    """A conflict that the answer told of."""

    kind: ConflictKind
    about: str
    text: str
    sides: tuple[Claim, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Given:
    """A passage that was evidence, or, for NOT_FOUND, one of the nearest."""

    document_id: str
    text_sha256: str
    span: Span
    sha256: str


@dataclass(frozen=True, slots=True)
class Said:
    """What the model and the gate said. `prompt_sha256` is of the last prompt as it was sent, its random fence
    included; those of `calls` leave the fence out."""

    reason: str
    notes: tuple[str, ...]
    conflicts: tuple[Dispute, ...]
    sentences: tuple[Decision, ...]
    passages: tuple[Given, ...]
    calls: tuple[Call, ...]
    prompt_sha256: str
    signals: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Looked:
    """A hit. `sha256` is of its chunk's text, `text_sha256` of its document's."""

    rank: int
    chunk: str
    document_id: str
    text_sha256: str
    sha256: str
    score: float
    why: tuple[Why, ...]


@dataclass(frozen=True, slots=True)
class StoredReceipt:
    """A receipt as it is stored. `asked` and `said` are None where they were forgotten with a document, and `hits` lack
    those of forgotten documents; `forgotten` names the parts that are gone."""

    id: str
    number: int
    made_at: str
    header: Header
    asked: Asked | None
    said: Said | None
    hits: tuple[Looked, ...]
    forgotten: tuple[str, ...]


def parts_of(
    answer: Answer, asked: Asked, calls: Sequence[Call], about: Mapping[str, str], given: Sequence[Passage] = ()
) -> dict[str, Part]:
    """What a receipt commits to, each with the documents that it goes with, and their paths. `about` are documents that
    the answer speaks of without citing them, `given` the passages that a draft may have copied without citing them."""
    cited = [c for s in answer.sentences for c in s.citations] + [s.citation for c in answer.conflicts for s in c.sides]
    texts: list[Passage | Citation] = [*answer.passages, *given, *cited]
    shown = dict(about)
    for one in texts:
        shown |= {one.document.id: one.source.path} | {a.document.id: a.source.path for a in one.superseded_by}
    parts = {ASKED: Part(asdict(asked), shown), SAID: Part(asdict(said_of(answer, calls)), shown)}
    found: dict[str, list[Hit]] = {}
    for hit in answer.hits:
        found.setdefault(hit.document.id, []).append(hit)
    for number, (document_id, hits) in enumerate(found.items(), start=1):
        content = {"hits": [asdict(looked(hit)) for hit in hits]}
        parts[f"{FOUND}.{number}"] = Part(content, {document_id: hits[0].source.path})
    return parts


def said_of(answer: Answer, calls: Sequence[Call]) -> Said:
    """What was said in an answer."""
    return Said(
        reason=answer.reason,
        notes=answer.notes,
        conflicts=tuple(
            Dispute(c.kind, c.about, c.text, tuple(Claim(s.value, _exhibit(s.citation)) for s in c.sides), c.more)
            for c in answer.conflicts
        ),
        sentences=tuple(
            Decision(s.text, s.verdict, s.reason, tuple(map(_exhibit, s.citations))) for s in answer.sentences
        ),
        passages=tuple(Given(p.document.id, p.document.text_sha256, p.span, sha256(p.text)) for p in answer.passages),
        calls=tuple(calls),
        prompt_sha256=answer.receipt.prompt_sha256 if answer.receipt else "",
        signals=dict(answer.receipt.signals) if answer.receipt else {},
    )


def looked(hit: Hit) -> Looked:
    """A hit with the hash of its text in the place of the text."""
    paper = hit.document
    return Looked(hit.rank, hit.chunk.id, paper.id, paper.text_sha256, sha256(hit.chunk.text), hit.score, hit.why)


def header_of(answer: Answer, receipt: Receipt, means: Means) -> dict[str, object]:
    """What stays: `receipt` without what follows from the texts of documents."""
    verdicts = Counter(s.verdict for s in answer.sentences)
    bare = {**asdict(receipt), "signals": {}, "prompt_sha256": "", "id": ""}
    return {"outcome": answer.outcome, "receipt": bare, "means": asdict(means), "verdicts": dict(verdicts)}


def stored(entry: Entry) -> StoredReceipt:
    """Raises StoreCorrupt if somebody changed what is stored so that it is not a receipt any more."""
    try:
        found = [_HITS.validate_python(part["hits"]) for name, part in entry.parts.items() if name.startswith(FOUND)]
        return StoredReceipt(
            id=entry.id,
            number=entry.number,
            made_at=entry.made_at,
            header=_HEADER.validate_python(entry.header),
            asked=_ASKED.validate_python(entry.parts.get(ASKED)),
            said=_SAID.validate_python(entry.parts.get(SAID)),
            hits=tuple(sorted((hit for hits in found for hit in hits), key=lambda hit: hit.rank)),
            forgotten=tuple(sorted(set(entry.names) - set(entry.parts))),
        )
    except (ValidationError, KeyError) as error:
        raise StoreCorrupt(
            f"entry {entry.number} is not a receipt any more", remedy="`citebound receipts verify` says what is wrong."
        ) from error


def sha256(text: str) -> str:
    """Of a text as UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


_HEADER = TypeAdapter(Header)
_ASKED = TypeAdapter(Asked | None)
_SAID = TypeAdapter(Said | None)
_HITS = TypeAdapter(tuple[Looked, ...])


def _exhibit(citation: Citation) -> Exhibit:
    quote = citation.quote
    return Exhibit(citation.marker, citation.document.id, citation.text_sha256, citation.span, quote, sha256(quote))
