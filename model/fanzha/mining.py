"""Passages of clean posts that look like advertisements: to learn from as posts of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fanzha.augment import blank_marks
from fanzha.calibrate import fit_sigmoids
from fanzha.classify import Classifier
from fanzha.corpus import N_FOLDS, LabelledPost
from fanzha.fit import fit_on
from fanzha.lessons import Lessons
from fanzha.post import Post
from fanzha.reading import Reader, Reading
from fanzha.windows import find_windows

__all__ = ["mine"]

_HALVES: Final = (range(N_FOLDS // 2), range(N_FOLDS // 2, N_FOLDS))
"""The folds of each half; each is searched by a model of the other."""

_LEAST_LOG_ODDS: Final = -1.5
"""From which a passage is worth learning from; thresholds lie between 0 and 2."""

_ALWAYS: Final = -100.0
"""A margin with which the best window counts, however much better the whole is."""

_BATCH_POSTS: Final = 2000


def mine(lessons: Lessons, reader: Reader, seed: int) -> tuple[LabelledPost, ...]:
    """Find the runs of sentences in clean posts that a model new to them would flag, or nearly.

    Of each post the best run for each label; of the corpus's own also of a copy with blanks for
    marks, which end sentences where a comma does not. It is as clean as its post, and of its batch
    and family; what is learned from already is left out. `reader` reads the copies, `seed` seeds
    the solver.
    """
    posts = lessons.posts
    folds = np.array([post.fold for post in posts])
    clean = ~lessons.truth.any(axis=1) & (np.arange(len(posts)) < lessons.n_scored)
    known = {post.text for post in posts}
    mined: list[LabelledPost] = []
    for half in _HALVES:
        searched = np.isin(folds, half)
        classifier = _classifier(lessons, searched, seed)
        rows = np.flatnonzero(searched & clean).tolist()
        copies = blank_marks([posts[row] for row in rows if row < lessons.n_own])
        found = (
            [posts[row] for row in rows] + [*copies],
            [lessons.material.readings[row] for row in rows]
            + reader.read_many([Post(copy.text) for copy in copies]),
        )
        for of, text in _passages(classifier, *found):
            if text not in known:
                known.add(text)
                mined.append(LabelledPost(f"{of.id}+{len(mined)}", text, (), of.batch, of.family))
    return tuple(mined)


def _classifier(lessons: Lessons, searched: NDArray[np.bool_], seed: int) -> Classifier:
    """Give a model of the other posts whose log-odds are those of the best run of sentences."""
    fitted = fit_on(lessons, ~searched, seed)
    own = np.flatnonzero(searched & lessons.is_own)
    slopes, shifts = fit_sigmoids(fitted.decide(own), lessons.truth[own])
    return fitted.calibrated(slopes, shifts, np.full(len(slopes), _ALWAYS))


def _passages(
    classifier: Classifier, posts: Sequence[LabelledPost], readings: Sequence[Reading]
) -> Iterator[tuple[LabelledPost, str]]:
    """Give the passages that stand out in some posts, each with its post."""
    for first in range(0, len(posts), _BATCH_POSTS):
        batch = readings[first : first + _BATCH_POSTS]
        decisions = classifier.decide(batch)
        for at, reading in enumerate(batch):
            if not find_windows(reading.masked.text):
                continue
            high = decisions.log_odds[at] + _ALWAYS > _LEAST_LOG_ODDS
            starts, ends = decisions.starts[at][high].tolist(), decisions.ends[at][high].tolist()
            for start, end in sorted(set(zip(starts, ends, strict=True))):
                span = reading.masked.span(start, end)
                yield posts[first + at], reading.text.text[span.start : span.end]
