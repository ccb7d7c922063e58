"""What the kept records add up to: by day, board, suggestion and label; what waits."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Text, case, cast, func, literal_column, select

from fanzha_api.store import tables
from fanzha_api.store.records import record_json

__all__ = [
    "Backlog", "Tally", "Wording", "count_backlog", "count_posts", "flagged_records",
    "known_boards", "list_wordings",
]  # fmt: skip

_CHINA_DAY: Final = {
    "sqlite": "date(records.at, '+8 hours')",
    "postgresql": "CAST(records.at AT TIME ZONE 'UTC' + INTERVAL '8 hours' AS DATE)",
}
"""The day of a record on a calendar in China."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many recorded posts of one day, board, suggestion and set of labels there are."""

    day: date
    board: str
    suggestion: str
    labels: tuple[str, ...]
    n: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits for people, and what they did.

    `oldest` is when the longest waiting verdict was given; `blocked` and `passed` are decisions
    of the last days.
    """

    waiting: int
    oldest: datetime | None
    appeals: int
    jobs: int
    blocked: int
    passed: int


@dataclass(frozen=True, slots=True)
class Wording:
    """Flagged posts of one wording whose texts are not kept."""

    digest: str
    n: int
    waiting: int
    first: datetime
    last: datetime


def count_posts(connection: Connection, days: int) -> list[Tally]:
    """Count the records of the last days, this one included, in order."""
    table = tables.records
    day: ColumnElement[str] = literal_column(_CHINA_DAY[connection.dialect.name])
    labels = cast(table.c.labels, Text)
    query = (
        select(
            cast(day, Text).label("day"), table.c.board, table.c.suggestion, labels, func.count()
        )
        .where(table.c.at >= _beginning(days))
        .group_by(day, table.c.board, table.c.suggestion, labels)
        .order_by(day)
    )
    return [
        Tally(date.fromisoformat(on), board, suggestion, tuple(json.loads(given)), n)
        for on, board, suggestion, given, n in connection.execute(query)
    ]


def count_backlog(connection: Connection, days: int) -> Backlog:
    """Count what waits now, and the decisions of the last days."""
    records, appeals, jobs = tables.records, tables.appeals, tables.jobs
    waiting, oldest = connection.execute(
        select(func.count(), func.min(records.c.at)).where(records.c.state == "open")
    ).one()
    since = datetime.now(UTC) - timedelta(days=days)
    decided = {
        decision: int(n)
        for decision, n in connection.execute(
            select(records.c.decision, func.count())
            .where(records.c.decided_at >= since)
            .group_by(records.c.decision)
        )
    }
    return Backlog(
        waiting=waiting,
        oldest=oldest,
        appeals=connection.execute(
            select(func.count()).select_from(appeals).where(appeals.c.state == "open")
        ).scalar_one(),
        jobs=connection.execute(
            select(func.count())
            .select_from(jobs)
            .where(jobs.c.state.in_(["waiting", "running", "cancelling"]))
        ).scalar_one(),
        blocked=decided.get("block", 0),
        passed=decided.get("pass", 0),
    )


def flagged_records(connection: Connection, days: int, most: int) -> list[dict[str, Any]]:
    """Give the flagged records of the last days whose texts are kept, the oldest first.

    Beyond `most` the oldest are left out. Each is as `record_json` gives it, with `author_id`.
    """
    table = tables.records
    query = (
        select(table)
        .where(
            table.c.at >= _beginning(days),
            table.c.suggestion != "pass",
            table.c.fields.is_not(None),
        )
        .order_by(table.c.id.desc())
        .limit(most)
    )
    rows = list(connection.execute(query))
    rows.reverse()
    return [
        {
            **record_json(row),
            "author_id": None if row.author_id is None else str(json.loads(row.author_id)),
        }
        for row in rows
    ]


def list_wordings(connection: Connection, days: int, most: int) -> list[Wording]:
    """Give the wordings of several flagged posts without kept texts, the most frequent first."""
    table = tables.records
    n = func.count()
    waiting = func.sum(case((table.c.state == "open", 1), else_=0))
    query = (
        select(table.c.digest, n, waiting, func.min(table.c.at), func.max(table.c.at))
        .where(
            table.c.at >= _beginning(days),
            table.c.suggestion != "pass",
            table.c.fields.is_(None),
        )
        .group_by(table.c.digest)
        .having(n > 1)
        .order_by(n.desc(), table.c.digest)
        .limit(most)
    )
    return [
        Wording(digest, int(posts), int(waits), first, last)
        for digest, posts, waits, first, last in connection.execute(query)
    ]


def known_boards(connection: Connection) -> list[str]:
    """Give the boards of which there is a record or a policy, in order."""
    found = connection.execute(
        select(tables.records.c.board).union(select(tables.policies.c.board))
    )
    return sorted(row.board for row in found)


def _beginning(days: int) -> datetime:
    """Give when the first of the last days began in China."""
    ahead = timedelta(hours=8)
    today = (datetime.now(UTC) + ahead).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - ahead - timedelta(days=days - 1)
