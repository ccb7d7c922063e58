"""64-bit keys of n-grams and words, and tables of sorted keys in which one is found at once."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "BOUNDARY",
    "KNOWN_SIGNS",
    "MOST_VALUES",
    "MULTIPLIER",
    "SALTS",
    "WORD",
    "WORD_PAIR",
    "KeyTable",
    "SlotTable",
    "decode",
    "encode",
    "find_singles",
    "key_ngrams",
    "key_words",
    "mix",
]  # fmt: skip

BOUNDARY: Final = "\x02"
"""The sign that stands before and after a text in its n-grams."""

KNOWN_SIGNS: Final = 0x40000
"""No letter, digit or ideograph stands at or above it (Unicode 17.0, planes 4 to 16)."""

MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio, Knuth 6.4
WORD, WORD_PAIR = 16, 17

MOST_VALUES: Final = (1 << 22) - 1
"""Values that a `SlotTable` can tell apart."""

SALTS: Final = np.arange(27, dtype=np.uint64) * MULTIPLIER
"""What keeps keys of different kinds apart: an n-gram's kind is its length, a word's `WORD`."""

_UTF_32: Final = "utf-32-le" if sys.byteorder == "little" else "utf-32-be"
N_SINGLES: Final = 1 << 16
"""Signs below are sought by code point; those of the planes above by their keys."""

_VALUE_BITS: Final = np.uint64(22)
_SLOTS_AT_ONCE: Final = 3
_MIXERS: Final = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))  # SplitMix64


class KeyTable(NamedTuple):
    """Sorted distinct keys, with the place where each value of their leading bits begins.

    `starts` has 2^bits + 1 entries, and `shift` is 64 - bits. As keys are spread evenly, about one
    stands in each place. `marks` has a bit for each value of the leading bits and four more, set
    where a key has it: most keys that are not there are told by that alone.
    """

    keys: NDArray[np.uint64]
    starts: NDArray[np.int32]
    marks: NDArray[np.uint8]
    shift: np.uint64

    @classmethod
    def of(cls, keys: NDArray[np.uint64]) -> KeyTable:
        """Make the table of sorted distinct keys; they are not copied."""
        bits = max(1, len(keys).bit_length())
        shift = np.uint64(64 - bits)
        sizes = np.bincount((keys >> shift).astype(np.int64), minlength=1 << bits)
        starts = np.concatenate(([0], np.cumsum(sizes))).astype(np.int32)
        return cls(keys, starts, _mark(keys), shift)

    def arrays(self, name: str) -> dict[str, NDArray[Any]]:
        """Give the table's arrays under names that begin with `name`."""
        return {
            f"{name}.keys": self.keys,
            f"{name}.starts": self.starts,
            f"{name}.marks": self.marks,
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]], name: str) -> KeyTable:
        """Take a table's arrays, as `arrays` gave them."""
        keys, starts, marks = (arrays[f"{name}.{part}"] for part in ("keys", "starts", "marks"))
        return cls(keys, starts, marks, np.uint64(64 - (len(starts) - 1).bit_length() + 1))


class SlotTable(NamedTuple):
    """Values of keys, each where its key's leading bits say, or as near behind as there is room.

    A slot has the lower 42 bits of a key and, below them, one more than its value; 0 is empty. At
    least half are, and the last three always. Where a slot stands and what it has tell 62 bits of a
    key or more: two of 500,000 random keys are taken for one another in fewer than one table in a
    million, and another key for one of them once in 10^12. `shift` leaves a key's leading bits;
    `marks` are those of `KeyTable`, of keys less `mark_shift` bits.
    """

    slots: NDArray[np.uint64]
    marks: NDArray[np.uint8]
    shift: int
    mark_shift: int

    @classmethod
    def of(
        cls,
        keys: NDArray[np.uint64],
        values: NDArray[Any],
        marks: NDArray[np.uint8] | None = None,
    ) -> SlotTable:
        """Make the table of sorted distinct keys and their values, from 0 to below `MOST_VALUES`.

        `marks` are those of the keys, where they are known. O(len(keys)).

        Raises
        ------
        ValueError
            There is no room for so great a value.
        """
        if len(values) and int(values.max()) >= MOST_VALUES:
            raise ValueError(f"a value of {values.max()}: there is room for {MOST_VALUES}")
        bits = max(1, len(keys).bit_length())
        shift = 63 - bits
        places = (keys >> np.uint64(shift)).astype(np.int64)
        order = np.arange(len(keys))
        places = np.maximum.accumulate(places - order) + order
        size = max(2 << bits, int(places.max(initial=0)) + 1) + _SLOTS_AT_ONCE
        slots = np.zeros(size, dtype=np.uint64)
        slots[places] = (keys << _VALUE_BITS) + (values + 1).astype(np.uint64)
        return cls(slots, _mark(keys) if marks is None else marks, shift, 60 - bits)


def find_singles(keys: NDArray[np.uint64]) -> NDArray[np.int32]:
    """Give the places of single signs among the sorted keys of n-grams, -1 where one is absent.

    Shape (`N_SINGLES`,), by code point. O(N_SINGLES log len(keys)).
    """
    wanted = mix(np.arange(N_SINGLES, dtype=np.uint64), SALTS[1])
    places = np.searchsorted(keys, wanted)
    held = places < len(keys)
    held[held] = keys[places[held]] == wanted[held]
    return np.where(held, places, -1).astype(np.int32)


def _mark(keys: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """Give a bit for each value of the keys' leading bits, sixteen or more for each key.

    It is set where a key has that value.
    """
    bits = max(1, len(keys).bit_length())
    marked = np.zeros(16 << bits, dtype=np.bool_)
    marked[keys >> np.uint64(60 - bits)] = True
    return np.packbits(marked, bitorder="little")


def mix(keys: NDArray[np.uint64], salt: np.uint64 | NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread keys over all 64 bits, apart by salt (SplitMix64's finalizer)."""
    keys = keys ^ salt
    keys = (keys ^ (keys >> np.uint64(30))) * _MIXERS[0]
    keys = (keys ^ (keys >> np.uint64(27))) * _MIXERS[1]
    return keys ^ (keys >> np.uint64(31))


def encode(text: str) -> bytes:
    """Give the code points of a text, four bytes each as the machine has them, surrogates too."""
    return text.encode(_UTF_32, "surrogatepass")


def decode(codes: bytes) -> str:
    """Give the text of code points, as `encode` gave them."""
    return codes.decode(_UTF_32, "surrogatepass")


def key_ngrams(ngrams: Sequence[str]) -> NDArray[np.uint64]:
    """Give the keys of n-grams of characters, of one sign to a few; shape (len(ngrams),)."""
    return _keys(ngrams, np.fromiter(map(len, ngrams), np.int64, len(ngrams)))


def key_words(words: Sequence[str]) -> NDArray[np.uint64]:
    """Give the keys of words, shape (len(words),)."""
    return _keys(words, np.full(len(words), WORD))


def _keys(parts: Sequence[str], kinds: NDArray[np.int64]) -> NDArray[np.uint64]:
    codes = np.frombuffer(encode("".join(parts)), dtype=np.uint32).astype(np.uint64)
    lengths = np.fromiter(map(len, parts), np.int64, len(parts))
    firsts = np.cumsum(lengths) - lengths
    keys = np.zeros(len(parts), dtype=np.uint64)
    for place in range(int(lengths.max(initial=0))):
        longer = lengths > place
        keys[longer] = keys[longer] * MULTIPLIER + codes[firsts[longer] + place]
    return mix(keys, SALTS[kinds])
