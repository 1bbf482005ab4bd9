"""Do follow-up questions find their place? Dialogues over the samples, each turn with its gold passage.

    python -m citebound.eval.chat [--split dev] [--show] [--record]

Twenty-five dialogues of three to five turns, written by a reader of the samples who did not know how questions are
rewritten (eval/suites/chat_dialogues.jsonl). The rules were mended on nine of them ("dev"); of the others ("held")
only totals were looked at. Each dialogue is one chat, with the rewritten questions and the answers (quotes, no model)
of its own earlier turns; a turn is a hit if at least half of the gold quote is in the passages that `ask` would give
its model. Beside it the same for the question as it was typed (.verbatim) and as the writer would have put it if it
stood alone (.written).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track

from citebound import config as settings
from citebound.answer.ask import EvidenceFound
from citebound.collection import Collection
from citebound.errors import ConfigError
from citebound.eval.demo import samples
from citebound.eval.figures import Figure, record, share
from citebound.eval.measures import Place, overlap
from citebound.types import Passage, Span

SUITE = Path("eval/suites/chat_dialogues.jsonl")
COMMAND = "python -m citebound.eval.chat --record"
ARMS = ("", ".verbatim", ".written")


@dataclass(frozen=True, slots=True)
class Asked:
    """A turn of a dialogue: what is typed, the question written out, the file and the quote that it must find."""

    typed: str
    written: str
    document: str
    quote: str
    follow_up: bool


@dataclass(frozen=True, slots=True)
class Dialogue:
    id: str
    split: str
    turns: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a turn: the question that was asked, and for each arm whether it found the gold quote."""

    dialogue: Dialogue
    turn: Asked
    question: str
    hits: dict[str, bool]


def read(path: Path = SUITE) -> list[Dialogue]:
    """The dialogues. Raises OSError."""
    made = []
    for row in map(json.loads, path.read_text("utf-8").splitlines()):
        turns = [Asked(t["question"], t["standalone"], t["document"], t["quote"], t["follow_up"]) for t in row["turns"]]
        made.append(Dialogue(row["id"], row["split"], tuple(turns)))
    return made


def tried(opened: Collection, dialogue: Dialogue, gold: Callable[[Asked], Place]) -> Iterator[Tried]:
    """Each turn of a dialogue, in a chat of its own that is forgotten afterwards."""
    chat = opened.chat(llm=False)
    for turn in dialogue.turns:
        place = gold(turn)
        question = chat.rewritten(turn.typed).question
        arms = dict(zip(ARMS, (question, turn.typed, turn.written), strict=True))
        found = {asked: _found(shown(opened, asked), place) for asked in set(arms.values())}
        yield Tried(dialogue, turn, question, {arm: found[asked] for arm, asked in arms.items()})
        chat.ask(turn.typed)
    opened.forget_chat(chat.id)


def shown(opened: Collection, question: str) -> Sequence[Passage]:
    """The passages that `ask` would give its model, which is not called."""
    events = opened.stream(question, receipt=False)
    for event in events:
        if isinstance(event, EvidenceFound):
            return event.passages
    return ()


def _found(passages: Sequence[Passage], gold: Place) -> bool:
    there = [Place(passage.source.name, passage.span) for passage in passages]
    return 2 * overlap(there, [gold]) >= len(gold.span)


def golds(opened: Collection) -> Callable[[Asked], Place]:
    """Where the quote of a turn is. Raises ConfigError for one that its document does not have, or has twice."""
    texts = {
        source.name: opened.document(info.id).text for info, *_, sources in opened.documents() for source in sources
    }

    def gold(turn: Asked) -> Place:
        text = texts.get(turn.document, "")
        if text.count(turn.quote) != 1:
            raise ConfigError(f"{turn.document} does not have the quote of {turn.typed!r} exactly once")
        start = text.index(turn.quote)
        return Place(turn.document, Span(start, start + len(turn.quote)))

    return gold


def figures_of(made: Sequence[Tried], ending: str = "") -> list[Figure]:
    """Shares of turns that found their place, of all, of first turns and of follow-ups, by arm."""
    parts = {"": made, ".first_turns": [t for t in made if t.turn is t.dialogue.turns[0]]}
    parts[".follow_ups"] = [t for t in made if t.turn.follow_up]
    return [
        share(f"chat.rewrite_hits{arm}{part}{ending}", sum(t.hits[arm] for t in chosen), len(chosen))
        for arm in ARMS
        for part, chosen in parts.items()
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=["dev", "held"], help="only these dialogues")
    parser.add_argument("--show", action="store_true", help="print each turn of the dialogues for mending")
    parser.add_argument("--keep", type=Path, help="keep the collection in this folder, or use the one that is there")
    parser.add_argument("--record", action="store_true", help="write the figures")
    given = parser.parse_args()
    out = Console(highlight=False)
    asked = [d for d in read() if given.split in (None, d.split)]
    made: list[Tried] = []
    with tempfile.TemporaryDirectory() as temporary:
        home = given.keep or Path(temporary)
        with Collection.open(home / "chat", create=True, config=settings.load()) as opened:
            opened.ingest([samples()])
            gold = golds(opened)
            for dialogue in track(asked, "asking", transient=True, disable=not sys.stderr.isatty()):
                for one in tried(opened, dialogue, gold):
                    made.append(one)
                    if given.show and dialogue.split == "dev":
                        found = ", ".join(arm.strip(".") or "rewritten" for arm, hit in one.hits.items() if hit)
                        out.print(f"{dialogue.id} {one.turn.typed}\n    {one.question}", markup=False, soft_wrap=True)
                        out.print(f"    found by: {found or 'none'}")
    figures = figures_of(made)
    if given.split is None:
        for split in ("dev", "held"):
            figures += figures_of([t for t in made if t.dialogue.split == split], f".{split}")
    for figure in figures:
        out.print(f"{figure.name:<48} {figure.value:.3f}  ({figure.numerator:.0f} of {figure.denominator:.0f})")
    if given.record and given.split is None:
        record(figures, COMMAND)
    return 0


if __name__ == "__main__":
    sys.exit(main())
