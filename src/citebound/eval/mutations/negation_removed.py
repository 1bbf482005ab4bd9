"""Denials taken away: "shall not" is "shall", "without" is "with"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from citebound.eval.mutations.edits import Cut, Edit, article, capital_kept, cased, drop, put, put_cut
from citebound.eval.mutations.view import View
from citebound.eval.mutations.wording import BE, DENIALS, MODALS, NOR, denied_before, english, left, third

_NOT_AFTER = r"(?! only\b| limited\b| merely\b| just\b| to\b| all\b| every\b| always\b| necessarily\b|\w)"
_NOT = english(rf"\b({MODALS}|{BE}|do|does|did|has|have|had) ?(not)\b{_NOT_AFTER}")
_NOT_ALL = english(r"\bnot (?=(?:all|every|always|necessarily)\b)")
_NOT_PARTICIPLE = english(
    "(?<=[a-z] )not (?=(?:defined|included|covered|contained|provided|listed|"
    "specified|authorized|required|registered|supported|protected|used|paid|"
    r"expressly \w+ed|otherwise \w+ed)\b)"
)
_CONTRACTED = re.compile(r"\b(do|does|did|is|are|was|were|has|have|had|could|would|should|must)n['’]t\b")
_DO = english(r"(do|does|did) not ((?!have been)[a-z]{2,20})\b")
_LATER_ANY = english(r"[^.;]{0,90}?\b(any)\b(?! (?:way|time|event)\b)")
_NO_PHRASES = (
    (english(r"\bno longer\b"), "still"),
    (english(r"\bunder no circumstances\b"), "under certain circumstances"),
    (english(r"\bat no (?=(?:additional |further |extra )?(?:cost|charge|expense)\b)"), "at "),
    (english(r"\bin no way\b"), "in certain ways"),
    (english(r"\bby no means\b"), "in many ways"),
    (english(r"\bno one\b"), "anyone"),
    (english(r"\bnone of\b"), "all of"),
    (english(r"\bneither (?=(?:of|one)\b)"), "each "),
    (
        english(r"\bnothing (?=(?:contained )?(?:herein|in this)[\w ]{0,30}\b(?:shall|will|may|can)\b)"),
        "the provisions ",
    ),
    (english(r"\bunless and until\b"), "even if"),
    (english(r"(?<!, )\bunless (?!otherwise|and\b)(?=[a-z])"), "if "),
    (english(r"\bnever\b"), "always"),
    (re.compile(r"\bfailed to (?=[a-z])"), "managed to "),
    (
        english(
            r"\bnon-(?!exclusive|public|profit|disclosure|compet|recourse|solicit|infring|"
            "governmental|business|party|circumvention|zero|defaulting|terminating|"
            "breaching|native|fungible|standard)(?=[a-z])"
        ),
        "",
    ),
)
_NO_START = english(
    "(?:(?<=^)|(?<=[.;:)] )|(?<=, )|(?<=that ))no (?!longer|later|more|less|"
    r"fewer|earlier|sooner|other|single|one|such)(?=[a-z][\w' -]{2,80}?\b(shall|"
    r"will|may|can|is|are|was|were|has|have)\b)"
)
_NO_OBJECT = english(
    r"\b(?:(?:has|have|had|having|with|makes?|made|found|provides?|contains?|"
    "requires?|gives?|creates?|is|are|was|were|be|by) )(no) "
    r"(?!longer|later|more|less|fewer|earlier|sooner|other|way|such)(?=([a-z]+))"
)
_SINGULAR_OBJECTS = frozenset(
    "indication obligation right duty function impact effect way warranty representation liability need check risk "
    "guarantee mechanism limit claim intention responsibility authority interest option change reason restriction "
    "provision evidence means exception direct known additional material".split()
)
_WITHOUT = english(
    r"\bwithout (?=((?:the|any|such|its|their|his|express|prior|written|regard|"
    "notice|cause|consent|approval|charge|cost|"
    r"penalty|liability|reference|authentication|authorization|permission|modification|interaction|knowledge|"
    "additional|undue|reseller's|proper|sufficient|validation|verification|"
    r"encryption)\b[^.;]{0,30}))(?!prejudice|limit)"
)
_NEITHER = english(r"\bneither (?!of|one)(?=[a-z])")
_MAY_FOLLOWS = re.compile(r"[a-z ]{0,30}\b(?:may|can)\b", re.I)


def remove_negation(view: View) -> Iterator[Edit]:
    yield from _without_not(view)
    for pattern, new in _NO_PHRASES:
        for m in pattern.finditer(view.plain):
            if new == "if ":
                yield put(view, m.start(), m.end(), new)
            else:
                yield ((m.start(), m.end(), capital_kept(view, m.start(), new)), *_some(view, m.end()))
    for m in _NO_START.finditer(view.plain):
        if not NOR.search(view.plain, m.end()):
            new = "any " if m[1].lower() in ("shall", "will", "may", "can") else "some "
            yield ((m.start(), m.end(), capital_kept(view, m.start(), new)),)
    for m in _NO_OBJECT.finditer(view.plain):
        if NOR.search(view.plain, m.end()):
            continue
        word = m[2].lower()
        new = article(word) if word in _SINGULAR_OBJECTS else "some"
        yield ((m.start(1), m.end(1), new),)
    for m in _NEITHER.finditer(view.plain):
        nor = NOR.search(view.plain, m.end())
        end = (view.plain + ".").find(".", m.end())
        if nor and nor.start() < end:
            yield (put_cut(view, m.start(), m.end(), "either "), (nor.start(), nor.end(), "or"))
        else:
            is_may = _MAY_FOLLOWS.match(view.plain, m.end())
            yield (
                put_cut(view, m.start(), m.end(), "either " if is_may else "each "),
                *([] if is_may else _some(view, m.end())),
            )
    for m in _WITHOUT.finditer(view.plain):
        if re.match(r"(?:any |the )?(?:limit|prejudice)|prior to", m[1], re.I):
            continue
        if re.search(r"\b(?:with or|or) $", left(view.plain, m.start())):
            continue
        new = (
            "even with "
            if denied_before(view.plain, m.start()) and not m[1].startswith(("regard", "reference"))
            else "with "
        )
        end = m.end() + len("any ") * m[1].lower().startswith("any ")
        yield ((m.start(), end, capital_kept(view, m.start(), new)),)


def _without_not(view: View) -> Iterator[Edit]:
    plain = view.plain
    for m in _NOT.finditer(plain):
        before, after = plain[max(0, m.start() - 14) : m.start()], plain[m.end() : m.end() + 30]
        if re.search(r"\b(?:or|whether) $", before, re.I) or re.match(r",? (?:but\b|yet\b|nor\b)", after):
            continue
        if NOR.search(plain, m.end()) or re.match(r" (?:be )?(?:only|limited)\b", after):
            continue
        cut = (m.start(2) - (plain[m.start(2) - 1] == " "), m.end(2), "")
        some = () if m[1].lower() in ("may", "can") else _some(view, m.end())
        if (do := _DO.match(plain, m.start())) and not do[2].endswith("ly") and do[1].lower() != "did":
            verb = do[2] if do[1].lower() == "do" else third(do[2])
            yield ((do.start(), do.end(), cased(do[1], verb)), *some)
        else:
            yield (cut, *some)
    for m in _NOT_ALL.finditer(plain):
        yield drop(view, m.start(), m.end())
    for m in _NOT_PARTICIPLE.finditer(plain):
        if not re.search(rf"\b(?:if|or|but|{MODALS}|{BE}|has|have|be|been) $", left(plain, m.start()), re.I):
            yield ((m.start(), m.end(), ""),)
    for m in re.finditer(r"\bcannot\b(?! only| but)", plain):
        yield (put_cut(view, m.start(), m.end(), "can"),)
    for m in _CONTRACTED.finditer(plain):
        yield ((m.start(), m.end(), m[1]), *_some(view, m.end()))
    for m in re.finditer(r"\b(fails?) to ([a-z]+)\b", plain):
        verb = m[2] if m[1] == "fail" else third(m[2])
        if not re.search(rf"\b(?:{MODALS}|to|not) $", left(plain, m.start())) and verb != "be":
            yield ((m.start(), m.end(), verb),)


def _some(view: View, at: int) -> tuple[Cut, ...]:
    """The "any" that only a denial carries, as "some"."""
    m = _LATER_ANY.match(view.plain, at)
    if m and not DENIALS.search(view.plain, at, m.start(1)):
        return ((m.start(1), m.end(1), "some"),)
    return ()
