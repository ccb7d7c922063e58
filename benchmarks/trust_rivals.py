"""What trust over numbers is compared with: simpler scores over the same occurrences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from fanzha.scan.trust import Trust

__all__ = ["SCORES", "shares_a_post"]


def lift(trust: Trust) -> NDArray[np.float64]:
    return trust.lift


def distrust_alone(trust: Trust) -> NDArray[np.float64]:
    return trust.distrust


def shares_a_post(trust: Trust) -> NDArray[np.float64]:
    """Count the posts that a contact shares with a proven fake, quotes left out alike."""
    posts = trust.company.groups[0]
    has_fake = np.bincount(posts.group[trust.fake[posts.contact]], minlength=len(posts.size)) > 0
    return np.bincount(posts.contact, has_fake[posts.group], len(trust.fake)).astype(np.float64)


def shares_any_post(trust: Trust) -> NDArray[np.float64]:
    """Tell whether a contact shares a post with a proven fake, quoted or claimed."""
    contact, post, _ = trust.company.occurrences.rows()
    has_fake = np.bincount(post[trust.fake[contact]], minlength=post.max() + 1) > 0
    return (np.bincount(contact, has_fake[post], len(trust.fake)) > 0).astype(np.float64)


def plain_count(trust: Trust) -> NDArray[np.float64]:
    contact, _, _ = trust.company.occurrences.rows()
    return np.bincount(contact, minlength=len(trust.fake)).astype(np.float64)


def flagged_count(trust: Trust) -> NDArray[np.float64]:
    contact, post, _ = trust.company.occurrences.rows()
    flagged = trust.company.occurrences.flagged()[post]
    return np.bincount(contact, flagged, len(trust.fake)).astype(np.float64)


def restart(trust: Trust) -> NDArray[np.float64]:
    """Walk with restart from the proven numbers (TrustRank and Anti-TrustRank), trust taken off."""
    n, first, rows, columns = len(trust.fake), 0, [], []
    for group in trust.company.groups:
        rows.append(group.contact)
        columns.append(group.group + first)
        first += len(group.size)
    row, column = np.concatenate(rows), np.concatenate(columns)
    member = csr_array((np.ones(len(row)), (row, column)), shape=(n, first))
    out = 1.0 / np.maximum(np.bincount(row, minlength=n), 1)
    share = 1.0 / np.maximum(np.bincount(column, minlength=first), 1)
    start = np.column_stack([trust.fake, trust.official]).astype(np.float64)
    start /= np.maximum(start.sum(axis=0), 1)
    mass = start
    for _ in range(43):
        mass = 0.15 * start + 0.85 * (
            member @ (share[:, None] * (member.T @ (out[:, None] * mass)))
        )
    return np.asarray(mass[:, 0] - mass[:, 1])


SCORES: Final[dict[str, Callable[[Trust], NDArray[np.float64]]]] = {
    "lift": lift,
    "distrust alone, no trust": distrust_alone,
    "walk with restart from the proven numbers": restart,
    "number of posts shared with a proven fake, quotes left out": shares_a_post,
    "shares a post with a proven fake": shares_any_post,
    "number of flagged posts": flagged_count,
    "number of posts": plain_count,
}
