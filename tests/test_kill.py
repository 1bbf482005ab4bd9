"""kill -9 of a real ingest: the reusable part is citebound.eval.kills."""

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from citebound.collection import Collection
from citebound.config import Config
from citebound.eval import kills
from citebound.indexes.store import Store
from citebound.protocols import Vectors
from citebound.types import Progress
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
    files = [tmp_path / "files"]
    struck = kills.run(KILLS, files, tmp_path, config, encoder=slow_encoder, preload=[__name__], in_a_row=5)
    assert len(struck) == KILLS
    assert [fault for kill in struck for fault in kill.faults] == []
    counts = Counter(kill.phase for kill in struck)
    assert min(counts[phase] for phase in kills.PHASES) >= 3, counts


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("DELETE FROM chunks WHERE id = 5", "is not whole"),
        ("DELETE FROM documents WHERE id = (SELECT id FROM documents LIMIT 1)", "was committed and is lost"),
        ("INSERT INTO words (words) VALUES ('delete-all')", "is not found by its words"),
        ("UPDATE meta SET value = '7' WHERE key = 'generation'", "No such file"),
    ],
)
def test_what_a_kill_may_never_do_is_noticed(tmp_path: Path, damage: str, said: str) -> None:
    write_files(tmp_path / "files")
    events: list[Progress] = []
    config = Config(home=tmp_path)
    with Collection.open("c", create=True, config=config, embedder=WordHashEmbedder()) as made:
        made.ingest([tmp_path / "files"], events.append)
    told = [kills.Told(event.stage, event.path, event.seconds) for event in events]
    store = Store(tmp_path / "c" / "store.db")
    wanted = kills.contents(store)
    assert kills.half_there(tmp_path / "c", told, wanted, WordHashEmbedder()) == []
    with store.writing() as db:
        db.execute(damage)
    store.close()
    assert said in " ".join(kills.half_there(tmp_path / "c", told, wanted, WordHashEmbedder()))
