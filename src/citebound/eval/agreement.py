"""Do the scoreboard's engine and the one that serves say the same? The same prompts, greedy, with the same weights.

    python -m citebound.eval.agreement [--suite demo] [--items 50] [--record]

The scoreboard reads dequantised weights in transformers; users are served by llama.cpp. Three shares: replies that are
the same but for case and white space; both "not found" or neither; and the mean token F1 of the two.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from rich.console import Console
from rich.progress import track

from citebound.answer.generation.generator import open_generator
from citebound.config import load
from citebound.eval import matching, prompts, spec
from citebound.eval.figures import Figure, record, share
from citebound.eval.kit import Kit
from citebound.eval.language_model import LanguageModel
from citebound.eval.predict import WORK
from citebound.eval.suite import Regime, draw
from citebound.eval.systems.reading import REPLY_TOKENS

COMMAND = "python -m citebound.eval.agreement --record"


class Agreement(NamedTuple):
    """Shares of replies, 0..1, and how many were compared."""

    same: int
    outcome: int
    f1: float
    n: int


def agreement(one: Sequence[str], other: Sequence[str]) -> Agreement:
    """How far two engines' replies to the same prompts agree."""
    parsed = [(prompts.parse(a)[0], prompts.parse(b)[0]) for a, b in zip(one, other, strict=True)]
    tokens = [(matching.tokens(a), matching.tokens(b)) for a, b in parsed]
    return Agreement(
        same=sum(a == b for a, b in tokens),
        outcome=sum(bool(a) == bool(b) for a, b in parsed),
        f1=fmean(1.0 if a == b else matching.token_f1(a, [b] if b else []) for a, b in tokens),
        n=len(parsed),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", default="demo")
    parser.add_argument("--items", type=int, default=50)
    parser.add_argument("--record", action="store_true", help="write the figures")
    given = parser.parse_args()
    console = Console(highlight=False)
    config = load()
    suite = spec.load(given.suite)
    regime = Regime.CORPUS if Regime.CORPUS in suite.regimes else Regime.GIVEN
    kit = Kit(suite, config, WORK / "suites" / suite.name / config.encoder)
    items = sorted(suite.test, key=lambda i: draw(1, i.id))[: given.items]
    asked = []
    for item in track(items, "searching", console=console):
        found = kit.evidence(item.asked(regime))
        asked.append(prompts.messages(suite.prompts, item.question, profile=True, shown=found.shown[:3], examples=()))
    local = LanguageModel.load(config.generator, config)
    ours = [local.reply(a, REPLY_TOKENS).text for a in track(asked, "transformers", console=console)]
    with open_generator(config, Path(config.home)) as generator:
        theirs = [
            "".join(generator.stream(a, max_tokens=REPLY_TOKENS)).lstrip().split("\n")[0]
            for a in track(asked, "llama.cpp", console=console)
        ]
    made = agreement(ours, theirs)
    console.print(f"{made.n} prompts: {made.same} replies the same, {made.outcome} outcomes, token F1 {made.f1:.3f}")
    if given.record:
        figures = [
            share("board.engines_same_reply", made.same, made.n),
            share("board.engines_same_outcome", made.outcome, made.n),
            Figure("board.engines_f1", made.f1, "share", denominator=made.n),
        ]
        record(figures, COMMAND)
    return 0


if __name__ == "__main__":
    sys.exit(main())
