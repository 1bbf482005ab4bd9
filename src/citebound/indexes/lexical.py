"""Questions -> FTS5 MATCH expressions, and the identifiers that are indexed as whole tokens.

A raw question breaks MATCH ("?", "'" and CVE-2021-44228 are syntax errors), so every term is quoted here and nowhere
else. Identifiers (CVE, CWE, hashes, hosts, addresses, section numbers) go to a column of their own in which their
punctuation is squeezed out: "CVE-2021-44228" is found whole, never as three words.
"""

from __future__ import annotations

import re

STOPWORDS = frozenset(
    (
        "a about above after all also am an and any are as at be because been before being both but by can "
        "could did do does doing for from had has have having he her here hers him his how i if in into is it "
        "its itself me more most my no nor not of off on once only or other our out over own same she should "
        "so some such than that the their them then there these they this those through to too under until up "
        "us was we were what when where which while who whom why will with would you your consider please "
        "tell "
    ).split()
)
_WORD = re.compile(r"\w+(?:['’]\w+)*")
_IDENTIFIER = re.compile(
    r"(?i:\b(?:CVE|CWE|GHSA|CAPEC|MS|RFC|ISO|NIST)-?\s?\d[\w.-]*\w)"
    r"|\b[0-9a-fA-F]{32,64}\b"
    r"|\b\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?\b"
    r"|\b[A-Z]{1,6}-\d{1,5}(?:-\d{1,5})*\b"
    r"|\b\d{1,3}(?:\.\d{1,3}){1,4}\b"
    r"|\b[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|io|local|internal|example|test|lan|corp)\b"
)
MAX_TERMS = 64


def identifiers(text: str) -> str:
    """The identifiers of `text`, squeezed to letters and digits and separated by spaces, each once."""
    found = (re.sub(r"[^0-9a-z]", "", m.group().lower()) for m in _IDENTIFIER.finditer(text))
    return " ".join(dict.fromkeys(f"id{token}" for token in found if token))


def terms(question: str) -> list[str]:
    """The content words of a question, lower case, each once; all of its words when it has no content word."""
    words = [w.lower() for w in _WORD.findall(question)]
    content = [w for w in words if w not in STOPWORDS]
    return list(dict.fromkeys(content or words))[:MAX_TERMS]


def match_expression(question: str) -> str:
    """A MATCH expression that finds chunks with any term of the question, or "" when it has none."""
    quoted = [f'"{term}"' for term in terms(question)]
    quoted += [f'identifiers : "{token}"' for token in identifiers(question).split()]
    return " OR ".join(quoted)
