"""The service's settings, read once from the environment (`FANZHA_…`)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from fanzha.errors import InputError
from fanzha.post import MAX_POST_CHARS

__all__ = ["PREFIX", "Settings", "read_settings"]

PREFIX: Final = "FANZHA_"
"""Every setting's environment variable is this and the field's name in capitals."""

# Kubernetes gives each pod FANZHA_SERVICE_HOST, FANZHA_PORT_8000_TCP … when a Service is called
# "fanzha"; they are not ours and must not stop the service as unknown settings would.
_KUBERNETES: Final = re.compile(r"service_(host|port)(_.*)?|port(_[0-9]+_.*)?")


class _Environment(EnvSettingsSource):
    """The environment, with unknown `FANZHA_` names kept so that a misspelt one is refused."""

    def __call__(self) -> dict[str, Any]:
        values = super().__call__()
        for name, value in self.env_vars.items():
            if not name.startswith(PREFIX.lower()) or not value:
                continue
            field = name.removeprefix(PREFIX.lower())
            if field not in self.settings_cls.model_fields and not _KUBERNETES.fullmatch(field):
                values[field] = value
        return values


class Settings(BaseSettings):
    """What an operator may set; frozen, and an unknown name is refused.

    Raises
    ------
    pydantic.ValidationError
        A value is out of its range, or a `FANZHA_` variable is not a setting; `read_settings`
        gives the same as an `InputError`.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True
    )

    bundle: Path | None = Field(
        default=None, description="Folder of the trained bundle; unset: the shipped one."
    )
    policy: Path | None = Field(
        default=None, description="JSON file with the thresholds; unset: the bundle's own."
    )
    registry: Path | None = Field(
        default=None,
        description="Table laid over the shipped hotline registry and read again when it changes; "
        "unset: the shipped registry alone.",
    )
    threads: int = Field(
        default=2,
        ge=1,
        le=64,
        description="Batches and long posts checked at the same time by one worker process.",
    )
    waiting: int = Field(
        default=24,
        ge=0,
        le=10_000,
        description="Requests that may wait in one worker process; a further one is a 503.",
    )
    wait_s: float = Field(
        default=5.0,
        gt=0,
        le=60,
        description="Longest wait for a thread in seconds, then the request is answered with 503.",
    )
    max_body_bytes: int = Field(
        default=8 * 1024 * 1024,
        ge=1024,
        le=1024**3,
        description="Largest request body in bytes; a larger one is answered with 413.",
    )
    max_post_chars: int = Field(
        default=100_000,
        ge=1,
        le=MAX_POST_CHARS,
        description="Longest post in code points; a longer one is answered with 422.",
    )
    data: Path | None = Field(
        default=None,
        description="Folder of the service's SQLite database and files; unset: nothing is kept.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="Database to use instead, e.g. postgresql://user:password@host/name.",
    )
    record_queue: int = Field(
        default=10_000,
        ge=1,
        le=1_000_000,
        description="Records of verdicts that may wait for the database; further are dropped.",
    )
    require_key: bool = Field(
        default=False, description="Whether callers need a key before the first one is made."
    )
    job_max_bytes: int = Field(
        default=1024**3,
        ge=1024,
        le=1024**4,
        description="Largest file of a job in bytes; a larger one is answered with 413.",
    )
    job_retention_h: float = Field(
        default=168.0,
        gt=0,
        le=24 * 3650,
        description="Hours after which a job is deleted with its files, from its beginning.",
    )
    shadow_bundle: Path | None = Field(
        default=None,
        description="Folder of a candidate bundle that judges beside the live one; its verdicts "
        "are compared and never given.",
    )
    shadow_share: float = Field(
        default=0.1, gt=0, le=1, description="Share of the posts that the candidate judges too."
    )
    drift_alarm: float = Field(
        default=0.25,
        gt=0,
        le=100,
        description="Population stability index from which scores or rates have drifted.",
    )
    otel: bool = Field(
        default=False,
        description="Whether spans and metrics of requests go to OpenTelemetry, by its own "
        "variables; needs fanzha[otel].",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Least level that is logged."
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
        """Read arguments and the environment only; no `.env` file, no secrets folder."""
        return (init_settings, _Environment(settings_cls))


def read_settings() -> Settings:
    """Read the settings from the environment.

    Raises
    ------
    InputError
        A value does not fit or a `FANZHA_` variable is unknown; the message names it.
    """
    try:
        return Settings()
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        name = PREFIX + "_".join(str(part) for part in wrong["loc"]).upper()
        if wrong["type"] == "extra_forbidden":
            known = ", ".join(PREFIX + field.upper() for field in Settings.model_fields)
            raise InputError(f"{name} is not a setting; unset it or use one of {known}") from error
        # The address of a database may hold a password.
        value = "not usable" if "database_url" in wrong["loc"] else repr(str(wrong["input"])[:40])
        raise InputError(
            f"the setting {name} is {value}: {wrong['msg']}; "
            "correct it or unset it, see docs/reference/settings.md"
        ) from error
