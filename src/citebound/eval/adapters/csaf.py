"""Security advisories in CSAF 2.0, printed as text, with questions on their structured fields.

The text is what an advisory prints: title, id, date, risk evaluation, products and versions, and for each vulnerability
its CWE, summary, CVSS v3 score and vector, and remediations. A question is made from a field with one of several
phrasings, chosen by hash; its gold is each place where the value is printed for that vulnerability. Unanswerable: an
advisory is asked about a CVE of another one, about a quarter of the items. Split by advisory.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from citebound.eval.adapters import printed
from citebound.eval.adapters.split import draw, split
from citebound.eval.measures import Place, merged
from citebound.eval.suite import Item, Suite, SuiteError
from citebound.types import Span

if TYPE_CHECKING:
    from citebound.eval.spec import Spec

TRAIN, DEV = 0.5, 0.15
LONGEST_ANSWER = 250
VERSIONS_ASKED = 2
PHRASINGS: Mapping[str, tuple[str, ...]] = {
    "score": (
        "what CVSS v3 base score was given to {cve}?",
        "how severe is {cve} by its CVSS v3 base score?",
        "which base score does {cve} have in CVSS v3?",
    ),
    "vector": (
        "what is the CVSS vector string of {cve}?",
        "which CVSS v3 vector was calculated for {cve}?",
        "how is {cve} rated, as a CVSS v3 vector string?",
    ),
    "weakness": (
        "which CWE does {cve} fall under?",
        "what is the CWE identifier of the weakness behind {cve}?",
        "to which weakness (CWE id) is {cve} assigned?",
    ),
    "fixed version": (
        "which version fixes {cve}?",
        "to which version should users update because of {cve}?",
        "what is the first version without {cve}?",
    ),
    "remediation": (
        "what does the vendor provide to fix {cve}?",
        "how can {cve} be remediated?",
        "which fix is there for {cve}?",
    ),
    "vendor": (
        "which vendor makes the affected products?",
        "whose products are affected?",
        "what is the name of the vendor?",
    ),
    "affected version": (
        "which versions of {product} are affected?",
        "what versions of {product} are vulnerable?",
        "in which versions does {product} have the vulnerability?",
    ),
    "release date": (
        "when was the advisory first released?",
        "what is the initial release date?",
        "on which date was the advisory first published?",
    ),
    "risk evaluation": (
        "what does the risk evaluation say?",
        "how is the risk evaluated?",
        "what is the risk evaluation of the advisory?",
    ),
}
OF_ANOTHER = ("score", "vector", "weakness", "fixed version")
_VERSION = re.compile(r"\b(?:version|firmware|release|v)\.?\s*v?(\d+(?:\.[\w-]+)*)", re.I)
_FIXES = re.compile(r"\b(?:updat|upgrad|fix|address|later|newer|patch)", re.I)


@dataclass
class _Fact:
    """A value that is printed: how it is asked for, what is accepted, and where it stands."""

    kind: str
    about: Mapping[str, str]
    answers: tuple[str, ...]
    spans: list[Span] = field(default_factory=list)


@dataclass
class _Advisory:
    id: str
    title: str
    text: str = ""
    facts: list[_Fact] = field(default_factory=list)
    cves: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.id}.txt"

    def print(self, text: str) -> Span:
        start = len(self.text)
        self.text += text
        return Span(start, len(self.text))

    def tell(self, kind: str, about: Mapping[str, str], value: str, *others: str) -> None:
        """Print a value that is asked for."""
        self.facts.append(_Fact(kind, about, tuple(dict.fromkeys((value, *others))), [self.print(value)]))


def read(spec: Spec) -> Suite:
    spec.chosen({})
    paths = sorted(spec.find().glob("*/*.json"))
    if not paths:
        raise SuiteError(f"{spec.name}: no advisories in {spec.find()}")
    advisories = [_printed(json.loads(path.read_text("utf-8"))) for path in paths]
    titles = [a.title for a in advisories]
    sides = split([a.id for a in advisories], TRAIN, DEV)
    parts: dict[str, list[Item]] = {"train": [], "dev": [], "test": []}
    for part in parts:
        mine = [a for a in advisories if sides[a.id] == part]
        for advisory in mine:
            parts[part] += _items(advisory, unique=titles.count(advisory.title) == 1)
        wanted = round(len(parts[part]) / 3)
        parts[part] += _of_another(mine, titles, wanted)
    return spec.suite(
        parts["test"], train=parts["train"], dev=parts["dev"], documents={a.name: a.text for a in advisories}
    )


def _items(advisory: _Advisory, *, unique: bool) -> Iterator[Item]:
    for number, fact in enumerate(advisory.facts):
        yield _item(advisory, f"{advisory.id}-{number:02d}", fact.kind, fact.about, unique, fact)


def _of_another(advisories: Sequence[_Advisory], titles: Sequence[str], count: int) -> list[Item]:
    """Questions to an advisory about a CVE that only another one has, `count` of them, spread over the advisories."""
    made = []
    for advisory in advisories:
        others = [cve for a in advisories for cve in a.cves if cve not in advisory.text]
        for turn, cve in enumerate(sorted(others, key=lambda c: draw(f"{advisory.id} {c}"))[: count + 1]):
            kind = min(OF_ANOTHER, key=lambda k: draw(f"{advisory.id} {cve} {k}"))
            unique = titles.count(advisory.title) == 1
            made.append((turn, _item(advisory, f"{advisory.id}-other-{turn:02d}", kind, {"cve": cve}, unique, None)))
    ranked = sorted(made, key=lambda pair: (pair[0], draw(pair[1].id)))
    return [item for _, item in ranked[:count]]


def _item(advisory: _Advisory, id_: str, kind: str, about: Mapping[str, str], unique: bool, fact: _Fact | None) -> Item:
    phrasing = min(PHRASINGS[kind], key=lambda p: draw(f"{id_} {p}")).format(**about)
    by_title = unique and kind not in ("vendor", "affected version") and draw(id_) < "8"
    where = f"the advisory “{advisory.title}”" if by_title else f"advisory {advisory.id}"
    return Item(
        id=id_,
        question=phrasing[0].upper() + phrasing[1:],
        cluster=advisory.id,
        kind=kind,
        answerable=fact is not None,
        documents=(advisory.name,),
        answers=fact.answers if fact else (),
        gold=tuple(merged(Place(advisory.name, span) for span in fact.spans)) if fact else (),
        named=f"In {where}, {phrasing}",
    )


# -- printing ---------------------------------------------------------------------------------------------------------


def _printed(row: Any) -> _Advisory:
    document = row["document"]
    made = _Advisory(document["tracking"]["id"], _flat(document["title"]))
    made.print(f"{made.title}\n\nAdvisory {made.id}\nInitial release date: ")
    released = date.fromisoformat(document["tracking"]["initial_release_date"][:10])
    made.tell("release date", {}, *printed.forms(released))
    made.print("\n")
    _risk(made, document["notes"])
    _products(made, row["product_tree"].get("branches", []))
    names = dict(_product_names(row["product_tree"].get("branches", [])))
    made.print("\n3. VULNERABILITIES\n")
    for number, vulnerability in enumerate(row.get("vulnerabilities", []), start=1):
        _vulnerability(made, number, vulnerability, names)
    _background(made, document["notes"])
    _every_place(made)
    return made


def _risk(made: _Advisory, notes: Sequence[Any]) -> None:
    texts = [_flat(n["text"]) for n in notes if n.get("title", "").lower() in ("risk evaluation", "summary")]
    if texts:
        made.print("\n1. RISK EVALUATION\n")
    for text in texts:
        if len(texts) == 1 and len(text) <= LONGEST_ANSWER:
            made.tell("risk evaluation", {}, text)
        else:
            made.print(text)
        made.print("\n")


def _products(made: _Advisory, vendors: Sequence[Any]) -> None:
    made.print("\n2. AFFECTED PRODUCTS\n")
    versions: list[tuple[str, list[str]]] = []
    for vendor in vendors:
        made.print("Vendor: ")
        if len(vendors) == 1:
            made.tell("vendor", {}, _flat(vendor["name"]))
        else:
            made.print(_flat(vendor["name"]))
        made.print("\n")
        for product in vendor.get("branches", []):
            versions.append((_flat(product["name"]), [_flat(v["name"]) for v in product.get("branches", [])]))
    names = [name for name, _ in versions]
    able = [name for name, values in versions if len(values) == 1 and names.count(name) == 1]
    asked = set(sorted(able, key=lambda n: draw(f"{made.id} {n}"))[:VERSIONS_ASKED])
    made.print("The following versions are affected:\n")
    for name, values in versions:
        made.print(f"- {name}: ")
        if name in asked:
            made.tell("affected version", {"product": name}, *_ranges(values[0]))
        else:
            made.print(", ".join(_ranges(v)[0] for v in values) or "not stated")
        made.print("\n")


def _vulnerability(made: _Advisory, number: int, row: Any, names: Mapping[str, str]) -> None:
    cve = row["cve"]
    about = {"cve": cve}
    made.cves.append(cve)
    made.print(f"\n3.{number} {cve}\nWeakness: ")
    made.tell("weakness", about, row["cwe"]["id"], f"{row['cwe']['id']}: {_flat(row['cwe']['name'])}")
    made.print(f": {_flat(row['cwe']['name'])}\n")
    for note in row.get("notes", []):
        if note.get("title") in ("Vulnerability Summary", "Summary", "Description"):
            made.print(f"{_flat(note['text'])}\n")
    scores = [s["cvss_v3"] for s in row.get("scores", []) if "cvss_v3" in s]
    for score in scores:
        vector = score["vectorString"]
        made.print(f"{cve} has been assigned to this vulnerability. A CVSS v3 base score of ")
        if len(scores) == 1:
            made.tell("score", about, str(score["baseScore"]))
        else:
            made.print(str(score["baseScore"]))
        made.print(" has been calculated; the CVSS vector string is (")
        if len(scores) == 1:
            made.tell("vector", about, vector, vector.partition("/")[2])
        else:
            made.print(vector)
        made.print(").\n")
    affected = [names[i] for i in row.get("product_status", {}).get("known_affected", []) if i in names]
    if affected:
        made.print(f"Affected by {cve}: {'; '.join(dict.fromkeys(affected))}\n")
    _remediations(made, cve, row.get("remediations", []))


def _remediations(made: _Advisory, cve: str, rows: Sequence[Any]) -> None:
    details = list(dict.fromkeys((r["category"], _flat(r["details"])) for r in rows))
    fixes = [text for category, text in details if category == "vendor_fix"]
    versions = {m[1] for text in fixes for m in _VERSION.finditer(text)}
    known = len(fixes) == 1 and len(versions) == 1 and _FIXES.search(fixes[0])
    if details:
        made.print(f"Remediations for {cve}:\n")
    for category, text in details:
        made.print("- ")
        start = len(made.text)
        made.print(f"{text}\n")
        if category != "vendor_fix" or len(fixes) != 1:
            continue
        if known:
            match = next(_VERSION.finditer(text))
            span = Span(start + match.start(1), start + match.end(1))
            answers = (match[1], f"Version {match[1]}", " ".join(match[0].split()))
            made.facts.append(_Fact("fixed version", {"cve": cve}, tuple(dict.fromkeys(answers)), [span]))
        elif len(text) <= LONGEST_ANSWER:
            made.facts.append(_Fact("remediation", {"cve": cve}, (text,), [Span(start, start + len(text))]))


def _background(made: _Advisory, notes: Sequence[Any]) -> None:
    wanted = ("critical infrastructure sectors", "countries/areas deployed", "company headquarters location")
    told = [(n["title"], _flat(n["text"])) for n in notes if n.get("title", "").lower() in (*wanted, "exploitability")]
    if told:
        made.print("\n4. BACKGROUND\n")
    for title, text in told:
        made.print(f"{title}: {text}\n")


def _every_place(made: _Advisory) -> None:
    """Values that are printed again: a vector or score in the same vulnerability's prose, a fix in another's list."""
    starts = [m.start() for m in re.finditer(r"\n3\.\d+ CVE", made.text)]
    end = made.text.find("\n4. BACKGROUND\n")
    bounds = [*starts, end if end >= 0 else len(made.text)]
    for fact in made.facts:
        here = fact.spans[0]
        section = next((Span(a, b) for a, b in pairwise(bounds) if a <= here.start < b), None)
        if section is None:
            continue
        value = here.of(made.text)
        patterns = {
            "score": rf"base score of (?P<value>{re.escape(value)})(?!\.?\d)",
            "vector": rf"(?P<value>{re.escape(value.partition('/')[2])})",
            "weakness": rf"(?P<value>{re.escape(value)})(?!\d)",
        }
        if fact.kind in patterns:
            found = re.compile(patterns[fact.kind]).finditer(made.text, section.start, section.end)
            fact.spans += [Span(*m.span("value")) for m in found]
        elif fact.kind in ("remediation", "fixed version"):
            line = Span(made.text.rfind("\n- ", 0, here.start) + 1, made.text.find("\n", here.start))
            copies = re.finditer(re.escape(line.of(made.text) + "\n"), made.text)
            shift, length = here.start - line.start, len(here)
            fact.spans += [Span(m.start() + shift, m.start() + shift + length) for m in copies]


def _product_names(vendors: Sequence[Any]) -> Iterator[tuple[str, str]]:
    for vendor in vendors:
        for product in vendor.get("branches", []):
            for version in product.get("branches", []):
                if "product" in version:
                    yield version["product"]["product_id"], _flat(product["name"])


def _ranges(value: str) -> tuple[str, ...]:
    """A version range as an advisory prints it, then as it may be said: "<= 1.52", "1.52 and prior"."""
    if value in ("vers:all/*", "*", "vers:unknown/*"):
        return ("all versions", "All versions", "all")
    plain = re.fullmatch(r"(<=|<|>=|>)\s*(\S+)", value)
    if not plain:
        return (value, f"Version {value}")
    sign, version = plain.groups()
    said = {
        "<=": (f"{version} and prior", f"{version} and earlier", f"Version {version} and prior"),
        "<": (f"prior to {version}", f"before {version}", f"Versions prior to {version}"),
        ">=": (f"{version} and later",),
        ">": (f"later than {version}",),
    }
    return (value, *said[sign])


def _flat(text: str) -> str:
    """One line, so that a value that is printed is a value that can be found."""
    return " ".join(text.split())
