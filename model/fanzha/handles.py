"""The tables of looks and of words, as the compiled kernel takes them."""

from __future__ import annotations

import threading
from ctypes import (
    Structure,
    c_float,
    c_int32,
    c_int64,
    c_uint32,
    c_uint64,
    c_void_p,
    pointer,
)
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanzha.dictionary import WordTables
from fanzha.keys import KeyTable, SlotTable

__all__ = [
    "AROUND",
    "CONTEXT",
    "LANES",
    "LEAD_CODES",
    "MOST_TERMS",
    "PAIR",
    "ROW",
    "TEAR",
    "Cuts",
    "Lead",
    "Look",
    "LookHandle",
    "LookTables",
    "Sieve",
    "SieveHandle",
    "SieveTables",
    "SlotStruct",
    "Words",
    "WordsHandle",
    "Zeros",
    "addresses",
    "slot_struct",
]  # fmt: skip

LANES: Final = 16
"""Columns of a row of `SieveTables.lanes`."""
LEAD_CODES: Final = 12
"""Characters of the longest writing that a `Lead` carries."""
_LEAD_PLACES: Final = 24
PAIR, TEAR, ROW = -1, -2, -3
"""Numbers of a `Lead` of no shape: characters that may stand for others, marks in a word, and a row
of single signs."""
AROUND: Final = 5
"""Of how many symbols on either side of a shape a `Lead` carries the places."""

MOST_TERMS: Final = 2
"""Terms that a `Context` can name."""
CONTEXT: Final = np.dtype(
    [
        ("terms", "u4", (MOST_TERMS, 8)), ("sizes", "i4", MOST_TERMS),
        ("strange", "u4", MOST_TERMS), ("n", "i4"), ("unused", "i4"), ("key", "u8"),
    ]
)  # fmt: skip
"""`Context` of look.h."""


class LookTables(NamedTuple):
    """What the first look needs, as contiguous arrays.

    `signs`, of `SIGN`, has a row a code point: what it becomes, what it may be part of, and its
    symbol. Where it becomes none or many, `folded` has the highest bit and a place in
    `expansions`, where their number stands and then they. `drawn` has the symbol of what a code
    point looks like. `shapes` has the keys of all beginnings of shapes, `numbers` the number of
    the shape that ends there, or -1; `beginnings` a bit for each two of the `n_symbols` symbols,
    and `opened` for each two the place in `openings` of what may follow, or 0.
    `pairs` has the keys of what stands side by side or apart where a term is altered, and `near`
    bits that say of most others that they do not.
    `terms`, shape (n_terms, 9), has the length and the characters of each term that may be altered,
    `own` all these characters, sorted, and `anchors` from `firsts` of a character on the places
    where it stands in them: number of the term times eight, and place.
    `dull` has room for the keys of writings that are no disguise, 0 where there is none, and
    `contexts`, of `CONTEXT`, for what explains some others.
    """

    signs: NDArray[Any]
    expansions: NDArray[np.uint32]
    drawn: NDArray[np.uint16]
    shapes: KeyTable
    numbers: NDArray[np.int32]
    beginnings: NDArray[np.uint32]
    opened: NDArray[np.uint16]
    openings: NDArray[Any]
    n_symbols: int
    pairs: KeyTable
    near: NDArray[np.uint32]
    terms: NDArray[np.uint32]
    own: NDArray[np.uint32]
    firsts: NDArray[np.int32]
    anchors: NDArray[np.int32]
    dull: NDArray[np.uint64]
    contexts: NDArray[Any]


class SieveTables(NamedTuple):
    """What estimating needs: `fanzha.screen.Screen`, its lanes filled up to `LANES` columns.

    The rows of `lanes` are in the order of what is looked up: first those of `singles`, the n-grams
    of one sign, by code point below 65,536 (-1 where none is known), then those of `ngrams`, with
    `tags` the lower halves of their keys and three more. `order` has the screen's number of each.

    `tf` is the weight of a count below 256.
    """

    ngrams: KeyTable
    tags: NDArray[np.uint32]
    order: NDArray[np.int32]
    lanes: NDArray[np.int16]
    scales: NDArray[np.float32]
    intercepts: NDArray[np.float32]
    margins: NDArray[np.float32]
    tf: NDArray[np.float32]
    singles: NDArray[np.int32]
    unknown: float
    unknown_square: float
    n_labels: int


class _KeyTable(Structure):
    _fields_ = (("keys", c_void_p), ("starts", c_void_p), ("marks", c_void_p), ("shift", c_int64))


class SlotStruct(Structure):
    """`SlotTable` of kernel.h."""

    _fields_ = (
        ("slots", c_void_p),
        ("marks", c_void_p),
        ("shift", c_int64),
        ("mark_shift", c_int64),
    )


class _Ngrams(Structure):
    _fields_ = (*_KeyTable._fields_, ("first", c_int32))


class Words(Structure):
    """`Words` of kernel.h."""

    _fields_ = (
        ("prefixes", SlotStruct),
        ("singles", c_void_p),
        ("weights", c_void_p),
        ("gains", c_void_p),
        ("signs", c_void_p),
        ("emissions", c_void_p),
    )


class Look(Structure):
    """`Look` of look.h."""

    _fields_ = (
        ("signs", c_void_p),
        ("expansions", c_void_p),
        ("drawn", c_void_p),
        ("shapes", _KeyTable),
        ("numbers", c_void_p),
        ("beginnings", c_void_p),
        ("opened", c_void_p),
        ("openings", c_void_p),
        ("n_symbols", c_int64),
        ("pairs", _KeyTable),
        ("near", c_void_p),
        ("terms", c_void_p),
        ("own", c_void_p),
        ("firsts", c_void_p),
        ("anchors", c_void_p),
        ("n_own", c_int64),
        ("dull", c_void_p),
        ("contexts", c_void_p),
    )


class Sieve(Structure):
    """`Sieve` of look.h."""

    _fields_ = (
        ("ngrams", _Ngrams),
        ("lanes", c_void_p),
        ("scales", c_void_p),
        ("intercepts", c_void_p),
        ("margins", c_void_p),
        ("tf", c_void_p),
        ("singles", c_void_p),
        ("unknown", c_float),
        ("unknown_square", c_float),
        ("n_labels", c_int64),
        ("n_rows", c_int64),
    )


class Cuts(Structure):
    """`Cuts` of look.h."""

    _fields_ = (("cuts", c_void_p), ("spots", c_void_p), ("n", c_int64), ("room", c_int64))


class Lead(Structure):
    """`Lead` of look.h."""

    _fields_ = (
        ("key", c_uint64),
        ("post", c_int32),
        ("number", c_int32),
        ("first", c_int32),
        ("last", c_int32),
        ("drawn", c_int32),
        ("n_codes", c_int32),
        ("codes", c_uint32 * LEAD_CODES),
        ("n_shape", c_int32),
        ("n_before", c_int32),
        ("n_after", c_int32),
        ("barriers", c_uint32),
        ("at", c_int32 * (_LEAD_PLACES + 2 * AROUND)),
    )

    @property
    def whole(self) -> bool:
        """Tell whether it carries a writing without marks in it."""
        return bool(self.n_codes) and self.last - self.first == self.n_codes - 1


class Zeros:
    """An array of int32 zeros for each thread, made when it is first asked for."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._local = threading.local()

    @property
    def address(self) -> int:
        """Where those of this thread begin."""
        try:
            return int(self._local.address)
        except AttributeError:
            self._local.zeros = np.zeros(self._size, dtype=np.int32)
            self._local.address = _address(self._local.zeros)
            return int(self._local.address)


class LookHandle:
    """`LookTables` as the kernel takes them."""

    def __init__(self, tables: LookTables) -> None:
        self.tables = tables
        self._struct = Look(
            _address(tables.signs),
            _address(tables.expansions),
            _address(tables.drawn),
            _key_table(tables.shapes),
            _address(tables.numbers),
            *addresses(tables.beginnings, tables.opened, tables.openings),
            tables.n_symbols,
            _key_table(tables.pairs),
            *addresses(tables.near, tables.terms, tables.own, tables.firsts, tables.anchors),
            len(tables.own),
            _address(tables.dull),
            _address(tables.contexts),
        )
        self.address = pointer(self._struct)

    def __reduce__(self) -> tuple[type[LookHandle], tuple[LookTables]]:
        return (LookHandle, (self.tables,))


class SieveHandle:
    """`SieveTables` as the kernel takes them, with room to count in for each thread."""

    def __init__(self, tables: SieveTables) -> None:
        self.tables = tables
        self._struct = Sieve(
            _Ngrams(
                *addresses(tables.tags, tables.ngrams.starts, tables.ngrams.marks),
                int(tables.ngrams.shift),
                len(tables.order) - len(tables.ngrams.keys),
            ),
            _address(tables.lanes),
            _address(tables.scales),
            _address(tables.intercepts),
            _address(tables.margins),
            _address(tables.tf),
            _address(tables.singles),
            tables.unknown,
            tables.unknown_square,
            tables.n_labels,
            len(tables.lanes),
        )
        self.address = pointer(self._struct)
        n_rows = len(tables.lanes)
        self._zeros = Zeros(n_rows + n_rows // 32 + 1)

    def __reduce__(self) -> tuple[type[SieveHandle], tuple[SieveTables]]:
        return (SieveHandle, (self.tables,))

    @property
    def counts(self) -> int:
        """Address of zeros, one and a bit an n-gram, of this thread alone; left as they were."""
        return self._zeros.address


class WordsHandle:
    """`WordTables` as the kernel takes them."""

    def __init__(self, tables: WordTables) -> None:
        self.tables = tables
        prefixes = tables.prefixes
        self._slots = SlotTable.of(prefixes.keys, tables.counts, prefixes.marks)
        self._gains = tables.weights.copy()
        self._gains[0] = -np.inf
        self._struct = Words(
            slot_struct(self._slots),
            *addresses(tables.singles, tables.weights, self._gains, tables.signs, tables.emissions),
        )
        self.address = pointer(self._struct)

    def __reduce__(self) -> tuple[type[WordsHandle], tuple[WordTables]]:
        return (WordsHandle, (self.tables,))


def _key_table(table: KeyTable) -> _KeyTable:
    return _KeyTable(*addresses(*table[:3]), int(table.shift))


def slot_struct(table: SlotTable) -> SlotStruct:
    """Give a slot table as the kernel takes it; its arrays must be kept."""
    slots, marks, shift, mark_shift = table
    return SlotStruct(*addresses(slots, marks), shift, mark_shift)


def addresses(*arrays: NDArray[Any]) -> list[int]:
    """Give where contiguous arrays begin, which holds while they are kept."""
    return [_address(array) for array in arrays]


def _address(values: NDArray[Any]) -> int:
    if not values.flags.c_contiguous:
        raise ValueError("the kernel takes contiguous arrays only")
    return values.ctypes.data
