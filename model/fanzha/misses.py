"""The posts that a detector got most wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fanzha.corpus import LabelledPost
from fanzha.labels import LABELS
from fanzha.policy import Policy
from fanzha.render import visible

__all__ = ["Miss", "find_misses", "miss_table"]

_SHOWN_CHARS: Final = 60


@dataclass(frozen=True, slots=True)
class Miss:
    """A post that was wrongly given a label (`false_alarm`) or wrongly not given it (`missed`).

    `threshold` is the policy's review threshold; `text` is the post on one line and shortened.
    """

    id: str
    kind: str
    label: str
    score: float
    threshold: float
    intent: str
    text: str

    @property
    def error(self) -> float:
        """How far the score is from the truth, in [0, 1]."""
        return self.score if self.kind == "false_alarm" else 1 - self.score

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values."""
        return asdict(self)


def find_misses(
    posts: Sequence[LabelledPost],
    truth: NDArray[np.bool_],
    scores: NDArray[np.float64],
    policy: Policy,
    n_misses: int,
) -> tuple[Miss, ...]:
    """Give the `n_misses` posts whose scores are most wrong.

    False alarms and missed labels by halves, as far as there are so many of either, in this order
    and each the worst first: of a rare label the missed posts alone would fill the list. A post
    stands once, with the label that is most wrong. Only labels on the wrong side of their review
    threshold count; a label that the policy leaves out does not.

    Parameters
    ----------
    posts
        The posts, n_posts of them.
    truth, scores
        Shape (n_posts, n_labels), in the order of `LABELS`.
    """
    worst: dict[int, Miss] = {}
    for column, label in enumerate(LABELS):
        threshold = policy.review.get(label)
        if threshold is None:
            continue
        given = scores[:, column] >= threshold
        for row in np.flatnonzero(given != truth[:, column]).tolist():
            miss = Miss(
                id=posts[row].id,
                kind="false_alarm" if given[row] else "missed",
                label=label,
                score=float(scores[row, column]),
                threshold=threshold,
                intent=posts[row].intent,
                text=_shorten(posts[row].text),
            )
            if row not in worst or miss.error > worst[row].error:
                worst[row] = miss
    ranked = sorted(worst.values(), key=lambda miss: (-miss.error, miss.id))
    alarms = [miss for miss in ranked if miss.kind == "false_alarm"]
    missed = [miss for miss in ranked if miss.kind == "missed"]
    n_alarms = max(n_misses - n_misses // 2, n_misses - len(missed))
    alarms = alarms[:n_alarms]
    return (*alarms, *missed[: n_misses - len(alarms)])


def miss_table(misses: Sequence[Miss]) -> str:
    """Give misses as a Markdown table."""
    lines = [
        "| id | what | label | score | from | intent | text |",
        "|---|---|---|---|---|---|---|",
    ]
    for miss in misses:
        cells = (
            _plain(miss.id), miss.kind.replace("_", " "), f"`{miss.label}`", f"{miss.score:.3f}",
            f"{miss.threshold:.3f}", _plain(miss.intent) or "–", _code(miss.text),
        )  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _shorten(text: str) -> str:
    shown = visible(text.strip())
    return shown if len(shown) <= _SHOWN_CHARS else shown[:_SHOWN_CHARS] + "…"


def _plain(text: str) -> str:
    return visible(text).replace("|", "\\|")


def _code(text: str) -> str:
    # As code, so that no page makes a post's link a link.
    return f"`{_plain(text).replace('`', chr(39))}`" if text else "–"
