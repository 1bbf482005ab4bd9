"""What goes in and out as JSON: requests are strict and refuse unknown fields; responses are documented by OpenAPI."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from citebound.answer.receipts.receipts import StoredReceipt
from citebound.answer.receipts.replay import Change as ReplayedChange
from citebound.answer.receipts.replay import Replay
from citebound.answer.render import answer_json, hit_json, passage_json
from citebound.answer.scoring.scorer import Score, ScoredPlace
from citebound.answer.scoring.scorer_file import Facts
from citebound.errors import BadFilter
from citebound.indexes.filters import parse
from citebound.indexes.register import Entry, Findings, Overview
from citebound.indexes.retest import Change, Comparison
from citebound.types import (
    Amendment,
    And,
    Answer,
    Citation,
    ConflictKind,
    DocumentInfo,
    Eq,
    Filter,
    Glob,
    Hit,
    In,
    Not,
    Or,
    Outcome,
    Passage,
    Range,
    Receipt,
    Searched,
    Source,
    Span,
    Verdict,
)

FILTER_LENGTH = 1000
FILTER_VALUES = 100
LABEL = re.compile(r"[\w][\w .:/-]{0,63}")


class _Filtered(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    filter: str | dict[str, Any] | None = Field(
        None,
        description="Only documents that satisfy it: as text (`source:*.pdf after:2026-01-01 label.matter:alpha`) or"
        ' as JSON (`{"or": [{"source": "*.pdf"}, {"label.matter": ["alpha", "beta"]}]}`).',
        examples=["source:*.pdf"],
    )

    def tree(self) -> Filter | None:
        """The filter, parsed. Raises BadFilter, also for one that is larger than any reader would write."""
        if isinstance(self.filter, str):
            if len(self.filter) > FILTER_LENGTH:
                raise BadFilter(f"the filter has more than {FILTER_LENGTH} characters", remedy="Shorten it.")
            if re.search(r"(?:^|\s)[\"']*-[\"']*-", self.filter):
                raise BadFilter("the filter negates twice", remedy="Leave out both dashes.")
        tree = parse(self.filter)
        if tree is not None and _values(tree) > FILTER_VALUES:
            raise BadFilter(f"the filter has more than {FILTER_VALUES} values", remedy="Use a pattern or a label.")
        return tree


class _Request(_Filtered):
    question: str = Field(
        description="Words or a question; at most `question_limit` characters (4000).",
        examples=["Who may terminate the agreement for convenience?"],
    )


class _Page(_Filtered):
    """A part of a list, asked for in the address: there are no JSON filters there, and numbers are text."""

    model_config = ConfigDict(extra="forbid", strict=False)

    filter: str | None = Field(
        None,
        description="Only documents that satisfy it: `source:*.pdf after:2026-01-01 label.matter:alpha`.",
        examples=["source:*.pdf"],
    )
    k: int = Field(100, ge=1, le=1000, description="Number of rows:")
    skip: int = Field(0, ge=0, le=1_000_000, description="Rows to leave out at the beginning:")


class FindingsRequest(_Page):
    """Which findings to list."""

    severity: str = Field("", description="`high`: that or worse; `=high`: that alone; `unrated`: without one.")
    status: str = Field("", description="open, partial, accepted, fixed, unstated; several with commas.")
    document: str | None = Field(None, description="Only this one: id, beginning of an id, path or file name.")


class DocumentsRequest(_Page):
    """Which documents to list."""


class AmendmentsRequest(_Page):
    """Which documents' amendments to list."""


class RetestRequest(BaseModel):
    """Which two reports to compare: each by id, beginning of an id, path or file name."""

    model_config = ConfigDict(extra="forbid")

    old: str = Field(description="The earlier report.", examples=["report-2025.pdf"])
    new: str = Field(description="The later report.", examples=["retest-2026.pdf"])


class ReceiptsRequest(BaseModel):
    """Which receipts to list."""

    model_config = ConfigDict(extra="forbid")

    k: int = Field(50, ge=1, le=1000, description="Number of receipts:")
    skip: int = Field(0, ge=0, le=1_000_000, description="Newer ones to leave out:")


class ReplayRequest(BaseModel):
    """Nothing: `{}`. All that is asked is in the receipt."""

    model_config = ConfigDict(extra="forbid")


class SearchRequest(_Request):
    """What to search for."""

    k: int = Field(10, ge=1, le=100, description="Number of hits:")
    adapter: bool | None = Field(
        None, description="With the collection's query adapter; null as the service is set.", examples=[None]
    )


class AskRequest(_Request):
    """What to ask."""

    llm: bool = Field(True, description="False: answer with quotes alone, without a language model.")
    stream: bool = Field(False, description="True: server-sent events, as with `Accept: text/event-stream`.")


class TextsRequest(BaseModel):
    """What to score."""

    model_config = ConfigDict(extra="forbid", strict=True)

    texts: list[str] = Field(
        min_length=1,
        max_length=100,
        description="Texts of any length, at most 100.",
        examples=[["The liability of the Provider is unlimited."]],
    )


class ScoreRequest(BaseModel):
    """Which scorer to use on what of a collection."""

    model_config = ConfigDict(extra="forbid", strict=True)

    scorer: str = Field(description="Name of a stored scorer.", examples=["severity"])
    unit: Literal["section", "chunk", "document"] = Field("section", description="What gets a label each.")
    document: str | None = Field(None, description="Only this one: id, beginning of an id, path or file name.")
    label: str | None = Field(None, description="Those that most probably have this label come first.")
    k: int = Field(100, ge=1, le=1000, description="Number of places:")


class CollectionName(BaseModel):
    """A collection; its name is used in paths."""

    name: str


class Collections(BaseModel):
    """The collections of the data root, sorted by name."""

    collections: list[CollectionName]


class SearchResponse(BaseModel):
    """At most k hits, best first."""

    hits: list[Hit]


class ScorerName(BaseModel):
    """A stored scorer. `accuracy` is the share of right labels out of fold, `majority` that of always giving the most
    frequent label; `better` says whether the whole 95 % interval of the accuracy lies above it."""

    name: str
    classes: list[str]
    encoder: str
    rows: int
    accuracy: float
    low: float
    high: float
    majority: float
    better: bool


class Scorers(BaseModel):
    """The scorers of the data root, sorted by name."""

    scorers: list[ScorerName]


class TextScores(BaseModel):
    """One score for each text, in their order."""

    scores: list[Score]


class PlaceScores(BaseModel):
    """At most k places with their scores; `total` counts all that were scored."""

    places: list[ScoredPlace]
    total: int


class FindingsResponse(BaseModel):
    """At most k findings, worst first, each with its place in the text whose sha256 is `text_sha256`.

    `count` of the `total` findings in `reports` of `documents` documents satisfy the request; `severities` counts
    those. `undecided` counts findings that might too, because their report prints no severity or status.
    """

    findings: list[Entry]
    count: int
    total: int
    reports: int
    documents: int
    undecided: int
    severities: dict[str, int]


class DocumentsResponse(BaseModel):
    """At most k documents with their kind and the facts read off them, in the order of their paths, of `total`.

    `notes` say how many of all are in a language that the encoder was not made for.
    """

    documents: list[Overview]
    total: int
    notes: list[str]


class AmendmentsResponse(BaseModel):
    """At most k amending statements, newest first, of `total`, each with the document and the place that it changes.

    Where these are not known, `reason` says why.
    """

    amendments: list[Amendment]
    total: int


class ReceiptsResponse(BaseModel):
    """At most k receipts, newest first. `asked` and `said` are null where they were forgotten with a document."""

    receipts: list[StoredReceipt]


class ReplayResponse(BaseModel):
    """What has changed since an answer: `same` if nothing. `chunk` and `document_id` say where, "" for everywhere."""

    same: bool
    receipt: str
    made_at: str
    question: str
    changes: list[ReplayedChange]


class RetestResponse(BaseModel):
    """What became of each finding: still open, new, gone (no longer mentioned) or fixed; `outcomes` counts them.

    `notes` say why the two reports may not be comparable.
    """

    old: DocumentInfo
    new: DocumentInfo
    changes: list[Change]
    outcomes: dict[str, int]
    notes: list[str]


class PassageHit(BaseModel):
    """A hit that is part of a passage; `superseded_by` are the amendments that changed its place."""

    chunk: str
    rank: int
    score: float
    superseded_by: list[Amendment]


class PassageResponse(BaseModel):
    """Neighbouring hits merged into one stretch of a document's text; offsets count Unicode code points.

    `superseded_by` are the amendments that changed it, in the order of their dates; the passage that governs comes
    first where it is given too. A definition or clause that another passage needs has no hits.
    """

    document: DocumentInfo
    source: Source
    span: Span
    text: str
    context: str
    pages: list[int]
    hits: list[PassageHit]
    superseded_by: list[Amendment]


class SentenceResponse(BaseModel):
    """One sentence of the draft after the evidence gate; `citations` are markers of exhibits."""

    text: str
    verdict: Verdict
    reason: str
    citations: list[int]


class ConflictSide(BaseModel):
    """What one place says; `citation` is the marker of its exhibit."""

    value: str
    citation: int


class ConflictResponse(BaseModel):
    """Places that say different things, what governs or is the latest first. `superseded`: one text governs the other;
    `disagrees`: they speak of one thing; `differs`: the question names no document, and each may be right."""

    kind: ConflictKind
    about: str
    text: str
    sides: list[ConflictSide]
    more: int


class AnswerResponse(BaseModel):
    """An answer: `text` is what was bound, each sentence followed by its markers; `citations` are the exhibits.

    For `not_found`, `passages` are the nearest passages that were looked at, and `searched` says what was searched and
    why they are not enough. `confidence` is 0..1. `risk` is a stated error rate: of all answers at least as sure
    as a level that this one reaches, taken together, at most so many are wrong; null where none is known or worth
    stating (above one half). `notes` are doubts that hold whatever the outcome, such as documents in a language that
    the encoder was not made for.
    """

    question: str
    outcome: Outcome
    text: str
    reason: str
    sentences: list[SentenceResponse]
    citations: list[Citation]
    conflicts: list[ConflictResponse] = []
    passages: list[PassageResponse]
    receipt: Receipt | None
    notes: list[str]
    confidence: float | None = None
    risk: float | None = None
    searched: Searched | None = None


class FieldProblem(BaseModel):
    """A field of the request and what is wrong with it."""

    field: str
    problem: str


class Problem(BaseModel):
    """An error (RFC 9457). `remedy` says what to do about it."""

    type: str
    title: str
    status: int
    detail: str
    remedy: str
    request_id: str
    errors: list[FieldProblem]


class Alive(BaseModel):
    """The process answers."""

    status: str = "alive"


class Part(BaseModel):
    """A model or a collection that the service needs."""

    kind: str
    name: str
    ready: bool
    reason: str = ""
    remedy: str = ""


class Readiness(BaseModel):
    """Whether questions can be answered, and if not, what is missing."""

    ready: bool
    parts: list[Part]


def answer_response(answer: Answer) -> AnswerResponse:
    return AnswerResponse.model_validate(answer_json(answer))


def passage_response(passage: Passage) -> PassageResponse:
    return PassageResponse.model_validate(passage_json(passage))


def search_response(hits: list[Hit]) -> SearchResponse:
    return SearchResponse.model_validate({"hits": [hit_json(hit) for hit in hits]})


def findings_response(found: Findings, asked: FindingsRequest) -> FindingsResponse:
    return FindingsResponse(
        findings=list(found.entries[asked.skip : asked.skip + asked.k]),
        count=len(found.entries),
        total=found.total,
        reports=found.reports,
        documents=found.documents,
        undecided=len(found.undecided),
        severities=found.severities,
    )


def retest_response(compared: Comparison) -> RetestResponse:
    return RetestResponse(
        old=compared.old,
        new=compared.new,
        changes=list(compared.changes),
        outcomes=compared.outcomes,
        notes=list(compared.notes),
    )


def replay_response(found: Replay) -> ReplayResponse:
    return ReplayResponse(
        same=found.same,
        receipt=found.receipt,
        made_at=found.made_at,
        question=found.question,
        changes=list(found.changes),
    )


def scorer_name(facts: Facts) -> ScorerName:
    figures = facts.figures
    return ScorerName(
        name=facts.name,
        classes=list(facts.classes),
        encoder=facts.encoder,
        rows=figures.rows,
        accuracy=figures.accuracy.value,
        low=figures.accuracy.low,
        high=figures.accuracy.high,
        majority=figures.majority.accuracy,
        better=figures.better,
    )


def _values(tree: Filter) -> int:
    match tree:
        case And(parts) | Or(parts):
            return sum(_values(part) for part in parts)
        case Not(part):
            return _values(part)
        case In(field, values):
            _check_label(field)
            return len(values)
        case Eq(field) | Glob(field) | Range(field):
            _check_label(field)
            return 1


def _check_label(field: str) -> None:
    if field.startswith("label.") and not LABEL.fullmatch(field.removeprefix("label.")):
        raise BadFilter("a label's name has letters, digits, spaces and . : / - _ only, at most 64")
