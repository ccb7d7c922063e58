"""Scores over time, what drift is measured from, and a candidate bundle's differences."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "score_counts",
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bundle", sa.String(length=64), nullable=False),
        sa.Column("board", sa.String(length=64), nullable=False),
        sa.Column("worker", sa.String(length=32), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("hour", "bundle", "board", "worker", name="pk_score_counts"),
    )
    op.create_table(
        "baselines",
        sa.Column("bundle", sa.String(length=64), nullable=False),
        sa.Column("board", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("alarms", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("bundle", "board", name="pk_baselines"),
    )
    op.create_table(
        "shadow_counts",
        sa.Column("live", sa.String(length=64), nullable=False),
        sa.Column("candidate", sa.String(length=64), nullable=False),
        sa.Column("worker", sa.String(length=32), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("live", "candidate", "worker", name="pk_shadow_counts"),
    )
    op.create_table(
        "shadow_differences",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("live", sa.String(length=64), nullable=False),
        sa.Column("candidate", sa.String(length=64), nullable=False),
        sa.Column("request_id", sa.String(length=160), nullable=False),
        sa.Column("board", sa.String(length=64), nullable=False),
        sa.Column("difference", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_shadow_differences"),
    )
    op.create_index("ix_shadow_differences_at", "shadow_differences", ["at"], unique=False)


def downgrade() -> None:
    """Drop them."""
    for table in ("shadow_differences", "shadow_counts", "baselines", "score_counts"):
        op.drop_table(table)
