"""One question's answer, judged: its signals, whether to try, how sure it is, and why what is near is not enough."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from citebound.answer.asked import names, wanted
from citebound.answer.bind import says_not_found
from citebound.answer.confidence import signals
from citebound.answer.confidence.abstention import Abstention
from citebound.answer.evidence import Candidate, Evidence
from citebound.answer.words import content, facts, stem
from citebound.indexes.lexical import terms
from citebound.indexes.search import Found
from citebound.types import Answer, Hit, Nearest, Outcome, Passage, Searched, Verdict

NEAREST = 3
MISSING = 4
"""Missing words that are named, the rarest first."""

ASKING = frozenset("answer date document documents long many much name often report section".split())
"""Words that ask; that a place lacks them says nothing."""

FAR = 0.42
"""Cosine below which a sentence is said to be about something else."""


@dataclass
class Judging:
    """What is known while one answer is made; `draft` is None until a model has written one."""

    abstention: Abstention
    found: Found
    evidence: Evidence
    given: Sequence[Passage]
    weights: Mapping[str, float]
    searched: tuple[int, int]
    named: tuple[str, ...] = ()
    draft: str | None = None

    @cached_property
    def _seen(self) -> dict[str, float]:
        scoped = self.searched[0] == 1 or bool(self.found.route.documents)
        return signals.seen(self.found.asked, self.evidence, self.given, self.weights, scoped=scoped)

    @property
    def hopeless(self) -> bool:
        """Whether an answer is so improbable that none should be tried: never where what is asked for was read."""
        return self.evidence.read <= 0 and self.abstention.hopeless(self._seen)

    def near(self, generator: str) -> bool:
        """Whether quotes should be shown although the model found no answer."""
        return self.abstention.near(self._seen, generator)

    def weigh(self, answer: Answer) -> Answer:
        """The answer with its confidence; one that was not found, or is too unsure to be shown, with what was searched
        and why the nearest places are not enough."""
        generator = answer.receipt.generator if answer.receipt and self.draft is not None else ""
        seen = self._seen
        if self.draft is not None:
            silent = says_not_found(self.draft)
            seen = seen | signals.shown(self.found.asked, self.evidence, answer, self.draft, silent=silent)
        made = self.abstention.weigh(answer, seen, generator, by_best=self._by_best(answer))
        if made.outcome is not Outcome.NOT_FOUND:
            return made
        return replace(made, searched=self._searched(made))

    def _by_best(self, answer: Answer) -> bool:
        """Whether all that an answer says is proven by the sentence that would have been quoted without a model."""
        best = self.evidence.candidates[:1]
        return all(any(signals.quotes(s.citations, c) for c in best) for s in answer.bound)

    def _searched(self, answer: Answer) -> Searched:
        best: dict[str, Candidate] = {}
        for candidate in self.evidence.candidates:
            if isinstance(candidate.found, Hit):
                best.setdefault(candidate.found.chunk.id, candidate)
        return Searched(
            documents=self.searched[0],
            passages=self.searched[1],
            terms=tuple(terms(self.found.asked)),
            synonyms=tuple(part for part in self.found.synonyms.split("; ") if part),
            routed=self.named,
            nearest=tuple(self._nearest(c, answer) for c in list(best.values())[:NEAREST]),
        )

    def _nearest(self, candidate: Candidate, answer: Answer) -> Nearest:
        hit = candidate.found
        context = hit.chunk.context if isinstance(hit, Hit) else hit.context
        return Nearest(
            document=hit.document,
            source=hit.source,
            span=candidate.span,
            quote=candidate.text,
            section=context,
            reasons=tuple(self._reasons(candidate, f"{context}\n{_whole(candidate)}", answer)),
        )

    def _reasons(self, candidate: Candidate, text: str, answer: Answer) -> list[str]:
        """In words, what this place lacks."""
        asked = self.found.asked
        made = []
        lacking = [fact for fact in _in_order(facts(asked), asked) if fact not in facts(text)]
        lacking += [name for name in names(asked) if not set(content(name)) <= set(content(text))]
        if lacking:
            each = dict.fromkeys(lacking)
            made.append(f"{_listed(each)} {'is' if len(each) == 1 else 'are'} not in it")
        said = {stem(part) for name in lacking for part in content(name)} | {
            part for x in lacking for part in content(x)
        }
        missing = [word for word in self._rarest() if stem(word) not in {*content(text), *said}]
        if missing:
            made.append(f"it does not speak of {_listed([f'“{word}”' for word in missing[:MISSING]])}")
        kind = wanted(asked)
        if kind is not None and not kind.stands_in(_whole(candidate)):
            made.append(f"it has not {kind.name}, which is asked for")
        superseded = candidate.superseded_by or candidate.found.superseded_by
        if superseded:
            made.append(superseded[-1].notice)
        made += self._drafted(candidate, answer)
        if candidate.cosine < FAR:
            made.append("it is about something else")
        return made or ["nothing in it answers the question surely enough"]

    def _drafted(self, candidate: Candidate, answer: Answer) -> list[str]:
        """What the model and the gate made of it."""
        if self.draft is None:
            return []
        given = any(p.document.id == candidate.document.id and p.span.overlap(candidate.span) for p in self.given)
        if says_not_found(self.draft):
            return ["the model read it and found no answer in it"] if given else []
        words = set(content(candidate.text))
        for sentence in answer.sentences:
            own = set(content(sentence.text))
            if sentence.verdict is Verdict.REMOVED and own and len(own & words) >= len(own) / 2:
                return [f"the gate removed what the model wrote of it: {sentence.reason}"]
        return []

    def _rarest(self) -> list[str]:
        """The question's words as they are written, the rarest first."""
        words = [word for word in terms(self.found.asked) if word not in ASKING]
        return sorted(words, key=lambda word: -max(map(self._weight, content(word)), default=0.0))

    def _weight(self, part: str) -> float:
        return self.weights.get(part, 0.0)


def _whole(candidate: Candidate) -> str:
    return candidate.found.chunk.text if isinstance(candidate.found, Hit) else candidate.found.text


def _in_order(found: set[str], text: str) -> list[str]:
    upper = text.upper()
    return sorted(found, key=lambda fact: (upper.find(fact), fact))


def _listed(parts: Mapping[str, None] | Sequence[str]) -> str:
    made = [re.sub(r"\s+", " ", part) for part in parts]
    return made[0] if len(made) == 1 else f"{', '.join(made[:-1])} and {made[-1]}"
