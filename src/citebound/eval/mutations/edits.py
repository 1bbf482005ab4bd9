"""Changes of a sentence: where they cut, and how what they put fits case and article."""

from __future__ import annotations

import re

from citebound.eval.mutations.view import View
from citebound.eval.mutations.wording import english

Cut = tuple[int, int, str]
"""Start and end in the sentence, and what stands there instead."""

Edit = tuple[Cut, ...]
"""One change of meaning: cuts in order that do not overlap."""

ARTICLE = english(r"\b(an?) $")
_VOWEL = english(r"(?!uni|use|usu|usa|euro|one\b|once)[aeiou]|hour|honest|8|11\b|18\b")


def folded(text: str) -> str:
    """Case and white space aside."""
    return " ".join(text.casefold().split())


def applied(text: str, edit: Edit) -> str:
    """The sentence after the edit, without the double spaces that a cut leaves."""
    for start, end, new in reversed(edit):
        text = text[:start] + new + text[end:]
    return re.sub(r"(?<=\S) {2,}(?=\S)", " ", text)


def difference(text: str, edit: Edit) -> str:
    """What was printed and what is, "thirty → sixty"."""
    return "; ".join(f"{text[start:end].strip()} → {new.strip()}".strip() for start, end, new in edit)


def cased(like: str, new: str) -> str:
    """`new` in capitals, with a capital or as it is, like the words it stands for."""
    if len(like) > 1 and like.isupper():
        return new.upper()
    return new[:1].upper() + new[1:] if like[:1].isupper() else new


def capital_kept(view: View, at: int, new: str) -> str:
    """`new` with a capital where the sentence has one at this place."""
    return cased(view.text[at : at + 1], new)


def put(view: View, start: int, end: int, new: str) -> Edit:
    """Replaces a word, keeps its case, and makes an article before it fit."""
    return (put_cut(view, start, end, new),)


def put_cut(view: View, start: int, end: int, new: str) -> Cut:
    """The same as one cut of several."""
    new = cased(view.text[start:end], new)
    m = ARTICLE.search(view.plain, max(0, start - 3), start)
    if m and (m[1][0] == "a" or not view.plain[max(0, m.start() - 2) : m.start()].strip().isalnum()):
        return m.start(), end, f"{cased(m[1], article(new))} {new}"
    return start, end, new


def article(word: str) -> str:
    """ "a" or "an", by the sound that the word begins with."""
    return "an" if _VOWEL.match(word) else "a"


def drop(view: View, start: int, end: int) -> Edit:
    """Takes a word away with the space after it; a capital that it had goes to the next word."""
    text = view.text
    while end < len(text) and text[end] == " ":
        end += 1
    first = text[start : start + 2]
    if first[:1].isupper() and end < len(text) and first != first.upper():
        return ((start, end + 1, text[end].upper()),)
    return ((start, end, ""),)
