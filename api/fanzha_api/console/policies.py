"""The boards' policies and lists: shown, changed, and how they came to be."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from fanzha.labels import LABELS
from fanzha.policy import Policy
from fanzha_api import changes, schemas
from fanzha_api.console.drawing import draw, go_to
from fanzha_api.console.forms import Form, read_form
from fanzha_api.console.route import ConsoleRoute, checked
from fanzha_api.console.visit import ROOT, Visit, visiting
from fanzha_api.problems import Problem
from fanzha_api.schemas.kinds import BOARD_PATTERN
from fanzha_api.service import actor_of, keeping_of, service_of
from fanzha_api.store.policies import PolicyVersion, current, history, read_policy
from fanzha_api.store.statistics import known_boards

__all__ = ["board_of", "end_of_day", "put_entry", "router"]

router = APIRouter(route_class=ConsoleRoute)

Reading = Annotated[Visit, Depends(visiting("review", "admin"))]
Writing = Annotated[Visit, Depends(visiting("admin"))]
Board = Annotated[str, Path(pattern=BOARD_PATTERN)]

_PAGE: Final = 100
_TRIES: Final = 3
_DIGITS: Final = re.compile("[0-9]{1,9}")
_VERSIONS: Final = 30
_CHINA: Final = timezone(timedelta(hours=8))  # no summer time since 1991: IANA tz, Asia/Shanghai


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
    based_on = _version_of(form.get("based_on"))
    keeping = keeping_of(request)
    found = await keeping.storage.read(partial(read_policy, board=board))
    document = _with_settings({} if found is None else found.document, form)
    try:
        change = checked(schemas.PolicyChange, {"policy": document, "note": form.get("note")})
        version = None
        if (found.version if found else 0) == based_on:
            version = await changes.put_policy(
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
    since = await keeping.storage.read(partial(history, board=board, most=_VERSIONS))
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
        return go_to(request, visit, f"{ROOT}/policies/{board}?saved={version.version}#lists")
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


async def put_entry(request: Request, visit: Visit, board: str, form: Form) -> PolicyVersion:
    """Add the entry that a form describes to a board's lists, or take out the one it names.

    Raises
    ------
    Problem
        422: it cannot be used; 412: others changed the policy each time it was tried.
    """
    keeping = keeping_of(request)
    for _ in range(_TRIES):
        found = await keeping.storage.read(partial(read_policy, board=board))
        document, note = _with_entry({} if found is None else found.document, form, visit)
        change = checked(schemas.PolicyChange, {"policy": document, "note": note})
        version = await changes.put_policy(
            service_of(request),
            keeping,
            board,
            change,
            actor=actor_of(request),
            based_on=found.version if found else 0,
        )
        if version is not None:
            return version
    raise Problem(
        412,
        "policy-changed",
        "the policy of the board was changed at the same moment; send the entry again",
    )


@router.get(f"{ROOT}/policies/{{board}}/history")
async def show_history(
    request: Request,
    visit: Reading,
    board: Board,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> Response:
    """Show who changed what, when and why."""
    versions = await keeping_of(request).storage.read(
        partial(history, board=board, most=_VERSIONS, before=before)
    )
    more = f"{ROOT}/policies/{board}/history?before={versions[-1].version}" if versions else ""
    return draw(
        request,
        visit,
        "history.html.j2",
        board=board,
        versions=[(one, list(_changes(one.diff))) for one in versions],
        newest=before is None,
        more=more if len(versions) == _VERSIONS else None,
    )


@router.post(f"{ROOT}/policies/{{board}}/history")
async def restore(request: Request, visit: Writing, board: Board) -> Response:
    """Put an earlier version in force again, as a new one."""
    form = await read_form(request, visit)
    keeping = keeping_of(request)
    number = _version_of(form.get("version"))
    old = await keeping.storage.read(partial(read_policy, board=board, version=number))
    if old is None:
        raise Problem(404, "unknown-board", f"the board {board!r} has no version {number}")
    note = visit.phrases("restored_note", n=number)
    change = checked(schemas.PolicyChange, {"policy": old.document, "note": note})
    await changes.put_policy(
        service_of(request), keeping, board, change, actor=actor_of(request), based_on=None
    )
    return go_to(request, visit, f"{ROOT}/policies/{board}/history")


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
    now = datetime.now(UTC)
    listed = [
        (side, {"effect": effect, "expires": None, **one}, one)
        for side, effect in (("deny", "block"), ("allow", "ignore"))
        for one in document.get(side, ())
    ]
    entries = [
        {**told, "id": _id(side, one), "over": _is_over(one, now)}
        for side, told, one in listed[(page - 1) * _PAGE : page * _PAGE]
    ]
    values: dict[str, Any] = {
        "problem": None, "meanwhile": [], "entry": Form({}), "again": False, **more,
    }  # fmt: skip
    values["meanwhile"] = [(one, list(_changes(one.diff))) for one in values["meanwhile"]]
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
        n_entries=len(listed),
        page=page,
        pages_of=-(-len(listed) // _PAGE),
        hotlines=document.get("hotlines", ()),
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


def _version_of(written: str) -> int:
    return int(written) if _DIGITS.fullmatch(written) else 0


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


def _with_entry(document: dict[str, Any], form: Form, visit: Visit) -> tuple[dict[str, Any], str]:
    """Put an entry of the form into a policy's lists, or take one out; and say so in a note."""
    if form.get("remove"):
        after = dict(document)
        for side in ("allow", "deny"):
            if side in after:
                after[side] = [one for one in after[side] if _id(side, one) != form.get("remove")]
        return after, form.get("note") or visit.phrases("entry_removed_note")
    effect = form.get("effect")
    side = "allow" if effect in {"ignore", "pass"} else "deny"
    entry: dict[str, Any] = {
        "kind": form.get("kind"),
        "value": form.get("value"),
        "effect": effect,
        "owner": form.get("owner") or visit.caller.name,
        "reason": form.get("reason"),
    }
    if form.get("expires"):
        entry["expires"] = end_of_day(form.get("expires"))
    model = schemas.AllowEntry if side == "allow" else schemas.DenyEntry
    added = checked(model, entry).model_dump(mode="json", exclude_unset=True)
    rest = [
        one
        for one in document.get(side, ())
        if (one["kind"], one["value"]) != (entry["kind"], entry["value"])
    ]
    note = visit.phrases("entry_added_note", value=entry["value"])
    return {**document, side: [*rest, added]}, note


def end_of_day(day: str) -> str:
    """Give the end of a day in China; what is no day stays as written."""
    try:
        return (datetime.fromisoformat(day).replace(tzinfo=_CHINA) + timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return day


def _id(side: str, entry: dict[str, Any]) -> str:
    """Name an entry by what it says, since its place changes with every edit."""
    said = json.dumps([side, entry], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _is_over(entry: dict[str, Any], now: datetime) -> bool:
    expires = entry.get("expires")
    return expires is not None and datetime.fromisoformat(expires) <= now


def _changes(found: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Give what a version changed, each thing on a line: pointer, before, after."""
    for pointer, (before, after) in found.items():
        if isinstance(before, list) or isinstance(after, list):
            for one in before or ():
                yield pointer, _told(one), ""
            for one in after or ():
                yield pointer, "", _told(one)
        elif isinstance(whole := before or after, dict) and (before is None or after is None):
            for name, value in whole.items():
                nested = [value, None] if after is None else [None, value]
                yield from _changes({f"{pointer}/{name}": nested})
        else:
            yield pointer, _told(before), _told(after)


def _told(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, dict) and "value" in value:
        parts = (value.get("kind"), value["value"], value.get("effect"), value.get("owner"))
        return " · ".join(str(part) for part in parts if part)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)[:200]
