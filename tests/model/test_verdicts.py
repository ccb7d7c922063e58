from __future__ import annotations

import pytest

from fanzha.detector import Detector
from fanzha.errors import InputError
from fanzha.labels import LABELS
from fanzha.post import MAX_POST_CHARS, Post
from fanzha.verdicts import Verdicts

TEXTS = [
    "花呗套现秒到，扣5个点，加V：hb_9527",
    "今天食堂的红烧肉不错",
    "多云转晴，适合晒被子",
    "",
    "顺丰客服电话95338",
    "花.呗怎么还款",
    "加微信 abc_12345 买二手自行车",
]
IDS: list[str | int | None] = ["甲", 2, None, "", 5, None, 7]


@pytest.fixture(scope="module")
def verdicts(detector: Detector) -> Verdicts:
    return detector.check_all(TEXTS, IDS)


def test_posts_checked_together_get_the_verdicts_that_they_get_one_by_one(
    detector: Detector, verdicts: Verdicts
) -> None:
    expected = list(detector.check_many(map(Post, TEXTS, IDS)))
    assert list(verdicts) == expected
    assert [one.to_json() for one in verdicts] == [one.to_json() for one in expected]


def test_only_those_that_merely_pass_are_kept_as_scores(verdicts: Verdicts) -> None:
    assert 0 in verdicts.told
    assert 4 in verdicts.told  # its number
    assert 1 not in verdicts.told
    assert verdicts[1].screened
    assert verdicts.scores.shape == (len(TEXTS), len(LABELS))


def test_all_posts_that_merely_pass_are_kept_as_scores(detector: Detector) -> None:
    # Of some of these the screen is not sure, and their wording lets them pass.
    texts = [*TEXTS, "白条咋关", "眼镜又涨度数", "借呗封顶好多钱"]
    ids = range(len(texts))
    together = detector.check_all(texts, ids)
    collected = Verdicts.of(texts, ids, detector.check_many(map(Post, texts, ids)))
    assert together.told == collected.told
    assert list(together) == list(collected)


def test_verdicts_are_a_sequence(verdicts: Verdicts) -> None:
    assert len(verdicts) == len(TEXTS)
    assert verdicts[-1] == verdicts[len(TEXTS) - 1]
    assert verdicts[1:3] == [verdicts[1], verdicts[2]]
    with pytest.raises(IndexError):
        verdicts[len(TEXTS)]


def test_changes_of_a_passing_post_are_found_when_they_are_asked_for(verdicts: Verdicts) -> None:
    at = 2
    assert at not in verdicts.told
    assert [change.before for change in verdicts[at].normalizations] == ["，"]
    assert verdicts[1].normalizations == ()


def test_the_verdicts_on_no_posts_are_none(detector: Detector) -> None:
    assert list(detector.check_all([], [])) == []


def test_a_post_that_is_too_long_is_refused_although_nothing_is_in_it(detector: Detector) -> None:
    with pytest.raises(InputError, match=str(MAX_POST_CHARS)):
        detector.check_all(["好", "好" * (MAX_POST_CHARS + 1)], [None, None])
