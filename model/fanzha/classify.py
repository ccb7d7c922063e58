"""The linear model: one calibrated log-odds per label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

__all__ = ["Classifier"]


@dataclass(frozen=True, slots=True)
class Classifier:
    """Weights of a trained linear model, calibrated per label.

    `weights` has shape (n_columns, n_labels) and `intercepts` (n_labels,), both on the calibrated
    log-odds scale: a label's score is the logistic function of `X @ weights + intercepts`.
    Source: Platt 1999, probabilistic outputs by a sigmoid fitted to held-out decisions.
    """

    weights: NDArray[np.float32]
    intercepts: NDArray[np.float64]

    def log_odds(self, X: csr_array) -> NDArray[np.float64]:
        """Give the calibrated log-odds, shape (n_posts, n_labels)."""
        return np.asarray(X @ self.weights, dtype=np.float64) + self.intercepts

    def score(self, X: csr_array) -> NDArray[np.float64]:
        """Give the calibrated probabilities, shape (n_posts, n_labels), each in [0, 1]."""
        return 1.0 / (1.0 + np.exp(-np.clip(self.log_odds(X), -60.0, 60.0)))
