"""What a screen learns from: the model's n-grams, and what it makes of posts and their windows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array, vstack

from fanzha.brief import unpack
from fanzha.classify import Classifier
from fanzha.features import UNKNOWN_IDF, key_tokens
from fanzha.keys import key_ngrams
from fanzha.labels import LABELS
from fanzha.reading import Reader, Reading
from fanzha.screen import NGRAMS_BY_SIGN, Screen
from fanzha.windows import find_windows

__all__ = [
    "Known", "Primer", "find_known", "in_batches", "lanes_of", "log_odds_of", "make_primer",
    "wording_of",
]  # fmt: skip

T = TypeVar("T")

_MAX_KEYS: Final = 65_000
_BATCH_POSTS: Final = 500
_LONGEST_WORD: Final = 4
_OF_ALL: Final = 1e9
"""An answer above all others, and what is left of it less the share of a rival too."""
_WORD_SHARE: Final = 1.8
"""A post has about a third as many words as n-grams, so that each weighs more in the model."""


class Known(NamedTuple):
    """What a screen begins with: the keys of n-grams, sorted, their idf and the model's weights."""

    keys: NDArray[np.uint64]
    idf: NDArray[np.float64]
    weights: NDArray[np.float64]

    def blank(self, margins: NDArray[np.float64]) -> Screen:
        """Give a screen of these n-grams that says nothing, and so has no slack."""
        lanes = lanes_of(np.zeros_like(self.weights), self.idf)
        return Screen.rounded(self.keys, lanes, np.zeros(len(LABELS)), margins)


class Primer(NamedTuple):
    """What is learned from: posts, and windows of them.

    Attributes
    ----------
    rows
        Weighed n-grams, shape (n, n_keys).
    truth
        What the model makes of each if it does not ask which label a post would be of, with the
        facts of the post and without margin; shape (n, n_labels). It is linear as an estimate
        is, and no less than the log-odds.
    flagged
        Which the model itself flags, asking all questions; as `truth`.
    bars
        From where; as `truth`.
    posts
        The number of the post of each; shape (n,).
    are_windows
        Shape (n,).
    """

    rows: csr_array
    truth: NDArray[np.float64]
    flagged: NDArray[np.bool_]
    bars: NDArray[np.float64]
    posts: NDArray[np.int64]
    are_windows: NDArray[np.bool_]

    def of(self, n_posts: int) -> Primer:
        """Give what is learned from the first posts."""
        kept = np.flatnonzero(self.posts < n_posts)
        return Primer(
            csr_array(self.rows[kept]),
            self.truth[kept],
            self.flagged[kept],
            self.bars[kept],
            self.posts[kept],
            self.are_windows[kept],
        )


def find_known(classifier: Classifier, texts: Sequence[str]) -> Known:
    """Give the model's n-grams and those that are its short words.

    With the weights of what decides on most posts: whether they bear a label and promote anything.
    """
    features = classifier.features
    chars, words = features.chars, features.words
    written, columns = _short_words(classifier, texts)
    word_keys = key_ngrams(written)
    keys = np.unique(np.concatenate([chars.keys, word_keys]))
    of_chars, of_words = np.searchsorted(keys, chars.keys), np.searchsorted(keys, word_keys)
    idf = np.zeros(len(keys))
    idf[of_words] = words.idf[columns]
    idf[of_chars] = chars.idf
    weights = np.zeros((len(keys), len(LABELS)))
    n_chars = len(chars.keys)
    answers = unpack(classifier.packed)
    of_model = (answers[:, : len(LABELS)] + answers[:, -1:]) * classifier.slopes
    weights[of_chars] = of_model[:n_chars]
    share = _WORD_SHARE * words.idf[columns] / idf[of_words]
    np.add.at(weights, of_words, of_model[n_chars + columns] * share[:, None])
    best = np.argsort(-np.abs(weights).max(axis=1) * idf, kind="stable")[:_MAX_KEYS]
    best = np.sort(best)
    return Known(keys[best], idf[best], weights[best])


def make_primer(
    classifier: Classifier,
    reader: Reader,
    readings: Sequence[Reading],
    cuts: NDArray[np.float64],
    known: Known,
) -> Primer:
    """Give the lessons of posts, and of the window of each that stands highest for the model."""
    blank = known.blank(classifier.margins)
    alone = replace(classifier, margins=np.full_like(classifier.margins, np.inf))
    promoting = _promoting(alone)
    facts = log_odds_of(classifier, readings) - wording_of(classifier, readings)
    bars = cuts + classifier.margins
    numbers: list[int] = []
    texts: list[str] = []
    of_windows = [np.zeros((0, len(LABELS)))]
    of_promoting = [np.zeros((0, len(LABELS)))]
    for first in range(0, len(readings), _BATCH_POSTS):
        places = [
            (number, start, end)
            for number, one in enumerate(readings[first : first + _BATCH_POSTS], first)
            for start, end in find_windows(one.masked.text)
        ]
        if not places:
            continue
        windows = [readings[number].masked.text[start:end] for number, start, end in places]
        owners = np.array([number for number, _, _ in places])
        odds = alone.decide_wording(windows).log_odds + facts[owners]
        order = np.lexsort((-(odds - bars).max(axis=1), owners))
        best = order[np.append(True, owners[1:] != owners[:-1])]
        numbers += owners[best].tolist()
        texts += [windows[at] for at in best.tolist()]
        of_windows.append(odds[best])
        chosen = [windows[at] for at in best.tolist()]
        of_promoting.append(promoting.decide_wording(chosen).log_odds + facts[owners[best]])
    posts = [reading.post.text for reading in readings]
    n_windows = len(texts)
    odds = np.concatenate([wording_of(alone, readings) + facts, *of_windows])
    bars = np.repeat([cuts, bars], [len(posts), n_windows], axis=0)
    return Primer(
        csr_array(
            vstack(
                [
                    _rows(reader, blank, posts, known.idf, repeats=True),
                    _rows(reader, blank, texts, known.idf, repeats=False),
                ],
                format="csr",
            )
        ),
        np.concatenate([wording_of(promoting, readings) + facts, *of_promoting]),
        odds >= bars,
        bars,
        np.concatenate([np.arange(len(posts)), np.array(numbers, dtype=np.int64)]),
        np.repeat([False, True], [len(posts), n_windows]),
    )


def _promoting(classifier: Classifier) -> Classifier:
    """Give a classifier that does not ask which label a post would be of."""
    packed, intercepts = classifier.packed.copy(), classifier.intercepts.copy()
    which = slice(len(LABELS), 2 * len(LABELS))
    packed[:, which] = 0
    intercepts[which] = _OF_ALL
    return replace(classifier, packed=packed, intercepts=intercepts)


def log_odds_of(classifier: Classifier, readings: Sequence[Reading]) -> NDArray[np.float64]:
    """Give the model's log-odds of many posts, shape (len(readings), n_labels)."""
    return in_batches(classifier.log_odds, readings)


def wording_of(classifier: Classifier, readings: Sequence[Reading]) -> NDArray[np.float64]:
    """Give the same as if no fact held of any post."""
    texts = [reading.masked.text for reading in readings]
    return in_batches(lambda some: classifier.decide_wording(some).log_odds, texts)


def in_batches(
    give: Callable[[Sequence[T]], NDArray[np.float64]], posts: Sequence[T]
) -> NDArray[np.float64]:
    """Give the log-odds of many posts, a row each, some at a time."""
    parts = [give(posts[at : at + _BATCH_POSTS]) for at in range(0, len(posts), _BATCH_POSTS)]
    return np.concatenate(parts) if parts else np.zeros((0, len(LABELS)))


def lanes_of(weights: NDArray[np.float64], idf: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the lanes of a screen: what n-grams add to each label, and to the square of the length.

    Shape (n_keys, n_labels + 1).
    """
    return np.column_stack([weights * idf[:, None], idf**2 - UNKNOWN_IDF**2])


def _short_words(
    classifier: Classifier, texts: Sequence[str]
) -> tuple[list[str], NDArray[np.int64]]:
    """Give the model's words and pairs of words of few characters in texts, and their columns."""
    segmenter, words = classifier.features.segmenter, classifier.features.words
    seen: dict[tuple[str, ...], None] = {}
    for text in texts:
        tokens = segmenter.segment(text)
        seen.update(dict.fromkeys((one,) for one in tokens if len(one) <= _LONGEST_WORD))
        seen.update(
            dict.fromkeys(
                pair for pair in pairwise(tokens) if len(pair[0]) + len(pair[1]) <= _LONGEST_WORD
            )
        )
    keys = {parts: key_tokens(parts) for parts in seen}
    known = [(parts, key) for parts, key in keys.items() if key is not None]
    columns = words.columns(np.array([key for _, key in known], dtype=np.uint64))
    kept = np.flatnonzero(columns >= 0)
    return ["".join(known[at][0]) for at in kept.tolist()], columns[kept]


def _rows(
    reader: Reader,
    blank: Screen,
    posts: Sequence[str],
    idf: NDArray[np.float64],
    *,
    repeats: bool,
) -> csr_array:
    """Give the weighed n-grams of each post, shape (n_posts, n_keys), as the screen sees them.

    What `repeats` counts 1 + ln(count); else each time, as in windows.
    """
    parts, n_signs = reader.columns(posts, blank.handle)
    indptr = np.append(0, np.cumsum([len(part) for part in parts])).astype(np.int32)
    columns = np.concatenate([*parts, np.zeros(0, np.int32)])
    counts = csr_array((np.ones(len(columns)), columns, indptr), shape=(len(posts), len(idf)))
    counts.sum_duplicates()
    n_unknown = NGRAMS_BY_SIGN * n_signs - counts.sum(axis=1)
    if repeats:
        counts.data = 1.0 + np.log(counts.data)
    squares = UNKNOWN_IDF**2 * n_unknown + (counts**2 if repeats else counts) @ idf**2
    lengths = np.sqrt(np.maximum(squares, 1.0))
    return csr_array(diags_array(1.0 / lengths) @ counts @ diags_array(idf))
