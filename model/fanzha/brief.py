"""Floats of 16 bits, the upper halves of those of 32: a column's weights fit one line of memory.

Weights are rounded to them when a model is made. What reads them back has the very same weights,
in training, in a bundle and in the kernel. Source: bfloat16, Intel 2018.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["pack", "unpack"]


def pack(floats: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Give the nearest brief floats, of equals the even one; all must be finite."""
    bits = np.ascontiguousarray(floats, dtype=np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def unpack(brief: NDArray[np.uint16]) -> NDArray[np.float32]:
    """Give what brief floats stand for."""
    return (brief.astype(np.uint32) << 16).view(np.float32)
