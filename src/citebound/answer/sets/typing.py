"""How questions are typed: abbreviations written out, and slips of one letter mended.

`written_out` is safe for every question. `mended` guesses, and is for a question that is not understood as it stands;
what it was taken for is then part of the answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from citebound.answer.sets.frame import GLUE, PERMITTING, PLAIN, RESTRICTING
from citebound.answer.sets.words import NEGATIONS, TYPE_WORDS
from citebound.answer.words import stem
from citebound.ingest.profile import Profile

ABBREVIATIONS: tuple[tuple[str, str], ...] = (
    (r"w/o(?:ut)?(?![\w/])", "without"),
    (r"w/ ?(?=[a-z])", "with "),
    (r"agmts?(?!\w)", "agreements"),
    (r"pls(?!\w)|plz(?!\w)", "please"),
    (r"put out by(?!\w)", "published by"),
    (r"(?:(?:apart|aside) from|with the exception of|excluding|excepting|not counting)(?!\w)", "except"),
    (r"(have|has|had|do|does|did|is|are|was|were|can|wo|could)nt(?!\w)", r"\1n't"),
    (r"non (?=compet|solicit|disclos|disparag|renew|transfer|assign)", "non-"),
)
SHORT = {"wich": "which", "whch": "which", "hav": "have", "teh": "the", "contarct": "contract", "thier": "their"}
TWISTED = {
    (word[0], "".join(sorted(word))): word
    for word in "which what with that have does show list many were there their open high total report reports".split()
}
"""Short words whose letters are easily exchanged."""
LEAST = 6
"""Letters of a word that may be mended: shorter ones are one letter from too many others."""
WORDS_SAID = (
    "agreements contracts documents advisories reports findings vulnerabilities vulnerability assessments pentests"
    " amendments"
    " critical informational severity unresolved remediated resolved patched accepted exploitable remotely network"
    " privileges"
    " interaction authentication injection scripting overflow traversal governed governing expired expires expiring"
    " expiration"
    " effective signed published released updated between before renewal automatically liability assignment exclusivity"
    " terminate termination convenience insurance license licence licenses products vendors publishers"
    " clients"
)


def written_out(text: str) -> str:
    """The text with the abbreviations of careless typists in full."""
    for pattern, word in ABBREVIATIONS:
        text = re.sub(rf"(?<![\w/-])(?:{pattern})", word, text, flags=re.I)
    return re.sub(r" / (?=[A-Za-z])", " or ", text)


def mended(text: str, kinds: Sequence[Profile], names: Iterable[str]) -> str:
    """The text with each unknown word in small letters replaced by the one known word that is a letter away, if there
    is one and no more; words of `names` are known."""
    near, known, stems = _vocabulary(tuple(kinds))
    named = {word for name in names for word in re.findall(r"[a-z]+", name.casefold())}

    def word(match: re.Match[str]) -> str:
        said = match[0]
        if said in SHORT:
            return SHORT[said]
        if said not in known and said not in named and (swapped := TWISTED.get((said[0], "".join(sorted(said))))):
            return swapped
        if len(said) < LEAST or said in known or said in named or stem(said) in stems:
            return said
        meant = {w for key in _shorter(said) for w in near.get(key, ()) if _apart(said, w)}
        return meant.pop() if len(meant) == 1 else said

    return re.sub(r"(?<![\w'/-])[a-z]{3,24}(?![\w'/-])", word, text)


@lru_cache(maxsize=4)
def _vocabulary(kinds: tuple[Profile, ...]) -> tuple[dict[str, tuple[str, ...]], frozenset[str], frozenset[str]]:
    """The words of `WORDS_SAID` and of the phrases of all kinds by what is left when a letter is taken out; all words
    that are known, these and those of the grammar; and their stems."""
    phrases = [p for kind in kinds for clause in kind.clauses for p in (*clause.words, *clause.asked)]
    phrases += [p for kind in kinds for field in kind.fields for p in (*field.words, *field.asked)]
    said = " ".join([WORDS_SAID, *phrases])
    words = set(re.findall(r"[a-z]+", said.lower()))
    near: dict[str, tuple[str, ...]] = {}
    for word in sorted(w for w in words if len(w) >= LEAST - 1):
        for key in _shorter(word):
            near[key] = (*near.get(key, ()), word)
    grammar = GLUE | PERMITTING | PLAIN | RESTRICTING | NEGATIONS | frozenset(TYPE_WORDS)
    known = frozenset(words) | grammar
    return near, known, frozenset(stem(word) for word in known)


def _shorter(word: str) -> Iterator[str]:
    yield word
    yield from dict.fromkeys(word[:i] + word[i + 1 :] for i in range(len(word)))


def _apart(said: str, word: str) -> bool:
    """Whether one letter more, less or other, or two neighbours exchanged, makes one word of the other."""
    if len(said) == len(word):
        at = [i for i in range(len(said)) if said[i] != word[i]]
        swapped = len(at) == 2 and at[1] == at[0] + 1 and said[at[0]] == word[at[1]] and said[at[1]] == word[at[0]]
        return len(at) == 1 or swapped
    longer, shorter = (said, word) if len(said) > len(word) else (word, said)
    return len(longer) == len(shorter) + 1 and shorter in set(_shorter(longer))
