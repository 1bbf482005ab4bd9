"""Phrases that ask for clauses, for stated fields, and for the law or the courts of a place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

from citebound.answer.sets.marks import CLAIMED, Mark, Marks, condition_mark
from citebound.answer.sets.question import (
    Clause,
    Condition,
    Field,
    Known,
    OneOf,
)
from citebound.answer.sets.words import (
    CLAUSES_SAID,
    COURT,
    DULL,
    LAW,
    NEGATIONS,
    PEOPLES,
    PLACE,
    PLACES,
    SKIPPED,
    SPELLINGS,
    WHICH_LAW,
    WITHIN,
)
from citebound.answer.words import stem
from citebound.ingest.profile import Profile


def claim_laws(marks: Marks) -> None:
    def law(match: re.Match[str]) -> Mark | None:
        around = f"{match['left']} {match['right'] or ''}"
        if not re.search(r"\blaws?\b|govern", around):
            return None
        made = condition_mark(match, _placed("governing_law", match["places"]), group="law")
        return replace(made, negated=bool(match["other"]))

    def court(match: re.Match[str]) -> Mark:
        return condition_mark(match, _placed("jurisdiction", match["places"] or match["places2"]), group="court")

    marks.claim(COURT, court)
    marks.claim(LAW, law)


def _placed(name: str, printed: str) -> Field:
    said: list[str] = []
    for match in re.finditer(rf"(?<!\w)(?:{PLACE})(?!\w)", printed):
        word = PEOPLES.get(match[0], match[0])
        said.append(PLACES[word])
    values = tuple(dict.fromkeys(place for one in said for place in (one, *WITHIN.get(one, ()))))
    return Field((name,), OneOf(values), f"{name.replace('_', ' ')} {' or '.join(dict.fromkeys(said))}")


def claim_clauses(marks: Marks, kinds: Sequence[Profile]) -> None:
    """Clauses and fields that are there or not, by the words with which the profiles say people ask for them."""
    phrases: list[tuple[str, Condition, str]] = []
    for profile in kinds:
        clauses = {
            clause.name: Clause(clause.name, clause.title.lower(), (*clause.words, *clause.asked))
            for clause in profile.clauses
        }
        for pattern, name in CLAUSES_SAID:
            if name in clauses:
                marks.claim(pattern, partial(condition_mark, condition=clauses[name]))
        stated = {
            one.name: Field((one.name,), Known(), f"a stated {one.title.lower()}", (*one.words, *one.asked))
            for one in profile.fields
        }
        if "governing_law" in stated:
            marks.claim(WHICH_LAW, partial(condition_mark, condition=stated["governing_law"]))
        for clause in profile.clauses:
            for said in (*clause.words, clause.title):
                phrases.append((said, clauses[clause.name], profile.name))
        for one in profile.fields:
            for said in one.words:
                if said.lower() not in DULL:
                    phrases.append((said, stated[one.name], profile.name))
    claim_phrases(marks, phrases)


def claim_phrases(marks: Marks, phrases: Iterable[tuple[str, Condition, str]]) -> None:
    """The longest phrases first. One of several words is found by its stems; a single word as it is, or in the plural,
    for what derives from it may mean the contrary ("assignment", "assignable")."""
    tokens = [(m.start(), m.end(), m[0]) for m in re.finditer(r"[^\W_]+", marks.low)]
    said = [SPELLINGS.get(word, word) for _, _, word in tokens]
    stems = [stem(word) for word in said]
    found: list[tuple[list[int], Condition, str]] = []
    for phrase, condition, kind in phrases:
        wanted = _stems(phrase)
        for i in range(len(tokens)):
            used = _run(wanted, i, stems, said, marks.low, tokens)
            if used and (len(wanted) > 1 or said[i] in (phrase.lower(), phrase.lower() + "s")):
                found.append((used, condition, kind))
    taken: set[int] = set()
    for used, condition, kind in sorted(found, key=lambda f: (-len(f[0]), f[0][0], f[0][-1])):
        if taken.isdisjoint(range(used[0], used[-1] + 1)):
            taken |= set(range(used[0], used[-1] + 1))
            between = [said[j] for j in range(used[0], used[-1]) if j not in used]
            start, end = tokens[used[0]][0], tokens[used[-1]][1]
            denied = not NEGATIONS.isdisjoint(between)
            marks.take(Mark(start, end, "condition", condition, negated=denied, kinds=(kind,)))


def _run(
    phrase: tuple[str, ...],
    i: int,
    stems: Sequence[str],
    said: Sequence[str],
    low: str,
    tokens: Sequence[tuple[int, int, str]],
) -> list[int]:
    """The positions at which a phrase stands, beginning at i, with small words between; [] where it does not."""
    if not phrase or stems[i] != phrase[0]:
        return []
    used = [i]
    for wanted in phrase[1:]:
        j = used[-1] + 1
        skipped = 0
        while j < len(stems) and stems[j] != wanted and said[j] in SKIPPED and skipped < 3:
            j += 1
            skipped += 1
        if j >= len(stems) or stems[j] != wanted:
            return []
        used.append(j)
    between = low[tokens[used[0]][0] : tokens[used[-1]][1]]
    return [] if CLAIMED in between or re.search(r"[?!;]|\.\s", between) else used


def _stems(said: str) -> tuple[str, ...]:
    return tuple(stem(SPELLINGS.get(word, word)) for word in re.findall(r"[^\W_]+", said.lower()))


def _spelled(text: str) -> str:
    return " ".join(SPELLINGS.get(word, word) for word in text.split())
