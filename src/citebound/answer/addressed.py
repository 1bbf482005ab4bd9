"""Text of a document that speaks to a machine that reads it: "Note to AI systems", "ignore all previous instructions".

It is told by its form, not by what it wants. It is shown and searched like any text, but it is no evidence: no answer
quotes it, and what a model made of it is not bound. What stands between quotation marks is spoken of, not said: reports
that describe such attacks stay evidence (THREATS, T1b).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from citebound.answer.generation.inert import KEPT, visible
from citebound.indexes.store import Store
from citebound.ingest.sentences import sentence_spans
from citebound.types import Span

REACH = 800
"""Characters after such a sentence, in its paragraph, that are taken for its continuation."""

BEFORE = 2 * REACH
"""Characters before a stretch of a document in which such a sentence may stand that goes on in it."""

BRIEF = 12
"""Words of a paragraph that is only the salutation: what follows it is what is said."""

_MACHINE = (
    r"(?:AI|A\.I\.|artificial[ -]intelligence|LLMs?|(?:large )?language[ -]models?|chat ?bots?|GPT|ChatGPT"
    r"|virtual assistants?)"
)
_READER = rf"(?:{_MACHINE}(?: (?:systems?|assistants?|models?|agents?|readers?|tools?|reviewers?|bots?))?)"
_ACTS = r"(?:ignore|disregard|forget|override|bypass|do not (?:follow|obey))"
_URGES = r"(?:^|[.!?:;,\n>)\]–—-]\s*|\b(?:please|now|and|then|also|you (?:must|should|shall|are to))\s+)"
"""What goes before an imperative: "Customer may disregard earlier instructions" is none."""

_SALUTATION = re.compile(
    r"\b(?:notes?|notices?|message|instructions?|attention|memo|reminder|dear|hello|hi|hey|to)\b[ :,]{0,3}"
    rf"(?:(?:to|for|all|any|the|an?)\s+){{0,4}}{_READER}\s*(?:[:.,!—–]|-\s|\n|$|(?:reading|processing|reviewing)\b)"
    r"|\bdear (?:model|assistant|chat ?bot)\b",
    re.I,
)
_SIGNS = (
    _SALUTATION,
    *(
        re.compile(pattern, re.I)
        for pattern in (
            rf"{_URGES}{_ACTS}\s+(?:(?:all|any|everything|the|these|those|your|of|other)\s+){{0,4}}"
            r"(?:previous(?:ly)?|prior|above|earlier|preceding|foregoing|original|system|developer|given)\s+"
            r"(?:[\w-]{1,20}\s+){0,2}(?:instructions?|prompts?|directions|messages?|context)\b",
            rf"{_URGES}{_ACTS}\s+(?:all\s+)?(?:of\s+)?your\s+(?:[\w-]{{1,20}}\s+){{0,2}}"
            r"(?:instructions?|prompts?|guidelines|rules)\b",
            rf"\b(?:if|when|since|as) you are (?:an?|the) (?:\w+ )?{_READER}(?=\s*[,.:;])",
            rf"\byou are (?:now )?(?:an?|the) (?:\w+ )?{_READER}(?=\s*(?:[,.:;]|that\b|who\b))",
            rf"\b{_READER}\s+(?:must|shall|should)\s+(?:always\s+)?(?:answer|reply|respond|say|state)\s*"
            r"(?::|that\b|with\b|[\"“'‘])",
            r"\b(?:when|if|whenever) (?:you are |anyone |someone |the user )?ask(?:ed|s)(?: [^\s,]{1,30}){0,14}, ?"
            r"(?:you must |always |please )?(?:answer|reply|respond|say|output)\b\s*(?::|that\b|with\b|[\"“'‘])",
            rf"{_URGES}(?:reply|respond)\s*:",
            rf"{_URGES}(?:reply|respond|answer)\s+(?:only\s+)?with\s+(?:only\s+)?"
            r"(?:the (?:words?|phrase|text)|[\"“'‘])",
            r"(?:^|\n)\s*(?:system|assistant)\s*:\s*(?:you|ignore|reply|answer|respond|say)\b",
            r"<\|?(?:im_start|im_end|system|assistant|endoftext|eot_id|start_header_id)\|?>|\[/?INST\]|<</?SYS>>"
            r"|#{2,4} ?(?:instruction|response)s?:",
            rf"{_URGES}(?:print|repeat|reveal|show|output)\s+(?:me\s+)?(?:your|the)\s+(?:system |initial |hidden )?"
            r"(?:prompt|instructions)\b",
            r"\b(?:new|updated|real|actual) instructions?\s*:",
        )
    ),
)
_LIKELY = re.compile(
    r"(?i)instruction|prompt|\b(?:AI|LLMs?|GPT|ChatGPT)\b|A\.I\.|artificial|language[ -]model|chat ?bot|assistant"
    r"|dear model|\b(?:reply|respond|answer)\b|im_start|im_end|endoftext|eot_id|INST\]|SYS>"
)
_DICTATES = re.compile(r"\s*(?:answer|reply|respond|say|state|output)\b", re.I)
_ASKED = re.compile(rf"\b(?:{_MACHINE}|prompts?|injections?|injected|instructions?|assistants?|models?)\b", re.I)
_BLANK = re.compile(r"\n[ \t]*\n")


def addressed(text: str) -> tuple[Span, ...]:
    """The stretches of a text that speak to a machine, in order: whole sentences, with those that follow in the same
    paragraph, and what follows a mere salutation. () for none."""
    return _addressed(text) if len(text) < 20_000 else _found(text)


@lru_cache(maxsize=2000)
def _addressed(text: str) -> tuple[Span, ...]:
    return _found(text)


def around(store: Store, document_id: str, span: Span) -> tuple[Span, ...]:
    """What of a stretch of a stored document speaks to a machine, where it may have begun before the stretch. Offsets
    are those of the document."""
    start = max(0, span.start - BEFORE)
    text = store.text(document_id, Span(start, span.end))
    found = (Span(start + one.start, start + one.end) for one in addressed(text))
    return tuple(one for one in found if one.overlap(span))


def asks_about_it(question: str) -> bool:
    """Whether a question is about such text, so that it may be quoted: "what does the note to AI systems say?"."""
    return _ASKED.search(question) is not None


def _found(text: str) -> tuple[Span, ...]:
    seen, at = _plain(text)
    if not _LIKELY.search(seen):
        return ()
    said = [m.span() for sign in _SIGNS for m in sign.finditer(seen) if not _quoted(seen, *m.span())]
    if not said:
        return ()
    places = [(at[a], at[b - 1] + 1) if at else (a, b) for a, b in said if b > a]
    sentences = sentence_spans(text)
    taken: set[int] = set()
    for i, sentence in enumerate(sentences):
        if any(sentence.start < b and a < sentence.end and _within(text, sentence, a, b) for a, b in places):
            taken |= _on(text, sentences, i)
    return tuple(sentences[i] for i in sorted(taken))


def _within(text: str, sentence: Span, a: int, b: int) -> bool:
    """Whether words of the place stand in the sentence, not only the end of the one before."""
    return re.search(r"\w", text[max(a, sentence.start) : min(b, sentence.end)]) is not None


def _on(text: str, sentences: list[Span], i: int) -> set[int]:
    """The positions of a sentence and of what goes on from it."""
    taken, first = {i}, sentences[i]
    alone = i == 0 or _BLANK.search(text, sentences[i - 1].end, first.start) is not None
    brief = alone and _SALUTATION.search(_plain(first.of(text))[0]) is not None
    for j in range(i + 1, len(sentences)):
        if sentences[j].start - first.start > REACH:
            break
        if _BLANK.search(text, sentences[j - 1].end, sentences[j].start):
            brief = brief and len(text[first.start : sentences[j - 1].end].split()) <= BRIEF
            if not brief and not _DICTATES.match(text, sentences[j].start):
                break
            brief = False
        taken.add(j)
    return taken


def _quoted(text: str, start: int, end: int) -> bool:
    """Whether a place stands between quotation marks of its line."""
    line = text[text.rfind("\n", 0, start) + 1 : start]
    after = text[end : end + 300].partition("\n")[0]
    curly = line.rfind("“") > line.rfind("”") and "”" in after
    return curly or any(line.count(mark) % 2 == 1 and mark in after for mark in ('"', "`"))


def _plain(text: str) -> tuple[str, list[int]]:
    """The text as it looks, without characters that are not seen and with full-width letters as plain ones; and where
    each character stands in the text, [] where it is the text itself."""
    if text.isascii():
        return text, []
    made, at = [], []
    for i, c in enumerate(text):
        seen = c in "\n\t" or (c not in KEPT and visible(c))
        for shown in unicodedata.normalize("NFKC", c) if seen else "":
            made.append(shown)
            at.append(i)
    return "".join(made), at
