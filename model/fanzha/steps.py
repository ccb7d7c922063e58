"""Where in a post which step of normalization changes something, by the compiled kernel."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from ctypes import c_char, c_char_p, c_int64, c_void_p
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fanzha.build_kernel import open_library
from fanzha.folding import folding
from fanzha.keys import encode
from fanzha.numerals import LOOSE_NUMERALS, NUMERAL_SIGNS

__all__ = ["find_steps"]

# What steps.c is told of a code point, beside the number of its step.
_DIGIT, _STRICT, _LOOSE, _EXPANDS, _TO_NUMERALS = 8, 16, 24, 32, 64
_FLAG_BYTES: Final = 4
_FOUND_BYTES: Final = 12
_LEAST_ROOM: Final = 32

_Find = Callable[[bytes, int, int, int], int]


def find_steps(post: str) -> tuple[Iterator[tuple[int, int, int]], bool] | None:
    """Give number of the step, start and end of each stretch that one changes, in order.

    Also whether signs may be read as a number in the end, which is for `normalize` to say. None
    where there is no kernel. O(len(post)).

    Examples
    --------
    >>> found = find_steps("花唄，加我")
    >>> None if found is None else (list(found[0]), found[1])
    ([(4, 1, 2), (2, 2, 3)], False)
    """
    find = _load()
    if find is None:
        return None
    codes = encode(post)
    n_room = _LEAST_ROOM + len(post) // 8
    while True:
        # The flag stands before what is found.
        room = bytearray(_FLAG_BYTES + _FOUND_BYTES * n_room)
        n = find(codes, len(post), ctypes.addressof(c_char.from_buffer(room)), n_room)
        if n <= n_room:
            break
        n_room = n
    flat = iter(memoryview(room)[: _FLAG_BYTES + _FOUND_BYTES * n].cast("i").tolist())
    reads = bool(next(flat))
    return zip(flat, flat, flat, strict=True), reads


@lru_cache(maxsize=1)
def _load() -> _Find | None:
    """Give the kernel's function with its table; `fanzha.kernel` says so where there is none."""
    try:
        library = open_library()
    except OSError:
        return None
    function = library.fanzha_steps
    function.argtypes = (c_void_p, c_char_p, c_int64, c_void_p, c_int64, c_void_p)
    function.restype = c_int64
    kinds = _kinds()
    address = kinds.ctypes.data

    def find(codes: bytes, n: int, room: int, n_room: int, _kept: object = kinds) -> int:
        return int(function(address, codes, n, room + _FLAG_BYTES, n_room, room))

    return find


def _kinds() -> NDArray[np.uint8]:
    """Give what the kernel is told of each code point, shape (0x110000,)."""
    rules = folding()
    kinds = rules.steps.copy()
    numerals = np.flatnonzero(rules.numerals)
    for code, sign in zip(numerals.tolist(), rules.table[numerals].tolist(), strict=True):
        kinds[code] |= _class(chr(sign))
    for code, becomes in rules.expansions.items():
        counts = not NUMERAL_SIGNS.isdisjoint(becomes)
        kinds[code] |= _EXPANDS | (_TO_NUMERALS if counts else 0)
    return kinds


def _class(sign: str) -> int:
    if "0" <= sign <= "9":
        return _DIGIT
    return _LOOSE if sign in LOOSE_NUMERALS else _STRICT
