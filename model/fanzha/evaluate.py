"""Measure a detector on labelled posts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from fanzha.accuracy import measure
from fanzha.base_rate import BASE_RATE, RestatedPrecision, precision_at
from fanzha.corpus import LabelledPost, label_matrix
from fanzha.detector import Detector
from fanzha.errors import InputError
from fanzha.evaluation import Evaluation, LabelResult, MacroResult
from fanzha.intervals import Interval, Resampled, Share, resample
from fanzha.labels import LABELS
from fanzha.misses import find_misses
from fanzha.scoring import score_posts
from fanzha.slices import cut_slices

__all__ = ["evaluate"]

_RESAMPLED: Final = ("f1", "average_precision", "calibration_error")
"""The figures that are no share of posts, so that their intervals come from the bootstrap."""


def evaluate(
    detector: Detector,
    posts: Sequence[LabelledPost],
    *,
    split: Literal["test", "all"] = "test",
    base_rate: float = BASE_RATE,
    n_misses: int = 10,
    seed: int = 0,
) -> Evaluation:
    """Check posts and compare with their labels; a label is given at its review threshold.

    Parameters
    ----------
    posts
        Labelled posts, of both splits or of one.
    split
        `test` measures on the posts that `fanzha train` would not learn from, whichever corpus
        it is; `all` on every post, for a corpus that the bundle was not trained on.
    base_rate
        Share of posts that bear a label on the board for which precision is restated.
    n_misses
        How many of the worst misses to give.
    seed
        Seeds the bootstrap.

    Raises
    ------
    InputError
        There are no posts to measure on, or an argument is out of range.
    """
    if not 0 < base_rate < 1:
        raise InputError(f"the base rate is {base_rate}; give a share between 0 and 1, e.g. 0.005")
    if n_misses < 0:
        raise InputError(f"the number of misses is {n_misses}; give 0 or more")
    chosen = [post for post in posts if split in {"all", post.split}]
    if not chosen:
        raise InputError(
            f"none of the corpus's {len(posts)} posts is in the test split; give more posts, or "
            "measure on all of them if the bundle was not trained on them (--split all)"
        )
    truth = label_matrix(chosen)
    scores = score_posts(detector, chosen)
    thresholds = detector.policy.review_thresholds()
    flagged = scores >= thresholds
    again = resample(truth, scores, thresholds, seed)
    labels = {
        label: _label_result(
            n,
            truth=truth,
            scores=scores,
            thresholds=thresholds,
            again=again,
            base_rate=base_rate,
        )
        for n, label in enumerate(LABELS)
    }
    bears, given = np.asarray(truth.any(axis=1)), np.asarray(flagged.any(axis=1))
    found, clean = Share.among(given, bears), Share.among(given, ~bears)
    return Evaluation(
        bundle=detector.bundle_id,
        policy=detector.policy.name,
        split=split,
        n_posts=len(chosen),
        n_left_out=len(posts) - len(chosen),
        found=found,
        clean=clean,
        restated=precision_at(found, clean, base_rate),
        labels=labels,
        macro=_macro_result(labels, again, base_rate),
        slices=cut_slices(chosen, truth, flagged),
        misses=find_misses(chosen, truth, scores, detector.policy, n_misses),
    )


def _label_result(
    n: int,
    *,
    truth: NDArray[np.bool_],
    scores: NDArray[np.float64],
    thresholds: NDArray[np.float64],
    again: Resampled,
    base_rate: float,
) -> LabelResult:
    bears, given = truth[:, n], scores[:, n] >= thresholds[n]
    found, false = Share.among(given, bears), Share.among(given, ~bears)
    accuracy = measure(bears, scores[:, n], float(thresholds[n]))
    return LabelResult(
        accuracy=accuracy,
        intervals={
            "precision": Share.among(bears, given).interval(),
            "recall": found.interval(),
            **{
                name: Interval.of(getattr(again, name)[:, n], getattr(accuracy, name))
                for name in _RESAMPLED
            },
        },
        found=found,
        false=false,
        restated=precision_at(found, false, base_rate),
    )


def _macro_result(
    labels: Mapping[str, LabelResult], again: Resampled, base_rate: float
) -> MacroResult:
    columns = [n for n, one in enumerate(labels.values()) if one.accuracy.n_positive]
    mine = [one for one in labels.values() if one.accuracy.n_positive]
    means = {name: _mean([getattr(one.accuracy, name) for one in mine]) for name in _RESAMPLED}
    right = base_rate * again.recall
    flagged = right + (1 - base_rate) * again.false_positive_share
    restated = np.divide(right, flagged, out=right.copy(), where=flagged > 0)
    precision = _mean([one.restated.precision for one in mine])
    return MacroResult(
        f1=means["f1"],
        average_precision=means["average_precision"],
        calibration_error=means["calibration_error"],
        restated=RestatedPrecision(
            base_rate=base_rate,
            precision=precision,
            interval=Interval.of(_row_means(restated[:, columns]), precision),
        ),
        intervals={
            name: Interval.of(_row_means(getattr(again, name)[:, columns]), mean)
            for name, mean in means.items()
        },
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _row_means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give each row's mean; a label that a draw happens to lack (NaN) has no part in it."""
    known = ~np.isnan(values)
    sums, counts = np.where(known, values, 0.0).sum(axis=1), known.sum(axis=1)
    means = np.full(len(values), np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    return means
