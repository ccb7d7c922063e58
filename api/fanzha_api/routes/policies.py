"""The boards' policies: read, written, and how they came to be."""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from fanzha_api import deeds, schemas
from fanzha_api.bodies import read_body, read_model
from fanzha_api.problems import Problem
from fanzha_api.routes.documented import body, problems
from fanzha_api.schemas.kinds import BOARD_PATTERN
from fanzha_api.service import actor_of, json_response, keeping_of, needs, service_of
from fanzha_api.store.policies import PolicyVersion, current, history, read_policy

__all__ = ["router"]

router = APIRouter(tags=["policies"])

_VERSION: Final = re.compile('"?([0-9]{1,9})"?')

Board = Annotated[str, Path(pattern=BOARD_PATTERN, description="The board's name.")]


class HistoryQuery(BaseModel):
    """Which part of a history."""

    model_config = ConfigDict(extra="forbid")

    most: int = Field(default=50, ge=1, le=500, description="At most so many versions.")
    before: int | None = Field(
        default=None, ge=1, le=2**31 - 1, description="Only versions below this one."
    )


@router.get(
    "/v1/policies",
    summary="List the boards' policies",
    operation_id="list_policies",
    responses={200: {"model": schemas.Policies}, **problems(404, 422, 503)},
    dependencies=[Depends(needs("review"))],
)
async def list_policies(request: Request) -> Response:
    """Give the policy in force of every board that has one of its own."""
    versions = await keeping_of(request).storage.read(current)
    return json_response(orjson.dumps({"policies": [one.to_json() for one in versions]}))


@router.get(
    "/v1/policies/{board}",
    summary="Read a board's policy",
    operation_id="read_policy",
    responses={200: {"model": schemas.PolicyVersion}, **problems(404, 422, 503)},
    dependencies=[Depends(needs("review"))],
)
async def get_policy(request: Request, board: Board) -> Response:
    """Give the policy in force; its version is the ETag."""
    found = await keeping_of(request).storage.read(partial(read_policy, board=board))
    if found is None:
        raise _unknown(board)
    return _told(found)


@router.put(
    "/v1/policies/{board}",
    summary="Change a board's policy",
    operation_id="write_policy",
    responses={
        200: {"model": schemas.PolicyVersion, "description": "The version now in force."},
        **problems(400, 404, 408, 412, 413, 415, 422, 503),
    },
    openapi_extra=body("PolicyChange"),
    dependencies=[Depends(needs("admin"))],
)
async def put_policy(
    request: Request,
    board: Board,
    if_match: Annotated[
        str | None,
        Header(description="Version that was read, `0` for none; another one meanwhile is a 412."),
    ] = None,
) -> Response:
    """Put a policy in force: within a second in every worker, in this one at once.

    The whole policy is replaced; what is left out is as by default. What cannot be used is
    refused. Writing what is in force already makes no new version.
    """
    service, keeping = service_of(request), keeping_of(request)
    based_on = _based_on(if_match)
    raw = await read_body(request, service.settings.max_body_bytes)
    change = read_model(raw, schemas.PolicyChange)
    version = await deeds.put_policy(
        service, keeping, board, change, actor=actor_of(request), based_on=based_on
    )
    if version is None:
        raise Problem(
            412,
            "policy-changed",
            f"the policy of the board is no longer version {based_on}; read it again and put "
            "your change into what is there",
        )
    return _told(version)


@router.get(
    "/v1/policies/{board}/versions",
    summary="Read how a board's policy came to be",
    operation_id="list_policy_versions",
    responses={200: {"model": schemas.PolicyHistory}, **problems(404, 422, 503)},
    dependencies=[Depends(needs("review"))],
)
async def list_versions(
    request: Request, board: Board, query: Annotated[HistoryQuery, Query()]
) -> Response:
    """Give a board's versions, the newest first: who changed what, when and why."""
    versions = await keeping_of(request).storage.read(
        partial(history, board=board, most=query.most, before=query.before)
    )
    return json_response(orjson.dumps({"versions": [one.to_json() for one in versions]}))


def _based_on(if_match: str | None) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    found = _VERSION.fullmatch(if_match.strip())
    if found is None:
        says = 'must be a version like "7"'
        raise Problem(
            422,
            "invalid-field",
            f"If-Match {says}",
            errors=[{"detail": says, "parameter": "If-Match"}],
        )
    return int(found[1])


def _told(version: PolicyVersion) -> Response:
    response = json_response(orjson.dumps(version.to_json()))
    response.headers["ETag"] = f'"{version.version}"'
    return response


def _unknown(board: str) -> Problem:
    return Problem(
        404,
        "unknown-board",
        f"the board {board!r} has no policy of its own; write one with PUT, or read that of "
        "`default`",
        errors=[{"detail": "has no policy of its own", "parameter": "board"}],
    )
