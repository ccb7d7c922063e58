"""Everything that is wrong with registry tables and alias tables, each at its place."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from fanzha.normalize import normalize
from fanzha.numbering import Numbering
from fanzha.organisations import ALIAS_COLUMNS, ALIAS_KINDS
from fanzha.registry_table import CATEGORIES, COLUMNS, MONTH, Layers, aliases_of, lay
from fanzha.tables import Row, TableProblem, survey_table

__all__ = ["PROBLEM_CODES", "Linted", "lint"]

PROBLEM_CODES: Final = {
    "encoding": "the file is not UTF-8",
    "csv": "a quote is not closed or stands in the wrong place",
    "empty": "the file has no line",
    "header": "the header lacks a column",
    "fields": "a line has too few or too many fields",
    "no_brand": "a line names no brand",
    "no_name": "a name consists of marks only",
    "no_number": "a brand stands without a number",
    "malformed_number": "the number has separators, or cannot exist in the numbering plan",
    "wrong_kind": "the kind is not the one that the numbering plan gives the number",
    "duplicate": "the brand and number, or the alias, stands in the table already",
    "nothing_to_remove": "the role is `removed`, but the registry has no such number of the brand",
    "alias_clash": "a brand of another company has the alias already",
    "alias_is_brand": "the alias is the name of another brand",
    "unknown_brand": "the alias table names a brand that the registry has no number of",
    "no_guard": "a guarded alias says no word that it needs",
    "no_source": "no source is named",
    "no_date": "as_of is no date",
    "future_date": "as_of lies in the future",
    "unknown_role": "the role is none of the known ones",
    "unknown_confidence": "the confidence is neither high, medium nor low",
    "unknown_category": "the category is none of the known ones",
    "unknown_kind": "the kind of the alias is none of the known ones",
    "lone_group": "no other brand is of the group, so that it joins nothing",
    "inconsistent": "the same brand is given another group or category on an earlier line",
}
"""What each code of a problem means; stable, for programs."""

# The registry's own coarse kinds, and what the numbering plan calls them.
_PLAN_KINDS: Final = {
    "short_code": frozenset(
        {"short_code", "government", "emergency", "provincial", "service_1010"}
    ),
    "400": frozenset({"400"}),
    "800": frozenset({"800"}),
    "landline": frozenset({"landline"}),
    "mobile": frozenset({"mobile"}),
    "voip": frozenset({"voip"}),
}


@dataclass(frozen=True, slots=True)
class Linted:
    """The problems found, in the order of the files and their lines, and how much was read."""

    problems: tuple[TableProblem, ...]
    files: tuple[str, ...]
    lines: int


def lint(*paths: str | Path, today: date | None = None) -> Linted:
    """Find every problem of the given tables; of the shipped ones when none is given.

    A table whose header has `alias` and no `number` is an alias table, any other a registry
    table. Registry tables are laid over the shipped one in order, as `Registry.load` does; a path
    to the shipped table stands for itself.

    Parameters
    ----------
    today
        A date after the day after it lies in the future; by default the machine's.

    Raises
    ------
    DataError
        A file cannot be read.

    Notes
    -----
    O(lines). Where no problem is `refused`, loading accepts the tables.
    """
    shipped = Path(str(files("fanzha_data") / "hotlines.csv"))
    chosen = [Path(path) for path in dict.fromkeys(paths)]
    chosen = chosen or [shipped, shipped.with_name("brand_aliases.csv")]
    aliased = [path for path in chosen if _is_alias_table(path)]
    overlays = [path for path in chosen if path not in aliased and not _same(path, shipped)]
    surveys = [survey_table(path, COLUMNS) for path in (shipped, *overlays)]
    layers = lay([rows for rows, _ in surveys], Numbering.load())
    alone = not any(_same(path, shipped) for path in chosen)
    rows = [row for found, _ in surveys[alone:] for row in found]
    problems = [problem for _, unread in surveys for problem in unread]
    problems += [*layers.problems, *_name_problems(layers, rows), *_group_problems(layers, rows)]
    for row in rows:
        problems += _row_problems(row, (today or date.today()) + timedelta(days=1))
    for path in aliased:
        nicknames, unread = survey_table(path, ALIAS_COLUMNS)
        problems += [*unread, *_alias_problems(nicknames, layers)]
        rows += nicknames
    places = {str(path): at for at, path in enumerate(chosen)}
    problems.sort(key=lambda one: (places.get(one.file, len(places)), one.line, one.column))
    return Linted(tuple(problems), tuple(map(str, chosen)), len(rows))


def _is_alias_table(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            header = {name.strip() for name in next(csv.reader([file.readline()]), [])}
    except OSError:
        return False  # Reading it in full says why.
    return "alias" in header and "number" not in header


def _same(path: Path, other: Path) -> bool:
    return path.resolve() == other.resolve()


@lru_cache(maxsize=1 << 14)
def _plain(name: str) -> str:
    return normalize(name).text


def _name_problems(layers: Layers, linted: Sequence[Row]) -> Iterator[TableProblem]:
    refused = list(layers.clashes())
    yield from refused
    places = {(one.file, one.line, one.column) for one in refused}
    for one in layers.clashes(_plain):
        if (one.file, one.line, one.column) not in places:
            yield replace(one, refused=False)
    brands = {_plain(brand): brand for brand in layers.brands()}
    told = set()
    for row in linted:
        for alias in aliases_of(row):
            owner = brands.get(_plain(alias), row["brand"])
            if owner == row["brand"] or (row["brand"], owner) in told:
                continue
            told.add((row["brand"], owner))
            if layers.same_group(owner, row["brand"]):
                problem = f"holds {alias!r}, a brand of the same group; drop it here"
                yield row.problem("aliases", "alias_is_brand", problem, refused=False)


def _group_problems(layers: Layers, linted: Sequence[Row]) -> Iterator[TableProblem]:
    members: dict[str, set[str]] = {}
    for brand in layers.brands():
        if group := layers.group(brand):
            members.setdefault(group, set()).add(brand)
    told: set[str] = set()
    first: dict[tuple[str, str], Row] = {}
    for row in linted:
        if row["role"] == "removed":
            continue
        group = row["group"]
        if group and members.get(group, set()) <= {row["brand"]} and group not in told:
            told.add(group)
            problem = "is the group of no other brand; correct it, or leave it empty"
            yield row.problem("group", "lone_group", problem, refused=False)
        before = first.setdefault((row.file, row["brand"]), row)
        for column in ("group", "category"):
            if row[column] and before[column] and row[column] != before[column]:
                problem = f"differs from {before[column]!r} on line {before.line}; a brand has one"
                yield row.problem(column, "inconsistent", problem, refused=False)


def _row_problems(row: Row, latest: date) -> Iterator[TableProblem]:
    if row["category"] and row["category"] not in CATEGORIES:
        problem = f"is unknown; use one of {', '.join(sorted(CATEGORIES))}"
        yield row.problem("category", "unknown_category", problem, refused=False)
    if re.fullmatch(r"[0-9]{3,12}", row["number"]):
        reading = Numbering.load().read(row["number"])
        if not reading.malformed and reading.kind not in _PLAN_KINDS.get(row["kind"], ()):
            fitting = next((own for own, plan in _PLAN_KINDS.items() if reading.kind in plan), None)
            problem = f"does not fit the number; write {fitting or 'a number that people dial'}"
            yield row.problem("kind", "wrong_kind", problem, refused=False)
    if MONTH.fullmatch(row["as_of"]):
        try:
            seen = date.fromisoformat(
                row["as_of"] if len(row["as_of"]) > 7 else row["as_of"] + "-01"
            )
        except ValueError:
            yield row.problem("as_of", "no_date", "is a day that no calendar has", refused=False)
            return
        if seen > latest:
            problem = "lies in the future; write the day on which the number was seen"
            yield row.problem("as_of", "future_date", problem, refused=False)


def _alias_problems(rows: Sequence[Row], layers: Layers) -> Iterator[TableProblem]:
    brands = {_plain(brand): brand for brand in layers.brands()}
    owners = {_plain(name): one for one in layers.brands() for name in layers.aliases(one)} | brands
    seen: dict[str, Row] = {}
    for row in rows:
        alias = _plain(row["alias"])
        if row["kind"] not in ALIAS_KINDS:
            problem = f"is unknown; use one of {', '.join(sorted(ALIAS_KINDS))}"
            yield row.problem("kind", "unknown_kind", problem)
        if not alias:
            yield row.problem("alias", "no_name", "is empty or of marks only; drop the line")
            continue
        before = seen.setdefault(alias, row)
        if before is not row:
            code = "duplicate" if before["brand"] == row["brand"] else "alias_clash"
            problem = f"reads like that of line {before.line}; drop one"
            yield row.problem("alias", code, problem, refused=False)
        if row["kind"] == "guarded" and not row["needs"]:
            problem = "is empty; name the words of which one must stand near the alias"
            yield row.problem("needs", "no_guard", problem, refused=False)
        if row["kind"] in {"decoy", "guarded"}:
            continue
        brand, owner = owners.get(_plain(row["brand"])), owners.get(alias)
        if not row["brand"]:
            problem = "is empty; name the brand that the alias stands for"
            yield row.problem("brand", "no_brand", problem, refused=False)
        elif brand is None:
            problem = "has no number in the registry; add one, or correct the name"
            yield row.problem("brand", "unknown_brand", problem, refused=False)
        elif owner == brand:
            problem = f"is a name of {brand!r} in the registry already; drop it"
            yield row.problem("alias", "duplicate", problem, refused=False)
        elif owner and (alias in brands or not layers.same_group(owner, brand)):
            code = "alias_is_brand" if alias in brands else "alias_clash"
            problem = f"is a name of {owner!r} in the registry; drop it here"
            yield row.problem("alias", code, problem, refused=False)
