"""The n-grams of many texts as hashes, by stretches of eight characters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["LONGEST", "Wording", "keys_by_place"]

LONGEST: Final = 4
"""Characters of the longest n-gram."""
_BLOCK: Final = 8
_BLOCK_BITS: Final = 3
_EDGE: Final = "\x02"
_SIGNS: Final = 0x20000
_OTHER_SIGN: Final = 0xFFFF
_MULTIPLIER: Final = np.uint32(0x9E3779B1)  # 2^32 / golden ratio, Knuth 6.4
_MIXER: Final = np.uint32(0x2C1B3C6D)


@dataclass(frozen=True, slots=True)
class Wording:
    """The n-grams of many texts, by blocks of eight characters.

    `keys[n]` and `blocks[n]` have an entry for each place where an n-gram of n + 1 characters
    ends: its hash, and the block of the place. `sizes` has shape (n_blocks,): how many n-grams
    each block has. `firsts` has shape (n_texts,): the first block of each text.
    """

    keys: tuple[NDArray[np.uint32], ...]
    blocks: tuple[NDArray[np.int64], ...]
    sizes: NDArray[np.float32]
    firsts: NDArray[np.int64]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Wording:
        """Find the n-grams of normalized texts; O(total characters).

        Digits count as 0, and runs of blanks and of one sign are shortened, as in the texts that
        the model reads.
        """
        # Each text begins a block, so that what is found in it does not hang on its neighbours.
        parts = [f"{_EDGE}{text}{_EDGE * (_BLOCK - (len(text) + 1) % _BLOCK)}" for text in texts]
        signs = _signs("".join(parts))
        n_blocks = len(signs) >> _BLOCK_BITS
        sizes = np.fromiter(map(len, parts), np.int64, len(parts))
        places = _kept(signs)
        signs = signs[places]
        blocks = places >> _BLOCK_BITS
        counted = np.bincount(blocks[signs != ord(_EDGE)], minlength=n_blocks)
        return cls(
            tuple(_keys(signs)),
            tuple(blocks[n:] for n in range(LONGEST)),
            (counted * LONGEST).astype(np.float32),
            (np.cumsum(sizes) - sizes) >> _BLOCK_BITS,
        )


def keys_by_place(
    texts: Sequence[str],
) -> tuple[list[NDArray[np.uint32]], list[NDArray[np.bool_]], NDArray[np.int64]]:
    """Give the hash of the n-gram that begins at each place of texts written side by side.

    Returns
    -------
    For each length the hashes, and whether the n-gram lies in one text; and where each text's
    first character stands. An edge stands before and behind each text.
    """
    signs = _signs("".join(f"{_EDGE}{text}{_EDGE}" for text in texts))
    sizes = np.fromiter((len(text) + 2 for text in texts), np.int64, len(texts))
    ends = np.cumsum(sizes)
    limits = np.repeat(ends, sizes)
    keys = list(_keys(signs))
    inside = [np.arange(len(key)) + n <= limits[: len(key)] for n, key in enumerate(keys, 1)]
    inside[0] &= signs != ord(_EDGE)
    return keys, inside, ends - sizes + 1


def _signs(text: str) -> NDArray[np.uint16]:
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    return np.asarray(_table()[np.minimum(codes, _SIGNS - 1)])


def _keys(signs: NDArray[np.uint16]) -> list[NDArray[np.uint32]]:
    found = []
    key = signs.astype(np.uint32)
    for n in range(1, LONGEST + 1):
        if n > 1:
            key = key[:-1] * _MULTIPLIER + signs[n - 1 :]
        mixed = (key ^ (key >> np.uint32(15)) ^ np.uint32(n)) * _MIXER
        found.append(mixed ^ (mixed >> np.uint32(13)))
    return found


@lru_cache(maxsize=1)
def _table() -> NDArray[np.uint16]:
    """Give the sign under which each code point is read."""
    table = np.minimum(np.arange(_SIGNS), _OTHER_SIGN).astype(np.uint16)
    table[ord("0") : ord("9") + 1] = ord("0")
    table[[ord(sign) for sign in "\n\t"]] = ord(" ")
    table.setflags(write=False)
    return table


def _kept(signs: NDArray[np.uint16]) -> NDArray[np.int64]:
    """Give the places that stay: of digits four in a row, of other signs three, of blanks one."""
    same = signs[1:] == signs[:-1]
    drop = np.append(False, same & (signs[1:] == ord(" ")))
    fourth = np.append([False] * 3, same[2:] & same[1:-1] & same[:-2])
    if fourth.any():
        digits = signs == ord("0")
        drop |= fourth & ~digits & (signs != ord(_EDGE))
        drop |= fourth & np.append(False, fourth[:-1]) & digits
    return np.flatnonzero(~drop)
