"""A chat as a file: Markdown for people, JSON for programs.

What documents and people wrote is escaped in Markdown: nothing of it becomes a link, an image or HTML where it is
shown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from citebound.answer.chat.chat import Turn
from citebound.answer.render import answer_json
from citebound.types import Citation, Outcome

FORGOTTEN = "This turn was forgotten with a document."
NOT_FOUND = "Not found in these documents"


def turn_json(turn: Turn) -> dict[str, object]:
    """A turn as plain JSON; of one that was forgotten, what is left."""
    return {
        "number": turn.number,
        "asked_at": turn.asked_at,
        "generation": turn.generation,
        "typed": turn.typed,
        "question": turn.question,
        "because": list(turn.because),
        "forgotten": turn.forgotten,
        "answer": answer_json(turn.answer) if turn.answer else None,
    }


def chat_json(chat: str, collection: str, turns: Sequence[Turn]) -> dict[str, object]:
    """A whole chat as plain JSON."""
    return {"chat": chat, "collection": collection, "turns": [turn_json(turn) for turn in turns]}


def markdown(chat: str, collection: str, turns: Sequence[Turn]) -> str:
    """A whole chat as Markdown: each question, how it was asked if it was rewritten, the answer, its exhibits."""
    parts = [f"# Chat {chat}", f"Collection {_plain(collection)}, {len(turns)} turns. Times are UTC."]
    for turn in turns:
        parts.append(f"## {turn.number}. {_plain(turn.typed) or 'Forgotten'}")
        parts.append(f"*{turn.asked_at}, generation {turn.generation} of the collection*")
        parts += _answered(turn)
    return "\n\n".join(parts) + "\n"


def _answered(turn: Turn) -> list[str]:
    answer = turn.answer
    if answer is None:
        return [FORGOTTEN]
    parts = [f"Asked as: {_plain(turn.question)}"] if turn.because else []
    if answer.outcome is Outcome.NOT_FOUND:
        parts.append(f"**{NOT_FOUND}.** {_plain(answer.reason)}".strip())
    else:
        parts += [text for text in (_plain(answer.text), _plain(answer.reason)) if text]
    parts += [_exhibit(citation) for citation in answer.citations]
    parts += [f"Note: {_plain(note)}" for note in answer.notes]
    return parts


def _exhibit(citation: Citation) -> str:
    pages = ", ".join(str(page) for page in citation.pages)
    place = f"page {pages}" if pages else citation.section
    where = ", ".join(filter(None, (citation.source.name, place)))
    return f"> \\[{citation.marker}\\] {_plain(where)}: “{_plain(citation.quote)}”"


def _plain(text: str) -> str:
    """One line in which no character means anything to Markdown."""
    line = " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())
    return re.sub(r"([\\`*_{}\[\]<>#|!~&:@])", r"\\\1", line).replace("www.", "www\\.")
