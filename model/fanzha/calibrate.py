"""From held-out decisions to probabilities, thresholds, and the part of a long post's windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fanzha.classify import Classifier, is_long
from fanzha.corpus import LabelledPost, label_matrix
from fanzha.labels import LABELS
from fanzha.policy import Policy
from fanzha.reading import Reading

__all__ = ["LongScores", "choose_margin", "choose_thresholds", "fit_sigmoids"]

_MARGINS: Final = tuple(step / 4 for step in range(25))

_CORE_LABELS: Final = ("cash_out", "fake_hotline")
"""What the product is for: review begins where the F1 of held-out posts is greatest."""

_REVIEW_PRECISION: Final = 0.9
"""The other labels: review begins where flagged held-out posts are still right in this share."""

_BLOCK_PRECISION: Final = 0.97
_REVIEW_RANGE: Final = (0.2, 0.9)


def fit_sigmoids(
    decisions: NDArray[np.float64], truth: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fit Platt's sigmoid to held-out decisions, both of shape (n_posts, n_labels).

    Returns
    -------
    A slope and a shift per label, each of shape (n_labels,): the calibrated log-odds are
    decisions · slopes + shifts.
    """
    from sklearn.linear_model import LogisticRegression

    slopes, shifts = np.ones(truth.shape[1]), np.zeros(truth.shape[1])
    for column in range(truth.shape[1]):
        model = LogisticRegression(C=1e6, solver="lbfgs", max_iter=1000)
        model.fit(decisions[:, [column]], truth[:, column])
        slopes[column] = np.asarray(model.coef_)[0, 0]
        shifts[column] = np.asarray(model.intercept_)[0]
    return slopes, shifts


@dataclass(frozen=True, slots=True)
class LongScores:
    """Log-odds of long posts by a fold's model, whole and by their best windows.

    All three have shape (n_posts, n_labels); `truth` says which post bears which label.
    """

    whole: NDArray[np.float64]
    best: NDArray[np.float64]
    truth: NDArray[np.bool_]

    @classmethod
    def of(
        cls, classifier: Classifier, readings: Sequence[Reading], posts: Sequence[LabelledPost]
    ) -> LongScores:
        """Score those of `posts`, read as `readings`, that are long, by a model new to them."""
        pairs = zip(readings, posts, strict=True)
        long = [(reading, post) for reading, post in pairs if is_long(reading)]
        readings = [reading for reading, _ in long]
        return cls(
            classifier.whole_log_odds(readings),
            classifier.window_log_odds(readings),
            label_matrix([post for _, post in long]),
        )


def choose_margin(
    folds: Sequence[LongScores], slopes: NDArray[np.float64], shifts: NDArray[np.float64]
) -> float:
    """Choose how far a best window must stand out, by the log-loss on long posts, all labels."""
    whole = np.concatenate([fold.whole for fold in folds]) * slopes + shifts
    best = np.concatenate([fold.best for fold in folds]) * slopes + shifts
    sign = np.where(np.concatenate([fold.truth for fold in folds]), -1.0, 1.0)

    def loss(margin: float) -> float:
        return float(np.logaddexp(0.0, sign * np.maximum(whole, best - margin)).mean())

    return min(_MARGINS, key=loss)


def choose_thresholds(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> Policy:
    """Choose the default policy from held-out scores, both of shape (n_posts, n_labels).

    A core label is reviewed from where its F1 is greatest, another from where nine in ten flagged
    posts are right; either is blocked from where 97 in 100 are.
    """
    review, block = {}, {}
    for column, label in enumerate(LABELS):
        mine, right = scores[:, column], truth[:, column]
        if label in _CORE_LABELS:
            least = _best_score(mine, right)
        else:
            least = _least_score(mine, right, _REVIEW_PRECISION)
        review[label] = round(float(np.clip(least, *_REVIEW_RANGE)), 3)
        least = _least_score(mine, right, _BLOCK_PRECISION)
        block[label] = round(float(np.clip(least, review[label] + 0.05, 0.99)), 3)
    return Policy("default", review, block)


def _best_score(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """Give the score from which flagging has the greatest F1, the lowest of equals."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(truth[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + truth.sum())
    return float(scores[order[len(f1) - 1 - int(np.argmax(f1[::-1]))]])


def _least_score(scores: NDArray[np.float64], truth: NDArray[np.bool_], precision: float) -> float:
    """Give the lowest score from which the flagged posts are right in that share."""
    order = np.argsort(-scores, kind="stable")
    right = np.cumsum(truth[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(right >= precision)
    return float(scores[order[good[-1]]]) if len(good) else 1.0
