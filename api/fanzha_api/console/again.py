"""Recorded posts judged again, where their texts are kept, so that the evidence can be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fanzha_api.console.phrases import Phrases
from fanzha_api.console.verdicts import show_evidence, show_hotlines
from fanzha_api.fields import FieldedPost
from fanzha_api.schemas import FIELDS, Post
from fanzha_api.service import Service

__all__ = ["Again", "judge_again"]

_MOST_REASONS = 4


@dataclass(frozen=True, slots=True)
class Again:
    """A recorded post as it is judged now.

    `shown` holds `fields` (with the evidence marked), `reasons` and `hotlines`; `verdict` is that
    of now, with the spans of the post as one text, and `text` that text.
    """

    shown: Mapping[str, Any]
    verdict: Mapping[str, Any]
    text: str
    changed: bool


def judge_again(
    service: Service, records: Sequence[Mapping[str, Any]], say: Phrases
) -> list[Again | None]:
    """Judge recorded posts by the policies of now; None where the text is not kept. Blocks."""
    return [_one(service, record, say) for record in records]


def _one(service: Service, record: Mapping[str, Any], say: Phrases) -> Again | None:
    fields = record["fields"]
    if fields is None:
        return None
    given = {name: text for name, text in fields.items() if name in FIELDS}
    post = FieldedPost.of(Post(**given) if given else Post(text=fields.get("text", "")))
    detector = service.readiness.detector
    judging, _ = service.boards.of(record["board"], detector)
    verdict = judging.check(post.post)
    whole, placed = verdict.to_json(), post.place(verdict.to_json())
    found = show_evidence(placed, post.to_json(), say)
    reasons = dict.fromkeys((one["label"], one["why"], one["rule"]) for one in found["evidence"])
    return Again(
        shown={
            "fields": found["fields"],
            "reasons": [
                {"label": label, "why": why, "rule": rule}
                for label, why, rule in list(reasons)[:_MOST_REASONS]
            ],
            "hotlines": show_hotlines(placed["hotlines"], detector.registry, say),
            "suggestion": placed["suggestion"],
        },
        verdict=whole,
        text=post.post.text,
        changed=placed["suggestion"] != record["suggestion"],
    )
