"""Identifiers, versions, file names and code names made those of something else."""

from __future__ import annotations

import re
from collections.abc import Iterator

from citebound.eval.mutations.dates import MONTHS, in_date
from citebound.eval.mutations.edits import Edit
from citebound.eval.mutations.sections import in_reference
from citebound.eval.mutations.view import View
from citebound.eval.mutations.wording import OPENERS

_FILE_TYPES = (
    "html?|php|py|js|ts|go|rs|c|h|cpp|java|sol|vy|json|ya?ml|toml|conf|config|"
    "cfg|ini|xml|md|txt|log|sh|sql|css|exe|dll|so|jsp|aspx|csv|zip|pem|key"
)
_HOSTS = "com|org|net|io|cat|dev|gov|edu|app|xyz|co"
_IDENTIFIERS = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        r"\bCVE-[0-9]{4}-[0-9]{4,7}\b",
        r"\bCWE-[0-9]{1,4}\b",
        r"\b[A-Z][A-Za-z]{1,9}(?:-[A-Z]{1,8}){0,3}(?:-[0-9]{1,5}){1,2}\b(?!-[A-Za-z])",
        r"(?<![\w.$€£,])v?[0-9]{1,4}(?:\.[0-9]{1,5}){2,4}(?![\w%]|\.[0-9])",
        r"(?<=[Vv]ersion )[0-9]{1,3}(?:\.[0-9]{1,3}){0,2}(?![\w%]|\.[0-9])",
        r"\bv[0-9]{1,3}(?:\.[0-9]{1,3}){1,2}\b",
        r"(?<=\bport )[0-9]{1,5}\b",
        r"\b0x[0-9a-fA-F]{4,64}\b",
        r"\b(?=[0-9a-f]{0,39}[0-9])(?=[0-9a-f]{0,39}[a-f])[0-9a-f]{7,64}\b",
        rf"(?<![\w/.])[A-Za-z_][\w-]{{1,60}}\.(?:{_FILE_TYPES})\b(?![\w(/]|\.[a-z])",
        rf"(?<![\w/.@-])(?:[a-z0-9-]{{2,40}}\.){{1,3}}(?:{_HOSTS})\b(?![\w(]|\.[a-z])",
        r"(?<![\w./])(?:[a-z][\w-]{1,30}/){1,5}[a-z][\w-]{1,30}(?:\.[a-z]{1,4})?(?=[ ,.;)])(?<!and/or)(?<=/\w\w)",
        r"(?<![\w./-])_{0,2}[a-z]{1,30}(?:[A-Z][a-z0-9]{1,30}){1,6}\b",
        r"(?<![\w./-])_{0,2}[A-Za-z][A-Za-z0-9]{0,30}(?:_[A-Za-z0-9]{1,30}){1,6}\b",
        r"(?<![\w./-])[A-Za-z_]\w{2,60}(?=\(\))",
    )
)
_PRODUCT = re.compile(
    r"(?<=[\w,(] )([A-Z][A-Za-z]{2,20} )([0-9]{1,2}(?:\.[0-9]{1,3}){0,2})(?![\w%.,]?[0-9]|"
    r"\w| ?[-–])|\b(HTML|TLS|SHA|PHP|Java|SOAP|Uniswap ?V|UniswapV|SushiSwapV|"
    r"OAuth|WPA|IPv)([0-9]{1,3})\b"
)
_CODE_PAIRS = """
get/set set/get min/max max/min encode/decode decode/encode read/write write/read open/close close/open
init/exit add/remove remove/add encrypt/decrypt decrypt/encrypt deposit/withdraw withdraw/deposit mint/burn
burn/mint send/receive lock/unlock enable/disable disable/enable upload/download start/stop stop/start
known/unknown unknown/known admin/user user/admin client/server server/client public/private private/public
internal/external external/internal total/average calculate/update update/calculate fill/clear create/delete
delete/create supply/borrow tokens/shares staked/locked value/price fee/rate parse/print handle/ignore
""".split()
_CODE_WORDS = {word: other for word, _, other in (pair.partition("/") for pair in _CODE_PAIRS)}


def change_identifier(view: View) -> Iterator[Edit]:
    text = view.marked
    found: dict[str, None] = {}
    for pattern in _IDENTIFIERS:
        for m in pattern.finditer(text):
            version = re.search(r"ersion $", text[: m.start()])
            is_heading = not view.is_report and not version and re.match(r"[0-9.]+$", m.group())
            if not _is_taken(view, m.start(), m.end()) and not is_heading:
                found.setdefault(m.group())
    for name in found:
        for new in _other_identifiers(name):
            spots = list(re.finditer(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text))[:20]
            if spots and new not in text:
                yield tuple((m.start(), m.end(), new) for m in spots)
    for m in _PRODUCT.finditer(view.plain):
        start, end = m.span(2) if m[2] else m.span(4)
        label = (m[1] or m[3]).strip()
        if _is_taken(view, start, end) or label in MONTHS or (not view.is_report and m[1]) or label.lower() in OPENERS:
            continue
        printed = view.plain[start:end]
        for step in (1, 2):
            last = (int(printed[-1]) + step) % 10 if len(printed) > 1 else int(printed) % 9 + step
            yield ((start, end, f"{printed[:-1]}{last}"),)


def _is_taken(view: View, start: int, end: int) -> bool:
    return in_reference(view.plain, start, end) or in_date(view.plain, start, end)


def _other_identifiers(name: str) -> Iterator[str]:
    stem, dot, ending = name.rpartition(".") if re.search(r"\.[A-Za-z]{1,6}$", name) else (name, "", "")
    for word in re.finditer(r"[A-Za-z][a-z]*|[A-Z]+(?![a-z])", stem):
        if other := _CODE_WORDS.get(word.group().lower()):
            printed = (
                other.title()
                if word.group()[0].isupper() and not word.group().isupper()
                else other.upper()
                if word.group().isupper()
                else other
            )
            yield stem[: word.start()] + printed + stem[word.end() :] + dot + ending
    digits = [i for i, c in enumerate(stem) if c in "0123456789"]
    for i in digits[-1:] + digits[:1] * (len(digits) > 2):
        for step in (1, 4):
            new = str((int(stem[i]) + step) % 10)
            if new != "0" or (i and stem[i - 1] in "0123456789"):
                yield stem[:i] + new + stem[i + 1 :] + dot + ending
    if not digits:
        letters = [i for i, c in enumerate(stem) if c.isascii() and c.isalpha()]
        if len(letters) > 3:
            i = letters[len(letters) // 2]
            yield stem[:i] + _other_letter(stem[i]) + stem[i + 1 :] + dot + ending


def _other_letter(letter: str) -> str:
    ring = "aeiou" if letter.lower() in "aeiou" else "bcdfghjklmnpqrstvwxyz"
    new = ring[(ring.index(letter.lower()) + 1) % len(ring)]
    return new.upper() if letter.isupper() else new
