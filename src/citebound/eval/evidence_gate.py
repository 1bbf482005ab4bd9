"""The evidence gate against forgeries: mutated sentences, true restatements, and sentences as they stand.

    python -m citebound.eval.evidence_gate [--use mend|report] [--show] [--seed N] [--record]

794 sentences of contracts and security reports, drawn at random (eval/suites/gate_sentences.jsonl: places and hashes,
and restatements by writers who saw the sentences only). Each is put to the gate with the passage it stands in and two
others of its document; its mutations (`mutations`, by a writer who never saw the gate) must be refused, the sentence
and its restatements must not. The gate was mended on the documents marked "mend"; figures are of the others, with
another seed. A sentence that is trimmed counts as refused, except a mutation whose change is still shown.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tarfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from citebound.answer.bind import bind
from citebound.errors import CiteboundError, ConfigError
from citebound.eval.figures import Figure, record, share
from citebound.eval.mutations import mutations
from citebound.eval.spec import data_folder
from citebound.ingest.chunker import section_path
from citebound.ingest.limits import Limits
from citebound.ingest.parse import parse
from citebound.ingest.sentences import sentence_spans
from citebound.types import Document, Passage, Source, Span, Verdict

SUITE = Path("eval/suites/gate_sentences.jsonl")
COMMAND = "python -m citebound.eval.evidence_gate --record"
AROUND = 600
"""Characters of the document on either side of a sentence that its passage has."""
OTHERS = 2
SEEDS = {"mend": 1, "report": 20261123}


@dataclass(frozen=True, slots=True)
class Case:
    """A sentence, the passages that were found for it, and what writers made of it."""

    id: str
    text: str
    passages: tuple[Passage, ...]
    names: tuple[str, ...]
    document: str
    paraphrases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """What the gate did with a text: `kind` is "verbatim", "paraphrase" or that of the mutation."""

    kind: str
    text: str
    truth: str
    refused: bool
    reason: str


def rows(use: str, suite: Path = SUITE) -> list[dict[str, Any]]:
    """The sentences of one half, by document. Raises OSError."""
    return [row for row in map(json.loads, suite.read_text("utf-8").splitlines()) if row["use"] == use]


def cases(data: Path, chosen: Sequence[Mapping[str, Any]]) -> Iterator[Case]:
    """Each sentence with its passages. Raises ConfigError for a document whose text is not the one drawn from."""
    by_document: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in chosen:
        by_document[row["document"]].append(row)
    contracts = _contracts(data)
    for name, there in by_document.items():
        content = contracts[name] if name in contracts else (data / name).read_bytes()
        document = parse(Path(name).name, content, Limits()).document
        for row in there:
            if document.info.text_sha256 != row["text_sha256"]:
                raise ConfigError(f"{name}: its text is not the one that {SUITE} was drawn from")
            span = Span(int(row["start"]), int(row["end"]))
            parties = tuple(dict.fromkeys(fact.value for fact in document.facts if fact.name == "party"))
            text = " ".join(span.of(document.text).split())
            yield Case(row["id"], text, _passages(document, span, name), parties, name, tuple(row["paraphrases"]))


def judged(case: Case, others: Sequence[str], seed: int) -> Iterator[Judged]:
    """What the gate does with the sentence, its restatement and its mutations."""
    yield _judge("verbatim", case.text, case, "")
    for paraphrase in case.paraphrases:
        yield _judge("paraphrase", paraphrase, case, "")
    rng = random.Random(f"{seed} {case.id}")
    for mutation in mutations(case.text, rng, names=case.names, others=others):
        if " ".join(mutation.text.split()) not in " ".join(p.text for p in case.passages):
            yield _judge(mutation.kind, mutation.text, case, mutation.changed)


def _judge(kind: str, text: str, case: Case, changed: str) -> Judged:
    made = bind(text, case.passages)
    refused = not made or any(b.verdict is Verdict.REMOVED for b in made)
    if not refused and any(b.verdict is Verdict.TRIMMED for b in made):
        left = " ".join(b.text.rstrip(".") for b in made)
        refused = not changed or left in case.text
    return Judged(kind, text, f"{case.text} [{changed}]", refused, next((b.reason for b in made if b.reason), ""))


def _passages(document: Document, span: Span, name: str) -> tuple[Passage, ...]:
    """The passage around a sentence, and others of its document, in whole sentences, each with its heading path."""
    rng = random.Random(f"{name} {span.start}")
    starts = [span.start - AROUND, *(rng.randrange(max(1, len(document.text))) for _ in range(OTHERS))]
    ends = [span.end + AROUND, *(start + 2 * AROUND for start in starts[1:])]
    source = Source(name, document.info.id)
    made: list[Passage] = []
    for start, end in zip(starts, ends, strict=True):
        wide = Span(max(0, start), min(len(document.text), end))
        inside = sentence_spans(document.text, wide)
        whole = Span(inside[0].start, inside[-1].end) if inside else wide
        context = " > ".join([document.title, *section_path(document, _innermost(document, whole if made else span))])
        made.append(Passage(document.info, source, whole, whole.of(document.text), context, (), ()))
    return tuple(made)


def _innermost(document: Document, span: Span) -> int | None:
    """The deepest section in which a place begins."""
    around = [i for i, s in enumerate(document.sections) if s.span.start <= span.start < s.span.end]
    return max(around, key=lambda i: document.sections[i].span.start, default=None)


def _contracts(data: Path) -> dict[str, bytes]:
    archive = data / "cuad" / "full_contract_txt.tar.gz"
    if not archive.exists():
        raise ConfigError(f"no contracts in {archive}", remedy="Set CITEBOUND_DATA to the data folder.")
    found = {}
    with tarfile.open(archive) as opened:
        for member in opened:
            content = opened.extractfile(member) if member.isfile() else None
            if content:
                found[f"cuad/{Path(member.name).name}"] = content.read()
    return found


def figures(all_judged: Sequence[Judged], ending: str = "") -> list[Figure]:
    """Shares refused: of all mutations, of each kind, of restatements, of sentences as they stand."""
    refused, total = Counter(j.kind for j in all_judged if j.refused), Counter(j.kind for j in all_judged)
    kinds = sorted(total.keys() - {"verbatim", "paraphrase"})
    return [
        share(f"gate.mutations_refused{ending}", sum(refused[k] for k in kinds), sum(total[k] for k in kinds)),
        *(share(f"gate.mutations_refused{ending}.{k}", refused[k], total[k]) for k in kinds),
        share(f"gate.paraphrases_refused{ending}", refused["paraphrase"], total["paraphrase"]),
        share(f"gate.verbatim_refused{ending}", refused["verbatim"], total["verbatim"]),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--use", choices=["mend", "report"], default="report", help="which half of the documents")
    parser.add_argument("--seed", type=int, help="of the mutations")
    parser.add_argument(
        "--show", action="store_true", help="print what was judged wrongly; only of the half for mending"
    )
    parser.add_argument("--record", action="store_true", help="write the figures of both halves")
    given = parser.parse_args()
    console = Console(highlight=False, soft_wrap=True)
    found: list[Figure] = []
    for use in ["report", "mend"] if given.record else [given.use]:
        try:
            there = list(cases(data_folder(), rows(use)))
        except CiteboundError as error:
            console.print(str(error), style="red")
            return error.exit_code
        seed = given.seed if given.seed is not None else SEEDS[use]
        made: list[Judged] = []
        for case in track(there, use, transient=True, disable=not sys.stderr.isatty()):
            others = [other.text for other in there if other.document != case.document]
            made += judged(case, others, seed)
        found += (taken := figures(made, "" if use == "report" else ".mend"))
        for figure in taken:
            console.print(f"{figure.name:<48} {figure.value:.3f}  ({figure.numerator:.0f} of {figure.denominator:.0f})")
        if given.show and use == "mend":
            for one in made:
                if one.refused == (one.kind in ("verbatim", "paraphrase")):
                    console.print(f"{one.kind}: {one.text}\n    {one.truth}\n    {one.reason}", markup=False)
    if given.record:
        record(found, COMMAND)
    return 0


if __name__ == "__main__":
    sys.exit(main())
