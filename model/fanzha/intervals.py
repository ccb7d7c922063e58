"""How far a measured figure can be trusted: its 95 % confidence interval."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fanzha.accuracy import calibration_bins

__all__ = ["CONFIDENCE", "Interval", "Resampled", "Share", "resample"]

CONFIDENCE: Final = 0.95

_MAX_RESAMPLES: Final = 1000
_MIN_RESAMPLES: Final = 100
_MAX_DRAWS: Final = 20_000_000
_CHUNK_DRAWS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a figure lies with the confidence asked for; both ends in [0, 1]."""

    low: float
    high: float

    @classmethod
    def of(cls, values: NDArray[np.float64], measured: float) -> Interval:
        """Give the middle 95 % of resampled values of shape (n_resamples,), around `measured`.

        The values are moved so that their mean is the measured figure: drawing posts again adds
        noise, which alone makes a calibration error greater. NaN counts as no value; without any
        the figure is unknown, and the interval is all of [0, 1].
        """
        known = values[~np.isnan(values)]
        if not len(known):
            return cls(0.0, 1.0)
        tail = (1 - CONFIDENCE) / 2
        ends = np.quantile(known, [tail, 1 - tail]) - known.mean() + measured
        low, high = np.clip(ends, 0.0, 1.0)
        return cls(float(low), float(high))

    def to_json(self) -> list[float]:
        """Give the two ends, to six digits."""
        return [round(self.low, 6), round(self.high, 6)]


@dataclass(frozen=True, slots=True)
class Share:
    """`n_hit` of `n_posts` posts.

    Examples
    --------
    >>> Share(8, 10).value
    0.8
    >>> Share(8, 10).interval().to_json()
    [0.490162, 0.943318]
    >>> Share(0, 0).interval()
    Interval(low=0.0, high=1.0)
    """

    n_hit: int
    n_posts: int

    @classmethod
    def among(cls, hit: NDArray[np.bool_], posts: NDArray[np.bool_]) -> Share:
        """Count `hit` among `posts`, both of shape (n,)."""
        return cls(int((hit & posts).sum()), int(posts.sum()))

    @property
    def value(self) -> float:
        """The share, in [0, 1]; of nothing it counts as 0."""
        return self.n_hit / self.n_posts if self.n_posts else 0.0

    def interval(self, confidence: float = CONFIDENCE) -> Interval:
        """Give Wilson's interval (1927), which holds for few posts and for shares near 0 and 1."""
        if not self.n_posts:
            return Interval(0.0, 1.0)
        z = NormalDist().inv_cdf((1 + confidence) / 2)
        share, n = self.value, self.n_posts
        middle = share + z * z / (2 * n)
        reach = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
        scale = 1 + z * z / n
        # At 0 and 1 the ends are exact; rounding would leave them a hair off.
        low = 0.0 if self.n_hit == 0 else (middle - reach) / scale
        high = 1.0 if self.n_hit == n else (middle + reach) / scale
        return Interval(low, high)

    def to_json(self) -> dict[str, Any]:
        """Give the counts, the share and its interval."""
        return {
            "n_hit": self.n_hit,
            "n_posts": self.n_posts,
            "share": round(self.value, 6),
            "interval": self.interval().to_json(),
        }


@dataclass(frozen=True, slots=True)
class Resampled:
    """Figures of the same posts drawn again with replacement (Efron's bootstrap, 1979).

    Each array has shape (n_resamples, n_labels). F1, recall and average precision are NaN in a
    resample in which no post bears the label.
    """

    f1: NDArray[np.float64]
    recall: NDArray[np.float64]
    false_positive_share: NDArray[np.float64]
    average_precision: NDArray[np.float64]
    calibration_error: NDArray[np.float64]


def resample(
    truth: NDArray[np.bool_],
    scores: NDArray[np.float64],
    thresholds: NDArray[np.float64],
    seed: int = 0,
) -> Resampled:
    """Draw the posts again and measure every label on the same draws.

    Parameters
    ----------
    truth, scores
        Shape (n_posts, n_labels), at least one post.
    thresholds
        Shape (n_labels,): from which score a label is given.
    seed
        Seeds the draws; the same seed gives the same figures.

    Notes
    -----
    1,000 resamples, fewer from 20,000 posts on, never below 100. For eleven labels a second for
    3,500 posts, ten for 20,000 and half a minute for 200,000, on one core of two. Where all
    resamples agree the interval has no width; the intervals of the shares,
    which are Wilson's, then say how little that means.
    """
    n_posts = len(truth)
    n_resamples = min(_MAX_RESAMPLES, max(_MIN_RESAMPLES, _MAX_DRAWS // n_posts))
    draws = np.random.default_rng(seed)
    chunk = max(1, _CHUNK_DRAWS // n_posts)
    parts: list[tuple[NDArray[np.float64], ...]] = []
    for start in range(0, n_resamples, chunk):
        weights = np.empty((min(chunk, n_resamples - start), n_posts))
        for row in weights:
            row[:] = np.bincount(draws.integers(n_posts, size=n_posts), minlength=n_posts)
        parts.append(_measure(weights, truth, scores, scores >= thresholds))
    return Resampled(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def _measure(
    weights: NDArray[np.float64],
    truth: NDArray[np.bool_],
    scores: NDArray[np.float64],
    flagged: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], ...]:
    """Measure resamples given as how often each post was drawn, shape (n_resamples, n_posts)."""
    n_posts = truth.shape[0]
    n_positive = weights @ truth
    n_flagged = weights @ flagged
    n_hit = weights @ (truth & flagged)
    n_negative = n_posts - n_positive
    known = np.where(n_positive > 0, n_positive, np.nan)
    columns = range(truth.shape[1])
    return (
        2 * n_hit / (n_flagged + known),
        n_hit / known,
        (n_flagged - n_hit) / np.maximum(n_negative, 1),
        np.column_stack([_average_precision(weights, truth[:, n], scores[:, n]) for n in columns]),
        np.column_stack([_calibration_error(weights, truth[:, n], scores[:, n]) for n in columns]),
    )


def _average_precision(
    weights: NDArray[np.float64], truth: NDArray[np.bool_], scores: NDArray[np.float64]
) -> NDArray[np.float64]:
    order = np.argsort(-scores, kind="stable")
    # Posts of equal score are flagged together, so precision is read where such a run ends.
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    drawn = weights[:, order]
    n_flagged = np.cumsum(drawn, axis=1)[:, ends]
    n_hit = np.cumsum(drawn * truth[order], axis=1)[:, ends]
    gained = np.diff(n_hit, axis=1, prepend=0.0)
    summed = (gained * n_hit / np.maximum(n_flagged, 1)).sum(axis=1)
    found = np.full(len(weights), np.nan)
    np.divide(summed, n_hit[:, -1], out=found, where=n_hit[:, -1] > 0)
    return found


def _calibration_error(
    weights: NDArray[np.float64], truth: NDArray[np.bool_], scores: NDArray[np.float64]
) -> NDArray[np.float64]:
    bins = calibration_bins(scores)
    gaps = np.zeros((len(scores), bins.max() + 1))
    gaps[np.arange(len(scores)), bins] = scores - truth
    error: NDArray[np.float64] = np.abs(weights @ gaps).sum(axis=1) / len(scores)
    return error
