"""Refusals of single moderations before anything is spent on them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Final, TypeVar

from fanzha_api.exchange import headers_with, log_event, request_id_of
from fanzha_api.gate import Gate
from fanzha_api.metrics import Metrics
from fanzha_api.problems import respond
from fanzha_api.together import Together

__all__ = ["LINE_EVERY_S", "METHOD", "MOST_IN_LINE", "ROUTE", "STATE", "Refusal"]

METHOD: Final = "POST"
ROUTE: Final = "/v1/moderations"
"""The only requests that are refused so; all others are answered whatever comes."""

STATE: Final = "refusal"
"""Where the lifespan's state has the `Refusal`, for `fanzha_api.protocol`."""

LINE_EVERY_S: Final = 0.05
"""Seconds after which refusals are counted and logged at the latest."""

MOST_IN_LINE: Final = 64
"""Refusals that share one line of the log."""

# Stands where the request's id will; as long as none that a caller may choose.
_ID: Final = "0" * 129

_log = logging.getLogger(__name__)

Case = TypeVar("Case")
Result = TypeVar("Result")


class Refusal:
    """Tells whether a request would be refused by the gate, and gives the answer as bytes.

    The answer is the one that the application would give, drawn once. Between a request's head
    and its place at the gate lies a turn of the event loop, in which many may come: those let
    pass since the last turn are counted as if they were inside. Refusals that come close
    together share a line of the log, which would else cost half of what they do.

    Parameters
    ----------
    gate, singles
        What single moderations wait for.
    metrics
        Where refusals are counted as other answers are.
    """

    def __init__(self, gate: Gate, singles: Together[Case, Result], metrics: Metrics) -> None:
        self._gate = gate
        self._late = singles.late
        self._metrics = metrics
        self._passed = 0
        self._untold: list[str] = []
        self._telling: asyncio.TimerHandle | None = None
        problem = gate.busy()
        response = respond(problem, _ID)
        self._status = problem.status
        head = b"".join(
            b"%b: %b\r\n" % header
            for header in headers_with(response.raw_headers, _ID)
            if header[0] != b"content-length"
        )
        self._head = head.split(_ID.encode())
        self._body = bytes(response.body).split(_ID.encode())
        self._least_bytes = sum(map(len, self._body))

    @property
    def status(self) -> int:
        """The status of the answer."""
        return self._status

    def due(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Tell whether a request that comes now is refused; one that is not counts as passed."""
        if self._gate.full(self._passed) or self._late(self._passed):
            return True
        if self._passed == 0:
            loop.call_soon(self._turned)
        self._passed += 1
        return False

    def answer(
        self, loop: asyncio.AbstractEventLoop, headers: Iterable[tuple[bytes, bytes]]
    ) -> tuple[bytes, bytes]:
        """Give a refusal's headers, each with its end of line, and its body; count it soon.

        Parameters
        ----------
        headers
            Those of the request, their names in small letters.
        """
        request_id = request_id_of(headers)
        written = request_id.encode()
        head = b"%bcontent-length: %d\r\n" % (
            written.join(self._head),
            self._least_bytes + len(written),
        )
        if self._telling is None:
            self._telling = loop.call_later(LINE_EVERY_S, self.tell)
        self._untold.append(request_id)
        if len(self._untold) >= MOST_IN_LINE:
            self.tell()
        return head, written.join(self._body)

    def tell(self) -> None:
        """Count and log the refusals that are not yet."""
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None
        ids, self._untold = self._untold, []
        if not ids:
            return
        self._metrics.count_refused(METHOD, ROUTE, self._status, len(ids))
        log_event(
            _log,
            "refused",
            {
                "method": METHOD,
                "route": ROUTE,
                "status": self._status,
                "count": len(ids),
                "request_ids": ids,
            },
        )

    def _turned(self) -> None:
        self._passed = 0
