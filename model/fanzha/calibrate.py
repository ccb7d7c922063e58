"""From held-out decisions to probabilities, thresholds, and how far a window must stand out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fanzha.labels import LABELS
from fanzha.policy import Policy

__all__ = [
    "WindowScores",
    "choose_margins",
    "choose_thresholds",
    "fit_sigmoids",
    "weigh_posts",
]

_MARGINS: Final = np.arange(33) / 4

_AS_GOOD: Final = 0.005
"""The F1 by which two choices count as equal: its curve is flat, and its top moves by chance."""

_CORE_LABELS: Final = ("cash_out", "fake_hotline")
"""What the product is for: these are judged by F1 alone, and found where they are buried."""

_MOST_LOST: Final = 0.03

_MOST_ORDINARY: Final = 1 / 3000
"""Share of ordinary posts that a label other than these may take from their readers, ..."""

_REVIEW_PRECISION: Final = 0.9
"""... unless flagged posts are right in this share all the same."""

_NEXT_SCORE: Final = 0.001
"""Between a score and the next: thresholds have three digits."""

_CLEAN_PER_LABELLED: Final = 3.0
"""Of four posts three count as clean, whatever share of the corpus is."""

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
class WindowScores:
    """Log-odds of some posts by a fold's model, whole and by the best window.

    All of shape (n_posts, n_labels). `best` is minus infinity where a post is too short for
    windows; `alone` is what a promotion buried in the post has by itself, minus infinity where none
    is, and `whole` for posts that are not made.
    """

    whole: NDArray[np.float64]
    best: NDArray[np.float64]
    alone: NDArray[np.float64]
    truth: NDArray[np.bool_]

    @classmethod
    def join(cls, parts: Sequence[WindowScores]) -> WindowScores:
        """Put the posts of several folds into one."""
        return cls(
            np.concatenate([part.whole for part in parts]),
            np.concatenate([part.best for part in parts]),
            np.concatenate([part.alone for part in parts]),
            np.concatenate([part.truth for part in parts]),
        )

    def calibrated(self, slopes: NDArray[np.float64], shifts: NDArray[np.float64]) -> WindowScores:
        """Give the same on the scale of calibrated log-odds."""
        return WindowScores(
            self.whole * slopes + shifts,
            self.best * slopes + shifts,
            self.alone * slopes + shifts,
            self.truth,
        )

    def log_odds(self, margins: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give what a classifier with these margins, shape (n_labels,), would give."""
        return np.maximum(self.whole, self.best - margins)


def choose_margins(
    held_out: WindowScores,
    buried: WindowScores,
    weights: NDArray[np.float64],
    review: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Choose how far the best window of a post must stand out, shape (n_labels,).

    The core labels have one margin: the greatest that loses no more than three in a hundred of the
    buried promotions that are found without any, of those that are found alone, for whoever is
    looked for pads first. The others have another: the least with which the F1 of the labels
    given, on the posts that have windows, is as good as greatest, since most long posts bury
    nothing. It is the core labels' too where nothing of them is buried.

    Parameters
    ----------
    held_out, buried
        Scores of the corpus's posts and the background's, and of posts made of them.
    weights
        How much each of these posts counts, shape (n_held_out + n_buried,).
    review
        From which log-odds a label is given, shape (n_labels,).
    """
    margins = np.full(len(review), _choose_common_margin(held_out, buried, weights, review))
    core = [LABELS.index(label) for label in _CORE_LABELS]
    found = buried.truth[:, core] & (buried.alone[:, core] >= review[core])
    if found.any():
        whole, best = buried.whole[:, core], buried.best[:, core]
        kept = np.array(
            [(np.maximum(whole, best - one) >= review[core])[found].mean() for one in _MARGINS]
        )
        margins[core] = _MARGINS[np.flatnonzero(kept >= kept[0] - _MOST_LOST)[-1]]
    return margins


def _choose_common_margin(
    held_out: WindowScores,
    buried: WindowScores,
    weights: NDArray[np.float64],
    review: NDArray[np.float64],
) -> float:
    scores = WindowScores.join([held_out, buried])
    cut = np.isfinite(scores.best[:, 0])
    whole, best, truth = scores.whole[cut], scores.best[cut], scores.truth[cut]
    f1 = np.array(
        [
            _f1(np.maximum(whole, best - margin) >= review, truth, weights[cut])
            for margin in _MARGINS
        ]
    )
    return float(_MARGINS[np.flatnonzero(f1 >= f1.max() - _AS_GOOD)[0]])


def weigh_posts(truth: NDArray[np.bool_], own: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Give how much each post counts where thresholds are chosen, shape (n_posts,).

    As if three in four posts of the corpus, those in `own`, were clean: what a score promises must
    not loosen as advertisements are added.
    """
    clean = ~truth.any(axis=1)
    n_clean = int((clean & own).sum())
    weight = _CLEAN_PER_LABELLED * int((~clean & own).sum()) / n_clean if n_clean else 1.0
    return np.where(clean, weight, 1.0)


def choose_thresholds(
    scores: NDArray[np.float64],
    truth: NDArray[np.bool_],
    own: NDArray[np.bool_],
    ordinary: NDArray[np.bool_],
) -> Policy:
    """Choose the default policy from held-out scores, both of shape (n_posts, n_labels).

    A core label is reviewed from the middle of the scores whose F1 is as good as the greatest.
    Another is too, as far as no more than one in three thousand ordinary posts reaches that score;
    else from where as few do, or from where nine in ten flagged posts are right, if that is
    earlier. All are blocked from where 97 in 100 are right. `own` tells the corpus's posts, see
    `weigh_posts`, `ordinary` those that stand for what people mostly write; both of shape
    (n_posts,).
    """
    weights = weigh_posts(truth, own)
    clean = ordinary & ~truth.any(axis=1)
    review, block = {}, {}
    for column, label in enumerate(LABELS):
        mine, right = scores[:, column], truth[:, column]
        least = _best_score(mine, right, weights)
        if label not in _CORE_LABELS:
            early = max(least, _rare_score(mine[clean]))
            least = min(early, _least_score(mine, right, weights, _REVIEW_PRECISION))
        review[label] = round(float(np.clip(least, *_REVIEW_RANGE)), 3)
        least = _least_score(mine, right, weights, _BLOCK_PRECISION)
        block[label] = round(float(np.clip(least, review[label] + 0.05, 0.99)), 3)
    return Policy("default", review, block)


def _best_score(
    scores: NDArray[np.float64], truth: NDArray[np.bool_], weights: NDArray[np.float64]
) -> float:
    """Give the score from which flagging has an F1 by weight as good as the greatest.

    Of the scores between the highest and the lowest such, the middle of their log-odds: the ends
    move by chance.
    """
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(truth[order])
    f1 = 2 * hits / (np.cumsum(weights[order]) + truth.sum())
    good = np.flatnonzero(f1 >= f1.max() - _AS_GOOD)[[0, -1]]
    ends = np.clip(scores[order[good]], 1e-9, 1 - 1e-9)
    middle = np.log(ends / (1 - ends)).mean()
    return float(1 / (1 + np.exp(-middle)))


def _rare_score(scores: NDArray[np.float64]) -> float:
    """Give a score that few enough ordinary posts reach; 0 where there are few of them."""
    most = int(_MOST_ORDINARY * len(scores))
    return float(np.sort(scores)[-most - 1]) + _NEXT_SCORE if most else 0.0


def _f1(
    flagged: NDArray[np.bool_], truth: NDArray[np.bool_], weights: NDArray[np.float64]
) -> float:
    """Give the F1 over all labels by weight; 1 where nothing is to be found and nothing is."""
    total = weights @ (flagged.sum(axis=1) + truth.sum(axis=1))
    return float(2 * (weights @ (flagged & truth).sum(axis=1)) / total) if total else 1.0


def _least_score(
    scores: NDArray[np.float64],
    truth: NDArray[np.bool_],
    weights: NDArray[np.float64],
    precision: float,
) -> float:
    """Give the lowest score from which the flagged posts are right in that share by weight."""
    order = np.argsort(-scores, kind="stable")
    weights = weights[order]
    right = np.cumsum(weights * truth[order]) / np.cumsum(weights)
    good = np.flatnonzero(right >= precision)
    return float(scores[order[good[-1]]]) if len(good) else 1.0
