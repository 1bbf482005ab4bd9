"""The second try: one number, held to a schema where the server takes one, and the sentence that it names, quoted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from citebound import Answer, Collection, Config, Outcome
from citebound.answer.generation.dictation import Call, Recorded, Repeated
from citebound.answer.generation.generator import ChatGenerator
from citebound.answer.generation.second_try import OFFERED, choose, offered
from tests.answer.faulty import Server, chunk, says, status
from tests.answer.generation.test_excerpts import candidates, passage
from tests.fakes import WordHashEmbedder
from tests.indexes.test_explain import OTHERS, QUESTION, SUPPLY

TEXT = "The fee is five percent. The term is two years. The law is that of Norway."
FOUND = candidates([passage(TEXT)], {"The fee": 0.9, "The term": 0.8, "The law": 0.7})


class Says:
    """Gives its replies in turn, whatever it is asked; keeps what it was asked."""

    name = "says"

    def __init__(self, *replies: str) -> None:
        self.replies = list(replies)
        self.asked: list[str] = []

    def stream(self, messages: Sequence[Mapping[str, str]], *, max_tokens: int) -> Iterator[str]:
        self.asked.append(messages[-1]["content"])
        yield self.replies.pop(0)


@pytest.mark.parametrize(
    ("reply", "named"),
    [
        ("2", "The term is two years."),
        ('{"sentence": 3}', "The law is that of Norway."),
        ("Sentence 1.", "The fee is five percent."),
        ("<think>3, or 2?</think>2", "The term is two years."),
        ("0", None),
        ('{"sentence": 0}', None),
        ("4", None),
        ("99", None),
        ("-1", None),
        ("1.5", None),
        ("none", None),
        ("", None),
        ("\u0662", None),
    ],
)
def test_only_the_number_of_a_sentence_counts(reply: str, named: str | None) -> None:
    made = choose("What is the term?", FOUND, Says(reply))
    assert (made.text if made else None) == named


def test_a_few_sentences_are_offered_each_once_the_best_first() -> None:
    many = [*FOUND, *FOUND, *(c for n in range(9) for c in candidates([passage(f"Point {n} is it.")], {"Point": 0.5}))]
    texts = [c.text for c in offered(many)]
    assert texts[:3] == [c.text for c in FOUND]
    assert len(texts) == len(set(texts)) <= OFFERED
    assert choose("Who?", [], Says()) is None


def test_the_server_is_held_to_the_numbers(server: Server) -> None:
    server.plan = [says(chunk('{"sentence": 2}'), chunk(None, "stop"), "[DONE]")]
    with ChatGenerator("m", server.url, "", timeout=20) as generator:
        made = choose("What is the term?", FOUND, generator)
    assert made is FOUND[1]
    (body,) = server.bodies
    schema = body["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["sentence"]["enum"] == [0, 1, 2, 3]
    assert body["max_completion_tokens"] <= 16
    assert body["stream"] is True


@pytest.mark.parametrize("code", [400, 422, 501])
def test_a_server_that_refuses_the_schema_is_asked_without_it(server: Server, code: int) -> None:
    server.plan = [status(code, "response_format is unknown"), says(chunk("1"), chunk(None, "stop"), "[DONE]")]
    with ChatGenerator("m", server.url, "", timeout=20) as generator:
        assert choose("What is the fee?", FOUND, generator) is FOUND[0]
    assert ["response_format" in body for body in server.bodies] == [True, False]


@pytest.mark.parametrize("answer", [status(401), status(429, Retry_After="60"), says("{not json"), says(chunk("thi"))])
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_a_second_try_that_fails_names_nothing(server: Server, answer: object) -> None:
    server.plan = [answer] * 3  # type: ignore[list-item]
    with ChatGenerator("m", server.url, "", timeout=5) as generator:
        assert choose("What is the fee?", FOUND, generator) is None


# -- in the flow ----------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {"Northwind_supply.txt": SUPPLY, **OTHERS}.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def ask(folder: Path, generator: Says, second_try: bool = True) -> Answer:
    config = Config(home=folder, second_try=second_try)
    with Collection.open("c", create=True, config=config, embedder=WordHashEmbedder(), generator=generator) as made:
        made.ingest([folder / name for name in ("Northwind_supply.txt", *OTHERS)])
        return made.ask(QUESTION)


def test_the_named_sentence_is_quoted_when_nothing_of_the_draft_is_bound(folder: Path) -> None:
    model = Says("Halden owes ninety percent [1].", json.dumps({"sentence": 2}))
    answer = ask(folder, model)
    assert len(model.asked) == 2
    (shown,) = answer.bound
    named = model.asked[1].splitlines()[1].removeprefix("2: ")
    assert " ".join(shown.text.strip("“”").split()) == named
    assert " ".join(answer.citations[0].quote.split()) == named
    assert "the sentence that it named" in answer.reason
    assert [s.text for s in answer.sentences if s not in answer.bound] == ["Halden owes ninety percent."]
    assert answer.receipt is not None
    assert [part.split()[0] for part in answer.receipt.prompt_version.split("; ")] == ["answer", "choose"]


def test_a_second_try_that_names_none_ends_in_quotes(folder: Path) -> None:
    answer = ask(folder, Says("Halden owes ninety percent [1].", "0"))
    assert "quotes instead" in answer.reason
    assert "five percent" in answer.text


@pytest.mark.parametrize(
    ("draft", "second_try"),
    [
        ("The royalty which Halden owes is five percent of the Net Sales of each year [1].", True),
        ("Not found.", True),
        ("", True),
        ("Halden owes ninety percent [1].", False),
    ],
)
def test_there_is_no_second_try_without_need_or_when_it_is_off(folder: Path, draft: str, second_try: bool) -> None:
    model = Says(draft)
    assert isinstance(ask(folder, model, second_try).outcome, Outcome)
    assert len(model.asked) == 1


def test_a_second_try_is_kept_with_the_draft_for_a_replay(server: Server) -> None:
    server.plan = [says(chunk('{"sentence": 2}'), chunk(None, "stop"), "[DONE]")]
    calls: list[Call] = []
    with ChatGenerator("m", server.url, "", timeout=20) as generator:
        assert choose("What is the term?", FOUND, Recorded(generator, calls)) is FOUND[1]
    assert [call.draft for call in calls] == ['{"sentence": 2}']
    assert "response_format" in server.bodies[0]
    assert choose("What is the term?", FOUND, Repeated("m", calls)) is FOUND[1]
