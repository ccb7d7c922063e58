"""The short way to the routes that every post takes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from fastapi import Request
from fastapi.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from fanzha.errors import InputError
from fanzha_api.problems import Problem, problem_of, respond

__all__ = ["Direct", "Endpoint"]

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]
"""Answers one request, or raises a `Problem` or an `InputError`."""


@dataclass(frozen=True, slots=True)
class _Route:
    """Stands where the router puts the route that it found."""

    path: str


class Direct:
    """ASGI middleware that hands POSTs to some paths straight to their endpoints.

    The router, its dependencies and exit stacks cost as much as judging a post. The same routes
    stand in the router too, which documents them and takes what comes in any other form.

    Parameters
    ----------
    endpoints
        By their paths, which have no parameters. They ask for the key themselves.
    """

    def __init__(self, app: ASGIApp, endpoints: Mapping[str, Endpoint]) -> None:
        self._app = app
        self._endpoints = {path: (_Route(path), one) for path, one in endpoints.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        found = None
        if scope["type"] == "http" and scope["method"] == "POST":
            found = self._endpoints.get(scope["path"])
        if found is None:
            await self._app(scope, receive, send)
            return
        scope["route"], endpoint = found
        request = Request(scope, receive)
        try:
            response = await endpoint(request)
        except (Problem, InputError) as error:
            response = respond(problem_of(error), request.state.request_id)
        await response(scope, receive, send)
