"""Precision restated: how often a flag is right where the label is as rare as on a real board."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from fanzha.intervals import CONFIDENCE, Interval, Share

__all__ = ["BASE_RATE", "RestatedPrecision", "precision_at", "restate"]

BASE_RATE: Final = 0.005
"""Share of a board's posts that bear a label, where nothing better is known: one in 200."""


@dataclass(frozen=True, slots=True)
class RestatedPrecision:
    """Precision where `base_rate` of the posts bear the label, with its 95 % interval."""

    base_rate: float
    precision: float
    interval: Interval

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values, shares to four digits."""
        return {
            "base_rate": self.base_rate,
            "precision": round(self.precision, 6),
            "interval": self.interval.to_json(),
        }


def precision_at(found: Share, false: Share, base_rate: float = BASE_RATE) -> RestatedPrecision:
    """Restate precision at a base rate.

    Parameters
    ----------
    found
        Of the posts that bear the label, those flagged.
    false
        Of the posts that do not, those flagged all the same.
    base_rate
        Share of posts that bear the label, between 0 and 1.

    Notes
    -----
    The posts that do not bear the label are taken to be those of the corpus. A corpus of hard
    negatives therefore gives a lower figure than a board's everyday posts would. The interval
    joins Wilson's of both shares, each wide enough that both hold together in 95 of 100 cases
    (Bonferroni), so it is on the safe side.

    Examples
    --------
    >>> round(precision_at(Share(90, 100), Share(10, 1000), base_rate=0.005).precision, 3)
    0.311
    """
    each = 1 - (1 - CONFIDENCE) / 2
    in_found, in_false = found.interval(each), false.interval(each)
    return RestatedPrecision(
        base_rate=base_rate,
        precision=restate(found.value, false.value, base_rate),
        interval=Interval(
            restate(in_found.low, in_false.high, base_rate),
            restate(in_found.high, in_false.low, base_rate),
        ),
    )


def restate(recall: float, false_positive_share: float, base_rate: float) -> float:
    """Give the precision that the two shares come to; 0 where nothing is flagged."""
    right = base_rate * recall
    flagged = right + (1 - base_rate) * false_positive_share
    return right / flagged if flagged else 0.0
