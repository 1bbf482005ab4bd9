"""On whose side a sentence puts somebody: from whom and to whom, whose, by one party or both, its own or the other's.

Only what the quote itself says of the same word decides: "notice to Partner" against "notice to iPass", "provided by
the Company" against "provided to the Company". Words that turn a deed round ("receive", "buy") excuse the difference.
"""

from __future__ import annotations

import re

from citebound.answer.gate.agents import ROLES
from citebound.answer.gate.wording import LIGHT, alike, words
from citebound.answer.words import stem

_DETERMINERS = r"(?:(?:the|an?|such|any|each|every|either|its|their|his|our|your|that|this|said)\s+){0,2}"
_PHRASE = re.compile(
    rf"(?P<word>[A-Za-z][\w-]+)(?P<to>\s+)(?P<prep>to|from|by|of|against)\s+(?P<det>{_DETERMINERS})"
    r"(?P<who>[A-Za-z][\w&-]+)(?P<own>['’]s?\b)?",
    re.I,
)
_TURNS = re.compile(
    r"\b(?:receiv\w+|recipient|get|gets|got|obtain\w*|buy|buys|bought|purchas\w+|acquir\w+|lease[sd]?|borrow\w*|inherit\w*"
    r"|learn\w*|hear[sd]?|collect\w*|owed?|owes|due|take[ns]?|took|subject|entitled)\b",
    re.I,
)
_OTHERS = re.compile(r"\b(?:the|each)\s+other['’]s\s|\bone\s+another['’]s\b", re.I)
_OTHER = re.compile(r"\b(?:other|another|others|opposite|counterpart\w*|different|mutual\w*|reciprocal\w*)\b", re.I)
_OTHER_ONE = re.compile(
    r"\b(?:the|each)\s+other\b|\bother\s+(?:part(?:y|ies)|side)\b|\b(?:another|opposite|counterpart\w*)\b", re.I
)
_OTHER_DOES = re.compile(
    r"\bother\s+(?:party|side)\s+(?:(?:shall|will|may|has|have|is|does|materially|not|been)\s+){0,3}(?P<deed>[a-z]{4,})",
    re.I,
)
_IT_DOES = re.compile(
    r"\b(?:it|they|he|she)\s+(?:(?:shall|will|may|has|have|is|does|itself|materially|not|been)\s+){0,3}(?P<deed>[a-z]{4,})",
    re.I,
)
_BY_ONE = re.compile(
    r"\bby\b(?P<way>[^.;:]{0,60}?)\b(?:either|any|one|a)\s+(?:one\s+)?(?:of\s+)?(?:the\s+)?(?:part(?:y|ies)|side)\b",
    re.I,
)
_BY_ALL = re.compile(
    r"\bby\b(?P<way>[^.;:]{0,60}?)\b(?:each|both|all|every)\s+(?:of\s+)?(?:the\s+)?(?:other\s+)?(?:part(?:y|ies)|sides?)\b"
    r"|\bby\s+(?:(?:mutual|joint|written)\s+){0,2}(?:agreement|consent)\s+(?:of|between|among)\s+the\s+parties\b"
    r"|\bby\s+(?:authori[sz]ed\s+representatives\s+of\s+)?the\s+parties\b",
    re.I,
)
_BY = re.compile(
    r"(?P<subject>[^.;:,]{3,160}?)\b(?:is|are|was|were|be|been)\s+(?:\w+ly\s+)?(?P<verb>[a-z]+(?:ed|en|wn|nt|ght|de|ne|ld))\s+by\s+"
    r"(?P<doer>[^.;:,]{3,160})"
)
_WORD = re.compile(r"[A-Za-z][\w&-]+")


def objections(sentence: str, quote: str) -> list[str]:
    """Where the sentence puts somebody on a side on which the quote puts another one."""
    made = [
        *_changed(sentence, quote),
        *_owned(sentence, quote),
        *_signed(sentence, quote),
        *_reversed(sentence, quote),
    ]
    return list(dict.fromkeys(made))


def _changed(sentence: str, quote: str) -> list[str]:
    if {m[0].lower()[:4] for m in _TURNS.finditer(sentence)} != {m[0].lower()[:4] for m in _TURNS.finditer(quote)}:
        return []
    said, shown = _placed(sentence), _placed(quote)
    known = {stem(w.lower()) for w in _WORD.findall(quote)}
    persons = {stem(w.lower()) for w in _WORD.findall(f"{quote} {sentence}") if not w.islower() or w in ROLES}
    made = []
    for word, prep, who in said:
        if who not in known or any(w == who and p == prep for _, p, w in shown):
            continue
        same = [w for other, p, w in shown if p == prep and alike(other, word, related=True)]
        named = who in persons or (prep != "of" and persons & set(same))
        parts = [w for w in same if re.search(rf"\b{re.escape(w)}\w*\s+of\b", quote, re.I)]  # "a majority of the Board"
        if same and named and not parts and not _belongs(who, word, prep, quote):
            made.append(f"the evidence says “{prep} {same[0]}…”, the sentence “{prep} {who}…”")
    sides = {"to": "to", "from": "from", "by": "from"}
    for who in {w for _, p, w in said if p in sides}:
        mine = {sides.get(p, "") for _, p, w in said if w == who}
        theirs = {sides.get(p, "") for _, p, w in shown if w == who}
        times = [_count(who, text) for text in (sentence, quote)]
        if {*mine, *theirs} == {"to", "from"} and len(mine) == len(theirs) == 1 and times == [
            sum(w == who for _, _, w in said), sum(w == who for _, _, w in shown)
        ]:  # fmt: skip
            made.append(f"the evidence puts “{who}…” on the other side")
    return made


def _placed(text: str) -> list[tuple[str, str, str]]:
    """Each preposition of a text with the word before it and the one whom it places (stems)."""
    made = []
    begin = 0
    while match := _PHRASE.search(text, begin):
        begin = match.start("prep")
        who = match["who"]
        bare = who.islower() and not match["det"].strip() and not who.endswith("s") and who not in ROLES
        if who.lower() in LIGHT or match["own"] or (match["prep"].lower() == "to" and bare):
            continue
        made.append((stem(match["word"].lower()), match["prep"].lower(), stem(who.lower())))
    return made


def _count(who: str, text: str) -> int:
    return sum(stem(w.lower()) == who for w in _WORD.findall(text))


def _belongs(who: str, word: str, prep: str, quote: str) -> bool:
    """Whether the quote says the same without a preposition: "notify X" for "to X", "X's number" for "of X"."""
    found = [stem(w.lower()) for w in _WORD.findall(quote)]
    places = [i for i, w in enumerate(found) if alike(w, word, related=True)]
    if prep == "to":
        return any(who in found[i + 1 : i + 3] for i in places)
    return any(who in found[max(0, i - (3 if prep == "of" else 5)) : i] for i in places)


def _owned(sentence: str, quote: str) -> list[str]:
    if _OTHERS.search(sentence) and not _OTHER_ONE.search(quote):
        return ["the evidence does not say “other”"]
    if not _OTHER.search(sentence):
        deeds = [stem(m["deed"].lower()) for m in _IT_DOES.finditer(sentence)]
        own = [stem(m["deed"].lower()) for m in _IT_DOES.finditer(quote)]
        for match in _OTHER_DOES.finditer(quote):
            deed = stem(match["deed"].lower())
            if any(alike(deed, d) for d in deeds) and not any(alike(deed, d) for d in own):
                return ["in the evidence it is the other party of whom this is said"]
    return []


def _signed(sentence: str, quote: str) -> list[str]:
    """What one party does alone against what both do."""
    one, every = (
        (_BY_ONE.search(text) for text in (sentence, quote)),
        (_BY_ALL.search(text) for text in (quote, sentence)),
    )
    mine, theirs = one
    both, all_of_mine = every
    if mine and both and not theirs:
        return ["in the evidence both parties do that"]
    if all_of_mine and theirs and not both and not mine:
        return ["in the evidence one party does that"]
    return []


def _reversed(sentence: str, quote: str) -> list[str]:
    """ "A is determined by B" against "B is determined by A"."""
    for mine in _BY.finditer(sentence):
        for theirs in _BY.finditer(quote):
            if not alike(stem(mine["verb"]), stem(theirs["verb"])):
                continue
            subject, doer = set(words(mine["subject"])), set(words(mine["doer"]))
            shown, by = set(words(theirs["subject"])), set(words(theirs["doer"]))
            right = len((subject & shown) - by) + len((doer & by) - shown)
            if right == 0 and (subject & by) - shown and (doer & shown) - by:
                return [f"who “{mine['verb']}” what is turned round"]
    return []
