from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fanzha.accuracy import measure
from fanzha.intervals import Interval, Resampled, Share, resample


def posts(n_posts: int, n_labels: int = 2) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    draw = np.random.default_rng(7)
    scores = draw.random((n_posts, n_labels))
    return draw.random((n_posts, n_labels)) < scores**2, scores


@pytest.mark.parametrize(
    ("share", "low", "high"),
    [
        pytest.param(Share(81, 263), 0.2553, 0.3662, id="Newcombe 1998, Table I, first column"),
        pytest.param(Share(15, 148), 0.0624, 0.1605, id="second column"),
        pytest.param(Share(0, 20), 0.0, 0.1611, id="third column, nothing hit"),
        pytest.param(Share(1, 29), 0.0061, 0.1718, id="fourth column"),
        pytest.param(Share(20, 20), 0.8389, 1.0, id="everything hit"),
        pytest.param(Share(0, 0), 0.0, 1.0, id="no posts say nothing"),
    ],
)
def test_the_interval_of_a_share_is_wilsons(share: Share, low: float, high: float) -> None:
    found = share.interval()
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


@given(st.integers(0, 500), st.integers(0, 500), st.sampled_from([0.8, 0.95, 0.975]))
def test_a_share_lies_in_its_interval(n_hit: int, n_missed: int, confidence: float) -> None:
    share = Share(n_hit, n_hit + n_missed)
    found = share.interval(confidence)
    assert 0 <= found.low <= share.value <= found.high <= 1


def test_the_interval_holds_the_true_share_about_as_often_as_it_says() -> None:
    hits = np.random.default_rng(1).binomial(60, 0.9, size=2000)
    intervals = [Share(int(n_hit), 60).interval() for n_hit in hits]
    assert np.mean([one.low <= 0.9 <= one.high for one in intervals]) == pytest.approx(
        0.95, abs=0.02
    )


def test_counting_a_share_looks_only_at_the_posts_asked_for() -> None:
    hit = np.array([True, True, False, False])
    assert Share.among(hit, np.array([True, False, True, True])) == Share(1, 3)


def test_the_same_seed_draws_the_same_posts() -> None:
    truth, scores = posts(120)
    first, second, other = (resample(truth, scores, np.full(2, 0.5), seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.average_precision, second.average_precision)
    assert (first.average_precision != other.average_precision).any()


def test_a_resample_is_measured_as_the_posts_themselves_are() -> None:
    truth, scores = posts(80)
    scores = scores.round(1)
    drawn = np.random.default_rng(0).integers(80, size=80)
    found = resample(truth, scores, np.full(2, 0.5), seed=0)
    for label in range(2):
        expected = measure(truth[drawn, label], scores[drawn, label], 0.5)
        assert found.f1[0, label] == pytest.approx(expected.f1)
        assert found.recall[0, label] == pytest.approx(expected.recall)
        assert found.average_precision[0, label] == pytest.approx(expected.average_precision)
        assert found.calibration_error[0, label] == pytest.approx(expected.calibration_error)
        n_wrong = expected.n_flagged * (1 - expected.precision)
        share = n_wrong / (80 - expected.n_positive)
        assert found.false_positive_share[0, label] == pytest.approx(share)


def test_a_label_without_posts_has_no_figures_and_an_unknown_interval() -> None:
    found = resample(np.zeros((9, 1), dtype=bool), np.full((9, 1), 0.7), np.array([0.5]))
    for values in (found.f1, found.recall, found.average_precision):
        assert np.isnan(values).all()
        assert Interval.of(values[:, 0], 0.0) == Interval(0.0, 1.0)
    assert (found.false_positive_share == 1).all()


def test_the_number_of_resamples_falls_with_the_number_of_posts() -> None:
    def n_resamples(found: Resampled) -> int:
        return len(found.f1)

    small, large = (np.zeros((n, 1)) for n in (10, 100_000))
    threshold = np.array([0.5])
    assert n_resamples(resample(small > 0, small, threshold)) == 1000
    assert n_resamples(resample(large > 0, large, threshold)) == 200


def test_a_bootstrap_interval_surrounds_the_measured_figure_within_0_and_1() -> None:
    values = np.array([np.nan, 0.2, 0.3, 0.4])
    found = Interval.of(values, 0.1)
    assert found.low == pytest.approx(0.005)
    assert found.high == pytest.approx(0.195)
    assert Interval.of(values, 0.0).low == 0.0


def test_the_bootstrap_of_f1_narrows_as_posts_are_added() -> None:
    widths = []
    for n_posts in (100, 10_000):
        truth, scores = posts(n_posts, 1)
        figure = measure(truth[:, 0], scores[:, 0], 0.5).f1
        found = Interval.of(resample(truth, scores, np.array([0.5])).f1[:, 0], figure)
        assert found.low < figure < found.high
        widths.append(found.high - found.low)
    assert widths[1] == pytest.approx(widths[0] / 10, rel=0.4)
