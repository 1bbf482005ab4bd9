"""Questions about the set whose condition no field knows: every document is searched for it by itself.

Such a question never goes to a top-k, where a document that has what is asked may be crowded out by one that has it
five times. `sought` finds out that it asks about the set, and for what; `search_each` looks into each document, by one
product of all their vectors with the question's and one search by words, with the weights that the search of the
collection gives inside of named documents.
Nothing is claimed: every document is undecided, the one with the best passage first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from citebound.answer.sets.answer import Proof, SetAnswer, Statement, Undecided, short
from citebound.answer.sets.asked import DEFINITE, HAVING, Asked, cut, plural
from citebound.answer.sets.by_fields import answer_set
from citebound.answer.sets.labels import ACT, Labels
from citebound.answer.sets.plan import LONGEST, plain, plan
from citebound.answer.sets.question import Quantifier, SetQuestion, Type, Unit
from citebound.answer.sets.restatement import JOINT, WORDS, said_again
from citebound.answer.words import content
from citebound.indexes.fusion import Scores, lend, of_cosines, of_words
from citebound.indexes.lexical import match_expression
from citebound.indexes.search import INSIDE
from citebound.indexes.store import Store
from citebound.indexes.synonyms import printed
from citebound.ingest.profile import Profile
from citebound.ingest.sentences import sentence_spans
from citebound.protocols import Embedder, Vectors
from citebound.types import And, Chunk, Filter, Outcome, Span

SHOWN = 100
"""Documents whose nearest passage is shown; the others are named."""
LEAST = 2
"""Documents in scope: a question over a single one is not about a set."""
LONGEST_QUOTE = 600
AT_ONCE = 20_000
"""Chunks whose vectors are held at once."""

OURS = r"(?:we|you|they|i|us|our|ours|there|one|both|either|neither|any|also|still|already|all|not|it)"
IDENTIFIED = re.compile(r"\b[A-Z]{2,}-\d")
"""A question without a frame of one about the set that names a thing by its number is about that thing."""

INSIDE_ONE = re.compile(
    r"^(?:(?:must|shall|should|may|might|will|need|needs|can|could)\b(?!,)(?: (?:also|each|then|not))? (?:be|the|an?)\b"
    r"|(?:do|does|did|must|shall|should|will) (?!" + OURS + r"\b)\w)",
    re.I,
)
""" "Which reports must be delivered", "which contracts does the agent sign" ask what a document says of others. After
"in which" the same words are about the documents."""
FREE = re.compile(r"^(?:documents|files|papers)\b", re.I)
SPEAKS = re.compile(
    r"\b(?:mention|contain|include|say|state|provide|discuss|refer|describe|address|cover|have|has|talk|speak|deal with"
    r"|concern|are about|give|let|allow|define|require|set out|specify|name|list)\w{0,4}\b",
    re.I,
)
""" "Which documents ..." is about the set where documents are said to say something."""
ONES = re.compile(
    r"^(?:(?:so|and|in|of|for|under) ){0,2}(?:which|how many|any|do any|are any|is there|list|show me)(?: of)?"
    r" (?:ones?|these|those|them)\b(?! (?:two|parties))"
    r"|^(?:any|every|some)thing (?:(?:in there|in here|in the pile|here|we have|we (?:have )?signed) )?(?:that|where"
    r"|with)\b",
    re.I,
)
LED = re.compile(r"^(?:\w+ ){0,3}?(?:in|of|for|under|on|with|to|across|among) (?:which|what|how many)\b", re.I)
REST = re.compile(
    r"^(?:(?:that|which|who|where|whose|in which|under which|there (?:is|are)|do|does|did|have|has|had|are|is|were|was"
    r"|we have"
    r"|actually|also|still|already|ever|[,:;-])(?: |$))+",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Sought:
    """`question` asks for the documents that are meant, without a condition; `text` is what they are searched for.
    `of_findings`: findings were asked for, and these are the documents that they are in. `parts` are
    the question with a condition that is known, and what is left of the text then. `titled` are words before the
    noun, which may be of titles ("pledge agreements"), and `rest` is what is asked of such."""

    question: SetQuestion
    text: str
    quantifier: Quantifier = Quantifier.LIST
    of_findings: bool = False
    parts: tuple[tuple[SetQuestion, str], ...] = ()
    titled: tuple[str, ...] = ()
    rest: str = ""


@dataclass(frozen=True)
class EachAnswer:
    """Every document that was asked about, the one with the best passage first. `proofs` of each is its nearest
    passage; it has none where nothing could be searched."""

    sought: Sought
    undecided: tuple[Undecided, ...]
    chunks: int

    outcome = Outcome.PARTIAL

    @property
    def asked(self) -> int:
        return len(self.undecided)

    @property
    def documents(self) -> int:
        return len(self.undecided)

    @property
    def reason(self) -> str:
        return f"each of {self.documents} documents was searched by itself; nothing is decided of any"

    def sentences(self) -> tuple[Statement, ...]:
        """The answer in words: of how many, that none is decided, and each with its nearest passage."""
        told = [
            Statement(
                f"Not decided for any of {self.asked} {self.sought.question.noun}: “{self.sought.text}” is not a"
                f" field that"
                " is read off documents, so none is called a member. Each was searched for it by itself;"
                " the nearest passage of each, best first:"
            )
        ]
        told += [_told(one) for one in self.undecided[:SHOWN]]
        if rest := self.undecided[SHOWN:]:
            told.append(
                Statement(f"And {len(rest)} more, whose passages are farther: {'; '.join(u.label for u in rest)}.")
            )
        return tuple(told)


def sought(question: str, kinds: Sequence[Profile], known: Mapping[str, Sequence[str]]) -> Sought | None:
    """What is asked of the set where `plan` and `restated` do not know the condition; None for any other question."""
    text = plain(question)
    if not 5 <= len(text) <= LONGEST or DEFINITE.search(ACT.sub("", text.rstrip("?.! "))):
        return None
    asked = cut(text)
    if asked is None and IDENTIFIED.search(question):
        return None
    if asked is None:
        text = said_again(text, kinds, known)
        asked = cut(text)
    if asked is None:
        return None
    if not asked.subject:
        return _of_all(question, asked.predicate, text, kinds)
    if not LED.match(text) and INSIDE_ONE.match(asked.predicate):
        return None
    return _of_noun(question, asked, kinds, known)


def _of_all(question: str, predicate: str, text: str, kinds: Sequence[Profile]) -> Sought | None:
    """ "Which of these ...", "how many ones ...": whatever is there."""
    if not ONES.match(text) or not _says_something(predicate):
        return None
    every = plan("List all documents", kinds)
    return None if every is None else Sought(replace(every, text=question), _searched(predicate))


def _of_noun(
    question: str, asked: Asked, kinds: Sequence[Profile], known: Mapping[str, Sequence[str]]
) -> Sought | None:
    """The documents that the noun names, with as many of the words before it as are understood; findings are looked for
    in their reports."""
    subject = plural(asked.subject).split()
    for i in range(len(subject)):
        noun = " ".join(subject[i:])
        base = plan(f"List all {noun}", kinds, known)
        if base is not None and base.condition is None and base.base is None:
            break
    else:
        return None
    left = [word for word in subject[:i] if word.lower() not in ("of", "our", "the", "these", "those", "all", "any")]
    predicate = " ".join([*left, asked.predicate]).strip()
    if not _says_something(predicate) or (FREE.match(noun) and not SPEAKS.search(predicate)):
        return None
    if base.unit is Unit.VALUE and base.field not in ("cve", "cwe"):
        return None
    of_findings = base.unit is not Unit.DOCUMENT
    if of_findings:
        base = replace(base, unit=Unit.DOCUMENT, noun=f"documents with {base.noun}", field="")
    made = Sought(replace(base, text=question), _searched(predicate), asked.quantifier, of_findings)
    if of_findings:
        return made
    parts = tuple(_parts(made, noun, left, asked.predicate, kinds, known))
    if not left and f"{asked.predicate} {asked.subject}" in question:  # "how many pledge agreements do we have"
        return replace(made, parts=parts, titled=tuple(asked.predicate.split()))
    return replace(made, parts=parts, titled=tuple(left), rest=_searched(asked.predicate))


def _parts(
    whole: Sought,
    noun: str,
    left: Sequence[str],
    predicate: str,
    kinds: Sequence[Profile],
    known: Mapping[str, Sequence[str]],
) -> Iterator[tuple[SetQuestion, str]]:
    """The ways to tell what is known from the rest: the words before the noun, the first words behind it, or one of two
    conditions that "and" joins. The longest known beginning comes first."""
    before = " ".join([*left, noun])
    words = predicate.split()[:WORDS]
    told = [(" ".join(words[:i]), " ".join(words[i:])) for i in range(len(words) - 1, 0, -1)]
    for joint in JOINT.finditer(predicate):
        told.append((predicate[joint.end() :], predicate[: joint.start()]))
    for said, rest in [*told, ("", predicate)]:
        if not _says_something(rest) or not (said or left):
            continue
        base = plan(f"Which {before} {said}?" if said else f"List all {before}", kinds, known)
        if base is not None and base.unit is Unit.DOCUMENT and (base.condition or base.scope != whole.question.scope):
            yield replace(base, text=whole.question.text), _searched(re.sub(r"^(?:and|but) ", "", rest))


def _says_something(predicate: str) -> bool:
    return bool(content(REST.sub("", predicate)))


def _searched(predicate: str) -> str:
    return REST.sub("", predicate).strip(" ?.,:;-") or predicate


def look_into(
    store: Store, embedder: Embedder, asked: Sought, tree: Filter | None = None
) -> SetAnswer | EachAnswer | None:
    """What the documents say under labels of their own, with the nearest passages of those that do not; else all of
    them searched, as by `search_each`."""
    read = read_off(store, asked, tree)
    if read is not None and not read.undecided:
        return read
    each = search_each(store, embedder, asked, tree)
    if read is None or each is None:
        return each if read is None else read
    left = {one.document.id: one for one in read.undecided}
    nearest = [
        replace(one, why=left[one.document.id].why, proofs=left[one.document.id].proofs or one.proofs)
        for one in each.undecided
        if one.document.id in left
    ]
    nearest.sort(key=lambda one: not left[one.document.id].proofs)
    return replace(read, undecided=tuple(nearest), chunks=each.chunks)


def read_off(store: Store, asked: Sought, tree: Filter | None = None) -> SetAnswer | None:
    """What the documents say under labels of their own; None where nothing is read off these. Reads the text of all
    documents."""
    if asked.of_findings:
        return None
    labels = Labels(store, answer_set(store, asked.question, tree))
    read = labels.read(asked.text, asked.quantifier)
    for question, text in asked.parts:
        read = read or labels.read(text, asked.quantifier, answer_set(store, question, tree))
    if read is not None or not asked.titled:
        return read
    kind = Type((tuple(content(" ".join(asked.titled))),), f"called {' '.join(asked.titled)}")
    question = replace(asked.question, condition=kind, quantifier=asked.quantifier)
    called = answer_set(store, replace(question, restated=f"which {question.noun}: {kind.said}"), tree)
    if not called.members or not asked.rest or HAVING.fullmatch(asked.rest):
        return called if called.members else None
    return labels.read(asked.rest, asked.quantifier, called)


def search_each(store: Store, embedder: Embedder, asked: Sought, tree: Filter | None = None) -> EachAnswer | None:
    """Each document in scope with its passage that is nearest to what is sought; None where there are fewer than two
    documents. Reads all vectors of the documents once, and calls the encoder once."""
    documents = {m.document.id: m for m in answer_set(store, asked.question, tree).members}
    if len(documents) < LEAST:
        return None
    within = tree if tree is not None else And(())
    layout = [row for row in store.layout(within) if row[1] in documents]
    scores = _scores(store, embedder, asked.text, layout, within)
    best: dict[str, tuple[float, int]] = {}
    for (id_, document, _), score in zip(layout, scores, strict=True):
        if document not in best or score > best[document][0]:
            best[document] = float(score), id_
    order = sorted(documents, key=lambda d: (-best[d][0] if d in best else np.inf, documents[d].label, d))
    chunks = store.chunks([best[d][1] for d in order if d in best][:SHOWN], tree)
    wanted = frozenset(content(f"{asked.text} {printed(asked.text)}"))
    made = []
    for d in order:
        member = documents[d]
        found = chunks.get(best[d][1]) if d in best else None
        proofs = (_passage(found[0], wanted),) if found else ()
        why = "not decided" if d in best else "nothing of it could be searched"
        made.append(Undecided(member.label, member.document, None, why, proofs))
    return EachAnswer(asked, tuple(made), len(layout))


def _scores(
    store: Store, embedder: Embedder, text: str, layout: Sequence[tuple[int, str, int]], tree: Filter
) -> Scores:
    """Of every chunk, in standard deviations; what documents print for the question is one text here."""
    ids = [row[0] for row in layout]
    if not ids:
        return np.zeros(0)
    synonyms = printed(text)
    texts = [text, *([synonyms] if synonyms else [])]
    stages = [f"{stage}{suffix}" for stage in ("dense", "lexical") for suffix in ("", " synonyms")[: len(texts)]]
    with_vector, cosines = _cosines(store, ids, embedder.embed(texts))
    total = np.zeros(len(ids))
    for column, stage in enumerate(stages[: len(texts)]):
        found = list(zip(with_vector, cosines[:, column].tolist(), strict=True))
        total += of_cosines(stage, INSIDE[stage], found, cosines[:, column]).standard(ids)
    inside, depth = set(ids), store.searched(tree)[1]
    for said, stage in zip(texts, stages[len(texts) :], strict=True):
        expression = match_expression(said)
        hits = store.lexical(expression, depth, tree) if expression else []
        total += of_words(stage, INSIDE[stage], [h for h in hits if h[0] in inside], len(ids)).standard(ids)
    return lend(total, [row[1] for row in layout], [row[2] for row in layout])


def _cosines(store: Store, ids: Sequence[int], queries: Vectors) -> tuple[list[int], Vectors]:
    """Ids of the chunks that have a vector, and their cosines with each query. Vectors are held a part at a time."""
    there: list[int] = []
    cosines = [np.zeros((0, len(queries)), dtype=np.float32)]
    for start in range(0, len(ids), AT_ONCE):
        some, vectors = store.vectors_of(ids[start : start + AT_ONCE])
        if len(vectors):
            there += some.tolist()
            cosines.append(vectors @ queries.T)
    return there, np.concatenate(cosines)


def _passage(chunk: Chunk, wanted: Iterable[str]) -> Proof:
    """The sentence of a chunk that has most of the words, or its beginning."""
    spans = sentence_spans(chunk.text)
    stems = frozenset(wanted)
    best = max(spans, key=lambda s: (len(stems & set(content(chunk.text[s.start : s.end]))), -s.start), default=None)
    if best is None:
        best = Span(0, len(chunk.text))
    end = min(best.end, best.start + LONGEST_QUOTE)
    span = Span(chunk.span.start + best.start, chunk.span.start + end)
    return Proof(chunk.document_id, "passage", "", span, chunk.text[best.start : end])


def _told(one: Undecided) -> Statement:
    if not one.proofs:
        return Statement(f"{one.label}: {one.why}.", (), one.document)
    return Statement(f"{one.label}: “{short(one.proofs[0].quote)}”", one.proofs, one.document)
