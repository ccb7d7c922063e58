"""Turn readings into rows of numbers: character n-grams, words, and named facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from fanzha.facts import find_facts
from fanzha.keys import BOUNDARY, KNOWN_SIGNS, MULTIPLIER, SALTS, WORD_PAIR, encode, key_words, mix
from fanzha.masking import MaskedText
from fanzha.reading import Reading
from fanzha.segment import Segmenter

if TYPE_CHECKING:
    # Serving does without SciPy, a fifth of a second: it is imported where rows are made.
    from scipy.sparse import csr_array

__all__ = [
    "UNKNOWN_IDF", "Features", "Occurrences", "Vocabulary", "alphanumeric_signs", "fact_rows",
    "fact_value", "find_char_ngrams", "find_words", "key_tokens", "weigh",
]  # fmt: skip

UNKNOWN_IDF: Final = 4.0
"""Weight of an n-gram or word outside the vocabulary in the length of its post; on the folds 3 and
4 ranked alike and better than 0, 2 and 8."""

_LONGEST_NGRAM: Final = 4
_FACT_VALUE: Final = 0.1
_HOTLINE_VALUE: Final = 2.0
"""What the registry says of a number is knowledge: it must be able to outweigh any wording."""

_ALL_BITS: Final = 0xFFFFFFFFFFFFFFFF


@dataclass(frozen=True, slots=True)
class Occurrences:
    """The n-grams or words of some posts, one entry for each time that one occurs.

    All arrays have one length. `rows` counts the posts from 0, `keys` are 64-bit hashes, `sizes`
    of how many signs or words each is made, `starts` and `ends` the place in the post's masked
    text.
    """

    rows: NDArray[np.int64]
    keys: NDArray[np.uint64]
    sizes: NDArray[np.int8]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]

    def per_post(self, n_posts: int) -> NDArray[np.int64]:
        """Give how many each post has, shape (n_posts,)."""
        return np.bincount(self.rows, minlength=n_posts)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The chosen n-grams or words: their sorted 64-bit keys, and the idf of each."""

    keys: NDArray[np.uint64]
    idf: NDArray[np.float32]

    def columns(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Give the column of each key, or -1 where it is not in the vocabulary."""
        if not len(self.keys):
            return np.full(len(keys), -1, dtype=np.int64)
        found = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[found] == keys, found, -1)

    def keep(self, kept: NDArray[np.bool_]) -> Vocabulary:
        """Give this with only some of its keys; shape (n_keys,)."""
        return Vocabulary(self.keys[kept], self.idf[kept])

    def count(self, occurrences: Occurrences, n_posts: int) -> csr_array:
        """Give how often each n-gram or word stands in each post, shape (n_posts, n_keys)."""
        from scipy.sparse import csr_array

        columns = self.columns(occurrences.keys)
        known = columns >= 0
        ones = np.ones(int(known.sum()))
        places = (occurrences.rows[known].astype(np.int32), columns[known].astype(np.int32))
        counts = csr_array((ones, places), shape=(n_posts, len(self.keys)))
        counts.sum_duplicates()
        return counts

    def weigh(self, occurrences: Occurrences, n_posts: int) -> csr_array:
        """Give the tf-idf rows of posts, shape (n_posts, n_keys)."""
        return weigh(self.count(occurrences, n_posts), self.idf, occurrences.per_post(n_posts))


def weigh(counts: csr_array, idf: NDArray[np.float32], n_found: NDArray[np.int64]) -> csr_array:
    """Give the tf-idf rows, tf as 1 + ln(count), divided by the length of the whole post.

    `n_found`, shape (n_posts,), is how many n-grams or words each post has, those outside the
    vocabulary among them; the length counts each of these with `UNKNOWN_IDF`. A post of which
    the model knows one sign only is so not judged as if it were that sign.
    """
    from scipy.sparse import csr_array

    values = (1.0 + np.log(counts.data)) * idf[counts.indices]
    sizes = np.diff(counts.indptr)
    # An empty row sums to a neighbour's value here, and is then repeated no times.
    sums = np.add.reduceat(np.append(values**2, 0.0), counts.indptr[:-1])
    n_known = np.asarray(counts.sum(axis=1)).ravel()
    sums = sums + UNKNOWN_IDF**2 * (n_found - n_known)
    values /= np.repeat(np.sqrt(sums), sizes)
    return csr_array((values, counts.indices, counts.indptr), shape=counts.shape)


class Features:
    """The columns of the model: character n-grams, then words, then facts.

    Parameters
    ----------
    chars, words
        The chosen vocabularies.
    facts
        Names of the facts, in column order.
    segmenter
        Must be the one of the training; its tokens are the words.
    """

    def __init__(
        self, chars: Vocabulary, words: Vocabulary, facts: Sequence[str], segmenter: Segmenter
    ) -> None:
        self.chars = chars
        self.words = words
        self.facts = tuple(facts)
        self.segmenter = segmenter
        self._numbers = {name: number for number, name in enumerate(self.facts)}

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return len(self.chars.keys) + len(self.words.keys) + len(self.facts)

    def transform(self, readings: Sequence[Reading]) -> csr_array:
        """Give the rows, shape (len(readings), n_columns)."""
        return self.join([reading.masked for reading in readings], self.fact_rows(readings))

    def join(self, texts: Sequence[MaskedText], facts: csr_array) -> csr_array:
        """Give the rows of texts whose facts are known, shape (len(texts), n_columns)."""
        from scipy.sparse import csr_array, hstack

        blocks = [
            self.chars.weigh(find_char_ngrams(texts), len(texts)),
            self.words.weigh(find_words(texts, self.segmenter), len(texts)),
            facts,
        ]
        return csr_array(hstack(blocks, format="csr"))

    def keep(self, kept: NDArray[np.bool_]) -> Features:
        """Give these with only some of the n-grams and words; shape (n_chars + n_words,)."""
        chars, words = np.split(kept, [len(self.chars.keys)])
        return Features(self.chars.keep(chars), self.words.keep(words), self.facts, self.segmenter)

    def fact_rows(self, readings: Sequence[Reading]) -> csr_array:
        """Give the rows of facts alone, shape (len(readings), len(facts))."""
        return fact_rows(readings, self.facts)

    def fact_numbers(self, readings: Sequence[Reading]) -> list[list[int]]:
        """Give the numbers in `facts` of those that hold, for each reading, ascending."""
        return _fact_numbers(readings, self._numbers)

    def fact_column(self, name: str) -> int | None:
        """Give the column of a fact, or None where the model does not know it."""
        if name not in self.facts:
            return None
        return len(self.chars.keys) + len(self.words.keys) + self.facts.index(name)


def fact_value(name: str) -> float:
    """Give the value of a fact in a row whose n-gram and word blocks have length 1.

    0.1 ranked best on the folds; that of the registry's facts is set, so that they count.
    """
    return _HOTLINE_VALUE if name.startswith(("hotlines:", "rule:HOTLINE_")) else _FACT_VALUE


def fact_rows(readings: Sequence[Reading], names: Sequence[str]) -> csr_array:
    """Give `fact_value` where a named fact holds, shape (len(readings), len(names))."""
    from scipy.sparse import csr_array

    numbers = _fact_numbers(readings, {name: number for number, name in enumerate(names)})
    indices = list(chain.from_iterable(numbers))
    indptr = list(accumulate(map(len, numbers), initial=0))
    values = np.array([fact_value(name) for name in names])
    data = values[indices] if indices else np.zeros(0)
    where = np.array(indices, dtype=np.int32), np.array(indptr, dtype=np.int32)
    return csr_array((data, *where), shape=(len(readings), len(names)))


def _fact_numbers(readings: Sequence[Reading], numbers: Mapping[str, int]) -> list[list[int]]:
    return [
        sorted([numbers[name] for name in find_facts(reading) if name in numbers])
        for reading in readings
    ]


def find_char_ngrams(texts: Sequence[MaskedText]) -> Occurrences:
    """Give the 1- to 4-grams of characters, the text's two ends counting as one sign each."""
    joined = "".join(f"{BOUNDARY}{text.text}{BOUNDARY}" for text in texts)
    codes = np.frombuffer(encode(joined), dtype=np.uint32)
    lengths = np.fromiter((len(text.text) + 2 for text in texts), np.int64, len(texts))
    first = np.cumsum(lengths) - lengths
    row = np.repeat(np.arange(len(texts)), lengths)
    place = np.arange(len(codes)) - first[row]
    found = []
    key = codes.astype(np.uint64)
    for n in range(1, _LONGEST_NGRAM + 1):
        if n > 1:
            key = key[:-1] * MULTIPLIER + codes[n - 1 :].astype(np.uint64)
        size = len(key)
        inside = place[:size] + n <= lengths[row[:size]]
        if n == 1:
            inside &= codes != ord(BOUNDARY)
        start = place[:size][inside]
        room = (lengths[row[:size]] - 2)[inside]
        found.append(
            Occurrences(
                rows=row[:size][inside],
                keys=mix(key[inside], SALTS[n]),
                sizes=np.full(int(inside.sum()), n, dtype=np.int8),
                starts=np.maximum(start - 1, 0).astype(np.int32),
                ends=np.minimum(start - 1 + n, room).astype(np.int32),
            )
        )
    return _joined(found)


def find_words(texts: Sequence[MaskedText], segmenter: Segmenter) -> Occurrences:
    """Give the words and the pairs of neighbouring words; punctuation and blanks are none.

    jieba itself cuts them here: this is what the kernel is held to.
    """
    rows: list[int] = []
    keys: list[int] = []
    sizes: list[int] = []
    starts: list[int] = []
    ends: list[int] = []
    for row, text in enumerate(texts):
        start, before, before_start = 0, None, 0
        for token in segmenter.segment_by_jieba(text.text):
            end = start + len(token)
            key = _word_key(token)
            if key is not None:
                rows.append(row)
                keys.append(key)
                sizes.append(1)
                starts.append(start)
                ends.append(end)
                if before is not None:
                    rows.append(row)
                    keys.append(_pair_key(before, key))
                    sizes.append(2)
                    starts.append(before_start)
                    ends.append(end)
            before, before_start = key, start
            start = end
    return Occurrences(
        np.array(rows, dtype=np.int64),
        np.array(keys, dtype=np.uint64),
        np.array(sizes, dtype=np.int8),
        np.array(starts, dtype=np.int32),
        np.array(ends, dtype=np.int32),
    )


def key_tokens(tokens: Sequence[str]) -> int | None:
    """Give the key of a word, or of a pair of neighbouring words; None where one is no word."""
    keys = [_word_key(token) for token in tokens]
    if None in keys:
        return None
    return keys[0] if len(keys) == 1 else _pair_key(*(key for key in keys if key is not None))


def _joined(parts: Sequence[Occurrences]) -> Occurrences:
    return Occurrences(
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.keys for part in parts]),
        np.concatenate([part.sizes for part in parts]),
        np.concatenate([part.starts for part in parts]),
        np.concatenate([part.ends for part in parts]),
    )


@lru_cache(maxsize=1)
def alphanumeric_signs() -> NDArray[np.bool_]:
    """Tell of each code point below `KNOWN_SIGNS` whether it makes a word of a token.

    Letters, digits and the signs of masked values do; no letter or digit stands higher.
    """
    signs = np.strings.isalnum(np.arange(KNOWN_SIGNS, dtype="<u4").view("<U1"))
    signs[0xE000:0xE100] = True
    return signs


@lru_cache(maxsize=1 << 16)
def _word_key(token: str) -> int | None:
    if not any(sign.isalnum() or "\ue000" <= sign <= "\ue0ff" for sign in token):
        return None
    return int(key_words([token])[0])


def _pair_key(first: int, second: int) -> int:
    joined = (first * int(MULTIPLIER) + second) & _ALL_BITS
    return joined ^ WORD_PAIR
