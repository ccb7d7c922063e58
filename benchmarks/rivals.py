"""fanzha beside what a user would take instead: one run, one table, the same posts for all.

    python benchmarks/rivals.py [--corpora DIR] [--sample N]

The rivals that learn do so from the training split of data/corpus and of what data/public holds,
as `fanzha train` does; their scores are calibrated and their thresholds chosen by fanzha's own
rules, on the same folds. The keyword list has nothing to choose: a hit gives its label. All are
measured on the own test split and on the dev sets of DIR (or FANZHA_CORPORA), of which at most N
posts a class group are drawn; what is not there is left out. Writes benchmarks/rivals.md and
benchmarks/rivals.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rival_groups import Group, read_groups
from rival_systems import CharLogistic, FastText, Keywords, Learner, Words, WordSvc, fold_spelling
from rivals_tables import page

from fanzha import Detector
from fanzha.accuracy import measure
from fanzha.bundle import Bundle
from fanzha.calibrate import choose_thresholds, fit_sigmoids
from fanzha.corpus import N_FOLDS, LabelledPost, label_matrix, read_corpus
from fanzha.intervals import Share
from fanzha.labels import LABELS
from fanzha.lessons import find_ordinary

HERE = Path(__file__).parent
ROOT = HERE.parent
N_SAMPLE = 3000


@dataclass(frozen=True, slots=True)
class System:
    """A row of the table: `score` gives (n_posts, n_labels), `thresholds` (n_labels,)."""

    name: str
    what: str
    score: Callable[[Sequence[str]], NDArray[np.float64]]
    thresholds: NDArray[np.float64]
    learned: bool = True


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--corpora", type=Path, default=os.environ.get("FANZHA_CORPORA"))
    parser.add_argument("--sample", type=int, default=N_SAMPLE)
    arguments = parser.parse_args()
    corpus = read_corpus([ROOT / "data" / "corpus"])
    own = [post for post in corpus if post.split == "train"]
    test = [post for post in corpus if post.split == "test"]
    public = sorted((ROOT / "data" / "public").glob("*.jsonl"))
    background = [post for post in read_corpus(public) if post.split == "train"] if public else []
    left_out = [] if public else ["the public sets to learn from (data/public)"]
    groups, hand, absent = read_groups(arguments.corpora, arguments.sample)
    missing: list[str] = []
    rivals = [train(one, own, background) for one in learners([*own, *background], missing)]
    detector = Detector.load()
    trained_on = Bundle.load().manifest["trained_on"]
    systems = [*plain_systems(detector), *rivals]
    result: dict[str, Any] = {
        "bundle": detector.bundle_id,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}",
        "n_learned": {
            "fanzha": [trained_on["n_posts"], trained_on.get("n_background_posts", 0)],
            "rivals": [len(own), len(background)],
        },
        "n_test": len(test),
        "n_posts": {group.heading: len(texts) for group, texts in groups.items()},
        "left_out": [*left_out, *absent, *missing],
        "systems": {system.name: measured(system, test, groups, hand) for system in systems},
    }
    for left in result["left_out"]:
        print(f"left out: {left}", file=sys.stderr)
    (HERE / "rivals.json").write_text(
        json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    (HERE / "rivals.md").write_text(
        page(result, {one.name for one in systems if one.learned}), encoding="utf-8"
    )


def plain_systems(detector: Detector) -> list[System]:
    """Give what does not learn here: the shipped bundle and the keyword list."""
    review = detector.policy.review
    keywords = Keywords(HERE / "keywords.toml")

    def check(texts: Sequence[str]) -> NDArray[np.float64]:
        verdicts = detector.check_many(texts)
        return np.array([[verdict.scores[label] for label in LABELS] for verdict in verdicts])

    return [
        System(
            "fanzha",
            "the shipped bundle by `Detector.check_many`, evidence and hotlines included",
            check,
            np.array([review.get(label, np.inf) for label in LABELS]),
        ),
        System(
            keywords.name,
            keywords.what,
            lambda texts: keywords.decide(fold_spelling(texts)),
            np.ones(len(LABELS)),
            learned=False,
        ),
    ]


def learners(posts: Sequence[LabelledPost], missing: list[str]) -> list[Learner]:
    """Give the rivals to train on `posts`; add to `missing` what cannot be had."""
    words = Words()
    words.keep(fold_spelling([post.text for post in posts]))
    rivals: list[Learner] = [CharLogistic(), WordSvc(words)]
    try:
        rivals.append(FastText())
    except ImportError as error:
        missing.append(f"fastText ({error}; see benchmarks/requirements-rivals.txt)")
    return rivals


def train(
    learner: Learner, own: Sequence[LabelledPost], background: Sequence[LabelledPost]
) -> System:
    """Fit a rival as `fanzha train` fits a bundle: scores of the folds, then the whole."""
    posts = [*own, *background]
    texts = fold_spelling([post.text for post in posts])
    truth, folds = label_matrix(posts), np.array([post.fold for post in posts])
    held_out = np.zeros(truth.shape)
    started = time.perf_counter()
    for fold in range(N_FOLDS):
        mine = folds == fold
        learner.fit([texts[row] for row in np.flatnonzero(~mine)], truth[~mine])
        held_out[mine] = learner.decide([texts[row] for row in np.flatnonzero(mine)])
    slopes, shifts = fit_sigmoids(held_out[: len(own)], truth[: len(own)])

    def calibrated(decisions: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(1.0 / (1.0 + np.exp(-(decisions * slopes + shifts))))

    of_own = np.arange(len(truth)) < len(own)
    ordinary = find_ordinary(posts, len(own))
    policy = choose_thresholds(calibrated(held_out), truth, of_own, ordinary)
    learner.fit(texts, truth)
    print(f"{learner.name}: trained in {time.perf_counter() - started:.0f} s", file=sys.stderr)
    return System(
        learner.name,
        learner.what,
        lambda texts: calibrated(learner.decide(fold_spelling(texts))),
        np.array([policy.review[label] for label in LABELS]),
    )


def measured(
    system: System,
    test: Sequence[LabelledPost],
    groups: dict[Group, list[str]],
    hand: dict[str, set[str]],
) -> dict[str, Any]:
    """Give the figures of one system; `posts_per_s` is of one process's processor time."""
    parts = [[post.text for post in test], list(hand), *groups.values()]
    texts = [text for part in parts for text in part]
    system.score(texts[:1])
    started = time.process_time()
    scores = system.score(texts)
    seconds = time.process_time() - started
    ends = np.cumsum([len(part) for part in parts])[:-1]
    test_scores, hand_scores, *group_scores = np.split(scores, ends)
    truth = label_matrix(test)
    by_label = {
        label: measure(truth[:, n], test_scores[:, n], float(system.thresholds[n]))
        for n, label in enumerate(LABELS)
    }
    figures: dict[str, Any] = {
        "what": system.what,
        "thresholds": dict(zip(LABELS, system.thresholds.round(3).tolist(), strict=True)),
        "posts_per_s": round(len(texts) / seconds),
        "test": {
            # A count of patterns is no probability, so no calibration error is given.
            label: {k: v for k, v in one.to_json().items() if k != "calibration_error"}
            for label, one in by_label.items()
        },
        "macro_f1": round(float(np.mean([one.f1 for one in by_label.values()])), 4),
        "macro_average_precision": round(
            float(np.mean([one.average_precision for one in by_label.values()])), 4
        ),
        "groups": {},
    }
    if hand:
        bears = np.array(["cash_out" in labels for labels in hand.values()])
        column = LABELS.index("cash_out")
        given = np.asarray(hand_scores[:, column] >= system.thresholds[column])
        figures["hand_labels"] = {
            "recall": Share.among(given, bears).to_json(),
            "precision": Share.among(bears, given).to_json(),
        }
    for group, mine in zip(groups, group_scores, strict=True):
        flagged = int((mine >= system.thresholds).any(axis=1).sum())
        figures["groups"][group.heading] = Share(flagged, len(mine)).to_json()
    print(system.name, figures["macro_f1"], figures["posts_per_s"], file=sys.stderr)
    return figures


if __name__ == "__main__":
    main()
