"""The connection to the database: SQLite in a data folder, or PostgreSQL by its address."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from fanzha.errors import InputError

__all__ = ["FILE_NAME", "READ_ONLY", "address_of", "open_engine"]

FILE_NAME: Final = "fanzha.db"
"""Name of the SQLite file in the data folder."""

READ_ONLY: Final = "fanzha_read_only"
"""Execution option of a connection that only reads; it then waits for no writer of SQLite."""

_WAIT_S: Final = 5
_CONNECT_S: Final = 3
_STATEMENT_MS: Final = 15_000


def address_of(data: Path | None, database_url: str | None) -> URL | None:
    """Give the database's address, or None where the service keeps nothing.

    Raises
    ------
    InputError
        The address is malformed, of another database, or `data` cannot be made; the message does
        not repeat the address, which may hold a password.
    """
    if database_url is not None:
        try:
            url = make_url(database_url)
        except ArgumentError as error:
            raise InputError(
                "FANZHA_DATABASE_URL is no database address; write it like "
                "postgresql://user:password@host/name"
            ) from error
        backend = url.get_backend_name()
        if backend in {"postgres", "postgresql"}:
            return url.set(drivername="postgresql+psycopg")
        if backend == "sqlite":
            return url.set(drivername="sqlite+pysqlite")
        raise InputError(
            f"FANZHA_DATABASE_URL names the database {backend[:20]!r}; use postgresql:// or "
            "sqlite:///"
        )
    if data is None:
        return None
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise InputError(
            f"the data folder {str(data)[:80]!r} cannot be made ({error.strerror}); name a folder "
            "that may be written with FANZHA_DATA"
        ) from error
    return URL.create("sqlite+pysqlite", database=str(data / FILE_NAME))


def open_engine(url: URL, connections: int = 5) -> Engine:
    """Open the database; nothing is connected before the first use.

    Notes
    -----
    SQLite runs in WAL mode with `synchronous=FULL`: a commit that has returned survives a power
    cut. Every transaction that may write takes the write lock at its beginning, so that none
    fails half-way.

    Raises
    ------
    InputError
        The driver of PostgreSQL is not installed.
    """
    if url.get_backend_name() == "sqlite":
        engine = create_engine(
            url, pool_size=connections, max_overflow=0, connect_args={"timeout": _WAIT_S}
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        return create_engine(
            url,
            pool_size=connections,
            max_overflow=0,
            pool_pre_ping=True,
            pool_timeout=_WAIT_S,
            connect_args={
                "connect_timeout": _CONNECT_S,
                "options": f"-c statement_timeout={_STATEMENT_MS} -c timezone=UTC",
                "tcp_user_timeout": _STATEMENT_MS,
            },
        )
    except ModuleNotFoundError as error:
        raise InputError(
            "the driver of PostgreSQL is not installed; run pip install 'fanzha[postgres]'"
        ) from error


def _prepare_sqlite(connection: sqlite3.Connection, _: Any) -> None:
    # The driver's own transactions begin too late; `_begin_sqlite` begins them.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    reads = connection.get_execution_options().get(READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
