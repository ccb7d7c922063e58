"""How many posts a second each key may still send, counted over all worker processes."""

from __future__ import annotations

import mmap
import os
import struct
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

__all__ = ["Rates"]

_SLOTS: Final = 4096
_SLOT: Final = struct.Struct("<dd")


class Rates:
    """A token bucket per key; a bucket holds one second's posts, at least `burst`.

    Parameters
    ----------
    path
        A file that the workers of one service share; None keeps the buckets in this process.
    clock
        Seconds of a clock that all processes of the machine share and that never goes back.
    """

    def __init__(
        self,
        path: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
        *,
        burst: float = 1.0,
    ):
        self._clock = clock
        self._burst = burst
        self._file: int | None = None
        if path is None:
            self._slots: mmap.mmap | bytearray = bytearray(_SLOTS * _SLOT.size)
        else:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            os.truncate(self._file, _SLOTS * _SLOT.size)
            self._slots = mmap.mmap(self._file, _SLOTS * _SLOT.size)

    def take(self, number: int, rate_per_s: float) -> float:
        """Take one post from a key's bucket.

        Returns
        -------
        0 if it may pass; else the seconds after which the next one may.
        """
        now = self._clock()
        with self._slot(number) as at:
            tokens = self._filled(at, rate_per_s, now)
            if tokens >= 1:
                tokens -= 1
                wait_s = 0.0
            else:
                wait_s = (1 - tokens) / rate_per_s
            _SLOT.pack_into(self._slots, at, tokens, now)
        return wait_s

    def charge(self, number: int, rate_per_s: float, posts: int) -> None:
        """Take more posts, of a batch that has passed already; the bucket may fall below none."""
        now = self._clock()
        with self._slot(number) as at:
            tokens = self._filled(at, rate_per_s, now) - posts
            _SLOT.pack_into(self._slots, at, tokens, now)

    def close(self) -> None:
        """Let go of the shared file."""
        if isinstance(self._slots, mmap.mmap):
            self._slots.close()
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _filled(self, at: int, rate_per_s: float, now: float) -> float:
        tokens: float
        before: float
        tokens, before = _SLOT.unpack_from(self._slots, at)
        most = max(self._burst, rate_per_s)
        if before == 0:
            return most
        return min(most, tokens + max(0.0, now - before) * rate_per_s)

    @contextmanager
    def _slot(self, number: int) -> Iterator[int]:
        at = (number % _SLOTS) * _SLOT.size
        if self._file is None or sys.platform == "win32":
            yield at
            return
        import fcntl

        fcntl.lockf(self._file, fcntl.LOCK_EX, _SLOT.size, at)
        try:
            yield at
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, _SLOT.size, at)
