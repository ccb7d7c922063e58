"""What people say of verdicts: feedback, and appeals against them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, CursorResult, delete, insert, select, update

from fanzha_api.store import tables
from fanzha_api.store.audit import Actor, write_audit
from fanzha_api.store.webhooks import emit

__all__ = ["add_appeal", "add_feedback", "list_appeals", "list_said", "resolve_appeal"]


def add_feedback(
    connection: Connection,
    actor: Actor,
    *,
    record_id: int,
    outcome: str,
    labels: Sequence[str] | None,
    note: str,
) -> int:
    """Say of a verdict that it is `right` or `wrong`; replaces what the same actor said before.

    A wrong verdict that nobody has decided on comes into the review queue.
    """
    table = tables.feedback
    connection.execute(
        delete(table).where(table.c.record_id == record_id, table.c.actor == actor.name)
    )
    made = connection.execute(
        insert(table).values(
            record_id=record_id,
            outcome=outcome,
            labels=None if labels is None else list(labels),
            note=note,
            actor=actor.name,
            at=datetime.now(UTC),
        )
    )
    if outcome == "wrong":
        connection.execute(
            update(tables.records)
            .where(tables.records.c.id == record_id, tables.records.c.decision.is_(None))
            .values(state="open")
        )
    return _number(made)


def list_said(
    connection: Connection, request_ids: Sequence[str]
) -> dict[str, list[dict[str, Any]]]:
    """Give what people said of verdicts, by request and the newest first: feedback and appeals.

    Each has `kind` (`right`, `wrong`, `appeal`), `actor`, `at`, `note` and `labels`; an appeal
    also its `state`.
    """
    records = tables.records
    found: dict[str, list[dict[str, Any]]] = {}
    for table in (tables.feedback, tables.appeals):
        query = (
            select(table, records.c.request_id)
            .join(records, records.c.id == table.c.record_id)
            .where(records.c.request_id.in_(list(request_ids)))
            .order_by(table.c.id.desc())
        )
        for row in connection.execute(query):
            appeals = table is tables.appeals
            found.setdefault(row.request_id, []).append(
                {
                    "kind": "appeal" if appeals else row.outcome,
                    "actor": row.actor,
                    "at": row.at.isoformat(),
                    "note": row.reason if appeals else row.note,
                    "labels": None if appeals else row.labels,
                    "state": row.state if appeals else "",
                }
            )
    return found


def add_appeal(connection: Connection, actor: Actor, *, record_id: int, reason: str) -> int:
    """Object to a verdict or a decision; it comes (again) into the review queue."""
    made = connection.execute(
        insert(tables.appeals).values(
            record_id=record_id,
            reason=reason,
            state="open",
            actor=actor.name,
            at=datetime.now(UTC),
        )
    )
    connection.execute(
        update(tables.records).where(tables.records.c.id == record_id).values(state="open")
    )
    number = _number(made)
    emit(connection, "appeal.opened", {"appeal": number})
    return number


def list_appeals(
    connection: Connection, *, state: str, most: int, before: int | None
) -> list[dict[str, Any]]:
    """Give appeals of a state (`open`, `granted`, `refused`), the newest first."""
    table = tables.appeals
    query = (
        select(table, tables.records.c.request_id, tables.records.c.board)
        .join(tables.records, tables.records.c.id == table.c.record_id)
        .where(table.c.state == state)
        .order_by(table.c.id.desc())
    )
    if before is not None:
        query = query.where(table.c.id < before)
    return [
        {
            "appeal": row.id,
            "request_id": row.request_id,
            "board": row.board,
            "reason": row.reason,
            "state": row.state,
            "actor": row.actor,
            "at": row.at.isoformat(),
            "resolved_by": row.resolved_by,
            "resolved_at": None if row.resolved_at is None else row.resolved_at.isoformat(),
            "resolution": row.resolution,
        }
        for row in connection.execute(query.limit(most))
    ]


def resolve_appeal(
    connection: Connection, actor: Actor, *, appeal: int, granted: bool, note: str
) -> str | None:
    """End an open appeal; a granted one decides that the post passes, with no label.

    Returns
    -------
    The request that it was about; None if there is no such open appeal.
    """
    table = tables.appeals
    row = connection.execute(
        select(table.c.record_id, tables.records.c.request_id)
        .join(tables.records, tables.records.c.id == table.c.record_id)
        .where(table.c.id == appeal, table.c.state == "open")
    ).first()
    if row is None:
        return None
    now = datetime.now(UTC)
    state = "granted" if granted else "refused"
    ended = connection.execute(
        update(table)
        .where(table.c.id == appeal, table.c.state == "open")
        .values(state=state, resolved_by=actor.name, resolved_at=now, resolution=note)
    )
    if ended.rowcount == 0:
        return None  # Somebody else was faster.
    decided: dict[str, Any] = {"state": "closed"}
    if granted:
        decided |= {
            "decision": "pass",
            "decided_labels": [],
            "decided_by": actor.name,
            "decided_at": now,
        }
    connection.execute(
        update(tables.records).where(tables.records.c.id == row.record_id).values(**decided)
    )
    emit(
        connection,
        "appeal.resolved",
        {"appeal": appeal, "request_id": row.request_id, "state": state},
    )
    write_audit(connection, actor, "appeal.resolve", row.request_id, {"state": state})
    return str(row.request_id)


def _number(made: CursorResult[Any]) -> int:
    key = made.inserted_primary_key
    assert key is not None
    return int(key[0])
