"""Many texts side by side as one array of code points, for what tables do to all at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Sheet"]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Texts written one after the other with a gap before, between and behind them.

    `codes` has shape (len(text),); the text of number n stands at `[starts[n], ends[n])`.

    Examples
    --------
    >>> sheet = Sheet.of(["花呗", "套现"], gap="|")
    >>> sheet.text, sheet.holders(sheet.codes == ord("现")).tolist()
    ('|花呗|套现|', [False, True])
    """

    text: str
    codes: NDArray[np.uint32]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, texts: Sequence[str], gap: str = "\n") -> Sheet:
        """Write texts side by side; O(total characters)."""
        joined = f"{gap}{gap.join(texts)}{gap}"
        codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        sizes = np.fromiter(map(len, texts), np.int64, len(texts))
        ends = np.cumsum(sizes + len(gap))
        return cls(joined, codes, ends - sizes, ends)

    def owners(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give for places inside texts the number of the text that each lies in."""
        return np.searchsorted(self.starts, places, side="right") - 1

    def holders(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell of each text whether `mask`, shape (len(text),), holds anywhere in it.

        It must hold nowhere in a gap.
        """
        found = np.zeros(len(self.starts), dtype=np.bool_)
        found[self.owners(np.flatnonzero(mask))] = True
        return found
