"""Duties made permissions and permissions duties: "shall" is "may", "may" is "must"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from citebound.eval.mutations.edits import Edit, put
from citebound.eval.mutations.view import View
from citebound.eval.mutations.wording import MODALS, NOR, denied, denied_before, english, left

_MODAL = english(rf"\b({MODALS}) (?=([a-z]+)\b)")
_INVERTED = frozenset(
    "the a an any either neither each this that these those such it they he she we you no all both party parties "
    "i its their our your his her not never only also then thus hereby or and in nor hence there one at".split()
)
_NOUN_BEFORE = re.compile(r"(?:\b(?:at|free|the|his|her|last|good|a|of|ill|and/or)|[-/])\s?$")
RELATIVE = english(r"\b(?:as|that|which|whom|than|where) (?:[\w']+ ){0,3}$")
_SHALL = {
    "shall": ("may",),
    "must": ("may",),
    "will": ("may",),
    "should": ("may",),
    "may": ("shall", "must"),
    "can": ("must",),
    "could": ("will",),
    "might": ("will",),
}
_REPORT_MODALS = {
    "will": ("may",),
    "must": ("may",),
    "shall": ("may",),
    "should": ("may",),
    "may": ("will",),
    "can": ("will always",),
    "could": ("will",),
    "might": ("will",),
}
_BARRED = english(r"(?<!or )\b(shall|must|may|will) not (?=([a-z]+)\b)")
_DUTIES = (
    (
        english(
            r"\b(?<!no )(is|are|be|being) entitled to (?=(seek|receive|defer|terminate|"
            "recover|purchase|use|sell|enter|inspect|retain|rely|assign|vote|appoint|"
            "withhold|deduct|suspend|collect|participate|exercise|disclose|act|obtain|"
            r"request|indemnification)\b)"
        ),
        r"\1 required to ",
    ),
    (
        english(
            r"\b(is|are|be) entitled to (?=(?:reasonable|a|an|the|any|all|such|interest|"
            r"payment|its|reimbursement)\b)"
        ),
        r"\1 liable for ",
    ),
    (english(r"\b(is|are|be) (?:required|obligated|obliged) to (?!be\b)(?=[a-z])"), r"\1 entitled to "),
    (english(r"\b(is|are) (?:permitted|allowed|authorized) to (?=[a-z])"), r"\1 required to "),
    (english(r"\b(has|have) the (?:sole )?right(?:, but not the obligation,)? to (?=[a-z])"), r"\1 the obligation to "),
    (english(r"\b(has|have) (?:an|the) obligation to (?=[a-z])"), r"\1 the right to "),
    (
        english(
            r"\bagrees? to (?=(?:purchase|pay|provide|defend|indemnify|sell|deliver|"
            "comply|cooperate|supply|use|make|maintain|perform|treat|notify|abide|keep|"
            r"furnish|negotiate|accept|return|act|enter|grant|continue|reimburse|bear)\b)"
        ),
        "may ",
    ),
    (english(r"\b(has|have) to (?=(?:do|make|be|use|provide|perform|pay|obtain|give)\b)"), "may "),
)


def change_modal(view: View) -> Iterator[Edit]:
    plain = view.plain
    swaps = _REPORT_MODALS if view.is_report else _SHALL
    for m in modal_places(view):
        modal, verb = m[1].lower(), m[2].lower()
        if modal not in swaps or denied(plain, m.start(), m.end()) or verb in ("mean", "include", "elect"):
            continue
        if modal in ("may", "can") and RELATIVE.search(left(plain, m.start())):
            continue
        if modal in ("may", "can") and re.search(r"\b(?:only|unless|except|solely|provided)\b", plain):
            continue
        if (
            modal in ("may", "could", "might")
            and verb in ("have", "be")
            and not view.is_report
            and re.match(r" (?:been|able|deemed|necessary|required)\b", plain[m.end(2) :])
        ):
            continue
        if modal == "should" and not view.is_report and verb == "be":
            continue
        for new in swaps[modal]:
            yield put(view, m.start(1), m.end(1), new)
    for m in _BARRED.finditer(plain):
        if denied_before(plain, m.start()) or NOR.search(plain, m.end()):
            continue
        if m[2].lower() in ("only", "be", "have", "affect", "constitute", "apply", "mean", "limit"):
            if (
                m[2].lower() == "be"
                and m[1].lower() != "will"
                and re.match(r" \w+ed\b(?<!deemed)(?<!construed)(?<!obligated)(?<!considered)", plain[m.end(2) :])
            ):
                yield put(view, m.start(), m.end() - 1, "need not")
        elif m[1].lower() == "may":
            yield put(view, m.start(), m.end() - 1, "need not")
        elif m[1].lower() != "will" or not view.is_report:
            yield put(view, m.start(), m.end() - 1, "may, but need not,")
    for pattern, new in _DUTIES:
        for m in pattern.finditer(plain):
            if not denied(plain, m.start(), m.start()):
                yield ((m.start(), m.end(), m.expand(new)),)


def modal_places(view: View) -> Iterator[re.Match[str]]:
    """Modals before a verb in a plain statement: no month, noun, question or inversion."""
    for m in _MODAL.finditer(view.plain):
        word = view.text[m.start(2) : m.end(2)]
        if m[1] == m[1].title() or m[2].lower() in _INVERTED or not (word.islower() or word.isupper()):
            continue
        if m[1].lower() in ("will", "can", "may", "might") and _NOUN_BEFORE.search(left(view.plain, m.start())):
            continue
        if re.search(r"\b(?:in no event|under no circumstances|nor|so) $", left(view.plain, m.start()), re.I):
            continue
        if re.match(r"(?:\w+ )?(?:or|and|and/or) (?:may|shall|will|must|can|should) ", view.plain[m.start(2) :]):
            continue
        if re.search(r"\b(?:may|shall|will|must|can|should) (?:or|and|and/or) $", left(view.plain, m.start())):
            continue
        yield m
