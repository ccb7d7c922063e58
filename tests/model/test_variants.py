"""Restoring terms in disguise, and leaving honest text alone."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanzha.explain import explain_disguises
from fanzha.facts import find_facts
from fanzha.lexicon import Lexicon
from fanzha.normalize import normalize
from fanzha.post import Post, Span
from fanzha.reading import Reader
from fanzha.variants import Restorer

RESTORER = Restorer(Lexicon.load())


def restored(post: str) -> str:
    return RESTORER.restore(normalize(post))[0].text


PARTS = st.one_of(
    st.sampled_from(
        [
            "花呗",
            "陶现",
            "掏线",
            "花坝",
            "5个点",
            "12 345",
            "hb_95",
            "*****",
            "取现",
            "tao现",
            "vx",
            "套规",
        ]
    ),
    st.text("今天的我们一起去看，。 95点-x", min_size=1, max_size=12),
    st.integers(30, 300).map(lambda n: "日子过得真快" * (n // 6)),
)


@settings(max_examples=150, deadline=None)
@given(parts=st.lists(PARTS, min_size=2, max_size=14))
def test_what_stands_far_off_decides_nothing(parts: list[str]) -> None:
    text = normalize("".join(parts))
    found = RESTORER.restore(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fanzha.variants.stretches_near", lambda text, _: [(0, len(text))])
        assert RESTORER.restore(text) == found


@pytest.mark.parametrize(
    ("post", "text", "kinds"),
    [
        pytest.param("陶现秒到 花呗", "套现秒到 花呗", {"homophone"}, id="homophone"),
        pytest.param("花贝掏线", "花呗套现", {"homophone"}, id="two homophones back each other"),
        pytest.param("婲唄出来", "花呗出来", {"homophone"}, id="character nobody needs"),
        pytest.param("花坝95折", "花呗95折", {"look_alike"}, id="look-alike"),
        pytest.param("套规 花呗 5个点", "套现 花呗 5个点", {"look_alike"}, id="same half"),
        pytest.param("信甩卡套现", "信用卡套现", {"look_alike"}, id="look-alike in three"),
        pytest.param(
            "花化呗套小现 加我", "花呗套现 加我", {"homophone", "insertion"}, id="put between"
        ),
        pytest.param("信x用x卡 95折", "信用卡 95折", {"insertion"}, id="letters put between"),
        pytest.param("套.現 5个点", "套现 5个点", {"marks"}, id="mark inside"),
        pytest.param("白☆条☆回☆款", "白条☆回款", {"marks"}, id="marks around"),
        pytest.param("花 呗 套 现", "花呗 套现", {"marks"}, id="spaces"),
        pytest.param(
            "信.用.咔 空的满的", "信用卡 空的满的", {"homophone", "marks"}, id="mark, sound"
        ),
        pytest.param("亻言用卡养着", "信用卡养着", {"split"}, id="split character"),
        pytest.param("分亻寸能出", "分付能出", {"split"}, id="split last character"),
        pytest.param("套xian 找我", "套现 找我", {"pinyin", "mixed_script"}, id="half pinyin"),
        pytest.param("hua bei tao xian,4分钟", "花呗 套现,4分钟", {"pinyin", "marks"}, id="pinyin"),
        pytest.param("BaiTiaoTiXian当天到", "白条提现当天到", {"pinyin"}, id="joined pinyin"),
        pytest.param("jiebei-quxian", "借呗取现", {"pinyin", "marks"}, id="pinyin and a hyphen"),
        pytest.param("fenfu_taoxian", "分付套现", {"pinyin", "marks"}, id="pinyin and a line"),
        pytest.param("yue4fu4 ti2xian4", "月付 提现", {"pinyin"}, id="pinyin with its tones"),
        pytest.param(
            "jie4bei5tao4xian4 私", "借呗套现 私", {"pinyin"}, id="joined, with its tones"
        ),
        pytest.param(
            "bai2 tiao2 bian4 xian4", "白条 变现", {"pinyin", "marks"}, id="tones, one by one"
        ),
        pytest.param(
            "吩咐额度有的来，八八折", "分付额度有的来,八八折", {"homophone"}, id="a word for a name"
        ),
        pytest.param("💳提现，本地上门", "信用卡提现,本地上门", {"emoji"}, id="a card's sign"),
        pytest.param("借呗变💵", "借呗变现", {"emoji"}, id="a sign of cash after its verb"),
        pytest.param("dou音yue付", "抖音月付", {"pinyin", "mixed_script"}, id="pinyin by turns"),
        pytest.param("花呗T现", "花呗套现", {"initials", "mixed_script"}, id="initial"),
        pytest.param("hb tx 秒", "花呗 套现 秒", {"initials"}, id="initials alone"),
        pytest.param("🌸呗额度", "花呗额度", {"emoji"}, id="emoji"),
        pytest.param(
            "泰安银行客f400-022-5193",
            "泰安银行客服400-022-5193",
            {"initials", "mixed_script"},
            id="runs into its number",
        ),
        pytest.param(
            "尚芬下芬找我 秒", "上分下分找我 秒", {"homophone"}, id="everyday terms of bets"
        ),
        pytest.param("花🌸呗额度", "花呗额度", {"marks"}, id="emoji that repeats a character"),
        pytest.param("白条 现套", "白条 套现", {"order"}, id="reversed"),
        pytest.param(
            "京东服客400-302-6018", "京东客服400-302-6018", {"order"}, id="reversed service"
        ),
        pytest.param("花\n呗\n套\n现\n", "花呗\n套现\n", {"marks"}, id="vertical"),
        pytest.param("人工客.服4001234567", "人工客服4001234567", {"marks"}, id="hotline word"),
        pytest.param(
            "专丶线 400-123-4567 打", "专线 400-123-4567 打", {"marks"}, id="a stroke as dot"
        ),
        pytest.param("花、呗95折", "花呗95折", {"marks"}, id="a sentence mark in a term"),
        pytest.param("取。。现 信用卡", "取现 信用卡", {"marks"}, id="two sentence marks"),
        pytest.param("客**服4006-219-735", "客服4006-219-735", {"marks"}, id="two stars"),
        pytest.param(
            "客服好电来话400-123-4567", "客服电话400-123-4567", {"insertion"}, id="half torn"
        ),
        pytest.param("有琂用圵的", "有信用卡的", {"look_alike"}, id="rare characters alone"),
        pytest.param("花呗 訏用卡", "花呗 信用卡", {"look_alike"}, id="a rare traditional form"),
        pytest.param(
            "訝用忐刷现专业放水", "信用卡刷现专业放水", {"look_alike"}, id="traditional look-alike"
        ),
        pytest.param("h呗 95折", "花呗 95折", {"initials", "mixed_script"}, id="initial of two"),
        pytest.param("电huà打这个", "电话打这个", {"pinyin", "mixed_script"}, id="accented pinyin"),
    ],
)
def test_a_disguised_term_is_written_plainly(post: str, text: str, kinds: set[str]) -> None:
    found, ways = RESTORER.restore(normalize(post))
    assert found.text == text
    assert {kind for one in ways for kind in one.kinds} == kinds


@pytest.mark.parametrize(
    "post",
    [
        "花呗套现秒到,加我",
        "积极争取现在的机会",
        "这个套餐不错,我在华北读书",
        "化妆品专柜的话费活动,白条鸡怎么做好吃",
        "分期付款买的沙发,分三期付",
        "腾讯tx发布会在湖北hb举行",
        "老师说这是一场体育课,要尽快提高",
        "花呗什么时候能体现到银行卡",
        "可以开通花呗收款吗",
        "全套现货,支持到店付",
        "一条鱼,二条鱼,三条鱼",
        "访问 https://hb.example.com/tx 下载,账号 hb_9527",
        "0xhb12tx 是哈希",
        "微信小程序里查公交",
        "预计分***期还完",
        "别在人前人言可畏",
        "徐璐穿白T现身机场",
        "花呗买的套餐现在很好",
        "花呗提了现,套个现有什么难",
        "请打京东客服的电话,美团的月付也行",
        "花呗刷不出来,花呗提不出来",
        "花呗退款别给现金,白条只付运费",
        "白T恤支持花呗付款",
        "花呗还不上,我找客服问,让我加微信",
        "竭诚为您服务客户至上,电话95588",
        "全系优惠x千至x万,支持刷卡",
        "水、电、话费一起交,微信、支付宝都行",
        "懂的私,我这里有手机店,刷花呗",
        "运费谁出、额度何时恢复,花呗客服说不急",
        pytest.param("显示器型号客f40 三米线", id="a letter before a short number"),
        pytest.param("同佢借咗花呗,仲要借嚟用,攞現金", id="Cantonese"),
        pytest.param("柜台验卡现结", id="sounds nearly like 养卡"),
        "老板吩咐取现五百块,急用",
        "去银行取💰五百块",
        "tg sijian_tao",
        "看 www.huabeitaoxian.com 的介绍",
        "@huabeitaoxian 说的",
        "hua1er5 tao4 yi4 tao4",
    ],
)
def test_honest_text_is_given_back_as_it_is(post: str) -> None:
    plain = normalize(post)
    text, ways = RESTORER.restore(plain)
    assert text is plain
    assert ways == ()


@pytest.mark.parametrize(
    "post",
    [
        pytest.param("請用卡付款,謝謝您", id="a traditional writer"),
        pytest.param("资訊用卡付费,现在办", id="a word with a traditional character"),
    ],
)
def test_traditional_characters_are_no_disguise_by_themselves(post: str) -> None:
    _, ways = RESTORER.restore(normalize(post))
    assert ways == ()


def test_a_restoration_points_at_what_the_author_wrote() -> None:
    post = "急!花❀呗陶.現,快"
    text, ways = RESTORER.restore(normalize(post))
    first, second = ways
    assert (first.written, first.term, second.written, second.term) == (
        "花❀呗",
        "花呗",
        "陶.現",
        "套现",
    )
    assert second.span == Span(5, 8)
    assert second.at.of(text.text) == "套现"
    assert text.span(second.at.start, second.at.end) == second.span
    assert [
        (change.before, change.after) for change in text.changes if change.step == "variant"
    ] == [("花❀呗", "花呗"), ("陶.現", "套现")]


def test_a_restored_character_points_at_its_own_part() -> None:
    text, _ = RESTORER.restore(normalize("套xian 5个点"))
    assert [text.span(at, at + 1) for at in range(2)] == [Span(0, 1), Span(1, 5)]


def test_a_verb_across_two_words_is_a_ghost_unless_credit_is_near() -> None:
    lexicon = Lexicon.load()
    posts = {"积极争取现在的机会": True, "花呗取现现在就到": False, "这里套现": False}
    for post, ghost in posts.items():
        found = lexicon.find(post)
        assert (RESTORER.without_ghosts(post, found) != found) is ghost, post


def test_a_reading_holds_the_restored_terms_and_their_facts() -> None:
    reading = Reader.load().read(Post("花❀呗陶.現,薇信:abc_12345"))
    assert {"group:credit_line", "group:cash_verb", "contact:wechat"} <= find_facts(reading)
    assert {"disguise:homophone", "restored:cash_verb"} <= find_facts(reading)
    assert "restored:credit_line" not in find_facts(reading)
    (contact,) = reading.contacts
    assert contact.span.of(reading.post.text) == "薇信:abc_12345"


def test_a_reading_of_plain_words_has_no_fact_of_disguise() -> None:
    facts = find_facts(Reader.load().read(Post("花呗套现秒到,加我")))
    assert not [fact for fact in facts if fact.startswith(("disguise:", "restored:"))]


def test_evidence_says_what_was_restored_and_how() -> None:
    reading = Reader.load().read(Post("花呗陶.現"))
    whole = Span(0, len(reading.text.text))
    said = explain_disguises(reading, whole)
    assert said == "; 陶.現 → 套现, homophone + inserted mark + traditional"
    assert explain_disguises(reading, Span(0, 1)) == ""


def test_ten_thousand_marks_between_two_characters_are_no_disguise() -> None:
    post = "花" + "❀" * 10_000 + "呗"
    assert restored(post) == normalize(post).text


_PIECES = st.sampled_from(
    [
        *"花呗套现白条陶掏贝线加微信客服电话 .,*❀🌸🍑\n。口贝亻言hbtx现金取争在5折点",
        "xian",
        "bei",
        "\u200b",
        "現",
        "Ｈ",
    ]
)
_POSTS = st.lists(_PIECES, max_size=24).map("".join) | st.text(max_size=40)


@settings(max_examples=300, deadline=None)
@given(_POSTS)
def test_spans_of_restored_text_slice_the_post_and_never_go_back(post: str) -> None:
    text, ways = RESTORER.restore(normalize(post))
    spans = [text.span(at, at + 1) for at in range(len(text.text))]
    assert all(0 <= span.start < span.end <= len(post) for span in spans)
    assert all(
        left.start <= right.start and left.end <= right.end for left, right in pairwise(spans)
    )
    for one in ways:
        assert one.at.of(text.text) == one.term
        assert one.span.of(post) == one.written


@settings(max_examples=300, deadline=None)
@given(_POSTS)
def test_restored_text_has_nothing_left_to_restore(post: str) -> None:
    text = restored(post)
    assert restored(text) == text
