"""Who wrote a scanned post, where, when and for which campaign, from the dump."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from fanzha.scan.plan import Plan
from fanzha.scan.source import Line, Source
from fanzha.scan.table import table_rows

__all__ = ["Fields", "Origin", "name_of", "origins"]

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Fields:
    """Names of the dump's fields that tell a post's account, campaign, board and time."""

    account: str = "author"
    campaign: str | None = None
    board: str = "board"
    posted_at: str = "time"


@dataclass(frozen=True, slots=True)
class Origin:
    """A record of the dump; `line` is the first of it, from 1, in `file`."""

    file: str
    line: int
    id: str | int | None
    text: str
    account: str | None
    campaign: str | None
    board: str | None = None
    posted_at: str | None = None

    def owns(self, verdict: Mapping[str, Any]) -> bool:
        """Tell whether a verdict line is that on this record."""
        if "id" in verdict:
            return bool(self.id == verdict["id"])
        place = (verdict.get("file", self.file), verdict.get("line"))
        return self.id is None and place == (self.file, self.line)


def origins(plan: Plan, fields: Fields) -> Iterator[Origin]:
    """Yield the records of the plan's inputs that a scan can read, in order.

    A field that is absent, empty or neither a string nor an integer tells nothing.

    Raises
    ------
    InputError
        An input cannot be opened or is damaged at its beginning.
    """
    for path in plan.inputs:
        with Source(path, plan) as source:
            for line, record in _records(source, plan):
                text = record.get(plan.text_field)
                if isinstance(text, str):
                    name = name_of(record.get(fields.campaign)) if fields.campaign else None
                    yield Origin(
                        file=source.name.encode("utf-8", "replace").decode(),
                        line=line,
                        id=_identity(record.get(plan.id_field)),
                        text=text,
                        account=name_of(record.get(fields.account)),
                        campaign=name and f"{fields.campaign}:{name}",
                        board=name_of(record.get(fields.board)),
                        posted_at=name_of(record.get(fields.posted_at)),
                    )


def _records(source: Source, plan: Plan) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if source.format == "csv":
        heads: list[str] | None = None
        for row in table_rows(source.lines(), source.encoding):
            if heads is None:
                heads = row.fields
            elif row.fault is None and len(row.fields) == len(heads):
                yield row.line, dict(zip(heads, row.fields, strict=True))
        return
    for line in source.lines():
        if line.fault is None:
            record = _record(line, source, plan)
            if isinstance(record, dict):
                yield line.number, record


def _record(line: Line, source: Source, plan: Plan) -> object:
    """Read a line as the scan does; what the scan rejected has no verdict and is None."""
    try:
        text = line.decode(source.encoding)
        if source.format == "text":
            return {plan.text_field: text.removesuffix("\n").removesuffix("\r")}
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            found: object = json.loads(text, strict=False)
            return found
    except (ValueError, RecursionError):
        return None


def name_of(value: object) -> str | None:
    """Give a field's value as a name; None unless it is an integer or a string with something."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value) or None


def _identity(value: object) -> str | int | None:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
