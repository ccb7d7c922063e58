"""Posts scored by models that have not seen their families."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from fanzha.augment import bury
from fanzha.calibrate import WindowScores
from fanzha.corpus import N_FOLDS, label_matrix
from fanzha.fit import fit_on
from fanzha.lessons import Lessons
from fanzha.post import Post
from fanzha.reading import Reader

__all__ = ["score_held_out"]

_BURIED: Final = (((600, 4000), 75), ((50, 400), 15))
"""How long the posts are that are made from each fold, and for how many of its posts one is made,
so that the margins of windows are learned from promotions in honest company too."""


def score_held_out(
    lessons: Lessons, reader: Reader, seed: int, say: Callable[[str], None]
) -> tuple[WindowScores, WindowScores]:
    """Score posts fold by fold, each by a model of the other folds.

    Parameters
    ----------
    lessons
        What the models learn from.
    reader
        Reads the posts that are made.
    seed
        Seeds the solver and what is made.
    say
        Is called with a line at each fold.

    Returns
    -------
    The scores of the first `lessons.n_scored` posts, and of posts made of each fold's own.
    """
    posts, truth, n_scored = lessons.posts, lessons.truth, lessons.n_scored
    folds = np.array([post.fold for post in posts])
    rows = np.arange(len(posts))
    whole, best = np.zeros((n_scored, truth.shape[1])), np.zeros((n_scored, truth.shape[1]))
    of_made: list[WindowScores] = []
    ones = np.ones(truth.shape[1])
    no_windows = np.full(truth.shape[1], np.inf)
    for fold in range(N_FOLDS):
        say(f"fold {fold + 1} of {N_FOLDS}")
        others = folds != fold
        mine = rows[~others & (rows < n_scored)]
        fitted = fit_on(lessons, others, seed)
        classifier = fitted.calibrated(ones, 0.0 * ones, no_windows)
        readings = [lessons.material.readings[row] for row in mine.tolist()]
        whole[mine] = fitted.decide(mine)
        best[mine] = classifier.window_log_odds(readings)
        own = mine[mine < lessons.n_own].tolist()
        for chars, every in _BURIED:
            made = bury([posts[row] for row in own], len(own) // every, seed + fold, chars)
            read = reader.read_many([Post(post.text) for post, _ in made])
            alone = np.full((len(made), truth.shape[1]), -np.inf)
            for number, (_, buried) in enumerate(made):
                if buried is not None:
                    alone[number] = whole[own[buried]]
            of_made.append(
                WindowScores(
                    classifier.whole_log_odds(read),
                    classifier.window_log_odds(read),
                    alone,
                    label_matrix([post for post, _ in made]),
                )
            )
    scores = WindowScores(whole, best, whole, truth[:n_scored])
    return scores, WindowScores.join(of_made)
