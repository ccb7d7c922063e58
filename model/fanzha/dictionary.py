"""jieba's dictionary and its model of unknown words as arrays, with user words added."""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

import fanzha_data
from fanzha.errors import DataError
from fanzha.keys import SALTS, WORD, KeyTable, key_words, mix
from fanzha.late_pattern import late_pattern
from fanzha.prepared import Prepared, load_prepared

__all__ = ["FILE", "FIRST_HAN", "LAST_HAN", "Dictionary", "WordTables"]

FILE: Final = "jieba.npz"
"""What `python -m fanzha.build_dictionary` made of jieba 0.42.1."""

FIRST_HAN, LAST_HAN = 0x4E00, 0x9FD5
"""What jieba 0.42.1 takes for Han; of other signs each is a word."""

_ARRAYS: Final = ("keys", "counts", "frequencies", "total", "signs", "emissions")
_NO_PREFIX: Final = 0xFFFF
_BLOCK: Final = late_pattern(r"([\u4e00-\u9fd5a-zA-Z0-9+#&._%-]+)")
_OTHER: Final = late_pattern(r"\r\n|.", re.DOTALL)


class WordTables(NamedTuple):
    """What cutting a text into words needs.

    `prefixes` has the keys of all words and of their beginnings, `counts` the number of each
    one's count, 0 where it is no word; `singles` the same by code point up to U+9FD5, 65,535
    where no word begins with it; `weights` for each such number the logarithm of the
    count less that of the total; `weights[0]` is that of an unknown sign. `signs` numbers the
    rows of `emissions` from U+4E00 on, and a row has the log-probabilities of the sign at the
    beginning, the end and the middle of an unknown word, and alone.
    """

    prefixes: KeyTable
    singles: NDArray[np.uint16]
    counts: NDArray[np.uint16]
    weights: NDArray[np.float64]
    signs: NDArray[np.uint16]
    emissions: NDArray[np.float64]


class Dictionary:
    """Words and their counts; `Dictionary.of` gives jieba's.

    Parameters
    ----------
    arrays
        As `fanzha.build_dictionary.read_jieba` gives them; they are not changed.
    user_words
        Words to be kept whole, in the order in which jieba would be given them.
    tables
        The tables of `arrays` alone, where they are known.
    """

    def __init__(
        self,
        arrays: Mapping[str, NDArray[Any]],
        user_words: Sequence[str] = (),
        tables: WordTables | None = None,
    ) -> None:
        self._keys: NDArray[np.uint64] = arrays["keys"]
        self._counts: NDArray[np.uint16] = arrays["counts"]
        self._frequencies: list[int] = arrays["frequencies"].tolist()
        self._total = int(arrays["total"][0])
        if user_words:
            self._add(user_words)
        logarithm = math.log(self._total)
        weights = [math.log(count or 1) - logarithm for count in self._frequencies]
        self._tables = tables or WordTables(
            KeyTable.of(self._keys),
            self._singles(),
            self._counts,
            np.array(weights),
            arrays["signs"],
            arrays["emissions"],
        )
        self._find_cached = lru_cache(1 << 16)(self._find)

    @staticmethod
    @lru_cache(maxsize=4)
    def of(user_words: tuple[str, ...] = ()) -> Dictionary:
        """Give jieba's dictionary with user words added to it, one for all who ask.

        Raises
        ------
        DataError
            The shipped arrays are absent or damaged.
        """
        made = load_prepared()
        if made is not None and made.facts["words"]["user_words"] == list(user_words):
            return Dictionary._of_prepared(made.of("words"))
        path = fanzha_data.path(FILE)
        try:
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in _ARRAYS}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise DataError(f"{path} is absent or damaged; install fanzha again") from error
        return Dictionary(arrays, user_words)

    def prepare(self, user_words: Sequence[str]) -> Prepared:
        """Give what `of` needs to find the dictionary of these user words prepared."""
        tables = self._tables
        arrays: dict[str, NDArray[Any]] = {
            "frequencies": np.array(self._frequencies, dtype=np.int64),
            "total": np.array([self._total], dtype=np.int64),
            "singles": tables.singles,
            "counts": tables.counts,
            "weights": tables.weights,
            "signs": tables.signs,
            "emissions": tables.emissions,
        }
        arrays |= tables.prefixes.arrays("prefixes")
        return Prepared(arrays, {"user_words": list(user_words)})

    @staticmethod
    def _of_prepared(made: Prepared) -> Dictionary:
        arrays = {**made.arrays, "keys": made.arrays["prefixes.keys"]}
        tables = WordTables(
            KeyTable.of_arrays(arrays, "prefixes"),
            *(arrays[name] for name in WordTables._fields[1:]),
        )
        return Dictionary(arrays, (), tables)

    @property
    def tables(self) -> WordTables:
        """The arrays."""
        return self._tables

    @property
    def counts(self) -> Sequence[int]:
        """The distinct counts, ascending but for those of user words; the first is 0."""
        return self._frequencies

    @property
    def total(self) -> int:
        """The sum of all counts."""
        return self._total

    def frequency(self, word: str) -> int | None:
        """Give a word's count, 0 where it only begins words, None where it does not even that."""
        return self._find_cached(word)

    def cut_known(self, text: str) -> list[str]:
        """Cut a text into words by their counts alone, without a guess at unknown words."""
        return list(_cut_known(text, self._find_cached, self._total))

    def _find(self, word: str) -> int | None:
        place = int(self._places([word])[0])
        return self._frequencies[self._counts[place]] if place >= 0 else None

    def _places(self, words: Sequence[str]) -> NDArray[np.int64]:
        return self._place_keys(key_words(words))

    def _place_keys(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        places = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return np.where(self._keys[places] == keys, places, -1)

    def _singles(self) -> NDArray[np.uint16]:
        codes = np.concatenate([np.arange(0x80), np.arange(FIRST_HAN, LAST_HAN + 1)])
        places = self._place_keys(mix(codes.astype(np.uint64), SALTS[WORD]))
        singles = np.full(LAST_HAN + 1, _NO_PREFIX, dtype=np.uint16)
        singles[codes[places >= 0]] = self._counts[places[places >= 0]]
        return singles

    def _add(self, words: Sequence[str]) -> None:
        """Add words as `jieba.Tokenizer.add_word` does, one after the other."""
        parts = sorted({part for word in words for part in _parts(word)})
        places = self._places(parts)
        known: dict[str, int | None] = {
            part: self._frequencies[self._counts[place]] if place >= 0 else None
            for part, place in zip(parts, places.tolist(), strict=True)
        }
        before = dict(known)
        for word in words:
            share = 1.0
            for token in _cut_known(word, known.__getitem__, self._total):
                count = known[token]
                share *= (1 if count is None else count) / float(self._total)
            least = known[word]
            known[word] = max(int(share * self._total) + 1, 1 if least is None else least)
            self._total += known[word] or 0
            for end in range(1, len(word)):
                if known[word[:end]] is None:
                    known[word[:end]] = 0
        changed = [part for part in parts if known[part] != before[part]]
        numbers = {count: number for number, count in enumerate(self._frequencies)}
        for part in changed:
            numbers.setdefault(known[part] or 0, len(numbers))
        self._frequencies = list(numbers)
        self._put(changed, [numbers[known[part] or 0] for part in changed])

    def _put(self, words: Sequence[str], counts: Sequence[int]) -> None:
        keys, places = key_words(words), self._places(words)
        numbers = np.array(counts, dtype=np.uint16)
        old = places >= 0
        self._counts = self._counts.copy()
        self._counts[places[old]] = numbers[old]
        order = np.argsort(keys[~old])
        new, new_numbers = keys[~old][order], numbers[~old][order]
        at = np.searchsorted(self._keys, new)
        self._keys = np.insert(self._keys, at, new)
        self._counts = np.insert(self._counts, at, new_numbers)


def _cut_known(text: str, frequency: Callable[[str], int | None], total: int) -> Iterator[str]:
    for piece in _BLOCK.split(text):
        if not _BLOCK.match(piece):
            yield from _OTHER.findall(piece)
            continue
        # Latin letters and figures that are no words together are, as jieba has it, one.
        run = ""
        for token in _likeliest(piece, frequency, total):
            if len(token) == 1 and token.isascii() and token.isalnum():
                run += token
                continue
            if run:
                yield run
                run = ""
            yield token
        if run:
            yield run


def _likeliest(text: str, frequency: Callable[[str], int | None], total: int) -> Iterator[str]:
    """Give the words whose counts' product is greatest, among equals the longer first."""
    size = len(text)
    logarithm = math.log(total)
    best = [(0.0, 0)] * (size + 1)
    for start in range(size - 1, -1, -1):
        ways = []
        for end in range(start + 1, size + 1):
            count = frequency(text[start:end])
            if count is None:
                break
            if count:
                ways.append((math.log(count) - logarithm + best[end][0], end))
        best[start] = max(ways) if ways else (0.0 - logarithm + best[start + 1][0], start + 1)
    start = 0
    while start < size:
        end = best[start][1]
        yield text[start:end]
        start = end


def _parts(word: str) -> Iterator[str]:
    return (word[a:z] for a in range(len(word)) for z in range(a + 1, len(word) + 1))
