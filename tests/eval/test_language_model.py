"""The 135M model in the scoreboard's engine, against plain forward passes over prompt and text together.

Its numbers are made float32 here: in bfloat16 what is read in two parts differs by up to 0.3 nats from one pass.
"""

from importlib.util import find_spec

import numpy as np
import pytest
from numpy.typing import NDArray

from citebound import models
from citebound.config import Config
from citebound.errors import GeneratorUnavailable, ModelError
from citebound.eval.language_model import LanguageModel

NAME = "smollm2-135m-instruct"
PASSAGE = "The Customer shall pay each invoice within thirty days after receipt. " * 3
ASKED = [
    {"role": "system", "content": "Answer with Yes or No."},
    {"role": "user", "content": f"{PASSAGE}\nMust the Customer pay?"},
]
OTHER = [ASKED[0], {"role": "user", "content": f"{PASSAGE}\nMay the Provider wait for years?"}]
LABELS = ("Yes", "No", "Yes, it must", "Not mentioned")
NATS = 1e-3

pytestmark = pytest.mark.model


def loaded() -> LanguageModel:
    missing = [m for m in ("accelerate", "gguf", "torch", "transformers") if find_spec(m) is None]
    if missing:
        pytest.skip(f"{missing[0]} is not installed: pip install 'citebound[train]'")
    try:
        models.locate(NAME, Config())
    except ModelError as error:
        pytest.skip(f"{error} ({error.remedy})")
    made = LanguageModel.load(NAME, Config())
    return LanguageModel(made.name, made._model.float(), made._tokenizer)


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    return loaded()


@pytest.fixture(scope="module")
def alone(model: LanguageModel) -> NDArray[np.float64]:
    """The likelihoods of LABELS after ASKED, read by nothing else before."""
    return fresh(model).likelihoods(ASKED, LABELS)[0]


def fresh(model: LanguageModel) -> LanguageModel:
    """The same weights, nothing read yet."""
    return LanguageModel(model.name, model._model, model._tokenizer)


def plainly(model: LanguageModel, messages: list[dict[str, str]], text: str, end: bool = False) -> float:
    """Log-likelihood of the text after the prompt, in one pass without a cache."""
    import torch

    prompt = model.prompt_ids(messages)
    tail = model._tokenizer(text, add_special_tokens=False)["input_ids"]
    tail = [*tail, min(model._ends())] if end else tail
    with torch.inference_mode():
        logits = model._model(input_ids=torch.tensor([prompt + tail]), use_cache=False).logits[0]
    rows = torch.log_softmax(logits.double(), dim=-1)
    return float(sum(rows[len(prompt) - 1 + i, token] for i, token in enumerate(tail)))


def test_likelihoods_are_those_of_a_plain_pass(model: LanguageModel) -> None:
    labels = ("Yes", "No", "It must")
    made, read = fresh(model).likelihoods(ASKED, labels)
    wanted = np.array([plainly(model, ASKED, label) for label in labels])
    assert read == len(model.prompt_ids(ASKED))
    assert np.argmax(made) == np.argmax(wanted)
    assert np.abs(made - wanted).max() < NATS


def test_a_tree_of_labels_is_read_as_each_alone(model: LanguageModel) -> None:
    labels = ("CWE-79", "CWE-787", "CWE-89", "CWE-798", "CVE", "Improper Neutralization of Input")
    made, _ = fresh(model).likelihoods(ASKED, labels)
    wanted = np.array([plainly(model, ASKED, label, end=True) for label in labels])
    assert np.abs(made - wanted).max() < NATS


def test_a_label_that_begins_another_is_read_with_its_end(model: LanguageModel, alone: NDArray[np.float64]) -> None:
    wanted = np.array([plainly(model, ASKED, label, end=True) for label in LABELS])
    assert np.abs(alone - wanted).max() < NATS
    assert np.exp(alone).sum() <= 1.0 + 1e-6  # replies that exclude each other


def test_what_was_read_before_changes_nothing(model: LanguageModel, alone: NDArray[np.float64]) -> None:
    warm = fresh(model)
    warm.likelihoods(OTHER, LABELS)
    warm.reply(OTHER, 6)
    made, _ = warm.likelihoods(ASKED, LABELS)
    assert np.abs(made - alone).max() < NATS
    turned, _ = warm.likelihoods(ASKED, LABELS[::-1])
    assert np.abs(turned[::-1] - alone).max() < NATS
    reply = warm.reply(ASKED, 6)
    assert reply.text == fresh(model).reply(ASKED, 6).text
    assert reply.tokens_in == len(model.prompt_ids(ASKED))


def test_a_common_beginning_is_read_once(model: LanguageModel) -> None:
    warm = fresh(model)
    warm.likelihoods(OTHER, LABELS)
    forward, passed = warm._forward, []

    def counting(ids: list[int]) -> object:
        passed.append(len(ids))
        return forward(ids)

    warm._forward = counting  # type: ignore[method-assign, assignment]
    warm.likelihoods(ASKED, LABELS)
    assert passed[0] < 20 < len(model.prompt_ids(ASKED)) - passed[0]


def test_a_reply_stops_at_the_end_of_its_line(model: LanguageModel) -> None:
    asked = [{"role": "user", "content": "Write a list of three colours, one in each line."}]
    whole = fresh(model).reply(asked, 16, stop="\0")
    assert "\n" in whole.text
    line = fresh(model).reply(asked, 16)
    assert line.ended
    assert line.text == whole.text.split("\n")[0].strip()
    assert line.tokens_out < whole.tokens_out
    assert line.logprob < 0


def test_a_reply_that_the_limit_cut_says_so(model: LanguageModel) -> None:
    asked = [{"role": "user", "content": "Tell a long story about a harbour."}]
    cut = fresh(model).reply(asked, 3)
    assert (cut.ended, cut.tokens_out) == (False, 3)


def test_states_are_unit_rows_and_like_texts_are_near(model: LanguageModel) -> None:
    rows = model.states(["The Customer pays.", "The Customer shall pay.", "Rain fell on the old harbour."])
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    assert rows[0] @ rows[1] > rows[0] @ rows[2]


def test_what_is_no_model_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("empty")
    with pytest.raises(GeneratorUnavailable, match="cannot be loaded"):
        LanguageModel.load(str(folder), Config(models=folder))
    with pytest.raises(ModelError, match="nosuch"):
        LanguageModel.load("nosuch", Config(models=folder))
