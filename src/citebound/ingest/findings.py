"""The findings of a security report, read off its headings, labels and tables."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from citebound.ingest.finding_starts import Start, Starts
from citebound.ingest.finding_statements import stated
from citebound.ingest.finding_tables import STATUS_CELL, cells
from citebound.ingest.labels import PROSE, Labelled, label_name, rating, status, trimmed
from citebound.ingest.severity import ELSEWHERE, STATUS, UNDETERMINED, WORDS, said, severity_of, status_of
from citebound.ingest.vulnerability import cve_facts, cvss_facts, cwe_facts, score_fact
from citebound.types import ASIDE, Block, BlockKind, Fact, Finding, Section, Span

EXCERPT = 200
SHORT = 20
LONGEST_LAST = 600
TEXTS = PROSE - {"other", "outcome"}
LETTERS = {"C": "critical", "H": "high", "M": "medium", "L": "low", "I": "info", "N": "info", "G": "info", "Q": "info"}
LETTERED = re.compile(r"(?P<letter>[CHMLINGQ])-?\d{1,3}$|[A-Z0-9]{1,12}[-_](?P<inner>[CHMLI])-?\d{1,3}$")
IDENTIFIER = re.compile(r"[^\w\n]{0,4}(?P<id>#?[A-Za-z0-9][\w.-]{0,39})")
RATED_SCORE = re.compile(rf"(?i)\d\s{{0,2}}[(\[/,\u2013-]\s{{0,2}}(?P<word>{WORDS})\b")
RATING_WORDS = re.compile(rf"(?i)(?<![^\W_])(?:{WORDS}|{STATUS}|severity|risk|status)(?![^\W_])")
UNKNOWN_STATUS = re.compile(r"[^\W\d][^\n\d:;=(){}<>]{2,39}")
NOTHING = re.compile(r"(?i)\W{0,4}(?:n/?a|none|no|not applicable|tbd|-)?\W{0,4}$")


def findings(text: str, blocks: Sequence[Block], sections: Sequence[Section] = ()) -> tuple[Finding, ...]:
    """The findings of a report in the order of the text; () if it has none.

    A finding begins at a heading that has an identifier, or a rating under it, or stands in a chapter or group of
    findings, and runs to the next finding or the next heading of its level or above. Entries of tables of contents and
    of summary tables begin none, unless the report has only the table. A severity is taken, in this order, from a
    labelled field, the heading, the group ("High risk findings"), the summary table, the identifier's letter (noted).
    A status is the printed word in lower case: `severity.standing` groups them. One that has none gets what a sentence
    says of all findings or of a list of them (noted; see `finding_statements`). The value of description, impact and
    remediation is the first 200 characters of their text on one line; the span is all of it.
    """
    body = [block for block in blocks if block.kind not in ASIDE and len(block.span)]
    starts = Starts(text, body, {section.span.start: section.level for section in sections})
    accepted = starts.accepted()
    if not accepted:
        return stated(text, body, tuple(_rows(starts)))
    entries = starts.entries(accepted)
    found = tuple(
        _Reader(text, starts, start, end, entries.get(start.block, {})).finding()
        for start, end in zip(accepted, starts.ends(accepted), strict=True)
    )
    return stated(text, body, found)


@dataclass(slots=True)
class _Reader:
    """Reads one finding: from its start to the block `end`; `entry` is what the summary tables say of it."""

    text: str
    starts: Starts
    start: Start
    end: int
    entry: Mapping[str, Span]

    def finding(self) -> Finding:
        begin = self.start.heading.span
        span = Span(begin.start, max(begin.end, self.starts.blocks[self.end - 1].span.end))
        labels = [self._within(label, span) for label in self._labels()]
        tag = self._tag()
        facts = [
            *self._id(labels),
            *self._severity(labels, tag),
            *self._status(labels, tag, span),
            *self._vulnerability(labels, span),
            *self._assets(labels, span),
            *self._prose(labels, span, tag),
        ]
        facts.sort(key=lambda fact: (fact.span, fact.name))
        return Finding(span, self.starts.title(self.start), tuple(facts))

    def _labels(self) -> Iterator[Labelled]:
        for i in range(self.start.block, self.end):
            for label in self.starts.by_block.get(i, ()):
                if i != self.start.block or label.at >= self.start.end:
                    yield label

    def _within(self, label: Labelled, span: Span) -> Labelled:
        """The label, without a value that stands behind the finding."""
        return label if label.value.end <= span.end else replace(label, value=Span(span.end, span.end))

    def _tag(self) -> Span | None:
        """The block right after a heading if it holds ratings and statuses only: "Major", "Medium | Fixed"."""
        if self.start.block + 1 >= self.end:
            return None
        span = self.starts.blocks[self.start.block + 1].span
        short = span.of(self.text) if len(span) <= 60 else "x"
        return None if re.search(r"[^\W_]", RATING_WORDS.sub("", short)) else span

    def _id(self, labels: Sequence[Labelled]) -> Iterator[Fact]:
        for label in labels:
            fact = _identifier(self.text, label.value) if label.name == "id" else None
            if fact and any(map(str.isdigit, fact.value)):
                yield fact
                return
        if self.start.heading.id:
            yield Fact("id", self.start.id, self.start.heading.id)

    def _severity(self, labels: Sequence[Labelled], tag: Span | None) -> Iterator[Fact]:
        """One severity, the best proven; where another place says otherwise, the note says so."""
        heading = self.start.heading
        text_at = next((label.at for label in labels if label.name in TEXTS), len(self.text))
        fields = [w for f in labels if f.name == "severity" and (w := rating(self.text, f.value))]
        scored = [RATED_SCORE.search(self.text, f.value.start, f.value.end) for f in labels if f.name == "cvss"]
        tagged = rating(self.text, tag) if tag else None
        places = [w for w in fields if w.start < text_at]
        places += [Span(*match.span("word")) for match in scored if match]
        places += [w for w in (heading.severity, tagged, self.start.group) if w]
        places += [w for w in (*fields[:1], self.entry.get("severity")) if w and w not in places]
        if places:
            values = [severity_of(word.of(self.text)) for word in places]
            others = sorted({value for value in values if value != values[0]})
            yield _rated(self.text, places[0], ELSEWHERE + ", ".join(others) if others else "")
        elif heading.id and heading.named and (letter := LETTERED.match(self.start.id.upper())):
            value = LETTERS[letter["letter"] or letter["inner"]]
            yield Fact("severity", value, heading.id, "from the letter of the identifier")

    def _status(self, labels: Sequence[Labelled], tag: Span | None, span: Span) -> Iterator[Fact]:
        """One status: of the field, the heading, the line under it, the summary table, the note on what was done.

        Where none of them prints a word for it, what a sentence of such a note, or of the last paragraphs, says; then
        the label itself ("Fixed: in 1.2").
        """
        tagged = STATUS_CELL.search(self.text, tag.start, tag.end) if tag else None
        later = self.starts.later.get(self.start.block)
        places = [
            *(status(self.text, f.value) for f in labels if f.name == "status"),
            self.start.heading.status,
            Span(*tagged.span("word")) if tagged else None,
            self.entry.get("status"),
            *(status(self.text, f.value) for f in labels if f.name == "outcome"),
            status(self.text, later) if later else None,
        ]
        if word := next(filter(None, places), None):
            yield Fact("status", status_of(word.of(self.text)), word)
            return
        notes = [
            trimmed(self.text, field.value.start if len(field.value) else self.starts.blocks[field.block].span.end, end)
            for field, end in zip(labels, _edges(labels, span), strict=True)
            if field.name in ("status", "outcome")
        ]
        notes += [later] if later else []
        last = self._last()
        sentences = [said(self.text, note) for note in notes] + [said(self.text, last, named=True) if last else None]
        if sentence := next(filter(None, sentences), None):
            yield Fact("status", *sentence, "from running text")
            return
        for field in labels:
            own = status(self.text, Span(field.at, field.value.start)) if field.name == "status" else None
            if own and not NOTHING.match(field.value.of(self.text)):
                yield Fact("status", status_of(own.of(self.text)), own)
                return
            printed = field.value.of(self.text).strip("*_` ") if len(field.value) <= 60 else ""
            if field.name == "status" and UNKNOWN_STATUS.fullmatch(printed):
                yield Fact("status", status_of(printed), field.value, "not a known status")
                return

    def _last(self) -> Span | None:
        """The paragraphs that end a finding, 600 characters at most: there reports append what was done."""
        blocks = self.starts.blocks
        end = blocks[self.end - 1].span.end
        at = self.end
        while at - 1 > self.start.block and blocks[at - 1].kind in (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM):
            labels = self.starts.by_block.get(at - 1, ())
            if end - blocks[at - 1].span.start > LONGEST_LAST or any(label.name in TEXTS for label in labels):
                break
            at -= 1
        return Span(blocks[at].span.start, end) if at < self.end else None

    def _vulnerability(self, labels: Sequence[Labelled], span: Span) -> Iterator[Fact]:
        """CVSS, CVE and CWE: of the field that is meant for them where there is one, else of the whole finding."""
        scored = cvss_facts(self.text, span)
        yield from scored
        if not any(fact.name == "cvss_score" for fact in scored):
            fields = (score_fact(self.text, f.value) for f in labels if f.name == "cvss")
            yield from [fact for fact in fields if fact][:1]
        for name, read in (("cve", cve_facts), ("cwe", cwe_facts)):
            values = [f.value for f in labels if f.name == name and len(f.value)]
            own = {fact.value: fact for value in reversed(values) for fact in read(self.text, value)}
            if own or not any(NOTHING.match(value.of(self.text)) for value in values):
                yield from own.values() or read(self.text, span)

    def _assets(self, labels: Sequence[Labelled], span: Span) -> Iterator[Fact]:
        """Assets named before the first text of a finding, or else under a heading of their own."""
        first = next((label.at for label in labels if label.name in TEXTS), span.end)
        early: list[Fact] = []
        headed: list[Fact] = []
        for label, end in zip(labels, _edges(labels, span), strict=True):
            block = self.starts.blocks[label.block]
            if label.name == "asset" and block.kind is BlockKind.TITLE:
                piece = trimmed(self.text, block.span.end, max(block.span.end, end))
                headed.append(Fact("asset", _excerpt(self.text, piece), piece))
            elif label.name == "asset" and label.at < first:
                early.append(Fact("asset", _excerpt(self.text, label.value), label.value))
        yield from {fact.value: fact for fact in (early or headed) if not NOTHING.match(fact.value)}.values()

    def _prose(self, labels: Sequence[Labelled], span: Span, tag: Span | None) -> Iterator[Fact]:
        """The first text under each of description, impact and remediation, up to the next label."""
        given: set[str] = set()
        for label, end in zip(labels, _edges(labels, span), strict=True):
            start = label.value.start if len(label.value) else self.starts.blocks[label.block].span.end
            piece = trimmed(self.text, start, max(start, end))
            if label.name not in TEXTS - given or not len(piece) or (len(piece) < 40 and rating(self.text, piece)):
                continue
            given.add(label.name)
            yield Fact(label.name, _excerpt(self.text, piece), piece)
        if "description" not in given:
            yield from self._opening(labels, span, tag)

    def _opening(self, labels: Sequence[Labelled], span: Span, tag: Span | None) -> Iterator[Fact]:
        """The text before the first labelled text, behind the fields and rows that follow the heading."""
        start, first = max(self.start.end, tag.end if tag else 0), span.end
        prose = [
            block.span.start
            for block in self.starts.blocks[self.start.block + 1 : self.end]
            if block.kind not in (BlockKind.TABLE_ROW, BlockKind.TITLE) and len(block.span) > SHORT
        ]
        for label in labels:
            at = bisect_left(prose, start)
            if label.name in TEXTS or (at < len(prose) and prose[at] < label.at):
                first = label.at
                break
            start = max(start, label.value.end)
        at = bisect_left(prose, start)
        if at < len(prose) and prose[at] < first:
            piece = trimmed(self.text, prose[at], first)
            yield Fact("description", _excerpt(self.text, piece), piece)


def _rows(starts: Starts) -> Iterator[Finding]:
    """Findings of a report that has only a table: one for each row that fits the header."""
    for table in starts.tables:
        columns = [label_name(cell.of(starts.text)) for cell in cells(starts.text, starts.blocks[table.header])]
        named = next((name for name in ("title", "description") if name in columns), "")
        if not named or (named == "description" and "id" not in columns):
            continue
        for block in (starts.blocks[i] for i in table.rows):
            row = cells(starts.text, block)
            if len(row) != len(columns) or block.kind is not BlockKind.TABLE_ROW:
                continue
            facts = [fact for pair in zip(columns, row, strict=True) for fact in _cell(starts.text, *pair)]
            title = " ".join(row[columns.index(named)].of(starts.text).replace("*", " ").split())
            if title and any(fact.name == "severity" for fact in facts):
                yield Finding(block.span, title, tuple(sorted(facts, key=lambda fact: fact.span)))


def _cell(text: str, name: str, cell: Span) -> Iterator[Fact]:
    if name == "severity" and (word := rating(text, cell)):
        yield _rated(text, word, "")
    elif name == "status" and (word := status(text, cell)):
        yield Fact("status", status_of(word.of(text)), word)
    elif name == "id" and (id_ := _identifier(text, cell)):
        yield id_
    elif name == "asset" and not NOTHING.match(cell.of(text)):
        yield Fact("asset", _excerpt(text, cell), cell)
    elif name == "cvss" and (score := score_fact(text, cell)):
        yield score
    elif name in ("cve", "cwe", "vector", "cvss"):
        yield from (*cve_facts(text, cell), *cwe_facts(text, cell), *cvss_facts(text, cell))


def _edges(labels: Sequence[Labelled], span: Span) -> list[int]:
    """For each label where the next one begins."""
    return [*(label.at for label in labels), span.end][1:]


def _identifier(text: str, span: Span) -> Fact | None:
    match = IDENTIFIER.match(text, span.start, span.end)
    return Fact("id", match["id"], Span(*match.span("id"))) if match else None


def _rated(text: str, word: Span, note: str) -> Fact:
    value = severity_of(word.of(text))
    doubt = "not determined by the report" if value == UNDETERMINED else ""
    return Fact("severity", value, word, "; ".join(filter(None, (doubt, note))))


def _excerpt(text: str, span: Span) -> str:
    return " ".join(text[span.start : min(span.end, span.start + 4 * EXCERPT)].split())[:EXCERPT]
