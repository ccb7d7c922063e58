"""What a candidate bundle says beside the live one: counted, and where it differs listed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select

from fanzha_api.store import tables

__all__ = ["MOST_DIFFERENCES", "read_shadow", "write_shadow"]

MOST_DIFFERENCES: Final = 10_000
"""Differences that are kept, the newest."""

_KEPT: Final = timedelta(days=60)


def write_shadow(
    connection: Connection,
    pair: tuple[str, str],
    worker: str,
    counts: Mapping[str, int],
    differences: Sequence[Mapping[str, Any]],
) -> None:
    """Write what a worker has compared of a live bundle and a candidate, and what is new."""
    live, candidate = pair
    now, table = datetime.now(UTC), tables.shadow_counts
    here = (table.c.live == live, table.c.candidate == candidate, table.c.worker == worker)
    connection.execute(delete(table).where(*here))
    connection.execute(
        insert(table).values(
            live=live, candidate=candidate, worker=worker, counts=dict(counts), at=now
        )
    )
    connection.execute(delete(table).where(table.c.at < now - _KEPT))
    if differences:
        own = tables.shadow_differences
        connection.execute(
            insert(own),
            [{"at": now, "live": live, "candidate": candidate, **one} for one in differences],
        )
        last = connection.execute(
            select(own.c.id).order_by(own.c.id.desc()).offset(MOST_DIFFERENCES).limit(1)
        ).scalar()
        if last is not None:
            connection.execute(delete(own).where(own.c.id <= last))


def read_shadow(
    connection: Connection, pair: tuple[str, str], most: int, before: int | None = None
) -> tuple[Counter[str], list[dict[str, Any]]]:
    """Give the counts over all workers, and the newest differences below an id."""
    live, candidate = pair
    table, own = tables.shadow_counts, tables.shadow_differences
    total: Counter[str] = Counter()
    here = (table.c.live == live, table.c.candidate == candidate)
    for counts in connection.execute(select(table.c.counts).where(*here)).scalars():
        total.update(counts)
    query = select(own).where(own.c.live == live, own.c.candidate == candidate)
    if before is not None:
        query = query.where(own.c.id < before)
    rows = connection.execute(query.order_by(own.c.id.desc()).limit(most))
    return total, [
        {
            "number": row.id,
            "at": row.at.isoformat(),
            "request_id": row.request_id,
            "board": row.board,
            **row.difference,
        }
        for row in rows
    ]
