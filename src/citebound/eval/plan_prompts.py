"""How long the prompts of a run will be, before anything is searched: the prompts of a sample of its questions are made
with pieces of the suite's documents in place of passages, and their tokens are counted.

On the five finished boards with a generator the counted tokens are 0.95 to 1.11 of those that the model read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from citebound.eval import prompts
from citebound.eval.kit import Shown
from citebound.eval.measures import Place
from citebound.eval.suite import Question, Suite, draw
from citebound.types import Span

SAMPLE = 24
"""Questions whose prompts are made."""
LONGEST = 9
"""Letters of the longest word that is one token, as a rule."""
TEMPLATE = 10
"""Tokens that a chat template puts around a turn."""
WRITTEN = 7
"""Tokens of a short answer: 5 to 10 on four suites."""
CHUNK_CHARS = 390
"""Characters of a passage: of a chunk of the tutorial's 500, and of a piece that stands for one of the product's."""
FILLED = 0.75
"""Share of the evidence budget that the product's passages fill: 0.65 to 0.87 on four suites of long documents."""

BRANCH = 4
"""A token of a label takes as long as so many of a prompt, as the chances of all that could follow are computed."""

_PIECES = re.compile(r"\d|[^\W\d_]+|[^\w\s]|_")


@dataclass(frozen=True, slots=True)
class Lengths:
    """Mean tokens of a prompt: the beginning that all have in common, which is read once, and what is new in each."""

    shared: float
    each: float


def tokens(text: str) -> int:
    """About how many tokens a text has: one for each digit, mark and word, more for a long word."""
    return sum(1 + (len(piece) - 1) // LONGEST for piece in _PIECES.findall(text))


def lengths(suite: Suite, questions: Sequence[Question], *, profile: bool, room: float = 0) -> Lengths:
    """Of prompts that show `room` characters of passages, or less where the documents have no more."""
    told = suite.prompts.profile if profile else suite.prompts.bare
    sample = questions[:: max(1, len(questions) // SAMPLE)]
    turns = [prompts.user_turn(suite.prompts, q.text, stand_ins(suite, q, room)) for q in sample]
    return Lengths(tokens(told) + TEMPLATE, fmean(map(tokens, turns)) + TEMPLATE if turns else 0.0)


def stand_ins(suite: Suite, question: Question, room: float) -> list[Shown]:
    """Pieces from the middle of the documents that a question may use, CHUNK_CHARS long, `room` characters together; of
    a corpus, the documents are drawn by the question."""
    names = list(question.documents) or sorted(suite.documents, key=lambda name: draw(0, question.id + name))
    made: list[Shown] = []
    turn = 0
    while room > 0 and turn < len(names) * 8:
        name, nth = names[turn % len(names)], turn // len(names)
        text = suite.documents[name]
        start = max(0, len(text) // 2 - CHUNK_CHARS // 2) if nth == 0 else len(text) // 2 + CHUNK_CHARS * nth
        piece = text[start : start + min(CHUNK_CHARS, int(room) + 1)]
        if piece:
            span = Span(start, start + len(piece))
            made.append(Shown(Place(name, span), piece, label=suite.labelled.get(name, "")))
            room -= len(piece)
        turn += 1
    return made


def label_tokens(suite: Suite) -> float:
    """What reading the labels' likelihoods adds to each prompt, in tokens: all of a label's but the last, beginnings
    that labels share once."""
    pieces = [tuple(_PIECES.findall(suite.prompts.words.get(label, label))) for label in suite.labels]
    return float(BRANCH * len({row[:n] for row in pieces for n in range(1, len(row))}))
