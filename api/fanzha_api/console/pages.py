"""All pages of the console."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from fanzha_api.console import (
    appeals,
    campaigns,
    history,
    jobs,
    keys,
    overview,
    policies,
    records,
    reviewing,
    signing,
    trying,
    webhooks,
)  # fmt: skip
from fanzha_api.console.drawing import go_to
from fanzha_api.console.route import ConsoleRoute
from fanzha_api.console.visit import ROOT, greet
from fanzha_api.door import Caller
from fanzha_api.problems import Problem

__all__ = ["PARTS", "router"]

router = APIRouter()
PARTS: Final = (
    signing, overview, trying, reviewing, records, appeals, policies, history, campaigns, jobs,
    keys, webhooks,
)  # fmt: skip
"""The modules that have pages, each with its `router`."""

for _part in PARTS:
    router.include_router(_part.router)

_rest = APIRouter(route_class=ConsoleRoute)


@_rest.get(f"{ROOT}/{{rest:path}}")
async def say_nothing_there(request: Request, rest: str) -> Response:
    """Say that there is no such page."""
    if not rest:
        return go_to(request, greet(request, Caller()), ROOT)
    raise Problem(404, "not-found", "there is no such page; go back to the console")


router.include_router(_rest)
