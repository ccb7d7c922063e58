"""The answers about numbers."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from fanzha_api.schemas.kinds import Closed, Status

__all__ = ["HotlineAnswer", "HotlineEntry", "HotlineList"]


class HotlineEntry(Closed):
    """One number that a brand publishes, as the registry has it."""

    brand: str
    number: str = Field(description="Digits only.")
    kind: str
    role: str = Field(description="What it is for: `customer_service`, `credit_card`, `legacy` …")
    confidence: Literal["high", "medium", "low"]
    as_of: str = Field(description="Month or day on which it was seen, `2026-11` or `2026-11-22`.")
    source: str
    note: str


class HotlineList(Closed):
    """A brand and the numbers that it publishes."""

    brand: str = Field(description="By its registered name.")
    category: str
    group: str | None = Field(description="The company group whose numbers count as its own.")
    entries: list[HotlineEntry] = Field(description="The best first; legacy and outbound last.")


class HotlineAnswer(Closed):
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
