from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha.wording import LONGEST, Wording, keys_by_place

TEXTS = st.lists(st.text("花呗套现 0123，，\n。a\ue000𠀀", max_size=40), min_size=1, max_size=5)


def keys_of(wording: Wording, number: int) -> list[list[int]]:
    """The keys that stand in the blocks of one text, without those that begin at its edge."""
    first = int(wording.firsts[number])
    rest = wording.firsts[number + 1 :]
    last = int(rest[0]) if len(rest) else len(wording.sizes)
    return [
        keys[(blocks >= first) & (blocks < last)][n:].tolist()
        for n, (keys, blocks) in enumerate(zip(wording.keys, wording.blocks, strict=True))
    ]


@given(texts=TEXTS)
def test_the_ngrams_of_a_text_do_not_hang_on_its_neighbours(texts: list[str]) -> None:
    many = Wording.of(texts)
    for number, text in enumerate(texts):
        alone = Wording.of([text])
        assert keys_of(many, number)[0] == keys_of(alone, 0)[0]
        last = many.firsts[number] + len(alone.sizes)
        assert many.sizes[many.firsts[number] : last].tolist() == alone.sizes.tolist()


@pytest.mark.parametrize(
    ("text", "same"),
    [
        pytest.param("扣5个点", "扣8个点", id="another digit"),
        pytest.param("13812345678", "0000", id="digits beyond the fourth"),
        pytest.param("加我！！！！！！", "加我！！！", id="signs beyond the third"),
        pytest.param("花呗\n\n 套现", "花呗 套现", id="blanks"),
    ],
)
def test_what_says_nothing_more_is_left_out(text: str, same: str) -> None:
    one, other = Wording.of([text]), Wording.of([same])
    assert {*one.keys[0].tolist()} == {*other.keys[0].tolist()}
    assert one.sizes.sum() == other.sizes.sum()


def test_ngrams_of_every_length_have_keys_of_their_own() -> None:
    keys, inside, starts = keys_by_place(["花呗套现", "白条取现"])
    assert starts.tolist() == [1, 7]
    found = [key[within] for key, within in zip(keys, inside, strict=True)]
    assert [len(key) for key in found] == [8, 10, 8, 6]
    # 现 and the edge behind it stand in both texts.
    assert len(np.unique(np.concatenate(found))) == 32 - 2
    assert len(found) == LONGEST
