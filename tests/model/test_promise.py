from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binom, binomtest

from fanzha.promise import Promise, find_promise, n_least


def sample(groups: list[tuple[float, int, int]]) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Give truth and scores of groups of one score: how many bear the label, how many do not."""
    truth = [flag for _, right, wrong in groups for flag in [True] * right + [False] * wrong]
    scores = [score for score, right, wrong in groups for _ in range(right + wrong)]
    return np.array(truth, dtype=bool), np.array(scores, dtype=float)


def promise(groups: list[tuple[float, int, int]], precision: float) -> Promise:
    return find_promise(*sample(groups), kept=0.5, precision=precision, confidence=0.95)


@pytest.mark.parametrize(
    ("precision", "confidence", "n"),
    [
        pytest.param(0.98, 0.95, 149, id="98 at 95"),
        pytest.param(0.95, 0.95, 59, id="95 at 95"),
        pytest.param(0.9, 0.95, 29, id="90 at 95"),
        pytest.param(0.99, 0.99, 459, id="99 at 99"),
    ],
)
def test_as_many_posts_prove_a_precision_as_make_luck_unlikely(
    precision: float, confidence: float, n: int
) -> None:
    assert n_least(precision, confidence) == n
    assert precision**n <= 1 - confidence < precision ** (n - 1)


@settings(max_examples=50, deadline=None)
@given(right=st.integers(0, 300), wrong=st.integers(0, 300), confidence=st.floats(0.6, 0.999))
def test_the_bounds_are_those_of_clopper_and_pearson(
    right: int, wrong: int, confidence: float
) -> None:
    if right + wrong == 0:
        right = 1
    found = find_promise(*sample([(0.9, right, wrong), (0.01, 7, 0)]), 0.5, 0.999999, confidence)
    for side, bound in (("greater", found.precision_lower), ("less", found.precision_upper)):
        exact = binomtest(right, right + wrong, alternative=side).proportion_ci(confidence)
        expected = exact.low if side == "greater" else exact.high
        assert bound == pytest.approx(expected, abs=1e-9)
    recall = binomtest(right, right + 7, alternative="greater").proportion_ci(confidence)
    assert found.recall_lower == pytest.approx(recall.low, abs=1e-9)
    assert found.recall_lower <= found.recall <= found.recall_upper


def test_the_lowest_threshold_that_is_proven_is_taken() -> None:
    found = promise([(0.999, 149, 0), (0.82, 40, 0), (0.6, 0, 20)], 0.98)
    assert (found.threshold, found.kept, found.n_more) == (0.65, False, 0)
    assert (found.n_flagged, found.n_positive, found.precision) == (189, 189, 1.0)
    assert found.precision_lower == pytest.approx(0.05 ** (1 / 189))
    assert found.why == "was 0.5"


def test_a_post_at_the_threshold_is_flagged() -> None:
    assert promise([(0.9, 149, 0), (0.899999, 0, 150)], 0.98).threshold == 0.9


def test_one_post_too_few_promises_nothing() -> None:
    found = promise([(0.999, 148, 0), (0.01, 3, 0)], 0.98)
    assert (found.kept, found.threshold, found.n_more) == (True, 0.5, 1)
    assert found.why == "148 of 148 right from 0.05, at least 1 more, all right, are needed"


def test_what_fails_is_not_tried_again_further_down() -> None:
    """Else the best of many tries would be taken for proof."""
    groups = [(0.999, 148, 1), (0.4, 1000, 0)]
    assert binom.sf(1147, 1149, 0.98) < 0.05
    found = promise(groups, 0.98)
    assert found.kept
    assert found.why == "148 of 149 right from 0.99, at least 87 more, all right, are needed"


def test_the_posts_said_to_be_wanting_are_just_enough() -> None:
    found = promise([(0.999, 148, 1)], 0.98)
    assert promise([(0.999, 148 + found.n_more, 1)], 0.98).kept is False
    assert promise([(0.999, 147 + found.n_more, 1)], 0.98).kept is True


def test_a_label_that_no_post_bears_has_no_figures_and_no_promise() -> None:
    found = promise([(0.01, 0, 200)], 0.98)
    assert (found.kept, found.n_more, found.precision, found.recall) == (True, 149, 0, 0)
    assert (found.precision_lower, found.precision_upper) == (0, 1)
    assert (found.recall_lower, found.recall_upper) == (0, 1)


@pytest.mark.parametrize(
    ("ends", "rights"),
    [
        pytest.param([0.0], [0.895], id="a hair too imprecise everywhere"),
        pytest.param([0.9, 0.5, 0.0], [0.95, 0.88, 0.7], id="in steps"),
        pytest.param([0.6, 0.59, 0.0], [0.905, 0.5, 0.4], id="a cliff"),
    ],
)
def test_the_promise_is_kept_in_19_of_20_samples(ends: list[float], rights: list[float]) -> None:
    draw = np.random.default_rng(0)

    def chance(scores: NDArray[np.float64]) -> NDArray[np.float64]:
        conditions = [scores >= end for end in ends]
        return np.select(conditions, rights)

    n_samples, n_false = 1000, 0
    fine = np.linspace(0, 1, 100_001)
    for _ in range(n_samples):
        scores = draw.random(200)
        truth = draw.random(200) < chance(scores)
        found = find_promise(truth, scores, kept=0.5, precision=0.9, confidence=0.95)
        true_precision = float(chance(fine[fine >= found.threshold]).mean())
        n_false += not found.kept and true_precision < 0.9
    # Were the promise broken in 1 of 20, more would be broken by chance once in 1000 runs.
    assert n_false <= binom.isf(0.001, n_samples, 0.05)
