"""OpenTelemetry is off unless asked for, and then tells of no post, number or person."""

from __future__ import annotations

from importlib.machinery import ModuleSpec
from typing import Any

import pytest

from fanzha.errors import InputError
from fanzha_api.settings import Settings
from fanzha_api.telemetry import telemetry_of


def test_by_default_nothing_is_told() -> None:
    found = telemetry_of(Settings())
    assert not any(found[name] for name in ("tracing", "metrics", "logs", "auto_configure"))


def test_without_its_packages_it_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fanzha_api.telemetry.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'fanzha\[otel\]'"):
        telemetry_of(Settings(otel=True))


def test_when_asked_for_it_tells_of_requests_and_never_of_exceptions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fanzha_api.telemetry.find_spec", lambda name: ModuleSpec(name, None))
    found = telemetry_of(Settings(otel=True))
    assert (found["tracing"], found["metrics"], found["logs"]) == (True, True, False)


@pytest.mark.parametrize(
    ("path", "untold"),
    [
        ("/v1/hotlines/95188", True),
        ("/v1/hotlines", True),
        ("/v1/records", True),
        ("/v1/records/r1", True),
        ("/v1/moderations", False),
        ("/readyz", False),
    ],
)
def test_addresses_that_hold_numbers_or_people_are_left_out(path: str, untold: bool) -> None:
    exclude: Any = telemetry_of(Settings())["exclude"]
    assert exclude({"path": path}) is untold
    assert exclude({}) is False
