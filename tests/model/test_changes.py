from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha.changes import Run, find_runs
from fanzha.normalize import normalize

SIGNS = st.one_of(
    st.characters(),
    st.sampled_from("花唄ＡＢ，。……１２⑩⑨一三八零〇oOlI-\u200b\ufe0f\ud800\n ㈠½㍿"),
)


def one_by_one(post: str) -> list[Run]:
    return [
        (one.step, one.span.start, one.span.end, one.before, one.after)
        for one in normalize(post).changes
    ]


@given(st.lists(st.text(SIGNS, max_size=20), max_size=6))
def test_changes_found_together_are_those_found_one_by_one(posts: list[str]) -> None:
    assert find_runs(posts) == [one_by_one(post) for post in posts]


@pytest.mark.parametrize(
    "post",
    [
        pytest.param("一三八００１２３四五六七八", id="numerals of a number"),
        pytest.param("一\u200b三\u200b八\u200b零\u200b零1", id="numerals with signs that vanish"),
        pytest.param("⑩一⑩二⑩三", id="expansions into digits"),
        pytest.param("一二三四五，上山打老虎", id="counting"),
        pytest.param("iphone １２ lol", id="letters like digits"),
        pytest.param("", id="nothing"),
    ],
)
def test_numerals_are_read_as_normalization_reads_them(post: str) -> None:
    assert find_runs(["，", post, "唄"]) == [one_by_one("，"), one_by_one(post), one_by_one("唄")]
