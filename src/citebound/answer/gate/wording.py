"""Words that may stand for each other, words that may not, and the words of a sentence that its quote lacks.

The tables are plain English of contracts and security reports, from general knowledge, a group or a pair a line:
same.txt (may be exchanged in any sentence), related.txt (what a freer restatement may use), opposite.txt (turns a
statement round). Words that share a group are one; groups are not chained. Derived forms are one word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources

from citebound.answer.words import stem
from citebound.indexes.lexical import STOPWORDS

IRREGULAR = {
    stem(form): stem(words.split()[0])
    for words in (
        "begin began begun|give gave given|take took taken|get got gotten|write wrote written|show shown|know knew"
        " known"
        "|hold held|keep kept|leave left|lose lost|make made|mean meant|meet met|pay paid|send sent|sell sold|buy"
        " bought"
        "|bring brought|build built|choose chose chosen|find found|grow grew grown|lead led|run ran|say said|see"
        " saw seen"
        "|spend spent|stand stood|tell told|think thought|understand understood|win won|become became|come came|do"
        " did done"
        "|go went gone|break broke broken|speak spoke spoken|draw drew drawn|fall fell fallen|rise rose risen|hear"
        " heard"
        "|steal stole stolen|lend lent|withhold withheld|withdraw withdrew withdrawn|undertake undertook"
        " undertaken|oversee oversaw overseen|strike struck stricken|teach taught|overcome overcame|forget forgot"
        " forgotten"
        "|bear bore borne|seek sought|catch caught|deal dealt|drive drove driven|forbid forbade forbidden|hide hid"
        " hidden"
    ).split("|")
    for form in words.split()
}
"""Stems of irregular forms and of the word that they are forms of."""
NEGATING = ("un", "in", "im", "ir", "il", "non", "dis", "mis", "de", "anti", "counter")
LIGHT = STOPWORDS | frozenset(
    (
        "also shall must may might within without upon one every another hereby herein hereof hereunder thereby"
        " thereof therein thereto thereunder hereto such said either neither still yet ever even already then"
        " otherwise whether per via etc e.g i.e including include includes included well like among amongst between"
        " towards toward across along around throughout whenever wherever where whose whom however therefore thus"
        " hence accordingly respectively applicable relevant party parties agreement section thing things way case"
        " cases matter basis order make makes made making take takes taken taking use used using do doing done go"
        " goes get gets give gives given become becomes being set put out up down off over under again further ensure"
        " need needs needed able unable purpose purposes regard regards respect connection event extent time times"
        " day days following follows currently just really actually simply clearly e both two second first last"
        " certain various several many much lot means mean meant kind type form part parts whole side sides end"
        " number amount level report team document terms term provision provisions clause written writing something"
        " anything nothing someone anyone everyone no not never none nor cannot can't won't don't doesn't isn't"
        " aren't wasn't weren't haven't hasn't hadn't didn't shouldn't wouldn't couldn't mustn't let's it's that's"
        " there's they're you're we're i'm he's she's what's who's while whilst though although because since unless"
        " until if else but yet so too very more most less least what which who when where why how all any each few"
        " other some only own same than once here there these those actually instead rather than back way long-term"
        " short-term people person right rights place work working works keep keeps kept say says said saying states"
        " stated provides provided"
    ).split()
)
"""Words that a restatement may add or leave out freely; what decides among them is read elsewhere."""
ENDINGS = frozenset(
    " i y s t ic ion at ate ation abl ibl al iti ment anc enc ant ent iv ive ous ed ing ication if ifi ific ness ship"
    " ur c is iz ise ize isat izat g ge ti ci ci d de s sion ti icat ial iar ari at or atori ori".split(" ")
) - {"or", "er", "r", "e", "ee"}
"""What may differ at the ends of two stems that are forms of one word; not "or", "er", "ee", which name persons."""
_WORD = re.compile(r"[^\W\d_][^\W_]*(?:['’][^\W_]+)*")


_NONE: frozenset[int] = frozenset()


@lru_cache(maxsize=3)
def _groups(name: str) -> dict[str, frozenset[int]]:
    """The groups that each stem is in."""
    groups: dict[str, set[int]] = {}
    for number, line in enumerate(_lines(name)):
        for word in line.split():
            groups.setdefault(stem(word), set()).add(number)
    return {word: frozenset(numbers) for word, numbers in groups.items()}


@lru_cache(maxsize=1)
def _opposite() -> frozenset[tuple[str, str]]:
    pairs = (line.split() for line in _lines("opposite.txt"))
    return frozenset((stem(a), stem(b)) for one, other in pairs for a, b in ((one, other), (other, one)))


def _lines(name: str) -> list[str]:
    text = resources.files("citebound.answer.gate").joinpath(name).read_text("utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]


@lru_cache(maxsize=200_000)
def alike(one: str, other: str, *, related: bool = False) -> bool:
    """Whether two stems are one word, forms of one word, or words that may stand for each other; with `related` also
    words that a freer restatement may use."""
    one, other = IRREGULAR.get(one, one), IRREGULAR.get(other, other)
    if one == other:
        return True
    if (one, other) in _opposite():
        return False
    for name in ("same.txt", "related.txt") if related else ("same.txt",):
        if _groups(name).get(one, _NONE) & _groups(name).get(other, _NONE):
            return True
    shared = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    if shared < 4 or shared < 0.5 * max(len(one), len(other)):
        return False
    return one[shared:] in ENDINGS and other[shared:] in ENDINGS


def common(word: str) -> bool:
    """Whether a stem is a word of the tables, and so no name."""
    return word in _groups("same.txt") or word in _groups("related.txt")


def opposed(one: str, other: str) -> bool:
    """Whether two stems are opposites."""
    if (one, other) in _opposite():
        return True
    short, long = sorted((one, other), key=len)
    return len(short) >= 4 and any(long == prefix + short for prefix in NEGATING)


def words(text: str) -> list[str]:
    """The stems of the words that carry a text, in order."""
    return [
        stem(w)
        for w in (m[0].lower().removesuffix("'s").removesuffix("’s") for m in _WORD.finditer(text))
        if w not in LIGHT and len(w) > 1
    ]


def turned(sentence: str, quote: str) -> str:
    """A word of the sentence in whose place the quote has the opposite, "" if there is none. Where either is denied,
    it is none: "not open" may be "closed"."""
    said, shown = _undenied(sentence), _undenied(quote)
    ours = [w for w in sorted(said.keys() - shown.keys()) if w not in LIGHT and said[w] and not _like(w, shown)]
    theirs = [w for w in sorted(shown.keys() - said.keys()) if w not in LIGHT and shown[w] and not _like(w, said)]
    for word in ours:
        for other in theirs:
            if opposed(word, other) and not {word, other} <= _PLACES:
                return f"the sentence says “{word}…” where the evidence says “{other}…”"
    return ""


_DENIES = re.compile(
    r"(?:not|no|never|without|cannot|nor|neither|none|nothing|nobody|unless|fail\w*|refus\w+|prevent\w*|prohibit\w*"
    r"|lack\w*|unable|impossible|instead|rather|stop\w*|only|until|less|little|few|too|barely|hardly)\b|\w+n['’]t\b",
    re.I,
)
_PLACES = frozenset(stem(w) for w in "above below before after during under over within beyond".split())
"""Words of place, time and bounds: what is "above" zero may be defined "below"; `bounds` reads them."""
BEFORE = 5
"""Words before a word in which a denial of it is looked for."""


_OUTRIGHT = re.compile(
    r"\b(?:not|no|none|never|neither|nor|nothing|nobody|cannot)\b"
    r"(?! (?:only|later|less|more|fewer|limited|just|to exceed))"
    r"|n['’]t\b|\b(?:waiv|relinquish|disclaim|forfeit|surrender|lack)(?:e|es|ed|s|ing)?\b",
    re.I,
)


def denies(text: str) -> bool:
    """Whether a text denies something outright."""
    return _OUTRIGHT.search(text) is not None


def _like(word: str, others: Iterable[str]) -> bool:
    return any(alike(word, other) for other in others)


def _undenied(text: str) -> dict[str, bool]:
    """The stems of a text, each with whether it stands anywhere without a denial shortly before it."""
    found: dict[str, bool] = {}
    said = [m[0].lower() for m in _WORD.finditer(text)]
    for i, word in enumerate(said):
        free = not any(_DENIES.match(w) for w in said[max(0, i - BEFORE) : i])
        found[stem(word)] = found.get(stem(word), False) or free
    return found


_NEGATIVE = re.compile(
    r"(?<![\w.,:])0(?=\s[a-z])|\b(?:not|no|never|without|cannot|nor|neither|none|nothing|nobody|fail\w*|refus\w+|declin\w+|prevent\w*|prohibit\w*"
    r"|avoid\w*|lack\w*|absen(?:t|ce)|only|unless|except\w*|against|free\s+of|instead|rather|stop\w*|keeps?|void|missing"
    r"|waiv\w*|relinquish\w*|disclaim\w*|forfeit\w*|surrender\w*|restrict\w*|exclud\w+|wrong\w*|zero|bars?|barred|forbid\w*|beyond|apart|other\s+than|until|den(?:y|ies|ied|ial)"
    r"|non-?[a-z]{3,}|un(?!der|it|ion|iform|iqu|ivers|til)[a-z]{4,}"
    r"|in(?:valid|correct|complete|sufficient|adequate|compatible|consistent|accurate|effective|active|secure|ability"
    r"|applicable|eligible|capable|appropriate|dependent\w*|exhaustive)\w*"
    r"|im(?:possible|proper|material|permissible)\w*|ir(?:revocable|relevant|regular|respective)\w*"
    r"|dis(?:agree|allow|approv|abl|claim|honest|continu|regard)\w*)\b|n['’]t\b",
    re.I,
)


def negative(text: str) -> bool:
    """Whether a text holds any word that may deny something."""
    return _NEGATIVE.search(text) is not None


def all_words(text: str) -> set[str]:
    return {stem(m[0].lower()) for m in _WORD.finditer(text)}


def novel(sentence: str, quote: str) -> list[list[str]]:
    """Runs of the sentence's words, in order, that the quote has no like of; words of no weight do not end a run."""
    shown = set(words(quote))
    runs: list[list[str]] = [[]]
    for word in words(sentence):
        if word in shown or any(alike(word, other, related=True) for other in shown):
            if runs[-1]:
                runs.append([])
        else:
            runs[-1].append(word)
    return [run for run in runs if run]
