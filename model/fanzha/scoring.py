"""Scores of labelled posts, as a table to measure on."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from fanzha.corpus import LabelledPost
from fanzha.detector import Detector
from fanzha.labels import LABELS
from fanzha.post import Post

__all__ = ["score_posts"]


def score_posts(detector: Detector, posts: Iterable[LabelledPost]) -> NDArray[np.float64]:
    """Give the model's scores of the posts, shape (n_posts, n_labels).

    The screen has no part in them: it estimates only the scores of posts that pass.
    """
    verdicts = detector.without_screen().check_many(Post(post.text) for post in posts)
    rows = [[verdict.scores[label] for label in LABELS] for verdict in verdicts]
    return np.array(rows, dtype=np.float64).reshape(-1, len(LABELS))
