"""The gate before the CPU: so many posts at once, so many waiting, the rest refused quickly."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from fanzha_api.problems import Problem

__all__ = ["Gate"]

T = TypeVar("T")


class Gate:
    """Runs work in threads, off the event loop, with a bounded number of callers waiting.

    The threads take the next work from their own queue. Handing it out from the event loop,
    as a limiter does, made an overloaded service answer 30 requests a second: each hand-over
    waited for a turn of a loop that was busy refusing.

    Parameters
    ----------
    threads
        Pieces of work that run at the same time.
    waiting
        Callers that may wait for a thread; a further one is refused at once.
    wait_s
        Longest wait of a caller in seconds.
    """

    def __init__(self, *, threads: int, waiting: int, wait_s: float) -> None:
        self._most = threads + waiting
        self._inside = 0
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="fanzha-gate")
        self.wait_s = wait_s

    @property
    def inside(self) -> int:
        """Callers that are running or waiting now."""
        return self._inside

    def full(self, further: int = 0) -> bool:
        """Tell whether there is no place, when `further` callers are to come first."""
        return self._inside + further >= self._most

    def refuse_if_full(self) -> None:
        """Refuse a caller before anything is done for him.

        Raises
        ------
        Problem
            503 with Retry-After: the gate is full.
        """
        if self.full():
            raise self.busy()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Take one of the places inside.

        Raises
        ------
        Problem
            503 with Retry-After: there is none.
        """
        self.refuse_if_full()
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    def submit(self, work: Callable[[], None]) -> None:
        """Have a thread do something for callers who hold places."""
        self._threads.submit(work)

    async def run(self, work: Callable[[], T]) -> T:
        """Run `work` in a thread and give its result.

        Raises
        ------
        Problem
            503 with Retry-After: the gate is full, or no thread came free in time.
        """
        with self.place():
            job = self._threads.submit(work)
            try:
                result = asyncio.wrap_future(job)
                await asyncio.wait({result}, timeout=self.wait_s)
                # Only work that no thread has begun can be cancelled.
                if not result.done() and job.cancel():
                    raise self.busy()
                return await result
            finally:
                job.cancel()

    def close(self) -> None:
        """End the threads, when the service ends."""
        self._threads.shutdown(cancel_futures=True)

    @staticmethod
    def busy() -> Problem:
        """Make the refusal."""
        return Problem(
            503,
            "busy",
            "the service has more requests than it can answer; try again after Retry-After",
            headers={"Retry-After": "1"},
        )
