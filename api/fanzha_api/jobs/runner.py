"""Runs the jobs of this machine, one at a time, each in a process of its own."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import sys
import time
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import anyio
from anyio import to_thread
from sqlalchemy import Connection

from fanzha_api.boards import Boards
from fanzha_api.jobs.folder import JobFolder
from fanzha_api.logs import frames
from fanzha_api.problems import Problem
from fanzha_api.settings import Settings
from fanzha_api.store import Storage
from fanzha_api.store.jobs import (
    Job,
    any_waiting,
    beat,
    claim_job,
    end_job,
    expired_jobs,
    find_job,
    known_jobs,
)
from fanzha_api.store.webhooks import emit

__all__ = ["JobRunner"]

_LOOK_S: Final = 0.5
_BEAT_S: Final = 1.0
_CLEAN_S: Final = 60.0
_LONGEST_LINE: Final = 65_536

_log = logging.getLogger(__name__)


class JobRunner:
    """Takes waiting jobs and runs them; several workers of one machine may have one each.

    A job whose worker was killed is run again by another, from its beginning.
    """

    def __init__(
        self, storage: Storage, folder: JobFolder, boards: Boards, settings: Settings
    ) -> None:
        self.host = socket.gethostname()[:200]
        self.program: Sequence[str] = (sys.executable, "-m", "fanzha_api.jobs.process")
        self._storage = storage
        self._folder = folder
        self._boards = boards
        self._settings = settings
        self._cleaned = 0.0

    async def run(self) -> None:
        """Run jobs until cancelled."""
        while True:
            try:
                if await self._storage.read(partial(any_waiting, host=self.host)):
                    job = await self._storage.write(partial(claim_job, host=self.host))
                    if job is not None:
                        await self._run_job(job)
                if time.monotonic() - self._cleaned > _CLEAN_S:
                    self._cleaned = time.monotonic()
                    await self._clean()
            except Problem:
                pass  # The database is away; its state says so.
            except Exception as error:
                fields = {"error": type(error).__name__, "frames": frames(error)}
                _log.error("a job could not be run", extra={"fields": fields})
            await anyio.sleep(_LOOK_S)

    async def _run_job(self, job: Job) -> None:
        policy = self._boards.written(job.board)
        wanted = {
            "plan": job.options,
            "loader": {
                "bundle": _text(self._settings.bundle),
                "thresholds": _text(self._settings.policy),
                "registry": _text(self._settings.registry),
                "policy": None if policy is None else policy.document,
                "name": "" if policy is None else f"{policy.board}@{policy.version}",
            },
        }
        folder = self._folder.of(job.id)
        plan = folder / "plan.json"
        await to_thread.run_sync(partial(plan.write_text, json.dumps(wanted), encoding="utf-8"))
        process = await asyncio.create_subprocess_exec(
            *self.program, str(folder),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=_LONGEST_LINE,
        )  # fmt: skip
        told: dict[str, Any] = {}
        try:
            state = await self._watch(job, process, told, wanted["loader"]["name"])
        finally:
            if process.returncode is None:
                process.kill()
            # Shielded: also when the service ends, no process is left behind.
            with anyio.CancelScope(shield=True):
                await process.wait()
        await self._storage.write(partial(_end, job=job, state=state, told=told))
        if state == "gone":
            await to_thread.run_sync(self._folder.delete, job.id)
        _log.info("job ended", extra={"fields": {"job": job.id, "state": state}})

    async def _watch(
        self, job: Job, process: asyncio.subprocess.Process, told: dict[str, Any], policy: str
    ) -> str:
        """Follow the process to its end, and give the state that the job then has."""
        assert process.stdout is not None
        beaten = 0.0
        line: asyncio.Future[bytes] | None = None
        while True:
            if time.monotonic() - beaten >= _BEAT_S:
                beaten = time.monotonic()
                try:
                    state = await self._storage.write(
                        partial(
                            beat, job_id=job.id, done_bytes=told.get("done_bytes", 0), policy=policy
                        )
                    )
                except Problem:
                    state = "running"
                if state in {"cancelling", "gone"}:
                    return "cancelled" if state == "cancelling" else "gone"
            line = line or asyncio.ensure_future(process.stdout.readline())
            done, _ = await asyncio.wait({line}, timeout=_BEAT_S)
            if not done:
                continue
            raw, line = line.result(), None
            if not raw:
                break
            told |= json.loads(raw)
        code = await process.wait()
        if code == 0 and "summary" in told:
            return "done"
        told.setdefault("problem", f"the job's process ended with code {code}; see the log")
        return "failed"

    async def _clean(self) -> None:
        def over(connection: Connection) -> tuple[list[str], set[str]]:
            return expired_jobs(connection, self.host), known_jobs(connection, self.host)

        expired, known = await self._storage.write(over)
        for job_id in expired:
            await to_thread.run_sync(self._folder.delete, job_id)
        await to_thread.run_sync(self._folder.delete_orphans, known)


def _end(connection: Connection, job: Job, state: str, told: dict[str, Any]) -> None:
    if state == "gone":
        return
    end_job(
        connection, job.id, state=state, summary=told.get("summary"), problem=told.get("problem")
    )
    ended = find_job(connection, job.id)
    if ended is not None:
        emit(connection, "job.ended", ended.to_json())


def _text(value: object) -> str | None:
    return None if value is None else str(value)
