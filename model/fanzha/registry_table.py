"""The registry's table: what a line of it must say, and several tables laid over one another."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from fanzha.late_pattern import late_pattern
from fanzha.normalize import normalize
from fanzha.numbering import Numbering
from fanzha.tables import Row, TableProblem

__all__ = [
    "CATEGORIES", "COLUMNS", "CONFIDENCES", "MONTH", "ROLES", "Layers", "aliases_of", "lay",
    "row_problems",
]  # fmt: skip

COLUMNS: Final = (
    "brand", "category", "aliases", "number", "kind", "confidence", "role", "group", "as_of",
    "sources", "note",
)  # fmt: skip
ROLES: Final = frozenset(
    {
        "customer_service", "credit_card", "legacy", "outbound", "vip", "report_line", "merchant",
        "complaint_line", "removed",
    }
)  # fmt: skip
CONFIDENCES: Final = ("high", "medium", "low")
CATEGORIES: Final = frozenset(
    {
        "airline", "appliance", "auto", "bank", "cloud", "consumer_credit", "ecommerce",
        "electronics", "express", "food_delivery", "health", "hotel", "insurance", "internet",
        "local_life", "media", "other_brand", "payment", "public_service", "real_estate",
        "ride_hailing", "securities", "telecom", "travel", "utility",
    }
)  # fmt: skip

# Most names have such a character, and normalizing each would take longer than all else.
_READABLE: Final = late_pattern("[0-9A-Za-z\u4e00-\u9fff]")
MONTH: Final = late_pattern(r"20[0-9]{2}-(?:0[1-9]|1[0-2])(?:-[0-3][0-9])?")


@dataclass(frozen=True, slots=True)
class Layers:
    """Tables laid over one another: the numbers that remain, and what all lines say of a brand.

    `rows` holds the last line of each brand and number. `tables` holds, by table, every line that
    adds or corrects, and `said` the same by brand, since a name or a group given once stays when
    its line is corrected.
    """

    rows: dict[tuple[str, str], Row]
    tables: tuple[tuple[Row, ...], ...]
    said: dict[str, list[Row]]
    problems: tuple[TableProblem, ...]

    def brands(self) -> tuple[str, ...]:
        """Give the names of the brands that have a number, in the order of the tables."""
        return tuple(dict.fromkeys(brand for brand, _ in self.rows))

    def group(self, brand: str) -> str | None:
        """Give the company group that the last line to name one gives a brand."""
        return next(
            (row["group"] for row in reversed(self.said.get(brand, ())) if row["group"]), None
        )

    def aliases(self, brand: str) -> tuple[str, ...]:
        """Give all other names of a brand."""
        return tuple(dict.fromkeys(alias for row in self.said[brand] for alias in aliases_of(row)))

    def same_group(self, one: str, other: str) -> bool:
        """Tell whether two brands are of one company group."""
        group = self.group(one)
        return group is not None and group == self.group(other)

    def clashes(self, key: Callable[[str], str] = str.lower) -> Iterator[TableProblem]:
        """Give each name that a line claims although a brand of another group has it.

        Parameters
        ----------
        key
            Two names are one when this gives the same for both.
        """
        owners: dict[str, tuple[str, str]] = {}
        told: set[tuple[str, str]] = set()
        for column, name, row in self._claims():
            brand = row["brand"]
            owner, as_what = owners.setdefault(key(name), (brand, column))
            if owner == brand or (brand, key(name)) in told or self.same_group(owner, brand):
                continue
            told.add((brand, key(name)))
            code = "alias_is_brand" if "brand" in (as_what, column) else "alias_clash"
            problem = f"clashes: {name!r} is a name of {owner!r} already; drop it here"
            yield row.problem(column, code, problem)

    def _claims(self) -> Iterator[tuple[str, str, Row]]:
        """Give column, name and line of each name; of each table first the names of brands."""
        present = set(self.brands())
        for table in self.tables:
            lines = [row for row in table if row["brand"] in present]
            for row in lines:
                yield "brand", row["brand"], row
            for row in lines:
                for alias in aliases_of(row):
                    yield "aliases", alias, row


def aliases_of(row: Row) -> tuple[str, ...]:
    """Give the other names that a line lists."""
    return tuple(alias.strip() for alias in row["aliases"].split("|") if alias.strip())


def lay(tables: Iterable[Sequence[Row]], plan: Numbering) -> Layers:
    """Lay tables over one another, in order.

    A line whose brand and number an earlier table has corrects it; with role `removed` it takes
    the number away; any other adds. Problems of lines are collected, clashes of names are not.
    """
    rows: dict[tuple[str, str], Row] = {}
    kept: list[tuple[Row, ...]] = []
    problems: list[TableProblem] = []
    for table in tables:
        seen: dict[tuple[str, str], int] = {}
        lines: list[Row] = []
        for row in table:
            problems += row_problems(row, plan)
            key = (row["brand"], row["number"])
            if row["number"] and key in seen:
                problem = f"stands on line {seen[key]} for this brand already; drop one"
                problems.append(row.problem("number", "duplicate", problem))
                continue
            seen[key] = row.line
            if row["role"] != "removed":
                rows[key] = row
                lines.append(row)
            elif rows.pop(key, None) is None:
                problem = "is not in the registry for this brand; nothing to remove"
                problems.append(row.problem("number", "nothing_to_remove", problem))
        kept.append(tuple(lines))
    said: dict[str, list[Row]] = {}
    for row in (row for lines in kept for row in lines):
        said.setdefault(row["brand"], []).append(row)
    return Layers(rows, tuple(kept), said, tuple(problems))


def row_problems(row: Row, plan: Numbering) -> Iterator[TableProblem]:
    """Give everything for which loading refuses a line by itself."""
    for column, code in (
        ("brand", "no_brand"),
        ("category", "unknown_category"),
        ("as_of", "no_date"),
        ("sources", "no_source"),
    ):
        if not row[column]:
            problem = "is empty; every line names its brand, category, date and source"
            yield row.problem(column, code, problem)
    for column, names in (("brand", (row["brand"],)), ("aliases", aliases_of(row))):
        for name in names:
            if name and not _READABLE.search(name) and not normalize(name).text.strip():
                yield row.problem(column, "no_name", "holds a name of marks only; drop it")
    yield from _number_problems(row, plan)
    if row["role"] not in ROLES:
        problem = f"is unknown; use one of {', '.join(sorted(ROLES))}"
        yield row.problem("role", "unknown_role", problem)
    if row["confidence"] not in CONFIDENCES:
        problem = "is unknown; use high, medium or low"
        yield row.problem("confidence", "unknown_confidence", problem)
    if row["as_of"] and not MONTH.fullmatch(row["as_of"]):
        yield row.problem("as_of", "no_date", "is no date; write 2026-11 or 2026-11-22")


def _number_problems(row: Row, plan: Numbering) -> Iterator[TableProblem]:
    if not row["number"]:
        problem = "is empty; give the number that the brand publishes, or drop the line"
        yield row.problem("number", "no_number", problem)
    elif not re.fullmatch(r"[0-9]{3,12}", row["number"]):
        problem = "must be 3 to 12 digits without separators"
        yield row.problem("number", "malformed_number", problem)
    elif malformed := plan.read(row["number"]).malformed:
        yield row.problem("number", "malformed_number", f"cannot exist: {malformed}")
