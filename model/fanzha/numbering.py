"""The Chinese numbering plan: what kind of number a digit string is, or why it is none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from fanzha.errors import DataError, InputError
from fanzha.tables import Row, read_table

__all__ = ["Numbering", "Reading"]

_PLAN_COLUMNS = ("pattern", "kind", "malformed", "meaning", "source")
_AREA_COLUMNS = ("code", "region", "subscriber_digits", "source")


@dataclass(frozen=True, slots=True)
class Reading:
    """What the numbering plan says of one digit string.

    `kind` is a kind of the plan (`400`, `short_code`, `mobile` …) or `unknown`; `region` is the
    place of a landline's area code; `malformed` says in words why nobody can hold the number.
    """

    number: str
    kind: str
    region: str | None
    malformed: str | None
    source: str | None


@dataclass(frozen=True, slots=True)
class _Shape:
    pattern: re.Pattern[str]
    kind: str
    malformed: str | None
    source: str


@dataclass(frozen=True, slots=True)
class Numbering:
    """The plan as an ordered table of shapes, and the area codes.

    Examples
    --------
    >>> plan = Numbering.load()
    >>> plan.read("95152").kind, plan.read("955889").malformed
    ('short_code', '955 and 953 codes have exactly five digits')
    """

    shapes: tuple[_Shape, ...]
    areas: Mapping[str, tuple[str, frozenset[int]]]

    @classmethod
    def load(cls, path: str | Path | None = None) -> Numbering:
        """Load the shipped plan, or the plan table at `path`.

        Raises
        ------
        DataError
            A table cannot be read or a line of it is wrong; the message gives file:line:column.
        """
        if path is None:
            return _shipped()
        shapes = _shapes(read_table(Path(path), _PLAN_COLUMNS))
        return cls(shapes, _shipped().areas)

    def read(self, number: str) -> Reading:
        """Give kind, region and, where no such number can exist, the reason.

        Parameters
        ----------
        number
            ASCII digits without country code and separators, at most 32 of them.

        Raises
        ------
        InputError
            `number` is empty or holds anything but ASCII digits.
        """
        if not number.isascii() or not number.isdigit():
            raise InputError(
                f"a number to read must be ASCII digits, not {number[:20]!r}; "
                "drop separators and the country code first"
            )
        if len(number) > 32:
            return Reading(number, "unknown", None, "no telephone number is that long", None)
        for shape in self.shapes:
            if shape.pattern.fullmatch(number):
                return self._checked(number, shape)
        reason = "no number of this shape is in the Chinese numbering plan"
        return Reading(number, "unknown", None, reason, None)

    def _checked(self, number: str, shape: _Shape) -> Reading:
        code = self._area_code(number)
        malformed = shape.malformed
        if number[0] == "0" and malformed is None and shape.kind != "overseas":
            if code is None:
                malformed = "no area code of China begins so"
            elif shape.kind == "landline":
                malformed = self._wrong_length(number, code)
        region = self.areas[code][0] if code else None
        return Reading(number, shape.kind, region, malformed, shape.source)

    def _wrong_length(self, number: str, code: str) -> str | None:
        region, lengths = self.areas[code]
        if len(number) - len(code) in lengths:
            return None
        return f"landlines of {region} have {' or '.join(map(str, sorted(lengths)))} digits"

    def _area_code(self, number: str) -> str | None:
        if number[0] != "0":
            return None
        return next((number[:size] for size in (3, 4) if number[:size] in self.areas), None)

    def without_area_code(self, number: str) -> str:
        """Strip the area code from a national short code, as in 0571-95188; else as it is."""
        code = self._area_code(number)
        if code and re.match(r"9[56]|12[0-3]", number[len(code) :]) and len(number) <= 11:
            rest = number[len(code) :]
            return rest if len(rest) <= 6 else number
        return number


@lru_cache(maxsize=1)
def _shipped() -> Numbering:
    tables = files("fanzha_data")
    shapes = _shapes(read_table(tables / "numbering.csv", _PLAN_COLUMNS))
    return Numbering(shapes, _areas(read_table(tables / "area_codes.csv", _AREA_COLUMNS)))


def _shapes(rows: Iterable[Row]) -> tuple[_Shape, ...]:
    shapes = []
    for row in rows:
        for column in ("pattern", "kind", "source"):
            if not row[column]:
                raise row.error(column, "is empty; every shape names its pattern, kind and source")
        try:
            pattern = re.compile(row["pattern"], re.ASCII)
        except re.error as error:
            message = f"is no regular expression ({error}); write one that a whole number matches"
            raise row.error("pattern", message) from error
        shapes.append(_Shape(pattern, row["kind"], row["malformed"] or None, row["source"]))
    if not shapes:
        raise DataError("the numbering plan has no shape; restore the shipped numbering.csv")
    return tuple(shapes)


def _areas(rows: Iterable[Row]) -> Mapping[str, tuple[str, frozenset[int]]]:
    areas: dict[str, tuple[str, frozenset[int]]] = {}
    for row in rows:
        if not re.fullmatch(r"0[0-9]{2,3}", row["code"]):
            raise row.error("code", "is no area code; write 0 and two or three digits")
        if not re.fullmatch(r"[78](?:\|[78])?", row["subscriber_digits"]):
            raise row.error("subscriber_digits", "must be 7, 8 or 7|8")
        digits = frozenset(int(count) for count in row["subscriber_digits"].split("|"))
        areas[row["code"]] = (row["region"], digits)
    return areas
