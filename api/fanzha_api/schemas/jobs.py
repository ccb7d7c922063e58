"""Jobs and webhooks on the wire."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from fanzha_api.schemas.kinds import Closed

__all__ = [
    "Deliveries", "Delivery", "Job", "JobSummary", "Jobs", "NewWebhook", "Webhook",
    "WebhookRequest", "Webhooks",
]  # fmt: skip

Event = Literal[
    "job.ended", "policy.changed", "review.decided", "appeal.opened", "appeal.resolved",
    "drift.changed",
]  # fmt: skip


class JobSummary(Closed):
    """What a job found."""

    posts: int
    rejected: int = Field(description="Records that could not be read; see the rejects.")
    suggestions: dict[str, int]
    labels: dict[str, int]
    seconds: float


class Job(Closed):
    """One file that is judged in the background."""

    job: str
    state: Literal["waiting", "running", "cancelling", "cancelled", "failed", "done"]
    board: str
    policy: str | None = Field(description="`board@version`, once it is run by one.")
    size_bytes: int
    done_bytes: int
    progress: float = Field(ge=0, le=1)
    summary: JobSummary | None
    problem: str | None
    created_at: str
    ended_at: str | None
    expires_at: str


class Jobs(Closed):
    """The jobs of one key, the newest first."""

    jobs: list[Job]


class WebhookRequest(Closed):
    """An address to which events are sent."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"url": "http://127.0.0.1:9000/hooks/fanzha", "events": ["job.ended"]}]
        }
    )

    url: Annotated[str, Field(max_length=2000, pattern="^https?://[!-~]+$")]
    events: list[Event] = Field(min_length=1, max_length=6)


class Webhook(Closed):
    """An address without its secret."""

    webhook: str
    url: str
    events: list[Event]
    created_at: str
    created_by: str


class NewWebhook(Webhook):
    """An address that was just added."""

    secret: str = Field(description="By which its events are signed; cannot be had again.")


class Webhooks(Closed):
    """Every address."""

    webhooks: list[Webhook]


class Delivery(Closed):
    """One event on its way, taken, or given up."""

    delivery: str
    event: Event
    payload: dict[str, Any]
    state: Literal["waiting", "done", "dead"]
    attempts: int
    last_status: str | None = Field(description="HTTP status, or the kind of failure.")
    created_at: str
    next_at: str


class Deliveries(Closed):
    """Deliveries to one address, the newest first."""

    deliveries: list[Delivery]
