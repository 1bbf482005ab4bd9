"""Questions about the set in words of their own: what is like a sentence that asks for something asks for the same.

`restated` cuts a question that `plan` does not understand into who is asked about and what is asked of them, finds
the nearest known sentence for the latter (profiles: `asked`; findings: meanings.toml), says the question again in the
planner's words, and has that planned. What it was taken for is part of the answer. Names, numbers and one definite
document are never guessed at: such a question goes the usual way.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from citebound.answer.sets.frame import FRAMES, POLITE
from citebound.answer.sets.plan import LONGEST, plain, plan
from citebound.answer.sets.question import Clause, Condition, Either, Every, Quantifier, SetQuestion, Unless, Whole
from citebound.answer.sets.typing import mended
from citebound.answer.words import content, stem
from citebound.ingest.profile import Profile
from citebound.protocols import Vectors

Embed = Callable[[Sequence[str]], Vectors]
Understood = Callable[[str], SetQuestion | None]

LEAST, APART = 0.5, 0.05
"""Cosine with the nearest sentence, and by how much it must be nearer than those of anything else. On 74 questions of a
reader who knew the categories only by name, 64 are nearest to the right one; of those that pass both, all but one.
These and all bars below are of MEASURED; another encoder's cosines lie elsewhere."""
MEASURED = "all-minilm-l6-v2"
FINDING = 0.55
"""Cosine with what is asked of findings: there are many of them in every report, and more that can be asked of them."""
NOUNLESS = 0.6
"""Cosine where the question does not even say that it asks about documents."""
DENIED = 0.6
"""Cosine of what is denied: a false denial would name nearly all documents."""
CERTAIN, CLEAR = 0.8, 0.1
"""Cosine, and distance to any other meaning, from which on a question is taken at its word. Below, it was perhaps not
what was asked, and nothing is claimed: a wrong set costs as many false members as it has, a denied one nearly all
documents. Of ten development questions that were taken for something else once the sentences of their own condition
were left out, two reach these bars, both for its nearest relative (a cap, and what is outside of it)."""
SAID, UNSAID = 0.65, 0.34
"""The same, where no more than this share of the content words is strange to all sentences of the meaning."""
WORDS = 30
"""Of a predicate: longer ones are not looked at."""
SENTENCES = Path(__file__).with_name("meanings.toml")

# -- who is asked about ------------------------------------------------------------------------------------------------

DOCUMENT = (
    r"(?:contract|agreement|deal|lease|nda|msa|document|amendment|report|advisory|audit|assessment"
    r"|pen(?:etration )?test|pentest)"
)
DOCUMENTS = DOCUMENT.replace("advisory", "advisorie") + "s"
UNITS = r"(?:findings|vulnerabilities|vulns|issues|weaknesses|flaws|bugs|holes|cves|vendors|products|clients)"
PEOPLE = r"(?:suppliers|customers|licen[cs]es|licen[cs]ees|licensors|distributors|partners|franchisees)"
NOUN = re.compile(
    r"^(?P<noun>(?:(?!(?:that|which|with|where|under)\b)[\w'&.-]+ ){0,5}?" rf"(?:{DOCUMENTS}|{UNITS}))(?![\w-])", re.I
)
ONE_NOUN = re.compile(
    r"^(?P<noun>(?:(?!(?:that|which|with)\b)[\w-]+ ){0,3}?" rf"(?:{DOCUMENT}|finding|vulnerability|vendor))\b", re.I
)
DEFINITE = re.compile(
    r"\b(?:the|this|that|our|its|their|my|said)"
    rf" (?:(?!(?:may|can|could|to|shall|will|must|us|let|lets|letting) )[\w'&.-]+ ){{0,4}}?{DOCUMENT}\b(?!s)"
    r"|\b(?:under|in|of|to|for) (?:the|this|that|our) (?:[\w'&.-]+ ){0,4}?"
    r"(?:licen[cs]e|venture|engagement|portal|bug|overflow)\b"
    r"|\b(?:section|clause|article|paragraph|finding|page) \d",
    re.I,
)
"""One document is meant, and the question is not about the set."""

# -- how the question is put -------------------------------------------------------------------------------------------

CONTEXT = re.compile(
    r"^[^?]{0,200}?(?:[.;!:] |, so )(?=(?:which|how many|what|are|is|do|does|list|show|any|in which)\b)", re.I
)
PREMISE = re.compile(
    r"^(?P<premise>(?:if|when|once|in case|should) [^,?]{3,120}), "
    r"(?P<asked>(?:which|how many|what|are|is|do|any)\b.*)$",
    re.I,
)
TRAILING = re.compile(
    r"^(?P<what>[^?]{2,120}?) ?(?:[:,;]| - | -|- ) ?"
    r"(?P<asked>which(?: ones?| contracts| agreements| deals| reports)?|how many|any"
    r"|(?:please )?(?:list|show) (?:them|those|all|me)(?: all)?(?: please)?|which ones(?: are there)?)[?.! ]*$",
    re.I,
)
"""What is asked for stands first: "non-competes - which ones?"."""
ANYWHERE = re.compile(
    r"^(?:are|is|do|does|can|could|did|have|has) (?P<what>[^?]{5,150}?),?"
    r" (?:anywhere|(?:in|under) any of (?:the|our|these) \w+)[?. ]*$",
    re.I,
)
ANYTHING = re.compile(
    r"(?:anything|something|everything|nothing|ones|(?:of )?(?:these|those|them)(?= (?!two\b|parties\b)))"
    r"(?: (?:in the pile|in there|in here|here|we have|we (?:have )?signed))?(?: (?:that|where))?(?: |$)",
    re.I,
)
OTHER = re.compile(
    r"(?:\w+ )?(?:difference|way|chance|reason|idea|point|need|kind|type|sort)s? (?:between|of|to|for|why|in)\b", re.I
)
HAVING = re.compile(r"(?:do we have|are there|have we(?: got)?|exist|is there|do you (?:have|see|hold))?", re.I)
AUXILIARY = (
    r"(?:can|could|have|has|are|is|do|does|name|contain|include|require|allow|grant|give|let|say|provide|come|need|took"
    r"|take|roll|renew|expire)"
)
WHERE = re.compile(r"where (?=(?:do|have|are|can|may|must|did) (?:we|both|neither|either)\b)", re.I)
ARTICLE = re.compile(r"^(?:(?:the|all|any|every|each|our|those|of|a list of) )+", re.I)
AGAIN: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            r"^(?:does|do|did|is|are|has|have|was|were) (?P<what>[^?]{3,80}?) (?:show(?:s|n)? up|appear|occur|come"
            r" up|turn up"
            r"|crop up|(?:get )?mentioned|found|present|listed)(?: anywhere)? (?:in|within|across) (?:any of )?"
            rf"(?:the|our|these|those|any) (?P<noun>{DOCUMENTS})(?=[?. ]*$)",
            re.I,
        ),
        r"Do any \g<noun> mention \g<what>",
    ),
    (
        re.compile(
            r"^(?:is|was|has) everything (?:that is |that's )?(?:rated )?(?P<level>critical|high|medium|low)\b(?:"
            r" severity)?",
            re.I,
        ),
        r"Are all \g<level> findings",
    ),
)
"""Turns of phrase, and how the planner knows them."""
LONE = re.compile(
    r"\b(?:at least one|an?|any) (?P<one>critical|high|medium|low)(?=[?.,]| that\b| which\b| and\b|$)"
    r"|\b(?P<many>critical|high|medium|low)s\b",
    re.I,
)
"""A level that stands for findings of that level: "at least one critical", "criticals that remain"."""

# -- what is asked of them ---------------------------------------------------------------------------------------------

JOINT = re.compile(r"(?:,? (?:and|but|yet)(?: (?:also|still))?|,? while) (?!(?:the|a|an|its|their|all|other)\b)", re.I)
BETWEEN = re.compile(r",? or ", re.I)
LINK = re.compile(
    r"^(?:(?:that|which|who|where|in which|under which|whose|there|is there|are there|were found to|found to"
    r"|was found to|we|you|they|it|one|having|actually|also|still|already|ever|with|to|come|comes|came|do|does|did"
    r"|have|has|had|contain"
    r"|contains|include|includes|say|says|provide|provides|state|states|mention|mentions|carry|come with|comes with|are"
    r"|is|were|was|let|lets|describe|describes)(?: |$))+",
    re.I,
)
"""Words that only tie a condition to its noun."""
NARROWING = re.compile(r"\b(?:only|critical|high|medium|low|informational|serious)\b", re.I)
"""Words that say more than the nearest sentence does, unless it has them too."""
COMMON = frozenset(
    stem(word)
    for word in "party parties side contract contracts agreement agreements deal document report company business"
    " vendor"
    " supplier customer client clause provision section term terms thing stuff something somebody anybody someone"
    " one ones"
    " give gives get gets let lets make makes put puts say says state provide contain include allow permit".split()
)
"""Words that tell no condition from another."""
PROPER = re.compile(
    r"(?<!^)\b(?!(?:IP|MFN|ROFR|ROFO|ROFN|XSS|CSRF|SSRF|XXE|SQL|CVEs?|IPR|XML|RCE|TLS|SSL|I|HR|IT"
    r"|OK)\b)[A-Z][\w&.-]*|\d"
)
"""A name or a number, which no likeness stands for."""

# -- and what is denied ------------------------------------------------------------------------------------------------

DENIES = r"(?:do|does|did)(?:n't| not)"
MODAL = re.compile(
    r"\b(?:can(?:'t|not| not)|may not|must(?:n't| not)|never|not (?:be )?(?:allowed|permitted|able|free)(?: to)?"
    r"|(?:aren't|isn't) (?:allowed|permitted|able|free)(?: to)?|neither (?:side|party) may"
    rf"|{DENIES} (?:let|allow|permit|enable|entitle|give))\b",
    re.I,
)
"""What may not be done."""
RELEASED = re.compile(
    rf"\b{DENIES} (?=(?:bar|forbid|prohibit|restrict|stop|prevent|limit|cap|ban|keep|force|oblige|require|make|put)\b)",
    re.I,
)
"""What is not forbidden or asked for."""
ABSENT = re.compile(
    r"^(?:no\b(?!-| longer)|without(?: (?:a|an|any))?\b|lacks?(?: (?:a|an|any))?\b|lacking\b|missing\b"
    rf"|nobody (?:bothered to |has )?|no one |none |{DENIES}"
    r"(?: (?:have|contain|include|say|mention|provide|carry|come with|state|grant))?(?: (?:a|an|any))?\b"
    r"|(?:have|has|had)(?:n't| not)\b|(?:aren't|isn't|are not|is not)\b)\s*",
    re.I,
)
BECOMING = re.compile(
    r"^(?P<what>(?:our|the|its|their|any|a|an) (?:\w+ ){1,3})(?P<be>is|are|was|were)(?:n't| not) (?!allowed"
    r"|permitted|able|free)",
    re.I,
)
"""What is not so: "our liability isn't capped"."""
LATER = re.compile(r"(?<=\w )(?:there(?:'s| is| are) (?:no|not)|no right|not (?:have|contain|include|say))\b", re.I)
"""A denial that stands too far behind to be kept apart from what it denies."""
NEGATOR = re.compile(
    r"\b(?:no(?!-)|not|nor|neither|never|none|nobody|nothing|without|lack\w{0,4}|missing|cannot|except)\b|n't\b", re.I
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """A condition as the planner knows it. `forbids`: it is there where something may not be done."""

    says: str
    forbids: bool = False
    of_findings: bool = False


UNKNOWN = Meaning("")
"""What is not read off documents."""


@dataclass(frozen=True, slots=True)
class Guess:
    """The nearest sentence, its meaning and its cosine, how much farther the next meaning is, and the share of the
    content words that no sentence of the meaning has."""

    meaning: Meaning
    sentence: str
    cosine: float
    apart: float
    unsaid: float = 1.0

    def certain(self, *, absent: bool) -> bool:
        """Whether the question asks for this, or only perhaps. A denial must be near in meaning and in words."""
        told = self.cosine >= SAID and self.unsaid <= UNSAID
        near = self.cosine >= CERTAIN
        return self.apart >= CLEAR and ((near and told) if absent else (near or told))

    @property
    def sure(self) -> bool:
        least = FINDING if self.meaning.of_findings else LEAST
        return self.meaning is not UNKNOWN and self.cosine >= least and self.apart >= APART

    def says(self, text: str) -> bool:
        """Whether the text may mean the same: both deny something or neither does, and it narrows nothing down."""
        alike = self.meaning.forbids or bool(NEGATOR.search(text)) == bool(NEGATOR.search(self.sentence))
        return alike and {w.lower() for w in NARROWING.findall(text)} <= {
            w.lower() for w in NARROWING.findall(self.sentence)
        }


class Meanings:
    """The sentences that ask for conditions, by kind of document, and the nearest of them. Embedded on first use."""

    def __init__(self, kinds: Sequence[Profile], embed: Embed) -> None:
        self._embed = embed
        said: dict[Meaning, tuple[str, ...]] = {}
        for kind in kinds:
            for clause in kind.clauses:
                said[Meaning(clause.title.lower(), clause.forbids)] = clause.asked
            for field in kind.fields:
                said[Meaning(f"a stated {field.title.lower()}")] = field.asked
        table = tomllib.loads(SENTENCES.read_text("utf-8"))
        if any(kind.findings for kind in kinds):
            said |= {Meaning(phrase, of_findings=True): tuple(asked) for phrase, asked in table["findings"].items()}
        said[UNKNOWN] = tuple(sentence for asked in table["unknown"].values() for sentence in asked)
        self._sentences = [(sentence, meaning) for meaning, asked in said.items() for sentence in asked]

    def nearest(self, texts: Sequence[str]) -> list[Guess | None]:
        """For each text the meaning of the nearest sentence; None where there are not two meanings."""
        meanings = list(dict.fromkeys(meaning for _, meaning in self._sentences))
        if len(meanings) < 2 or not texts:
            return [None] * len(texts)
        cosines = self._embed(texts) @ self._vectors.T
        of = np.array([meanings.index(meaning) for _, meaning in self._sentences])
        made: list[Guess | None] = []
        for text, row in zip(texts, cosines, strict=True):
            first = int(row.argmax())
            other = float(row[of != of[first]].max())
            sentence, meaning = self._sentences[first]
            strange = self._strange(text, meaning)
            made.append(Guess(meaning, sentence, float(row[first]), float(row[first]) - other, strange))
        return made

    def _strange(self, text: str, meaning: Meaning) -> float:
        own = {stem for sentence, of in self._sentences if of == meaning for stem in content(sentence)}
        asked = [stem for stem in content(text) if stem not in COMMON]
        return sum(stem not in own for stem in asked) / len(asked) if asked else 0.0

    @cached_property
    def _vectors(self) -> Vectors:
        return self._embed([sentence for sentence, _ in self._sentences])


def restated(
    question: str, kinds: Sequence[Profile], known: Mapping[str, Sequence[str]], meanings: Meanings
) -> SetQuestion | None:
    """What the question asks of the set if it can be said in words that `plan` understands; its `restated` says how."""

    def understood(words: str) -> SetQuestion | None:
        return plan(words, kinds, known)

    asked_as = plain(question)
    if not 5 <= len(asked_as) <= LONGEST or DEFINITE.search(asked_as):
        return None
    text = said_again(asked_as, kinds, known)
    if text != asked_as and (made := understood(text)):
        return replace(made, text=question, restated=text)
    asked = cut(text)
    if asked is None:
        return None
    for said in _said(asked, meanings, understood):
        made = understood(said.words)
        if made is not None and made.condition is not None:
            return replace(made, text=question, restated=said.words, perhaps=not said.certain)
    return None


def said_again(text: str, kinds: Sequence[Profile], known: Mapping[str, Sequence[str]]) -> str:
    """The question with slips of typing mended and turns of phrase put as the planner knows them."""
    text = mended(text, kinds, (name for names in known.values() for name in names))
    for pattern, again in AGAIN:
        text = pattern.sub(again, text, count=1)
    return LONE.sub(lambda m: f"{m['one'] or m['many']} findings", text)


@dataclass(frozen=True, slots=True)
class _Said:
    """A question in known words, and whether it is certain that it asks the same."""

    words: str
    certain: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A question in three parts. `subject` is the noun with what stands before it, "" where the question has none."""

    quantifier: Quantifier
    subject: str
    predicate: str


SAYS = {Quantifier.LIST: "Which", Quantifier.COUNT: "How many", Quantifier.ANY: "Do any", Quantifier.ALL: "Do all"}


def cut(text: str) -> Asked | None:
    """The quantifier, who is asked about, and what is asked of them."""
    if (context := CONTEXT.match(text)) and not TRAILING.match(text):
        text = text[context.end() :]
    if premise := PREMISE.match(text):
        condition = premise["premise"]
        text = f"{premise['asked'].rstrip('?. ')} {condition[0].lower()}{condition[1:]}"
    if trailing := TRAILING.match(text):
        asked, what = trailing["asked"].lower(), trailing["what"]
        quantifier = {"how": Quantifier.COUNT, "any": Quantifier.ANY}.get(asked[:3], Quantifier.LIST)
        noun = NOUN.match(what)
        return Asked(quantifier, noun["noun"], what[noun.end() :].strip()) if noun else Asked(quantifier, "", what)
    text = text.rstrip("?.! ").removesuffix("please").rstrip(", ")
    if anywhere := ANYWHERE.match(text):
        return Asked(Quantifier.ANY, "", anywhere["what"])
    low = text.lower()
    polite = POLITE.match(low)
    text, low = (text[polite.end() :], low[polite.end() :]) if polite else (text, low)
    if bare := re.match(r"any\b(?! of) ?(?=\w)", low):
        return _after(text[bare.end() :], Quantifier.ANY)
    if anything := ANYTHING.match(text):
        return Asked(Quantifier.LIST, "", text[anything.end() :])
    for quantifier, pattern in FRAMES:
        if match := re.compile(pattern).match(low):
            rest = text[match.end() :].strip()
            if OTHER.match(rest) or (match[0].startswith("what") and not NOUN.match(rest)):
                return None
            each = bool(re.search(r"(?:every|each)\s*$", match[0]))
            return _after(rest, quantifier, each=each)
    if where := WHERE.match(text):
        return Asked(Quantifier.LIST, "", text[where.end() :])
    text = ARTICLE.sub("", text)
    noun = NOUN.match(text)
    return Asked(Quantifier.LIST, noun["noun"], text[noun.end() :].strip()) if noun and noun.end() < len(text) else None


def _after(rest: str, quantifier: Quantifier, *, each: bool = False) -> Asked | None:
    """What stands behind the frame. A question for a list or a number must say who is asked about, or go on with a
    verb; "is there any" may ask for the thing itself."""
    if anything := ANYTHING.match(rest):
        return Asked(quantifier, "", rest[anything.end() :].strip())
    listed = quantifier in (Quantifier.LIST, Quantifier.COUNT) and not each
    if noun := NOUN.match(rest) or (None if listed else ONE_NOUN.match(rest)):
        subject, predicate = noun["noun"], rest[noun.end() :].strip()
        before, _, last = subject.rpartition(" ")
        if before and HAVING.fullmatch(predicate):  # "how many exclusive deals do we have"
            return Asked(quantifier, last, before)
        return Asked(quantifier, subject, predicate)
    if quantifier is not Quantifier.ANY and not re.match(rf"{AUXILIARY}\b|(?:\w+ ){{0,2}}{PEOPLE}\b", rest, re.I):
        return None
    return Asked(quantifier, "", rest)


def _said(asked: Asked, meanings: Meanings, understood: Understood) -> Iterator[_Said]:
    """The question in known words: all its parts, or all of it as one where no part is known to be another thing."""
    for subject in [plural(asked.subject)] if asked.subject else ["findings", "contracts"]:
        alone: set[Meaning] = set()
        for split, joint in ((JOINT, "and"), (BETWEEN, "or"), (None, "")):
            parts = [p for p in split.split(asked.predicate) if p.strip()] if split else [asked.predicate]
            if split and len(parts) < 2:
                continue
            read = [_read(part.strip(), subject, meanings, understood) for part in parts]
            found = [one for one in read if one is not None]
            if not split and any(one.guess and one.guess.meaning != other for one in found for other in alone):
                continue
            alone |= {one.guess.meaning for one in found if one.guess}
            if len(found) == len(read) and len({one.phrase for one in found}) == len(found):
                guesses = [one.guess for one in found if one.guess]
                if asked.subject or all(
                    g.cosine >= NOUNLESS and g.meaning.of_findings == (subject == "findings") for g in guesses
                ):
                    said = f" {joint} ".join(one.phrase for one in found)
                    yield _Said(f"{SAYS[asked.quantifier]} {subject} {said}?", all(one.certain for one in found))
            if found and joint == "and":
                return  # to take all of it for the one part that is known would drop the other


def plural(subject: str) -> str:
    match = re.search(rf"\b(?:{DOCUMENT}|finding|vulnerability|vendor)$", subject, re.I)
    if not match:
        return subject
    return subject[:-1] + "ies" if subject.endswith("y") else subject + "s"


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the predicate in known words, and the guess that they rest on, if any."""

    phrase: str
    guess: Guess | None = None
    certain: bool = True


def _read(part: str, noun: str, meanings: Meanings, understood: Understood) -> _Part | None:
    """A part of the predicate in known words: all of it, or its beginning, and the rest by the nearest meaning."""
    if not MODAL.search(part):
        for phrase in (part, f"have {part.removeprefix('either ')}", f"that {part}"):
            if understood(f"Which {noun} {phrase}"):
                return _Part(phrase)
    tokens = part.split()
    if not tokens or len(tokens) > WORDS:
        return None
    tails = [(i, _denial(" ".join(tokens[i:]))) for i in range(len(tokens)) if not NEGATOR.search(" ".join(tokens[:i]))]
    kept = [(i, tail) for i, tail in tails if tail and not PROPER.search(tail.text)]
    guesses = meanings.nearest([tail.text for _, tail in kept])
    found = [(i, tail, g) for (i, tail), g in zip(kept, guesses, strict=True) if g and g.sure and g.says(tail.text)]
    known, end = _known(tokens, noun, understood) if found else (None, 0)
    for i, tail, guess in sorted(found, key=lambda f: (-round(f[2].cosine, 1), f[0])):
        absent = tail.absent(guess.meaning)
        alone = understood(f"Which {noun} have {guess.meaning.says}")
        same = alone is not None and alone.condition == known
        if (i < end and not (same and i == 0)) or (i >= end and same) or (absent and guess.cosine < DENIED):
            continue
        phrase = " ".join([*tokens[:i], "have", *(["no"] if absent else []), guess.meaning.says])
        if i == 0 or understood(f"Which {noun} {phrase}"):
            narrowed = i > 0 and any(isinstance(one, Clause) for one in _leaves(known))
            return _Part(phrase, guess, guess.certain(absent=absent) and not narrowed)
    return None


def _known(tokens: Sequence[str], noun: str, understood: Understood) -> tuple[Condition | None, int]:
    """What the first words ask for by themselves, and how many they are: it must not be dropped for the rest."""
    known, end = None, 0
    for i in range(1, len(tokens) - 1):
        made = understood(f"Which {noun} {' '.join(tokens[:i])}")
        if made is not None and made.condition is not None and made.condition != known:
            known, end = made.condition, i
    return known, end


def _leaves(condition: Condition | None) -> Iterator[Condition]:
    match condition:
        case Every(parts) | Either(parts):
            for part in parts:
                yield from _leaves(part)
        case Unless(part) | Whole(part):
            yield from _leaves(part)
        case None:
            return
        case _:
            yield condition


@dataclass(frozen=True, slots=True)
class _Tail:
    """A phrase without its denial: `modal`, something may not be; `denied`, it is not there."""

    text: str
    modal: bool = False
    denied: bool = False

    def absent(self, meaning: Meaning) -> bool:
        """Whether the condition is said not to hold."""
        return not meaning.forbids if self.modal else self.denied


def _denial(text: str) -> _Tail | None:
    """None where more is denied than can be kept apart."""
    bare = LINK.sub("", text).strip()
    if LATER.search(bare):
        return None
    if released := RELEASED.search(text):
        return _once(_Tail((text[: released.start()] + text[released.end() :]).strip(), denied=True))
    if modal := MODAL.search(text):
        if len(text[: modal.start()].split()) > 5:
            return _Tail(bare)
        return _once(_Tail(f"{text[: modal.start()]}{text[modal.end() :]}".strip(), modal=True), skip=4)
    if becoming := BECOMING.match(bare):
        return _once(_Tail(f"{becoming['what']}{becoming['be']} {bare[becoming.end() :]}", denied=True))
    if absent := ABSENT.match(bare) or ABSENT.match(text):
        where = bare if ABSENT.match(bare) else text
        return _once(_Tail(LINK.sub("", where[absent.end() :]).strip(), denied=True))
    return _Tail(bare) if bare else None


def _once(tail: _Tail, skip: int = 0) -> _Tail | None:
    """The tail, unless another denial stands near its beginning."""
    near = " ".join(tail.text.split()[: 6 - skip])
    return None if not tail.text or NEGATOR.search(near) else tail
