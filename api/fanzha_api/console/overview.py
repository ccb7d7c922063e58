"""The first page: what waits, what was found, how the service is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from fanzha_api.console.charts import board_bars, label_columns, last_days, suggestion_columns
from fanzha_api.console.drawing import draw, go_to
from fanzha_api.console.route import ConsoleRoute
from fanzha_api.console.visit import ROOT, Visit, visiting
from fanzha_api.problems import Problem
from fanzha_api.service import Service, keeping_of, service_of
from fanzha_api.store.statistics import Backlog, Tally, count_backlog, count_posts

__all__ = ["router"]

router = APIRouter(route_class=ConsoleRoute)

_WEEK = 7


@router.get(ROOT)
async def show_overview(
    request: Request,
    visit: Annotated[Visit, Depends(visiting("moderate", "review", "admin", keeps=False))],
    days: Annotated[int, Query(ge=7, le=90)] = 30,
) -> Response:
    """Show the overview; who may only try texts is led there."""
    if not visit.keeps or not visit.may("review", "admin"):
        return go_to(request, visit, f"{ROOT}/try")
    keeping = keeping_of(request)

    def read(connection: Connection) -> tuple[list[Tally], Backlog]:
        return count_posts(connection, days), count_backlog(connection, _WEEK)

    tallies: list[Tally] = []
    backlog: Backlog | None = None
    try:
        tallies, backlog = await keeping.storage.read(read)
    except Problem as problem:
        # The page also says how the database is, so it must show without it.
        if problem.kind != "storage-unavailable":
            raise
    today = (datetime.now(UTC) + timedelta(hours=8)).date()
    shown_days = last_days(days, today)
    say = visit.phrases
    return draw(
        request,
        visit,
        "overview.html.j2",
        days=days,
        backlog=backlog,
        age_h=None
        if backlog is None or backlog.oldest is None
        else int((datetime.now(UTC) - backlog.oldest).total_seconds() // 3600),
        n_block=sum(one.n for one in tallies if one.suggestion == "block"),
        n_review=sum(one.n for one in tallies if one.suggestion == "review"),
        by_suggestion=suggestion_columns(tallies, shown_days, say),
        by_label=label_columns(tallies, shown_days, say),
        boards=board_bars(tallies, say),
        health=_health(service_of(request)),
    )


def _health(service: Service) -> dict[str, Any]:
    keeping = service.keeping
    assert keeping is not None
    ready = service.readiness.failure is None
    return {
        "bundle": service.readiness.detector.bundle_id if ready else None,
        "policy": service.readiness.policy,
        "registry": service.readiness.overlay,
        "state": keeping.storage.state,
        "backend": keeping.storage.backend,
        "queued": keeping.recorder.queued,
        "dropped": keeping.recorder.dropped,
        "boards": len(service.boards),
        "refused": service.boards.refused,
    }
