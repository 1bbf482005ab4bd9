"""A sentence that copies its quote but for a few words: which words were changed, and whether they may be.

Nearly all drafts of small models, and nearly all forgeries, are copies with something exchanged. Both texts are read as
words in one form (`forms`), laid side by side, and every difference is judged: a negation, a modal, a bound, a word of
scope or a name may not differ; a word may be left out unless it narrows what is said; a word may stand for its like
(`wording`); nothing of weight may be added.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import pairwise

from citebound.answer.gate.forms import BREAK, CLASSES, FREE, LIMITING, NARROWING, Word, kind_of, read, role
from citebound.answer.gate.wording import alike, common, opposed

CHANGES = 2
"""Places where a copy may differ from its quote, other sentences and names not counted."""
BEGINNING = 3
"""Words of a text that its subject is among."""
FRAGMENT = 3
"""Words from which on an answer is more than a fragment: "30 days" leaves out what it likes."""
MOVED = 3
"""Words from which on a stretch is looked for elsewhere."""
MOVED_SAME = 0.6
"""Share of a moved stretch that must stand where it came from."""
COPIED = 0.5
"""Share of the words of the shorter text that the other has in the same order."""

MOVING = (None, "bound")
"""Classes of words whose like may stand elsewhere: "prior consent", "consent beforehand"."""
_ABLE = re.compile(
    r"\b(?:able|ability|possib\w+|allow\w*|enabl\w+|permit\w*|rights?|option\w*|entitle\w*|lets?|potential\w*|risks?|would"
    r"|if|free to|discretion|authori[sz]\w+|power|choose|elects?|capable)\b",
    re.I,
)
"""What says in other words that something may be done."""
_RISK = re.compile(r"\b(?:risks?|possibilit\w+|chances?|dangers?|likelihood|potential)\s+(?:of|that|for)\b", re.I)
_WHO_CAN = re.compile(r"\b(?:who|that)\s+(?:can|could|may|is\s+able\s+to|are\s+able\s+to|has|have)\b", re.I)
_IF_ABLE = re.compile(r"\bif\s+(?:an?|the|any)\s+\w+\s+(?:is\s+able|are\s+able|can|could|has|have)\b", re.I)
"""A condition that a restatement may put into a relative clause."""
_CHOSEN = re.compile(r"\bwhichever\b|\b(?:earlier|later|greater|lesser|higher|lower)\s+of\b|\bto\s+occur\b", re.I)
"""What chooses one of two, which may be joined by "and" or "or"."""
_FIRST_CLAUSE = re.compile(
    r"^\W*(?:if|when|where|once|unless|upon|on|at|within|after|before|until|during|for|in|to\s+the\s+extent|while|as|subject"
    r"|without|not\s+later)\b(?P<front>.*?,)\s+(?=[^,]*?\b(?:shall|must|will|may|can|should|is|are|has|have)\b)",
    re.I | re.S,
)
"""What stands before the subject of a text."""
_RESTRICTED = re.compile(r"\b(?:restricted|limited|confined)\s+to\b", re.I)


def objections(sentence: str, quote: str, context: str = "") -> list[str] | None:
    """What was changed that may not be; None if the sentence is no copy. Words of the `context` (headings) may be put
    in if they are common ones or identifiers, no names; in the place of a word of the quote they may not stand."""
    said, shown = read(sentence), read(quote)
    if not said or not shown or len(sentence.split()) < FRAGMENT:
        return None
    above = {w.stem for w in read(context) if (common(w.stem) and not role(w.form)) or re.search(r"\d", w.form)}
    matcher = SequenceMatcher(None, [w.stem for w in shown], [w.stem for w in said], autojunk=False)
    changes = [c for c in matcher.get_opcodes() if c[0] != "equal"]
    same = sum(m.size for m in matcher.get_matching_blocks())
    places = [_within((shown[a1:a2], said[b1:b2], a1 == 0 or a2 == len(shown)), shown) for _, a1, a2, b1, b2 in changes]
    places = [p for p in places if p[1] or any(w is not BREAK for w in p[0])]
    worded = [p for p in places if not (p[0] and p[1] and all(w.name or w.form.isdigit() for w in (*p[0], *p[1])))]
    if len(worded) > CHANGES or same < 2 or same < COPIED * min(len(said), len(shown)):
        return None
    places = _realigned(places)
    differ = len(places) == 1 or sum(_denials(b) - _denials(n) for b, n, edge in places if n or not edge) != 0
    taken = [tuple(w.stem for w in before) for before, now, _ in places if not now]
    put = [tuple(w.stem for w in now) for before, now, _ in places if not before]
    changed = _Changed(said, shown, sentence, quote)
    made = []
    for before, now, _ in places:
        moved = (not now and tuple(w.stem for w in before) in put) or (
            not before and tuple(w.stem for w in now) in taken
        )
        if not moved:
            put_in = [w for w in now if before or w.stem not in above]
            made += _judged(before, put_in, changed, differ)
    turned = [
        (before, now) for before, now, _ in places if any(kind_of(w.form) == "direction" for w in (*before, *now))
    ]
    if len(turned) > 1 and Counter(w for p in turned for w in p[0]) == Counter(w for p in turned for w in p[1]):
        made.append("two names have changed places")
    if _only_possible(said, shown, sentence):
        made.append("what may be and what is are not the same")
    if other := _subject(said, shown, sentence, quote):
        made.append(f"in the evidence it is not {other} of whom this is said")
    return list(dict.fromkeys(made))


Place = tuple[Sequence[Word], Sequence[Word], bool]


def _within(place: Place, shown: Sequence[Word]) -> Place:
    """A place at the edge of a quote where other sentences are left out, without them."""
    before, now, edge = place
    if not edge or now or BREAK not in before:
        return place
    breaks = [i for i, w in enumerate(before) if w is BREAK]
    kept = before[breaks[-1] + 1 :] if before[0] is shown[0] and len(before) < len(shown) else before[: breaks[0]]
    return kept, now, edge


def _realigned(places: Sequence[Place]) -> list[Place]:
    """The places where two texts differ, those laid side by side that are one stretch moved: "if late, it ends" and "it
    ends if late"."""
    made = list(places)
    for i, (before, now, edge) in enumerate(places):
        if len(now) < MOVED:
            continue
        for j, (gone, put, other_edge) in enumerate(places):
            if i == j or len(gone) < MOVED or made[j] is not places[j] or made[i] is not places[i]:
                continue
            matcher = SequenceMatcher(None, [w.stem for w in gone], [w.stem for w in now], autojunk=False)
            if sum(m.size for m in matcher.get_matching_blocks()) < MOVED_SAME * len(now):
                continue
            made[i], made[j] = (before, (), edge), ((), put, other_edge)
            for what, a1, a2, b1, b2 in matcher.get_opcodes():
                if what != "equal":
                    outside = other_edge and (a1 == 0 or a2 == len(gone))
                    made.append((gone[a1:a2], now[b1:b2], outside))
    return [p for p in made if p[0] or p[1]]


def _only_possible(said: Sequence[Word], shown: Sequence[Word], sentence: str) -> bool:
    """Whether the quote says that something may be done, and the copy that it is."""
    if any(w.form in ("may", "should") for w in said) or _ABLE.search(sentence):
        return False
    has = {w.stem for w in said}
    done = {b.stem for a, b in pairwise(shown) if a.form != "may" and b.form not in FREE}
    return any(a.form == "may" and b.stem in has and b.stem not in done for a, b in pairwise(shown))


def _subject(said: Sequence[Word], shown: Sequence[Word], sentence: str, quote: str) -> str:
    """The role that a copy begins with, if its quote begins with another one of the roles that both have, and neither
    is a passive of the other."""
    begins = [read(_FIRST_CLAUSE.sub("", text)) for text in (sentence, quote)]
    firsts = [next((w for w in words[:BEGINNING] if role(w.form)), None) for words in begins]
    if None in firsts or firsts[0] == firsts[1]:
        return ""
    mine, theirs = (w.form for w in firsts if w)
    if mine not in {w.form for w in shown} or theirs not in {w.form for w in said}:
        return ""
    passive = re.compile(rf"\bby\s+(?:the\s+|an?\s+)?(?:{re.escape(mine)}|{re.escape(theirs)})", re.I)
    return "" if passive.search(sentence) or passive.search(quote) else mine


class _Changed:
    """What a copy has more or less of than its quote, wherever it stands."""

    def __init__(self, said: Sequence[Word], shown: Sequence[Word], sentence: str, quote: str) -> None:
        self.risk = _RISK.search(sentence) is not None
        self.able = _WHO_CAN.search(sentence) is not None and _IF_ABLE.search(quote) is not None
        self.chosen = _CHOSEN.search(sentence) is not None and _CHOSEN.search(quote) is not None
        self.restricted = _RESTRICTED.search(quote) is not None
        had, has = Counter(w.stem for w in shown), Counter(w.stem for w in said)
        self._more = {w: has[w] - had[w] for w in had.keys() | has.keys()}
        self.gone = [w for w in shown if self._more[w.stem] < 0 and w.form not in FREE and kind_of(w.form) in MOVING]
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
        had = {w.form for w in before if kind_of(w.form) == kind}
        has = {w.form for w in now if kind_of(w.form) == kind}
        if kind == "denial" and bool(had) != bool(has) and denials_differ and (has or not _member(before)):
            made.append("the evidence and the sentence disagree on a negation")
        elif kind != "denial" and had and has and had != has and not (changed.chosen and had | has <= {"and", "or"}):
            made.append(f"the evidence says “{min(had)}”, the sentence “{min(has)}”")
        elif (
            kind == "modal"
            and any((said in has) != (said in had) for said in ("may", "should"))
            and len([w for w in (*before, *now) if w.form not in FREE]) == 1
            and not ("may" in had and changed.risk)
        ):
            made.append("what may be and what is are not the same")
        elif (kind == "bound" and not had and any(changed.more(w) > 0 for w in now if kind_of(w.form) == kind)) or (
            kind == "scope"
            and has & LIMITING
            and not had
            and not any(w.form.startswith(("restrict", "limit")) for w in before)
            and not (changed.restricted and has & LIMITING <= {"only"})
        ):
            made.append(f"the evidence does not say “{min(has)}”")
    if all(w.form in FREE for w in now) and (
        left_out := [
            w.form
            for i, w in enumerate(before)
            if w.form in NARROWING
            and changed.more(w) < 0
            and not (w.form == "if" and changed.able)
            and not (w.form == "other" and _weighty(before[i + 1 :]))
        ]
    ):
        made.append(f"“{left_out[0]}” is left out")
    weighty = [w for w in now if w.form not in FREE and w is not BREAK and kind_of(w.form) is None]
    lost = [w for w in _briefly(before) if w.form not in FREE and w is not BREAK and kind_of(w.form) is None]
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


def _briefly(words: Sequence[Word]) -> list[Word]:
    """Words with "the other" for "the other party"."""
    return [w for i, w in enumerate(words) if not (i and w.form == "party" and words[i - 1].form == "other")]


def _exchanged(word: Word, before: Sequence[Word], now: Sequence[Word], changed: _Changed) -> bool:
    """Whether a word that the quote has elsewhere stands where another of its kind stood: a name for a name, or one
    word for one word."""
    lost = [w for w in before if w not in now and w.form not in FREE and kind_of(w.form) is None]
    if word.name:
        return any(w.name for w in lost)
    return len(before) == len(now) == len(lost) == 1 and not lost[0].name and not changed.moved(word)


def _weighty(words: Sequence[Word]) -> bool:
    return any(w.form not in FREE and w is not BREAK and kind_of(w.form) is None for w in words)


def _member(words: Sequence[Word]) -> bool:
    """Whether words are a member of a list ("or any other basis that the law prohibits"): what is denied in it is
    denied of it alone."""
    denials = [i for i, w in enumerate(words) if kind_of(w.form) == "denial"]
    excepted = any(w.form in ("unless", "except", "without", "excluding") for w in words)
    return words[0].form in ("or", "and") and not excepted and _weighty(words[denials[-1] + 1 :])


def _denials(words: Sequence[Word]) -> int:
    return sum(kind_of(w.form) == "denial" for w in words)
