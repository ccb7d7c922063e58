"""The compiled kernel: loaded when it is first asked for, None where it was not built."""

from __future__ import annotations

import ctypes
import logging
from array import array
from collections.abc import Sequence
from ctypes import POINTER, byref, c_char, c_char_p, c_int, c_int64, c_void_p
from functools import lru_cache
from itertools import accumulate, chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fanzha.build_kernel import open_library
from fanzha.errors import FanzhaError
from fanzha.finding_handle import Finding, FindingHandle
from fanzha.handles import (
    Cuts,
    Lead,
    Look,
    LookHandle,
    Sieve,
    SieveHandle,
    Words,
    WordsHandle,
)
from fanzha.keys import decode, encode
from fanzha.model_handle import Model, ModelHandle
from fanzha.results import Decisions, Found, Sights

__all__ = ["Kernel", "load_kernel", "need_kernel"]

_MOST_SPANS: Final = 3
_LEAST_FIRINGS: Final = 64
_LEAST_LEADS: Final = 64
"""Leads that one look leaves to Python, beside four for each post, ..."""
_BYTES_A_LEAD: Final = 8
"""... and one for two signs: where there are more, posts are searched whole, many times slower."""
_LEAD_BYTES: Final = ctypes.sizeof(Lead)
_BYTES_A_SPOT: Final = 64
"""Of posts as UTF-32, for each spot that there is room for: `SIGNS_A_SPOT` of look.h."""
_REMEDY: Final = (
    "scoring takes the slow way, with the same scores; install a C compiler, then run "
    "`python -m fanzha.build_kernel`"
)
_log = logging.getLogger(__name__)


class Kernel:
    """The functions of the compiled library; the interpreter's lock is free while one runs.

    Raises
    ------
    OSError
        There is no library that can be used: see `build_kernel.open_library`.
    """

    def __init__(self) -> None:
        library = open_library()
        self._cut = library.fanzha_cut
        self._cut.argtypes = (POINTER(Words), c_char_p, c_int64, c_int, c_void_p)
        self._cut.restype = c_int64
        self._count = library.fanzha_count
        self._count.argtypes = (POINTER(Words), c_char_p, c_int64)
        self._count.restype = c_int
        self._decide = library.fanzha_decide
        self._decide.argtypes = (
            POINTER(Words), POINTER(Model), c_char_p, c_char_p, c_int64, c_void_p, c_void_p,
            c_void_p, c_void_p,
        )  # fmt: skip
        self._decide.restype = c_int
        self._explain = library.fanzha_explain
        self._explain.argtypes = (
            POINTER(Words), POINTER(Model), c_char_p, c_char_p, c_char_p, c_int64, c_void_p,
            c_void_p, c_void_p, c_void_p,
        )  # fmt: skip
        self._explain.restype = c_int

        self._look = library.fanzha_look
        self._look.argtypes = (
            POINTER(Look), POINTER(Words), POINTER(Sieve), c_char_p, c_char_p, c_int64, c_void_p,
            c_void_p, c_void_p, POINTER(Cuts), c_void_p, c_int64,
        )  # fmt: skip
        self._look.restype = c_int64
        self._columns = library.fanzha_columns
        self._columns.argtypes = (
            POINTER(Look), POINTER(Sieve), c_char_p, c_int64, c_void_p, c_int64, POINTER(c_int64),
        )  # fmt: skip
        self._columns.restype = c_int64

        self._fold = library.fanzha_fold
        self._fold.argtypes = (
            POINTER(Look), c_char_p, c_char_p, c_int64, c_void_p, c_void_p, c_void_p, c_int64,
        )  # fmt: skip
        self._fold.restype = c_int64

        self._find = library.fanzha_find
        self._find.argtypes = (
            POINTER(Finding), c_char_p, c_char_p, c_int64, c_char_p, c_char_p, c_char_p, c_char_p,
            c_void_p, c_void_p, c_int64, c_void_p, c_void_p,
        )  # fmt: skip
        self._find.restype = c_int64

        self._mask = library.fanzha_mask
        self._mask.argtypes = (
            c_char_p, c_char_p, c_int64, c_char_p, c_char_p, c_void_p, c_void_p, c_void_p,
        )  # fmt: skip
        self._mask.restype = None

    def mask(
        self, texts: Sequence[str], values: Sequence[Sequence[tuple[int, int, int]]]
    ) -> list[tuple[str, NDArray[np.int32]]]:
        """Take values, digits and long runs out of texts, and tell where each sign stood.

        `values` has for each text the start, the end and the code point for it of each, in order
        and apart. The places have one entry more than the text: its length before. O(all
        characters).
        """
        n_texts, n = len(texts), sum(map(len, texts))
        first_at, first_sign = 8 * n_texts, 4 * n + 12 * n_texts
        room, address = _room(first_sign + 4 * n)
        self._mask(
            encode("".join(texts)),
            _offsets(texts),
            n_texts,
            array("i", chain.from_iterable(chain.from_iterable(values))).tobytes(),
            _offsets(values)[8:],
            address + first_sign,
            address + first_at,
            address,
        )
        filled = memoryview(room)
        stops = filled[:first_at].cast("q").tolist()
        at = np.frombuffer(room, np.int32, n + n_texts, first_at)
        n_kept = stops[-1] if stops else 0
        text = decode(bytes(filled[first_sign : first_sign + 4 * n_kept]))
        return [
            (text[first:end], at[first + number : end + number + 1])
            for number, (first, end) in enumerate(zip([0, *stops], stops, strict=False))
        ]

    def find(
        self,
        tables: FindingHandle,
        texts: Sequence[str],
        values: Sequence[Sequence[tuple[int, int, int, int]]],
        facts: Sequence[Sequence[int]],
    ) -> Found:
        """Find the terms of texts, and what these and other values and facts say.

        `values` has for each text the start, the end, the number of the group and that of the
        string of each, `facts` the numbers of those that are known. O(all characters).
        """
        n, n_labels = len(texts), tables.tables.weights.shape[1]
        sums = np.empty((n, n_labels))
        ends, doubts = np.empty(n, np.int64), np.empty(n, np.bool_)
        given = (
            encode("".join(texts)),
            _offsets(texts),
            n,
            array("i", chain.from_iterable(chain.from_iterable(values))).tobytes(),
            _offsets(values)[8:],
            array("i", chain.from_iterable(facts)).tobytes(),
            _offsets(facts)[8:],
        )
        room = _LEAST_FIRINGS + 4 * n
        while True:
            firings = np.empty((room, 3), np.int32)
            n_firings = self._find(
                tables.address, *given, sums.ctypes.data, firings.ctypes.data, room,
                ends.ctypes.data, doubts.ctypes.data,
            )  # fmt: skip
            _refuse_failure(n_firings)
            if n_firings <= room:
                return Found(sums, firings[:n_firings], ends, doubts)
            room = n_firings

    def cut(self, words: WordsHandle, text: str, *, known_only: bool = False) -> list[str]:
        """Cut a text into words; with `known_only` without a guess at those of no dictionary."""
        ends, address = _room(4 * len(text))
        n = self._cut(words.address, encode(text), len(text), known_only, address)
        _refuse_failure(n)
        start = 0
        tokens = []
        for end in memoryview(ends)[: 4 * n].cast("i"):
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
    ) -> Decisions:
        """Score texts by their n-grams and words. O(all characters)."""
        n_labels = len(model.tables.margins)
        n_cells = len(texts) * n_labels
        room, address = _room(16 * n_cells)
        failed = self._decide(
            words.address,
            model.address,
            encode("".join(texts)),
            _offsets(texts),
            len(texts),
            model.counts,
            address,
            address + 8 * n_cells,
            address + 12 * n_cells,
        )
        _refuse_failure(failed)
        cells = np.frombuffer(room, np.int32, 2 * n_cells, 8 * n_cells).reshape(2, -1, n_labels)
        log_odds = np.frombuffer(room, np.float64, n_cells).reshape(-1, n_labels)
        return Decisions(log_odds, cells[0], cells[1])

    def explain(
        self, words: WordsHandle, model: ModelHandle, texts: Sequence[str], labels: Sequence[int]
    ) -> list[list[tuple[int, int, float]]]:
        """Give the stretches of each text that add most to its label, and how much, in order.

        O(all characters).
        """
        n, n_room = len(texts), _MOST_SPANS * len(texts)
        room, address = _room(16 * n_room + 4 * n)
        failed = self._explain(
            words.address,
            model.address,
            encode("".join(texts)),
            _offsets(texts),
            array("i", labels).tobytes(),
            n,
            model.counts,
            address + 16 * n_room,
            address + 8 * n_room,
            address,
        )
        _refuse_failure(failed)
        filled = memoryview(room)
        totals = filled[: 8 * n_room].cast("d").tolist()
        places = filled[8 * n_room : 16 * n_room].cast("i").tolist()
        counts = filled[16 * n_room : 16 * n_room + 4 * n].cast("i").tolist()
        stretches = [*zip(places[::2], places[1::2], totals, strict=True)]
        return [
            sorted(stretches[first : first + count])
            for first, count in zip(range(0, n_room, _MOST_SPANS), counts, strict=True)
        ]

    def look(
        self,
        look: LookHandle,
        words: WordsHandle,
        sieve: SieveHandle | None,
        posts: Sequence[str],
        cuts: NDArray[np.float64] | None = None,
    ) -> Sights:
        """Look at posts as they were written; O(all characters).

        With `cuts`, a label's estimate from which a window is a spot, these are found too.
        """
        n_labels = 0 if sieve is None else sieve.tables.n_labels
        codes = encode("".join(posts))
        # Most of it is never touched.
        n_room = _LEAST_LEADS + 4 * len(posts) + len(codes) // _BYTES_A_LEAD
        leads = np.empty((n_room, _LEAD_BYTES), np.uint8)
        n_cells = len(posts) * n_labels
        room, address = _room(4 * n_cells + len(posts))
        spots = np.empty((0 if cuts is None else len(codes) // _BYTES_A_SPOT, 3), np.int32)
        least = None if cuts is None else cuts.astype(np.float32)
        held = Cuts(None if least is None else least.ctypes.data, spots.ctypes.data, 0, 0)
        n = self._look(
            look.address,
            words.address,
            None if sieve is None else sieve.address,
            codes,
            _offsets(posts),
            len(posts),
            address + 4 * n_cells,
            None if sieve is None else sieve.counts,
            address,
            byref(held),
            leads.ctypes.data,
            n_room,
        )
        _refuse_failure(n)
        log_odds = np.frombuffer(room, np.float32, n_cells).reshape(len(posts), n_labels)
        seen = room[4 * n_cells : 4 * n_cells + len(posts)]
        found = [Lead.from_buffer(leads.data, _LEAD_BYTES * at) for at in range(n)]
        return Sights(seen, log_odds, found, n == n_room, spots[: held.n])

    def fold(
        self, look: LookHandle, posts: Sequence[str]
    ) -> tuple[list[str], list[NDArray[np.int32]]]:
        """Fold posts, and tell where in its post each sign stood. O(all characters)."""
        codes, offsets = encode("".join(posts)), _offsets(posts)
        ends = np.empty(len(posts), dtype=np.int64)
        room = sum(map(len, posts)) * 2
        while True:
            signs, origin = np.empty(room, np.uint32), np.empty(room, np.int32)
            n = self._fold(
                look.address, codes, offsets, len(posts), signs.ctypes.data, origin.ctypes.data,
                ends.ctypes.data, room,
            )  # fmt: skip
            if n >= 0:
                break
            room = -1 - n
        text = decode(signs[:n].tobytes())
        origin = origin[:n].copy()
        origin.setflags(write=False)
        stops = ends.tolist()
        spans = list(zip([0, *stops], stops, strict=False))
        return [text[first:end] for first, end in spans], [origin[f:end] for f, end in spans]

    def columns(
        self, look: LookHandle, sieve: SieveHandle, post: str
    ) -> tuple[NDArray[np.int32], int]:
        """Give the column of each known n-gram of a post, and how many signs it has."""
        room, n_signs = 4 * len(post) + 16, c_int64()
        while True:
            columns = np.empty(room, np.int32)
            n = self._columns(
                look.address, sieve.address, encode(post), len(post), columns.ctypes.data, room,
                byref(n_signs),
            )  # fmt: skip
            if n >= -1:
                _refuse_failure(n)
                return sieve.tables.order[columns[:n]], n_signs.value
            room = -2 - n


@lru_cache(maxsize=1)
def load_kernel() -> Kernel | None:
    """Give the kernel, or None where it was not compiled, or from other sources.

    Scores are the same without it, many times slower; the log says so once.
    """
    try:
        return Kernel()
    except OSError as error:
        _log.warning("the kernel cannot be loaded (%s): %s", error, _REMEDY)
        return None


def need_kernel(what: str) -> Kernel:
    """Give the kernel for something that cannot be done without it.

    Parameters
    ----------
    what
        What cannot be done, as the beginning of the message.

    Raises
    ------
    FanzhaError
        There is none.
    """
    kernel = load_kernel()
    if kernel is None:
        raise FanzhaError(
            f"{what} without the compiled kernel; install a C compiler, run "
            "`python -m fanzha.build_kernel` and try again"
        )
    return kernel


def _room(size_bytes: int) -> tuple[bytearray, int]:
    """Give room for what the kernel finds, and its address, which holds while the room is kept.

    An array of ctypes would be of a new type for each size, for ten times as long.
    """
    room = bytearray(size_bytes + 1)
    return room, ctypes.addressof(c_char.from_buffer(room))


def _refuse_failure(result: int) -> None:
    if result < 0:
        raise MemoryError("the kernel could not get the memory for a text")


def _offsets(parts: Sequence[Sequence[object]]) -> bytes:
    return array("q", accumulate(map(len, parts), initial=0)).tobytes()
