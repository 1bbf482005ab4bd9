"""Replacements against a simulation that knows of every new character which old one it comes from."""

from hypothesis import given
from hypothesis import strategies as st

from citebound.eval.edits import Edit, Edits
from citebound.types import Span


@st.composite
def edited(draw: st.DrawFn) -> tuple[str, Edits, Span]:
    """A text, some replacements in it, and a span."""
    old = draw(st.text("abc \n", min_size=1, max_size=40))
    cuts = sorted(draw(st.sets(st.integers(0, len(old)), max_size=8)))
    spans = [Span(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    edits = Edits.of(Edit(span, draw(st.text("XYZ", min_size=1, max_size=5))) for span in spans)
    start = draw(st.integers(0, len(old) - 1))
    return old, edits, Span(start, draw(st.integers(start + 1, len(old))))


def simulated(old: str, edits: Edits, span: Span) -> str:
    """What stands in the new text for the characters of a span: a replaced stretch as a whole, the others as they
    are."""
    made, at = "", span.start
    while at < span.end:
        edit = next((e for e in edits.made if e.span.start <= at < e.span.end), None)
        made += edit.text if edit else old[at]
        at = edit.span.end if edit else at + 1
    return made


@given(edited())
def test_a_moved_span_holds_what_became_of_the_old_one(case: tuple[str, Edits, Span]) -> None:
    old, edits, span = case
    assert edits.span(span).of(edits.text(old)) == simulated(old, edits, span)
    assert edits.text(old) == simulated(old, edits, Span(0, len(old)))


def test_places_by_hand() -> None:
    # "Ann met Bo." -> "Party A met Party B.": Ann 0-3 grows by 4, Bo 8-10 by 5
    edits = Edits.of([Edit(Span(8, 10), "Party B"), Edit(Span(0, 3), "Party A")])
    assert edits.text("Ann met Bo.") == "Party A met Party B."
    assert edits.span(Span(4, 7)) == Span(8, 11)
    assert edits.span(Span(8, 10)) == Span(12, 19)
    assert edits.span(Span(2, 9)) == Span(0, 19)  # it cuts both: each is taken whole
    assert edits.span(Span(10, 11)) == Span(19, 20)


def test_of_two_that_overlap_the_first_one_stays() -> None:
    kept = Edits.of([Edit(Span(4, 8), "x"), Edit(Span(6, 9), "y"), Edit(Span(0, 5), "z"), Edit(Span(8, 9), "w")])
    assert kept.made == (Edit(Span(4, 8), "x"), Edit(Span(8, 9), "w"))
