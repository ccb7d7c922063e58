from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from fanzha.fit import fit
from fanzha.labels import LABELS
from fanzha.questions import count_questions, decide


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
    weights, _ = fit(rows, truth, np.ones(200), np.array([2.0, 1.0, 1.0]), 3, seed=0)
    assert weights.shape == (3, count_questions(len(LABELS)))
    # What is regularized is the weight over its scale: shares are as the squares of the scales.
    assert weights[0, 0] / weights[1, 0] == pytest.approx(4.0, rel=0.01)


def test_a_post_that_counts_nothing_teaches_nothing() -> None:
    rows, truth = rows_and_truth()
    counts = np.ones(200)
    counts[:50] = 0.0
    wrong = truth.copy()
    wrong[:50] = ~wrong[:50]
    scales = np.ones(3)
    weights, intercepts = fit(rows, truth, counts, scales, 3, seed=0)
    others, other_intercepts = fit(rows, wrong, counts, scales, 3, seed=0)
    assert np.array_equal(np.sign(weights), np.sign(others))
    assert np.allclose(weights, others, atol=0.05)
    assert np.allclose(intercepts, other_intercepts, atol=0.05)


def test_a_label_needs_that_something_is_promoted_and_that_it_is_this() -> None:
    draw = np.random.default_rng(1)
    promotes, is_this = draw.random((2, 400)) < 0.5
    rows = csr_array(np.column_stack([promotes, is_this, draw.random(400)]).astype(float))
    truth = np.column_stack([promotes & is_this, promotes & ~is_this])
    weights, intercepts = fit(rows, truth, np.ones(400), np.ones(3), 3, seed=0)
    decisions = decide(rows @ weights + intercepts)
    assert ((decisions > 0) == truth).all()
    talk = np.array([[0.0, 1.0, 0.5]]) @ weights + intercepts
    # Of mere talk about the matter it is sure what it would be, and not that it is.
    assert talk[0, 2] > 0 > talk[0, -1]
    assert decide(talk)[0, 0] == talk[0, 0] + talk[0, -1]


def test_facts_are_asked_only_whether_a_post_bears_a_label() -> None:
    rows, truth = rows_and_truth()
    weights, _ = fit(rows, truth, np.ones(200), np.ones(3), 2, seed=0)
    assert weights[2, : len(LABELS)].all()
    assert not weights[2, len(LABELS) :].any()


def test_which_is_not_learned_where_all_labelled_posts_bear_the_label() -> None:
    rows, truth = rows_and_truth()
    truth = truth[:, :2]
    truth[:, 0] |= truth[:, 1]
    weights, intercepts = fit(rows, truth, np.ones(200), np.ones(3), 3, seed=0)
    which = 2
    assert not weights[:, which].any()
    assert intercepts[which] == 1.0
    assert weights[:, which + 1].any()
