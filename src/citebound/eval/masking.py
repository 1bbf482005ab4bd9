"""A suite with the names of its parties masked: "Party A", "Party B", the same in documents, questions and answers.

What a model knows of a company, or reads off a file's name, helps it no longer. Names are those that the suite knows,
else those that the product reads off a document; a name counts in full, without its legal form, by its one rare word,
and by the names that the document gives it ("ELEPHANT TALK", "DNP"), not by its role ("Licensor"). Documents are
renamed too. Ids and clusters stay, so that items can be paired with those of the suite they come from.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count, product
from string import ascii_uppercase
from typing import NamedTuple

from citebound.errors import ParseFailure
from citebound.eval.adapters.printed import STATES
from citebound.eval.edits import Edit, Edits
from citebound.eval.measures import Place, merged
from citebound.eval.suite import Item, Suite, SuiteError
from citebound.ingest.limits import Limits
from citebound.ingest.parse import parse
from citebound.types import Span

Party = tuple[str, ...]
"""A party's full name, then what else it is called; roles among these are passed over."""

LEGAL = frozenset(
    "inc incorporated llc ltd limited corp corporation company co llp lp plc gmbh ag se nv bv sa spa srl a/s oy ab pty"
    " pte kk na usa".split()
)
_TOGETHER = re.compile(r"\b(?:hereinafter|referred|individually|collectively)\b", re.I)
_GENERIC = frozenset(
    "the a an and of for company corporation party parties bank trust partnership group holdings holding international"
    " national american global general first united systems services technologies solutions products you agent seller"
    " buyer licensor licensee customer client provider supplier distributor affiliate executive investor owner".split()
)
"""A name of nothing but such words is masked in full only."""
SHORTEST = 3
LONGEST_ABBREVIATION = 6


def masked(suite: Suite) -> Suite:
    """The suite without the names. Raises SuiteError if no party is known in any of its documents."""
    known = {name: suite.parties.get(name) or read_off(name, text) for name, text in suite.documents.items()}
    if not any(known.values()):
        raise SuiteError(f"{suite.name}: no party is named in any document, so there is nothing to mask")
    masks = {name: Mask(parties, suite.documents[name]) for name, parties in known.items()}
    edits = {name: masks[name].edits(text) for name, text in suite.documents.items()}
    names = {name: renamed(name) for name in suite.documents}

    def item(old: Item) -> Item:
        def plain(text: str) -> str:
            for document in old.documents:
                text = masks[document].text(text)
            return text

        moved = [Place(names[p.document], edits[p.document].span(p.span)) for p in old.gold]
        return replace(
            old,
            question=plain(old.question),
            named=plain(old.named),
            answers=tuple(dict.fromkeys(map(plain, old.answers))),
            documents=tuple(names[d] for d in old.documents),
            gold=tuple(merged(moved)),
        )

    train, dev, test = (tuple(map(item, items)) for items in (suite.train, suite.dev, suite.test))
    return replace(
        suite,
        train=train,
        dev=dev,
        test=test,
        documents={names[name]: edits[name].text(text) for name, text in suite.documents.items()},
        labelled={names[name]: label for name, label in suite.labelled.items()},
        parties={},
        files=(),
        collection="",
    )


class Mask:
    """The parties of one document, and the placeholder of each: the document's own, if it calls one "Party B"."""

    def __init__(self, parties: Sequence[Party], text: str) -> None:
        able = [party for party in parties if not _joint(party, parties)]
        taken = {stated for party in able if (stated := _stated(party))}
        free = (name for name in placeholders() if name not in taken)
        forms: dict[_Form, str] = {}
        for party in able:
            placeholder = _stated(party) or next(free)
            for form in _forms(party, [other for other in able if other is not party], text):
                forms.setdefault(form, placeholder)
        longest = sorted(forms, key=lambda form: len(form.name), reverse=True)
        self._placeholders = [forms[form] for form in longest]
        self._pattern = re.compile("|".join(f"({_pattern(form)})" for form in longest)) if longest else None

    def edits(self, text: str) -> Edits:
        if self._pattern is None:
            return Edits()
        found = self._pattern.finditer(text)
        return Edits(tuple(Edit(Span(*m.span()), self._placeholders[(m.lastindex or 1) - 1]) for m in found))

    def text(self, old: str) -> str:
        return self.edits(old).text(old)


def read_off(name: str, text: str) -> tuple[Party, ...]:
    """The parties that the product reads off a document; () if it reads none."""
    try:
        document = parse(f"{name}.txt", text.encode(), Limits()).document
    except ParseFailure:
        return ()
    return tuple((fact.value, fact.span.of(document.text)) for fact in document.facts if fact.name == "party")


def renamed(name: str) -> str:
    """A document's name without the names in it."""
    return f"document-{hashlib.sha256(name.encode()).hexdigest()[:10]}.txt"


def placeholders() -> Iterator[str]:
    """Party A, Party B, ... Party Z, Party AA, ..."""
    for length in count(1):
        yield from (f"Party {''.join(drawn)}" for drawn in product(ascii_uppercase, repeat=length))


def _joint(party: Party, parties: Sequence[Party]) -> bool:
    """Whether it stands for several of the others: "Birch and Mount, individually a Party"."""
    if _TOGETHER.search(party[0]):
        return True
    called = {name.lower() for other in parties if other is not party for name in other}
    parts = re.split(r"(?:,\s*|\s+)and\s+|,\s*", party[0].lower())
    return len(parts) > 1 and all(part in called for part in parts)


def _stated(party: Party) -> str:
    return next((name for name in party[1:] if re.fullmatch(r"Party [A-Z]", name)), "")


class _Form(NamedTuple):
    """A name as it may be printed: with a capital or as it begins here, or in any case."""

    name: str
    any_case: bool


def _forms(party: Party, others: Sequence[Party], text: str) -> Iterator[_Form]:
    """What the party is called: in full, without its legal form, by its other names, by the first word of a
    company and the last one of a person if that is no common word."""
    full, *aliases = party
    yield _Form(full, True)
    words = full.split()
    while words and re.sub(r"[.,()]", "", words[-1].lower()) in LEGAL:
        words.pop()
    core = " ".join(words).strip(" ,")
    single = words[:1] if len(words) > 1 else []
    if len(words) == len(full.split()) and 2 <= len(words) <= 3:
        single = [words[0], words[-1]]
    shared = {word for other in others for name in other[:1] for word in _words(name)}
    alone = [
        w for w in single if len(w) > SHORTEST and w.isalpha() and w.lower() not in shared and not _common(w, text)
    ]
    for name in (core, *(alias for alias in aliases if _is_name(alias, full)), *alone):
        if len(name) >= SHORTEST and any(word not in _GENERIC for word in re.findall(r"[^\W_]+", name.lower())):
            yield _Form(name, False)


def _common(word: str, text: str) -> bool:
    """Whether the document also uses the word as an ordinary one, or it is a place."""
    return word.title() in STATES or re.search(rf"\b{re.escape(word.lower())}\b", text) is not None


def _is_name(other: str, full: str) -> bool:
    """Whether it is made of the full name's words or letters; a role is not."""
    if set(_words(other)) & (set(_words(full)) - _GENERIC):
        return True
    letters = iter(re.sub(r"[\W\d_]", "", full).upper())
    short = other.isupper() and other.isalpha() and len(other) <= LONGEST_ABBREVIATION
    return short and other.lower() not in _GENERIC and other[0] == full[:1].upper() and all(c in letters for c in other)


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W_]{2,}", name.lower())


def _pattern(form: _Form) -> str:
    """The name as whole words, whatever its white space and commas. The full stop of a legal form stays: it may be that
    of the sentence."""
    name = form.name
    words = [re.sub("['’]", "['’]", re.escape(word.strip(",."))) for word in name.split() if word.strip(",.")]
    if not words:
        return r"(?!)"
    first = "" if form.any_case else rf"(?=[A-Z\d]|{re.escape(name[0])})"
    body = r"[,.]?\s+".join(words)
    return rf"(?<!\w){first}(?i:{body})(?!\w)"
