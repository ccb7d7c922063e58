"""API keys and the audit log on the wire."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, ConfigDict, Field

from fanzha_api.schemas.kinds import Closed, Line

__all__ = ["Audit", "AuditLine", "Key", "KeyRequest", "Keys", "NewKey"]

Scope = Literal["moderate", "review", "admin"]


class KeyRequest(Closed):
    """A key to be made."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "forum", "scopes": ["moderate"]}]}
    )

    name: Annotated[Line, Field(min_length=1, max_length=100)] = Field(
        description="Whose it is; stands in the audit log and in decisions."
    )
    scopes: list[Scope] = Field(min_length=1, max_length=3)
    rate_per_s: float | None = Field(
        default=None,
        gt=0,
        le=1e6,
        strict=True,
        description="Posts a second; null: as many as come.",
    )
    expires_at: AwareDatetime | None = Field(default=None, description="Null: never.")


class Key(Closed):
    """A key without its secret."""

    id: str
    name: str
    scopes: list[Scope]
    rate_per_s: float | None
    created_at: str
    expires_at: str | None
    revoked_at: str | None


class NewKey(Key):
    """A key that was just made."""

    key: str = Field(description="What its holder sends; it cannot be had again.")


class Keys(Closed):
    """Every key that there has been."""

    keys: list[Key]


class AuditLine(Closed):
    """One deed."""

    id: int
    at: str
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]
    request_id: str


class Audit(Closed):
    """Deeds, the newest first."""

    lines: list[AuditLine]
