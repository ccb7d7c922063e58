"""Markdown tables, and the shares with their intervals that stand in their cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

__all__ = ["counted", "percent", "table"]


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Give the lines of a table; each row has as many cells as there are heads.

    Examples
    --------
    >>> print("\\n".join(table(("attack", "recall"), [("none", "88.8%")])))
    | attack | recall |
    |---|---|
    | none | 88.8% |
    """
    return [_line(heads), f"|{'---|' * len(heads)}", *map(_line, rows)]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def percent(share: dict[str, Any], key: str = "share", digits: int = 1) -> str:
    """Write a share and its interval, as `Share.to_json` gives them.

    Parameters
    ----------
    share
        The figure under `key`, and under `interval` its two ends.
    digits
        Digits after the point.

    Examples
    --------
    >>> percent({"share": 0.8, "interval": [0.4902, 0.9433]})
    '80.0%, 49.0–94.3%'
    """
    low, high = share["interval"]
    return f"{share[key]:.{digits}%}, {low * 100:.{digits}f}–{high:.{digits}%}"


def counted(share: dict[str, Any], digits: int = 1) -> str:
    """Write a share with the counts that it comes from.

    Examples
    --------
    >>> counted({"n_hit": 8, "n_posts": 10, "share": 0.8, "interval": [0.4902, 0.9433]})
    '8 of 10: 80.0%, 49.0–94.3%'
    """
    return f"{share['n_hit']} of {share['n_posts']}: {percent(share, digits=digits)}"
