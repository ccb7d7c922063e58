"""Find campaigns: flagged posts that are near-duplicates or share a contact."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from sys import intern
from typing import Final, TypeVar

from fanzha.scan.campaign import Campaign, Representative
from fanzha.scan.clock import read_time
from fanzha.scan.excerpt import Excerpt
from fanzha.scan.joining import Joining
from fanzha.scan.scanned import Scanned
from fanzha.scan.scanned_numbers import ScannedNumber, joining_contacts, scanned_numbers
from fanzha.scan.wording import Wordings

__all__ = ["MAX_LISTED", "Campaigns"]

MAX_LISTED: Final = 12
"""Contacts of a post above which it is a list: those are others' and join nothing."""

_Counted = TypeVar("_Counted", bound=Hashable)


@dataclass(frozen=True, slots=True)
class _Member:
    """What is kept of a flagged post; `wording` is its number, or None."""

    name: str
    account: str | None
    board: str | None
    posted_at: datetime | None
    suggestion: str
    labels: tuple[str, ...]
    wording: int | None
    contacts: tuple[str, ...]
    numbers: tuple[ScannedNumber, ...]
    stands: Representative


class Campaigns:
    """Collects the posts of a scan one by one and joins the flagged ones into campaigns.

    Two posts are joined by near-duplicate wording (see `fanzha.scan.wording`), or by a number,
    chat id, link or address that both give. A contact joins nothing where a company publishes it,
    where more posts give it that pass than that do not, in posts that list contacts, and where it
    is too common to prove anything (see `fanzha.scan.joining`).

    Kept is some 2 kB for each flagged post (measured in benchmarks/campaigns.md); posts
    that pass leave only their contacts.
    """

    def __init__(self) -> None:
        self._members: list[_Member] = []
        self._wordings = Wordings()
        self._lengths: dict[int, int] = {}
        self._stands: dict[tuple[int, tuple[str, ...]], Representative] = {}
        self._published: set[str] = set()
        self._passing: Counter[str] = Counter()

    def add(self, scanned: Scanned) -> None:
        """Add a post.

        Raises
        ------
        KeyError, TypeError
            The line is no verdict as a scan writes it.
        """
        found = dict(joining_contacts(scanned.verdict))
        self._published.update(contact for contact, published in found.items() if published)
        if not scanned.flagged:
            self._passing.update(found.keys())
            return
        written, wording = scanned.posted_at, scanned.wording()
        number = None
        if wording is not None:
            number = self._wordings.add(wording)
            self._lengths.setdefault(number, len(wording))
        contacts = tuple(map(intern, found))
        self._members.append(
            _Member(
                scanned.name,
                scanned.account and intern(scanned.account),
                scanned.board and intern(scanned.board),
                None if written is None else read_time(written),
                intern(scanned.verdict["suggestion"]),
                tuple(intern(one["label"]) for one in scanned.verdict["labels"]),
                number,
                contacts,
                tuple(dict.fromkeys(scanned_numbers(scanned.verdict))),
                self._representative(scanned, number, contacts),
            )
        )

    def _representative(
        self, scanned: Scanned, wording: int | None, contacts: tuple[str, ...]
    ) -> Representative:
        """Give the first post with this wording and these contacts: copies need not be kept."""
        if wording is None:
            return _represented(scanned)
        key = wording, contacts
        if key not in self._stands:
            self._stands[key] = _represented(scanned)
        return self._stands[key]

    @property
    def n_flagged(self) -> int:
        """Number of flagged posts added."""
        return len(self._members)

    @property
    def n_wordings(self) -> int:
        """Number of distinct wordings among them."""
        return len(self._wordings)

    def find(self) -> tuple[tuple[Campaign, ...], tuple[str, ...]]:
        """Join what was added; O(n log n) in the flagged posts.

        Returns
        -------
        The campaigns, the largest first and then in scan order; and the contacts that flagged
        posts share but that join nothing.
        """
        leaders = self._wordings.leaders().tolist()
        by_wording: dict[int, list[int]] = {}
        by_contact: dict[str, list[int]] = {}
        for index, member in enumerate(self._members):
            if member.wording is not None:
                by_wording.setdefault(leaders[member.wording], []).append(index)
            if len(member.contacts) <= MAX_LISTED:
                for contact in member.contacts:
                    by_contact.setdefault(contact, []).append(index)
        public = {
            contact
            for contact, posts in by_contact.items()
            if contact in self._published or self._passing[contact] > len(posts)
        }
        joining = Joining(len(self._members))
        common = joining.join(
            [(self._lengths[leader], posts) for leader, posts in by_wording.items()],
            {contact: posts for contact, posts in by_contact.items() if contact not in public},
        )
        nobodys = public.union(common)
        found = [self._campaign(posts, leaders, nobodys) for posts in joining.groups()]
        found.sort(key=lambda campaign: -campaign.n_posts)
        shared = (contact for contact in nobodys if len(by_contact[contact]) > 1)
        return tuple(found), tuple(sorted(shared))

    def _campaign(
        self, posts: Sequence[int], leaders: Sequence[int], nobodys: Set[str]
    ) -> Campaign:
        members = [self._members[index] for index in posts]
        times = [one.posted_at for one in members if one.posted_at is not None]
        wordings = Counter(leaders[one.wording] for one in members if one.wording is not None)
        return Campaign(
            id=_id(members[0]),
            posts=tuple(one.name for one in members),
            n_wordings=len(wordings),
            first=min(times, default=None),
            last=max(times, default=None),
            accounts=Counter(one.account for one in members if one.account is not None),
            boards=Counter(one.board for one in members if one.board is not None),
            labels=_count(one.labels for one in members),
            suggestions=Counter(one.suggestion for one in members),
            numbers=_count(one.numbers for one in members),
            contacts=_count(set(one.contacts) - nobodys for one in members),
            representative=_most_typical(members, wordings, leaders),
        )


def _represented(scanned: Scanned) -> Representative:
    labels = scanned.verdict["labels"]
    highest = max(labels, key=lambda one: one["score"], default=None)
    return Representative(
        scanned.name,
        highest["score"] if highest else 0.0,
        highest["label"] if highest else None,
        Excerpt.of(scanned),
    )


def _most_typical(
    members: Sequence[_Member], wordings: Counter[int], leaders: Sequence[int]
) -> Representative:
    """Give the first post of the most frequent wording, or the first post where none has one."""
    if not wordings:
        return members[0].stands
    ((most, _),) = wordings.most_common(1)
    return next(
        one.stands for one in members if one.wording is not None and leaders[one.wording] == most
    )


def _count(each: Iterable[Iterable[_Counted]]) -> Counter[_Counted]:
    return Counter(chain.from_iterable(each))


def _id(first: _Member) -> str:
    """Give an id by the first post, which stays first as more of a dump is scanned."""
    told = f"{first.name}\0{first.stands.excerpt.text}".encode("utf-8", "replace")
    return "c" + hashlib.blake2b(told, digest_size=5).hexdigest()
