"""The bounded queue between verdicts and the database: nobody waits for a record."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Final

from fanzha_api.problems import Problem
from fanzha_api.store import Storage
from fanzha_api.store.records import Record, write_records

__all__ = ["Recorder"]

_BATCH: Final = 500
_GATHER_S: Final = 0.05
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 5.0


class Recorder:
    """Writes records in batches, in a thread of its own.

    A record that was offered is not acknowledged: it is lost when the process is killed before
    its batch is written, and given up when the queue is full. While the database is away the
    queue holds what it can and is written when the database is back.

    Parameters
    ----------
    most
        Records that may wait; a further one is dropped and counted.
    """

    def __init__(self, storage: Storage, most: int) -> None:
        self._storage = storage
        self._most = most
        self._waiting: deque[Record] = deque()
        self._changed = threading.Condition()
        self._writing = 0
        self._ending = False
        self._deadline = 0.0
        self.dropped = 0
        self._thread = threading.Thread(target=self._run, name="fanzha-recorder", daemon=True)
        self._thread.start()

    @property
    def queued(self) -> int:
        """Records that are not written yet."""
        return len(self._waiting) + self._writing

    def offer(self, records: Sequence[Record]) -> None:
        """Put records into the queue; those beyond its limit are dropped and counted."""
        if not records:
            return
        with self._changed:
            room = max(0, self._most - self.queued)
            idle = not self._waiting
            self._waiting.extend(records[:room])
            self.dropped += len(records) - min(room, len(records))
            # A thread woken by each record would take the interpreter from the event loop, and
            # keep it waiting for this lock.
            if idle or len(self._waiting) >= _BATCH:
                self._changed.notify_all()

    def flush(self, timeout_s: float) -> bool:
        """Wait until all that was offered is written; False if that takes longer."""
        with self._changed:
            return self._changed.wait_for(lambda: self.queued == 0, timeout_s)

    def close(self, timeout_s: float = 5.0) -> None:
        """Write what waits, for at most `timeout_s`, and end; the rest is dropped and counted."""
        with self._changed:
            self._ending = True
            self._deadline = time.monotonic() + timeout_s
            self._changed.notify_all()
        self._thread.join(timeout_s + 30)

    def _run(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while batch := self._take():
            while not self._write(batch):
                with self._changed:
                    if self._changed.wait_for(lambda: self._ending, pause_s) and (
                        time.monotonic() >= self._deadline
                    ):
                        self.dropped += self.queued
                        self._waiting.clear()
                        self._writing = 0
                        self._changed.notify_all()
                        return
                    if self._ending:
                        self._changed.wait(_FIRST_PAUSE_S)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
            pause_s = _FIRST_PAUSE_S
            with self._changed:
                self._writing = 0
                self._changed.notify_all()

    def _take(self) -> list[Record]:
        """Wait for records and give some; none when it is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ending)
            # Records come singly; a commit for each would cost more than all else.
            self._changed.wait_for(lambda: len(self._waiting) >= _BATCH or self._ending, _GATHER_S)
            batch = [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
            self._writing = len(batch)
            return batch

    def _write(self, batch: Sequence[Record]) -> bool:
        try:
            with self._storage.transaction() as connection:
                write_records(connection, batch)
        except Problem:
            return False  # The storage has said why in its state and the log.
        return True
