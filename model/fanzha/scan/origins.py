"""Who wrote a scanned post, where, when and for which campaign, from the dump."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from fanzha.errors import InputError
from fanzha.scan.fields import Row, compose
from fanzha.scan.plan import Plan
from fanzha.scan.read import cut
from fanzha.scan.rows import cell_text, rows
from fanzha.scan.source import sources

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
    """A record of the dump; `line` is the first of it, from 1, in `file`.

    `text` is the text field as it was written; `others` are the other fields that were checked, by
    their roles: `title`, `signature`, `author`.
    """

    file: str
    line: int
    id: str | int | None
    text: str
    account: str | None
    campaign: str | None
    board: str | None = None
    posted_at: str | None = None
    others: Mapping[str, str] = field(default_factory=dict)

    def owns(self, verdict: Mapping[str, Any], *, from_table: bool = False) -> bool:
        """Tell whether a verdict line is that on this record.

        Parameters
        ----------
        from_table
            The verdict was read from a table, where an id may have become a string, or have been
            left out because it is empty.
        """
        if "id" in verdict:
            same = self.id == verdict["id"]
            return same or (from_table and str(self.id) == str(verdict["id"]))
        if from_table and "line" not in verdict:
            return self.id == ""
        place = (verdict.get("file", self.file), verdict.get("line"))
        return self.id is None and place == (self.file, self.line)


def origins(plan: Plan, fields: Fields) -> Iterator[Origin]:
    """Yield the records of the plan's inputs that a scan can read, in order.

    A field that is absent, empty or neither a string, an integer nor a time tells nothing.

    Raises
    ------
    InputError
        An input cannot be opened or is damaged at its beginning.
    """
    for path in plan.inputs:
        for source in sources(path, plan):
            for chunk in cut(source, plan):
                for row in rows(chunk, plan):
                    if isinstance(row, Row) and (origin := _origin(row, fields, plan)) is not None:
                        yield origin


def _origin(row: Row, fields: Fields, plan: Plan) -> Origin | None:
    """Give a record's origin; None for one that a scan rejects."""
    try:
        post, _ = compose(row, plan)
    except InputError:
        return None
    told, text = row.fields, row.fields.get(row.names.text)
    name = name_of(told.get(fields.campaign)) if fields.campaign else None
    others = {role: told.get(field) for role, field in row.names.others}
    return Origin(
        file=row.file.encode("utf-8", "replace").decode(),
        line=row.line,
        id=_SURROGATE.sub("\ufffd", post.id) if isinstance(post.id, str) else post.id,
        text=text if isinstance(text, str) else "",
        account=name_of(told.get(fields.account)),
        campaign=name and f"{fields.campaign}:{name}",
        board=name_of(told.get(fields.board)),
        posted_at=name_of(told.get(fields.posted_at)),
        others={role: one for role, one in others.items() if isinstance(one, str) and one.strip()},
    )


def name_of(value: object) -> str | None:
    """Give a field's value as a name; None unless it is an integer, a time or a filled string.

    A time is written as ISO 8601 has it, the bytes of a database's cell are read as text.
    """
    if isinstance(value, bytes):
        value = cell_text(value)[0]
    if isinstance(value, date):
        value = value.isoformat()
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value) or None
