"""Compare a number with what a brand publishes: status, source and reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fanzha.numbering import Numbering, Reading
from fanzha.registry import Entry, Registry

__all__ = ["owners_of", "public_owner", "source_of", "status_of", "why_of"]

_PUBLIC: Final = "public_service"
_LONGEST_PUBLIC: Final = 5


def owners_of(number: str, registry: Registry, numbering: Numbering) -> tuple[Entry, ...]:
    """Give who publishes a number, its area code before a short code aside."""
    return registry.entries(number) or registry.entries(numbering.without_area_code(number))


def public_owner(owners: Sequence[Entry], registry: Registry) -> str | None:
    """Give whose public line a number is, if it is one; it is right beside any company's name.

    Examples
    --------
    >>> registry = Registry.load()
    >>> public_owner(registry.entries("110"), registry)
    '公安报警'
    """
    if not owners or len(owners[0].number) > _LONGEST_PUBLIC:
        return None
    public = all(registry.brands[entry.brand].category == _PUBLIC for entry in owners)
    return owners[0].brand if public else None


def status_of(
    brand: str | None, owners: Sequence[Entry], reading: Reading, registry: Registry
) -> str:
    """Give the status that the labelling policy names for a number and the brand claimed for it."""
    if owners and brand and any(registry.same_group(brand, entry.brand) for entry in owners):
        return "official"
    if owners:
        return "other_brand"
    if reading.malformed:
        return "malformed"
    return "unlisted" if brand else "unknown_brand"


def source_of(
    status: str,
    brand: str | None,
    owners: Sequence[Entry],
    reading: Reading,
    registry: Registry,
) -> str | None:
    """Name where the number's owner, its shape's rule or the brand's numbers come from."""
    if owners:
        return owners[0].sources
    if status == "malformed":
        return reading.source
    found = registry.brand(brand) if brand else None
    return found.entries[0].sources if found else None


def why_of(
    status: str,
    brand: str | None,
    owners: Sequence[Entry],
    reading: Reading,
    official: Sequence[str],
) -> str:
    """Say the status in one English sentence."""
    if status == "official":
        legacy = all(entry.role == "legacy" for entry in owners)
        return f"{brand} publishes this number" + (", though it is an old one." if legacy else ".")
    if status == "malformed":
        return f"No such number can exist: {reading.malformed}."
    if status == "unknown_brand":
        return "The number is nobody's in the registry, nor is it named for a company in it."
    published = f"{brand} publishes {', '.join(official[:3]) or 'no number in the registry'}"
    if status == "other_brand":
        return f"This number is {owners[0].brand}'s, but is given for {brand}; {published}."
    return f"The number is not among those of {brand}; {published}."
