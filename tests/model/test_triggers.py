from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanzha.contacts import find_contacts, find_numbers
from fanzha.normalize import normalize_many
from fanzha.sheet import Sheet
from fanzha.triggers import may_hold_contacts, may_hold_numbers

PIECES = st.lists(
    st.one_of(
        st.text(max_size=4),
        st.text("0123456789０９①⑤四五六七八九〇零百一二oils.-  ()，", min_size=1, max_size=12),
        st.sampled_from(
            [
                *("客服", "打", "电话", "加微信", "微", "vx:", "q：", "tg", "http://", "www.", "@"),
                *(".com", "拨110", "95-5", "一百八六", "倒着", "四百", "死灵灵", "开头后面接"),
                *("abcde", "tx_88", "٤٠٠", "163.", "t.me/", "4.0.0.", "11", "961"),
            ]
        ),
    ),
    max_size=10,
).map("".join)


@settings(max_examples=300, deadline=None)
@given(posts=st.lists(PIECES, min_size=1, max_size=4))
def test_no_number_or_contact_stands_where_the_triggers_say_no(posts: list[str]) -> None:
    texts = normalize_many(posts)
    sheet = Sheet.of([text.text for text in texts])
    numbered, contacting = may_hold_numbers(sheet).tolist(), may_hold_contacts(sheet).tolist()
    for text, numbers, contacts in zip(texts, numbered, contacting, strict=True):
        assert numbers or not find_numbers(text)
        assert contacts or not find_contacts(text)


@settings(max_examples=60, deadline=None)
@given(posts=st.lists(PIECES, min_size=1, max_size=4))
def test_what_a_text_triggers_does_not_hang_on_its_neighbours(posts: list[str]) -> None:
    many = Sheet.of(posts)
    alone = [Sheet.of([post]) for post in posts]
    for trigger in (may_hold_numbers, may_hold_contacts):
        assert trigger(many).tolist() == [bool(trigger(sheet)[0]) for sheet in alone]


@pytest.mark.parametrize(
    "text",
    ["今天食堂的红烧肉不错", "2019年的事了", "打了8折，300块", "a股今天涨3.5%", "一个一个来"],
)
def test_ordinary_prices_and_years_trigger_nothing(text: str) -> None:
    sheet = Sheet.of([text])
    assert not may_hold_numbers(sheet)[0]
    assert not may_hold_contacts(sheet)[0]
