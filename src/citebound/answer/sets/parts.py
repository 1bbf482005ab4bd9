"""From the marks of a question and the words between them to what is asked of the unit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from citebound.answer.sets.frame import (
    FORBIDDING,
    GONE,
    NO_ARTICLES,
    PERMITTING,
    PLAIN,
    RESTRICTING,
    RESTRICTIVE,
    VERBS,
)
from citebound.answer.sets.marks import Mark, Marks
from citebound.answer.sets.question import (
    Clause,
    Pick,
    Quantifier,
    Scale,
    SetQuestion,
    Unit,
)
from citebound.answer.sets.reading import Reading, words_of
from citebound.answer.sets.tree import (
    NotUnderstood,
    Part,
    either_type,
    enumerate_parts,
    of_document,
    of_finding,
    tree,
)
from citebound.answer.sets.unit import plural
from citebound.answer.sets.words import (
    NEGATIONS,
)


def parts_of(read: Reading, marks: Marks, found: Sequence[Mark]) -> tuple[list[Part], list[str]]:
    parts: list[Part] = []
    at = read.frame_end
    for i, mark in enumerate(found):
        gap = tuple(words_of(marks.low[at : mark.start]))
        at_before, at = at, mark.end
        part = Part(mark, gap=gap, listed="," in marks.low[at_before : mark.start] and i > 0)
        denials = [w for w in gap if w in NEGATIONS or w.endswith("n't")]
        if parts and parts[-1].mark.what != "document" and i and _was_gone(marks, found[i - 1]):
            denials = denials[1:] if denials else denials
        if len(denials) > 1 and set(denials) != {"neither", "nor"}:
            raise NotUnderstood
        part.connector = "or" if "or" in gap or "nor" in gap else "and" if "and" in gap else ""
        part.negated = bool(denials) != mark.negated
        if gap and gap[-1] == "than" and gap[-2:] != ("other", "than"):
            raise NotUnderstood
        if "other" in gap and "than" in gap:
            part.negated = not part.negated
        if parts and not denials and parts[-1].spread and part.connector and all(NO_ARTICLES.match(w) for w in gap):
            if (
                part.connector == "and"
                and parts[-1].gap
                and not set(parts[-1].gap) & {"without", "no", "lack", "lacks", "lacking"}
            ):
                raise NotUnderstood
            part.negated, part.spread, part.connector = not part.negated, True, "and"
        if denials:
            part.spread = True
            if "nor" in gap:
                part.connector = "and"
        if isinstance(mark.condition, Clause) and mark.condition.name in RESTRICTIVE and set(gap) & PERMITTING:
            raise NotUnderstood
        if set(gap) & RESTRICTING and not (isinstance(mark.condition, Clause) and mark.condition.name in FORBIDDING):
            raise NotUnderstood
        if "both" in gap:
            part.mark = replace(mark, group="")
        if GONE.match(marks.low[mark.end :]) and mark.what == "condition":
            part.negated = not part.negated
        parts.append(part)
    rest = words_of(marks.low[at:])
    if RESTRICTING & set(rest):
        raise NotUnderstood
    enumerate_parts(parts)
    if any(w in NEGATIONS or w.endswith("n't") for w in rest) and not GONE.match(marks.low[at:]):
        raise NotUnderstood
    return parts, rest


def _was_gone(marks: Marks, mark: Mark) -> bool:
    return bool(GONE.match(marks.low[mark.end :]))


def question_of(
    read: Reading, unit: Mark, parts: list[Part], after: Sequence[str], kinds: tuple[str, ...]
) -> SetQuestion:
    at_unit = next((i for i, p in enumerate(parts) if p.mark is unit), -1)
    parts = [_left_out(p, unit) for p in parts]
    scope = [p.mark.condition for p in parts if p.mark.what == "document" and p.mark.condition is not None]
    if any(p.negated for p in parts if p.mark.what == "document" and p.mark is not unit):
        raise NotUnderstood
    if at_unit >= 0:
        if parts[at_unit].negated:
            raise NotUnderstood
        if at_unit + 1 < len(parts) and parts[at_unit].spread:
            parts[at_unit].spread = False
    of_findings = unit.what == "finding" or (unit.what == "value" and unit.name in ("cve", "cwe"))
    if len({p.mark.condition for p in parts if p.mark.what == "document" and p.mark.condition}) > 1:
        scope = [either_type([p.mark for p in parts if p.mark.what == "document" and p.mark.condition], parts)]
    pick = _pick(unit, parts, read.frame)
    rest = [p for p in parts if p.mark.what in ("condition", "count") or (p.mark.what == "finding" and not of_findings)]
    base: list[Part] = []
    if read.frame is Quantifier.ALL:
        base, rest = _split(rest, unit)
    elif re.search(r" of\b", read.low[: read.frame_end]):
        base = [p for p in rest if p.mark.end <= unit.start]
        base, rest = (base, [p for p in rest if p not in base]) if len(base) < len(rest) else ([], rest)
    if of_findings and any(p.mark.what == "count" for p in rest):
        raise NotUnderstood
    lift = of_finding if of_findings else of_document
    quantifier = read.frame or Quantifier.LIST
    if quantifier is Quantifier.ALL and not rest:
        raise NotUnderstood
    if not rest and not base and (unit.what == "document" or not scope):
        words_left = {word for p in parts for word in p.gap} | set(after)
        if (read.frame is None and not scope and not pick) or not words_left <= PLAIN:
            raise NotUnderstood
    in_documents = any(p.mark.what == "document" for p in parts)
    if unit.what == "value" and not in_documents and any(isinstance(p.mark.condition, Clause) for p in rest):
        raise NotUnderstood
    return SetQuestion(
        read.text,
        {"document": Unit.DOCUMENT, "finding": Unit.FINDING, "value": Unit.VALUE}[unit.what],
        quantifier,
        plural(unit),
        kinds,
        scope[0] if scope else None,
        tree(base, lift) if base else None,
        tree(rest, lift) if rest else None,
        unit.name if unit.what == "value" else "",
        pick=pick,
    )


def _left_out(part: Part, unit: Mark) -> Part:
    """ "Agreements other than NDAs": a type of document behind the unit that its members may not have."""
    words = set(part.gap)
    named = part.mark.what == "document" and part.mark is not unit and part.mark.plural and part.mark.condition
    if not named or not part.negated or not ("except" in words or {"other", "than"} <= words):
        return part
    return replace(part, mark=replace(part.mark, what="condition", group=""))


def _pick(unit: Mark, parts: Sequence[Part], frame: Quantifier | None) -> Pick | None:
    """The one superlative, if it can be asked of the unit; what is denied, counted or asked of all is another thing."""
    picks = [p for p in parts if p.mark.pick]
    if not picks:
        return None
    pick = picks[0].mark.pick
    of_findings = pick is not None and pick.scale in (Scale.NUMBER, Scale.SEVERITY)
    fits = unit.what == ("finding" if of_findings else "document")
    if len(picks) > 1 or picks[0].negated or not fits or frame not in (None, Quantifier.LIST):
        raise NotUnderstood
    return pick


def _split(rest: list[Part], unit: Mark) -> tuple[list[Part], list[Part]]:
    """Of "do all contracts with Birch have a cap": what says which, and what is asked of them."""
    verb = next((i for i, p in enumerate(rest) if p.mark.start > unit.end and set(p.gap) & VERBS), None)
    if verb is None:
        verb = len(rest) - 1
        while verb > 0 and rest[verb].connector:
            verb -= 1
    return rest[: max(verb, 0)], rest[max(verb, 0) :]
