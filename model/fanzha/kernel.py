"""The compiled kernel: loaded when it is first asked for, None where it was not built."""

from __future__ import annotations

import ctypes
import logging
import threading
from array import array
from collections.abc import Sequence
from ctypes import (
    POINTER,
    Structure,
    byref,
    c_char_p,
    c_double,
    c_int,
    c_int32,
    c_int64,
    c_void_p,
    create_string_buffer,
    pointer,
)  # fmt: skip
from functools import lru_cache
from itertools import accumulate, chain
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanzha.build_kernel import LIBRARY, digest
from fanzha.dictionary import WordTables
from fanzha.keys import KeyTable, encode
from fanzha.post import Span

__all__ = [
    "Decisions", "Kernel", "KindRow", "ModelHandle", "ModelTables", "WordsHandle", "load_kernel",
]  # fmt: skip

_MOST_SPANS: Final = 3
_REMEDY: Final = (
    "scoring takes the slow way, with the same scores; install a C compiler, then run "
    "`python -m fanzha.build_kernel`"
)
_log = logging.getLogger(__name__)


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


class Decisions(NamedTuple):
    """The log-odds of posts, shape (n_posts, n_labels), and the stretch that each came from."""

    log_odds: NDArray[np.float64]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]


class _KeyTable(Structure):
    _fields_ = (("keys", c_void_p), ("starts", c_void_p), ("marks", c_void_p), ("shift", c_int64))


class _Words(Structure):
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


class _Model(Structure):
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
        self._struct = _Words(_key_table(tables.prefixes), *_addresses(*tables[1:]))
        self.address = pointer(self._struct)

    def __reduce__(self) -> tuple[type[WordsHandle], tuple[WordTables]]:
        return (WordsHandle, (self.tables,))


class ModelHandle:
    """`ModelTables` as the kernel takes them, with room to count in for each thread."""

    def __init__(self, tables: ModelTables) -> None:
        self.tables = tables
        self._struct = _Model(
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


class Kernel:
    """The functions of the compiled library; the interpreter's lock is free while one runs.

    Raises
    ------
    OSError
        There is no library at `LIBRARY`, or it is none.
    """

    def __init__(self) -> None:
        library = ctypes.CDLL(str(LIBRARY))
        library.fanzha_sources.restype = c_char_p
        self.sources = bytes(library.fanzha_sources()).decode()
        self._cut = library.fanzha_cut
        self._cut.argtypes = (POINTER(_Words), c_char_p, c_int64, c_int, c_void_p)
        self._cut.restype = c_int64
        self._count = library.fanzha_count
        self._count.argtypes = (POINTER(_Words), c_char_p, c_int64)
        self._count.restype = c_int
        self._decide = library.fanzha_decide
        self._decide.argtypes = (
            POINTER(_Words), POINTER(_Model), c_char_p, c_char_p, c_int64, c_char_p, c_char_p,
            c_void_p, c_void_p, c_void_p, c_void_p,
        )  # fmt: skip
        self._decide.restype = c_int
        self._explain = library.fanzha_explain
        self._explain.argtypes = (
            POINTER(_Words), POINTER(_Model), c_char_p, c_int64, c_int64, c_void_p, c_void_p,
            c_void_p, c_void_p,
        )  # fmt: skip
        self._explain.restype = c_int64

    def cut(self, words: WordsHandle, text: str, *, known_only: bool = False) -> list[str]:
        """Cut a text into words; with `known_only` without a guess at those of no dictionary."""
        ends = create_string_buffer(4 * len(text) + 1)
        n = self._cut(words.address, encode(text), len(text), known_only, ends)
        _refuse_failure(n)
        start = 0
        tokens = []
        for end in memoryview(ends)[: 4 * n].cast("B").cast("i"):
            tokens.append(text[start:end])
            start = end
        return tokens

    def count(self, words: WordsHandle, word: str) -> int:
        """Give the number of a word's count, 0 where it only begins words, else -1."""
        number: int = self._count(words.address, encode(word), len(word))
        return number

    def decide(
        self,
        words: WordsHandle,
        model: ModelHandle,
        texts: Sequence[str],
        facts: Sequence[Sequence[int]],
    ) -> Decisions:
        """Score texts, each with the numbers of the facts that hold of it. O(all characters)."""
        fact_offsets = _offsets(facts)
        n_labels = len(model.tables.intercepts)
        n_cells = len(texts) * n_labels
        # NumPy takes longer to tell an array's address than the kernel for a short post.
        room = create_string_buffer(16 * n_cells + 1)
        failed = self._decide(
            words.address,
            model.address,
            encode("".join(texts)),
            _offsets(texts),
            len(texts),
            array("i", chain.from_iterable(facts)).tobytes(),
            fact_offsets,
            model.counts,
            room,
            byref(room, 8 * n_cells),
            byref(room, 12 * n_cells),
        )
        _refuse_failure(failed)
        filled = memoryview(room)
        cells = np.frombuffer(filled, np.int32, 2 * n_cells, 8 * n_cells).reshape(2, -1, n_labels)
        log_odds = np.frombuffer(filled, np.float64, n_cells).reshape(-1, n_labels)
        return Decisions(log_odds, cells[0], cells[1])

    def explain(
        self, words: WordsHandle, model: ModelHandle, text: str, label: int
    ) -> tuple[tuple[Span, float], ...]:
        """Give the stretches of a text that add most to a label, and how much each, in order."""
        weights = create_string_buffer(8 * len(text) + 1)
        spans, totals = (c_int32 * (2 * _MOST_SPANS))(), (c_double * _MOST_SPANS)()
        n = self._explain(
            words.address,
            model.address,
            encode(text),
            len(text),
            label,
            model.counts,
            weights,
            spans,
            totals,
        )
        _refuse_failure(n)
        places = [Span(spans[2 * at], spans[2 * at + 1]) for at in range(n)]
        return tuple(sorted(zip(places, totals[:n], strict=True)))


@lru_cache(maxsize=1)
def load_kernel() -> Kernel | None:
    """Give the kernel, or None where it was not compiled, or from other sources.

    Scores are the same without it, many times slower; the log says so once.
    """
    try:
        kernel = Kernel()
    except OSError as error:
        _log.warning("the kernel cannot be loaded (%s): %s", error, _REMEDY)
        return None
    if kernel.sources != digest():
        _log.warning("%s was made from other sources: %s", LIBRARY.name, _REMEDY)
        return None
    return kernel


def _refuse_failure(result: int) -> None:
    if result < 0:
        raise MemoryError("the kernel could not get the memory for a text")


def _offsets(parts: Sequence[Sequence[object]]) -> bytes:
    return array("q", accumulate(map(len, parts), initial=0)).tobytes()


def _key_table(table: KeyTable) -> _KeyTable:
    return _KeyTable(*_addresses(*table[:3]), int(table.shift))


def _addresses(*arrays: NDArray[Any]) -> list[int]:
    return [_address(array) for array in arrays]


def _address(values: NDArray[Any]) -> int:
    if not values.flags.c_contiguous:
        raise ValueError("the kernel takes contiguous arrays only")
    return values.ctypes.data
