"""Slips of typing: what is mended, and what is left alone."""

import time

import pytest

from citebound.answer.sets.typing import mended, written_out
from citebound.ingest.profile import shipped

KINDS = shipped()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("contracts w/o a cap", "contracts without a cap"),
        ("contracts w/ insurance", "contracts with insurance"),
        ("ROFR / ROFO", "ROFR or ROFO"),
        ("non compete clauses", "non-compete clauses"),
        ("advisories put out by CISA", "advisories published by CISA"),
        ("24/7 support and/or http://w/x", "24/7 support and/or http://w/x"),
    ],
)
def test_abbreviations_are_written_out(typed: str, meant: str) -> None:
    assert written_out(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("which vulnerabilites are open", "which vulnerabilities are open"),  # a letter less
        ("wich agreemnets", "which agreements"),  # two neighbours exchanged
        ("which suppliers carry insurance", "which suppliers carry insurance"),  # a plural is no slip
        ("which contracts with larkspurr", "which contracts with larkspurr"),  # nothing is near
        ("which Contrcats", "which Contrcats"),  # a name, perhaps
        ("with halden", "with halden"),
    ],
)
def test_a_letter_is_mended_where_one_word_is_meant(typed: str, meant: str) -> None:
    assert mended(typed, KINDS, ("Halden",)) == meant


def test_a_known_name_is_never_mended() -> None:
    assert mended("contracts with contrakt", KINDS, ()) == "contracts with contract"
    assert mended("contracts with contrakt", KINDS, ("Contrakt Ltd",)) == "contracts with contrakt"


def test_long_garbage_takes_no_time() -> None:
    started = time.monotonic()
    mended("abcdefg " * 2000, KINDS, ())
    written_out("w/" * 100_000)
    assert time.monotonic() - started < 5
