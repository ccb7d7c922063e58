"""Cases that wait at the same time, done in one call: many posts cost less than one by one."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from fanzha_api.gate import Gate
from fanzha_api.pace import Pace

__all__ = [
    "LEAST_TURN_S",
    "LONGEST_WAIT_S",
    "MOST_CASES",
    "MOST_SIZE",
    "MOST_TURN_S",
    "PATIENCE",
    "SHORT_SIZE",
    "Together",
]

MOST_CASES: Final = 16
"""Cases done in one call."""

MOST_SIZE: Final = 16_384
"""Size of the cases done in one call, so that nobody waits for somebody's long post."""

SHORT_SIZE: Final = 2_048
"""Size up to which a case may be done in the event loop."""

LEAST_TURN_S: Final = 0.005
MOST_TURN_S: Final = 0.02
"""Seconds for which the event loop may do short cases before it turns to others."""

LONGEST_WAIT_S: Final = 0.05
"""Seconds that a short case may be expected to wait; a further one is refused at once."""

PATIENCE: Final = 16
"""Short cases behind which one may wait in any case: neither a pause of the machine nor the pace of
a cold service, which passes slowly from many milliseconds a case to few, must refuse those who come
at an ordinary rate."""

Case = TypeVar("Case")
Result = TypeVar("Result")


@dataclass(slots=True, eq=False)
class _Piece(Generic[Case, Result]):
    case: Case
    size: int
    answer: asyncio.Future[Result]
    came_s: float = field(default_factory=time.perf_counter)
    taken: bool = field(default=False)


class Together(Generic[Case, Result]):
    """Gives cases to `work`: one alone at once, those that wait together.

    Nobody waits for others to come; what came while a call ran goes into the next one. Calls are
    made in a thread, until short cases are known to be quick: those are then done in the event
    loop, in turns with all else that it does. A thread beside it would not judge any sooner, and
    the loop would have to wait for the interpreter at each of its steps.

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
        self._pace = Pace()
        self._lock = threading.Lock()
        self._waiting: deque[_Piece[Case, Result]] = deque()
        self._running = False
        self._short: deque[_Piece[Case, Result]] = deque()
        self._turning = False
        self._turned_s = 0.0

    def late(self, further: int = 0) -> bool:
        """Tell whether a short case would wait too long if it came now, behind `further`.

        Where many wait, by the time that they will take and by how long the first of them does: the
        event loop may be busy with other things. As long as short cases are not known to be quick,
        they go to threads, and the gate's places bound them.
        """
        if not self._pace.quick:
            return False
        waiting = len(self._short) + further
        if waiting < PATIENCE:
            return False
        # Twice, since the event loop gives them half of its time where others come too.
        if waiting * self._pace.case_s * 2 > LONGEST_WAIT_S:
            return True
        return bool(self._short) and time.perf_counter() - self._short[0].came_s > LONGEST_WAIT_S

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
            503 with Retry-After: the gate is full, the case would wait too long, or no thread came
            free in time.
        """
        loop = asyncio.get_running_loop()
        with self._gate.place():
            piece: _Piece[Case, Result] = _Piece(case, size, loop.create_future())
            if size <= SHORT_SIZE and self._pace.quick:
                if self.late():
                    raise self._gate.busy()
                self._short.append(piece)
                if not self._turning:
                    self._turning = True
                    loop.call_soon(self._turn, loop)
                return await piece.answer
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

    def _turn(self, loop: asyncio.AbstractEventLoop) -> None:
        """Do short cases, in the event loop, and let it turn to others before more."""
        began_s = time.perf_counter()
        # As long as the loop did other things: where it refuses hundreds at a turn, those who
        # were let in must not be the ones who wait.
        until_s = began_s + min(MOST_TURN_S, max(LEAST_TURN_S, began_s - self._turned_s))
        left_s = until_s - began_s
        while self._short and left_s >= 0:
            pieces = self._next_short(left_s)
            if pieces:
                _settle(pieces, self._done(pieces))
            left_s = until_s - time.perf_counter()
        self._turned_s = time.perf_counter()
        self._turning = bool(self._short)
        if self._turning:
            loop.call_soon(self._turn, loop)

    def _next_short(self, left_s: float) -> list[_Piece[Case, Result]]:
        """Take the short cases that can be done in the time that is left."""
        most = min(MOST_CASES, max(1, int(left_s / max(self._pace.case_s, 1e-6))))
        pieces: list[_Piece[Case, Result]] = []
        while self._short and len(pieces) < most:
            piece = self._short.popleft()
            if not piece.answer.done():
                pieces.append(piece)
        return pieces

    def _round(self, loop: asyncio.AbstractEventLoop) -> None:
        """Do the next cases, in a thread, and queue up again behind others if more wait."""
        pieces = self._take()
        if pieces:
            results = self._done(pieces)
            loop.call_soon_threadsafe(_settle, pieces, results)
        with self._lock:
            goes_on = self._running = bool(self._waiting)
        if goes_on:
            self._gate.submit(lambda: self._round(loop))

    def _done(self, pieces: Sequence[_Piece[Case, Result]]) -> Sequence[Result | Exception]:
        # Not the time for which a thread waits for the interpreter: that would keep cases in
        # threads which are quick where they need not wait for it.
        began_s = time.thread_time()
        results: Sequence[Result | Exception]
        try:
            results = self._work([piece.case for piece in pieces])
        except Exception as error:
            results = [error] * len(pieces)
        if max(piece.size for piece in pieces) <= SHORT_SIZE:
            self._pace.learn(len(pieces), time.thread_time() - began_s)
        return results

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
