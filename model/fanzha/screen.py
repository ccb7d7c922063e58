"""The first look at a post: whether the model could flag it, by tables over whole arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from fanzha.arrays import array_sum, read_arrays, write_arrays
from fanzha.errors import BundleError
from fanzha.features import UNKNOWN_IDF
from fanzha.labels import LABELS
from fanzha.wording import LONGEST, Wording

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["Screen"]

# Windows of so many blocks, and how far each must stand out above the whole. Smaller ones for the
# model's own, which are of whole sentences, and may be as short as one. Chosen on the corpus.
_WINDOWS: Final = ((5, 0.0), (3, 0.5), (2, 1.0), (1, 1.5))
_SLOT_SHIFT: Final = np.uint32(12)
_SLOTS: Final = 1 << 20
_NO_ROW: Final = 0xFFFF
_ARRAYS: Final = {
    "keys": ("uint32", 1),
    "lanes": ("float16", 2),
    "intercepts": ("float64", 1),
    "slack": ("float64", 1),
}
_FILE: Final = "screen.npz"


class Screen:
    """A small copy of the model that knows n-grams only, and estimates the model's log-odds.

    Parameters
    ----------
    keys
        Hashes of the n-grams that it knows, shape (n_keys,), fewer than 65,535.
    lanes
        What each adds to each label's log-odds before these are divided by the length of what
        was read, and in the last column what it adds to the square of that length beyond what
        an unknown one does; shape (n_keys, n_labels + 1).
    intercepts
        Shape (n_labels,).
    slack
        How far below the log-odds of a label's review threshold each estimate of a post that
        passes must be, shape (1,).
    """

    def __init__(
        self,
        keys: NDArray[np.uint32],
        lanes: NDArray[np.float16],
        intercepts: NDArray[np.float64],
        slack: NDArray[np.float64],
    ) -> None:
        self.keys = keys
        self.lanes = lanes
        self.intercepts = intercepts
        self.slack = slack
        self._rows = np.full(_SLOTS, _NO_ROW, dtype=np.uint16)
        self._rows[keys >> _SLOT_SHIFT] = np.arange(len(keys), dtype=np.uint16)
        self._keys = np.append(keys, np.uint32(0))
        self._lanes = np.ascontiguousarray(lanes, dtype=np.float32)

    @staticmethod
    def slots(keys: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """Give the slot of each key; a screen's keys each have their own."""
        return keys >> _SLOT_SHIFT

    def cuts(self, review: Mapping[str, float]) -> NDArray[np.float64]:
        """Give the log-odds of each label below which a post passes, shape (n_labels,).

        `review` has the scores from which labels are given; a label without one has no say.
        """
        least = np.array([review.get(label, 1.0) for label in LABELS])
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(least) - np.log1p(-least) - self.slack)

    def log_odds(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Estimate the model's log-odds of normalized texts, shape (len(texts), n_labels).

        The same for a text whatever stands beside it. O(total characters).
        """
        if not texts:
            return np.zeros((0, len(self.intercepts)))
        wording = Wording.of(texts)
        n_blocks = len(wording.sizes)
        blocks = self._add_lanes(wording)
        blocks[:, -1] += UNKNOWN_IDF**2 * wording.sizes
        best = self._decide(np.add.reduceat(blocks, wording.firsts, axis=0))
        n_own = np.diff(np.append(wording.firsts, n_blocks))
        for size, margin in _WINDOWS:
            long = np.flatnonzero(n_own > size)
            if not len(long):
                continue
            counts = n_own[long] - size + 1
            firsts = np.cumsum(counts) - counts
            at = np.arange(int(counts.sum())) + np.repeat(wording.firsts[long] - firsts, counts)
            sums = blocks[at]
            for offset in range(1, size):
                sums += blocks[at + offset]
            windows = np.maximum.reduceat(self._decide(sums), firsts, axis=0)
            best[long] = np.maximum(best[long], windows - margin)
        return best

    def count(self, wording: Wording) -> csr_array:
        """Give the known n-grams of each block, shape (LONGEST · n_blocks, n_keys), by length."""
        from scipy.sparse import csr_array

        n_blocks = len(wording.sizes)
        found = list(self._known(wording))
        columns = np.concatenate([rows for rows, _ in found]).astype(np.int32)
        sizes = np.concatenate([np.bincount(own, minlength=n_blocks) for _, own in found])
        indptr = np.append(0, np.cumsum(sizes)).astype(np.int32)
        shape = (LONGEST * n_blocks, len(self.keys))
        return csr_array((np.ones(len(columns), dtype=np.float32), columns, indptr), shape=shape)

    def _known(self, wording: Wording) -> Iterator[tuple[NDArray[np.uint16], NDArray[np.int64]]]:
        """Give, length by length, the rows of the n-grams that are known, and their blocks."""
        for keys, blocks in zip(wording.keys, wording.blocks, strict=True):
            found = self._rows[keys >> _SLOT_SHIFT]
            known = np.flatnonzero(self._keys[np.minimum(found, len(self.keys))] == keys)
            known = known[found[known] != _NO_ROW]
            yield found[known], blocks[known]

    def _add_lanes(self, wording: Wording) -> NDArray[np.float32]:
        """Add up the lanes of each block's n-grams, shape (n_blocks, n_labels + 1)."""
        sums = np.zeros((len(wording.sizes), self._lanes.shape[1]), dtype=np.float32)
        for rows, blocks in self._known(wording):
            if len(rows):
                # The blocks come in order, so each one's n-grams lie side by side.
                firsts = np.flatnonzero(np.append(True, blocks[1:] != blocks[:-1]))
                sums[blocks[firsts]] += np.add.reduceat(self._lanes[rows], firsts, axis=0)
        return sums

    def _decide(self, sums: NDArray[np.float32]) -> NDArray[np.float64]:
        lengths = np.sqrt(np.maximum(sums[:, -1:], 1.0), dtype=np.float64)
        return np.asarray(sums[:, :-1] / lengths + self.intercepts)

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
        if arrays["lanes"].shape != shape or len(arrays["intercepts"]) != len(LABELS):
            raise _damaged(folder, f"{_FILE} has lanes of shape {arrays['lanes'].shape}")
        return cls(**arrays)


def _damaged(folder: Path, what: str) -> BundleError:
    return BundleError(
        f"the screen of the bundle at {folder} is damaged: {what}; copy the bundle again, or make "
        "the screen again with `fanzha train --screen-only`"
    )
