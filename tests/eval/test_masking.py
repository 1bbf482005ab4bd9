from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.eval.masking import Mask, masked, placeholders, read_off, renamed
from citebound.eval.measures import Place
from citebound.eval.suite import Item, Regime, Suite, SuiteError, Task, check
from citebound.types import Span

PARTIES = (
    ("Zephyrine Data Holdings, Inc.", "Licensor", "Zephyrine"),
    ("QUORRA MEDIA LTD", "QML", "Buyer"),
)
CALLED = [
    ("Zephyrine Data Holdings, Inc.", "Party A."),
    ("ZEPHYRINE DATA HOLDINGS INC", "Party A"),
    ("Zephyrine Data\nHoldings, Inc", "Party A"),
    ("Zephyrine", "Party A"),
    ("Quorra Media Ltd", "Party B"),
    ("Quorra Media", "Party B"),
    ("QML", "Party B"),
]
WORDS = ["the", "Licensor", "shall pay", "within thirty (30) days;", "Buyer", "zone", "(a)", "data", "QMLX"]


@st.composite
def contract(draw: st.DrawFn) -> tuple[str, str, list[tuple[int, int, str]]]:
    """A text made of names and words, the same masked, and gold pieces: where each stands and what it should read."""
    pieces = draw(st.lists(st.sampled_from([*CALLED, *((w, w) for w in WORDS)]), min_size=3, max_size=30))
    gold, old, new = [], "", ""
    for before, after in pieces:
        gold.append((len(old), len(old) + len(before), after))
        old, new = f"{old}{before} ", f"{new}{after} "
    return old, new, gold


@given(contract(), st.data())
def test_gold_stands_where_it_stood_with_the_names_masked(
    case: tuple[str, str, list[tuple[int, int, str]]], data: st.DataObject
) -> None:
    old, new, pieces = case
    first = data.draw(st.integers(0, len(pieces) - 1))
    last = data.draw(st.integers(first, len(pieces) - 1))
    quote = old[pieces[first][0] : pieces[last][1]]
    gold = Place("Zephyrine.txt", Span(pieces[first][0], pieces[last][1]))
    item = Item("1", f"What of {quote}?", "c", "k", True, ("Zephyrine.txt",), answers=(quote,), gold=(gold,))
    given = Suite(
        "s",
        "S",
        Task.EXTRACT,
        (Regime.GIVEN,),
        (item,),
        documents={"Zephyrine.txt": old},
        parties={"Zephyrine.txt": PARTIES},
    )
    made = check(masked(given))
    (there,) = made.test
    assert made.documents == {renamed("Zephyrine.txt"): new}
    wanted = " ".join(after for *_, after in pieces[first : last + 1])
    (place,) = there.gold
    assert place.span.of(made.documents[place.document]) == wanted
    assert (there.answers, there.question) == ((wanted,), f"What of {wanted}?")


def test_what_a_party_is_called_is_masked_and_what_it_does_is_not() -> None:
    def mask(text: str, *parties: tuple[str, ...]) -> str:
        return Mask(parties, text).text(text)

    assert mask("Quorra Media Ltd. shall pay.", PARTIES[1]) == "Party A. shall pay."
    assert mask("It was paid by Quorra Media Ltd.", PARTIES[1]) == "It was paid by Party A."
    assert mask("Buyer and QML pay Quorra's QMLs.", PARTIES[1]) == "Buyer and Party A pay Party A's QMLs."
    # a common word of the document, or one that two parties share, is no name
    assert mask("Pizza Fusion Inc. sells pizza. Pizza!", ("Pizza Fusion Inc.",)) == "Party A. sells pizza. Pizza!"
    shared = mask("Norvel One LLC, Norvel Two LLC and Norvel.", ("Norvel One LLC",), ("Norvel Two LLC",))
    assert shared == "Party A, Party B and Norvel."
    assert mask("Ms. Ina Quist. Quist agrees.", ("Ina Quist",)) == "Ms. Party A. Party A agrees."
    assert mask("Texas Rockets LLC of Texas.", ("Texas Rockets LLC",)) == "Party A of Texas."


def test_a_party_that_is_called_party_b_already_keeps_that_name() -> None:
    made = Mask((("Quorra Ltd", "Party B"), ("Zephyr Inc",)), "").text("Quorra Ltd (Party B) and Zephyr Inc")
    assert made == "Party B (Party B) and Party A"


def test_a_name_for_several_parties_is_none_of_them() -> None:
    parties = (("Zephyr Inc", "Zephyr"), ("Quorra Ltd", "Quorra"), ("Zephyr and Quorra", "Parties"))
    assert Mask(parties, "").text("Zephyr and Quorra agree") == "Party A and Party B agree"


def test_placeholders_do_not_run_out() -> None:
    names = [name for name, _ in zip(placeholders(), range(28), strict=False)]
    assert names[0] == "Party A" and names[25:] == ["Party Z", "Party AA", "Party AB"]


CONTRACT = """SERVICES AGREEMENT

This Services Agreement is entered into as of May 8, 2014 by and between Zephyrine Data, Inc., a Texas corporation
("Provider"), and Quorra Media LLC, a Nevada limited liability company ("Customer").

1. Term. This Agreement ends on September 9, 2026. Zephyrine Data, Inc. shall tell Quorra Media LLC beforehand.
"""


def test_parties_that_the_suite_does_not_know_are_read_off_the_document() -> None:
    assert [party[0] for party in read_off("a", CONTRACT)] == ["Zephyrine Data, Inc.", "Quorra Media LLC"]
    start = CONTRACT.index("Zephyrine Data, Inc. shall")
    gold = (Place("a.txt", Span(start, len(CONTRACT) - 1)),)
    item = Item(
        "1", "Who tells Quorra Media?", "a", "k", True, ("a.txt",), answers=("Zephyrine Data, Inc.",), gold=gold
    )
    made = masked(Suite("s", "S", Task.EXTRACT, (Regime.GIVEN,), (item,), documents={"a.txt": CONTRACT}))
    (there,) = made.test
    assert (there.question, there.answers) == ("Who tells Party B?", ("Party A.",))
    assert there.gold[0].span.of(made.documents[there.documents[0]]) == "Party A. shall tell Party B beforehand."
    assert (there.id, there.cluster) == ("1", "a")


def test_a_suite_without_a_party_cannot_be_masked() -> None:
    given = Suite("s", "S", Task.EXTRACT, (Regime.CORPUS,), (), documents={"a.txt": "Water boils."})
    with pytest.raises(SuiteError, match="s: no party is named"):
        masked(given)


def test_training_and_development_items_are_masked_alike() -> None:
    item = Item("1", "Who is Quorra Media Ltd?", "a", "k", False, ("a.txt",))
    given = Suite(
        "s",
        "S",
        Task.EXTRACT,
        (Regime.GIVEN,),
        (item,),
        train=(replace(item, id="2"),),
        dev=(replace(item, id="3"),),
        documents={"a.txt": "QML"},
        parties={"a.txt": (PARTIES[1],)},
    )
    made = masked(given)
    assert {i.question for i in (*made.test, *made.train, *made.dev)} == {"Who is Party A?"}
    assert made.sha256 != given.sha256
