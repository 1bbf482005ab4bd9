"""Calibration files: read as they were written, refused when they are not sound, the shipped one is whole."""

from __future__ import annotations

import errno
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.answer.confidence.calibration import (
    FILE,
    Calibration,
    Level,
    Limit,
    Stage,
    Weight,
    dumps,
    loads,
    read,
    shipped,
    write,
)
from citebound.answer.confidence.signals import DRAFT, RETRIEVAL
from citebound.errors import FormatTooNew, StorageFull, StoreCorrupt
from citebound.indexes.durable import System
from tests.answer.confidence.test_calibrating import MADE

LEVEL = Level(0.05, 0.75, 0.045, 100, 1, 200)
STAGE = Stage({"cosine": Weight(0.5, 0.25, 1.0)}, 0.5, (LEVEL,), LEVEL, Limit(0.25, 0.04, 1, 150, 30, 50))
CALIBRATION = Calibration(MADE, STAGE, STAGE, None)


def test_confidence_is_the_logistic_of_the_weighted_signals() -> None:
    # 0.5 + 1.0 * (1.0 - 0.5) / 0.25 = 2.5
    assert STAGE.confidence({"cosine": 1.0}) == pytest.approx(1 / (1 + math.exp(-2.5)))
    assert STAGE.confidence({}) == pytest.approx(1 / (1 + math.exp(-0.5)))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_no_signal_takes_a_confidence_out_of_0_to_1(value: float) -> None:
    assert 0 < STAGE.confidence({"cosine": value}) < 1


def test_the_strictest_level_that_is_reached_is_named() -> None:
    loose = replace(LEVEL, risk=0.2, threshold=0.5)
    stage = replace(STAGE, levels=(LEVEL, loose))
    assert stage.reached(0.8) == LEVEL
    assert stage.reached(0.6) == loose
    assert stage.reached(0.4) is None


def test_a_calibration_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert read(tmp_path) is None
    assert write(tmp_path, CALIBRATION) == tmp_path / FILE
    assert read(tmp_path) == CALIBRATION
    assert not list(tmp_path.glob("*.tmp"))


def test_a_full_disk_leaves_the_former_calibration(tmp_path: Path) -> None:
    write(tmp_path, CALIBRATION)

    class Full(System):
        def write(self, fd: int, data: memoryview) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StorageFull):
        write(tmp_path, replace(CALIBRATION, made=replace(MADE, risk=0.2)), Full())
    assert read(tmp_path) == CALIBRATION


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{",
        '{"format": 1}',
        "[" * 100_000,
        dumps(CALIBRATION).replace('"intercept": 0.5', '"intercept": NaN'),
        dumps(CALIBRATION).replace('"intercept": 0.5', '"intercept": "0.5"'),
        dumps(CALIBRATION).replace('"scale": 0.25', '"scale": 0'),
        dumps(CALIBRATION).replace('"encoder": "word-hash"', '"unknown": 1'),
    ],
)
def test_a_broken_file_is_named_with_a_remedy(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(StoreCorrupt, match=FILE) as caught:
        read(tmp_path)
    assert "citebound calibrate" in caught.value.remedy


def test_bytes_that_are_no_text_are_named_too(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(StoreCorrupt, match=FILE):
        read(tmp_path)


def test_a_later_format_is_refused() -> None:
    row = json.loads(dumps(CALIBRATION)) | {"format": 99}
    with pytest.raises(FormatTooNew):
        loads(json.dumps(row), "x")


def test_the_shipped_calibration_says_what_it_was_fitted_on_and_uses_known_signals() -> None:
    made = shipped()
    assert made.made.items > 0
    assert made.made.encoder == "all-minilm-l6-v2"
    assert all("first half" in part for part in made.made.on)
    for stage in filter(None, (made.answerable, made.quotes, made.drafts)):
        assert set(stage.signals) <= {*RETRIEVAL, *DRAFT}
    assert made.answerable.limit is not None
    assert made.answerable.limit.upper <= 0.05
    assert made.quotes.levels or made.quotes.best
