"""The tables; a change of them is a new migration in `migrations/versions`."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

from fanzha_api.store.columns import PostText, Utc

__all__ = [
    "METADATA", "appeals", "audit", "baselines", "deliveries", "feedback", "idempotency", "jobs",
    "keys", "policies", "records", "revisions", "score_counts", "sessions", "shadow_counts",
    "shadow_differences", "webhooks",
]  # fmt: skip

METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only where the key is INTEGER.
_BIG: Final = BigInteger().with_variant(Integer, "sqlite")

revisions = Table(
    "revisions",
    METADATA,
    Column("name", String(32), primary_key=True),
    Column("value", BigInteger, nullable=False),
)
"""What each worker looks at to learn that policies or keys have changed."""

policies = Table(
    "policies",
    METADATA,
    Column("board", String(64), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("document", JSON, nullable=False),
    Column("diff", JSON, nullable=False),
    Column("author", String(100), nullable=False),
    Column("note", Text, nullable=False),
    Column("at", Utc, nullable=False),
)
"""Every version of every board's policy; the highest one is in force."""

keys = Table(
    "keys",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("id", String(16), nullable=False, unique=True),
    Column("name", String(100), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("rate_per_s", Float),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc),
    Column("revoked_at", Utc),
)
"""API keys by the SHA-256 of their secret; a revoked one stays."""

audit = Table(
    "audit",
    METADATA,
    Column("id", _BIG, primary_key=True),
    Column("at", Utc, nullable=False, index=True),
    Column("actor", String(100), nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("detail", JSON, nullable=False),
    Column("request_id", String(128), nullable=False),
)
"""Who did what to what, and when; never a post's text."""

records = Table(
    "records",
    METADATA,
    Column("id", _BIG, primary_key=True),
    Column("request_id", String(160), nullable=False, index=True),
    Column("post_id", Text, index=True),
    Column("board", String(64), nullable=False),
    Column("author_id", Text, index=True),
    Column("at", Utc, nullable=False, index=True),
    Column("expires_at", Utc, nullable=False, index=True),
    Column("key_id", String(16)),
    Column("suggestion", String(8), nullable=False),
    Column("labels", JSON, nullable=False),
    Column("scores", JSON, nullable=False),
    Column("policy", String(100), nullable=False),
    Column("bundle", String(64), nullable=False),
    Column("uncertainty", Float, nullable=False),
    Column("reach", BigInteger, nullable=False),
    Column("priority", Float, nullable=False),
    Column("digest", String(64), nullable=False, index=True),
    Column("fields", PostText),
    Column("state", String(8), nullable=False),
    Column("decided_by", String(100)),
    Column("decided_at", Utc),
    Column("decision", String(8)),
    Column("decided_labels", JSON),
    Column("note", Text),
    Index("ix_records_queue", "state", "board", "priority", "id"),
)
"""Verdicts given; `fields` is the post's text, only where the board's policy keeps it."""

idempotency = Table(
    "idempotency",
    METADATA,
    Column("owner", String(16), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("subject", String(160), nullable=False),
    Column("at", Utc, nullable=False, index=True),
)
"""Requests that must count once: the body's digest, and the request or job that came of it."""

feedback = Table(
    "feedback",
    METADATA,
    Column("id", _BIG, primary_key=True),
    Column("record_id", ForeignKey("records.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("outcome", String(8), nullable=False),
    Column("labels", JSON),
    Column("note", Text, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("at", Utc, nullable=False, index=True),
)
"""What people said of a verdict: right, wrong, and which labels would be."""

appeals = Table(
    "appeals",
    METADATA,
    Column("id", _BIG, primary_key=True),
    Column("record_id", ForeignKey("records.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("state", String(8), nullable=False, index=True),
    Column("actor", String(100), nullable=False),
    Column("at", Utc, nullable=False),
    Column("resolved_by", String(100)),
    Column("resolved_at", Utc),
    Column("resolution", Text),
)
"""Objections of authors to what was decided."""

jobs = Table(
    "jobs",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("owner", String(16), nullable=False),
    Column("board", String(64), nullable=False),
    Column("policy", String(100), nullable=False),
    Column("state", String(12), nullable=False, index=True),
    Column("options", JSON, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("done_bytes", BigInteger, nullable=False),
    Column("summary", JSON),
    Column("problem", Text),
    Column("host", String(200), nullable=False),
    Column("beat_at", Utc),
    Column("created_at", Utc, nullable=False),
    Column("ended_at", Utc),
    Column("expires_at", Utc, nullable=False, index=True),
)
"""Files to be judged; their bytes lie in the data folder."""

webhooks = Table(
    "webhooks",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("events", JSON, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("created_by", String(100), nullable=False),
)
"""Addresses to which events are sent; the secret signs, so it is kept as it is."""

deliveries = Table(
    "deliveries",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("webhook_id", ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("event", String(64), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("state", String(12), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Utc, nullable=False),
    Column("last_status", String(64)),
    Column("created_at", Utc, nullable=False),
    Index("ix_deliveries_due", "state", "next_at"),
)
"""Events on their way, delivered, or given up (`dead`)."""

sessions = Table(
    "sessions",
    METADATA,
    Column("digest", String(64), primary_key=True),
    Column("key_id", String(16), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False, index=True),
)
"""Who is signed in to the console, by the SHA-256 of the cookie and the key that opened it."""

score_counts = Table(
    "score_counts",
    METADATA,
    Column("hour", Utc, primary_key=True),
    Column("bundle", String(64), primary_key=True),
    Column("board", String(64), primary_key=True),
    Column("worker", String(32), primary_key=True),
    Column("counts", JSON, nullable=False),
)
"""How often which scores were given in an hour; each worker writes rows of its own."""

baselines = Table(
    "baselines",
    METADATA,
    Column("bundle", String(64), primary_key=True),
    Column("board", String(64), primary_key=True),
    Column("at", Utc, nullable=False),
    Column("counts", JSON, nullable=False),
    Column("alarms", JSON, nullable=False),
)
"""The scores of a bundle on a board that drift is measured from, and what was last alarmed."""

shadow_counts = Table(
    "shadow_counts",
    METADATA,
    Column("live", String(64), primary_key=True),
    Column("candidate", String(64), primary_key=True),
    Column("worker", String(32), primary_key=True),
    Column("counts", JSON, nullable=False),
    Column("at", Utc, nullable=False),
)
"""How many posts a candidate bundle judged beside the live one, and how."""

shadow_differences = Table(
    "shadow_differences",
    METADATA,
    Column("id", _BIG, primary_key=True),
    Column("at", Utc, nullable=False, index=True),
    Column("live", String(64), nullable=False),
    Column("candidate", String(64), nullable=False),
    Column("request_id", String(160), nullable=False),
    Column("board", String(64), nullable=False),
    Column("difference", JSON, nullable=False),
)
"""Posts of which the candidate says something else, without their texts; the newest are kept."""
