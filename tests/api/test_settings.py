"""Settings come from the environment, and nothing in it is guessed or overlooked."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from fanzha.errors import InputError
from fanzha_api.app import create_app
from fanzha_api.settings import PREFIX, Settings, read_settings

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"


def test_an_empty_environment_gives_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FANZHA_BUNDLE", "")
    assert read_settings() == Settings()
    assert read_settings().bundle is None
    assert read_settings().max_post_chars == 100_000


def test_the_environment_is_read_when_the_application_is_built(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FANZHA_MAX_POST_CHARS", "7")
    assert create_app().state.service.settings.max_post_chars == 7


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FANZHA_THREADS", "many"),
        ("FANZHA_THREADS", "0"),
        ("FANZHA_WAIT_S", "-1"),
        ("FANZHA_WAIT_S", "nan"),
        ("FANZHA_MAX_BODY_BYTES", "1"),
        ("FANZHA_MAX_POST_CHARS", "2000001"),
        ("FANZHA_LOG_LEVEL", "loud"),
        ("FANZHA_THRAEDS", "2"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=name):
        read_settings()


@pytest.mark.parametrize(
    "name",
    ["FANZHA_SERVICE_HOST", "FANZHA_SERVICE_PORT_HTTP", "FANZHA_PORT", "FANZHA_PORT_8000_TCP_ADDR"],
)
def test_what_kubernetes_sets_for_a_service_called_fanzha_is_not_ours(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "tcp://10.0.0.1:8000")
    assert read_settings() == Settings()


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().threads = 3


@pytest.mark.parametrize("field", Settings.model_fields)
def test_every_setting_is_documented_with_its_default(field: str) -> None:
    name = f"`{PREFIX}{field.upper()}`"
    rows = [
        line for line in REFERENCE.read_text("utf-8").splitlines() if line.startswith(f"| {name}")
    ]
    assert len(rows) == 1
    default = Settings.model_fields[field].default
    assert f"| {'unset' if default is None else f'`{default}`'} |" in rows[0]
