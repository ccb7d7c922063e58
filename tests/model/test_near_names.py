"""A name that nobody bears leads to those that look or sound like it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha.near_names import nearest
from fanzha.registry import Registry

REGISTRY = Registry.load()


@pytest.mark.parametrize(
    ("asked", "brand"),
    [
        pytest.param("抖因", "抖音", id="one character wrong"),
        pytest.param("兜音", "抖音", id="the same sound"),
        pytest.param("zhifubao", "支付宝", id="pinyin"),
        pytest.param("抖音月付官方客服", "抖音", id="a name within"),
        pytest.param("支付保", "支付宝", id="likest first"),
    ],
)
def test_a_misspelt_brand_leads_to_the_one_meant(asked: str, brand: str) -> None:
    assert REGISTRY.nearest(asked)[0] == brand


@pytest.mark.parametrize(
    "asked", ["", "   ", "\u200b", "xyz"], ids=["none", "blank", "mark", "far"]
)
def test_nothing_is_near_to_a_name_like_no_other(asked: str) -> None:
    assert REGISTRY.nearest(asked) == ()


@given(st.text(max_size=80), st.integers(0, 4))
def test_each_owner_is_given_once_and_no_more_than_asked(asked: str, most: int) -> None:
    found = nearest(asked, {"抖音": "抖音", "douyin": "抖音", "京东": "京东", "东京": "丙"}, most)
    assert len(found) == len(set(found)) <= most
