"""A detector that needs no bundle: it flags what says 套现 and trips over what says 炸."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from fanzha.hotlines import Hotline
from fanzha.labels import LABELS
from fanzha.policy import Policy
from fanzha.post import Post, Span
from fanzha.verdict import Evidence, GivenLabel, Verdict


@dataclass(frozen=True, slots=True)
class FakeDetector:
    """Stands in for `Detector` where only a scan's own work is under test."""

    bundle_id: ClassVar[str] = "fake"
    policy: ClassVar[Policy] = Policy("default", {"cash_out": 0.5}, {"cash_out": 0.9})

    def check(self, post: str | Post) -> Verdict:
        post = Post.of(post)
        if "炸" in post.text:
            raise ZeroDivisionError(post.text)
        if "亡" in post.text:
            os._exit(1)
        start = post.text.find("套现")
        score = 0.99 if start >= 0 else 0.01
        span = Span(start, start + 2)
        evidence = Evidence(
            "cash_out", "term", "CASH_OUT_OFFER", span, "套现", "套现", 2.0, "offers cash"
        )
        at = post.text.find("4000000000")
        hotline = Hotline(
            Span(at, at + 10), Span(at, at + 10), "4000000000", "4000000000", "400", "抖音", True,
            "unlisted", ("95152",), None, "抖音 does not publish it",
        )  # fmt: skip
        return Verdict(
            id=post.id,
            suggestion="block" if start >= 0 else "pass",
            labels=(GivenLabel("cash_out", score, 0.5),) if start >= 0 else (),
            scores=dict.fromkeys(LABELS, 0.01) | {"cash_out": score},
            evidence=(evidence,) if start >= 0 else (),
            hotlines=(hotline,) if at >= 0 else (),
            contacts=(),
            normalizations=(),
            bundle="fake",
            policy="default",
        )

    def without_screen(self) -> FakeDetector:
        return self

    def check_many(self, posts: Iterable[str | Post]) -> Iterator[Verdict]:
        return (self.check(post) for post in posts)


@dataclass(frozen=True, slots=True)
class FakeLoader:
    """Loads a `FakeDetector`, in workers too."""

    def __call__(self) -> FakeDetector:
        return FakeDetector()
