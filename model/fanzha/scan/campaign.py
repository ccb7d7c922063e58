"""A campaign: flagged posts of one origin, what they offer and by which contacts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fanzha.scan.excerpt import Excerpt
from fanzha.scan.scanned_numbers import ScannedNumber

__all__ = ["Campaign", "Representative"]


@dataclass(frozen=True, slots=True)
class Representative:
    """The post that stands for a campaign; `score` is that of its highest label."""

    post: str
    score: float
    label: str | None
    excerpt: Excerpt


@dataclass(frozen=True, slots=True)
class Campaign:
    """Flagged posts that near-duplicates or shared contacts join, from two posts on.

    `id` depends on the first of its posts alone, so that it stays as more of a dump is scanned.
    `posts` are in scan order; `first` and `last` are None where no time is known; the counters
    tell how many of the posts each account, board, label, suggestion, number and contact has;
    contacts that are published or too common are none of the campaign's.
    """

    id: str
    posts: tuple[str, ...]
    n_wordings: int
    first: datetime | None
    last: datetime | None
    accounts: Counter[str]
    boards: Counter[str]
    labels: Counter[str]
    suggestions: Counter[str]
    numbers: Counter[ScannedNumber]
    contacts: Counter[str]
    representative: Representative

    @property
    def n_posts(self) -> int:
        """Number of posts."""
        return len(self.posts)

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON values; what is counted stands most frequent first."""
        stands = self.representative
        return {
            "id": self.id,
            "posts": self.n_posts,
            "wordings": self.n_wordings,
            "first": self.first and self.first.isoformat(),
            "last": self.last and self.last.isoformat(),
            "accounts": _counted(self.accounts, "account"),
            "boards": _counted(self.boards, "board"),
            "labels": dict(self.labels.most_common()),
            "suggestions": dict(self.suggestions.most_common()),
            "numbers": [
                {**number.to_json(), "posts": n} for number, n in self.numbers.most_common()
            ],
            "contacts": _counted(self.contacts, "contact"),
            "representative": {
                "id": stands.post,
                "score": stands.score,
                "label": stands.label,
                "text": stands.excerpt.text,
            },
            "post_ids": list(self.posts),
        }


def _counted(counts: Counter[str], name: str) -> list[dict[str, Any]]:
    return [{name: one, "posts": n} for one, n in counts.most_common()]
