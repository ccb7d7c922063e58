"""Make a screen of a trained model: a copy of it that knows n-grams only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array, vstack

from fanzha.classify import Classifier
from fanzha.features import UNKNOWN_IDF, find_char_ngrams, find_words
from fanzha.labels import LABELS
from fanzha.masking import MaskedText
from fanzha.reading import Reading
from fanzha.screen import Screen
from fanzha.wording import LONGEST, Wording, keys_by_place

__all__ = ["distil"]

_MAX_KEYS: Final = 65_000
_BATCH_POSTS: Final = 2000
_RIDGE: Final = 1.0
"""How dear it is to differ from the model's own weight."""
_STEPS: Final = 40
_ROUNDS: Final = 2
_HARD: Final = 30.0
"""How much more a flagged post counts that the round before took for harmless."""
_HARMLESS: Final = -2.5
_LEAST_LOG_ODDS: Final = -8.0
_WORD_SHARE: Final = 1.8
"""A post has about a third as many words as n-grams, so that each weighs more in the model."""
_ROOM: Final = 0.1


def distil(
    classifier: Classifier,
    readings: Sequence[Reading],
    others: Sequence[Reading],
    review: Mapping[str, float],
) -> tuple[Screen, dict[str, Any]]:
    """Make a screen that passes none of the posts that the model flags, and say what it does.

    It knows the model's n-grams and short words; what the model takes from longer words, facts
    and windows is fitted to them by least squares on the model's own log-odds. Deterministic;
    about a minute for 70,000 posts of 50 characters, most of it the model's own scores.

    Parameters
    ----------
    classifier
        The model.
    readings
        Posts to learn from, labels aside.
    others
        More posts, to set the slack with.
    review
        The score from which each label is given.

    Returns
    -------
    The screen, and what a bundle's manifest says of it.
    """
    texts = [reading.masked.text for reading in readings]
    truth = _log_odds(classifier, readings)
    keys, idf, weights = _known(classifier, texts)
    none = np.zeros(1)
    blank = Screen(
        keys, np.zeros((len(keys), len(LABELS) + 1), np.float16), np.zeros(len(LABELS)), none
    )
    rows = _rows(blank, texts, idf)
    target = np.maximum(truth, _LEAST_LOG_ODDS)
    importance = np.ones_like(target)
    found, intercepts = weights, np.zeros(len(LABELS))
    screen = blank
    cuts = blank.cuts(review)
    flagged = (truth >= cuts).any(axis=1) & np.array([not one.telling for one in readings])
    for _ in range(_ROUNDS):
        rest = target - rows @ weights
        intercepts = (importance * rest).sum(axis=0) / importance.sum(axis=0)
        found = weights + _fit(rows, rest - intercepts, importance)
        lanes = np.column_stack([found * idf[:, None], idf**2 - UNKNOWN_IDF**2])
        screen = Screen(keys, lanes.astype(np.float16), intercepts, none)
        doubtful = flagged & (_stand_out(screen, texts, cuts) < _HARMLESS)
        importance[doubtful[:, None] & (truth >= cuts)] = _HARD
    held_out = [one for one in others if not one.telling]
    theirs = (_log_odds(classifier, held_out) >= cuts).any(axis=1)
    margins = np.concatenate(
        [
            _stand_out(screen, [texts[at] for at in np.flatnonzero(flagged).tolist()], cuts),
            _stand_out(
                screen, [held_out[at].masked.text for at in np.flatnonzero(theirs).tolist()], cuts
            ),
        ]
    )
    slack = max(0.0, _ROOM - float(margins.min(initial=0.0)))
    screen = Screen(keys, screen.lanes, intercepts, np.array([slack]))
    clean = [held_out[at].masked.text for at in np.flatnonzero(~theirs).tolist()]
    passing = (_stand_out(screen, clean, screen.cuts(review)) < 0).sum()
    about = {
        "slack": round(slack, 3),
        "n_posts": len(readings),
        "n_held_out": len(others),
        "passes_of_unflagged_held_out": round(float(passing) / max(len(clean), 1), 3),
    }
    return screen, about


def _log_odds(classifier: Classifier, readings: Sequence[Reading]) -> NDArray[np.float64]:
    parts = [
        classifier.log_odds(readings[first : first + _BATCH_POSTS])
        for first in range(0, len(readings), _BATCH_POSTS)
    ]
    return np.concatenate(parts) if parts else np.zeros((0, len(LABELS)))


def _stand_out(
    screen: Screen, texts: Sequence[str], cuts: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Give how far each text's best label stands above its cut, by the screen."""
    parts = [
        (screen.log_odds(texts[first : first + _BATCH_POSTS]) - cuts).max(axis=1)
        for first in range(0, len(texts), _BATCH_POSTS)
    ]
    return np.concatenate(parts) if parts else np.zeros(0)


def _known(
    classifier: Classifier, texts: Sequence[str]
) -> tuple[NDArray[np.uint32], NDArray[np.float64], NDArray[np.float64]]:
    """Give keys, idf and weights of the model's n-grams and short words, one key a slot."""
    features = classifier.features
    chars, words = features.chars, features.words
    char_keys, has_char = np.zeros(len(chars.keys), np.uint32), np.zeros(len(chars.keys), np.bool_)
    word_keys, has_word = np.zeros(len(words.keys), np.uint32), np.zeros(len(words.keys), np.bool_)
    for first in range(0, len(texts), _BATCH_POSTS):
        part = [
            MaskedText(text, np.arange(len(text) + 1, dtype=np.int32))
            for text in texts[first : first + _BATCH_POSTS]
        ]
        keys, inside, starts = keys_by_place([text.text for text in part])
        found = find_char_ngrams(part)
        columns = chars.columns(found.keys)
        own = np.concatenate([key[within] for key, within in zip(keys, inside, strict=True)])
        char_keys[columns[columns >= 0]] = own[columns >= 0]
        has_char[columns[columns >= 0]] = True
        found = find_words(part, features.segmenter)
        columns, sizes = words.columns(found.keys), found.ends - found.starts
        for n, key in enumerate(keys, 1):
            short = (columns >= 0) & (sizes == n)
            word_keys[columns[short]] = key[starts[found.rows[short]] + found.starts[short]]
            has_word[columns[short]] = True
    n_chars, n_words = len(chars.keys), len(words.keys)
    own_keys = np.concatenate([char_keys[has_char], word_keys[has_word]])
    keys_found, where = np.unique(own_keys, return_inverse=True)
    of_chars, of_words = where[: has_char.sum()], where[has_char.sum() :]
    idf = np.zeros(len(keys_found))
    idf[of_words] = words.idf[has_word]
    idf[of_chars] = chars.idf[has_char]
    weights = np.zeros((len(keys_found), len(LABELS)))
    weights[of_chars] = classifier.weights[:n_chars][has_char]
    by_word = classifier.weights[n_chars : n_chars + n_words][has_word]
    share = _WORD_SHARE * words.idf[has_word] / idf[of_words]
    np.add.at(weights, of_words, by_word * share[:, None])
    best = np.argsort(-np.abs(weights).max(axis=1) * idf, kind="stable")[:_MAX_KEYS]
    _, first_in_slot = np.unique(Screen.slots(keys_found[best]), return_index=True)
    best = best[np.sort(first_in_slot)]
    return keys_found[best], idf[best], weights[best]


def _rows(blank: Screen, texts: Sequence[str], idf: NDArray[np.float64]) -> csr_array:
    """Give the weighed n-grams of each text, shape (n_texts, n_keys), as the screen sees them."""
    parts, sizes = [], []
    for first in range(0, len(texts), _BATCH_POSTS):
        wording = Wording.of(texts[first : first + _BATCH_POSTS])
        n_blocks = len(wording.sizes)
        counts = blank.count(wording)
        by_block = sum(
            (counts[n * n_blocks : (n + 1) * n_blocks] for n in range(1, LONGEST)),
            counts[:n_blocks],
        )
        owners = np.append(wording.firsts, n_blocks).astype(np.int32)
        ones = np.ones(n_blocks, dtype=np.float32)
        join = csr_array(
            (ones, np.arange(n_blocks, dtype=np.int32), owners), shape=(len(owners) - 1, n_blocks)
        )
        parts.append(join @ by_block)
        sizes.append(np.add.reduceat(wording.sizes, wording.firsts))
    rows = csr_array(vstack(parts, format="csr", dtype=np.float64))
    squares = UNKNOWN_IDF**2 * np.concatenate(sizes) + rows @ (idf**2 - UNKNOWN_IDF**2)
    lengths = np.sqrt(np.maximum(squares, 1.0))
    return csr_array(diags_array(1.0 / lengths) @ rows @ diags_array(idf))


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
