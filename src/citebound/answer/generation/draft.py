"""What a model writes, read while it comes: without its thinking, and stopped once more of it would be of no use.

Models think aloud in tags, repeat themselves for ever, copy their prompt, write Markdown or what no terminal should be
sent. `Draft` yields what may be shown while it is unverified; `sentences` is what goes to the gate.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Iterator

from citebound.answer.bind import MOST
from citebound.answer.generation.inert import visible
from citebound.ingest.sentences import sentence_spans

PER_TOKEN = 20
"""Characters of a draft for each token that may be written; a server that sends more does not heed the limit."""
UNIT = 200
"""Characters of the longest stretch whose immediate repetition is noticed."""
REPEATED = 48
"""Characters that repetitions of one stretch must fill, at least three of them."""
WORDS = 4
"""Words from which on a sentence that was said before is a repetition."""

_THOUGHT = re.compile(r"<(think|thinking|reasoning|thought)>.*?(?:</\1>|\Z)", re.S | re.I)
_THOUGHT_BEFORE = re.compile(r"\A.*</(?:think|thinking|reasoning|thought)>", re.S | re.I)
_BEGUN = re.compile(r"<[/a-z]{0,11}\Z", re.I)
_TOKENS = re.compile(r"<[|｜][^<>|｜]{0,40}[|｜]>|</?s>|<(?:start|end)_of_turn>|\[/?INST\]|<</?SYS>>")
_LEFT_OUT = re.compile(r"\s?\[\s?(?:\.{3}|…)\s?\]")
_LABEL = re.compile(r"\A\s*(?:(?:final )?answer|assistant|response)\s*:\s*", re.I)
_RULE = re.compile(r"^[\s|:+=_*-]*$")
_HEADING = re.compile(r"^\s*#{1,6}\s")
_ITEM = re.compile(r"^\s*(?:>|[-*•+]|\d{1,2}[.)])\s+(?=\S)")
_EMPHASIS = re.compile(r"\*\*|`{1,3}|(?<!\w)\*(?=\S)|(?<=\S)\*(?!\w)")
_LINK = re.compile(r"!?\[([^\[\]]{0,200})\]\([^()\s]{0,500}\)")
_ENDED = re.compile(r"(?:[.!?][\"'”’)\]]*|\[\d[\d,\s]{0,12}\]\s*\.?)\s*$")
_MARKER = re.compile(r"\s?\[[\d,\s]{1,12}\]")
_ENDS = re.compile(r"[.!?\n\]]")


class Draft:
    """A model's reply while it is read. `text` is what it said, without its thinking; `stopped` says why it was cut
    short, "" if it was not; `thought` whether it thought aloud."""

    def __init__(self, fence: str = "", tokens: int = 4096, bound: Callable[[str], int] | None = None) -> None:
        self.text = ""
        self.stopped = ""
        self._raw = ""
        self._fence = fence
        self._most = tokens * PER_TOKEN
        self._bound = bound
        self._said: list[str] = []
        self._held = 0

    def read(self, pieces: Iterable[str]) -> Iterator[str]:
        """The pieces as they may be shown. Leaves the reply where it repeats itself, copies its prompt, or has as many
        sentences that `bound` counts as an answer shows."""
        try:
            for piece in pieces:
                before = self.text
                self._raw += visible(piece, "\n\t")
                self.text = _spoken(self._raw)
                self._stop(ended=_ENDS.search(piece) is not None)
                if self.text.startswith(before) and len(self.text) > len(before):
                    yield self.text[len(before) :]
                if self.stopped:
                    return
            self.text = _unthought(self._raw)
        finally:
            if isinstance(pieces, Generator):
                pieces.close()

    @property
    def thought(self) -> bool:
        return bool(_THOUGHT.search(self._raw))

    def sentences(self, *, broken: bool = False) -> str:
        """What goes to the gate: no Markdown, no tokens of a chat, no sentence that was cut off, none twice.

        A last sentence without an end was cut off; one that stands alone only if the reply is `broken`.
        """
        plain = _plain(self.text.partition(f"<{self._fence}")[0] if self._fence else self.text)
        said = [span.of(plain) for span in sentence_spans(plain)]
        if said and (broken or len(said) > 1) and not _ENDED.search(said[-1]):
            said.pop()
        first: dict[str, str] = {}
        for sentence in said:
            first.setdefault(_key(sentence), sentence)
        return "\n\n".join(first.values())

    def _stop(self, *, ended: bool) -> None:
        """`ended`: whether a sentence may have ended with the last piece."""
        if self._fence and self._fence in self.text:
            self.stopped = "it copied its prompt"
        elif unit := repeated(self.text):
            self.stopped = "it repeated itself"
            self.text = _once(self.text, unit)
        elif len(self._raw) > self._most:
            self.stopped = "it did not end"
            self._raw, self.text = self._raw[: self._most], self.text[: self._most]
        elif ended:
            complete = _complete(self.text)
            new = complete[len(self._said) :]
            keys = [_key(sentence) for sentence in new]
            if any(len(key.split()) >= WORDS and key in [*self._said, *keys[:n]] for n, key in enumerate(keys)):
                self.stopped = "it repeated itself"
            self._said += keys
            self._held += sum(map(self._bound, new)) if self._bound else 0
            if self._held >= MOST and not self.stopped:
                self.stopped = "it has all that is shown"


def repeated(text: str) -> int:
    """The length of the stretch that the text ends with three times or more in a row; 0 for none."""
    for length in range(1, min(UNIT, len(text) // 3) + 1):
        times = max(3, -(-REPEATED // length))
        if text.endswith(text[-length:] * times):
            return length
    return 0


def _once(text: str, unit: int) -> str:
    """The text without all but the first of the repetitions that it ends with."""
    end = len(text)
    while end >= 2 * unit and text[end - 2 * unit : end - unit] == text[end - unit : end]:
        end -= unit
    return text[:end]


def _spoken(raw: str) -> str:
    """What was said so far; what may be the beginning of a tag waits."""
    said = _unthought(raw)
    waiting = _BEGUN.search(said)
    return said[: waiting.start()] if waiting else said


def _unthought(raw: str) -> str:
    return _THOUGHT_BEFORE.sub("", _THOUGHT.sub("", raw)).lstrip()


def _complete(text: str) -> list[str]:
    """The sentences that have ended."""
    said = [span.of(text) for span in sentence_spans(text)]
    return said if not said or _ENDED.search(text) else said[:-1]


def _plain(text: str) -> str:
    """The draft as prose: each item of a list and each row of a table a paragraph; headings claim nothing, and go."""
    text = _LABEL.sub("", _LEFT_OUT.sub("", _TOKENS.sub("", text)))
    text = _EMPHASIS.sub("", _LINK.sub(_linked, text))
    return "\n".join(filter(None, (_line(line) for line in text.split("\n"))))


def _linked(link: re.Match[str]) -> str:
    return f"[{link[1]}]" if link[1].strip().isdecimal() else link[1]


def _line(line: str) -> str:
    if _RULE.fullmatch(line):
        return "\n" if not line.strip() else ""
    if _HEADING.match(line):
        return "\n"
    item = _ITEM.match(line)
    cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
    if line.strip().startswith("|") and len(cells) > 1:
        row = ": ".join(filter(None, cells))
        return f"\n{row}{'' if _ENDED.search(row) else '.'}\n"
    return "\n" + line[item.end() :] + "\n" if item else line


def _key(sentence: str) -> str:
    """A sentence as repetitions of it are known: without markers, case and numbers of a list."""
    return " ".join(re.findall(r"\w+", _MARKER.sub("", _ITEM.sub("", sentence)).lower()))
