"""Amounts made other amounts: thirty (30) is sixty (60)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from citebound.eval.mutations.dates import in_date
from citebound.eval.mutations.edits import Cut, Edit, cased, put
from citebound.eval.mutations.numerals import NUMERALS, spelled, value_of
from citebound.eval.mutations.sections import in_reference
from citebound.eval.mutations.view import View
from citebound.eval.mutations.wording import OPENERS, english

_UNIT_WORDS = (
    "business day|calendar day|working day|second|minute|hour|day|week|month|"
    "quarter|year|vote|share|issue|finding|copy|"
    "vulnerability|dollar|percent|member|director|time|mile|byte|bit"
)
_DOUBLE = english(rf"({NUMERALS})(\s?(?:percent|per cent)?\s?\(\s?)([0-9]{{1,3}})(\s?%?\s?\))")
_DIGITS = english(
    r"(?<![\w.,\-–/#:=+@\[\\ﬁ\"“])(?<!\([a-z])(?<![A-Za-z]\()[0-9]{1,3}(?:(?:,[0-9]{3}){1,4}|"
    r"[0-9]{0,6})(?:\.[0-9]{1,4})?"
    rf"(?=%|[MKB]\b|(?:st|nd|rd|th)?[-–](?:{_UNIT_WORDS})|[^\w/#:=@(\[\-–+%\"”]|$)(?![.,:][0-9]|\.[A-Z])"
)
_PLAIN_NUMERAL = english(
    rf"({NUMERALS})(?![-(]| ?\(| of the forms| (?:or more )?counterparts"
    r"|(?: and|-| or)? ?(?:one-)?(?:half|third|quarter))(?=\s[a-z])"
)
_LABEL = english(
    r"\b(?:figures?|tables?|lines?|pages?|steps?|versions?|port|chapter|phase|"
    "level|option|no|nos|number|form|type|tier|"
    r"block|class|group|series|note|scenario|request|item|case|task|day|http|status|code)\.? $"
)
_SINGULAR = english(rf"\)?[ -](?:{_UNIT_WORDS})(?!\w)")
_AFTER_UNIT = english(
    "[.,;:)]|$| (?:from|after|of|following|prior|to|in|and|or|unless|for|at|"
    r"by|with|before|on|until|thereafter|is|are)\b"
)
_PERCENT = re.compile(r"\s?(?:%|per ?cent\b)")
_SUM_IN_BRACKETS = re.compile(r"[^(,;]{0,50}\((?:US|USD|EUR)? ?[$€£]?[0-9]")


def change_number(view: View) -> Iterator[Edit]:
    doubles = []
    for m in _DOUBLE.finditer(view.plain):
        doubles.append(m.span())
        value = int(m[3])
        if value_of(m[1]) != value:
            continue
        for new in _variants(m[3], "%" in m[4] or "cent" in m[2].lower()):
            if int(new) > 999:
                continue
            words = cased(m[1], spelled(int(new)))
            yield from _counted(view, value, m.start(), m.end(), f"{words}{m[2]}{new}{m[4]}")
    for m in _DIGITS.finditer(view.plain):
        start, end = m.span()
        if (
            any(a < end and start < b for a, b in doubles)
            or in_reference(view.plain, start, end)
            or in_date(view.plain, start, end)
            or not _is_count(view, start, end)
        ):
            continue
        value = int(m.group().partition(".")[0].replace(",", ""))
        percent = bool(_PERCENT.match(view.plain, end))
        for new in _variants(m.group(), percent):
            yield from _counted(view, 0 if "." in m.group() else value, start, end, new)
    for m in _PLAIN_NUMERAL.finditer(view.plain):
        found = value_of(m[1])
        if (
            found is None
            or (found == 1 and not _SINGULAR.match(view.plain, m.end()))
            or _is_money_in_words(view, m.end())
        ):
            continue
        for new in _variants(str(found), percent=False):
            if int(new) <= 999:
                yield from _counted(view, found, m.start(), m.end(), cased(m[1], spelled(int(new))))


def _variants(printed: str, percent: bool) -> list[str]:
    """Other values near and far, in the same print."""
    whole, dot, _ = printed.partition(".")
    value = int(whole.replace(",", ""))
    made: list[str] = []
    if not dot and value < 1000:
        steps = [value + 1, value - 1, 2 * value, value // 2, value + 10, int(str(value)[::-1])]
        if percent and value == 100:
            steps = [90, 95, 80]
        elif value < 2:
            steps = [2, 3, 5]
        made += [str(n) for n in steps if n > 1 and not (percent and value <= 100 < n)]
    digits = [i for i, c in enumerate(printed) if c.isdigit()]
    for i, j in pairwise(digits):
        made.append(printed[:i] + printed[j] + printed[i + 1 : j] + printed[i] + printed[j + 1 :])
    if dot or value >= 1000:
        for i in {digits[0], digits[len(digits) // 2]}:
            made += [printed[:i] + str((int(printed[i]) + step) % 10) + printed[i + 1 :] for step in (1, 3)]
    old = float(printed.replace(",", ""))
    return [
        new
        for new in dict.fromkeys(made)
        if float(new.replace(",", "")) not in (old, 0.0, 1.0)
        and not (len(new.partition(".")[0]) > 1 and new[0] == "0")
        and not (percent and old <= 100 < float(new.replace(",", "")))
    ]


def _counted(view: View, value: int, start: int, end: int, new: str) -> Iterator[Edit]:
    """Another number; where it was a one, with its unit in the plural."""
    if value != 1:
        yield put(view, start, end, new)
    elif plural := _plural_cut(view, end):
        yield ((start, end, new), plural)
    elif _SINGULAR.match(view.plain, end):
        yield ((start, end, new),)


def _plural_cut(view: View, end: int) -> Cut | None:
    """The unit after a one, in the plural."""
    if (
        (m := _SINGULAR.match(view.plain, end)) is None
        or "-" in m.group()
        or not _AFTER_UNIT.match(view.plain, m.end())
    ):
        return None
    return None if m.group().endswith(("percent", "copy", "vulnerability")) else (m.end(), m.end(), "s")


def _is_count(view: View, start: int, end: int) -> bool:
    """Whether digits are an amount: no label, list mark, product name or year."""
    before, after = view.plain[max(0, start - 40) : start], view.plain[end : end + 12]
    if _LABEL.search(before) or not before.strip(' (“"') or (before[-1:] == "(" and not re.match(r"\s?%", after)):
        return False
    if re.search(
        r"(?:dollars|million|billion|thousand|percent|per cent|\b[a-z]+ed|euros) ?\((?:US ?)?[$€£]?$", before, re.I
    ):
        return False
    if re.match(r"[.)]\s*$|\.\s[A-Z]", after) and re.search(r"(?:[.;:]|\b(?:following|follows)\b.{0,20}) $", before):
        return False
    if re.fullmatch(r"(?:19|20)[0-9]{2}", view.plain[start:end]) and not before.endswith("$"):
        return bool(re.match(r"%| (?:shares|days|hours|users|units)\b", after))
    word = re.search(r"([A-Z][A-Za-z]{0,30}) $", before)
    return word is None or word[1].lower() in OPENERS or bool(re.match(rf"%|[ -](?:{_UNIT_WORDS})s?\b", after))


def _is_money_in_words(view: View, end: int) -> bool:
    return bool(_SUM_IN_BRACKETS.match(view.plain, end))
