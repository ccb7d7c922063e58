"""Verdicts as the lines of a scan's output; those that merely pass from a form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import orjson

from fanzha.json_lines import json_line
from fanzha.labels import LABELS
from fanzha.scan.batch import Batch
from fanzha.verdict import Verdict
from fanzha.verdicts import Verdicts

__all__ = ["all_lines", "verdict_line"]

_PASSING: Final = (
    b'"suggestion":"pass","labels":[],"scores":{%b},"evidence":[],"hotlines":[],"contacts":[],'
    b'"normalizations":[],"model":' % b",".join(b'"%b":%%b' % label.encode() for label in LABELS)
)


def verdict_line(verdict: Verdict, batch: Batch, at: int, *, several: bool) -> bytes:
    """Give the line of a verdict: with the post's id, else with its place in the input.

    Parameters
    ----------
    at
        The post's place in the batch.
    several
        Whether the input's name belongs to its place in the input. What is of no input has no
        place.
    """
    value = verdict.to_json()
    layout = batch.layouts.get(at)
    if layout is not None:
        value = layout.restore(value)
    if verdict.id is None:
        value = {**_place(batch, at, several=several), **value}
    return json_line(value)


def all_lines(verdicts: Verdicts, batch: Batch, *, several: bool) -> list[bytes]:
    """Give the line of every verdict of a batch, in order."""
    model = {"bundle": verdicts.bundle, "policy": verdicts.policy, "screened": True}
    form = b"{%b" + _PASSING + orjson.dumps(model).replace(b"%", b"%%") + b"}\n"
    told, changed = verdicts.told, verdicts.changed
    lines = []
    for at, (identity, row) in enumerate(zip(verdicts.ids, _rows(verdicts), strict=True)):
        begin = None if at in told or changed[at] else _begin(identity, batch, at, several=several)
        if begin is None:
            lines.append(verdict_line(verdicts[at], batch, at, several=several))
        else:
            lines.append(form % (begin, *row.split(b",")))
    return lines


def _rows(verdicts: Verdicts) -> Sequence[bytes]:
    """Give the scores of each post as JSON writes them, separated by commas."""
    if not len(verdicts):
        return ()
    written = orjson.dumps(verdicts.scores, option=orjson.OPT_SERIALIZE_NUMPY)
    return written[2:-2].split(b"],[")


def _begin(identity: str | int | None, batch: Batch, at: int, *, several: bool) -> bytes | None:
    """Give what the line of a passing post begins with; None for an id that JSON cannot carry."""
    if identity is None:
        place = _place(batch, at, several=several)
        return orjson.dumps(place)[1:-1] + b"," if place else b""
    try:
        return b'"id":%b,' % orjson.dumps(identity)
    except TypeError:
        return None


def _place(batch: Batch, at: int, *, several: bool) -> dict[str, Any]:
    if not batch.file:
        return {}
    place: dict[str, Any] = {"line": batch.lines[at]}
    if several:
        place = {"file": batch.file.encode("utf-8", "replace").decode(), **place}
    return place
