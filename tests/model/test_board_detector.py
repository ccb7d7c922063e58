"""A board's lists decide over the verdict, and allowing wins."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanzha import Detector
from fanzha.board_detector import BoardDetector
from fanzha.counterfactual import explain_verdict
from fanzha.lists import ListEntry, Lists
from fanzha.policy import Policy
from fanzha.post import Post
from fanzha.verdict import GivenLabel

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SCAM = "花呗套现秒到账，95回，扣5个点，需要的加薇：tx_888"
HOTLINE = "抖音月付关闭怎么操作？拨打抖音客服热线400-6455-566，人工处理"
OFFER = "信用卡代还，低手续费"
CLEAN = "今天下班去公园走了走，桂花开了，很香。"


@pytest.fixture(scope="module")
def plain() -> Detector:
    return Detector.load()


def ruled(plain: Detector, *entries: ListEntry, now: datetime = NOW) -> BoardDetector:
    return BoardDetector(plain, Lists(entries), lambda: now)


def test_a_post_with_nothing_listed_gets_the_detectors_own_verdict(plain: Detector) -> None:
    board = ruled(plain, ListEntry("term", "石头", "block"))
    assert board.check(SCAM) == plain.check(SCAM)


def test_a_denied_term_blocks_a_clean_post_and_is_named(plain: Detector) -> None:
    verdict = ruled(plain, ListEntry("term", "桂花", "block", "li", "spam of March")).check(CLEAN)
    assert (verdict.suggestion, verdict.labels) == ("block", ())
    assert verdict.to_json()["lists"] == [
        {
            "list": "deny", "kind": "term", "value": "桂花", "effect": "block",
            "start": 11, "end": 13, "text": "桂花", "reason": "spam of March",
        }
    ]  # fmt: skip


def test_a_denied_value_never_lowers_a_suggestion(plain: Detector) -> None:
    assert plain.check(SCAM).suggestion == "block"
    assert ruled(plain, ListEntry("contact", "tx_888", "review")).check(SCAM).suggestion == "block"


def test_an_ignored_number_no_longer_makes_a_fake_hotline(plain: Detector) -> None:
    assert "fake_hotline" in {given.label for given in plain.check(HOTLINE).labels}
    verdict = ruled(plain, ListEntry("number", "400-6455-566", "ignore")).check(HOTLINE)
    assert verdict.labels == ()
    assert verdict.suggestion == "pass"
    # What stands in the post is told all the same.
    assert [hotline.number for hotline in verdict.hotlines] == ["4006455566"]
    assert [hit.text for hit in verdict.lists] == ["400-6455-566"]


def test_ignoring_one_value_leaves_what_else_speaks_against_the_post(plain: Detector) -> None:
    verdict = ruled(plain, ListEntry("contact", "tx_888", "ignore")).check(SCAM)
    labels = [given.label for given in verdict.labels]
    assert "cash_out" in labels
    assert verdict.suggestion == plain.policy.suggestion_of(labels, verdict.scores)
    for found in verdict.evidence:
        assert found.span.of(SCAM) == found.text


def test_with_the_false_line_goes_what_was_suggested_for_it(
    plain: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = ruled(plain, ListEntry("contact", "tx_888", "ignore"))
    whole = plain.check(SCAM)
    review = plain.policy.review["cash_out"]
    scores = {**whole.scores, "cash_out": review, "fake_hotline": 0.99}
    given = tuple(
        GivenLabel(label, scores[label], review) for label in ("cash_out", "fake_hotline")
    )
    judged = replace(whole, suggestion="block", labels=given, scores=scores, hotlines=())
    answers = iter([whole, judged])
    monkeypatch.setattr(Detector, "check", lambda *_: next(answers))
    verdict = board.check(SCAM)
    assert ([one.label for one in verdict.labels], verdict.suggestion) == (["cash_out"], "review")


def test_an_entry_that_passes_wins_over_scores_and_denials(plain: Detector) -> None:
    board = ruled(
        plain,
        ListEntry("contact", "tx_888", "pass", "li", "our own desk"),
        ListEntry("term", "花呗", "block"),
    )
    verdict = board.check(SCAM)
    assert (verdict.suggestion, verdict.labels, verdict.evidence) == ("pass", (), ())
    assert verdict.scores == plain.check(SCAM).scores
    assert {hit.entry.reason for hit in verdict.lists} == {"our own desk"}


def test_a_denied_term_inside_an_allowed_one_does_not_count(plain: Detector) -> None:
    board = ruled(
        plain, ListEntry("term", "桂花开了", "ignore"), ListEntry("term", "桂花", "block")
    )
    assert board.check(CLEAN).suggestion == "pass"
    assert board.check("桂花糕，" + CLEAN).suggestion == "block"


def test_an_entry_past_its_time_decides_nothing(plain: Detector) -> None:
    entry = ListEntry("term", "桂花", "block", expires=NOW)
    assert ruled(plain, entry, now=NOW).check(CLEAN).suggestion == "pass"
    assert ruled(plain, entry, now=NOW - timedelta(seconds=1)).check(CLEAN).suggestion == "block"


PIECES = st.sampled_from(
    [SCAM, HOTLINE, CLEAN, "tx_888", "桂花", "\ud800", "花.呗", " ", "example.com"]
)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.lists(PIECES, max_size=4).map("".join), max_size=4))
def test_check_many_equals_check(posts: list[str]) -> None:
    board = ruled(
        Detector.load(),
        ListEntry("term", "桂花", "block"),
        ListEntry("contact", "tx_888", "ignore"),
        ListEntry("domain", "example.com", "pass"),
    )
    assert list(board.check_many(posts)) == [board.check(post) for post in posts]


def test_a_flagged_verdict_says_without_what_it_would_be_another(plain: Detector) -> None:
    verdict = plain.check(HOTLINE)
    flip = explain_verdict(plain, Post(HOTLINE), verdict)["flip"]
    left = list(HOTLINE)
    for one in flip["without"]:
        assert HOTLINE[one["start"] : one["end"]] == one["text"]
        left[one["start"] : one["end"]] = "\n" * (one["end"] - one["start"])
    assert plain.check("".join(left)).suggestion == flip["suggestion"] != verdict.suggestion


def test_a_near_label_says_what_was_missing(plain: Detector) -> None:
    score = plain.check(OFFER).scores["cash_out"]
    strict = plain.without_screen().with_policy(Policy("never", {"cash_out": 1.0}, {}))
    verdict = strict.check(OFFER)
    assert verdict.suggestion == "pass"
    told = explain_verdict(strict, Post(OFFER), verdict)
    (near,) = (one for one in told["near"] if one["label"] == "cash_out")
    assert (near["score"], near["threshold"]) == (score, 1.0)
    assert near["missing"] > 0
    assert all(OFFER[one["start"] : one["end"]] == one["text"] for one in near["evidence"])
    assert near["evidence"]
    assert told["flip"] is None


def test_a_label_that_is_off_can_be_near_and_has_no_threshold(plain: Detector) -> None:
    quiet = plain.with_policy(Policy("quiet", {"gambling": 0.5}, {}))
    told = explain_verdict(quiet, Post(SCAM), quiet.check(SCAM))
    (near,) = (one for one in told["near"] if one["label"] == "cash_out")
    assert (near["threshold"], near["missing"]) == (None, None)
