"""The linear model: one calibrated log-odds per label, for a post whole and by windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from fanzha.features import Features
from fanzha.masking import MaskedText
from fanzha.reading import Reading

__all__ = ["Classifier", "is_long", "windows"]

_LONG_CHARS: Final = 320
_WINDOW_CHARS: Final = 240
_STRIDE_CHARS: Final = 120


@dataclass(frozen=True, slots=True)
class Classifier:
    """A trained linear model, calibrated per label.

    `weights` has shape (features.n_columns, n_labels) and `intercepts` (n_labels,), both on the
    calibrated log-odds scale. A long post is scored whole and by overlapping windows, so that one
    promoting paragraph counts among many that promote nothing: its log-odds are the greater of the
    whole's and the best window's less `window_margin`.
    Source: Platt 1999, probabilistic outputs by a sigmoid fitted to held-out decisions.
    """

    features: Features
    weights: NDArray[np.float32]
    intercepts: NDArray[np.float64]
    window_margin: float

    def score(self, readings: Sequence[Reading]) -> NDArray[np.float64]:
        """Give the calibrated probabilities, shape (len(readings), n_labels), each in [0, 1]."""
        return 1.0 / (1.0 + np.exp(-np.clip(self.log_odds(readings), -60.0, 60.0)))

    def log_odds(self, readings: Sequence[Reading]) -> NDArray[np.float64]:
        """Give the calibrated log-odds, shape (len(readings), n_labels)."""
        whole = self.whole_log_odds(readings)
        long = [row for row, reading in enumerate(readings) if is_long(reading)]
        if long:
            best = self.window_log_odds([readings[row] for row in long])
            whole[long] = np.maximum(whole[long], best - self.window_margin)
        return whole

    def whole_log_odds(self, readings: Sequence[Reading]) -> NDArray[np.float64]:
        """Give the log-odds of the posts taken whole, shape (len(readings), n_labels)."""
        return self._apply(self.features.transform(readings))

    def window_log_odds(self, readings: Sequence[Reading]) -> NDArray[np.float64]:
        """Give each label's best log-odds over a post's windows, shape (len(readings), n_labels).

        The facts of the whole post count in every window.
        """
        texts = [windows(reading.masked) for reading in readings]
        sizes = [len(parts) for parts in texts]
        parts = [part for several in texts for part in several]
        facts = self.features.fact_rows(readings)[np.repeat(np.arange(len(readings)), sizes)]
        decisions = self._apply(self.features.join(parts, csr_array(facts)))
        return np.maximum.reduceat(decisions, np.cumsum([0, *sizes[:-1]]), axis=0)

    def decisive_text(self, reading: Reading, column: int) -> MaskedText:
        """Give the text from which a label's log-odds came: the post's, or one window's."""
        if not is_long(reading):
            return reading.masked
        parts = windows(reading.masked)
        facts = self.features.fact_rows([reading])[np.zeros(len(parts), dtype=np.int32)]
        decisions = self._apply(self.features.join(parts, csr_array(facts)))[:, column]
        best = int(decisions.argmax())
        whole = self.whole_log_odds([reading])[0, column]
        return reading.masked if whole >= decisions[best] - self.window_margin else parts[best]

    def _apply(self, X: csr_array) -> NDArray[np.float64]:
        return np.asarray(X @ self.weights, dtype=np.float64) + self.intercepts


def is_long(reading: Reading) -> bool:
    """Tell whether a post is scored by windows too."""
    return len(reading.masked.text) > _LONG_CHARS


def windows(text: MaskedText) -> list[MaskedText]:
    """Cut a text into windows of 240 characters, each beginning 120 after the last."""
    last = max(len(text.text) - _WINDOW_CHARS, 0)
    starts = [*range(0, last, _STRIDE_CHARS), last]
    return [
        MaskedText(
            text.text[start : start + _WINDOW_CHARS], text.at[start : start + _WINDOW_CHARS + 1]
        )
        for start in starts
    ]
