"""What occurs where in a scan's output, read beside the dump that was scanned."""

from __future__ import annotations

from fanzha.scan.occurrences import MAX_OCCURRENCES, Occurrences, Setting, find_occurrences
from fanzha.scan.origins import Fields
from fanzha.scan.plan import Plan
from fanzha.scan.scanned import read_scanned
from fanzha.scan.wording import Wordings

__all__ = ["collect"]

_WORDING = "wording {}"


def collect(
    verdicts: Plan,
    posts: Plan | None = None,
    fields: Fields | None = None,
    limit: int = MAX_OCCURRENCES,
) -> Occurrences:
    """Collect what occurs where from a scan's output, beside the dump that was scanned.

    Parameters
    ----------
    verdicts
        A plan whose inputs are the output of `fanzha scan`, complete or only the flagged posts.
    posts
        A plan whose inputs are the dump, in the order in which it was scanned; without it
        numbers keep company by posts alone, unless a verdict line has `account` or `campaign`.

    Raises
    ------
    InputError
        A line is no verdict, a verdict's post is not in the dump in its place, there are more
        than `limit` occurrences, or an input cannot be opened.

    Notes
    -----
    Both are read once, side by side; kept is what `Occurrences` and `Wordings` keep.
    """
    found = Occurrences(limit)
    wordings = Wordings()
    for one in read_scanned(verdicts, posts, fields):
        try:
            wording = one.wording()
            occurrences = find_occurrences(one.verdict)
        except (KeyError, TypeError) as error:
            raise one.unlike(error) from error
        if occurrences:
            campaign = one.campaign
            if campaign is None and wording is not None:
                campaign = _WORDING.format(wordings.add(wording))
            found.add(Setting(one.name, one.flagged, one.account, campaign), occurrences)
    found.join_campaigns(
        {
            _WORDING.format(number): _WORDING.format(leader)
            for number, leader in enumerate(wordings.leaders().tolist())
        }
    )
    return found
