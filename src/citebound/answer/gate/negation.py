"""What is denied, required and permitted: each head word of a text with its negation and its modality.

"shall not assign", "may not assign", "is prohibited from assigning" and "neither party may assign" all deny "assign".
`shall`, `must`, `will`, "is required to", "agrees to" are one modality; `may`, `can`, "is entitled to", "has the right
to" another; "need not" and "is not required to" a third. Upper and lower bounds ("shall not exceed", "no later than")
deny nothing: they are read by `bounds`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from citebound.answer.words import stem
from citebound.indexes.lexical import STOPWORDS


class Mood(StrEnum):
    """How a text speaks of a head word."""

    STATES = "states"
    REQUIRES = "requires"
    PERMITS = "permits"
    EXCUSES = "excuses"
    ADVISES = "advises"


@dataclass(frozen=True, slots=True)
class Predicate:
    """A head word (its stem), how it is spoken of, and whether it is denied."""

    head: str
    mood: Mood
    denied: bool


EXCUSES = (
    r"need\s+not|needn['’]t|(?:is|are|be|was|were)\s+(?:not|under\s+no)\s+(?:be\s+)?(?:required|obligated|obliged"
    r"|obligation|bound|necessary"
    r"|needed)(?:\s+(?:to|for))?|(?:do|does|did)(?:\s+not|n['’]t)\s+(?:have|need)\s+to"
    r"|(?:shall|will)\s+(?:not\s+be\s+(?:required|obligated|obliged|bound)|have\s+no\s+(?:obligation|duty)"
    r"|be\s+under\s+no"
    r"\s+(?:obligation|duty))(?:\s+to)?|(?:has|have|had)\s+no\s+(?:obligation|duty)\s+to|no\s+(?:obligation|duty)\s+to"
    r"|(?:isn|aren)['’]t\s+(?:required|obligated|obliged)\s+to"
)
BARRED = (
    r"(?:(?:is|are|be|shall\s+be|will\s+be|were|was|being)\s+)?(?:prohibited|precluded|barred|prevented"
    r"|restricted|forbidden|banned"
    r"|excluded|restrained|enjoined)\s+(?:from|to)|(?:prohibits?|precludes?|bars?|prevents?|forbids?|stops?"
    r"|blocks?)"
    r"(?:\s+[\w'’-]+){0,5}?\s+from|keeps?(?:\s+[\w'’-]+){0,5}?\s+from(?=\s+(?:being\s+)?\w+(?:ing|ed)\b)|refrains?\s+from|refrained\s+from|refraining\s+from|(?:fails?|failed|failing"
    r"|failure)\s+(?:to|of)"
    r"|(?:declines?|refuses?|refused|declined|refusing)\s+to|(?:unable|impossible|unwilling)\s+to|no\s+right\s+to"
    r"|without"
    r"|(?:lacks?|lacked|lacking)|(?:absence|lack)\s+of|in\s+no\s+event\s+(?:shall|will|may)?"
    r"|under\s+no\s+circumstances\s+(?:shall|will|may)?|rather\s+than|instead\s+of"
)
NOT = (
    r"(?:not|never|no\s+longer|nor|neither|cannot|can['’]t|won['’]t"
    r"|(?:is|are|was|were|do|does|did|has|have|had|should|would|could|must)n['’]t)"
)
PERMITS = (
    r"may|can|might|could|(?:(?:shall|will)\s+)?(?:is|are|be|was|were)\s+(?:entitled|permitted|allowed|authorized"
    r"|authorised|free|able|eligible)\s+to"
    r"|(?:(?:shall|will)\s+)?(?:has|have|had|having|retains?|reserves?)\s+(?:the|a|an"
    r"|any)\s+(?:\w+\s+){0,2}?(?:right|option|ability|discretion|authority|power)"
    r"(?:\s+[\w'’-]+){0,5}?\s+to(?:\s+\(\w{1,3}\))?"
    r"|at\s+(?:its|their|his)\s+(?:sole\s+)?(?:option|discretion|election)|optional(?:ly)?"
    r"|(?:permits?|allows?|enables?|entitles?|authorizes?)\s+(?:[\w'’-]+\s+){0,4}?to"
)
REQUIRES = (
    r"shall|must|will|(?:is|are|be|was|were)\s+(?:hereby\s+)?(?:required|obligated|obliged|bound|responsible"
    r"|to)\s*(?:to|for)?"
    r"|(?:agrees?|undertakes?|covenants?|promises?|commits?)\s+(?:to|that)|(?:has|have|had|needs?)\s+to"
    r"|(?:requires?|obliges?|obligates?)"
    r"\s+(?:[\w'’-]+\s+){0,4}?to|mandatory|has\s+(?:a|the)\s+(?:duty|obligation)\s+to"
)
ADVISES = r"should|ought\s+to|recommends?|recommended|advis(?:es?|ed)"
_MARK = re.compile(
    rf"\b(?:(?P<excuses>{EXCUSES})|(?P<barred>{BARRED})|(?P<permits>{PERMITS})|(?P<requires>{REQUIRES})"
    rf"|(?P<advises>{ADVISES})|(?P<nobody>no\s+(?:party|person|one|entity|other\s+\w+)|nothing|nobody|none)|(?P<no>no)"
    rf"|(?P<unless>unless|except\s+(?:if|when|where))|(?P<not>{NOT}))(?![\w-])",
    re.I,
)
_NEVER = re.compile(r"(?:in\s+no\s+event|under\s+no\s+circumstances)\b", re.I)
_NEEDS = re.compile(r"(?:has|have|had|needs?)\s+to|(?:is|are)\s+(?:required|obligated|obliged)", re.I)
"""What nobody has to do is excused, not forbidden."""
_BOUND = re.compile(
    r"\b(?:(?:shall|may|must|will|can|does|do|is|are|to)?\s*(?:not|never)\s+(?:be\s+)?(?:to\s+)?"
    r"(?:exceed\w*|more\s+than|less\s+than|later\s+than|earlier\s+than|fewer\s+than|greater\s+than|sooner\s+than"
    r"|over|under|below|above)"
    r"|no\s+(?:more|less|later|fewer|greater|earlier|sooner)\s+than|not\s+only|not\s+limited\s+to"
    r"|whether\s+or\s+not|or\s+not"
    r"|no\.\s*\d|not\s+(?:as|so)\s+\w+\s+as|not\s+to\s+exceed|as\s+well\s+as\s+not)\b",
    re.I,
)
_OTHERWISE = re.compile(
    r"\b(?:unless|except)\b[^,.;]{0,60}?\b(?:otherwise)\b(?:\s+(?:provided|stated|agreed|specified))?", re.I
)
"""That something else may be said elsewhere denies nothing."""
_ASIDE = re.compile(r",\s(?:directly\s+or\s+indirectly|in\s+whole\s+or\s+in\s+part)\s*,", re.I)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_STOP = re.compile(
    r"[.;:]|,(?!\s*(?:[\w'’-]+,\s*){0,6}(?:[\w'’-]+\s+)?(?:or|and|nor)\b)|\b(?:but|unless|except|provided|however|if|that|which|who)\b"
)
_LIGHT = STOPWORDS | frozenset(
    "also hereby herein hereof hereunder thereby thereof therein thereto thereunder otherwise either neither still"
    " yet ever even already then such shall must may might within without upon one every another deemed made promptly"
    " able ability expressly fully directly indirectly knowingly solely duly give make take use have get go party"
    " parties agreement contract person".split()
)
_ADVERB = re.compile(r"\w{3,}ly$", re.I)
_COORDINATED = re.compile(r"\s*(?:,\s*(?:and/or|or|and|nor)?|\b(?:or|and|nor|and/or)\b)\s*", re.I)
REACH = 9
"""Words behind a mark in which its head is looked for."""


def predicates(text: str) -> list[Predicate]:
    """Every head word that a modal or a negation governs, in order; coordinated verbs count each."""
    text = _BOUND.sub(
        lambda m: " " * len(m[0]),
        _ASIDE.sub(lambda m: " " * len(m[0]), _OTHERWISE.sub(lambda m: " " * len(m[0]), text)),
    )
    marks = list(_MARK.finditer(text))
    made: list[Predicate] = []
    for i, mark in enumerate(marks):
        mood, denied = _mood(mark)
        nearest = marks[i + 1] if i + 1 < len(marks) else None
        begin = mark.end()
        if (
            i
            and marks[i - 1]["nobody"]
            and _NEEDS.match(mark[0])
            and not text[marks[i - 1].end() : mark.start()].strip()
        ):
            continue  # "nobody has to": said together above
        if nearest and not text[begin : nearest.start()].strip(" ,") and not mark["nobody"]:
            continue  # "shall not", "may never": said together below
        if i and not text[marks[i - 1].end() : mark.start()].strip(" ,"):
            mood, denied = _together(marks, i)
        elif denied and not mark["nobody"] and (before := _before(text, marks, i)):
            mood = before
        if (
            mark["nobody"]
            and nearest
            and nearest.start() - begin < 60
            and not _STOP.search(text[begin : nearest.start()])
        ):
            end = nearest.end()
            nearest_mood, nearest_denied = _mood(nearest)
            if _NEEDS.match(nearest[0]):
                made += [Predicate(h, Mood.EXCUSES, False) for h, _ in _heads(text, end)]
                continue
            made += [Predicate(h, nearest_mood, not nearest_denied) for h, _ in _heads(text, end)]
            continue
        if mark[0].lower() in ("neither", "nor"):
            continue
        beside = i and not text[marks[i - 1].end() : mark.start()].strip()
        governed = _denied_subject(text, marks, i - 1 if beside else i)
        if governed and _NEEDS.match(mark[0]):
            made += [Predicate(h, Mood.EXCUSES, False) for h, _ in _heads(text, begin)]
            continue
        made += [Predicate(h, mood, denied != governed) for h, _ in _heads(text, begin)]
    return made


def _mood(mark: re.Match[str]) -> tuple[Mood, bool]:
    match mark.lastgroup:
        case "excuses":
            return Mood.EXCUSES, False
        case "permits":
            return Mood.PERMITS, False
        case "requires":
            return Mood.REQUIRES, False
        case "advises":
            return Mood.ADVISES, False
        case _:
            return Mood.STATES, True


def _together(marks: list[re.Match[str]], i: int) -> tuple[Mood, bool]:
    """Marks that stand side by side: "shall not", "may, but need not,", "will be entitled to"."""
    first, second = _mood(marks[i - 1]), _mood(marks[i])
    if Mood.EXCUSES in (first[0], second[0]):
        return Mood.EXCUSES, False
    mood = second[0] if second[0] is not Mood.STATES else first[0]
    return mood, first[1] != second[1]


def _before(text: str, marks: list[re.Match[str]], i: int) -> Mood | None:
    """The modal that stands a few words before a negation: "shall in no way ..."."""
    if not i:
        return None
    between = text[marks[i - 1].end() : marks[i].start()]
    if len(between) > 25 or _STOP.search(between):
        return None
    mood, _ = _mood(marks[i - 1])
    return mood if mood is not Mood.STATES else None


def _denied_subject(text: str, marks: list[re.Match[str]], i: int) -> bool:
    """Whether the subject of a modal is "neither party", "no person", "nothing herein"."""
    if not i or marks[i]["nobody"]:
        return False
    before = marks[i - 1]
    if before[0].lower() == "nor" and i > 1 and marks[i - 2][0].lower() == "neither":
        before = marks[i - 2]  # "neither A nor B may"
    between = text[before.end() : marks[i].start()]
    if re.search(r"\b(?:has|have|had|with|is|are|there)\s+$", text[: before.start()], re.I):
        return False  # "a vault that has no position could"
    denying = before["nobody"] is not None or _NEVER.match(before[0]) or before[0].lower() in ("neither", "no")
    return bool(denying) and len(between) < 80 and not _STOP.search(between)


def _heads(text: str, begin: int) -> list[tuple[str, int]]:
    """The first content word behind a mark, and those coordinated with it."""
    stop = _STOP.search(text, begin)
    rest_end = stop.start() if stop and stop.start() > begin + 1 else len(text)
    if stop and stop[0] == "," and not re.search(r"\w", text[begin : stop.start()]):
        closing = text.find(",", stop.end())  # "shall not, without consent, assign"
        begin = closing + 1 if 0 < closing < stop.end() + 120 else stop.end()
        rest_end = len(text)
    found: list[tuple[str, int]] = []
    looked = 0
    for word in _WORD.finditer(text, begin, rest_end):
        looked += 1
        low = word[0].lower()
        if looked > REACH:
            break
        if low in _LIGHT or _ADVERB.fullmatch(low):
            continue
        found.append((stem(low), word.start()))
        end = word.end()
        while len(found) < 6 and (link := _COORDINATED.match(text, end)) and link[0].strip():
            following = _WORD.match(text, link.end())
            if not following or following[0].lower() in _LIGHT:
                break
            found.append((stem(following[0]), following.start()))
            end = following.end()
        break
    return found
