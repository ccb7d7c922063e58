from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

import fanzha.fit
from fanzha.corpus import LabelledPost
from fanzha.features import find_char_ngrams
from fanzha.fit import fit, fit_on
from fanzha.labels import LABELS
from fanzha.lessons import Lessons
from fanzha.masking import MaskedText
from fanzha.questions import count_questions, decide
from fanzha.reading import Reader


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


def test_the_columns_that_are_kept_are_those_that_move_an_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = (
        "花呗套现 官方客服 黑户下款 收银行卡 代开发票 棋牌上分 "
        "上门服务 刷单日结 带单稳赚 代开外挂 积分清零"
    )
    told = {word: (label,) for word, label in zip(words.split(), LABELS, strict=True)}
    posts = [
        LabelledPost(f"{word}{sign}", f"{word}{sign}", labels, "b", word)
        for word, labels in {**told, "今天下雨": ()}.items()
        for sign in "甲乙丙丁戊己庚辛"
    ]
    lessons = Lessons.make(Reader.load(), posts, [], 0)
    everything = np.ones(len(lessons.posts), dtype=np.bool_)
    # What stands beside every label alike says nothing.
    alike = find_char_ngrams([MaskedText.whole("甲")]).keys[:1]
    assert fit_on(lessons, everything, 0).features.chars.columns(alike) >= 0
    monkeypatch.setattr(fanzha.fit, "_MOST_WORDINGS", 40)
    few = fit_on(lessons, everything, 0)
    assert few.weights.shape[0] == 40 + len(few.features.facts)
    assert few.rows.shape == (len(lessons.posts), few.features.n_columns)
    assert few.features.chars.columns(alike) < 0
