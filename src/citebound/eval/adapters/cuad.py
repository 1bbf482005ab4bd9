"""CUAD (Hendrycks et al. 2021): short answers that stand in commercial contracts.

Of the 41 categories those whose answer is a short text of the contract: Document Name, Agreement Date, Effective Date,
Expiration Date, Renewal Term, Notice Period To Terminate Renewal, Governing Law. Parties is left out: its answers are
lists of names with their aliases. The other 33 are answered Yes or No. The published answers are normalised
("12/31/14", "successive 1 year") and some are computed ("five years from the Effective Date"), so an item is kept only
if a form of its answer is printed in the quoted clause: that form is accepted as well.

Gold places are the quoted clauses that hold the answer. Empty cells are the unanswerable items, about a quarter.
Contracts are split by the company that filed them. Those of LegalBench-RAG mini, and all others of their companies, are
never in train or dev.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from citebound.eval.adapters import printed
from citebound.eval.adapters.split import draw, drawn, split
from citebound.eval.measures import Place, merged
from citebound.eval.rows import locate
from citebound.eval.suite import Item, Suite
from citebound.types import Span

if TYPE_CHECKING:
    from citebound.eval.spec import Spec

TRAIN, DEV = 0.5, 0.1
BENCHMARK = "../legalbench_rag_mini/benchmarks/cuad.json"
QUESTIONS: Mapping[str, str] = {
    "Document Name": "What is the title of this agreement?",
    "Agreement Date": "On what date was this agreement made?",
    "Effective Date": "On what date does this agreement take effect?",
    "Expiration Date": "On what date does the initial term of this agreement end?",
    "Renewal Term": "For how long is this agreement renewed after its initial term?",
    "Notice Period To Terminate Renewal": "How much notice must be given to stop this agreement from being renewed?",
    "Governing Law": "Which state's or country's law governs this agreement?",
}
FORMS: Mapping[str, Callable[[str, str], Sequence[str]]] = {
    "Document Name": printed.words,
    "Agreement Date": printed.dates,
    "Effective Date": printed.dates,
    "Expiration Date": printed.dates,
    "Renewal Term": printed.durations,
    "Notice Period To Terminate Renewal": printed.durations,
    "Governing Law": printed.laws,
}
SMALL = frozenset("a an and as at by for from in of on or the to with".split())


@dataclass(frozen=True, slots=True)
class _Contract:
    file: str
    text: str
    cells: Mapping[str, tuple[tuple[str, ...], str]]
    """category -> the quoted clauses and the normalised answer"""
    title: str
    called: tuple[tuple[str, ...], ...]
    """each party's name, then its aliases"""

    @property
    def parties(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for name, *_ in self.called))[:2]

    @property
    def described(self) -> str:
        return f"{self.title} {self.between}"

    @property
    def between(self) -> str:
        return f"{'between' if len(self.parties) > 1 else 'with'} {' and '.join(self.parties)}"


def read(spec: Spec) -> Suite:
    options = spec.chosen({"test_contracts": 40, "dev_contracts": 15, "train_contracts": 60})
    rows = spec.table("master_clauses.csv.gz", ",")
    renamed = spec.json("filename_map.json")
    files = {row["Filename"]: renamed.get(row["Filename"], f"{row['Filename'][:-4]}.txt") for row in rows}
    tests = spec.json(BENCHMARK)["tests"]
    kept_apart = {_company(s["file_path"].partition("/")[2]) for test in tests for s in test["snippets"]}
    sides = split([_company(file) for file in files.values()], TRAIN, DEV)
    chosen: dict[str, str] = {}
    for part in ("train", "dev", "test"):
        able = [f for f in files.values() if sides[_company(f)] == part]
        able = [f for f in able if part == "test" or _company(f) not in kept_apart]
        chosen |= dict.fromkeys(drawn(able)[: options[f"{part}_contracts"]], part)
    texts = spec.texts("full_contract_txt.tar.gz", chosen)
    contracts = [_contract(row, files[row["Filename"]], texts) for row in rows if files[row["Filename"]] in chosen]
    twins = Counter(c.described.lower() for c in contracts)
    unnamed = {c.file for c in contracts if twins[c.described.lower()] > 1 or not c.parties}
    dropped: Counter[str] = Counter()
    parts: dict[str, list[Item]] = {}
    for part in ("train", "dev", "test"):
        mine = [c for c in contracts if chosen[c.file] == part and c.file not in unnamed]
        parts[part] = _items(mine, dropped)
    note = (
        f"{len(contracts) - len(unnamed)} contracts; {len(unnamed)} more are left out, as title and parties do not tell"
        " them apart. Items dropped: " + "; ".join(f"{n} {reason}" for reason, n in sorted(dropped.items())) + "."
    )
    return spec.suite(
        parts["test"],
        train=parts["train"],
        dev=parts["dev"],
        documents={c.file: c.text for c in contracts if c.file not in unnamed},
        note=note,
        parties={c.file: c.called for c in contracts if c.file not in unnamed},
    )


def _items(contracts: Sequence[_Contract], dropped: Counter[str]) -> list[Item]:
    made: list[Item] = []
    empty: dict[str, list[Item]] = {}
    answerable: Counter[str] = Counter()
    for category in QUESTIONS:
        empty[category] = []
        for contract in contracts:
            quotes, answer = contract.cells[category]
            if not quotes and not answer:
                empty[category].append(_item(contract, category, (), ()))
            elif not quotes or not answer:
                dropped["without a quote or an answer"] += 1
            else:
                places = [Place(contract.file, span) for quote in quotes if (span := _find(quote, contract.text))]
                forms = {place: FORMS[category](answer, place.span.of(contract.text)) for place in places}
                gold = [place for place in places if forms[place]]
                answers = dict.fromkeys(form for place in gold for form in forms[place])
                if gold:
                    made.append(_item(contract, category, tuple(answers), tuple(merged(gold))))
                    answerable[category] += 1
                else:
                    dropped["whose answer is not printed in the clause" if places else "whose quote is not found"] += 1
    return sorted([*made, *_absent(empty, answerable)], key=lambda item: item.id)


def _absent(empty: Mapping[str, list[Item]], answerable: Mapping[str, int]) -> list[Item]:
    """Empty cells, a third as many as there are answerable items: as far as it goes category by category, so that the
    question does not tell whether there is an answer; the rest from all of them."""
    first, rest = [], []
    for category, items in empty.items():
        ranked = sorted(items, key=lambda item: draw(item.id))
        share = round(answerable[category] / 3)
        first += ranked[:share]
        rest += ranked[share:]
    wanted = round(sum(answerable.values()) / 3)
    return (first + sorted(rest, key=lambda item: draw(item.id)))[:wanted]


def _item(contract: _Contract, category: str, answers: tuple[str, ...], gold: tuple[Place, ...]) -> Item:
    question = QUESTIONS[category]
    short = draw(contract.file)[:8]
    if category == "Document Name":
        named = f"What is the title of the agreement {contract.between}?"
    else:
        named = f"In the {contract.described}, {question[0].lower()}{question[1:]}"
    return Item(
        id=f"cuad-{short}-{category.lower().replace(' ', '-')}",
        question=question,
        cluster=contract.file,
        kind=category,
        answerable=bool(gold),
        documents=(contract.file,),
        answers=answers,
        gold=gold,
        named=named,
    )


def _contract(row: Mapping[str, str], file: str, texts: Mapping[str, str]) -> _Contract:
    cells = {}
    for category in QUESTIONS:
        answers = [value for key, value in row.items() if re.fullmatch(re.escape(category) + r"- ?Answer", key)]
        quotes = tuple(ast.literal_eval(row[category] or "[]"))
        cells[category] = (quotes, answers[0].strip())
    title = _title(cells["Document Name"][1])
    return _Contract(file, texts[file], cells, title, _parties(row["Parties-Answer"]))


def _find(quote: str, text: str) -> Span | None:
    """The quote where it stands: the first place, else the first whatever its white space and quotation marks."""
    start = text.find(quote)
    return Span(start, start + len(quote)) if start >= 0 else locate(quote, text) if quote.strip() else None


def _company(file: str) -> str:
    """The company that filed a contract: how its file's name begins."""
    return re.split(r"_| - ", file)[0].strip().lower()


def _title(name: str) -> str:
    """A title in capitals made readable: "MARKETING AFFILIATE AGREEMENT" -> "Marketing Affiliate Agreement"."""
    if not name.isupper():
        return " ".join(name.split())
    words = [w.lower() if w.lower() in SMALL else w.capitalize() for w in name.split()]
    return " ".join([words[0].capitalize(), *words[1:]])


def _parties(cell: str) -> tuple[tuple[str, ...], ...]:
    """The parties of 'Birch Inc. ("Company", "Birch"); Mount Corp. ("Affiliate")', without collectives: each name, then
    its aliases."""
    parties = []
    for part in cell.split(";"):
        plain = re.sub("[“”]", '"', part).lstrip(" (")
        name, _, alias = plain.partition("(")
        name = " ".join(name.partition('"')[0].split()).strip(" ,")
        blank = len(name) < 3 or re.search(r"XX|\[|_{2}", name)
        if not blank and not re.match(r'(?:individually|collectively|"[^"]*Parties)', alias, re.I):
            parties.append((name, *re.findall(r'"([^"]{2,60})"', plain)))
    return tuple(parties)
