"""How the bundle does over time, and what a candidate would say in its place."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from fanzha_api import schemas
from fanzha_api.problems import Problem
from fanzha_api.routes.documented import problems
from fanzha_api.schemas.kinds import BOARD_PATTERN
from fanzha_api.service import actor_of, json_response, keeping_of, needs, service_of
from fanzha_api.store.drift import LEAST_POSTS, read_drift, take_baseline
from fanzha_api.store.shadow import read_shadow

__all__ = ["router"]

router = APIRouter(tags=["observation"])

_SUGGESTIONS: Final = ("block", "review", "pass")


class ShadowQuery(BaseModel):
    """Which of the differences."""

    model_config = ConfigDict(extra="forbid")

    most: int = Field(default=50, ge=0, le=500, description="At most so many differences.")
    before: int | None = Field(
        default=None, ge=1, le=2**53, description="Only differences with a number below this one."
    )


@router.get(
    "/v1/shadow",
    summary="What a candidate bundle would say",
    operation_id="read_shadow",
    responses={200: {"model": schemas.ShadowAnswer}, **problems(404, 422, 503)},
    dependencies=[Depends(needs("review"))],
)
async def get_shadow(request: Request, query: Annotated[ShadowQuery, Query()]) -> Response:
    """Say how often the candidate differs from the live bundle, and where."""
    service, keeping = service_of(request), keeping_of(request)
    shadow = keeping.shadow
    if shadow is None:
        raise Problem(
            404,
            "no-shadow",
            "no candidate judges beside the live bundle; its operator can name one with "
            "FANZHA_SHADOW_BUNDLE",
        )
    live = service.readiness.detector.bundle_id
    pair = live, shadow.candidate or ""
    counts, differences = await keeping.storage.read(
        partial(read_shadow, pair=pair, most=query.most, before=query.before)
    )
    answer: dict[str, Any] = {
        "live": live,
        "candidate": shadow.candidate,
        "problem": shadow.problem,
        "share": service.settings.shadow_share,
        **{name: counts[name] for name in ("compared", "different", "skipped")},
        "suggestions": [
            {"live": one, "candidate": other, "posts": counts[f"{one}>{other}"]}
            for one in _SUGGESTIONS
            for other in _SUGGESTIONS
        ],
        "differences": differences,
    }
    return json_response(orjson.dumps(answer))


@router.get(
    "/v1/drift",
    summary="Do verdicts still look as they did",
    operation_id="read_drift",
    responses={200: {"model": schemas.DriftAnswer}, **problems(404, 503)},
    dependencies=[Depends(needs("review"))],
)
async def get_drift(request: Request) -> Response:
    """Hold the scores and labels of the last 24 hours against each board's baseline.

    What workers have counted is written every half minute.
    """
    service, keeping = service_of(request), keeping_of(request)
    bundle, least = service.readiness.detector.bundle_id, service.settings.drift_alarm
    boards = await keeping.storage.read(partial(read_drift, bundle=bundle, now=datetime.now(UTC)))
    answer = {"bundle": bundle, "alarm": least, "boards": [one.to_json(least) for one in boards]}
    return json_response(orjson.dumps(answer))


@router.post(
    "/v1/drift/{board}/baseline",
    summary="Take what is given now for normal",
    operation_id="take_baseline",
    responses={200: {"model": schemas.DriftAnswer}, **problems(404, 409, 422, 503)},
    dependencies=[Depends(needs("admin"))],
)
async def post_baseline(
    request: Request,
    board: Annotated[str, Path(pattern=BOARD_PATTERN, description="The board's name.")],
) -> Response:
    """Make the last 24 hours of a board its new baseline, after a change that was wanted."""
    service, keeping = service_of(request), keeping_of(request)
    await keeping.drift.look()
    taken = await keeping.storage.write(
        partial(
            take_baseline,
            actor=actor_of(request),
            bundle=service.readiness.detector.bundle_id,
            board=board,
            now=datetime.now(UTC),
        )
    )
    if not taken:
        raise Problem(
            409,
            "too-few-posts",
            f"the board has fewer than {LEAST_POSTS} posts of the last 24 hours; take the "
            "baseline when it has more",
        )
    return await get_drift(request)
