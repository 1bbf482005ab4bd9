"""In which languages texts are written: a question, and a document by the share of its text; and what an encoder can do
with them.

Detection is langdetect's (Shuyo 2010), asked only where a text does not have the little words of English.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache

from langdetect.detector_factory import PROFILES_DIRECTORY, DetectorFactory  # type: ignore[import-untyped]
from langdetect.lang_detect_exception import LangDetectException  # type: ignore[import-untyped]

from citebound.indexes.lexical import STOPWORDS

LANGUAGES: Mapping[str, frozenset[str]] = {"all-minilm-l6-v2": frozenset({"en"})}
"""What encoders were made for, in ISO 639-1; of others nothing is known and nothing said."""

LEAST_LETTERS = 20
"""Characters of a question below which its language is anyone's guess."""

CONFIDENT = 0.99

SHORT, FEW = 3, 2
"""Languages are told apart by their little words: a row of long Latin ones ("insurance certificate requirements") is
taken for French. So, without letters beyond ASCII, a few words that are so short and not English must be there."""

ENGLISH = 0.25
"""Share of English stop words from which a text is English; in running text it is .35 to .5, in other languages under
.15, and in tables, code and names of any language under .25."""

WINDOW, WINDOWS = 600, 48
"""Characters of the pieces that a document is looked at in, and how many, spread evenly over a longer one."""

PROSE = 0.85
"""Share of letters among the printed characters of running text, at least; where there are letters beyond ASCII, they
speak for the language."""

PART = 0.1
"""Share of a document from which a language counts: less is a quotation, a name or a mistake."""

MOSTLY = 0.5
"""Share of a document from which it is said to be in a language, not partly in it."""

NAMES = dict(
    part.split(":")
    for part in (
        "af:Afrikaans ar:Arabic bg:Bulgarian bn:Bengali ca:Catalan cs:Czech cy:Welsh da:Danish de:German el:Greek "
        "en:English es:Spanish et:Estonian fa:Persian fi:Finnish fr:French gu:Gujarati he:Hebrew hi:Hindi hr:Croatian "
        "hu:Hungarian id:Indonesian it:Italian ja:Japanese kn:Kannada ko:Korean lt:Lithuanian lv:Latvian mk:Macedonian "
        "ml:Malayalam mr:Marathi ne:Nepali nl:Dutch no:Norwegian pa:Punjabi pl:Polish pt:Portuguese ro:Romanian "
        "ru:Russian sk:Slovak sl:Slovenian so:Somali sq:Albanian sv:Swedish sw:Swahili ta:Tamil te:Telugu th:Thai "
        "tl:Tagalog tr:Turkish uk:Ukrainian ur:Urdu vi:Vietnamese zh:Chinese"
    ).split()
)
_LETTERS = re.compile(r"[^\W\d_]+")


def language(text: str) -> str:
    """ISO 639-1 code of the language of a question, "" where it is English or not certain."""
    words = [word.lower() for word in _LETTERS.findall(text)]
    little = {word for word in words if len(word) <= SHORT} - STOPWORDS
    if len(text.strip()) < LEAST_LETTERS or (text.isascii() and len(little) < FEW) or _is_english(words):
        return ""
    found = _detected(text)
    return "" if found == "en" else found


def shares(text: str) -> dict[str, float]:
    """The languages of a document, by ISO 639-1 code, with their share of its letters (0..1), the largest first.

    A language with less than `PART` is left out, and what cannot be told (tables, code, names) is in none, so that the
    shares may sum to less than 1; {} for a text without words.
    """
    pieces = _pieces(text)
    letters: Counter[str] = Counter()
    for piece in pieces:
        words = [word.lower() for word in _LETTERS.findall(piece)]
        count = sum(map(len, words))
        letters["en" if _is_english(words) else _detected(piece) if _is_prose(piece, count) else ""] += count
    total = letters.total()
    made = {code: round(count / total, 2) for code, count in letters.most_common() if code and count >= PART * total}
    return made if total else {}


def foreign(found: Mapping[str, float], encoder: str) -> dict[str, float]:
    """Those of a document's languages that an encoder (its name) was not made for; {} where nothing is known of it."""
    known = LANGUAGES.get(encoder)
    return {code: share for code, share in found.items() if known and code not in known}


def named(found: Mapping[str, float]) -> str:
    """A document's languages in words: "German", "English, German (30 %)"; "" for none."""
    parts = [_name(code) + f" ({100 * share:.0f} %)" * (share < MOSTLY) for code, share in found.items()]
    return ", ".join(parts)


def warnings(documents: Iterable[tuple[Mapping[str, float], int]], encoder: str) -> tuple[str, ...]:
    """What a reader should know of documents (their languages, and how many have these) that are not, or not wholly, in
    a language that the encoder was made for: a sentence for each language, the most frequent first."""
    counted: Counter[tuple[str, bool]] = Counter()
    for found, count in documents:
        for code, share in foreign(found, encoder).items():
            counted[code, share >= MOSTLY] += count
    return tuple(
        f"{count} {'document is' if count == 1 else 'documents are'}{' partly' * (not whole)} in"
        f" {_name(code)}; the encoder was made for {_made_for(encoder)}: {'its' if count == 1 else 'their'} passages"
        " may be missed"
        for (code, whole), count in counted.most_common()
    )


def warning(question: str, encoder: str) -> str:
    """What a reader should know of a question in a language that the encoder was not made for; "" for nothing."""
    known, asked = LANGUAGES.get(encoder), language(question)
    if not known or not asked or asked in known:
        return ""
    return (
        f"the question seems to be in {_name(asked)}; the encoder was made for {_made_for(encoder)}: expect worse hits"
    )


def _made_for(encoder: str) -> str:
    return " and ".join(_name(code) for code in sorted(LANGUAGES.get(encoder, ())))


def _name(code: str) -> str:
    return NAMES.get(code, code)


def as_json(found: Mapping[str, float]) -> str:
    """The shares as a store keeps them."""
    return json.dumps(dict(found))


def from_json(stored: str) -> dict[str, float]:
    """The shares of `as_json`; {} for "", which stands for a document that nobody looked at."""
    return dict(json.loads(stored)) if stored else {}


def _pieces(text: str) -> list[str]:
    """The text in windows; of a long one, as many as are looked at, from its beginning to its end."""
    starts = range(0, max(1, len(text)), WINDOW)
    if len(starts) > WINDOWS:
        step = (len(text) - WINDOW) / (WINDOWS - 1)
        return [text[(at := int(i * step)) : at + WINDOW] for i in range(WINDOWS)]
    return [text[start : start + WINDOW] for start in starts]


def _is_prose(piece: str, letters: int) -> bool:
    """Whether a piece with so many letters is running text, not the code or tables that are taken for Catalan."""
    return letters >= LEAST_LETTERS and (not piece.isascii() or letters >= PROSE * len("".join(piece.split())))


def _is_english(words: list[str]) -> bool:
    return bool(words) and sum(word in STOPWORDS for word in words) >= ENGLISH * len(words)


def _detected(text: str) -> str:
    """The language that is certain, "" for none."""
    detector = _factory().create()
    detector.append(text)
    try:
        best = detector.get_probabilities()[0]
    except (LangDetectException, IndexError):
        return ""
    return "" if best.prob < CONFIDENT else str(best.lang).partition("-")[0]


@cache
def _factory() -> DetectorFactory:
    """One with a seed of its own: the same text gives the same language, whatever else is detected."""
    made = DetectorFactory()
    made.load_profile(PROFILES_DIRECTORY)
    made.set_seed(0)
    return made
