"""Answers, hits and passages as plain JSON, the same on the command line and over REST."""

from __future__ import annotations

import dataclasses

from citebound.types import Answer, Conflict, Hit, Passage


def answer_json(answer: Answer) -> dict[str, object]:
    """An answer as plain JSON: no vectors, no geometry beyond the regions of its citations."""
    return {
        "question": answer.question,
        "outcome": answer.outcome,
        "text": answer.text,
        "reason": answer.reason,
        "sentences": [
            {
                "text": s.text,
                "verdict": s.verdict,
                "reason": s.reason,
                "citations": [c.marker for c in s.citations],
            }
            for s in answer.sentences
        ],
        "citations": [dataclasses.asdict(c) for c in answer.citations],
        "conflicts": [conflict_json(c) for c in answer.conflicts],
        "passages": [passage_json(p) for p in answer.passages],
        "receipt": dataclasses.asdict(answer.receipt) if answer.receipt else None,
        "notes": answer.notes,
        "confidence": answer.confidence,
        "risk": answer.risk,
        "searched": dataclasses.asdict(answer.searched) if answer.searched else None,
    }


def conflict_json(conflict: Conflict) -> dict[str, object]:
    """A conflict; each side has the marker of its citation."""
    sides = [{"value": side.value, "citation": side.citation.marker} for side in conflict.sides]
    return {
        "kind": conflict.kind,
        "about": conflict.about,
        "text": conflict.text,
        "sides": sides,
        "more": conflict.more,
    }


def passage_json(passage: Passage) -> dict[str, object]:
    """A passage and what supersedes it; of its hits only id, rank, score and what supersedes them."""
    made = dataclasses.asdict(dataclasses.replace(passage, hits=()))
    made["hits"] = [
        {
            "chunk": h.chunk.id,
            "rank": h.rank,
            "score": h.score,
            "superseded_by": [dataclasses.asdict(a) for a in h.superseded_by],
        }
        for h in passage.hits
    ]
    return made


def hit_json(hit: Hit) -> dict[str, object]:
    """A hit with its chunk, document, source and the stages that found it."""
    return dataclasses.asdict(hit)
