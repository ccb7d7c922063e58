"""The review queue, and decisions on what waits in it."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from fanzha.labels import LABELS
from fanzha_api import schemas
from fanzha_api.console.drawing import draw, go_to
from fanzha_api.console.forms import Form, read_form
from fanzha_api.console.items import PAGE, show_items
from fanzha_api.console.route import ConsoleRoute, checked
from fanzha_api.console.visit import ROOT, Visit, destination, visiting
from fanzha_api.deeds import decide_on
from fanzha_api.routes.reviews import CURSOR_PATTERN, cursor_of, cursor_text
from fanzha_api.schemas.kinds import BOARD_PATTERN
from fanzha_api.service import actor_of, keeping_of
from fanzha_api.store.reviews import list_queue
from fanzha_api.store.statistics import known_boards

__all__ = ["router"]

router = APIRouter(route_class=ConsoleRoute)

Reviewing = Annotated[Visit, Depends(visiting("review"))]


class QueueQuery(BaseModel):
    """Which part of the queue; an empty field is none."""

    board: str = Field(default="", pattern=f"{BOARD_PATTERN}|^$")
    label: str = Field(default="", pattern=f"^({'|'.join(LABELS)})?$")
    after: str = Field(default="", pattern=f"^({CURSOR_PATTERN})?$")
    done: int = Field(default=-1, ge=-1, le=100_000)


@router.get(f"{ROOT}/review")
async def show_queue(
    request: Request, visit: Reviewing, query: Annotated[QueueQuery, Query()]
) -> Response:
    """Show what waits, in the order of the API."""

    def read(connection: Connection) -> tuple[Any, ...]:
        queue = list_queue(
            connection,
            board=query.board or None,
            most=PAGE,
            after=cursor_of(query.after or None),
            label=query.label or None,
        )
        return *queue, known_boards(connection)

    records, more, waiting, boards = await keeping_of(request).storage.read(read)
    only = {"board": query.board, "label": query.label}
    kept = {name: value for name, value in only.items() if value}
    return draw(
        request,
        visit,
        "review.html.j2",
        items=await show_items(request, visit, records),
        waiting=waiting,
        boards=boards,
        labels=LABELS,
        query=query,
        back=f"{ROOT}/review?{urlencode(kept)}" if kept else f"{ROOT}/review",
        more=None
        if more is None
        else f"{ROOT}/review?{urlencode({**kept, 'after': cursor_text(more)})}",
    )


@router.post(f"{ROOT}/review")
async def decide_one(request: Request, visit: Reviewing) -> Response:
    """Decide on a post, on all of its wording, or on those that are listed."""
    form = await read_form(request, visit)
    wanted = _decision(form)
    decided = await decide_on(keeping_of(request), wanted, actor_of(request))
    back = destination(form.get("back"))
    joint = "&" if "?" in back else "?"
    return go_to(request, visit, f"{back}{joint}done={len(decided)}")


def _decision(form: Form) -> schemas.DecisionRequest:
    """Read a decision: right and wrong as the verdict has it, or with labels of one's own."""
    deed = form.get("deed")
    labels: list[str] | None = form.every("label")
    if deed == "right":
        labels = form.every("given") or None
    elif deed == "wrong":
        labels = []
    by: dict[str, Any] = {"request_ids": form.every("request_id")}
    if form.ticked("same"):
        by = {"digest": form.get("digest")}
    wanted: schemas.DecisionRequest = checked(
        schemas.DecisionRequest,
        {
            **by,
            "decision": {"right": "block", "wrong": "pass"}.get(deed, deed),
            "labels": labels,
            "note": form.get("note"),
        },
    )
    return wanted
