"""Scope made wider or narrower: "all" is "some", an exception is gone, "and" is "or"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from citebound.eval.mutations.edits import Edit, cased, drop, put, put_cut
from citebound.eval.mutations.view import View
from citebound.eval.mutations.wording import english, left

_ALL = english(
    r"(?<!not )(?<!at )(?<!above )(?<!after )(?<!of )(?<!once and for )(?<!-)\ball "
    r"(of )?(?!of which|or\b|as\b|in\b|times|respects|rights? reserved|but\b|"
    r"right\b|together|caps|parties to)(?=((?:its|their|his|the|these|those|"
    r"this|that|your|our|such)\b|[A-Za-z]+))(?!-)"
)
_OF_ALL = english(r"(?<=of )all (of )?(?=((?:its|their|his|the|these|those|this|that|your|our)\b|[a-z]+))")
_ANY = english(
    r"(?<!if )(?<!, not )(?<!almost )(?<!and )(?<!including )(?<!without )(?<!-)\bany (?!and "
    r"all|more\b|longer|kind|way|event|time|reason|case|given|one\b|such\b)(?=((?:other "
    r"|third |material |additional |applicable )?[a-z-]+(?:[a-rt-z]s)\b|of\b))"
)
_DETERMINERS = "its their his the these those this that your our".split()
_SCOPES: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (english(pattern), tuple(new.split("|")))
    for pattern, new in (
        (r"\bany and all\b", "certain"),
        (r"\bin any (?:manner|way)(?: whatsoever)?\b", "in certain ways"),
        (r"\bfor any reason(?: or no reason)?(?: whatsoever)?\b", "for cause|for certain reasons"),
        (r"\bfor any purpose(?: whatsoever)?\b", "for certain purposes"),
        (r"\bat any time\b", "at certain times"),
        (r"\bin all (?:material )?respects\b", "in certain respects"),
        (r"\bat all times\b", "at certain times"),
        (r"\b(?:in whole or in part|in whole or part)\b", "in whole but not in part"),
        (r"\bin part or in whole\b", "in part only"),
        (r"\bdirectly or indirectly\b", "directly"),
        (r"\bdirect or indirect\b", "direct"),
        (r"\bwith or without cause\b", "only with cause"),
        (r"\bwith or without notice\b", "only after notice"),
        (r"\bjointly and severally\b", "severally but not jointly"),
        (r"\bjoint and several\b", "several but not joint"),
        (r"\bexpress or implied\b", "express"),
        (r"\bnow or hereafter\b", "now"),
        (r"\bnow existing or hereafter \w+\b", "now existing"),
        (r"\bknown or unknown\b", "known"),
        (
            r"\bcertain (?!that\b|of\b|to\b|amount|whether)(?=[a-z]+s\b|[a-z]+ [a-z-]+s\b|[a-z]+ [a-z-]+ [a-z]+s\b)",
            "all ",
        ),
        (r"\bat least some of\b", "all of"),
        (r"(?<!at least )\bsome of (?=the|these|those|its|their|them)", "all of |none of "),
        (r"\bmost of (?=the|these|those|its|their|them)", "all of |few of "),
        (r"\bmany of (?=the|these|those|its|their|them)", "all of |few of "),
        (r"(?<!how )\bmany (?=of the|[a-z]+s\b)(?!of|times|years|ways)", "few "),
        (r"(?<!not )\balways\b", "sometimes"),
        (r"\bin most circumstances\b", "in all circumstances|in few circumstances"),
        (r"\bin all cases\b", "in some cases"),
        (r"(?<!not )\b(?:fully|entirely|completely|wholly) (?=[a-z])", "partially "),
        (r"\bpartially (?=[a-z])", "fully "),
        (r"(?<!by )(?<!between )(?<!of )\bboth parties (?=shall|must|will|may|agree)", "one of the parties "),
        (r"\b(by|of|from) both parties\b", r"\1 either party"),
        (r"\bsole (?:and absolute |and exclusive )?discretion\b", "reasonable discretion"),
        (r"\bat ([\w'’ ]{2,40}) sole (?:cost(?: and expense)?|expense)\b", r"at \1 shared cost"),
        (
            r"(?<!non-)\bexclusive (?=jurisdiction|license|licence|right|distributor|"
            "agent|agency|remedy|property|venue|territory|and)",
            "non-exclusive ",
        ),
        (r"\bnon-exclusive\b", "exclusive"),
        (r"\bworld-? ?wide\b", "nationwide"),
        (r"\ball or any\b|\bany or all\b|\ball or substantially all\b", "certain"),
        (r"\beach and every\b", "almost every"),
        (
            r"(?<!each and )(?<!once )\bevery (?!effort|one\b|month|year|week|day|quarter|"
            "time|attempt|precaution|[0-9])(?=[a-z])",
            "nearly every |not every ",
        ),
        (r"\beach of the (?=[A-Za-z]+s\b|[a-z]+ [a-z]+s\b)", "at least one of the "),
        (r"\bmust be signed by each\b", "must be signed by either"),
        (r"\bvirtually no\b", "a considerable"),
        (r"\bnearly all\b|\balmost all\b", "some"),
        (r"(?<!but )(?<!ing )\bonly if\b", "even if"),
        (r", but only if,", ","),
        (r"(?<!, )\bincluding,? (?:but not limited to|without limitation),? ", "excluding "),
        (r"(?<=[(])including (?=[a-z])", "excluding "),
        (r"(?<=, )including (?!by\b|but\b|without|when\b|if\b)(?=[A-Za-z])", "excluding "),
        (r"(?<=, )excluding (?=[a-z])", "including "),
        (r"(?<=[(])excluding (?=[a-z])", "including "),
    )
)
_ONLY = english(
    "(?<!not )(?<!convenience )(?<!reference )(?<!purposes )(?<!then )(?<!the "
    r")(?<!-)(?<!if )(?<!this )\b(?:only|solely|exclusively)\b(?!-| one\b| if\b|"
    r" then\b| as\b| after\b| upon\b| in$)"
)
_BOTH = english(r"\bboth (?=(?!of|parties|the parties)[^,.;]{3,60}? (and) )")
_EITHER = english(r"(?<!on )\beither (?=(?!party|of|side|way|one)[^,.;]{3,60}? (or) )")
_ITEM_AND = english(r"(?<=[,;] )and (?=\(?(?:[a-z]|[ivx]{1,4})\) )")
_ITEM_OR = english(r"(?<=[,;] )or (?=\(?(?:[a-z]|[ivx]{1,4})\) )")
_PAIR = english(
    r"\b(?:must|should) (?:support|have|obtain|include|contain) [^,.;()]{3,40}? (and) (?=[^,.;()]{3,40}[.])"
)
_EXCEPTION_START = english(
    r"^(?:\([a-z0-9]{1,4}\) )?((?:except|other than|subject to|unless|save)\b[^;]{5,220}?, "
    r")(?=[^,;]{1,120}\b(?:shall|will|may|must|is|are|has|have|retains?|can)\b)"
)
_EXCEPTION_END = english(
    r",? (?:except(?! \w+ and)|(?:(?<=anyone)|(?<=it)|(?<=them)|(?<=party)|(?<=person)|"
    "(?<=purpose)|(?<=entity)) other than|save (?:as|for|that)|unless|provided,? "
    r"(?:however,? )?that|without the (?:express |prior |written ){0,3}consent)\b"
    r"[^;]{4,300}(?=\.$)"
)
_MAIN_CLAUSE = english(r", (?!or\b|and\b|if\b|in the)[a-z ]{0,60}\b(?:is|are|shall|will|may|must)\b")
_EXCEPTION_ASIDE = english(r" \((?:other than|except|excluding|subject to|unless)\b[^()]{3,160}\)")


def change_scope(view: View) -> Iterator[Edit]:
    plain = view.plain
    for pattern in (_ALL, _OF_ALL):
        for m in pattern.finditer(plain):
            is_part = m[2].lower() != "such" and (m[1] or m[2].lower() in _DETERMINERS)
            new = "some of " if is_part else "some "
            yield ((m.start(), m.end(), cased(m.group().strip(), new)),)
    for m in _ANY.finditer(plain):
        yield put(view, m.start(), m.end() - 1, "some" if m[1].lower() == "of" else "certain")
    for pattern, news in _SCOPES:
        for m in pattern.finditer(plain):
            for new in news:
                yield put(view, m.start(), m.end(), m.expand(new))
    for m in _ONLY.finditer(plain):
        if not re.match(r"\W{0,2}(?:and|but) (?:not|also)", plain[m.end() :]) and m.start() > 0:
            start = m.start() - (plain[m.start() - 1] == " ")
            yield ((start, m.end(), ""),)
    for pattern, first, second in ((_BOTH, "either", "or"), (_EITHER, "both", "and")):
        for m in pattern.finditer(plain):
            yield (put_cut(view, m.start(), m.end() - 1, first), (m.start(1), m.end(1), second))
    for pattern, new in ((_ITEM_AND, "or "), (_ITEM_OR, "and ")):
        for m in pattern.finditer(plain):
            yield ((m.start(), m.end(), new),)
    for m in _PAIR.finditer(plain):
        yield ((m.start(1), m.end(1), "or"),)
    front = _EXCEPTION_START.match(plain)
    if front and front[1].count("(") == front[1].count(")"):
        yield drop(view, front.start(1), front.end(1))
    for m in _EXCEPTION_END.finditer(plain):
        if (
            m.start() < 40
            or m.group().count("(") != m.group().count(")")
            or left(plain, m.start()).endswith((" and", " or"))
        ):
            continue
        if not _MAIN_CLAUSE.search(m.group(), 2):
            yield ((m.start(), m.end(), ""),)
    for m in _EXCEPTION_ASIDE.finditer(plain):
        yield ((m.start(), m.end(), ""),)
