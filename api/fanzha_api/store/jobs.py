"""Jobs: files to be judged, who runs them, and what came of them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select, text, update

from fanzha_api.store import tables
from fanzha_api.store.audit import Actor, write_audit

__all__ = [
    "ENDED", "Job", "add_job", "any_waiting", "beat", "claim_job", "delete_job", "end_job",
    "expired_jobs", "find_job", "known_jobs", "list_jobs", "new_job_id",
]  # fmt: skip

ENDED: Final = ("done", "failed", "cancelled")
"""States from which a job goes nowhere; the others are `waiting`, `running`, `cancelling`."""

_SILENT: Final = timedelta(seconds=30)
"""After so long without a word from its runner a job is run again from its beginning."""


@dataclass(frozen=True, slots=True)
class Job:
    """One file to be judged; `host` is the machine on which its bytes lie."""

    id: str
    owner: str
    board: str
    policy: str
    state: str
    options: dict[str, Any]
    size_bytes: int
    done_bytes: int
    summary: dict[str, Any] | None
    problem: str | None
    host: str
    beat_at: datetime | None
    created_at: datetime
    ended_at: datetime | None
    expires_at: datetime

    def to_json(self) -> dict[str, Any]:
        """Give the job as JSON values."""
        return {
            "job": self.id,
            "state": self.state,
            "board": self.board,
            "policy": self.policy or None,
            "size_bytes": self.size_bytes,
            "done_bytes": self.done_bytes,
            "progress": self.done_bytes / self.size_bytes if self.size_bytes else 1.0,
            "summary": self.summary,
            "problem": self.problem,
            "created_at": self.created_at.isoformat(),
            "ended_at": None if self.ended_at is None else self.ended_at.isoformat(),
            "expires_at": self.expires_at.isoformat(),
        }


def new_job_id() -> str:
    """Give an id that nobody can guess."""
    return secrets.token_hex(16)


def add_job(
    connection: Connection,
    actor: Actor,
    *,
    job_id: str,
    board: str,
    options: dict[str, Any],
    size_bytes: int,
    host: str,
    retention: timedelta,
) -> Job:
    """Add a job whose file lies on `host`."""
    now = datetime.now(UTC)
    connection.execute(
        insert(tables.jobs).values(
            id=job_id,
            owner=actor.owner,
            board=board,
            policy="",
            state="waiting",
            options=options,
            size_bytes=size_bytes,
            done_bytes=0,
            host=host,
            created_at=now,
            expires_at=now + retention,
        )
    )
    write_audit(connection, actor, "job.add", job_id, {"size_bytes": size_bytes})
    found = find_job(connection, job_id)
    assert found is not None
    return found


def find_job(connection: Connection, job_id: str, owner: str | None = None) -> Job | None:
    """Give a job; None if there is none, or `owner` is given and it is another's."""
    table = tables.jobs
    query = select(table).where(table.c.id == job_id)
    if owner is not None:
        query = query.where(table.c.owner == owner)
    row = connection.execute(query).first()
    return None if row is None else Job(**row._mapping)


def list_jobs(connection: Connection, owner: str, most: int) -> list[Job]:
    """Give an owner's jobs, the newest first."""
    table = tables.jobs
    query = select(table).where(table.c.owner == owner).order_by(table.c.created_at.desc())
    return [Job(**row._mapping) for row in connection.execute(query.limit(most))]


def any_waiting(connection: Connection, host: str) -> bool:
    """Tell whether a job of a machine waits or has lost its runner; reads only."""
    table = tables.jobs
    lost = table.c.beat_at < datetime.now(UTC) - _SILENT
    query = select(table.c.id).where(
        table.c.host == host,
        (table.c.state == "waiting") | (table.c.state.in_(["running", "cancelling"]) & lost),
    )
    return connection.execute(query.limit(1)).first() is not None


def claim_job(connection: Connection, host: str) -> Job | None:
    """Take the oldest waiting job of a machine, unless one is running there.

    A job whose runner has been silent for half a minute waits again.
    """
    table = tables.jobs
    if connection.dialect.name == "postgresql":
        connection.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:host, 1))"), {"host": host}
        )
    now = datetime.now(UTC)
    here = table.c.host == host
    silent = table.c.beat_at < now - _SILENT
    connection.execute(
        update(table)
        .where(here, table.c.state == "running", silent)
        .values(state="waiting", done_bytes=0)
    )
    connection.execute(
        update(table)
        .where(here, table.c.state == "cancelling", silent)
        .values(state="cancelled", ended_at=now)
    )
    running = connection.execute(
        select(func.count())
        .select_from(table)
        .where(here, table.c.state.in_(["running", "cancelling"]))
    ).scalar()
    if running:
        return None
    row = connection.execute(
        select(table)
        .where(here, table.c.state == "waiting", table.c.expires_at > now)
        .order_by(table.c.created_at)
        .limit(1)
    ).first()
    if row is None:
        return None
    connection.execute(
        update(table).where(table.c.id == row.id).values(state="running", beat_at=now)
    )
    return find_job(connection, row.id)


def beat(connection: Connection, job_id: str, done_bytes: int, policy: str) -> str:
    """Say that a job is still run, and how far it is; gives its state, `gone` without one."""
    table = tables.jobs
    connection.execute(
        update(table)
        .where(table.c.id == job_id)
        .values(done_bytes=done_bytes, policy=policy, beat_at=datetime.now(UTC))
    )
    found = find_job(connection, job_id)
    return "gone" if found is None else found.state


def end_job(
    connection: Connection,
    job_id: str,
    *,
    state: str,
    summary: dict[str, Any] | None = None,
    problem: str | None = None,
) -> None:
    """End a job that is run; one that was cancelled meanwhile stays so."""
    table = tables.jobs
    done = {"done_bytes": table.c.size_bytes} if state == "done" else {}
    connection.execute(
        update(table)
        .where(table.c.id == job_id, table.c.state.in_(["running", "cancelling"]))
        .values(state=state, summary=summary, problem=problem, ended_at=datetime.now(UTC), **done)
    )


def delete_job(connection: Connection, actor: Actor, job: Job) -> str:
    """Cancel a job that is run, else delete it; gives what state that leaves it in."""
    table = tables.jobs
    write_audit(connection, actor, "job.delete", job.id)
    stopped = connection.execute(
        update(table)
        .where(table.c.id == job.id, table.c.state == "running")
        .values(state="cancelling")
    )
    if stopped.rowcount:
        return "cancelling"
    connection.execute(delete(table).where(table.c.id == job.id, table.c.state != "cancelling"))
    return "deleted"


def expired_jobs(connection: Connection, host: str) -> list[str]:
    """Delete the jobs of a machine whose time is over, and give their ids."""
    table = tables.jobs
    over = [
        row.id
        for row in connection.execute(
            select(table.c.id).where(
                table.c.host == host,
                table.c.expires_at <= datetime.now(UTC),
                table.c.state.not_in(["running", "cancelling"]),
            )
        )
    ]
    connection.execute(delete(table).where(table.c.id.in_(over)))
    return over


def known_jobs(connection: Connection, host: str) -> set[str]:
    """Give the ids of a machine's jobs."""
    rows = connection.execute(select(tables.jobs.c.id).where(tables.jobs.c.host == host))
    return {row.id for row in rows}
