"""The pipelines whose speed fanzha is compared with, trained to tell bad posts from clean."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from daachorse import CharwiseDoubleArrayAhoCorasick
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.pipeline import make_pipeline

from fanzha.corpus import LabelledPost
from fanzha.lexicon import Lexicon
from fanzha.segment import Segmenter

__all__ = ["REFERENCE", "rivals"]

REFERENCE = "TfidfVectorizer char 1–3 + LR"


def rivals(posts: Sequence[LabelledPost]) -> dict[str, Callable[[Sequence[str]], object]]:
    """Train each on the posts; what is not installed is left out, and said."""
    texts = [post.text for post in posts]
    truth = [bool(post.labels) for post in posts]
    segmenter = Segmenter()
    pipelines: dict[str, Any] = {
        REFERENCE: make_pipeline(
            TfidfVectorizer(analyzer="char", ngram_range=(1, 3)), LogisticRegression(max_iter=300)
        ),
        "jieba + TfidfVectorizer + LR": make_pipeline(
            TfidfVectorizer(analyzer=segmenter.segment), LogisticRegression(max_iter=300)
        ),
        "HashingVectorizer char 1–3 + SGD": make_pipeline(
            HashingVectorizer(analyzer="char", ngram_range=(1, 3)), SGDClassifier(random_state=0)
        ),
    }
    found: dict[str, Callable[[Sequence[str]], object]] = {}
    for name, pipeline in pipelines.items():
        pipeline.fit(texts, truth)
        found[name] = pipeline.predict
    automaton = CharwiseDoubleArrayAhoCorasick(
        list(dict.fromkeys(term.term for term in Lexicon.load().terms))
    )
    found["keyword automaton (daachorse)"] = lambda some: [
        bool(automaton.find(one)) for one in some
    ]
    try:
        found["fastText"] = _fast_text(texts, truth)
    except ImportError:
        print("fastText is not installed and is left out", file=sys.stderr)
    return found


def _fast_text(texts: Sequence[str], truth: Sequence[bool]) -> Callable[[Sequence[str]], object]:
    fasttext = import_module("fasttext")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "posts.txt"
        rows = zip(texts, truth, strict=True)
        path.write_text(
            "".join(
                f"__label__{'bad' if bad else 'clean'} {_spaced(text)}\n" for text, bad in rows
            ),
            encoding="utf-8",
        )
        model = fasttext.train_supervised(
            str(path), wordNgrams=3, epoch=10, thread=1, verbose=0, bucket=1 << 18
        )
    # Its `predict` of a list fails with NumPy 2; the binding beneath does not.
    return lambda some: [model.f.predict(_spaced(one) + "\n", 1, 0.0, "strict") for one in some]


def _spaced(text: str) -> str:
    return " ".join(" ".join(text.split()))
