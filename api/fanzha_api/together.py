"""Cases that wait at the same time, done in one call: many posts cost less than one by one."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from fanzha_api.gate import Gate

__all__ = ["MOST_CASES", "MOST_SIZE", "Together"]

MOST_CASES: Final = 16
"""Cases done in one call."""

MOST_SIZE: Final = 16_384
"""Size of the cases done in one call, so that nobody waits for somebody's long post."""

Case = TypeVar("Case")
Result = TypeVar("Result")


@dataclass(slots=True, eq=False)
class _Piece(Generic[Case, Result]):
    case: Case
    size: int
    answer: asyncio.Future[Result]
    taken: bool = field(default=False)


class Together(Generic[Case, Result]):
    """Gives cases to `work` as a thread comes free: one alone at once, those that wait together.

    Nobody waits for others to come; what came while a call ran goes into the next one.

    Parameters
    ----------
    gate
        Whose places and threads are used.
    work
        Does cases and gives the result of each in order, or the exception that is its own.
    """

    def __init__(
        self, gate: Gate, work: Callable[[Sequence[Case]], Sequence[Result | Exception]]
    ) -> None:
        self._gate = gate
        self._work = work
        self._lock = threading.Lock()
        self._waiting: deque[_Piece[Case, Result]] = deque()
        self._running = False

    async def run(self, case: Case, size: int) -> Result:
        """Do a case, alone or with others, and give its result.

        Parameters
        ----------
        case
            What `work` takes.
        size
            How much work it is, in the unit of `MOST_SIZE`.

        Raises
        ------
        Problem
            503 with Retry-After: the gate is full, or no thread came free in time.
        """
        with self._gate.place():
            loop = asyncio.get_running_loop()
            piece: _Piece[Case, Result] = _Piece(case, size, loop.create_future())
            with self._lock:
                self._waiting.append(piece)
                starts, self._running = not self._running, True
            if starts:
                self._gate.submit(lambda: self._round(loop))
            timer = loop.call_later(self._gate.wait_s, self._give_up, piece)
            try:
                return await piece.answer
            finally:
                timer.cancel()

    def _round(self, loop: asyncio.AbstractEventLoop) -> None:
        """Do the next cases, in a thread, and queue up again behind others if more wait."""
        pieces = self._take()
        if pieces:
            results: Sequence[Result | Exception]
            try:
                results = self._work([piece.case for piece in pieces])
            except Exception as error:
                results = [error] * len(pieces)
            loop.call_soon_threadsafe(_settle, pieces, results)
        with self._lock:
            goes_on = self._running = bool(self._waiting)
        if goes_on:
            self._gate.submit(lambda: self._round(loop))

    def _take(self) -> list[_Piece[Case, Result]]:
        taken: list[_Piece[Case, Result]] = []
        size = 0
        with self._lock:
            while self._waiting and len(taken) < MOST_CASES:
                piece = self._waiting[0]
                if taken and size + piece.size > MOST_SIZE:
                    break
                self._waiting.popleft()
                if not piece.taken:
                    piece.taken = True
                    taken.append(piece)
                    size += piece.size
        return taken

    def _give_up(self, piece: _Piece[Case, Result]) -> None:
        with self._lock:
            if piece.taken:
                return
            piece.taken = True
        if not piece.answer.done():
            piece.answer.set_exception(self._gate.busy())


def _settle(pieces: Sequence[_Piece[Case, Result]], results: Sequence[Result | Exception]) -> None:
    for piece, result in zip(pieces, results, strict=True):
        if piece.answer.done():
            continue  # Whoever asked has gone.
        if isinstance(result, Exception):
            piece.answer.set_exception(result)
        else:
            piece.answer.set_result(result)
