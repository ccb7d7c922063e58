"""The review queue, and decisions on what waits in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, and_, cast, func, or_, select, update

from fanzha_api.store import tables
from fanzha_api.store.audit import Actor, write_audit
from fanzha_api.store.records import record_json
from fanzha_api.store.webhooks import emit

__all__ = ["count_wordings", "decide", "list_queue"]


def list_queue(
    connection: Connection,
    *,
    board: str | None,
    most: int,
    after: tuple[float, int] | None,
    label: str | None = None,
) -> tuple[list[dict[str, Any]], tuple[float, int] | None, int]:
    """Give what waits for a decision: the least certain and most read first.

    Parameters
    ----------
    label
        Only verdicts that gave this label.

    Returns
    -------
    The records as JSON values, where to go on (None: nowhere), and how many wait in all.
    """
    table = tables.records
    waits: list[ColumnElement[bool]] = [table.c.state == "open"]
    if board is not None:
        waits.append(table.c.board == board)
    if label is not None:
        # As text: neither database can look into a JSON list in the other's way.
        waits.append(cast(table.c.labels, Text).contains(f'"{label}"', autoescape=True))
    total = connection.execute(select(func.count()).select_from(table).where(*waits)).scalar()
    if after is not None:
        priority, number = after
        waits.append(
            or_(
                table.c.priority < priority,
                and_(table.c.priority == priority, table.c.id < number),
            )
        )
    query = select(table).where(*waits).order_by(table.c.priority.desc(), table.c.id.desc())
    rows = list(connection.execute(query.limit(most + 1)))
    more = (rows[most - 1].priority, rows[most - 1].id) if len(rows) > most else None
    return [record_json(row) for row in rows[:most]], more, int(total or 0)


def count_wordings(connection: Connection, digests: Sequence[str]) -> dict[str, int]:
    """Tell of wordings how many posts of each wait for a decision."""
    table = tables.records
    query = (
        select(table.c.digest, func.count())
        .where(table.c.state == "open", table.c.digest.in_(list(digests)))
        .group_by(table.c.digest)
    )
    return {digest: int(n) for digest, n in connection.execute(query)}


def decide(
    connection: Connection,
    actor: Actor,
    *,
    request_ids: Sequence[str] | None,
    digest: str | None,
    decision: str,
    labels: Sequence[str] | None,
    note: str,
) -> list[str]:
    """Decide on verdicts, given one by one or by the digest that posts of one wording share.

    A decision by digest reaches what waits in the queue; one by request also what was decided
    before. Gives the requests decided on.
    """
    table = tables.records
    chosen = (
        table.c.request_id.in_(list(request_ids))
        if request_ids is not None
        else and_(table.c.digest == digest, table.c.state == "open")
    )
    found = [row.request_id for row in connection.execute(select(table.c.request_id).where(chosen))]
    if not found:
        return []
    connection.execute(
        update(table)
        .where(chosen)
        .values(
            state="closed",
            decision=decision,
            decided_labels=None if labels is None else list(labels),
            decided_by=actor.name,
            decided_at=datetime.now(UTC),
            note=note,
        )
    )
    detail = {"decision": decision, "labels": None if labels is None else list(labels)}
    for request_id in dict.fromkeys(found):
        write_audit(connection, actor, "review.decide", request_id, detail)
    emit(connection, "review.decided", {"request_ids": found, "actor": actor.name, **detail})
    return found
