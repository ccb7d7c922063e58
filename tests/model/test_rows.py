from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fanzha.detector import Detector
from fanzha.look import LEAD, TRACE
from fanzha.normalize import normalize
from fanzha.post import Post
from fanzha.reading import Reader

READER = Reader.load()
RESTORER = READER._restorer
SENTENCE = "周末去图书馆还书，顺便买两张电影票"
SIGNS = st.sampled_from("花呗套现周末图书馆还了的一二3a8丶の，。-")
SEPARATORS = st.sampled_from(
    [
        " ",
        "  ",
        "\n",
        "\n\n",
        "、",
        "，",
        "/",
        ".",
        "-",
        "|",
        "の",
        "丶",
        "🌸",
        "】【",
        '"+"',
        "",
        "好",
    ]
)


@st.composite
def rows(draw: st.DrawFn) -> str:
    """Draw signs that separators part, mostly one and the same."""
    usual = draw(SEPARATORS)
    parts: list[str] = []
    for sign in draw(st.lists(SIGNS, min_size=4, max_size=14)):
        parts += [sign, usual if draw(st.integers(0, 6)) else draw(SEPARATORS)]
    return draw(st.sampled_from(["", "好的", "9 "])) + "".join(parts)


def read(post: str) -> str:
    return RESTORER.restore(normalize(post))[0].text


@pytest.mark.parametrize(
    "by",
    [
        *(" ", "   ", "\u3000", "\n", "\n\n", "、", "，", "/", " / ", ".", "-", "_", "|", "*"),
        *("~", "·", "丶", "の", "★", "🌈", "💰", "...", "\ue123"),
    ],
)
def test_a_sentence_that_is_spread_out_is_read_as_one(by: str) -> None:
    assert read(by.join(SENTENCE)) == normalize(SENTENCE).text


@pytest.mark.parametrize("pair", ["【】", "（）", "[]", "“”", "「」", "<>", '""'])
def test_signs_in_brackets_are_read_without_these(pair: str) -> None:
    spread = "".join(pair[0] + sign + pair[1] for sign in SENTENCE)
    assert read(spread) == normalize(SENTENCE).text


@pytest.mark.parametrize(
    ("post", "text"),
    [
        pytest.param('"还"+"书"+"去"+"图"+"书"+"馆"', "还书去图书馆", id="joined by plus"),
        pytest.param("快/来/图/书/馆，占/个/位/子", "快来图书馆,占个位子", id="a bare comma"),
        pytest.param("明.天 早.上 图.书.馆", "明天 早上 图书馆", id="blanks between words"),
        pytest.param("去一/趟/图/书/馆/吧好吗", "去一趟图书馆吧好吗", id="within a sentence"),
        pytest.param(
            "请 拨 客 服 热 线 ： 4 0 0 - 8 1 2 - 3 4 5 6",
            "请拨客服热线:400-812-3456",
            id="with a number",
        ),
        pytest.param("春 天 来 了\n花 儿 开 了", "春天来了\n花儿开了", id="lines of a poem"),
        pytest.param("第3条 本 卡 仅 限 本 人 使 用", "第3条 本卡仅限本人使用", id="beside words"),
    ],
)
def test_what_stands_beside_separators_is_kept(post: str, text: str) -> None:
    assert read(post) == text


@pytest.mark.parametrize(
    "post",
    [
        pytest.param("A/B/C/D/E/F", id="letters"),
        pytest.param("1 2 3 4 5 6", id="digits"),
        pytest.param("4、0、0、8、1、2、3、4、5、6", id="digits with enumeration marks"),
        pytest.param("卡号 6 2 2 8 4 8 1 2", id="a card's digits"),
        pytest.param("甲、乙、丙、丁、戊、己", id="stems"),
        pytest.param("赵、钱、孙、李、周、吴", id="surnames"),
        pytest.param("红 橙 黄 绿 青 蓝 紫", id="colours"),
        pytest.param("日 一 二 三 四 五 六", id="weekdays"),
        pytest.param("语、数、外、理、化、生", id="subjects"),
        pytest.param("鸡、鸭、鱼、肉、蛋、奶、菜", id="food"),
        pytest.param("喜、怒、哀、乐、爱、恨", id="a list of which parts are words"),
        pytest.param("京、津、沪、渝、鲁、豫", id="provinces"),
        pytest.param("春 来\n眠 啼\n不 鸟\n觉 夜\n晓 雨", id="columns"),
        pytest.param("风 雨 花 雪 月", id="few signs"),
        pytest.param("昨天 我们 去 了 图书馆", id="words with blanks"),
    ],
)
def test_what_is_listed_stays(post: str) -> None:
    assert read(post) == normalize(post).text


def test_what_is_left_out_is_told_as_marks_at_its_place() -> None:
    post = "警 方 提 醒：套 现 都 是 骗 局"
    text, _ = RESTORER.restore(normalize(post))
    assert text.text == "警方提醒:套现都是骗局"
    assert {one.step for one in text.changes} == {"width", "mark"}
    gaps = [one.span for one in text.changes if one.step == "mark"]
    assert [post[gap.start : gap.end] for gap in gaps] == [" "] * 8
    assert text.span(5, 7).of(post) == "套 现"


def test_the_words_of_a_warning_are_read_where_they_are_spread_out() -> None:
    warning = "民警提醒您，信用卡套现是违法行为，请勿相信这类广告"
    verdict = Detector.load().check(" ".join(warning))
    assert verdict.suggestion == "pass"


@given(rows())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_look_sees_every_row(post: str) -> None:
    if RESTORER._rows.find(normalize(post).text):
        sights = RESTORER.look.see([post])
        assert sights is None or sights.seen[0] & (LEAD | TRACE)
    read_at_once = READER.glance([Post(post)])[0].text
    assert read_at_once.text == RESTORER.restore(normalize(post))[0].text


@given(rows())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_signs_of_rows_know_their_place(post: str) -> None:
    plain = normalize(post)
    gaps = RESTORER._rows.find(plain.text)
    assert all(one.end <= other.start for one, other in pairwise(gaps))
    text, found = RESTORER.restore(plain)
    if not found:
        places = text.origin.tolist()
        assert "".join(normalize(post[at]).text for at in places) == text.text or "二" in post
