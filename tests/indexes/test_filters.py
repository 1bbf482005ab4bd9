import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.errors import BadFilter
from citebound.indexes.filters import parse, sql
from citebound.types import And, Eq, Filter, Glob, In, Not, Or, Range

ROWS = [
    ("docs/a.pdf", "a.pdf", '{"matter": "alpha"}', "2026-01-05T00:00:00", "d1", "Alpha", "application/pdf"),
    ("docs/b.txt", "b.txt", '{"matter": "beta"}', "2026-02-05T00:00:00", "d2", "Beta", "text/plain"),
    ("c.md", "c.md", "{}", "2026-03-05T00:00:00", "d3", "Gamma's", "text/markdown"),
]


def matching(given: object) -> set[str]:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE sources (path, name, labels, added_at, document_id)")
    db.execute("CREATE TABLE documents (id, title, media_type)")
    for path, name, labels, added, id_, title, media_type in ROWS:
        db.execute("INSERT INTO sources VALUES (?, ?, ?, ?, ?)", (path, name, labels, added, id_))
        db.execute("INSERT INTO documents VALUES (?, ?, ?)", (id_, title, media_type))
    tree = parse(given)  # type: ignore[arg-type]
    assert tree is not None
    condition, parameters = sql(tree)
    query = f"SELECT documents.id FROM documents JOIN sources ON document_id = documents.id WHERE {condition}"  # noqa: S608
    found = {row[0] for row in db.execute(query, parameters)}
    db.close()
    return found


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("source:*.pdf", {"d1"}),
        ("source:a.pdf,b.txt", {"d1", "d2"}),
        ("-source:*.pdf", {"d2", "d3"}),
        ("type:text/*", {"d2", "d3"}),
        ("after:2026-02-01 type:text/plain", {"d2"}),
        ("before:2026-02-01", {"d1"}),
        ({"after": "2026-02-01", "type": "text/plain"}, {"d2"}),
        ("label.matter:alpha", {"d1"}),
        ("-label.matter:alpha", {"d2", "d3"}),
        ('title:"Gamma\'s"', {"d3"}),
        ({"source": "docs/*"}, {"d1", "d2"}),
        ({"or": [{"title": "Alpha"}, {"not": {"type": "text/plain"}}]}, {"d1", "d3"}),
        ({"added": {"from": "2026-01-06", "to": "2026-02-28"}}, {"d2"}),
        ({"document": ["d1", "d3"]}, {"d1", "d3"}),
        (Or(()), set()),
        (And(()), {"d1", "d2", "d3"}),
    ],
)
def test_filters_select_the_documents_they_name(given: object, expected: set[str]) -> None:
    assert matching(given) == expected


@pytest.mark.parametrize(
    "given",
    [
        "nonsense",
        "colour:red",
        "source:",
        'title:"open',
        {"colour": "red"},
        {"or": "x"},
        {"added": {"around": 1}},
        "-" * 600 + "source:a",
        "source:a " * 3000,
        {"source": [str(n) for n in range(501)]},
        {"label.a\0b": "x"},
        "source:\ud800",
    ],
)
def test_a_bad_filter_says_what_is_wrong(given: object) -> None:
    with pytest.raises(BadFilter):
        parse(given)  # type: ignore[arg-type]


values = st.text(max_size=20)
leaves = (
    st.builds(Eq, st.just("title"), values)
    | st.builds(In, st.just("type"), st.lists(values, max_size=3).map(tuple))
    | st.builds(Glob, st.just("source"), values)
    | st.builds(Range, st.just("added"), st.none() | values, st.none() | values)
)
trees: st.SearchStrategy[Filter] = st.recursive(
    leaves,
    lambda inner: (
        st.builds(And, st.lists(inner, max_size=3).map(tuple))
        | st.builds(Or, st.lists(inner, max_size=3).map(tuple))
        | st.builds(Not, inner)
    ),
    max_leaves=6,
)


@given(trees)
def test_any_tree_compiles_to_sql_with_parameters_and_not_is_the_complement(tree: Filter) -> None:
    everything = {row[4] for row in ROWS}
    assert matching(Not(tree)) == everything - matching(tree)
    assert "'" not in sql(tree)[0]
