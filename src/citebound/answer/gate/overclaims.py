"""What a restatement claims beyond its quote although all its words are there: each rule is one that readers fall for.

An attempt is not a deed ("attempted to steal", "stole"); what nobody does is done by none ("neither party may"); "its
own" is not "the other party's"; what is "material", "mutual" or "unauthenticated" in the quote may not be left plain;
"and" is not "or"; what one word denies may not stand undenied elsewhere; what belongs to one of two parallel members
may not be given to the other one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import permutations

from citebound.answer.gate.agents import names
from citebound.answer.gate.forms import FREE, read
from citebound.answer.gate.numerals import in_digits, ungrouped
from citebound.answer.gate.wording import LIGHT, alike, denies, negative, words
from citebound.answer.words import stem

MOST = 0.6
"""Share of a sentence's words that a clause must have which says that nobody does it."""
_TRIED = re.compile(
    r"\b(?:attempt(?:s|ed|ing)?|tr(?:y|ies|ied|ying)|seek(?:s|ing)?|sought|intend(?:s|ed|ing)?|plan(?:s|ned|ning)?"
    r"|aim(?:s|ed|ing)?|threaten(?:s|ed|ing)?|propos(?:es|ed|ing)|wish(?:es|ed)?|hop(?:es|ed)|want(?:s|ed)?"
    r"|endeavou?r(?:s|ed)?|fail(?:s|ed)?)\s+to\s+(?P<deed>\w+)",
    re.I,
)
_TRYING = re.compile(
    r"\b(?:attempt|tri|try|seek|sought|intend|intent|plan|aim|threaten|propos|wish|hop|want|endeavo|effort|goal|purpose|desir|fail"
    r"|not\b|no\b|target|would|should|order\s+to|unable|never|without|lack|can(?:not|\b))",
    re.I,
)
_NOBODY = re.compile(
    r"(?:^|[.;:]\s+|,\s+(?:and\s+|but\s+)?)(?:in\s+no\s+event\s+(?:shall|will|may)|neither|no(?!\s*\d|\.|\s+(?:later|more|less)))"
    r"\s+(?P<clause>[^.;]{10,400})",
    re.I,
)
_CONDITIONED = re.compile(r"\b(?:without|unless|until|except|only|other\s+than|if|more\s+than)\b", re.I)
_OTHER = re.compile(
    r"\bother\s+(?:party|parties|side)(?:['’]s?)?\s+(?=\w)(?!shall|must|may|will|is|has|in\b|to\b)"
    r"|\bother\s+party['’]s\b",
    re.I,
)
_NARROW = re.compile(
    r"(?<!non-)\b(?P<how>material(?:ly)?|gross(?:ly)?|net|mutual(?:ly)?|consequential|wil?lful(?:ly)?|half|unauthenticated"
    r"|authenticated|remote|local|exclusive|non-exclusive|nonexclusive|partial(?:ly)?)\s+(?P<what>[a-z]{3,})\b",
    re.I,
)
_PAIR = re.compile(
    r"\b(?P<one>[a-z]{3,})\s+(?P<link>and|or)\s+(?:(?:the|an?|its|their|any)\s+)?(?P<other>[a-z]{3,})\b", re.I
)
_DEPENDS = re.compile(r"\b(?:unless|if|only\s+(?:in|by|with|when)|provided\s+that|without)\s+(?P<on>[^.;:]+)", re.I)
"""What is said to depend on something: its "and" is no "or", whatever is denied outside."""
_CHOICE = re.compile(
    r"\bwhichever\b|\b(?:earlier|later|earliest|latest|first|last|greater|lesser|higher|lower|sooner)\s+(?:to\s+occur\s+)?of\b"
    r"|\b(?:first|last)\s+to\s+(?:occur|happen)\b",
    re.I,
)
_WORD = re.compile(r"[^\W\d_][^\W_]*(?:['’][^\W_]+)*")
_DENIAL = re.compile(r"\b(?:omission|mis\w{4,}|less|little|few|hardly|barely|avoid\w*)\b", re.I)
_MEMBER = re.compile(r";|,?\s+(?:and|while|whereas|but)\s+", re.I)
_MEASURED = re.compile(
    r"(?<![\w.])(?<!in )(?<!on the )(?<!on )"
    r"(?P<part>\d{1,5}(?:\.\d{1,4})?\s?(?:%|percent\b|per cent\b)|\d{1,4} times|half|thirds?"
    r"|quarters?|twice|part|portion|percentage|fraction|multiple|product|average|excess|remainder|greater|lesser"
    r"|higher|lower|larger|smaller)\)?"
    r"\s+(?:(?<=twice )|(?<=times )|(?<=half )|of\s+)(?:the\s+|such\s+|all\s+|its\s+|their\s+|an?\s+)?"
    r"(?P<of>[A-Za-z][\w-]{2,30}(?:\s+[A-Za-z][\w-]{2,30})?)",
    re.I,
)
"""A part or a multiple of something: "half of the fees", "twice the fees"."""
_WHICHEVER = re.compile(
    r"\b(?:whichever\s+(?:\w+\s+){0,3}?|the\s+)(?:(?P<more>greater|higher|larger|later|longer|more|greatest|highest|latest)"
    r"|(?P<less>less|lesser|lower|smaller|earlier|shorter|sooner|least|lowest|earliest))\b",
    re.I,
)
_EXAMPLES = re.compile(r"\b(?:such\s+as|includ\w+|like|e\.g|for\s+example)\b", re.I)
_AGAINST = re.compile(r"\b(?:whereas|while)\b", re.I)
_FACT = re.compile(r"\d+(?:[.:]\d+)*%?")


def objections(sentence: str, quote: str) -> list[str]:
    """What a sentence in words of its own claims beyond the quote."""
    said = words(sentence)
    made = [
        *_tried(sentence, said, quote),
        *_nobody(sentence, said, quote),
        *_others(sentence, quote),
        *_narrowed(sentence, said, quote),
        *_joined(sentence, quote),
        *_whichever(sentence, quote),
        *_crossed(sentence, quote),
        *([f"“{part}” is left out"] if (part := _part(sentence, quote)) else []),
    ]
    return list(dict.fromkeys(made))


def _part(sentence: str, quote: str) -> str:
    """What the quote says a part or a multiple of ("half", "150%", "the greater") where the copy says the whole."""
    has = {w.stem for w in read(sentence)}
    for match in _MEASURED.finditer(in_digits(quote)):
        of = next((w.stem for w in read(match["of"]) if w.form not in FREE), "")
        if of in has and not any(alike(h, w.stem) for w in read(match["part"]) for h in has):
            return " ".join(match["part"].split())
    return ""


def _tried(sentence: str, said: Sequence[str], quote: str) -> list[str]:
    if _TRYING.search(sentence):
        return []
    for tried in _TRIED.finditer(quote):
        deed = stem(tried["deed"])
        here = words(quote)
        if any(alike(deed, w) for w in said) and sum(alike(deed, w) for w in here) == 1:
            return [f"the evidence says only “{' '.join(tried[0].split())}”"]
    return []


def _nobody(sentence: str, said: Sequence[str], quote: str) -> list[str]:
    if negative(sentence) or not said:
        return []
    for clause in _NOBODY.finditer(quote):
        if _CONDITIONED.search(clause["clause"]) or _CONDITIONED.search(sentence):
            continue
        there = words(clause["clause"])
        if sum(any(alike(w, o, related=True) for o in there) for w in said) >= MOST * len(said):
            return ["the evidence denies it"]
    return []


def _others(sentence: str, quote: str) -> list[str]:
    if _OTHER.search(sentence) and not re.search(r"\b(?:other|another|opposite)\b", quote, re.I):
        return ["the evidence does not say “other”"]
    return []


def _narrowed(sentence: str, said: Sequence[str], quote: str) -> list[str]:
    here = {stem(w.lower()) for w in _WORD.findall(sentence)}
    for narrow in _NARROW.finditer(quote):
        how, what = stem(narrow["how"]), stem(narrow["what"])
        if what not in here or narrow["how"].lower() in sentence.lower():
            continue
        if not any(alike(how, w, related=True) for w in here):
            return [f"“{narrow['how']}” is left out"]
    return []


def _joined(sentence: str, quote: str) -> list[str]:
    """Two words that are joined by the other conjunction; a denial turns "and" into "or"."""
    if _EXAMPLES.search(quote) or _EXAMPLES.search(sentence) or (_CHOICE.search(sentence) and _CHOICE.search(quote)):
        return []
    if denies(sentence) or denies(quote):
        sentence, quote = (
            " ".join(m["on"] for m in _DEPENDS.finditer(text) if not denies(m["on"])) for text in (sentence, quote)
        )
    shown = list(_PAIR.finditer(quote))
    for pair in _PAIR.finditer(sentence):
        same = [
            other
            for other in shown
            if alike(stem(pair["one"]), stem(other["one"])) and alike(stem(pair["other"]), stem(other["other"]))
        ]
        if same and all(other["link"].lower() != pair["link"].lower() for other in same):
            return [f"the evidence says “{same[0]['link']}”, the sentence “{pair['link']}”"]
    return []


def _whichever(sentence: str, quote: str) -> list[str]:
    """ "Whichever is less" and "the lower of" against "whichever is more"."""
    said, shown = ({m.lastgroup for m in _WHICHEVER.finditer(text)} for text in (sentence, quote))
    return ["the evidence and the sentence choose another of two"] if said and shown and not said & shown else []


def undenied(quote: str, denied: Sequence[str]) -> list[str]:
    """Heads that the sentence denies and that the quote has in a sentence which denies nothing, and in no other."""
    pieces = re.split(r"[.;:]\s|,\s+(?:and|but|which|while)\s", quote)
    made = []
    for head in denied:
        places = [
            piece
            for piece in pieces
            if any(alike(stem(w.lower()), head) for w in _WORD.findall(piece) if w.lower() not in LIGHT)
        ]
        if places and not any(negative(p) or _DENIAL.search(p) for p in places):
            made.append(f"the evidence and the sentence disagree on a negation at “{head}…”")
    return made


def _crossed(sentence: str, quote: str) -> list[str]:
    """Two facts (names, numbers) that stand together in the sentence and in two members of a list in the quote, with
    another one in the other's place; a number that stands with the words of another member."""
    pieces = _MEMBER.split(ungrouped(in_digits(quote)))
    shown = [_facts(piece) for piece in pieces]
    carried = [set(words(piece)) for piece in pieces]
    here = _facts(ungrouped(in_digits(sentence)))
    for piece in _MEMBER.split(ungrouped(in_digits(sentence))):
        facts, said = _facts(piece), set(words(piece))
        for one, other in permutations(sorted(facts), 2):
            i, j = _place(one, shown), _place(other, shown)
            if i is None or j is None or abs(i - j) != 1 or set(one.split()) & set(other.split()):
                continue
            instead = {f for f in shown[i] if _kind(f) == _kind(other) and f != one} & here
            other_way = {f for f in shown[j] if _kind(f) == _kind(one) and f != other} & here
            if instead and (other_way or _AGAINST.search(quote)) and len(carried[i] & carried[j]) > 1:
                return [f"“{one}” and “{other}” do not belong together in the evidence"]
        for number in (f for f in facts if f[0].isdigit()):
            i = _place(number, shown)
            if i is None:
                continue
            for j in (i - 1, i + 1):
                if not 0 <= j < len(pieces) or not any(f[0].isdigit() and f in here for f in shown[j] - facts):
                    continue
                mine, theirs = carried[i] - carried[j], carried[j] - carried[i]
                if len(said & theirs) > 1 and not said & mine and len(mine) > 1:
                    return [f"“{number}” is said of something else in the evidence"]
    return []


def _place(fact: str, shown: Sequence[set[str]]) -> int | None:
    places = [i for i, facts in enumerate(shown) if fact in facts]
    return places[0] if len(places) == 1 else None


def _facts(text: str) -> set[str]:
    return {m[0] for m in _FACT.finditer(text)} | {n for n in names(" x " + text) if len(n) > 2}


def _kind(fact: str) -> str:
    return "number" if fact[0].isdigit() else "name"
