"""The jobs of one key: taken in, found, fetched, dropped alike by the routes and by the console."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from anyio import to_thread

from fanzha_api.boards import DEFAULT_BOARD
from fanzha_api.jobs import JobFolder
from fanzha_api.problems import Problem
from fanzha_api.service import Keeping, Service
from fanzha_api.store.audit import Actor
from fanzha_api.store.jobs import Job, add_job, delete_job, find_job, new_job_id

__all__ = ["drop_job", "find_own_job", "folder_of", "result_of", "take_job", "unknown_job"]


def folder_of(keeping: Keeping) -> tuple[JobFolder, str]:
    """Give where the files of jobs lie, and the name of the machine on which that is.

    Raises
    ------
    Problem
        404: the service has no folder.
    """
    if keeping.files is None or keeping.runner is None:
        raise Problem(
            404,
            "no-storage",
            "this service has no folder for files; its operator can name one with FANZHA_DATA",
        )
    return keeping.files, keeping.runner.host


async def take_job(
    service: Service,
    keeping: Keeping,
    chunks: AsyncIterator[bytes],
    *,
    actor: Actor,
    board: str | None,
    options: dict[str, Any],
) -> Job:
    """Take a file in as a job; when this returns, both are stored.

    Raises
    ------
    Problem
        What `JobFolder.take_in` and the storage refuse; nothing is left behind.
    """
    files, host = folder_of(keeping)
    job_id = new_job_id()
    size_bytes = await files.take_in(job_id, chunks)
    try:
        return await keeping.storage.write(
            partial(
                add_job,
                actor=actor,
                job_id=job_id,
                board=board or DEFAULT_BOARD,
                options=options,
                size_bytes=size_bytes,
                host=host,
                retention=timedelta(hours=service.settings.job_retention_h),
            )
        )
    except BaseException:
        await to_thread.run_sync(files.delete, job_id)
        raise


async def find_own_job(keeping: Keeping, job_id: str, actor: Actor) -> Job:
    """Give a job that was sent with the same key.

    Raises
    ------
    Problem
        404: there is none, or it is another's.
    """
    folder_of(keeping)
    found = await keeping.storage.read(partial(find_job, job_id=job_id, owner=actor.owner))
    if found is None:
        raise unknown_job(job_id)
    return found


def unknown_job(job_id: str) -> Problem:
    """Give the problem of a job that is not there, or is another's."""
    return Problem(
        404,
        "unknown-job",
        f"there is no job {job_id} of this key; it may be past its time",
        errors=[{"detail": "is no job of this key", "parameter": "job_id"}],
    )


def result_of(keeping: Keeping, job: Job, part: str) -> Path:
    """Give where a job's result lies, or with `part` `rejects` the records that were refused.

    Raises
    ------
    Problem
        409: the job is not done.
    """
    if job.state != "done":
        raise Problem(
            409,
            "not-done",
            f"the job is {job.state}, and has no result; GET /v1/jobs/{job.id} says how far it is",
        )
    files, _ = folder_of(keeping)
    name = {"result": "result.jsonl", "rejects": "result.rejects.jsonl"}[part]
    return files.of(job.id) / name


async def drop_job(keeping: Keeping, job: Job, actor: Actor) -> str:
    """Cancel a job that is run, delete any other with its files; gives its state."""
    files, _ = folder_of(keeping)
    state = await keeping.storage.write(partial(delete_job, actor=actor, job=job))
    if state == "deleted":
        await to_thread.run_sync(files.delete, job.id)
    return state
