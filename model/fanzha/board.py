"""A board's thresholds: from its own labelled posts, with the precision they can promise."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fanzha.corpus import LabelledPost, label_matrix
from fanzha.detector import Detector
from fanzha.errors import InputError
from fanzha.labels import LABELS
from fanzha.policy import Policy
from fanzha.promise import Promise, find_promise, n_least
from fanzha.scoring import score_posts
from fanzha.whole_file import write_whole

__all__ = ["BoardThresholds", "calibrate", "write_policy"]

_BLOCK_STEP, _BLOCK_MOST = 0.05, 0.99


@dataclass(frozen=True, slots=True)
class BoardThresholds:
    """A board's policy, and per label of it what the policy can promise.

    `precision` and `confidence` are what was asked, `n_posts` distinct texts are what was measured;
    `n_repeated` further posts had the text of another.
    """

    bundle: str
    policy: Policy
    precision: float
    confidence: float
    n_posts: int
    n_repeated: int
    labels: Mapping[str, Promise]

    def to_json(self) -> dict[str, Any]:
        """Give the figures as JSON values."""
        return {
            "bundle": self.bundle,
            "policy": _policy_json(self.policy),
            "precision": self.precision,
            "confidence": self.confidence,
            "n_posts": self.n_posts,
            "n_repeated": self.n_repeated,
            "labels": {label: one.to_json() for label, one in self.labels.items()},
        }

    def to_table(self) -> str:
        """Give the figures as a Markdown table."""
        lines = [
            "| label | posts | flagged | threshold | precision | recall | result |",
            "|---|---|---|---|---|---|---|",
        ]
        for label, one in self.labels.items():
            lines.append(
                f"| `{label}` | {one.n_positive} | {one.n_flagged} | {one.threshold:.3f}"
                f" | {one.precision:.3f} ({one.precision_lower:.3f}–{one.precision_upper:.3f})"
                f" | {one.recall:.3f} ({one.recall_lower:.3f}–{one.recall_upper:.3f})"
                f" | {'kept' if one.kept else 'promised'}: {one.why} |"
            )
        sure = f"{self.confidence * 100:g}% confidence"
        n_promised = sum(not one.kept for one in self.labels.values())
        lines += [
            "",
            f"A precision of {self.precision:g} is promised at {sure} for {n_promised}"
            f" of {len(self.labels)} labels, each by itself, from {self.n_posts}"
            f" distinct posts ({self.n_repeated} repeated another's text), for posts drawn as"
            " these were.",
        ]
        return "\n".join(lines)


def calibrate(
    detector: Detector,
    posts: Sequence[LabelledPost],
    precision: float,
    confidence: float = 0.95,
    name: str = "board",
) -> BoardThresholds:
    """Give each label the lowest threshold that the posts prove precise enough.

    Parameters
    ----------
    detector
        Its policy says which labels are given, and what stays where nothing can be promised.
    posts
        Posts of one board, drawn at random from those that the policy shall act on; none that
        the bundle was trained on. A text that stands several times counts once.
    precision
        Share of flagged posts that shall be right, in (0, 1), for each label.
    confidence
        Chance, in (0, 1), that the promise on one label is kept; not that all are.
    name
        Name of the new policy.

    Raises
    ------
    InputError
        There are no posts, a text bears different labels at two places, a share is out of range,
        or no label can be promised; then the message says how many posts are wanting.

    Notes
    -----
    How a threshold is found and why the promise holds: `find_promise`.

    Block thresholds stay, but where a review threshold has moved to less than .05 below one, it
    is raised to .05 above, at most to .99, and never stands below the review threshold. A label
    that the policy leaves out stays out, and one that it never blocks is not blocked.
    """
    for what, share in (("precision", precision), ("confidence", confidence)):
        if not 0 < share < 1:
            raise InputError(
                f"the {what} asked for is {share}; it must lie between 0 and 1, e.g. 0.98"
            )
    distinct = _distinct(posts)
    if not distinct or not detector.policy.review:
        raise InputError(
            "there is nothing to calibrate: no labelled post, or a policy without a label; give "
            "some hundred posts of the board"
        )
    truth = label_matrix(distinct)
    scores = score_posts(detector, distinct)
    labels = {
        label: find_promise(
            truth[:, column],
            scores[:, column],
            detector.policy.review[label],
            precision,
            confidence,
        )
        for column, label in enumerate(LABELS)
        if label in detector.policy.review
    }
    if all(one.kept for one in labels.values()):
        raise _too_small(labels, len(distinct), precision, confidence)
    return BoardThresholds(
        bundle=detector.bundle_id,
        policy=_policy(name, detector.policy, labels),
        precision=precision,
        confidence=confidence,
        n_posts=len(distinct),
        n_repeated=len(posts) - len(distinct),
        labels=labels,
    )


def write_policy(policy: Policy, path: Path) -> None:
    """Write a policy as the JSON that `Policy.read` reads; `path` gets all of it or stays.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    text = json.dumps(_policy_json(policy), ensure_ascii=False, indent=1) + "\n"
    write_whole(path, text.encode())


def _policy_json(policy: Policy) -> dict[str, Any]:
    return {"name": policy.name, "review": dict(policy.review), "block": dict(policy.block)}


def _distinct(posts: Sequence[LabelledPost]) -> list[LabelledPost]:
    """Keep the first post of each text: copies of one advertisement are one piece of proof."""
    first: dict[str, LabelledPost] = {}
    for post in posts:
        known = first.setdefault(post.text, post)
        if set(known.labels) != set(post.labels):
            raise InputError(
                f"the posts {known.id[:40]!r} and {post.id[:40]!r} have the same text and "
                "different labels; decide which labels it bears"
            )
    return list(first.values())


def _policy(name: str, before: Policy, labels: Mapping[str, Promise]) -> Policy:
    review = {label: one.threshold for label, one in labels.items()}
    block = {
        label: threshold if labels[label].kept else _block(threshold, review[label])
        for label, threshold in before.block.items()
        if label in review
    }
    return Policy(name, review, block)


def _block(before: float, review: float) -> float:
    """Give the block threshold above a moved review threshold."""
    return max(before, review, min(round(review + _BLOCK_STEP, 3), _BLOCK_MOST))


def _too_small(
    labels: Mapping[str, Promise], n_posts: int, precision: float, confidence: float
) -> InputError:
    label, nearest = min(labels.items(), key=lambda pair: pair[1].n_more)
    return InputError(
        f"no label can be promised a precision of {precision:g} at {confidence * 100:g}% "
        f"confidence from {n_posts} posts; {label} is nearest: label more posts that are flagged "
        f"for it, at least {nearest.n_more} (a proof takes {n_least(precision, confidence)} if "
        "all are right), or ask for less precision"
    )
