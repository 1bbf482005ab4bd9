"""The flow of one question: what closure brings to an answer, the hints of its prompt, and the budget of both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from citebound import Collection, Config, Outcome
from citebound.answer.ask import HINTS, EvidenceFound
from citebound.answer.evidence import FENCE, notice
from citebound.indexes.search import STAGES
from citebound.types import Passage
from tests.fakes import Echo, WordHashEmbedder
from tests.indexes.test_explain import OTHERS, SUPPLY

QUESTION = "Which royalty does Halden owe to Northwind?"
MEANING = '"Net Sales" means invoiced amounts less returns, freight, insurance, customs, taxes, samples'
EMBEDDER = WordHashEmbedder()
Open = Callable[..., Collection]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """The collection of an agreement and four other documents, with a budget and a generator."""
    held: list[Collection] = []
    (tmp_path / "Northwind_supply.txt").write_text(SUPPLY)
    for name, text in OTHERS.items():
        (tmp_path / name).write_text(text)

    def make(tokens: int = 400, reply: str | None = None, **settings: Path) -> Collection:
        config = Config(home=tmp_path, evidence_tokens=tokens, **settings)  # type: ignore[arg-type]
        made = Collection.open("c", create=True, config=config, embedder=WordHashEmbedder(), generator=Echo(reply))
        held.append(made)
        assert not made.ingest([tmp_path / name for name in ("Northwind_supply.txt", *OTHERS)]).failures
        return made

    yield make
    for one in held:
        one.close()


def cost(passages: Sequence[Passage], hints: str = "") -> int:
    """Tokens of the passages in a prompt, counted anew."""
    made = 0
    for passage in passages:
        parts = (passage.text, passage.context, notice(passage.superseded_by))
        made += FENCE + sum(len(EMBEDDER.token_starts(part)) for part in parts)
    return made + len(EMBEDDER.token_starts(hints))


def prompted(collection: Collection) -> tuple[str, str]:
    """The system's and the user's message of the last prompt."""
    assert isinstance(collection.generator, Echo)
    system, user = collection.generator.asked[-1]
    return system["content"], user["content"]


def hints(collection: Collection) -> str:
    """What the system's message has beside the fixed instructions."""
    return prompted(collection)[0].partition("appear inside them.")[2].strip()


# -- closure --------------------------------------------------------------------------------------------------------


def test_the_definition_that_a_passage_uses_is_given_to_the_model(opened: Open) -> None:
    made = opened()
    answer = made.ask(QUESTION)
    (brought,) = (p for p in answer.passages if not p.hits)
    assert brought.text.startswith(MEANING)
    assert MEANING in prompted(made)[1]
    first = next(made.stream(QUESTION))
    assert isinstance(first, EvidenceFound)
    assert first.passages == answer.passages


def test_a_citation_may_bind_to_what_closure_brought(opened: Open) -> None:
    reply = (
        "Royalty is due on Net Sales, which means invoiced amounts less returns, freight, insurance and customs [6]."
    )
    made = opened(reply=reply)
    answer = made.ask("Which royalty does Halden owe, and what are Net Sales?")
    assert answer.outcome is Outcome.ANSWERED
    (citation,) = answer.citations
    assert citation.quote.startswith(MEANING)
    assert citation.span.of(made.document(citation.document.id).text) == citation.quote


def test_without_the_stage_or_without_room_the_hits_stand_alone(opened: Open) -> None:
    made = opened()
    stages = [stage for stage in STAGES if stage != "closure"]
    first = next(made._asker.stream(QUESTION, None, stages=stages))
    assert isinstance(first, EvidenceFound)
    assert all(passage.hits for passage in first.passages)
    tight = opened(50).ask(QUESTION, llm=False)  # one hit fills it
    assert "five percent" in tight.text
    assert all(passage.hits for passage in tight.passages)


@pytest.mark.parametrize("tokens", [50, 100, 150, 200, 250, 300, 400, 600, 1000, 4000])
@pytest.mark.parametrize("llm", [False, True])
def test_the_budget_holds_with_hints_and_all_that_closure_brings(opened: Open, tokens: int, llm: bool) -> None:
    made = opened(tokens)
    answer = made.ask(QUESTION, llm=llm)
    assert any("five percent" in passage.text for passage in answer.passages)  # the best sentence is never cut
    if len(answer.passages) > 1:  # the first hit is given whatever it costs
        assert cost(answer.passages, hints(made) if llm else "") <= tokens


def test_what_closure_brings_does_not_decide_whether_the_evidence_suffices(opened: Open) -> None:
    made = opened()
    for question in (QUESTION, "Which royalty does Halden owe, and what are Net Sales?", "Who paints the bridge?"):
        on = made.ask(question, llm=False)
        stages = [stage for stage in STAGES if stage != "closure"]
        off = list(made._asker.stream(question, None, stages=stages))[-1].answer  # type: ignore[union-attr]
        assert on.receipt is not None
        assert off.receipt is not None
        assert on.receipt.sufficiency == off.receipt.sufficiency
        assert (on.outcome is Outcome.NOT_FOUND) == (off.outcome is Outcome.NOT_FOUND)


def test_a_quote_may_come_from_what_closure_brought(opened: Open) -> None:
    made = opened(250)
    answer = made.ask("Net Sales means which invoiced amounts less returns freight insurance customs?", llm=False)
    assert answer.citations[0].quote.startswith(MEANING)


# -- hints ----------------------------------------------------------------------------------------------------------


def test_the_prompt_holds_the_hints_of_the_kinds_of_its_passages_only(opened: Open) -> None:
    made = opened()
    made.ask(QUESTION)
    assert hints(made).startswith("These are contracts. An amendment prevails")
    assert "security reports" not in hints(made)
    made.ask("Which travel did the board approve for its members?", "source:minutes.txt")
    assert {row.kind for row in made.overview("source:minutes.txt")} == {""}
    assert hints(made) == ""


def test_hints_are_short_whatever_a_profile_says(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    sentence = "Say who must do what and by when in the words of the minutes."  # 14 tokens with its full stop
    (tmp_path / "own" / "minutes.toml").write_text(
        'name = "minutes"\ntitle = "Minutes"\n[recognise]\nleast = 1\n'
        'patterns = [{ pattern = "minutes of the board" }]\n'
        f'[prompt]\nhints = "{" ".join([sentence] * 40)}"\n'
    )
    made = opened(profiles=tmp_path / "own")
    made.ask("Which travel did the board approve for its members?", "source:minutes.txt")
    assert hints(made) == " ".join([sentence] * (HINTS // 14))
    small = opened(100, profiles=tmp_path / "own")  # a sixth of the budget at most: 16 tokens
    small.ask("Which travel did the board approve for its members?", "source:minutes.txt")
    assert hints(small) == sentence


def test_quotes_alone_give_no_room_to_hints(opened: Open) -> None:
    made = opened(150)
    alone, with_model = made.ask(QUESTION, llm=False), made.ask(QUESTION)
    assert cost(alone.passages) >= cost(with_model.passages)
    assert cost(with_model.passages, hints(made)) <= 150
