from __future__ import annotations

import numpy as np
import pytest

from fanzha.questions import by_label, count_questions, decide, find_deciding


def answers_of(bears: list[float], which: list[float], promotes: float) -> np.ndarray:
    return np.array([*bears, *which, promotes])


def test_a_label_needs_that_something_is_promoted_and_that_it_is_this() -> None:
    promoted = answers_of([1.0, 1.0], [2.0, -2.0], 0.5)
    talk = answers_of([1.0, 1.0], [2.0, -2.0], -3.0)
    found = decide(np.stack([promoted, talk]))
    assert found.tolist() == [[1.5, -2.0], [-2.0, -2.0]]


def test_what_speaks_for_the_strongest_other_label_counts_against_one() -> None:
    alone, disputed = (
        answers_of([0.0] * 3, [1.0, -4.0, -6.0], 9.0),
        answers_of([0.0] * 3, [1.0, 0.8, -6.0], 9.0),
    )
    found = decide(np.stack([alone, disputed]))
    assert found[0].tolist() == [3.0, -4.5, -6.5]
    assert found[1].tolist() == pytest.approx([0.6, 0.3, -6.5])


def test_where_there_is_one_label_which_is_not_asked() -> None:
    assert decide(np.array([[1.0, -5.0, 2.0]])).tolist() == [[3.0]]
    assert find_deciding(np.array([1.0, -5.0, 2.0])).tolist() == [[1.0, 0.0, 1.0]]


def test_what_decides_adds_up_to_the_decision() -> None:
    some = np.random.default_rng(0).normal(size=(500, count_questions(4)))
    for one in some:
        assert find_deciding(one) @ one == pytest.approx(decide(one[np.newaxis])[0])


def test_of_labels_that_tie_the_first_is_the_rival() -> None:
    counted = find_deciding(answers_of([0.0] * 3, [1.0, 1.0, 0.0], 9.0))
    assert counted[:, 3:6].tolist() == [[1.0, -0.5, 0.0], [-0.5, 1.0, 0.0], [-0.5, 0.0, 1.0]]


def test_the_kernel_has_the_two_questions_of_a_label_side_by_side() -> None:
    assert by_label(3).tolist() == [0, 3, 1, 4, 2, 5, 6]
    assert sorted(by_label(11)) == list(range(count_questions(11)))
