"""Which numbers and chat ids occur in which posts, of which accounts and campaigns."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fanzha.errors import InputError
from fanzha.scan.fields import overlap

__all__ = [
    "MAX_OCCURRENCES",
    "STANDINGS",
    "Occurrence",
    "Occurrences",
    "Setting",
    "find_occurrences",
]

STANDINGS: Final = ("open", "claimed", "fake", "official")
"""What one post says of a number: merely given, claimed as a service line of nobody known,
claimed and proven fake, published by the company named for it."""

MAX_OCCURRENCES: Final = 5_000_000
"""Occurrences that are kept; some 260 bytes each, posts, names and graph included
(measured in benchmarks/trust.md), so about 1.3 GB."""

_CHATS: Final = frozenset({"wechat", "qq", "telegram"})
_MOBILE_DIGITS: Final = 11
_PRETEXT_RULE: Final = "HOTLINE_WITH_PRETEXT"
_FAKE: Final = STANDINGS.index("fake")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One number or chat id in one post.

    `contact` is its canonical form: the digits of a number, `wechat:…`, `qq:…` or `telegram:…` of
    a chat id; a mobile given as a WeChat id is the number. `standing` is one of `STANDINGS`,
    `why` says in words what proves a fake, `unlisted for 抖音`, and is else empty.
    """

    contact: str
    standing: str = "open"
    why: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """Where contacts occur: a post's id, whether it is flagged, and its account and campaign.

    `account` and `campaign` are None where the dump does not tell them.
    """

    post: str
    flagged: bool = False
    account: str | None = None
    campaign: str | None = None


class Occurrences:
    """Collects what occurs where, post by post, in compact arrays.

    Posts without a contact cost nothing; a contact counts once in a post, by its strongest
    standing. `contacts`, `posts`, `accounts` are the names behind the indices.

    Examples
    --------
    >>> found = Occurrences()
    >>> found.add(Setting("p1"), [Occurrence("4000000001", "fake"), Occurrence("wechat:tx_888")])
    >>> found.contacts, found.posts, len(found)
    (['4000000001', 'wechat:tx_888'], ['p1'], 2)
    """

    def __init__(self, limit: int = MAX_OCCURRENCES) -> None:
        self.contacts: list[str] = []
        self.posts: list[str] = []
        self.accounts: list[str] = []
        self.proofs: dict[int, str] = {}
        self._limit = limit
        self._of_contact: dict[str, int] = {}
        self._of_account: dict[str, int] = {}
        self._of_campaign: dict[str, int] = {}
        self._contact = array("i")
        self._post = array("i")
        self._standing = array("b")
        self._flagged = array("b")
        self._account = array("i")
        self._campaign = array("i")

    def __len__(self) -> int:
        return len(self._contact)

    def add(self, setting: Setting, found: Iterable[Occurrence]) -> None:
        """Add a post with the contacts that occur in it.

        Raises
        ------
        InputError
            There are more occurrences than the limit.
        """
        strongest: dict[int, int] = {}
        for one in found:
            contact = self._of_contact.setdefault(one.contact, len(self.contacts))
            if contact == len(self.contacts):
                self.contacts.append(one.contact)
            standing = STANDINGS.index(one.standing)
            strongest[contact] = max(standing, strongest.get(contact, 0))
            if standing == _FAKE:
                self.proofs.setdefault(contact, one.why)
        if not strongest:
            return
        if len(self) + len(strongest) > self._limit:
            raise InputError(
                f"there are more than {self._limit:,} occurrences of numbers, as many as are "
                "weighed at once; scan fewer posts together, e.g. one month at a time"
            )
        post = len(self.posts)
        self.posts.append(setting.post)
        self._flagged.append(setting.flagged)
        self._account.append(self._account_index(setting.account))
        self._campaign.append(
            -1
            if setting.campaign is None
            else self._of_campaign.setdefault(setting.campaign, len(self._of_campaign))
        )
        for contact, standing in strongest.items():
            self._contact.append(contact)
            self._post.append(post)
            self._standing.append(standing)

    def _account_index(self, account: str | None) -> int:
        if account is None:
            return -1
        index = self._of_account.setdefault(account, len(self.accounts))
        if index == len(self.accounts):
            self.accounts.append(account)
        return index

    def join_campaigns(self, joined: Mapping[str, str]) -> None:
        """Make each campaign that `joined` names one with the campaign it is mapped to."""
        became = np.arange(len(self._of_campaign), dtype=np.int32)
        for campaign, other in joined.items():
            index = self._of_campaign.get(campaign)
            if index is not None:
                became[index] = self._of_campaign.setdefault(other, index)
        keys = self.campaign_of()
        keys[keys >= 0] = became[keys[keys >= 0]]
        self._campaign = array("i", keys.tolist())

    def index(self, contact: str) -> int:
        """Give a contact's index in `contacts`."""
        return self._of_contact[contact]

    @property
    def n_campaigns(self) -> int:
        """Number of campaigns of two posts or more."""
        keys = self.campaign_of()
        return int((np.bincount(keys[keys >= 0]) > 1).sum())

    def rows(self) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int8]]:
        """Give each occurrence's contact, post and standing, three arrays of the same length."""
        return (
            np.array(self._contact, dtype=np.int32),
            np.array(self._post, dtype=np.int32),
            np.array(self._standing, dtype=np.int8),
        )

    def flagged(self) -> NDArray[np.bool_]:
        """Tell of each post whether it is flagged."""
        return np.array(self._flagged, dtype=np.bool_)

    def account_of(self) -> NDArray[np.int32]:
        """Give each post's account, -1 where it is not known."""
        return np.array(self._account, dtype=np.int32)

    def campaign_of(self) -> NDArray[np.int32]:
        """Give each post's campaign, -1 where it has none."""
        return np.array(self._campaign, dtype=np.int32)


def find_occurrences(verdict: Mapping[str, Any]) -> list[Occurrence]:
    """Give the contacts of a verdict line, as `Verdict.to_json` writes it, in order.

    Links and e-mail addresses are left out, since half the posts of a board may share a site;
    so are malformed numbers, which nobody can have.

    Raises
    ------
    KeyError, TypeError
        It is no verdict: a field is missing or of another kind.
    """
    pretexts = [one for one in verdict["evidence"] if one["rule"] == _PRETEXT_RULE]
    found = [
        _number(one, any(overlap(one, pretext) for pretext in pretexts))
        for one in verdict["hotlines"]
        if one["status"] != "malformed"
    ]
    return found + [_chat(one) for one in verdict["contacts"] if one["kind"] in _CHATS]


def _number(hotline: Mapping[str, Any], pretext: bool) -> Occurrence:
    number, status, brand = str(hotline["number"]), hotline["status"], hotline["brand"]
    if status == "official":
        return Occurrence(number, "official")
    if not hotline["claimed"]:
        return Occurrence(number)
    if status in {"unlisted", "other_brand"}:
        return Occurrence(number, "fake", f"{status} for {brand}")
    if pretext:
        return Occurrence(number, "fake", "claimed beside a pretext")
    return Occurrence(number, "claimed")


def _chat(contact: Mapping[str, Any]) -> Occurrence:
    value = str(contact["value"])
    if contact["kind"] == "wechat" and value.isdecimal() and len(value) == _MOBILE_DIGITS:
        return Occurrence(value)
    return Occurrence(f"{contact['kind']}:{value}")
