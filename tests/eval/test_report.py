import json
import re
from html.parser import HTMLParser

import pytest

from citebound.eval import report_tables as tables
from citebound.eval.markup import Html, joined, tag, text
from citebound.eval.published import PUBLISHED
from citebound.eval.report import report, summary
from citebound.eval.verdict import COSTS, RULE, Update, verdict
from citebound.eval.verdict_check import CASES, built
from tests.eval.boards import against, by_hand, cell, large

TEXTS = {"cuad_main": {f"cuad-{n:03}": {"question": f"<q{n}>", "answer": "a & b", "gold": "c"} for n in range(120)}}
VOID = {"meta", "br", "path", "use", "link", "img"}


class Page(HTMLParser):
    """Collects tags, attributes and the text outside of the style sheet; fails on a tag that is closed out of turn."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.words = ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(name)
        self.attributes += [(key, value or "") for key, value in attributes]
        if name not in VOID:
            self.open.append(name)

    def handle_startendtag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self.attributes += [(key, value or "") for key, value in attributes]

    def handle_endtag(self, name: str) -> None:
        if name not in VOID:
            assert self.open.pop() == name

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words += data.replace("\u00a0", " ") + " "


@pytest.fixture(scope="module")
def html() -> str:
    return report([large()])


def test_a_page_asks_for_nothing_from_elsewhere_and_runs_no_script(html: str) -> None:
    page = Page(html)
    assert not page.tags & {"script", "link", "img", "iframe", "object", "embed"}
    addresses = [v for k, v in page.attributes if k in ("href", "src", "xlink:href", "srcset", "action")]
    assert addresses
    assert all(address.startswith("#") for address in addresses)
    assert "@import" not in html
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", html))


def test_ids_are_unique_and_every_reference_has_its_target() -> None:
    page = Page(report([large(), large(own=True)]))
    ids = [value for key, value in page.attributes if key == "id"]
    assert len(ids) == len(set(ids))
    assert {v[1:] for k, v in page.attributes if k in ("href", "xlink:href")} <= set(ids)


def test_the_same_board_gives_the_same_bytes(html: str) -> None:
    assert report([large()]) == html


def test_the_headline_the_rule_and_the_costs_are_on_the_page(html: str) -> None:
    words = Page(html).words
    for regime in ("given", "corpus"):
        assert verdict(large(), regime).headline in words
    assert all(line in words for line in (*RULE, COSTS))
    assert "the test split of this suite was opened 2 times" in words
    assert PUBLISHED["cuad"][0].figures in words


def test_what_a_control_or_a_missing_registration_says_stands_in_a_warning() -> None:
    warned = report([large(dead=True, committed=False)])
    warnings = re.findall(r'<p class="warning" role="note">(.*?)</p>', warned)
    assert len(warnings) == 4  # two in each regime
    assert "Exploratory" in warnings[0]
    assert "The retrieval claim is dead on this suite" in warnings[1]
    assert 'class="warning"' not in report([large()])


def test_texts_are_escaped_and_shown_for_the_users_own_data_alone() -> None:
    own = report([large(own=True)], TEXTS)
    assert "&lt;q" in own
    assert "<q" not in own
    assert "a &amp; b" in own
    assert "&lt;q" not in report([large()], TEXTS)
    assert "CUAD: short &lt;answers&gt;" in own
    assert "<answers>" not in own


def test_families_and_models_are_ranked_apart_and_each_by_the_metric() -> None:
    groups = tables.groups(large(), "given")
    assert list(groups) == [
        "Generator systems, qwen2.5-0.5b",
        "Generator systems, smollm2-135m",
        "Control systems",
        "Encoder systems",
    ]
    for cells in groups.values():
        values = [c["metrics"]["correct"]["value"] for c in cells]
        assert values == sorted(values, reverse=True)
    assert {c["system"] for c in groups["Generator systems, smollm2-135m"]} == {"small_rag", "small_fine_tuned"}


def test_every_system_stands_in_the_tables_with_its_costs_and_why_it_does_not_count(html: str) -> None:
    words = Page(html).words
    for made in large()["cells"]:
        assert made["system"] in words
    assert "the development loss did not fall" in words
    scores = tables.scores("t", [cell("x", parse_failures=0.25, failed=0.1)], "correct")
    assert scores.rows == (("x", "0.500", "0.400 to 0.600", "200", "50", "1", "25.0 %", "10.0 %", "1,000", ""),)
    costs = tables.costs("t", [cell("x", cost={"index_bytes": 2.5e6, "labels": 50.0})], price=1.8)
    # 1,000 s are 5 / 18 of an hour: at 1.8 an hour 0.50.
    assert dict(zip(costs.head, costs.rows[0], strict=True)) | {"price / 1,000": "0.50", "index MB": "2.5"} == dict(
        zip(costs.head, costs.rows[0], strict=True)
    )


def test_slices_are_those_where_rag_is_below_the_rival_worst_first() -> None:
    def slices(system: str, *values: float) -> dict[str, object]:
        kinds = {f"kind {n}": {"value": v, "n": 10 + n} for n, v in enumerate(values)}
        return {"system": system, "regime": "given", "metric": "correct", "kinds": kinds}

    board = by_hand([cell("rag")], [], slices=[slices("rag", 0.5, 0.9, 0.2), slices("rival", 0.6, 0.8, 0.7)])
    assert tables.slices(board, "given", "rival").rows == (
        ("kind 2", "0.200", "0.700", "-0.500", "12"),
        ("kind 0", "0.500", "0.600", "-0.100", "10"),
    )
    assert tables.slices(board, "given", "").rows == ()


def test_what_one_document_costs_is_told_of_the_index_and_a_trained_system_must_be_retrained() -> None:
    update = Update(add=2.5, change=1.44, delete=0.7)
    cells = [
        cell("rag", trained=False, cost={"index_seconds": 90.0}),
        cell("zero_shot", trained=False),
        cell("reader", cost={"index_seconds": 90.0, "adapt_wall_seconds": 812.0}),
    ]
    assert tables.updates(cells, update).rows == (
        ("rag", "2.50", "1.44", "0.70", ""),
        ("zero_shot", "", "", "", ""),
        ("reader", "2.50", "1.44", "0.70", "must be retrained (812 s), or is stale"),
    )
    words = Page(report([large()], updates={"cuad": update})).words
    assert "Seconds to add, change and delete one document" in words
    assert "Seconds to add, change and delete one document" not in Page(report([large()])).words


def test_parts_of_the_items_stand_in_tables_with_n_and_interval() -> None:
    first = {"value": 0.5, "low": 0.25, "high": 0.75, "n": 8}
    row = {"system": "rag", "regime": "given", "metric": "correct", "depths": {"first third": first}}
    (table,) = tables.robustness(by_hand([cell("rag")], [], depths=[row]), "given")
    assert table.caption == "correct by where in its document the gold begins"
    assert table.rows == (("rag", "0.500 (0.250 to 0.750), n 8", "", ""),)
    assert tables.robustness(by_hand([cell("rag")], []), "given") == []


def test_stages_and_worst_cases_are_told_in_words() -> None:
    losses = large()["losses"][0]
    stages = tables.stages(losses)
    assert [row[0] for row in stages.rows] == list(tables.STAGES.values())
    assert sum(int(row[1]) for row in stages.rows) == 90  # the answerable ones of 120
    worst = tables.worst(losses)
    assert len(worst.rows) == 20
    confidences = [float(row[4]) for row in worst.rows]
    assert confidences == sorted(confidences, reverse=True)


def test_charts_have_words_for_those_who_do_not_see_them(html: str) -> None:
    figures = re.findall(r"<figure>(.*?)</figure>", html, re.S)
    assert len(figures) == 10  # five in each regime
    for figure in figures:
        assert figure.startswith("<figcaption><b>")
        assert re.search(r'<svg role="img" aria-label="[^"]+"', figure)
    assert "#0101" not in html  # no stand-in for a colour is left


def test_a_board_of_one_system_has_a_page() -> None:
    words = Page(report([by_hand([cell("rag")], [])])).words
    assert "No evidence: rag was compared with nothing here." in words


def test_a_comparison_without_a_p_says_so() -> None:
    few = against("rival", "no evidence", 0.1, p=None, p_holm=None, reason="fewer than 15 documents")
    board = by_hand([cell("rag"), cell("rival")], [few])
    assert tables.comparisons(board, "given").rows[0][3:] == (
        "none",
        "0.110",
        "200",
        "50",
        "no evidence: fewer than 15 documents",
    )
    assert "no p" in Page(report([board])).words


def test_direct_comparisons_of_systems_that_join_both_have_a_table_of_their_own() -> None:
    made = built(CASES["both"], seed=1, resamples=300)
    shown = tables.direct(made, "given")
    assert [row[:2] for row in shown.rows] == [("fine_tuned_rag", "zero_shot"), ("fine_tuned_rag", "embedding_head")]
    assert {row[-1] for row in shown.rows} == {"fine_tuned_rag better"}
    assert all(len(row) == len(shown.head) for row in shown.rows)
    for page in (report([made]), summary([made])):
        assert "each rival, directly" in page
        assert "Compared directly on the same 400 items" in page
    assert not tables.direct(large(), "given").rows
    assert "each rival, directly" not in summary([large()])


def test_the_summary_holds_verdicts_comparisons_systems_and_the_rule() -> None:
    made = summary([large()])
    assert made == summary([large()])
    assert tables.escaped(verdict(large(), "given").headline) in made
    assert r"| always\_not\_found |" in made
    assert "9. No evidence: otherwise." in made
    for block in re.findall(r"(?:^\|.*\|\n?)+", made, re.M):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1


def test_markdown_marks_in_names_are_escaped() -> None:
    table = tables.Table("a_b", ("x|y",), (("*1*\n<b>",),))
    assert tables.markdown(table) == "**a\\_b**\n\n| x\\|y |\n| --- |\n| \\*1\\* \\<b\\> |"


def test_markup_escapes_all_but_markup() -> None:
    assert text('<"&') == "&lt;&quot;&amp;"
    assert tag("p", "a<b", Html("<b>c</b>"), class_='x"') == '<p class="x&quot;">a&lt;b<b>c</b></p>'
    assert joined(["<", Html("<br>")], " ") == "&lt; <br>"
    assert text("5 %") == "5\u00a0%"


def test_a_board_that_was_saved_and_read_has_the_same_page(html: str) -> None:
    assert report([json.loads(json.dumps(large()))]) == html
