"""The trained encoder on tasks that a tiny random BERT can learn: one word decides."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from citebound.config import Config
from citebound.eval.encoder_model import Course, EncoderModel, Example, Pair, Schedule
from citebound.eval.kit import Kit
from citebound.eval.measures import Place
from citebound.eval.prediction import NOT_FOUND
from citebound.eval.suite import Item, Regime, Suite, SuiteError, Task
from citebound.eval.system import Options, System
from citebound.eval.systems.reader import around, fine_tuned_reader, mean, strongest
from citebound.types import Span
from tests.fakes import WordHashEmbedder

WORDS = (
    "the pump valve motor fan was is red green blue closed open by on a price of day part it with and old new".split()
)
NAMES = [f"n{i}" for i in range(12)]
QUICK = {"epochs": 12, "batch": 8, "rates": [5e-3], "window": 64}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of 2 layers, 32 wide, with random weights, and a tokenizer of whole words."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("tiny-bert")
    vocabulary = {w: i for i, w in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", ".", "?", *WORDS, *NAMES])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    with torch.random.fork_rng():
        torch.manual_seed(7)
        BertModel(
            BertConfig(
                vocab_size=len(vocabulary),
                hidden_size=32,
                num_hidden_layers=2,
                num_attention_heads=4,
                intermediate_size=64,
                max_position_embeddings=128,
            )
        ).save_pretrained(folder)
    return folder


def reader(kit: Kit, tiny: Path, **given: Any) -> System:
    options: Options = {**QUICK, **given}
    return fine_tuned_reader(kit, kit.suite.regimes[0], options, folder=tiny)


def kit_of(suite: Suite, work: Path) -> Kit:
    return Kit(suite, Config(threads=1), work, embedder=WordHashEmbedder())


def texts() -> Suite:
    """The label is the colour in the text."""
    drawn = random.Random(0)

    def item(n: int) -> Item:
        colour = ("red", "green")[n % 2]
        filler = drawn.sample(["pump", "valve", "motor", "fan", "old", "new", "closed"], 4)
        filler.insert(drawn.randrange(4), colour)
        return Item(f"t{n}", " ".join(filler), f"t{n}", "k", True, label=colour)

    items = [item(n) for n in range(90)]
    return Suite(
        "colours", "", Task.LABEL, (Regime.CORPUS,), tuple(items[60:]), tuple(items[:40]), tuple(items[40:60]),
        labels=("green", "red"),
    )  # fmt: skip


def documents(task: Task, sentences: Sequence[tuple[str, str, str]]) -> Suite:
    """Documents of two sentences, the first neutral, the second (text, label, answer): a question on the pump each."""
    texts: dict[str, str] = {}
    items: list[Item] = []
    for d, (sentence, label, answer) in enumerate(sentences):
        name, neutral = f"d{d}", "The old fan is a part of the motor."
        texts[name] = f"{neutral}\n\n{sentence}\n"
        known = label != "NotMentioned"
        span = Span(len(neutral) + 2, len(neutral) + 2 + len(sentence))
        items.append(
            Item(
                f"i{d}", "Is the pump open, and by whom?", name, "pump", known, (name,),
                label=label if task is Task.LABEL else "",
                answers=(answer,) if answer else (),
                gold=(Place(name, span),) if known else (),
            )
        )  # fmt: skip
    labels = ("Entailment", "Contradiction", "NotMentioned") if task is Task.LABEL else ()
    return Suite(
        "pumps", "", task, (Regime.GIVEN,), tuple(items[48:]), tuple(items[:36]), tuple(items[36:48]),
        documents=texts, labels=labels,
    )  # fmt: skip


def states() -> Suite:
    """Whether the pump is open is said by one word, or by none."""
    kinds = [
        ("The pump is open.", "Entailment", ""),
        ("The pump is closed.", "Contradiction", ""),
        ("The pump is new.", "NotMentioned", ""),
    ]
    return documents(Task.LABEL, random.Random(1).choices(kinds, k=63))


def names() -> Suite:
    """Who opened the pump is the word after "by"; in a third nobody is named."""
    drawn = random.Random(2)
    made = []
    for n in range(63):
        who = drawn.choice(NAMES)
        day = drawn.choice(["on a day", "on the new day", "with a part"])
        nobody = (f"The pump was closed {day}.", "NotMentioned", "")
        made.append((f"The pump was open {day} by {who} on a day.", "known", who) if n % 3 else nobody)
    return documents(Task.EXTRACT, made)


def accuracy(system: System, items: Sequence[Item], regime: Regime) -> float:
    return sum(system.predict(i.asked(regime)).label == i.label for i in items) / len(items)


def test_a_text_reader_learns_and_its_twin_from_scratch_is_another_model(tmp_path: Path, tiny: Path) -> None:
    kit = kit_of(texts(), tmp_path)
    system = reader(kit, tiny)
    adapted = system.prepare(kit.suite.train, kit.suite.dev, seed=1)
    assert accuracy(system, kit.suite.test, Regime.CORPUS) >= 0.9
    assert adapted.labels == 40
    assert adapted.before is not None and adapted.after is not None and adapted.after < adapted.before
    assert any("rate 0.005" in note for note in adapted.notes)

    question = kit.suite.test[0].asked(Regime.CORPUS)
    again = reader(kit, tiny)
    assert again.prepare(kit.suite.train, kit.suite.dev, seed=1) == adapted
    assert again.predict(question).scores == system.predict(question).scores
    scratch = reader(kit, tiny, scratch=True)
    assert scratch.prepare(kit.suite.train, kit.suite.dev, seed=1).before != adapted.before


def test_a_pair_reader_learns_labels_and_quotes_the_proof(tmp_path: Path, tiny: Path) -> None:
    kit = kit_of(states(), tmp_path)
    system = reader(kit, tiny, epochs=20)
    system.prepare(kit.suite.train, kit.suite.dev, seed=0)
    made = [(i, system.predict(i.asked(Regime.GIVEN))) for i in kit.suite.test]
    assert sum(p.label == i.label for i, p in made) / len(made) >= 0.7  # the most frequent label: 0.4
    for _, prediction in made:
        assert bool(prediction.quotes) == (prediction.label != "NotMentioned")
        assert sum(prediction.scores.values()) == pytest.approx(1.0)


def test_a_span_reader_finds_verbatim_spans_and_says_when_there_is_none(tmp_path: Path, tiny: Path) -> None:
    kit = kit_of(names(), tmp_path)
    system = reader(kit, tiny, epochs=30)
    system.prepare(kit.suite.train, kit.suite.dev, seed=0)
    right = 0
    for item in kit.suite.test:
        made = system.predict(item.asked(Regime.GIVEN))
        right += (made.text == item.answers[0]) if item.answerable else made.outcome == NOT_FOUND
        assert kit.texts(made.quotes) == ([made.text] if made.text else [])
        assert all(p.document == item.documents[0] for p in made.quotes)
    assert right / len(kit.suite.test) >= 0.7  # silence alone is right in a third


def test_nothing_to_learn_from_is_an_error_that_names_the_suite(tmp_path: Path, tiny: Path) -> None:
    with pytest.raises(SuiteError, match="colours"):
        reader(kit_of(texts(), tmp_path / "a"), tiny).prepare([], [], seed=0)
    kit = kit_of(names(), tmp_path / "b")
    silent = [i for i in kit.suite.train if not i.answerable]
    with pytest.raises(SuiteError, match="pumps"):
        reader(kit, tiny).prepare(silent[:2], [], seed=0)


def test_training_leaves_the_random_numbers_of_others_alone(tiny: Path) -> None:
    import torch

    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    model = EncoderModel(tiny, 2, seed=0, threads=1)
    course = model.fit([Example(Pair("red"), 0), Example(Pair("blue"), 1)], [], Schedule(epochs=1), seed=0)
    assert torch.equal(torch.rand(4), expected)
    assert course == Course(None) and course.after is None


def test_a_span_that_the_window_cuts_off_is_no_answer(tiny: Path) -> None:
    model = EncoderModel(tiny, 0, seed=0, window=12, threads=1)
    # [CLS] the pump ? [SEP] leaves 12 - 5 - 1 = 6 tokens of the passage
    passage = "red green blue closed open by n1 n2"
    assert model.length(Example(Pair("the pump ?", passage), Span(4, 14))) == 2  # green blue
    assert model.length(Example(Pair("the pump ?", passage), Span(25, 32))) == 0  # open by n1: n1 is the seventh


def test_padding_and_batching_change_no_logits(tiny: Path) -> None:
    model = EncoderModel(tiny, 3, seed=0, threads=1)
    pairs = [Pair("red", "the pump was closed by n1 on the new day"), Pair("blue"), Pair("the fan", "is open")]
    together = model.logits(pairs)
    alone = [model.logits([p])[0] for p in pairs]
    assert together == pytest.approx(np.stack(alone), abs=1e-5)


def test_a_window_holds_its_span_and_whole_words() -> None:
    text = "one two three four five six seven"
    for seed in range(20):
        window = around(Span(14, 18), text, 12, random.Random(seed))  # "four"
        assert window.contains(Span(14, 18))
        assert set(window.of(text).split()) <= set(text.split())


def test_passages_are_joined_by_their_mean_or_by_the_one_that_is_surest_of_proof() -> None:
    logits = np.array([[0.0, 0.0, 4.0], [1.0, 0.0, 0.0]])  # the last label needs no proof
    assert mean(logits, 2).tolist() == [0.5, 0.0, 2.0]
    assert strongest(logits, 2).tolist() == [1.0, 0.0, 0.0]
    assert strongest(logits, None).tolist() == [0.0, 0.0, 4.0]
