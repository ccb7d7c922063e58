"""How much work lies in the database: reviews, appeals, jobs, deliveries."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from fanzha_api.store import tables

__all__ = ["count_work"]


def count_work(connection: Connection) -> dict[tuple[str, str], int]:
    """Count by kind and state: open `reviews` and `appeals`, `jobs` and `deliveries` in any."""
    found: dict[tuple[str, str], int] = {}
    for kind, table in (("jobs", tables.jobs), ("deliveries", tables.deliveries)):
        query = select(table.c.state, func.count()).group_by(table.c.state)
        for state, count in connection.execute(query):
            found[kind, state] = count
    for kind, table in (("reviews", tables.records), ("appeals", tables.appeals)):
        waiting = select(func.count()).select_from(table).where(table.c.state == "open")
        found[kind, "open"] = connection.execute(waiting).scalar() or 0
    return found
