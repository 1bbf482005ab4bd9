"""Conditions that documents state under labels of their own: "Status: interim", a section headed "Arbitration".

No profile declares such labels. They are found in the documents that are asked about: the first cell of a table row,
the words before a colon, a heading. What is asked is read off them only where every word of it that tells something is
one of a label or of what stands under it, and some document has it there; so are words that documents are said to
mention. A document that has the label and says something else under it is decided; one that lacks it is undecided.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from citebound.answer.sets.answer import Proof, SetAnswer, Undecided
from citebound.answer.sets.by_fields import WHOLE
from citebound.answer.sets.frame import GLUE, PERMITTING, PLAIN, RESTRICTING
from citebound.answer.sets.look import speaks_of
from citebound.answer.sets.meaning import COMMON
from citebound.answer.sets.question import Condition, Every, Field, Known, Quantifier, Unless
from citebound.answer.sets.question import words as said
from citebound.answer.sets.words import NEGATIONS
from citebound.answer.words import content, stem
from citebound.indexes.store import Store
from citebound.ingest.sentences import sentence_spans
from citebound.types import Span

SHARED = 0.2
"""Share of the documents that must have a label for it to be one of their make: a question for its value means it."""
LEAST = 2
LONGEST_LABEL = 60
SHORT = 300
"""Characters of a value. What is longer is text, of which a word in it says little."""
SENTENCE = 6
SHOWN = 600
PHRASE = 6
"""Words that documents may be asked to mention; more are a sentence, which nobody finds to the letter."""

LABELLED = re.compile(r"(?P<label>[^\W\d_][\w /&'()-]{1,58}?)(?::[ \t]+|\t)(?P<value>\S[^\n]*)")
CONTRAST = re.compile(r",? \b(?:instead of|rather than|as opposed to|as against)\b.*$", re.I)
MENTION = re.compile(
    r"^(?:(?:explicitly|expressly|also|still|ever) )*(?:(?P<credit>credit|thank|acknowledge)|mention|name|cite|refer to"
    r"|reference|quote|speak of|talk about"
    r"|(?:contain|include|have|use)s? (?:the )?(?:words?|phrases?|terms?|names?|string))"
    r"(?:e?d|e?s|ing)? (?P<thing>.+)$",
    re.I,
)
ACT = re.compile(
    r" (?:for|with|as|by name|by) (?:(?:the|its|this|their) )?(?:\w+ )?(?:report|disclosure|discovery"
    r"|finding|find|reporting|discovering|disclosing|research|reporter|finder)\w*(?: (?:it|them|this))?$",
    re.I,
)
THANKS = frozenset(stem(word) for word in "acknowledgments acknowledgements credits thanks".split())
EMPTY = (
    frozenset(stem(w) for w in GLUE | PLAIN)
    | COMMON
    | frozenset(
        stem(w) for w in "marked mark labelled labeled headed titled tagged set shown located based their its".split()
    )
)
"""Words that tell nothing of what stands under which label."""
DENYING = (
    NEGATIONS
    | PERMITTING
    | RESTRICTING
    | frozenset(
        "before after since until more less fewer than over under above below between least most last first latest"
        " earliest older newer other besides only except both either each every within during never".split()
    )
)
"""Words by which a question asks for less or more than that something stands somewhere."""
DENIED = re.compile(
    r"^(?:(?:(?:do|does|did|is|are|was|were) not|(?:do|does|did|is|are|was|were)n't|not)\b"
    r"|(?:(?:have|has|with|contain|contains|include|includes) )?no\b|without\b|lack(?:s|ing)?\b) ?",
    re.I,
)
""" "Do not concern the energy sector", "without an arbitration clause": the rest of it, denied."""
HEADING_DENIES = re.compile(r"(?i)\b(?:no|not|non|without|exclu\w+|waive\w*)\b")
VOID = re.compile(
    r"(?i)\W*(?:none|n/?a|not applicable|not used|reserved|intentionally (?:left blank|omitted)|omitted|-+)?\W*"
)
SPOKEN = "no section of it is headed so, but a sentence has the words"
OPEN = re.compile(
    r"(?i)\b(?:multiple|various|several|other|unknown|undisclosed|see|tbd|all|worldwide|global|international)\b"
)
"""Values that may well mean the one that is asked for."""


CLAUSE = re.compile(
    r"^(?P<has>(?:contain|include|carry|feature|provide for|have|has|with|come with)\w* )?(?P<some>an?|any|the|some)?"
    r"(?:^| |(?<= ))(?P<thing>[^,;:]+?)"
    r"(?P<part> (?:clause|section|provision|article|chapter|part|paragraph|language)s?)?$",
    re.I,
)
""" "An arbitration clause", "with notices": what sections are headed by."""


@dataclass(frozen=True, slots=True)
class Place:
    """What one document says under a label. `span` and `quote` are what is cited: the value, or under a heading the
    beginning of the section. `headed`: the label is a heading."""

    document: str
    label: str
    text: str
    span: Span
    quote: str
    headed: bool

    @property
    def stems(self) -> frozenset[str]:
        return frozenset(content(self.label))


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was asked, as it was read, and of each document that is decided the places that decide it.
    `why` another is not; `spoken` are places of it that have the words."""

    said: str
    holding: Mapping[str, tuple[Place, ...]]
    others: Mapping[str, tuple[Place, ...]]
    why: str
    spoken: Mapping[str, Place] = field(default_factory=dict)


class Labels:
    """What the documents of one answer say under their labels; `whole` has all of them as members. Reads their text."""

    def __init__(self, store: Store, whole: SetAnswer) -> None:
        self._documents = {member.document.id: member for member in whole.members}
        self._whole = whole
        self._texts = {d: store.text(d, Span(0, WHOLE)) for d in self._documents}
        self._places = [place for d, text in self._texts.items() for place in _places(store, d, text)]

    def read(self, text: str, quantifier: Quantifier, also: SetAnswer | None = None) -> SetAnswer | None:
        """The documents of which `text` is read off labels, and which are members of `also`; None where it is not read
        off any document."""
        asked = CONTRAST.sub("", text).strip(" ?.!,")
        denied = DENIED.match(asked)
        asked = asked[denied.end() :] if denied else asked
        reading = self._reading(asked, denied=denied is not None) if len(self._documents) >= LEAST else None
        if reading is None:
            return None
        known = {one.document.id: one for one in (also or self._whole).members}
        unsure = {one.document.id: one for one in also.undecided} if also else {}
        members, exceptions, undecided = [], [], []
        for d, document in self._documents.items():
            proofs = tuple(map(_proof, (reading.holding.get(d) or reading.others.get(d) or ())[:LEAST]))
            if d in known and d in reading.holding:
                members.append(replace(document, proofs=(*(known[d].proofs if also else ()), *proofs), absent=False))
            elif d in reading.others or (d not in known and d not in unsure):
                exceptions.append(replace(document, proofs=proofs, absent=False))
            elif d in unsure:
                undecided.append(unsure[d])
            elif d in reading.spoken:
                undecided.append(
                    Undecided(document.label, document.document, None, SPOKEN, (_proof(reading.spoken[d]),))
                )
            else:
                undecided.append(Undecided(document.label, document.document, None, reading.why))
        base = self._whole.question
        label: Condition = Field(("label",), Known(), reading.said)
        label = Unless(label) if denied else label
        parts = tuple(c for c in (also.question.scope, also.question.condition) if c) if also else ()
        condition = Every((*parts, label)) if parts else label
        return SetAnswer(
            replace(
                base,
                quantifier=quantifier,
                condition=condition,
                restated=f"which {base.noun}: {said(condition)}",
            ),
            tuple(members),
            tuple(undecided),
            len(self._documents),
            len(self._documents),
            tuple(exceptions) if quantifier is Quantifier.ALL else (),
        )

    def _reading(self, asked: str, *, denied: bool) -> _Reading | None:
        words = {word.lower() for word in re.findall(r"[\w'-]+", asked)}
        if not asked or any(word.endswith("n't") for word in words):
            return None
        if reading := _mentioned(asked, self._texts, self._places):
            return None if denied else reading
        if words & DENYING or re.search(r"\d", asked):
            return None
        reading = _valued(asked, self._places, len(self._documents)) or _headed(asked, self._places, self._texts)
        if reading is None or not denied:
            return reading
        return replace(reading, holding=reading.others, others=reading.holding)


def _proof(place: Place) -> Proof:
    return Proof(place.document, place.label.casefold(), place.text[:SHORT], place.span, place.quote)


# -- what stands where -------------------------------------------------------------------------------------------------


def _places(store: Store, document: str, text: str) -> Iterator[Place]:
    with store.reading() as db:
        blocks = db.execute(
            'SELECT start, "end" FROM blocks WHERE document_id = ? AND "end" - start <= ? ORDER BY start',
            (document, SHORT + LONGEST_LABEL),
        ).fetchall()
        sections = db.execute(
            'SELECT heading, start, "end" FROM sections WHERE document_id = ? ORDER BY position', (document,)
        ).fetchall()
    for start, end in blocks:
        if match := LABELLED.match(text, start, end):
            value = match["value"].rstrip()
            span = Span(match.start("value"), match.start("value") + len(value))
            yield Place(document, match["label"].strip(), value, span, value, headed=False)
    for heading, start, end in sections:
        at = text.find(heading, start, end) if heading else -1
        if at >= 0 and len(heading) <= LONGEST_LABEL and end - start < len(text) / 2:
            body = text[at + len(heading) : end].strip()
            stop = min(end, start + SHOWN)
            shown = text[start:stop].rstrip()
            yield Place(document, heading.strip(), body, Span(start, start + len(shown)), shown, headed=True)


# -- readings ----------------------------------------------------------------------------------------------------------


def _mentioned(asked: str, texts: Mapping[str, str], places: Sequence[Place]) -> _Reading | None:
    """ "Mention horses", "credit the Zero Day Initiative": these words stand in the document, one after the other."""
    match = MENTION.match(asked)
    if match is None:
        return None
    thing = ACT.sub("", match["thing"]).strip(" \"'")
    thing = re.sub(r"^(?:the|an?|any) ", "", thing)
    words = re.findall(r"[^\W_]+", re.sub(r"(?<=\w)'s?\b", "", thing))
    if not 1 <= len(words) <= PHRASE or not content(thing) or re.search(r"\b(?:or|and)\b|[,;]", thing):
        return None
    owned = re.match(r"^.*\w's? (?P<own>(?:[A-Z][\w&.-]* ){1,5}[A-Z][\w&.-]*)$", thing)
    if owned:  # "Trend Micro's Zero Day Initiative" is the Zero Day Initiative
        words = re.findall(r"[^\W_]+", owned["own"])
    name = all(word[0].isupper() or word[0].isdigit() for word in words)
    if _denied(asked, thing, name=name) or (match["credit"] and not name):
        return None
    ends = r"(?:['’]s?)?" if name else r"(?:['’]s|e?s|e?d|ing)?"
    run = rf"{ends}[\W_]+".join(map(re.escape, words))
    expression = re.compile(rf"(?<!\w){run}{ends}(?!\w)", re.I)
    within = [p for p in places if p.headed and p.stems & THANKS] if match["credit"] else []
    if match["credit"] and len({p.document for p in within}) < max(LEAST, SHARED * len(texts)):
        return None
    holding: dict[str, tuple[Place, ...]] = {}
    if match["credit"]:
        for place in within:
            if expression.search(place.text):
                holding.setdefault(place.document, (place,))
        others: dict[str, tuple[Place, ...]] = {p.document: (p,) for p in within if p.document not in holding}
    else:
        for document, text in texts.items():
            if found := expression.search(text):
                line = _line(text, Span(*found.span()))
                holding[document] = (Place(document, "passage", line.of(text), line, line.of(text), headed=False),)
        others = {document: tuple[Place, ...]() for document in texts if document not in holding}
    told = f"{'credit' if match['credit'] else 'have the words'} “{thing}”"
    return _Reading(told, holding, others, "nobody is credited in it") if holding else None


def _denied(asked: str, thing: str, *, name: bool) -> bool:
    """Whether the question denies or compares something, names aside."""
    left = asked.replace(thing, " ") if name else asked
    return not DENYING.isdisjoint(re.findall(r"[\w'-]+", left.lower()))


def _named(place: Place) -> bool:
    """Whether a value is a name or a list of names, not a sentence, of which a word says little."""
    words = place.text.split()
    denied = not DENYING.isdisjoint(word.lower() for word in words)
    small = sum(word[0].islower() for word in words)
    return len(place.text) <= SHORT and not denied and (len(words) < SENTENCE or 2 * small < len(words))


def _valued(asked: str, places: Sequence[Place], documents: int) -> _Reading | None:
    """ "Marked as interim", "in the energy sector": a value, with or without the label over it."""
    wanted = [w for w in dict.fromkeys(content(asked)) if w not in EMPTY]
    if not wanted:
        return None
    labels: dict[str, list[Place]] = {}
    for place in places:
        if _named(place):
            labels.setdefault(" ".join(place.label.casefold().split()), []).append(place)
    found: list[tuple[int, str, frozenset[str], tuple[tuple[str, ...], ...]]] = []
    sides = [frozenset(content(side)) for side in re.split(r"\bor\b", asked)]
    for label, those in labels.items():
        if len({p.document for p in those}) < max(LEAST, SHARED * documents):
            continue
        named = [w for w in wanted if w in those[0].stems]
        rest = tuple(tuple(w for w in wanted if w in side and w not in named) for side in sides)
        if all(rest):
            has = frozenset(p.document for p in those if _says(p, rest, alone=not named))
            if has:
                found.append((len(named), label, has, rest))
    if not found:
        return None
    most = max(one[0] for one in found)
    best = [one for one in found if one[0] == most]
    if len({one[2] for one in best}) > 1:
        return None
    _, label, has, rest = best[0]
    under: dict[str, list[Place]] = {}
    for place in labels[label]:
        under.setdefault(place.document, []).append(place)
    holding = {d: tuple(p for p in those if _says(p, rest, alone=not most)) for d, those in under.items() if d in has}
    others = {d: tuple(t) for d, t in under.items() if d not in has and not any(OPEN.search(p.text) for p in t)}
    values = {w for side in rest for w in side} | ({"or"} if len(rest) > 1 else set())
    printed = [w for w in re.findall(r"[\w-]+", asked) if values & {*content(w), w}]
    return _Reading(
        f"say “{' '.join(printed)}” under “{labels[label][0].label}”", holding, others, f"nothing under “{label}” tells"
    )


def _says(place: Place, wanted: Sequence[Sequence[str]], *, alone: bool) -> bool:
    """Whether the value has all words of one side; where the label was not named, an item of it is nothing else."""
    if alone:
        items = [set(content(item)) for item in re.split(r"[,;/]|\band\b", place.text)]
        return any(set(side) in items for side in wanted)
    own = set(content(place.text))
    return any(own.issuperset(side) for side in wanted)


def _headed(asked: str, places: Sequence[Place], texts: Mapping[str, str]) -> _Reading | None:
    """ "Have an arbitration clause": a section has that heading."""
    match = CLAUSE.match(asked) if not re.search(r"\bor\b", asked) else None
    if match is None or not (match["has"] or match["some"] or match["part"]):
        return None
    wanted = frozenset(w for w in content(match["thing"]) if w not in EMPTY)
    if not wanted:
        return None
    holding: dict[str, tuple[Place, ...]] = {}
    others: dict[str, tuple[Place, ...]] = {}
    for place in places:
        own = place.stems
        if not place.headed or not wanted <= own or len(own) > 2 * len(wanted) or HEADING_DENIES.search(place.label):
            continue
        if VOID.fullmatch(place.text):
            others.setdefault(place.document, (place,))
        else:
            holding.setdefault(place.document, (place,))
    others = {d: p for d, p in others.items() if d not in holding}
    if not holding:
        return None
    spoken = {}
    for document, text in texts.items():
        if document not in holding and document not in others and (span := speaks_of(text, (match["thing"],), least=1)):
            spoken[document] = Place(document, "passage", span.of(text), span, span.of(text), headed=False)
    [(label, _)] = Counter(p[0].label.capitalize() for p in holding.values()).most_common(1)
    told = f"have a section headed “{label}”"
    return _Reading(told, holding, others, "no section of it is headed so, and no sentence has the words", spoken)


def _line(text: str, span: Span) -> Span:
    """The sentence around a place."""
    start = text.rfind("\n", 0, span.start) + 1
    end = text.find("\n", span.end)
    end = end if end >= 0 else len(text)
    for sentence in sentence_spans(text[start:end]):
        if start + sentence.start <= span.start < start + sentence.end:
            stop = max(span.end, min(start + sentence.end, start + sentence.start + SHOWN))
            return Span(start + sentence.start, stop)
    return span
