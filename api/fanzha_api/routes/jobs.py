"""Files to be judged in the background."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Final, Literal

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import ClientDisconnect

from fanzha_api import own_jobs, schemas
from fanzha_api.jobs import JobFolder
from fanzha_api.problems import Problem
from fanzha_api.routes.documented import problems
from fanzha_api.schemas.kinds import BOARD_PATTERN
from fanzha_api.service import Keeping, actor_of, json_response, keeping_of, needs, service_of
from fanzha_api.store.jobs import Job, list_jobs

__all__ = ["router"]

router = APIRouter(tags=["jobs"], dependencies=[Depends(needs("moderate"))])

_FORMATS: Final = {
    "application/x-ndjson": "jsonl",
    "application/jsonl": "jsonl",
    "text/csv": "csv",
    "text/plain": "text",
}
_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}

JobId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="The job's id.")]


class JobQuery(BaseModel):
    """How a file is to be read and judged."""

    model_config = ConfigDict(extra="forbid")

    board: str | None = Field(
        default=None, pattern=BOARD_PATTERN, description="Whose policy judges."
    )
    text_field: str = Field(default="text", min_length=1, max_length=100)
    id_field: str = Field(default="id", min_length=1, max_length=100)
    encoding: Literal["auto", "utf-8", "gb18030", "gbk", "big5", "big5hkscs"] = "auto"
    only: Literal["all", "flagged"] = Field(
        default="all", description="Whether the result has every post or the flagged ones."
    )


class JobsQuery(BaseModel):
    """How many jobs."""

    model_config = ConfigDict(extra="forbid")

    most: int = Field(default=50, ge=1, le=500)


@router.post(
    "/v1/jobs",
    status_code=201,
    summary="Judge a file in the background",
    operation_id="add_job",
    responses={
        201: {"model": schemas.Job, "description": "The file is on the disk, and waits."},
        **problems(400, 404, 408, 413, 415, 422, 503, 507),
    },
    openapi_extra={"requestBody": {"required": True, "content": dict.fromkeys(_FORMATS, _BINARY)}},
)
async def post_job(request: Request, query: Annotated[JobQuery, Query()]) -> Response:
    """Take a file of up to 1 GiB: JSON lines, CSV or one post a line, by its Content-Type."""
    keeping, _ = _with_files(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _FORMATS or "content-encoding" in request.headers:
        raise Problem(
            415,
            "unsupported-media-type",
            f"a job's file is one of {', '.join(_FORMATS)}, not compressed; say which with "
            "Content-Type",
            headers={"Accept": ", ".join(_FORMATS)},
        )
    options: dict[str, Any] = {
        "format": _FORMATS[kind],
        "encoding": query.encoding,
        "text_field": query.text_field,
        "id_field": query.id_field,
        "only_flagged": query.only == "flagged",
    }
    try:
        job = await own_jobs.take_job(
            service_of(request),
            keeping,
            aiter(request.stream()),
            actor=actor_of(request),
            board=query.board,
            options=options,
        )
    except ClientDisconnect:
        raise Problem(
            400, "incomplete-body", "the connection ended before the body; send it again"
        ) from None
    return json_response(orjson.dumps(job.to_json()), 201)


@router.get(
    "/v1/jobs",
    summary="List your jobs",
    operation_id="list_jobs",
    responses={200: {"model": schemas.Jobs}, **problems(404, 422, 503)},
)
async def get_jobs(request: Request, query: Annotated[JobsQuery, Query()]) -> Response:
    """Give the jobs that were sent with the same key, the newest first."""
    keeping, _ = _with_files(request)
    found = await keeping.storage.read(
        partial(list_jobs, owner=actor_of(request).owner, most=query.most)
    )
    return json_response(orjson.dumps({"jobs": [job.to_json() for job in found]}))


@router.get(
    "/v1/jobs/{job_id}",
    summary="How far is a job",
    operation_id="read_job",
    responses={200: {"model": schemas.Job}, **problems(404, 422, 503)},
)
async def get_job(request: Request, job_id: JobId) -> Response:
    """Say how far a job is, and what it found."""
    return json_response(orjson.dumps((await _job(request, job_id)).to_json()))


@router.get(
    "/v1/jobs/{job_id}/{part}",
    summary="Download a job's result",
    operation_id="read_job_result",
    response_class=Response,
    responses={
        200: {"content": {"application/x-ndjson": _BINARY}, "description": "JSON lines."},
        **problems(404, 409, 422, 503),
    },
)
async def get_result(
    request: Request, job_id: JobId, part: Literal["result", "rejects"]
) -> Response:
    """Give the verdicts, one line a post and in the order of the file, or the rejected records."""
    job = await _job(request, job_id)
    path = own_jobs.result_of(keeping_of(request), job, part)
    if not path.is_file():
        if part == "rejects":
            return Response(b"", media_type="application/x-ndjson")
        raise own_jobs.unknown_job(job_id)
    return FileResponse(path, media_type="application/x-ndjson", filename=f"{job.id}-{path.name}")


@router.delete(
    "/v1/jobs/{job_id}",
    status_code=202,
    summary="Cancel or delete a job",
    operation_id="delete_job",
    responses={202: {"model": schemas.Job}, **problems(404, 422, 503)},
)
async def remove_job(request: Request, job_id: JobId) -> Response:
    """Cancel a job that is run; delete any other with its files."""
    job = await _job(request, job_id)
    keeping, _ = _with_files(request)
    if await own_jobs.drop_job(keeping, job, actor_of(request)) == "deleted":
        return json_response(orjson.dumps(job.to_json()), 202)
    return json_response(orjson.dumps((await _job(request, job_id)).to_json()), 202)


def _with_files(request: Request) -> tuple[Keeping, JobFolder]:
    keeping = keeping_of(request)
    files, _ = own_jobs.folder_of(keeping)
    return keeping, files


async def _job(request: Request, job_id: str) -> Job:
    return await own_jobs.find_own_job(keeping_of(request), job_id, actor_of(request))
