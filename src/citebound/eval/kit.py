"""What systems share: the collection of a suite, its evidence for a question, the encoder, language models.

One Kit serves one suite in one process. Evidence is the product's own: `Collection.ask` by quotes alone. It is kept on
disk, as are vectors of sentences, so that ten systems that read the same passages search once; the seconds that this
spares are counted, and belong to what each system costs.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import citebound
from citebound.collection import Collection
from citebound.config import Config
from citebound.eval import journal
from citebound.eval.kept import KeptVectors
from citebound.eval.measures import Place
from citebound.eval.suite import Question, Suite, SuiteError
from citebound.indexes.embeddings import open_encoder
from citebound.protocols import Embedder, Vectors
from citebound.types import Citation, Hit, In, Outcome, Passage, Span

if TYPE_CHECKING:
    from citebound.eval.endpoint import Endpoint
    from citebound.eval.language_model import LanguageModel

RETRIEVED = 64


@dataclass(frozen=True, slots=True)
class Shown:
    """A passage for a reader: where it stands, its text, its heading, and its label if it is a labelled example."""

    place: Place
    text: str
    context: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the product finds for a question: passages within the evidence budget, the best sentences as quotes, all
    retrieved places (best first), and whether it would answer at all."""

    shown: tuple[Shown, ...]
    quotes: tuple[Place, ...]
    retrieved: tuple[Place, ...]
    sufficiency: float
    found: bool
    seconds: float


class Kit:
    """Resources for the systems of one suite. `work` is a folder for what may be thrown away."""

    def __init__(self, suite: Suite, config: Config, work: Path, *, embedder: Embedder | None = None) -> None:
        self.suite = suite
        self.config = config
        self.work = work
        self._given = embedder
        self._models: dict[str, LanguageModel | Endpoint] = {}
        self._read: set[str] = set()
        self._searches = 0.0

    @property
    def encoder_name(self) -> str:
        return self._given.name if self._given else Path(self.config.encoder).name

    @cached_property
    def encoder(self) -> Embedder:
        return self._given or open_encoder(self.config)

    @cached_property
    def collection(self) -> Collection:
        """The suite's documents, ingested when they are not there yet. Raises SuiteError if a text came out different
        from the one that the gold spans mean."""
        if self.suite.collection:
            return Collection.open(self.suite.collection, config=self.config, embedder=self.encoder)
        begun = time.monotonic()
        opened = Collection.open(self.work / "collection", create=True, config=self.config, embedder=self.encoder)
        report = opened.ingest(self.suite.files or self._written())
        if report.failures:
            failure = report.failures[0]
            raise SuiteError(f"{failure.path}: {failure.reason}", remedy=failure.remedy)
        if any(f.status != "unchanged" for f in report.files):
            (self.work / "index_seconds").write_text(f"{time.monotonic() - begun:.3f}")
        for info, *_, sources in opened.documents():
            for source in sources:
                name = self._name(source.name)
                if name and opened.document(info.id).text != self.suite.documents[name]:
                    raise SuiteError(f"{self.suite.name}: the collection has another text of {name!r}")
        return opened

    @property
    def index_cost(self) -> dict[str, float]:
        """Seconds of the ingest and bytes on disk of the suite's collection."""
        size = sum(p.stat().st_size for p in self.collection.root.rglob("*") if p.is_file())
        stated = self.work / "index_seconds"
        return {"seconds": float(stated.read_text()) if stated.exists() else 0.0, "bytes": float(size)}

    def language_model(self, name: str) -> LanguageModel | Endpoint:
        """The named generator (of the catalogue, a file, a folder, or URL#model), loaded once. Raises ModelError."""
        from citebound.eval.endpoint import Endpoint
        from citebound.eval.language_model import LanguageModel

        if name not in self._models:
            if self.config.base_url and name == self.config.generator:
                made: LanguageModel | Endpoint = Endpoint(f"{self.config.base_url}#{name}", self.config)
            else:
                made = Endpoint(name, self.config) if "://" in name else LanguageModel.load(name, self.config)
            self._models[name] = made
        return self._models[name]

    def evidence(self, question: Question) -> Evidence:
        """The product's evidence within the documents that the question may use."""
        key = hashlib.sha256("\n".join([question.text, *question.documents]).encode()).hexdigest()[:24]
        if key not in self._kept:
            made = self._search(question)
            self._kept[key] = made
            journal.append(self._cache, [json.dumps({"key": key, **_packed(made)}, ensure_ascii=False)])
        elif key not in self._read:
            self._searches += self._kept[key].seconds
        self._read.add(key)
        return self._kept[key]

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """float32 (len(texts), dimension) by the encoder, unit rows; those on disk are not made again."""
        return self._vectors(texts)

    @property
    def saved(self) -> tuple[float, float]:
        """What kept evidence and vectors have spared so far: seconds on the clock and of the processor (a search is
        taken for one thread's work)."""
        wall, cpu = self._vectors.saved if "_vectors" in self.__dict__ else (0.0, 0.0)
        return self._searches + wall, self._searches + cpu

    def texts(self, places: Sequence[Place]) -> list[str]:
        return [place.span.of(self.suite.documents[place.document]) for place in places]

    def place(self, found: Hit | Passage | Citation) -> Place:
        """A place of the collection under the name that the suite has for its document."""
        name = self._name(found.source.name)
        span = found.chunk.span if isinstance(found, Hit) else found.span
        if name is None:
            raise SuiteError(f"{self.suite.name}: no document of that name: {found.source.name!r}")
        return Place(name, span)

    # -- inside ----------------------------------------------------------------------------------------------------

    def _search(self, question: Question) -> Evidence:
        begun = time.monotonic()
        answer = self.collection.ask(
            question.text[: self.config.question_limit], self.filter(question), llm=False, receipt=False
        )
        seconds = time.monotonic() - begun
        shown = tuple(self._shown(p) for p in answer.passages)
        quotes = tuple(self.place(c) for c in answer.citations)
        sufficiency = answer.receipt.sufficiency if answer.receipt else 0.0
        retrieved = tuple(self.place(h) for h in answer.hits[:RETRIEVED])
        return Evidence(shown, quotes, retrieved, sufficiency, answer.outcome is not Outcome.NOT_FOUND, seconds)

    def _shown(self, passage: Passage) -> Shown:
        place = self.place(passage)
        return Shown(place, passage.text, passage.context, self.suite.labelled.get(place.document, ""))

    def filter(self, question: Question) -> In | None:
        """The documents that a question may use, as a filter; None for all."""
        if not question.documents:
            return None
        names = {name: source for source, name in self._sources.items()}
        return In("name", tuple(names[d] for d in question.documents))

    @cached_property
    def _sources(self) -> dict[str, str]:
        """File name in the collection -> name in the suite."""
        if self.suite.files or self.suite.collection:
            return {name.rsplit("/", 1)[-1]: name for name in self.suite.documents}
        return {f"{_slug(name)}.txt": name for name in self.suite.documents}

    def _name(self, source: str) -> str | None:
        return self._sources.get(source)

    def _written(self) -> tuple[Path, ...]:
        folder = self.work / "documents"
        folder.mkdir(parents=True, exist_ok=True)
        for source, name in self._sources.items():
            path, data = folder / source, self.suite.documents[name].encode()
            if not path.exists() or path.read_bytes() != data:
                path.write_bytes(data)
        return (folder,)

    @cached_property
    def _vectors(self) -> KeptVectors:
        return KeptVectors(self.work / "vectors.sqlite", self.encoder)

    @cached_property
    def _cache(self) -> Path:
        made_by = f"{self.collection.stats()['generation']} {self.config.evidence_tokens} {_retrieval_code()}"
        return self.work / f"evidence-{hashlib.sha256(made_by.encode()).hexdigest()[:12]}.jsonl"

    @cached_property
    def _kept(self) -> dict[str, Evidence]:
        rows = map(json.loads, journal.lines(self._cache))
        return {row["key"]: _unpacked(row) for row in rows}


def _retrieval_code() -> str:
    """Hash of the code that finds evidence: what was kept by other code is not used."""
    package = Path(citebound.__file__).parent
    digest = hashlib.sha256()
    for room in ("answer", "indexes"):
        for path in sorted((package / room).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _slug(name: str) -> str:
    """A file name that is readable, safe and unique."""
    stem = re.sub(r"[^\w.-]+", "-", name.rsplit("/", 1)[-1].removesuffix(".txt"))[:80].strip("-.")
    return f"{stem}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def _packed(e: Evidence) -> dict[str, object]:
    return {
        "shown": [[*_row(s.place), s.text, s.context, s.label] for s in e.shown],
        "quotes": [_row(p) for p in e.quotes],
        "retrieved": [_row(p) for p in e.retrieved],
        "sufficiency": e.sufficiency,
        "found": e.found,
        "seconds": e.seconds,
    }


def _row(place: Place) -> list[object]:
    return [place.document, place.span.start, place.span.end]


def _unpacked(row: Mapping[str, Any]) -> Evidence:
    shown = tuple(Shown(Place(d, Span(s, e)), text, context, label) for d, s, e, text, context, label in row["shown"])
    quotes = tuple(Place(d, Span(s, e)) for d, s, e in row["quotes"])
    retrieved = tuple(Place(d, Span(s, e)) for d, s, e in row["retrieved"])
    return Evidence(shown, quotes, retrieved, row["sufficiency"], row["found"], row["seconds"])
