"""Every kind of system, in one dict. A new kind is one class and one entry here."""

from __future__ import annotations

from citebound.eval.system import Kind
from citebound.eval.systems.ask import Ask
from citebound.eval.systems.controls import AlwaysNotFound, Bm25Top1, Majority
from citebound.eval.systems.embedding_head import embedding_head
from citebound.eval.systems.naive_rag import NaiveRag
from citebound.eval.systems.prompted import Prompted
from citebound.eval.systems.reader import fine_tuned_reader

KINDS: dict[str, Kind] = {
    "always_not_found": AlwaysNotFound,
    "ask": Ask,
    "bm25_top1": Bm25Top1,
    "embedding_head": embedding_head,
    "fine_tuned_reader": fine_tuned_reader,
    "majority": Majority,
    "naive_rag": NaiveRag,
    "prompted": Prompted,
}
