"""The database as the service uses it: in threads, in transactions, with a state to show."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from fanzha.errors import InputError
from fanzha_api.problems import Problem
from fanzha_api.settings import Settings
from fanzha_api.store.engine import READ_ONLY, address_of, open_engine
from fanzha_api.store.migrate import NewerDatabaseError, migrate

__all__ = ["Storage", "StorageState", "is_unavailable", "open_storage"]

T = TypeVar("T")

_NOT_OPENED: Final = "not opened yet"
_THREADS: Final = 4
_MOST_WAITING: Final = 64

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StorageState:
    """Whether the database answered last time; `since` is a `time.time()`, None while it does."""

    available: bool
    since: float | None = None
    why: str | None = None


class Storage:
    """Runs work on the database in a few threads of its own, each piece in one transaction.

    Parameters
    ----------
    engine
        From `open_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="fanzha-store")
        self._lock = threading.Lock()
        self._waiting = 0
        self._state = StorageState(available=False, since=time.time(), why=_NOT_OPENED)

    @property
    def backend(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @property
    def where(self) -> str:
        """The file or `host/name` of the database, without who may enter it."""
        url = self.engine.url
        name = url.database or ":memory:"
        return name if self.backend == "sqlite" else f"{url.host or 'localhost'}/{name}"

    @property
    def refused(self) -> str | None:
        """Why the database does not answer; None where it does, or was not asked yet."""
        state = self._state
        return None if state.available or state.why == _NOT_OPENED else state.why

    @property
    def state(self) -> StorageState:
        """Whether the database answered last time."""
        return self._state

    def prepare(self) -> None:
        """Migrate the tables; blocks.

        Raises
        ------
        Problem
            503: the database cannot be reached or written, or a newer fanzha made it.
        """
        with self._watched():
            migrate(self.engine)

    @contextmanager
    def transaction(self, *, writes: bool = True) -> Iterator[Connection]:
        """Open a transaction that is committed at its end; blocks.

        Once this has ended without an error, what was written survives a power cut.

        Raises
        ------
        Problem
            503: the database cannot be reached or written; nothing of the transaction counts.
        """
        options = {} if writes else {READ_ONLY: True}
        with (
            self._watched(),
            self.engine.connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            yield connection

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a thread, in a transaction; it is committed before this returns.

        Raises
        ------
        Problem
            503: the database cannot be reached or written, or too much waits for it.
        """
        return await self._run(work, writes=True)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work`, which only reads, in a thread.

        Raises
        ------
        Problem
            503, as `write`.
        """
        return await self._run(work, writes=False)

    def close(self) -> None:
        """End the threads and the connections."""
        self._threads.shutdown()
        self.engine.dispose()

    async def _run(self, work: Callable[[Connection], T], *, writes: bool) -> T:
        if self._waiting >= _MOST_WAITING:
            raise Problem(
                503,
                "busy",
                "the service has more requests than it can answer; try again after Retry-After",
                headers={"Retry-After": "1"},
            )

        def run() -> T:
            with self.transaction(writes=writes) as connection:
                return work(connection)

        self._waiting += 1
        try:
            # Shielded: a caller that goes away must not stop a commit half-way.
            return await asyncio.shield(
                asyncio.get_running_loop().run_in_executor(self._threads, run)
            )
        finally:
            self._waiting -= 1

    @contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, OSError, InputError) as error:
            if not is_unavailable(error):
                raise
            self._show(StorageState(False, time.time(), _why(error)))
            raise Problem(
                503,
                "storage-unavailable",
                "the database cannot be reached or written, so nothing was stored; try again "
                "after Retry-After",
                headers={"Retry-After": "5"},
            ) from error
        self._show(StorageState(available=True))

    def _show(self, state: StorageState) -> None:
        with self._lock:
            before = self._state
            if before.available and state.available:
                return
            if not (before.available or state.available):
                state = StorageState(False, before.since, state.why)
            self._state = state
        if state.available:
            _log.info("storage available")
        elif state.why != before.why:
            # Once for each reason; the first one too, of a database that was never opened.
            fields = {"why": state.why, "database": self.where}
            _log.error("storage unavailable", extra={"fields": fields})


def is_unavailable(error: BaseException) -> bool:
    """Tell a database that is away, full or damaged from a defect in what was asked of it."""
    if getattr(getattr(error, "orig", None), "sqlite_errorname", None) == "SQLITE_ERROR":
        return False
    away = OperationalError | InterfaceError | PoolTimeoutError | OSError | NewerDatabaseError
    return isinstance(error, away) or type(error) is DatabaseError


def _why(error: BaseException) -> str:
    """Name the kind of failure; the driver's text may quote an address or a value."""
    original = getattr(error, "orig", None) or error
    name = getattr(original, "sqlite_errorname", None) or getattr(original, "sqlstate", None)
    return f"{type(original).__name__}{f' {name}' if name else ''}"


def open_storage(settings: Settings) -> Storage | None:
    """Open the database that the settings name, or None where they name none.

    Raises
    ------
    InputError
        The address cannot be used, or its driver is not installed.
    """
    url = settings.database_url
    address = address_of(settings.data, None if url is None else url.get_secret_value())
    return None if address is None else Storage(open_engine(address))
