"""Questions about the set in words of their own: what is like a sentence that asks for something asks for the same.

`restated` cuts a question that `plan` does not understand into who is asked about and what is asked of them, finds
the nearest known sentence for the latter (profiles: `asked`; findings: meanings.toml), says the question again in the
planner's words, and has that planned. What it was taken for is part of the answer. Names, numbers and one definite
document are never guessed at: such a question goes the usual way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from citebound.answer.sets.asked import (
    DEFINITE,
    DOCUMENTS,
    SAYS,
    Asked,
    cut,
    plural,
)
from citebound.answer.sets.denial import MODAL, denial
from citebound.answer.sets.meaning import (
    NEGATOR,
    PROPER,
    Guess,
    Meaning,
    Meanings,
)
from citebound.answer.sets.plan import LONGEST, plain, plan
from citebound.answer.sets.question import Clause, Condition, Either, Every, SetQuestion, Unless, Whole
from citebound.answer.sets.typing import mended
from citebound.ingest.profile import Profile

Understood = Callable[[str], SetQuestion | None]
NOUNLESS = 0.6
"""Cosine where the question does not even say that it asks about documents."""
DENIED = 0.6
"""Cosine of what is denied: a false denial would name nearly all documents."""
WORDS = 30
"""Of a predicate: longer ones are not looked at."""
AGAIN: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            r"^(?:(?:show|list|give|tell)(?: me| us)? )?(?:everything|anything|all|what|whatever)(?: (?:is|was|were|did"
            r" they|they|that is|that was))? (?:wrong|found|find|reported|discovered|identified|noted|detected)"
            r"(?= (?:on|in|at|against|for|with) )",
            re.I,
        ),
        "Which findings are found",
    ),
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
    r"|\b(?P<many>critical|high|medium|low)s\b"
    r"|\b(?P<ones>critical|high|medium|low)(?:[- ](?:severity|rated|risk))? ones\b",
    re.I,
)
"""A level that stands for findings of that level: "at least one critical", "criticals that remain"."""

# -- what is asked of them ---------------------------------------------------------------------------------------------

JOINT = re.compile(r"(?:,? (?:and|but|yet)(?: (?:also|still))?|,? while) (?!(?:the|a|an|its|their|all|other)\b)", re.I)
BETWEEN = re.compile(r",? or ", re.I)


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
    return LONE.sub(lambda m: f"{m['one'] or m['many'] or m['ones']} findings", text)


@dataclass(frozen=True, slots=True)
class _Said:
    """A question in known words, and whether it is certain that it asks the same."""

    words: str
    certain: bool


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
    tails = [(i, denial(" ".join(tokens[i:]))) for i in range(len(tokens)) if not NEGATOR.search(" ".join(tokens[:i]))]
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
