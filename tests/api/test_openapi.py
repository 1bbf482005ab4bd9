"""The published description of the service, and the requests that show how to use it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from citebound.api.service import openapi_text

FOLDER = Path(__file__).parents[2] / "api"


def parts() -> list[str]:
    return re.split(r"^###.*$", (FOLDER / "requests.http").read_text("utf-8"), flags=re.MULTILINE)[1:]


def variables() -> dict[str, str]:
    return dict(re.findall(r"^@(\w+) = (.*)$", parts()[0], flags=re.MULTILINE))


def requests() -> list[tuple[int, str, str, dict[str, str], str]]:
    found = []
    for part in parts()[1:]:
        for name, value in variables().items():
            part = part.replace("{{" + name + "}}", value)
        head, _, body = part.strip().partition("\n\n")
        expected, first, *lines = head.splitlines()
        method, url = first.split(" ", 1)
        headers = dict(line.split(": ", 1) for line in lines)
        found.append((int(expected.removeprefix("# expect ")), method, url, headers, body.strip()))
    return found


def test_openapi_json_is_up_to_date() -> None:
    refresh = "python -m citebound.api.service --openapi > api/openapi.json"
    assert json.loads((FOLDER / "openapi.json").read_text("utf-8")) == json.loads(openapi_text()), f"run: {refresh}"


def test_the_readme_has_every_route() -> None:
    described: dict[str, Any] = json.loads((FOLDER / "openapi.json").read_text("utf-8"))["paths"]
    table = re.findall(r"^\| `(GET|POST|DELETE) (\S+)` \|", (FOLDER / "README.md").read_text("utf-8"), re.M)
    assert set(table) == {(verb.upper(), path) for path, verbs in described.items() for verb in verbs}


def test_every_reference_in_openapi_json_leads_somewhere() -> None:
    text = (FOLDER / "openapi.json").read_text("utf-8")
    schemas = json.loads(text)["components"]["schemas"]
    assert set(re.findall(r'"#/components/schemas/(\w+)"', text)) <= set(schemas)


@pytest.mark.parametrize("request_", requests(), ids=lambda r: f"{r[1]} {r[2].rpartition('/')[2]} {r[0]}")
def test_the_sample_requests_work(client: httpx.Client, request_: tuple[int, str, str, dict[str, str], str]) -> None:
    expected, method, url, headers, body = request_
    path = url.removeprefix(variables()["base"])
    response = client.request(method, path, headers=headers, content=body)
    assert response.status_code == expected, response.text


def test_there_is_a_sample_request_for_each_operation() -> None:
    described: dict[str, Any] = json.loads((FOLDER / "openapi.json").read_text("utf-8"))["paths"]
    operations = {(verb.upper(), path) for path, verbs in described.items() for verb in verbs}
    shown = set()
    for _, method, url, _, _ in requests():
        path = url.removeprefix(variables()["base"]).partition("?")[0]
        for name in ("collection", "scorer", "reports"):
            path = path.replace(f"/{variables()[name]}/", "/{name}/")
        path = path.replace("/receipts/last", "/receipts/{receipt}").replace("/chats/last", "/chats/{chat}")
        shown.add((method, path))
    assert operations <= shown
