"""Single records: found, shown, spoken of."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import Response

from fanzha.labels import LABELS
from fanzha_api import schemas
from fanzha_api.console.drawing import draw, go_to
from fanzha_api.console.forms import read_form
from fanzha_api.console.items import PAGE, show_items
from fanzha_api.console.route import ConsoleRoute, checked
from fanzha_api.console.visit import ROOT, Visit, destination, visiting
from fanzha_api.deeds import find_record, give_feedback, unknown_record
from fanzha_api.problems import Problem
from fanzha_api.service import actor_of, keeping_of
from fanzha_api.store.feedback import add_appeal
from fanzha_api.store.records import find_records, record_json

__all__ = ["router"]

router = APIRouter(route_class=ConsoleRoute)

Reviewing = Annotated[Visit, Depends(visiting("review"))]
_RequestId = Annotated[str, Path(pattern="^[A-Za-z0-9._:-]{1,160}$")]


@router.get(f"{ROOT}/records")
async def find(request: Request, visit: Reviewing, request_id: str = "") -> Response:
    """Lead to the record of a request."""
    place = f"{ROOT}/records/{request_id.strip()}"
    if destination(place) != place or "/" in request_id:
        raise unknown_record()
    return go_to(request, visit, place)


@router.get(f"{ROOT}/records/{{request_id}}")
async def show_record(request: Request, visit: Reviewing, request_id: _RequestId) -> Response:
    """Show all that is recorded of a request."""
    keeping = keeping_of(request)
    await find_record_of(request, request_id)
    found = await keeping.storage.read(partial(find_records, request_id=request_id))
    items = await show_items(request, visit, [record_json(row) for row in found[:PAGE]])
    return draw(
        request, visit, "record.html.j2", items=items, request_id=request_id, labels=LABELS,
        back=f"{ROOT}/records/{request_id}",
    )  # fmt: skip


async def find_record_of(request: Request, request_id: str) -> Any:
    """Find the newest record of a request."""
    try:
        return await find_record(keeping_of(request), request_id, None)
    except Problem as problem:
        if problem.status != 409:
            raise
    # Several posts under one id: what is said goes to the newest.
    read = partial(find_records, request_id=request_id)
    return (await keeping_of(request).storage.read(read))[0]


@router.post(f"{ROOT}/records/{{request_id}}")
async def say_of(request: Request, visit: Reviewing, request_id: _RequestId) -> Response:
    """Give feedback on a verdict, or object to it for its author."""
    form = await read_form(request, visit)
    keeping = keeping_of(request)
    record = await find_record_of(request, request_id)
    if form.get("deed") == "appeal":
        appeal = checked(
            schemas.AppealRequest, {"request_id": request_id, "reason": form.get("note")}
        )
        await keeping.storage.write(
            partial(add_appeal, actor=actor_of(request), record_id=record.id, reason=appeal.reason)
        )
    else:
        said = checked(
            schemas.FeedbackRequest,
            {
                "request_id": request_id,
                "outcome": form.get("deed"),
                "labels": record.labels if form.get("deed") == "right" else form.every("label"),
                "note": form.get("note"),
            },
        )
        await give_feedback(keeping, record.id, said, actor_of(request))
    return go_to(request, visit, f"{ROOT}/records/{request_id}")
