"""`citebound search`: hits, passages within a budget, and why they were found."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import typer
from rich.text import Text

from citebound import cli_structure
from citebound.answer.render import hit_json, passage_json
from citebound.cli_answer import on_pages, print_passage
from citebound.cli_print import CollectionOption, FilterOption, JsonOption, out, print_json, printable
from citebound.collection import Collection
from citebound.indexes.explain import Explanation
from citebound.types import Hit

WHY_BUDGET = 16_000
"""Characters of passages that `search --why` explains where no budget is given."""


def search(
    question: Annotated[str, typer.Argument(help="Words or a question.")],
    collection: CollectionOption = "default",
    k: Annotated[int, typer.Option("--k", min=1, max=1000, help="Number of hits.")] = 10,
    budget: Annotated[
        int | None, typer.Option("--budget", min=1, help="Show merged passages with at most so many characters.")
    ] = None,
    only: FilterOption = None,
    why: Annotated[
        bool,
        typer.Option(
            "--why",
            help="Show how the question was understood, which stages found each hit, what was added and dropped.",
        ),
    ] = False,
    adapter: Annotated[
        bool | None,
        typer.Option(
            "--adapter/--no-adapter", help="With the query adapter of `citebound adapt`; else as the setting."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Find passages: by meaning and by words."""
    with Collection.open(collection) as opened:
        if why:
            explained = opened.explain(question, budget or WHY_BUDGET, only, adapter=adapter)
            if as_json:
                print_json(_explanation_json(explained, k))
            else:
                _print_explanation(explained, k, whole=budget is not None)
            return
        if budget is not None:
            passages = opened.passages(question, budget, only, adapter=adapter)
            if as_json:
                print_json([passage_json(p) for p in passages])
            else:
                for number, passage in enumerate(passages, start=1):
                    print_passage(number, passage)
                if not passages:
                    out.print("nothing found within the budget")
            return
        hits = opened.search(question, k, only, adapter=adapter)
    if as_json:
        print_json([hit_json(hit) for hit in hits])
        return
    if not hits:
        out.print("nothing found")
    for hit in hits:
        _print_hit(hit)


def _print_hit(hit: Hit, *, why: bool = False) -> None:
    pages = on_pages(hit.chunk.pages)
    out.print(
        Text.assemble(
            (f"{hit.rank:>3}  ", "bold cyan"),
            (printable(hit.source.name), "bold"),
            f"{pages}  {printable(hit.chunk.context)}",
        )
    )
    if why:
        stages = ", ".join(f"{w.stage} rank {w.rank} score {w.score:.3f}" for w in hit.why)
        out.print(Text(f"     score {hit.score:.4f}: {stages or 'no stage: lent by its neighbours'}", style="dim"))
    out.print(Text("     " + printable(hit.chunk.text)[:400]))
    cli_structure.print_notices(hit.superseded_by, 5)


def _print_explanation(explained: Explanation, k: int, *, whole: bool) -> None:
    """How a question was understood, its hits with their stages, what closure added, what was dropped. `whole` shows
    the passages in full."""
    if explained.language:
        said = f"the question seems to be in another language ({explained.language}) than the encoder was made for"
        out.print(Text(f"note: {said}; expect worse hits", style="yellow"))
    for named in explained.documents:
        out.print(Text.assemble("names ", (printable(named.source.name), "bold"), f" (score {named.score:.1f})"))
    if not explained.documents:
        out.print("names no document: all are searched")
    if explained.asked != explained.question:
        out.print(Text(f"asked without names: {printable(explained.asked)}"))
    if explained.synonyms:
        out.print(Text(f"searched beside it: {printable(explained.synonyms)}"))
    if explained.adapter:
        out.print(Text(f"query adapter: {explained.adapter}"))
    for hit in explained.hits[:k]:
        _print_hit(hit, why=True)
    if not explained.hits:
        out.print("nothing found")
    bringing = {added.by for added in explained.added}
    for number, passage in enumerate(explained.passages, start=1):
        if whole:
            print_passage(number, passage)
        elif number in bringing:
            ranks = ", ".join(str(hit.rank) for hit in passage.hits)
            out.print(Text.assemble((f"passage {number}", "bold"), f": {printable(passage.source.name)}, hits {ranks}"))
    for added in explained.added:
        out.print(
            Text.assemble(
                (f"  + {added.kind}", "green"), f": {printable(added.because)} (at {added.passage.span.start})"
            )
        )
        if not whole:
            out.print(Text("      " + printable(added.passage.text)[:200], style="dim"))
            cli_structure.print_notices(added.passage.superseded_by, 6)
    for reason in ("budget", "duplicate"):
        dropped = [one for one in explained.dropped if one.reason == reason]
        shown = [f"{one.kind} ({one.because})" for one in (*dropped[:1], *(d for d in dropped[1:] if d.kind != "hit"))]
        if dropped:
            rest = f" and {len(dropped) - len(shown[:9])} more" if len(dropped) > len(shown[:9]) else ""
            out.print(Text(f"dropped for the {reason}" if reason == "budget" else "dropped as duplicates", style="dim"))
            out.print(Text(f"  {printable(', '.join(shown[:9]))}{rest}", style="dim"))


def _explanation_json(explained: Explanation, k: int) -> dict[str, object]:
    made = dataclasses.asdict(dataclasses.replace(explained, hits=(), passages=(), added=()))
    made["hits"] = [hit_json(hit) for hit in explained.hits[:k]]
    made["passages"] = [passage_json(passage) for passage in explained.passages]
    made["added"] = [
        {"kind": added.kind, "because": added.because, "by": added.by, "passage": passage_json(added.passage)}
        for added in explained.added
    ]
    return made


def register(top: typer.Typer) -> None:
    """Add the command to the command line."""
    top.command()(search)
