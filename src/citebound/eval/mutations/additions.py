"""Text that the source does not have: a tail with a further fact, a condition in front or in the middle."""

from __future__ import annotations

import re
from collections.abc import Iterator

from citebound.eval.mutations.edits import Edit
from citebound.eval.mutations.modality import modal_places
from citebound.eval.mutations.tables import read
from citebound.eval.mutations.view import View
from citebound.eval.mutations.wording import BE, DENIALS, MODALS, denied, english, left

Cue = tuple[frozenset[str], str]
"""Words that call for a phrase, and the phrase."""


def _cues(table: str) -> tuple[Cue, ...]:
    rows = (line.partition("|") for line in table.strip().splitlines())
    return tuple((frozenset(cues.split()), phrase.strip()) for cues, _, phrase in rows)


_TABLES = {genre: {name: _cues(table) for name, table in tables.items()} for genre, tables in read("additions").items()}
_LAST_HEADING = re.compile(
    r"[.;] (?:\([a-z]\)|[0-9]{1,2}\.) [A-Z][\w ]{0,60}\.$|[\s:][A-Za-z0-9]{1,2}\.$|[.;:]\s?[A-Z][\w ]{0,25}\.$",
    re.ASCII,
)
_DUTY = english(r"\b(?:shall|must|will|agrees? to) (?!be\b|have\b|mean\b)[a-z]")
_VERB = english(rf"\b(?:{MODALS}|{BE}|has|have|had|do|does|did|\w{{3,20}}(?:es|ed)|agrees?|means?|grants?)\b")
_LEAD = re.compile(
    r"(?:\(?[A-Za-z0-9]{1,4}[.)] )?(?:(?:However|Additionally|In addition|Accordingly|"
    "Therefore|Furthermore|Moreover|Similarly|Consequently|"
    "Thus|Thereafter|Specifically|Alternatively|For example|Long term|Short "
    "term|As a result|In particular|Separately|Still), )?"
)
_OPENING = re.compile(
    "(?:the|this|these|those|a|an|any|all|each|every|either|neither|no|such|"
    "it|its|we|our|they|their|there|most|many|some|both|"
    r"nothing|other|you|your|terms|titles|attackers|users|he|she)\b",
    re.I,
)
_ABOUT_TEXT = english(
    r"\b(?:report|section|figure|appendix|finding|findings|severity|purpose|"
    "decision|sherlock|guarantees?|recommend|identifier|issue|issues|deprecated|"
    r"headings|note|publications?|page)\b"
)
_AT_WORK = english(r"\b(?:we|team|reviewed|audit|assessment|tested|auditors|identified|engaged|discovered|examined)\b")
_CONDITIONAL = re.compile(
    "(?:if|when|upon|unless|until|subject to|except|as|after|before|although|"
    "while|whereas|provided|once|in the event|nevertheless|where|since|because|"
    r"given|even|due|by|without)\b",
    re.I,
)
_SETTLED = english(
    "be (?:deemed|considered|construed|governed|binding|interpreted|responsible|"
    r"read|entitled|obligated|liable|valid|in|for|equal|subject)\b|"
    r"(?:mean|inure|survive|constitute|include|consist|remain|become|operate|have|apply|affect|contain)\b"
)
_ACTOR = english(r"\b(?:attackers?|adversary|users?|eavesdropper|client|victim|administrator|anyone)\b[^.;,]{0,40}$")


def add_tail(view: View) -> Iterator[Edit]:
    m = re.search(r"(?<=[\w)\"”’])[.]?\s*$", view.text)
    if m is None or _LAST_HEADING.search(view.plain.rstrip()) or not _is_statement(view):
        return
    if not (view.is_report or view.is_contract) or re.search(r"\b(?:means?|mean)\b", view.plain):
        return
    for tail in _fitting(view, _tables(view)["tails"]):
        if tail.startswith("and any failure") and (DENIALS.search(view.plain) or not _DUTY.search(view.plain)):
            continue
        if tail not in view.plain:
            yield ((m.start(), m.start(), f", {tail}"),)


def add_condition(view: View) -> Iterator[Edit]:
    text, plain = view.text, view.plain
    if not _is_statement(view) or not (view.is_report or view.is_contract):
        return
    lead = _LEAD.match(text)
    at = lead.end() if lead else 0
    opening = _OPENING.match(text, at)
    is_name = re.match(
        r"[A-Z][\w-]* (?:shall|will|may|must|agrees|is|has|and|acknowledges|further|hereby|does)\b", text[at:]
    )
    plain_start = (opening or is_name) and not _CONDITIONAL.match(text, at) and ";" not in text
    if plain_start and not re.search(r"\bmeans?\b|WHEREAS|\b(?:has|have) been executed", plain):
        first = text[at].lower() if opening else text[at]
        for phrase in _unlike(view, _fronts(view)):
            start = phrase if not text[:at].rstrip().endswith(",") else phrase[0].lower() + phrase[1:]
            yield ((at, at + 1, f"{start}, {first}"),)
    for m in modal_places(view):
        if denied(plain, m.start(), m.end()) or m[1].lower() in ("should", "would", "might"):
            continue
        if _SETTLED.match(plain, m.start(2)) or m[2].endswith("ly"):
            continue
        if view.is_report and (m[2] == "be" or not _ACTOR.search(left(plain, m.start()))):
            continue
        for phrase in _unlike(view, _tables(view)["middles"]):
            yield ((m.end(1), m.end(1), f", {phrase},"),)


def _tables(view: View) -> dict[str, tuple[Cue, ...]]:
    return _TABLES["report" if view.is_report else "contract"]


def _fronts(view: View) -> tuple[Cue, ...]:
    """Conditions that may open the sentence: none where a report speaks of its own text."""
    present = re.search(rf"\b(?:{MODALS}|is|are|does|do)\b", view.plain)
    if not view.is_report:
        return _tables(view)["fronts"] if present else ()
    if present:
        return () if _ABOUT_TEXT.search(view.plain) else _tables(view)["fronts"]
    is_work = _AT_WORK.search(view.plain) and not view.words & {"has", "have", "believe"}
    return _tables(view)["past_fronts"] if is_work else ()


def _is_statement(view: View) -> bool:
    return len(view.words) >= 6 and bool(_VERB.search(view.plain))


def _fitting(view: View, table: tuple[Cue, ...]) -> list[str]:
    """The phrases whose cue words the sentence has most of, give or take one; if they are few, those without cues."""
    scored = [(len(view.words & cues), phrase) for cues, phrase in table]
    best = max(score for score, _ in scored)
    close = [phrase for score, phrase in scored if score and score >= best - 1]
    return close if len(close) > 1 else close + [phrase for cues, phrase in table if not cues]


def _unlike(view: View, table: tuple[Cue, ...]) -> list[str]:
    """The phrases whose cue words the sentence has none of."""
    return [phrase for cues, phrase in table if not view.words & cues]
