"""A follow-up question -> a question that stands alone, by rules over the earlier turns of a chat.

What is replaced is said (`because`), so that it can be shown. A question that stands alone is left as it was typed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from citebound.answer.chat import fragment
from citebound.answer.chat.antecedent import Earlier, History, Library, Meaning, topic, without_asides
from citebound.answer.chat.courtesy import is_courtesy
from citebound.answer.chat.mentions import CLAUSES, FINDINGS, PAPERS, QUESTION_WORDS, REPORTS, documents, identifiers
from citebound.answer.chat.pointing import Pointer, pointers
from citebound.answer.words import content

LONGEST = 400
"""Characters of a turn that goes on from others; a longer one says what it is about."""

MOST_POINTERS = 8
"""Pointers in a question; where more are heaped, nothing is replaced."""

FEW = 3
"""A question with at most so many content words, and no name in it, goes on about the document of the last answer, if
that has the words."""

_PASSIVE = re.compile(r"(?i)\b\w{3,}(?:ed|paid|kept|made|given)\s*\??$")


@dataclass(frozen=True, slots=True)
class Rewritten:
    """`question` stands alone; `because` says what was read as what. `lost` is what nothing is known for: the question
    cannot be asked then. `topic` is what it is about, in its own words, "" if that was not found; `documents` are those
    (ids) whose words were put into it."""

    question: str
    because: tuple[str, ...] = ()
    lost: str = ""
    topic: str = ""
    documents: frozenset[str] = frozenset()

    @property
    def changed(self) -> bool:
        return bool(self.because)


def rewrite(typed: str, earlier: Sequence[Earlier], library: Library) -> Rewritten:
    """The question that stands alone. `earlier` is in the order of time; turns without an answer are left out."""
    if len(typed) > LONGEST or is_courtesy(typed):
        return Rewritten(typed)
    core, opened = fragment.without_opener(typed)
    there = pointers(core)
    if len(there) > MOST_POINTERS or _is_remark(core, there):
        return Rewritten(typed)
    if not earlier:
        return Rewritten(typed, lost=_without_history(core))
    draft = _Draft(core, History(earlier, library))
    part = fragment.read(core, opened=opened)
    if part is not None:
        draft.merge(part)
    draft.resolve()
    if draft.lost:
        return Rewritten(typed, lost=draft.lost)
    if draft.because or draft.is_open:
        draft.name_document()
    if not draft.because:
        return Rewritten(typed)
    return Rewritten(_polished(draft.text), tuple(draft.because), "", draft.topic, frozenset(draft.documents))


class _Draft:
    """A question on its way; `text` changes, `because` grows."""

    def __init__(self, text: str, history: History) -> None:
        self.text = text
        self.because: list[str] = []
        self.lost = ""
        self.topic = ""
        self.documents: set[str] = set()
        self._history = history
        self._typed = text

    def merge(self, part: fragment.Fragment) -> None:
        """Put what was asked alone into the question before it."""
        last = self._history.last
        base = without_asides(last.question, about=False)
        self.documents |= last.documents
        if part.kind == "bare":
            self.text = f"{base}, and {part.text}"
            self.because.append(f"“{part.text}” is asked of the question before")
            return
        replaced = self._as_noun(part.text)
        if part.kind == "topic":
            self.text = f"{part.asked}, {'under' if documents(replaced) else 'as to'} {replaced}"
        else:
            self.text = fragment.put(part, replaced, base, self._history.parties(), last.topic)
        spoken = last.topic or topic(base)
        kept = documents(replaced) and spoken in self.text
        self.topic = spoken if kept else replaced.removeprefix(part.preposition).strip()
        self.because.append(f"“{self._typed.rstrip('?. ')}” is put into the question before")

    def _as_noun(self, text: str) -> str:
        """A fragment with what it points to: "the second one" -> the second document or clause."""
        for pointer in reversed(pointers(text)):
            meant = self._history.meant(pointer)
            if meant:
                self._say(pointer, meant)
                text = text[: pointer.span.start] + meant.text + text[pointer.span.end :]
        return text

    def resolve(self) -> None:
        """Replace every pointer whose meaning is known; `lost` is set for a clause or an ordinal that is not."""
        for pointer in reversed(pointers(self.text)):
            if self.because and pointer.text.lower() not in self._typed.lower():
                continue  # it stood in the question before, which stands alone
            meant = self._history.meant(pointer)
            if not meant:
                if not pointer.plain and (pointer.noun in CLAUSES | FINDINGS or pointer.ordinal):
                    self.lost = pointer.text
                continue
            self._say(pointer, meant)
            if not pointer.ordinal:
                self.topic = self.topic or meant.text
            if meant.text.startswith("to "):
                self.text = f"{self.text.rstrip('?. ')}, that is, {meant.text}"
                continue
            owned = ("’" if meant.text.endswith("s") else "’s") * pointer.possessive
            self.text = self.text[: pointer.span.start] + meant.text + owned + self.text[pointer.span.end :]

    def _say(self, pointer: Pointer, meant: Meaning) -> None:
        self.because.append(f"“{pointer.text}” is {meant.text}")
        self.documents |= meant.documents

    @property
    def is_open(self) -> bool:
        """Whether a short question without any name can go on about the document of the last answer."""
        if documents(self.text) or identifiers(self.text):
            return False
        if pointers(self.text):  # whatever it points to
            return True
        words = re.findall(r"[^\W\d_]+(?:['’]\w+)*", self.text)
        telling = list(dict.fromkeys(w.lower() for w in words if content(w)))
        named = any(w[:1].isupper() for w in words[1:])
        return not named and 0 < len(telling) <= FEW and self._history.goes_on(telling)

    def name_document(self) -> None:
        """Say which document, unless the question does."""
        last = self._history.last
        about = [m.text for m in identifiers(last.question)]
        if not self.because and about and _PASSIVE.search(self.text):
            self.text = f"{self.text.rstrip('?. ')} as to {about[-1]}"
            self._go_on(Meaning(about[-1], last.documents))
        paper = self._history.focus()
        if not paper or documents(self.text) or self._history.names_cited(self.text):
            return
        paper = self._history.spelled(paper)
        reports = set(re.findall(r"\w+", paper.text.lower())) & REPORTS
        self.text = f"{self.text.rstrip('?. ')}, {'in' if reports else 'under'} {paper.text}"
        self._go_on(paper)

    def _go_on(self, meant: Meaning) -> None:
        self.because.append(f"it goes on about {meant.text}")
        self.documents |= meant.documents


def _without_history(core: str) -> str:
    """What a first question points to although nothing came before it; "" if it can be asked."""
    there = pointers(core)
    shown = {word for pointer in there for word in content(pointer.text)}
    if there and not [w for w in content(core) if w not in shown | {"one", "say"}]:
        return there[0].text
    if any(not p.plain and p.noun in CLAUSES | FINDINGS | PAPERS | {"one"} for p in there):
        return next(p.text for p in there if not p.plain)
    return core.rstrip("?!. ") if fragment.is_bare(core) else ""


def _is_remark(core: str, there: Sequence[Pointer]) -> bool:
    """Whether a turn says something of "it" or "that" and asks nothing: "this is wrong"."""
    begins = bool(there) and there[0].span.start == 0 and not there[0].noun and not there[0].ordinal
    return begins and "?" not in core and " " in core and not QUESTION_WORDS & set(core.lower().split())


def _polished(text: str) -> str:
    text = " ".join(text.split()).strip(" ,.?")
    return f"{text[:1].upper()}{text[1:]}?"
