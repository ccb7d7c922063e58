"""What a model learns from: the posts of a corpus, others, and what is made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fanzha.augment import cut_clean, rewrite
from fanzha.corpus import LabelledPost, label_matrix
from fanzha.material import Material
from fanzha.post import Post
from fanzha.reading import Reader, Reading

__all__ = ["Lessons", "find_ordinary"]

_COPY_WEIGHT: Final = 0.5
"""As how many posts a misspelt copy counts in learning."""

_NEARLY_ALL: Final = 0.9


@dataclass(frozen=True, slots=True)
class Lessons:
    """Posts to learn from and what occurs in them.

    First stand the `n_own` posts of the corpus, then others up to `n_scored`; the rest is made of
    these, and nothing is measured on it. `counts`, shape (len(posts),), says as how many posts each
    counts.
    """

    posts: tuple[LabelledPost, ...]
    material: Material
    counts: NDArray[np.float64]
    n_own: int
    n_scored: int

    @classmethod
    def make(
        cls,
        reader: Reader,
        own: Sequence[LabelledPost],
        others: Sequence[LabelledPost],
        seed: int,
    ) -> Lessons:
        """Make the lessons of a corpus's own posts and others.

        Sentences of the clean ones of the corpus in which the tables find something are clean
        posts of their own, and each of its posts has a copy that is misspelt or in quotation marks.
        """
        given = (*own, *others)
        readings = _read(reader, given)
        parts = cut_clean(own, readings[: len(own)])
        copies = rewrite(own, readings[: len(own)], seed)
        posts = (*given, *parts, *copies)
        counts = np.ones(len(posts))
        counts[len(posts) - len(copies) :] = _COPY_WEIGHT
        readings += _read(reader, (*parts, *copies))
        material = Material.gather(reader, readings, len(own))
        return cls(posts, material, counts, len(own), len(given))

    def with_more(self, reader: Reader, posts: Sequence[LabelledPost]) -> Lessons:
        """Give the same with further posts that are made of these."""
        return replace(
            self,
            posts=(*self.posts, *posts),
            material=self.material.with_more(_read(reader, posts)),
            counts=np.append(self.counts, np.ones(len(posts))),
        )

    @property
    def truth(self) -> NDArray[np.bool_]:
        """Which labels the posts bear, shape (len(posts), n_labels)."""
        return label_matrix(self.posts)

    @property
    def is_own(self) -> NDArray[np.bool_]:
        """Which posts are the corpus's own, shape (len(posts),)."""
        return np.arange(len(self.posts)) < self.n_own

    @property
    def is_ordinary(self) -> NDArray[np.bool_]:
        """Which posts stand for what people mostly write, shape (len(posts),)."""
        return find_ordinary(self.posts, self.n_own)


def find_ordinary(posts: Sequence[LabelledPost], n_own: int) -> NDArray[np.bool_]:
    """Tell which posts stand for what people mostly write, shape (len(posts),).

    Those not the corpus's own, which are the first, and those of batches nearly all of which are
    clean: the others were written to set advertisements beside what looks like them.
    """
    own = posts[:n_own]
    n_posts = Counter(post.batch for post in own)
    n_clean = Counter(post.batch for post in own if not post.labels)
    clean = {batch for batch, n in n_posts.items() if n_clean[batch] >= _NEARLY_ALL * n}
    return np.array(
        [row >= n_own or post.batch in clean for row, post in enumerate(posts)], dtype=np.bool_
    )


def _read(reader: Reader, posts: Sequence[LabelledPost]) -> list[Reading]:
    return reader.read_many([Post(post.text) for post in posts])
