"""The benchmarks behind eval/results: ``python -m citebound.eval.bench NAME... [--record]``.

corpus   all files of security_reports and contract_files: statuses, pages per second, peak memory of the parent
docx     60 generated DOCX with tracked changes, footnotes, comments and text boxes
asked    200 questions made by templates over those files' headings: every chunk and citation verbatim
speed    ingest of 2,000 chunks over the bare encoder; a second ingest of unchanged files over the first

All but docx and speed read real files from CITEBOUND_DATA (default ../shared/data) and are skipped without them.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import track

from citebound import config as settings
from citebound.collection import Collection
from citebound.errors import ParseFailure
from citebound.eval.demo import verbatim
from citebound.eval.docx_truth import Truth, generate
from citebound.eval.figures import Figure, record, share
from citebound.eval.spec import data_folder
from citebound.ingest.chunker import body_end, embedded_text
from citebound.ingest.discover import discover
from citebound.ingest.limits import Limits
from citebound.ingest.worker import ParserPool
from citebound.types import ASIDE, BlockKind, IngestReport

out = Console()
CORPUS = ("security_reports", "contract_files")
SEED = 20261123


def corpus(home: Path) -> list[Figure]:
    """Every file in a terminal status; pages per second of the parsers; peak resident memory of this process in MiB."""
    folders = _folders()
    seconds, pages = _parse_all(folders)
    with Collection.open(home / "corpus", create=True) as collection:
        report = collection.ingest(folders)
    _print_statuses(report)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        share("ingest.files_terminal", len(report.files), len(discover(folders))),
        share("ingest.files_ok", sum(f.status in ("ok", "unchanged") for f in report.files), len(report.files)),
        Figure("ingest.pages_per_second", pages / seconds, "pages/s", numerator=pages, denominator=seconds),
        Figure(
            "ingest.pages_per_second.with_embedding",
            pages / report.seconds,
            "pages/s",
            numerator=pages,
            denominator=report.seconds,
        ),
        Figure("ingest.peak_rss_mib", peak, "MiB"),
    ]


def _folders() -> list[Path]:
    """The folders of documents; the manifests beside them are no documents."""
    return [folder for name in CORPUS for folder in sorted((data_folder() / name).iterdir()) if folder.is_dir()]


def _parse_all(folders: list[Path]) -> tuple[float, int]:
    """Seconds and pages of parsing every PDF in the sandbox, nothing else."""
    seconds, pages = 0.0, 0
    with ParserPool(Limits.of(settings.load())) as pool:
        for path in discover(folders):
            if path.suffix.lower() != ".pdf":
                continue
            begun = time.monotonic()
            try:
                pages += pool.parse(path).document.info.pages
            except ParseFailure as failure:
                out.print(f"{failure.status}: {path.name}: {failure}")
            seconds += time.monotonic() - begun
    return seconds, pages


def _print_statuses(report: IngestReport) -> None:
    out.print(dict(Counter(f.status.value for f in report.files)))
    for file in report.files:
        if file.status not in ("ok", "unchanged"):
            out.print(f"{file.status}: {Path(file.path).name}: {file.reason or '; '.join(file.notes)}")


def docx(home: Path) -> list[Figure]:
    """What 60 generated Word files say after parsing, against what was put into them."""
    folder = home / "docx"
    folder.mkdir(parents=True, exist_ok=True)
    truths = [generate(folder / f"{n:02}.docx", random.Random(SEED + n)) for n in range(60)]
    with Collection.open(home / "docx-collection", create=True) as collection:
        report = collection.ingest([folder])
        assert not report.failures, report.failures
        counts = Counter[str]()
        for truth in truths:
            counts += _compare(collection, truth)
        for variant in ("inserted", "footnote", "comment", "text_box"):
            out.print(f"{variant}: {counts[variant + '_present']} of {counts[variant]}")
    return [
        share("docx.inserted_present", counts["inserted_present"], counts["inserted"]),
        share("docx.footnotes_present", counts["footnote_present"], counts["footnote"]),
        share("docx.comments_present", counts["comment_present"], counts["comment"]),
        share("docx.text_boxes_present", counts["text_box_present"], counts["text_box"]),
        share("docx.deleted_kept_apart", counts["deleted_kept"], counts["deleted"]),
        Figure("docx.deleted_shown", counts["deleted_shown"], "count", denominator=counts["deleted"]),
        Figure("docx.invented_pages", counts["pages"], "count", denominator=len(truths)),
    ]


def _compare(collection: Collection, truth: Truth) -> Counter[str]:
    document = collection.document(str(truth.path))
    body = document.text[: body_end(document)]
    aside = " ".join(b.span.of(document.text) for b in document.blocks if b.kind in ASIDE)
    deleted = " ".join(b.span.of(document.text) for b in document.blocks if b.kind is BlockKind.DELETED)
    chunks = " ".join(h.chunk.text for d in truth.deleted for h in collection.search(d, k=20))
    return Counter(
        inserted=len(truth.inserted),
        inserted_present=sum(t in body for t in truth.inserted),
        footnote=len(truth.footnotes),
        footnote_present=sum(t in body for t in truth.footnotes),
        comment=len(truth.comments),
        comment_present=sum(t in aside for t in truth.comments),
        text_box=len(truth.text_boxes),
        text_box_present=sum(t in body for t in truth.text_boxes),
        deleted=len(truth.deleted),
        deleted_kept=sum(t in deleted for t in truth.deleted),
        deleted_shown=sum(t in body or t in chunks for t in truth.deleted),
        pages=document.info.pages,
    )


TEMPLATES = (
    "What does {document} say about {heading}?",
    "Summarise {heading}.",
    "Which obligations or risks does the section {heading} describe?",
    "{heading}",
)


def asked(home: Path) -> list[Figure]:
    """Every chunk at its offsets, and every citation of 200 questions made from headings, counted."""
    random_ = random.Random(SEED)
    with Collection.open(home / "corpus", create=True) as collection:
        collection.ingest(_folders())
        right = total = 0
        questions = []
        for info, *_ in collection.documents():
            document = collection.document(info.id)
            for chunk in collection.chunks(info.id):
                total += 1
                right += chunk.span.of(document.text) == chunk.text
            headings = [s.heading for s in document.sections if 2 <= len(s.heading.split()) <= 12]
            questions += [
                random_.choice(TEMPLATES).format(document=info.title, heading=h)
                for h in random_.sample(headings, min(6, len(headings)))
            ]
        random_.shuffle(questions)
        checks: list[bool] = []
        outcomes: Counter[str] = Counter()
        for question in track(questions[:200], "asking", transient=True):
            answer = collection.ask(question, llm=False, receipt=False)
            outcomes[answer.outcome.value] += 1
            checks += verbatim(collection, answer)
    out.print(f"{len(questions[:200])} questions: {dict(outcomes)}; {len(checks)} citations; {total} chunks")
    return [
        share("ask.chunks_verbatim", right, total),
        share("ask.citations_verbatim", sum(checks), len(checks)),
    ]


def speed(home: Path) -> list[Figure]:
    """Whole ingest over the bare encoder on the same chunks, alternating; and unchanged files over the first ingest."""
    home = Path(tempfile.mkdtemp(dir=home))
    folder = home / "files"
    folder.mkdir()
    random_ = random.Random(SEED)
    for n in range(20):
        (folder / f"{n:02}.txt").write_text(_prose(random_, 50), "utf-8")
    over_encoder, unchanged = [], []
    for turn in range(3):
        with Collection.open(home / f"speed-{turn}", create=True) as collection:
            collection.embedder.embed(["warm up"])
            whole = _seconds(lambda c=collection: c.ingest([folder]))  # type: ignore[misc]
            again = _seconds(lambda c=collection: c.ingest([folder]))  # type: ignore[misc]
            texts = [
                embedded_text(chunk.context, chunk.text)
                for info, *_ in collection.documents()
                for chunk in collection.chunks(info.id)
            ]
            bare = _seconds(lambda c=collection, t=texts: c.embedder.embed(t))  # type: ignore[misc]
        over_encoder.append(whole / bare)
        unchanged.append(again / whole)
        out.print(f"{len(texts)} chunks: ingest {whole:.1f} s, encoder {bare:.1f} s, unchanged {again:.2f} s")
    return [
        _median("ingest.over_encoder", over_encoder),
        _median("ingest.unchanged_over_first", unchanged),
    ]


def _median(name: str, values: list[float]) -> Figure:
    return Figure(name, statistics.median(values), "ratio", min(values), max(values), denominator=len(values))


def _seconds(work: Callable[[], object]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def _prose(random_: random.Random, clauses: int) -> str:
    """Clauses of about two chunks each."""
    words = "provider customer shall pay fees notice liability term data security breach days agreement party".split()
    made = []
    for n in range(clauses):
        sentences = [" ".join(random_.choices(words, k=random_.randint(12, 24))).capitalize() + "." for _ in range(6)]
        made.append(f"{n + 1}. Clause {n + 1}\n\n" + " ".join(sentences))
    return "\n\n".join(made)


BENCHES: dict[str, Callable[[Path], list[Figure]]] = {
    "corpus": corpus,
    "docx": docx,
    "asked": asked,
    "speed": speed,
}
NEED_DATA = frozenset({"corpus", "asked"})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[[], *BENCHES], help="which; all without any")
    parser.add_argument("--record", action="store_true", help="write the figures into eval/results/figures.jsonl")
    parser.add_argument("--keep", type=Path, help="keep the collections in this folder, and use those already there")
    given = parser.parse_args()
    settings.load()
    with tempfile.TemporaryDirectory() as temporary:
        home = given.keep or Path(temporary)
        home.mkdir(parents=True, exist_ok=True)
        for name in given.names or BENCHES:
            if name in NEED_DATA and not data_folder().is_dir():
                out.print(f"{name}: skipped, no data in {data_folder()} (set CITEBOUND_DATA)")
                continue
            figures = BENCHES[name](home)
            for figure in figures:
                out.print(json.dumps({"name": figure.name, "value": round(figure.value, 4)}))
            if given.record:
                record(figures, f"python -m citebound.eval.bench {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
