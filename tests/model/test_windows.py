from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha.windows import LEAST_CHARS, MOST_CHARS, MOST_SENTENCES, SHORT_POST, find_windows

FIRST = "今天天气很好,我和家里人一起去公园走了一大圈,看到很多花也碰到了邻居。"


@given(st.text("字句。\n ", min_size=49, max_size=400))
def test_windows_are_neither_too_long_nor_too_short(text: str) -> None:
    for start, end in find_windows(text):
        assert LEAST_CHARS <= end - start <= MOST_CHARS
        assert text[end - 1] not in "\n "


@given(st.text("字句", min_size=400, max_size=900))
def test_windows_cover_a_text_without_stops(text: str) -> None:
    covered = {at for start, end in find_windows(text) for at in range(start, end)}
    assert covered >= set(range(len(text) - LEAST_CHARS))


@pytest.mark.parametrize(("signs", "most"), [("字字", 1), ("。。", 1), ("字。", 36)])
def test_a_text_has_no_more_windows_than_its_length_asks_for(signs: str, most: int) -> None:
    windows = find_windows(signs * 2500)
    assert sum(end - start for start, end in windows) <= most * 5000


def test_a_short_text_has_no_windows() -> None:
    assert find_windows("字" * SHORT_POST) == []


def test_sentences_are_kept_whole_and_every_run_of_them_is_a_window() -> None:
    text = FIRST + "我也是。花呗套现秒到加微信。嗯。"
    assert [text[start:end] for start, end in find_windows(text)] == [
        FIRST,
        FIRST + "我也是。",
        FIRST + "我也是。花呗套现秒到加微信。",
        FIRST + "我也是。花呗套现秒到加微信。嗯。",
        "我也是。花呗套现秒到加微信。",
        "我也是。花呗套现秒到加微信。嗯。",
        "花呗套现秒到加微信。",
        "花呗套现秒到加微信。嗯。",
    ]


def test_a_window_has_no_more_than_so_many_sentences() -> None:
    assert max(end - start for start, end in find_windows("字。" * 40)) == 2 * MOST_SENTENCES
