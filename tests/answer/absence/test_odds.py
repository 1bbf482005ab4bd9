"""The confidence of "yes", "perhaps" and "no such clause was found"."""

from __future__ import annotations

import pytest

from citebound.answer.absence import odds
from citebound.answer.absence.odds import PRESENCE, seen, weighed
from citebound.types import Answer, Outcome, Receipt
from tests.fakes import WordHashEmbedder


class Calibrated(WordHashEmbedder):
    """A fake that bears the key of the encoder that the shipped calibration was made with."""

    def __init__(self) -> None:
        super().__init__()
        made = odds.shipped()
        assert made is not None
        self.key = made.made.encoder_key


def answer(outcome: Outcome) -> Answer:
    receipt = Receipt(1, "e", "", "", 1, 9, 0.5, 0.1, 0.0)
    return Answer("Is there a non-compete?", outcome, receipt=receipt)


def confidence(outcome: Outcome, **given: float) -> float:
    signals = {**dict.fromkeys(PRESENCE, 0.0), **given}
    made = weighed(answer(outcome), signals, Calibrated(), 1)
    assert made.confidence is not None and made.receipt is not None
    assert made.receipt.calibration and dict(made.receipt.signals) == signals
    return made.confidence


def test_what_was_read_is_surer_than_what_is_only_spoken_of_and_that_than_what_is_not() -> None:
    read = confidence(Outcome.ANSWERED, reader_found=1, borne=1)
    doubtful = confidence(Outcome.PARTIAL, reader_found=0.5)
    spoken = confidence(Outcome.PARTIAL, spoken=0.5, spoken_meaning=0.5, borne=1)
    nothing = confidence(Outcome.PARTIAL, spoken=0.1, reader_none=1)
    assert read > doubtful > nothing
    assert read > spoken > nothing


def test_absence_is_as_sure_as_presence_is_not() -> None:
    there = confidence(Outcome.PARTIAL, reader_none=1, spoken=0.1)
    assert confidence(Outcome.ABSENT, reader_none=1, spoken=0.1) == pytest.approx(1 - there)


def test_of_absence_the_share_of_things_that_are_lost_is_stated() -> None:
    made = weighed(answer(Outcome.ABSENT), dict.fromkeys(PRESENCE, 0.0), Calibrated(), 1)
    shipped = odds.shipped()
    assert shipped is not None and shipped.answerable.limit is not None
    assert made.risk == shipped.answerable.limit.upper
    assert shipped.answerable.limit.lost / shipped.answerable.limit.answerable <= 0.05


@pytest.mark.parametrize("documents", [0, 6, 400])
def test_nothing_is_stated_of_many_documents(documents: int) -> None:
    made = weighed(answer(Outcome.ABSENT), dict.fromkeys(PRESENCE, 0.0), Calibrated(), documents)
    assert (made.confidence, made.risk) == (None, None)


def test_nothing_is_stated_with_another_encoder() -> None:
    made = weighed(answer(Outcome.ABSENT), dict.fromkeys(PRESENCE, 0.0), WordHashEmbedder(), 1)
    assert (made.confidence, made.risk) == (None, None)
    assert made.receipt is not None and made.receipt.signals


def test_every_signal_is_named_and_explained() -> None:
    assert seen(found=False, doubtful=False, none=True, spoken=(), borne=False).keys() == PRESENCE.keys()
    shipped = odds.shipped()
    assert shipped is not None
    assert set(shipped.answerable.signals) <= set(PRESENCE)
