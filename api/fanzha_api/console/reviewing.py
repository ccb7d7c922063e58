"""The review queue, single records and appeals."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from fanzha.labels import LABELS
from fanzha_api import schemas
from fanzha_api.changes import decide_on, find_record
from fanzha_api.console.again import judge_again
from fanzha_api.console.drawing import draw, go_to
from fanzha_api.console.forms import Form, read_form
from fanzha_api.console.phrases import Phrases
from fanzha_api.console.route import ConsoleRoute, checked
from fanzha_api.console.visit import ROOT, Visit, destination, visiting
from fanzha_api.problems import Problem
from fanzha_api.routes.reviews import CURSOR_PATTERN, cursor_of, cursor_text
from fanzha_api.schemas.kinds import BOARD_PATTERN
from fanzha_api.service import Service, actor_of, keeping_of, service_of
from fanzha_api.store.records import find_records, record_json
from fanzha_api.store.reviews import (
    add_appeal,
    add_feedback,
    count_wordings,
    list_appeals,
    list_queue,
    list_said,
    resolve_appeal,
)
from fanzha_api.store.statistics import known_boards

__all__ = ["router"]

router = APIRouter(route_class=ConsoleRoute)

Reviewing = Annotated[Visit, Depends(visiting("review"))]
_RequestId = Annotated[str, Path(pattern="^[A-Za-z0-9._:-]{1,160}$")]

_PAGE = 20


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
            most=_PAGE,
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
        items=await _items(request, visit, records),
        waiting=waiting,
        boards=boards,
        labels=LABELS,
        query=query,
        back=f"{ROOT}/review?{urlencode(kept)}" if kept else f"{ROOT}/review",
        more=None
        if more is None
        else f"{ROOT}/review?{urlencode({**kept, 'after': cursor_text(more)})}",
    )


@router.get(f"{ROOT}/records")
async def find(request: Request, visit: Reviewing, request_id: str = "") -> Response:
    """Lead to the record of a request."""
    place = f"{ROOT}/records/{request_id.strip()}"
    if destination(place) != place or "/" in request_id:
        raise Problem(
            404,
            "unknown-record",
            "there is no record of this request; it may be past its time, or the board's policy "
            "records no such verdicts",
        )
    return go_to(request, visit, place)


@router.get(f"{ROOT}/records/{{request_id}}")
async def show_record(request: Request, visit: Reviewing, request_id: _RequestId) -> Response:
    """Show all that is recorded of a request."""
    keeping = keeping_of(request)
    await find_record_of(request, request_id)
    found = await keeping.storage.read(partial(find_records, request_id=request_id))
    items = await _items(request, visit, [record_json(row) for row in found[:_PAGE]])
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


@router.post(f"{ROOT}/review")
async def decide_one(request: Request, visit: Reviewing) -> Response:
    """Decide on a post, on all of its wording, or on those that are listed."""
    form = await read_form(request, visit)
    wanted = _decision(form)
    decided = await decide_on(keeping_of(request), wanted, actor_of(request))
    back = destination(form.get("back"))
    joint = "&" if "?" in back else "?"
    return go_to(request, visit, f"{back}{joint}done={len(decided)}")


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
        await keeping.storage.write(
            partial(
                add_feedback,
                actor=actor_of(request),
                record_id=record.id,
                outcome=said.outcome,
                labels=said.labels,
                note=said.note,
            )
        )
    return go_to(request, visit, f"{ROOT}/records/{request_id}")


@router.get(f"{ROOT}/appeals")
async def show_appeals(
    request: Request,
    visit: Reviewing,
    state: Annotated[str, Query(pattern="^(open|granted|refused)$")] = "open",
    before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
) -> Response:
    """Show appeals, with what they object to."""

    def read(connection: Connection) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        appeals = list_appeals(connection, state=state, most=_PAGE, before=before)
        records = [
            record_json(find_records(connection, request_id=one["request_id"])[0])
            for one in appeals
        ]
        return appeals, records

    appeals, records = await keeping_of(request).storage.read(read)
    items = await _items(request, visit, records)
    more = f"{ROOT}/appeals?state={state}&before={appeals[-1]['appeal']}" if appeals else ""
    return draw(
        request,
        visit,
        "appeals.html.j2",
        appeals=list(zip(appeals, items, strict=True)),
        state=state,
        more=more if len(appeals) == _PAGE else None,
    )


@router.post(f"{ROOT}/appeals/{{number}}")
async def end_appeal(
    request: Request, visit: Reviewing, number: Annotated[int, Path(ge=1, le=2**53)]
) -> Response:
    """Grant an appeal, or refuse it."""
    form = await read_form(request, visit)
    wanted = checked(
        schemas.AppealResolution,
        {"granted": form.get("deed") == "grant", "note": form.get("note")},
    )

    def resolve(connection: Connection) -> str | None:
        return resolve_appeal(
            connection, actor_of(request), appeal=number, granted=wanted.granted, note=wanted.note
        )

    if await keeping_of(request).storage.write(resolve) is None:
        raise Problem(
            404,
            "unknown-appeal",
            f"there is no open appeal {number}; GET /v1/appeals lists them",
        )
    return go_to(request, visit, f"{ROOT}/appeals")


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


async def _items(
    request: Request, visit: Visit, records: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Give records with the evidence in their texts, their wordings and what was said."""
    service = service_of(request)
    if not records:
        return []

    def read(connection: Connection) -> tuple[dict[str, int], dict[str, list[dict[str, Any]]]]:
        return (
            count_wordings(connection, [one["digest"] for one in records]),
            list_said(connection, [one["request_id"] for one in records]),
        )

    wordings, said = await keeping_of(request).storage.read(read)
    shown = await service.gate.run(partial(_show, service, records, visit.phrases))
    return [
        {
            **record,
            "again": again,
            "changed": again is not None and again["suggestion"] != record["suggestion"],
            "same": wordings.get(record["digest"], 1),
            "said": said.get(record["request_id"], []),
            "top": sorted(
                (one for one in record["scores"].items() if one[1] >= 0.05),
                key=lambda one: -one[1],
            )[:3],
        }
        for record, again in zip(records, shown, strict=True)
    ]


def _show(
    service: Service, records: list[dict[str, Any]], say: Phrases
) -> list[dict[str, Any] | None]:
    registry = service.readiness.detector.registry
    return [
        None if again is None else again.show(registry, say)
        for again in judge_again(service, records)
    ]
