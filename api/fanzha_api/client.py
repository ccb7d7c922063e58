"""A typed client of the service, for programs in Python; needs httpx (`fanzha[client]`).

Examples
--------
>>> from fanzha_api.client import Client  # doctest: +SKIP
>>> with Client("http://127.0.0.1:8000", key="fz_…") as client:  # doctest: +SKIP
...     client.moderate("花呗套现秒到，加V：hb_9527", board="cars").suggestion
'block'
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar
from urllib.parse import quote

from pydantic import BaseModel

from fanzha.errors import FanzhaError, InputError
from fanzha_api import schemas

try:
    import httpx
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "fanzha_api.client needs httpx, which is not installed; run pip install 'fanzha[client]'"
    ) from error

__all__ = ["AsyncClient", "Client", "ServiceError", "verify_event"]

Answer = TypeVar("Answer", bound=BaseModel)

_TIMEOUT_S: Final = 30.0
_OLDEST_S: Final = 300


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


class _Calls:
    """What both clients send and how they read the answers."""

    @staticmethod
    def _options(base_url: str, key: str | None, timeout_s: float) -> dict[str, Any]:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        return {"base_url": base_url, "headers": headers, "timeout": timeout_s}

    @staticmethod
    def _post(post: str | Mapping[str, Any] | schemas.Post, **more: Any) -> dict[str, Any]:
        if isinstance(post, str):
            body: dict[str, Any] = {"text": post}
        elif isinstance(post, schemas.Post):
            body = post.model_dump(exclude_unset=True)
        else:
            body = dict(post)
        return body | {name: value for name, value in more.items() if value is not None}

    @staticmethod
    def _once(idempotency_key: str | None) -> dict[str, str]:
        return {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}

    @staticmethod
    def _read(answer: httpx.Response, model: type[Answer]) -> Answer:
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


class Client(_Calls):
    """Asks the service and waits; use it as a context manager, from one thread or several.

    Parameters
    ----------
    base_url
        Where the service is, `http://host:port`.
    key
        API key; None where the service needs none.
    timeout_s
        Longest wait for an answer in seconds.
    transport
        Of httpx, for tests or a proxy.
    """

    def __init__(
        self,
        base_url: str,
        key: str | None = None,
        *,
        timeout_s: float = _TIMEOUT_S,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = httpx.Client(transport=transport, **self._options(base_url, key, timeout_s))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def moderate(
        self,
        post: str | Mapping[str, Any] | schemas.Post,
        *,
        board: str | None = None,
        explain: bool | None = None,
        idempotency_key: str | None = None,
    ) -> schemas.Verdict:
        """Judge one post, given as its text or by fields.

        Raises
        ------
        ServiceError
            The service answered with a problem.
        httpx.TransportError
            It could not be reached.
        """
        body = self._post(post, board=board, explain=explain)
        headers = self._once(idempotency_key)
        answer = self._http.post("/v1/moderations", json=body, headers=headers)
        return self._read(answer, schemas.Verdict)

    def moderate_many(
        self, posts: Sequence[str | Mapping[str, Any] | schemas.Post], *, board: str | None = None
    ) -> list[schemas.Verdict]:
        """Judge any number of posts in batches of 256; the verdicts are in their order."""
        verdicts: list[schemas.Verdict] = []
        for start in range(0, len(posts), schemas.MAX_BATCH):
            batch = [
                self._post(one, board=board) for one in posts[start : start + schemas.MAX_BATCH]
            ]
            answer = self._http.post("/v1/moderations:batch", json={"posts": batch})
            verdicts += self._read(answer, schemas.Verdicts).verdicts
        return verdicts

    def look_up(self, number: str, brand: str | None = None) -> schemas.HotlineAnswer:
        """Say whose a number is, and whether `brand` publishes it."""
        query = {} if brand is None else {"brand": brand}
        answer = self._http.get(f"/v1/hotlines/{_quoted(number)}", params=query)
        return self._read(answer, schemas.HotlineAnswer)

    def give_feedback(self, feedback: schemas.FeedbackRequest) -> schemas.Said:
        """Say whether a verdict was right."""
        body = feedback.model_dump(mode="json", exclude_unset=True)
        return self._read(self._http.post("/v1/feedback", json=body), schemas.Said)

    def read_policy(self, board: str) -> schemas.PolicyVersion:
        """Give the policy in force of a board."""
        return self._read(self._http.get(f"/v1/policies/{_quoted(board)}"), schemas.PolicyVersion)

    def write_policy(
        self,
        board: str,
        policy: schemas.BoardPolicy,
        *,
        note: str = "",
        based_on: int | None = None,
    ) -> schemas.PolicyVersion:
        """Put a policy in force; refused (412) if `based_on` is no longer the version."""
        headers = {} if based_on is None else {"If-Match": f'"{based_on}"'}
        body = {"policy": policy.to_document(), "note": note}
        answer = self._http.put(f"/v1/policies/{_quoted(board)}", json=body, headers=headers)
        return self._read(answer, schemas.PolicyVersion)

    def add_job(self, path: Path, *, media_type: str, board: str | None = None) -> schemas.Job:
        """Send a file to be judged in the background; it is read as it is sent."""
        query = {} if board is None else {"board": board}
        with path.open("rb") as file:
            answer = self._http.post(
                "/v1/jobs", content=file, params=query, headers={"Content-Type": media_type}
            )
        return self._read(answer, schemas.Job)

    def read_job(self, job: str) -> schemas.Job:
        """Say how far a job is."""
        return self._read(self._http.get(f"/v1/jobs/{_quoted(job)}"), schemas.Job)


class AsyncClient(_Calls):
    """The same for asyncio and trio; use it as an asynchronous context manager.

    The parameters are those of `Client`.
    """

    def __init__(
        self,
        base_url: str,
        key: str | None = None,
        *,
        timeout_s: float = _TIMEOUT_S,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._http = httpx.AsyncClient(
            transport=transport, **self._options(base_url, key, timeout_s)
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def moderate(
        self,
        post: str | Mapping[str, Any] | schemas.Post,
        *,
        board: str | None = None,
        explain: bool | None = None,
        idempotency_key: str | None = None,
    ) -> schemas.Verdict:
        """Judge one post, given as its text or by fields; errors as of `Client.moderate`."""
        body = self._post(post, board=board, explain=explain)
        headers = self._once(idempotency_key)
        answer = await self._http.post("/v1/moderations", json=body, headers=headers)
        return self._read(answer, schemas.Verdict)

    async def moderate_many(
        self, posts: Sequence[str | Mapping[str, Any] | schemas.Post], *, board: str | None = None
    ) -> list[schemas.Verdict]:
        """Judge any number of posts in batches of 256; the verdicts are in their order."""
        verdicts: list[schemas.Verdict] = []
        for start in range(0, len(posts), schemas.MAX_BATCH):
            batch = [
                self._post(one, board=board) for one in posts[start : start + schemas.MAX_BATCH]
            ]
            answer = await self._http.post("/v1/moderations:batch", json={"posts": batch})
            verdicts += self._read(answer, schemas.Verdicts).verdicts
        return verdicts

    async def look_up(self, number: str, brand: str | None = None) -> schemas.HotlineAnswer:
        """Say whose a number is, and whether `brand` publishes it."""
        query = {} if brand is None else {"brand": brand}
        answer = await self._http.get(f"/v1/hotlines/{_quoted(number)}", params=query)
        return self._read(answer, schemas.HotlineAnswer)

    async def give_feedback(self, feedback: schemas.FeedbackRequest) -> schemas.Said:
        """Say whether a verdict was right."""
        body = feedback.model_dump(mode="json", exclude_unset=True)
        return self._read(await self._http.post("/v1/feedback", json=body), schemas.Said)


def verify_event(body: bytes, signature: str, secret: str, *, now: float | None = None) -> None:
    """Check that a webhook's request is the service's own and not an old one sent again.

    Parameters
    ----------
    body, signature
        The request's body as it came, and its header `Fanzha-Signature`.
    secret
        As the answer gave it when the webhook was added.
    now
        Seconds since 1970; by default the clock's.

    Raises
    ------
    InputError
        The signature is wrong, or its time is not within five minutes of now.
    """
    parts = dict(part.partition("=")[::2] for part in signature.split(","))
    at, mac = parts.get("t", ""), parts.get("v1", "")
    right = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(right.encode(), mac.encode("utf-8", "replace")):
        raise InputError(
            f"the signature {signature[:20]!r} is not that of the body; refuse the request and "
            "check the secret"
        )
    if abs((time.time() if now is None else now) - int(at)) > _OLDEST_S:
        raise InputError(
            f"the event was signed at {at[:20]}, more than five minutes from now; refuse it, or "
            "set the clock"
        )


def _quoted(part: str) -> str:
    return quote(part, safe="")
