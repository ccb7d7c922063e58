"""Appeals: shown with what they object to, granted or refused."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from fanzha_api import schemas
from fanzha_api.console.drawing import draw, go_to
from fanzha_api.console.forms import read_form
from fanzha_api.console.items import PAGE, show_items
from fanzha_api.console.route import ConsoleRoute, checked
from fanzha_api.console.visit import ROOT, Visit, visiting
from fanzha_api.problems import Problem
from fanzha_api.service import actor_of, keeping_of
from fanzha_api.store.feedback import list_appeals, resolve_appeal
from fanzha_api.store.records import find_records, record_json

__all__ = ["router"]

router = APIRouter(route_class=ConsoleRoute)

Reviewing = Annotated[Visit, Depends(visiting("review"))]


@router.get(f"{ROOT}/appeals")
async def show_appeals(
    request: Request,
    visit: Reviewing,
    state: Annotated[str, Query(pattern="^(open|granted|refused)$")] = "open",
    before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
) -> Response:
    """Show appeals, with what they object to."""

    def read(connection: Connection) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        appeals = list_appeals(connection, state=state, most=PAGE, before=before)
        records = [
            record_json(find_records(connection, request_id=one["request_id"])[0])
            for one in appeals
        ]
        return appeals, records

    appeals, records = await keeping_of(request).storage.read(read)
    items = await show_items(request, visit, records)
    more = f"{ROOT}/appeals?state={state}&before={appeals[-1]['appeal']}" if appeals else ""
    return draw(
        request,
        visit,
        "appeals.html.j2",
        appeals=list(zip(appeals, items, strict=True)),
        state=state,
        more=more if len(appeals) == PAGE else None,
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
