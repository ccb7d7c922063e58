"""The linear model: one calibrated log-odds per label, for a post whole and by windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from fanzha.features import Features
from fanzha.masking import MaskedText
from fanzha.reading import Reading
from fanzha.windows import WINDOWS, WindowKind

__all__ = ["Classifier"]


@dataclass(frozen=True, slots=True)
class Classifier:
    """A trained linear model, calibrated per label.

    `weights` has shape (features.n_columns, n_labels) and `intercepts` (n_labels,), both on the
    calibrated log-odds scale. A post is scored whole and by its windows, so that one promoting
    sentence counts among many that promote nothing: its log-odds are the greatest of the whole's
    and, for each kind of window, the best window's less that kind's margin. `margins` has shape
    (len(WINDOWS),).
    Source: Platt 1999, probabilistic outputs by a sigmoid fitted to held-out decisions.
    """

    features: Features
    weights: NDArray[np.float32]
    intercepts: NDArray[np.float64]
    margins: NDArray[np.float64]

    def score(self, readings: Sequence[Reading]) -> NDArray[np.float64]:
        """Give the calibrated probabilities, shape (len(readings), n_labels), each in [0, 1]."""
        return 1.0 / (1.0 + np.exp(-np.clip(self.log_odds(readings), -60.0, 60.0)))

    def log_odds(self, readings: Sequence[Reading]) -> NDArray[np.float64]:
        """Give the calibrated log-odds, shape (len(readings), n_labels)."""
        best = self.whole_log_odds(readings)
        for kind, margin in zip(WINDOWS, self.margins.tolist(), strict=True):
            np.maximum(best, self.window_log_odds(readings, kind) - margin, out=best)
        return best

    def whole_log_odds(self, readings: Sequence[Reading]) -> NDArray[np.float64]:
        """Give the log-odds of the posts taken whole, shape (len(readings), n_labels)."""
        return self._apply(self.features.transform(readings))

    def window_log_odds(self, readings: Sequence[Reading], kind: WindowKind) -> NDArray[np.float64]:
        """Give each label's best log-odds over a post's windows, shape (len(readings), n_labels).

        The facts of the whole post count in every window. A post too short for windows of this
        kind has minus infinity.
        """
        cuts = [kind.cut(reading.masked) for reading in readings]
        rows = [row for row, parts in enumerate(cuts) if parts]
        best = np.full((len(readings), len(self.intercepts)), -np.inf)
        if rows:
            sizes = [len(cuts[row]) for row in rows]
            facts = self.features.fact_rows([readings[row] for row in rows])
            facts = csr_array(facts[np.repeat(np.arange(len(rows)), sizes)])
            parts = [part for row in rows for part in cuts[row]]
            decisions = self._apply(self.features.join(parts, facts))
            best[rows] = np.maximum.reduceat(decisions, np.cumsum([0, *sizes[:-1]]), axis=0)
        return best

    def decisive_text(self, reading: Reading, column: int) -> MaskedText:
        """Give the text from which a label's log-odds came: the post's, or one window's."""
        decisive, most = reading.masked, float(self.whole_log_odds([reading])[0, column])
        fact_row = self.features.fact_rows([reading])
        for kind, margin in zip(WINDOWS, self.margins.tolist(), strict=True):
            if not (parts := kind.cut(reading.masked)):
                continue
            facts = csr_array(fact_row[np.zeros(len(parts), dtype=np.int32)])
            decisions = self._apply(self.features.join(parts, facts))[:, column] - margin
            if decisions.max() > most:
                decisive, most = parts[int(decisions.argmax())], float(decisions.max())
        return decisive

    def _apply(self, X: csr_array) -> NDArray[np.float64]:
        return np.asarray(X @ self.weights, dtype=np.float64) + self.intercepts
