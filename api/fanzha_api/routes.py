"""The routes: each reads a request, asks the detector, and gives its answer as JSON."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from fanzha.errors import InputError
from fanzha.registry import Registry
from fanzha.verdict import Verdict
from fanzha_api import metrics, schemas
from fanzha_api.bodies import read_batch, read_body, read_post
from fanzha_api.gate import Gate
from fanzha_api.page import render_page
from fanzha_api.problems import MEDIA_TYPE, Problem
from fanzha_api.readiness import Detecting, Readiness
from fanzha_api.settings import Settings

__all__ = ["Service", "router"]

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Service:
    """What the routes work with; one per application, at `app.state.service`."""

    settings: Settings
    readiness: Readiness
    gate: Gate
    metrics: metrics.Metrics


@dataclass(frozen=True, slots=True)
class _Judged:
    """What a thread gives back: the answer's bytes, and what is counted and logged."""

    answer: bytes
    verdicts: tuple[Verdict, ...]
    n_chars: int


class BrandQuery(BaseModel):
    """The query of a hotline look-up."""

    model_config = ConfigDict(extra="forbid")

    brand: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=100,
            description="The company for which the number was given, by any of its names.",
        ),
    ] = None


class BrandListQuery(BaseModel):
    """The query of a brand's numbers."""

    model_config = ConfigDict(extra="forbid")

    brand: Annotated[
        str,
        Field(min_length=1, max_length=100, description="The company, by any of its names."),
    ]


_PROBLEM_TEXT: Final = {
    400: "The body is not JSON, not UTF-8 or ended early.",
    404: "The registry knows no such brand; `detail` names the nearest.",
    413: "The body is larger than the limit.",
    415: "The body is not declared as JSON.",
    422: "A field is missing, unknown or wrong; `errors` points at it.",
    503: "The detector is not loaded yet, or the service is busy; see Retry-After.",
}


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": _PROBLEM_TEXT[status], "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }


def _body(name: str) -> dict[str, Any]:
    # The body is read and decoded in our own limits, so FastAPI cannot see its type.
    schema = {"$ref": f"#/components/schemas/{name}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


@router.post(
    "/v1/moderations",
    summary="Judge one post",
    tags=["moderation"],
    operation_id="moderate",
    responses={
        200: {"model": schemas.Verdict, "description": "The verdict."},
        **_problems(400, 413, 415, 422, 503),
    },
    openapi_extra=_body("Post"),
)
async def moderate(request: Request) -> Response:
    """Say what a post works for, with the characters that prove it.

    Offsets are code points of the text as given.
    """
    service = _service(request)
    detector = service.readiness.detector
    body = await read_body(request, service.settings.max_body_bytes)
    judged = await service.gate.run(
        partial(_moderate, detector, body, service.settings.max_post_chars)
    )
    return _tell(request, service, judged)


@router.post(
    "/v1/moderations:batch",
    summary="Judge up to 256 posts",
    tags=["moderation"],
    operation_id="moderate_batch",
    responses={
        200: {"model": schemas.Verdicts, "description": "One verdict per post, in order."},
        **_problems(400, 413, 415, 422, 503),
    },
    openapi_extra=_body("Batch"),
)
async def moderate_batch(request: Request) -> Response:
    """Judge posts together; each verdict equals that of a request of its own.

    One wrong post refuses the whole batch, and `errors` points at every wrong one.
    """
    service = _service(request)
    detector = service.readiness.detector
    body = await read_body(request, service.settings.max_body_bytes)
    judged = await service.gate.run(
        partial(_moderate_batch, detector, body, service.settings.max_post_chars)
    )
    return _tell(request, service, judged)


@router.get(
    "/v1/hotlines/{number}",
    summary="Look up a number",
    tags=["hotlines"],
    operation_id="look_up_hotline",
    responses={
        200: {"model": schemas.HotlineAnswer, "description": "What the registry says of it."},
        **_problems(422, 503),
    },
)
async def look_up_hotline(
    request: Request,
    number: Annotated[
        str, Path(max_length=64, description="The number, with or without separators.")
    ],
    query: Annotated[BrandQuery, Query()],
) -> Response:
    """Say whether a brand publishes a number, and what it publishes instead."""
    service = _service(request)
    detector = service.readiness.detector
    answer = await service.gate.run(partial(_look_up, detector, number, query.brand))
    return _json(answer)


@router.get(
    "/v1/hotlines",
    summary="List the numbers of a brand",
    tags=["hotlines"],
    operation_id="list_hotlines",
    responses={
        200: {"model": schemas.HotlineList, "description": "What the brand publishes."},
        **_problems(404, 422, 503),
    },
)
async def list_hotlines(request: Request, query: Annotated[BrandListQuery, Query()]) -> Response:
    """Give the numbers that a brand publishes, each with its role, date and source."""
    service = _service(request)
    registry = service.readiness.detector.registry
    return _json(await service.gate.run(partial(_list, registry, query.brand)))


@router.get(
    "/healthz",
    summary="Is the process alive",
    tags=["operation"],
    operation_id="healthz",
    responses={200: {"model": schemas.Health}},
)
async def healthz() -> Response:
    """Answer as long as the process answers anything."""
    return _json(b'{"status":"alive"}')


@router.get(
    "/readyz",
    summary="May it be sent posts",
    tags=["operation"],
    operation_id="readyz",
    responses={200: {"model": schemas.Ready}, **_problems(503)},
)
async def readyz(request: Request) -> Response:
    """Say yes once the detector is loaded and gave known posts their known verdicts."""
    readiness = _service(request).readiness
    bundle = readiness.detector.bundle_id
    ready: dict[str, Any] = {"status": "ready", "bundle": bundle, "policy": readiness.policy}
    if readiness.overlay is not None:
        ready["registry"] = readiness.overlay.to_json()
    return _json(orjson.dumps(ready))


@router.get(
    "/metrics",
    summary="Prometheus metrics",
    tags=["operation"],
    operation_id="metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def show_metrics(request: Request) -> Response:
    """Give the counts in Prometheus' text exposition."""
    return Response(_service(request).metrics.render(), media_type=metrics.CONTENT_TYPE)


@router.get("/docs", include_in_schema=False)
async def docs(request: Request) -> Response:
    """Show the OpenAPI document as one page that needs neither scripts nor the internet."""
    return HTMLResponse(render_page(request.app.openapi()))


def _moderate(detector: Detecting, body: bytes, max_chars: int) -> _Judged:
    post = read_post(body, max_chars)
    verdict = detector.check(post)
    return _Judged(orjson.dumps(verdict.to_json()), (verdict,), len(post.text))


def _moderate_batch(detector: Detecting, body: bytes, max_chars: int) -> _Judged:
    posts = read_batch(body, max_chars)
    verdicts = tuple(detector.check_many(posts))
    answer = orjson.dumps({"verdicts": [verdict.to_json() for verdict in verdicts]})
    return _Judged(answer, verdicts, sum(len(post.text) for post in posts))


def _look_up(detector: Detecting, number: str, name: str | None) -> bytes:
    try:
        found = detector.look_up(number, name)
    except InputError:
        says = "must be a telephone number; write it like 95188 or 400-123-4567"
        raise Problem(
            422,
            "invalid-field",
            f"number {says}",
            errors=[{"detail": says, "parameter": "number"}],
        ) from None
    brand = detector.registry.brand(found.brand) if found.brand else None
    return orjson.dumps(
        {
            "number": found.number,
            "kind": found.kind,
            "brand": found.brand,
            "status": found.status,
            "official_numbers": list(found.official_numbers),
            "source": found.source,
            "why": found.why,
            "entries": [entry.to_json() for entry in detector.owners(found.number)],
            "official_entries": [entry.to_json() for entry in brand.entries] if brand else [],
        }
    )


def _list(registry: Registry, name: str) -> bytes:
    brand = registry.brand(name)
    if brand is None:
        near = registry.nearest(name)
        hint = f"did you mean {', '.join(near)}?" if near else "try its usual short name"
        raise Problem(
            404,
            "unknown-brand",
            f"the registry knows no such brand; {hint}",
            errors=[{"detail": hint, "parameter": "brand"}],
        )
    return orjson.dumps(
        {
            "brand": brand.name,
            "category": brand.category,
            "group": brand.group,
            "entries": [entry.to_json() for entry in brand.entries],
        }
    )


def _service(request: Request) -> Service:
    service = request.app.state.service
    assert isinstance(service, Service)
    return service


def _json(answer: bytes) -> Response:
    return Response(answer, media_type="application/json")


def _tell(request: Request, service: Service, judged: _Judged) -> Response:
    """Count the verdicts, put into the log line what may stand there, and give the answer."""
    service.metrics.count_verdicts(judged.verdicts)
    request.state.facts.update(
        posts=len(judged.verdicts),
        chars=judged.n_chars,
        suggestions=dict(Counter(verdict.suggestion for verdict in judged.verdicts)),
        rules=sorted({found.rule for verdict in judged.verdicts for found in verdict.evidence}),
    )
    return _json(judged.answer)
