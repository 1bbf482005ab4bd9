import sqlite3

from hypothesis import given
from hypothesis import strategies as st

from citebound.indexes.lexical import identifiers, match_expression


def test_identifiers_are_whole_tokens_without_punctuation() -> None:
    assert identifiers("See CVE-2021-44228 and CWE-89 in Section 9.2 (QV-03).") == "idcve202144228 idcwe89 id92 idqv03"


def test_a_question_of_stop_words_still_searches() -> None:
    assert match_expression("what is it?") == '"what" OR "is" OR "it"'
    assert match_expression("?!") == ""


@given(st.text(max_size=60))
def test_no_question_is_a_syntax_error(question: str) -> None:
    expression = match_expression(question)
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE words USING fts5 (text, context, identifiers)")
    if expression:
        db.execute("SELECT rowid FROM words WHERE words MATCH ?", (expression,)).fetchall()
    db.close()
