"""Where the findings of a report begin and end: its headings, sorted into chapters, groups, labels and findings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from citebound.ingest.finding_tables import Entry, Table, place_entries, tables
from citebound.ingest.headings import Heading, read_heading
from citebound.ingest.labels import Labelled, label_name, labelled, rating
from citebound.ingest.outline import is_contents_line
from citebound.ingest.severity import STATUS, WORDS, severity_of
from citebound.types import Block, BlockKind, Span

LONGEST_HEADING = 320
FINDINGS_CHAPTER = re.compile(
    r"(?i)(?:(?:detailed|technical|detail|individual|audit|assessment|security|key|project|main|our|all|list of"
    r"|manual review|identified|discovered|vulnerability|new|specific|code|smart contract|penetration test|test|pentest"
    r"|web application|application|external|internal|network|mobile|appendix [a-z]:?) ){0,3}"
    r"(?:findings?|vulnerabilit(?:y|ies)|issues?|weaknesses|observations|results|bugs|analysis)"
    r"(?: (?:details?|in detail|descriptions?|report|list|and recommendations|and remediation|analysis|identified"
    r"|found))?"
)
CHAPTER_WORDS = (
    "ratings?|executive|management|technical|project|audit|report|document|engagement|assessment|findings?"
    "|vulnerabilit(?:y|ies)"
    "|issues?|risk|overall|security|severity|test|testing|general|strategic|revision|version|threat|client|our|key"
    "|attack"
    "|scope|code|summary|methodolog(?:y|ies)|disclaimers?|introduction|high[- ]level|tools?|contacts?|sign[- ]off"
    "|retest|remediation|fix|impact|likelihood|status|cvss|qualitative|scoring|systems?|and|of|the|&|for|table|list|total"
    "|per|by|classifications?|definitions?|scales?|levels?|criteria|statistics|breakdown|distribution|dashboard"
    "|conclusions?|overview|contents|approach|appendix|appendices|references|information|history|glossary|timeline|goals"
    "|objectives|coverage|recommendations|checklist|matrix|legend|limitations|about|background|toc|log|detailed|index"
    "|recap|chart|graph|tracker|types?|category|categories|results?|terms|guide|explanation|assumptions"
    "|acknowledgements?|notes|us|models?|modell?ing|threats|actors?|agents?|surface|landscape|boundaries|trust|team|members|details|review|description|bibliography|narrative"
)
OTHER_CHAPTER = re.compile(
    rf"(?i)(?:(?:{CHAPTER_WORDS})[\s:/,]{{0,3}}){{1,6}}|appendix\b.{{0,120}}"
    r"|(?:findings?|risk|severity|vulnerability|issue|threat|impact|likelihood|code|project|audit|status|difficulty|cvss)\b"
    r".{0,50}\b(?:definitions?|classifications?|categories|methodology|scales?|criteria|breakdown|statistics|distribution)"
    r"|threat (?:analysis|model|modell?ing|scenario|actor|agent|landscape)s?\b.{0,60}"
    r"|(?:conclusions?|disclaimer|about|methodology|scope|executive summary)\b.{0,60}"
)
GROUP = re.compile(
    rf"(?i)(?:(?P<word>{WORDS})(?:[ -](?:risk|severity|impact|priority|threat|level|rated)){{0,2}}"
    r"(?: (?:findings?|issues?|vulnerabilit(?:y|ies)|bugs?|observations?|risks?|items?|weaknesses))?"
    rf"|(?:findings?|issues?|vulnerabilities)\s?[:\u2013-]\s?(?P<after>{WORDS})(?: risk| severity)?)"
    r"(?:\s?[:(\[]\s?\d{1,3}\s?[)\]]?)?"
)
RATED_PART = re.compile(
    rf"(?i)(?:(?:impact|likelihood|difficulty|probability|exploitability|complexity|confidence|severity|risk|status)\s?"
    rf"[:(=\u2013-]{{1,2}}\s{{0,3}}){{1,2}}(?:{WORDS}|{STATUS})\)?"
)
NUMBER = re.compile(r"(?:\d{1,2}(?:\.\d{1,3}){0,5}\.?|[A-Z]\.|(?i:chapter|section|part) \w{1,4}[.:]?)\s")
PARTS = frozenset({"description", "impact", "remediation", "other", "status", "asset"})
FIELDS = frozenset({"severity", "status", "id", "cvss", "vector", "cve", "cwe"})
REPORT = re.compile(
    r"(?i)\W{0,8}(?:[\w-]{1,20} ){0,5}(?:report|advisory|assessment|audit|review)(?: (?:no\.?|number|id))?:?"
    r"\s\S{0,20}\d"
)
"""The title of a report with its number, which is no finding's: "Incident Report INC-2025-031"."""
SAME_TITLE = 40
LONGEST_ROW = 160
SEVERITY_ID = re.compile(r"[CHMLINGQ]-?\d")
SHORTEST = 40
LEAST_ROOM = 20


@dataclass(frozen=True, slots=True)
class Start:
    """A heading that may begin a finding. `end` is where it ends, `labels` those up to the next heading that is none of
    them, `group` the severity word of the group that it stands in ("High risk findings"), `id` as printed.
    """

    heading: Heading
    block: int
    level: int
    is_title: bool
    end: int
    id: str = ""
    chapter: str = ""
    chapter_number: str = ""
    group: Span | None = None
    group_level: int = 0
    labels: tuple[Labelled, ...] = ()
    length: int = 0

    def named(self, *names: str) -> list[Labelled]:
        return [label for label in self.labels if label.name in names]

    @property
    def is_plain(self) -> bool:
        """Whether the identifier is a mere number or letter, which parts of a finding have, too: "Issue 2"."""
        return self.heading.named and (self.id.isdigit() or len(self.id) == 1)

    @property
    def number_shape(self) -> str:
        return _shape(self.heading.number)


@dataclass(slots=True)
class _Place:
    """The chapter and the group that a walk through the headings is in."""

    chapter: str = ""
    level: int = 0
    number: str = ""
    group: Span | None = None
    group_level: int = 0


@dataclass(slots=True)
class Starts:
    """The beginnings of findings in one document; `levels` are heading levels by offset where blocks have none."""

    text: str
    blocks: Sequence[Block]
    levels: Mapping[int, int]
    by_block: dict[int, list[Labelled]] = field(default_factory=dict)
    roles: list[str] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    listing: set[int] = field(default_factory=set)
    later: dict[int, Span] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for label in labelled(self.text, self.blocks):
            self.by_block.setdefault(label.block, []).append(label)
        heads = [block.span.of(self.text) for block in self.blocks if block.kind is BlockKind.TITLE]
        repeated = Counter(_plain(head).lower() for head in heads if len(head) <= 60)
        self.roles = [self._role(i, repeated) for i in range(len(self.blocks))]
        first = next((i for i, block in enumerate(self.blocks) if block.kind is BlockKind.TITLE), None)
        if first is not None and not self.roles[first] and REPORT.match(self.blocks[first].span.of(self.text)):
            self.roles[first] = "other"
        self.tables = list(tables(self.text, self.blocks))
        self.listing = {i for table in self.tables for i in table.rows}

    def accepted(self) -> list[Start]:
        """The starts that are findings, in the order of the text. Sets `later`."""
        starts = self._gathered(list(self._starts()))
        shapes = Counter(_shape(s.id) for s in starts if s.heading.named)
        strong = self._whole([s for s in starts if self._is_strong(s, shapes)])
        known = {s.block for s in strong} | self._listed(starts)
        siblings = {(s.level, s.number_shape) for s in strong if s.is_title}
        named = {s.group for s in strong if s.group and s.heading.named}
        weak = [s for s in starts if s.group not in named and self._is_weak(s, siblings, bool(strong))]
        known |= {s.block for s in _shallow(weak)} | _beside(strong, starts)
        known |= set() if known else self._numbered(starts)
        kept = [s for s in starts if s.block in known]
        kept = [s for s in self._single(kept) if self.title(s)]
        self.later = self._follow_ups(kept, starts)
        return kept

    def ends(self, accepted: Sequence[Start]) -> list[int]:
        """For each finding the position of the block after its last."""
        stops = [*(start.block for start in accepted[1:]), len(self.blocks)]
        return [
            next((i for i in range(start.block + 1, stop) if self._closes(i, start)), stop)
            for start, stop in zip(accepted, stops, strict=True)
        ]

    def title(self, start: Start) -> str:
        """The title of the heading, or of the label under one that is an identifier only."""
        if any(c.isalpha() for c in start.heading.title):
            return start.heading.title
        return next((" ".join(f.value.of(self.text).split()) for f in start.named("title") if len(f.value)), "")

    def given(self, start: Start) -> str:
        """The identifier that the report itself gives a finding, in capitals; "" for a mere number."""
        own = start.id.upper() if start.heading.named and len(start.id) > 1 and not start.id.isdigit() else ""
        return next((f.value.of(self.text).strip().upper() for f in start.named("id")), "") or own

    def entries(self, accepted: Sequence[Start], *, by_id: bool = True) -> dict[int, dict[str, Span]]:
        """Severity and status of each finding in the summary tables, by the block of its heading."""
        wanted = [
            Entry(
                s.block,
                squashed(s.heading.title),
                tuple(filter(None, (self.given(s), s.id))) if by_id and s.heading.named else (),
                s.heading.number if by_id else "",
            )
            for s in accepted
        ]
        return place_entries(self.text, self.tables, wanted)

    # -- what each heading is for -------------------------------------------------------------------------------------

    def _role(self, i: int, repeated: Mapping[str, int]) -> str:
        """One word: "label", "group", "findings" or "other" for chapters, "both" for a chapter and a finding in one
        heading, "" for a possible finding, "text" for what is no heading.
        """
        block = self.blocks[i]
        content = block.span.of(self.text) if len(block.span) <= LONGEST_HEADING else ""
        if block.kind is not BlockKind.TITLE or not content or is_contents_line(content):
            return "text"
        plain = _plain(content)
        label = label_name(plain)
        if label == "severity" or RATED_PART.fullmatch(plain) or _is_field(self.by_block.get(i, ()), content):
            return "label"
        if read_heading(self.text, block.span).named:
            return ""
        if GROUP.fullmatch(plain):
            return "group"
        if FINDINGS_CHAPTER.fullmatch(plain):
            return "label" if label and (repeated[plain.lower()] > 1 or plain[-1] != "s") else "findings"
        if label:
            return "label"
        if OTHER_CHAPTER.fullmatch(plain):
            return "label" if content.rstrip().endswith(":") else "other"
        first, _, rest = content.strip().partition("\n")
        return "both" if rest and FINDINGS_CHAPTER.fullmatch(_plain(first)) else ""

    def _level(self, i: int) -> int:
        block = self.blocks[i]
        return block.level or self.levels.get(block.span.start, 0)

    def _starts(self) -> Iterator[Start]:
        place = _Place()
        last: Start | None = None
        for i, block in enumerate(self.blocks):
            role, level, span = self.roles[i], self._level(i), block.span
            self._enter(place, i)
            if role == "both":
                span = Span(span.start + span.of(self.text).strip("\n").index("\n") + 1, span.end)
            elif role == "":
                span = _unglued(self.text, span)
            heading = self._heading(i, span) if role in ("", "text", "both") else None
            if heading is None:
                continue
            if role == "":
                _leave(place, heading, level)
            nameless = last is not None and last.block == i - 1 and last.is_title and not last.heading.title
            if last and nameless and role == "" and not heading.named:
                joined = replace(last.heading, title=heading.title, severity=heading.severity, status=heading.status)
                last = replace(last, heading=joined, end=span.end)
                continue
            if last:
                yield last
            id_ = heading.id.of(self.text) if heading.id else ""
            last = Start(
                heading,
                i,
                level,
                role != "text" or span.start in self.levels,
                span.end,
                id_,
                place.chapter,
                place.number if place.chapter == "findings" else "",
                place.group,
                place.group_level,
            )
        if last:
            yield last

    def _enter(self, place: _Place, i: int) -> None:
        """Follows chapters and groups: what the heading of block i opens and closes."""
        role, level, span = self.roles[i], self._level(i), self.blocks[i].span
        if role in ("findings", "other", "both"):
            if not (role == "other" and place.chapter == "findings" and level > place.level > 0):
                place.chapter, place.level = ("other" if role == "other" else "findings"), level
                place.number = read_heading(self.text, span).number
            if level <= place.group_level or not level:
                place.group = None
        elif role == "label" and 0 < level <= place.level:
            place.chapter, place.level = "other", level
        elif role == "group":
            content = span.of(self.text)
            match = GROUP.search(_plain(content))
            word = (match["word"] or match["after"]) if match else ""
            at = re.search(r"\s+".join(map(re.escape, word.split())), content, re.I) if word else None
            bare = match is not None and match[0].lower() == word.lower()
            opens = at and not (bare and place.chapter != "findings")
            place.group = Span(span.start + at.start(), span.start + at.end()) if at and opens else None
            place.group_level = level

    def _heading(self, i: int, span: Span) -> Heading | None:
        """The block read as a heading of a finding; of text blocks, only those that look like one."""
        content = span.of(self.text)
        if len(content) > LONGEST_HEADING:
            return None
        heading = read_heading(self.text, span)
        title = heading.title
        if self.roles[i] != "text":
            return heading if heading.named or any(c.isalpha() for c in title) else None
        if is_contents_line(content) or re.search(r"\t\s?\d{1,3}$", content):
            return None
        if not any(c.isalpha() for c in title) or title[0] in ",;)=" or label_name(title):
            return None
        in_table = i in self.listing
        following = self.by_block.get(i + 1, [])
        if heading.named:
            lines = content.split("\n")
            lists = any(read_heading(line, Span(0, len(line))).named for line in lines[1:])
            prose = lists or len(lines) > 3 or title[-1] in ".;," or title[0].islower()
            beside = {b.kind for b in (*self.blocks[max(i - 1, 0) : i], *self.blocks[i + 1 : i + 2])}
            row = self.blocks[i].kind is BlockKind.TABLE_ROW
            listed = row and (in_table or (BlockKind.TABLE_ROW in beside and not following))
            return None if prose or listed else heading
        heads = bool(following) and following[0].at == self.blocks[i + 1].span.start and not in_table
        if not heads or not heading.number or len(content) > LONGEST_ROW:
            return None
        numbered = span.start in self.levels and following[0].name in FIELDS
        return heading if heading.severity or numbered else None

    def _gathered(self, starts: list[Start]) -> list[Start]:
        """The starts, each with the labels between it and the next heading that is no label."""
        closing = {i for i, role in enumerate(self.roles) if role in ("group", "findings", "other", "both")}
        stops = sorted({s.block for s in starts} | closing)
        after = dict(pairwise([*stops, len(self.blocks)]))
        found = []
        for start in starts:
            last = after[start.block]
            labels = [label for k in range(start.block, last) for label in self.by_block.get(k, ())]
            labels = [label for label in labels if label.at >= start.end or label.block != start.block]
            length = self.blocks[last - 1].span.end - start.end
            found.append(replace(start, labels=tuple(labels), length=length))
        return found

    # -- which of them are findings -----------------------------------------------------------------------------------

    def _is_strong(self, s: Start, shapes: Mapping[str, int]) -> bool:
        """Whether a heading with an identifier, or a rating in it or under it, is a finding."""
        if self._is_list(s):
            return False
        rated = any(rating(self.text, f.value) for f in s.named("severity")) or bool(s.named("cvss", "vector"))
        rated = rated or any(c.isdigit() for f in s.named("id") for c in f.value.of(self.text))
        parts = {label.name for label in s.labels} - {"title"}
        if s.heading.named and (rated or s.group or s.chapter != "other"):
            again = shapes[_shape(s.id)] > 1 and (s.chapter == "findings" or (s.is_title and s.length > 80))
            return bool(rated or s.heading.severity or s.group or again or (parts and s.length > 40))
        if s.heading.named:
            return False
        if s.heading.severity and (parts or (s.is_title and s.chapter == "findings")):
            return True
        return s.is_title and rated and (len(parts) > 1 or bool(s.heading.number) or s.chapter == "findings")

    def _whole(self, strong: list[Start]) -> list[Start]:
        """Without parts of findings ("Issue 1", "1. Log in" inside H-01) and rows of other lists (T-01 beside H-01)."""
        headed = {_shape(s.id) for s in strong if s.is_title and s.heading.named and not s.is_plain}
        coded = next((s.block for s in strong if s.heading.named and not s.is_plain), len(self.blocks))
        found = []
        for s in strong:
            rated = s.heading.severity or s.named("severity", "cvss", "vector", "id")
            step = not s.heading.named and s.heading.number.isdigit() and headed and not s.heading.severity
            part = s.block > coded and (step or (s.is_plain and not rated))
            row = self.blocks[s.block].kind is BlockKind.TABLE_ROW and s.heading.named and headed
            if not part and not (row and _shape(s.id) not in headed and not SEVERITY_ID.match(s.id)):
                found.append(s)
        return found

    def _numbered(self, starts: list[Start]) -> set[int]:
        """Without any other finding, the numbered headings of a chapter of findings: 10.1, 10.2 of "10 Issues"."""
        able = [
            s for s in starts if s.is_title and s.chapter == "findings" and s.heading.number and s.length > SHORTEST
        ]
        inner = [s for s in able if s.chapter_number and s.heading.number.startswith(s.chapter_number + ".")]
        top = min((s.level for s in able), default=0)
        inner = inner or [s for s in able if s.level == top and not s.chapter_number]
        above = {s.heading.number.rpartition(".")[0] for s in inner}
        last = [s for s in inner if s.heading.number not in above and not self._is_list(s)]
        return {s.block for s in last} if len(last) > 1 else set()

    def _is_weak(self, s: Start, siblings: set[tuple[int, str]], any_strong: bool) -> bool:
        """Whether a heading without a rating of its own is a finding: in a group, or in a chapter with its parts."""
        if not s.is_title or s.heading.named or self._is_list(s):
            return False
        parts = {label.name for label in s.labels} & PARTS
        if self.blocks[s.block].span.of(self.text).rstrip().endswith(":"):
            return False
        if s.group and (parts or s.heading.number or s.level == s.group_level + 1) and s.length > SHORTEST:
            return True
        if s.chapter != "findings" or "remediation" not in parts or len(parts) < 2:
            return False
        return not any_strong or (s.level, s.number_shape) in siblings

    def _is_list(self, s: Start) -> bool:
        """Whether several ratings under one heading differ, as in a summary or a scale."""
        fields = s.named("severity")
        words = {severity_of(word.of(self.text)) for f in fields if (word := rating(self.text, f.value))}
        return len(words) > 2 or len(fields) > 6

    def _listed(self, starts: list[Start]) -> set[int]:
        """Headings whose title is an entry of a summary table, with a rating after it."""
        able = [s for s in starts if s.is_title and s.chapter != "other" and not self._is_list(s)]
        able = [s for s in able if s.length > 80 and len(s.heading.title) > 12]
        return {block for block, row in self.entries(able, by_id=False).items() if "severity" in row}

    def _single(self, starts: list[Start]) -> list[Start]:
        """One start for each identifier, then for each title: the one with most under it."""
        best: dict[str, Start] = {}
        for start in starts:
            _keep(best, self.given(start) or f"@{start.block}", start)
        titled: dict[str, Start] = {}
        for start in sorted(best.values(), key=lambda s: s.block):
            title = squashed(start.heading.title)[:SAME_TITLE]
            apart = len(title) < 3 or self._is_apart(start, titled.get(title))
            _keep(titled, f"@{start.block}" if apart else title, start)
        return sorted(titled.values(), key=lambda s: s.block)

    def _is_apart(self, one: Start, other: Start | None) -> bool:
        """Whether two starts of one title have identifiers of one shape that differ: then they are two findings."""
        if other is None:
            return False
        first, second = (self.given(s) or s.heading.number for s in (one, other))
        return bool(first and second and first != second and _shape(first) == _shape(second))

    def _follow_ups(self, kept: list[Start], starts: list[Start]) -> dict[int, Span]:
        """Headings of a fix review: for a finding's block, the text under a later heading with its id or title."""

        def keys(s: Start) -> list[str]:
            return [key for key in (self.given(s), squashed(s.heading.title)[:SAME_TITLE]) if len(key) > 4]

        owners = {key: s.block for s in kept for key in keys(s)}
        blocks = set(owners.values())
        found: dict[int, Span] = {}
        for start in starts:
            owner = next((owners[key] for key in keys(start) if key in owners), start.block)
            if start.block not in blocks and owner < start.block and start.block + 1 < len(self.blocks):
                found.setdefault(owner, self.blocks[start.block + 1].span)
        return found

    def _closes(self, i: int, s: Start) -> bool:
        """Whether the heading of block i ends a finding that began before it."""
        role, level = self.roles[i], self._level(i)
        if role in ("text", "label"):
            return role == "label" and 0 < level < s.level
        above = not level or not s.level or level <= s.level
        if role in ("group", "findings", "both"):
            return above or not s.is_title
        heading = read_heading(self.text, self.blocks[i].span)
        content = self.blocks[i].span.of(self.text).rstrip()
        if heading.number and s.heading.number and heading.number.startswith(s.heading.number + "."):
            return False
        if role == "other":
            return above or bool(re.match(r"(?i)\W{0,6}appendix\b", content))
        if not level or not s.is_title or not s.level:
            return 0 < level <= 3
        outlined = self.levels.get(self.blocks[i].span.start, 0) > self.levels.get(s.heading.span.start, level) > 0
        return level < s.level or (level == s.level and not outlined and not content.endswith(":"))


def _beside(strong: Sequence[Start], starts: Sequence[Start]) -> set[int]:
    """Numbered headings without a rating among findings that have one: 4.2 where most of 4.1 to 4.5 are findings."""
    rated = {s.block for s in strong}
    found: set[int] = set()
    kin: dict[tuple[int, str], list[Start]] = {}
    for s in starts:
        if s.is_title and s.chapter == "findings" and "." in s.heading.number and not s.heading.named:
            kin.setdefault((s.level, s.heading.number.rpartition(".")[0]), []).append(s)
    for family in kin.values():
        if sum(s.block in rated for s in family) > len(family) / 2:
            found |= {s.block for s in family if s.length > SHORTEST}
    return found


def _unglued(text: str, span: Span) -> Span:
    """A heading without the text that a PDF prints close under it: a heading breaks where the next word does not fit,
    so that a next line much longer than the first is none of it.
    """
    first, _, rest = span.of(text).partition("\n")
    second = rest.partition("\n")[0]
    room = len(second) - len(first) - len(second.partition(" ")[0])
    return Span(span.start, span.start + len(first)) if room > LEAST_ROOM and first.count(" ") > 2 else span


def _shallow(weak: Sequence[Start]) -> Iterator[Start]:
    """Those of each group that stand at its highest level: what is printed smaller is a step or a part of them."""
    top: dict[Span | None, int] = {}
    for s in weak:
        top[s.group] = min(s.level, top.get(s.group, s.level))
    yield from (s for s in weak if s.group is None or s.level == top[s.group])


def squashed(printed: str) -> str:
    """Letters and digits only, in lower case: titles are compared without spaces, which PDFs lose, and line breaks."""
    return "".join(c.lower()[:1] for c in printed if c.isalnum())


def _keep(best: dict[str, Start], key: str, start: Start) -> None:
    old = best.get(key)
    if old is None or _weight(start) > _weight(old):
        best[key] = start


def _weight(s: Start) -> tuple[int, int]:
    return (2 * bool(s.labels) + s.is_title, min(s.length, 4000))


def _leave(place: _Place, heading: Heading, level: int) -> None:
    """Closes the chapter and the group that a heading of their level or above ends."""
    inside = heading.named or (place.number and heading.number.startswith(place.number + "."))
    if 0 < level <= place.level and not inside:
        place.chapter, place.level = "", 0
    if 0 < level < place.group_level or (level == place.group_level and not heading.id and not heading.number):
        place.group = None


def _is_field(labels: Sequence[Labelled], content: str) -> bool:
    """Whether a heading is a labelled value: "Severity: High", "Status: Fixed"."""
    fields = ("severity", "status", "id", "asset", "cvss", "vector")
    return ":" in content[:40] and any(label.name in fields for label in labels)


def _plain(content: str) -> str:
    """A heading without marks and its number, on one line."""
    return NUMBER.sub("", " ".join(re.sub(r"[*_#`]", " ", content).split()), count=1).strip(" :.")


def _shape(id_: str) -> str:
    return re.sub(r"\d+", "0", id_)
