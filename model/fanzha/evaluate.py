"""Measure a detector on labelled posts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fanzha.accuracy import Accuracy, measure
from fanzha.corpus import LabelledPost, label_matrix
from fanzha.detector import Detector
from fanzha.errors import InputError
from fanzha.labels import LABELS
from fanzha.post import Post

__all__ = ["Evaluation", "evaluate"]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a detector did on labelled posts under its policy.

    `labels` has the accuracy per label; `n_clean` posts bear none, and `n_clean_flagged` of these
    got `review` or `block`.
    """

    bundle: str
    policy: str
    n_posts: int
    n_clean: int
    n_clean_flagged: int
    labels: Mapping[str, Accuracy]

    @property
    def macro_f1(self) -> float:
        """Mean F1 of the labels that occur, in [0, 1]."""
        occurring = [one.f1 for one in self.labels.values() if one.n_positive]
        return sum(occurring) / len(occurring) if occurring else 0.0

    def to_json(self) -> dict[str, Any]:
        """Give the figures as JSON values."""
        return {
            "bundle": self.bundle,
            "policy": self.policy,
            "n_posts": self.n_posts,
            "n_clean": self.n_clean,
            "n_clean_flagged": self.n_clean_flagged,
            "macro_f1": round(self.macro_f1, 4),
            "labels": {label: one.to_json() for label, one in self.labels.items()},
        }

    def to_table(self) -> str:
        """Give the figures as a Markdown table."""
        lines = [
            "| label | posts | flagged | precision | recall | F1 | average precision |"
            " calibration error |",
            "|---|---|---|---|---|---|---|---|",
        ]
        for label, one in self.labels.items():
            shares = (
                one.precision, one.recall, one.f1, one.average_precision, one.calibration_error,
            )  # fmt: skip
            cells = " | ".join(f"{share:.3f}" for share in shares)
            lines.append(f"| `{label}` | {one.n_positive} | {one.n_flagged} | {cells} |")
        clean = f"{self.n_clean_flagged} of {self.n_clean}"
        lines += ["", f"Macro F1 {self.macro_f1:.3f}; clean posts flagged: {clean}."]
        return "\n".join(lines)


def evaluate(detector: Detector, posts: Sequence[LabelledPost]) -> Evaluation:
    """Check every post and compare with its labels; a label is given at its review threshold.

    Raises
    ------
    InputError
        There are no posts.
    """
    if not posts:
        raise InputError("there are no posts to measure on; give a corpus with at least one")
    truth = label_matrix(posts)
    verdicts = detector.check_many(Post(post.text) for post in posts)
    rows = [([verdict.scores[label] for label in LABELS], verdict.flagged) for verdict in verdicts]
    scores = np.array([row for row, _ in rows])
    flagged = np.array([given for _, given in rows])
    clean = ~truth.any(axis=1)
    return Evaluation(
        bundle=detector.bundle_id,
        policy=detector.policy.name,
        n_posts=len(posts),
        n_clean=int(clean.sum()),
        n_clean_flagged=int((clean & flagged).sum()),
        labels={
            # A label that the policy leaves out is never given.
            label: measure(truth[:, n], scores[:, n], detector.policy.review.get(label, 2.0))
            for n, label in enumerate(LABELS)
        },
    )
