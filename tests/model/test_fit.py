from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from fanzha.fit import fit
from fanzha.labels import LABELS


def rows_and_truth() -> tuple[csr_array, np.ndarray]:
    draw = np.random.default_rng(0)
    sign = draw.choice([-1.0, 1.0], size=200)
    noise = draw.normal(size=200)
    # The second column says just what the first says.
    rows = csr_array(np.column_stack([sign, sign, noise]))
    truth = np.zeros((200, len(LABELS)), dtype=bool)
    truth[:, 0] = sign + 0.5 * noise > 0
    truth[:, 1:] = (noise > 0)[:, np.newaxis]
    return rows, truth


def test_of_columns_that_say_the_same_the_one_expected_to_weigh_more_does() -> None:
    rows, truth = rows_and_truth()
    weights, _ = fit(rows, truth, np.ones(200), np.array([2.0, 1.0, 1.0]), 0)
    assert weights.shape == (3, len(LABELS))
    # What is regularized is the weight over its scale: shares are as the squares of the scales.
    assert weights[0, 0] / weights[1, 0] == pytest.approx(4.0, rel=0.01)


def test_a_post_that_counts_nothing_teaches_nothing() -> None:
    rows, truth = rows_and_truth()
    counts = np.ones(200)
    counts[:50] = 0.0
    wrong = truth.copy()
    wrong[:50] = ~wrong[:50]
    scales = np.ones(3)
    weights, intercepts = fit(rows, truth, counts, scales, 0)
    others, other_intercepts = fit(rows, wrong, counts, scales, 0)
    assert np.array_equal(np.sign(weights), np.sign(others))
    assert np.allclose(weights, others, atol=0.05)
    assert np.allclose(intercepts, other_intercepts, atol=0.05)
