from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fanzha.detector import Detector
from fanzha.look import LEAD, TRACE
from fanzha.normalize import Change, normalize
from fanzha.post import Post, Span
from fanzha.reading import Reader

READER = Reader.load()
RESTORER = READER._restorer
WORDS = st.sampled_from(
    [
        "咨询",
        "头像",
        "打电话",
        "联系方式",
        "服务",
        "信用卡",
        "支付宝",
        "e卡",
        "pos机",
        "薇信",
        "男女",
    ]
)
MARKS = st.text("~♪*·♥/|.-_^=丶、。, \n★+", max_size=3)


@st.composite
def torn_words(draw: st.DrawFn) -> str:
    """Draw words in a row with marks put between their characters."""
    words = "".join(draw(st.lists(WORDS, min_size=1, max_size=3)))
    return "".join(sign + draw(MARKS) * draw(st.booleans()) for sign in words)


@pytest.mark.parametrize(
    ("post", "text"),
    [
        pytest.param("欢迎咨~询", "欢迎咨询", id="a wave"),
        pytest.param("看头♪像", "看头像", id="a note"),
        pytest.param("请拨打电♥话", "请拨打电话", id="a heart"),
        pytest.param("服★★务周到", "服务周到", id="two stars"),
        pytest.param("联|系电^话", "联系电话", id="two words"),
        pytest.param("[联|系方式]", "[联系方式]", id="a line"),
        pytest.param("怎么关.闭", "怎么关闭", id="a dot"),
        pytest.param("浦·发·银·行", "浦发银行", id="between all characters"),
        pytest.param("办po.s|机", "办pos机", id="letters of a word"),
        pytest.param("收e☆卡", "收e卡", id="a letter"),
        pytest.param("用信用、、卡的", "用信用卡的", id="two sentence marks"),
        pytest.param("薇/信支付", "薇信支付", id="a spelling of a term"),
        pytest.param("哲♂学", "哲学", id="a sign of another use"),
    ],
)
def test_a_mark_inside_a_word_is_left_out(post: str, text: str) -> None:
    assert RESTORER.restore(normalize(post))[0].text == text


@pytest.mark.parametrize(
    "post",
    [
        "春·夏", "阿卜杜拉·买买提", "马丁·路德·金", "里卡多·卡卡", "1~3天到货", "周一~周五",
        "男/女", "A/B", "和/或", "左/右手", "买/卖", "早/晚高峰", "北京-上海", "一汽-大众",
        "3元/件", "20元/月", "心|智", "微信、支付宝", "父、母", "水、电、话费", "信用、卡",
        "今年...天气", "李*国", "张**生", "妈***的", "博@乐", "#信#用", "现金→支付", "你说——话呢",
        "大 家 好", "今 天", "www.a-b.com", "q-q", "e-mail", "k·k", "分\n期", "哈~哈~哈", "(^_^)",
        "好的.谢谢", "国/省道", "周六.日", "T恤/裤子", "5.1/节", "上海·外滩", "第1-3名", "我♥你",
    ],
)  # fmt: skip
def test_marks_of_honest_writing_stay(post: str) -> None:
    text = normalize(post)
    assert RESTORER.restore(text) == (text, ())


def test_the_marks_are_listed_and_spans_slice_the_post() -> None:
    post = "苹♪果里学～～校"
    text, restored = RESTORER.restore(normalize(post))
    assert text.text == "苹果里学校"
    assert [change for change in text.changes if change.step == "mark"] == [
        Change("mark", Span(1, 2), "♪", ""), Change("mark", Span(5, 7), "～～", ""),
    ]  # fmt: skip
    assert text.span(0, 2) == Span(0, 3)
    assert text.span(3, 5).of(post) == "学～～校"
    assert restored == ()


def test_a_heart_between_the_two_it_could_stand_for_is_a_mark() -> None:
    for post in ("微♥信", "微♥♥信", "加微❤信", "加微·信"):
        assert "微信" in RESTORER.restore(normalize(post))[0].text
        assert "信信" not in RESTORER.restore(normalize(post))[0].text


def test_a_term_is_read_that_stands_beside_a_torn_word() -> None:
    text, restored = RESTORER.restore(normalize("信♪用咔 空的满的都收"))
    assert text.text == "信用卡 空的满的都收"
    assert [one.written for one in restored] == ["信♪用咔"]


def test_a_post_with_a_torn_word_does_not_pass_by_its_first_look() -> None:
    sights = READER.look(["今天去学~校了"])
    assert sights is not None
    assert sights.seen[0] & LEAD
    verdict = Detector.load().check("今天去学~校了")
    assert [(one.step, one.before) for one in verdict.normalizations] == [("mark", "~")]
    (glance,) = READER.glance([Post("今天去学~校了")])
    assert glance.mended
    assert not glance.plain


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(post=torn_words())
def test_no_torn_word_is_overlooked(post: str) -> None:
    sights = READER.look([post])
    assert sights is not None
    text = normalize(post)
    restored, _ = RESTORER.restore(text)
    assert sights.seen[0] & (TRACE | LEAD) or restored is text
    (glance,) = READER.glance([Post(post)])
    assert glance.text == restored


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(post=torn_words())
def test_spans_of_mended_text_never_go_back(post: str) -> None:
    text, _ = RESTORER.restore(normalize(post))
    places = text.origin.tolist()
    assert places == sorted(places)
    assert len(places) == len(text.text)


def test_marks_of_a_long_post_are_found_in_time() -> None:
    assert RESTORER.restore(normalize("电♪" * 20_000))[0].text
    assert RESTORER.restore(normalize("微" + "♥" * 50_000))[0].text
    assert RESTORER.restore(normalize("电话" * 20_000 + "♪" + "电话" * 20_000))[0].text
