from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanzha.features import (
    UNKNOWN_IDF,
    Features,
    Vocabulary,
    find_char_ngrams,
    find_words,
)
from fanzha.masking import MaskedText
from fanzha.segment import Segmenter

SEGMENTER = Segmenter(["美团月付"])


def texts(*posts: str) -> list[MaskedText]:
    return [MaskedText(post, np.arange(len(post) + 1, dtype=np.int32)) for post in posts]


def all_of(*posts: str) -> Vocabulary:
    keys = np.unique(find_char_ngrams(texts(*posts)).keys)
    return Vocabulary(keys, np.ones(len(keys), dtype=np.float32))


def test_ngrams_of_one_to_four_with_the_ends_as_signs() -> None:
    found = find_char_ngrams(texts("花呗"))
    places = sorted(zip(found.starts.tolist(), found.ends.tolist(), strict=True))
    # 花, 呗; ^花, 花呗, 呗$; ^花呗, 花呗$; ^花呗$
    assert places == [(0, 1), (0, 1), (0, 2), (0, 2), (0, 2), (0, 2), (1, 2), (1, 2)]
    assert len(set(found.keys.tolist())) == 8


def test_the_same_ngram_has_the_same_key_in_every_post_and_no_other() -> None:
    found = find_char_ngrams(texts("套现吧", "不套现", "套取"))
    keys = {row: set(found.keys[found.rows == row].tolist()) for row in range(3)}
    assert len(keys[0] & keys[1]) == 3  # 套, 现, 套现
    assert len(keys[0] & keys[2]) == 2  # 套 and ^套


def test_words_and_pairs_stop_at_punctuation() -> None:
    found = find_words(texts("用美团月付，买东西"), SEGMENTER)
    places = list(zip(found.starts.tolist(), found.ends.tolist(), strict=True))
    assert places == [(0, 1), (1, 5), (0, 5), (6, 7), (7, 9), (6, 9)]


def test_a_row_is_as_long_as_its_post_is_known() -> None:
    vocabulary = all_of("花呗套现", "微信")
    found = find_char_ngrams(texts("花呗套现", "", "鲸", "微信", "微信鲸鱼"))
    lengths = np.sqrt((vocabulary.weigh(found, 5).toarray() ** 2).sum(axis=1))
    assert lengths[:4] == pytest.approx([1, 0, 0, 1])
    assert 0 < lengths[4] < 0.5


def test_weights_are_one_plus_log_count_times_idf() -> None:
    vocabulary = all_of("a")
    vocabulary = Vocabulary(vocabulary.keys, np.full(len(vocabulary.keys), 2, dtype=np.float32))
    occurrences = find_char_ngrams(texts("aab"))
    rows = vocabulary.weigh(occurrences, 1)
    expected = np.array([2 * (1 + np.log(2)), 2.0])  # a twice, ^a once
    n_unknown = len(occurrences.keys) - 3
    found = np.sort(rows.data)[::-1]
    length = np.sqrt((expected**2).sum() + UNKNOWN_IDF**2 * n_unknown)
    assert found == pytest.approx(expected / length)


@settings(max_examples=40)
@given(st.lists(st.text(st.sampled_from("花呗套现加微信 ，a0\ue000"), max_size=12), max_size=6))
def test_posts_together_give_the_rows_that_they_give_alone(posts: list[str]) -> None:
    vocabulary = all_of("花呗套现，加微信", "a0 \ue000")
    words = Vocabulary(np.array([], dtype=np.uint64), np.array([], dtype=np.float32))
    features = Features(vocabulary, words, [], SEGMENTER)
    together = vocabulary.count(find_char_ngrams(texts(*posts)), len(posts)).toarray()
    for row, post in enumerate(posts):
        alone = vocabulary.count(find_char_ngrams(texts(post)), 1).toarray()
        assert (together[row] == alone[0]).all()
    assert features.n_columns == len(vocabulary.keys)
