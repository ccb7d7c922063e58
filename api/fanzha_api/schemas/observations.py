"""How a bundle does over time, and beside a candidate."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from fanzha_api.schemas.kinds import BoardName, Closed, Label, Score

__all__ = [
    "BoardDrift", "DriftAlarm", "DriftAnswer", "DriftState", "LabelDrift", "ShadowAnswer",
    "ShadowDifference", "ShadowTurn",
]  # fmt: skip

_Suggestion = Literal["block", "review", "pass"]
_Status = Literal["learning", "steady", "drifted"]


class DriftAlarm(Closed):
    """A board on which something has drifted."""

    board: BoardName
    labels: list[Label]


class DriftState(Closed):
    """Whether what is given still looks as it did."""

    status: _Status = Field(
        description="`learning`: a board has no baseline yet; `drifted`: see `alarms`."
    )
    alarms: list[DriftAlarm]


class LabelDrift(Closed):
    """How far a label lies from its baseline."""

    label: Label
    scores: float = Field(description="Population stability index of its scores.")
    labels: float = Field(description="That of whether the label was given.")
    rate: list[Score] = Field(
        min_length=2, max_length=2, description="Share of posts that bore it, then and now."
    )


class BoardDrift(Closed):
    """How the bundle's scores on a board lie now."""

    board: BoardName
    status: _Status
    since: str | None = Field(description="When the baseline was made, RFC 3339.")
    baseline_posts: int
    recent_posts: int = Field(description="Of the last 24 hours, after the baseline.")
    labels: list[LabelDrift] = Field(description="Empty where the posts are too few.")


class DriftAnswer(Closed):
    """The drift of the bundle in use, on every board."""

    bundle: str
    alarm: float = Field(description="Index from which something has drifted.")
    boards: list[BoardDrift]


class ShadowTurn(Closed):
    """How many posts the one suggests this of and the other that."""

    live: _Suggestion
    candidate: _Suggestion
    posts: int


class ShadowDifference(Closed):
    """A post of which the candidate says something else; its text is not kept here."""

    number: int
    at: str
    request_id: str
    board: BoardName
    suggestion: list[_Suggestion] = Field(
        min_length=2, max_length=2, description="The live bundle's and the candidate's."
    )
    labels: list[list[Label]] = Field(min_length=2, max_length=2)
    scores: dict[Label, list[Score]]


class ShadowAnswer(Closed):
    """What a candidate bundle says beside the live one."""

    live: str
    candidate: str | None = Field(description="Null: not loaded yet, or it cannot be.")
    problem: str | None = Field(description="Why it cannot be loaded.")
    share: Score = Field(description="Share of the posts that are sampled.")
    compared: int
    different: int
    skipped: int = Field(description="Sampled posts left out, since requests came first.")
    suggestions: list[ShadowTurn]
    differences: list[ShadowDifference] = Field(description="The newest first.")
