"""What goes over the wire: the requests, and the documented form of the answers."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

__all__ = [
    "MAX_BATCH",
    "MAX_ID_CHARS",
    "Batch",
    "Contact",
    "Evidence",
    "FieldError",
    "GivenLabel",
    "Health",
    "Hotline",
    "HotlineAnswer",
    "HotlineEntry",
    "HotlineList",
    "Label",
    "Model",
    "Normalization",
    "Post",
    "Problem",
    "Ready",
    "RegistryState",
    "Scores",
    "Status",
    "Verdict",
    "Verdicts",
]

MAX_BATCH: Final = 256
"""Most posts of one batch request."""

MAX_ID_CHARS: Final = 256
"""Longest string id of a post in code points."""

Status = Literal["official", "other_brand", "unlisted", "malformed", "unknown_brand"]
"""What the registry and the numbering plan say of a number."""

Label = Literal[
    "cash_out",
    "fake_hotline",
    "illegal_loan",
    "account_trade",
    "fake_document",
    "gambling",
    "sexual_service",
    "job_scam",
    "investment_scam",
    "contraband",
    "phishing",
]
"""One label of the labelling policy; a test holds it equal to `fanzha.labels.LABELS`."""


def _text(value: object) -> str:
    # Not pydantic's own str: that one refuses lone surrogates, which real forum dumps hold.
    if not isinstance(value, str):
        raise PydanticCustomError("text_type", "not a string")
    return value


def _id(value: object) -> str | int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise PydanticCustomError("id_type", "neither a string nor an integer")
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise PydanticCustomError("id_range", "more than 64 bits")
    elif len(value) > MAX_ID_CHARS:
        raise PydanticCustomError("id_length", "too long")
    return value


Text = Annotated[str, PlainValidator(_text), WithJsonSchema({"type": "string"})]
Id = Annotated[
    str | int | None,
    PlainValidator(_id),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "maxLength": MAX_ID_CHARS},
                {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1},
                {"type": "null"},
            ]
        }
    ),
]
Score = Annotated[float, Field(ge=0, le=1)]
Offset = Annotated[int, Field(ge=0)]


class _Closed(BaseModel):
    """A JSON object with these fields and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Post(_Closed):
    """One post as its author wrote it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": "p1", "text": "花呗套.現秒到，95 回，加薇：tx_888"}]}
    )

    id: Id = Field(default=None, description="Your id of the post; the verdict echoes it.")
    text: Text = Field(
        description=(
            "The post, at most 100,000 code points unless the operator set another limit. "
            "An empty one passes."
        )
    )


class Batch(_Closed):
    """Up to 256 posts that are answered together, in order."""

    posts: list[Post] = Field(min_length=1, max_length=MAX_BATCH)


class GivenLabel(_Closed):
    """A label that the post bears."""

    label: Label
    score: Score
    threshold: Score = Field(description="The policy's threshold that the score reached.")


class Scores(_Closed):
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


class Evidence(_Closed):
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


class Hotline(_Closed):
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


class Contact(_Closed):
    """A chat id, link or e-mail address of the post."""

    kind: str = Field(description="`wechat`, `qq`, `telegram`, `link` or `email`.")
    start: Offset
    end: Offset
    text: str
    value: str = Field(description="Canonical form.")


class Normalization(_Closed):
    """A disguise that was undone before reading."""

    step: str
    start: Offset
    end: Offset
    before: str = Field(alias="from")
    after: str = Field(alias="to")


class Model(_Closed):
    """What judged the post."""

    bundle: str
    policy: str
    screened: Literal[True] | None = Field(
        default=None,
        description="Set where a first look sufficed: the scores are its estimates of the model's.",
    )


class Verdict(_Closed):
    """What the detector says of one post under the board's policy."""

    id: Id = Field(default=None, description="The post's id; left out when it had none.")
    suggestion: Literal["block", "review", "pass"]
    labels: list[GivenLabel] = Field(description="Highest score first; empty: clean.")
    scores: Scores
    evidence: list[Evidence]
    hotlines: list[Hotline]
    contacts: list[Contact]
    normalizations: list[Normalization]
    model: Model


class Verdicts(_Closed):
    """One verdict per post of the batch, in the order of the posts."""

    verdicts: list[Verdict]


class HotlineEntry(_Closed):
    """One number that a brand publishes, as the registry has it."""

    brand: str
    number: str = Field(description="Digits only.")
    kind: str
    role: str = Field(description="What it is for: `customer_service`, `credit_card`, `legacy` …")
    confidence: Literal["high", "medium", "low"]
    as_of: str = Field(description="Month or day on which it was seen, `2026-11` or `2026-11-22`.")
    source: str
    note: str


class HotlineList(_Closed):
    """A brand and the numbers that it publishes."""

    brand: str = Field(description="By its registered name.")
    category: str
    group: str | None = Field(description="The company group whose numbers count as its own.")
    entries: list[HotlineEntry] = Field(description="The best first; legacy and outbound last.")


class HotlineAnswer(_Closed):
    """What the registry says of one number."""

    number: str = Field(description="Digits only.")
    kind: str
    brand: str | None = Field(description="The brand asked for, by its registered name.")
    status: Status
    official_numbers: list[str] = Field(description="What the brand publishes.")
    source: str | None
    why: str = Field(description="The status in one sentence.")
    entries: list[HotlineEntry] = Field(description="Who publishes this number.")
    official_entries: list[HotlineEntry] = Field(description="What the brand publishes, in full.")


class RegistryState(_Closed):
    """The operator's own table over the shipped hotline registry."""

    overlay: str = Field(description="Name of the file.")
    digest: str = Field(description="First digits of the SHA-256 of the content in use.")
    status: Literal["current", "stale"] = Field(
        description="`stale`: the file as it is now cannot be used, the last good content is."
    )
    problem: str | None = Field(description="Why not, with file:line:column.")


class Health(_Closed):
    """The process is alive."""

    status: Literal["alive"]


class Ready(_Closed):
    """The detector is loaded and gave a known post its known verdict."""

    status: Literal["ready"]
    bundle: str
    policy: str
    registry: RegistryState | None = Field(
        default=None, description="Left out where no FANZHA_REGISTRY is set."
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
