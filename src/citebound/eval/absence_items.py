"""Questions whether something is there, with and without it: CUAD's clause categories, ContractNLI's statements.

    cuad          "Is there a non-compete?" of a contract that has such a clause, or whose cell for it is empty
    contractnli   "Is there a ban on reverse engineering?" of an agreement from which that follows, or that does not
                  mention it; where it contradicts the statement nothing is asked

Every question is asked of its one document, by a lawyer's name of the thing or in plain words, drawn by hash as is the
sentence around it. The documents are those of the suites' training parts; every other one, by hash, is "fit", the rest
"measure".
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from citebound.eval import spec
from citebound.eval.abstention_items import SIDES, Side
from citebound.eval.adapters.split import draw, drawn
from citebound.eval.measures import Place
from citebound.eval.rows import locate
from citebound.eval.suite import Suite
from citebound.types import Span

SEED = 21
SOURCES = ("cuad", "contractnli")
ASKED = (
    "Is there {}?",
    "Is there {} in this agreement?",
    "Does the agreement contain {}?",
    "Does it have {}?",
    "Can you tell me whether the contract includes {}?",
    "Any {bare} in the agreement?",
)

CATEGORIES: Mapping[str, tuple[str, str]] = {
    "Most Favored Nation": ("a most favored nation clause", "a promise that no other customer gets better terms"),
    "Competitive Restriction Exception": (
        "an exception to the non-compete or exclusivity",
        "a carve-out from a restriction on competition",
    ),
    "Non-Compete": ("a non-compete", "a restriction on competing with the other party"),
    "Exclusivity": ("an exclusivity clause", "an obligation to deal exclusively with the other party"),
    "No-Solicit Of Customers": ("a non-solicitation of customers", "a ban on soliciting the other party's customers"),
    "No-Solicit Of Employees": ("a non-solicitation of employees", "a ban on hiring the other party's staff"),
    "Non-Disparagement": ("a non-disparagement clause", "an obligation not to speak badly of the other party"),
    "Termination For Convenience": ("a termination for convenience", "a right to terminate without cause"),
    "Rofr/Rofo/Rofn": ("a right of first refusal", "a right of first offer or first negotiation"),
    "Change Of Control": ("a change of control clause", "a right to terminate on a change of control"),
    "Anti-Assignment": ("an anti-assignment clause", "a restriction on assignment without consent"),
    "Revenue/Profit Sharing": ("a revenue sharing arrangement", "an obligation to share revenue or profits"),
    "Price Restrictions": ("a price restriction", "a limit on price increases"),
    "Minimum Commitment": ("a minimum commitment", "a minimum purchase obligation"),
    "Volume Restriction": ("a volume restriction", "a limit on usage or quantities"),
    "Ip Ownership Assignment": ("an assignment of intellectual property", "a transfer of ownership of IP"),
    "Joint Ip Ownership": ("a joint IP ownership clause", "any jointly owned intellectual property"),
    "License Grant": ("a license grant", "a right to use the other party's intellectual property"),
    "Non-Transferable License": ("a non-transferable license", "a license that may not be transferred"),
    "Affiliate License-Licensor": ("a license grant by affiliates of the licensor", "a license to affiliates' IP"),
    "Affiliate License-Licensee": (
        "a license grant to affiliates of the licensee",
        "a license that extends to the licensee's affiliates",
    ),
    "Unlimited/All-You-Can-Eat-License": ("an unlimited license", "an enterprise-wide license without usage limits"),
    "Irrevocable Or Perpetual License": ("an irrevocable or perpetual license", "a perpetual license"),
    "Source Code Escrow": ("a source code escrow", "an obligation to deposit source code with an escrow agent"),
    "Post-Termination Services": ("a post-termination services clause", "an obligation to help after termination"),
    "Audit Rights": ("a right to audit", "a right to inspect the books and records"),
    "Uncapped Liability": ("an uncapped liability", "an exception to the liability cap"),
    "Cap On Liability": ("a cap on liability", "a limitation of liability"),
    "Liquidated Damages": ("a liquidated damages clause", "a contractual penalty"),
    "Warranty Duration": ("a warranty period", "a time-limited warranty"),
    "Insurance": ("an insurance requirement", "an obligation to carry insurance"),
    "Covenant Not To Sue": ("a covenant not to sue", "a promise not to challenge the other party's IP"),
    "Third Party Beneficiary": ("a third party beneficiary", "a clause that lets third parties enforce the agreement"),
}
"""Category -> what a lawyer and what a layman asks for."""

STATEMENTS: Mapping[str, tuple[str, str]] = {
    "nda-11": ("a reverse engineering clause", "a ban on reverse engineering"),
    "nda-16": ("a return or destruction clause", "an obligation to give back or destroy confidential information"),
    "nda-15": ("a no-license clause", "a statement that no rights to the information are granted"),
    "nda-10": ("a duty to keep the agreement itself confidential", "an obligation to keep the talks secret"),
    "nda-1": ("a marking requirement", "a requirement to mark information as confidential"),
    "nda-19": ("a survival clause", "any obligation that survives termination"),
    "nda-12": ("an exception for independent development", "a carve-out for independently developed information"),
    "nda-20": ("a right to retain archival copies", "permission to keep copies after return or destruction"),
    "nda-3": ("an oral disclosure clause", "protection for information disclosed orally"),
    "nda-18": ("a non-solicitation clause", "a ban on poaching employees"),
    "nda-7": ("permission to disclose to advisors", "permission to share information with consultants"),
    "nda-17": ("a right to make copies", "permission to copy confidential information"),
    "nda-8": ("a compelled disclosure clause", "a duty to give notice before disclosure required by law"),
    "nda-13": ("an exception for third-party information", "a carve-out for information received from third parties"),
    "nda-5": ("permission to disclose to employees", "permission to share information with employees"),
    "nda-4": ("a use restriction", "a restriction on using the information for other purposes"),
}
"""Statement -> the same; left out is one that no clause is asked for by ("only technical information")."""


@dataclass(frozen=True, slots=True)
class Item:
    """A question, its one document, whether what it asks for is there, and where."""

    id: str
    source: str
    side: Side
    document: str
    category: str
    question: str
    there: bool
    gold: tuple[Place, ...] = ()


def chosen(source: str, suite: Suite, documents: int) -> list[Item]:
    """The items of a source on so many documents of each side, in the order of the draw. Raises SuiteAbsent."""
    names = drawn(f"{SEED} {item.cluster}" for item in suite.train)
    order = [name.partition(" ")[2] for name in names]
    sides: dict[Side, list[str]] = {side: order[i::2][:documents] for i, side in enumerate(SIDES)}
    cells = _cells(suite) if source == "cuad" else _statements(suite)
    said = CATEGORIES if source == "cuad" else STATEMENTS
    made = []
    for side, few in sides.items():
        for name in few:
            made += [
                Item(f"{source}-{draw(name)[:8]}-{c}", source, side, name, c, _asked(name, c, said[c]), there, gold)
                for c, (there, gold) in cells[name].items()
                if c in said
            ]
    return made


def _asked(document: str, category: str, things: tuple[str, str]) -> str:
    drawn_ = int(draw(f"{SEED} {document} {category}"), 16)
    thing = things[drawn_ % 2]
    bare = thing.removeprefix("any ").removeprefix("an ").removeprefix("a ")
    return ASKED[drawn_ // 2 % len(ASKED)].format(thing, bare=bare)


Cells = Mapping[str, Mapping[str, tuple[bool, tuple[Place, ...]]]]
"""Document -> category -> whether it is there, and where."""


def _cells(suite: Suite) -> Cells:
    declared = spec.read(spec.SUITES / "cuad.toml")
    renamed = declared.json("filename_map.json")
    made = {}
    for row in declared.table("master_clauses.csv.gz", ","):
        name = renamed.get(row["Filename"], f"{row['Filename'][:-4]}.txt")
        if name in suite.documents:
            cells = {category: ast.literal_eval(row[category] or "[]") for category in CATEGORIES}
            made[name] = {c: (bool(quotes), _places(quotes, name, suite)) for c, quotes in cells.items()}
    return made


def _statements(suite: Suite) -> Cells:
    made: dict[str, dict[str, tuple[bool, tuple[Place, ...]]]] = {}
    for item in suite.train:
        cells = made.setdefault(item.cluster, {})
        if item.label != "Contradiction":
            cells[item.kind] = (item.label == "Entailment", item.gold)
    return made


def _places(quotes: Sequence[str], name: str, suite: Suite) -> tuple[Place, ...]:
    text = suite.documents[name]
    found = []
    for quote in quotes:
        start = text.find(quote)
        span = Span(start, start + len(quote)) if start >= 0 else locate(quote, text)
        if span is not None:
            found.append(Place(name, span))
    return tuple(found)
