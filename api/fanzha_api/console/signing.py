"""The way in and out, and the console's own files."""

from __future__ import annotations

import hashlib
import math
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from fanzha_api.console.drawing import STATIC, draw, go_to, static
from fanzha_api.console.forms import read_form
from fanzha_api.console.route import ConsoleRoute
from fanzha_api.console.visit import (
    ROOT,
    Visit,
    destination,
    drop_cookie,
    greet,
    keep_cookie,
    visiting,
)  # fmt: skip
from fanzha_api.door import Caller
from fanzha_api.problems import Problem
from fanzha_api.service import keeping_of, service_of
from fanzha_api.store.audit import Actor
from fanzha_api.store.sessions import add_session, end_session

__all__ = ["router"]

router = APIRouter(route_class=ConsoleRoute)

_RATE_PER_S = 0.1


@router.get(f"{ROOT}/static/{{name}}")
async def get_static(name: str) -> Response:
    """Give one of the console's files; its address changes with it."""
    if name not in STATIC:
        raise Problem(404, "not-found", "there is no such page; go back to the console")
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(static(name), media_type=STATIC[name], headers=headers)


@router.get(f"{ROOT}/sign-in")
async def show_sign_in(request: Request, next: str = ROOT) -> Response:
    """Ask for a key."""
    visit = greet(request, Caller())
    if not service_of(request).door.asks():
        return go_to(request, visit, ROOT)
    return draw(request, visit, "sign_in.html.j2", place=destination(next), wrong=False)


@router.post(f"{ROOT}/sign-in")
async def sign_in(request: Request) -> Response:
    """Open a session for the holder of a key."""
    service, keeping = service_of(request), keeping_of(request)
    visit = greet(request, Caller())
    request.state.visit = visit
    form = await read_form(request, visit)
    service.door.asks()
    place = destination(form.get("next"))
    number = _number(request)
    wait_s = service.sign_ins.take(number, _RATE_PER_S)
    if wait_s > 0:
        raise Problem(
            429,
            "too-many-requests",
            "too many sign-ins failed from this address; try again after Retry-After",
            headers={"Retry-After": str(math.ceil(wait_s))},
        )
    key = service.door.recognise(form.get("key"))
    if key is None:
        return draw(request, visit, "sign_in.html.j2", 401, place=place, wrong=True)
    # Only failures count.
    service.sign_ins.charge(number, _RATE_PER_S, -1)
    caller = Caller(key)
    actor = Actor(caller.name, caller.owner, request.state.request_id)
    token = await keeping.storage.write(
        partial(add_session, actor=actor, key_id=key.id, before=visit.cookie)
    )
    if place == ROOT and not caller.may("review", "admin"):
        place = f"{ROOT}/try"
    response = go_to(request, visit, place)
    keep_cookie(request, response, token, session=True)
    return response


@router.post(f"{ROOT}/sign-out")
async def sign_out(
    request: Request,
    visit: Annotated[Visit, Depends(visiting("moderate", "review", "admin"))],
) -> Response:
    """End the session."""
    await read_form(request, visit)
    actor = Actor(visit.caller.name, visit.caller.owner, request.state.request_id)
    await keeping_of(request).storage.write(partial(end_session, actor=actor, token=visit.cookie))
    response = go_to(request, visit, f"{ROOT}/sign-in")
    drop_cookie(response)
    return response


def _number(request: Request) -> int:
    """Give the place of an address in the table of failures."""
    address = request.client.host if request.client else ""
    return int.from_bytes(hashlib.sha256(address.encode()).digest()[:4], "big")
