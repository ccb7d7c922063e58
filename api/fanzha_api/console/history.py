"""How a board's policy came to be, and back to an earlier version of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response

from fanzha_api import deeds, schemas
from fanzha_api.console.drawing import draw, go_to
from fanzha_api.console.forms import read_form
from fanzha_api.console.route import ConsoleRoute, checked
from fanzha_api.console.visit import ROOT, Visit, visiting
from fanzha_api.problems import Problem
from fanzha_api.schemas.kinds import BOARD_PATTERN
from fanzha_api.service import actor_of, keeping_of, service_of
from fanzha_api.store.policies import history, read_policy

__all__ = ["VERSIONS", "router", "told_changes", "version_of"]

router = APIRouter(route_class=ConsoleRoute)

VERSIONS: Final = 30
"""Most versions on a page."""
Reading = Annotated[Visit, Depends(visiting("review", "admin"))]
Writing = Annotated[Visit, Depends(visiting("admin"))]
Board = Annotated[str, Path(pattern=BOARD_PATTERN)]

_DIGITS: Final = re.compile("[0-9]{1,9}")


@router.get(f"{ROOT}/policies/{{board}}/history")
async def show_history(
    request: Request,
    visit: Reading,
    board: Board,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> Response:
    """Show who changed what, when and why."""
    versions = await keeping_of(request).storage.read(
        partial(history, board=board, most=VERSIONS, before=before)
    )
    more = f"{ROOT}/policies/{board}/history?before={versions[-1].version}" if versions else ""
    return draw(
        request,
        visit,
        "history.html.j2",
        board=board,
        versions=[(one, list(told_changes(one.diff))) for one in versions],
        newest=before is None,
        more=more if len(versions) == VERSIONS else None,
    )


@router.post(f"{ROOT}/policies/{{board}}/history")
async def restore(request: Request, visit: Writing, board: Board) -> Response:
    """Put an earlier version in force again, as a new one."""
    form = await read_form(request, visit)
    keeping = keeping_of(request)
    number = version_of(form.get("version"))
    old = await keeping.storage.read(partial(read_policy, board=board, version=number))
    if old is None:
        raise Problem(404, "unknown-board", f"the board {board!r} has no version {number}")
    note = visit.phrases("restored_note", n=number)
    change = checked(schemas.PolicyChange, {"policy": old.document, "note": note})
    await deeds.put_policy(
        service_of(request), keeping, board, change, actor=actor_of(request), based_on=None
    )
    return go_to(request, visit, f"{ROOT}/policies/{board}/history")


def version_of(written: str) -> int:
    """Read the number of a version; 0 where it is none."""
    return int(written) if _DIGITS.fullmatch(written) else 0


def told_changes(found: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
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
                yield from told_changes({f"{pointer}/{name}": nested})
        else:
            yield pointer, _told(before), _told(after)


def _told(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, dict) and "value" in value:
        parts = (value.get("kind"), value["value"], value.get("effect"), value.get("owner"))
        return " · ".join(str(part) for part in parts if part)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)[:200]
