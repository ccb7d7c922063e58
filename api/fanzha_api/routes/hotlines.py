"""Look-ups in the hotline registry."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from fanzha.errors import InputError
from fanzha.registry import Registry
from fanzha_api import schemas
from fanzha_api.problems import Problem
from fanzha_api.readiness import Detecting
from fanzha_api.routes.documented import problems
from fanzha_api.service import json_response, needs, service_of

__all__ = ["BrandListQuery", "BrandQuery", "router"]

router = APIRouter(tags=["hotlines"], dependencies=[Depends(needs("moderate"))])


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


@router.get(
    "/v1/hotlines/{number}",
    summary="Look up a number",
    operation_id="look_up_hotline",
    responses={
        200: {"model": schemas.HotlineAnswer, "description": "What the registry says of it."},
        **problems(422, 503),
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
    service = service_of(request)
    detector = service.readiness.detector
    answer = await service.gate.run(partial(_look_up, detector, number, query.brand))
    return json_response(answer)


@router.get(
    "/v1/hotlines",
    summary="List the numbers of a brand",
    operation_id="list_hotlines",
    responses={
        200: {"model": schemas.HotlineList, "description": "What the brand publishes."},
        **problems(404, 422, 503),
    },
)
async def list_hotlines(request: Request, query: Annotated[BrandListQuery, Query()]) -> Response:
    """Give the numbers that a brand publishes, each with its role, date and source."""
    service = service_of(request)
    registry = service.readiness.detector.registry
    return json_response(await service.gate.run(partial(_list, registry, query.brand)))


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
