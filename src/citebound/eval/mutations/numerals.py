"""Numbers in English words, 0 to 999."""

from __future__ import annotations

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()


def spelled(value: int) -> str:
    """English words of 0 to 999."""
    if value < 20:
        return _ONES[value]
    if value < 100:
        return _TENS[value // 10 - 2] + (f"-{_ONES[value % 10]}" if value % 10 else "")
    return f"{_ONES[value // 100]} hundred" + (f" {spelled(value % 100)}" if value % 100 else "")


_VALUES = {spelled(n).replace("-", " "): n for n in range(1, 1000)}
NUMERAL = "(?:" + "|".join([*_ONES[:0:-1], *_TENS, "hundred"]) + ")"
NUMERALS = rf"\b{NUMERAL}(?:[- ](?:and )?{NUMERAL}){{0,4}}\b"


def value_of(words: str) -> int | None:
    """1 to 999 from its English words; None for a numeral that no value has, such as "one two"."""
    return _VALUES.get(" ".join(words.lower().replace("-", " ").replace(" and ", " ").split()))
