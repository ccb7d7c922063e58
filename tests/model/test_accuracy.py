from __future__ import annotations

import numpy as np
import pytest

from fanzha.accuracy import measure


def test_a_small_table_is_measured_by_hand() -> None:
    truth = np.array([True, True, False, False, True])
    found = measure(truth, np.array([0.9, 0.6, 0.7, 0.1, 0.2]), threshold=0.5)
    assert (found.n_positive, found.n_flagged) == (3, 3)
    assert found.precision == pytest.approx(2 / 3)
    assert found.recall == pytest.approx(2 / 3)
    assert found.f1 == pytest.approx(2 / 3)
    assert found.average_precision == pytest.approx((1 + 2 / 3 + 3 / 4) / 3)


def test_certain_and_right_scores_have_no_calibration_error() -> None:
    truth = np.array([True, False])
    assert measure(truth, np.array([1.0, 0.0]), 0.5).calibration_error == 0


def test_certain_and_wrong_scores_have_full_calibration_error() -> None:
    truth = np.array([True, False])
    assert measure(truth, np.array([0.0, 1.0]), 0.5).calibration_error == 1


def test_a_label_without_posts_counts_as_nothing_found() -> None:
    found = measure(np.zeros(3, dtype=bool), np.zeros(3), 0.5)
    assert (found.precision, found.recall, found.f1, found.average_precision) == (0, 0, 0, 0)
