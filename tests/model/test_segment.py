from __future__ import annotations

import pickle

from hypothesis import given
from hypothesis import strategies as st

from fanzha.segment import Segmenter

SEGMENTER = Segmenter(["放心花", "秒回商家"])


def test_user_words_stay_whole() -> None:
    assert "秒回商家" in SEGMENTER.segment("找秒回商家用放心花")
    assert "放心花" in SEGMENTER.segment("找秒回商家用放心花")


def test_a_segmenter_of_its_own_has_its_own_words() -> None:
    assert "秒回商家" not in Segmenter().segment("找秒回商家")


def test_a_pickled_segmenter_cuts_the_same() -> None:
    again = pickle.loads(pickle.dumps(SEGMENTER))
    assert again.segment("找秒回商家用放心花") == SEGMENTER.segment("找秒回商家用放心花")


@given(st.text(max_size=40))
def test_the_tokens_joined_are_the_text(text: str) -> None:
    assert "".join(SEGMENTER.segment(text)) == text
