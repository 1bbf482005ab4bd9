"""Statements denied: "shall" is "shall not", "with" is "without", "if" is "unless"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from citebound.eval.mutations.edits import Edit, cased, put
from citebound.eval.mutations.modality import RELATIVE, modal_places
from citebound.eval.mutations.view import View
from citebound.eval.mutations.wording import BE, DENIALS, MODALS, denied, english, left

_PARTICIPLES = (
    "required|permitted|allowed|entitled|authorized|liable|responsible|obligated|included|excluded|considered|deemed|"
    "governed|payable|refundable|transferable|assignable|subject|available|"
    "possible|valid|binding|enforceable|effective|"
    "able|used|part|vulnerable|affected|exploitable|encrypted|authenticated|"
    "checked|verified|validated|enabled|protected|"
    "identified|reviewed|resolved|fixed|present|handled|restricted|compatible|"
    "due|confidential|made|given|paid|common|"
    "incremented|executed|updated|converted|issued|owned|controlled|defined|"
    "met|accepted|calculated|written|sent|swapped"
)
_AUXILIARY = english(rf"\b({BE}) (?=((?:\w+ly )?(?:{_PARTICIPLES}|a|an|the)\b))")
_PERFECT = english(r"\b(has|have) (?=(?:been|\w{3,20}ed|agreed|made|given|become|verified)\b)")
_PRESENT = {
    "agrees": "agree",
    "includes": "include",
    "requires": "require",
    "provides": "provide",
    "contains": "contain",
    "applies": "apply",
    "acknowledges": "acknowledge",
    "allows": "allow",
    "enables": "enable",
    "describes": "describe",
    "constitutes": "constitute",
    "accepts": "accept",
    "handles": "handle",
    "affects": "affect",
    "represents and warrants": "represent or warrant",
    "guarantees": "guarantee",
    "verifies": "verify",
    "validates": "validate",
    "covers": "cover",
    "retains": "retain",
    "supports": "support",
}
_PRESENT_VERB = english(rf"(?<=[a-z] )(?:{'|'.join(_PRESENT)})\b(?! and (?!warrants|agrees))")
_NOUN_DETERMINER = english(
    r"\b(?:the|a|an|all|any|these|those|its|their|of|such|no|and|or|hereby|also|"
    "further|which, ) ?$"
)
_SUBJECT_START = english(
    r"(?:(?<=^)|(?<=^\([a-z0-9]\) ))(any|all|each party|either party|every)\b(?! "
    r"(?:of the foregoing|and all|such|time|other))(?=[^,.;:]{0,120}?\b(shall|"
    r"will|may|must)\b(?! not\b| only\b))"
)
_DETERMINER = re.compile(r" (?:of )?(?:the|its|these) ")
_WITH = english(
    r"\bwith (?=(?:the |its |his |their |a |an? )?(?:(?:express|prior|written|"
    r"previous|advance) ?){0,3}(?:consent|approval|notice|permission|authorization)\b)"
)
_IF = english(
    r"(?<![a-z] )\bif (?!any[),.;])(?=(?:the|a|an|any|such|it|there|this|they|"
    r"either|you|we|all|no|[A-Z])\b(?! not))|(?<=[a-z] )if (?=(?:it|the|such|"
    r"they|there|this|either party|any)\b)"
)
_BACKGROUND = english(r"\b(?:once|after|until|before|as such|as the|as that) [^,.;]{0,60}$")
_INDIRECT = english(
    r"\b(?:see|determine|check|checks|checked|ask|know|decide|verify|verifies|"
    "test|confirm|find out|wonder|as|even|only|and|or|but|"
    r"except|what|unclear|regardless|matter|especially|particularly|inform|notify)\s?$"
)


def add_negation(view: View) -> Iterator[Edit]:
    plain = view.plain
    for m in modal_places(view):
        modal, verb = m[1].lower(), m[2].lower()
        if denied(plain, m.start(), m.end()) or re.match(r"[^.;]{0,60}\bonly\b", plain[m.end() :]):
            continue
        if modal in ("may", "might", "can", "would") and RELATIVE.search(left(plain, m.start())):
            continue
        if re.search(r"\bas (?:[\w']+ ){0,3}$", left(plain, m.start()), re.I):
            continue
        if (
            verb in ("continue", "mean", "include", "have")
            or verb.endswith("ly")
            or re.match(r"\w+ at all times", plain[m.end() :])
        ):
            continue
        new = {"can": "cannot", "could": "could not", "may": "may not", "might": "cannot"}.get(modal, f"{modal} not")
        if modal in ("may", "might") and view.is_report:
            new = "will not" if plain.startswith("be able", m.start(2)) else "cannot"
        yield put(view, m.start(1), m.end(1), new)
    for m in _AUXILIARY.finditer(plain):
        if denied(plain, m.start(), m.end()) or re.search(
            r"\b(?:as|that|there|here|what|who|it|extent|and|or|whichever|than) $", left(plain, m.start()), re.I
        ):
            continue
        if _BACKGROUND.search(plain[max(0, m.start() - 90) : m.start()]) or m[2].lower().startswith("only"):
            continue
        if re.match(
            r"the (?:following|same)|a (?:result|list|few|lot)|(?:a|an|the) [^.;,]{0,40}\bthat\b",
            m[2] + plain[m.end(2) : m.end(2) + 60],
        ):
            continue
        yield ((m.end(1), m.end(1), " not"),)
    for m in _PERFECT.finditer(plain):
        if not denied(plain, m.start(), m.end()) and not re.search(
            rf"\b(?:{MODALS}|as|to|and|or|that|which|times) $", left(plain, m.start()), re.I
        ):
            yield ((m.end(1), m.end(1), " not"),)
    for m in _PRESENT_VERB.finditer(plain):
        if not _NOUN_DETERMINER.search(left(plain, m.start())) and not denied(plain, m.start(), m.end()):
            yield ((m.start(), m.end(), f"does not {_PRESENT[m.group().lower()]}"),)
    for m in _SUBJECT_START.finditer(plain):
        if not denied(plain, m.end(1), m.end(1)) and not DENIALS.search(
            plain, m.end(1), min(len(plain), m.end(2) + 60)
        ):
            new = "neither party" if m[1].lower().endswith("party") else "no"
            end = m.end(1)
            if determiner := _DETERMINER.match(plain, end):
                new, end = ("none of the ", determiner.end()) if m[1].lower() == "all" else (new, end)
            yield ((m.start(1), end, cased(m[1], new)),)
    for m in _WITH.finditer(plain):
        if not re.search(
            r"\b(?:or|comply|complied|compliance|accordance|consistent|together|along|provided) $",
            left(plain, m.start()),
            re.I,
        ):
            yield put(view, m.start(), m.end() - 1, "without")
    for m in _IF.finditer(plain):
        if not _INDIRECT.search(left(plain, m.start())) and not DENIALS.search(
            plain, m.end(), min(len(plain), m.end() + 90)
        ):
            yield put(view, m.start(), m.end() - 1, "unless")
