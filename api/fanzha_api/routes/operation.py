"""Health, readiness, metrics and the documentation page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from fanzha_api import metrics, schemas
from fanzha_api.page import render_page
from fanzha_api.problems import Problem
from fanzha_api.routes.documented import problems
from fanzha_api.service import Keeping, Service, json_response, needs, service_of

__all__ = ["router"]

router = APIRouter(tags=["operation"])


@router.get(
    "/healthz",
    summary="Is the process alive",
    operation_id="healthz",
    responses={200: {"model": schemas.Health}},
)
async def healthz() -> Response:
    """Answer as long as the process answers anything."""
    return json_response(b'{"status":"alive"}')


@router.get(
    "/readyz",
    summary="May it be sent posts",
    operation_id="readyz",
    responses={200: {"model": schemas.Ready}, **problems(503, keys=False)},
)
async def readyz(request: Request) -> Response:
    """Say yes once the detector is loaded and gave known posts their known verdicts."""
    service = service_of(request)
    readiness = service.readiness
    bundle = readiness.detector.bundle_id
    ready: dict[str, Any] = {"status": "ready", "bundle": bundle, "policy": readiness.policy}
    if readiness.overlay is not None:
        ready["registry"] = readiness.overlay.to_json()
    if service.keeping is not None:
        if not service.keeping.follower.known:
            if service.keeping.storage.refused is not None:
                raise Problem(
                    503,
                    "storage-unavailable",
                    "the database, which has the policies and keys, cannot be opened "
                    f"({service.keeping.storage.refused}); the service's log says which",
                    headers={"Retry-After": "5"},
                )
            raise Problem(
                503,
                "loading",
                "policies and keys are being read from the database; try again after Retry-After",
                headers={"Retry-After": "1"},
            )
        ready["storage"] = _storage(service, service.keeping)
        ready["drift"] = service.keeping.drift.to_json()
    return json_response(orjson.dumps(ready))


@router.get(
    "/metrics",
    summary="Prometheus metrics",
    operation_id="metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **problems()},
    dependencies=[Depends(needs(None))],
)
async def show_metrics(request: Request) -> Response:
    """Give the counts in Prometheus' text exposition."""
    return Response(service_of(request).metrics.render(), media_type=metrics.CONTENT_TYPE)


@router.get("/docs", include_in_schema=False)
async def docs(request: Request) -> Response:
    """Show the OpenAPI document as one page that needs neither scripts nor the internet."""
    return HTMLResponse(render_page(request.app.openapi()))


def _storage(service: Service, keeping: Keeping) -> dict[str, Any]:
    state = keeping.storage.state
    since = None if state.since is None else datetime.fromtimestamp(state.since, UTC).isoformat()
    return {
        "status": "available" if state.available else "unavailable",
        "backend": keeping.storage.backend,
        "since": since,
        "why": state.why,
        "queued": keeping.recorder.queued,
        "dropped": keeping.recorder.dropped,
        "boards": len(service.boards),
        "refused": list(service.boards.refused),
    }
