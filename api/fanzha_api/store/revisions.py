"""Counters that tell every worker that something it keeps in memory has changed."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, insert, select, update

from fanzha_api.store import tables

__all__ = ["KEYS", "POLICIES", "bump", "read_revisions"]

POLICIES: Final = "policies"
KEYS: Final = "keys"


def bump(connection: Connection, name: str) -> None:
    """Raise a counter in the transaction that makes the change.

    The rows are there from the first migration, so that two workers never add the same one.
    """
    changed = connection.execute(
        update(tables.revisions)
        .where(tables.revisions.c.name == name)
        .values(value=tables.revisions.c.value + 1)
    )
    if changed.rowcount == 0:
        connection.execute(insert(tables.revisions).values(name=name, value=1))


def read_revisions(connection: Connection) -> dict[str, int]:
    """Give every counter."""
    rows = connection.execute(select(tables.revisions.c.name, tables.revisions.c.value))
    return {row.name: row.value for row in rows}
