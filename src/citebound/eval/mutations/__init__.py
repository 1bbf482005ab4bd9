"""Mutations: true sentences of contracts and security reports made false by rule, to see whether evidence is checked.

Each rule changes the meaning for a careful reader (a number, a party, a negation, a limit) and leaves natural English,
so that only a check of the fact itself would notice. The rules were written without sight of any check, and know
nothing of one. They aim at being right where they fire: a rule that is in doubt stays silent.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from citebound.eval.mutations.additions import add_condition, add_tail
from citebound.eval.mutations.antonyms import put_antonym
from citebound.eval.mutations.comparison import turn_comparison
from citebound.eval.mutations.dates import change_date
from citebound.eval.mutations.edits import Edit, applied, difference, folded
from citebound.eval.mutations.identifiers import change_identifier
from citebound.eval.mutations.modality import change_modal
from citebound.eval.mutations.money import change_money
from citebound.eval.mutations.negation_added import add_negation
from citebound.eval.mutations.negation_removed import remove_negation
from citebound.eval.mutations.numbers import change_number
from citebound.eval.mutations.parties import change_party, known, swap_roles
from citebound.eval.mutations.quotes import put_other_quote
from citebound.eval.mutations.scope import change_scope
from citebound.eval.mutations.sections import change_section
from citebound.eval.mutations.severity import change_severity
from citebound.eval.mutations.units import change_unit
from citebound.eval.mutations.view import View

__all__ = ["KINDS", "LONGEST", "PER_KIND", "Mutation", "mutations"]

LONGEST = 4_000
PER_KIND = 2
_POOL = 400  # candidates of one kind that are weighed


@dataclass(frozen=True, slots=True)
class Mutation:
    """A sentence that says something else. `changed` is the difference in print: "thirty (30) → sixty (60)"."""

    kind: str
    text: str
    changed: str


_RULES: dict[str, Callable[[View], Iterator[Edit]]] = {
    "number": change_number,
    "unit": change_unit,
    "date": change_date,
    "currency_scale": change_money,
    "negation_removed": remove_negation,
    "negation_added": add_negation,
    "modal": change_modal,
    "comparison": turn_comparison,
    "scope": change_scope,
    "party": change_party,
    "roles_swapped": swap_roles,
    "section": change_section,
    "identifier": change_identifier,
    "invented_tail": add_tail,
    "invented_condition": add_condition,
    "other_quote": put_other_quote,
    "antonym": put_antonym,
    "status_severity": change_severity,
}
KINDS = tuple(_RULES)


def mutations(
    sentence: str, rng: random.Random, *, names: Sequence[str] = (), others: Sequence[str] = ()
) -> tuple[Mutation, ...]:
    """False versions of a true `sentence`: none, one or two of each kind, in the order of KINDS.

    `names` are parties of the same document in one spelling each; `others` are sentences of other documents. One state
    of `rng` gives one answer. Text longer than LONGEST characters is no sentence and has no mutations.
    """
    if len(sentence) > LONGEST:
        return ()
    view = View(sentence, known(names), tuple(o for o in others if len(o) <= LONGEST))
    made: list[Mutation] = []
    seed = rng.getrandbits(64)
    for kind, rule in _RULES.items():
        draw = random.Random(f"{seed} {kind}")  # a mended rule leaves the draws of the others as they were
        edits = list(islice(rule(view), _POOL))
        seen = {folded(sentence)}
        for edit in draw.sample(edits, len(edits)):
            text = applied(sentence, edit)
            if folded(text) in seen or not all(view.is_whole(start, end) for start, end, _ in edit):
                continue
            seen.add(folded(text))
            made.append(Mutation(kind, text, difference(sentence, edit)))
            if len(seen) > PER_KIND:
                break
    return tuple(made)
