"""What is kept, for other programs: posts with their verdicts, and with what people settled."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from fanzha.backtest import Kept
from fanzha.labels import LABELS
from fanzha_api.schemas import FIELDS
from fanzha_api.store import tables

__all__ = ["export_feedback", "export_records", "recorded_boards"]

_PAGE = 1000


def export_feedback(
    connection: Connection, *, since: datetime | None = None, board: str | None = None
) -> Iterator[dict[str, Any]]:
    """Give the posts whose labels people have settled, as rows of a corpus, the newest first.

    A decision with labels counts before feedback with labels, and that before feedback that the
    verdict was right. Only posts whose texts were kept; of posts with one text the newest. Posts
    of one wording are one family, so that they never stand on both sides of a split.

    Notes
    -----
    Memory holds the hashes of the texts given.
    """
    seen: set[int] = set()
    for row in _kept(connection, since, board):
        labels = _labels(row)
        text = _text(json.loads(row.fields))
        if labels is None or hash(text) in seen:
            continue
        seen.add(hash(text))
        yield {
            "id": f"{row.board}/{row.id}",
            "text": text,
            "labels": _in_order(labels),
            "batch": f"feedback-{row.board}",
            "family": row.digest[:16],
        }


def export_records(
    connection: Connection, *, since: datetime | None = None, board: str | None = None
) -> Iterator[Kept]:
    """Give the posts whose texts were kept with the verdicts that they got, the newest first."""
    for row in _kept(connection, since, board):
        settled = _labels(row)
        yield Kept(
            id=row.request_id,
            text=_text(json.loads(row.fields)),
            board=row.board,
            at=row.at,
            suggestion=row.suggestion,
            labels=tuple(_in_order(row.labels)),
            settled=None if settled is None else tuple(_in_order(settled)),
        )


def recorded_boards(connection: Connection) -> list[str]:
    """Give the boards of which there are records, in the order of their names."""
    query = select(tables.records.c.board).distinct().order_by(tables.records.c.board)
    return list(connection.execute(query).scalars())


def _kept(connection: Connection, since: datetime | None, board: str | None) -> Iterator[Any]:
    """Give the records that have a text, with what was said last of each, the newest first."""
    table, said = tables.records, tables.feedback
    last = select(func.max(said.c.id).label("id"), said.c.record_id).group_by(said.c.record_id)
    newest = last.subquery()
    query = (
        select(table, said.c.outcome, said.c.labels.label("said_labels"))
        .outerjoin(newest, newest.c.record_id == table.c.id)
        .outerjoin(said, said.c.id == newest.c.id)
        .where(table.c.fields.is_not(None))
        .order_by(table.c.id.desc())
    )
    if since is not None:
        query = query.where(table.c.at >= since)
    if board is not None:
        query = query.where(table.c.board == board)
    before: int | None = None
    while True:
        page = query if before is None else query.where(table.c.id < before)
        rows = list(connection.execute(page.limit(_PAGE)))
        yield from rows
        if len(rows) < _PAGE:
            return
        before = rows[-1].id


def _in_order(labels: Collection[str]) -> list[str]:
    return [label for label in LABELS if label in labels]


def _labels(row: Any) -> list[str] | None:
    """Give the labels that people settled on, or None."""
    settled: list[str] | None = None
    if row.decision is not None and row.decided_labels is not None:
        settled = row.decided_labels
    elif row.decision == "pass":
        settled = []
    elif row.said_labels is not None:
        settled = row.said_labels
    elif row.outcome == "right" or (row.decision is not None and row.decision == row.suggestion):
        settled = row.labels
    return settled


def _text(fields: dict[str, str]) -> str:
    text = fields.get("text")
    if text is None:
        text = "\n".join(fields[name] for name in FIELDS if name in fields)
    return text.encode("utf-8", "replace").decode("utf-8")
