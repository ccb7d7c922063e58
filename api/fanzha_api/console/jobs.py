"""Files to be judged: sent, watched, fetched, cancelled."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Final, Literal

from anyio import to_thread
from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import FileResponse, Response

from fanzha.labels import LABELS
from fanzha_api import own_jobs
from fanzha_api.console.drawing import HEADERS, draw, go_to
from fanzha_api.console.forms import TOKEN_FIELD, read_form
from fanzha_api.console.route import ConsoleRoute, checked
from fanzha_api.console.upload import Upload
from fanzha_api.console.visit import ROOT, Visit, refuse_forged, visiting
from fanzha_api.problems import Problem
from fanzha_api.routes.jobs import JobQuery
from fanzha_api.service import actor_of, keeping_of, service_of
from fanzha_api.store.jobs import ENDED, Job, list_jobs
from fanzha_api.store.statistics import known_boards

__all__ = ["router"]

router = APIRouter(route_class=ConsoleRoute)

Sending = Annotated[Visit, Depends(visiting("review", "admin"))]
JobId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]

_MOST: Final = 50
_FORMATS: Final = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".txt": "text"}
_ENCODINGS: Final = ("auto", "utf-8", "gb18030", "gbk", "big5", "big5hkscs")


@router.get(f"{ROOT}/jobs")
async def show_jobs(request: Request, visit: Sending) -> Response:
    """List the visitor's jobs, with the form for a new one."""
    keeping = keeping_of(request)
    has_files = keeping.files is not None
    jobs: list[Job] = []
    boards: list[str] = []
    if has_files:
        read = partial(list_jobs, owner=actor_of(request).owner, most=_MOST)
        jobs = await keeping.storage.read(read)
        boards = await keeping.storage.read(known_boards)
    settings = service_of(request).settings
    return draw(
        request,
        visit,
        "jobs.html.j2",
        jobs=[_shown(job, visit) for job in jobs],
        live=any(job.state not in ENDED for job in jobs),
        boards=boards,
        encodings=_ENCODINGS,
        has_files=has_files,
        limit=visit.phrases.size(settings.job_max_bytes),
        retention_h=round(settings.job_retention_h),
    )


@router.post(f"{ROOT}/jobs")
async def send_job(request: Request, visit: Sending) -> Response:
    """Take a file in as it comes; nothing of it is read before the form proved to be ours."""
    upload = Upload(request)
    form = await upload.fields()
    try:
        refuse_forged(request, visit, form.get(TOKEN_FIELD))
    except Problem as problem:
        problem.headers["Connection"] = "close"
        raise
    wanted: JobQuery = checked(
        JobQuery,
        {
            name: form.get(name)
            for name in ("board", "text_field", "id_field", "encoding", "only")
            if form.get(name)
        },
    )
    kind = form.get("format")
    if kind not in _FORMATS.values():
        suffix = "." + upload.file_name.rpartition(".")[2].lower()
        kind = _FORMATS.get(suffix, "")
    if not kind:
        raise Problem(
            422,
            "invalid-field",
            visit.phrases("job_no_format" if upload.file_name else "job_no_file"),
            headers={"Connection": "close"},
        )
    job = await own_jobs.take_job(
        service_of(request),
        keeping_of(request),
        upload.chunks(),
        actor=actor_of(request),
        board=wanted.board,
        options={
            "format": kind,
            "encoding": wanted.encoding,
            "text_field": wanted.text_field,
            "id_field": wanted.id_field,
            "only_flagged": wanted.only == "flagged",
        },
    )
    return go_to(request, visit, f"{ROOT}/jobs/{job.id}")


@router.get(f"{ROOT}/jobs/{{job_id}}")
async def show_job(request: Request, visit: Sending, job_id: JobId) -> Response:
    """Show how far a job is, and what it found."""
    job = await own_jobs.find_own_job(keeping_of(request), job_id, actor_of(request))
    return draw(
        request,
        visit,
        "job.html.j2",
        job=_shown(job, visit),
        live=job.state not in ENDED,
        labels=LABELS,
    )


@router.get(f"{ROOT}/jobs/{{job_id}}/{{part}}")
async def fetch(
    request: Request, visit: Sending, job_id: JobId, part: Literal["result", "rejects"]
) -> Response:
    """Give a job's result as a file."""
    keeping = keeping_of(request)
    job = await own_jobs.find_own_job(keeping, job_id, actor_of(request))
    path = own_jobs.result_of(keeping, job, part)
    if not await to_thread.run_sync(path.is_file):
        raise own_jobs.unknown_job(job_id)
    return FileResponse(
        path,
        media_type="application/x-ndjson",
        filename=f"{job.id}-{path.name}",
        headers=dict(HEADERS),
    )


@router.post(f"{ROOT}/jobs/{{job_id}}")
async def drop(request: Request, visit: Sending, job_id: JobId) -> Response:
    """Cancel a job that is run; delete any other with its files."""
    await read_form(request, visit)
    keeping, actor = keeping_of(request), actor_of(request)
    job = await own_jobs.find_own_job(keeping, job_id, actor)
    state = await own_jobs.drop_job(keeping, job, actor)
    place = f"{ROOT}/jobs" if state == "deleted" else f"{ROOT}/jobs/{job_id}"
    return go_to(request, visit, place)


def _shown(job: Job, visit: Visit) -> dict[str, Any]:
    say = visit.phrases
    share = job.done_bytes / job.size_bytes if job.size_bytes else 1.0
    summary = job.summary
    return {
        "id": job.id,
        "state": job.state,
        "board": job.board,
        "policy": job.policy,
        "size": say.size(job.size_bytes),
        "format": job.options.get("format", ""),
        "created_at": job.created_at,
        "ended_at": job.ended_at,
        "expires_at": job.expires_at,
        "problem": job.problem,
        "share": min(share, 1.0),
        "percent": f"{100 * min(share, 1.0):.0f}%",
        "over": job.state in ENDED,
        "posts": None if summary is None else summary["posts"],
        "rejected": 0 if summary is None else summary["rejected"],
        "seconds": None if summary is None else summary["seconds"],
        "suggestions": {} if summary is None else summary["suggestions"],
        "labels": []
        if summary is None
        else sorted(summary["labels"].items(), key=lambda one: -one[1]),
    }
