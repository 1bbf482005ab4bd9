"""Drafts of questions whose answer stands in a sentence of a collection, for a person to confirm.

No model takes part: a sentence with just one date, amount, percentage, period, identifier, defined term or pair of
parties is asked for it, by a template with the heading over it and the words around it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from citebound.collection import Collection
from citebound.eval.suite import draw
from citebound.indexes.lexical import STOPWORDS
from citebound.ingest.sentences import sentence_spans
from citebound.types import Document, Span


@dataclass(frozen=True, slots=True)
class Draft:
    """A question made from a sentence of a document. `confirmed` is for a person to fill."""

    id: str
    question: str
    answer: str
    quote: str
    document: str
    confirmed: str = ""


_UNIT = r"(?:calendar |business |working )?(?:hour|day|week|month|year)s?"
_NUMBER = r"(?:\w+(?:-\w+)? \(\d{1,3}\)|\d{1,3}|(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve)(?![\w-]))"
_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_FORM = r"(?:Inc|LLC|Ltd|Corp|GmbH|B\.V|S\.A|L\.P|AG|plc|PLC|Limited|Corporation)\b\.?"
_NAME = rf"[A-Z][\w&.'’-]*(?:,? [A-Z][\w&.'’-]*){{0,5}},? {_FORM}"
TYPES: Mapping[str, tuple[re.Pattern[str], tuple[str, ...]]] = {
    "identifier": (
        re.compile(r"\b(?P<value>CVE-\d{4}-\d{4,7}|CWE-\d{1,4})\b"),
        ("Which {what} does {where} name, where it speaks of {topic}?", "What is the {what} of {topic} in {where}?"),
    ),
    "date": (
        re.compile(rf"\b(?P<value>{_MONTH} \d{{1,2}}, \d{{4}}|\d{{1,2}} {_MONTH} \d{{4}}|\d{{4}}-\d\d-\d\d)\b"),
        ("Which date does {where} give, where it speaks of {topic}?", "About {topic}: which date stands in {where}?"),
    ),
    "amount": (
        re.compile(r"(?P<value>(?:USD|EUR|GBP|US\$|\$|€|£) ?\d[\d,]*(?:\.\d+)?(?: (?:million|billion|thousand))?)"),
        ("What amount does {where} state, where it speaks of {topic}?", "About {topic}: how much is it in {where}?"),
    ),
    "percentage": (
        re.compile(r"(?<![\w.])(?P<value>\d{1,3}(?:\.\d+)? ?(?:%|percent\b|per cent\b))"),
        (
            "What percentage does {where} state, where it speaks of {topic}?",
            "About {topic}: what share does {where} set?",
        ),
    ),
    "duration": (
        re.compile(rf"\b(?P<value>{_NUMBER}[ -]{_UNIT})\b", re.I),
        (
            "What period does {where} set, where it speaks of {topic}?",
            "About {topic}: how long is the time in {where}?",
        ),
    ),
    "definition": (
        re.compile(r"[“\"](?P<term>[A-Z][^”\"]{2,60})[”\"] (?:means|shall mean) (?P<value>[^.;:]{15,200})(?=[.;:])"),
        ("What does “{term}” mean in {document}?", "How does {document} define “{term}”?"),
    ),
    "party": (
        re.compile(rf"\bbetween (?P<term>{_NAME})[^.;]{{0,80}}? and (?P<value>{_NAME})"),
        ("Who is the other party beside {term} in {document}?", "With whom does {term} deal in {document}?"),
    ),
}
"""Type of answer -> where it stands in a sentence, and how it is asked for."""

SHORTEST, LONGEST = 40, 400
TOPIC_WORDS = 4


def draft(collection: Collection, count: int, seed: int = 0) -> list[Draft]:
    """At most `count` questions, in the order of their documents.

    They are spread over documents and types; the same seed gives the same questions.
    """
    found: dict[tuple[str, str], list[Draft]] = {}
    names: set[str] = set()
    for info, *_, sources in collection.documents():
        name = sources[0].name if sources else ""
        if name and name not in names:
            names.add(name)
            for kind, drafted in _drafts(collection.document(info.id), name, seed):
                found.setdefault((name, kind), []).append(drafted)
    turns = [
        (turn, draw(seed, f"{key}"), drafted)
        for key, group in found.items()
        for turn, drafted in enumerate(sorted(group, key=lambda d: draw(seed, d.document + d.quote)))
    ]
    chosen = [drafted for *_, drafted in sorted(turns, key=lambda t: (t[0], t[1]))[:count]]
    order = sorted(chosen, key=lambda d: (d.document, d.quote, d.question))
    return [Draft(f"draft-{n:04d}", *astuple(d)[1:]) for n, d in enumerate(order, start=1)]


def write_rows(drafts: Iterable[Draft], path: Path) -> None:
    """The drafts as CSV, with a byte-order mark so that spreadsheet programs read it as UTF-8."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([f.name for f in fields(Draft)])
        writer.writerows(astuple(drafted) for drafted in drafts)


def _drafts(document: Document, name: str, seed: int) -> Iterator[tuple[str, Draft]]:
    """Type and draft of each sentence that can be asked about, if it stands only once in the document."""
    for span in sentence_spans(document.text):
        sentence = span.of(document.text)
        if not SHORTEST <= len(sentence) <= LONGEST or document.text.count(sentence) > 1:
            continue
        for kind, (pattern, templates) in TYPES.items():
            matches = list(pattern.finditer(sentence))
            if len(matches) != 1:
                continue
            match = matches[0]
            topic = _topic(sentence, match)
            if kind not in ("definition", "party") and not topic:
                continue
            heading = _heading(document, span)
            about = {
                "where": f"section “{heading}” of {name}" if heading else name,
                "topic": topic,
                "document": name,
                "what": match["value"].partition("-")[0],
                "term": match.groupdict().get("term") or "",
            }
            template = min(templates, key=lambda t: draw(seed, sentence + t))
            answer = " ".join(match["value"].split())
            yield kind, Draft("", template.format(**about), answer, " ".join(sentence.split()), name)


def _topic(sentence: str, match: re.Match[str]) -> str:
    """The content words of a sentence nearest to the answer, in their order: "Customer, invoice and receipt"."""
    words = [
        (word.start(), word.group())
        for word in re.finditer(r"[A-Za-z][A-Za-z’'-]{3,}", sentence)
        if word.group().lower() not in STOPWORDS and (word.end() <= match.start() or word.start() >= match.end())
    ]
    near = sorted(words, key=lambda w: min(abs(w[0] - match.start()), abs(w[0] - match.end())))
    chosen = list(dict.fromkeys(word for _, word in sorted(near[:TOPIC_WORDS])))
    return ", ".join(chosen[:-1]) + (" and " if len(chosen) > 1 else "") + chosen[-1] if chosen else ""


def _heading(document: Document, span: Span) -> str:
    """The innermost heading over a sentence, with its number; "" if there is none."""
    over = [s for s in document.sections if s.span.contains(span)]
    return " ".join(f"{over[-1].number} {over[-1].heading}".split()) if over else ""
