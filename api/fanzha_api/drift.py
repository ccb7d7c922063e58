"""Counts what is given, and says when it no longer looks as it did."""

from __future__ import annotations

import itertools
import logging
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import anyio
from sqlalchemy import Connection

from fanzha.verdict import Verdict
from fanzha_api.logs import frames
from fanzha_api.metrics import Metrics
from fanzha_api.problems import Problem
from fanzha_api.readiness import Readiness
from fanzha_api.score_counts import ScoreCounts
from fanzha_api.store import Storage
from fanzha_api.store.drift import BoardDrift, raise_alarms, write_counts

__all__ = ["Drift"]

_LOOK_S: Final = 30.0
_MEASURE_TURNS: Final = 10

_log = logging.getLogger(__name__)


class Drift:
    """Counts a worker's verdicts, writes them down, and measures all workers' together.

    Parameters
    ----------
    least
        Population stability index from which something has drifted.
    """

    def __init__(
        self, storage: Storage, readiness: Readiness, metrics: Metrics, least: float
    ) -> None:
        self._storage = storage
        self._readiness = readiness
        self._metrics = metrics
        self._worker = secrets.token_hex(8)
        self._counts: dict[tuple[datetime, str, str], ScoreCounts] = {}
        self.least = least
        self.boards: tuple[BoardDrift, ...] = ()

    def count(self, verdicts: Iterable[tuple[str, Verdict]]) -> None:
        """Count verdicts, each with the board whose policy gave it; on the event loop."""
        hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        for board, verdict in verdicts:
            key = hour, verdict.bundle, board
            found = self._counts.get(key)
            if found is None:
                found = self._counts[key] = ScoreCounts()
            found.add(verdict)

    async def run(self) -> None:
        """Write and measure until cancelled."""
        for turn in itertools.count():
            await anyio.sleep(_LOOK_S)
            try:
                await self.look(measure=turn % _MEASURE_TURNS == 0)
            except Problem:
                pass  # The database is away; its state says so, and the counts wait.
            except Exception as error:
                fields = {"error": type(error).__name__, "frames": frames(error)}
                _log.error("drift could not be measured", extra={"fields": fields})

    async def look(self, *, measure: bool = True) -> None:
        """Write what was counted, and measure it with what the other workers wrote.

        Raises
        ------
        Problem
            503: the database is away, or nothing is loaded yet.
        """
        bundle, now = self._readiness.detector.bundle_id, datetime.now(UTC)
        # Copies, since counting goes on while a thread writes.
        counts = {key: ScoreCounts.sum([one.to_json()]) for key, one in self._counts.items()}

        def work(connection: Connection) -> list[BoardDrift] | None:
            write_counts(connection, counts, self._worker)
            return raise_alarms(connection, bundle, now, self.least) if measure else None

        found = await self._storage.write(work)
        if found is not None:
            self.boards = tuple(found)
        for past in [key for key in self._counts if key[0] < now - timedelta(hours=2)]:
            del self._counts[past]
        for board in self.boards:
            self._metrics.show_drift(board.board, board.labels)

    def to_json(self) -> dict[str, Any]:
        """Give the state in short, as `/readyz` shows it."""
        states = {one.status(self.least) for one in self.boards} or {"learning"}
        order = ("drifted", "learning", "steady")
        return {
            "status": next(one for one in order if one in states),
            "alarms": [
                {"board": one.board, "labels": one.alarms(self.least)}
                for one in self.boards
                if one.status(self.least) == "drifted"
            ],
        }
