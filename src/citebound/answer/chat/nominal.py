"""Whether words are a part of a question that can stand in the place of another: nouns, without a verb or a pronoun.

By form alone: a word that is in none of these lists may be a noun.
"""

from __future__ import annotations

import re

from citebound.answer.chat.mentions import (
    AUXILIARIES,
    COMPARING,
    DETERMINERS,
    EITHER,
    LINKS,
    PREPOSITIONS,
    QUESTION_WORDS,
    VERBS,
    documents,
    identifiers,
)

SUBJECTS = frozenset(
    "i you he she we they i'm i'd i'll i've you're you've it's its that's thats there there's let's lets myself"
    " yourself someone somebody anyone anybody everyone everybody nobody something anything everything nothing".split()
) - {"its"}
_OBJECTS = frozenset("it them him me us this that these those".split())
_SAYING = frozenset(
    "want wants wanted know knows think thinks believe understand understands see sees look looks looking seem seems"
    " sound sounds like likes love hate wonder wondering hope guess doubt disagree wait try stop help repeat continue"
    " proceed elaborate clarify specify explain describe show summarise summarize ask asked asking answer answered"
    " check verify confirm find search read write remember forget ignore assume suppose suggest let learn hear".split()
)
_NEVER = frozenset(
    "please thanks thank hello hi hey yes yeah no nope ok okay again also really actually still then always ever even"
    " only just now not already never soon too very quite maybe perhaps probably indeed enough here more less further"
    " however anyway else instead together why".split()
)
_FORMS = frozenset(
    "example examples detail details summary info information explanation question questions answer answers help"
    " way one next thing things stuff".split()
)
"""What is asked about an answer, not about the documents."""

_ADJECTIVES = frozenset(
    "good great nice bad cool fine sure useful useless helpful right wrong correct incorrect true false clear unclear"
    " interesting confusing annoying boring surprising disappointing missing weird strange odd funny awesome amazing"
    " perfect excellent wonderful brilliant terrible horrible awful stupid dumb impossible possible sorry happy sad"
    " ready finished okay crazy ridiculous nonsense rubbish same".split()
)
_NOUNS_IN_LY = frozenset("supply reply assembly anomaly family monopoly ally".split())
_NOUNS_IN_ED = frozenset("deed seed feed need speed breed bed shed".split())
_PARTICIPLES = frozenset("paid held given made sent sold lost found brought bought kept known shown".split())
_BEFORE_NOUNS = DETERMINERS | {"this", "that", "these", "those", "such"}
_JOINING = PREPOSITIONS | {"and", "or", "but"}


def is_nominal(text: str) -> bool:
    """Whether a text is made of noun groups, identifiers and names of documents, joined by prepositions, "and", "or":
    "for termination", "the NDA and QV-03", but not "thanks", "I want the fee", "the tenant pays rent"."""
    for mention in reversed([*documents(text), *identifiers(text)]):
        text = f"{text[: mention.span.start]}paper{text[mention.span.end :]}"
    words = [w for w in (word.strip("?.,;:!()“”\"'’").lower() for word in text.split()) if w]
    if not words or not any(re.search(r"[^\W\d_]", word) for word in words if word not in _BEFORE_NOUNS):
        return False
    if all(word in _FORMS | _BEFORE_NOUNS | _JOINING | COMPARING for word in words) and (
        words == ["one"] or "one" not in words
    ):
        return False
    return _is_head(words[-1], words[-2:-1]) and all(_fits(words, at) for at in range(len(words)))


def _fits(words: list[str], at: int) -> bool:
    """Whether a word can stand in a group of nouns at its place."""
    word, before, after = words[at], words[at - 1 : at] if at else [], words[at + 1 : at + 2]
    if word in _BEFORE_NOUNS and after and after[0] not in _JOINING:
        return True
    if word in _OBJECTS:
        return bool(before) and before[0] in PREPOSITIONS and (not after or after[0] in _JOINING)
    if word in QUESTION_WORDS and before and before[0] in PREPOSITIONS and after:  # "under which conditions"
        return True
    if word in SUBJECTS | _NEVER | AUXILIARIES | QUESTION_WORDS or (word in LINKS and word not in _JOINING):
        return False
    if word in VERBS | _SAYING:
        return _is_noun(words, at)
    return not re.search(r"n['’]t$|['’](?:re|ll|ve|d|m)$", word)


def _is_noun(words: list[str], at: int) -> bool:
    """Whether one of the verbs is a noun here: "the fix", "lost profits", "use of data", "termination costs"."""
    word, after = words[at], words[at + 1 : at + 2]
    begun = next((w for w in reversed(words[:at]) if w in _BEFORE_NOUNS or w in _JOINING), "")
    ends = not after or after[0] in _JOINING
    if at and words[at - 1] in _BEFORE_NOUNS:
        return True
    return (ends and (begun in _BEFORE_NOUNS or word in EITHER)) or (word in _PARTICIPLES and not ends)


def _is_head(word: str, before: list[str]) -> bool:
    """Whether a group can end with this word."""
    if word in _OBJECTS:
        return bool(before) and before[0] in PREPOSITIONS
    if word in _BEFORE_NOUNS | _JOINING | _ADJECTIVES | (COMPARING - {"effect", "place"}):
        return False
    adverb = word.endswith("ly") and word not in _NOUNS_IN_LY
    done = word.endswith("ed") and word not in _NOUNS_IN_ED
    return not adverb and not done
