"""Who is signed in to the console: by a cookie of which only the hash is kept."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from fanzha_api.store import tables
from fanzha_api.store.audit import Actor, write_audit
from fanzha_api.store.keys import digest_of

__all__ = ["SESSION_H", "add_session", "delete_old_sessions", "end_session", "find_session"]

SESSION_H: Final = 12
"""Hours after which a session ends, whatever is done in it."""

_TOKEN_BYTES: Final = 32


def add_session(connection: Connection, actor: Actor, key_id: str, *, before: str | None) -> str:
    """Sign a key's holder in, and give the cookie; the session `before` it ends.

    The cookie is always a new one: what a browser brought along never becomes a session.
    """
    if before is not None:
        connection.execute(
            delete(tables.sessions).where(tables.sessions.c.digest == digest_of(before))
        )
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    now = datetime.now(UTC)
    connection.execute(
        insert(tables.sessions).values(
            digest=digest_of(token),
            key_id=key_id,
            created_at=now,
            expires_at=now + timedelta(hours=SESSION_H),
        )
    )
    write_audit(connection, actor, "console.sign_in", key_id)
    return token


def find_session(connection: Connection, token: str) -> str | None:
    """Give the id of the key that opened a session; None where there is none or it is over."""
    table = tables.sessions
    query = select(table.c.key_id).where(
        table.c.digest == digest_of(token), table.c.expires_at > datetime.now(UTC)
    )
    found: str | None = connection.execute(query).scalar()
    return found


def end_session(connection: Connection, actor: Actor, token: str) -> None:
    """Sign out."""
    table = tables.sessions
    ended = connection.execute(delete(table).where(table.c.digest == digest_of(token)))
    if ended.rowcount:
        write_audit(connection, actor, "console.sign_out", actor.owner)


def delete_old_sessions(connection: Connection, now: datetime) -> int:
    """Delete the sessions that are over."""
    table = tables.sessions
    return connection.execute(delete(table).where(table.c.expires_at <= now)).rowcount
