"""Structure as the product reads it, against what readers labelled who never saw the product.

    python -m citebound.eval.structure                      every figure, with its counts
    python -m citebound.eval.structure --show contracts/2   what was missed and made up in one document, by offset

Labels lie in eval/suites/structure_{contracts,findings}.jsonl as offsets, numbers and hashes, without a word of the
documents, which are read from CITEBOUND_DATA (default ../shared/data). One whose text is not the labelled one is
refused. Documents of use "held" are scored and never shown, so that nobody mends by them.

A prediction is a hit if it has the target of a label and their spans overlap by half (intersection over union), one
for one. Spans are compared without the punctuation and blanks around them; numbers part by part, without case: "2.A"
is "2(a)". Intervals are bootstraps over documents.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import tarfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from rich.console import Console

from citebound.errors import CiteboundError, ConfigError, ParseFailure
from citebound.eval import figures
from citebound.eval.figures import Figure
from citebound.eval.spec import data_folder
from citebound.eval.statistics import Ints, bootstrap
from citebound.ingest.limits import Limits
from citebound.ingest.parse import parse
from citebound.ingest.sections import full_numbers
from citebound.ingest.severity import UNDETERMINED, severity_of, standing
from citebound.types import Document, Finding, Reference, Section, Span

SUITES = Path("eval/suites")
LABELS = {"contracts": "structure_contracts.jsonl", "reports": "structure_findings.jsonl"}
ARCHIVE = "cuad/full_contract_txt.tar.gz"
LEAST = 0.5
HEADING = 1500
"""Characters from the start of a section or finding in which its number and caption are looked for."""

LETTER = re.compile(r"\(?[A-Za-z]{1,5}[.)]?|\(\d{1,3}\)")
PART = re.compile(r"[^\W_]+")
CLAUSES = frozenset("section sections clause clauses paragraph paragraphs subsection item items".split())
FIELDS = ("title", "severity", "status", "cvss", "cwe", "cve")
AFFECTED = ("known_affected", "first_affected", "last_affected")
Row = Mapping[str, Any]
Values = dict[str, set[str]]


# -- matching ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Label:
    """What a reader marked: where, and the number, or hash of the term, that it stands for."""

    span: Span
    target: str
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """What the product says stands at a span; any of `targets` is what it says."""

    span: Span
    targets: frozenset[str]
    place: int = -1


@dataclass(frozen=True, slots=True)
class Counts:
    """Hits, predictions that are none, labels without a hit."""

    hits: int = 0
    spurious: int = 0
    missed: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.hits + other.hits, self.spurious + other.spurious, self.missed + other.missed)

    @property
    def precision(self) -> float:
        """1.0 where nothing was predicted."""
        return self.hits / (self.hits + self.spurious) if self.hits + self.spurious else 1.0

    @property
    def recall(self) -> float:
        """1.0 where nothing was labelled."""
        return self.hits / (self.hits + self.missed) if self.hits + self.missed else 1.0

    @property
    def f1(self) -> float:
        """2 hits / (2 hits + spurious + missed), which is F1 (van Rijsbergen 1979); 1.0 where there is nothing."""
        total = 2 * self.hits + self.spurious + self.missed
        return 2 * self.hits / total if total else 1.0


@dataclass(frozen=True, slots=True)
class Matched:
    """The labels and claims of one kind in one document, after matching."""

    pairs: tuple[tuple[Label, Claim], ...]
    missed: tuple[Label, ...]
    spurious: tuple[Claim, ...]

    def counts(self, doubtful: bool = True) -> Counts:
        """Without the doubtful labels, and their hits, if they are not wanted."""
        hits = sum(doubtful or not label.doubtful for label, _ in self.pairs)
        return Counts(hits, len(self.spurious), sum(doubtful or not label.doubtful for label in self.missed))


def iou(a: Span, b: Span) -> float:
    """Characters in both over characters in either; 0.0 for empty spans."""
    both = a.overlap(b)
    either = len(a) + len(b) - both
    return both / either if either else 0.0


def match(labels: Sequence[Label], claims: Sequence[Claim]) -> Matched:
    """Pairs labels and claims of one target and an overlap of at least `LEAST`, the closest first."""
    near = sorted(
        (-overlap, i, k)
        for i, label in enumerate(labels)
        for k, claim in enumerate(claims)
        if (overlap := iou(label.span, claim.span)) >= LEAST and label.target in claim.targets
    )
    paired: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, k in near:
        if i not in paired and k not in taken:
            paired[i] = k
            taken.add(k)
    return Matched(
        tuple((labels[i], claims[k]) for i, k in sorted(paired.items())),
        tuple(label for i, label in enumerate(labels) if i not in paired),
        tuple(claim for k, claim in enumerate(claims) if k not in taken),
    )


# -- contracts --------------------------------------------------------------------------------------------------------


def number(printed: str) -> str:
    """One spelling of a number: "Section 9.2." is "9.2", "Exhibit A, 1(a)" is "exhibit.a.1.a", none is ""."""
    parts = PART.findall(printed.lower())
    return ".".join(parts[1:] if parts and parts[0] in CLAUSES else parts)


def term(printed: str) -> str:
    """sha256 of a term in lower case, with single blanks and without quotes and punctuation around it."""
    plain = " ".join(printed.split()).casefold().strip(" \"'\u201c\u201d\u2018\u2019.,;:")
    return hashlib.sha256(plain.encode("utf-8")).hexdigest()


def trimmed(text: str, span: Span) -> Span:
    """The span from its first to its last letter or digit; the span itself if it has none."""
    places = [i for i in range(span.start, min(span.end, len(text))) if text[i].isalnum()]
    return Span(places[0], places[-1] + 1) if places else span


def printed(text: str, within: Span, *words: str) -> Span | None:
    """From the first to the last of `words` that stands in a text, each after the one before.

    Only letters and digits are compared, without case: captions are given without markup, line breaks and dots.
    Words that do not stand there are passed over; None if none does.
    """
    places = [i for i in range(within.start, min(within.end, len(text))) if text[i].isalnum()]
    run = "".join(text[i].lower()[:1] for i in places)
    at, found = 0, []
    for word in words:
        letters = "".join(c.lower()[:1] for c in word if c.isalnum())
        begin = run.find(letters, at) if letters else -1
        if begin >= 0:
            at = begin + len(letters)
            found += [places[begin], places[at - 1] + 1]
    return Span(found[0], found[-1]) if found else None


def contract(document: Document, rows: Sequence[Row]) -> dict[str, Matched]:
    """Headings, items, definitions and references of a contract against its labels.

    A lettered section is a heading only where one is labelled, an item otherwise. The target of a heading is its
    printed number or the full one, that of an item the full one.
    """
    text = document.text
    labels: dict[str, list[Label]] = defaultdict(list)
    for row in rows:
        if row.get("internal", True):
            target = row["target"] if row["kind"] == "definition" else number(row["target"])
            span = trimmed(text, Span(row["start"], row["end"]))
            labels[row["kind"]].append(Label(span, target, row.get("doubtful", False)))
    known = {label.target for kind in ("heading", "item") for label in labels[kind]}
    numbers = full_numbers(document.sections)
    heads = match(labels["heading"], [_head(text, s, numbers[i], i) for i, s in enumerate(document.sections)])
    rest = [claim.place for claim in heads.spurious]
    items = match(labels["item"], [_item(text, document.sections[i], numbers[i], i) for i in rest])
    lettered = {i for i in rest if LETTER.fullmatch(document.sections[i].number)}
    left = {claim.place for claim in items.spurious}
    defined = [Claim(trimmed(text, t.span), frozenset({term(t.term)})) for t in document.terms]
    claims = [_reference(text, r, numbers, known) for r in document.references]
    led = match(labels["reference"], [claim for claim in claims if claim])
    return {
        "headings": Matched(heads.pairs, heads.missed, tuple(c for c in heads.spurious if c.place in left - lettered)),
        "items": Matched(items.pairs, items.missed, tuple(c for c in items.spurious if c.place in lettered)),
        "definitions": match(labels["definition"], defined),
        "references": Matched(led.pairs, led.missed, tuple(c for c in led.spurious if c.place >= 0)),
    }


def _full(full: str) -> set[str]:
    """The spellings of a full number, with the name of its attachment and without."""
    return {number(full), number(full.rpartition(", ")[2])}


def _head(text: str, section: Section, full: str, place: int) -> Claim:
    within = Span(section.span.start, min(section.span.end, section.span.start + HEADING))
    span = printed(text, within, section.number, section.heading) or Span(within.start, within.start)
    return Claim(span, frozenset({number(section.number), *(_full(full) if section.number else ())}), place)


def _item(text: str, section: Section, full: str, place: int) -> Claim:
    within = Span(section.span.start, min(section.span.end, section.span.start + HEADING))
    span = printed(text, within, section.number) or Span(within.start, within.start)
    return Claim(span, frozenset(_full(full)), place)


def _reference(text: str, reference: Reference, numbers: Sequence[str], known: set[str]) -> Claim | None:
    """What a reference claims: the number of the section it leads to.

    The number as printed counts only where no section of that number is labelled, so that there is none to lead to.
    `place` is -1 for a reference that leads nowhere: it claims nothing, but is right where nothing is there.
    """
    said = number(reference.target)
    targets = set() if said in known else {said}
    if reference.section is not None:
        targets |= _full(numbers[reference.section])
    place = -1 if reference.section is None else reference.section
    return Claim(trimmed(text, reference.span), frozenset(targets), place) if targets else None


# -- findings ---------------------------------------------------------------------------------------------------------


def report(document: Document, rows: Sequence[Row], letters: bool = False) -> tuple[Matched, dict[str, Counts]]:
    """Titles of findings by span, and the counts of each field over the matched findings.

    The values of a missed finding are missed, those of a made-up one spurious. A severity that the report does not
    state is no value, and saying so is right; with `letters` it is that of the identifier's letter ("H-01").
    """
    made = list(document.findings)
    labels = [Label(trimmed(document.text, Span(r["start"], r["end"])), "") for r in rows]
    claims = [Claim(_title(document.text, f), frozenset({""}), i) for i, f in enumerate(made)]
    titles = match(labels, claims)
    by_span = {label.span: row for label, row in zip(labels, rows, strict=True)}
    counts = {name: Counts() for name in FIELDS}
    counts["title"] = titles.counts()
    pairs: list[tuple[Values, Values]] = [
        (_labelled(by_span[label.span], letters), _said(made[claim.place])) for label, claim in titles.pairs
    ]
    pairs += [(_labelled(by_span[label.span], letters), defaultdict(set)) for label in titles.missed]
    pairs += [(defaultdict(set), _said(made[claim.place])) for claim in titles.spurious]
    for gold, said in pairs:
        for name in FIELDS[1:]:
            both = len(gold[name] & said[name])
            counts[name] += Counts(both, len(said[name]) - both, len(gold[name]) - both)
    return titles, counts


def _title(text: str, finding: Finding) -> Span:
    within = Span(finding.span.start, min(finding.span.end, finding.span.start + HEADING))
    return printed(text, within, finding.title) or Span(within.start, within.start)


def _labelled(row: Row, letters: bool) -> Values:
    severity = row["severity"]
    if severity == UNDETERMINED and letters:
        severity = row.get("letter", severity)
    named = {"cvss": set(row["cvss"]), "cwe": set(row["cwe"]), "cve": set(row["cve"])}
    return {"severity": {severity} - {UNDETERMINED, ""}, "status": {standing(row["status"])} - {""}, **named}


def _said(finding: Finding) -> Values:
    named = {"cvss": "cvss_vector", "cwe": "cwe", "cve": "cve"}
    return {
        "severity": set(finding.values("severity")) - {UNDETERMINED},
        "status": {standing(value) for value in finding.values("status")} - {""},
        **{field: set(finding.values(name)) for field, name in named.items()},
    }


# -- CSAF -------------------------------------------------------------------------------------------------------------


def advisory(document: Document, root: Row) -> Iterator[tuple[str, bool]]:
    """Each field of an advisory and whether the product's values are those of the JSON, as sets, white space aside.

    One field for the document, and one for each vulnerability in their order; a field that neither has is left out.
    """
    front: Values = defaultdict(set)
    for fact in document.facts:
        front[fact.name].add(fact.value)
    yield from _equal("document", _front(root), front)
    vulnerabilities = root.get("vulnerabilities", [])
    names = {p["product_id"]: p["name"] for p in _products(root.get("product_tree", {}))}
    for i in range(max(len(vulnerabilities), len(document.findings))):
        truth = _vulnerability(vulnerabilities[i], names) if i < len(vulnerabilities) else {}
        said: Values = defaultdict(set)
        if i < len(document.findings):
            finding = document.findings[i]
            for fact in finding.fields:
                whole = fact.name in ("description", "impact")
                said[fact.name].add(fact.span.of(document.text) if whole else fact.value)
        yield from _equal(f"vulnerability {i + 1}", truth, said)


def _equal(where: str, truth: Mapping[str, set[str]], said: Mapping[str, set[str]]) -> Iterator[tuple[str, bool]]:
    for name in sorted(truth.keys() | said.keys()):
        one, other = (
            {" ".join(value.split()) for value in values.get(name, ()) if value.strip()} for values in (truth, said)
        )
        if one or other:
            yield f"{where}: {name}", one == other


def _front(root: Row) -> Values:
    document = root["document"]
    tracking, publisher = document["tracking"], document["publisher"]
    tree = root.get("product_tree", {})
    branches = list(_branches(tree))
    severity = document.get("aggregate_severity", {}).get("text", "")
    return {
        "advisory_id": {tracking["id"]},
        "title": {document["title"]},
        "publisher": {publisher["name"]},
        "release_date": {tracking["initial_release_date"][:10]},
        "revision_date": {tracking["current_release_date"][:10]},
        "version": {tracking["version"]},
        "tlp": {document.get("distribution", {}).get("tlp", {}).get("label", "")},
        "severity": {severity_of(severity) or severity.lower()},
        "vendor": {b["name"] for b in branches if b["category"] == "vendor"},
        "product": {b["name"] for b in branches if b["category"] == "product_name"} | _further(tree),
    }


def _branches(node: Row) -> Iterator[Row]:
    for branch in node.get("branches", []):
        yield branch
        yield from _branches(branch)


def _further(tree: Row) -> set[str]:
    relations = [r["full_product_name"] for r in tree.get("relationships", [])]
    return {product["name"] for product in [*tree.get("full_product_names", []), *relations]}


def _products(tree: Row) -> Iterator[Row]:
    yield from (branch["product"] for branch in _branches(tree) if "product" in branch)
    yield from tree.get("full_product_names", [])
    yield from (relation["full_product_name"] for relation in tree.get("relationships", []))


def _vulnerability(node: Row, names: Mapping[str, str]) -> Values:
    scores = [s[key] for s in node.get("scores", []) for key in ("cvss_v2", "cvss_v3", "cvss_v4") if key in s]
    affected = [i for key in AFFECTED for i in node.get("product_status", {}).get(key, [])]
    notes: dict[str, list[str]] = defaultdict(list)
    for note in node.get("notes", []):
        notes[note["category"]].append(note["text"])
    return {
        "id": {i["text"] for i in node.get("ids", [])},
        "cve": {node.get("cve", "")},
        "cwe": {node.get("cwe", {}).get("id", "")},
        "cvss_vector": {s["vectorString"] for s in scores},
        "cvss_version": {s["version"] for s in scores},
        "cvss_score": {str(s["baseScore"]) for s in scores},
        "severity": {severity_of(s.get("baseSeverity", "")) for s in scores},
        "asset": {names.get(i, i) for i in affected},
        "description": {*(notes["description"] or notes["summary"])[:1]},
        "impact": {t["details"] for t in node.get("threats", []) if t["category"] == "impact"},
        "remediation": {r["details"] for r in node.get("remediations", [])},
    }


# -- the labelled documents -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Labelled:
    """A labelled document as the product reads it; `held` ones are not shown to those who mend."""

    n: int
    name: str
    held: bool
    document: Document
    rows: tuple[Row, ...]


def labelled(folder: str, data: Path, suites: Path = SUITES) -> tuple[list[Labelled], list[str]]:
    """The documents of "contracts" or "reports" with their labels, and a line for each one that is refused.

    Refused: a document that is missing, that the product does not read, or whose text is not the labelled one.
    """
    rows = [json.loads(line) for line in (suites / LABELS[folder]).read_text("utf-8").splitlines()]
    heads = [row for row in rows if row["kind"] == "document"]
    files = contents([row["name"] for row in heads], data)
    made, refused = [], []
    for head in heads:
        name = head["name"]
        if name not in files:
            refused.append(f"{name}: refused, not in {data}")
            continue
        try:
            document = parse(PurePosixPath(name).name, files[name], Limits()).document
        except ParseFailure as error:
            refused.append(f"{name}: refused, {error}")
            continue
        if document.text_sha256 != head["text_sha256"]:
            refused.append(f"{name}: refused, its text is not the labelled one ({document.text_sha256[:12]})")
            continue
        own = tuple(row for row in rows if row["doc"] == head["doc"] and row is not head)
        made.append(Labelled(head["doc"], name, head["use"] == "held", document, own))
    return made, refused


def contents(names: Sequence[str], data: Path) -> dict[str, bytes]:
    """The bytes of the files that are there; those named "cuad/..." lie in CUAD's archive."""
    made = {n: (data / n).read_bytes() for n in names if (data / n).is_file()}
    packed = {"full_contract_txt/" + n.removeprefix("cuad/"): n for n in names if n.startswith("cuad/")}
    if packed and (data / ARCHIVE).is_file():
        with tarfile.open(data / ARCHIVE) as archive:
            for member in archive:
                if member.name in packed and (file := archive.extractfile(member)):
                    made[packed[member.name]] = file.read()
    return made


# -- figures ----------------------------------------------------------------------------------------------------------


def scored(name: str, counts: Sequence[Counts], resamples: int = 10_000) -> Figure:
    """F1 of the summed counts of documents, with its 95 % interval over documents."""
    total = sum(counts, Counts())

    def statistic(documents: Ints, seeds: Ints) -> float:
        return sum((counts[i] for i in documents), Counts()).f1

    drawn = bootstrap(np.zeros(len(counts)), range(len(counts)), statistic=statistic, resamples=resamples).interval()
    whole = 2 * total.hits + total.spurious + total.missed
    return Figure(name, total.f1, "F1", drawn.low, drawn.high, 2 * total.hits, whole)


def _variants(name: str, found: Sequence[Labelled], counts: Sequence[Counts]) -> Iterator[Figure]:
    """The figure over all documents, and over the held ones."""
    yield scored(name, counts)
    if held := [count for one, count in zip(found, counts, strict=True) if one.held]:
        yield scored(f"{name}.held", held)


def contract_figures(found: Sequence[Labelled], out: Console) -> list[Figure]:
    """Prints the counts of each document and gives the figures, also without the doubtful labels."""
    results = [contract(one.document, one.rows) for one in found]
    made: list[Figure] = []
    for kind in ("headings", "items", "definitions", "references"):
        for one, result in zip(found, results, strict=True):
            out.print(_line(f"contracts/{one.n} {kind}", result[kind].counts()))
        counts = [result[kind].counts() for result in results]
        made += _variants(f"contracts.{kind}_f1", found, counts)
        made.append(scored(f"contracts.{kind}_f1.undoubted", [r[kind].counts(doubtful=False) for r in results]))
        out.print(_line(f"contracts {kind}", sum(counts, Counts())))
    return made


def report_figures(found: Sequence[Labelled], out: Console) -> list[Figure]:
    """Prints the counts of each document and field, and gives the figures of Markdown and PDF apart."""
    made: list[Figure] = []
    for format_ in ("md", "pdf"):
        files = [one for one in found if one.name.endswith("." + format_)]
        for variant in ("", ".letters") if files else ():
            results = [report(one.document, one.rows, letters=bool(variant))[1] for one in files]
            sums = [sum(result.values(), Counts()) for result in results]
            for one, total in zip(files, sums, strict=True):
                out.print(_line(f"reports/{one.n} {format_}{variant}", total))
            made += _variants(f"findings.{format_}_f1{variant}", files, sums)
            for field in FIELDS:
                counts = [result[field] for result in results]
                out.print(_line(f"{format_}{variant} {field}", sum(counts, Counts())))
                if sum(counts, Counts()) != Counts():
                    made.append(scored(f"findings.{format_}_f1{variant}.{field}", counts))
    return made


def csaf_figure(data: Path, out: Console) -> list[Figure]:
    """The share of fields that are equal to the JSON; prints those that are not."""
    equal, total = 0, 0
    for path in sorted((data / "cisa_csaf").glob("*/*.json")):
        content = path.read_bytes()
        document = parse(path.name, content, Limits()).document
        for field, same in advisory(document, json.loads(content)):
            total += 1
            equal += same
            if not same:
                out.print(f"{path.name}: {field} is not that of the JSON")
    if not total:
        out.print(f"csaf: skipped, no advisories in {data / 'cisa_csaf'}")
        return []
    return [figures.share("csaf.fields_equal", equal, total)]


def _line(name: str, counts: Counts) -> str:
    return (
        f"{name:32} F1 {counts.f1:.3f}  precision {counts.precision:.3f}  recall {counts.recall:.3f}"
        f"  hits {counts.hits}  spurious {counts.spurious}  missed {counts.missed}"
    )


def show(given: str, data: Path, suites: Path = SUITES) -> Iterator[str]:
    """What was missed and made up in "contracts/2" or "reports/4", by offset. Raises ConfigError."""
    folder, _, n = given.partition("/")
    found = labelled(folder, data, suites)[0] if folder in LABELS else []
    one = next((one for one in found if str(one.n) == n), None)
    if one is None:
        raise ConfigError(f"no labelled document {given!r}", remedy="Name one as contracts/2 or reports/4.")
    if one.held:
        raise ConfigError(f"{given} is held: it is scored, not mended by", remedy="Show one whose use is mend.")
    if folder == "contracts":
        for kind, matched in contract(one.document, one.rows).items():
            yield from _misses(kind, matched)
        return
    titles, counts = report(one.document, one.rows)
    yield from _misses("title", titles)
    for field in FIELDS[1:]:
        yield _line(field, counts[field])
    rows = {trimmed(one.document.text, Span(r["start"], r["end"])): r for r in one.rows}
    for label, claim in titles.pairs:
        gold, said = _labelled(rows[label.span], letters=False), _said(one.document.findings[claim.place])
        for field in FIELDS[1:]:
            if gold[field] != said[field]:
                yield f"{field} at {_at(label.span)}: labelled {sorted(gold[field])}, said {sorted(said[field])}"


def _misses(kind: str, matched: Matched) -> Iterator[str]:
    lines: list[tuple[Span, str]] = []
    for label in matched.missed:
        close = [c for c in matched.spurious if c.span.overlap(label.span)]
        instead = "".join(f"; instead {_at(c.span)} {_targets(c.targets)}" for c in close)
        doubt = " (doubtful)" if label.doubtful else ""
        lines.append((label.span, f"missed {_at(label.span)} {label.target[:24]!r}{doubt}{instead}"))
    lines += [(claim.span, f"spurious {_at(claim.span)} {_targets(claim.targets)}") for claim in matched.spurious]
    yield from (f"{kind}: {line}" for _, line in sorted(lines))


def _at(span: Span) -> str:
    return f"[{span.start}, {span.end})"


def _targets(targets: Iterable[str]) -> str:
    return " or ".join(repr(target[:24]) for target in sorted(targets))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true", help="write the figures into eval/results/figures.jsonl")
    parser.add_argument("--show", metavar="DOC", help="what was missed and made up in one document: contracts/2")
    given = parser.parse_args()
    out = Console(highlight=False, markup=False, soft_wrap=True)
    data = data_folder()
    if not data.is_dir():
        out.print(f"structure: skipped, no data in {data} (set CITEBOUND_DATA)")
        return 0
    try:
        if given.show:
            for line in show(given.show, data):
                out.print(line)
            return 0
        made, refused = [], []
        for folder, count in (("contracts", contract_figures), ("reports", report_figures)):
            found, lines = labelled(folder, data)
            made += count(found, out) if found else []
            refused += lines
        made += csaf_figure(data, out)
    except CiteboundError as error:
        out.print(f"{error} {error.remedy}")
        return 1
    for line in refused:
        out.print(line)
    for figure in made:
        out.print(f"{figure.name:40} {figure.value:.4f}  [{figure.low:.4f}, {figure.high:.4f}]")
    if given.record and refused:
        out.print("nothing recorded: a figure over some of the documents is another figure")
        return 1
    if given.record:
        figures.record(made, "python -m citebound.eval.structure --record")
    return 0


if __name__ == "__main__":
    sys.exit(main())
