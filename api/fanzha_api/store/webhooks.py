"""Webhooks and the events on their way to them: an outbox, written with the deed itself."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, update

from fanzha_api.store import tables
from fanzha_api.store.audit import Actor, write_audit

__all__ = [
    "EVENTS", "LEASE", "MOST_ATTEMPTS", "STATES", "Delivery", "Traffic", "add_webhook", "any_due",
    "count_deliveries", "delete_old_deliveries", "delete_webhook", "emit", "last_tried",
    "lease_deliveries", "list_deliveries", "list_webhooks", "retry_delivery", "settle_delivery",
]  # fmt: skip

EVENTS: Final = (
    "job.ended", "policy.changed", "review.decided", "appeal.opened", "appeal.resolved",
    "drift.changed",
)  # fmt: skip
"""What may be sent."""
STATES: Final = ("waiting", "done", "dead")
"""How far a delivery is: on its way, taken, given up."""

LEASE: Final = timedelta(seconds=60)
"""How long a worker that took a delivery has to settle it; nobody else gets it before."""

_TAKEN_KEPT: Final = timedelta(days=30)
_FIRST_PAUSE_S: Final = 5
_LONGEST_PAUSE_S: Final = 3600
MOST_ATTEMPTS: Final = 12
"""With pauses that double from 5 seconds to an hour: given up after about four hours."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one address."""

    id: str
    event: str
    payload: dict[str, Any]
    attempts: int
    created_at: datetime
    url: str
    secret: str


@dataclass(frozen=True, slots=True)
class Traffic:
    """How many deliveries of an address are in each state.

    `refused` counts those of `waiting` that somebody would not take at least once.
    """

    waiting: int = 0
    refused: int = 0
    done: int = 0
    dead: int = 0


def add_webhook(
    connection: Connection, actor: Actor, *, url: str, events: list[str]
) -> dict[str, Any]:
    """Add an address; its secret is given only here."""
    webhook_id, secret = secrets.token_hex(16), secrets.token_urlsafe(32)
    now = datetime.now(UTC)
    connection.execute(
        insert(tables.webhooks).values(
            id=webhook_id, url=url, secret=secret, events=events,
            created_at=now, created_by=actor.name,
        )
    )  # fmt: skip
    write_audit(connection, actor, "webhook.add", webhook_id, {"events": events})
    return {
        "webhook": webhook_id, "url": url, "events": events, "secret": secret,
        "created_at": now.isoformat(), "created_by": actor.name,
    }  # fmt: skip


def list_webhooks(connection: Connection) -> list[dict[str, Any]]:
    """Give every address, without its secret."""
    query = select(tables.webhooks).order_by(tables.webhooks.c.created_at)
    return [
        {
            "webhook": row.id, "url": row.url, "events": row.events,
            "created_at": row.created_at.isoformat(), "created_by": row.created_by,
        }
        for row in connection.execute(query)
    ]  # fmt: skip


def delete_webhook(connection: Connection, actor: Actor, webhook_id: str) -> bool:
    """Delete an address with all that is on its way to it; False if there is none."""
    table = tables.webhooks
    gone = connection.execute(delete(table).where(table.c.id == webhook_id)).rowcount
    if gone:
        write_audit(connection, actor, "webhook.delete", webhook_id)
    return bool(gone)


def emit(connection: Connection, event: str, payload: dict[str, Any]) -> None:
    """Put an event on its way, in the transaction of what happened; it holds no post's text."""
    now = datetime.now(UTC)
    for row in connection.execute(select(tables.webhooks.c.id, tables.webhooks.c.events)).all():
        if event in row.events:
            connection.execute(
                insert(tables.deliveries).values(
                    id=secrets.token_hex(16), webhook_id=row.id, event=event, payload=payload,
                    state="waiting", attempts=0, next_at=now, created_at=now,
                )
            )  # fmt: skip


def any_due(connection: Connection) -> bool:
    """Tell whether a delivery is due; reads only, so that looking costs no writer his turn."""
    table = tables.deliveries
    due = select(table.c.id).where(table.c.state == "waiting", table.c.next_at <= datetime.now(UTC))
    return connection.execute(due.limit(1)).first() is not None


def lease_deliveries(connection: Connection, most: int = 20) -> list[Delivery]:
    """Take deliveries that are due; who takes one has a minute to settle it."""
    table = tables.deliveries
    now = datetime.now(UTC)
    due = connection.execute(
        select(table, tables.webhooks.c.url, tables.webhooks.c.secret)
        .join(tables.webhooks, tables.webhooks.c.id == table.c.webhook_id)
        .where(table.c.state == "waiting", table.c.next_at <= now)
        .order_by(table.c.next_at)
        .limit(most)
    ).all()
    taken: list[Delivery] = []
    for row in due:
        # Another worker may have been faster.
        leased = connection.execute(
            update(table)
            .where(table.c.id == row.id, table.c.state == "waiting", table.c.next_at == row.next_at)
            .values(next_at=now + LEASE)
        )
        if leased.rowcount:
            taken.append(
                Delivery(
                    row.id,
                    row.event,
                    row.payload,
                    row.attempts,
                    row.created_at,
                    row.url,
                    row.secret,
                )
            )
    return taken


def settle_delivery(connection: Connection, delivery: Delivery, *, status: str, done: bool) -> None:
    """Say how a delivery went: done, to be tried again later, or given up (`dead`)."""
    table = tables.deliveries
    attempts = delivery.attempts + 1
    state = "done" if done else "dead" if attempts >= MOST_ATTEMPTS else "waiting"
    connection.execute(
        update(table)
        .where(table.c.id == delivery.id)
        .values(
            state=state,
            attempts=attempts,
            last_status=status[:64],
            next_at=datetime.now(UTC) + _pause_after(attempts),
        )
    )


def list_deliveries(
    connection: Connection,
    *,
    webhook_id: str,
    state: str | None,
    most: int,
    before: str | None = None,
) -> list[dict[str, Any]]:
    """Give what was sent, is to be sent or was given up, the newest first.

    Parameters
    ----------
    before
        Only what comes after this delivery in that order.
    """
    table = tables.deliveries
    query = select(table).where(table.c.webhook_id == webhook_id)
    if state is not None:
        query = query.where(table.c.state == state)
    if before is not None:
        at = select(table.c.created_at).where(table.c.id == before).scalar_subquery()
        query = query.where(
            or_(table.c.created_at < at, and_(table.c.created_at == at, table.c.id < before))
        )
    query = query.order_by(table.c.created_at.desc(), table.c.id.desc())
    return [
        {
            "delivery": row.id, "event": row.event, "payload": row.payload, "state": row.state,
            "attempts": row.attempts, "last_status": row.last_status,
            "created_at": row.created_at.isoformat(), "next_at": row.next_at.isoformat(),
        }
        for row in connection.execute(query.limit(most))
    ]  # fmt: skip


def count_deliveries(connection: Connection) -> dict[str, Traffic]:
    """Count the deliveries of each address to which something was sent or is to be sent."""
    table = tables.deliveries
    refused = func.count().filter(table.c.attempts > 0)
    query = select(table.c.webhook_id, table.c.state, func.count(), refused)
    counted: dict[str, dict[str, int]] = {}
    for webhook_id, state, n, n_tried in connection.execute(
        query.group_by(table.c.webhook_id, table.c.state)
    ):
        counts = counted.setdefault(webhook_id, {})
        counts[state] = n
        if state == "waiting":
            counts["refused"] = n_tried
    return {webhook_id: Traffic(**counts) for webhook_id, counts in counted.items()}


def last_tried(delivery: Mapping[str, Any]) -> datetime | None:
    """Give when one of `list_deliveries` was taken or given up; None while it is on its way."""
    if delivery["state"] == "waiting":
        return None
    # It bears the time of the attempt that would come next.
    return datetime.fromisoformat(delivery["next_at"]) - _pause_after(delivery["attempts"])


def retry_delivery(connection: Connection, actor: Actor, delivery_id: str) -> bool:
    """Try one that was given up again, from the first pause on; False if there is none such."""
    table = tables.deliveries
    changed = connection.execute(
        update(table)
        .where(table.c.id == delivery_id, table.c.state == "dead")
        .values(state="waiting", attempts=0, next_at=datetime.now(UTC))
    ).rowcount
    if changed:
        write_audit(connection, actor, "delivery.retry", delivery_id)
    return bool(changed)


def delete_old_deliveries(connection: Connection, now: datetime) -> int:
    """Delete what was taken more than 30 days ago; what was given up stays with its address."""
    table = tables.deliveries
    old = (table.c.state == "done") & (table.c.next_at < now - _TAKEN_KEPT)
    return connection.execute(delete(table).where(old)).rowcount


def _pause_after(attempts: int) -> timedelta:
    return timedelta(seconds=min(_FIRST_PAUSE_S * 2 ** (attempts - 1), _LONGEST_PAUSE_S))
