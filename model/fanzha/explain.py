"""Find the characters from which a score came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fanzha.brief import unpack
from fanzha.classify import Classifier
from fanzha.features import UNKNOWN_IDF, Occurrences, Vocabulary, find_char_ngrams, find_words
from fanzha.kernel import load_kernel
from fanzha.masking import MaskedText
from fanzha.post import Span
from fanzha.questions import find_deciding
from fanzha.reading import Glance, Reading

__all__ = ["explain_disguises", "find_wording", "strongest_spans", "weigh_characters"]

_DISGUISES: Final = {
    "homophone": "homophone", "look_alike": "look-alike", "split": "split character",
    "pinyin": "pinyin", "initials": "initials", "mixed_script": "mixed script",
    "emoji": "emoji", "marks": "inserted mark", "insertion": "inserted character",
    "order": "reversed order",
    "invisible": "invisible sign", "width": "letter form", "case": "case",
    "traditional": "traditional", "numeral": "numeral", "mark": "inserted mark",
}  # fmt: skip
_MOST_SPANS = 3
_LONGEST_CHARS = 24
_LEAST_WEIGHT = 0.3
"""Log-odds below which a stretch of characters is not worth showing."""
_TAKEN = -1e3
_ROUNDING = 1e-9
"""The first of equals is taken."""


def explain_disguises(reading: Glance | Reading, at: Span) -> str:
    """Say which terms in `at`, a span of the normalized text, stood there in disguise, and how.

    Empty where none did; else it continues a sentence: `; 陶.現 → 套现, homophone + inserted mark
    + traditional`. Each writing is named once.
    """
    if not reading.restored:
        return ""
    said: dict[str, None] = {}
    for one in reading.restored:
        if not one.at.overlaps(at):
            continue
        steps = [
            change.step
            for change in reading.text.changes
            if change.step != "variant" and change.span.overlaps(one.span)
        ]
        ways = dict.fromkeys(_DISGUISES[kind] for kind in (*one.kinds, *steps))
        said[f"; {one.written} → {one.term}, {' + '.join(ways)}"] = None
    return "".join(said)


def find_wording(
    classifier: Classifier, texts: Sequence[str], columns: Sequence[int]
) -> list[list[tuple[int, int, float]]]:
    """Give the stretches of masked texts that add most to a label: start, end, how much each adds.

    `columns` has each text's label. By the compiled kernel where there is one; it gives what
    `strongest_spans` gives of `weigh_characters`.
    """
    if not texts:
        return []
    kernel = load_kernel()
    if kernel is None:
        return [
            [
                (span.start, span.end, weight)
                for span, weight in strongest_spans(weigh_characters(classifier, text)[:, column])
            ]
            for text, column in zip(map(MaskedText.whole, texts), columns, strict=True)
        ]
    words = classifier.features.segmenter.handle
    return kernel.explain(words, classifier.handle, texts, columns)


def weigh_characters(classifier: Classifier, text: MaskedText) -> NDArray[np.float64]:
    """Give what each character of a masked text adds to each label's log-odds.

    Shape (len(text.text), n_labels). An n-gram's or word's share is spread evenly over its
    characters, so that a column adds up to the n-grams' and words' part of the log-odds: of those
    answers that decide on the label.
    """
    features = classifier.features
    out = np.zeros((len(text.text) + 1, classifier.packed.shape[1]))
    texts = [text]
    n_char_columns = len(features.chars.keys)
    blocks = (
        (features.chars, find_char_ngrams(texts), 0),
        (features.words, find_words(texts, features.segmenter), n_char_columns),
    )
    for vocabulary, occurrences, first in blocks:
        for starts, ends, share in _shares(vocabulary, occurrences, classifier, first):
            np.add.at(out, starts, share)
            np.subtract.at(out, ends, share)
    out = np.cumsum(out, axis=0)[:-1]
    deciding = find_deciding(out.sum(axis=0) + classifier.intercepts)
    return np.asarray(out @ deciding.T * classifier.slopes)


def strongest_spans(weights: NDArray[np.float64]) -> tuple[tuple[Span, float], ...]:
    """Give the stretches with the greatest sums of `weights`, at most three, in text order.

    Each is at most 24 characters long and adds at least 0.3 to the log-odds.
    """
    found: list[tuple[Span, float]] = []
    left = weights.copy()
    for _ in range(_MOST_SPANS):
        span, total = _best_stretch(left)
        if total < _LEAST_WEIGHT:
            break
        found.append((span, total))
        left[span.start : span.end] = -np.inf
    return tuple(sorted(found))


def _shares(
    vocabulary: Vocabulary, occurrences: Occurrences, classifier: Classifier, first: int
) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]]:
    columns = vocabulary.columns(occurrences.keys)
    known = columns >= 0
    if not known.any():
        return
    columns, starts, ends = columns[known], occurrences.starts[known], occurrences.ends[known]
    distinct, where, counts = np.unique(columns, return_inverse=True, return_counts=True)
    values = (1.0 + np.log(counts)) * vocabulary.idf[distinct]
    n_unknown = len(known) - len(columns)
    values /= np.sqrt((values**2).sum() + UNKNOWN_IDF**2 * n_unknown)
    per_char = (values / counts)[where] / np.maximum(ends - starts, 1)
    yield starts, ends, per_char[:, None] * unpack(classifier.packed[first + columns])


def _best_stretch(weights: NDArray[np.float64]) -> tuple[Span, float]:
    """Find the stretch of bounded length with the greatest sum, O(n · length)."""
    best, total = Span(0, 0), 0.0
    size = len(weights)
    sums = np.concatenate([[0.0], np.cumsum(np.where(np.isinf(weights), _TAKEN, weights))])
    for length in range(1, min(_LONGEST_CHARS, size) + 1):
        window = sums[length:] - sums[:-length]
        at = int((window >= window.max() - _ROUNDING).argmax())
        if window[at] > total + _ROUNDING:
            best, total = Span(at, at + length), float(window[at])
    return best, total
