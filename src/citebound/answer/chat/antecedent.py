"""What a pointer means in a chat: which clause, finding, document, party or thing the turns before it spoke of.

Of the earlier answers only the places that they cite are looked at, never what they say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from citebound.answer.chat import fragment
from citebound.answer.chat.mentions import (
    AGREEMENTS,
    CLAUSES,
    FINDINGS,
    PAPERS,
    REPORTS,
    SIDES,
    Mention,
    documents,
    groups,
    identifiers,
)
from citebound.answer.chat.pointing import Pointer
from citebound.answer.words import content

HEADING, TITLE = 70, 90
"""Characters of a heading, and of a title, that a question quotes."""

REACH = 3
"""Turns back in which "it" is looked for."""

ORDINALS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "last": -1, "latter": -1, "former": 0}

_PAPER_TAIL = re.compile(r", (?:in|under) [^,]*$")
_ABOUT_TAIL = re.compile(r"(?:, that is, to .*| as to [^,]*)$")
_BARE_TAIL = re.compile(r", and (?:\w+ )?(?:why|when|where|who|how)\b[^,]*$")


@dataclass(frozen=True, slots=True)
class Place:
    """What an answer cites: the document by id and title, and the headings over the place ("15 Term > 15.1 Notice")."""

    document_id: str
    title: str
    section: str

    @property
    def clause(self) -> str:
        """The place as a question names it: "Section 15.1 (Notice)", "QV-03 Request forgery, Impact"; "" for none."""
        path = [" ".join(part.split()) for part in self.section.split(" > ") if part.strip()]
        if not path:
            return ""
        while len(path) > 1 and re.fullmatch(r"\(?\w{1,4}\)", path[-1]):  # a clause is what has a number
            del path[-1]
        numbered = re.match(r"(\d+(?:\.\d+)*)\.?(?:\s+(.+))?$", path[-1])
        if numbered:
            heading = (numbered[2] or "").strip(" .")[:HEADING]
            return f"Section {numbered[1]}" + (f" ({heading})" if heading else "")
        above = [path[-2]] if len(path) > 1 and not re.search(r"\d", path[-1]) else []
        return ", ".join(part.strip(" .")[:HEADING] for part in [*above, path[-1]])

    @property
    def finding(self) -> str:
        """The identifier in the headings over the place, "" for none."""
        found = [m.text for part in self.section.split(" > ") for m in identifiers(part)[:1]]
        return found[-1] if found else ""


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier turn: what was typed, the question that stood alone with its topic, the places that the answer cites,
    and the documents (ids) whose words rewriting put into the question."""

    typed: str
    question: str
    places: tuple[Place, ...] = ()
    topic: str = ""
    documents: frozenset[str] = frozenset()


class Library(Protocol):
    """What rewriting asks of the collection."""

    def titles(self) -> Sequence[tuple[str, str]]:
        """Id and title of every document; () of a large collection."""
        ...

    def parties(self, document_id: str) -> Sequence[str]: ...

    def speaks(self, document_id: str, words: Sequence[str]) -> bool:
        """Whether the document has all of these words."""
        ...


@dataclass(frozen=True, slots=True)
class Meaning:
    """What is put in the place of a pointer, and the documents (ids) that the words are from."""

    text: str = ""
    documents: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.text)


NOTHING = Meaning()


class History:
    """The turns of a chat, at least one, in order."""

    def __init__(self, earlier: Sequence[Earlier], library: Library) -> None:
        self._earlier = earlier
        self._library = library
        self.last = earlier[-1]

    def meant(self, pointer: Pointer) -> Meaning:
        """What a pointer means; NOTHING where that is not known."""
        noun = pointer.noun
        if pointer.ordinal:
            return self._counted(pointer.ordinal, noun)
        if noun in CLAUSES:
            return self.clause(0)
        if noun in FINDINGS:
            return self._finding()
        if noun in PAPERS:
            return self.focus()
        if noun in SIDES:
            return self._party()
        if noun == "one":
            return self._one(pointer)
        if noun:
            return self._group_of(noun)
        if pointer.people:
            return self._people(pointer.text.lower())
        return self._it()

    def clause(self, position: int) -> Meaning:
        """The clause that the last answer cites at a position, with the title of its document."""
        places = list({(p.document_id, p.clause): p for p in self.last.places if p.clause}.values())
        if not -len(places) <= position < len(places):
            return NOTHING
        place = places[position]
        return Meaning(f"{place.clause} of {called(place.title)}", frozenset({place.document_id}))

    def focus(self) -> Meaning:
        """The document that was spoken of last, by the name that it had."""
        return next(reversed(self._discussed()), NOTHING)

    def spelled(self, paper: Meaning) -> Meaning:
        """A document by its title, which search looks for, if its name can mean one document only: "the MSA"."""
        cited = {p.document_id: p.title for turn in self._earlier for p in turn.places if p.title.strip()}
        known = dict(self._library.titles()) | cited
        meant = [(id_, title) for id_, title in known.items() if _means(paper.text, title)]
        return Meaning(called(meant[0][1]), paper.documents | {meant[0][0]}) if len(meant) == 1 else paper

    def parties(self) -> list[str]:
        """The parties of the document that the last answer cites first."""
        return list(dict.fromkeys(p for id_ in self._cited() for p in self._library.parties(id_)))

    def goes_on(self, words: Sequence[str]) -> bool:
        """Whether the document that the last answer cites first has all of these words."""
        return any(self._library.speaks(id_, words) for id_ in self._cited())

    def names_cited(self, text: str) -> bool:
        """Whether a text has the title of a cited document."""
        titles = (_plain(p.title) for turn in self._earlier for p in turn.places if p.title)
        return any(title in _plain(text) for title in titles)

    def _cited(self) -> list[str]:
        return [place.document_id for place in self.last.places[:1]]

    def _finding(self) -> Meaning:
        named = [m.text for m in identifiers(self.last.question)]
        if named:
            return Meaning(named[-1], self.last.documents)
        found = [(p.finding, p.document_id) for p in self.last.places if p.finding]
        return Meaning(found[0][0], frozenset({found[0][1]})) if found else self.clause(0)

    def _counted(self, ordinal: str, noun: str) -> Meaning:
        """ "the second one", "the other agreement", "the other party"."""
        if ordinal == "other":
            if noun in SIDES:
                return self._other_party()
            return self._other_document(noun) if noun in PAPERS | {"one"} else NOTHING
        position = ORDINALS[ordinal]
        if noun in PAPERS:
            named = list({one.text.lower(): one for one in self._discussed()}.values())
            return named[position] if -len(named) <= position < len(named) else NOTHING
        return self.clause(position) if noun in CLAUSES | FINDINGS | {"one"} else NOTHING

    def _discussed(self) -> list[Meaning]:
        """The documents that were spoken of, by the names that they had, in order."""
        made = []
        for turn in self._earlier:
            named = [Meaning(m.text, turn.documents) for m in documents(turn.question)]
            cited = [Meaning(called(p.title), frozenset({p.document_id})) for p in turn.places[:1] if p.title.strip()]
            made += named or cited
        return made

    def _other_document(self, noun: str) -> Meaning:
        """Of the documents spoken of the last one that is not spoken of now; else the only other one of its kind."""
        now = self.focus().text.lower()
        others = [one for one in self._discussed() if one.text.lower() != now]
        if others:
            return others[-1]
        kind = REPORTS if noun in REPORTS else AGREEMENTS if noun in AGREEMENTS else frozenset()
        here = self._cited()
        alike = [
            (id_, title)
            for id_, title in self._library.titles()
            if id_ not in here and (not kind or set(re.findall(r"\w+", title.lower())) & kind)
        ]
        return Meaning(called(alike[0][1]), frozenset({alike[0][0]})) if len(alike) == 1 and here else NOTHING

    def _party(self) -> Meaning:
        named = [p for p in self.parties() if _short(p) in self.last.question.lower()]
        return Meaning(named[0], frozenset(self._cited())) if len(named) == 1 else NOTHING

    def _other_party(self) -> Meaning:
        named = [p for p in self.parties() if _short(p) in self.last.question.lower()]
        others = [p for p in self.parties() if p not in named]
        return Meaning(others[0], frozenset(self._cited())) if len(named) == len(others) == 1 else NOTHING

    def _people(self, word: str) -> Meaning:
        """ "them": what was spoken of in the plural, or the one party that was named, which alone "they" is."""
        things = [] if word == "they" else _things(without_asides(self.last.question))
        many = [g.text for g in things if g.text.endswith("s") and not g.text.endswith("ss")]
        return Meaning(many[0], self.last.documents) if many else self._party()

    def _one(self, pointer: Pointer) -> Meaning:
        if pointer.determiner:  # "that one", "this one"
            newest = documents(self.last.typed) or identifiers(self.last.typed)
            return Meaning(newest[-1].text) if newest else self._it()
        asked = without_asides(self.last.question)
        some = [g.text for g in groups(asked) if g.determiner in ("a", "an", "any")]
        return Meaning(some[-1], self.last.documents) if some else NOTHING

    def _group_of(self, noun: str) -> Meaning:
        """ "that fee": the group of nouns with this head that was spoken of last."""
        for turn in reversed(self._earlier):
            for group in reversed(groups(without_asides(turn.question))):
                words = group.text.lower().split(" of ")[0].split()
                if words and content(words[-1]) == content(noun) and len(group.text.split()) > 1:
                    return Meaning(group.text, turn.documents)
        return NOTHING

    def _it(self) -> Meaning:
        for turn in reversed(self._earlier[-REACH:]):
            text = turn.topic if turn.topic in turn.question else ""
            if text := text or topic(without_asides(turn.question)):
                return Meaning(text, turn.documents)
        return self.focus() or self.clause(0)


def topic(question: str) -> str:
    """What "it" is after a question: a finding, an act, what was asked, a thing, or the document; "" for nothing."""
    named = [m.text for m in identifiers(question) if not re.match(r"(?i)\w+ (?:\d|[A-Z]$)", m.text)]
    if named:
        return named[-1]
    act = fragment.act(question)
    if act:
        return f"to {act}"
    asked = re.match(r"(?i)(?:what|which|who)(?:[’']?s| is| are| was| were) ((?:the|our|a|an) .+)$", question)
    if asked:
        return _until_document(asked[1].rstrip("?. "))
    papers = documents(question)
    things = [thing for thing in _things(question) if not papers or thing.determiner or " " in thing.text]
    if things and not (papers and papers[0].span < things[0].span and not things[0].determiner):
        return things[0].text
    return papers[0].text if papers else ""


def without_asides(question: str, *, about: bool = True) -> str:
    """A rewritten question without what was only added to it; with `about` also without what it goes on about."""
    kept = _PAPER_TAIL.sub("", question.rstrip("?. "))
    for pattern in (_BARE_TAIL, _BARE_TAIL, *([_ABOUT_TAIL] if about else [])):
        kept = pattern.sub("", kept)
    return kept.strip() or question


def called(title: str) -> str:
    """A document as a question names it: the first part of its title."""
    title = " ".join(title.split(":")[0].split())[:TITLE]
    title = title.title() if title.isupper() else title
    numbered = re.match(r"(?i)(?:amendment|addendum) no\. ?\d+", title)
    if numbered:
        return numbered.group().title()
    return title if not title or re.match(r"(?i)the |amendment no|.*\.\w{2,4}$", title) else f"the {title}"


def _means(name: str, title: str) -> bool:
    """Whether a document may be called so: by words of its title, or their first letters."""
    plain = re.findall(r"\w+", title.split(":")[0].lower())
    words = [w for w in re.findall(r"\w+", name.lower()) if w not in ("the", "our", "a")]
    letters = "".join(w[0] for w in plain)
    return bool(words) and (set(words) <= set(plain) or (len(words) == 1 and len(words[0]) > 2 and words[0] in letters))


def _things(question: str) -> list[Mention]:
    """Groups of nouns that "it" can mean: not names of people and companies, nor amounts after "how"."""
    made = []
    for group in groups(question):
        before = question[: group.span.start].lower().split()[-1:]
        name = not group.determiner and group.text[:1].isupper()
        if not name and before not in (["how"], ["to"]) and group.determiner != "no":
            made.append(group)
    return [g for g in made if g.determiner] or made


def _until_document(text: str) -> str:
    """A group of nouns without the document that it is in: "the cap on liability" of "... in the MSA"."""
    papers = documents(text)
    kept = text[: papers[0].span.start] if papers else text
    kept = re.split(r"(?i),| (?:if|when|once|unless|because|while|that|which|who|after|before)\b", kept)[0]
    part = r"(?: (?:exhibit|annex|section|schedule) \S+)?"
    return re.sub(rf"(?i)(?:,? (?:in|under|of|on|per|by|for|to|with){part})+ *$", "", kept).strip(" ,") or text


def _short(party: str) -> str:
    return next(iter(re.findall(r"\w+", party.lower())), "\0")


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))
