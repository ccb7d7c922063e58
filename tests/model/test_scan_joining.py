from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha.scan.joining import LONG_WORDING_CHARS, MAX_BRIDGED, MAX_BRIDGED_WEAKLY, Joining

LONG, SHORT = LONG_WORDING_CHARS, LONG_WORDING_CHARS - 1


def pairs(n: int) -> list[list[int]]:
    return [[2 * index, 2 * index + 1] for index in range(n)]


def heads(n: int) -> list[int]:
    return [2 * index for index in range(n)]


def joined(
    n_posts: int, wordings: list[tuple[int, list[int]]], contacts: dict[str, list[int]]
) -> tuple[list[list[int]], tuple[str, ...]]:
    joining = Joining(n_posts)
    common = joining.join(wordings, contacts)
    return joining.groups(), common


def test_posts_are_joined_by_wording_and_by_contact() -> None:
    groups, common = joined(6, [(LONG, [0, 1]), (SHORT, [3, 4])], {"4000000001": [1, 2], "x": [5]})
    assert groups == [[0, 1, 2], [3, 4]]
    assert common == ()


@pytest.mark.parametrize("contact", ["link:pan.example/share", "email:a@b.example"])
@pytest.mark.parametrize("more", [0, 1])
def test_a_link_does_not_join_more_groups_than_the_limit(contact: str, more: int) -> None:
    n = MAX_BRIDGED_WEAKLY + more
    groups, common = joined(
        2 * n, [(LONG, posts) for posts in pairs(n)], {contact: heads(n)}
    )  # fmt: skip
    assert len(groups) == (n if more else 1)
    assert common == ((contact,) if more else ())


@pytest.mark.parametrize("more", [0, 1])
def test_a_chat_id_does_not_join_more_groups_with_contacts_than_the_limit(more: int) -> None:
    n = MAX_BRIDGED + more
    own = {f"400000{index:04d}": posts for index, posts in enumerate(pairs(n))}
    groups, common = joined(2 * n, [], {**own, "wechat:hub": heads(n)})
    assert len(groups) == (n if more else 1)
    assert common == (("wechat:hub",) if more else ())


def test_a_chat_id_joins_any_number_of_wordings_that_have_no_other_contact() -> None:
    n = 3 * MAX_BRIDGED
    groups, common = joined(
        2 * n, [(LONG, posts) for posts in pairs(n)], {"wechat:hub": heads(n)}
    )  # fmt: skip
    assert len(groups) == 1
    assert common == ()


@pytest.mark.parametrize(("n_chars", "n_groups"), [(LONG, 1), (SHORT, MAX_BRIDGED_WEAKLY + 1)])
def test_a_short_wording_is_a_stock_phrase_where_it_would_join_many(
    n_chars: int, n_groups: int
) -> None:
    n = MAX_BRIDGED_WEAKLY + 1
    own = {f"wechat:id_{index}": posts for index, posts in enumerate(pairs(n))}
    groups, _ = joined(2 * n, [(n_chars, heads(n))], own)
    assert len(groups) == n_groups


@given(
    st.lists(st.tuples(st.sampled_from([LONG, SHORT]), st.lists(st.integers(0, 19), min_size=1))),
    st.dictionaries(
        st.sampled_from(["1", "2", "link:a", "wechat:b"]), st.lists(st.integers(0, 19), min_size=1)
    ),
)
def test_groups_are_disjoint_ordered_and_hold_every_wording_that_is_long(
    wordings: list[tuple[int, list[int]]], contacts: dict[str, list[int]]
) -> None:
    groups, _ = joined(20, wordings, contacts)
    posts = [post for group in groups for post in group]
    assert len(posts) == len(set(posts))
    assert groups == sorted(sorted(group) for group in groups)
    group_of = {post: number for number, group in enumerate(groups) for post in group}
    for n_chars, members in wordings:
        if n_chars == LONG and len(set(members)) > 1:
            assert len({group_of[post] for post in members}) == 1
