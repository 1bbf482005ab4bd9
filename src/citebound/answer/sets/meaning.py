"""Conditions by the sentences that ask for them, and the one that is nearest to what a question says."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from citebound.answer.words import content, stem
from citebound.ingest.profile import Profile
from citebound.protocols import Vectors

Embed = Callable[[Sequence[str]], Vectors]

LEAST, APART = 0.5, 0.05
"""Cosine with the nearest sentence, and by how much it must be nearer than those of anything else. On 74 questions of a
reader who knew the categories only by name, 64 are nearest to the right one; of those that pass both, all but one.
These and all bars below are of MEASURED; another encoder's cosines lie elsewhere."""
MEASURED = "all-minilm-l6-v2"
FINDING = 0.55
"""Cosine with what is asked of findings: there are many of them in every report, and more that can be asked of them."""
CERTAIN, CLEAR = 0.8, 0.1
"""Cosine, and distance to any other meaning, from which on a question is taken at its word. Below, it was perhaps not
what was asked, and nothing is claimed: a wrong set costs as many false members as it has, a denied one nearly all
documents. Of ten development questions that were taken for something else once the sentences of their own condition
were left out, two reach these bars, both for its nearest relative (a cap, and what is outside of it)."""
SAID, UNSAID = 0.65, 0.34
"""The same, where no more than this share of the content words is strange to all sentences of the meaning."""
SENTENCES = Path(__file__).with_name("meanings.toml")
NARROWING = re.compile(r"\b(?:only|critical|high|medium|low|informational|serious)\b", re.I)
"""Words that say more than the nearest sentence does, unless it has them too."""
COMMON = frozenset(
    stem(word)
    for word in "party parties side contract contracts agreement agreements deal document report company business"
    " vendor"
    " supplier customer client clause provision section term terms thing stuff something somebody anybody someone"
    " one ones"
    " give gives get gets let lets make makes put puts say says state provide contain include allow permit".split()
)
"""Words that tell no condition from another."""
PROPER = re.compile(
    r"(?<!^)\b(?!(?:IP|MFN|ROFR|ROFO|ROFN|XSS|CSRF|SSRF|XXE|SQL|CVEs?|IPR|XML|RCE|TLS|SSL|I|HR|IT"
    r"|OK)\b)[A-Z][\w&.-]*|\d"
)
"""A name or a number, which no likeness stands for."""
NEGATOR = re.compile(
    r"\b(?:no(?!-)|not|nor|neither|never|none|nobody|nothing|without|lack\w{0,4}|missing|cannot|except)\b|n't\b", re.I
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """A condition as the planner knows it. `forbids`: it is there where something may not be done."""

    says: str
    forbids: bool = False
    of_findings: bool = False


UNKNOWN = Meaning("")
"""What is not read off documents."""


@dataclass(frozen=True, slots=True)
class Guess:
    """The nearest sentence, its meaning and its cosine, how much farther the next meaning is, and the share of the
    content words that no sentence of the meaning has."""

    meaning: Meaning
    sentence: str
    cosine: float
    apart: float
    unsaid: float = 1.0

    def certain(self, *, absent: bool) -> bool:
        """Whether the question asks for this, or only perhaps. A denial must be near in meaning and in words."""
        told = self.cosine >= SAID and self.unsaid <= UNSAID
        near = self.cosine >= CERTAIN
        return self.apart >= CLEAR and ((near and told) if absent else (near or told))

    @property
    def sure(self) -> bool:
        least = FINDING if self.meaning.of_findings else LEAST
        return self.meaning is not UNKNOWN and self.cosine >= least and self.apart >= APART

    def says(self, text: str) -> bool:
        """Whether the text may mean the same: both deny something or neither does, and it narrows nothing down."""
        alike = self.meaning.forbids or bool(NEGATOR.search(text)) == bool(NEGATOR.search(self.sentence))
        return alike and {w.lower() for w in NARROWING.findall(text)} <= {
            w.lower() for w in NARROWING.findall(self.sentence)
        }


class Meanings:
    """The sentences that ask for conditions, by kind of document, and the nearest of them. Embedded on first use."""

    def __init__(self, kinds: Sequence[Profile], embed: Embed) -> None:
        self._embed = embed
        said: dict[Meaning, tuple[str, ...]] = {}
        for kind in kinds:
            for clause in kind.clauses:
                said[Meaning(clause.title.lower(), clause.forbids)] = clause.asked
            for field in kind.fields:
                said[Meaning(f"a stated {field.title.lower()}")] = field.asked
        table = tomllib.loads(SENTENCES.read_text("utf-8"))
        if any(kind.findings for kind in kinds):
            said |= {Meaning(phrase, of_findings=True): tuple(asked) for phrase, asked in table["findings"].items()}
        said[UNKNOWN] = tuple(sentence for asked in table["unknown"].values() for sentence in asked)
        self._sentences = [(sentence, meaning) for meaning, asked in said.items() for sentence in asked]

    def nearest(self, texts: Sequence[str]) -> list[Guess | None]:
        """For each text the meaning of the nearest sentence; None where there are not two meanings."""
        meanings = list(dict.fromkeys(meaning for _, meaning in self._sentences))
        if len(meanings) < 2 or not texts:
            return [None] * len(texts)
        cosines = self._embed(texts) @ self._vectors.T
        of = np.array([meanings.index(meaning) for _, meaning in self._sentences])
        made: list[Guess | None] = []
        for text, row in zip(texts, cosines, strict=True):
            first = int(row.argmax())
            other = float(row[of != of[first]].max())
            sentence, meaning = self._sentences[first]
            strange = self._strange(text, meaning)
            made.append(Guess(meaning, sentence, float(row[first]), float(row[first]) - other, strange))
        return made

    def _strange(self, text: str, meaning: Meaning) -> float:
        own = {stem for sentence, of in self._sentences if of == meaning for stem in content(sentence)}
        asked = [stem for stem in content(text) if stem not in COMMON]
        return sum(stem not in own for stem in asked) / len(asked) if asked else 0.0

    @cached_property
    def _vectors(self) -> Vectors:
        return self._embed([sentence for sentence, _ in self._sentences])
