"""What surrounds every request: its id, safe headers, one log line, its count, the last catch."""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Iterable, Sequence
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fanzha_api.logs import frames
from fanzha_api.metrics import Metrics
from fanzha_api.problems import Problem, respond

__all__ = ["REQUEST_ID_HEADER", "Exchange", "headers_with", "log_event", "request_id_of"]

REQUEST_ID_HEADER: Final = "X-Request-ID"

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_ID_NAME: Final = REQUEST_ID_HEADER.lower().encode()
_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'unsafe-inline'; "
        b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
)

_log = logging.getLogger(__name__)


class Exchange:
    """ASGI middleware around the whole application.

    `request.state.request_id` is the caller's X-Request-ID where it is well formed, else a new
    one; what a route puts into `request.state.facts` joins the log line.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; an unforeseen error becomes a 500 problem and a log line."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        request_id = request_id_of(scope["headers"])
        fields: dict[str, object] = {"request_id": request_id}
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        state["facts"] = fields
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": headers_with(message["headers"], request_id)}
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception as error:
            # The last catch: uvicorn would log the exception's text, which may quote a post.
            fields |= {"error": type(error).__name__, "frames": frames(error)}
            if not status:
                problem = Problem(
                    500, "internal", "the service failed on this request; report its request_id"
                )
                await respond(problem, request_id)(scope, receive, send_with_headers)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            seconds = time.perf_counter() - began
            self._metrics.count_request(scope["method"], route, status, seconds)
            fields |= {
                "method": scope["method"][:16],
                "route": route,
                "status": status,
                "duration_ms": round(seconds * 1000, 3),
            }
            log_event(_log, "request", fields)


def log_event(log: logging.Logger, event: str, fields: dict[str, object]) -> None:
    """Write a line, as an error where the fields hold one.

    Without a look at the stack, which would cost as much as the line itself.
    """
    level = logging.ERROR if "error" in fields else logging.INFO
    if log.isEnabledFor(level):
        log.handle(
            log.makeRecord(log.name, level, __file__, 0, event, (), None, extra={"fields": fields})
        )


def headers_with(
    given: Sequence[tuple[bytes, bytes]], request_id: str
) -> list[tuple[bytes, bytes]]:
    """Give an answer's headers with its request id and those safe ones that it lacks."""
    own = [*given, (_ID_NAME, request_id.encode())]
    named = {name.lower() for name, _ in given}
    return own + [one for one in _HEADERS if one[0] not in named]


def request_id_of(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Give the caller's request id where it is well formed, else a new one."""
    asked = next((value for name, value in headers if name == _ID_NAME), b"")
    found = asked.decode("latin-1")
    return found if _REQUEST_ID.fullmatch(found) else os.urandom(16).hex()
