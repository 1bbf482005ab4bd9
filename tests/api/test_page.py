"""The pages: one file each, nothing from outside, nothing from a document becomes markup."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from citebound.api import page
from tests.api import browser
from tests.api.browser import Browser
from tests.api.conftest import QUESTION
from tests.fakes import Echo

ATTACKS = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(2)</script>",
    "<svg onload=alert(3)>",
    "![x](http://127.0.0.2:9/a.png)",
    '<iframe src="javascript:alert(4)"></iframe>',
    "[here](javascript:alert(5)) <http://127.0.0.2:9/b>",
    "</p><style>@import 'http://127.0.0.2:9/c.css';</style>",
]


@pytest.mark.parametrize("name", ["page.html", "docs.html"])
def test_a_page_is_one_file_that_its_policy_fits(name: str) -> None:
    shown = page.Page.load(name)
    markup = page.INSIDE.sub("", shown.html)
    assert not re.search(r"\son\w+=|\sstyle=|javascript:|<(script|style|iframe|object|base)\b", markup)
    assert not re.search(r"https?://", shown.html)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", shown.html)
    assert shown.policy.count("'sha256-") == 2
    assert "unsafe" not in shown.policy


def test_every_control_has_a_label() -> None:
    html = page.text("page.html")
    labelled = set(re.findall(r'<label for="([\w-]+)"', html)) | {"quotes"}
    assert '<label class="check"><input id="quotes"' in html
    assert set(re.findall(r'<(?:select|textarea|input) id="([\w-]+)"', html)) == labelled


needs_browser = pytest.mark.skipif(bool(browser.missing()), reason=browser.missing() or "-")


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("profile")) as made:
        yield made


def visit(tab: Browser, url: str) -> None:
    for seen in (tab.requests, tab.console, tab.dialogs):
        seen.clear()
    tab.open(url)


def ask(tab: Browser, question: str, collection: str = "demo") -> None:
    tab.wait("!document.getElementById('ask').disabled")
    tab.run(f"document.getElementById('collection').value = '{collection}'")
    tab.run("document.getElementById('question').focus()")
    tab.type(question)
    tab.press("Enter", 13, "\r")


def text(tab: Browser) -> str:
    return str(tab.run("document.getElementById('result').innerText"))


def stayed_home(tab: Browser, url: str) -> bool:
    return bool(tab.requests) and all(r.startswith((url + "/", "about:")) for r in tab.requests)


@needs_browser
def test_a_question_typed_is_answered_with_its_exhibit(tab: Browser, base: str) -> None:
    visit(tab, base + "/")
    ask(tab, QUESTION)
    tab.wait("document.querySelector('#answer .marker')")
    assert "with thirty days written notice." in text(tab)
    tab.run("document.querySelector('#answer .marker').click()")
    assert tab.run("document.activeElement.id") == "exhibit-1"
    shown = tab.run("document.getElementById('exhibit-1').innerText")
    assert "agreement.md" in shown
    assert "9 Termination" in shown
    assert "thirty days written notice" in tab.run("document.querySelector('#exhibit-1 mark').textContent")
    assert stayed_home(tab, base)
    assert tab.console == []


@needs_browser
def test_what_is_not_found_shows_what_was_searched(tab: Browser, base: str) -> None:
    visit(tab, base + "/")
    ask(tab, "Purple elephants dance on Saturn")
    tab.wait("document.querySelector('.banner')")
    assert "Not found in these documents" in text(tab)
    assert "1 document with" in text(tab)
    assert "Purple elephants dance on Saturn" in text(tab)
    assert "Nearest places, and what they lack" in text(tab)
    assert "it does not speak of" in text(tab)
    assert "purple, elephants, dance, saturn" in text(tab)


@needs_browser
def test_a_stated_rate_is_not_rounded_down(tab: Browser, base: str) -> None:
    visit(tab, base + "/")
    assert tab.run("[0.004, 0.025, 0.05, 0.0501, 0.07, 0.0999, 0.29, 1].map(atMost).join(' ')") == (
        "0.4 2.5 5 5.1 7 10 29 100"
    )


@needs_browser
def test_an_error_is_shown_with_its_remedy(tab: Browser, base: str) -> None:
    visit(tab, base + "/")
    tab.wait("!document.getElementById('ask').disabled")
    tab.run("document.getElementById('filter').value = 'colour:red'")
    ask(tab, QUESTION)
    tab.wait("document.querySelector('[role=alert]')")
    assert "Unknown filter field 'colour'" in text(tab)
    assert "Fields: source" in text(tab)


@needs_browser
def test_a_hostile_document_and_name_are_shown_as_text(tab: Browser, base: str) -> None:
    visit(tab, base + "/")
    ask(tab, "What storage fee shall the vendor pay each month?", "hostile")
    tab.wait("document.querySelector('#answer .marker')")
    tab.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    for part in ("<script>alert('text')</script>", "onerror=alert('name')", "onerror=\"alert('title')\""):
        assert part in text(tab)
    assert_inert(tab, base)


@needs_browser
def test_a_hostile_answer_is_shown_as_text(tab: Browser, serve: Callable[[Any], httpx.Client]) -> None:
    client = serve(Echo(" ".join([*ATTACKS, "[1]"])))
    base = str(client.base_url).rstrip("/")
    visit(tab, base + "/")
    tab.run(
        "new MutationObserver(() => { const d = document.querySelector('#draft .answer');"
        " if (d) window.draft = d.textContent; }).observe(document.body, {childList: true, subtree: true})"
    )
    ask(tab, QUESTION)
    tab.wait("document.querySelector('#answer, .banner')")
    for attack in ATTACKS:
        assert attack in tab.run("window.draft")
    assert_inert(tab, base)


def assert_inert(tab: Browser, base: str) -> None:
    assert tab.run("document.querySelectorAll('#result img, #result script, #result svg, #result iframe').length") == 0
    assert tab.dialogs == []
    assert tab.console == []
    assert stayed_home(tab, base)


@needs_browser
def test_the_api_page_describes_every_operation_and_stays_home(tab: Browser, base: str) -> None:
    visit(tab, base + "/docs")
    tab.wait("document.querySelector('.operation')")
    shown = tab.run("document.body.innerText")
    for path in httpx.get(base + "/openapi.json", trust_env=False).json()["paths"]:
        assert path in shown
    assert stayed_home(tab, base)
    assert tab.console == []


def test_the_pages_are_where_the_package_is() -> None:
    assert {p.name for p in Path(page.__file__).parent.glob("*.html")} == {"page.html", "docs.html"}
