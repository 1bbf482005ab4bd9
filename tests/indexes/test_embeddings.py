"""What is remembered of an encoder is what it would say again."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from citebound.indexes.embeddings import Remembering
from tests.fakes import WordHashEmbedder


@given(st.lists(st.lists(st.sampled_from(["a b", "c", "d e f", "", "ü"]), max_size=6), max_size=6))
def test_remembered_vectors_are_those_of_the_encoder(calls: list[list[str]]) -> None:
    plain, remembering = WordHashEmbedder(), Remembering(WordHashEmbedder(), most=2)
    for texts in calls:
        assert np.array_equal(remembering.embed(texts), plain.embed(texts))


def test_a_text_is_embedded_once_while_it_is_remembered() -> None:
    counting = WordHashEmbedder()
    remembering = Remembering(counting, most=2)
    remembering.embed(["one", "two", "one"])
    remembering.embed(["two", "one"])
    assert counting.embedded == ["one", "two"]
    remembering.embed(["three"])  # "two" was used before "one": it is the one to go
    remembering.embed(["one", "two"])
    assert counting.embedded == ["one", "two", "three", "two"]
