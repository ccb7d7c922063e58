"""A board's policy as it is written and read."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, ConfigDict, Field

from fanzha_api.schemas.kinds import BoardName, Closed, Label, Line, Threshold

__all__ = [
    "AllowEntry", "BoardPolicy", "DenyEntry", "HotlineRow", "LabelPolicy", "Policies",
    "PolicyChange", "PolicyHistory", "PolicyVersion",
]  # fmt: skip

_MOST_ENTRIES = 10_000
_Name = Annotated[Line, Field(min_length=1, max_length=100)]
_Cell = Annotated[Line, Field(max_length=500)]

_EXAMPLE: Final[dict[str, Any]] = {
    "labels": {"cash_out": {"review": 0.4}, "job_scam": {"on": False}},
    "allow": [
        {
            "kind": "domain",
            "value": "shop.example.com",
            "owner": "li",
            "reason": "our own shop",
        }
    ],
    "deny": [
        {
            "kind": "contact",
            "value": "tx_888",
            "effect": "block",
            "owner": "li",
            "reason": "campaign of March",
            "expires": "2027-06-30T00:00:00Z",
        }
    ],
}


class LabelPolicy(Closed):
    """How a board treats one label; what is left out is as in the default policy."""

    on: bool = Field(default=True, strict=True, description="False: the label is never given.")
    review: Threshold | None = Field(default=None, description="Score from which it is given.")
    block: Threshold | None = Field(
        default=None, description="Score from which the post is blocked; null: never."
    )


class _Entry(Closed):
    kind: Literal["term", "number", "contact", "domain"]
    value: Annotated[Line, Field(min_length=1, max_length=200)]
    owner: _Name = Field(description="Who answers for the entry.")
    reason: Annotated[Line, Field(min_length=1, max_length=500)]
    expires: AwareDatetime | None = Field(
        default=None, description="When it ends, with its time zone; null: never."
    )


class AllowEntry(_Entry):
    """Something that the board allows.

    `ignore`: a post is judged as though the value did not stand in it. `pass`: a post in which it
    stands passes, whatever else it says. Denied values inside an allowed one do not count.
    """

    effect: Literal["ignore", "pass"] = "ignore"


class DenyEntry(_Entry):
    """Something that the board denies: a post in which it stands gets at least `effect`."""

    effect: Literal["review", "block"] = "block"


class HotlineRow(Closed):
    """A number laid over the registry for this board; the columns of the registry's table."""

    brand: _Name
    number: Annotated[str, Field(pattern="^[0-9]{3,20}$")]
    category: _Cell = "other_brand"
    aliases: _Cell = ""
    confidence: Literal["high", "medium", "low"] = "high"
    role: _Cell = Field(default="customer_service", description="`removed` takes the number away.")
    group: _Cell = ""
    as_of: Annotated[str, Field(pattern="^20[0-9]{2}-(0[1-9]|1[0-2])(-[0-3][0-9])?$")]
    sources: Annotated[Line, Field(min_length=1, max_length=500)]
    note: _Cell = ""


class BoardPolicy(Closed):
    """All that a board decides for itself."""

    labels: dict[Label, LabelPolicy] = Field(default_factory=dict)
    allow: list[AllowEntry] = Field(default_factory=list, max_length=_MOST_ENTRIES)
    deny: list[DenyEntry] = Field(default_factory=list, max_length=_MOST_ENTRIES)
    hotlines: list[HotlineRow] = Field(default_factory=list, max_length=1000)
    record: Literal["none", "flagged", "all"] = Field(
        default="flagged", description="Of which posts the verdict is recorded."
    )
    keep_texts: bool = Field(
        default=False,
        strict=True,
        description="Whether a recorded post's text is kept with its verdict.",
    )
    retention_days: int = Field(
        default=30,
        ge=1,
        le=3650,
        strict=True,
        description="After how many days a record is deleted.",
    )

    def to_document(self) -> dict[str, Any]:
        """Give the policy as JSON values, without what is as by default."""
        return self.model_dump(mode="json", exclude_unset=True)


class PolicyChange(Closed):
    """A new version of a board's policy."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"policy": _EXAMPLE}]})

    policy: BoardPolicy
    note: Annotated[Line, Field(max_length=500)] = Field(
        default="", description="Why, for those who come after."
    )


class PolicyVersion(Closed):
    """One version of a board's policy, and what it changed."""

    board: BoardName
    version: int = Field(ge=1)
    policy: BoardPolicy
    diff: dict[str, Any] = Field(
        description="JSON pointer to [before, after]; null: absent; of lists what went and came."
    )
    author: str
    note: str
    at: str = Field(description="RFC 3339.")


class PolicyHistory(Closed):
    """A board's versions, the newest first."""

    versions: list[PolicyVersion]


class Policies(Closed):
    """The policy in force of every board."""

    policies: list[PolicyVersion]
