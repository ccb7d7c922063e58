"""Feedback, the review queue and appeals on the wire."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from fanzha_api.schemas.answers import Scores
from fanzha_api.schemas.kinds import Closed, Id, Label, Line

__all__ = [
    "Appeal",
    "AppealRequest",
    "AppealResolution",
    "Appeals",
    "Decided",
    "DecisionRequest",
    "Deleted",
    "FeedbackRequest",
    "Queue",
    "RecordAnswer",
    "Records",
    "Said",
]  # fmt: skip

_RequestId = Annotated[str, Field(pattern="^[A-Za-z0-9._:-]{1,160}$")]
_Note = Annotated[Line, Field(max_length=2000)]


class FeedbackRequest(Closed):
    """What somebody says of a verdict."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"request_id": "0f8c", "outcome": "wrong", "labels": ["cash_out"]}]
        }
    )

    request_id: _RequestId = Field(description="As the verdict gave it.")
    id: Id = Field(default=None, description="The post's id, where one request had several.")
    outcome: Literal["right", "wrong"]
    labels: list[Label] | None = Field(
        default=None, max_length=11, description="Which labels would be right; empty: clean."
    )
    note: _Note = ""


class Said(Closed):
    """What was stored."""

    number: int = Field(ge=1)
    request_id: str


class RecordAnswer(Closed):
    """A verdict as it was recorded, and what was decided."""

    request_id: str
    id: Id = Field(default=None, description="The post's id; left out when it had none.")
    board: str
    at: str
    suggestion: Literal["block", "review", "pass"]
    labels: list[Label]
    scores: Scores
    policy: str
    bundle: str
    uncertainty: float = Field(description="In (0, 1]; 1: a score stands at its threshold.")
    reach: int
    priority: float = Field(description="Uncertainty times 1 + log10(1 + reach).")
    digest: str = Field(description="The same for posts that differ in numbers and marks only.")
    state: Literal["open", "closed"]
    decision: Literal["block", "pass"] | None
    decided_labels: list[Label] | None
    decided_by: str | None
    decided_at: str | None
    expires_at: str
    fields: dict[str, str] | None = Field(
        description="The post, where the board's policy keeps texts."
    )


class Records(Closed):
    """The records of one request."""

    records: list[RecordAnswer]


class Queue(Closed):
    """What waits for a decision."""

    records: list[RecordAnswer]
    next: str | None = Field(description="What to send as `after` for more; null: that was all.")
    waiting: int = Field(ge=0, description="How many wait in all.")


class DecisionRequest(Closed):
    """A decision on verdicts: by `request_ids`, or by the `digest` of one wording."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"request_ids": ["0f8c"], "decision": "pass", "labels": []}],
            "oneOf": [{"required": ["request_ids"]}, {"required": ["digest"]}],
        }
    )

    request_ids: list[_RequestId] = Field(default_factory=list, min_length=1, max_length=500)
    digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] = ""
    decision: Literal["block", "pass"]
    labels: list[Label] | None = Field(
        default=None, max_length=11, description="Which labels the posts bear; empty: clean."
    )
    note: _Note = ""

    @model_validator(mode="after")
    def _one_of_both(self) -> DecisionRequest:
        if bool(self.request_ids) == bool(self.digest):
            raise PydanticCustomError("ids_or_digest", "both or neither")
        return self


class Decided(Closed):
    """What was decided on."""

    request_ids: list[str]


class AppealRequest(Closed):
    """An objection."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"request_id": "0f8c", "reason": "这是转让二手车"}]}
    )

    request_id: _RequestId
    id: Id = Field(default=None, description="The post's id, where one request had several.")
    reason: Annotated[Line, Field(min_length=1, max_length=2000)]


class AppealResolution(Closed):
    """The end of an appeal."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"granted": True}]})

    granted: bool = Field(strict=True, description="True: the post passes, with no label.")
    note: _Note = ""


class Appeal(Closed):
    """An objection and what became of it."""

    appeal: int
    request_id: str
    board: str
    reason: str
    state: Literal["open", "granted", "refused"]
    actor: str
    at: str
    resolved_by: str | None
    resolved_at: str | None
    resolution: str | None


class Appeals(Closed):
    """Appeals, the newest first."""

    appeals: list[Appeal]


class Deleted(Closed):
    """How many records were deleted."""

    deleted: int = Field(ge=0)
