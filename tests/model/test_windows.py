from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha.masking import MaskedText
from fanzha.windows import LEAST_CHARS, MOST_SENTENCES, WINDOWS, WindowKind

KINDS = pytest.mark.parametrize("kind", WINDOWS, ids=[kind.name for kind in WINDOWS])
SENTENCES = WindowKind("sentences", 10, 12, by_sentence=True)


def masked(text: str) -> MaskedText:
    return MaskedText(text, np.arange(len(text) + 1, dtype=np.int32))


@KINDS
@given(st.text("字句。\n ", min_size=49, max_size=400))
def test_windows_are_neither_too_long_nor_too_short(kind: WindowKind, text: str) -> None:
    parts = kind.cut(masked(text))
    assert all(LEAST_CHARS <= len(part.text) <= kind.size for part in parts)
    assert all(len(part.at) == len(part.text) + 1 for part in parts)
    assert not any(kind.by_sentence and part.text[-1] in "\n " for part in parts)


@KINDS
@given(st.text("字句", min_size=400, max_size=900))
def test_windows_cover_a_text_without_stops(kind: WindowKind, text: str) -> None:
    covered = {at for part in kind.cut(masked(text)) for at in part.at[:-1].tolist()}
    assert covered >= set(range(len(text) - LEAST_CHARS))


@KINDS
@pytest.mark.parametrize(("signs", "most"), [("字字", 3), ("。。", 3), ("字。", 36)])
def test_a_text_has_no_more_windows_than_its_length_asks_for(
    kind: WindowKind, signs: str, most: int
) -> None:
    parts = kind.cut(masked(signs * 2500))
    assert sum(len(part.text) for part in parts) <= most * 5000


@KINDS
def test_a_short_text_has_no_windows(kind: WindowKind) -> None:
    assert kind.cut(masked("字" * kind.least_chars)) == []


def test_sentences_are_kept_whole_and_every_run_of_them_is_a_window() -> None:
    parts = SENTENCES.cut(masked("今天天气很好。我也是。花呗套现秒到加微信。嗯。"))
    assert [part.text for part in parts] == [
        "今天天气很好。我也是。",
        "花呗套现秒到加微信。",
        "花呗套现秒到加微信。嗯。",
    ]


def test_a_window_has_no_more_than_so_many_sentences() -> None:
    parts = WindowKind("sentences", 10, 60, by_sentence=True).cut(masked("字。" * 20))
    assert max(len(part.text) for part in parts) == 2 * MOST_SENTENCES
