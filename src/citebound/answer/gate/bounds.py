"""Bounds and scope: "at least", "no later than", "all", "only", "except", and what each is said of.

Published normalisations: "at least", "not less than", "no fewer than", "a minimum of", "more than" and "in excess of"
are lower bounds; "at most", "up to", "not exceeding", "no more than", "within", "no later than" upper ones; "prior
to" is before, "following" and "upon" are after. "Only", "solely", "exclusively" are one, so are "except", "other
than", "save for", "excluding", and "all", "any", "each", "every".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from citebound.answer.gate.wording import denies, negative
from citebound.answer.words import stem
from citebound.indexes.lexical import STOPWORDS

SAYS: Mapping[str, str] = {
    "least": (
        r"at\s+least|at\s+a\s+minimum(?:\s+of)?|(?:not|no|never)\s+(?:be\s+)?(?:less|fewer|lower|under|below"
        r"|smaller|shorter)\s+than"
        r"|a\s+minimum\s+of|minimum(?:\s+of)?|or\s+(?:more|greater|longer|higher)|(?:more|greater|longer|higher"
        r"|larger)\s+than"
        r"|in\s+excess\s+of|exceed(?:s|ed|ing)?|upwards\s+of|(?:not|no)\s+(?:earlier|sooner)\s+than|above"
        r"|over(?=\s+(?:[\d$€£]|USD))"
        r"|beyond|starting\s+(?:at|from)"
    ),
    "most": (
        r"at\s+most|at\s+the\s+most|up\s+to|(?:(?:shall|may|will|must|can|does|do|to)\s+)?(?:not"
        r"|never)\s+(?:be\s+)?(?:to\s+)?"
        r"(?:exceed(?:ing|s)?|(?:more|greater|longer|higher|larger|over)\s+than|surpass)|no\s+(?:more|greater"
        r"|longer|higher|larger)\s+than"
        r"|a\s+maximum\s+of|maximum(?:\s+of)?|or\s+(?:less|fewer|lower)|(?:less|fewer|lower|smaller"
        r"|shorter)\s+than|under(?=\s+[\d$€£])"
        r"|below|(?:not|no)\s+later\s+than|limited\s+to|capped\s+at|fall(?:s|ing)?\s+below"
        r"|within(?=\s+(?:a\s+period\s+of\s+)?[\d(])"
        r"|in\s+no\s+event\s+(?:later|more)\s+than|as\s+(?:many|much|long)\s+as"
    ),
    "before": r"before|prior\s+to|prior|until|preceding|in\s+advance\s+of|ahead\s+of|earlier\s+than|by\s+the\s+time",
    "after": (
        r"after|following|subsequent\s+to|upon|once|from\s+and\s+after|as\s+soon\s+as|thereafter|afterwards"
        r"|later\s+than|beginning|since"
    ),
    "only": (
        r"(?<!not )only|solely|exclusively|sole|nothing\s+(?:other\s+than|but)|no\s+other|strictly|purely|alone"
        r"|(?<!not )just"
    ),
    "except": (
        r"except(?:\s+(?:for|that|to|as|in|with))?|other\s+than|save\s+(?:for|as|that)|excluding|excepting"
        r"|with\s+the\s+exception\s+of"
        r"|but\s+not|apart\s+from|aside\s+from|exclusive\s+of|unless"
    ),
    "some": (
        r"some|certain|several|a\s+few|a\s+portion\s+of|portions?\s+of|part\s+of|parts\s+of|most|selected"
        r"|a\s+number\s+of|many|half\s+of"
    ),
    "all": (
        r"all|any|each|every|whole|entire|entirety|both|whatsoever|whichever|whenever|wherever|anything|anyone"
        r"|anybody|everything"
        r"|everyone|always|whatever"
    ),
    "if": (
        r"if|in\s+the\s+event|in\s+case|provided\s+that|on\s+(?:the\s+)?condition|as\s+long\s+as|so\s+long\s+as"
        r"|subject\s+to|to\s+the\s+extent|when|where"
    ),
    "none": r"none|neither|no(?=\s+[a-z])",
}  # fmt: skip
_MARK = re.compile(
    "|".join(
        rf"(?P<{name}>\b(?:{SAYS[name]})(?![\w-]))" for name in sorted(SAYS, key=("most", "least").count, reverse=True)
    ),
    re.I,
)
"""Upper bounds first: "not exceeding" is one, "exceeding" is none."""
OPPOSITE = {
    "least": "most",
    "most": "least",
    "before": "after",
    "after": "before",
    "some": "all",
    "all": "some",
    "none": "all",
}
BOILERPLATE = re.compile(
    r"\b(?:except|unless|save)\s+(?:as\s+|that\s+|to\s+the\s+extent\s+)*(?:is\s+|are\s+)?(?:otherwise\s+"
    r"|expressly\s+|specifically\s+)*"
    r"(?:(?:is|are)\s+)?(?:otherwise\s+|expressly\s+|specifically\s+)*"
    r"(?:provided|set\s+forth|stated|agreed|specified|required|permitted|noted|indicated|defined|described"
    r"|contemplated|prohibited|directed)"
    r"(?:\s+(?:otherwise|herein|in\s+writing|by\s+(?:applicable\s+)?law|in\s+this\s+\w+|hereunder|by\s+the\s+parties))*",
    re.I,
)
"""Exceptions that say only that something else may be said elsewhere: a restatement may leave them out."""
_FOLDED = re.compile(
    r"\b(?:in|under)\s+no\s+(?:event|circumstances?)\s+(?:shall|will|may)\s+([^.;]{1,120}?)\s+"
    r"(?:be\s+(?:more|greater)\s+than|exceed)\b",
    re.I,
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[$€£]")
_SKIPPED = STOPWORDS | {
    "usd",
    "eur",
    "gbp",
    "us",
    "dollars",
    "period",
    "days",
    "full",
    "such",
    "least",
    "most",
    "shall",
    "must",
    "may",
}
_LIMITS = re.compile(
    r"\b(?:simply|merely|purely|without|cannot|no|not|none|nor|neither|never|nothing|nobody|until|limit(?:s|ed)?|restrict\w*|confin\w+"
    r"|exclud\w+|requir\w+|must|needs?|necessary)\b|n['’]t\b",
    re.I,
)
"""What a restatement may call "only", but which limits nothing where it is left out."""
REACH = 4


def unfolded(text: str) -> str:
    """ "In no event shall it exceed" as "it shall not exceed"."""
    return _FOLDED.sub(r"\1 shall not exceed", text)


def bounds(text: str) -> dict[str, set[str]]:
    """For each kind of SAYS the words (stems, or numbers) that follow it closely, "" where none does."""
    made: dict[str, set[str]] = {}
    text = unfolded(text)
    for mark in _MARK.finditer(text):
        made.setdefault(str(mark.lastgroup), set()).add(_said_of(text, mark.end()))
    return made


def _said_of(text: str, begin: int) -> str:
    for n, word in enumerate(_WORD.finditer(text, begin, min(len(text), begin + 80))):
        if n >= REACH:
            break
        low = word[0].lower()
        if low not in _SKIPPED and low not in "$€£":
            return low if low.isdigit() else stem(low)
    return ""


def objections(sentence: str, quote: str) -> list[str]:
    """What the sentence says of bounds and scope that the quote does not."""
    said, shown = bounds(sentence), bounds(quote)
    made = []
    for kind, opposite in OPPOSITE.items():
        if kind == "none" and denies(quote):
            continue  # "not any" is "no"
        for word in sorted(said.get(kind, set()) - shown.get(kind, set())):
            if word and word in shown.get(opposite, set()) - said.get(opposite, set()):
                made.append(f"the evidence says “{opposite}” of “{word}”, the sentence “{kind}”")
    for kind in ("least", "most", "before", "after"):
        opposite = OPPOSITE[kind]
        turned = said.get(kind) and shown.get(opposite) and not shown.get(kind) and not said.get(opposite)
        if turned and (kind in ("least", "most") or not shown.get("if")):
            made.append(f"the evidence says “{opposite}”, the sentence “{kind}”")
    limits = said.keys() & {"only", "except", "if"} or negative(sentence)
    if shown.get("only") and not limits and _covers(shown["only"], sentence):
        made.append("“only” is left out")
    if said.get("only") and not shown.keys() & {"only", "except"} and not _LIMITS.search(quote):
        made.append("“only” is not borne out")
    excepted = any(
        mark.lastgroup == "except" and _concerns(quote[: mark.start()], sentence)
        for mark in _MARK.finditer(BOILERPLATE.sub(lambda m: " " * len(m[0]), quote))
    )
    if excepted and not limits:
        made.append("an exception is left out")
    if said.get("except") and not shown.keys() & {"except", "only", "if"} and not negative(quote):
        made.append("the exception is not borne out")
    return list(dict.fromkeys(made))


_MODAL = re.compile(r"\b(?:shall|may|must|will)\b", re.I)
_OWN_VERB = re.compile(r"[.;:]\s|,?\s+(?:and|but)\s+(?=(?:\w+\s+){0,2}(?:shall|may|must|will)\b)", re.I)
"""Where a clause with a verb of its own begins."""


def _concerns(before: str, sentence: str) -> bool:
    """Whether a sentence speaks of the clause that an exception ends; at the beginning it concerns all."""
    clause = _OWN_VERB.split(before)[-1]
    if modal := _MODAL.search(clause):
        clause = clause[modal.end() :]  # what its subject does, not who it is
    said = {stem(w) for w in _WORD.findall(clause) if w.lower() not in _SKIPPED and w.lower() != "not"}
    return not said or bool(said & {stem(w) for w in _WORD.findall(sentence)})


def _covers(words: set[str], sentence: str) -> bool:
    """Whether the sentence speaks of what follows the mark in the quote."""
    stems = {stem(w) for w in _WORD.findall(sentence)}
    return any(not word or word in stems for word in words)
