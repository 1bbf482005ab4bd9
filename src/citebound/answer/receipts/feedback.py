"""From "this answer is wrong, this is the right place" to an item of a collection's own suite.

What a user quotes is looked for in the document as it is stored, whatever its white space and quotation marks, and kept
with its place. What does not stand there is refused, with the nearest place that does.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from rapidfuzz import fuzz

from citebound.answer.receipts.receipts import StoredReceipt
from citebound.errors import BadFeedback, ForgottenReceipt
from citebound.indexes.feedback import Feedback, Judgement, Placed
from citebound.indexes.store import Store
from citebound.ingest.sentences import sentence_spans
from citebound.types import Outcome, Span, Verdict

LONGEST = 4000
"""Characters of a quote, an answer or a comment."""
SHORTEST = 3
COLUMNS = ("question", "answer", "document", "quote", "cluster", "id", "confirmed")
SHOWN = 300
NOWHERE = frozenset({Outcome.NOT_FOUND, Outcome.ABSENT})
_ALIKE = str.maketrans({"“": '"', "”": '"', "„": '"', "’": "'", "‘": "'", "‐": "-", "‑": "-", "–": "-", "—": "-"})


def judged(
    store: Store,
    kept: StoredReceipt,
    verdict: Judgement | str,
    document: str = "",
    quote: str = "",
    answer: str = "",
    comment: str = "",
) -> Feedback:
    """What is to be stored of a judgement on the answer of a receipt.

    With a `quote` that is the right place, whatever the verdict; without, an answer that is right is proven by what it
    cites, and one that nothing was found for is right if the documents do not hold it. `document` is an id, the
    beginning of one, a path or a file name; without, the quote must stand in one document only, one that the answer
    cites before all others. Raises BadFeedback, ForgottenReceipt, UnknownDocument.
    """
    verdict = _verdict(verdict)
    for name, text in (("quote", quote), ("answer", answer), ("comment", comment)):
        if len(text) > LONGEST:
            raise BadFeedback(f"the {name} has {len(text)} characters", remedy=f"At most {LONGEST} are kept.")
    if kept.asked is None or kept.said is None:
        raise ForgottenReceipt(
            f"receipt {kept.id[:12]} takes no feedback: its question was forgotten",
            remedy="Ask again, and give the new receipt.",
        )
    item = Feedback(kept.id, verdict, kept.asked.question, _plain(answer), comment=comment.strip())
    if verdict is Judgement.NOT_THERE:
        if quote or document or answer:
            raise BadFeedback(
                "what is not in the documents has no place and no answer",
                remedy="Leave --document, --quote and --answer away, or say --right.",
            )
        return item
    if quote:
        shown = [s for s in kept.said.sentences if s.verdict is not Verdict.REMOVED]
        cited = [c.document_id for s in shown for c in s.citations]
        place = _place(store, quote, document, cited)
        return replace(item, answer=item.answer or _plain(place.quote), places=(place,))
    if document:
        raise BadFeedback("a document without a quote is no place", remedy="Add --quote with the text that answers.")
    if verdict is Judgement.WRONG:
        return item
    if kept.header.outcome in NOWHERE:
        return replace(item, verdict=Judgement.NOT_THERE, answer="")
    return _confirmed(store, kept, item)


def table(items: Iterable[Feedback]) -> str:
    """Items as the CSV that `citebound eval new`, `adapt` and `calibrate` read: a row for each, of several places the
    first. One that is not complete is not confirmed: whoever knows its answer fills it in."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for item in items:
        place = item.places[0] if item.places else None
        name = place.path.replace("\\", "/").rsplit("/", 1)[-1] if place else ""
        writer.writerow(
            {
                "question": item.question,
                "answer": "" if item.verdict is Judgement.NOT_THERE else item.answer,
                "document": name,
                "quote": place.quote if place else "",
                "cluster": name,
                "id": f"feedback-{item.receipt[:12]}",
                "confirmed": "yes" if item.complete else "",
            }
        )
    return text.getvalue()


def _verdict(given: Judgement | str) -> Judgement:
    try:
        return Judgement(given)
    except ValueError as error:
        raise BadFeedback(f"no judgement {str(given)[:40]!r}", remedy=f"One of {', '.join(Judgement)}.") from error


def _confirmed(store: Store, kept: StoredReceipt, item: Feedback) -> Feedback:
    """The item with what the answer cites as its proof."""
    assert kept.said is not None
    shown = [s for s in kept.said.sentences if s.verdict is not Verdict.REMOVED]
    places = []
    for citation in (c for s in shown for c in s.citations):
        if store.text(citation.document_id, citation.span) != citation.quote:
            raise BadFeedback(
                "what the answer cites is not in the collection as it was",
                remedy="Ask again, and judge the new answer.",
            )
        path = store.sources(citation.document_id)[0].path
        places.append(Placed(citation.document_id, path, citation.text_sha256, citation.span, citation.quote))
    if not places:
        raise BadFeedback("the answer cites nothing", remedy="Say where the right answer stands: --document, --quote.")
    said = item.answer or _plain(places[0].quote)
    return replace(item, answer=said, places=tuple(dict.fromkeys(places)))


def _place(store: Store, quote: str, document: str, cited: Sequence[str]) -> Placed:
    """The place of a quote. Raises BadFeedback if there is none, or more than one."""
    if len(re.findall(r"\w", quote)) < SHORTEST:
        raise BadFeedback(f"the quote {quote[:40]!r} is too short", remedy="Quote the sentence that answers.")
    if document:
        among = [[store.resolve(document)]]
    else:
        every = [info.id for info, *_ in store.listing()]
        among = [list(dict.fromkeys(id_ for id_ in cited if id_ in every)), every]
    for ids in among:
        found = [(id_, span) for id_ in ids for span in _stands(quote, _text(store, id_))]
        if len(found) > 1:
            raise BadFeedback(
                f"the quote stands {len(found)} times in {len({id_ for id_, _ in found})} documents",
                remedy="Copy more of it, or name the document.",
            )
        if found:
            id_, span = found[0]
            info, source = store.info(id_)[0], store.sources(id_)[0]
            return Placed(id_, source.path, info.text_sha256, span, store.text(id_, span))
    raise BadFeedback(
        f"the quote {_short(quote)!r} does not stand {'there' if document else 'in the documents'}",
        remedy=_nearest(store, quote, among[-1] if document else (among[0] or among[-1])),
    )


def _stands(quote: str, text: str) -> list[Span]:
    """Each place of a quote, whatever its white space and the form of its quotation marks, not inside of a word."""
    words = [re.escape(word) for word in quote.translate(_ALIKE).split()]
    pattern = r"(?<!\w)" * bool(re.match(r"\w", words[0])) + r"\s+".join(words)
    pattern += r"(?!\w)" * bool(re.search(r"\w$", words[-1]))
    return [Span(*match.span()) for match in re.finditer(pattern, text.translate(_ALIKE))]


def _nearest(store: Store, quote: str, ids: Sequence[str]) -> str:
    """What to do: the sentence of these documents that is most like the quote."""
    best = (0.0, "", "")
    for id_ in ids:
        text = _text(store, id_)
        for span in sentence_spans(text):
            alike = fuzz.partial_ratio(_plain(quote), _plain(span.of(text)))
            if alike > best[0]:
                best = (alike, _plain(span.of(text)), store.sources(id_)[0].name)
    if not best[1]:
        return "Copy the sentence from the document as it stands there."
    return f"The nearest place, in {best[2]}: “{_short(best[1])}”. Copy the sentence as it stands there."


def _text(store: Store, id_: str) -> str:
    return store.text(id_, Span(0, 2**30))


def _plain(text: str) -> str:
    return " ".join(text.split())


def _short(text: str) -> str:
    line = _plain(text)
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"
