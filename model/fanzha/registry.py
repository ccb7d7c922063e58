"""Which company publishes which number: the hotline registry, linted, with a user's overlays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from fanzha.errors import DataError
from fanzha.numbering import Numbering
from fanzha.tables import Row, read_table

__all__ = ["Brand", "Entry", "Registry"]

_COLUMNS = (
    "brand", "category", "aliases", "number", "kind", "confidence", "role", "group", "as_of",
    "sources", "note",
)  # fmt: skip
_ROLES = frozenset(
    {
        "customer_service", "credit_card", "legacy", "outbound", "vip", "report_line", "merchant",
        "complaint_line", "removed",
    }
)  # fmt: skip
_CONFIDENCES = frozenset({"high", "medium", "low"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One number that a brand publishes; `role` is what it is for, `as_of` when that was seen."""

    brand: str
    number: str
    kind: str
    role: str
    confidence: str
    as_of: str
    sources: str
    note: str


@dataclass(frozen=True, slots=True)
class Brand:
    """A company or authority, its names and its numbers, the first being the one to give.

    `group` is the company group whose numbers count as its own, or None.
    """

    name: str
    category: str
    group: str | None
    aliases: tuple[str, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Registry:
    """Brands by name and alias, entries by number.

    Examples
    --------
    >>> registry = Registry.load()
    >>> [entry.brand for entry in registry.entries("9510211")], registry.official_numbers("抖音")[0]
    (['淘宝'], '95152')
    """

    brands: Mapping[str, Brand]
    names: Mapping[str, str]
    numbers: Mapping[str, tuple[Entry, ...]]

    @classmethod
    def load(cls, *overlays: str | Path) -> Registry:
        """Load the shipped registry and lay the given tables over it, in order.

        An overlay has the same columns. A line whose brand and number the registry knows
        corrects it; with role `removed` it takes the number away; any other line adds.

        Raises
        ------
        DataError
            A table cannot be read or a line of it is wrong; the message gives file:line:column.
        """
        if not overlays:
            return _shipped()
        tables = [read_table(files("fanzha_data") / "hotlines.csv", _COLUMNS)]
        tables += [read_table(Path(path), _COLUMNS) for path in overlays]
        return _build(tables)

    def entries(self, number: str) -> tuple[Entry, ...]:
        """Give who publishes `number` (digits only); several brands may share one."""
        return self.numbers.get(number, ())

    def brand(self, name_or_alias: str) -> Brand | None:
        """Find a brand by its name or an alias, letter case aside."""
        name = self.names.get(name_or_alias.strip().lower())
        return None if name is None else self.brands[name]

    def official_numbers(self, brand: str) -> tuple[str, ...]:
        """Give the numbers that a brand publishes for its customers, the best first.

        Legacy and outbound lines come last; a brand the registry does not know has none.
        """
        found = self.brand(brand)
        return () if found is None else tuple(entry.number for entry in found.entries)

    def groups(self) -> Mapping[str, tuple[str, ...]]:
        """Give the company groups and the names of their brands."""
        groups: dict[str, list[str]] = {}
        for brand in self.brands.values():
            if brand.group:
                groups.setdefault(brand.group, []).append(brand.name)
        return {group: tuple(names) for group, names in groups.items()}

    def same_group(self, one: str, other: str) -> bool:
        """Tell whether two brands, given by name, are one company or of one group."""
        if one == other:
            return True
        first, second = self.brands.get(one), self.brands.get(other)
        return bool(first and second and first.group and first.group == second.group)


@lru_cache(maxsize=1)
def _shipped() -> Registry:
    return _build([read_table(files("fanzha_data") / "hotlines.csv", _COLUMNS)])


def _build(tables: list[tuple[Row, ...]]) -> Registry:
    plan = Numbering.load()
    rows: dict[tuple[str, str], Row] = {}
    for table in tables:
        seen: dict[tuple[str, str], int] = {}
        for row in table:
            _lint(row, plan)
            key = (row["brand"], row["number"])
            if key in seen:
                raise row.error("number", f"stands on line {seen[key]} for this brand already")
            seen[key] = row.line
            if row["role"] != "removed":
                rows[key] = row
            elif rows.pop(key, None) is None:
                raise row.error(
                    "number", "is not in the registry for this brand; nothing to remove"
                )
    return _assemble(rows.values())


def _lint(row: Row, plan: Numbering) -> None:
    for column in ("brand", "category", "as_of", "sources"):
        if not row[column]:
            raise row.error(
                column, "is empty; every line names its brand, category, date and source"
            )
    if not re.fullmatch(r"[0-9]{3,12}", row["number"]):
        raise row.error("number", "must be 3 to 12 digits without separators")
    reading = plan.read(row["number"])
    if reading.malformed:
        raise row.error("number", f"cannot exist: {reading.malformed}")
    if row["role"] not in _ROLES:
        raise row.error("role", f"is unknown; use one of {', '.join(sorted(_ROLES))}")
    if row["confidence"] not in _CONFIDENCES:
        raise row.error("confidence", "is unknown; use high, medium or low")
    if not re.fullmatch(r"20[0-9]{2}-(?:0[1-9]|1[0-2])(?:-[0-3][0-9])?", row["as_of"]):
        raise row.error("as_of", "is no date; write 2026-11 or 2026-11-22")


def _assemble(rows: Iterable[Row]) -> Registry:
    by_brand: dict[str, list[Row]] = {}
    for row in rows:
        by_brand.setdefault(row["brand"], []).append(row)
    brands = {name: _brand(name, lines) for name, lines in by_brand.items()}
    names = {name.lower(): name for name in brands}
    for row in (lines[0] for lines in by_brand.values()):
        for alias in brands[row["brand"]].aliases:
            owner = names.setdefault(alias.lower(), row["brand"])
            group = brands[owner].group
            if owner != row["brand"] and (group is None or group != brands[row["brand"]].group):
                raise row.error("aliases", f"clashes: {alias!r} is a name of {owner!r} already")
    numbers: dict[str, list[Entry]] = {}
    for brand in brands.values():
        for entry in brand.entries:
            numbers.setdefault(entry.number, []).append(entry)
    if not brands:
        raise DataError("the registry is empty; restore the shipped hotlines.csv")
    return Registry(brands, names, {number: tuple(found) for number, found in numbers.items()})


def _brand(name: str, lines: list[Row]) -> Brand:
    aliases = dict.fromkeys(
        alias.strip() for row in lines for alias in row["aliases"].split("|") if alias.strip()
    )
    entries = [
        Entry(
            name, row["number"], row["kind"], row["role"], row["confidence"], row["as_of"],
            row["sources"], row["note"],
        )
        for row in lines
    ]  # fmt: skip
    entries.sort(key=lambda entry: entry.role in {"legacy", "outbound"})
    group = next((row["group"] for row in lines if row["group"]), None)
    return Brand(name, lines[0]["category"], group, tuple(aliases), tuple(entries))
