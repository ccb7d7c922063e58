"""The audit log: who did what to what, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from fanzha_api.store import tables

__all__ = ["Actor", "read_audit", "write_audit"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, and in which request; `owner` is the key's id, `-` without one."""

    name: str = "local"
    owner: str = "-"
    request_id: str = ""


def write_audit(
    connection: Connection,
    actor: Actor,
    action: str,
    subject: str,
    detail: dict[str, Any] | None = None,
) -> None:
    """Add a line in the transaction of the deed itself; `detail` holds no post's text."""
    connection.execute(
        insert(tables.audit).values(
            at=datetime.now(UTC),
            actor=actor.name,
            action=action,
            subject=subject[:200],
            detail=detail or {},
            request_id=actor.request_id,
        )
    )


def read_audit(connection: Connection, most: int, before: int | None) -> list[dict[str, Any]]:
    """Give the newest lines as JSON values, those with an id below `before` if it is given."""
    query = select(tables.audit).order_by(tables.audit.c.id.desc()).limit(most)
    if before is not None:
        query = query.where(tables.audit.c.id < before)
    return [
        {
            "id": row.id,
            "at": row.at.isoformat(),
            "actor": row.actor,
            "action": row.action,
            "subject": row.subject,
            "detail": row.detail,
            "request_id": row.request_id,
        }
        for row in connection.execute(query)
    ]
