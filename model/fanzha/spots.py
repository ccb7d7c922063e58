"""Windows of a long post in which something may stand: only these are scored of most of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fanzha.classify import Classifier
from fanzha.look import NUMERALS
from fanzha.masking import Values, mask_many
from fanzha.results import Sights

__all__ = ["decide_stretches", "find_stretches"]

_NO_VALUES: Final = Values((), (), ())


def find_stretches(sights: Sights, texts: Sequence[str]) -> dict[int, list[str]]:
    """Give the windows of normalized posts that are spots, by the post's number.

    A post is left out where it has no spots, or these are together longer than it, so that all of
    its wording is scored as quickly, or where numerals were read as digits, so that the look saw
    another text. O(spots).

    Parameters
    ----------
    sights
        What a look with cuts saw in the posts.
    texts
        Their normalized texts.
    """
    found: dict[int, list[str]] = {}
    for post, start, stop in sights.spots.tolist():
        if not sights.seen[post] & NUMERALS:
            found.setdefault(post, []).append(texts[int(post)][start:stop])
    return {
        post: stretches
        for post, stretches in found.items()
        if sum(map(len, stretches)) <= len(texts[post])
    }


def decide_stretches(
    classifier: Classifier, stretches: Mapping[int, Sequence[str]]
) -> NDArray[np.float64]:
    """Give the greatest log-odds of each post's windows less the margins, in the mapping's order.

    Of posts with no number, contact or blanked-out value; shape (len(stretches), n_labels).

    Raises
    ------
    FanzhaError
        There is no kernel.
    """
    if not stretches:
        return np.empty((0, len(classifier.margins)))
    parts = list(chain.from_iterable(stretches.values()))
    masked = mask_many(parts, [_NO_VALUES] * len(parts))
    log_odds = classifier.decide_wording([one.text for one in masked]).log_odds
    firsts = np.cumsum([0, *map(len, stretches.values())])[:-1]
    return np.asarray(np.maximum.reduceat(log_odds - classifier.margins, firsts, axis=0))
