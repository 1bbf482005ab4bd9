"""The nouns. Every value is frozen and slotted; a later stage makes a new value instead of changing one.

All offsets are half-open and count Unicode code points of one text: ``Document.text``. All boxes are PDF points
from the top left corner of their page; pages count from 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Box = tuple[float, float, float, float]
"""left, top, right, bottom in PDF points (1/72 inch) from the top left of the page."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open range [start, end) of code points in ``Document.text``."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"not a span: [{self.start}, {self.end})")

    def __len__(self) -> int:
        return self.end - self.start

    def of(self, text: str) -> str:
        """The characters of `text` that the span covers; ValueError if it reaches past the end."""
        if self.end > len(text):
            raise ValueError(f"span [{self.start}, {self.end}) reaches past a text of {len(text)} characters")
        return text[self.start : self.end]

    def overlap(self, other: Span) -> int:
        """How many characters both spans cover."""
        return max(0, min(self.end, other.end) - max(self.start, other.start))

    def contains(self, other: Span) -> bool:
        return self.start <= other.start and other.end <= self.end


@dataclass(frozen=True, slots=True)
class Region:
    """One rectangle on one page: where a reader sees a quote, or a part of it."""

    page: int
    box: Box


@dataclass(frozen=True, slots=True)
class Line:
    """Geometry of one printed line.

    `advances[i]` is the x coordinate of the left edge of character i of the line, and the last entry is the right
    edge of the last one: ``len(advances) == len(span) + 1``. From it the box of any quote is computed.
    """

    span: Span
    page: int
    box: Box
    advances: tuple[float, ...]


class BlockKind(StrEnum):
    """What a parser says an element is. The last five never count as governing text."""

    TITLE = "title"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE_ROW = "table_row"
    TEXT_BOX = "text_box"
    FOOTNOTE = "footnote"
    HEADER = "header"
    FOOTER = "footer"
    COMMENT = "comment"
    DELETED = "deleted"
    HIDDEN = "hidden"


ASIDE = frozenset({BlockKind.HEADER, BlockKind.FOOTER, BlockKind.COMMENT, BlockKind.DELETED, BlockKind.HIDDEN})
"""Kinds that are kept for evidence, but are neither searched nor given to a model nor quoted as governing."""


@dataclass(frozen=True, slots=True)
class Block:
    """One element that the parser found. `level` is the depth of a heading (1 = top), 0 where it has none."""

    kind: BlockKind
    span: Span
    level: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and all text under it, up to the next heading of the same or a higher level.

    `number` is the printed number ("9.2", "Exhibit B") or "". `parent` is the position of the enclosing section in
    the document's list of sections, or None.
    """

    span: Span
    number: str
    heading: str
    level: int
    parent: int | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """A defined term where it is defined.

    `span` is the term as printed, without its quotation marks; `definition` the sentence or table row that defines it.
    `scope` is the position of the section that the definition is limited to ("for the purposes of this Section"), None
    for the whole document.
    """

    term: str
    span: Span
    definition: Span
    scope: int | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """A mention of another place of the document: "Section 9.2(a)", "Exhibit A", "clauses 3 and 4" (one for each).

    `target` is the number that is meant, as sections print it; `section` the position of the section that has it, None
    where this document has none: the reference is external, or leads nowhere.
    """

    span: Span
    target: str
    section: int | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A value read off a document, and the place that proves it.

    `name` is a field of the profile ("governing_law", "severity"), `value` normalised (ISO dates, lower-case
    severities), `span` what is printed. `note` says what is doubtful about it; "" for nothing.
    """

    name: str
    value: str
    span: Span
    note: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of a security report: its whole stretch of text and its fields, each with its own span.

    Field names: id, severity, status, cvss_vector, cvss_version, cvss_score, cwe, cve, asset, description, impact,
    remediation; a name may come several times.
    """

    span: Span
    title: str
    fields: tuple[Fact, ...] = ()

    def values(self, name: str) -> tuple[str, ...]:
        """All values of a field, in the order of the text."""
        return tuple(f.value for f in self.fields if f.name == name)

    def value(self, name: str) -> str:
        """The first value of a field, "" if it has none."""
        return next(iter(self.values(name)), "")


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """What one needs to name a document without loading its text.

    `id` is the sha256 of the bytes. Bytes alone do not determine the text, so `text_sha256` goes with every citation.
    `pages` is 0 for formats that have none (TXT, MD, DOCX, HTML): they are cited by section, never by a made-up page.
    """

    id: str
    title: str
    media_type: str
    text_sha256: str
    parser: str
    pages: int


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file: the one text that all spans mean, with the geometry and the structure found in it.

    `kind` is the name of its profile ("contracts", "security_reports"), "" for none. `notes` are facts about the file
    that a reader should know ("page 3 has no text", "tracked changes").
    """

    info: DocumentInfo
    text: str
    blocks: tuple[Block, ...]
    lines: tuple[Line, ...] = ()
    sections: tuple[Section, ...] = ()
    notes: tuple[str, ...] = ()
    kind: str = ""
    terms: tuple[Term, ...] = ()
    references: tuple[Reference, ...] = ()
    facts: tuple[Fact, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def id(self) -> str:
        return self.info.id

    @property
    def title(self) -> str:
        return self.info.title

    @property
    def text_sha256(self) -> str:
        return self.info.text_sha256


@dataclass(frozen=True, slots=True)
class Source:
    """Where bytes came from, and the labels that filters see. Two sources may share one document."""

    path: str
    document_id: str
    labels: tuple[tuple[str, str], ...] = ()
    added_at: str = ""

    @property
    def name(self) -> str:
        return self.path.replace("\\", "/").rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document that is embedded and searched: ``document.text[start:end] == text``.

    `context` (title and heading path) is embedded with it and never quoted. `id` is made of document, revision and
    position, never of the text, so that two clauses with equal text stay two.
    """

    id: str
    document_id: str
    span: Span
    text: str
    context: str
    pages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Why:
    """One stage that found a hit: its name, the rank there (1 = best) and the raw score there."""

    stage: str
    rank: int
    score: float


@dataclass(frozen=True, slots=True)
class Amendment:
    """A statement that changes an agreement, and the place that it changes.

    `document` says so at `span`, under its number `section` ("" for none), with effect from `date` (ISO, "" where none
    is printed). What it changes: the clause `target` ("9.2(a)", "Exhibit A"), the defined `term` or the section with
    that `heading`; all "" for the agreement as a whole. `action` is restated, replaced, deleted, added, extended or
    amended; `whole`: the place does not hold any more as it is printed. `new` is where `document` prints the text that
    holds from then on. `amends` is the changed document and `place` what is changed there; where either is None,
    `reason` says why.
    """

    document: DocumentInfo
    source: Source
    span: Span
    title: str
    number: int
    section: str
    date: str
    action: str
    target: str = ""
    term: str = ""
    heading: str = ""
    whole: bool = False
    new: Span | None = None
    amends: DocumentInfo | None = None
    amended_source: Source | None = None
    place: Span | None = None
    reason: str = ""

    @property
    def name(self) -> str:
        """What the instrument is called: "Amendment No. 2", or its title."""
        kind = "Addendum" if "addendum" in self.title.lower() else "Amendment"
        return f"{kind} No. {self.number}" if self.number else self.title or self.document.title

    @property
    def what(self) -> str:
        """What is changed, in words: "section 9.2(a)", "Exhibit A", 'the definition of "Term"'."""
        if self.term:
            return f'the definition of "{self.term}"'
        if self.target:
            return self.target if self.target[0].isalpha() else f"section {self.target}"
        return f'section "{self.heading}"' if self.heading else "the agreement"

    @property
    def notice(self) -> str:
        """One line for a reader of the changed place: what, the instrument, its clause and date, and the file it is in:
        "section 4 superseded by Amendment No. 1, section 2, of 2021-03-01 (first.txt)"."""
        verb = "superseded" if self.whole else "extended" if self.action == "extended" else "amended"
        said = f"{self.what} {verb} by {self.name}"
        said += f"{f', section {self.section}' * bool(self.section)}{f', of {self.date}' * bool(self.date)}"
        return f"{said} ({self.source.name})"


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that a search returned. `rank` counts from 1; `score` is the fused score (higher is better), of which the
    order of ranks departs only where a text that governs goes before the one that it supersedes.

    `superseded_by` are the amendments that changed this place, in the order of their dates.
    """

    chunk: Chunk
    document: DocumentInfo
    source: Source
    score: float
    rank: int
    why: tuple[Why, ...] = ()
    superseded_by: tuple[Amendment, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """Neighbouring hits merged into one stretch of text; `len(text)` is what a budget counts. A definition or clause
    that another passage needs has no hits.

    `superseded_by` are the amendments that changed this place, in the order of their dates.
    """

    document: DocumentInfo
    source: Source
    span: Span
    text: str
    context: str
    pages: tuple[int, ...]
    hits: tuple[Hit, ...]
    superseded_by: tuple[Amendment, ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """An exhibit: it exists only if `quote` was found at `span` in the text whose sha256 is `text_sha256`.

    `section` names the clause or heading; `regions` are empty for formats without pages. `superseded_by` are the
    amendments that changed this place, in the order of their dates.
    """

    marker: int
    document: DocumentInfo
    source: Source
    span: Span
    quote: str
    section: str
    regions: tuple[Region, ...]
    text_sha256: str
    superseded_by: tuple[Amendment, ...] = ()

    @property
    def pages(self) -> tuple[int, ...]:
        return tuple(sorted({region.page for region in self.regions}))


class Verdict(StrEnum):
    """What the evidence gate did with a sentence."""

    BOUND = "bound"
    TRIMMED = "trimmed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a draft after the gate. `reason` says why it was trimmed or removed."""

    text: str
    citations: tuple[Citation, ...]
    verdict: Verdict
    reason: str = ""


class Outcome(StrEnum):
    """How a question ended. ABSENT: the question was about absence, and the documents were searched for it."""

    ANSWERED = "answered"
    PARTIAL = "partial"
    NOT_FOUND = "not_found"
    ABSENT = "absent"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an answer was made from: enough to repeat the retrieval. Seconds are wall time.

    `confidence`, 0..1, is how probably the answer is right, or, for NOT_FOUND, that the documents hold none; `risk` a
    stated error rate: of all answers at least as sure as a level that this one reaches, taken together, at most so many
    are wrong (of NOT_FOUND: at most so many of the questions that could be answered end so); it is no probability of
    this one answer. `calibration` names in words what both follow from. Both are None where nothing was calibrated, as
    for a question in a language that the encoder was not made for; `risk` is None too where only a rate above one half
    could be stated, or none for answers of this model.
    `signals` are what they follow from (`answer.signals` explains each). `id` is the hash of the entry in the
    collection's chain of receipts, "" where none was stored; `prompt_version` names the prompt file.
    """

    generation: int
    encoder: str
    generator: str
    prompt_sha256: str
    searched_documents: int
    searched_chunks: int
    sufficiency: float
    retrieval_seconds: float
    generation_seconds: float
    prompt_tokens: int = 0
    output_tokens: int = 0
    confidence: float | None = None
    risk: float | None = None
    calibration: str = ""
    signals: Mapping[str, float] = field(default_factory=dict, hash=False)
    prompt_version: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Nearest:
    """A place that was looked at and was not enough: the best sentence of a passage, and in words why."""

    document: DocumentInfo
    source: Source
    span: Span
    quote: str
    section: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Searched:
    """What was searched for an answer that was not found: how many documents and passages, by which words of the
    question, by which words that documents print for them (`synonyms`), in which documents alone (`routed`, their
    names; empty for all), and the nearest places."""

    documents: int
    passages: int
    terms: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    routed: tuple[str, ...] = ()
    nearest: tuple[Nearest, ...] = ()


class ConflictKind(StrEnum):
    """SUPERSEDED: one text governs the other. DISAGREES: two places say different things of one thing. DIFFERS: the
    question names no document, and the documents answer it differently; each may be right."""

    SUPERSEDED = "superseded"
    DISAGREES = "disagrees"
    DIFFERS = "differs"


@dataclass(frozen=True, slots=True)
class Side:
    """What one place says."""

    value: str
    citation: Citation


@dataclass(frozen=True, slots=True)
class Conflict:
    """Places that say different things: of what (`about`), in words (`text`), and each with its exhibit, the one that
    governs or is the latest first. `more` counts the documents with sides that are not among them."""

    kind: ConflictKind
    about: str
    text: str
    sides: tuple[Side, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """`sentences` holds all of the draft, removed ones too; `.text` and `.citations` only what was bound.

    `passages` are the evidence that was given or, for NOT_FOUND, the nearest passages that were looked at.
    `reason` says in words why the outcome is not ANSWERED; `notes` are doubts that hold whatever the outcome, such as
    a language that the encoder was not made for. `searched` says, for NOT_FOUND, what was looked at.
    """

    question: str
    outcome: Outcome
    sentences: tuple[Sentence, ...] = ()
    passages: tuple[Passage, ...] = ()
    hits: tuple[Hit, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    reason: str = ""
    receipt: Receipt | None = None
    notes: tuple[str, ...] = ()
    searched: Searched | None = None

    @property
    def confidence(self) -> float | None:
        """0..1, as in the receipt."""
        return self.receipt.confidence if self.receipt else None

    @property
    def risk(self) -> float | None:
        """The stated error rate, as in the receipt: of all answers so sure or surer together, never above one half."""
        return self.receipt.risk if self.receipt else None

    @property
    def bound(self) -> tuple[Sentence, ...]:
        return tuple(s for s in self.sentences if s.verdict is not Verdict.REMOVED)

    @property
    def text(self) -> str:
        """The bound sentences, each followed by the markers of its citations: "... thirty days. [1][2]"."""
        return " ".join(s.text + "".join(f"[{c.marker}]" for c in s.citations) for s in self.bound)

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Each exhibit once, those of the sentences first, then those of the conflicts."""
        shown = [c for s in self.bound for c in s.citations]
        shown += [side.citation for conflict in self.conflicts for side in conflict.sides]
        return tuple({c.marker: c for c in shown}.values())


class Status(StrEnum):
    """How the ingestion of one file ended."""

    OK = "ok"
    UNCHANGED = "unchanged"
    PARTIAL = "partial"
    EMPTY = "empty"
    ENCRYPTED = "encrypted"
    UNSUPPORTED_TYPE = "unsupported_type"
    TYPE_MISMATCH = "type_mismatch"
    TOO_LARGE = "too_large"
    ARCHIVE_BOMB = "archive_bomb"
    PARSE_ERROR = "parse_error"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out_of_memory"
    CRASHED = "crashed"
    UNREADABLE = "unreadable"

    @property
    def indexed(self) -> bool:
        return self in (Status.OK, Status.UNCHANGED, Status.PARTIAL)


@dataclass(frozen=True, slots=True)
class FileReport:
    """One line of an ingest report. `reason` and `remedy` are empty for files that went well."""

    path: str
    status: Status
    document_id: str = ""
    title: str = ""
    pages: int = 0
    chunks: int = 0
    seconds: float = 0.0
    reason: str = ""
    remedy: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What one ingest did. `files` has one entry for each file found, in order of path. `notes` are what a reader
    should know of their documents together, such as a language that the encoder was not made for."""

    files: tuple[FileReport, ...] = ()
    seconds: float = 0.0
    sandbox: str = ""
    generation: int = 0
    notes: tuple[str, ...] = ()

    @property
    def documents(self) -> tuple[FileReport, ...]:
        """The files that are in the collection now."""
        return tuple(f for f in self.files if f.status.indexed)

    @property
    def failures(self) -> tuple[FileReport, ...]:
        """The files that are not, each with its reason and a remedy."""
        return tuple(f for f in self.files if not f.status.indexed)


@dataclass(frozen=True, slots=True)
class Progress:
    """One progress event of an ingest; counts are totals so far. `stage` is what begins or goes on now: "parse" and
    "commit" for each file in turn, "embed" for each batch of chunks, "publish" once."""

    stage: str
    path: str
    files_done: int
    files_total: int
    pages: int
    chunks: int
    chunks_total: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Eq:
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class In:
    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Glob:
    """Shell pattern over the whole value: ``*.pdf``."""

    field: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Range:
    """low <= value <= high, either end may be None. Compared as text, so that ISO dates order rightly."""

    field: str
    low: str | None = None
    high: str | None = None


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Filter


Filter = Eq | In | Glob | Range | And | Or | Not
"""A typed tree over named fields: parsed once from text or JSON, compiled to SQL with parameters."""
