"""The dialogues are what they say, and a turn is a hit only where its quote is shown."""

from pathlib import Path

from citebound.collection import Collection
from citebound.config import Config
from citebound.eval.chat import ARMS, Asked, Dialogue, figures_of, golds, read, tried
from citebound.eval.demo import samples
from citebound.ingest.limits import Limits
from citebound.ingest.parse import parse
from tests.fakes import Echo, WordHashEmbedder

LEASE = """# Office Lease

## 1 Deposit

The tenant shall pay a deposit of 4,000 dollars on the first day.

## 2 Parking

Seven cars of visitors may stand in the yard behind the house.
"""


def test_there_are_twenty_five_dialogues_of_three_to_five_turns_that_begin_alone() -> None:
    dialogues = read()
    assert len({d.id for d in dialogues}) == len(dialogues) == 25
    assert {d.split for d in dialogues} == {"dev", "held"}
    assert all(3 <= len(d.turns) <= 5 and not d.turns[0].follow_up for d in dialogues)


def test_every_gold_quote_is_in_its_document_exactly_once() -> None:
    texts = {p.name: parse(p.name, p.read_bytes(), Limits()).document.text for p in sorted(samples().iterdir())}
    wrong = [(d.id, n) for d in read() for n, t in enumerate(d.turns) if texts[t.document].count(t.quote) != 1]
    assert wrong == []


def test_a_follow_up_is_tried_as_rewritten_as_typed_and_as_written(tmp_path: Path) -> None:
    path = tmp_path / "lease.md"
    path.write_text(LEASE)
    config = Config(home=tmp_path / "home", evidence_tokens=50)
    quote = "The tenant shall pay a deposit of 4,000 dollars on the first day."
    first = Asked("Which deposit shall the tenant pay under the lease?", "Which deposit?", path.name, quote, False)
    then = Asked("What does that clause say?", "Which deposit shall the tenant pay?", path.name, quote, True)
    dialogue = Dialogue("t1", "dev", (first, then))
    with Collection.open("c", create=True, config=config, embedder=WordHashEmbedder(), generator=Echo()) as made:
        made.ingest([path])
        found = list(tried(made, dialogue, golds(made)))
        assert made.chats() == []
    assert found[1].question == "What does Section 1 (Deposit) of the Office Lease say?"
    assert all(one.hits[""] for one in found)
    assert set(found[0].hits) == set(ARMS)
    named = {f.name: (f.numerator, f.denominator) for f in figures_of(found)}
    assert named["chat.rewrite_hits"] == (2, 2)
    assert named["chat.rewrite_hits.follow_ups"] == named["chat.rewrite_hits.first_turns"] == (1, 1)
