"""How good scores are against labels: precision, recall, ranking, calibration."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Accuracy", "calibration_bins", "measure"]

_BINS = 15


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Accuracy of one label's scores at one threshold.

    All but `n_positive` and `n_flagged` are shares in [0, 1]. `average_precision` is the area under
    the precision-recall curve; `calibration_error` is the expected calibration error over 15 bins
    of equal width (Naeini et al. 2015). A share of nothing is NaN-free: it counts as 0.
    """

    n_positive: int
    n_flagged: int
    precision: float
    recall: float
    f1: float
    average_precision: float
    calibration_error: float

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values, shares to four digits."""
        return {k: round(v, 6) if isinstance(v, float) else v for k, v in asdict(self).items()}


def measure(truth: NDArray[np.bool_], scores: NDArray[np.float64], threshold: float) -> Accuracy:
    """Measure one label's scores, both of shape (n_posts,)."""
    flagged = scores >= threshold
    n_hit = int((flagged & truth).sum())
    n_flagged, n_positive = int(flagged.sum()), int(truth.sum())
    precision = n_hit / n_flagged if n_flagged else 0.0
    recall = n_hit / n_positive if n_positive else 0.0
    f1 = 2 * precision * recall / (precision + recall) if n_hit else 0.0
    return Accuracy(
        n_positive=n_positive,
        n_flagged=n_flagged,
        precision=precision,
        recall=recall,
        f1=f1,
        average_precision=_average_precision(truth, scores),
        calibration_error=_calibration_error(truth, scores),
    )


def calibration_bins(scores: NDArray[np.float64]) -> NDArray[np.intp]:
    """Give the bin, 0 to 14, in which each score's calibration is looked at."""
    return np.minimum((scores * _BINS).astype(np.intp), _BINS - 1)


def _average_precision(truth: NDArray[np.bool_], scores: NDArray[np.float64]) -> float:
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(truth, scores)) if truth.any() else 0.0


def _calibration_error(truth: NDArray[np.bool_], scores: NDArray[np.float64]) -> float:
    if not len(scores):
        return 0.0
    gaps = np.bincount(calibration_bins(scores), weights=scores - truth)
    return float(np.abs(gaps).sum() / len(scores))
