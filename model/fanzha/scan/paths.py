"""The shortest way from a number to one that is proven fake, post by post."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fanzha.scan.company import KINDS, Company

__all__ = ["Paths", "Step"]

_NONE = -1


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path: `contact` stands in `post` with the next one, or shares a group with it.

    `kind` is one of `KINDS`. For `post`, `post` and `next_post` are the same; for `campaign` and
    `account`, the next contact stands in `next_post` of the same campaign or account. `name` is
    the account's, else empty.
    """

    contact: str
    kind: str
    post: str
    next_contact: str
    next_post: str
    name: str = ""


class Paths:
    """Shortest paths to the nearest of some contacts, found for all contacts at once.

    Parameters
    ----------
    company
        The company that counts.
    ends, barred
        Shape (n_contacts,): where paths end, and which contacts no path goes through.

    Notes
    -----
    Breadth first, level by level; of two steps the one through the smaller group is taken, so
    that a post of two numbers proves before a directory. O(n log n + levels · n) for n occurrences;
    a forum has few levels.
    """

    def __init__(
        self, company: Company, ends: NDArray[np.bool_], barred: NDArray[np.bool_]
    ) -> None:
        self._occurrences = company.occurrences
        sizes, firsts = [], [0]
        for group in company.groups:
            sizes.append(group.size)
            firsts.append(firsts[-1] + len(group.size))
        size = np.concatenate(sizes)
        contact = np.concatenate([group.contact for group in company.groups])
        group_of = np.concatenate(
            [group.group + first for group, first in zip(company.groups, firsts, strict=False)]
        )
        kind = np.repeat(np.arange(len(KINDS)), [len(group.group) for group in company.groups])
        post = np.concatenate([group.post for group in company.groups])
        useful = (size[group_of] > 1) & ~barred[contact]
        order = np.flatnonzero(useful)
        order = order[np.argsort(size[group_of[order]], kind="stable")]
        self._contact, self._group = contact[order], group_of[order]
        self._post, self._kind = post[order], kind[order]
        self._accounts = company.occurrences.account_of()
        # For a contact: its pair in the group that leads on. For a group: the pair led to.
        self._pair_of = np.full(len(ends), _NONE, dtype=np.int64)
        self._onward = np.full(len(size), _NONE, dtype=np.int64)
        self._search(ends)

    def _search(self, ends: NDArray[np.bool_]) -> None:
        reached = ends.copy()
        frontier = ends.copy()
        left = np.arange(len(self._contact))
        while frontier.any():
            left = left[(self._onward[self._group[left]] == _NONE) | ~reached[self._contact[left]]]
            hit = left[frontier[self._contact[left]] & (self._onward[self._group[left]] == _NONE)]
            groups, first = np.unique(self._group[hit], return_index=True)
            self._onward[groups] = hit[first]
            opened = np.zeros(len(self._onward), dtype=np.bool_)
            opened[groups] = True
            pairs = left[opened[self._group[left]] & ~reached[self._contact[left]]]
            contacts, first = np.unique(self._contact[pairs], return_index=True)
            self._pair_of[contacts] = pairs[first]
            reached[contacts] = True
            frontier = np.zeros_like(frontier)
            frontier[contacts] = True

    def of(self, contact: int) -> tuple[Step, ...]:
        """Give the path from a contact to the nearest end; empty from an end or without a path."""
        steps: list[Step] = []
        names = self._occurrences
        while (pair := int(self._pair_of[contact])) != _NONE:
            onward = int(self._onward[self._group[pair]])
            kind = KINDS[self._kind[pair]]
            account = self._accounts[self._post[pair]]
            after = int(self._contact[onward])
            steps.append(
                Step(
                    contact=names.contacts[contact],
                    kind=kind,
                    post=names.posts[self._post[pair]],
                    next_contact=names.contacts[after],
                    next_post=names.posts[self._post[onward]],
                    name=names.accounts[account] if kind == "account" else "",
                )
            )
            contact = after
        return tuple(steps)
