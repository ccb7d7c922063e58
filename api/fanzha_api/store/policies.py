"""Every version of every board's policy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, text

from fanzha_api.store import tables
from fanzha_api.store.audit import Actor, write_audit
from fanzha_api.store.revisions import POLICIES, bump
from fanzha_api.store.webhooks import emit

__all__ = ["PolicyVersion", "current", "diff", "history", "read_policy", "write_policy"]


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """One version of a board's policy.

    `document` is the policy as JSON values; `diff` what changed against the version before: a JSON
    pointer to `[before, after]`, null for absent.
    """

    board: str
    version: int
    document: dict[str, Any]
    diff: dict[str, Any]
    author: str
    note: str
    at: datetime

    def to_json(self) -> dict[str, Any]:
        """Give the version as JSON values."""
        return {
            "board": self.board,
            "version": self.version,
            "policy": self.document,
            "diff": self.diff,
            "author": self.author,
            "note": self.note,
            "at": self.at.isoformat(),
        }


def current(connection: Connection) -> list[PolicyVersion]:
    """Give the policy in force of every board, in the order of their names."""
    table = tables.policies
    last = (
        select(table.c.board, func.max(table.c.version).label("version"))
        .group_by(table.c.board)
        .subquery()
    )
    query = (
        select(table)
        .join(last, (table.c.board == last.c.board) & (table.c.version == last.c.version))
        .order_by(table.c.board)
    )
    return [PolicyVersion(**row._mapping) for row in connection.execute(query)]


def read_policy(
    connection: Connection, board: str, version: int | None = None
) -> PolicyVersion | None:
    """Give a version of a board's policy, the one in force by default, or None."""
    table = tables.policies
    query = select(table).where(table.c.board == board).order_by(table.c.version.desc()).limit(1)
    if version is not None:
        query = query.where(table.c.version == version)
    row = connection.execute(query).first()
    return None if row is None else PolicyVersion(**row._mapping)


def history(
    connection: Connection, board: str, most: int, before: int | None = None
) -> list[PolicyVersion]:
    """Give a board's versions, the newest first."""
    table = tables.policies
    query = select(table).where(table.c.board == board).order_by(table.c.version.desc())
    if before is not None:
        query = query.where(table.c.version < before)
    rows = connection.execute(query.limit(most))
    return [PolicyVersion(**row._mapping) for row in rows]


def write_policy(
    connection: Connection,
    board: str,
    document: dict[str, Any],
    *,
    actor: Actor,
    note: str = "",
    based_on: int | None = None,
) -> PolicyVersion | None:
    """Add a version and say so in the audit log; None if `based_on` is no longer the newest.

    Writing what is in force already changes nothing and gives that version.
    """
    if connection.dialect.name == "postgresql":
        # Two editors of one board one after the other; SQLite has one writer anyway.
        connection.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:board, 0))"), {"board": board}
        )
    before = read_policy(connection, board)
    if based_on is not None and based_on != (before.version if before else 0):
        return None
    changes = diff(before.document if before else {}, document)
    if before is not None and not changes:
        return before
    version = PolicyVersion(
        board=board,
        version=before.version + 1 if before else 1,
        document=document,
        diff=changes,
        author=actor.name,
        note=note,
        at=datetime.now(UTC),
    )
    connection.execute(
        insert(tables.policies).values(
            board=board,
            version=version.version,
            document=document,
            diff=changes,
            author=version.author,
            note=note,
            at=version.at,
        )
    )
    bump(connection, POLICIES)
    emit(
        connection,
        "policy.changed",
        {"board": board, "version": version.version, "author": version.author, "note": note},
    )
    write_audit(connection, actor, "policy.put", f"{board}@{version.version}", {"diff": changes})
    return version


def diff(before: Any, after: Any, at: str = "") -> dict[str, Any]:
    """Give what differs between two JSON values: pointer to `[before, after]`, null for absent.

    Lists are compared as sets of their elements, since the order of entries says nothing.

    Examples
    --------
    >>> diff({"a": 1, "l": [1]}, {"a": 2, "l": [1, 3]})
    {'/a': [1, 2], '/l': [[], [3]]}
    """
    if before == after:
        return {}
    if isinstance(before, dict) and isinstance(after, dict):
        found: dict[str, Any] = {}
        for name in sorted(before.keys() | after.keys()):
            pointer = f"{at}/{name.replace('~', '~0').replace('/', '~1')}"
            found |= diff(before.get(name), after.get(name), pointer)
        return found
    if isinstance(before, list) and isinstance(after, list):
        gone = [one for one in before if one not in after]
        come = [one for one in after if one not in before]
        return {at: [gone, come]} if gone or come else {}
    return {at: [before, after]}
