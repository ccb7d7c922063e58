"""Verdicts as the lines of a scan's output; those that merely pass from a form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import orjson

from fanzha.changes import find_runs
from fanzha.json_lines import json_line
from fanzha.labels import LABELS
from fanzha.scan.batch import Batch
from fanzha.verdict import Verdict
from fanzha.verdicts import Verdicts

__all__ = ["all_lines", "verdict_line"]

_MOST_REMEMBERED: Final = 1 << 15
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_PASSING: Final = (
    b'"suggestion":"pass","labels":[],"scores":{%b},"evidence":[],"hotlines":[],"contacts":[],'
    b'"normalizations":[%%b],"model":' % b",".join(b'"%b":%%b' % label.encode() for label in LABELS)
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
    told, changes = verdicts.told, _changes(verdicts)
    lines = []
    for at, (identity, row) in enumerate(zip(verdicts.ids, _rows(verdicts), strict=True)):
        change = changes.get(at, b"")
        begin = None
        if at not in told and not (change and at in batch.layouts):
            begin = _begin(identity, batch, at, several=several)
        if begin is None:
            lines.append(verdict_line(verdicts[at], batch, at, several=several))
        else:
            lines.append(form % (begin, *row.split(b","), change))
    return lines


def _changes(verdicts: Verdicts) -> dict[int, bytes]:
    """Give the normalizations of passing posts as JSON writes them, by the post's place."""
    places = [
        at for at, changed in enumerate(verdicts.changed) if changed and at not in verdicts.told
    ]
    found = find_runs([verdicts.texts[at] for at in places])
    return {
        at: b",".join(
            [
                _change_form(step, before, after) % (start, end)
                for step, start, end, before, after in runs
            ]
        )
        for at, runs in zip(places, found, strict=True)
    }


@lru_cache(_MOST_REMEMBERED)
def _change_form(step: str, before: str, after: str) -> bytes:
    """Give the JSON of a change, with places for its start and end."""
    written = (step, _SURROGATE.sub("\ufffd", before), after)
    parts = (orjson.dumps(one).replace(b"%", b"%%") for one in written)
    return b'{"step":%b,"start":%%d,"end":%%d,"from":%b,"to":%b}' % tuple(parts)


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
