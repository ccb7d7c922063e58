"""Checked by mypy, never run: what a user's type checker sees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import assert_type

from fanzha import LABELS, Detector, Evidence, GivenLabel, Policy, Post, Span, Verdict

detector = Detector.load(policy=Policy("mine", {"cash_out": 0.4}, {}))
verdict = detector.check(Post("花呗套现", id=7))

assert_type(LABELS, tuple[str, ...])
assert_type(verdict, Verdict)
assert_type(detector.check_many(["花呗", Post("套现")]), Iterator[Verdict])
assert_type(verdict.id, str | int | None)
assert_type(verdict.scores, Mapping[str, float])
assert_type(verdict.labels, tuple[GivenLabel, ...])
assert_type(verdict.evidence, tuple[Evidence, ...])
assert_type(verdict.evidence[0].span, Span)
