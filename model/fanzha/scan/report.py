"""What a scan found, gathered from its verdicts and its posts for people to read."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from fanzha.labels import LABELS
from fanzha.scan.campaign import Campaign
from fanzha.scan.campaigns import Campaigns
from fanzha.scan.clock import read_time
from fanzha.scan.excerpt import Excerpt, evidence_of
from fanzha.scan.fields import places_of
from fanzha.scan.read import Reject
from fanzha.scan.scanned import Scanned
from fanzha.scan.scanned_numbers import ScannedNumber, scanned_numbers

__all__ = ["Claim", "Counts", "Report", "Run", "Worst", "gather"]

_WORST_PER_LABEL: Final = 4
_KEPT_REJECTS: Final = 20


@dataclass(frozen=True, slots=True)
class Run:
    """What the scan itself knows and its output does not tell.

    `n_posts` counts posts that pass too, where the output has only flagged ones.
    """

    n_posts: int
    seconds: float
    inputs: tuple[str, ...] = ()


@dataclass(slots=True)
class Counts:
    """Counts of a board or a day: posts, flagged posts, and flagged posts by label."""

    posts: int = 0
    flagged: int = 0
    labels: Counter[str] = field(default_factory=Counter)

    def add(self, flagged: bool, labels: Iterable[str]) -> None:
        """Count a post."""
        self.posts += 1
        self.flagged += flagged
        self.labels.update(labels)


@dataclass(frozen=True, slots=True)
class Worst:
    """A flagged post that is shown; `reasons` are what matched, its rule and why it counts."""

    post: str
    suggestion: str
    score: float
    labels: tuple[str, ...]
    account: str | None
    board: str | None
    posted_at: datetime | None
    excerpt: Excerpt
    reasons: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """A number given as a service line: for which companies and how often, as what it is.

    A number that is a fake in some posts counts here in those alone. `number` is its most
    frequent use.
    """

    number: ScannedNumber
    brands: tuple[str, ...]
    n_posts: int


@dataclass(slots=True)
class Report:
    """The figures of a scan.

    `lines` counts verdict lines; `run` is known only right after the scan. `days` and `boards` hold
    what the posts tell of time and place, and nothing where they tell none.
    """

    lines: int = 0
    suggestions: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    days: dict[date, Counts] = field(default_factory=dict)
    boards: dict[str, Counts] = field(default_factory=dict)
    numbers: Counter[ScannedNumber] = field(default_factory=Counter)
    fake_posts: int = 0
    models: Counter[tuple[str, str]] = field(default_factory=Counter)
    campaigns: tuple[Campaign, ...] = ()
    worst: tuple[Worst, ...] = ()
    n_rejects: int = 0
    rejects: tuple[Reject, ...] = ()
    texts_known: bool = False
    run: Run | None = None

    @property
    def posts(self) -> int:
        """Number of posts scanned, as far as it is known."""
        return self.run.n_posts if self.run else self.lines

    @property
    def flagged(self) -> int:
        """Number of posts to block or review."""
        return self.suggestions["block"] + self.suggestions["review"]

    @property
    def complete(self) -> bool:
        """Tell whether posts that pass are known of, so that shares mean something."""
        return self.suggestions["pass"] > 0 or self.run is not None

    @property
    def campaign_posts(self) -> int:
        """Number of posts in campaigns."""
        return sum(campaign.n_posts for campaign in self.campaigns)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Give the numbers presented as service lines: the fakes first, most posted first."""
        grouped: dict[str, list[tuple[ScannedNumber, int]]] = {}
        for number, n in self.numbers.most_common():
            grouped.setdefault(number.number, []).append((number, n))
        found = []
        for uses in grouped.values():
            # What a number is worst known for says what it is.
            number = next((one for one, _ in uses if one.fake), uses[0][0])
            brands = (one.brand for one, _ in uses if one.fake == number.fake and one.brand)
            n_posts = sum(n for one, n in uses if one.fake == number.fake)
            found.append(Claim(number, tuple(dict.fromkeys(brands)), n_posts))
        found.sort(key=lambda one: (not one.number.fake, -one.n_posts, one.number.number))
        return tuple(found)

    @property
    def fakes(self) -> tuple[Claim, ...]:
        """Give the numbers claimed for somebody whose they are not, most posted first."""
        return tuple(one for one in self.claims if one.number.fake)


class _WorstPosts:
    """Keeps the posts of the highest scores for each label; of copies only the first."""

    def __init__(self) -> None:
        self._kept: dict[str, list[tuple[float, int, Worst]]] = {}
        self._number = 0

    def add(self, scanned: Scanned, posted_at: datetime | None) -> None:
        labels = scanned.verdict["labels"]
        if not labels:
            return
        highest = max(labels, key=lambda one: one["score"])
        kept = self._kept.setdefault(highest["label"], [])
        score = float(highest["score"])
        if len(kept) == _WORST_PER_LABEL and score <= kept[0][0]:
            return
        excerpt = Excerpt.of(scanned)
        if any(one.excerpt == excerpt for _, _, one in kept):
            return
        self._number += 1
        worst = Worst(
            scanned.name,
            scanned.verdict["suggestion"],
            score,
            tuple(one["label"] for one in labels),
            scanned.account,
            scanned.board,
            posted_at,
            excerpt,
            _reasons(scanned.verdict),
        )
        push = heapq.heappush if len(kept) < _WORST_PER_LABEL else heapq.heapreplace
        push(kept, (score, -self._number, worst))

    def found(self) -> tuple[Worst, ...]:
        """Give them label by label in the labels' order, the highest scores first."""
        ranked = ((label, self._kept.get(label, [])) for label in LABELS)
        return tuple(worst for _, kept in ranked for _, _, worst in sorted(kept, reverse=True))


def _reasons(verdict: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """Give what matched, by which rule and why, once each and in the verdict's order."""
    told = [
        (" … ".join(place["text"] for place in places_of(one)), one["rule"], one["why"])
        for one in evidence_of(verdict)
        if "rule" in one
    ]
    return tuple(dict.fromkeys(told))


def gather(
    posts: Iterable[Scanned], rejects: Iterable[Reject] = (), run: Run | None = None
) -> Report:
    """Gather the figures of a scan in one pass.

    Parameters
    ----------
    rejects
        The records that the scan could not read.
    run
        Told by the scan where the report is written right after it.

    Raises
    ------
    InputError
        A line is no verdict as a scan writes it.

    Notes
    -----
    Memory grows as `Campaigns` says, and with the days, boards and claimed numbers.
    """
    report = Report(run=run)
    campaigns, worst = Campaigns(), _WorstPosts()
    for one in posts:
        try:
            campaigns.add(one)
            _add(report, worst, one)
        except (KeyError, TypeError) as error:
            raise one.unlike(error) from error
    report.campaigns, _ = campaigns.find()
    report.worst = worst.found()
    kept: list[Reject] = []
    for reject in rejects:
        report.n_rejects += 1
        if len(kept) < _KEPT_REJECTS:
            kept.append(reject)
    report.rejects = tuple(kept)
    return report


def _add(report: Report, worst: _WorstPosts, one: Scanned) -> None:
    verdict = one.verdict
    labels = tuple(given["label"] for given in verdict["labels"]) if one.flagged else ()
    report.lines += 1
    report.suggestions[verdict["suggestion"]] += 1
    report.labels.update(labels)
    report.models[verdict["model"]["bundle"], verdict["model"]["policy"]] += 1
    report.texts_known = report.texts_known or one.text is not None
    written = one.posted_at
    posted_at = None if written is None else read_time(written)
    if posted_at is not None:
        report.days.setdefault(posted_at.date(), Counts()).add(one.flagged, labels)
    if one.board is not None:
        report.boards.setdefault(one.board, Counts()).add(one.flagged, labels)
    claimed = {number for number in scanned_numbers(verdict) if number.claimed}
    report.numbers.update(claimed)
    report.fake_posts += any(number.fake for number in claimed)
    if one.flagged:
        worst.add(one, posted_at)
