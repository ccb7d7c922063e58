"""The wording of posts without its disguises, and which wordings are near-duplicates."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fanzha.normalize import normalize
from fanzha.post import Span
from fanzha.scan.fields import role_of
from fanzha.scan.markup import strip

__all__ = ["LEAST_SIMILARITY", "LEAST_WORDING_CHARS", "Wordings", "restorations", "wording_of"]

LEAST_WORDING_CHARS: Final = 12
"""Letters that a wording has at least: 电话 with a number is nobody's own."""

LEAST_SIMILARITY: Final = 0.4
"""Jaccard similarity of the 3-grams of two near-duplicates; see benchmarks/campaigns.md."""

_NO_LETTERS: Final = re.compile("[^a-z\u3400-\u9fff\U00020000-\U0002a6df]+")
_NGRAM: Final = 3
_BANDS, _BAND_ROWS = 32, 3
_HASHES: Final = _BANDS * _BAND_ROWS
"""Of two wordings as similar as `LEAST_SIMILARITY` 88 % meet in a band, at .5 it is 98.6 %."""
_SEED: Final = 1
_BATCH: Final = 2048
_MIXER: Final = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio, Knuth 6.4


def wording_of(
    text: str, cuts: Iterable[Span], restored: Iterable[tuple[Span, str]] = ()
) -> str | None:
    """Give what a post says, without what its copies vary: contacts, digits, marks, disguises.

    A forum's markup and what is quoted from others are left out too.

    Parameters
    ----------
    cuts
        Where the post's contacts stand, in any order.
    restored
        Disguised terms and how they are read.

    Returns
    -------
    Latin letters in lower case and simplified Han alone, or None where there are fewer than
    `LEAST_WORDING_CHARS` of them.

    Examples
    --------
    >>> wording_of("抖音月付官方客服電話 400-000-0001，退款找我", [Span(11, 23)])
    '抖音月付官方客服电话退款找我'
    """
    pieces, done = [], 0
    changes = [(span.start, span.end, "") for span in cuts]
    # A contact is cut before a term that begins with it is restored.
    changes += [(span.start, span.end, read) for span, read in restored]
    for start, end, read in sorted(changes, key=lambda change: (change[0], change[2] != "")):
        if start >= done:
            pieces += [text[done:start], read]
            done = end
    pieces.append(text[done:])
    written = "".join(pieces)
    bare = strip(written)
    wording = _NO_LETTERS.sub("", normalize(written if bare is None else bare.text).text)
    return wording if len(wording) >= LEAST_WORDING_CHARS else None


def restorations(verdict: Mapping[str, Any], role: str = "text") -> Iterator[tuple[Span, str]]:
    """Yield the disguised terms of a field that a verdict line says were restored."""
    for change in verdict.get("normalizations", ()):
        if change["step"] == "variant" and role_of(change) == role:
            yield Span(change["start"], change["end"]), change["to"]


class Wordings:
    """Collects wordings and tells which are near-duplicates of one that came before them.

    Kept are some 500 bytes for each distinct wording.

    Examples
    --------
    >>> wordings = Wordings()
    >>> [
    ...     wordings.add(one)
    ...     for one in ("花呗白条套现秒到账诚信可靠联系", "花呗白条套现秒到账诚信可靠联系我")
    ... ]
    [0, 1]
    >>> wordings.leaders().tolist()
    [0, 0]
    """

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._waiting: list[str] = []
        self._signatures: list[NDArray[np.uint32]] = []

    def __len__(self) -> int:
        return len(self._numbers)

    def add(self, wording: str) -> int:
        """Add a wording and give its number, from 0; an equal one has the same."""
        key = hashlib.blake2b(wording.encode("utf-8", "replace"), digest_size=12).digest()
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._numbers)
            self._waiting.append(wording)
            if len(self._waiting) == _BATCH:
                self._sign()
        return number

    def _sign(self) -> None:
        """Reduce the waiting wordings to signatures."""
        from rensa import RMinHash  # pyright: ignore[reportAttributeAccessIssue]

        keys = [_ngram_keys(wording) for wording in self._waiting]
        ends = np.cumsum([0, *map(len, keys)]).astype(np.uint64)
        matrix = RMinHash.digest_matrix_from_flat_token_hashes(
            np.concatenate(keys), ends, _HASHES, _SEED
        )
        self._signatures.append(np.array(matrix.to_rows(), dtype=np.uint32))
        self._waiting = []

    def leaders(self) -> NDArray[np.int32]:
        """Give for each wording the first one that it is a near-duplicate of, or itself.

        Shape (n_wordings,). A leader is its own leader. Every wording is compared with its leader
        itself, so that a text that is reworded step by step does not draw all into one group.

        Notes
        -----
        MinHash signatures (Broder 1997) whose bands meet in buckets (Leskovec et al., Mining of
        Massive Datasets, 3.4). In a bucket each is compared with the first and with the one before
        it, so that it is linear also where thousands are alike.
        """
        if self._waiting:
            self._sign()
        leader = np.arange(len(self), dtype=np.int32)
        if len(leader) < 2:
            return leader
        signatures = np.concatenate(self._signatures)
        for later, earlier in _similar_pairs(signatures):
            if leader[later] != later:
                continue
            first = int(leader[earlier])
            same = float((signatures[later] == signatures[first]).mean())
            if same >= LEAST_SIMILARITY:
                leader[later] = first
        return leader


def _ngram_keys(wording: str) -> NDArray[np.uint64]:
    codes = np.frombuffer(wording.encode("utf-32-le", "replace"), dtype="<u4").astype(np.uint64)
    windows = np.lib.stride_tricks.sliding_window_view(codes, _NGRAM)
    key = np.zeros(len(windows), dtype=np.uint64)
    for column in range(_NGRAM):
        key = (key ^ windows[:, column]) * _MIXER
        key ^= key >> np.uint64(29)
    return key


def _similar_pairs(signatures: NDArray[np.uint32]) -> list[tuple[int, int]]:
    """Give pairs of a wording and an earlier one like it, the wordings in order, nearest first."""
    n = len(signatures)
    pairs = np.empty(0, dtype=np.int64)
    for band in range(_BANDS):
        rows = signatures[:, band * _BAND_ROWS : (band + 1) * _BAND_ROWS]
        key = np.zeros(n, dtype=np.uint64)
        for column in range(_BAND_ROWS):
            key = (key ^ rows[:, column]) * _MIXER
            key ^= key >> np.uint64(29)
        order = np.argsort(key, kind="stable")
        same = key[order[1:]] == key[order[:-1]]
        begins = np.concatenate([[True], ~same])
        firsts = order[np.maximum.accumulate(np.where(begins, np.arange(n), 0))]
        codes = order[1:][same] * n
        pairs = np.unique(
            np.concatenate([pairs, codes + order[:-1][same], codes + firsts[1:][same]])
        )
    later, earlier = pairs // n, pairs % n
    same_share = np.empty(len(pairs))
    for start in range(0, len(pairs), _BATCH * 16):
        block = slice(start, start + _BATCH * 16)
        same_share[block] = (signatures[later[block]] == signatures[earlier[block]]).mean(axis=1)
    like = same_share >= LEAST_SIMILARITY
    order = np.lexsort((earlier[like], -same_share[like], later[like]))
    return list(zip(later[like][order].tolist(), earlier[like][order].tolist(), strict=True))
