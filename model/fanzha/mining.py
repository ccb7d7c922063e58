"""Passages of clean posts that a model takes for advertisements: as hard as clean posts can be."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from fanzha.calibrate import fit_sigmoids
from fanzha.classify import Classifier
from fanzha.corpus import N_FOLDS, LabelledPost
from fanzha.fit import fit_on
from fanzha.lessons import Lessons
from fanzha.material import Material
from fanzha.windows import SENTENCES, WINDOWS

__all__ = ["mine_clean"]

_HALVES: Final = (range(N_FOLDS // 2), range(N_FOLDS // 2, N_FOLDS))
"""The folds of each half; each is searched by a model of the other."""

_LEAST_LOG_ODDS: Final = -1.5
"""From which a passage is worth learning from; thresholds lie between 0 and 2."""

_ALWAYS: Final = -100.0
"""A margin with which the best window counts, however much better the whole is."""

_BATCH_POSTS: Final = 2000


def mine_clean(lessons: Lessons, seed: int) -> tuple[LabelledPost, ...]:
    """Find the runs of sentences in clean posts that a model new to them would flag, or nearly.

    Of each post the best run for each label. A passage is as clean as its post, and of its batch
    and family; one that is learned from already is left out. `seed` seeds the solver.
    """
    posts, truth = lessons.posts, lessons.truth
    folds = np.array([post.fold for post in posts])
    scored = np.arange(len(posts)) < lessons.n_scored
    known = {post.text for post in posts}
    mined: list[LabelledPost] = []
    for half in _HALVES:
        searched = np.isin(folds, half)
        fitted = fit_on(lessons, ~searched, seed)
        own = np.flatnonzero(searched & lessons.is_own)
        slopes, shifts = fit_sigmoids(fitted.decide(own), truth[own])
        classifier = Classifier(
            fitted.features,
            (fitted.weights * slopes).astype(np.float32),
            np.asarray(fitted.intercepts * slopes + shifts),
            np.array([_ALWAYS if kind is SENTENCES else np.inf for kind in WINDOWS]),
        )
        clean = np.flatnonzero(searched & scored & ~truth.any(axis=1))
        for post, text in _best_windows(lessons.material, classifier, clean):
            if text not in known:
                known.add(text)
                of = posts[post]
                mined.append(LabelledPost(f"{of.id}+{len(mined)}", text, (), of.batch, of.family))
    return tuple(mined)


def _best_windows(
    material: Material, classifier: Classifier, rows: NDArray[np.intp]
) -> list[tuple[int, str]]:
    """Give the row and the text of the passages of some posts that stand out for some label."""
    found: list[tuple[int, str]] = []
    for first in range(0, len(rows), _BATCH_POSTS):
        batch = rows[first : first + _BATCH_POSTS].tolist()
        readings = [material.readings[row] for row in batch]
        decisions = classifier.decide(readings)
        for at, (row, reading) in enumerate(zip(batch, readings, strict=True)):
            if not SENTENCES.places(reading.masked.text):
                continue
            high = decisions.log_odds[at] + _ALWAYS > _LEAST_LOG_ODDS
            starts, ends = decisions.starts[at][high].tolist(), decisions.ends[at][high].tolist()
            places = set(zip(starts, ends, strict=True))
            for start, end in sorted(places):
                span = reading.masked.span(start, end)
                found.append((row, reading.text.text[span.start : span.end]))
    return found
