from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from fanzha.calibrate import WindowScores, choose_margins, choose_thresholds, fit_sigmoids
from fanzha.labels import LABELS
from fanzha.policy import Policy

N_LABELS = len(LABELS)
GAMBLING = LABELS.index("gambling")


def choose(scores: NDArray[np.float64], truth: NDArray[np.bool_], own: NDArray[np.bool_]) -> Policy:
    return choose_thresholds(scores, truth, own, ~own)


def test_calibrated_probabilities_agree_with_the_shares_they_stand_for() -> None:
    draw = np.random.default_rng(0)
    decisions = draw.normal(size=(4000, 1))
    truth = draw.random((4000, 1)) < 1 / (1 + np.exp(-(3 * decisions - 1)))
    slopes, shifts = fit_sigmoids(decisions, truth)
    assert slopes[0] == pytest.approx(3, abs=0.3)
    assert shifts[0] == pytest.approx(-1, abs=0.2)


def test_labels_are_reviewed_by_f1_and_blocked_by_precision() -> None:
    scores = np.tile(np.linspace(0, 1, 1001)[:, None], (1, N_LABELS))
    truth = scores > 0.5
    truth[600:640] = False
    policy = choose(scores, truth, np.ones(1001, dtype=bool))
    assert policy.review["cash_out"] == pytest.approx(0.501, abs=0.01)
    least = policy.block["gambling"]
    assert truth[scores[:, 5] >= least, 5].mean() >= 0.97
    assert all(policy.block[label] >= policy.review[label] + 0.05 for label in LABELS)


def test_of_scores_with_equal_f1_the_middle_is_taken() -> None:
    draw = np.random.default_rng(0)
    score = np.linspace(0, 1, 20_001)[:, None]
    scores = np.tile(score, (1, N_LABELS))
    truth = np.tile(draw.random(score.shape) < score, (1, N_LABELS))
    own = np.ones(len(scores), dtype=bool)
    chosen = choose(scores, truth, own).review["cash_out"]

    def f1(threshold: float) -> float:
        flagged, right = scores[:, 0] >= threshold, truth[:, 0]
        counted = np.where(right, 1.0, 3 * right.sum() / (~right).sum()) @ flagged
        return float(2 * (flagged & right).sum() / (counted + right.sum()))

    by_f1 = {threshold: f1(threshold) for threshold in np.linspace(0.2, 0.9, 701).tolist()}
    good = [threshold for threshold, found in by_f1.items() if found >= max(by_f1.values()) - 0.005]
    odds = [threshold / (1 - threshold) for threshold in (good[0], good[-1])]
    assert chosen / (1 - chosen) == pytest.approx((odds[0] * odds[1]) ** 0.5, rel=0.02)


def test_thresholds_stay_within_reason_where_nothing_tells_the_posts_apart() -> None:
    truth = np.eye(50, N_LABELS, dtype=bool)
    policy = choose(np.full((50, N_LABELS), 0.5), truth, np.ones(50, dtype=bool))
    assert all(0.2 <= threshold <= 0.9 for threshold in policy.review.values())
    assert all(threshold <= 0.99 for threshold in policy.block.values())


def test_thresholds_do_not_hang_on_the_share_of_clean_posts_in_the_corpus() -> None:
    draw = np.random.default_rng(0)
    truth = np.zeros((60_000, N_LABELS), dtype=bool)
    truth[:20_000] = True
    scores = 1 / (1 + np.exp(-draw.normal(size=truth.shape) - 4 * truth + 2))
    whole = choose(scores, truth, np.ones(60_000, dtype=bool))
    few_clean = np.arange(60_000) < 40_000
    fewer = choose(scores[few_clean], truth[few_clean], few_clean[few_clean])
    for label in ("gambling", "cash_out"):
        assert fewer.review[label] == pytest.approx(whole.review[label], abs=0.03)


def window_scores(n_posts: int, n_positive: int, clean_window: float) -> WindowScores:
    """Posts in which only a window is of `gambling`, and of which some are."""
    truth = np.zeros((n_posts, N_LABELS), dtype=bool)
    truth[:n_positive, GAMBLING] = True
    whole = np.full(truth.shape, -5.0)
    best = np.where(truth, 2.0, clean_window)
    return WindowScores(whole, best, whole, truth)


def buried_scores(windows: NDArray[np.float64], *, alone: float) -> WindowScores:
    """Made posts in which a `cash_out` promotion is buried, by what their best windows have."""
    truth = np.zeros((len(windows), N_LABELS), dtype=bool)
    truth[:, 0] = True
    best = np.full(truth.shape, -9.0)
    best[:, 0] = windows
    return WindowScores(np.full(truth.shape, -5.0), best, np.where(truth, alone, -np.inf), truth)


def margins_of(held_out: WindowScores, buried: WindowScores) -> NDArray[np.float64]:
    weights = np.ones(len(held_out.truth) + len(buried.truth))
    return choose_margins(held_out, buried, weights, np.zeros(N_LABELS))


NOTHING_BURIED = buried_scores(np.zeros(0), alone=0.0)


@pytest.mark.parametrize(("clean_window", "least", "most"), [(-6.0, 0.0, 0.0), (1.9, 2.0, 2.0)])
def test_windows_must_stand_out_as_far_as_those_of_clean_posts_do(
    clean_window: float, least: float, most: float
) -> None:
    margins = margins_of(window_scores(120, 24, clean_window), NOTHING_BURIED)
    assert margins.shape == (N_LABELS,)
    assert least <= margins[GAMBLING] <= most


def test_a_margin_is_the_least_that_is_as_good() -> None:
    scores = window_scores(1000, 500, -6.0)
    # One clean post in a thousand stands out as far as a promotion: nothing beside what is found.
    scores.best[999, GAMBLING] = 1.0
    assert margins_of(scores, NOTHING_BURIED)[GAMBLING] == 0.0
    scores.best[900:, GAMBLING] = 1.0
    assert margins_of(scores, NOTHING_BURIED)[GAMBLING] == 1.25


def test_core_labels_lose_three_in_a_hundred_of_what_is_buried_by_their_margin() -> None:
    held_out = window_scores(120, 24, 1.9)
    windows = np.linspace(0.0, 4.0, 401)
    assert margins_of(held_out, buried_scores(windows, alone=3.0))[:2].tolist() == [0.0, 0.0]
    windows = np.append(np.linspace(1.5, 4.0, 201), -1.0)
    assert margins_of(held_out, buried_scores(windows, alone=3.0))[:2].tolist() == [1.5, 1.5]
    # What is not found alone need not be found in company: then its margin is that of the others.
    assert margins_of(held_out, buried_scores(windows, alone=-1.0))[0] == 2.0


def test_ordinary_posts_are_spared_where_few_flagged_ones_are_right() -> None:
    truth = np.zeros((40_000, N_LABELS), dtype=bool)
    truth[:1_000] = True
    own = np.arange(40_000) < 10_000
    scores = np.where(truth, 0.9, 0.1)
    # From .45 on five in six are right; that is the best F1.
    scores[500:1_000] = 0.45
    scores[1_000:1_600] = 0.95
    scores[10_000:10_010] = 0.6
    early = choose(scores, truth, own).review
    assert early["gambling"] <= 0.45
    scores[10_000:10_011] = 0.6
    late = choose(scores, truth, own).review
    assert late["gambling"] == 0.601
    assert late["cash_out"] == pytest.approx(early["cash_out"], abs=0.01)
    scores[1_300:1_600] = 0.1
    assert choose(scores, truth, own).review["gambling"] < 0.45
