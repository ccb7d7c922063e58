"""How often which scores and labels were given, and how far two such counts lie apart."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fanzha.labels import LABELS
from fanzha.verdict import Verdict

__all__ = ["EDGES", "LabelDrift", "ScoreCounts", "stability"]

EDGES: Final = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9)
"""Ends of the bins of scores, a step on the log-odds scale each: most scores lie near 0."""


@dataclass(frozen=True, slots=True)
class LabelDrift:
    """How far a label lies from its baseline: population stability of scores and of its rate.

    `rate` holds the share of posts that bore the label, then and now.
    """

    label: str
    scores: float
    labels: float
    rate: tuple[float, float]

    @property
    def most(self) -> float:
        """The larger of the two."""
        return max(self.scores, self.labels)

    def to_json(self) -> dict[str, Any]:
        """Give the figures as JSON values."""
        return {
            "label": self.label,
            "scores": round(self.scores, 4),
            "labels": round(self.labels, 4),
            "rate": [round(one, 6) for one in self.rate],
        }


@dataclass(slots=True)
class ScoreCounts:
    """Counts of posts, by bins of each label's score, and by the labels that they bore."""

    n_posts: int = 0
    bins: dict[str, list[int]] = field(
        default_factory=lambda: {label: [0] * (len(EDGES) + 1) for label in LABELS}
    )
    given: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LABELS, 0))

    def add(self, verdict: Verdict) -> None:
        """Count a verdict."""
        self.n_posts += 1
        for label, score in verdict.scores.items():
            self.bins[label][bisect_right(EDGES, score)] += 1
        for one in verdict.labels:
            self.given[one.label] += 1

    def drift_from(self, baseline: ScoreCounts) -> tuple[LabelDrift, ...]:
        """Say of every label how far it lies from a baseline."""
        return tuple(
            LabelDrift(
                label,
                stability(baseline.bins[label], self.bins[label]),
                stability(baseline._rate(label), self._rate(label)),
                (
                    baseline.given[label] / max(1, baseline.n_posts),
                    self.given[label] / max(1, self.n_posts),
                ),
            )
            for label in LABELS
        )

    def to_json(self) -> dict[str, Any]:
        """Give the counts as JSON values."""
        return {"posts": self.n_posts, "bins": self.bins, "given": self.given}

    @classmethod
    def sum(cls, counts: Iterable[dict[str, Any]]) -> ScoreCounts:
        """Add counts up that were given as JSON values; a label of none that is unknown now."""
        total = cls()
        for one in counts:
            total.n_posts += one["posts"]
            for label in LABELS:
                bins = one["bins"].get(label, ())
                if len(bins) == len(total.bins[label]):
                    pairs = zip(total.bins[label], bins, strict=True)
                    total.bins[label] = [had + more for had, more in pairs]
                total.given[label] += one["given"].get(label, 0)
        return total

    def _rate(self, label: str) -> tuple[int, int]:
        return self.given[label], self.n_posts - self.given[label]


def stability(expected: Sequence[int], observed: Sequence[int]) -> float:
    """Give the population stability index of two histograms: 0 where they are alike.

    By custom below 0.1 nothing has happened, and above 0.25 something has. Half a post is added to
    each bin, so that an empty one has a finite share.
    Source: Siddiqi, Credit Risk Scorecards, 2006.

    Examples
    --------
    >>> stability([90, 10], [900, 100]) < 0.01
    True
    >>> round(stability([9000, 1000], [5000, 5000]), 2)
    0.88
    """
    if not sum(expected) or not sum(observed):
        return 0.0
    before = [one + 0.5 for one in expected]
    after = [one + 0.5 for one in observed]
    return sum(
        (b / sum(after) - a / sum(before)) * math.log((b / sum(after)) / (a / sum(before)))
        for a, b in zip(before, after, strict=True)
    )
