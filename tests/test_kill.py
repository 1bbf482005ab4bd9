"""kill -9 of a real ingest (THREATS.md, F1): the reusable part is citebound.eval.kills."""

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from citebound.config import Config
from citebound.eval.kills import PHASES, run
from citebound.protocols import Vectors
from tests.fakes import WordHashEmbedder

FILES = 40
KILLS = 30


class SlowEmbedder(WordHashEmbedder):
    """Takes long enough over a batch that a kill can strike it."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        time.sleep(0.1)
        return super().embed(texts)


def slow_encoder(config: Config) -> SlowEmbedder:
    return SlowEmbedder()


def write_files(folder: Path) -> None:
    folder.mkdir()
    for number in range(FILES):
        clauses = [
            f"{n}. Clause {n}\n\nParty {number} shall pay invoice {number}-{n} within {number + n} days.\n\n"
            for n in range(1, 9)
        ]
        (folder / f"contract-{number:02}.txt").write_text(f"Contract {number}\n\n" + "".join(clauses))


def test_an_ingest_killed_at_any_moment_leaves_whole_documents_and_the_next_completes(tmp_path: Path) -> None:
    write_files(tmp_path / "files")
    config = Config(home=tmp_path)
    kills = run(KILLS, [tmp_path / "files"], tmp_path, config, encoder=slow_encoder, preload=[__name__], in_a_row=5)
    assert len(kills) == KILLS
    assert [fault for kill in kills for fault in kill.faults] == []
    struck = Counter(kill.phase for kill in kills)
    assert min(struck[phase] for phase in PHASES) >= 3, struck
