"""The review queue, decisions and appeals."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Final, Literal

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from fanzha_api import schemas
from fanzha_api.bodies import read_body, read_model
from fanzha_api.deeds import decide_on, find_record
from fanzha_api.problems import Problem
from fanzha_api.routes.documented import body, problems
from fanzha_api.schemas.kinds import BOARD_PATTERN
from fanzha_api.service import actor_of, json_response, keeping_of, needs, service_of
from fanzha_api.store.audit import Actor
from fanzha_api.store.feedback import add_appeal, list_appeals, resolve_appeal
from fanzha_api.store.reviews import list_queue

__all__ = ["CURSOR_PATTERN", "cursor_of", "cursor_text", "router"]

router = APIRouter(tags=["review"], dependencies=[Depends(needs("review"))])

CURSOR_PATTERN: Final = r"([0-9]{1,12}(?:\.[0-9]{1,12})?):([0-9]{1,18})"
"""How a place in the queue is written."""


def cursor_of(written: str | None) -> tuple[float, int] | None:
    """Read a place in the queue: the priority and the number of the record before it."""
    if written is None:
        return None
    priority, _, number = written.partition(":")
    return float(priority), int(number)


def cursor_text(place: tuple[float, int]) -> str:
    """Write a place in the queue."""
    return f"{place[0]:.6f}:{place[1]}"


class QueueQuery(BaseModel):
    """Which part of the queue."""

    model_config = ConfigDict(extra="forbid")

    board: str | None = Field(default=None, pattern=BOARD_PATTERN, description="One board's only.")
    most: int = Field(default=50, ge=1, le=500, description="At most so many records.")
    after: str | None = Field(
        default=None, pattern=f"^{CURSOR_PATTERN}$", description="`next` of the answer before."
    )


class AppealQuery(BaseModel):
    """Which appeals."""

    model_config = ConfigDict(extra="forbid")

    state: Literal["open", "granted", "refused"] = "open"
    most: int = Field(default=50, ge=1, le=500, description="At most so many appeals.")
    before: int | None = Field(
        default=None, ge=1, le=2**53, description="Only appeals with a number below this one."
    )


@router.get(
    "/v1/reviews",
    summary="Read the review queue",
    operation_id="list_reviews",
    responses={200: {"model": schemas.Queue}, **problems(404, 422, 503)},
)
async def get_queue(request: Request, query: Annotated[QueueQuery, Query()]) -> Response:
    """Give the verdicts that wait for a decision, the least certain and most read first."""
    after = cursor_of(query.after)
    records, more, waiting = await keeping_of(request).storage.read(
        partial(list_queue, board=query.board, most=query.most, after=after)
    )
    following = None if more is None else cursor_text(more)
    return json_response(orjson.dumps({"records": records, "next": following, "waiting": waiting}))


@router.post(
    "/v1/reviews:decide",
    summary="Decide on verdicts",
    operation_id="decide_reviews",
    responses={200: {"model": schemas.Decided}, **problems(400, 404, 408, 413, 415, 422, 503)},
    openapi_extra=body("DecisionRequest"),
)
async def decide_reviews(request: Request) -> Response:
    """Decide on verdicts one by one, or on all that wait with one wording."""
    keeping = keeping_of(request)
    raw = await read_body(request, service_of(request).settings.max_body_bytes)
    wanted = read_model(raw, schemas.DecisionRequest)
    decided = await decide_on(keeping, wanted, actor_of(request))
    return json_response(orjson.dumps({"request_ids": decided}))


@router.post(
    "/v1/appeals",
    status_code=201,
    summary="Object to a verdict",
    operation_id="add_appeal",
    responses={
        201: {"model": schemas.Said, "description": "It is stored; `number` is the appeal's."},
        **problems(400, 404, 408, 409, 413, 415, 422, 503),
    },
    openapi_extra=body("AppealRequest"),
)
async def post_appeal(request: Request) -> Response:
    """Object to a verdict or a decision, on behalf of the post's author."""
    keeping = keeping_of(request)
    raw = await read_body(request, service_of(request).settings.max_body_bytes)
    wanted = read_model(raw, schemas.AppealRequest)
    record = await find_record(keeping, wanted.request_id, wanted.id)
    number = await keeping.storage.write(
        partial(add_appeal, actor=actor_of(request), record_id=record.id, reason=wanted.reason)
    )
    return json_response(orjson.dumps({"number": number, "request_id": wanted.request_id}), 201)


@router.get(
    "/v1/appeals",
    summary="List appeals",
    operation_id="list_appeals",
    responses={200: {"model": schemas.Appeals}, **problems(404, 422, 503)},
)
async def get_appeals(request: Request, query: Annotated[AppealQuery, Query()]) -> Response:
    """Give the appeals of a state, the newest first."""
    found = await keeping_of(request).storage.read(
        partial(list_appeals, state=query.state, most=query.most, before=query.before)
    )
    return json_response(orjson.dumps({"appeals": found}))


@router.post(
    "/v1/appeals/{number}/resolution",
    summary="End an appeal",
    operation_id="resolve_appeal",
    responses={200: {"model": schemas.Said}, **problems(400, 404, 408, 413, 415, 422, 503)},
    openapi_extra=body("AppealResolution"),
)
async def post_resolution(
    request: Request,
    number: Annotated[int, Path(ge=1, le=2**53, description="The appeal's number.")],
) -> Response:
    """Grant an appeal, so that the post passes, or refuse it."""
    keeping = keeping_of(request)
    raw = await read_body(request, service_of(request).settings.max_body_bytes)
    wanted = read_model(raw, schemas.AppealResolution)
    actor: Actor = actor_of(request)

    def resolve(connection: Connection) -> str | None:
        return resolve_appeal(
            connection, actor, appeal=number, granted=wanted.granted, note=wanted.note
        )

    about = await keeping.storage.write(resolve)
    if about is None:
        raise Problem(
            404,
            "unknown-appeal",
            f"there is no open appeal {number}; GET /v1/appeals lists them",
            errors=[{"detail": "is no open appeal", "parameter": "number"}],
        )
    return json_response(orjson.dumps({"number": number, "request_id": about}))
