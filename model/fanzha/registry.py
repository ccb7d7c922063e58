"""Which company publishes which number: the hotline registry, linted, with a user's overlays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from fanzha.errors import DataError
from fanzha.near_names import nearest
from fanzha.normalize import normalize
from fanzha.numbering import Numbering
from fanzha.prepared import Prepared, load_prepared
from fanzha.registry_table import COLUMNS, Layers, lay
from fanzha.tables import Row, read_table

__all__ = ["Brand", "Entry", "Registry"]


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

    def to_json(self) -> dict[str, Any]:
        """Give the entry as JSON values, the same in the command line and the service."""
        return {
            "brand": self.brand,
            "number": self.number,
            "kind": self.kind,
            "role": self.role,
            "confidence": self.confidence,
            "as_of": self.as_of,
            "source": self.sources,
            "note": self.note,
        }


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
        corrects it; with role `removed` it takes the number away; any other line adds. Aliases
        that an overlay gives a brand join those it has; a group or category replaces its own.

        Raises
        ------
        DataError
            A table cannot be read or a line of it is wrong; the message gives file:line:column.
        """
        if not overlays:
            return _shipped()
        shipped = read_table(files("fanzha_data") / "hotlines.csv", COLUMNS)
        own = (read_table(Path(path), COLUMNS) for path in overlays)
        return _build(lay([shipped, *own], Numbering.load()))

    def prepare(self) -> Prepared:
        """Give the registry for `fanzha.build_prepared`, which has linted it then."""
        brands = [
            (
                *(brand.name, brand.category, brand.group, brand.aliases),
                [astuple(entry) for entry in brand.entries],
            )
            for brand in self.brands.values()
        ]
        return Prepared({}, {"brands": brands, "names": [*self.names.items()]})

    def entries(self, number: str) -> tuple[Entry, ...]:
        """Give who publishes `number` (digits only); several brands may share one."""
        return self.numbers.get(number, ())

    def brand(self, name_or_alias: str) -> Brand | None:
        """Find a brand by its name or an alias; letter case, width and 繁简 aside."""
        written = name_or_alias.strip()
        name = self.names.get(written.lower()) or self.names.get(normalize(written).text)
        return None if name is None else self.brands[name]

    def nearest(self, name: str, most: int = 3) -> tuple[str, ...]:
        """Give up to `most` brands whose name or alias looks or sounds most like `name`."""
        return nearest(name, self.names, most)

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
    made = load_prepared()
    if made is not None:
        return _of_prepared(made.facts["registry"])
    shipped = read_table(files("fanzha_data") / "hotlines.csv", COLUMNS)
    return _build(lay([shipped], Numbering.load()))


def _build(layers: Layers) -> Registry:
    for problem in (*layers.problems, *layers.clashes()):
        raise problem.error()
    if not layers.rows:
        raise DataError("the registry is empty; restore the shipped hotlines.csv")
    by_brand: dict[str, list[Entry]] = {}
    for (brand, _), row in layers.rows.items():
        by_brand.setdefault(brand, []).append(_entry(row))
    brands = {name: _brand(name, entries, layers) for name, entries in by_brand.items()}
    names: dict[str, str] = {}
    for one in brands.values():
        for alias in one.aliases:
            names.setdefault(alias.lower(), one.name)
    names |= {name.lower(): name for name in brands}
    return Registry(brands, names, _by_number(brands.values()))


def _of_prepared(facts: Mapping[str, Any]) -> Registry:
    brands = {
        name: Brand(name, category, group, tuple(aliases), tuple(Entry(*one) for one in entries))
        for name, category, group, aliases, entries in facts["brands"]
    }
    return Registry(brands, dict(facts["names"]), _by_number(brands.values()))


def _by_number(brands: Iterable[Brand]) -> dict[str, tuple[Entry, ...]]:
    numbers: dict[str, list[Entry]] = {}
    for one in brands:
        for entry in one.entries:
            numbers.setdefault(entry.number, []).append(entry)
    return {number: tuple(found) for number, found in numbers.items()}


def _entry(row: Row) -> Entry:
    return Entry(
        row["brand"], row["number"], row["kind"], row["role"], row["confidence"], row["as_of"],
        row["sources"], row["note"],
    )  # fmt: skip


def _brand(name: str, entries: list[Entry], layers: Layers) -> Brand:
    entries.sort(key=lambda entry: entry.role in {"legacy", "outbound"})
    category = layers.said[name][-1]["category"]
    return Brand(name, category, layers.group(name), layers.aliases(name), tuple(entries))
