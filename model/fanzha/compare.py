"""Two bundles beside each other on the same labelled posts, before and after a training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fanzha.accuracy import Accuracy, measure
from fanzha.corpus import LabelledPost, label_matrix
from fanzha.detector import Detector
from fanzha.labels import LABELS
from fanzha.scoring import score_posts

__all__ = ["compare"]


def compare(before: Detector, after: Detector, posts: Sequence[LabelledPost]) -> str:
    """Measure both on the test split of `posts` and give the figures as a Markdown table.

    A corpus of the user's own has few posts of a label in its test split: the counts stand in the
    table, so that nobody takes a change on three posts for one.
    """
    chosen = [post for post in posts if post.split == "test"]
    if not chosen:
        return f"None of the {len(posts)} posts is in the test split; nothing to compare on."
    earlier, later = _measured(before, chosen), _measured(after, chosen)
    lines = [
        f"{len(chosen)} posts of the test split; before {before.bundle_id}, after "
        f"{after.bundle_id}.",
        "",
        "| label | posts | precision | recall | F1 | average precision |",
        "|---|---|---|---|---|---|",
    ]
    for label in LABELS:
        if earlier[0][label].n_positive:
            lines.append(_row(label, earlier[0][label], later[0][label]))
    lines += ["", f"Clean posts flagged: {earlier[1]} → {later[1]}."]
    return "\n".join(lines)


def _measured(detector: Detector, posts: Sequence[LabelledPost]) -> tuple[dict[str, Accuracy], str]:
    truth = label_matrix(posts)
    scores = score_posts(detector, posts)
    thresholds = detector.policy.review_thresholds()
    clean = np.asarray(~truth.any(axis=1))
    flagged = np.asarray((scores >= thresholds).any(axis=1))
    found = {
        label: measure(truth[:, n], scores[:, n], float(thresholds[n]))
        for n, label in enumerate(LABELS)
    }
    return found, f"{int((flagged & clean).sum())} of {int(clean.sum())}"


def _row(label: str, before: Accuracy, after: Accuracy) -> str:
    names = ("precision", "recall", "f1", "average_precision")
    cells = [f"{getattr(before, name):.3f} → {getattr(after, name):.3f}" for name in names]
    return f"| `{label}` | {before.n_positive} | {' | '.join(cells)} |"
