"""Secrets in what a remote model is sent, and what is said of it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from citebound.answer.generation.disclosure import first_use, outside
from citebound.answer.generation.generator import ChatGenerator, open_generator
from citebound.answer.generation.masking import Masks, secrets_in
from citebound.config import Config
from tests.answer.faulty import Server, chunk, says

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("The account svc-web used the password Winter2024! for months.", "Winter2024!"),
        ("The default password was hunter2.", "hunter2"),
        ("user: admin, password: letmein.", "letmein"),
        ("password: letmein host: db1", "letmein"),
        ("The passphrase is “correct horse battery staple”.", "correct horse battery staple"),
        ("api_key=abcd1234efgh", "abcd1234efgh"),
        ("db_password := 's3cr3t'", "s3cr3t"),
        ("postgres://admin:s3cr3tPw@db.internal:5432/x", "s3cr3tPw"),
        ("The key AKIAIOSFODNN7EXAMPLE was revoked.", "AKIAIOSFODNN7EXAMPLE"),
        ("with wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY beside it", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ("a token ghp_0123456789abcdefghijABCDEFGHIJ012345 in it", "ghp_0123456789abcdefghijABCDEFGHIJ012345"),
        ("xoxb-123456789012-abcdefghij", "xoxb-123456789012-abcdefghij"),
        (f"Authorization: Bearer {JWT}", JWT.rpartition(".")[2]),
        ("the keys AKIAIOSFODNN7EXAMPLE2 and others", "AKIAIOSFODNN7EXAMPLE"),
        ("x_ghp_0123456789abcdefghijABCDEFGHIJ012345", "0123456789abcdefghij"),
        ("with sk_live_0123456789abcdefghijABCD12 in it", "0123456789abcdefghij"),
        ("Authorization: Bearer abcDEFtoken", "abcDEFtoken"),
        ("curl -H 'Authorization: Basic YWRtaW46YWRtaW4=' x", "YWRtaW46YWRtaW4"),
        ("Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("Credentials: admin / Winter2024!", "Winter2024!"),
        ("Credentials: admin:Winter2024! were used", "Winter2024!"),
        ("Valid login (root / letmein) of the device", "letmein"),
        ("| password | Winter2024! |", "Winter2024!"),
        ("password\tWinter2024!", "Winter2024!"),
        ("Default password | Winter2024!", "Winter2024!"),
        ("| User | Password | Role |\n|---|---|---|\n| admin | Winter2024! | all |", "Winter2024!"),
        ("| User | Password |\n|---|---|\n| a | None |\n| admin | Winter2024! |", "Winter2024!"),
        ("-----BEGIN RSA PRIVATE KEY----- MIIEpAIBAAKC abc+/= -----END RSA PRIVATE KEY-----", "MIIEpAIBAAKC abc+/="),
    ],
)  # fmt: skip
def test_a_secret_is_masked(text: str, secret: str) -> None:
    masks = Masks([text])
    assert secret in text
    assert secret not in masks.mask(text)
    assert masks.restore(masks.mask(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "Password: must be at least 12 characters",
        "The password is stored in plain text and is sent to the server.",
        "A password of 12-20 characters, or a token of the user, is needed.",
        "Secret means information that is confidential. The Recipient shall keep it secret: no disclosure.",
        "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 of the sample",
        "CVE-2021-44228 CWE-79 CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H GHSA-jfh8-c2jp-5v3q",
        "See https://docs.example.org/csaf/v2.0/csaf-v2.0.html and 10.0.0.1, 8.8.8.8.",
        "Authorization: Basic authentication is used. Authorization: Bearer <token> is sent.",
        "Credentials: username / password, or a login/logout of the user",
        "| Hardcoded password | CWE-798 | High |\n| Password | A07:2021 | Role |\n| weak | 7.5 | see 4.2 |",
        "Reference 123e4567-e89b-12d3-a456-426614174000 of the Agreement dated 2021-03-01.",
        "",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert secrets_in(text) == []


def test_equal_secrets_have_one_placeholder_wherever_they_stand_and_others_have_others() -> None:
    texts = ["password=hunter22, api_key=zzzz9999", "Who uses hunter22? x_hunter222 too. <SECRET_1> is printed."]
    masks = Masks(texts)
    assert [masks.mask(text) for text in texts] == [
        "password=<SECRET_2>, api_key=<SECRET_3>",
        "Who uses <SECRET_2>? <SECRET_4> too. <SECRET_1> is printed.",
    ]
    assert [masks.restore(masks.mask(text)) for text in texts] == texts


def test_a_word_that_is_a_secret_is_not_one_inside_of_another_word() -> None:
    masks = Masks(["password: root. The rooted system, root_2 and root2, no chroots."])
    assert masks.mask("The rooted system, root_2 and root2, no chroots.") == (
        "The rooted system, <SECRET_2> and <SECRET_3>, no chroots."
    )


PIECES = ["hunter22", "letmein", "correct horse\nbattery", "x!y9", "9!ab", "<", ">", "< ", " >", "_", " ", "SECRET_",
          "SECRET_1", "<SECRET_2>", "1", "12", "a", "é", "密", "١", "\n", "|", "AKIAIOSFODNN7EXAMPLE"]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join), st.text(max_size=20))
@example("SECRET_1SECRET_", "")
def test_whatever_stands_beside_a_secret_it_is_masked_and_the_text_comes_back_exactly(text: str, other: str) -> None:
    told = "password=hunter22; password: 'x!y9'; password: '9!ab'; the passphrase is “correct horse battery”."
    texts = [told, text, other + text]
    masks = Masks(texts)
    for one in texts:
        masked = masks.mask(one)
        assert masks.restore(masked) == one
        assert "".join(masks.restored(masked)) == one
        for secret in ("hunter22", "x!y9", "9!ab", "AKIAIOSFODNN7EXAMPLE", "correct horse\nbattery"):
            assert secret not in masked


def test_secrets_are_restored_however_many_there_are() -> None:
    text = " ".join(f"password=hunter{n:04}" for n in range(1200))
    masks = Masks([text])
    assert len(masks) == 1200
    assert masks.restore(masks.mask(text)) == text


@pytest.mark.parametrize("said", ["<SECRET_1>", "SECRET_1", "< SECRET_1 >", "<SECRET_1"])
def test_a_placeholder_is_restored_however_the_model_writes_it(said: str) -> None:
    masks = Masks(["password=hunter22"])
    assert "".join(masks.restored(["The password is ", said, "."])) == "The password is hunter22."
    assert "".join(masks.restored(f"It is {said}, or SECRET_9 <")) == "It is hunter22, or SECRET_9 <"


@given(st.text(max_size=60), st.lists(st.integers(1, 5), max_size=40))
def test_a_reply_is_restored_however_it_is_cut(text: str, cuts: list[int]) -> None:
    masks = Masks(["password=hunter22"])
    whole = f"{text}<SECRET_1> and SECRET_1.{text}"
    pieces, rest = [], whole
    for cut in cuts:
        pieces.append(rest[:cut])
        rest = rest[cut:]
    assert "".join(masks.restored([*pieces, rest])) == masks.restore(whole)


@pytest.mark.parametrize(
    "text",
    ["//" * 10_000, "password: " * 4000, "eyJ" * 12_000, "a:b@" * 10_000, "'" * 40_000, "A" * 40_000,
     "-----BEGIN PRIVATE KEY-----" * 1500, "-----BEGIN RSA PRIVATE KEY-----" + "A " * 20_000, "xoxb-1-" * 6000,
     "credentials: a" * 3000, "credentials :" + " " * 40_000, "| password " * 4000,
     "hunter22" * 5000 + " password=hunter22", "password\t" * 4000, "authorization: basic " * 2000],
)  # fmt: skip
def test_hostile_text_costs_no_more_than_its_length(text: str) -> None:
    started = time.process_time()
    Masks([text]).mask(text)
    assert time.process_time() - started < 5


# -- the remote model -----------------------------------------------------------------------------------------------


def test_only_this_machine_is_not_outside() -> None:
    assert {outside(f"http://{host}:8000/v1") for host in ("127.0.0.1", "localhost", "[::1]", "127.9.9.9")} == {""}
    assert outside("http://ollama:11434/v1") == "ollama:11434"
    assert outside("https://user:key@api.example.com/v1") == "api.example.com"
    assert outside("http://10.0.0.7/v1") == "10.0.0.7"


@pytest.mark.parametrize(("url", "mask"), [("http://10.0.0.7/v1", True), ("http://127.0.0.1:9/v1", False)])
def test_masking_is_on_for_what_is_outside_and_can_be_turned_off(url: str, mask: bool, tmp_path: Path) -> None:
    with open_generator(Config(base_url=url), tmp_path) as generator:
        assert generator._mask is mask
    with open_generator(Config(base_url=url, mask_secrets=False), tmp_path) as generator:
        assert not generator._mask


def test_no_secret_is_sent_and_the_reply_has_it_again(server: Server) -> None:
    server.plan = [says(chunk("The password is <SEC"), chunk("RET_1"), chunk("> [1]."), chunk(None, "stop"), "[DONE]")]
    asked = [
        {"role": "system", "content": "Answer."},
        {"role": "user", "content": "[1] The default password is Winter2024! for all. Question: Is Winter2024! it?"},
    ]
    with ChatGenerator("m", server.url, "", timeout=20, mask=True) as generator:
        assert "".join(generator.stream(asked, max_tokens=50)) == "The password is Winter2024! [1]."
    sent = json.dumps(server.bodies)
    assert "Winter2024" not in sent
    assert sent.count("<SECRET_1>") == 2


def test_what_leaves_is_said_once_for_each_data_root_and_host(tmp_path: Path) -> None:
    said = first_use(tmp_path, "api.example.com:8443", masked=True)
    for part in ("api.example.com:8443", "question", "text, titles", "masked", "--no-llm"):
        assert part in said
    assert first_use(tmp_path, "api.example.com:8443", masked=True) == ""
    assert "not masked" in first_use(tmp_path, "other.example.com", masked=False)
    assert first_use(tmp_path / "gone", "api.example.com", masked=True) != ""
    assert first_use(tmp_path, "../../etc/passwd", masked=True) != ""
    assert not list(tmp_path.parent.glob("etc*"))


def test_of_many_that_ask_at_once_one_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    threads = [
        threading.Thread(target=lambda: told.append(first_use(tmp_path, "api.example.com", masked=True)))
        for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(map(bool, told)) == 1


def test_the_library_is_loaded_by_the_first_prompt_for_a_remote_model_and_opens_no_connection() -> None:
    code = """
import socket, sys
from citebound.answer.generation.generator import ChatGenerator
from citebound.answer.generation.masking import Masks
assert not [name for name in sys.modules if name.startswith("detect_secrets")]
def refuse(*args, **kwargs): raise AssertionError("a connection")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
print(Masks(["aws AKIAIOSFODNN7EXAMPLE password=hunter22 xoxb-123456789012-abcdefghij"]).mask("AKIAIOSFODNN7EXAMPLE"))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "<SECRET_1>", done.stderr
