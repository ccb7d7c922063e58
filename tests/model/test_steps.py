from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha import build_kernel, steps
from fanzha.folding import STEPS
from fanzha.normalize import find_post_runs, fold_run, normalize

SIGNS = st.one_of(
    st.characters(),
    st.sampled_from("花唄ＡＢ，。……１２⑩⑨一三八零〇oOlI-\u200b\ufe0f\ud800\n ㈠½㍿"),
)


def by_folding(post: str) -> list[tuple[str, int, int, str, str]]:
    """Give the changes as arrays over all code points tell them, without the kernel."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fanzha.normalize.find_steps", lambda _: None)
        return find_post_runs(post)


@given(st.text(SIGNS, max_size=60))
def test_the_kernel_finds_the_changes_that_folding_makes(post: str) -> None:
    assert find_post_runs(post) == by_folding(post)


@given(st.text(SIGNS, max_size=60))
def test_signs_that_are_read_as_a_number_are_left_to_normalization(post: str) -> None:
    found = steps.find_steps(post)
    assert found is not None
    assert found[1] or normalize(post).text == "".join(map(fold_run, post))


def test_more_changes_than_there_is_room_for_are_all_found() -> None:
    found = steps.find_steps("唄，" * 500)
    assert found is not None
    kinds = {STEPS.index("traditional") + 1, STEPS.index("width") + 1}
    places = [(start, end) for step, start, end in found[0] if step in kinds]
    assert places == [(at, at + 1) for at in range(1000)]


@pytest.mark.parametrize("what", ["absent", "other sources"])
def test_changes_are_the_same_without_the_kernel(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = find_post_runs("花唄，加我")
    if what == "absent":
        monkeypatch.setattr(build_kernel, "LIBRARY", "absent.so")
    else:
        monkeypatch.setattr(build_kernel, "digest", lambda: "other")
    steps._load.cache_clear()
    assert steps.find_steps("花唄，加我") is None
    assert find_post_runs("花唄，加我") == expected
    monkeypatch.undo()
    steps._load.cache_clear()
    assert steps.find_steps("花唄，加我") is not None
