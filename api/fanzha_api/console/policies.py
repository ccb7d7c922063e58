"""The boards' policies and lists, shown and changed."""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from fanzha.labels import LABELS
from fanzha.policy import Policy
from fanzha_api import deeds, schemas
from fanzha_api.console.drawing import draw, go_to
from fanzha_api.console.entries import list_entries, list_hotlines, put_entry
from fanzha_api.console.forms import Form, read_form
from fanzha_api.console.history import VERSIONS, told_changes, version_of
from fanzha_api.console.route import ConsoleRoute, checked
from fanzha_api.console.visit import ROOT, Visit, visiting
from fanzha_api.problems import Problem
from fanzha_api.schemas.kinds import BOARD_PATTERN
from fanzha_api.service import actor_of, keeping_of, service_of
from fanzha_api.store.policies import PolicyVersion, current, history, read_policy
from fanzha_api.store.statistics import known_boards

__all__ = ["board_of", "router"]

router = APIRouter(route_class=ConsoleRoute)

Reading = Annotated[Visit, Depends(visiting("review", "admin"))]
Writing = Annotated[Visit, Depends(visiting("admin"))]
Board = Annotated[str, Path(pattern=BOARD_PATTERN)]

_PAGE: Final = 100
_DIGITS: Final = re.compile("[0-9]{1,9}")


@router.get(f"{ROOT}/policies")
async def show_policies(request: Request, visit: Reading, board: str = "") -> Response:
    """List the boards; a name leads to the board's policy."""
    if board.strip():
        return go_to(request, visit, f"{ROOT}/policies/{board_of(board)}")

    def read(connection: Connection) -> tuple[list[PolicyVersion], list[str]]:
        return current(connection), known_boards(connection)

    versions, boards = await keeping_of(request).storage.read(read)
    own = {one.board: one for one in versions}
    names = dict.fromkeys(["default", *boards])
    return draw(
        request,
        visit,
        "policies.html.j2",
        boards=[{"name": name, "version": own.get(name)} for name in names],
        refused=service_of(request).boards.refused,
    )


@router.get(f"{ROOT}/policies/{{board}}")
async def show_policy(
    request: Request,
    visit: Reading,
    board: Board,
    page: Annotated[int, Query(ge=1, le=1000)] = 1,
    saved: Annotated[int, Query(ge=0, le=2**31)] = 0,
) -> Response:
    """Show a board's policy and lists, to be changed by who may."""
    found = await keeping_of(request).storage.read(partial(read_policy, board=board))
    return _page(request, visit, board, found, page=page, saved=saved)


@router.post(f"{ROOT}/policies/{{board}}")
async def change_policy(request: Request, visit: Writing, board: Board) -> Response:
    """Put new thresholds and keeping in force; what somebody else changed meanwhile is shown."""
    form = await read_form(request, visit)
    based_on = version_of(form.get("based_on"))
    keeping = keeping_of(request)
    found = await keeping.storage.read(partial(read_policy, board=board))
    document = _with_settings({} if found is None else found.document, form)
    try:
        change = checked(schemas.PolicyChange, {"policy": document, "note": form.get("note")})
        version = None
        if (found.version if found else 0) == based_on:
            version = await deeds.put_policy(
                service_of(request), keeping, board, change,
                actor=actor_of(request), based_on=based_on,
            )  # fmt: skip
    except Problem as problem:
        if problem.status != 422:
            raise
        return _page(
            request, visit, board, found, written=document, note=form.get("note"),
            based_on=based_on, problem=problem, status=422,
        )  # fmt: skip
    if version is not None:
        return go_to(request, visit, f"{ROOT}/policies/{board}?saved={version.version}")
    since = await keeping.storage.read(partial(history, board=board, most=VERSIONS))
    return _page(
        request, visit, board, since[0] if since else None, written=document,
        note=form.get("note"), status=412,
        meanwhile=[one for one in since if one.version > based_on],
    )  # fmt: skip


@router.post(f"{ROOT}/policies/{{board}}/entries")
async def change_entries(request: Request, visit: Writing, board: Board) -> Response:
    """Add an entry to a list, or take one away; either goes with what others change meanwhile."""
    form = await read_form(request, visit)
    problem: Problem | None = None
    try:
        version = await put_entry(request, visit, board, form)
        part = "hotlines" if form.get("part") == "hotlines" else "lists"
        return go_to(request, visit, f"{ROOT}/policies/{board}?saved={version.version}#{part}")
    except Problem as refused:
        if refused.status not in {412, 422}:
            raise
        problem = refused
    found = await keeping_of(request).storage.read(partial(read_policy, board=board))
    return _page(
        request, visit, board, found, entry=form, status=problem.status,
        problem=problem if problem.status == 422 else None, again=problem.status == 412,
    )  # fmt: skip


def board_of(written: str) -> str:
    """Give a board's name as it was written into a form.

    Raises
    ------
    Problem
        422: it cannot be one.
    """
    post: schemas.Post = checked(schemas.Post, {"text": "", "board": written.strip()})
    assert post.board is not None
    return post.board


def _page(
    request: Request,
    visit: Visit,
    board: str,
    found: PolicyVersion | None,
    *,
    written: dict[str, Any] | None = None,
    note: str = "",
    based_on: int | None = None,
    page: int = 1,
    saved: int = 0,
    status: int = 200,
    **more: Any,
) -> Response:
    """Draw a board's page; `written` is what the visitor has put into the form."""
    document = {} if found is None else found.document
    ready = service_of(request).readiness
    entries, n_entries = list_entries(document, (page - 1) * _PAGE, page * _PAGE)
    values: dict[str, Any] = {
        "problem": None, "meanwhile": [], "entry": Form({}), "again": False, **more,
    }  # fmt: skip
    values["meanwhile"] = [(one, list(told_changes(one.diff))) for one in values["meanwhile"]]
    return draw(
        request,
        visit,
        "policy.html.j2",
        status,
        board=board,
        version=found,
        based_on=(found.version if found else 0) if based_on is None else based_on,
        labels=_labels(written if written is not None else document, ready.detector.policy),
        keeping={
            "record": "flagged", "keep_texts": False, "retention_days": 30,
            **{
                name: value
                for name, value in (written if written is not None else document).items()
                if name in {"record", "keep_texts", "retention_days"}
            },
        },
        note=note,
        entries=entries,
        n_entries=n_entries,
        page=page,
        pages_of=-(-n_entries // _PAGE),
        hotlines=list_hotlines(document),
        saved=saved,
        may_write=visit.may("admin"),
        **values,
    )  # fmt: skip


def _labels(document: dict[str, Any], default: Policy) -> list[dict[str, Any]]:
    """Give the rows of the form: what the board sets, and what holds where it sets nothing."""
    rows = []
    for label in LABELS:
        own = document.get("labels", {}).get(label, {})
        rows.append(
            {
                "label": label,
                "on": own.get("on", True),
                "review": _written(own.get("review")),
                "block": _written(own.get("block")),
                "never": "block" in own and own["block"] is None,
                "default_review": default.review.get(label),
                "default_block": default.block.get(label),
            }
        )
    return rows


def _with_settings(document: dict[str, Any], form: Form) -> dict[str, Any]:
    """Put the form's thresholds and keeping into a policy; its lists stay."""
    labels: dict[str, Any] = {}
    for label in LABELS:
        own: dict[str, Any] = {}
        if not form.ticked(f"on-{label}"):
            own["on"] = False
        if form.get(f"review-{label}"):
            own["review"] = _number(form.get(f"review-{label}"))
        if form.ticked(f"never-{label}"):
            own["block"] = None
        elif form.get(f"block-{label}"):
            own["block"] = _number(form.get(f"block-{label}"))
        if own:
            labels[label] = own
    days = form.get("retention_days")
    return {
        **document,
        "labels": labels,
        "record": form.get("record"),
        "keep_texts": form.ticked("keep_texts"),
        "retention_days": int(days) if _DIGITS.fullmatch(days) else days,
    }


def _number(written: str) -> float | str:
    """Read a threshold; what is none stays as written, for the schema to refuse."""
    try:
        return float(written)
    except ValueError:
        return written


def _written(threshold: Any) -> str:
    """Write a threshold as a person would; what is none stands as it was written."""
    if threshold is None:
        return ""
    return f"{threshold:g}" if isinstance(threshold, float) else str(threshold)
