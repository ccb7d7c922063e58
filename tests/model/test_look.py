from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fanzha.bundle import Bundle
from fanzha.contacts import find_contacts, find_numbers
from fanzha.look import ALOUD, CHANGED, CONTACTS, LEAD, MASKED, NUMBERS, NUMERALS, TRACE
from fanzha.masking import find_masked_values
from fanzha.normalize import normalize
from fanzha.post import Post
from fanzha.reading import Reader
from fanzha.results import Sights
from fanzha.screen import Screen

READER = Reader.load()
RESTORER = READER._restorer
PIECES = st.lists(
    st.one_of(
        st.text(st.characters(), max_size=4),
        st.text("0123456789０９①⑤四五六七八九〇零百一二oils.-  ()，", min_size=1, max_size=12),
        st.text("陶现花贝套桃线规套出取刷微薇白条月付呗，。 .❀+的了🌸", min_size=1, max_size=6),
        st.sampled_from(
            [
                *("客服", "打", "电话", "加微信", "微", "vx:", "q：", "tg", "http://", "www.", "@"),
                *("ab点com", "6677", "·top", " 。 ", "丶", "点", "cc", "xyz"),
                *(".com", "拨110", "95-5", "一百八六", "倒着", "四百", "死灵灵", "开头后面接"),
                *(
                    "前三位400",
                    "后七位",
                    "中间",
                    "再拨",
                    "空格",
                    "四个零",
                    "双8",
                    "倒写",
                    "ⅣⅧ",
                    "4①00",
                ),
                *("①400②823③1991", "4ØØ", "⭕", "82E", "ɛ", "\n\n", "÷", "打头", "第二段"),
                *("abcde", "tx_88", "٤٠٠", "163.", "t.me/", "4.0.0.", "11", "961", "400打8", "***"),
                *("tao现", "hb", "T现", "口贝", "现套", "套个现", "花x呗", "𣎴", "亻言用", "5个点"),
                *(
                    "，\n",
                    "，x，",
                    "xxx",
                    "【电话】",
                    "蕔",
                    "美团月付",
                    "美国月付",
                    "客服好电",
                    "㊕",
                ),
            ]
        ),
    ),
    max_size=10,
).map("".join)

DIALLED = st.sampled_from(
    [
        "4008123456", "138，1234，5678", "13812345678", "01012345678", "0571-8765432",
        "95588", "1010123", "10086",
        "1998-12-3", "8613812345678", "852-12345678", "110", "12345678", "123 4567", "96 110",
    ]
)  # fmt: skip
WRITINGS = dict(
    zip("0123456789", ("0〇零oO０Ø⭕", "1一壹幺il①Ⅰ", "2二贰两②zⅡ", "3三叁зEⅢ", "4四肆Ⅳ",
                       "5五伍s⑤Ⅴ", "6六陆ⅵ", "7七柒拐Ⅶ", "8八捌bⅧ", "9九玖勾⑨Ⅸ"), strict=True)
)  # fmt: skip
BETWEEN = st.sampled_from(
    ["", "", "", " ", "-", ".", "，", "、", "\n", "|", "然后", "一", "再拨", "\n\n", "      ", "÷"]
)
# What may stand between the groups of a number that is told.
TOLD = st.sampled_from(
    ["", "", "-", "中间", "，后四位", "再拨", "打头 ", "第二段", "横线", "空格", "②", "①",
     "最后面的", "  ——  ", "÷", "接着按", "\n\n", "E", "双", "三个", "，加上"]
)  # fmt: skip
WORDS = st.sampled_from(
    ["拨打", "热线：", "报警", "电话\n", "加v", "v❤", "abcqq id", "qq：", "扣", "群", "倒着",
     "百", "+", "a", "school", "客服电话：", "号码倒写", "反着念", "个", "①", "年", "，"]
)  # fmt: skip


@st.composite
def numbers(draw: st.DrawFn) -> str:
    """Draw a number in some writing, among words that lead to one or elsewhere."""
    plain = draw(DIALLED)
    between = draw(BETWEEN)
    odd = draw(st.integers(0, 2))
    signs = [
        draw(st.sampled_from(WRITINGS[sign])) if odd and sign in WRITINGS else sign
        for sign in plain
    ]
    if draw(st.booleans()):
        between = ""
        signs = [sign + (draw(TOLD) if draw(st.integers(0, 3)) == 0 else "") for sign in signs]
    return draw(WORDS) + between.join(signs) + draw(WORDS)


def look(posts: list[str], screen: Screen | None = None) -> Sights:
    sights = READER.look(posts, None if screen is None else screen.handle)
    assert sights is not None
    return sights


@pytest.fixture(scope="module")
def screen(small_bundle: Path) -> Screen:
    made = Bundle.load(small_bundle).screen
    assert made is not None
    return made


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(posts=st.lists(PIECES, min_size=1, max_size=4))
def test_nothing_stands_where_a_look_sees_nothing(posts: list[str]) -> None:
    for post, seen in zip(posts, look(posts).seen, strict=True):
        text = normalize(post)
        assert seen & NUMBERS or not find_numbers(text)
        assert seen & CONTACTS or not find_contacts(text)
        assert seen & MASKED or not find_masked_values(text.text)
        assert seen & (TRACE | LEAD) or not RESTORER.restore(text)[1]
        assert seen & (CHANGED | NUMERALS) or text.text == post


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(posts=st.lists(st.one_of(numbers(), PIECES), min_size=1, max_size=4))
def test_numbers_and_ids_in_any_writing_are_seen(posts: list[str]) -> None:
    for post, seen in zip(posts, look(posts).seen, strict=True):
        text = normalize(post)
        found = find_numbers(text)
        assert seen & NUMBERS or not found
        assert seen & ALOUD or find_numbers(text, aloud=False) == found
        assert seen & CONTACTS or not find_contacts(text)


def test_symbols_are_few_enough_for_the_kernel_to_compare_them_as_signed() -> None:
    assert RESTORER.look.handle.tables.n_symbols < 0x8000


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(posts=st.lists(st.one_of(numbers(), PIECES), max_size=4))
def test_the_kernel_folds_as_normalize_does(posts: list[str]) -> None:
    assert RESTORER.look.normalize(posts, look(posts).seen) == list(map(normalize, posts))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(post=PIECES)
def test_leads_end_at_the_candidates_of_a_search_of_everything(post: str) -> None:
    sights = look([post])
    text = normalize(post)
    found = None
    if not (sights.seen[0] & TRACE or sights.crowded or text.text != post):
        found = RESTORER.look.candidates(text, sights.leads)
    assert found is None or found == RESTORER._search(text)[0]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(post=PIECES)
def test_no_word_is_torn_where_a_search_sees_no_tear(post: str) -> None:
    text = normalize(post)
    _, tears = RESTORER._search(text)
    assert tears or not RESTORER._torn.find(text.text)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(post=st.one_of(PIECES, numbers()))
def test_what_is_seen_does_not_hang_on_how_much_stands_before(post: str) -> None:
    # The kernel takes 64 signs at once.
    n_before = range(40, 40 + 130)
    look([post])
    sights = look(["啊" * n + "\n" + post for n in n_before])
    leads: list[list[tuple[int, int]]] = [[] for _ in n_before]
    for lead in sights.leads:
        leads[lead.post].append((lead.number, lead.first - n_before[lead.post]))
    assert len(set(sights.seen)) == 1
    assert all(some == leads[0] for some in leads)


@pytest.mark.parametrize(
    ("post", "number"),
    [
        ("拨打\n110", "110"), ("热线:⓵120", "120"), ("电话：95|4号", "954"),
        ("打１0１0.123|з", "10101233"), ("电话一一零 一一九", "110"), ("四百8123456", "4008123456"),
        ("热线:955五百", "9555"),
    ],
)  # fmt: skip
def test_numbers_beside_counters_and_line_ends_are_seen(post: str, number: str) -> None:
    assert number in [found.number for found in find_numbers(normalize(post))]
    assert look([post]).seen[0] & NUMBERS


@pytest.mark.parametrize(
    ("post", "what"),
    [
        ("你好1tgabcdef", CONTACTS), ("zv❤iabcqq", CONTACTS), ("abcqq id12345", CONTACTS),
        ("5telegramabcdef", CONTACTS), ("找a-vxabcd12", CONTACTS),
        ("加weixln abc1234", CONTACTS), ("联系[手机号]", MASKED), ("<contact>", MASKED),
        ("打x-x-x", MASKED), ("找xxx吧", MASKED), ("去bet7点com玩", CONTACTS),
        ("a9 。 top", CONTACTS), ("67659·vip", CONTACTS), ("ab丶cc", CONTACTS),
    ],
)  # fmt: skip
def test_what_hides_in_letters_and_brackets_is_seen(post: str, what: int) -> None:
    text = normalize(post)
    found = find_contacts(text) if what == CONTACTS else find_masked_values(text.text)
    assert found
    assert look([post]).seen[0] & what


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(post=PIECES)
def test_a_closer_look_restores_what_a_search_of_everything_does(post: str) -> None:
    (glance,) = READER.glance([Post(post)])
    text, restored = RESTORER.restore(normalize(post))
    assert (glance.text, glance.restored) == (text, restored)
    assert glance.numbers == find_numbers(text)
    assert glance.contacts == find_contacts(text)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(posts=st.lists(PIECES, min_size=1, max_size=4))
def test_what_is_seen_and_estimated_does_not_hang_on_neighbours(
    screen: Screen, posts: list[str]
) -> None:
    look(posts)
    many, alone = look(posts, screen), [look([post], screen) for post in posts]
    assert list(many.seen) == [one.seen[0] for one in alone]
    assert many.log_odds.tolist() == [one.log_odds[0].tolist() for one in alone]


@pytest.mark.parametrize(
    "post",
    ["", "\ud800", "\ud800\udfff", "\U0010ffff", "字" * 100_000, "1" * 100_000, "ﷺ" * 3000],
    ids=["empty", "surrogate", "pair", "last", "long", "digits", "expanding"],
)
def test_odd_posts_are_looked_at(screen: Screen, post: str) -> None:
    sights = look([post, "花呗套现"], screen)
    assert np.isfinite(sights.log_odds).all()
    assert sights.log_odds[1].tolist() == look(["花呗套现"], screen).log_odds[0].tolist()


@pytest.mark.parametrize(
    "text",
    [
        "今天食堂的红烧肉不错", "2019年的事了", "打了8折，300块", "a股今天涨3.5%", "一个一个来",
        "治愈50多例，死了4个", "nice google summer", "美国人都这样", "买了【新】的", "五六个人",
        "谢谢大家[微笑]", "这newbee在whitewash什么", "x光片很清楚", "1957年", "2019-10-12 21:07",
        "我bilibili上看的", "身高170，体重130", "0.0001", "一个120分", "一百零六", "2811437428",
        "the fbi", "5.5，6.5，7.5", "他是唯一一个在家的", "满分!!给你", "不喜欢,好,性格",
        "借——光，他说", "进入网络聊天中", "这才是仙女，", "个人带孩子", "大部分上海人",
    ],
)  # fmt: skip
def test_ordinary_words_prices_and_years_are_not_looked_at_closer(text: str) -> None:
    look([text])
    assert not look([text]).seen[0] & ~CHANGED


@pytest.mark.parametrize(
    ("text", "same"),
    [
        pytest.param("扣5个点", "扣8个点", id="another digit"),
        pytest.param("13812345678", "0000", id="digits beyond the fourth"),
        pytest.param("加我！！！！！！", "加我！！！", id="signs beyond the third"),
        pytest.param("花呗\n\n 套现", "花呗 套现", id="blanks"),
        pytest.param("ＨＢ套現", "hb套现", id="spelling"),
    ],
)
def test_what_says_nothing_more_is_left_out_of_the_estimate(
    screen: Screen, text: str, same: str
) -> None:
    (one, n_signs), (other, n_others) = (
        (found[0], n.tolist())
        for found, n in (READER.columns([post], screen.handle) for post in (text, same))
    )
    assert (one.tolist(), n_signs) == (other.tolist(), n_others)


def test_a_writing_is_followed_where_no_words_explain_it() -> None:
    look(["网络聊天"])
    sights = look(["进入网络聊天中", "美女络聊"])
    assert [bool(seen & LEAD) for seen in sights.seen] == [False, True]


def test_more_leads_than_there_is_room_for_are_all_followed() -> None:
    posts = ["陶现" * 400]
    assert look(posts).seen[0] & (TRACE | LEAD)
    (glance,) = READER.glance([Post(post) for post in posts])
    assert glance.restored == RESTORER.restore(normalize(posts[0]))[1]


def test_without_a_kernel_every_post_is_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    posts = ["加薇❤：tx_8888", "陶现秒到 花呗", "今天食堂的红烧肉不错", "打9510211问问"]
    quick = READER.glance([Post(post) for post in posts])
    monkeypatch.setattr("fanzha.look.load_kernel", lambda: None)
    assert READER.look(posts) is None
    assert READER.glance([Post(post) for post in posts]) == quick


def test_a_pickled_reader_sees_the_same() -> None:
    posts = ["加薇❤：tx_8888", "陶现秒到 花呗"]
    other = pickle.loads(pickle.dumps(RESTORER.look)).see(posts)
    assert other.seen == look(posts).seen


def test_a_long_post_is_not_searched_whole_for_what_it_is_long() -> None:
    # Each of these is a lead, and so are many honest pairs of a long text.
    sights = RESTORER.look.see(["花❀呗套个现，" * 2000])
    assert sights is not None
    assert len(sights.leads) > 2000
    assert not sights.crowded
