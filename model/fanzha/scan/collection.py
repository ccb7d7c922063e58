"""What occurs where in a scan's output, read beside the dump that was scanned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from fanzha.errors import InputError
from fanzha.post import Span
from fanzha.scan.occurrences import (
    MAX_OCCURRENCES,
    Occurrence,
    Occurrences,
    Setting,
    find_occurrences,
)
from fanzha.scan.origins import Fields, Origin, name_of, origins
from fanzha.scan.plan import Plan
from fanzha.scan.source import Line, Source

__all__ = ["collect"]


def collect(
    verdicts: Plan,
    posts: Plan | None = None,
    fields: Fields | None = None,
    limit: int = MAX_OCCURRENCES,
) -> Occurrences:
    """Collect what occurs where from a scan's output, beside the dump that was scanned.

    Parameters
    ----------
    verdicts
        A plan whose inputs are the output of `fanzha scan`, complete or only the flagged posts.
    posts
        A plan whose inputs are the dump, in the order in which it was scanned; without it
        numbers keep company by posts alone, unless a verdict line has `account` or `campaign`.

    Raises
    ------
    InputError
        A line is no verdict, a verdict's post is not in the dump in its place, there are more
        than `limit` occurrences, or an input cannot be opened.

    Notes
    -----
    Both are read once, side by side; kept is what `Occurrences` keeps.
    """
    found = Occurrences(limit)
    records = origins(posts, fields or Fields()) if posts is not None else None
    for path in verdicts.inputs:
        with Source(path, verdicts) as source:
            for line in source.lines():
                if line.fault is None and not line.raw.strip():
                    continue
                where = f"{path}:{line.number}"
                verdict = _verdict(line, where)
                occurrences, spans = _contacts(verdict, where)
                origin = None if records is None else _advanced(records, verdict, where)
                if occurrences:
                    found.add(_setting(verdict, origin, spans, line.number), occurrences)
    return found


def _verdict(line: Line, where: str) -> Mapping[str, Any]:
    if line.fault is not None:
        raise InputError(f"{where}: {line.fault}")
    try:
        verdict = orjson.loads(line.raw)
    except orjson.JSONDecodeError as error:
        raise InputError(
            f"{where} is broken JSON at column {error.colno}; give the output of fanzha scan"
        ) from error
    if not isinstance(verdict, dict) or "suggestion" not in verdict:
        raise InputError(f"{where} is no verdict; give the output of fanzha scan")
    return verdict


def _contacts(verdict: Mapping[str, Any], where: str) -> tuple[list[Occurrence], list[Span]]:
    """Give the contacts of a verdict that count, and where all of its contacts stand."""
    try:
        found = (*verdict["hotlines"], *verdict["contacts"])
        # A span with a field lies in a title or signature, not in the text.
        spans = [Span(one["start"], one["end"]) for one in found if "field" not in one]
        return find_occurrences(verdict), spans
    except (KeyError, TypeError) as error:
        raise InputError(
            f"{where} is no verdict as a scan writes it ({type(error).__name__}: {error}); give "
            "the output of fanzha scan"
        ) from error


def _advanced(records: Iterator[Origin], verdict: Mapping[str, Any], where: str) -> Origin:
    for origin in records:
        if origin.owns(verdict):
            return origin
    raise InputError(
        f"the post of the verdict in {where} does not come next in the posts; give --posts the "
        "files that were scanned, in the same order, and the same --text-field and --id-field"
    )


def _setting(
    verdict: Mapping[str, Any], origin: Origin | None, spans: Iterable[Span], line: int
) -> Setting:
    place = verdict.get("line", line)
    file = f"{verdict['file']}:" if "file" in verdict else "line "
    return Setting(
        post=str(verdict["id"]) if "id" in verdict else f"{file}{place}",
        flagged=verdict["suggestion"] != "pass",
        account=name_of(verdict.get("account")) or (origin.account if origin else None),
        campaign=name_of(verdict.get("campaign")) or (origin.key(spans) if origin else None),
    )
