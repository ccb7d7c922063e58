"""The documented form of the answers."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from fanzha_api.schemas.kinds import BoardName, Closed, Id, Label, Offset, Score, Status
from fanzha_api.schemas.observations import DriftState

__all__ = [
    "Contact", "Evidence", "Explanation", "FieldError", "FieldSpan", "Flip", "GivenLabel",
    "Health", "Hotline", "ListHit", "Model", "Near", "Normalization", "Problem", "Ready",
    "RegistryState", "Scores", "Span", "StorageState", "Verdict", "Verdicts",
]  # fmt: skip

FieldName = Literal["title", "body", "author_name", "signature"]


class GivenLabel(Closed):
    """A label that the post bears."""

    label: Label
    score: Score
    threshold: Score = Field(description="The policy's threshold that the score reached.")


class Scores(Closed):
    """The calibrated probability of every label."""

    cash_out: Score = Field(description="套现取现")
    fake_hotline: Score = Field(description="假冒客服电话")
    illegal_loan: Score = Field(description="黑贷")
    account_trade: Score = Field(description="卡号买卖")
    fake_document: Score = Field(description="办证发票")
    gambling: Score = Field(description="赌博")
    sexual_service: Score = Field(description="招嫖色情")
    job_scam: Score = Field(description="刷单兼职")
    investment_scam: Score = Field(description="投资理财骗局")
    contraband: Score = Field(description="违禁品")
    phishing: Score = Field(description="钓鱼冒充")


class FieldSpan(Closed):
    """A part of something found that lies in a further field."""

    field: FieldName
    start: Offset
    end: Offset
    text: str


class _Found(Closed):
    field: FieldName | None = Field(
        default=None, description="The field in which it begins, where the post came in fields."
    )
    continues: list[FieldSpan] | None = Field(
        default=None, description="Its further parts, where it runs over into other fields."
    )


class Evidence(_Found):
    """Characters of the post that speak for a label."""

    label: Label
    kind: str = Field(description="`term`, `hotline` or `model`: what found it.")
    rule: str = Field(description="Name of the rule, in capitals.")
    start: Offset = Field(description="First code point of the post as given, from 0.")
    end: Offset = Field(description="One past the last code point.")
    text: str = Field(description="What stands there in the post.")
    normalized: str = Field(description="How it was read.")
    weight: float = Field(description="What it adds on the log-odds scale; 0 only observes.")
    why: str


class Hotline(_Found):
    """A dialable number of the post."""

    start: Offset
    end: Offset
    text: str
    number: str = Field(description="Digits only.")
    kind: str = Field(description="Its shape in the Chinese numbering plan, e.g. `400`.")
    brand: str | None = Field(description="The company that the text names for it.")
    claimed: bool = Field(description="Whether the text presents it as that company's line.")
    status: Status
    official_numbers: list[str] = Field(description="What the brand publishes.")
    source: str | None


class Contact(_Found):
    """A chat id, link or e-mail address of the post."""

    kind: str = Field(description="`wechat`, `qq`, `telegram`, `link` or `email`.")
    start: Offset
    end: Offset
    text: str
    value: str = Field(description="Canonical form.")


class Normalization(_Found):
    """A disguise that was undone before reading."""

    step: str
    start: Offset
    end: Offset
    before: str = Field(alias="from")
    after: str = Field(alias="to")


class ListHit(_Found):
    """An entry of the board's lists that was found in the post."""

    list: Literal["allow", "deny"]
    kind: Literal["term", "number", "contact", "domain"]
    value: str
    effect: Literal["ignore", "pass", "review", "block"]
    start: Offset
    end: Offset
    text: str
    reason: str


class Model(Closed):
    """What judged the post."""

    bundle: str
    policy: str = Field(description="Name of the thresholds; a board's own is `board@version`.")
    screened: Literal[True] | None = Field(
        default=None,
        description="Set where a first look, or the wording alone, sufficed: scores are estimates.",
    )


class Near(Closed):
    """A label that was not given."""

    label: Label
    score: Score
    threshold: Score | None = Field(description="Null: the policy has the label off.")
    missing: float | None = Field(description="Log-odds short of the threshold.")
    evidence: list[Evidence]


class Span(_Found):
    """A stretch of the post."""

    start: Offset
    end: Offset
    text: str


class Flip(Closed):
    """What the suggestion would be without some of the evidence; proved by judging so."""

    suggestion: Literal["review", "pass"]
    without: list[Span]


class Explanation(Closed):
    """Why not: what came near, and what would flip the verdict."""

    near: list[Near]
    flip: Flip | None


class Verdict(Closed):
    """What the detector says of one post under the board's policy."""

    id: Id = Field(default=None, description="The post's id; left out when it had none.")
    suggestion: Literal["block", "review", "pass"]
    labels: list[GivenLabel] = Field(description="Highest score first; empty: clean.")
    scores: Scores
    evidence: list[Evidence]
    hotlines: list[Hotline]
    contacts: list[Contact]
    normalizations: list[Normalization]
    lists: list[ListHit] | None = Field(
        default=None, description="Entries of the board's lists in the post; left out if none."
    )
    explanation: Explanation | None = Field(
        default=None, description="Only where `explain` was true."
    )
    request_id: str | None = Field(
        default=None,
        description="By which feedback names the verdict; left out where nothing is kept.",
    )
    model: Model


class Verdicts(Closed):
    """One verdict per post of the batch, in the order of the posts."""

    verdicts: list[Verdict]


class RegistryState(Closed):
    """The operator's own table over the shipped hotline registry."""

    overlay: str = Field(description="Name of the file.")
    digest: str = Field(description="First digits of the SHA-256 of the content in use.")
    status: Literal["current", "stale"] = Field(
        description="`stale`: the file as it is now cannot be used, the last good content is."
    )
    problem: str | None = Field(description="Why not, with file:line:column.")


class StorageState(Closed):
    """Whether the database answers; verdicts go on while it does not."""

    status: Literal["available", "unavailable"]
    backend: Literal["sqlite", "postgresql"]
    since: str | None = Field(description="Since when it does not answer, RFC 3339.")
    why: str | None = Field(description="Kind of the failure.")
    queued: int = Field(ge=0, description="Records of verdicts that wait to be written.")
    dropped: int = Field(ge=0, description="Records that this worker gave up, since its start.")
    boards: int = Field(ge=0, description="Boards with a policy of their own.")
    refused: list[BoardName] = Field(
        description="Boards whose newest policy cannot be used; the one before is."
    )


class Health(Closed):
    """The process is alive."""

    status: Literal["alive"]


class Ready(Closed):
    """The detector is loaded and gave a known post its known verdict."""

    status: Literal["ready"]
    bundle: str
    policy: str
    registry: RegistryState | None = Field(
        default=None, description="Left out where no FANZHA_REGISTRY is set."
    )
    storage: StorageState | None = Field(
        default=None, description="Left out where the service keeps nothing."
    )
    drift: DriftState | None = Field(
        default=None, description="Left out where the service keeps nothing."
    )


class FieldError(BaseModel):
    """One wrong field of a request."""

    detail: str
    pointer: str | None = Field(default=None, description="JSON pointer into the body.")
    parameter: str | None = Field(default=None, description="Name of a path or query parameter.")


class Problem(BaseModel):
    """An RFC 9457 problem document, the form of every error."""

    type: str = Field(description="`urn:fanzha:problem:…`, stable, for programs.")
    title: str
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="What was wrong and what to do, for people.")
    request_id: str
    errors: list[FieldError] | None = None
