"""Tell the campaigns of a scan to a reader at a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from fanzha.render import counted, draw, label_name, visible
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
        f"{counted(len(found), 'campaign')} with {in_campaigns:,} of "
        f"{counted(n_flagged, 'flagged post')}; too common to join posts: "
        f"{counted(len(left_out), 'shared contact')}"
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
    # Posts of a few words are joined by their contacts; such wordings are not counted.
    wordings = f" in {counted(campaign.n_wordings, 'wording')}" if campaign.n_wordings else ""
    yield f"{campaign.id}  {counted(campaign.n_posts, 'post')}{wordings}  {labels or '-'}{span}"
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
