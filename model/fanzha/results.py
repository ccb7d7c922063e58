"""What the compiled kernel says of posts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanzha.handles import Lead

__all__ = ["Decisions", "Found", "Sights"]


class Decisions(NamedTuple):
    """The log-odds of posts, shape (n_posts, n_labels), and the stretch that each came from."""

    log_odds: NDArray[np.float64]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]

    def of(self, posts: Sequence[int]) -> Decisions:
        """Give those of some of the posts, in their order."""
        rows = np.array(posts, dtype=np.intp)
        return Decisions(self.log_odds[rows], self.starts[rows], self.ends[rows])


class Sights(NamedTuple):
    """What a look at posts saw.

    `seen` has what may be found in each post, bits of `fanzha.look`. `log_odds`, shape (n_posts,
    n_labels), is what a screen makes of each, without columns where there was none. `leads` are
    left for Python to follow; `crowded` says that there may be more. `spots`, shape (n_spots, 3),
    has where something may stand in posts that are below the cuts as a whole: the post, and the
    start and the end in its folded text; in order and apart.
    """

    seen: bytearray
    log_odds: NDArray[np.float32]
    leads: list[Lead]
    crowded: bool = False
    spots: NDArray[np.int32] = np.empty((0, 3), dtype=np.int32)

    def of(self, posts: Sequence[int]) -> Sights:
        """Give what was seen in some of the posts, in their order; without `log_odds`."""
        at = {post: number for number, post in enumerate(posts)}
        leads = [Lead.from_buffer_copy(lead) for lead in self.leads if lead.post in at]
        for lead in leads:
            lead.post = at[lead.post]
        seen = bytearray(self.seen[post] for post in posts)
        spots = [[at[post], *place] for post, *place in self.spots.tolist() if post in at]
        places = np.array(spots, dtype=np.int32).reshape(-1, 3)
        return Sights(seen, self.log_odds[:0], leads, spots=places)


class Found(NamedTuple):
    """What the tables say of some texts.

    `sums`, shape (n_texts, n_labels), is what the facts of each add to the log-odds. `firings`,
    shape (n_firings, 3), has the number of a rule, and where it fired; those of a text end before
    `ends`, shape (n_texts,). Where `doubts`, of the same shape, is true, what seems a term may be
    part of honest words, and the rest holds if it is not.
    """

    sums: NDArray[np.float64]
    firings: NDArray[np.int32]
    ends: NDArray[np.int64]
    doubts: NDArray[np.bool_]
