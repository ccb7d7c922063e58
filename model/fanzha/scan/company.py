"""The company that numbers keep: contacts and the posts, campaigns and accounts they share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from fanzha.scan.occurrences import Occurrences

__all__ = ["KINDS", "Company", "Group"]

KINDS: Final = ("post", "campaign", "account")
"""What contacts can share, the closest company first."""


@dataclass(frozen=True, slots=True)
class Group:
    """All groups of one kind: which contact is in which, each pair once, sorted by contact.

    Parameters
    ----------
    contact, group, post
        Shape (n_pairs,): the contact, the group, and the first post in which it occurs there.
    n_groups
        Shape (n_contacts,): in how many groups each contact is.
    size
        Shape (number of groups,): how many contacts each group has.
    """

    contact: NDArray[np.int32]
    group: NDArray[np.int32]
    post: NDArray[np.int32]
    n_groups: NDArray[np.intp]
    size: NDArray[np.intp]

    @classmethod
    def of(
        cls,
        contact: NDArray[np.int32],
        group: NDArray[np.int32],
        post: NDArray[np.int32],
        n_contacts: int,
    ) -> Group:
        """Make the groups of one kind from occurrences, in any order; group -1 is none."""
        has_group = group >= 0
        contact, group, post = contact[has_group], group[has_group], post[has_group]
        n_known = int(group.max(initial=-1)) + 1
        pairs = contact.astype(np.int64) * max(n_known, 1) + group
        _, first = np.unique(pairs, return_index=True)
        contact, group, post = contact[first], group[first], post[first]
        return cls(
            contact,
            group,
            post,
            np.bincount(contact, minlength=n_contacts),
            np.bincount(group, minlength=n_known),
        )

    def transition(self, nobody: float) -> Transition:
        """Give the step by which a walk goes from each contact to another of one of its groups.

        Parameters
        ----------
        nobody
            Groups of value 0 that are added to those of each contact.
        """
        n_contacts = len(self.n_groups)
        shared = self.size > 1
        share = np.where(shared, 1.0 / np.maximum(self.size - 1, 1), 0.0)
        alone = np.bincount(self.contact, ~shared[self.group], n_contacts)
        own = np.bincount(self.contact, share[self.group], n_contacts)
        members = csr_array(
            (np.ones(len(self.contact)), (self.contact, self.group)),
            shape=(n_contacts, len(self.size)),
        )
        scale = 1.0 / (np.maximum(self.n_groups, 1) + nobody)
        return Transition(members, share, (alone - own).astype(np.float64), scale)


@dataclass(frozen=True, slots=True)
class Transition:
    """One step of a walk through the groups of one kind; O(pairs), without the pairs' squares."""

    members: csr_array
    share: NDArray[np.float64]
    back: NDArray[np.float64]
    scale: NDArray[np.float64]

    def __call__(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give each contact the mean, over its groups, of the others' mean value there.

        Shapes (n_contacts, n_columns). In a group where a contact is alone it meets its own value.
        """
        sums = self.share[:, None] * (self.members.T @ values)
        met = self.members @ sums + self.back[:, None] * values
        return np.asarray(met * self.scale[:, None])


@dataclass(frozen=True, slots=True)
class Company:
    """Contacts and their groups; `groups` in the order of `KINDS`."""

    occurrences: Occurrences
    groups: tuple[Group, ...]

    @classmethod
    def of(
        cls, occurrences: Occurrences, contact: NDArray[np.int32], post: NDArray[np.int32]
    ) -> Company:
        """Build the company of the occurrences that count; O(n log n).

        A campaign or an account of a single post tells no more than that post and is left out.
        """
        n_contacts = len(occurrences.contacts)
        posts = np.zeros(len(occurrences.posts), dtype=np.bool_)
        posts[post] = True
        keys = (
            np.arange(len(posts), dtype=np.int32),
            _of_several(occurrences.campaign_of(), posts),
            _of_several(occurrences.account_of(), posts),
        )
        groups = tuple(Group.of(contact, key[post], post, n_contacts) for key in keys)
        return cls(occurrences, groups)


def _of_several(keys: NDArray[np.int32], posts: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Give each post's key where several of `posts` bear it, else -1."""
    counts = np.bincount(keys[posts & (keys >= 0)], minlength=int(keys.max(initial=-1)) + 1)
    several = keys >= 0
    several[several] = counts[keys[several]] > 1
    return np.where(several, keys, np.int32(-1))
