from __future__ import annotations

from typing import cast

import pytest

from fake_detector import FakeDetector
from fanzha.corpus import LabelledPost
from fanzha.detector import Detector
from fanzha.errors import InputError
from fanzha.evaluate import evaluate
from fanzha.intervals import Interval, Share

DETECTOR = cast(Detector, FakeDetector())
POSTS = [
    LabelledPost("1", "花呗套现", ("cash_out",), "b", "1"),
    LabelledPost("2", "减持套现", (), "b", "2"),
    LabelledPost("3", "你好", (), "b", "3"),
    LabelledPost("4", "上分", ("gambling",), "b", "4"),
]


def test_all_figures_of_a_small_corpus_are_as_counted_by_hand() -> None:
    found = evaluate(DETECTOR, POSTS, split="all", base_rate=0.1)
    assert (found.split, found.n_posts, found.n_left_out) == ("all", 4, 0)
    assert (found.found, found.clean) == (Share(1, 2), Share(1, 2))
    cash_out = found.labels["cash_out"]
    assert (cash_out.accuracy.precision, cash_out.accuracy.recall) == (0.5, 1.0)
    assert (cash_out.found, cash_out.false) == (Share(1, 1), Share(1, 3))
    assert cash_out.restated.precision == pytest.approx(0.1 / (0.1 + 0.9 / 3))
    assert cash_out.intervals["recall"] == Share(1, 1).interval()
    assert found.restated.precision == pytest.approx(0.1 * 0.5 / 0.5)
    assert [one.id for one in found.misses] == ["2"]  # the policy leaves gambling out


def test_the_macro_figures_are_means_over_the_labels_that_occur() -> None:
    found = evaluate(DETECTOR, POSTS, split="all")
    assert found.macro.f1 == pytest.approx((2 / 3 + 0) / 2)
    cash_out, gambling = found.labels["cash_out"], found.labels["gambling"]
    assert found.macro.restated.precision == pytest.approx(
        (cash_out.restated.precision + gambling.restated.precision) / 2
    )
    assert found.to_json()["macro_f1"] == 0.333333


def test_the_training_split_is_left_out_and_told() -> None:
    posts = [LabelledPost(str(n), "花呗套现", ("cash_out",), "b", str(n)) for n in range(50)]
    found = evaluate(DETECTOR, posts)
    n_test = sum(post.split == "test" for post in posts)
    assert (found.n_posts, found.n_left_out) == (n_test, 50 - n_test)
    assert f"{50 - n_test} of the training split left out" in found.to_table()
    assert "the figures flatter" in evaluate(DETECTOR, posts, split="all").to_table()


def test_a_corpus_without_a_label_is_measured_all_the_same() -> None:
    found = evaluate(DETECTOR, POSTS[2:3], split="all")
    assert (found.macro.f1, found.macro.intervals["f1"]) == (0.0, Interval(0.0, 1.0))
    assert (found.clean, found.slices, found.misses) == (Share(0, 1), (), ())
    assert "### Worst misses" not in found.to_table()


def test_the_same_seed_gives_the_same_tables() -> None:
    first, second = (evaluate(DETECTOR, POSTS, split="all", seed=5) for _ in range(2))
    assert first.to_table() == second.to_table()


def test_no_misses_are_shown_when_none_are_asked_for() -> None:
    found = evaluate(DETECTOR, POSTS, split="all", n_misses=0)
    assert found.misses == ()
    assert "减持" not in found.to_table()


@pytest.mark.parametrize(
    ("posts", "options", "message"),
    [
        pytest.param([], {}, "none of the corpus's 0 posts is in the test split", id="no posts"),
        pytest.param(POSTS, {"base_rate": 0.0}, "base rate is 0.0; give a share", id="rate 0"),
        pytest.param(POSTS, {"base_rate": 1.0}, "base rate is 1.0; give a share", id="rate 1"),
        pytest.param(POSTS, {"n_misses": -1}, "misses is -1; give 0 or more", id="misses"),
    ],
)
def test_what_cannot_be_measured_is_told(
    posts: list[LabelledPost], options: dict[str, float], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        evaluate(DETECTOR, posts, **options)  # type: ignore[arg-type]
