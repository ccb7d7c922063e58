"""OpenTelemetry, off unless it is asked for: FastAPI's own, kept from what must not leave."""

from __future__ import annotations

from collections.abc import MutableMapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from fanzha.errors import InputError
from fanzha_api.settings import Settings

if TYPE_CHECKING:
    from fastapi.telemetry import TelemetryConfig

__all__ = ["telemetry_of"]

_UNTOLD: Final = ("/v1/hotlines", "/v1/records")


def telemetry_of(settings: Settings) -> TelemetryConfig:
    """Give FastAPI's telemetry settings: spans and metrics of requests, or nothing.

    Where to is said by OpenTelemetry's own variables, `OTEL_EXPORTER_OTLP_ENDPOINT` first.

    Raises
    ------
    InputError
        It is asked for, and its packages are not installed.
    """
    if settings.otel and find_spec("opentelemetry.sdk") is None:
        raise InputError(
            "FANZHA_OTEL is set, but OpenTelemetry's packages are not installed; run "
            "pip install 'fanzha[otel]'"
        )
    return {
        "tracing": settings.otel,
        "metrics": settings.otel,
        # Its logs hold the texts of exceptions, and those may quote a post.
        "logs": False,
        "operation_spans": False,
        "auto_configure": settings.otel,
        "exclude": _untold,
    }


def _untold(scope: MutableMapping[str, Any]) -> bool:
    """Tell whether a request's address holds what somebody looked up or whom somebody means."""
    path: str = scope.get("path", "")
    return path.startswith(_UNTOLD)
