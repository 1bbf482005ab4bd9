"""Settings: defaults, then citebound.toml, then the environment; nothing misspelt is silently without effect."""

from pathlib import Path

import pytest

from citebound import config as settings
from citebound.config import Config
from citebound.errors import ConfigError


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in Config.model_fields:
        monkeypatch.delenv(settings.PREFIX + name.upper(), raising=False)
    return tmp_path


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Config.model_fields.values())


def test_the_environment_goes_before_the_file_and_the_file_before_the_defaults(
    empty_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.load().threads == 0
    (empty_folder / "citebound.toml").write_text('threads = 2\nhome = "elsewhere"\n')
    assert settings.load().threads == 2
    monkeypatch.setenv("CITEBOUND_THREADS", "4")
    assert settings.load().threads == 4
    assert settings.load().home == Path("elsewhere")
    assert settings.load(threads=8).threads == 8


def test_models_lie_in_the_cache_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert settings.load().models == tmp_path / "cache" / "citebound" / "models"


@pytest.mark.parametrize(
    ("text", "message", "remedy"),
    [
        ("evidence_token = 3", "unknown setting 'evidence_token' in citebound.toml", "'evidence_tokens'"),
        ("zzzzzz = 3", "unknown setting 'zzzzzz'", "citebound config"),
        ("[threads]\nx = 1", "setting 'threads'", "citebound config"),
        ('api_key = "x"', "holds the secret 'api_key'", "CITEBOUND_API_KEY"),
        ('hub_token = "x"', "holds the secret 'hub_token'", "CITEBOUND_HUB_TOKEN"),
        ('threads = "many"', "setting 'threads'", "citebound config"),
        ("evidence_tokens = 1", "setting 'evidence_tokens'", "citebound config"),
        ("threads = ", "citebound.toml cannot be read", "Mend"),
        ("threads = 1\nthreads = 2", "citebound.toml cannot be read", "Mend"),
    ],
)
def test_a_wrong_file_is_refused_with_the_key_and_a_remedy(
    empty_folder: Path, text: str, message: str, remedy: str
) -> None:
    (empty_folder / "citebound.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        settings.load()
    assert message in str(caught.value)
    assert remedy in caught.value.remedy


def test_a_file_that_is_no_text_or_a_folder_is_refused(empty_folder: Path) -> None:
    path = empty_folder / "citebound.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        settings.load()
    path.unlink()
    path.mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        settings.load()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("CITEBOUND_FOO", "1", "unknown setting CITEBOUND_FOO"),
        ("CITEBOUND_EVIDENCE_TOKEN", "1", "CITEBOUND_EVIDENCE_TOKEN"),
        ("CITEBOUND_THREADS", "many", "setting 'threads'"),
        ("CITEBOUND_REQUIRE_SANDBOX", "perhaps", "setting 'require_sandbox'"),
    ],
)
def test_a_wrong_variable_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=message) as caught:
        settings.load()
    assert caught.value.remedy


def test_an_unknown_override_is_refused() -> None:
    with pytest.raises(ConfigError, match="thread"):
        settings.load(thread=1)


def test_secrets_come_from_the_environment_and_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEBOUND_API_KEY", "the secret")
    config = settings.load()
    assert config.api_key is not None
    assert config.api_key.get_secret_value() == "the secret"
    assert "the secret" not in f"{config} {config!r} {config.api_key}"


def test_settings_cannot_be_changed_after_they_were_read() -> None:
    with pytest.raises(ValueError, match="frozen"):
        settings.load().threads = 3  # type: ignore[misc]
