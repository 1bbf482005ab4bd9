"""A sentence that copies its quote but for a few words: which words were changed, and whether they may be.

Nearly all drafts of small models, and nearly all forgeries, are copies with something exchanged. Both texts are read as
words in one form (numbers in digits, contractions written out, modals by class), laid side by side, and every
difference is judged: a negation, a modal, a bound, a word of scope or a name may not differ; a word may be left out
unless it narrows what is said; a word may stand for its like (`wording`); nothing of weight may be added.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise

from citebound.answer.gate.agents import ROLES
from citebound.answer.gate.bounds import unfolded
from citebound.answer.gate.numerals import in_digits, ungrouped
from citebound.answer.gate.wording import alike, common, opposed
from citebound.answer.words import stem

CHANGES = 2
"""Places where a copy may differ from its quote, other sentences and names not counted."""
BEGINNING = 3
"""Words of a text that its subject is among."""
FRAGMENT = 3
"""Words from which on an answer is more than a fragment: "30 days" leaves out what it likes."""
COPIED = 0.5
"""Share of the words of the shorter text that the other has in the same order."""

CLASSES = {
    "denial": "non not no never none nor neither nothing nobody without cannot unless except lack lacks lacking"
    " fails fail failed prohibited excluding unable prevent prevents refuse refuses".split(),
    "modal": "shall may should might could".split(),
    "person": "we you".split(),
    "direction": "to from".split(),
    "bound": "least most more less fewer greater exceed exceeds exceeding minimum maximum before after prior following"
    " within until later earlier above below over under excess upon beyond by longer shorter higher lower"
    " thereafter between".split(),
    "scope": "only solely exclusively sole all any each every some certain several both either entire whole part"
    " partial few most many half if and or other excluding always and/or".split(),
}
_CLASS = {word: name for name, words in CLASSES.items() for word in words}
FREE = frozenset(
    (
        "also however therefore thus hereby then there here that which who so additionally furthermore moreover"
        " accordingly such said very own itself themselves just now further too well respective respectively i ii iii"
        " iv they he she whereas namely i.e e.g do does did there's make sure where when while whether"
        " particular order follows as since because doing how even given same way similarly go goes take taken still"
        " result yet so but means mean meant shows show shown through enough what anywhere although though while too"
        " rating rated set give gives unlike contrast during throughout author authors reviewer reviewers"
        " agreement"
    ).split()
)
"""Words that a copy may add or leave out."""
LIMITING = frozenset("only solely exclusively some certain several partial half excluding few most many".split())
NARROWING = frozenset(
    (
        "only solely exclusively sole not no never without unless except other than excluding until before after"
        " material materially written prior mutual net gross direct indirect calendar reasonable reasonably least"
        " most exclusive non nonexclusive unless partial partially up initial annual monthly consequential willful"
        " gross aggregate average minimum maximum authenticated unauthenticated remote local potential potentially"
        " limited subject provided indirectly directly conditional conditionally temporarily temporary usually"
        " generally typically sometimes almost nearly approximately about if"
    ).split()
)
"""Words that a restatement may not leave out of a copy."""
_EXPANDED = [
    (re.compile(pattern, re.I), plain)
    for pattern, plain in (
        (r"\bcan['’]t\b|\bcannot\b", "may not"),
        (r"\bwon['’]t\b", "shall not"),
        (r"n['’]t\b", " not"),
        (r"['’](?:s|re|ve|ll|d)\b|['’](?=\s)", ""),
        (r"\b(?:must|will)\b", "shall"),
        (r"\b(?:can|could|might)\b", "may"),
        (r"\b[Pp]arty\s+([A-D])\b", r"Party\1"),
        (r"\b(?:(?:shall|must|will)\s+be|is|are|be)\s+(?:required|obligated|obliged)\s+to\b", "shall"),
        (r"\b(?:has|have|agrees?|undertakes?)\s+to\b", "shall"),
        (
            r"\b(?:(?:shall|must|will)\s+be|is|are|be)\s+(?:entitled|permitted|allowed|authorized|eligible)\s+to\b",
            "may",
        ),
        (r"\b(?:has|have)\s+the\s+right\s+to\b", "may"),
        (r"\bprior\s+to\b", "before"),
        (r"\b(?:subsequent\s+to|following)\b", "after"),
        (r"\b(?:solely|exclusively)\b", "only"),
        (r"\bupon\b", "on"),
        (r"\bonce\b(?!\s+(?:an?|per|every|each|in)\b)", "after"),
        (r"\bours?\b", "we"),
        (r"\byours?\b", "you"),
        (r"\b(?:every|each|whole|entire)\b", "all"),
        (r"\b(?:in\s+contrast\s+to|unlike)\b", "unlike"),
        (r"\b(?:business|working|banking|trading)\s+day", "businessday"),
        (r"\bU\.?S\.?\s?\$|\$|\b(?:U\.?S\.?|United\s+States)\s+dollars?\b|\bdollars?\b", " usd "),
        (r"\b(USD|EUR|GBP)(?=\d)", r"\1 "),
        (r"€|\beuros?\b", " eur "),
        (r"£|\bpounds?\s+sterling\b", " gbp "),
        (r"\b(?:for\s+the\s+)?avoidance\s+of\s+(?:any\s+)?doubt\b", " "),
        (r"\bpursuant\s+to\b|\bin\s+accordance\s+with\b|\bin\s+line\s+with\b", "under"),
        (r"\bin\s+the\s+event\s+(?:that|of)?\b|\bin\s+case(?:\s+of)?\b", "if"),
        (r"\b(?:at\s+all\s+times)\b", "always"),
        (r"\bapart\s+from\b|\bsave\s+for\b|\bother\s+than\b|\baside\s+from\b|\bexcept\s+for\b|\bexcluding\b", "except"),
        (r"(?:\b(?:shall|may|does|do)\s+)?\bnot\s+(?:be\s+)?(?:to\s+)?exceed\w*\b", "most"),
        (r"\b(?:(?:shall|is|are)\s+(?:be\s+)?)?(?:capped\s+at|limited\s+to)\b", "most"),
        (r"\b(?:not|no)\s+(?:later|more)\s+than\b|\bup\s+to\b|\bat\s+most\b", "most"),
        (r"\b(?:not|no)\s+(?:less|fewer)\s+than\b|\bat\s+least\b|\ba\s+minimum\s+of\b", "least"),
        (r"\bfree\s+of\s+charge\b|\bat\s+no\s+(?:cost|charge)\b|\bwithout\s+charge\b", "gratis"),
        (r"(?<=[a-z])-(?=[a-z])", " "),
        (r"\bU\.?S\.?(?:A\.?)?(?=\s|$)", "united states"),
        (r"%", " percent "),
        (r"\bper\s+cent\b", "percent"),
        (r"\b(?:under|in|of|to|by)\s+(?:the|this)\s+agreement\b", " "),
        (r"\bhereunder\b|\bherein\b|\bhereof\b|\bhereto\b|\bthereto\b|\bthereof\b|\btherein\b", " "),
    )
]  # fmt: skip
_DENYING = re.compile(
    r"(?:non-?|un(?!like|i|der|til|it|iv|dert))[a-z]{4,}|avoid\w*|stop|stops|block|blocks|free|forbid\w*"
    r"|bar|bars|declin\w+|deni\w+|deny\w*|absen\w+|impossible|incompatible|insufficient|invalid|inadequate"
    r"|regardless|against|prohibit\w*|prevent\w*"
)
_TOKEN = re.compile(
    r"(?<=\w[.;:!?])\s{1,4}(?=[A-Z(\[“\"])|\s*\n\s*\n\s*|[ ]{3,}(?=[A-Z(\[“\"])"
    r"|[^\W_]+(?:[._/:-][^\W_]+)*(?:['’][^\W_]+)?|[$€£]"
)
_ARTICLES = frozenset(
    (
        "the a an of to in on for such said this that these those its their his her be is are was were been being has"
        " have had it them as with by at from"
    ).split()
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word in the one form in which it is compared; `name` if it is written like a name or is a role."""

    form: str
    stem: str
    name: bool


_NAMED = re.compile(rf"\s+(?:(?:the|an?|any|each|such)\s+)?(?:(?-i:[A-Z])|(?:{'|'.join(sorted(ROLES))})\b)", re.I)
"""What follows a "to" or "from" that is more than a small word."""
_MEASURED = re.compile(
    r"(?<![\w.])(?P<part>\d{1,5}(?:\.\d{1,4})?\s?(?:%|percent\b|per cent\b)|\d{1,4} times|half|thirds?|quarters?|twice"
    r"|part|portion|percentage|fraction|multiple|product|average|excess|remainder|greater|lesser|higher|lower|larger|smaller)\)?"
    r"\s+(?:(?<=twice )|(?<=times )|(?<=half )|of\s+)(?:the\s+|such\s+|all\s+|its\s+|their\s+)?"
    r"(?P<of>[A-Za-z][\w-]{2,30}(?:\s+[A-Za-z][\w-]{2,30})?)",
    re.I,
)
"""A part or a multiple of something: "half of the fees", "twice the fees"."""
_ABLE = re.compile(
    r"\b(?:able|ability|possib\w+|allow\w*|enabl\w+|permit\w*|rights?|option\w*|entitle\w*|lets?|potential\w*|risks?|would"
    r"|if|free to|discretion|authori[sz]\w+|power|choose|elects?|capable)\b",
    re.I,
)
"""What says in other words that something may be done."""
_PARTY = re.compile(r"\s+part(?:y|ies)\b", re.I)
"""What makes a participle a role: the "indemnifying" and the "indemnified" party are two."""
BREAK = Word("¶", "¶", False)
"""Where one sentence ends and another begins."""


@lru_cache(maxsize=8192)
def read(text: str) -> tuple[Word, ...]:
    """The words of a text without articles and other words that say nothing by themselves."""
    text = ungrouped(in_digits(unfolded(text)))
    for pattern, plain in _EXPANDED:
        text = pattern.sub(plain, text)
    made = []
    for match in _TOKEN.finditer(text):
        low = match[0].lower()
        if low.isspace():
            made.append(BREAK)
            continue
        if low in _ARTICLES and not (low in ("to", "from") and _NAMED.match(text, match.end())):
            continue
        inside = bool(re.search(r"\w", text[: match.start()]))
        if inside and match[0] == "May":
            low = "month of may"
        root = low if low.endswith(("ing", "ed")) and _PARTY.match(text, match.end()) else stem(low)
        made.append(Word(low, root, _role(low) or (inside and match[0][0].isupper())))
    return tuple(made)


def objections(sentence: str, quote: str, context: str = "") -> list[str] | None:
    """What was changed that may not be; None if the sentence is no copy. Words of the `context` (headings) may be put
    in if they are common ones or identifiers, no names; in the place of a word of the quote they may not stand."""
    said, shown = read(sentence), read(quote)
    if not said or not shown or len(sentence.split()) < FRAGMENT:
        return None
    above = {w.stem for w in read(context) if (common(w.stem) and not _role(w.form)) or re.search(r"\d", w.form)}
    matcher = SequenceMatcher(None, [w.stem for w in shown], [w.stem for w in said], autojunk=False)
    changes = [c for c in matcher.get_opcodes() if c[0] != "equal"]
    same = sum(m.size for m in matcher.get_matching_blocks())
    places = [(shown[a1:a2], said[b1:b2], a1 == 0 or a2 == len(shown)) for _, a1, a2, b1, b2 in changes]
    places = [p for p in places if not (p[2] and not p[1] and (p[0][0] is BREAK or p[0][-1] is BREAK))]
    places = [p for p in places if p[1] or any(w is not BREAK for w in p[0])]
    worded = [p for p in places if not (p[0] and p[1] and all(w.name or w.form.isdigit() for w in (*p[0], *p[1])))]
    if len(worded) > CHANGES or same < 2 or same < COPIED * min(len(said), len(shown)):
        return None
    differ = len(places) == 1 or sum(_denials(b) - _denials(n) for b, n, edge in places if n or not edge) != 0
    taken = [tuple(w.stem for w in before) for before, now, _ in places if not now]
    put = [tuple(w.stem for w in now) for before, now, _ in places if not before]
    changed = _Changed(said, shown)
    made = []
    for before, now, _ in places:
        moved = (not now and tuple(w.stem for w in before) in put) or (
            not before and tuple(w.stem for w in now) in taken
        )
        if not moved:
            put_in = [w for w in now if before or w.stem not in above]
            made += _judged(before, put_in, changed, differ)
    turned = [(before, now) for before, now, _ in places if any(_class(w.form) == "direction" for w in (*before, *now))]
    if len(turned) > 1 and Counter(w for p in turned for w in p[0]) == Counter(w for p in turned for w in p[1]):
        made.append("two names have changed places")
    if _only_possible(said, shown, sentence):
        made.append("what may be and what is are not the same")
    if part := _part(said, quote):
        made.append(f"“{part}” is left out")
    if other := _subject(said, shown, sentence, quote):
        made.append(f"in the evidence it is not {other} of whom this is said")
    return list(dict.fromkeys(made))


def _only_possible(said: Sequence[Word], shown: Sequence[Word], sentence: str) -> bool:
    """Whether the quote says that something may be done, and the copy that it is."""
    if any(w.form in ("may", "should") for w in said) or _ABLE.search(sentence):
        return False
    has = {w.stem for w in said}
    done = {b.stem for a, b in pairwise(shown) if a.form != "may" and b.form not in FREE}
    return any(a.form == "may" and b.stem in has and b.stem not in done for a, b in pairwise(shown))


def _part(said: Sequence[Word], quote: str) -> str:
    """What the quote says a part or a multiple of ("half", "150%", "the greater") where the copy says the whole."""
    has = {w.stem for w in said}
    for match in _MEASURED.finditer(in_digits(quote)):
        of = next((w.stem for w in read(match["of"]) if w.form not in FREE), "")
        if of in has and not has & {w.stem for w in read(match["part"])}:
            return " ".join(match["part"].split())
    return ""


def _subject(said: Sequence[Word], shown: Sequence[Word], sentence: str, quote: str) -> str:
    """The role that a copy begins with, if its quote begins with another one of the roles that both have, and neither
    is a passive of the other."""
    firsts = [next((w for w in words[:BEGINNING] if _role(w.form)), None) for words in (said, shown)]
    if None in firsts or firsts[0] == firsts[1]:
        return ""
    mine, theirs = (w.form for w in firsts if w)
    if mine not in {w.form for w in shown} or theirs not in {w.form for w in said}:
        return ""
    passive = re.compile(rf"\bby\s+(?:the\s+|an?\s+)?(?:{re.escape(mine)}|{re.escape(theirs)})", re.I)
    return "" if passive.search(sentence) or passive.search(quote) else mine


class _Changed:
    """What a copy has more or less of than its quote, wherever it stands."""

    def __init__(self, said: Sequence[Word], shown: Sequence[Word]) -> None:
        had, has = Counter(w.stem for w in shown), Counter(w.stem for w in said)
        self._more = {w: has[w] - had[w] for w in had.keys() | has.keys()}
        self.gone = [w for w in shown if self._more[w.stem] < 0 and w.form not in FREE and _class(w.form) is None]
        self._pairs = {(a.stem, b.stem) for a, b in pairwise(shown)}
        self._moved = {w for a, b in pairwise(said) if (a.stem, b.stem) in self._pairs for w in (a.stem, b.stem)}

    def more(self, word: Word) -> int:
        """How much oftener the sentence has a word than the quote."""
        return self._more[word.stem]

    def moved(self, word: Word) -> bool:
        """Whether a word stands beside one of its neighbours of the quote."""
        return word.stem in self._moved


def _judged(before: Sequence[Word], now: Sequence[Word], changed: _Changed, denials_differ: bool) -> list[str]:
    """What one change does."""
    made = []
    for kind in CLASSES:
        had = {w.form for w in before if _class(w.form) == kind}
        has = {w.form for w in now if _class(w.form) == kind}
        if kind == "denial" and bool(had) != bool(has) and denials_differ:
            made.append("the evidence and the sentence disagree on a negation")
        elif kind != "denial" and had and has and had != has:
            made.append(f"the evidence says “{min(had)}”, the sentence “{min(has)}”")
        elif (
            kind == "modal"
            and any((said in has) != (said in had) for said in ("may", "should"))
            and len([w for w in (*before, *now) if w.form not in FREE]) == 1
        ):
            made.append("what may be and what is are not the same")
        elif (kind == "bound" and has and not had) or (
            kind == "scope"
            and has & LIMITING
            and not had
            and not any(w.form.startswith(("restrict", "limit")) for w in before)
        ):
            made.append(f"the evidence does not say “{min(has)}”")
    if all(w.form in FREE for w in now) and (
        left_out := [w.form for w in before if w.form in NARROWING and changed.more(w) < 0]
    ):
        made.append(f"“{left_out[0]}” is left out")
    weighty = [w for w in now if w.form not in FREE and w is not BREAK and _class(w.form) is None]
    lost = [w for w in before if w.form not in FREE and w is not BREAK and _class(w.form) is None]
    if "except" in {w.form for w in now} - {w.form for w in before}:
        made.append("the exception is not borne out")
    for word in weighty:
        if changed.more(word) <= 0 and not _exchanged(word, before, now, changed):
            continue
        if not lost and not word.name and any(alike(word.stem, o.stem) for o in changed.gone if not o.name):
            continue  # its like was moved
        if any(word.stem == o.stem or word.form == o.form for o in lost):
            continue
        against = next((o for o in lost if opposed(word.stem, o.stem)), None)
        if against or not any(alike(word.stem, o.stem) for o in lost):
            against = against or next((o for o in lost if o.name == word.name), lost[0] if lost else None)
            made.append(
                f"the sentence says “{word.form}” where the evidence says “{against.form}”"
                if against
                else f"nothing bears out “{word.form}”"
            )
            break
    return made


def _exchanged(word: Word, before: Sequence[Word], now: Sequence[Word], changed: _Changed) -> bool:
    """Whether a word that the quote has elsewhere stands where another of its kind stood: a name for a name, or one
    word for one word."""
    lost = [w for w in before if w not in now and w.form not in FREE and _class(w.form) is None]
    if word.name:
        return any(w.name for w in lost)
    return len(before) == len(now) == len(lost) == 1 and not lost[0].name and not changed.moved(word)


def _denials(words: Sequence[Word]) -> int:
    return sum(_class(w.form) == "denial" for w in words)


def _role(form: str) -> bool:
    return form in ROLES or re.fullmatch("party[a-d]", form) is not None


def _class(form: str) -> str | None:
    """The class of a word; what begins like "non-refundable" or "unused" denies too."""
    return _CLASS.get(form) or ("denial" if _DENYING.fullmatch(form) else None)
