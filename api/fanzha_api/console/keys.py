"""API keys and the audit log."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response

from fanzha_api import deeds, schemas
from fanzha_api.console.drawing import draw, go_to
from fanzha_api.console.entries import end_of_day
from fanzha_api.console.forms import read_form
from fanzha_api.console.route import ConsoleRoute, checked
from fanzha_api.console.visit import ROOT, Visit, visiting
from fanzha_api.problems import Problem
from fanzha_api.service import actor_of, keeping_of
from fanzha_api.store.audit import read_audit
from fanzha_api.store.keys import SCOPES, list_keys

__all__ = ["router"]

router = APIRouter(route_class=ConsoleRoute)

Ruling = Annotated[Visit, Depends(visiting("admin"))]

_LINES = 100
_UNUSABLE = 422


@router.get(f"{ROOT}/keys")
async def show_keys(request: Request, visit: Ruling) -> Response:
    """List the keys, with the form for a new one."""
    return await _page(request, visit)


@router.post(f"{ROOT}/keys")
async def make_key(request: Request, visit: Ruling) -> Response:
    """Make a key; the page that answers is the only one that ever shows it."""
    form = await read_form(request, visit)
    values: dict[str, Any] = {"name": form.get("name"), "scopes": form.every("scope")}
    try:
        if form.get("rate"):
            values["rate_per_s"] = float(form.get("rate"))
        if form.get("expires"):
            values["expires_at"] = end_of_day(form.get("expires"))
        wanted = checked(schemas.KeyRequest, values)
        key, written = await deeds.make_key(keeping_of(request), wanted, actor_of(request))
    except ValueError:
        problem = Problem(
            422, "invalid-field", "#/rate_per_s must be a number",
            errors=[{"detail": "must be a number", "pointer": "#/rate_per_s"}],
        )  # fmt: skip
        return await _page(request, visit, problem=problem, status=422)
    except Problem as problem:
        if problem.status != _UNUSABLE:
            raise
        return await _page(request, visit, problem=problem, status=_UNUSABLE)
    if not visit.locked:
        # The first key shuts the door, also before the one who has just made it.
        return await _page(request, visit, made=key.name, written=written, first=True)
    return await _page(request, visit, made=key.name, written=written)


@router.post(f"{ROOT}/keys/{{key_id}}")
async def end_key(
    request: Request, visit: Ruling, key_id: Annotated[str, Path(pattern="^[0-9a-f]{8}$")]
) -> Response:
    """Revoke a key, and end the sessions that it opened."""
    await read_form(request, visit)
    await deeds.revoke(keeping_of(request), key_id, actor_of(request))
    return go_to(request, visit, f"{ROOT}/keys")


@router.get(f"{ROOT}/audit")
async def show_audit(
    request: Request,
    visit: Ruling,
    before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
) -> Response:
    """Say who did what to what, and when; the newest first."""
    lines = await keeping_of(request).storage.read(
        lambda connection: read_audit(connection, _LINES, before)
    )
    for line in lines:
        line["told"] = json.dumps(line["detail"], ensure_ascii=False) if line["detail"] else ""
    return draw(
        request,
        visit,
        "audit.html.j2",
        lines=lines,
        more=f"{ROOT}/audit?before={lines[-1]['id']}" if len(lines) == _LINES else None,
    )


async def _page(
    request: Request,
    visit: Visit,
    *,
    problem: Problem | None = None,
    made: str = "",
    written: str = "",
    first: bool = False,
    status: int = 200,
) -> Response:
    keys = await keeping_of(request).storage.read(list_keys)
    own = visit.caller.key
    return draw(
        request,
        visit,
        "keys.html.j2",
        status,
        keys=sorted(keys, key=lambda key: (key.revoked_at is not None, -key.number)),
        own=None if own is None else own.id,
        scopes=SCOPES,
        problem=problem,
        made=made,
        written=written,
        first=first,
    )
