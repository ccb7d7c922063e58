"""Deeds on what is kept, done alike by the routes and by the console."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from anyio import to_thread

from fanzha.errors import InputError
from fanzha_api import schemas
from fanzha_api.boards import build
from fanzha_api.problems import Problem
from fanzha_api.service import Keeping, Service
from fanzha_api.store.audit import Actor
from fanzha_api.store.feedback import add_feedback
from fanzha_api.store.keys import ApiKey, add_key, revoke_key
from fanzha_api.store.policies import PolicyVersion, write_policy
from fanzha_api.store.records import find_records
from fanzha_api.store.reviews import decide
from fanzha_api.store.webhooks import add_webhook, delete_webhook, retry_delivery

__all__ = [
    "decide_on", "drop_webhook", "find_record", "give_feedback", "make_key", "make_webhook",
    "put_policy", "revoke", "send_again", "unknown_record", "unknown_webhook",
]  # fmt: skip

_FLUSH_S: Final = 1.0


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
    """Make a key that holds in this worker at once; the second value is the key as written.

    Raises
    ------
    Problem
        422: its end is past; 503: it cannot be stored.
    """
    work = partial(
        add_key,
        actor=actor,
        name=wanted.name,
        scopes=wanted.scopes,
        rate_per_s=wanted.rate_per_s,
        expires_at=wanted.expires_at,
    )
    try:
        made = await keeping.storage.write(work)
    except InputError as error:
        # All else that `add_key` refuses the schema has refused before.
        raise Problem(
            422, "invalid-field", f"#/expires_at: {error}",
            errors=[{"detail": str(error), "pointer": "#/expires_at"}],
        ) from error  # fmt: skip
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
        raise unknown_record()
    if len({row.post_id for row in found}) > 1:
        raise Problem(
            409,
            "ambiguous-record",
            f"{len(found)} posts were judged under this request_id; name the post with `id`",
            errors=[{"detail": "is needed, there are several posts", "pointer": "#/id"}],
        )
    return found[0]


def unknown_record() -> Problem:
    """Give the problem of a request of which there is no record."""
    return Problem(
        404,
        "unknown-record",
        "there is no record of this request; it may be past its time, or the board's policy "
        "records no such verdicts",
    )


async def give_feedback(
    keeping: Keeping, record_id: int, said: schemas.FeedbackRequest, actor: Actor
) -> int:
    """Store what somebody says of a recorded verdict; gives its number.

    Raises
    ------
    Problem
        503: it cannot be stored.
    """
    return await keeping.storage.write(
        partial(
            add_feedback,
            actor=actor,
            record_id=record_id,
            outcome=said.outcome,
            labels=said.labels,
            note=said.note,
        )
    )
