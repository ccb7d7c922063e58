"""Tell the campaigns of a scan to a reader at a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from fanzha.render import draw, label_name, visible
from fanzha.scan.campaign import Campaign

__all__ = ["tell"]

_SHOWN: Final = 15
_SHOWN_EACH: Final = 4
_TEXT_CHARS: Final = 120


def tell(found: Sequence[Campaign], n_flagged: int, left_out: Sequence[str]) -> Iterator[str]:
    """Yield the largest campaigns line by line, after a line of counts.

    Parameters
    ----------
    n_flagged
        Flagged posts of the scan, in campaigns or not.
    left_out
        Contacts that flagged posts share but that join nothing.
    """
    in_campaigns = sum(campaign.n_posts for campaign in found)
    yield (
        f"{len(found):,} campaigns with {in_campaigns:,} of {n_flagged:,} flagged posts; "
        f"{len(left_out):,} shared contacts are too common to join posts"
    )
    for campaign in found[:_SHOWN]:
        yield ""
        yield from _lines(campaign)
    if len(found) > _SHOWN:
        yield ""
        yield f"and {len(found) - _SHOWN:,} smaller ones"


def _lines(campaign: Campaign) -> Iterator[str]:
    labels = ", ".join(label_name(label) for label, _ in campaign.labels.most_common(2))
    span = ""
    if campaign.first is not None and campaign.last is not None:
        span = f"  {campaign.first:%Y-%m-%d} to {campaign.last:%Y-%m-%d}"
    yield (
        f"{campaign.id}  {campaign.n_posts:,} posts in {campaign.n_wordings:,} wordings  "
        f"{labels or '-'}{span}"
    )
    text = draw(campaign.representative.excerpt.pieces, colour=False)
    yield f"  {text[:_TEXT_CHARS]}{'…' if len(text) > _TEXT_CHARS else ''}"
    for name, counts in (("accounts", campaign.accounts), ("boards", campaign.boards)):
        if counts:
            yield f"  {name} {_most(counts)}"
    numbers = {
        f"{one.number} ({one.status} for {one.brand})": n
        for one, n in campaign.numbers.items()
        if one.fake and one.brand
    }
    if numbers:
        yield f"  numbers {_most(Counter(numbers))}"
    if campaign.contacts:
        yield f"  contacts {_most(campaign.contacts)}"


def _most(counts: Counter[str]) -> str:
    shown = ", ".join(f"{visible(one)} ×{n:,}" for one, n in counts.most_common(_SHOWN_EACH))
    more = len(counts) - _SHOWN_EACH
    return f"{shown} and {more:,} more" if more > 0 else shown
