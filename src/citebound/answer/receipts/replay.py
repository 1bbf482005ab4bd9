"""A receipt asked again: the same question with the same stages, the stored drafts in the place of the model; and what
is not as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest

from citebound.answer.ask import Done, Event
from citebound.answer.generation.dictation import Repeated
from citebound.answer.receipts.receipts import Asked, Decision, Looked, Means, Said, StoredReceipt, looked, said_of
from citebound.errors import ForgottenReceipt
from citebound.types import Answer, Receipt

TOLERANCE = 2e-5
"""Scores are rounded to 5 decimals: what the index and the store compute differs behind that."""

LONGEST = 200
"""Characters of a sentence that a change shows."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as it was. `chunk` and `document_id` say of what, where it is about one place."""

    what: str
    was: str
    now: str
    chunk: str = ""
    document_id: str = ""


@dataclass(frozen=True, slots=True)
class Replay:
    """What asking again showed; no `changes`: all is as it was."""

    receipt: str
    made_at: str
    question: str
    changes: tuple[Change, ...]

    @property
    def same(self) -> bool:
        return not self.changes


def question_of(kept: StoredReceipt) -> Asked:
    """How it was asked. Raises ForgottenReceipt."""
    if kept.asked is None:
        raise ForgottenReceipt(
            f"receipt {kept.id[:12]} cannot be repeated: its question was forgotten with a document",
            remedy="`citebound receipts show` has what is left of it.",
        )
    return kept.asked


def replay(kept: StoredReceipt, answer: Callable[[Repeated], Iterator[Event]], means: Means, generator: str) -> Replay:
    """Ask again and compare. `answer` gives the events, with the generator that it may use; `means` and `generator` are
    those of an answer that would be made now. Raises ForgottenReceipt, and what `answer` raises."""
    asked = question_of(kept)
    repeated = Repeated(kept.header.receipt.generator, kept.said.calls if kept.said else ())
    again = next(event.answer for event in answer(repeated) if isinstance(event, Done))
    changes = [
        *_of_means(kept.header.receipt, kept.header.means, means, generator),
        *_of_counts(kept.header.receipt, again.receipt),
        *_of_hits(kept.hits, [looked(hit) for hit in again.hits]),
        *_of_saying(kept.said, again, repeated.prompts),
    ]
    if kept.header.outcome != again.outcome:
        changes.append(Change("outcome", kept.header.outcome, again.outcome))
    if kept.forgotten:
        documents = f"{len(kept.forgotten)} document{'s' * (len(kept.forgotten) > 1)}"
        changes.append(Change("forgotten", "", f"the hits of {documents} are not compared"))
    return Replay(kept.id, kept.made_at, asked.question, tuple(changes))


def _of_means(receipt: Receipt, was: Means, now: Means, generator: str) -> Iterator[Change]:
    if receipt.generator:
        then = " ".join(filter(None, (receipt.generator, was.weights_sha256[:12], was.host)))
        today = " ".join(filter(None, (generator, now.weights_sha256[:12], now.host)))
        if then != today:
            yield Change("model", then, today)
    skipped = ("weights_sha256", "host")
    for name, before in asdict(was).items():
        after = getattr(now, name)
        if name not in skipped and before != after:
            yield Change(name.replace("_", " "), str(before), str(after))


def _of_counts(was: Receipt, now: Receipt | None) -> Iterator[Change]:
    if now is None:
        return
    for name in ("generation", "searched_documents", "searched_chunks", "encoder", "prompt_version", "calibration"):
        before, after = getattr(was, name), getattr(now, name)
        if before != after:
            yield Change(name.replace("_", " "), str(before), str(after))
    for name in ("sufficiency", "confidence", "risk"):
        before, after = getattr(was, name), getattr(now, name)
        if before != after and (None in (before, after) or abs(before - after) > TOLERANCE):
            yield Change(name, _number(before), _number(after))


def _of_hits(was: Sequence[Looked], now: Sequence[Looked]) -> Iterator[Change]:
    before, after = {hit.chunk: hit for hit in was}, {hit.chunk: hit for hit in now}
    for hit in was:
        if hit.chunk not in after:
            yield Change("chunk gone", f"rank {hit.rank}", "", hit.chunk, hit.document_id)
    for hit in now:
        if hit.chunk not in before:
            yield Change("chunk new", "", f"rank {hit.rank}", hit.chunk, hit.document_id)
    orders = [[chunk for chunk in one if chunk in other] for one, other in ((before, after), (after, before))]
    moved = {chunk for one, other in zip(*orders, strict=True) if one != other for chunk in (one, other)}
    for chunk, old in before.items():
        new = after.get(chunk)
        if new is None:
            continue
        if chunk in moved:
            yield Change("order", f"rank {old.rank}", f"rank {new.rank}", chunk, old.document_id)
        if old.sha256 != new.sha256:
            yield Change("chunk text", old.sha256[:12], new.sha256[:12], chunk, old.document_id)
        if old.text_sha256 != new.text_sha256:
            yield Change("document text", old.text_sha256[:12], new.text_sha256[:12], chunk, old.document_id)
        if abs(old.score - new.score) > TOLERANCE:
            yield Change("score", _number(old.score), _number(new.score), chunk, old.document_id)


def _of_saying(was: Said | None, again: Answer, prompts: Sequence[str]) -> Iterator[Change]:
    if was is None:
        return
    now = said_of(again, ())
    for passage in was.passages:
        if passage not in now.passages:
            yield Change("evidence gone", _place(passage.span.start, passage.span.end), "", "", passage.document_id)
    for passage in now.passages:
        if passage not in was.passages:
            yield Change("evidence new", "", _place(passage.span.start, passage.span.end), "", passage.document_id)
    for call, prompt in zip_longest((call.prompt_sha256 for call in was.calls), prompts, fillvalue=""):
        if call != prompt:
            yield Change("prompt", call[:12] or "none", prompt[:12] or "none")
    for one, other in zip_longest(was.conflicts, now.conflicts):
        if one != other:
            yield Change("conflict", one.text if one else "", other.text if other else "")
    for old, new in zip_longest(was.sentences, now.sentences):
        if old != new:
            yield Change("sentence", _shown(old), _shown(new))


def _shown(sentence: Decision | None) -> str:
    if sentence is None:
        return ""
    exhibits = ", ".join(f"{c.document_id[:10]} {_place(c.span.start, c.span.end)}" for c in sentence.citations)
    return f"{sentence.verdict}: {sentence.text[:LONGEST]}" + f" ({exhibits})" * bool(exhibits)


def _place(start: int, end: int) -> str:
    return f"characters {start}-{end}"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.5f}"
