"""Counts by day, put together into as many columns as can be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from fanzha.scan.report import Counts

__all__ = ["Column", "columns"]

_MOST_DAYS: Final = 45
_MOST_WEEKS: Final = 60
_WEEK_DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class Column:
    """The counts of a day, week, month or year that begins on `begin`."""

    begin: date
    posts: int
    flagged: int
    labels: Counter[str]


def columns(days: Mapping[date, Counts]) -> tuple[str, tuple[Column, ...]]:
    """Give the unit (`day`, `week`, `month` or `year`) and its columns, gaps with zeros included.

    Examples
    --------
    >>> unit, found = columns({date(2026, 1, 1): Counts(2, 1), date(2026, 1, 3): Counts(1, 1)})
    >>> unit, [column.flagged for column in found]
    ('day', [1, 0, 1])
    """
    if not days:
        return "day", ()
    first, last = min(days), max(days)
    n_days = (last - first).days + 1
    if n_days <= _MOST_DAYS:
        unit = "day"
    elif n_days <= _MOST_WEEKS * _WEEK_DAYS:
        unit = "week"
    else:
        unit = "month" if n_days <= _MOST_WEEKS * 31 else "year"
    counts: dict[date, Counts] = {}
    begin = _begin(first, unit)
    while begin <= last:
        counts[begin] = Counts()
        begin = _next(begin, unit)
    for day in sorted(days):
        into = counts[_begin(day, unit)]
        into.posts += days[day].posts
        into.flagged += days[day].flagged
        into.labels += days[day].labels
    return unit, tuple(
        Column(begin, one.posts, one.flagged, one.labels) for begin, one in counts.items()
    )


def _begin(day: date, unit: str) -> date:
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit == "month":
        return day.replace(day=1)
    return day.replace(month=1, day=1) if unit == "year" else day


def _next(begin: date, unit: str) -> date:
    if unit == "year":
        return begin.replace(year=begin.year + 1)
    if unit == "month":
        return (begin + timedelta(days=31)).replace(day=1)
    return begin + timedelta(days=_WEEK_DAYS if unit == "week" else 1)
