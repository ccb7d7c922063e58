"""Make a screen of a trained model: a copy of it that knows n-grams only, and two slacks."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array

from fanzha.classify import Classifier
from fanzha.features import UNKNOWN_IDF, key_tokens
from fanzha.kernel import need_kernel
from fanzha.keys import key_ngrams
from fanzha.labels import LABELS
from fanzha.post import Post
from fanzha.reading import Reader, Reading
from fanzha.screen import NGRAMS_BY_SIGN, Screen
from fanzha.spots import decide_stretches, find_stretches

__all__ = ["distil"]

T = TypeVar("T")

_MAX_KEYS: Final = 65_000
_BATCH_POSTS: Final = 500
_RIDGE: Final = 3.0
"""How dear it is to differ from the model's own weight."""
_STEPS: Final = 40
_ROUNDS: Final = 4
_UNDER, _FAR_UNDER, _OVER = 30.0, 90.0, 4.0
"""How much more a flagged post counts that the round before took for less than it is, or for
harmless, and a clean one that it took for more."""
_FAR: Final = 1.0
_CLEARLY_CLEAN: Final = -4.0
_LEAST_LOG_ODDS: Final = -8.0
_LONGEST_WORD: Final = 4
_WORD_SHARE: Final = 1.8
"""A post has about a third as many words as n-grams, so that each weighs more in the model."""
_ROOM: Final = 0.3
_MOST_FREAKS: Final = 1e-4
"""Share of flagged posts new to a screen that may stand lower than its slack allows for: the more
are made, the odder the oddest of them, and all posts would wait for it."""
_BURIED: Final = ((40, 120), (100, 400), (300, 1000))
"""Characters of clean company among which flagged posts are buried to set the slack with."""
_N_BURIED: Final = 2500
"""Most posts made of each kind."""


def distil(
    classifier: Classifier,
    reader: Reader,
    readings: Sequence[Reading],
    others: Sequence[Reading],
    review: Mapping[str, float],
) -> tuple[Screen, dict[str, Any]]:
    """Make a screen that passes none of these posts that the model flags, and say what it does.

    It knows the model's n-grams and short words; what the model takes from longer words, facts
    and windows is fitted to them by least squares on the model's own log-odds. Only posts in which
    there is no contact, number or disguise take part: the others are not its to judge.
    Deterministic; half a minute for 70,000 posts of 50 characters.

    Parameters
    ----------
    classifier
        The model.
    reader
        What read the posts.
    readings
        Posts to learn from, labels aside.
    others
        More posts to learn from. A first screen does without them, and how it judges those that
        the model flags, alone and buried among others, sets the slacks.
    review
        The score from which each label is given.

    Returns
    -------
    The screen, and what a bundle's manifest says of it.

    Raises
    ------
    FanzhaError
        There is no compiled kernel.
    """
    need_kernel("a screen cannot be made")
    held_out = [reading for reading in others if reading.plain]
    learned = [reading for reading in readings if reading.plain]
    n_own = len(learned)
    learned += held_out
    posts = [reading.post.text for reading in learned]
    truth = _log_odds(classifier, learned)
    keys, idf, weights = _known(classifier, [reading.masked.text for reading in learned])
    blank = Screen.rounded(keys, _lanes(np.zeros_like(weights), idf), np.zeros(len(LABELS)))
    rows = _rows(reader, blank, posts, idf)
    cuts = blank.cuts(review)
    flagged = np.asarray((truth >= cuts).any(axis=1))
    clean = [
        post for post, own in zip(posts[:n_own], flagged[:n_own].tolist(), strict=True) if not own
    ]
    theirs = [
        post for post, own in zip(posts[n_own:], flagged[n_own:].tolist(), strict=True) if own
    ]
    buried = _flagged(classifier, reader, _bury(theirs, clean), cuts)
    theirs += [reading.post.text for reading in buried]
    first = _learn(rows[:n_own], truth[:n_own], cuts, (keys, idf, weights))
    # Posts that nothing was learned from may not pass either.
    unseen = _stand_out(reader, first, theirs, cuts)
    screen = _learn(rows, truth, cuts, (keys, idf, weights))
    every = [post for post, own in zip(posts, flagged.tolist(), strict=True) if own]
    wary = max(_slack(unseen, _MOST_FREAKS), _slack(_stand_out(reader, screen, every, cuts)))
    to_judge = [reading for reading, own in zip(learned, flagged.tolist(), strict=True) if own]
    read = [reading for reading, own in zip(held_out, flagged[n_own:].tolist(), strict=True) if own]
    wording = [
        _wording(classifier, to_judge + buried),
        _around_spots(classifier, reader, first.with_slacks(wary, 0.0), read + buried, review),
        _around_spots(classifier, reader, screen.with_slacks(wary, 0.0), to_judge + buried, review),
    ]
    screen = screen.with_slacks(wary, _slack((np.concatenate(wording) - cuts).max(axis=1)))
    honest = [
        post for post, own in zip(posts[n_own:], flagged[n_own:].tolist(), strict=True) if not own
    ]
    passing = (_stand_out(reader, screen, honest, screen.cuts(review)) < 0).sum()
    about = {
        "slacks": screen.slacks.round(3).tolist(),
        "n_posts": len(learned),
        "n_held_out": len(held_out),
        "n_held_out_flagged": len(theirs),
        "passes_of_unflagged_held_out": round(float(passing) / max(len(honest), 1), 3),
    }
    return screen, about


def _learn(
    rows: csr_array,
    truth: NDArray[np.float64],
    cuts: NDArray[np.float64],
    known: tuple[NDArray[np.uint64], NDArray[np.float64], NDArray[np.float64]],
) -> Screen:
    """Fit a screen without slack to the model's log-odds, beginning with the model's weights."""
    keys, idf, weights = known
    target = np.maximum(truth, _LEAST_LOG_ODDS)
    mine = truth >= cuts
    importance = np.ones_like(target)
    found, intercepts = weights, np.zeros(len(LABELS))
    for _ in range(_ROUNDS):
        rest = target - rows @ weights
        intercepts = (importance * rest).sum(axis=0) / importance.sum(axis=0)
        found = weights + _fit(rows, rest - intercepts, importance)
        estimate = rows @ found + intercepts
        importance = np.ones_like(target)
        importance[mine & (estimate < target)] = _UNDER
        importance[~mine & (estimate > target) & (estimate - cuts > _CLEARLY_CLEAN)] = _OVER
        importance[mine & (estimate - cuts < -_FAR)] = _FAR_UNDER
    return Screen.rounded(keys, _lanes(found, idf), intercepts)


def _slack(margins: NDArray[np.float64], freaks: float = 0.0) -> float:
    """Give how far below the cuts an estimate must be, as flagged posts stand above them so far.

    Such a share of them, `freaks`, may stand lower.
    """
    if not len(margins):
        return 0.0
    lowest = float(np.sort(margins)[int(freaks * len(margins))])
    return max(0.0, _ROOM - lowest)


def _log_odds(classifier: Classifier, readings: Sequence[Reading]) -> NDArray[np.float64]:
    """Give the model's log-odds of many posts, shape (len(readings), n_labels)."""
    return _in_batches(classifier.log_odds, readings)


def _wording(classifier: Classifier, readings: Sequence[Reading]) -> NDArray[np.float64]:
    """Give the same as if no fact held of any post."""
    texts = [reading.masked.text for reading in readings]
    return _in_batches(lambda some: classifier.decide_wording(some).log_odds, texts)


def _around_spots(
    classifier: Classifier,
    reader: Reader,
    screen: Screen,
    readings: Sequence[Reading],
    review: Mapping[str, float],
) -> NDArray[np.float64]:
    """Give what the model makes of the wording around the spots of those posts that have such."""

    def decide(some: Sequence[Reading]) -> NDArray[np.float64]:
        texts = [reading.post.text for reading in some]
        sights = reader.look(texts, screen.handle, screen.cuts(review))
        if sights is None:
            return np.empty((0, len(LABELS)))
        stretches = find_stretches(sights, [reading.text.text for reading in some])
        return decide_stretches(classifier, stretches)

    return _in_batches(decide, readings)


def _in_batches(
    give: Callable[[Sequence[T]], NDArray[np.float64]], posts: Sequence[T]
) -> NDArray[np.float64]:
    parts = [give(posts[at : at + _BATCH_POSTS]) for at in range(0, len(posts), _BATCH_POSTS)]
    return np.concatenate(parts) if parts else np.zeros((0, len(LABELS)))


def _lanes(weights: NDArray[np.float64], idf: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack([weights * idf[:, None], idf**2 - UNKNOWN_IDF**2])


def _bury(flagged: Sequence[str], clean: Sequence[str]) -> list[str]:
    """Put flagged posts among clean ones, a paragraph each."""
    if not flagged or not clean:
        return []
    draw = random.Random(0)
    made = []
    for least, most in _BURIED:
        for _ in range(min(_N_BURIED, len(flagged))):
            room = draw.randint(least, most)
            paragraphs: list[str] = []
            while sum(map(len, paragraphs)) < room:
                # An empty post alone would never fill the room.
                paragraphs.append(draw.choice(clean) + "。")
            paragraphs.insert(draw.randint(0, len(paragraphs)), draw.choice(flagged))
            made.append("\n".join(paragraphs))
    return made


def _flagged(
    classifier: Classifier, reader: Reader, posts: Sequence[str], cuts: NDArray[np.float64]
) -> list[Reading]:
    """Read the posts, and give those that are the screen's to judge and that the model flags."""
    plain = [one for one in reader.read_many([Post(post) for post in posts]) if one.plain]
    flagged = np.any(_log_odds(classifier, plain) >= cuts, axis=1).tolist()
    return [reading for reading, own in zip(plain, flagged, strict=True) if own]


def _stand_out(
    reader: Reader, screen: Screen, posts: Sequence[str], cuts: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Give how far each post's best label stands above its cut, by the screen."""
    found = [np.zeros(0)]
    for first in range(0, len(posts), _BATCH_POSTS):
        sights = reader.look(posts[first : first + _BATCH_POSTS], screen.handle)
        if sights is not None:
            found.append((sights.log_odds - cuts).max(axis=1))
    return np.concatenate(found)


def _known(
    classifier: Classifier, texts: Sequence[str]
) -> tuple[NDArray[np.uint64], NDArray[np.float64], NDArray[np.float64]]:
    """Give the model's n-grams and those that are its short words: sorted keys, idf, weights."""
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
    weights[of_chars] = classifier.weights[:n_chars]
    share = _WORD_SHARE * words.idf[columns] / idf[of_words]
    np.add.at(weights, of_words, classifier.weights[n_chars + columns] * share[:, None])
    best = np.argsort(-np.abs(weights).max(axis=1) * idf, kind="stable")[:_MAX_KEYS]
    best = np.sort(best)
    return keys[best], idf[best], weights[best]


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
    reader: Reader, blank: Screen, posts: Sequence[str], idf: NDArray[np.float64]
) -> csr_array:
    """Give the weighed n-grams of each post, shape (n_posts, n_keys), as the screen sees them."""
    parts, n_signs = reader.columns(posts, blank.handle)
    indptr = np.append(0, np.cumsum([len(part) for part in parts])).astype(np.int32)
    columns = np.concatenate([*parts, np.zeros(0, np.int32)])
    counts = csr_array((np.ones(len(columns)), columns, indptr), shape=(len(posts), len(idf)))
    counts.sum_duplicates()
    n_unknown = NGRAMS_BY_SIGN * n_signs - counts.sum(axis=1)
    counts.data = 1.0 + np.log(counts.data)
    squares = UNKNOWN_IDF**2 * n_unknown + counts**2 @ idf**2
    lengths = np.sqrt(np.maximum(squares, 1.0))
    return csr_array(diags_array(1.0 / lengths) @ counts @ diags_array(idf))


def _fit(
    rows: csr_array, target: NDArray[np.float64], importance: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Fit each label by ridge regression, shape (n_keys, n_labels), with conjugate gradients.

    Source: Hestenes & Stiefel 1952.
    """
    columns = csr_array(rows.T)
    found = np.zeros((rows.shape[1], target.shape[1]))
    residual = columns @ (importance * target)
    step = residual.copy()
    power = (residual**2).sum(axis=0)
    for _ in range(_STEPS):
        image = columns @ (importance * (rows @ step)) + _RIDGE * step
        length = power / np.maximum((step * image).sum(axis=0), 1e-30)
        found += length * step
        residual -= length * image
        before, power = power, (residual**2).sum(axis=0)
        step = residual + step * (power / np.maximum(before, 1e-30))
    return found
