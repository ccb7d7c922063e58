"""Requests that must count once: who sent which body under which key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import IntegrityError

from fanzha_api.store import tables

__all__ = ["KEPT", "Claim", "claim", "delete_old_claims", "find_claim"]

KEPT: Final = timedelta(hours=24)
"""How long a repeated request is known."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A key with the digest of the body and what came of it: a request's or job's id."""

    owner: str
    key: str
    digest: str
    subject: str


def find_claim(connection: Connection, owner: str, key: str) -> Claim | None:
    """Give what was first sent under a key, or None."""
    table = tables.idempotency
    row = connection.execute(
        select(table.c.digest, table.c.subject).where(table.c.owner == owner, table.c.key == key)
    ).first()
    return None if row is None else Claim(owner, key, row.digest, row.subject)


def claim(connection: Connection, wanted: Claim) -> Claim:
    """Take a key; give the claim that holds, which is another's if that came first."""
    try:
        with connection.begin_nested():
            connection.execute(
                insert(tables.idempotency).values(
                    owner=wanted.owner,
                    key=wanted.key,
                    digest=wanted.digest,
                    subject=wanted.subject,
                    at=datetime.now(UTC),
                )
            )
    except IntegrityError:
        found = find_claim(connection, wanted.owner, wanted.key)
        if found is None:
            raise
        return found
    return wanted


def delete_old_claims(connection: Connection, now: datetime) -> int:
    """Forget keys that are older than `KEPT`."""
    table = tables.idempotency
    return connection.execute(delete(table).where(table.c.at <= now - KEPT)).rowcount
