"""The weights of a linear model, from rows and labels."""

from __future__ import annotations

from typing import Final, cast

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.sparse import csr_array

from fanzha.features import Features, fact_value
from fanzha.labels import LABELS

__all__ = ["add_known", "fit"]

_STRENGTH: Final = 0.7
"""Inverse regularization; chosen on the folds."""

_MOST_ROUNDS: Final = 3000

_WORTH_PROCESSES: Final = 1_000_000
"""Stored values from which starting processes takes less time than it saves."""

_KNOWN: Final = (("hotlines:official", "fake_hotline", -4.0),)
"""What a fact adds to a label's log-odds by the policy and not by example: a post whose claimed
numbers are all published by those named gives no false line, whatever its wording."""


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


def add_known(features: Features, weights: NDArray[np.float64]) -> None:
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
