"""Webhooks, and what is on its way to them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from fanzha_api import deeds, schemas
from fanzha_api.console.drawing import draw, go_to
from fanzha_api.console.forms import Form, read_form
from fanzha_api.console.route import ConsoleRoute, checked
from fanzha_api.console.visit import ROOT, Visit, visiting
from fanzha_api.problems import Problem
from fanzha_api.service import actor_of, keeping_of
from fanzha_api.store.webhooks import (
    EVENTS,
    LEASE,
    MOST_ATTEMPTS,
    STATES,
    Traffic,
    count_deliveries,
    last_tried,
    list_deliveries,
    list_webhooks,
)

__all__ = ["router"]

router = APIRouter(route_class=ConsoleRoute)

Ruling = Annotated[Visit, Depends(visiting("admin"))]
_Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]

_PAGE: Final = 50
_SOON: Final = LEASE + timedelta(seconds=5)
"""A page that is drawn while a delivery is being sent must ask again: it is due after its lease."""


class DeliveriesQuery(BaseModel):
    """Which deliveries; `again` tells that one was just sent again."""

    state: Literal["waiting", "done", "dead"] | None = None
    before: str | None = Field(default=None, pattern="^[0-9a-f]{32}$")
    again: bool = False


@router.get(f"{ROOT}/webhooks")
async def show_webhooks(request: Request, visit: Ruling) -> Response:
    """List the addresses, with the form for a new one."""
    return await _page(request, visit)


@router.post(f"{ROOT}/webhooks")
async def make_webhook(request: Request, visit: Ruling) -> Response:
    """Add an address; the page that answers is the only one that ever shows its secret."""
    form = await read_form(request, visit)
    try:
        wanted = checked(
            schemas.WebhookRequest, {"url": form.get("url"), "events": form.every("event")}
        )
    except Problem as problem:
        return await _page(request, visit, form=form, wrong=_wrong(problem), status=422)
    made = await deeds.make_webhook(keeping_of(request), wanted, actor_of(request))
    return await _page(request, visit, made=made)


@router.post(f"{ROOT}/webhooks/{{webhook_id}}")
async def drop_webhook(request: Request, visit: Ruling, webhook_id: _Id) -> Response:
    """Delete an address with all that is on its way to it."""
    await read_form(request, visit)
    await deeds.drop_webhook(keeping_of(request), webhook_id, actor_of(request))
    return go_to(request, visit, f"{ROOT}/webhooks")


@router.get(f"{ROOT}/webhooks/{{webhook_id}}")
async def show_deliveries(
    request: Request, visit: Ruling, webhook_id: _Id, query: Annotated[DeliveriesQuery, Query()]
) -> Response:
    """Show what was taken, is on its way, or was given up; the newest first."""

    def read(connection: Connection) -> tuple[dict[str, Any], Traffic, list[dict[str, Any]]]:
        webhook = next(
            (one for one in list_webhooks(connection) if one["webhook"] == webhook_id), None
        )
        if webhook is None:
            raise deeds.unknown_webhook("webhook", webhook_id)
        found = list_deliveries(
            connection, webhook_id=webhook_id, state=query.state, most=_PAGE, before=query.before
        )
        return webhook, count_deliveries(connection).get(webhook_id, Traffic()), found

    webhook, traffic, found = await keeping_of(request).storage.read(read)
    kept = {"state": query.state} if query.state else {}
    soon = datetime.now(UTC) + _SOON
    return draw(
        request,
        visit,
        "webhook.html.j2",
        webhook=webhook,
        traffic=traffic,
        states=STATES,
        state=query.state,
        deliveries=[_shown(one) for one in found],
        again=query.again,
        live=any(
            one["state"] == "waiting" and datetime.fromisoformat(one["next_at"]) <= soon
            for one in found
        ),
        more=f"?{urlencode({**kept, 'before': found[-1]['delivery']})}"
        if len(found) == _PAGE
        else None,
    )


@router.post(f"{ROOT}/webhooks/{{webhook_id}}/deliveries/{{delivery_id}}")
async def send_again(
    request: Request, visit: Ruling, webhook_id: _Id, delivery_id: _Id
) -> Response:
    """Send again what was given up."""
    form = await read_form(request, visit)
    await deeds.send_again(keeping_of(request), delivery_id, actor_of(request))
    state = form.get("state")
    kept = {"state": state} if state in STATES else {}
    place = f"{ROOT}/webhooks/{webhook_id}"
    return go_to(request, visit, f"{place}?{urlencode({**kept, 'again': 1})}")


async def _page(
    request: Request,
    visit: Visit,
    *,
    form: Form | None = None,
    wrong: tuple[str, ...] = (),
    made: dict[str, Any] | None = None,
    status: int = 200,
) -> Response:
    storage = keeping_of(request).storage
    webhooks = await storage.read(list_webhooks)
    traffic = await storage.read(count_deliveries)
    return draw(
        request,
        visit,
        "webhooks.html.j2",
        status,
        webhooks=[
            {**one, "traffic": counts, "state": _state_of(counts)}
            for one in webhooks
            for counts in (traffic.get(one["webhook"], Traffic()),)
        ],
        events=EVENTS,
        most_attempts=MOST_ATTEMPTS,
        url="" if form is None else form.get("url"),
        chosen=() if form is None else form.every("event"),
        wrong=wrong,
        made=made,
    )


def _wrong(problem: Problem) -> tuple[str, ...]:
    """Give the names of the fields that a problem is about, each once."""
    pointers = (error.get("pointer", "") for error in problem.errors)
    return tuple(dict.fromkeys(one.removeprefix("#/").partition("/")[0] for one in pointers))


def _state_of(traffic: Traffic) -> str:
    if traffic.dead:
        return "dead"
    if traffic.refused:
        return "refused"
    if traffic.waiting:
        return "waiting"
    return "fine" if traffic.done else "new"


def _shown(delivery: dict[str, Any]) -> dict[str, Any]:
    status = delivery["last_status"]
    return {
        **delivery,
        "answered": status is not None and status.isdecimal(),
        "tried_at": last_tried(delivery),
        "told": json.dumps(delivery["payload"], ensure_ascii=False, indent=1),
    }
