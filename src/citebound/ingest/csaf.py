"""CSAF 2.0 security advisories (JSON): readable text, and the fields and findings that stand in it.

Field names follow the OASIS standard "Common Security Advisory Framework Version 2.0".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from citebound.errors import ParseFailure
from citebound.ingest.draft import Draft, printable
from citebound.ingest.severity import severity_of
from citebound.ingest.vulnerability import base_score, cvss_version
from citebound.types import Block, BlockKind, Fact, Finding, Span, Status

REMEDY = "Check it with a CSAF validator, or ask its publisher for a valid file."
DEEPEST = 60
LONGEST_TEXT = 20_000_000
EXCERPT = 200
DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?=T|$)")
SCORES = ("cvss_v4", "cvss_v3", "cvss_v2")


def is_csaf(data: bytes) -> bool:
    """Whether the bytes are JSON that calls itself CSAF 2.0 (``document.csaf_version``)."""
    if b'"csaf_version"' not in data and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    try:
        document = _loaded(data).get("document")
    except ParseFailure:
        return False
    return isinstance(document, dict) and document.get("csaf_version") == "2.0"


def read_csaf(data: bytes) -> Draft:
    """The advisory as text: title, publisher, dates, notes, products, each vulnerability, references, history.

    Strings stand in it as the JSON has them (outer white space trimmed, newlines as "\\n"), so that every value can be
    quoted. Raises ParseFailure: PARSE_ERROR with the path of the part that is not CSAF 2.0, or TOO_LARGE.
    """
    page = _written(data)
    return Draft(page.text(), tuple(page.blocks), title=" ".join(page.title.split()))


def csaf_structure(data: bytes, text: str) -> tuple[tuple[Fact, ...], tuple[Finding, ...]]:
    """The advisory's own facts and one finding for each vulnerability; `text` is that of `read_csaf` of the same bytes.

    Facts: advisory_id, title, publisher, release_date, revision_date, version, tlp, severity, vendor, product. Values
    are those of the JSON; dates are cut to their day, severities are on the scale of `severity`. A score that its
    vector does not give has a note. Raises ParseFailure like `read_csaf`, and where `text` is another text.
    """
    page = _written(data)
    if page.text() != text:
        raise ParseFailure(
            Status.PARSE_ERROR, "the text is not the one of this advisory", remedy="Ingest the file again."
        )
    return tuple(page.facts), tuple(page.findings)


@dataclass(slots=True)
class _Page:
    """The text as it grows, with what stands where."""

    parts: list[str] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    title: str = ""
    at: int = 0

    def text(self) -> str:
        return "\n\n".join(self.parts)

    def add(self, kind: BlockKind, *pieces: str, level: int = 0) -> tuple[Span, ...]:
        """Prints one block and gives the span of each piece."""
        start = self.at + 2 if self.parts else 0
        spans = []
        at = start
        for piece in pieces:
            spans.append(Span(at, at + len(piece)))
            at += len(piece)
        if at > LONGEST_TEXT:
            raise ParseFailure(
                Status.TOO_LARGE, f"the advisory has more than {LONGEST_TEXT:,} characters of text", remedy="Split it."
            )
        self.parts.append("".join(pieces))
        self.blocks.append(Block(kind, Span(start, at), level))
        self.at = at
        return tuple(spans)

    def row(self, label: str, value: str) -> Span | None:
        """ "Label<tab>value" in a row of its own, nothing for an empty value."""
        return self.add(BlockKind.TABLE_ROW, f"{label}\t", value)[1] if value else None

    def head(self, level: int, words: str) -> Span:
        return self.add(BlockKind.TITLE, words, level=level)[0]

    def tell(self, name: str, value: str, span: Span | None) -> None:
        if span is not None and value:
            self.facts.append(Fact(name, value, span))


@dataclass(frozen=True, slots=True)
class _Node:
    """A part of the JSON with its path, so that what is wrong can be named."""

    value: Any
    path: str

    def _child(self, key: str, wanted: type, empty: Callable[[], Any]) -> _Node:
        value = self.value.get(key)
        path = f"{self.path}.{key}".lstrip(".")
        if value is not None and (not isinstance(value, wanted) or isinstance(value, bool)):
            raise _wrong(f"{path} is not {KINDS[wanted]}")
        return _Node(empty() if value is None else value, path)

    def object(self, key: str) -> _Node:
        return self._child(key, dict, dict)

    def objects(self, key: str) -> Iterator[_Node]:
        found = self._child(key, list, list)
        for i, item in enumerate(found.value):
            if not isinstance(item, dict):
                raise _wrong(f"{found.path}[{i}] is not an object")
            yield _Node(item, f"{found.path}[{i}]")

    def words(self, key: str) -> str:
        value: str = self._child(key, str, str).value
        return printable(value.replace("\r\n", "\n").replace("\r", "\n")).strip()

    def all_words(self, key: str) -> list[str]:
        found = self._child(key, list, list)
        if not all(isinstance(item, str) for item in found.value):
            raise _wrong(f"{found.path} holds something else than texts")
        return [printable(item).strip() for item in found.value]

    def score(self, key: str) -> str:
        value = self.value.get(key)
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 10:
            raise _wrong(f"{self.path}.{key} is not a number from 0 to 10")
        return str(value)


KINDS: dict[type, str] = {dict: "an object", list: "a list", str: "a text"}


def _wrong(what: str) -> ParseFailure:
    return ParseFailure(Status.PARSE_ERROR, f"not a valid CSAF 2.0 advisory: {what}", remedy=REMEDY)


def _constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _loaded(data: bytes) -> dict[str, Any]:
    try:
        loaded = json.loads(data, parse_constant=_constant)
    except (ValueError, RecursionError, OverflowError) as error:
        raise _wrong(f"it is not JSON ({str(error)[:120]})") from error
    if not isinstance(loaded, dict):
        raise _wrong("it is not an object")
    return loaded


def _written(data: bytes) -> _Page:
    root = _Node(_loaded(data), "")
    document = root.object("document")
    if document.value.get("csaf_version") != "2.0":
        raise _wrong("document.csaf_version is not 2.0")
    page = _Page(title=document.words("title"))
    tracking = document.object("tracking")
    for path, value in (("document.title", page.title), ("document.tracking.id", tracking.words("id"))):
        if not value:
            raise _wrong(f"{path} is missing")
    page.tell("title", page.title, page.head(1, page.title))
    _front(page, document, tracking)
    _notes(page, document, level=2)
    products = _products(page, root.object("product_tree"))
    vulnerabilities = list(root.objects("vulnerabilities"))
    if vulnerabilities:
        page.head(2, "Vulnerabilities")
    for vulnerability in vulnerabilities:
        _vulnerability(page, vulnerability, products)
    _references(page, document, "References", level=2)
    _acknowledgments(page, document, level=2)
    _history(page, tracking)
    return page


def _front(page: _Page, document: _Node, tracking: _Node) -> None:
    publisher = document.object("publisher")
    distribution = document.object("distribution")
    severity = document.object("aggregate_severity").words("text")
    page.tell("advisory_id", tracking.words("id"), page.row("Advisory", tracking.words("id")))
    page.tell("publisher", publisher.words("name"), page.row("Publisher", publisher.words("name")))
    for label, name, key in (
        ("Initial release", "release_date", "initial_release_date"),
        ("Current release", "revision_date", "current_release_date"),
    ):
        printed = tracking.words(key)
        where = page.row(label, printed)
        if where and (day := DATE.match(printed)):
            page.tell(name, day[0], Span(where.start, where.start + len(day[0])))
        else:
            page.tell(name, printed, where)
    page.tell("version", tracking.words("version"), page.row("Version", tracking.words("version")))
    page.row("Status", tracking.words("status"))
    page.row("Category", document.words("category"))
    page.tell("severity", severity_of(severity) or severity.lower(), page.row("Severity", severity))
    page.tell(
        "tlp", distribution.object("tlp").words("label"), page.row("TLP", distribution.object("tlp").words("label"))
    )
    page.row("Distribution", distribution.words("text"))
    page.row("Contact", publisher.words("contact_details"))
    page.row("Issuing authority", publisher.words("issuing_authority"))


def _notes(page: _Page, node: _Node, level: int) -> list[tuple[str, Span]]:
    """Prints the notes of the document or of a vulnerability; gives the category and the place of each."""
    found = []
    for note in node.objects("notes"):
        text = note.words("text")
        if text:
            page.head(level, note.words("title") or note.words("category").replace("_", " ").capitalize() or "Note")
            found.append((note.words("category"), page.add(BlockKind.PARAGRAPH, text)[0]))
    return found


# -- products ---------------------------------------------------------------------------------------------------------


def _products(page: _Page, tree: _Node) -> dict[str, tuple[str, str]]:
    """Prints the product tree; for each product_id its name and the version that the tree says."""
    known: dict[str, tuple[str, str]] = {}
    rows = [*_leaves(tree, ())]
    named = [*tree.objects("full_product_names")]
    named += [relation.object("full_product_name") for relation in tree.objects("relationships")]
    if not rows and not named:
        return known
    page.head(2, "Products")
    for path, product in rows:
        _product_row(page, path)
        if product.value:
            version = next((name for category, name in path if category.startswith("product_version")), "")
            known[product.words("product_id")] = (product.words("name"), version)
    for product in named:
        if name := product.words("name"):
            page.tell("product", name, page.add(BlockKind.TABLE_ROW, name)[0])
        known[product.words("product_id")] = (product.words("name"), "")
    page.facts = _unique(page.facts)
    return known


def _leaves(node: _Node, path: tuple[tuple[str, str], ...]) -> Iterator[tuple[tuple[tuple[str, str], ...], _Node]]:
    if len(path) > DEEPEST:
        raise _wrong(f"product_tree is deeper than {DEEPEST} branches")
    for branch in node.objects("branches"):
        here = (*path, (branch.words("category"), branch.words("name")))
        product = branch.object("product")
        if product.value or not branch.value.get("branches"):
            yield here, product
        yield from _leaves(branch, here)


def _product_row(page: _Page, path: tuple[tuple[str, str], ...]) -> None:
    cells = [(category, name) for category, name in path if name]
    pieces = [piece for _, name in cells for piece in (name, "\t")][:-1]
    if not pieces:
        return
    spans = page.add(BlockKind.TABLE_ROW, *pieces)[::2]
    for (category, name), span in zip(cells, spans, strict=True):
        if category == "vendor":
            page.tell("vendor", name, span)
        elif category == "product_name":
            page.tell("product", name, span)


# -- vulnerabilities --------------------------------------------------------------------------------------------------


def _vulnerability(page: _Page, node: _Node, products: dict[str, tuple[str, str]]) -> None:
    cve, cwe = node.words("cve"), node.object("cwe")
    title = node.words("title") or " ".join(filter(None, (cve, cwe.words("name")))) or "Vulnerability"
    heading = page.head(3, title)
    facts: list[Fact] = []
    for id_ in node.objects("ids"):
        facts += _told("id", id_.words("text"), page.row("ID", id_.words("text")))
    facts += _told("cve", cve, page.row("CVE", cve))
    if weakness := cwe.words("id"):
        pieces = ("CWE\t", weakness, *(("\t", cwe.words("name")) if cwe.words("name") else ()))
        facts += _told("cwe", weakness, page.add(BlockKind.TABLE_ROW, *pieces)[1])
    for score in node.objects("scores"):
        facts += [fact for key in SCORES for fact in _score(page, score.object(key), key)]
    facts += _affected(page, node.object("product_status"), products)
    notes = _notes(page, node, level=4)
    wanted = [span for category, span in notes if category == "description"]
    wanted = wanted or [span for category, span in notes if category == "summary"]
    facts += [Fact("description", _excerpt(page, span), span) for span in wanted[:1]]
    facts += _threats(page, node)
    facts += _remediations(page, node, products)
    _references(page, node, "References", level=4)
    _acknowledgments(page, node, level=4)
    ordered = sorted(facts, key=lambda fact: (fact.span, fact.name))
    page.findings.append(Finding(Span(heading.start, page.at), title, tuple(_unique(ordered))))


def _unique(facts: list[Fact]) -> list[Fact]:
    """Each value of a field once, where it stands first."""
    seen: dict[tuple[str, str], Fact] = {}
    for fact in facts:
        seen.setdefault((fact.name, fact.value), fact)
    return list(seen.values())


def _told(name: str, value: str, span: Span | None, note: str = "") -> list[Fact]:
    return [Fact(name, value, span, note)] if span is not None and value else []


def _score(page: _Page, node: _Node, key: str) -> list[Fact]:
    """One row: version, base score, severity and vector of a score."""
    if not node.value:
        return []
    vector, score, severity = node.words("vectorString"), node.score("baseScore"), node.words("baseSeverity")
    version = node.words("version") or cvss_version(vector) or {"cvss_v2": "2.0"}.get(key, "")
    cells = [("cvss_version", version), ("cvss_score", score), ("severity", severity), ("cvss_vector", vector)]
    cells = [(name, value) for name, value in cells if value]
    spans = page.add(BlockKind.TABLE_ROW, "CVSS", *(piece for _, value in cells for piece in ("\t", value)))[2::2]
    recomputed = base_score(vector)
    facts = []
    for (name, printed), span in zip(cells, spans, strict=True):
        note = ""
        if name == "cvss_vector" and recomputed is None:
            note = "not a valid CVSS vector"
        if name == "cvss_score" and recomputed is not None and abs(float(printed) - recomputed) >= 0.05:
            note = f"the vector gives {recomputed}"
        value = (severity_of(printed) or printed.lower()) if name == "severity" else printed
        facts.append(Fact(name, value, span, note))
    return facts


def _affected(page: _Page, status: _Node, products: dict[str, tuple[str, str]]) -> list[Fact]:
    facts: list[Fact] = []
    for key in status.value:
        label = key.replace("_", " ").capitalize()
        ids = status.all_words(key)
        if ids:
            page.head(4, printable(label))
        for id_ in ids:
            name, version = products.get(id_, (id_, ""))
            if name:
                span = page.add(BlockKind.LIST_ITEM, name, *((" ", version) if version else ()))[0]
                facts += (
                    _told("asset", name, span) if key in ("known_affected", "first_affected", "last_affected") else []
                )
    return facts


def _threats(page: _Page, node: _Node) -> list[Fact]:
    facts: list[Fact] = []
    for threat in node.objects("threats"):
        if details := threat.words("details"):
            span = page.row(threat.words("category").replace("_", " ").capitalize() or "Threat", details)
            facts += _told("impact", details[:EXCERPT], span) if threat.words("category") == "impact" else []
    return facts


def _remediations(page: _Page, node: _Node, products: dict[str, tuple[str, str]]) -> list[Fact]:
    """Each remediation once, with the products it is for and its address; the fact's value is the details in full."""
    facts: list[Fact] = []
    rows = list(node.objects("remediations"))
    if rows:
        page.head(4, "Remediations")
    for row in rows:
        details, url = row.words("details"), row.words("url")
        names = dict.fromkeys(products.get(id_, (id_, ""))[0] for id_ in row.all_words("product_ids"))
        kind = row.words("category").replace("_", " ").capitalize() or "Remediation"
        pieces = [f"{kind}: ", details]
        if url:
            pieces.append(f" {url}")
        if any(names):
            pieces.append(f" ({'; '.join(filter(None, names))})")
        facts += _told("remediation", details, page.add(BlockKind.LIST_ITEM, *pieces)[1])
    return facts


def _excerpt(page: _Page, span: Span) -> str:
    """The first characters of the last block printed at `span`, on one line."""
    part = next(
        part for block, part in zip(reversed(page.blocks), reversed(page.parts), strict=True) if block.span == span
    )
    return " ".join(part[: 4 * EXCERPT].split())[:EXCERPT]


# -- the rest ---------------------------------------------------------------------------------------------------------


def _references(page: _Page, node: _Node, title: str, level: int) -> None:
    lines = [" ".join(filter(None, (r.words("summary"), r.words("url")))) for r in node.objects("references")]
    _listed(page, title, lines, level)


def _acknowledgments(page: _Page, node: _Node, level: int) -> None:
    lines = []
    for row in node.objects("acknowledgments"):
        who = ", ".join([*row.all_words("names"), row.words("organization")]).strip(", ")
        lines.append(": ".join(filter(None, (who, row.words("summary")))))
    _listed(page, "Acknowledgments", lines, level)


def _history(page: _Page, tracking: _Node) -> None:
    rows = list(tracking.objects("revision_history"))
    if rows:
        page.head(2, "Revision history")
    for row in rows:
        cells = "\t".join(filter(None, (row.words("number"), row.words("date"), row.words("summary"))))
        if cells:
            page.add(BlockKind.TABLE_ROW, cells)


def _listed(page: _Page, title: str, lines: list[str], level: int) -> None:
    lines = list(dict.fromkeys(filter(None, lines)))
    if lines:
        page.head(level, title)
    for line in lines:
        page.add(BlockKind.LIST_ITEM, line)
