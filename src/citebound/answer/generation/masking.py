"""The door of detect-secrets: keys, passwords and tokens are masked in what a remote model is sent, and restored in its
reply.

Its patterns, keywords and entropy are used in this process; nothing is verified over a network. They were made for
files of code, so its keywords are also looked for in prose: "the password is X". Left out are public addresses and bare
hexadecimal digits, which in a security report are findings and hashes. What is not recognised is not masked.

A secret that stands inside a longer word is masked with the whole word, so that every placeholder stands alone. Only a
secret of mere letters among letters, or of digits among digits, is another word there: "root" in "rooted".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import count
from typing import Any

NO_PATTERNS = frozenset({"Public IP (ipv4)", "Private Key"})
"""Detectors whose patterns find what is no secret here, or only its first line."""
ADDRESS = "Basic Auth Credentials"
SHORTEST = 4
WINDOW = 12
"""Words that a pattern is shown at a time, so that a hostile text costs no more than its length."""
LONGEST = 1000
"""Characters of one word that a pattern is shown."""
GROUP = 16
"""Characters from which on a group of a pattern is the secret itself; a shorter one is only its prefix."""
HEADING = 64
"""Characters of a cell that may say what stands beside it or below."""
RANDOM = 4.5
"""Bits of Shannon entropy per character from which on a long word is random: detect-secrets' own limit."""

_LONG = re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/_=-]{20,400}(?![\w+/=-])")
_BLOCK = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,6}-----(?:[\w+/=\s:,.()-]{0,20000}?-----END|\s*\S*)"
)
_NAMES = r"pass ?(?:phrase|code)|credentials?|(?:api|access|auth|secret|signing|encryption)[ _-]?(?:key|token)|token"
_LINK = re.compile(
    r"[\])\"']{0,2}"
    r"(?:(?P<strong>\s?(?::=|=>|={1,3}|:)\s?)|(?P<weak>\s(?:is|was|are|were|of|reads|set to)\s(?:now )?)|\s)"
    r"(?:[\"'`“‘](?P<quoted>[^\"'`“”‘’]{4,100})[\"'`”’]|(?P<bare>[^\s\"'`“‘]{4,100}))"
)
_LENGTH = re.compile(r"\d{1,3}(?:[-+–].{0,20})?")
_PUNCTUATION = re.compile(r"[.,;:?)\]}>\"'`”’]+$")
_AFTER = re.compile(r"\s*(?:$|[.,;)\]}|]|\S{1,30}[:=])")

_HEADER = re.compile(r"\bauthorization[\"']?\s*[:=]\s*[\"']?(?:bearer|basic|token)\s+([\w.~+/=-]{4,1000})", re.I)
_LOGIN = re.compile(
    r"\b(?:credentials?|creds|log-?ins?)\b(?P<told>[\s:=(]{1,4})[\"'`“]?[^\s:/|\"'”]{1,64}[\"'`”]?"
    r"(?P<apart>\s*:\s*|\s+/\s+|/)[\"'`“]?(?P<value>[^\s/\"'`“”][^\s\"'`“”]{3,99})",
    re.I,
)
_RULE = re.compile(r"[\s|:+-]*")
_REFERENCE = re.compile(r"[A-Za-z]{1,8}-\d[\d.-]*|[A-Z]{1,2}\d{1,3}(?::\d+)?|\w+://.*")
"""What stands beside "password" in a table of findings: CWE-521, A07:2021, an address."""

_WORD = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
_PLACEHOLDER = re.compile(r"(?:< ?)?SECRET_(\d{1,7})\b(?: ?>)?", re.A)
_OPEN = re.compile(r"(?:<\s?)?(?:S|SE|SEC|SECR|SECRE|SECRET|SECRET_|SECRET_\d{1,7}\s?)$|<\s?$", re.A)


class Masks:
    """The secrets of one conversation, each with its placeholder: <SECRET_1> and so on, in the order of the text."""

    def __init__(self, texts: Sequence[str]) -> None:
        taken = {int(m[1]) for text in texts for m in _PLACEHOLDER.finditer(text)}
        longest = sorted({s for text in texts for s in secrets_in(text)}, key=len, reverse=True)
        self._any = re.compile(f"(?=({'|'.join(map(_standing, longest))}))") if longest else None
        self._free = (n for n in count(1) if n not in taken)
        self._numbers: dict[str, int] = {}
        self._secrets: dict[int, str] = {}
        for text in texts:
            self.mask(text)

    def __len__(self) -> int:
        return len(self._secrets)

    def mask(self, text: str) -> str:
        """The text with a placeholder for each secret, wherever it stands."""
        made, done = [], 0
        for start, end in self._places(text):
            secret = text[start:end]
            if secret not in self._numbers:
                self._numbers[secret] = next(self._free)
                self._secrets[self._numbers[secret]] = secret
            made += [text[done:start], f"<SECRET_{self._numbers[secret]}>"]
            done = end
        return "".join([*made, text[done:]])

    def restore(self, text: str) -> str:
        """The text with the secrets for their placeholders, also where a model left off the brackets."""
        return _PLACEHOLDER.sub(lambda m: self._secrets.get(int(m[1]), m.group()), text) if self._secrets else text

    def restored(self, pieces: Iterable[str]) -> Iterator[str]:
        """The pieces of a reply, restored; what may be the beginning of a placeholder waits for the next piece."""
        held = ""
        for piece in pieces:
            held += piece
            waiting = _OPEN.search(held, max(0, len(held) - 20))
            cut = waiting.start() if waiting else len(held)
            while waiting and cut and held[cut - 1].isalnum():
                cut -= 1
            ready, held = held[:cut], held[cut:]
            if ready:
                yield self.restore(ready)
        if held:
            yield self.restore(held)

    def _places(self, text: str) -> list[tuple[int, int]]:
        """Where secrets stand, each to the ends of its words; those that overlap are one."""
        made: list[tuple[int, int]] = []
        for match in self._any.finditer(text) if self._any else ():
            start, end = match.span(1)
            least = made[-1][1] if made else 0
            if end <= least:
                continue
            while start > least and text[start - 1] in _WORD:
                start -= 1
            while end < len(text) and text[end] in _WORD:
                end += 1
            if start < least or (start == least > 0 and text[start - 1] in _WORD):
                start = made.pop()[0]
            made.append((start, end))
        return made


def _standing(secret: str) -> str:
    """The pattern of a secret, whatever its white space."""
    written = r"\s+".join(map(re.escape, secret.split()))
    own = r"[^\W\d_]" if secret.isalpha() else r"\d" if secret.isdecimal() else ""
    return f"(?<!{own}){written}(?!{own})" if own else written


def secrets_in(text: str) -> list[str]:
    """The secrets of a text, each once."""
    found = [*(m.group() for m in _BLOCK.finditer(text)), *_by_form(text), *_by_name(text), *_random(text)]
    found += [*_sent(text), *_logins(text), *_cells(text)]
    return [s for s in dict.fromkeys(one.strip() for one in found) if len(s) >= SHORTEST]


def _by_form(text: str) -> Iterator[str]:
    """What the patterns of detect-secrets find: keys of cloud services, tokens, passwords in addresses."""
    words = [word[i : i + LONGEST] for word in text.split() for i in range(0, len(word), LONGEST)]
    for start in range(0, len(words), WINDOW // 2):
        window = " ".join(words[start : start + WINDOW])
        for pattern, grouped in _patterns():
            for match in pattern.finditer(window):
                inner = max(filter(None, match.groups()), key=len, default="")
                yield inner if inner and (grouped or len(inner) >= GROUP) else match.group().strip(' =:"')


def _by_name(text: str) -> Iterator[str]:
    """What is called a password, key or token: "password = X", "the passphrase is “X”"."""
    for name in _keywords().finditer(text):
        link = _LINK.match(text, name.end(), name.end() + 200)
        if not link:
            continue
        value = link["quoted"] or _PUNCTUATION.sub("", link["bare"])
        told = bool(link["strong"]) or bool(link["quoted"] and link["weak"])
        last = bool(link["quoted"]) or _AFTER.match(text, link.start("bare") + len(value)) is not None
        if len(value) >= SHORTEST and _secretive(value, told and last):
            yield value


def _sent(text: str) -> Iterator[str]:
    """What a header of a request proves who asks with: "Authorization: Bearer X"."""
    for match in _HEADER.finditer(text):
        value = _PUNCTUATION.sub("", match[1])
        if len(value) >= GROUP or re.search("[a-z][A-Z]", value) or _secretive(value, told=False):
            yield value


def _logins(text: str) -> Iterator[str]:
    """The second of a name and a password: "Credentials: admin / X"."""
    for match in _LOGIN.finditer(text):
        value = _PUNCTUATION.sub("", match["value"])
        last = _AFTER.match(text, match.start("value") + len(value)) is not None
        told = last and match["apart"] != "/" and not match["told"].isspace()
        if not _keywords().fullmatch(value) and _secretive(value, told):
            yield value


def _cells(text: str) -> Iterator[str]:
    """What stands in a table, with bars or tabs, beside or below a cell that is called a password, key or token."""
    below: set[int] = set()
    for line in text.splitlines():
        if "|" not in line and "\t" not in line:
            below = set()
            continue
        if _RULE.fullmatch(line):
            continue
        cells = [cell.strip(" `*\"'“”:") for cell in re.split(r"[|\t]", line)]
        named = {i for i, cell in enumerate(cells) if len(cell) <= HEADING and _called(cell)}
        for i in sorted((below | {i + 1 for i in named}) - named):
            value = cells[i] if i < len(cells) else ""
            if value and len(value.split()) == 1 and not _REFERENCE.fullmatch(value) and _secretive(value, told=False):
                yield value
        below = named or below


def _called(cell: str) -> bool:
    """Whether a cell ends in what a secret is called: "Default password"."""
    return any(name.end() == len(cell) for name in _keywords().finditer(cell))


def _secretive(value: str, told: bool) -> bool:
    """Whether a value is no word of a sentence: it has digits and letters, or symbols; or it was given as a value."""
    from detect_secrets.filters.heuristic import is_not_alphanumeric_string, is_templated_secret

    if is_templated_secret(value) or (is_not_alphanumeric_string(value) and not told) or _LENGTH.fullmatch(value):
        return False
    mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    return told or mixed or any(not c.isalnum() and c not in "-'’/.,() " for c in value)


def _random(text: str) -> Iterator[str]:
    """Long words whose characters are random, as in a key: of both cases and with digits, so that no hash is one."""
    from detect_secrets.filters.heuristic import is_potential_uuid, is_sequential_string
    from detect_secrets.plugins.high_entropy_strings import Base64HighEntropyString

    measure = Base64HighEntropyString(limit=RANDOM).calculate_shannon_entropy
    for match in _LONG.finditer(text):
        word = match.group()
        mixed = any(c.isdigit() for c in word) and any(c.isupper() for c in word) and any(c.islower() for c in word)
        known = word.count("/") > 2 or is_potential_uuid(word) or is_sequential_string(word)
        if mixed and not known and measure(word) > RANDOM:
            yield word


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[re.Pattern[str], bool], ...]:
    """The patterns of all detectors that have some, each with whether its group is the secret however short."""
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

    made: list[tuple[re.Pattern[str], bool]] = []
    kinds: Mapping[str, Any] = get_mapping_from_secret_type_to_class()
    for name, kind in kinds.items():
        if name not in NO_PATTERNS:
            made += [(pattern, name == ADDRESS) for pattern in getattr(kind, "denylist", ())]
    return tuple(made)


@lru_cache(maxsize=1)
def _keywords() -> re.Pattern[str]:
    from detect_secrets.plugins.keyword import DENYLIST

    return re.compile(rf"(?:{'|'.join(DENYLIST)}|{_NAMES})\w{{0,40}}", re.I)
