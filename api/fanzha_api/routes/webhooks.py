"""Webhooks: addresses to which events are sent."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from fanzha_api import deeds, schemas
from fanzha_api.bodies import read_body, read_model
from fanzha_api.routes.documented import body, problems
from fanzha_api.service import actor_of, json_response, keeping_of, needs, service_of
from fanzha_api.store.webhooks import list_deliveries, list_webhooks

__all__ = ["router"]

router = APIRouter(tags=["webhooks"], dependencies=[Depends(needs("admin"))])

_Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]


class DeliveryQuery(BaseModel):
    """Which deliveries."""

    model_config = ConfigDict(extra="forbid")

    state: Literal["waiting", "done", "dead"] | None = None
    most: int = Field(default=50, ge=1, le=500)


@router.get(
    "/v1/webhooks",
    summary="List webhooks",
    operation_id="list_webhooks",
    responses={200: {"model": schemas.Webhooks}, **problems(404, 503)},
)
async def get_webhooks(request: Request) -> Response:
    """Give every address, without its secret."""
    found = await keeping_of(request).storage.read(list_webhooks)
    return json_response(orjson.dumps({"webhooks": found}))


@router.post(
    "/v1/webhooks",
    status_code=201,
    summary="Add a webhook",
    operation_id="add_webhook",
    responses={
        201: {"model": schemas.NewWebhook, "description": "With its secret, shown this once."},
        **problems(400, 404, 408, 413, 415, 422, 503),
    },
    openapi_extra=body("WebhookRequest"),
)
async def post_webhook(request: Request) -> Response:
    """Send events to an address from now on, each signed with the secret of the answer."""
    keeping = keeping_of(request)
    raw = await read_body(request, service_of(request).settings.max_body_bytes)
    wanted = read_model(raw, schemas.WebhookRequest)
    made = await deeds.make_webhook(keeping, wanted, actor_of(request))
    return json_response(orjson.dumps(made), 201)


@router.delete(
    "/v1/webhooks/{webhook_id}",
    status_code=204,
    summary="Delete a webhook",
    operation_id="delete_webhook",
    responses={204: {"description": "Nothing is sent there any more."}, **problems(404, 422, 503)},
)
async def remove_webhook(request: Request, webhook_id: _Id) -> Response:
    """Delete an address with all that is on its way to it."""
    await deeds.drop_webhook(keeping_of(request), webhook_id, actor_of(request))
    return Response(status_code=204)


@router.get(
    "/v1/webhooks/{webhook_id}/deliveries",
    summary="What was sent to a webhook",
    operation_id="list_deliveries",
    responses={200: {"model": schemas.Deliveries}, **problems(404, 422, 503)},
)
async def get_deliveries(
    request: Request, webhook_id: _Id, query: Annotated[DeliveryQuery, Query()]
) -> Response:
    """Give what was taken, is on its way, or was given up (`dead`), the newest first."""
    found = await keeping_of(request).storage.read(
        partial(list_deliveries, webhook_id=webhook_id, state=query.state, most=query.most)
    )
    return json_response(orjson.dumps({"deliveries": found}))


@router.post(
    "/v1/deliveries/{delivery_id}/retry",
    status_code=204,
    summary="Send again what was given up",
    operation_id="retry_delivery",
    responses={204: {"description": "It is on its way again."}, **problems(404, 422, 503)},
)
async def post_retry(request: Request, delivery_id: _Id) -> Response:
    """Try a delivery that was given up again, from its first pause on."""
    await deeds.send_again(keeping_of(request), delivery_id, actor_of(request))
    return Response(status_code=204)
