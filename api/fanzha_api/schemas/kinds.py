"""Kinds of values that requests and answers share."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

__all__ = [
    "BOARD_PATTERN", "MAX_ID_CHARS", "BoardName", "Closed", "Id", "Label", "Line", "Offset",
    "Score", "Status", "Text", "Threshold", "text_of",
]  # fmt: skip

MAX_ID_CHARS: Final = 256
"""Longest string id of a post in code points."""

BOARD_PATTERN: Final = "^[A-Za-z0-9\u4e00-\u9fff][A-Za-z0-9\u4e00-\u9fff._-]{0,63}$"
"""A board's name: letters, digits, Han and `. _ -`, at most 64."""

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


def text_of(value: object) -> str:
    """Give a string as it is, lone surrogates too; anything else is an error."""
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


Text = Annotated[str, PlainValidator(text_of), WithJsonSchema({"type": "string"})]
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
Threshold = Annotated[float, Field(gt=0, le=1, strict=True)]
Offset = Annotated[int, Field(ge=0)]
BoardName = Annotated[str, Field(pattern=BOARD_PATTERN)]
# Databases refuse NUL in text, and a control character has no place in a log or a list.
Line = Annotated[str, Field(pattern="^[^\\x00-\\x08\\x0b-\\x1f\\x7f]*$")]


class Closed(BaseModel):
    """A JSON object with these fields and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
