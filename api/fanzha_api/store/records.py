"""Records of verdicts: written in batches, found again by request, deleted in time."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from fanzha.normalize import normalize
from fanzha.policy import Policy
from fanzha.verdict import Verdict
from fanzha_api.store import tables

__all__ = [
    "Record", "delete_expired", "delete_posts", "find_records", "make_record", "record_json",
    "write_records",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Record:
    """A verdict as it is kept; `fields` is the post's text as JSON, or None.

    `uncertainty`, in (0, 1], is 1 where a score stands at its threshold; `priority` is that,
    raised by the reach. `digest` is the same for posts that differ in numbers and marks only.
    """

    request_id: str
    post_id: str | None
    board: str
    author_id: str | None
    at: datetime
    expires_at: datetime
    key_id: str | None
    suggestion: str
    labels: list[str]
    scores: dict[str, float]
    policy: str
    bundle: str
    uncertainty: float
    reach: int
    priority: float
    digest: str
    fields: str | None
    state: str


def make_record(
    verdict: Verdict,
    text: str,
    fields: Mapping[str, str] | None,
    thresholds: Policy,
    *,
    request_id: str,
    board: str,
    author_id: str | int | None,
    reach: int,
    key_id: str | None,
    retention_days: int,
) -> Record:
    """Make the record of a verdict; its text is kept only where `fields` is given."""
    now = datetime.now(UTC)
    uncertainty = _uncertainty(verdict, thresholds)
    return Record(
        request_id=request_id,
        post_id=_id(verdict.id),
        board=board,
        author_id=_id(author_id),
        at=now,
        expires_at=now + timedelta(days=retention_days),
        key_id=key_id,
        suggestion=verdict.suggestion,
        labels=[given.label for given in verdict.labels],
        scores=dict(verdict.scores),
        policy=verdict.policy,
        bundle=verdict.bundle,
        uncertainty=round(uncertainty, 6),
        reach=reach,
        priority=round(uncertainty * (1 + math.log10(1 + reach)), 6),
        digest=_digest(text),
        fields=None if fields is None else json.dumps(dict(fields)),
        state="open" if verdict.suggestion == "review" else "closed",
    )


def write_records(connection: Connection, records: Sequence[Record]) -> None:
    """Write records, all of them or none."""
    if records:
        connection.execute(insert(tables.records), [asdict(record) for record in records])


def find_records(
    connection: Connection, request_id: str, post_id: str | int | None = None
) -> list[Any]:
    """Give the records of a request, the newest first, or of one post of it."""
    table = tables.records
    query = select(table).where(table.c.request_id == request_id).order_by(table.c.id.desc())
    if post_id is not None:
        query = query.where(table.c.post_id == _id(post_id))
    return list(connection.execute(query.limit(300)))


def record_json(row: Any) -> dict[str, Any]:
    """Give a record as JSON values."""
    out = {
        "request_id": row.request_id,
        "board": row.board,
        "at": row.at.isoformat(),
        "suggestion": row.suggestion,
        "labels": row.labels,
        "scores": row.scores,
        "policy": row.policy,
        "bundle": row.bundle,
        "uncertainty": row.uncertainty,
        "reach": row.reach,
        "priority": row.priority,
        "digest": row.digest,
        "state": row.state,
        "decision": row.decision,
        "decided_labels": row.decided_labels,
        "decided_by": row.decided_by,
        "decided_at": None if row.decided_at is None else row.decided_at.isoformat(),
        "expires_at": row.expires_at.isoformat(),
        "fields": None if row.fields is None else _valid(json.loads(row.fields)),
    }
    if row.post_id is not None:
        out["id"] = json.loads(row.post_id)
    return out


def delete_expired(connection: Connection, now: datetime, most: int = 5000) -> int:
    """Delete up to `most` records whose time is over, with what was said of them."""
    table = tables.records
    old = select(table.c.id).where(table.c.expires_at <= now).limit(most)
    return connection.execute(delete(table).where(table.c.id.in_(old))).rowcount


def delete_posts(
    connection: Connection,
    *,
    post_id: str | int | None = None,
    author_id: str | int | None = None,
    request_id: str | None = None,
) -> int:
    """Delete the records of a post, an author or a request; give how many there were."""
    table = tables.records
    query = delete(table)
    if post_id is not None:
        query = query.where(table.c.post_id == _id(post_id))
    if author_id is not None:
        query = query.where(table.c.author_id == _id(author_id))
    if request_id is not None:
        query = query.where(table.c.request_id == request_id)
    return connection.execute(query).rowcount


def _id(value: str | int | None) -> str | None:
    # As JSON, so that 1 and "1" stay apart and NUL and lone surrogates can be kept.
    return None if value is None else json.dumps(value)


def _uncertainty(verdict: Verdict, thresholds: Policy) -> float:
    return max(
        (
            math.exp(-abs(_logit(verdict.scores[label]) - _logit(least)))
            for label, least in thresholds.review.items()
        ),
        default=1e-6,
    )


def _logit(share: float) -> float:
    share = min(max(share, 1e-6), 1 - 1e-6)
    return math.log(share / (1 - share))


def _digest(text: str) -> str:
    plain = "".join(
        sign for sign in normalize(text).text if sign.isalpha() and not "0" <= sign <= "9"
    )
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


def _valid(fields: dict[str, str]) -> dict[str, str]:
    """Replace lone surrogates, which JSON in UTF-8 cannot carry."""
    return {
        name: "".join("\ufffd" if "\ud800" <= sign <= "\udfff" else sign for sign in text)
        for name, text in fields.items()
    }
