"""Records of verdicts: looked up, spoken of, deleted."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import orjson
from anyio import to_thread
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from fanzha_api import deeds, schemas
from fanzha_api.bodies import read_body, read_model
from fanzha_api.problems import Problem
from fanzha_api.routes.documented import body, problems
from fanzha_api.service import (
    actor_of,
    json_response,
    keeping_of,
    needs,
    service_of,
)
from fanzha_api.store.audit import Actor, write_audit
from fanzha_api.store.records import delete_posts, find_records, record_json

__all__ = ["router"]

router = APIRouter(tags=["records"])

_FLUSH_S = 1.0


class DeletionQuery(BaseModel):
    """Whose records are to be deleted; exactly one is given."""

    model_config = ConfigDict(extra="forbid")

    id: str | None = Field(default=None, max_length=256, description="The post's id.")
    author_id: str | None = Field(default=None, max_length=256, description="The author's id.")
    request_id: str | None = Field(
        default=None, pattern="^[A-Za-z0-9._:-]{1,160}$", description="The verdict's request id."
    )


@router.post(
    "/v1/feedback",
    status_code=201,
    summary="Say whether a verdict was right",
    operation_id="give_feedback",
    responses={
        201: {"model": schemas.Said, "description": "It is stored."},
        **problems(400, 404, 408, 409, 413, 415, 422, 503),
    },
    openapi_extra=body("FeedbackRequest"),
    dependencies=[Depends(needs("review"))],
)
async def give_feedback(request: Request) -> Response:
    """Say of a verdict that it was right or wrong, and which labels would be right.

    Sent again by the same key it replaces what was said. A wrong verdict comes into the queue.
    """
    keeping = keeping_of(request)
    raw = await read_body(request, service_of(request).settings.max_body_bytes)
    said = read_model(raw, schemas.FeedbackRequest)
    record = await deeds.find_record(keeping, said.request_id, said.id)
    number = await deeds.give_feedback(keeping, record.id, said, actor_of(request))
    return json_response(orjson.dumps({"number": number, "request_id": said.request_id}), 201)


@router.get(
    "/v1/records/{request_id}",
    summary="Look up a recorded verdict",
    operation_id="read_record",
    responses={200: {"model": schemas.Records}, **problems(404, 422, 503)},
    dependencies=[Depends(needs("review"))],
)
async def read_record(
    request: Request,
    request_id: Annotated[
        str, Path(pattern="^[A-Za-z0-9._:-]{1,160}$", description="As the verdict gave it.")
    ],
) -> Response:
    """Give what is recorded of a request, and what was decided."""
    found = await keeping_of(request).storage.read(partial(find_records, request_id=request_id))
    if not found:
        raise _unknown()
    return json_response(orjson.dumps({"records": [record_json(row) for row in found]}))


@router.delete(
    "/v1/records",
    summary="Delete the records of a post or an author",
    operation_id="delete_records",
    responses={200: {"model": schemas.Deleted}, **problems(404, 422, 503)},
    dependencies=[Depends(needs("admin"))],
)
async def delete_records(request: Request, query: Annotated[DeletionQuery, Query()]) -> Response:
    """Delete records with their texts and all that was said of them.

    An id of digits stands for the string and for the integer.
    """
    given = query.model_dump(exclude_none=True)
    if len(given) != 1:
        says = "exactly one of id, author_id and request_id is needed"
        raise Problem(
            422,
            "invalid-field",
            f"{says}; {len(given)} are given",
            errors=[{"detail": says, "parameter": name} for name in given or ("id",)],
        )
    keeping = keeping_of(request)
    if keeping.recorder.queued:
        await to_thread.run_sync(keeping.recorder.flush, _FLUSH_S)
    deleted = await keeping.storage.write(partial(_delete, given=given, actor=actor_of(request)))
    return json_response(orjson.dumps({"deleted": deleted}))


def _delete(connection: Connection, given: dict[str, str], actor: Actor) -> int:
    ((name, value),) = given.items()
    field = {"id": "post_id"}.get(name, name)
    values: list[str | int] = [value]
    if name != "request_id" and value.lstrip("-").isascii() and value.lstrip("-").isdigit():
        values.append(int(value[:20]))
    deleted = 0
    for one in values:
        wanted: dict[str, Any] = {field: one}
        deleted += delete_posts(connection, **wanted)
    # The ids are of people; the log says that there was a deletion, not of whom.
    write_audit(connection, actor, "records.delete", name, {"deleted": deleted})
    return deleted


def _unknown() -> Problem:
    return Problem(
        404,
        "unknown-record",
        "there is no record of this request; it may be past its time, or the board's policy "
        "records no such verdicts",
    )
