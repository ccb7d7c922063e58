"""A board's lists find what they name, in any writing, and end in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha.contacts import find_contacts
from fanzha.errors import DataError
from fanzha.hotlines import judge
from fanzha.lists import EFFECTS, LIST_KINDS, ListEntry, Lists
from fanzha.normalize import normalize
from fanzha.numbering import Numbering
from fanzha.phones import find_numbers
from fanzha.registry import Registry

NOW = datetime(2026, 11, 22, tzinfo=UTC)
REGISTRY, NUMBERING = Registry.load(), Numbering.load()


def found(entry: ListEntry, post: str, now: datetime = NOW) -> list[str]:
    text = normalize(post)
    hotlines = judge(text, find_numbers(text), REGISTRY, NUMBERING)
    hits = Lists([entry]).find(post, find_contacts(text), hotlines, now)
    assert all(hit.span.of(post) == hit.text for hit in hits)
    return [hit.text for hit in hits]


@pytest.mark.parametrize(
    ("kind", "value", "post", "expected"),
    [
        ("term", "花呗代还", "专业花呗代还，秒到", ["花呗代还"]),
        ("term", "花唄代還", "专业花呗代还", ["花呗代还"]),
        ("term", "花呗代还", "花唄\u200b代還", ["花唄\u200b代還"]),
        ("term", "花呗代还", "花.呗 代-还", ["花.呗 代-还"]),
        ("term", "ABloan", "用ABLOAN吧", ["ABLOAN"]),
        ("term", "abloan", "kabloans", []),
        ("number", "400-6455-566", "抖音客服400 6455 566", ["400 6455 566"]),
        ("number", "13800138000", "电话138 0013 8000", ["138 0013 8000"]),
        ("number", "13800138000", "加微信13800138000", ["13800138000", "加微信13800138000"]),
        ("number", "95188", "订单951880001", []),
        ("contact", "tx_888", "加薇：TX_888", ["加薇：TX_888", "TX_888"]),
        ("contact", "tx_888", "atx_8889", []),
        ("contact", "@tx_888", "飞机 @tx_888", ["tx_888"]),
        ("contact", "a@foo.cn", "写信给 a@foo.cn", ["a@foo.cn"]),
        ("domain", "example.com", "看 https://shop.example.com/x", ["https://shop.example.com/x"]),
        ("domain", "https://www.example.com/", "看 example.com", ["example.com"]),
        ("domain", "example.com", "看 notexample.com", []),
        ("domain", "example.com", "看 example.com.cn", []),
        ("domain", "example.com", "看 https://example.com@evil.top/", []),
        ("domain", "example.com", "看 https://evil.top/example.com", []),
        (
            "domain",
            "example.com",
            "看 https://example.com/@evil.top",
            ["https://example.com/@evil.top"],
        ),
    ],
)
def test_an_entry_is_found_in_other_writings(
    kind: str, value: str, post: str, expected: list[str]
) -> None:
    hits = found(ListEntry(kind, value, "block"), post)
    assert set(expected) <= set(hits)
    assert bool(hits) == bool(expected)


def test_an_allowed_term_is_not_found_through_marks() -> None:
    assert found(ListEntry("term", "花呗代还", "ignore"), "花.呗代还") == []


@pytest.mark.parametrize(
    ("kind", "value", "effect"),
    [
        ("phrase", "a", "block"),
        ("term", "a", "delete"),
        ("term", " \u200b ", "block"),
        ("number", "客服", "block"),
        ("domain", "example", "block"),
        ("contact", "@", "ignore"),
    ],
)
def test_an_entry_that_could_find_nothing_is_refused(kind: str, value: str, effect: str) -> None:
    with pytest.raises(DataError):
        ListEntry(kind, value, effect)


def test_an_end_without_a_zone_is_refused() -> None:
    with pytest.raises(DataError, match="time zone"):
        ListEntry("term", "a", "block", expires=NOW.replace(tzinfo=None))


def test_an_entry_ends_at_its_time() -> None:
    entry = ListEntry("term", "代还", "block", expires=NOW)
    assert found(entry, "代还", NOW - timedelta(microseconds=1)) == ["代还"]
    assert found(entry, "代还", NOW) == []


@given(
    st.lists(
        st.tuples(st.sampled_from(LIST_KINDS), st.text(max_size=12), st.sampled_from([*EFFECTS]))
    ),
    st.text(st.characters(exclude_categories=()), max_size=40),
)
def test_every_hit_lies_in_the_post(entries: list[tuple[str, str, str]], post: str) -> None:
    kept = []
    for entry in entries:
        try:
            kept.append(ListEntry(*entry))
        except DataError:
            continue
    text = normalize(post)
    for hit in Lists(kept).find(post, find_contacts(text), (), NOW):
        assert hit.entry in kept
        assert hit.span.of(post) == hit.text != ""
