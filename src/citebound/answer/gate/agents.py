"""Who does what to whom: the parties and roles of a text, and the verb that stands between them.

A claim with the words of its quote may still turn them round ("Buyer shall indemnify Seller"). For each verb behind a
modal the nearest name before it does it, or, in the passive, suffers it and the name behind "by" does it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from citebound.answer.gate.wording import alike
from citebound.answer.words import stem

ROLES = frozenset(
    (
        "licensor licensee buyer seller purchaser vendor lessor lessee landlord tenant customer client supplier"
        " provider distributor manufacturer franchisor franchisee company consultant contractor subcontractor"
        " employer employee agent principal owner operator recipient discloser borrower lender guarantor assignor"
        " assignee indemnitor indemnitee publisher advertiser sponsor developer parent subsidiary affiliate"
        " affiliates trustee bank investor executive director receiver shipper carrier reseller user users attacker"
        " attackers administrator administrators admin server browser auditor assessor tester testers team controller"
        " processor"
    ).split()
)
PARTY = (
    r"(?:Disclosing|Receiving|Indemnified|Indemnifying|Terminating|Breaching|Defaulting|Requesting|Offering|Other|First"
    r"|Second)\s+(?:Party|Person|Entity|Side|Member)"
)
_NAME = re.compile(
    rf"\b{PARTY}\b|\bParty\s+[A-D]\b|\b[a-z]?[A-Z][\w&'’.-]*(?:\s+(?:of\s+|&\s+)?[A-Z][\w&'’-]*){{0,5}}"
    rf"|\b(?:{'|'.join(sorted(ROLES, key=len, reverse=True))})\b",
)
_COMMON = frozenset(
    "the this that these those a an any all each every if in on upon no not neither either such for to of by with it"
    " its they their he she we our you your there here when where while however notwithstanding subject except unless"
    " until section article exhibit schedule annex appendix january february march april may june july august"
    " september october november december monday tuesday wednesday thursday friday saturday sunday should shall must"
    " will and or but as at from under after before during within without i additionally furthermore moreover also"
    " although because since both usd eur gbp us$ once only other another some certain one two three following prior"
    " according".split()
)
_VERB = re.compile(
    r"\b(?:shall|must|will|may|can|could|should|agrees?\s+(?:\w+ly\s+)?to|undertakes?\s+to|(?:is|are)\s+(?:required|entitled"
    r"|obligated|obliged"
    r"|permitted|allowed)\s+to|has\s+the\s+right\s+to|have\s+the\s+right\s+to|does|do|did)\b"
    r"(?:\s+(?:not|never|also|promptly|at\s+all\s+times|\w+ly|,[^,]{1,60},)){0,3}\s+(?P<be>be\s+|have\s+been\s+)?(?:\w+ly\s+)?(?P<verb>[a-z]{2,})",
    re.I,
)
_PLAIN = re.compile(
    r"\s+(?:(?:has|have|had)\s+)?(?:\w+ly\s+|also\s+)?"
    r"(?P<verb>[a-z]{3,}(?:s|ed)|paid|sent|gave|made|took|sold|bought|held)\b"
    r"(?!\s+(?:by|in|to|under|for|on|at|with|from|pursuant|after|before)\b)"
)
"""A verb right behind its subject, without a modal."""
_STOP = re.compile(r"[.;:]")


@dataclass(frozen=True, slots=True)
class Deed:
    """A verb (its stem) with who does it and to whom or what, "" where nobody is named; `close` if the doer's name
    stands right before it."""

    verb: str
    by: str
    to: str
    close: bool = False
    passive: bool = False


def names(text: str) -> set[str]:
    """The names and roles of a text, in lower case without articles, the first word of it not counted unless it is a
    role or comes again."""
    found = set()
    for match in _NAME.finditer(text):
        name = _plain(match[0])
        if not name:
            continue
        first = not re.search(r"\w", text[: match.start()])
        if (
            first
            and " " not in name
            and name not in ROLES
            and len(re.findall(rf"\b{re.escape(name)}\b", text.lower())) < 2
        ):
            continue
        found.add(name)
    return found


def deeds(text: str, known: Iterable[str] = ()) -> list[Deed]:
    """Each verb behind a modal with its subject and object; and the verbs of `known` (stems) that follow a name."""
    made = []
    places = [(m.start(), m.end(), _plain(m[0])) for m in _NAME.finditer(text)]
    places = [p for p in places if p[2]]
    for verb in _VERB.finditer(text):
        before = [p for p in places if p[1] <= verb.start() and not _STOP.search(text[p[1] : verb.start()])]
        after = [
            p
            for p in places
            if p[0] >= verb.end() and p[0] - verb.end() < 90 and not _STOP.search(text[verb.end() : p[0]])
        ]
        subject = _subject(text, before, verb.start())
        passive = bool(verb["be"]) and verb["verb"].endswith(("ed", "en", "id", "nt", "de", "ld", "ht", "wn", "ne"))
        if passive:
            agents = [
                p for p in after if re.search(r"\bby\s+(?:the\s+|an?\s+|either\s+)?$", text[verb.end() : p[0]], re.I)
            ]
            made.append(Deed(stem(verb["verb"]), agents[0][2] if agents else "", subject, passive=True))
        else:
            direct = [
                p
                for p in after
                if not re.search(
                    r"\b(?:by|with|of|in|under|from|upon)\s+(?:the\s+|an?\s+)?$", text[verb.end() : p[0]], re.I
                )
            ]
            close = any(p[2] == subject and not text[p[1] : verb.start()].strip() for p in before[-1:])
            made.append(Deed(stem(verb["verb"]), subject, direct[0][2] if direct else "", close))
    for _, end, name in places if known else ():
        plain = _PLAIN.match(text, end)
        if plain and any(alike(stem(plain["verb"]), verb, related=True) for verb in known):
            objects = [
                told
                for begin, _, told in places
                if 0 <= begin - plain.end() < 90 and not _STOP.search(text[plain.end() : begin])
            ]
            made.append(Deed(stem(plain["verb"]), name, objects[0] if objects else "", True))
    return made


def swapped(sentence: str, quote: str) -> str:
    """How the sentence gives a deed of the quote to somebody else, "" if it does not."""
    verbs = {d.verb for text in (sentence, quote) for d in deeds(text)}
    shown, known = deeds(quote, verbs), names(quote)
    for deed in deeds(sentence, verbs):
        same = [d for d in shown if alike(d.verb, deed.verb, related=True)]
        if deed.passive and not deed.by and deed.to and same:
            doing = any(d.by == deed.to and not d.passive for d in same)
            if doing and not any(d.passive or d.to == deed.to for d in same):
                return f"in the evidence it is {deed.to} who does that"
        if not deed.by or any(d.by == deed.by for d in same):
            continue
        if deed.close and any(d.to == deed.by and not d.by and (not d.passive or d.verb == deed.verb) for d in same):
            return f"in the evidence it is not {deed.by} who does that"
        others = [d.by for d in same if d.close]
        elsewhere = (
            others
            and deed.close
            and deed.by in known
            and all(o in known and not _one_in_other(o, deed.by) for o in others)
            and not any(_one_in_other(d.by, deed.by) for d in same)
        )
        if elsewhere or any(d.by and (d.to == deed.by or d.by == deed.to) for d in same):
            return f"in the evidence it is not {deed.by} who does that"
    return ""


def _one_in_other(one: str, other: str) -> bool:
    return bool(set(one.split()) & set(other.split()))


def _subject(text: str, before: list[tuple[int, int, str]], verb: int) -> str:
    """The name that governs the verb: the nearest before it that does not hang on a preposition."""
    for begin, end, name in reversed(before):
        if verb - end > 160:
            break
        if _JOINED.search(text[:begin]):
            continue
        if verb - end < 2 and not re.search(
            r"\b(?:of|by|with|between)\s+(?:the\s+|an?\s+|any\s+)?$", text[:begin], re.I
        ):
            return name  # "as the Company may determine"
        if re.search(
            r"\b(?:of|to|by|for|with|from|in|under|between|against|upon|at|on|than|as|no|has|have)\s+(?:the\s+|an?\s+|any\s+|such\s+|its\s+|each\s+|no\s+)?$",
            text[:begin],
            re.I,
        ):
            continue
        return name
    return ""


_JOINED = re.compile(
    r"\b(?:of|to|by|for|with|from|under|between|against)\s+(?:the\s+|an?\s+|any\s+)?(?:[A-Z][\w&'’-]*\s+){1,4}(?:and|or)\s+"
    r"(?:the\s+|an?\s+|any\s+)?$"
)
"""What hangs on a preposition with another name: "the rights of the Fund and the Adviser"."""


def _plain(name: str) -> str:
    words = re.findall(r"\w(?:[\w&-]*\w)?", name.lower().replace("’s", "").replace("'s", ""))
    while words and words[0] in _COMMON:
        words = words[1:]
    while words and words[-1] in _COMMON:
        words = words[:-1]
    return " ".join(words)


_DOTTED = re.compile(r"\b(?:[A-Z]\.){2,6}")
_EXPLOITED = frozenset(stem(w) for w in ("exploitation", "exploited", "exploit"))
"""Who exploits something is an attacker."""
GENERIC = frozenset("agreement contract document report section".split())
"""Names that any document has for itself."""


def unknown(sentence: str, shown: Iterable[str]) -> str:
    """A name of the sentence of which a word does not occur in what is shown, "" if there is none. "US" is borne out by
    "United States" and the other way round, as are all names by their initials."""
    sentence = _DOTTED.sub(lambda m: m[0].replace(".", ""), sentence)
    texts = [_DOTTED.sub(lambda m: m[0].replace(".", ""), t).replace("’s", "").replace("'s", "") for t in shown]
    written = [word.lower() for text in texts for word in re.findall(r"[\w&-]+", text)]
    written += [part.lower() for text in texts for part in re.findall(r"(?<=[a-z])[A-Z][a-z]+", text)]
    stems = {stem(part) for word in written for part in (word, *re.split(r"[-&]", word))}
    letters = "".join(word[0] for word in written)
    for name in sorted(names(sentence)):
        for part in name.split():
            known = part in _COMMON or part in GENERIC or stem(part) in stems or part.isdigit()
            known = known or (part in ("attacker", "attackers") and bool(_EXPLOITED & stems))
            if known or all(stem(piece) in stems for piece in re.split(r"[-&]", part)):
                continue
            initials = "".join(word[0] for word in name.split() if word not in _COMMON)
            if (1 < len(part) < 7 and part in letters) or (len(initials) > 1 and initials in written):
                continue
            if any(a + b in written for a, b in zip(name.split(), name.split()[1:], strict=False) if part in (a, b)):
                continue
            pair = [a[0] + b[0] for a, b in zip(name.split(), name.split()[1:], strict=False) if part in (a, b)]
            if any(p in written for p in pair):
                continue
            return name
    return ""
