"""Posts to be judged, one by one and in batches."""

from __future__ import annotations

import hashlib
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from fanzha_api import schemas
from fanzha_api.bodies import read_batch, read_body
from fanzha_api.direct import Endpoint
from fanzha_api.door import Caller
from fanzha_api.judging import Asked, Bench, Judged
from fanzha_api.problems import Problem
from fanzha_api.routes.documented import body, problems
from fanzha_api.service import Keeping, Service, json_response, needs, service_of
from fanzha_api.store.idempotency import Claim, claim, find_claim
from fanzha_api.store.records import write_records

__all__ = ["ENDPOINTS", "REPLAYED_HEADER", "STORED_HEADER", "router"]

_admit = needs("moderate")

router = APIRouter(tags=["moderation"], dependencies=[Depends(_admit)])

STORED_HEADER: Final = "Fanzha-Stored"
"""`true` where what the board's policy records was in the database before the answer."""

REPLAYED_HEADER: Final = "Idempotent-Replayed"
"""`true` where the request had come before under its key and was not recorded again."""

_KEY: Final = re.compile("[!-~]{1,128}")

IdempotencyKey = Annotated[
    str | None,
    Header(
        description="Up to 128 visible ASCII characters. A request that is sent again under its "
        "key within 24 hours counts once, and its answer waits until it is stored.",
    ),
]


@router.post(
    "/v1/moderations",
    summary="Judge one post",
    operation_id="moderate",
    responses={
        200: {"model": schemas.Verdict, "description": "The verdict."},
        **problems(400, 408, 413, 415, 422, 503),
    },
    openapi_extra=body("Post"),
)
async def moderate(request: Request, idempotency_key: IdempotencyKey = None) -> Response:
    """Say what a post works for, with the characters that prove it.

    Offsets are code points of the text, or of the field, as given.
    """
    return await _answer(request, idempotency_key, _judge_one)


@router.post(
    "/v1/moderations:batch",
    summary="Judge up to 256 posts",
    operation_id="moderate_batch",
    responses={
        200: {"model": schemas.Verdicts, "description": "One verdict per post, in order."},
        **problems(400, 408, 413, 415, 422, 503),
    },
    openapi_extra=body("Batch"),
)
async def moderate_batch(request: Request, idempotency_key: IdempotencyKey = None) -> Response:
    """Judge posts together; each verdict equals that of a request of its own.

    One wrong post refuses the whole batch, and `errors` points at every wrong one.
    """
    return await _answer(request, idempotency_key, _judge_batch)


async def _judge_one(service: Service, bench: Bench, raw: bytes) -> Judged:
    asked = Asked(bench, raw, service.settings.max_post_chars)
    return await service.singles.run(asked, len(raw))


async def _judge_batch(service: Service, bench: Bench, raw: bytes) -> Judged:
    def judge() -> Judged:
        return bench.judge_many(read_batch(raw, service.settings.max_post_chars))

    return await service.gate.run(judge)


async def _answer(
    request: Request,
    key: str | None,
    judge: Callable[[Service, Bench, bytes], Awaitable[Judged]],
) -> Response:
    service = service_of(request)
    detector = service.readiness.detector
    # Before the body is read and checked: what is refused must cost little.
    service.gate.refuse_if_full()
    if key is not None and not _KEY.fullmatch(key):
        says = "must be 1 to 128 visible ASCII characters"
        raise Problem(
            422,
            "invalid-field",
            f"Idempotency-Key {says}",
            errors=[{"detail": says, "parameter": "Idempotency-Key"}],
        )
    raw = await read_body(request, service.settings.max_body_bytes)
    caller: Caller = request.state.caller
    request_id: str = request.state.request_id
    wanted: Claim | None = None
    first: Claim | None = None
    if key is not None:
        digest = hashlib.sha256(request.url.path.encode() + b"\n" + raw).hexdigest()
        wanted = Claim(caller.owner, key, digest, request_id)
        first = await _first(service, wanted)
    bench = Bench(
        detector,
        service.boards,
        None if service.keeping is None else (first.subject if first else request_id),
        None if caller.key is None else caller.owner,
    )
    came_s = time.perf_counter()
    judged = await judge(service, bench, raw)
    service.metrics.time_stage("wait", judged.began_s - came_s)
    service.metrics.time_stage("judge", time.perf_counter() - judged.began_s)
    service.door.charge(caller, len(judged.given) - 1)
    response = json_response(judged.answer)
    if wanted is None:
        if service.keeping is not None:
            service.keeping.recorder.offer(judged.records)
    elif first is not None:
        response.headers[REPLAYED_HEADER] = response.headers[STORED_HEADER] = "true"
    else:
        began_s = time.perf_counter()
        stored = await _store(service.keeping, wanted, judged)
        service.metrics.time_stage("store", time.perf_counter() - began_s)
        response.headers[STORED_HEADER] = "true" if stored else "false"
    _count(request, service, judged)
    return response


async def _first(service: Service, wanted: Claim) -> Claim | None:
    """Give what came first under the key; None while the database is away."""
    if service.keeping is None:
        return None
    try:
        found = await service.keeping.storage.read(
            partial(find_claim, owner=wanted.owner, key=wanted.key)
        )
    except Problem:
        return None
    if found is not None and found.digest != wanted.digest:
        raise _reused()
    return found


async def _store(keeping: Keeping | None, wanted: Claim, judged: Judged) -> bool:
    """Store the records and the key; False while the database is away."""
    if keeping is None:
        return False

    def store(connection: Connection) -> Claim:
        holder = claim(connection, wanted)
        if holder is wanted:
            write_records(connection, judged.records)
        return holder

    try:
        holder = await keeping.storage.write(store)
    except Problem:
        return False
    if holder.digest != wanted.digest:
        raise _reused()
    return True


def _reused() -> Problem:
    return Problem(
        422,
        "idempotency-key-reused",
        "another request came under this Idempotency-Key within 24 hours; give each its own",
        errors=[{"detail": "belongs to another request", "parameter": "Idempotency-Key"}],
    )


def _directly(judge: Callable[[Service, Bench, bytes], Awaitable[Judged]]) -> Endpoint:
    async def answer(request: Request) -> Response:
        await _admit(request)
        return await _answer(request, request.headers.get("idempotency-key"), judge)

    return answer


ENDPOINTS: Final[Mapping[str, Endpoint]] = {
    "/v1/moderations": _directly(_judge_one),
    "/v1/moderations:batch": _directly(_judge_batch),
}
"""The routes of this module by their paths, for `Direct`."""


def _count(request: Request, service: Service, judged: Judged) -> None:
    """Count the verdicts and put into the log line what may stand there."""
    boards = [service.boards.name_of(one.board) for one in judged.given]
    verdicts = [one.verdict for one in judged.given]
    service.metrics.count_verdicts(zip(boards, verdicts, strict=True))
    if service.keeping is not None:
        service.keeping.drift.count(zip(boards, verdicts, strict=True))
        if service.keeping.shadow is not None:
            service.keeping.shadow.offer(judged.given)
    request.state.facts.update(
        posts=len(verdicts),
        chars=sum(len(one.post.text) for one in judged.given),
        suggestions=dict(Counter(verdict.suggestion for verdict in verdicts)),
        rules=sorted({found.rule for verdict in verdicts for found in verdict.evidence}),
    )
