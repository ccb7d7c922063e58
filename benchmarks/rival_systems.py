"""What a user would write instead of taking fanzha: a keyword list and three plain learners.

All read a post after the same plain folding (NFKC, lower case, traditional to simplified), which
any of their users would add after a week of a board's posts.
"""

from __future__ import annotations

import re
import tempfile
import tomllib
import unicodedata
from collections.abc import Sequence
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fanzha.labels import LABELS
from fanzha.segment import Segmenter

__all__ = ["CharLogistic", "FastText", "Keywords", "Learner", "WordSvc", "Words", "fold_spelling"]

_SEED = 0
_CLEAN = "clean"
_EDGE = 1e-6
_GROUP = re.compile(r"\{([a-z]+)\}")


class Learner(Protocol):
    """A system that learns from labelled posts and decides by a number per label."""

    name: str
    what: str

    def fit(self, texts: Sequence[str], truth: NDArray[np.bool_]) -> None:
        """Learn from folded texts and truth of shape (n_posts, n_labels), forgetting the past."""
        ...

    def decide(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Give decisions of shape (n_posts, n_labels), greater for a surer label."""
        ...


def fold_spelling(texts: Sequence[str]) -> list[str]:
    """Fold width, case and script, and make each post one line."""
    from opencc import OpenCC

    simplify = OpenCC("t2s").convert
    return [
        simplify(" ".join(unicodedata.normalize("NFKC", text).lower().split())) for text in texts
    ]


class Keywords:
    """The list of `path`: patterns a label, and what speaks against them."""

    name = "keyword list"
    what = "a moderator's regular expressions with exceptions, benchmarks/keywords.toml"

    def __init__(self, path: Path) -> None:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        groups: dict[str, str] = table["groups"]

        def compiled(pattern: str) -> re.Pattern[str]:
            while _GROUP.search(pattern):
                pattern = _GROUP.sub(lambda found: groups[found[1]], pattern)
            return re.compile(pattern)

        self._unless = [compiled(pattern) for pattern in table["everywhere"]["unless"]]
        self._rules = []
        for label in LABELS:
            kinds = table[label]
            rows = [[pattern] for pattern in kinds.get("any", [])] + kinds.get("all", [])
            self._rules.append(
                (
                    [[compiled(pattern) for pattern in row] for row in rows],
                    [compiled(pattern) for pattern in kinds["unless"]],
                )
            )

    def decide(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Count the patterns found, shape (n_posts, n_labels); 1 is enough for the label."""
        return np.array([self._count(text) for text in texts], dtype=np.float64)

    def _count(self, text: str) -> list[int]:
        if any(pattern.search(text) for pattern in self._unless):
            return [0] * len(LABELS)
        return [
            sum(all(pattern.search(text) for pattern in row) for row in rows)
            if not any(pattern.search(text) for pattern in unless)
            else 0
            for rows, unless in self._rules
        ]


class _Pipeline:
    """A scikit-learn pipeline that ends in one linear classifier a label."""

    def fit(self, texts: Sequence[str], truth: NDArray[np.bool_]) -> None:
        """Learn from folded texts, forgetting the past."""
        self._pipeline = self._make()
        self._pipeline.fit(texts, truth)

    def decide(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Give each label's distance from its boundary, shape (n_posts, n_labels)."""
        return np.asarray(self._pipeline.decision_function(texts), dtype=np.float64)

    def _make(self) -> Any:
        raise NotImplementedError


class CharLogistic(_Pipeline):
    """TF-IDF of characters and one logistic regression a label."""

    name = "characters + LR"
    # The strength by average precision on held-out posts, from 10 to 300; so loose a
    # tolerance changes the fourth digit of it and takes a third of the time.
    what = "scikit-learn TfidfVectorizer, characters 1–3, and LogisticRegression one against rest"

    def __init__(self, strength: float = 300.0) -> None:
        self._strength = strength

    def _make(self) -> Any:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.multiclass import OneVsRestClassifier
        from sklearn.pipeline import make_pipeline

        model = LogisticRegression(
            C=self._strength, solver="liblinear", dual=True, tol=0.1, max_iter=1000,
            random_state=_SEED,
        )  # fmt: skip
        return make_pipeline(
            TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=True),
            OneVsRestClassifier(model),
        )


class WordSvc(_Pipeline):
    """TF-IDF of jieba's words and one linear support-vector machine a label."""

    name = "jieba + SVC"
    # The strength by average precision on held-out posts, from 0.3 to 3.
    what = "jieba words and pairs of words, scikit-learn TfidfVectorizer and LinearSVC"

    def __init__(self, words: Words, strength: float = 1.0) -> None:
        self._words = words
        self._strength = strength

    def _make(self) -> Any:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.multiclass import OneVsRestClassifier
        from sklearn.pipeline import make_pipeline
        from sklearn.svm import LinearSVC

        pairs: Any = self._words.pairs
        return make_pipeline(
            TfidfVectorizer(analyzer=pairs, min_df=2, sublinear_tf=True),
            OneVsRestClassifier(LinearSVC(C=self._strength, random_state=_SEED)),
        )


class Words:
    """jieba's words of a text, by its own dictionary; those of texts told to keep are kept."""

    def __init__(self) -> None:
        self._segment = Segmenter().segment
        self._kept: dict[str, list[str]] = {}

    def keep(self, texts: Sequence[str]) -> None:
        """Cut these texts and keep their words, in place of those kept before."""
        self._kept = {text: self.of(text) for text in texts}

    def of(self, text: str) -> list[str]:
        """Give the words of one text in order, blanks left out."""
        kept = self._kept.get(text)
        return [word for word in self._segment(text) if word.strip()] if kept is None else kept

    def pairs(self, text: str) -> list[str]:
        """Give the words and the pairs of neighbouring words."""
        words = self.of(text)
        return words + [" ".join(pair) for pair in pairwise(words)]


class FastText:
    """fastText's supervised mode on characters, each label on its own (`ova`).

    Raises
    ------
    ImportError
        The package is absent; benchmarks/requirements-rivals.txt names it.
    """

    name = "fastText"
    # On held-out posts better than jieba's words (.50) and than words with subwords (.61); the
    # epochs from 20 and 40.
    what = "fastText supervised, characters 1–3 (better here than words), one against all"

    def __init__(self, epochs: int = 40) -> None:
        self._train = import_module("fasttext").train_supervised
        self._epochs = epochs

    def fit(self, texts: Sequence[str], truth: NDArray[np.bool_]) -> None:
        """Learn by one thread; a post without a label is given one of its own."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "posts.txt"
            lines = (
                f"{' '.join(f'__label__{label}' for label in labels)} {_line(text)}\n"
                for text, labels in zip(texts, map(_label_names, truth), strict=True)
            )
            path.write_text("".join(lines), encoding="utf-8")
            # One thread, so that the same posts give the same weights.
            self._model = self._train(
                str(path), loss="ova", epoch=self._epochs, lr=0.5, dim=30, wordNgrams=3,
                bucket=500_000, minCount=2, thread=1, seed=_SEED, verbose=0,
            )  # fmt: skip

    def decide(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Give the log-odds of each label, shape (n_posts, n_labels)."""
        decisions = np.full((len(texts), len(LABELS)), _EDGE)
        for row, text in enumerate(texts):
            # Not the package's own `predict`, whose arrays NumPy 2 misreads.
            found = self._model.f.predict(f"{_line(text)}\n", -1, 0.0, "strict")
            for share, name in found:
                label = name.removeprefix("__label__")
                if label != _CLEAN:
                    decisions[row, LABELS.index(label)] = share
        decisions = np.clip(decisions, _EDGE, 1 - _EDGE)
        return np.asarray(np.log(decisions / (1 - decisions)))


def _line(text: str) -> str:
    return " ".join(text.replace(" ", ""))


def _label_names(truth: NDArray[np.bool_]) -> list[str]:
    # fastText skips a line without a label.
    return [LABELS[column] for column in np.flatnonzero(truth)] or [_CLEAN]
