"""Why a verdict is as it is, and what would have to be otherwise for it to be another."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final, Protocol, Self

from fanzha.labels import LABELS
from fanzha.policy import Policy
from fanzha.post import Post, Span
from fanzha.verdict import Verdict

__all__ = ["explain_verdict"]

_MOST_NEAR: Final = 3
_MOST_BLANKED: Final = 8
_LEAST_SCORE: Final = 0.01
_BLANK: Final = "\n"


class _Judging(Protocol):
    @property
    def policy(self) -> Policy: ...
    def with_policy(self, policy: Policy) -> Self: ...
    def check(self, post: str | Post) -> Verdict: ...


def explain_verdict(detector: _Judging, post: Post, verdict: Verdict) -> dict[str, Any]:
    """Give, as JSON values, what came near and what would flip the verdict.

    Returns
    -------
    `near`: up to three labels that were not given, the nearest first, each with `score`,
    `threshold` (null where the policy has the label off), `missing` (log-odds short of the
    threshold, null where it is off) and the `evidence` that speaks for it.
    `flip`: for a flagged post the fewest pieces of its evidence, found greedily from the heaviest,
    without which the suggestion would be lower: `suggestion` (what it would be) and `without`
    (their `start`, `end`, `text`); null where no such set of up to eight was found or the post
    passes.

    Notes
    -----
    Judges the post up to nine times more; the pieces are proved by judging without them.
    """
    return {
        "near": [
            {
                "label": label,
                "score": verdict.scores[label],
                "threshold": detector.policy.review.get(label),
                "missing": _missing(verdict.scores[label], detector.policy.review.get(label)),
                "evidence": evidence,
            }
            for label, evidence in _near(detector, post, verdict)
        ],
        "flip": _flip(detector, post, verdict),
    }


def _near(
    detector: _Judging, post: Post, verdict: Verdict
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    given = {one.label for one in verdict.labels}
    review = detector.policy.review
    close = [
        label for label in LABELS if label not in given and verdict.scores[label] >= _LEAST_SCORE
    ]
    close.sort(key=lambda label: _logit(review.get(label, 1.0)) - _logit(verdict.scores[label]))
    close = close[:_MOST_NEAR]
    if not close:
        return
    # Thresholds that just let these labels through make the detector give their evidence.
    lenient = Policy("near", {label: verdict.scores[label] for label in close}, {})
    found = detector.with_policy(lenient).check(post).to_json()["evidence"]
    for label in close:
        yield label, [one for one in found if one["label"] == label]


def _flip(detector: _Judging, post: Post, verdict: Verdict) -> dict[str, Any] | None:
    if verdict.suggestion == "pass":
        return None
    spans = [hit.span for hit in verdict.lists if hit.entry.side == "deny"]
    spans += [one.span for one in sorted(verdict.evidence, key=lambda one: -one.weight)]
    chosen: list[Span] = []
    for span in dict.fromkeys(spans):
        if len(chosen) == _MOST_BLANKED:
            break
        chosen.append(span)
        judged = detector.check(Post(_without(post.text, chosen), post.id))
        if judged.suggestion == "pass" or (
            judged.suggestion == "review" and verdict.suggestion == "block"
        ):
            return {
                "suggestion": judged.suggestion,
                "without": [
                    {"start": span.start, "end": span.end, "text": _shown(span.of(post.text))}
                    for span in sorted(chosen)
                ],
            }
    return None


def _without(text: str, spans: list[Span]) -> str:
    signs = list(text)
    for span in spans:
        signs[span.start : span.end] = _BLANK * (span.end - span.start)
    return "".join(signs)


def _shown(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8") if not text.isascii() else text


def _missing(score: float, threshold: float | None) -> float | None:
    if threshold is None:
        return None
    return round(max(0.0, _logit(threshold) - _logit(score)), 3)


def _logit(share: float) -> float:
    share = min(max(share, 1e-6), 1 - 1e-6)
    return math.log(share / (1 - share))
