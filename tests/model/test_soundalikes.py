import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha.soundalikes import SoundAlikes

NAMES = SoundAlikes.of(["支付宝", "分期乐", "同程旅行", "顺丰", "wps", "海底捞"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("吱付保客服", [(0, 3, 0)], id="two other characters"),
        pytest.param("找芬妻乐退费", [(1, 4, 1)], id="a character between"),
        pytest.param("同城旅行官网", [(0, 4, 2)], id="everyday word in it"),
        pytest.param("嗨底捞", [(0, 3, 5)], id="one other character"),
        pytest.param("支付宝客服", [], id="as written"),
        pytest.param("我已经分期了", [], id="function word"),
        pytest.param("顺风车", [], id="two syllables"),
        pytest.param("call 95188", [], id="ascii"),
        pytest.param("", [], id="empty"),
    ],
)
def test_a_name_is_found_by_its_sound(text: str, expected: list[tuple[int, int, int]]) -> None:
    assert list(NAMES.find(text)) == expected


def test_no_name_of_three_characters_finds_nothing() -> None:
    assert list(SoundAlikes.of(["顺丰", "wps"]).find("顺疯快递")) == []


@given(st.text(alphabet="支吱付富宝保分期乐了客服 a1", max_size=40))
def test_places_lie_in_the_text_and_do_not_overlap(text: str) -> None:
    last = 0
    for start, end, which in NAMES.find(text):
        assert last <= start < end <= len(text)
        assert len(NAMES.names[which]) == end - start
        last = end
