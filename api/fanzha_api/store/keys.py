"""API keys: made, listed, revoked; only the hash of a secret is kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from fanzha.errors import InputError
from fanzha_api.store import tables
from fanzha_api.store.audit import Actor, write_audit
from fanzha_api.store.revisions import KEYS, bump

__all__ = ["SCOPES", "ApiKey", "add_key", "digest_of", "list_keys", "revoke_key", "split_key"]

SCOPES: Final = ("moderate", "review", "admin")
"""What a key may do; it bears one or more of them, and none includes another."""

_PREFIX: Final = "fz"
_ID_BYTES: Final = 4
_SECRET_BYTES: Final = 32
_LONGEST: Final = 128


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key without its secret; `rate_per_s` bounds the posts a second, None does not.

    `number` is its place in the table of rate limits, counted from 1.
    """

    number: int
    id: str
    name: str
    scopes: tuple[str, ...]
    digest: str
    rate_per_s: float | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    def active(self, now: datetime) -> bool:
        """Tell whether the key may be used."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def digest_of(secret: str) -> str:
    """Give what is stored of a secret.

    A plain SHA-256: the secret has 256 random bits, so there is nothing to guess slowly.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def split_key(key: str) -> tuple[str, str] | None:
    """Give the id and the secret of a written key, or None if it is none."""
    prefix, _, rest = key[:_LONGEST].partition("_")
    key_id, _, secret = rest.partition("_")
    return (key_id, secret) if prefix == _PREFIX and key_id and secret else None


def add_key(
    connection: Connection,
    actor: Actor,
    *,
    name: str,
    scopes: Sequence[str],
    rate_per_s: float | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key; the second value is the key as its holder writes it, given only here.

    Raises
    ------
    InputError
        A scope is unknown or there is none, the rate is not above 0, or the end is past.
    """
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        what = f"{unknown[0][:20]!r} is no scope" if unknown else "the key has no scope"
        raise InputError(f"{what}; give one or more of {', '.join(SCOPES)}")
    if rate_per_s is not None and not 0 < rate_per_s <= 1e6:
        raise InputError(f"the rate is {rate_per_s:g} a second; give one above 0, up to 1000000")
    if expires_at is not None and expires_at <= datetime.now(UTC):
        raise InputError(
            f"a key that ended {expires_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC lets nobody in; "
            "give a time to come, or none"
        )
    key_id, secret = secrets.token_hex(_ID_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
    connection.execute(
        insert(tables.keys).values(
            id=key_id,
            name=name,
            scopes=sorted(set(scopes), key=SCOPES.index),
            digest=digest_of(secret),
            rate_per_s=rate_per_s,
            created_at=datetime.now(UTC),
            expires_at=expires_at,
        )
    )
    bump(connection, KEYS)
    write_audit(connection, actor, "key.add", key_id, {"name": name, "scopes": list(scopes)})
    made = next(key for key in list_keys(connection) if key.id == key_id)
    return made, f"{_PREFIX}_{key_id}_{secret}"


def list_keys(connection: Connection) -> list[ApiKey]:
    """Give every key that there has been, the oldest first."""
    rows = connection.execute(select(tables.keys).order_by(tables.keys.c.number))
    return [ApiKey(**{**row._mapping, "scopes": tuple(row.scopes)}) for row in rows]


def revoke_key(connection: Connection, actor: Actor, key_id: str) -> bool:
    """End a key and its sessions; False if there is no such key that could still be used."""
    table = tables.keys
    changed = connection.execute(
        update(table)
        .where(table.c.id == key_id, table.c.revoked_at.is_(None))
        .values(revoked_at=datetime.now(UTC))
    )
    if changed.rowcount == 0:
        return False
    connection.execute(delete(tables.sessions).where(tables.sessions.c.key_id == key_id))
    bump(connection, KEYS)
    write_audit(connection, actor, "key.revoke", key_id)
    return True
