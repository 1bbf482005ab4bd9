"""What can be seen of an answer's chances without knowing the answer: a few named numbers, each explained in words.

`seen` reads what retrieval found; `shown` what an answer then quotes, and what the gate made of the model's draft.
`abstention` turns them into a confidence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from citebound.answer.asked import Wanted, names, wanted
from citebound.answer.evidence import Candidate, Evidence
from citebound.answer.words import content, facts
from citebound.types import Answer, Citation, Hit, Passage, Verdict

Signals = Mapping[str, float]

TOP = 5
"""Best hits that are compared."""

COMPARED = ("lead", "words")
"""Signals that compare a hit with others: rarity of words is a comparison too."""

NEAR = 10
"""Ranks within which a retriever is said to have found a hit as well."""

RETRIEVAL: Mapping[str, str] = MappingProxyType(
    {
        "cosine": "how near the best sentence is to the question in meaning",
        "dense": "how near the best passage is to the question in meaning",
        "words": "how well the best passage matches by words (BM25, as a share of the weight of the question's words)",
        "lead": "by how much the best hit's fused score is above that of the next four",
        "agreement": "share of the five best hits that search by meaning and by words both have among their first ten",
        "coverage": "share of the question's words, weighted by rarity, in the best sentence and its headings",
        "evidence_coverage": "the same share in all passages of the evidence",
        "named": "share of the question's names, identifiers and numbers that stand in the evidence",
        "type": "whether the best sentence has what is asked for (a date, an amount, a period, a name): 1 yes, -1 no",
        "denial": "whether the question and the best sentence both deny something, or neither does: 1 yes, -1 no",
        "scoped": "whether one document was asked, or the question named its document",
        "read": "whether what is asked for was read off the document when it came in: 1 yes, -1 no, 0 not asked so",
    }
)
"""Of the evidence, before anything is written."""

DRAFT: Mapping[str, str] = MappingProxyType(
    {
        "shown_cosine": "how near the quoted sentence is to the question in meaning",
        "shown_coverage": "share of the question's words, weighted by rarity, in the quoted sentence",
        "shown_type": "whether the quoted sentence has what is asked for: 1 yes, -1 no",
        "agrees": "one divided by the rank, among all sentences, of the one that the answer quotes",
        "bound": "share of the draft's sentences that the gate bound",
        "trimmed": "share of the bound sentences that the gate had to trim",
        "markers": "share of the passages that prove the answer which the draft itself had cited",
        "silent": "whether the model said that the passages do not hold the answer",
    }
)
"""Of an answer after the gate."""

_DENIES = re.compile(
    r"\b(?:not|no|never|without|neither|nor|cannot|except|unable|fail(?:s|ed)?|lacks?)\b|n['’]t\b", re.I
)
_CITED = re.compile(r"\[(\d{1,2}(?:\s*,\s*\d{1,2})*)\]")


def seen(
    question: str,
    evidence: Evidence,
    given: Sequence[Passage],
    weights: Mapping[str, float],
    *,
    scoped: bool,
) -> dict[str, float]:
    """The signals of RETRIEVAL. `question` is without the names of its documents, `weights` those of its words, and
    `given` the passages of the evidence. With nothing found all are 0; with fewer than TOP hits those of COMPARED would
    say how small the collection is, nothing of the question, and are left out."""
    hits, best = evidence.hits[:TOP], next(iter(evidence.candidates), None)
    if not hits or best is None:
        return {**dict.fromkeys(RETRIEVAL, 0.0), "scoped": float(scoped)}
    text = " ".join(part for passage in given for part in (passage.context, passage.text))
    there = set(content(text))
    total = sum(weights.values()) or 1.0
    rest = [hit.score for hit in hits[1:]]
    made = {
        "cosine": evidence.sufficiency,
        "dense": max((_raw(hit, "dense") for hit in hits), default=0.0),
        "words": max((_raw(hit, "lexical") for hit in hits), default=0.0) / total,
        "lead": hits[0].score - sum(rest) / max(1, len(rest)),
        "agreement": sum(_both(hit) for hit in hits) / len(hits),
        "coverage": best.coverage,
        "evidence_coverage": sum(w for word, w in weights.items() if word in there) / total,
        "named": _named(question, text, there),
        "type": fit(wanted(question), best.text),
        "denial": 1.0 if _denies(question) == _denies(best.text) else -1.0,
        "scoped": float(scoped),
        "read": evidence.read,
    }
    return made if len(hits) == TOP else {name: value for name, value in made.items() if name not in COMPARED}


def shown(question: str, evidence: Evidence, answer: Answer, draft: str, *, silent: bool) -> dict[str, float]:
    """The signals of DRAFT, of an answer that was made from a model's `draft`. What quotes nothing is as far as can be
    from an answer."""
    quoted = [(rank, c) for rank, c in enumerate(evidence.candidates, start=1) if quotes(answer.citations, c)]
    rank, best = min(quoted, key=lambda pair: pair[0], default=(0, None))
    kept = [s for s in answer.sentences if s.verdict is not Verdict.REMOVED]
    written = [s for s in answer.sentences if not s.text.startswith("“")]
    bound = [s for s in kept if s in written]
    cited = {int(n) for group in _CITED.findall(draft) for n in group.split(",")}
    proving = {n for s in bound for c in s.citations for n, p in enumerate(answer.passages, 1) if _holds(p, c)}
    return {
        "shown_cosine": best.cosine if best else 0.0,
        "shown_coverage": best.coverage if best else 0.0,
        "shown_type": fit(wanted(question), " ".join(s.text for s in kept)),
        "agrees": 1 / rank if rank else 0.0,
        "bound": len(bound) / len(written) if written else 0.0,
        "trimmed": sum(s.verdict is Verdict.TRIMMED for s in bound) / len(bound) if bound else 0.0,
        "markers": len(cited & proving) / len(proving) if proving else 0.0,
        "silent": float(silent),
    }


def fit(asked: Wanted | None, text: str) -> float:
    """1.0 if a text has what is asked for, -1.0 if not, 0.0 if nothing of a kind is asked for."""
    return 0.0 if asked is None else 1.0 if asked.stands_in(text) else -1.0


def _denies(text: str) -> bool:
    return _DENIES.search(text) is not None


def _raw(hit: Hit, stage: str) -> float:
    """What a retriever says of a hit for the question's own words; 0.0 if it did not find it."""
    return next((why.score for why in hit.why if why.stage in (stage, f"{stage} adapted")), 0.0)


def _both(hit: Hit) -> bool:
    near = {why.stage.split()[0] for why in hit.why if why.rank <= NEAR}
    return {"dense", "lexical"} <= near


def _named(question: str, text: str, there: set[str]) -> float:
    """1.0 where the question names nothing."""
    asked = [fact in facts(text) for fact in facts(question)]
    asked += [set(content(name)) <= there for name in names(question)]
    return sum(asked) / len(asked) if asked else 1.0


def quotes(citations: Sequence[Citation], candidate: Candidate) -> bool:
    """Whether one of the citations quotes this sentence, or a part of it."""
    return any(c.document.id == candidate.document.id and c.span.overlap(candidate.span) for c in citations)


def _holds(passage: Passage, citation: Citation) -> bool:
    return passage.document.id == citation.document.id and passage.span.overlap(citation.span) > 0
