"""What the model is told: fixed instructions, the hints of profiles, fenced passages, the question.

The instructions are text files of one screen, `prompts/<name>.txt` here, or a user's own in `<home>/prompts/`:

    version: 2
    what the system's message says
    {hints}
    ---
    what the user's message says, with {passages} and {question}
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from citebound.answer.generation.excerpts import Excerpt, whole
from citebound.answer.generation.inert import inert
from citebound.errors import ConfigError
from citebound.types import Passage

ANSWER, CHOOSE = "answer", "choose"
HOLDS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    ANSWER: (frozenset({"hints"}), frozenset({"passages", "question"})),
    CHOOSE: (frozenset(), frozenset({"sentences", "question"})),
}
"""What may stand in the system's message of each prompt, and what must stand in the user's, once each."""

LONGEST = 3000
"""Characters of a prompt file: what it says is read by the model before every answer."""
LINES = 60

_VERSION = re.compile(r"version: ?([\w.-]{1,32})")
_FENCE = re.compile(r"^<([0-9a-f]{8})>$", re.M)
_PLACE = re.compile(r"\{(\w{1,40})\}")


@dataclass(frozen=True, slots=True)
class Template:
    """A prompt file, read and checked."""

    name: str
    version: str
    system: str
    user: str
    sha256: str

    @property
    def mark(self) -> str:
        """For a receipt: "answer 2 sha256:<64 hex digits>"."""
        return f"{self.name} {self.version} sha256:{self.sha256}"

    def messages(self, values: Mapping[str, str]) -> list[dict[str, str]]:
        """The chat messages with the values in their places; what a value holds is not looked at again."""
        system, user = (_PLACE.sub(lambda m: values.get(m[1], ""), text) for text in (self.system, self.user))
        return [{"role": "system", "content": system.strip()}, {"role": "user", "content": user.strip()}]


def template(name: str, home: Path | None = None) -> Template:
    """The prompt `name` of the data root `home` if it has its own, else the shipped one.

    Raises ConfigError, which names the file and what is wrong in it.
    """
    own = home / "prompts" / f"{name}.txt" if home else None
    if own is None or not own.exists():
        return _parse(name, resources.files(__package__).joinpath(f"prompts/{name}.txt").read_text("utf-8"))
    try:
        return _parse(name, own.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise ConfigError(
            f"the prompt {own} cannot be used: {error}",
            remedy="Mend it, or remove it to use the shipped prompt, which shows how one looks.",
        ) from error


def prompt(
    question: str,
    given: Sequence[Passage],
    hints: str = "",
    *,
    shown: Sequence[Excerpt] | None = None,
    told: Template | None = None,
) -> list[dict[str, str]]:
    """Chat messages: the instructions and the hints for these kinds of documents, then numbered passages in fences
    nobody can guess, each with what supersedes it, then the question.

    `told` replaces the shipped instructions; `shown` says what of each passage stands in the prompt (all of it unless
    given); one of which nothing does keeps its number.
    """
    excerpts = whole(given) if shown is None else shown
    pieces = {n: (inert(e.text), inert(e.about)) for n, e in enumerate(excerpts, 1) if e.text}
    fence = unguessed([part for piece in pieces.values() for part in piece])
    numbered = "\n".join(
        f"<{fence}>\n[{n}] {text}\n(from {source})\n</{fence}>" for n, (text, source) in pieces.items()
    )
    values = {"hints": hints, "passages": numbered, "question": asked(question)}
    return (told or template(ANSWER)).messages(values)


def choice(question: str, sentences: Sequence[str], told: Template | None = None) -> list[dict[str, str]]:
    """Chat messages that ask for the number of the sentence that answers best, 0 for none; they are numbered from 1."""
    numbered = "\n".join(f"{n}: {inert(sentence)}" for n, sentence in enumerate(sentences, 1))
    return (told or template(CHOOSE)).messages({"sentences": numbered, "question": asked(question)})


def fence_of(messages: Sequence[Mapping[str, str]]) -> str:
    """The fence of a prompt's passages, "" if it has none."""
    found = _FENCE.search(messages[-1]["content"])
    return found[1] if found else ""


def asked(question: str) -> str:
    """The question for a prompt, in one line, without the tokens of chat templates."""
    return inert(question)


def unguessed(texts: Iterable[str], draw: Callable[[int], str] = secrets.token_hex) -> str:
    """Eight random hex digits that are in none of the texts."""
    held = "\n".join(texts)
    while (made := draw(4)) in held:
        pass
    return made


def _parse(name: str, text: str) -> Template:
    """Raises ValueError that says what is wrong."""
    if len(text) > LONGEST or text.count("\n") > LINES:
        raise ValueError(
            f"it has {len(text)} characters in {text.count(chr(10))} lines; {LONGEST} in {LINES} are the most"
        )
    first, _, rest = text.removeprefix("\ufeff").partition("\n")
    version = _VERSION.fullmatch(first.strip())
    if not version:
        raise ValueError("its first line must be like “version: 1”")
    system, line, user = rest.partition("\n---\n")
    if not line:
        raise ValueError("a line --- must part what the system's message says from what the user's says")
    for part, where, may, must in (
        (system, "above", HOLDS[name][0], frozenset[str]()),
        (user, "below", HOLDS[name][1], HOLDS[name][1]),
    ):
        found = _PLACE.findall(part)
        for place in found:
            if place not in may:
                raise ValueError(f"{{{place}}} may not stand {where} the line ---")
            if found.count(place) > 1:
                raise ValueError(f"{{{place}}} stands there twice")
        if lacking := sorted(must - set(found)):
            raise ValueError(f"{{{lacking[0]}}} is missing {where} the line ---")
    if not _PLACE.sub("", system).strip():
        raise ValueError("it says nothing above the line ---")
    return Template(name, version[1], system, user, hashlib.sha256(text.encode()).hexdigest())
