"""Join posts that share a wording or a contact, unless what they share is too common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

__all__ = ["LONG_WORDING_CHARS", "MAX_BRIDGED", "MAX_BRIDGED_WEAKLY", "Joining"]

LONG_WORDING_CHARS: Final = 24
"""Letters from which a wording is proof enough that its posts have one origin."""

MAX_BRIDGED: Final = 32
"""Groups with a number or chat id of their own that one number or chat id joins."""

MAX_BRIDGED_WEAKLY: Final = 8
"""Groups of several posts that one link, address or short wording joins."""

_WEAK: Final = ("link:", "email:")


class Joining:
    """Groups posts, numbered from 0, by what they share; union-find, O(n log n).

    Long wordings join first, then numbers and chat ids, the rare before the frequent, last links
    and short wordings. What would join too many groups that stand on something of their own is
    taken for common property, such as a platform's address or a stock phrase, and joins nothing: so
    no single word or contact draws the campaigns of a forum into one.

    Examples
    --------
    >>> joining = Joining(4)
    >>> joining.join([(30, [0, 1])], {"4000000001": [1, 3]})
    ()
    >>> joining.groups()
    [[0, 1, 3]]
    """

    def __init__(self, n_posts: int) -> None:
        self._parent = list(range(n_posts))
        self._size = [1] * n_posts
        self._owns = [False] * n_posts

    def join(
        self, wordings: Iterable[tuple[int, Sequence[int]]], contacts: Mapping[str, Sequence[int]]
    ) -> tuple[str, ...]:
        """Join the posts of each wording and of each contact; once.

        Parameters
        ----------
        wordings
            For each group of near-duplicates the letters of its wording and its posts.
        contacts
            The posts that give each contact.

        Returns
        -------
        The contacts that were too common.
        """
        shared = sorted(wordings, key=lambda one: (len(one[1]), one[1][0]))
        for n_chars, posts in shared:
            if n_chars >= LONG_WORDING_CHARS:
                self._unite(posts)
        several = {one: posts for one, posts in contacts.items() if len(posts) > 1}
        order = sorted(several, key=lambda one: (one.startswith(_WEAK), len(several[one]), one))
        common = tuple(one for one in order if not self._join_contact(one, several[one]))
        for n_chars, posts in shared:
            if n_chars < LONG_WORDING_CHARS and self._n_several(posts) <= MAX_BRIDGED_WEAKLY:
                self._unite(posts)
        return common

    def groups(self) -> list[list[int]]:
        """Give the groups of two posts and more, each in order, ordered by their first posts."""
        found: dict[int, list[int]] = {}
        for post in range(len(self._parent)):
            found.setdefault(self._root(post), []).append(post)
        return [posts for posts in found.values() if len(posts) > 1]

    def _join_contact(self, contact: str, posts: Sequence[int]) -> bool:
        """Join the posts of a contact; give False where it is too common."""
        if contact.startswith(_WEAK):
            if self._n_several(posts) > MAX_BRIDGED_WEAKLY:
                return False
            self._unite(posts)
            return True
        roots = {self._root(post) for post in posts}
        if sum(self._owns[root] for root in roots) > MAX_BRIDGED:
            return False
        self._owns[self._unite(posts)] = True
        return True

    def _n_several(self, posts: Sequence[int]) -> int:
        return sum(self._size[root] > 1 for root in {self._root(post) for post in posts})

    def _root(self, post: int) -> int:
        parent = self._parent
        while parent[post] != post:
            parent[post] = parent[parent[post]]
            post = parent[post]
        return post

    def _unite(self, posts: Sequence[int]) -> int:
        first = self._root(posts[0])
        for post in posts[1:]:
            other = self._root(post)
            if other == first:
                continue
            if self._size[other] > self._size[first]:
                first, other = other, first
            self._parent[other] = first
            self._size[first] += self._size[other]
            self._owns[first] = self._owns[first] or self._owns[other]
        return first
