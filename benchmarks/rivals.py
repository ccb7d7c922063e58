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
import random
import sys
import time
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from dev_sets import read_set
from numpy.typing import NDArray
from rival_systems import CharLogistic, FastText, Keywords, Learner, Words, WordSvc, fold_spelling

from fanzha import Detector
from fanzha.accuracy import measure
from fanzha.bundle import Bundle
from fanzha.calibrate import choose_thresholds, fit_sigmoids
from fanzha.corpus import N_FOLDS, LabelledPost, label_matrix, read_corpus
from fanzha.intervals import Share
from fanzha.labels import LABELS
from fanzha.tables import read_table

HERE = Path(__file__).parent
ROOT = HERE.parent
SEED = 0
N_SAMPLE = 3000
UNEQUAL = (
    "**The bundle was trained on fewer or other posts than the rivals; train it again "
    "(`make train`) before comparing.**"
)
CORE_LABELS = ("cash_out", "fake_hotline")
HAND_LABELLED = "cash_out_candidates"


@dataclass(frozen=True, slots=True)
class Group:
    """Classes of a dev set that are counted together; `wanted` says whether to flag them."""

    heading: str
    name: str
    classes: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    wanted: bool = False

    def holds(self, kind: str) -> bool:
        """Tell whether posts of this class are counted: by the begin of its name, or all."""
        return kind.startswith(self.classes or "") and kind not in self.but


GROUPS = (
    Group("harm", "chineseharm_bench", ("博彩", "欺诈", "黑产广告"), wanted=True),
    Group("fbs FR, IL", "fbs_sms", ("FR:", "IL:"), but=("IL:Political_propaganda",), wanted=True),
    Group("antfin", "antfin_questions"),
    Group("reviews", "reviews"),
    Group("news", "news_titles"),
    Group("cold", "cold_comments"),
    Group("telecom", "telecom_fraud_texts", ("normal",)),
    Group("education", "antifraud_education"),
    Group("game", "game_chat", ("normal",)),
    Group("fbs ads", "fbs_sms", ("AD:Retail", "AD:Network_service")),
    Group("apps", "app_descriptions"),
    Group("numbers", "service_number_benign"),
    Group("words", "cash_out_hard_negatives"),
    Group("不违规", "chineseharm_bench", ("不违规",)),
    Group("谩骂引战", "chineseharm_bench", ("谩骂引战",)),
    Group("低俗色情", "chineseharm_bench", ("低俗色情",)),
)


@dataclass(frozen=True, slots=True)
class System:
    """A row of the table: `score` gives (n_posts, n_labels), `thresholds` (n_labels,)."""

    name: str
    what: str
    score: Callable[[Sequence[str]], NDArray[np.float64]]
    thresholds: NDArray[np.float64]
    learned: bool = True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--corpora", type=Path, default=os.environ.get("FANZHA_CORPORA"))
    parser.add_argument("--sample", type=int, default=N_SAMPLE)
    arguments = parser.parse_args()
    detector = Detector.load()
    trained_on = Bundle.load().manifest["trained_on"]
    corpus = read_corpus([ROOT / "data" / "corpus"])
    own = [post for post in corpus if post.split == "train"]
    test = [post for post in corpus if post.split == "test"]
    public = sorted((ROOT / "data" / "public").glob("*.jsonl"))
    background = [post for post in read_corpus(public) if post.split == "train"] if public else []
    left_out = [] if public else ["the public sets to learn from (data/public)"]
    groups, hand, absent = read_dev_sets(arguments.corpora, arguments.sample)
    systems = plain_systems(detector)
    missing: list[str] = []
    for learner in learners([*own, *background], missing):
        systems.append(train(learner, own, background))
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
    (HERE / "rivals.md").write_text(page(result, systems), encoding="utf-8")


def read_dev_sets(
    corpora: Path | None, most: int
) -> tuple[dict[Group, list[str]], dict[str, set[str]], list[str]]:
    """Give the groups' texts, the hand-labelled texts with their labels, and what is absent."""
    sets = tomllib.loads((HERE / "sets.toml").read_text(encoding="utf-8"))
    groups: dict[Group, list[str]] = {}
    hand: dict[str, set[str]] = {}
    absent: list[str] = []
    for name in dict.fromkeys([HAND_LABELLED, *(group.name for group in GROUPS)]):
        about = sets[name]
        path = Path(corpora or "") / about.get("folder", "dev") / f"{name}.jsonl.gz"
        if corpora is None or not path.exists():
            where = "no --corpora and no FANZHA_CORPORA" if corpora is None else "no such file"
            absent.append(f"{name} ({where})")
            continue
        rows = read_set(path, name, held_out=about.get("held_out", False))
        if name == HAND_LABELLED:
            table = read_table(HERE / about["hand_labels"], ("id", "labels"))
            labels = {row["id"]: set(row["labels"].split()) for row in table}
            hand = {row["text"]: labels[row["id"]] for row in rows}
        for group in GROUPS:
            if group.name == name:
                texts = [row["text"] for row in rows if group.holds(str(row["label"]))]
                draw = random.Random(f"{SEED} {group.heading}")
                groups[group] = draw.sample(texts, most) if len(texts) > most else texts
    return {group: groups[group] for group in GROUPS if group in groups}, hand, absent


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

    policy = choose_thresholds(calibrated(held_out), truth)
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


def page(result: dict[str, Any], systems: Sequence[System]) -> str:
    """Write the table that is committed."""
    learned = {whose: f"{own} + {public}" for whose, (own, public) in result["n_learned"].items()}
    groups = [group for group in GROUPS if group.heading in result["n_posts"]]
    hand = "hand_labels" in result["systems"][systems[0].name]
    heads = [
        "system",
        "learned from",
        *(f"F1 `{label}`" for label in CORE_LABELS),
        "macro F1",
        "macro AP",
        *(["found: cash-out by hand"] if hand else []),
        *(f"{'found' if group.wanted else 'false'}: {group.heading}" for group in groups),
        "posts/s",
    ]
    lines = [
        "# Beside the rivals",
        "",
        f"Bundle `{result['bundle']}`; {result['machine']}; `make bench-rivals`. Calibration and "
        "thresholds of all that learn come from the five folds of their own posts by the same "
        "rules (a core label from its best F1, another from nine in ten right). "
        "The keyword list gives a label at the first hit; its average precision ranks by hits.",
        "",
        *([] if learned["fanzha"] == learned["rivals"] else [UNEQUAL, ""]),
        f"| {' | '.join(heads)} |",
        f"|{'---|' * len(heads)}",
    ]
    for system in systems:
        figures = result["systems"][system.name]
        cells = [
            system.name,
            learned["fanzha" if system.name == "fanzha" else "rivals"] if system.learned else "–",
            *(f"{figures['test'][label]['f1']:.3f}" for label in CORE_LABELS),
            f"{figures['macro_f1']:.3f}",
            f"{figures['macro_average_precision']:.3f}",
        ]
        if hand:
            cells.append(f"{figures['hand_labels']['recall']['share']:.1%}")
        for group in groups:
            share = figures["groups"][group.heading]["share"]
            cells.append(f"{share:.1%}" if group.wanted else f"{share:.2%}")
        lines.append(f"| {' | '.join([*cells, str(figures['posts_per_s'])])} |")
    lines += [
        "",
        "*Learned from*: posts of the corpus's training split + of the public sets. "
        f"F1 and average precision (AP): own test split, {result['n_test']} posts of families that "
        "nothing learned from; more than half of them clean and in the words of the scams, which "
        "is hardest on a keyword list. *Found*: the greater the better; by hand, the posts of "
        "cash_out_candidates that our readers gave `cash_out` and the system too; else posts with "
        "any label. *False*: any label on posts that should bear none, the less the better, but "
        "for 低俗色情, which is mostly talk and has some of our labels in it. Posts per second of "
        "one process's processor time, over all the posts of the table. The intervals and the "
        "other nine labels stand in rivals.json.",
        "",
        "| system | what it is |",
        "|---|---|",
        *(f"| {system.name} | {system.what} |" for system in systems),
        "",
        "| column | set, classes | posts |",
        "|---|---|---|",
    ]
    for group in groups:
        classes = ", ".join(group.classes) or "all"
        without = f" without {', '.join(group.but)}" if group.but else ""
        lines.append(
            f"| {group.heading} | {group.name}, {classes}{without} | "
            f"{result['n_posts'][group.heading]} |"
        )
    if result["left_out"]:
        lines += ["", f"Left out: {'; '.join(result['left_out'])}."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
