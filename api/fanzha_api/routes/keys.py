"""API keys and the audit log."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from fanzha_api import deeds, schemas
from fanzha_api.bodies import read_body, read_model
from fanzha_api.routes.documented import body, problems
from fanzha_api.service import actor_of, json_response, keeping_of, needs, service_of
from fanzha_api.store.audit import read_audit
from fanzha_api.store.keys import ApiKey, list_keys

__all__ = ["router"]

router = APIRouter(tags=["administration"], dependencies=[Depends(needs("admin"))])


class AuditQuery(BaseModel):
    """Which part of the audit log."""

    model_config = ConfigDict(extra="forbid")

    most: int = Field(default=100, ge=1, le=1000, description="At most so many lines.")
    before: int | None = Field(
        default=None, ge=1, le=2**53, description="Only lines with an id below this one."
    )


@router.get(
    "/v1/keys",
    summary="List the API keys",
    operation_id="list_keys",
    responses={200: {"model": schemas.Keys}, **problems(404, 503)},
)
async def get_keys(request: Request) -> Response:
    """Give every key that there has been, without its secret."""
    found = await keeping_of(request).storage.read(list_keys)
    return json_response(orjson.dumps({"keys": [_told(key) for key in found]}))


@router.post(
    "/v1/keys",
    status_code=201,
    summary="Make an API key",
    operation_id="add_key",
    responses={
        201: {"model": schemas.NewKey, "description": "The key, shown this once."},
        **problems(400, 404, 408, 413, 415, 422, 503),
    },
    openapi_extra=body("KeyRequest"),
)
async def post_key(request: Request) -> Response:
    """Make a key; it holds within a second in every worker, in this one at once."""
    keeping = keeping_of(request)
    raw = await read_body(request, service_of(request).settings.max_body_bytes)
    wanted = read_model(raw, schemas.KeyRequest)
    key, written = await deeds.make_key(keeping, wanted, actor_of(request))
    return json_response(orjson.dumps({"key": written, **_told(key)}), 201)


@router.delete(
    "/v1/keys/{key_id}",
    status_code=204,
    summary="Revoke an API key",
    operation_id="revoke_key",
    responses={204: {"description": "The key holds no longer."}, **problems(404, 422, 503)},
)
async def delete_key(
    request: Request,
    key_id: Annotated[str, Path(pattern="^[0-9a-f]{8}$", description="The key's id.")],
) -> Response:
    """End a key, within a second in every worker, in this one at once."""
    await deeds.revoke(keeping_of(request), key_id, actor_of(request))
    return Response(status_code=204)


@router.get(
    "/v1/audit",
    summary="Read the audit log",
    operation_id="read_audit",
    responses={200: {"model": schemas.Audit}, **problems(404, 422, 503)},
)
async def get_audit(request: Request, query: Annotated[AuditQuery, Query()]) -> Response:
    """Say who did what to what, and when; the newest first."""
    lines = await keeping_of(request).storage.read(
        partial(read_audit, most=query.most, before=query.before)
    )
    return json_response(orjson.dumps({"lines": lines}))


def _told(key: ApiKey) -> dict[str, Any]:
    def when(name: str) -> str | None:
        at = getattr(key, name)
        return None if at is None else str(at.isoformat())

    return {
        "id": key.id,
        "name": key.name,
        "scopes": list(key.scopes),
        "rate_per_s": key.rate_per_s,
        "created_at": when("created_at"),
        "expires_at": when("expires_at"),
        "revoked_at": when("revoked_at"),
    }
