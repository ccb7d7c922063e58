"""Where something may stand in a long post: only that is scored of most of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fanzha.classify import Classifier
from fanzha.kernel import Sights
from fanzha.look import NUMERALS
from fanzha.masking import Values, mask_many
from fanzha.windows import MOST_CHARS

__all__ = ["decide_stretches", "find_stretches"]

_REACH: Final = MOST_CHARS
"""Characters around a spot: a window that takes it in begins and ends in them."""
_MOST_SHARE: Final = 0.5
_NO_VALUES: Final = Values((), (), ())


def find_stretches(sights: Sights, texts: Sequence[str]) -> dict[int, list[str]]:
    """Give the stretches of normalized posts around their spots, by the post's number.

    A post is left out where it has no spots, or these take up most of it, or where numerals were
    read as digits, so that the look saw another text. O(spots).

    Parameters
    ----------
    sights
        What a look with cuts saw in the posts.
    texts
        Their normalized texts.
    """
    found: dict[int, list[tuple[int, int]]] = {}
    for post, start, stop in sights.spots.tolist():
        if sights.seen[post] & NUMERALS:
            continue
        first, end = max(start - _REACH, 0), min(stop + _REACH, len(texts[post]))
        stretches = found.setdefault(post, [])
        if stretches and stretches[-1][1] >= first:
            stretches[-1] = (stretches[-1][0], end)
        else:
            stretches.append((first, end))
    return {
        post: [texts[post][first:end] for first, end in stretches]
        for post, stretches in found.items()
        if sum(end - first for first, end in stretches) <= _MOST_SHARE * len(texts[post])
    }


def decide_stretches(
    classifier: Classifier, stretches: Mapping[int, Sequence[str]]
) -> NDArray[np.float64]:
    """Give the greatest log-odds of the wording of each post's stretches, in the mapping's order.

    Of posts with no number, contact or blanked-out value; shape (len(stretches), n_labels).

    Raises
    ------
    FanzhaError
        There is no kernel.
    """
    if not stretches:
        return np.empty((0, len(classifier.intercepts)))
    parts = list(chain.from_iterable(stretches.values()))
    masked = mask_many(parts, [_NO_VALUES] * len(parts))
    log_odds = classifier.decide_wording([one.text for one in masked]).log_odds
    firsts = np.cumsum([0, *map(len, stretches.values())])[:-1]
    return np.asarray(np.maximum.reduceat(log_odds, firsts, axis=0))
