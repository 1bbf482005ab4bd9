"""Settings: defaults here, then `citebound.toml` in the working directory, then CITEBOUND_* variables.

An unknown key raises ConfigError, so that a misspelt setting is never silently without effect. Secrets are read from
the environment only: a file with one is refused.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from citebound.errors import ConfigError

PREFIX = "CITEBOUND_"
SECRETS = frozenset({"api_key", "hub_token"})
ELSEWHERE = frozenset({"data"})
"""CITEBOUND_ variables that are read by the evaluation, not here."""


def cache_home() -> Path:
    """The folder for downloaded models: $XDG_CACHE_HOME/citebound or ~/.cache/citebound."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "citebound"


class Config(BaseSettings):
    """All settings. Each has a description, which `citebound config` and the README show."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    home: Path = Field(Path("indexes"), description="Data root: collections are folders in it.")
    models: Path = Field(default_factory=lambda: cache_home() / "models", description="Where model files are kept.")
    model_folder: Path | None = Field(
        None, description="A folder that is searched for model files before any download."
    )
    hub_url: str = Field("https://huggingface.co", description="Model hub; empty turns it off.")
    hub_timeout: float = Field(5.0, gt=0, description="Seconds to wait for a connection to the hub.")
    hub_token: SecretStr | None = Field(None, description="Token for the hub (environment only).")
    encoder: str = Field(
        "all-minilm-l6-v2",
        description="Encoder from the model catalogue, or the folder of a sentence-transformers model.",
    )
    cross_encoder: Path | None = Field(
        None,
        description="Folder of a sentence-transformers cross-encoder that puts the first hits of a search in order.",
    )
    adapter: bool = Field(
        False, description="Search with a collection's query adapter where it has one (`citebound adapt`)."
    )
    generator: str = Field(
        "qwen2.5-coder-0.5b-instruct",
        description="Embedded generator from the model catalogue, or the model's name at base_url.",
    )
    base_url: str = Field(
        "",
        description="An OpenAI-compatible server to use instead of the embedded one: questions and passages go there.",
    )
    api_key: SecretStr | None = Field(None, description="Key for base_url (environment only).")
    generator_timeout: float = Field(120.0, gt=0, description="Seconds that one answer may take.")
    evidence_tokens: int = Field(400, ge=50, le=100_000, description="Tokens of evidence given to the generator.")
    unsure: Literal["show", "hide"] = Field(
        "show", description="Answers that do not reach the stated error rate: shown as unsure, or not found."
    )
    answer_tokens: int = Field(160, ge=16, le=4096, description="Tokens that the generator may write.")
    second_try: bool = Field(
        False, description="When nothing of a draft could be proven, ask the generator for the number of a sentence."
    )
    mask_secrets: bool = Field(
        True, description="Mask passwords, keys and tokens in what is sent to a base_url that is not on this machine."
    )
    profiles: Path = Field(
        Path("ingest/profiles"), description="Folder of your own kinds of documents, one TOML file each."
    )
    threads: int = Field(0, ge=0, description="Threads for models; 0 means all cores.")
    question_limit: int = Field(4000, ge=1, description="Characters that a question may have.")
    file_limit: int = Field(50_000_000, gt=0, description="Bytes that one file may have.")
    page_limit: int = Field(2000, gt=0, description="Pages that one file may have.")
    text_limit: int = Field(5_000_000, gt=0, description="Characters that one document may have.")
    parse_memory: int = Field(2 * 1024**3, gt=0, description="Bytes of address space that one parser may take.")
    parse_seconds: float = Field(120.0, gt=0, description="Seconds that one file may take to parse.")
    require_sandbox: bool = Field(
        False, description="Refuse to ingest where parsers cannot be cut off from the network."
    )
    flat_limit: int = Field(200_000, ge=1, description="Vectors up to which the search is exact.")
    hnsw_limit: int = Field(
        2_000_000, ge=1, description="Vectors up to which HNSW is used; above it, IVF with 8-bit vectors."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, "citebound.toml")


def load(**overrides: Any) -> Config:
    """The settings in force here. Raises ConfigError, naming the key and where it came from."""
    known = set(Config.model_fields)
    for name in os.environ:
        key = name.removeprefix(PREFIX).lower()
        if name.startswith(PREFIX) and key not in known | ELSEWHERE:
            raise ConfigError(f"unknown setting {name} in the environment", remedy=_suggest(key, known))
    try:
        in_file = tomllib.loads(Path("citebound.toml").read_text("utf-8")) if Path("citebound.toml").exists() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(f"citebound.toml cannot be read: {error}", remedy="Mend or remove the file.") from error
    for key in in_file:
        if key in SECRETS:
            raise ConfigError(
                f"citebound.toml holds the secret {key!r}",
                remedy=f"Remove it there and set {PREFIX}{key.upper()} in the environment.",
            )
        if key not in known:
            raise ConfigError(f"unknown setting {key!r} in citebound.toml", remedy=_suggest(key, known))
    try:
        return Config(**overrides)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(
            f"setting {key!r}: {first['msg']}", remedy="See `citebound config` for what it may be."
        ) from error


def _suggest(key: str, known: set[str]) -> str:
    import difflib

    near = difflib.get_close_matches(key, known, n=1)
    return f"Did you mean {near[0]!r}?" if near else "`citebound config` lists all settings."
