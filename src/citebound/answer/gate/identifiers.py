"""What may not be paraphrased at all: identifiers, versions, hosts, hashes, code, and numbers of provisions.

Published normalisations: case does not matter; "hxxp", "[.]" and "(.)" are read as printed in the clear; "v1.2.3" is
"1.2.3"; Section, Clause, Paragraph and § are one kind of provision, Article, Exhibit, Schedule, Annex, Appendix,
Attachment, Part, Rule, Item, Figure and Table are one each; roman numbers are digits.
"""

from __future__ import annotations

import re

from citebound.answer.gate.numerals import folded

_DEFANGED = [(re.compile(r"hxxp", re.I), "http"), (re.compile(r"\[\.\]|\(\.\)|\[dot\]|\(dot\)", re.I), ".")]
_IDENTIFIER = re.compile(
    r"\bhttps?://[^\s<>\"')\]]{1,400}"
    r"|\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}\b"
    r"|(?i:\b(?:CVE|CWE|GHSA|CAPEC|RFC|ISO|NIST|MS|T)-?\d[\w.-]{1,30}\b)"
    r"|\b[0-9a-fA-F]{7,128}\b(?<![a-fA-F]{7})(?=.?)"
    r"|\b0x[0-9a-fA-F]{1,128}\b"
    r"|\b(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2})?(?::\d{1,5})?\b"
    r"|\b[vV]?\d{1,6}(?:\.\d{1,6}){2,6}(?:[-+]?[a-z]\w{0,16})?\b"
    r"|\b[vV]\d{1,4}(?:\.\d{1,6})?\b"
    r"|(?i:\bversions?\s+\d{1,4}(?:\.\d{1,6}){0,4}\b)"
    r"|\b(?:[A-Za-z_$][\w$]{0,60}\.){0,4}[A-Za-z_$][\w$]{0,60}\(\)"
    r"|(?<![\w/])(?:~|\.{1,2})?/[\w.-]{1,80}(?:/[\w.-]{1,80}){1,12}"
    r"|\b[\w-]{1,60}(?:\.[\w-]{1,60}){0,6}\.(?:com|net|org|io|local|internal|example|test|lan|corp|dev|gov|edu|py|js|ts|sol|rs|go|c|cpp"
    r"|h|java"
    r"|php|json|xml|yml|yaml|toml|html|exe|dll|sh|conf|cfg|ini|log|txt|pdf|docx)\b"
    r"|\b[A-Za-z]{1,40}[a-z]\d*_[\w]{1,60}\b|\b\w{1,40}_\w{1,60}\b"
    r"|\b[a-z]{1,40}[A-Z][A-Za-z0-9]{0,60}\b|\b[A-Z][a-z0-9]{1,40}[A-Z][A-Za-z0-9]{0,60}\b"
    r"|\b[A-Z]{1,8}(?:-[A-Z]{1,8}){0,3}-\d{1,8}(?:-\d{1,8}){0,3}\b"
    r"|(?i:\bports?\s+\d{1,5}\b)"
)
KINDS = {
    "section": "section", "sections": "section", "sec.": "section", "secs.": "section", "sect.": "section",
    "clause": "section", "clauses": "section", "§": "section", "§§": "section", "paragraph": "section",
    "paragraphs": "section", "subsection": "section", "subsections": "section", "para.": "section",
    "subparagraph": "section", "sub-section": "section", "subclause": "section",
    "article": "article", "articles": "article", "art.": "article", "exhibit": "exhibit", "exhibits": "exhibit",
    "schedule": "schedule", "schedules": "schedule", "annex": "annex", "annexes": "annex", "appendix": "appendix",
    "appendices": "appendix", "attachment": "attachment", "attachments": "attachment", "part": "part", "rule": "rule",
    "rules": "rule", "item": "item", "items": "item", "figure": "figure", "fig.": "figure", "table": "table",
    "chapter": "chapter", "finding": "finding", "addendum": "addendum", "level": "level",
    "tier": "tier", "phase": "phase", "step": "step", "grade": "grade", "class": "class",
}  # fmt: skip
_KIND = "|".join(re.escape(kind) for kind in sorted(KINDS, key=len, reverse=True))
_NUMBER = (
    r"(?:\d{1,4}[A-Za-z]?(?:[.:-]\d{1,4}[A-Za-z]?){0,5}(?:\s?\([A-Za-z0-9]{1,5}\)){0,4}"
    r"|[IVXLC]{1,7}\b(?![a-z])|[A-Z](?:[-.]\d{1,3}){0,2}(?![\w'’])|\([A-Za-z0-9]{1,5}\))"
)
_PROVISION = re.compile(
    rf"(?<![\w])(?P<kind>{_KIND})\s*(?:[Nn]o\.?\s*)?(?P<numbers>{_NUMBER}"
    rf"(?:\s*(?:,|;|\band\b|\bor\b|\bthrough\b|\bto\b|&|-|–)+\s*(?:{_KIND})?\s*{_NUMBER}){{0,8}})",
    re.I,
)
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


def identifiers(text: str) -> tuple[set[str], str]:
    """Identifiers of a text in one form, and the text with blanks in their place."""
    for pattern, clear in _DEFANGED:
        text = pattern.sub(clear, text)
    found: set[str] = set()

    def taken(match: re.Match[str]) -> str:
        said = match[0].rstrip(".,;:").lower()
        if said.isalpha() and not re.search(r"[a-z][A-Z]", match[0]):
            return match[0]
        if re.fullmatch(r"\d{7,}", said):  # a large number without grouping
            return match[0]
        said = re.sub(r"^(?:versions?|ports?)\s+|^v(?=\d)|^https?://(?:www\.)?|\(\)$", "", said).rstrip("/")
        found.add(said)
        return " " * len(match[0])

    return found, _IDENTIFIER.sub(taken, text)


def provisions(text: str) -> tuple[list[str], str]:
    """Provisions that a text names, in order ("section 9.2(b)", "exhibit a"), and the text with blanks in their"
    " place."""
    text = folded(text)
    found: list[str] = []

    def taken(match: re.Match[str]) -> str:
        kind = KINDS[match["kind"].lower()]
        numbers = re.findall(_NUMBER, match["numbers"])
        if kind in ("part", "item", "finding", "level", "class", "grade", "step", "rule", "section") and (
            not match["kind"][0].isupper() and not re.search(r"\d|\(", match["numbers"])
        ):
            return match[0]
        for number in numbers:
            found.append(f"{kind} {_plain(number, kind)}")
        return " " * len(match[0]) if numbers else match[0]

    return found, _PROVISION.sub(taken, text)


def _plain(number: str, kind: str) -> str:
    squeezed = re.sub(r"\s", "", number).lower().strip(".")
    if kind in ("article", "part", "section", "chapter") and re.fullmatch(r"[ivxlc]+", squeezed):
        return str(_of_roman(squeezed))
    return squeezed


def _of_roman(number: str) -> int:
    values = [_ROMAN[letter] for letter in number]
    return sum(-v if any(w > v for w in values[i + 1 : i + 2]) else v for i, v in enumerate(values))
