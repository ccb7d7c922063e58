"""Trust and distrust over numbers that keep company, by walks that end at what is proven."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fanzha.scan.company import Company, Group
from fanzha.scan.occurrences import STANDINGS, Occurrences

__all__ = ["Trust", "Walk", "weigh"]

_TOLERANCE: Final = 1e-3
_CLAIMED, _FAKE, _OFFICIAL = (STANDINGS.index(one) for one in ("claimed", "fake", "official"))


@dataclass(frozen=True, slots=True)
class Walk:
    """How a walk goes over the company that a number keeps.

    Parameters
    ----------
    stop
        Chance to stop before each step, in (0, 1): company of company counts less. 0.15 as in
        PageRank (Brin & Page 1998).
    nobody
        Groups added to each number's own in which it is among nobody, so that one coincidence
        weighs less than company kept again and again.
    post, campaign, account
        How often a walk leaves by each kind of group, among the kinds that a number has.
    """

    stop: float = 0.15
    nobody: float = 0.5
    post: float = 1.0
    campaign: float = 1.0
    account: float = 1.0

    @property
    def rounds(self) -> int:
        """Steps after which what is left of a walk weighs less than a thousandth."""
        return math.ceil(math.log(_TOLERANCE) / math.log(1 - self.stop))


@dataclass(frozen=True, slots=True)
class Trust:
    """What the company of each contact says of it; arrays of shape (n_contacts,).

    `distrust` and `trust` are the chances, in [0, 1], that a walk from the contact ends at a
    number proven fake, or at an official one; together at most 1. `fake` and `official` are
    those numbers, whose own values are 1. `lift` is distrust · (1 - trust), and 0 for them.
    """

    company: Company
    distrust: NDArray[np.float64]
    trust: NDArray[np.float64]
    fake: NDArray[np.bool_]
    official: NDArray[np.bool_]

    @property
    def lift(self) -> NDArray[np.float64]:
        """How far an unproven contact is lifted, in [0, 1]."""
        lift = self.distrust * (1 - self.trust)
        lift[self.fake | self.official] = 0.0
        return lift


def weigh(occurrences: Occurrences, walk: Walk | None = None) -> Trust:
    """Let distrust flow from numbers proven fake and trust from official ones.

    From each contact a walk goes to one of its groups (its posts, campaigns and accounts), and
    from there to another contact of that group, all equally likely. It ends at a proven number
    or stops on the way. A large group, such as a directory, so gives each of its contacts only
    a small share of what it holds.

    Parameters
    ----------
    walk
        The parameters; by default those of `Walk`.

    Notes
    -----
    What counts as company:

    - A fake is one that some post claims and the registry or a rule disproves, unless it is
      official elsewhere; it ends a walk with the share of its claims that are disproven. It
      keeps company only where it is claimed: a post that quotes it and claims no number warns,
      reports or asks, and is left out altogether.
    - An official number gives trust only in posts that pass and give it for its owner: crews
      quote one as bait.

    O(occurrences) a round, `walk.rounds` rounds, after one sort of the occurrences.

    Sources: the task and co-occurrence as its means, Li, Liu, Zhang & Ma 2014, AAAI,
    doi:10.1609/aaai.v28i1.8702. Two walks, one from each side: Gyöngyi et al. 2004 (TrustRank)
    and Krishnan & Raj 2006 (Anti-TrustRank). Walks that end at labelled nodes, so that scores
    are chances and do not grow with how often a number is posted: Zhu, Ghahramani & Lafferty
    2003, ICML, and Baluja et al. 2008, WWW (Adsorption).
    """
    walk = walk or Walk()
    rows = contact, post, standing = occurrences.rows()
    n_contacts = len(occurrences.contacts)
    proven = np.bincount(contact[standing == _FAKE], minlength=n_contacts)
    unproven = np.bincount(contact[standing == _CLAIMED], minlength=n_contacts)
    official = np.bincount(contact[standing == _OFFICIAL], minlength=n_contacts) > 0
    fake = (proven > 0) & ~official
    strength = np.where(fake, proven / np.maximum(proven + unproven, 1), 0.0)
    counted = _counted(occurrences, rows, fake, official)
    company = Company.of(occurrences, contact[counted], post[counted])
    used = [
        (weight, group)
        for weight, group in zip(
            (walk.post, walk.campaign, walk.account), company.groups, strict=True
        )
        if weight > 0
    ]
    steps = [group.transition(walk.nobody) for _, group in used]
    shares = _shares(used, n_contacts) * (1 - walk.stop)
    at_end = np.column_stack([strength, official.astype(np.float64)])
    onward = 1.0 - at_end.sum(axis=1, keepdims=True)
    ends = at_end.copy()
    for _ in range(walk.rounds):
        stepped = np.zeros_like(ends)
        for share, step in zip(shares, steps, strict=True):
            stepped += share[:, None] * step(ends)
        ends = at_end + onward * stepped
    distrust, trust = ends[:, 0], ends[:, 1]
    return Trust(company, distrust, trust, fake, official)


def _counted(
    occurrences: Occurrences,
    rows: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int8]],
    fake: NDArray[np.bool_],
    official: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Tell which occurrences are company; see the notes of `weigh`."""
    contact, post, standing = rows
    n_posts = len(occurrences.posts)
    quoted = fake[contact] & (standing != _FAKE) & (standing != _CLAIMED)
    claims = np.zeros(n_posts, dtype=np.bool_)
    claims[post[(standing == _FAKE) | (standing == _CLAIMED)]] = True
    speaks_of = np.zeros(n_posts, dtype=np.bool_)
    speaks_of[post[quoted]] = True
    speaks_of &= ~claims
    bait = official[contact] & ((standing != _OFFICIAL) | occurrences.flagged()[post])
    left_out: NDArray[np.bool_] = quoted | bait | speaks_of[post]
    return ~left_out


def _shares(used: list[tuple[float, Group]], n_contacts: int) -> NDArray[np.float64]:
    """Give the chance of each kind of group for each contact, shape (n_kinds, n_contacts)."""
    weights = np.zeros((len(used), n_contacts))
    for row, (weight, group) in enumerate(used):
        weights[row, group.n_groups > 0] = weight
    total = weights.sum(axis=0)
    return weights / np.where(total > 0, total, 1.0)
