"""Make a screen of a trained model: a copy of it that knows n-grams only, and two slacks."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from fanzha.classify import Classifier
from fanzha.kernel import need_kernel
from fanzha.labels import LABELS
from fanzha.post import Post
from fanzha.primer import (
    Known,
    Primer,
    find_known,
    in_batches,
    lanes_of,
    log_odds_of,
    make_primer,
    wording_of,
)  # fmt: skip
from fanzha.reading import Reader, Reading
from fanzha.results import Sights
from fanzha.screen import Screen, with_estimate
from fanzha.spots import decide_stretches, find_stretches

__all__ = ["distil"]

T = TypeVar("T")

_RIDGE: Final = 16.0
"""How dear it is to differ from the model's own weight."""
_STEPS: Final = 40
_ROUNDS: Final = 4
_UNDER, _FAR_UNDER, _OVER = 30.0, 180.0, 2.0
"""How much more a flagged post counts that the round before took for less than it is, or for
harmless, and a clean one that it took for more."""
_FAR: Final = 1.0
_CLEARLY_CLEAN: Final = -4.0
_LEAST_LOG_ODDS: Final = -8.0
_ROOM: Final = 0.4
_MOST_FREAKS: Final = 1e-4
"""Share of flagged posts that may stand lower than a screen's slack allows for, of those learned
from and of others: the more are made, the odder the oddest, and all would wait for it."""
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

    It knows the model's n-grams and short words; what the model takes from longer words and facts
    is fitted to them by least squares on the model's own log-odds, of posts and of the strongest
    window of each. Only posts in which there is no contact, number or disguise take part: the
    others are not its to judge. Deterministic; three minutes for 250,000 posts of 50 characters.

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
    known = find_known(classifier, [reading.masked.text for reading in learned])
    cuts = known.blank(classifier.margins).cuts(review)
    primer = make_primer(classifier, reader, learned, cuts, known)
    flagged = np.asarray((log_odds_of(classifier, learned) >= cuts).any(axis=1))
    clean = [
        post for post, own in zip(posts[:n_own], flagged[:n_own].tolist(), strict=True) if not own
    ]
    theirs = [one for one, own in zip(held_out, flagged[n_own:].tolist(), strict=True) if own]
    buried = _flagged(
        classifier, reader, _bury([reading.post.text for reading in theirs], clean), cuts
    )
    new = theirs + buried
    first = _learn(primer.of(n_own), classifier.margins, known)
    # Posts that nothing was learned from may not pass either.
    unseen = _stand_out(reader, first, new, cuts)
    screen = _learn(primer, classifier.margins, known)
    every = [reading for reading, own in zip(learned, flagged.tolist(), strict=True) if own]
    known_ones = _stand_out(reader, screen, every, cuts)
    wary = max(_slack(some, _MOST_FREAKS) for some in (unseen, known_ones))
    wording = [
        stands - cuts
        for one, some in (
            (first.with_slacks(wary, 0.0), new), (screen.with_slacks(wary, 0.0), every + buried)
        )
        for stands in _by_wording(classifier, reader, one, some, review)
    ]  # fmt: skip
    screen = screen.with_slacks(wary, _slack(np.concatenate(wording)))
    honest = [
        reading for reading, own in zip(held_out, flagged[n_own:].tolist(), strict=True) if not own
    ]
    passing = (_stand_out(reader, screen, honest, screen.cuts(review)) < 0).all(axis=1).sum()
    about = {
        "slacks": screen.slacks.round(3).tolist(),
        "n_posts": len(learned),
        "n_held_out": len(held_out),
        "n_held_out_flagged": len(new),
        "passes_of_unflagged_held_out": round(float(passing) / max(len(honest), 1), 3),
    }
    return screen, about


def _learn(primer: Primer, margins: NDArray[np.float64], known: Known) -> Screen:
    """Fit a screen without slack to the model without its question which, from its weights on."""
    rows, truth, mine, bars, _, are_windows = primer
    target = np.maximum(truth, _LEAST_LOG_ODDS)
    importance = np.ones_like(target)
    # Where there are no windows they begin as posts do.
    kinds = ~are_windows, are_windows if are_windows.any() else ~are_windows
    found, intercepts = known.weights, np.zeros((2, len(LABELS)))
    for _ in range(_ROUNDS):
        rest = target - rows @ known.weights
        for number, kind in enumerate(kinds):
            weight = importance[kind]
            intercepts[number] = (weight * rest[kind]).sum(axis=0) / weight.sum(axis=0)
        begin = intercepts[are_windows.astype(np.intp)]
        found = known.weights + _fit(rows, rest - begin, importance)
        estimate = rows @ found + begin
        importance = np.ones_like(target)
        importance[mine & (estimate < target)] = _UNDER
        importance[~mine & (estimate > target) & (estimate - bars > _CLEARLY_CLEAN)] = _OVER
        importance[mine & (estimate - bars < -_FAR)] = _FAR_UNDER
    whole, window = intercepts
    return Screen.rounded(known.keys, lanes_of(found, known.idf), whole, margins + whole - window)


def _slack(stands: NDArray[np.float64], freaks: float = 0.0) -> float:
    """Give how far below the cuts estimates must be, as flagged posts stand above them so far.

    Such a share of them, `freaks`, may stand lower. `stands` has shape (n_posts, n_labels).
    """
    if not len(stands):
        return 0.0
    lowest = float(np.sort(stands.max(axis=1))[int(freaks * len(stands))])
    return max(0.0, _ROOM - lowest)


def _by_wording(
    classifier: Classifier,
    reader: Reader,
    screen: Screen,
    readings: Sequence[Reading],
    review: Mapping[str, float],
) -> list[NDArray[np.float64]]:
    """Give what is held against the second cut: of all posts, and of those that have spots."""

    def look(some: Sequence[Reading]) -> Sights | None:
        posts = [reading.post.text for reading in some]
        return reader.look(posts, screen.handle, screen.cuts(review))

    def decide(some: Sequence[Reading]) -> NDArray[np.float64]:
        sights = look(some)
        if sights is None:
            return np.empty((0, len(LABELS)))
        return with_estimate(wording_of(classifier, some), sights.log_odds)

    def decide_spots(some: Sequence[Reading]) -> NDArray[np.float64]:
        sights = look(some)
        if sights is None:
            return np.empty((0, len(LABELS)))
        stretches = find_stretches(sights, [reading.text.text for reading in some])
        odds = decide_stretches(classifier, stretches)
        return with_estimate(odds, sights.log_odds[list(stretches)])

    return [in_batches(give, readings) for give in (decide, decide_spots)]


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
    flagged = np.any(log_odds_of(classifier, plain) >= cuts, axis=1).tolist()
    return [reading for reading, own in zip(plain, flagged, strict=True) if own]


def _stand_out(
    reader: Reader, screen: Screen, readings: Sequence[Reading], cuts: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Give how far each post stands above each label's cut, by the screen."""

    def estimate(some: Sequence[str]) -> NDArray[np.float64]:
        sights = reader.look(some, screen.handle)
        if sights is None:
            return np.empty((0, len(LABELS)))
        return np.asarray(sights.log_odds - cuts)

    return in_batches(estimate, [reading.post.text for reading in readings])


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
