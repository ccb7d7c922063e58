"""Changes to what is kept, made alike by the routes and by the console."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from anyio import to_thread

from fanzha_api import schemas
from fanzha_api.boards import DEFAULT_BOARD, build
from fanzha_api.jobs import JobFolder
from fanzha_api.problems import Problem
from fanzha_api.service import Keeping, Service
from fanzha_api.store.audit import Actor
from fanzha_api.store.jobs import Job, add_job, delete_job, find_job, new_job_id
from fanzha_api.store.keys import ApiKey, add_key, revoke_key
from fanzha_api.store.policies import PolicyVersion, write_policy
from fanzha_api.store.records import find_records
from fanzha_api.store.reviews import decide
from fanzha_api.store.webhooks import add_webhook, delete_webhook, retry_delivery

__all__ = [
    "decide_on", "drop_job", "drop_webhook", "find_own_job", "find_record", "folder_of",
    "make_key", "make_webhook", "put_policy", "result_of", "revoke", "send_again", "take_job",
    "unknown_job", "unknown_webhook",
]  # fmt: skip

_FLUSH_S = 1.0


async def put_policy(
    service: Service,
    keeping: Keeping,
    board: str,
    change: schemas.PolicyChange,
    *,
    actor: Actor,
    based_on: int | None,
) -> PolicyVersion | None:
    """Put a policy in force, in this worker before it returns; None if another came first.

    Raises
    ------
    Problem
        422: the policy cannot be used; 503: it cannot be stored.
    """
    detector = service.readiness.detector
    await to_thread.run_sync(build, detector, change.policy, board, service.settings.registry)
    version = await keeping.storage.write(
        partial(
            write_policy,
            board=board,
            document=change.policy.to_document(),
            actor=actor,
            note=change.note,
            based_on=based_on,
        )
    )
    if version is not None:
        # What is committed is acknowledged, also if the database goes away just now.
        await keeping.follower.look()
    return version


async def make_key(
    keeping: Keeping, wanted: schemas.KeyRequest, actor: Actor
) -> tuple[ApiKey, str]:
    """Make a key that holds in this worker at once; the second value is the key as written."""
    made = await keeping.storage.write(
        partial(
            add_key,
            actor=actor,
            name=wanted.name,
            scopes=wanted.scopes,
            rate_per_s=wanted.rate_per_s,
            expires_at=wanted.expires_at,
        )
    )
    await keeping.follower.look()
    return made


async def revoke(keeping: Keeping, key_id: str, actor: Actor) -> None:
    """End a key, in this worker at once.

    Raises
    ------
    Problem
        404: there is no such key that still holds.
    """
    done = await keeping.storage.write(partial(revoke_key, actor=actor, key_id=key_id))
    if not done:
        raise Problem(
            404,
            "unknown-key",
            f"there is no key {key_id} that still holds; GET /v1/keys lists them",
            errors=[{"detail": "holds no longer or is unknown", "parameter": "key_id"}],
        )
    await keeping.follower.look()


async def make_webhook(
    keeping: Keeping, wanted: schemas.WebhookRequest, actor: Actor
) -> dict[str, Any]:
    """Send events to an address from now on; gives it with the secret that signs them."""
    events: list[str] = sorted(set(wanted.events))
    return await keeping.storage.write(
        partial(add_webhook, actor=actor, url=wanted.url, events=events)
    )


async def drop_webhook(keeping: Keeping, webhook_id: str, actor: Actor) -> None:
    """Delete an address with all that is on its way to it.

    Raises
    ------
    Problem
        404: there is none.
    """
    if not await keeping.storage.write(partial(delete_webhook, actor=actor, webhook_id=webhook_id)):
        raise unknown_webhook("webhook", webhook_id)


async def send_again(keeping: Keeping, delivery_id: str, actor: Actor) -> None:
    """Try a delivery that was given up again, from its first pause on.

    Raises
    ------
    Problem
        404: there is none, or it was not given up.
    """
    retry = partial(retry_delivery, actor=actor, delivery_id=delivery_id)
    if not await keeping.storage.write(retry):
        raise unknown_webhook("delivery", delivery_id)


def unknown_webhook(kind: str, its_id: str) -> Problem:
    """Give the problem of a webhook or a delivery that is not there."""
    return Problem(
        404,
        "unknown-webhook",
        f"there is no such {kind} {its_id}; GET /v1/webhooks lists the addresses",
    )


async def decide_on(keeping: Keeping, wanted: schemas.DecisionRequest, actor: Actor) -> list[str]:
    """Decide on records, or on all that wait with one wording; gives the requests' ids."""
    return await keeping.storage.write(
        partial(
            decide,
            actor=actor,
            request_ids=wanted.request_ids or None,
            digest=wanted.digest or None,
            decision=wanted.decision,
            labels=wanted.labels,
            note=wanted.note,
        )
    )


async def find_record(keeping: Keeping, request_id: str, post_id: str | int | None) -> Any:
    """Find the record of a verdict, waiting for one that is on its way into the database.

    Raises
    ------
    Problem
        404: there is none; 409: the request had several posts and none is named.
    """
    read = partial(find_records, request_id=request_id, post_id=post_id)
    found = await keeping.storage.read(read)
    if not found and keeping.recorder.queued:
        await to_thread.run_sync(keeping.recorder.flush, _FLUSH_S)
        found = await keeping.storage.read(read)
    if not found:
        raise Problem(
            404,
            "unknown-record",
            "there is no record of this request; it may be past its time, or the board's policy "
            "records no such verdicts",
        )
    if len({row.post_id for row in found}) > 1:
        raise Problem(
            409,
            "ambiguous-record",
            f"{len(found)} posts were judged under this request_id; name the post with `id`",
            errors=[{"detail": "is needed, there are several posts", "pointer": "#/id"}],
        )
    return found[0]


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
