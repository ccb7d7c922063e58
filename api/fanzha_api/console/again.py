"""Recorded posts judged again, where their texts are kept, so that the evidence can be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fanzha.policy import Policy
from fanzha.registry import Registry
from fanzha.verdict import Verdict
from fanzha_api.console.phrases import Phrases
from fanzha_api.console.verdicts import show_evidence, show_hotlines
from fanzha_api.fields import FieldedPost
from fanzha_api.readiness import Judging
from fanzha_api.schemas import FIELDS, Post
from fanzha_api.service import Service

__all__ = ["Again", "judge_again"]

_MOST_REASONS: Final = 4
_LEAST_SCORE: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Again:
    """A recorded post as it is judged now; the spans of `verdict` lie in the post as one text.

    `labels` are those that were recorded.
    """

    post: FieldedPost
    verdict: Verdict
    judging: Judging
    labels: tuple[str, ...]

    def show(self, registry: Registry, say: Phrases) -> dict[str, Any]:
        """Give the post's fields with the evidence marked, the reasons and the numbers."""
        placed = self.post.place(self._with_recorded_labels().to_json())
        found = show_evidence(placed, self.post.to_json(), say)
        reasons = dict.fromkeys(
            (one["label"], one["why"], one["rule"]) for one in found["evidence"]
        )
        return {
            "fields": found["fields"],
            "reasons": [
                {"label": label, "why": why, "rule": rule}
                for label, why, rule in list(reasons)[:_MOST_REASONS]
            ],
            "hotlines": show_hotlines(placed["hotlines"], registry, say),
            "suggestion": self.verdict.suggestion,
        }

    def _with_recorded_labels(self) -> Verdict:
        """Give the verdict with evidence also for the labels that would not be given any more."""
        given = {one.label for one in self.verdict.labels}
        absent = [label for label in self.labels if label not in given]
        if not absent:
            return self.verdict
        scores = self.verdict.scores
        review = dict(self.judging.policy.review)
        review |= {label: max(scores[label], _LEAST_SCORE) for label in absent}
        return self.judging.with_policy(Policy("recorded", review, {})).check(self.post.post)


def judge_again(service: Service, records: Sequence[Mapping[str, Any]]) -> list[Again | None]:
    """Judge recorded posts by the policies of now; None where the text is not kept. Blocks.

    The posts of a board are judged together, which is several times as quick as one by one.
    """
    detector = service.readiness.detector
    posts = [_post_of(record) for record in records]
    by_board: dict[str, list[int]] = {}
    for place, record in enumerate(records):
        if posts[place] is not None:
            by_board.setdefault(record["board"], []).append(place)
    found: list[Again | None] = [None] * len(records)
    for board, places in by_board.items():
        judging, _ = service.boards.of(board, detector)
        given = [post for place in places if (post := posts[place]) is not None]
        verdicts = judging.check_many([post.post for post in given])
        for place, post, verdict in zip(places, given, verdicts, strict=True):
            labels = tuple(records[place]["labels"])
            found[place] = Again(post, verdict, judging, labels)
    return found


def _post_of(record: Mapping[str, Any]) -> FieldedPost | None:
    fields = record["fields"]
    if fields is None:
        return None
    given = {name: text for name, text in fields.items() if name in FIELDS}
    return FieldedPost.of(Post(**given) if given else Post(text=fields.get("text", "")))
