"""The posts that are sent to be judged."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field, PlainValidator, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from fanzha_api.schemas.kinds import BoardName, Closed, Id, text_of

__all__ = ["FIELDS", "MAX_BATCH", "Batch", "Post"]

MAX_BATCH: Final = 256
"""Most posts of one batch request."""

FIELDS: Final = ("title", "body", "author_name", "signature")
"""Fields of a post that is sent in parts, in the order in which they are read."""

_ABSENT: Final[Any] = object()


def _nothing() -> None:
    """Stand for a field that was not sent; JSON's null is refused."""


_Part = Annotated[str | None, PlainValidator(text_of), WithJsonSchema({"type": "string"})]


def _text_or_fields(value: object, info: ValidationInfo) -> str | None:
    given = any(info.data.get(name) is not None for name in FIELDS)
    if value is _ABSENT:
        # Of a field that is wrong itself nothing more need be said.
        if given or any(name not in info.data for name in FIELDS):
            return None
        raise PydanticCustomError("missing", "neither text nor fields")
    if not isinstance(value, str):
        raise PydanticCustomError("text_type", "not a string")
    if given:
        raise PydanticCustomError("text_and_fields", "text beside fields")
    return value


class Post(Closed):
    """One post as its author wrote it: `text`, or one or more of the fields instead."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"id": "p1", "text": "花呗套.現秒到，95 回，加薇：tx_888"}],
            "oneOf": [
                {"required": ["text"]},
                {"anyOf": [{"required": [name]} for name in FIELDS]},
            ],
        }
    )

    id: Id = Field(default=None, description="Your id of the post; the verdict echoes it.")
    board: BoardName | None = Field(
        default=None, description="Whose policy judges; without one of its own, `default`'s."
    )
    author_id: Id = Field(default=None, description="Your id of the author, to delete by.")
    reach: int = Field(
        default=0,
        ge=0,
        le=2**53,
        strict=True,
        description="Readers so far; orders the review queue.",
    )
    explain: bool = Field(
        default=False, strict=True, description="Say what came near and what would flip it."
    )
    title: _Part = Field(default_factory=_nothing)
    body: _Part = Field(default_factory=_nothing)
    author_name: _Part = Field(default_factory=_nothing)
    signature: _Part = Field(default_factory=_nothing)
    text: Annotated[
        str | None, PlainValidator(_text_or_fields), WithJsonSchema({"type": "string"})
    ] = Field(
        default_factory=lambda: _ABSENT,
        validate_default=True,
        description=(
            "The post, at most 100,000 code points unless the operator set another limit. "
            "An empty one passes."
        ),
    )


class Batch(Closed):
    """Up to 256 posts that are answered together, in order."""

    posts: list[Post] = Field(min_length=1, max_length=MAX_BATCH)
