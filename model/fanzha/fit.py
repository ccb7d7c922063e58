"""The weights of a model, from rows and labels."""

from __future__ import annotations

from typing import Final, NamedTuple, cast

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.sparse import csr_array

from fanzha.brief import pack
from fanzha.classify import Classifier
from fanzha.features import Features, fact_value
from fanzha.labels import LABELS
from fanzha.lessons import Lessons
from fanzha.questions import decide

__all__ = ["Fitted", "fit", "fit_on"]

_STRENGTH: Final = 0.7
"""Inverse regularization; chosen on the folds."""

_MOST_WORDINGS: Final = 520_000
"""Columns of n-grams and words; with 350,000 as many labels are told apart, but less surely."""

_MOST_ROUNDS: Final = 3000

_FACTS_SHARE: Final = 1.4
"""How much of its weight a fact keeps, that has a part in one of the two answers that are added up;
twice the .7 of decision 6."""

_WORTH_PROCESSES: Final = 1_000_000
"""Stored values from which starting processes takes less time than it saves."""

_KNOWN: Final = (("hotlines:official", "fake_hotline", -8.0),)
"""What a fact adds to a decision by the policy and not by example: a post whose claimed numbers
are all published by those named gives no false line, whatever its wording."""


class Fitted(NamedTuple):
    """A model, not yet calibrated, and the rows of all posts in its columns.

    `weights` has shape (n_columns, n_questions), `intercepts` (n_questions,), as those of a
    classifier; `rows` (n_posts, n_columns).
    """

    features: Features
    weights: NDArray[np.float64]
    intercepts: NDArray[np.float64]
    rows: csr_array

    def decide(self, posts: NDArray[np.intp]) -> NDArray[np.float64]:
        """Give the decisions on some posts, by their rows; shape (len(posts), n_labels)."""
        return decide(np.asarray(self.rows[posts] @ self.weights + self.intercepts))

    def calibrated(
        self,
        slopes: NDArray[np.float64],
        shifts: NDArray[np.float64],
        margins: NDArray[np.float64],
    ) -> Classifier:
        """Give the classifier whose log-odds are the decisions times slopes plus shifts.

        All three have shape (n_labels,); `margins` are as in a classifier.
        """
        packed = pack(self.weights.astype(np.float32))
        return Classifier(self.features, packed, self.intercepts, slopes, shifts, margins)


def fit_on(lessons: Lessons, mine: NDArray[np.bool_], seed: int) -> Fitted:
    """Choose the columns and fit the weights on the posts in `mine`, shape (len(lessons.posts),).

    The columns are chosen from the corpus's own posts alone: of all that stands in enough of them,
    what moves the answers most when everything is weighed.
    """
    own = mine & lessons.is_own
    fitted = _fit_columns(lessons, mine, lessons.material.columns(own), seed)
    kept = _find_strongest(fitted, own)
    if not kept.all():
        fitted = _fit_columns(lessons, mine, fitted.features.keep(kept), seed)
    _add_known(fitted.features, fitted.weights)
    return fitted


def _fit_columns(
    lessons: Lessons, mine: NDArray[np.bool_], features: Features, seed: int
) -> Fitted:
    rows = lessons.material.rows(features)
    weights, intercepts = fit(
        rows[mine],
        lessons.truth[mine],
        lessons.counts[mine],
        lessons.material.scales(features),
        features.n_columns - len(features.facts),
        seed=seed,
    )
    return Fitted(features, weights, intercepts, rows)


def _find_strongest(fitted: Fitted, posts: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which n-grams and words move some answer most over the posts, shape (n_wording,).

    By their greatest weight, times the idf, times the root of the number of posts with them.
    """
    idf = np.concatenate([fitted.features.chars.idf, fitted.features.words.idf])
    n_posts_with = np.bincount(fitted.rows[posts].indices, minlength=fitted.rows.shape[1])
    moved = np.abs(fitted.weights[: len(idf)]).max(axis=1) * idf
    moved *= np.sqrt(n_posts_with[: len(idf)])
    kept = np.zeros(len(idf), dtype=np.bool_)
    # A stable sort, so that the choice among equals does not hang on its inner order.
    kept[np.argsort(-moved, kind="stable")[:_MOST_WORDINGS]] = True
    return kept


def fit(
    X: csr_array,
    truth: NDArray[np.bool_],
    counts: NDArray[np.float64],
    scales: NDArray[np.float64],
    n_wording: int,
    *,
    seed: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fit the answers; weights (n_columns, n_questions), intercepts (n_questions,).

    The questions of `fanzha.questions` are put to support vector machines, of which those that do
    not ask whether a post bears a label see its wording alone. The loss is the squared hinge:
    posts that are clearly on their side do not count.

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
    n_wording
        How many columns, the first, are n-grams and words; the rest are facts.
    seed
        Seeds the solver.
    """
    X = csr_array((X.data * scales[X.indices], X.indices, X.indptr), shape=X.shape)
    wording = csr_array(X[:, :n_wording])
    bearing = np.flatnonzero(truth.any(axis=1))
    labelled = csr_array(wording[bearing])
    tasks = [(X, column, counts) for column in truth.T]
    tasks += [(labelled, column, counts[bearing]) for column in truth[bearing].T]
    tasks.append((wording, truth.any(axis=1), counts))
    # Processes, not threads: liblinear draws from one generator of its process, so threads would
    # make the weights depend on their timing.
    workers = 1 if X.nnz < _WORTH_PROCESSES else -1
    fitted = cast(
        "list[tuple[NDArray[np.float64], float]]",
        Parallel(n_jobs=workers)(delayed(_fit_one)(*task, seed) for task in tasks),
    )
    n_labels = truth.shape[1]
    weights = np.zeros((X.shape[1], len(tasks)))
    for question, (answer, _) in enumerate(fitted):
        weights[: len(answer), question] = answer
    weights[n_wording:, :n_labels] *= _FACTS_SHARE
    return weights * scales[:, np.newaxis], np.array([intercept for _, intercept in fitted])


def _add_known(features: Features, weights: NDArray[np.float64]) -> None:
    """Add what the policy knows of facts to weights, shape (n_columns, n_questions); in place."""
    for fact, label, addition in _KNOWN:
        if (row := features.fact_column(fact)) is not None:
            weights[row, LABELS.index(label)] += addition / fact_value(fact)


def _fit_one(
    X: csr_array, truth: NDArray[np.bool_], counts: NDArray[np.float64], seed: int
) -> tuple[NDArray[np.float64], float]:
    from sklearn.svm import LinearSVC

    if len(truth) and truth.all():
        # Where all labelled posts bear the label, nothing is to be told apart.
        return np.zeros(X.shape[1]), 1.0
    model = LinearSVC(C=_STRENGTH, dual="auto", max_iter=_MOST_ROUNDS, random_state=seed)
    model.fit(X, truth, sample_weight=counts)
    return np.asarray(model.coef_)[0], float(np.asarray(model.intercept_)[0])
