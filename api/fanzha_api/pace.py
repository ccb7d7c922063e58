"""How long a case takes here, as measured."""

from __future__ import annotations

from typing import Final

__all__ = ["MOST_QUICK_S", "Pace"]

MOST_QUICK_S: Final = 0.004
"""Seconds of a case up to which cases count as quick."""

_KNOWN: Final = 32
_SHARE: Final = 1 / 64
_MOST_S: Final = 0.25


class Pace:
    """The mean of the last cases, in which the newest sixty-four count most."""

    def __init__(self) -> None:
        self._seen = 0
        self._case_s = 0.0

    @property
    def case_s(self) -> float:
        """Seconds of one case; 0 before the first."""
        return self._case_s

    @property
    def quick(self) -> bool:
        """Tell whether a case is known to be done so soon that others may wait for it."""
        return self._seen >= _KNOWN and self._case_s <= MOST_QUICK_S

    def learn(self, cases: int, seconds: float) -> None:
        """Take into account that so many cases took so long."""
        # One case may meet a pause of the machine; it must not make all after it look slow.
        each_s = min(_MOST_S, seconds / cases)
        share = 1 - (1 - _SHARE) ** cases if self._seen else 1.0
        self._case_s += (each_s - self._case_s) * share
        self._seen += cases
