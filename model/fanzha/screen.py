"""What says that a post passes before all is known of it: an estimate, and two cuts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fanzha.arrays import array_sum, read_arrays, write_arrays
from fanzha.errors import BundleError
from fanzha.features import UNKNOWN_IDF
from fanzha.handles import LANES, SieveHandle, SieveTables
from fanzha.keys import KeyTable, find_singles
from fanzha.labels import LABELS

__all__ = ["NGRAMS_BY_SIGN", "SCREEN_FORMAT", "Screen", "with_estimate"]

SCREEN_FORMAT: Final = 5
"""Format of `screen.npz`."""

_ARRAYS: Final = {
    "keys": ("uint64", 1),
    "lanes": ("int16", 2),
    "scales": ("float32", 1),
    "intercepts": ("float32", 1),
    "margins": ("float32", 1),
    "slacks": ("float64", 1),
}
_FILE: Final = "screen.npz"
NGRAMS_BY_SIGN: Final = 4
"""As many n-grams end at a sign."""


class Screen:
    """A small copy of the model that knows n-grams only, and estimates the model's log-odds.

    The kernel reads it: `fanzha.look.Look.see`. As the model does, it takes the best of the whole
    post and of its windows, `fanzha.windows`, these less a margin. In the whole, an n-gram that
    stands there several times counts as in the model, 1 + ln(count). A post that it does not let
    pass may yet do so by its wording alone, as the model has it, before it is searched for facts:
    by that of the windows that are not below the cuts, where these are a small part of it, else by
    all of it.

    Parameters
    ----------
    keys
        Keys of the n-grams that it knows, sorted, as those of the model.
    lanes
        What each adds to each label's log-odds before these are divided by the length of what
        was read, and in the last column what it adds to the square of that length beyond what
        an unknown one does; shape (n_keys, n_labels + 1), to be multiplied by `scales`.
    scales
        Shape (n_labels + 1,).
    intercepts
        Shape (n_labels,).
    margins
        How far a window must stand out above the whole, shape (n_labels,): the model's, and what
        windows are taken for more or less by this.
    slacks
        How far below the log-odds of a label's review threshold each estimate of a post that
        passes must be, and the mean of it and of what the model makes of the wording alone, or of
        those windows where an estimate is not; shape (2,).
    """

    def __init__(
        self,
        keys: NDArray[np.uint64],
        lanes: NDArray[np.int16],
        scales: NDArray[np.float32],
        intercepts: NDArray[np.float32],
        *,
        margins: NDArray[np.float32],
        slacks: NDArray[np.float64],
    ) -> None:
        self.keys = keys
        self.lanes = lanes
        self.scales = scales
        self.intercepts = intercepts
        self.margins = margins
        self.slacks = slacks
        self._handle: SieveHandle | None = None

    @classmethod
    def rounded(
        cls,
        keys: NDArray[np.uint64],
        lanes: NDArray[np.float64],
        intercepts: NDArray[np.float64],
        margins: NDArray[np.float64],
    ) -> Screen:
        """Make a screen of lanes in full precision, without slack."""
        scales = (np.abs(lanes).max(axis=0, initial=1e-6) / 32767).astype(np.float32)
        return cls(
            keys,
            np.rint(lanes / scales).clip(-32767, 32767).astype(np.int16),
            scales,
            intercepts.astype(np.float32),
            margins=margins.astype(np.float32),
            slacks=np.zeros(2),
        )

    def with_slacks(self, estimate: float, wording: float) -> Screen:
        """Give the screen with other slacks."""
        return Screen(
            self.keys,
            self.lanes,
            self.scales,
            self.intercepts,
            margins=self.margins,
            slacks=np.array([estimate, wording]),
        )

    @property
    def handle(self) -> SieveHandle:
        """The screen as the kernel takes it."""
        if self._handle is None:
            singles = find_singles(self.keys)
            held = np.sort(singles[singles >= 0])
            others = np.delete(np.arange(len(self.keys), dtype=np.int32), held)
            order = np.concatenate([singles[singles >= 0], others])
            singles[singles >= 0] = np.arange(len(held), dtype=np.int32)
            lanes = np.zeros((len(order), LANES), dtype=np.int16)
            scales = np.zeros(LANES, dtype=np.float32)
            lanes[:, : self.lanes.shape[1]] = self.lanes[order]
            scales[: len(self.scales)] = self.scales
            margins = np.zeros(LANES, dtype=np.float32)
            margins[: len(self.margins)] = self.margins
            unknown = float(UNKNOWN_IDF**2)
            keys = self.keys[others]
            tables = SieveTables(
                ngrams=KeyTable.of(keys),
                # The kernel compares three at once, be they fewer.
                tags=np.append(keys, np.zeros(3, np.uint64)).astype(np.uint32),
                order=order,
                lanes=lanes,
                scales=scales,
                intercepts=self.intercepts,
                margins=margins,
                tf=(1.0 + np.log(np.maximum(np.arange(256), 1))).astype(np.float32),
                singles=singles,
                unknown=unknown * NGRAMS_BY_SIGN,
                unknown_square=unknown,
                n_labels=len(self.intercepts),
            )
            self._handle = SieveHandle(tables)
        return self._handle

    def cuts(self, review: Mapping[str, float]) -> NDArray[np.float64]:
        """Give the estimate of each label below which a post passes, shape (n_labels,).

        `review` has the scores from which labels are given; a label without one has no say.
        """
        return np.asarray(_thresholds(review) - self.slacks[0])

    def wording_cuts(self, review: Mapping[str, float]) -> NDArray[np.float64]:
        """Give what `with_estimate` must be below for a post to pass by its wording alone.

        Shape (n_labels,); `review` as in `cuts`.
        """
        return np.asarray(_thresholds(review) - self.slacks[1])

    def sums(self) -> dict[str, str]:
        """Give the SHA-256 of each array."""
        return {name: array_sum(getattr(self, name)) for name in _ARRAYS}

    def save(self, folder: Path) -> None:
        """Write the screen into a bundle's folder.

        Raises
        ------
        OSError
            The folder cannot be written.
        """
        write_arrays(folder / _FILE, {name: getattr(self, name) for name in _ARRAYS})

    @classmethod
    def load(cls, folder: Path, sums: Mapping[str, str]) -> Screen:
        """Read the screen of a bundle's folder, whose arrays have these sums.

        Raises
        ------
        BundleError
            It is absent or damaged.
        """
        try:
            arrays = read_arrays(folder / _FILE, _ARRAYS, sums)
        except ValueError as error:
            raise _damaged(folder, str(error)) from error
        shape = (len(arrays["keys"]), len(LABELS) + 1)
        if arrays["lanes"].shape != shape:
            raise _damaged(folder, f"{_FILE} has lanes of shape {arrays['lanes'].shape}")
        for name, expected in (
            ("intercepts", (len(LABELS),)),
            ("margins", (len(LABELS),)),
            ("slacks", (2,)),
        ):
            if arrays[name].shape != expected:
                raise _damaged(folder, f"{_FILE} has {name} of shape {arrays[name].shape}")
        return cls(**arrays)


def with_estimate(
    wording: NDArray[np.float64], estimate: NDArray[np.floating[Any]]
) -> NDArray[np.float64]:
    """Give what is held against the second cut: the mean of a wording's log-odds and the estimate.

    The wording is exact and knows no facts; the estimate knows fewer n-grams and was learned with
    facts. Where one is far below the full decision the other seldom is.
    """
    return np.asarray((wording + estimate) / 2)


def _thresholds(review: Mapping[str, float]) -> NDArray[np.float64]:
    """Give the log-odds from which each label is given."""
    return _log_odds(tuple([review.get(label, 1.0) for label in LABELS]))


@lru_cache(maxsize=64)
def _log_odds(scores: tuple[float, ...]) -> NDArray[np.float64]:
    """Give the log-odds of scores; few are ever asked for, but each batch of posts asks."""
    least = np.array(scores)
    with np.errstate(divide="ignore"):
        found = np.asarray(np.log(least) - np.log1p(-least))
    found.setflags(write=False)
    return found


def _damaged(folder: Path, what: str) -> BundleError:
    return BundleError(
        f"the screen of the bundle at {folder} is damaged: {what}; copy the bundle again, or make "
        "the screen again with `fanzha train --screen-only`"
    )
