"""Runs of sentences of a longer post, which are scored by themselves."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from fanzha.late_pattern import late_pattern

__all__ = [
    "LEAD_SLOPE",
    "LEAST_CHARS",
    "MOST_CHARS",
    "MOST_SENTENCES",
    "SHORT_POST",
    "choose_windows",
    "find_windows",
    "hold_back",
]

SHORT_POST: Final = 48
"""Characters up to which a post has no windows."""
MOST_CHARS: Final = 60
MOST_SENTENCES: Final = 8
LEAST_CHARS: Final = 10
"""Of a window; a word or two alone says too little, and that too loudly."""

LEAD_SLOPE: Final = 0.7
"""How much a window loses for each unit of log-odds by which its lead is too short."""

_SENTENCE_END: Final = late_pattern(r"[\n。!?;~ ]+")
_BLANKS: Final = "\n "
_ROUNDING: Final = 1e-10
"""Windows are added up in one order here and in another in the kernel: of equals the first is
taken."""


def find_windows(text: str) -> list[tuple[int, int]]:
    """Give where the windows of a text begin and end; a short text has none.

    All runs of at most `MOST_SENTENCES` whole sentences that have `LEAST_CHARS` to `MOST_CHARS`
    characters together, without the blanks behind the last. O(len(text)).
    """
    if len(text) <= SHORT_POST:
        return []
    edges = [0]
    for end in (*(found.end() for found in _SENTENCE_END.finditer(text)), len(text)):
        # A sentence longer than a window is cut wherever that may be.
        while end - edges[-1] > MOST_CHARS:
            edges.append(edges[-1] + MOST_CHARS)
        if end > edges[-1]:
            edges.append(end)
    found = []
    for first, start in enumerate(edges):
        for end in edges[first + 1 : first + 1 + MOST_SENTENCES]:
            if end - start > MOST_CHARS:
                break
            # A post alone does not end in a blank either.
            length = len(text[start:end].rstrip(_BLANKS))
            if length >= LEAST_CHARS:
                found.append((start, start + length))
    return found


def choose_windows(
    places: NDArray[np.int32], log_odds: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Choose each label's best window of a post, and give what the post has apart from it.

    Parameters
    ----------
    places
        Where the windows begin and end, shape (n_windows, 2).
    log_odds
        Theirs, shape (n_windows, n_labels).

    Returns
    -------
    The number of each label's best window, shape (n_labels,), and the greatest log-odds of each
    label in the windows that have no character in common with it, shape (n_labels, n_labels), the
    label whose window is left out first; minus infinity where there are none.
    """
    best = (log_odds >= log_odds.max(axis=0) - _ROUNDING).argmax(axis=0)
    starts, ends = places.T
    apart = (starts >= ends[best][:, None]) | (ends <= starts[best][:, None])
    rest = np.where(apart[:, :, None], log_odds, -np.inf).max(axis=1)
    return best, rest


def hold_back(
    leads: NDArray[np.float64], ahead: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Give what windows lose whose log-odds are so far `ahead` of all labels' in the rest.

    Nothing from a label's lead on, and `LEAD_SLOPE` for each unit that is lacking; `leads` has
    shape (n_labels,), `ahead` and the result (…, n_labels). A promotion among
    honest sentences stands out from them; where a report quotes one, the rest of it is of the trade
    too, and in chat every tenth line has something odd.
    """
    return LEAD_SLOPE * np.maximum(leads - ahead, 0.0)
