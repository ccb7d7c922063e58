"""What the training posts hold: counts of all that occurs in them, before anything is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack, vstack

from fanzha.facts import find_facts
from fanzha.features import (
    Features,
    Occurrences,
    Vocabulary,
    fact_rows,
    find_char_ngrams,
    find_words,
    weigh,
)
from fanzha.reading import Reader, Reading
from fanzha.segment import Segmenter

__all__ = ["Material"]

_MIN_POSTS: Final = 2
"""An n-gram, word or fact that stands in one post only is not learned."""

_NGRAM_SCALES: Final = (1.8, 1.4, 1.0, 0.8)
_WORD_SCALE: Final = 0.8
_FACT_SCALE: Final = 0.7
"""How great the weights of columns of each size are expected to be, beside one another: n-grams of
1 to 4 characters, words, and facts. Ranked best on a fold; see decision 6."""


@dataclass(frozen=True, slots=True)
class Material:
    """Counts of what occurs in some posts; rows of matrices are posts, in their order.

    Keys are ascending hashes, and `char_counts` and `word_counts` have a column for each; `n_chars`
    and `n_words` say how many n-grams and words each post has, known ones or not; `char_sizes` says
    how many characters each n-gram has.
    """

    readings: tuple[Reading, ...]
    segmenter: Segmenter
    char_keys: NDArray[np.uint64]
    char_counts: csr_array
    n_chars: NDArray[np.int64]
    char_sizes: NDArray[np.int8]
    word_keys: NDArray[np.uint64]
    word_counts: csr_array
    n_words: NDArray[np.int64]
    facts: tuple[str, ...]
    fact_values: csr_array

    @classmethod
    def gather(cls, reader: Reader, readings: Sequence[Reading], n_own: int) -> Material:
        """Count what occurs in the first `n_own` posts, in all posts that were read."""
        texts = [reading.masked for reading in readings]
        segmenter = Segmenter(term.term for term in reader.lexicon.terms)
        chars, words = find_char_ngrams(texts), find_words(texts, segmenter)
        facts = tuple(
            sorted({fact for reading in readings[:n_own] for fact in find_facts(reading)})
        )
        char_keys, char_counts = _count_all(chars, len(texts), n_own)
        word_keys, word_counts = _count_all(words, len(texts), n_own)
        return cls(
            tuple(readings),
            segmenter,
            char_keys,
            char_counts,
            chars.per_post(len(texts)),
            _sizes(char_keys, chars),
            word_keys,
            word_counts,
            words.per_post(len(texts)),
            facts,
            fact_rows(readings, facts),
        )

    def with_more(self, readings: Sequence[Reading]) -> Material:
        """Give the same with further posts behind the others; they bring no new keys or facts."""
        texts = [reading.masked for reading in readings]
        chars, words = find_char_ngrams(texts), find_words(texts, self.segmenter)

        def count(keys: NDArray[np.uint64], found: Occurrences) -> csr_array:
            return Vocabulary(keys, np.ones(len(keys), dtype=np.float32)).count(found, len(texts))

        return replace(
            self,
            readings=(*self.readings, *readings),
            char_counts=_stacked(self.char_counts, count(self.char_keys, chars)),
            n_chars=np.append(self.n_chars, chars.per_post(len(texts))),
            word_counts=_stacked(self.word_counts, count(self.word_keys, words)),
            n_words=np.append(self.n_words, words.per_post(len(texts))),
            fact_values=_stacked(self.fact_values, fact_rows(readings, self.facts)),
        )

    def columns(self, mine: NDArray[np.bool_]) -> Features:
        """Give a column to all that stands in enough of the posts in `mine`."""
        often = np.asarray((self.fact_values[mine] > 0).sum(axis=0)).ravel() >= _MIN_POSTS
        return Features(
            _vocabulary(self.char_keys, self.char_counts[mine]),
            _vocabulary(self.word_keys, self.word_counts[mine]),
            [fact for fact, kept in zip(self.facts, often.tolist(), strict=True) if kept],
            self.segmenter,
        )

    def rows(self, features: Features) -> csr_array:
        """Give the rows of all posts, as `features.transform` would."""
        chars, words = self._places(features)
        facts = np.array([self.facts.index(fact) for fact in features.facts], dtype=np.int32)
        blocks = [
            weigh(csr_array(self.char_counts[:, chars]), features.chars.idf, self.n_chars),
            weigh(csr_array(self.word_counts[:, words]), features.words.idf, self.n_words),
            self.fact_values[:, facts],
        ]
        return csr_array(hstack(blocks, format="csr"))

    def scales(self, features: Features) -> NDArray[np.float64]:
        """Give how great a weight is expected to be, beside others; shape (n_columns,)."""
        chars, words = self._places(features)
        return np.concatenate(
            [
                np.array(_NGRAM_SCALES)[self.char_sizes[chars] - 1],
                np.full(len(words), _WORD_SCALE),
                np.full(len(features.facts), _FACT_SCALE),
            ]
        )

    def _places(self, features: Features) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        # scikit-learn's solver takes 32-bit indices only.
        chars = np.searchsorted(self.char_keys, features.chars.keys).astype(np.int32)
        words = np.searchsorted(self.word_keys, features.words.keys).astype(np.int32)
        return chars, words


def _count_all(
    found: Occurrences, n_posts: int, n_own: int
) -> tuple[NDArray[np.uint64], csr_array]:
    keys = np.unique(found.keys[found.rows < n_own])
    counts = Vocabulary(keys, np.ones(len(keys), dtype=np.float32)).count(found, n_posts)
    often = np.asarray((counts[:n_own] > 0).sum(axis=0)).ravel() >= _MIN_POSTS
    return keys[often], csr_array(counts[:, np.flatnonzero(often)])


def _stacked(upper: csr_array, lower: csr_array) -> csr_array:
    return csr_array(vstack([upper, lower], format="csr"))


def _sizes(keys: NDArray[np.uint64], found: Occurrences) -> NDArray[np.int8]:
    """Give the size of each key, all of which occur."""
    sizes = np.zeros(len(keys), dtype=np.int8)
    columns = Vocabulary(keys, np.ones(len(keys), dtype=np.float32)).columns(found.keys)
    sizes[columns[columns >= 0]] = found.sizes[columns >= 0]
    return sizes


def _vocabulary(keys: NDArray[np.uint64], counts: csr_array) -> Vocabulary:
    """Keep the keys that stand in enough of the posts, whose counts are the rows."""
    n_posts_with = np.asarray((counts > 0).sum(axis=0)).ravel()
    often = n_posts_with >= _MIN_POSTS
    idf = np.log((1 + counts.shape[0]) / (1 + n_posts_with[often])) + 1.0
    return Vocabulary(keys[often], idf.astype(np.float32))
