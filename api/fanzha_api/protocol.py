"""The HTTP protocol of `fanzha-serve`: uvicorn's, but refusing early while the gate is full."""

from __future__ import annotations

import asyncio
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from fanzha_api.refusal import METHOD, ROUTE, STATE, Refusal

__all__ = ["Protocol"]

_METHOD: Final = METHOD.encode()
_URL: Final = ROUTE.encode()


class _Refused:
    """Stands where uvicorn keeps a request's cycle once that is answered: the body is let go."""

    response_complete = True
    disconnected = False
    keep_alive = True

    message_event = asyncio.Event()


_REFUSED: Final = cast(RequestResponseCycle, _Refused())


class Protocol(HttpToolsProtocol):
    """Answers a single moderation from its head while the application's gate is full.

    No task is made and no application called, so that a refusal costs a small part of a verdict
    and those who were let in are not kept waiting by it. Whatever is not plain goes the usual way
    and is refused there: a request behind another on its connection, one that waits for
    `100 Continue`, an upgrade, HTTP/1.0, a client that does not read its answers.
    """

    def on_headers_complete(self) -> None:
        """Refuse the request, or pass it on."""
        parser: Any = self.parser
        if self.url == _URL and parser.get_method() == _METHOD:
            refusal: Refusal | None = self.app_state.get(STATE)
            if refusal is not None and refusal.due(self.loop) and self._plain(parser):
                self._refuse(refusal, keeps=parser.should_keep_alive())
                return
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Keep a piece of the body, or let it go by."""
        super().on_body(body)
        self._await_more()

    def on_message_complete(self) -> None:
        """Tell the application that the body is whole, where it was asked."""
        super().on_message_complete()
        self._await_more()

    def _await_more(self) -> None:
        # uvicorn stops the clock when something comes and would not set it again.
        if (
            self.cycle is _REFUSED
            and self.timeout_keep_alive_task is None
            and not self.transport.is_closing()
        ):
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def _plain(self, parser: Any) -> bool:
        return (
            (self.cycle is None or self.cycle.response_complete)
            and parser.get_http_version() == "1.1"
            and not parser.should_upgrade()
            and not self.expect_100_continue
            and not self.flow.write_paused
            and not self.transport.is_closing()
        )

    def _refuse(self, refusal: Refusal, *, keeps: bool) -> None:
        head, body = refusal.answer(self.loop, self.headers)
        lines = [STATUS_LINE[refusal.status]]
        lines += [b"%b: %b\r\n" % header for header in self.server_state.default_headers]
        lines.append(head)
        if not keeps:
            lines.append(b"connection: close\r\n")
        lines += [b"\r\n", body]
        self.transport.write(b"".join(lines))
        self.cycle = _REFUSED
        if not keeps:
            self.transport.close()
        self.on_response_complete()
