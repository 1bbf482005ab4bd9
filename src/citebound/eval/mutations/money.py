"""Sums in another currency, or larger or smaller by a power of ten."""

from __future__ import annotations

import re
from collections.abc import Iterator

from citebound.eval.mutations.edits import Edit, cased, put
from citebound.eval.mutations.numerals import NUMERAL
from citebound.eval.mutations.view import View
from citebound.eval.mutations.wording import english, left

_AMOUNT = english(
    r"(?P<mark>US ?\$|C\$|\$|€|£|\b(?:USD|EUR|GBP|CAD|RMB) ?)(?P<number>[0-9]{1,3}(?:(?:,[0-9]{3}){1,4"
    r"}|[0-9]{0,9})(?:\.[0-9]{1,6})?)(?P<scale> ?(?:thousand|million|billion|"
    r"trillion|MM|[MKB]|bn)\b)?(?!\w|,[0-9])"
)
_CURRENCIES = {
    "$": ("€", "£"),
    "us$": ("€", "C$"),
    "c$": ("US$",),
    "€": ("$", "£"),
    "£": ("$", "€"),
    "usd": ("EUR", "GBP"),
    "eur": ("USD",),
    "gbp": ("USD",),
    "cad": ("USD",),
    "rmb": ("USD",),
}
_COINS = {
    "dollars": ("euros", "pounds"),
    "euros": ("dollars",),
    "euro": ("dollars",),
    "cents": ("dollars",),
    "eth": ("USDC", "DAI"),
    "usdc": ("ETH",),
    "usdt": ("ETH",),
    "dai": ("ETH",),
    "btc": ("ETH",),
    "wei": ("gwei",),
    "gwei": ("wei", "ETH"),
    "rmb": ("US dollars",),
}
_COIN = english(rf"(?<=[0-9]|[a-z)])( )({'|'.join(_COINS)})\b(?! ?\()")
_SCALES = {
    "thousand": "million",
    "million": "billion",
    "billion": "million",
    "trillion": "billion",
    "m": "bn",
    "mm": "bn",
    "k": "M",
    "b": "M",
    "bn": "M",
}
_SCALE = english(r"(?<=[0-9]|[a-z]) ?(thousand|million|billion|trillion)\b(?![^.;]{0,30}\()")
_IS_COUNTED = english(rf"(?:[0-9]|\b{NUMERAL})$")


def change_money(view: View) -> Iterator[Edit]:
    amounts = [
        m
        for m in _AMOUNT.finditer(view.plain)
        if not re.search(r"[a-z]\s?\($", left(view.plain, m.start()), re.I) or m["scale"]
    ]
    marks = {m["mark"].strip().lower().replace(" ", "") for m in amounts}
    spelled = re.search(r"\b(?:dollars|euros|pounds|cents)\b", view.plain, re.I)
    if amounts and len(marks) == 1 and not spelled:
        for new in _CURRENCIES[marks.pop()]:
            yield tuple((m.start("mark"), m.end("mark"), new + " " * m["mark"].endswith(" ")) for m in amounts)
    for m in [] if spelled else amounts:
        number, scale = m["number"], (m["scale"] or "").strip()
        if scale:
            new = _SCALES[scale.lower()]
            yield ((m.end("scale") - len(scale), m.end("scale"), new if len(new) < 3 else cased(scale, new)),)
        elif "," in number and "." not in number:
            digits = number.replace(",", "")
            yield ((m.start("number"), m.end("number"), f"{int(digits) * 10:,}"),)
            if digits.endswith("000") and int(digits) > 1000:
                yield ((m.start("number"), m.end("number"), f"{int(digits) // 10:,}"),)
            if int(digits) >= 1_000_000:
                short = f"{int(digits) / 1_000_000:.3f}".rstrip("0").rstrip(".")
                yield ((m.start("number"), m.end("number"), f"{short} billion"),)
            elif digits.endswith("000"):
                yield ((m.start("number"), m.end("number"), f"{int(digits) // 1000} million"),)
        elif "." in number:
            yield ((m.start("number"), m.end("number"), _shifted(number)),)
        elif int(number):
            yield ((m.start("number"), m.end("number"), number + "0"),)
            if len(number) < 4:
                yield ((m.start("number"), m.end("number"), number + ",000"),)
    for m in _COIN.finditer(view.plain):
        if _IS_COUNTED.search(view.plain[max(0, m.start() - 12) : m.start()]):
            for new in _COINS[m[2].lower()]:
                if new.lower() not in view.words:
                    yield ((m.start(2), m.end(2), cased(m[2], new) if new.islower() else new),)
    for m in _SCALE.finditer(view.plain):
        if _IS_COUNTED.search(view.plain[max(0, m.start() - 12) : m.start()]) and not amounts:
            yield put(view, m.start(1), m.end(1), _SCALES[m[1].lower()])


def _shifted(number: str) -> str:
    """The decimal point one place to the right: 0.01 is 0.10, 1.50 is 15.00."""
    whole, _, rest = number.replace(",", "").partition(".")
    return f"{int(whole + rest[0])}.{rest[1:] + '0'}"
