"""The weights of a linear model, from rows and labels."""

from __future__ import annotations

from typing import Final, NamedTuple, cast

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.sparse import csr_array

from fanzha.features import Features, fact_value
from fanzha.labels import LABELS
from fanzha.lessons import Lessons

__all__ = ["Fitted", "fit", "fit_on"]

_STRENGTH: Final = 0.7
"""Inverse regularization; chosen on the folds."""

_MOST_ROUNDS: Final = 3000

_WORTH_PROCESSES: Final = 1_000_000
"""Stored values from which starting processes takes less time than it saves."""

_KNOWN: Final = (("hotlines:official", "fake_hotline", -4.0),)
"""What a fact adds to a label's log-odds by the policy and not by example: a post whose claimed
numbers are all published by those named gives no false line, whatever its wording."""


class Fitted(NamedTuple):
    """A linear model, not yet calibrated, and the rows of all posts in its columns.

    `weights` has shape (n_columns, n_labels), `intercepts` (n_labels,), `rows` (n_posts,
    n_columns).
    """

    features: Features
    weights: NDArray[np.float64]
    intercepts: NDArray[np.float64]
    rows: csr_array

    def decide(self, posts: NDArray[np.intp]) -> NDArray[np.float64]:
        """Give the decisions on some posts, by their rows; shape (len(posts), n_labels)."""
        return np.asarray(self.rows[posts] @ self.weights + self.intercepts)


def fit_on(lessons: Lessons, mine: NDArray[np.bool_], seed: int) -> Fitted:
    """Choose the columns and fit the weights on the posts in `mine`, shape (len(lessons.posts),).

    The columns are chosen from the corpus's own posts alone.
    """
    truth, material = lessons.truth, lessons.material
    features = material.choose(mine & lessons.is_own, truth)
    rows = material.rows(features)
    weights, intercepts = fit(
        rows[mine], truth[mine], lessons.counts[mine], material.scales(features), seed
    )
    _add_known(features, weights)
    return Fitted(features, weights, intercepts, rows)


def fit(
    X: csr_array,
    truth: NDArray[np.bool_],
    counts: NDArray[np.float64],
    scales: NDArray[np.float64],
    seed: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fit one support vector machine a label; weights (n_columns, n_labels), intercepts.

    The loss is the squared hinge: posts that are clearly on their side do not count.

    Parameters
    ----------
    X
        Rows of shape (n_posts, n_columns).
    truth
        Which labels the posts bear; shape (n_posts, n_labels).
    counts
        As how many posts each counts; shape (n_posts,).
    scales
        How great the weight of each column is expected to be beside the others': what is
        regularized is the weight divided by this. Shape (n_columns,).
    seed
        Seeds the solver.
    """
    X = csr_array((X.data * scales[X.indices], X.indices, X.indptr), shape=X.shape)
    # Processes, not threads: liblinear draws from one generator of its process, so threads would
    # make the weights depend on their timing.
    workers = 1 if X.nnz < _WORTH_PROCESSES else -1
    fitted = cast(
        "list[tuple[NDArray[np.float64], float]]",
        Parallel(n_jobs=workers)(
            delayed(_fit_label)(X, column, counts, seed) for column in truth.T
        ),
    )
    weights = np.column_stack([weights for weights, _ in fitted]) * scales[:, np.newaxis]
    return weights, np.array([intercept for _, intercept in fitted])


def _add_known(features: Features, weights: NDArray[np.float64]) -> None:
    """Add to weights, shape (n_columns, n_labels), what the policy knows of a fact; in place."""
    for fact, label, addition in _KNOWN:
        if (row := features.fact_column(fact)) is not None:
            weights[row, LABELS.index(label)] += addition / fact_value(fact)


def _fit_label(
    X: csr_array, truth: NDArray[np.bool_], counts: NDArray[np.float64], seed: int
) -> tuple[NDArray[np.float64], float]:
    from sklearn.svm import LinearSVC

    model = LinearSVC(C=_STRENGTH, dual="auto", max_iter=_MOST_ROUNDS, random_state=seed)
    model.fit(X, truth, sample_weight=counts)
    return np.asarray(model.coef_)[0], float(np.asarray(model.intercept_)[0])
