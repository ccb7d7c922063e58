"""Passages that make a post what it is, or only look so: to learn from as posts of their own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fanzha.calibrate import fit_sigmoids
from fanzha.classify import Classifier
from fanzha.corpus import N_FOLDS, LabelledPost
from fanzha.fit import fit_on
from fanzha.labels import LABELS
from fanzha.lessons import Lessons
from fanzha.windows import SENTENCES, WINDOWS

__all__ = ["mine"]

_HALVES: Final = (range(N_FOLDS // 2), range(N_FOLDS // 2, N_FOLDS))
"""The folds of each half; each is searched by a model of the other."""

_LEAST_CLEAN: Final = -1.5
"""Log-odds from which a clean passage is worth learning from; thresholds lie between 0 and 2."""

_LEAST_LABELLED: Final = 0.0
"""Log-odds from which a passage is believed to be what gives its post the label."""

_ALWAYS: Final = -100.0
"""A margin with which the best window counts, however much better the whole is."""

_BATCH_POSTS: Final = 2000


def mine(lessons: Lessons, seed: int) -> tuple[LabelledPost, ...]:
    """Find the runs of sentences that stand out for a label to a model new to their posts.

    Of each post the best run for each label. One of a clean post that the model would flag, or
    nearly, is as clean as the post; one of a labelled post of the corpus that it would flag for a
    label of the post bears that label. It is of the batch and family of its post; what is learned
    from already is left out. `seed` seeds the solver.
    """
    posts, truth = lessons.posts, lessons.truth
    folds = np.array([post.fold for post in posts])
    clean = ~truth.any(axis=1) & (np.arange(len(posts)) < lessons.n_scored)
    known = {post.text for post in posts}
    mined: list[LabelledPost] = []
    for half in _HALVES:
        searched = np.isin(folds, half)
        classifier = _classifier(lessons, searched, seed)
        rows = np.flatnonzero(searched & (clean | lessons.is_own))
        for row, text, labels in _passages(lessons, classifier, rows):
            if text not in known:
                known.add(text)
                of = posts[row]
                name = f"{of.id}+{len(mined)}"
                mined.append(LabelledPost(name, text, labels, of.batch, of.family))
    return tuple(mined)


def _classifier(lessons: Lessons, searched: NDArray[np.bool_], seed: int) -> Classifier:
    """Give a model of the other posts whose log-odds are those of the best run of sentences."""
    fitted = fit_on(lessons, ~searched, seed)
    own = np.flatnonzero(searched & lessons.is_own)
    slopes, shifts = fit_sigmoids(fitted.decide(own), lessons.truth[own])
    return Classifier(
        fitted.features,
        (fitted.weights * slopes).astype(np.float32),
        np.asarray(fitted.intercepts * slopes + shifts),
        np.array([_ALWAYS if kind is SENTENCES else np.inf for kind in WINDOWS]),
    )


def _passages(
    lessons: Lessons, classifier: Classifier, rows: NDArray[np.intp]
) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """Give the row, the text and the labels of the passages that stand out in some posts."""
    truth = lessons.truth
    for first in range(0, len(rows), _BATCH_POSTS):
        batch = rows[first : first + _BATCH_POSTS].tolist()
        readings = [lessons.material.readings[row] for row in batch]
        decisions = classifier.decide(readings)
        for at, (row, reading) in enumerate(zip(batch, readings, strict=True)):
            if not SENTENCES.places(reading.masked.text):
                continue
            is_clean = not truth[row].any()
            least = _LEAST_CLEAN if is_clean else _LEAST_LABELLED
            high = (decisions.log_odds[at] + _ALWAYS > least) & (truth[row] | is_clean)
            labels: defaultdict[tuple[int, int], list[str]] = defaultdict(list)
            for column in np.flatnonzero(high).tolist():
                place = int(decisions.starts[at, column]), int(decisions.ends[at, column])
                labels[place] += () if is_clean else (LABELS[column],)
            for (start, end), given in sorted(labels.items()):
                span = reading.masked.span(start, end)
                yield row, reading.text.text[span.start : span.end], tuple(given)
