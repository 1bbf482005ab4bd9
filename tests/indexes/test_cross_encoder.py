"""An optional cross-encoder: it puts the first hits in order, and nothing else; a folder that is none says so."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from citebound.collection import Collection
from citebound.config import Config
from citebound.errors import ModelUnavailable
from citebound.indexes.embeddings import SentenceCrossEncoder, open_cross_encoder
from citebound.indexes.search import REREAD, STAGES, Search
from tests.fakes import WordHashEmbedder

TEXT = "\n\n".join(f"{n}. Clause\n\nThe fee of part {n} is due in {n} days after receipt." for n in range(1, 120))


def sevens(text: str) -> int:
    return text.count("7")


class Sevens:
    """A cross-encoder that likes texts for their sevens."""

    name = "sevens"

    def __init__(self) -> None:
        self.read: list[tuple[str, int]] = []

    def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        self.read.append((question, len(texts)))
        return np.array([sevens(text.partition("\n")[2]) for text in texts], dtype=np.float32)


@pytest.fixture
def collection(tmp_path: Path) -> Collection:
    path = tmp_path / "fees.txt"
    path.write_text(TEXT, "utf-8")
    made = Collection.open(tmp_path / "c", create=True, embedder=WordHashEmbedder())
    made.ingest([path])
    return made


def saved_model(folder: Path, labels: int) -> Path:
    """A cross-encoder of one layer with random weights, as transformers saves it."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.processors import TemplateProcessing
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "fee", "due", "days", "The"]
    tokenizer = Tokenizer(WordLevel({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=64, **names).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=8,
        num_labels=labels,
        max_position_embeddings=64,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def test_the_first_hits_are_put_in_its_order_and_the_others_stay(collection: Collection) -> None:
    model = Sevens()
    search = Search(collection.root, collection._store, collection.embedder, cross_encoder=lambda: model)
    plain = search.hits("when is the fee due?", 50)
    again = search.hits("when is the fee due?", 50, stages=(*STAGES, "cross-encoder"))
    assert model.read == [("when is the fee due?", REREAD)]
    first = [sevens(hit.chunk.text) for hit in again[:REREAD]]
    assert first == sorted(first, reverse=True)
    assert first[0] > 0
    assert {h.chunk.id for h in again[:REREAD]} == {h.chunk.id for h in plain[:REREAD]}
    assert [h.chunk.id for h in again[REREAD:]] == [h.chunk.id for h in plain[REREAD:]]
    assert [hit.rank for hit in again] == list(range(1, len(again) + 1))


def test_why_says_what_it_gave(collection: Collection) -> None:
    search = Search(collection.root, collection._store, collection.embedder, cross_encoder=Sevens)
    best = search.hits("fee", 5, stages=(*STAGES, "cross-encoder"))[0]
    told = [why for why in best.why if why.stage == "cross-encoder"]
    assert [(why.rank, why.score) for why in told] == [(1, float(sevens(best.chunk.text)))]


def test_without_the_stage_it_is_never_opened(collection: Collection) -> None:
    def forbidden() -> Sevens:
        raise AssertionError("opened")

    assert Search(collection.root, collection._store, collection.embedder, cross_encoder=forbidden).hits("fee", 5)


def test_a_saved_model_scores_pairs_the_same_each_time(tmp_path: Path) -> None:
    model = SentenceCrossEncoder(saved_model(tmp_path / "m", labels=1))
    texts = ["The fee is due", "days", ""]
    scores = model.scores("fee due", texts)
    assert scores.shape == (3,)
    assert scores.dtype == np.float32
    assert np.allclose(scores, model.scores("fee due", texts))
    assert np.allclose(scores[:1], model.scores("fee due", texts[:1]), atol=1e-5)
    assert model.scores("fee", []).shape == (0,)


def test_the_setting_brings_it_into_every_search(tmp_path: Path) -> None:
    path = tmp_path / "fees.txt"
    path.write_text(TEXT, "utf-8")
    config = Config(cross_encoder=saved_model(tmp_path / "m", labels=1))
    with Collection.open(tmp_path / "c", create=True, config=config, embedder=WordHashEmbedder()) as collection:
        collection.ingest([path])
        assert "cross-encoder" in {why.stage for why in collection.search("fee")[0].why}
        assert "cross-encoder" in {why.stage for why in collection.passages("fee")[0].hits[0].why}


def test_a_model_of_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="gives 3 scores"):
        SentenceCrossEncoder(saved_model(tmp_path / "m", labels=3)).scores("fee", ["due"])


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="no cross-encoder in"):
        open_cross_encoder(Config(cross_encoder=tmp_path))
    (tmp_path / "config.json").write_text("{}", "utf-8")
    with pytest.raises(ModelUnavailable, match="is no cross-encoder"):
        SentenceCrossEncoder(tmp_path).scores("fee", ["due"])
