"""Score counts by the hour, baselines of bundles on boards, and alarms raised once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from fanzha_api.score_counts import LabelDrift, ScoreCounts
from fanzha_api.store import tables
from fanzha_api.store.audit import Actor, write_audit
from fanzha_api.store.webhooks import emit

__all__ = [
    "BASELINE_POSTS", "LEAST_POSTS", "WINDOW", "BoardDrift", "raise_alarms", "read_drift",
    "take_baseline", "write_counts",
]  # fmt: skip

BASELINE_POSTS: Final = 2000
"""Posts after which what a bundle gave on a board becomes its baseline."""

LEAST_POSTS: Final = 500
"""Posts of the window below which nothing is said."""

WINDOW: Final = timedelta(hours=24)
"""Length of the window that is held against the baseline."""

_KEPT: Final = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class BoardDrift:
    """How a bundle's scores on a board lie now; no `since`: the baseline is still being learned."""

    board: str
    since: datetime | None
    n_baseline: int
    n_recent: int
    labels: tuple[LabelDrift, ...]

    def alarms(self, least: float) -> list[str]:
        """Give the labels that drift at least so far."""
        return [one.label for one in self.labels if one.most >= least]

    def status(self, least: float) -> str:
        """Give `learning`, `steady` or `drifted`."""
        if self.since is None:
            return "learning"
        return "drifted" if self.alarms(least) else "steady"

    def to_json(self, least: float) -> dict[str, Any]:
        """Give the state as JSON values."""
        return {
            "board": self.board,
            "status": self.status(least),
            "since": None if self.since is None else self.since.isoformat(),
            "baseline_posts": self.n_baseline,
            "recent_posts": self.n_recent,
            "labels": [one.to_json() for one in self.labels],
        }


def write_counts(
    connection: Connection,
    counts: Mapping[tuple[datetime, str, str], ScoreCounts],
    worker: str,
) -> None:
    """Write a worker's counts by hour, bundle and board, in place of what it wrote before."""
    table = tables.score_counts
    for (hour, bundle, board), one in counts.items():
        connection.execute(
            delete(table).where(
                table.c.hour == hour, table.c.bundle == bundle,
                table.c.board == board, table.c.worker == worker,
            )
        )  # fmt: skip
        connection.execute(
            insert(table).values(
                hour=hour, bundle=bundle, board=board, worker=worker, counts=one.to_json()
            )
        )
    connection.execute(delete(table).where(table.c.hour < datetime.now(UTC) - _KEPT))


def read_drift(connection: Connection, bundle: str, now: datetime) -> list[BoardDrift]:
    """Give the drift of a bundle on every board, in the order of their names."""
    table = tables.score_counts
    known = {
        row.board: row
        for row in connection.execute(
            select(tables.baselines).where(tables.baselines.c.bundle == bundle)
        )
    }
    by_board: dict[str, list[Any]] = defaultdict(list)
    query = select(table).where(
        table.c.bundle == bundle,
        (table.c.hour >= now - WINDOW) | table.c.board.not_in(list(known)),
    )
    for row in connection.execute(query):
        by_board[row.board].append(row)
    found: list[BoardDrift] = []
    for board in sorted(by_board.keys() | known.keys()):
        baseline = known.get(board)
        if baseline is None:
            n_posts = sum(row.counts["posts"] for row in by_board[board])
            found.append(BoardDrift(board, None, n_posts, 0, ()))
            continue
        # An hour belongs to the window only where all of it came after the baseline.
        since = max(now - WINDOW, baseline.at)
        recent = ScoreCounts.sum(row.counts for row in by_board[board] if row.hour >= since)
        before = ScoreCounts.sum([baseline.counts])
        drift = recent.drift_from(before) if recent.n_posts >= LEAST_POSTS else ()
        found.append(BoardDrift(board, baseline.at, before.n_posts, recent.n_posts, drift))
    return found


def raise_alarms(
    connection: Connection, bundle: str, now: datetime, least: float
) -> list[BoardDrift]:
    """Measure, make the baselines that can be made, and send an event for what has changed.

    Several workers may do so at once: one of them sends it.
    """
    found = read_drift(connection, bundle, now)
    for one in found:
        if one.since is None:
            if one.n_baseline >= BASELINE_POSTS:
                _make_baseline(connection, bundle, one.board, now)
            continue
        if not one.labels:
            continue
        table = tables.baselines
        here = (table.c.bundle == bundle, table.c.board == one.board)
        row = connection.execute(select(table).where(*here).with_for_update()).one()
        alarms = one.alarms(least)
        if row.alarms != alarms:
            connection.execute(update(table).where(*here).values(alarms=alarms))
            emit(connection, "drift.changed", {"bundle": bundle, **one.to_json(least)})
    return found


def take_baseline(
    connection: Connection, actor: Actor, bundle: str, board: str, now: datetime
) -> bool:
    """Make what was given since the last baseline, at most a window of it, the new one.

    False where those are fewer than `LEAST_POSTS` posts.
    """
    table = tables.score_counts
    query = select(table.c.counts).where(
        table.c.bundle == bundle, table.c.board == board, table.c.hour >= now - WINDOW
    )
    recent = ScoreCounts.sum(connection.execute(query).scalars())
    if recent.n_posts < LEAST_POSTS:
        return False
    old = tables.baselines
    connection.execute(delete(old).where(old.c.bundle == bundle, old.c.board == board))
    connection.execute(
        insert(old).values(bundle=bundle, board=board, at=now, counts=recent.to_json(), alarms=[])
    )
    write_audit(connection, actor, "drift.baseline", board, {"bundle": bundle})
    return True


def _make_baseline(connection: Connection, bundle: str, board: str, now: datetime) -> None:
    table = tables.score_counts
    query = select(table.c.counts).where(table.c.bundle == bundle, table.c.board == board)
    counts = ScoreCounts.sum(connection.execute(query).scalars()).to_json()
    try:
        with connection.begin_nested():
            connection.execute(
                insert(tables.baselines).values(
                    bundle=bundle, board=board, at=now, counts=counts, alarms=[]
                )
            )
    except IntegrityError:
        return  # Another worker was faster.
