"""The precision that a sample of labelled posts can promise, and the threshold for it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Promise", "find_promise", "n_least"]

_THRESHOLDS: Final = tuple(round(step / 100, 2) for step in (*range(99, 90, -1), *range(90, 0, -5)))
"""Candidates, strictest first. Fixed: taken from the sample's scores they would fit its luck."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What a board's labelled posts say of one label at one threshold.

    `n_positive` posts bear the label and `n_flagged` reach `threshold`; of these the share
    `precision` bears it, and `recall` is the share of the `n_positive` that are flagged (a share
    of nothing counts as 0). `_lower` and `_upper` are Clopper-Pearson bounds, each of which holds
    by itself at the confidence asked; after a move the promise is the precision asked for, not
    what `precision_lower` has beyond it. `kept` tells whether the threshold is still that of the
    policy before, `why` says for what reason it was kept or moved. `n_more` is the least number
    of further flagged posts, all of them right, that a promise would take; 0 where it holds.
    """

    n_positive: int
    n_flagged: int
    threshold: float
    precision: float
    precision_lower: float
    precision_upper: float
    recall: float
    recall_lower: float
    recall_upper: float
    kept: bool
    why: str
    n_more: int

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values, shares to four digits."""
        return {k: round(v, 4) if isinstance(v, float) else v for k, v in asdict(self).items()}


def find_promise(
    truth: NDArray[np.bool_],
    scores: NDArray[np.float64],
    kept: float,
    precision: float,
    confidence: float,
) -> Promise:
    """Find the lowest threshold at which flagged posts are proven right in the share `precision`.

    Parameters
    ----------
    truth, scores
        Shape (n_posts,): whether a post bears the label, and its score.
    kept
        The threshold that stays where nothing is proven.
    precision, confidence
        In (0, 1): the share that shall be right, and the chance that the proof does not err.

    Notes
    -----
    Of the n posts at or above a threshold k are right; that fewer than `precision` are in the long
    run is refuted where the one-sided Clopper-Pearson bound of k in n reaches `precision`. The
    candidates are tested from the strictest that flags enough posts for a proof (for .98 at 95 %:
    149) downwards, each at the full error rate, until one fails: the fixed-sequence form of
    Learn-then-Test (Angelopoulos et al. 2021, arXiv:2110.01052). It has more power than Bonferroni
    over the same candidates, which takes 312 flagged posts in place of 149: of simulated samples
    of 600 posts, 240 of them advertisements, it promised .98 in 83 to 100 of 100 and Bonferroni
    in none.

    The start depends on the sample, but by counts alone, which costs nothing as long as a higher
    score is no worse a sign. Let t be the highest candidate that is not precise enough. A false
    promise takes a refutation at the highest candidate, from t down, that flags enough. Which one
    that is depends on counts at t and below; given these, each post above t is right with chance
    under `precision`, and so is each below. So the bound errs there at most as often as asked.
    """
    enough = n_least(precision, confidence)
    proven: float | None = None
    n_more, last = enough, ""
    for threshold in _THRESHOLDS:
        right, flagged = _count(truth, scores, threshold)
        n_more = min(n_more, _n_more(right, flagged, precision, confidence))
        last = f"{right} of {flagged} right from {threshold:g}"
        if flagged < enough:
            continue
        if _bounds(right, flagged, confidence)[0] < precision:
            break
        proven = threshold
    threshold = kept if proven is None else proven
    right, flagged = _count(truth, scores, threshold)
    positive = int(truth.sum())
    lower, upper = _bounds(right, flagged, confidence)
    recall_lower, recall_upper = _bounds(right, positive, confidence)
    return Promise(
        n_positive=positive,
        n_flagged=flagged,
        threshold=threshold,
        precision=right / flagged if flagged else 0.0,
        precision_lower=lower,
        precision_upper=upper,
        recall=right / positive if positive else 0.0,
        recall_lower=recall_lower,
        recall_upper=recall_upper,
        kept=proven is None,
        why=f"{last}, at least {n_more} more, all right, are needed"
        if proven is None
        else f"was {kept:g}",
        n_more=n_more if proven is None else 0,
    )


def n_least(precision: float, confidence: float) -> int:
    """Give how many flagged posts prove that precision if all are right.

    Examples
    --------
    >>> n_least(0.98, 0.95)
    149
    """
    return _n_more(0, 0, precision, confidence)


def _count(
    truth: NDArray[np.bool_], scores: NDArray[np.float64], threshold: float
) -> tuple[int, int]:
    """Give how many posts at or above the threshold are right, and how many there are."""
    flagged = scores >= threshold
    return int((truth & flagged).sum()), int(flagged.sum())


def _bounds(n_hit: int, n: int, confidence: float) -> tuple[float, float]:
    """Give the lower and the upper one-sided bound on a share (Clopper & Pearson 1934)."""
    from scipy.special import betaincinv

    lower = float(betaincinv(n_hit, n - n_hit + 1, 1 - confidence)) if n_hit else 0.0
    upper = float(betaincinv(n_hit + 1, n - n_hit, confidence)) if n_hit < n else 1.0
    return lower, upper


def _n_more(n_hit: int, n: int, precision: float, confidence: float) -> int:
    """Give how many more, all of them right, bring the lower bound up to `precision`."""

    def proven(more: int) -> bool:
        return _bounds(n_hit + more, n + more, confidence)[0] >= precision

    if proven(0):
        return 0
    most = 1
    while not proven(most):
        most *= 2
    least = most // 2
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (least, middle) if proven(middle) else (middle, most)
    return most
