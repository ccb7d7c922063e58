"""Keeps a worker up with the database: policies, keys, retention."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime
from typing import Any, Final

import anyio
from anyio import to_thread
from sqlalchemy import Connection

from fanzha_api.boards import Boards
from fanzha_api.door import Door
from fanzha_api.logs import frames
from fanzha_api.problems import Problem
from fanzha_api.readiness import Detecting, Readiness
from fanzha_api.store import Storage
from fanzha_api.store.idempotency import delete_old_claims
from fanzha_api.store.keys import list_keys
from fanzha_api.store.policies import current
from fanzha_api.store.records import delete_expired
from fanzha_api.store.revisions import KEYS, POLICIES, read_revisions
from fanzha_api.store.sessions import delete_old_sessions
from fanzha_api.store.webhooks import delete_old_deliveries

__all__ = ["LOOK_S", "Follower"]

LOOK_S: Final = 0.25
"""Seconds between two looks at the database; with the time to obey, less than one second."""

_CLEAN_S: Final = 60.0

_log = logging.getLogger(__name__)


class Follower:
    """Reads policies and keys when they have changed, and deletes what is past its time."""

    def __init__(self, storage: Storage, boards: Boards, door: Door, readiness: Readiness) -> None:
        self._storage = storage
        self._boards = boards
        self._door = door
        self._readiness = readiness
        self._seen: dict[str, int] = {}
        self._prepared = False
        self._base: Detecting | None = None
        self._refreshing = anyio.Lock()
        self._cleaned = 0.0

    @property
    def known(self) -> bool:
        """Tell whether policies and keys have been read."""
        return bool(self._seen)

    async def follow(self) -> None:
        """Look again and again until cancelled; while the database is away all stays as it is."""
        while True:
            await self.look()
            await anyio.sleep(LOOK_S)

    async def look(self) -> None:
        """Look once; a database that is away is told by the storage's state."""
        try:
            await self.refresh()
            if time.monotonic() - self._cleaned > _CLEAN_S:
                self._cleaned = time.monotonic()
                await self._storage.write(_clean)
        except Problem:
            return
        except Exception as error:
            # A defect here must leave a trace, and must not end a service that can judge.
            fields = {"error": type(error).__name__, "frames": frames(error)}
            _log.error("cannot follow the database", extra={"fields": fields})

    async def refresh(self) -> None:
        """Obey the policies and keys as they are now.

        Raises
        ------
        Problem
            503: the database cannot be read; what was in force stays so.
        """
        async with self._refreshing:
            if not self._prepared:
                await to_thread.run_sync(self._storage.prepare)
                self._prepared = True
            revisions = await self._storage.read(read_revisions)
            detector = self._readiness.detector
            if revisions.get(KEYS, 0) != self._seen.get(KEYS):
                self._door.use(await self._storage.read(list_keys))
            changed = revisions.get(POLICIES, 0) != self._seen.get(POLICIES)
            if changed or detector is not self._base:
                versions: Any = await self._storage.read(current) if changed else None
                await to_thread.run_sync(self._boards.use, detector, versions)
                self._base = detector
            self._seen = {KEYS: 0, POLICIES: 0} | revisions


def _clean(connection: Connection) -> None:
    now = datetime.now(UTC)
    delete_expired(connection, now)
    delete_old_claims(connection, now)
    delete_old_sessions(connection, now)
    delete_old_deliveries(connection, now)
