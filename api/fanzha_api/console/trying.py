"""A text is tried: judged as the API would, and kept nowhere."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from fanzha_api import schemas
from fanzha_api.boards import DEFAULT_BOARD
from fanzha_api.bodies import require_length
from fanzha_api.console.drawing import draw
from fanzha_api.console.forms import read_form
from fanzha_api.console.route import ConsoleRoute, checked
from fanzha_api.console.verdicts import show_verdict
from fanzha_api.console.visit import ROOT, Visit, visiting
from fanzha_api.judging import Bench
from fanzha_api.service import Service, service_of

__all__ = ["router"]

router = APIRouter(route_class=ConsoleRoute)

Trying = Annotated[Visit, Depends(visiting("moderate", "review", "admin", keeps=False))]


@router.get(f"{ROOT}/try")
async def show_try(request: Request, visit: Trying) -> Response:
    """Give the empty form."""
    return _page(request, visit, {}, "")


@router.post(f"{ROOT}/try")
async def try_text(request: Request, visit: Trying) -> Response:
    """Judge what stands in the form; the page is the answer, so that no text is in an address."""
    form = await read_form(request, visit)
    service = service_of(request)
    fields = {name: form.text(name) for name in schemas.FIELDS if form.get(name)}
    board = form.get("board")
    if not fields:
        return _page(request, visit, {}, board, empty=True)
    service.door.pay(visit.caller)
    post = checked(schemas.Post, {**fields, "explain": True, **({"board": board} if board else {})})
    require_length([post], service.settings.max_post_chars, prefix=())
    verdict, policy, judged_by = await service.gate.run(partial(_judge, service, post))
    return _page(
        request,
        visit,
        fields,
        board,
        found=show_verdict(
            verdict, fields, policy, service.readiness.detector.registry, visit.phrases
        ),
        judged_by=judged_by,
    )


def _judge(service: Service, post: schemas.Post) -> tuple[dict[str, Any], Any, str]:
    detector = service.readiness.detector
    answer = Bench(detector, service.boards, None, None).judge_many([post]).answer
    judging, _ = service.boards.of(post.board, detector)
    (verdict,) = orjson.loads(answer)["verdicts"]
    return verdict, judging.policy, judging.policy.name


def _page(
    request: Request,
    visit: Visit,
    fields: dict[str, str],
    board: str,
    *,
    found: dict[str, Any] | None = None,
    judged_by: str = "",
    empty: bool = False,
) -> Response:
    boards = service_of(request).boards
    return draw(
        request,
        visit,
        "try.html.j2",
        fields=fields,
        board=board,
        boards=[name for name in boards.names if name != DEFAULT_BOARD],
        found=found,
        judged_by=judged_by,
        empty=empty,
    )
