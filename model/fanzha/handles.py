"""The tables of scoring and of words, as the compiled kernel takes them."""

from __future__ import annotations

import threading
from ctypes import Structure, c_double, c_int64, c_void_p, pointer
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanzha.dictionary import WordTables
from fanzha.keys import KeyTable

__all__ = ["KindRow", "Model", "ModelHandle", "ModelTables", "Words", "WordsHandle"]


class KindRow(NamedTuple):
    """A kind of window: see `fanzha.windows.WindowKind`; sentences have no stride."""

    least_chars: int
    size: int
    stride: int
    by_sentence: bool


class ModelTables(NamedTuple):
    """What scoring needs, as contiguous arrays.

    `rows`, float32 of shape (n_char_columns + n_words, width), has each column's weights, zeros
    up to a multiple of four at least, and last its idf. `facts`, shape (n_facts, n_labels), has
    the fact's value times its weights. `alphanumeric` is true where a code point makes a word of
    a token. `tf` is the weight of a count below 256.
    """

    chars: KeyTable
    words: KeyTable
    rows: NDArray[np.float32]
    facts: NDArray[np.float64]
    intercepts: NDArray[np.float64]
    margins: NDArray[np.float64]
    alphanumeric: NDArray[np.bool_]
    tf: NDArray[np.float64]
    unknown_idf: float
    kinds: tuple[KindRow, ...]


class _KeyTable(Structure):
    _fields_ = (("keys", c_void_p), ("starts", c_void_p), ("marks", c_void_p), ("shift", c_int64))


class Words(Structure):
    """`Words` of kernel.h."""

    _fields_ = (
        ("prefixes", _KeyTable),
        ("singles", c_void_p),
        ("counts", c_void_p),
        ("weights", c_void_p),
        ("signs", c_void_p),
        ("emissions", c_void_p),
    )


class _Kind(Structure):
    _fields_ = tuple((name, c_int64) for name in KindRow._fields)


class Model(Structure):
    """`Model` of kernel.h."""

    _fields_ = (
        ("chars", _KeyTable),
        ("words", _KeyTable),
        ("rows", c_void_p),
        ("width", c_int64),
        ("n_labels", c_int64),
        ("n_char_columns", c_int64),
        ("facts", c_void_p),
        ("intercepts", c_void_p),
        ("margins", c_void_p),
        ("alphanumeric", c_void_p),
        ("tf", c_void_p),
        ("unknown_idf", c_double),
        ("kinds", _Kind * 2),
    )


class WordsHandle:
    """`WordTables` as the kernel takes them."""

    def __init__(self, tables: WordTables) -> None:
        self.tables = tables
        self._struct = Words(_key_table(tables.prefixes), *_addresses(*tables[1:]))
        self.address = pointer(self._struct)

    def __reduce__(self) -> tuple[type[WordsHandle], tuple[WordTables]]:
        return (WordsHandle, (self.tables,))


class ModelHandle:
    """`ModelTables` as the kernel takes them, with room to count in for each thread."""

    def __init__(self, tables: ModelTables) -> None:
        self.tables = tables
        self._struct = Model(
            chars=_key_table(tables.chars),
            words=_key_table(tables.words),
            rows=_address(tables.rows),
            width=tables.rows.shape[1],
            n_labels=len(tables.intercepts),
            n_char_columns=len(tables.chars.keys),
            facts=_address(tables.facts),
            intercepts=_address(tables.intercepts),
            margins=_address(tables.margins),
            alphanumeric=_address(tables.alphanumeric),
            tf=_address(tables.tf),
            unknown_idf=tables.unknown_idf,
            kinds=(_Kind * len(tables.kinds))(*(_Kind(*kind) for kind in tables.kinds)),
        )
        self.address = pointer(self._struct)
        self._local = threading.local()

    def __reduce__(self) -> tuple[type[ModelHandle], tuple[ModelTables]]:
        return (ModelHandle, (self.tables,))

    @property
    def counts(self) -> int:
        """Address of zeros, one a column, of this thread alone; the kernel leaves zeros behind."""
        try:
            return int(self._local.address)
        except AttributeError:
            self._local.counts = np.zeros(len(self.tables.rows), dtype=np.int32)
            self._local.address = _address(self._local.counts)
            return int(self._local.address)


def _key_table(table: KeyTable) -> _KeyTable:
    return _KeyTable(*_addresses(*table[:3]), int(table.shift))


def _addresses(*arrays: NDArray[Any]) -> list[int]:
    return [_address(array) for array in arrays]


def _address(values: NDArray[Any]) -> int:
    if not values.flags.c_contiguous:
        raise ValueError("the kernel takes contiguous arrays only")
    return values.ctypes.data
