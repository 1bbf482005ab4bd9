"""Labelled values of a finding: "Severity: High", a table row, a table column, a small heading over its text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from citebound.ingest.severity import RATING, STATUS_START
from citebound.types import Block, BlockKind, Span

WORDS = {
    "id": (
        "#|no|id|finding id|finding identifier|vulnerability id|issue id|reference id|identifier|ref|finding no|"
        "finding number"
    ),
    "title": (
        "title|finding|finding title|finding name|vulnerability|vulnerability name|vulnerability title|issue|"
        "name|issue title"
    ),
    "status": (
        "status|fix status|remediation status|resolution status|current status|finding status|issue status|"
        "state|retest status|mitigation status|status after retest|retest result|resolution|fixed|retest"
    ),
    "asset": (
        "asset|assets|affected asset|affected assets|affected component|affected components|component|"
        "components|target|targets|location|locations|affected location|affected locations|affected system|"
        "affected systems|affected host|affected hosts|affected url|affected urls|affected resource|"
        "affected resources|affected endpoint|affected endpoints|affected file|affected files|"
        "affected contract|affected contracts|affected scope|affected product|affected products|"
        "affected module|affected modules|affected application|affected applications|affected|affected items|"
        "files affected|file affected|contracts affected|systems affected|components affected|hosts affected|"
        "vulnerable component|vulnerable url|vulnerable endpoint|vulnerable file|host|hosts|url|urls|"
        "endpoint|endpoints|file|files|contract|contracts|context|system|systems|where|code location|source|"
        "instances|resource"
    ),
    "cve": "cve|cves|cve id|cve ids|cve-id|cve number|cve identifier|cve reference|cve references|cve(s)",
    "cwe": "cwe|cwes|cwe id|cwe-id|cwe reference|cwe references|weakness|cwe classification",
    "cvss": (
        "cvss|cvss score|cvss base score|cvss-v3 base score|cvss v3 score|cvss v3.0 score|cvss v3.1 score|"
        "base score|score|cvss v3|cvss v3.0|cvss v3.1|cvss v4.0|cvss 3.1|cvss 3.0|cvss 4.0|cvss3|cvssv3|"
        "cvssv3.1|cvssv3.1 score|cvss v3 base score|cvss v3.1 base score|cvss rating|overall cvss score|"
        "cvss 3.1 score|cvss3.1 score|cvss v4.0 score"
    ),
    "vector": (
        "vector|cvss vector|vector string|cvss vector string|cvss-v3 vector string|cvss v3.1 vector|"
        "cvss string|cvss metrics"
    ),
    "description": (
        "description|descriptions|details|detail|summary|finding description|vulnerability description|"
        "overview|background|technical details|technical description|issue description|vulnerability details|"
        "vulnerability detail|definition|observation|observations|synopsis|analysis|problem|finding details|"
        "what|explanation|root cause|finding|the issue|detailed description|issue detail|issue details|"
        "vulnerability"
    ),
    "impact": (
        "impact|impacts|business impact|security impact|potential impact|consequence|consequences|"
        "implication|implications|risk|impact details|impact description|technical impact|business risk|"
        "risks|security risk"
    ),
    "remediation": (
        "recommendation|recommendations|remediation|remediations|mitigation|mitigations|fix|suggested fix|"
        "solution|solutions|countermeasure|countermeasures|recommended mitigation|recommended mitigations|"
        "recommended mitigation steps|recommended action|recommended actions|suggested remediation|"
        "suggested mitigation|suggested mitigations|suggested mitigations/remediations|remediation advice|"
        "remediation recommendation|remediation steps|how to fix|recommended fix|recommended remediation|"
        "corrective action|suggestion|suggestions|proposed fix|proposed solution|recommended solution|"
        "remediation guidance|recommended steps|advice|short term solution|short-term solution|"
        "short term solutions|short term recommendation|short term recommendations"
    ),
    "outcome": (
        "update|updates|fix review|remediation plan|client response|team response|developer response|"
        "vendor response|management response|customer response|project response|response|client comment|"
        "team comment|recheck results|retest results|alleviation|resolution details|remediation comment|"
        "post-audit|post audit|remediation comments|follow-up|retest notes|retest note|retest comment|retest comments|"
        "fix note|fix notes|fix comment|fix comments|fix details|fix verification|fix status details|remediation note|"
        "remediation notes|mitigation review|mitigation notes|resolution note|resolution notes|verification notes|"
        "client comments|client note|team comments|developer comment|developer comments|vendor comment|vendor comments|"
        "customer comment|customer comments|protocol response|project team response|author response|status update|"
        "post-audit update|discussion"
    ),
    "other": (
        "proof of concept|proof-of-concept|poc|proof|exploit scenario|attack scenario|attack scenarios|"
        "attack path|steps to reproduce|reproduction steps|reproduction|how to reproduce|evidence|references|"
        "reference|resources|recheck|verification|feasibility|complexity|likelihood|difficulty|"
        "exploitability|category|categories|type|class|vulnerability class|vulnerability type|code snippet|"
        "code snippets|tool used|tools used|tools|additional resources|examples|example|"
        "attachments|notes|note|comment|comments|internal pre-conditions|external pre-conditions|"
        "preconditions|prerequisites|probability|effort|effort to fix|ease of exploitation|owasp|"
        "owasp category|date|reported|reported by|found by|discovered by|discovery|author|acknowledgement|"
        "acknowledgements|review|affected versions|impacted versions|version|screenshot|"
        "screenshots|payload|request|output|statement|auditor comments|test case|confidence|phase|tags|"
        "remediation effort|affected users|business likelihood|attack vector|vulnerable code|further reading|"
        "subcategory|occurrences|pre-conditions|violation|affected code|justification|fix commit|cost|"
        "exploit|credits|timeline|page|owner|due date|deadline"
    ),
}
NAMES = {word: name for name, words in reversed(WORDS.items()) for word in words.split("|")}
SEVERITY = re.compile(
    r"(?:(?:overall|initial|original|final|adjusted|inherent|technical|cvss|vulnerability|finding|issue|reported|assessed"
    r"|qualitative|aggregated?) )?(?:severity|risk|threat|criticality)"
    r"(?: (?:level|rating|score|class|classification|assessment|category|severity|factor|ranking))?|rating|priority"
    r"|severity/risk|risk/severity|severity \(cvss\)"
)
PROSE = frozenset({"description", "impact", "remediation", "outcome", "other"})
COLON = re.compile(
    r"[\s>*_#\u2022\u25cf\u25cb\u25aa\uf0b7\u2013|+-]{0,12}(?P<label>[A-Za-z#][\w /&()\u2019'.-]{0,48}?)[*_`]{0,3}"
    r"[ ]{0,3}[:\uff1a][*_`]{0,3}(?=[\s*]|$)[ \t]{0,8}"
)
INSIDE = re.compile(
    r"(?i)(?<=[\s|(])[*_]{0,3}(?P<label>severity|overall risk|risk|risk level|difficulty|status|finding id|impact"
    r"|likelihood|type|category|class)[*_]{0,3}\s?:[*_]{0,3}\s{0,3}"
)
BARE = re.compile(
    r"[\s>*_#\u2022\u25cf|-]{0,8}(?P<label>(?:Overall |Finding |Fix )?"
    r"(?:Severity|SEVERITY|Risk|RISK|Status|STATUS|Threat level|Finding ID)"
    r"(?: (?:Level|level|Rating|rating))?)[*_]{0,3}[ \u2013-]{1,4}(?=\S)"
)
NUMBER = re.compile(r"(?:\d{1,2}(?:\.\d{1,2}){0,5}\.?|[A-Za-z][.)])\s+")
MARKUP = re.compile(r"[*_`#:|>\u2022\u25cf\uf0b7-]+")
GAP = re.compile(r"\t|[ ]{4,}")
LONGEST_LABEL = 60
LONGEST_LINE = 260


@dataclass(frozen=True, slots=True)
class Labelled:
    """A label and its value. `at` is where the label begins; `value` may be empty: then the text follows it.

    `block` is the position of the block that holds the label.
    """

    name: str
    at: int
    value: Span
    block: int


def label_name(printed: str) -> str:
    """The field that a label means ("Risk Level" is severity, "Affected hosts" asset), "other", or "" for no label."""
    if len(printed) > LONGEST_LABEL:
        return ""
    bare = printed if printed.strip() == "#" else MARKUP.sub(" ", printed)
    word = " ".join(bare.lower().replace("(s)", "s").split())
    word = NUMBER.sub("", word, count=1).strip(" .")
    word = re.sub(r" for [a-z]{1,8}-?\d{1,4}$", "", word)
    if ". " in word:
        return ""
    if word in NAMES and word != "risk":
        return NAMES[word]
    if SEVERITY.fullmatch(word):
        return "severity"
    short = re.sub(r"(?<![.,;])\s?\([^()]{0,40}\)$", "", word)
    return label_name(short) if short != word and short else ""


def labelled(text: str, blocks: Sequence[Block]) -> list[Labelled]:
    """All labels of the blocks in order of the text; of a table's columns, those of each row's cells.

    A label that stands alone takes its value from the next block where that is of a closed kind (a rating, a status,
    an identifier).
    """
    found: list[Labelled] = []
    header: list[str] = []
    for i, block in enumerate(blocks):
        lines = list(_lines(text, block))
        names = [label_name(cell.of(text)) for cell in lines[0]] if lines else []
        if len(lines) == 1 and len(names) > 1 and sum(map(bool, names)) > 1 and all(names[:2]):
            header = names
            continue
        if header and len(lines) == 1 and len(lines[0]) == len(header) and block.kind is BlockKind.TABLE_ROW:
            if "severity" in header and not ({"title", "id"} & set(header)):
                found += [Labelled(n, c.start, c, i) for n, c in zip(header, lines[0], strict=True) if n]
                header = []
                continue
        elif header and block.kind is not BlockKind.TABLE_ROW:
            header = []
        found += _in_block(text, blocks, i, lines)
    return found


def rating(text: str, span: Span) -> Span | None:
    """Where the severity word is that a value begins with; None for running text ("low-level access", "high load")."""
    match = RATING.match(text, span.start, span.end)
    return Span(*match.span("word")) if match else None


def status(text: str, span: Span) -> Span | None:
    """Where the status words are that a value begins with."""
    match = STATUS_START.match(text, span.start, span.end)
    return Span(*match.span("word")) if match else None


def is_status(text: str, span: Span) -> bool:
    """Whether a stretch of text is status words and nothing else: "_Resolved_" is, "Fixed by" is not."""
    word = status(text, span)
    return word is not None and not any(map(str.isalnum, text[word.end : span.end]))


def is_rule(text: str) -> bool:
    """Whether a Markdown table row only draws the line under the header."""
    return not text.strip("|:- \t")


def _in_block(text: str, blocks: Sequence[Block], i: int, lines: list[list[Span]]) -> Iterator[Labelled]:
    end = blocks[i].span.end
    for n, line in enumerate(lines):
        rest = Span(line[0].start, end) if line else Span(end, end)
        for c, cell in enumerate(line):
            following = line[c + 1] if c + 1 < len(line) else None
            if match := COLON.match(text, cell.start, cell.end):
                if name := label_name(match["label"]):
                    value = Span(match.end(), cell.end)
                    if not len(value) and following:
                        value = following
                    elif not len(value):
                        value = _next(text, blocks, i, lines, n)
                    elif name in PROSE or name == "asset":
                        value = Span(match.end(), cell.end if following else rest.end)
                    yield Labelled(name, cell.start, value, i)
            elif name := label_name(cell.of(text)):
                if following and (len(line) == 2 or c % 2 == 0):
                    runs_on = c + 2 == len(line) and text[following.end : following.end + 1] != " "
                    last = Span(following.start, end if runs_on and len(lines) > 1 else following.end)
                    yield Labelled(name, cell.start, last if name in PROSE or name == "asset" else following, i)
                elif len(line) == 1 and not is_status(text, cell) and _alone(text, blocks[i], cell, n):
                    yield Labelled(name, cell.start, _next(text, blocks, i, lines, n), i)
            elif (match := BARE.match(text, cell.start, cell.end)) and len(cell) <= LONGEST_LABEL:
                value = Span(match.end(), cell.end)
                name = label_name(match["label"])
                if (
                    name == "id"
                    or (name == "severity" and rating(text, value))
                    or (name == "status" and status(text, value))
                ):
                    yield Labelled(name, cell.start, value, i)
            if len(cell) <= LONGEST_LINE:
                for match in INSIDE.finditer(text, cell.start + 3, cell.end):
                    yield Labelled(label_name(match["label"]), match.start(), Span(match.end(), cell.end), i)


def _alone(text: str, block: Block, cell: Span, n: int) -> bool:
    """Whether a line that is a label by its words is one, and not the end of a wrapped sentence."""
    if n == 0:
        return True
    before = text[block.span.start : cell.start].rstrip()[-1:]
    return block.kind is not BlockKind.TABLE_ROW and before in ".:!?*|)" and text[cell.end - 1] != "."


def _next(text: str, blocks: Sequence[Block], i: int, lines: list[list[Span]], n: int) -> Span:
    """The line after a lone label, in this block or the next; empty where a heading or nothing follows."""
    if n + 1 < len(lines) and lines[n + 1]:
        return lines[n + 1][0]
    at = blocks[i].span.end
    if i + 1 < len(blocks) and (blocks[i + 1].kind is not BlockKind.TITLE or len(blocks[i + 1].span) < 20):
        following = next(_lines(text, blocks[i + 1]), None)
        if (
            following
            and (is_status(text, following[0]) or not label_name(following[0].of(text)))
            and not COLON.match(text, following[0].start, following[0].end)
        ):
            return following[0]
    return Span(at, at)


def _lines(text: str, block: Block) -> Iterator[list[Span]]:
    """The lines of a block, each as its cells; cells of Markdown tables stand between bars."""
    at = block.span.start
    content = block.span.of(text)
    if content.startswith(("```", "~~~")):
        return
    for line in content.split("\n"):
        barred = block.kind is BlockKind.TABLE_ROW and "|" in line and "\t" not in line
        edges = [at - 1]
        if barred:
            edges += [at + k for k, c in enumerate(line) if c == "|" and line[k - 1 : k] != "\\"]
            cells = [(a + 1, b) for a, b in zip(edges, [*edges[1:], at + len(line)], strict=True)]
        else:
            cells, start = [], at
            for gap in GAP.finditer(text, at, at + len(line)):
                cells.append((start, gap.start()))
                start = gap.end()
            cells.append((start, at + len(line)))
        spans = [trimmed(text, a, b) for a, b in cells]
        inner = spans[1:-1] if barred and line.lstrip().startswith("|") and len(spans) > 2 else spans
        spans = inner if barred else [span for span in spans if len(span)]
        if spans and not (barred and is_rule(line)):
            yield spans
        at += len(line) + 1


def trimmed(text: str, start: int, end: int) -> Span:
    """The span without white space at its ends; empty where it holds nothing else."""
    piece = text[start:end]
    first = start + len(piece) - len(piece.lstrip())
    return Span(first, max(first, start + len(piece.rstrip())))
