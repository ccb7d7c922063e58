"""What both clients send, and how they read the answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar
from urllib.parse import quote

from pydantic import BaseModel

from fanzha.errors import FanzhaError
from fanzha_api import schemas

try:
    import httpx
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "fanzha_api.client needs httpx, which is not installed; run pip install 'fanzha[client]'"
    ) from error

__all__ = ["TIMEOUT_S", "Calls", "ServiceError", "httpx"]

Answer = TypeVar("Answer", bound=BaseModel)

TIMEOUT_S: Final = 30.0
"""Longest wait for an answer, by default."""


class ServiceError(FanzhaError):
    """The service answered with a problem.

    `status` is the HTTP status, `kind` the last part of the problem's type (`busy`,
    `too-many-requests` …), `retry_after_s` what the service asks to wait, or None.
    """

    def __init__(
        self, status: int, kind: str, detail: str, request_id: str, retry_after_s: float | None
    ) -> None:
        super().__init__(status, kind, detail, request_id, retry_after_s)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.request_id = request_id
        self.retry_after_s = retry_after_s

    def __str__(self) -> str:
        return f"{self.status} {self.kind}: {self.detail} (request {self.request_id})"


class Calls:
    """What both clients send and how they read the answers."""

    @staticmethod
    def options(base_url: str, key: str | None, timeout_s: float) -> dict[str, Any]:
        """Give what httpx is set up with."""
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        return {"base_url": base_url, "headers": headers, "timeout": timeout_s}

    @staticmethod
    def body_of(post: str | Mapping[str, Any] | schemas.Post, **more: Any) -> dict[str, Any]:
        """Give a post as the service wants it; what is None is left out."""
        if isinstance(post, str):
            body: dict[str, Any] = {"text": post}
        elif isinstance(post, schemas.Post):
            body = post.model_dump(exclude_unset=True)
        else:
            body = dict(post)
        return body | {name: value for name, value in more.items() if value is not None}

    @staticmethod
    def once(idempotency_key: str | None) -> dict[str, str]:
        """Give the header that makes a request count once."""
        return {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}

    @staticmethod
    def read(answer: httpx.Response, model: type[Answer]) -> Answer:
        """Give the answer, or raise its problem as a `ServiceError`."""
        if answer.is_success:
            return model.model_validate_json(answer.content)
        try:
            problem = schemas.Problem.model_validate_json(answer.content)
        except ValueError:
            # From a proxy, or no service of ours.
            raise ServiceError(
                answer.status_code, "unknown", answer.reason_phrase, "", None
            ) from None
        waits = answer.headers.get("Retry-After", "")
        raise ServiceError(
            problem.status,
            problem.type.rpartition(":")[2],
            problem.detail,
            problem.request_id,
            float(waits) if waits.isdigit() else None,
        )

    @staticmethod
    def quoted(part: str) -> str:
        """Give a part of a path as it may stand in one."""
        return quote(part, safe="")
