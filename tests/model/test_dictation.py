from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha.contacts import find_contacts, find_numbers
from fanzha.digits import DIGIT_LETTERS, HAN_DIGITS, SOUNDED_DIGITS
from fanzha.figures import DRAWN_DIGITS, ROMAN_DIGITS
from fanzha.normalize import normalize

TOLD = [
    pytest.param("退款热线400中间671后四位8839", "400中间671后四位8839", "4006718839", id="middle"),
    pytest.param(
        "客服电话前三位400，后七位6718839", "400，后七位6718839", "4006718839", id="places counted"
    ),
    pytest.param("人工专线400打头，后面6718839", "400打头，后面6718839", "4006718839", id="head"),
    pytest.param(
        "致电先按400再按671接着按8839", "400再按671接着按8839", "4006718839", id="pressed"
    ),
    pytest.param(
        "热线：第一段400，第二段671，第三段8839",
        "400，第二段671，第三段8839",
        "4006718839",
        id="parts counted",
    ),
    pytest.param("电话0755横线8294空格6637", "0755横线8294空格6637", "075582946637", id="aloud"),
    pytest.param(
        "客服热线四零零中间六七一后面八八三九",
        "四零零中间六七一后面八八三九",
        "4006718839",
        id="numerals",
    ),
    pytest.param("联系手机158四个零2746", "158四个零2746", "15800002746", id="four noughts"),
    pytest.param("客服电话4双0-671-双839", "4双0-671-双839", "4006718839", id="doubled"),
    pytest.param("热线4两个零，671，双8，39", "4两个零，671，双8，39", "4006718839", id="pairs"),
    pytest.param(
        "热线：400  ——  671  ——  8839", "400  ——  671  ——  8839", "4006718839", id="wide marks"
    ),
    pytest.param("热线400÷671÷8839", "400÷671÷8839", "4006718839", id="divided"),
    pytest.param(
        "电、话、：、4、0、0、6、7、1、8、8、3、9、转",
        "4、0、0、6、7、1、8、8、3、9",
        "4006718839",
        id="everything parted",
    ),
    pytest.param(
        "客服\n\n电话\n\n4\n\n0\n\n0\n\n6\n\n7\n\n1\n\n8\n\n8\n\n3\n\n9",
        "4\n\n0\n\n0\n\n6\n\n7\n\n1\n\n8\n\n8\n\n3\n\n9",
        "4006718839",
        id="blank lines",
    ),
]
DRAWN = [
    pytest.param("打Ⅳ00-Ⅵ7Ⅰ-ⅧⅧ39", "Ⅳ00-Ⅵ7Ⅰ-ⅧⅧ39", "4006718839", id="Roman"),
    pytest.param("打ⅳoo ⅵⅶⅰ ⅷⅷⅲⅸ", "ⅳoo ⅵⅶⅰ ⅷⅷⅲⅸ", "4006718839", id="small Roman"),
    pytest.param("打4ØØ-671-8839", "4ØØ-671-8839", "4006718839", id="stroke"),
    pytest.param("打4⭕⭕6718839", "4⭕⭕6718839", "4006718839", id="ring"),
    pytest.param("打400⭕671⭕8839", "400⭕671⭕8839", "4006718839", id="ring as a mark"),
    pytest.param("打400-671-88Ɛ9", "400-671-88Ɛ9", "4006718839", id="turned E"),
    pytest.param("打400-671-88E9", "400-671-88E9", "4006718839", id="E"),
    pytest.param("打4②00-671-8839", "4②00-671-8839", "4006718839", id="circled as noise"),
    pytest.param("打①400②671③8839", "400②671③8839", "4006718839", id="circled bullets"),
    pytest.param("打❶0755❷8294❸6637", "0755❷8294❸6637", "075582946637", id="black bullets"),
    pytest.param("打④〇⓪-6柒1-88③九", "④〇⓪-6柒1-88③九", "4006718839", id="circled as digits"),
]
BACKWARDS = [
    pytest.param("9388-176-004（倒着拨）", "9388-176-004", "4006718839", id="behind"),
    pytest.param("（号码倒写）9388176004", "9388176004", "4006718839", id="before"),
    pytest.param(
        "1594 8026 371 反着念", "1594 8026 371", "17362084951", id="both could be dialled"
    ),
]


@pytest.mark.parametrize(("post", "written", "number"), [*TOLD, *DRAWN, *BACKWARDS])
def test_a_number_in_disguise_is_read_whole(post: str, written: str, number: str) -> None:
    (found,) = find_numbers(normalize(post))
    assert (found.text, found.number) == (written, number)
    assert found.span.of(post) == written


@pytest.mark.parametrize(
    "post",
    [
        "套餐前三个月400，后四个月6718，再打8折",
        "订单号前三位400，后七位6718839",
        "第一段400米，第二段671米，第三段8839米",
        "得分：4、0、0、6、7、1、8、8、3、9",
        "双色球开奖 4、0、0、6、7、1、8、8、3、9",
        "账号：4\n\n0\n\n0\n\n6\n\n7\n\n1\n\n8\n\n8\n\n3\n\n9",
        "400÷671÷8839等于多少",
        "1.e4e5 2.Nf3Nc6 3.Bb5a6 4.Ba4Nf6",
        "高数第Ⅳ00页，Ⅵ71题",
        "①400克②671克③8839克",
        "买了四个苹果双11花了158块2746积分",
        "Ⅲ型 6718 Ⅳ期 8839",
        "⭕400⭕671分",
        "i5-400E 671 8839",
        "从前往后数第400再数671然后8839步",
    ],
)
def test_lists_scores_prices_and_ids_are_no_numbers(post: str) -> None:
    assert find_numbers(normalize(post)) == ()


@pytest.mark.parametrize(
    ("post", "numbers"),
    [
        ("电话0571-8294-6637，再按1转人工", ["057182946637"]),
        ("①95188②95588③95533", ["95188", "95588", "95533"]),
        ("热线400-671-8839，后面是95188", ["4006718839", "95188"]),
        ("手机15800002746，尾号2746", ["15800002746"]),
        ("热线400-671-8839，倒过来也能记", ["4006718839"]),
        ("从国外打0082-10-5521-3346", ["00821055213346"]),
    ],
)
def test_what_stands_beside_a_number_leaves_it_as_it_is(post: str, numbers: list[str]) -> None:
    assert [found.number for found in find_numbers(normalize(post))] == numbers


_DIGIT_SIGNS = frozenset(
    f"{HAN_DIGITS}{SOUNDED_DIGITS}{DIGIT_LETTERS}{DRAWN_DIGITS}{ROMAN_DIGITS}eo零〇"
    + f"{DIGIT_LETTERS}{DRAWN_DIGITS}{ROMAN_DIGITS}eo".upper()
)


def signs_of(written: str) -> int:
    """Count the signs that give digits."""
    return sum(
        sign in _DIGIT_SIGNS or unicodedata.digit(sign, None) is not None for sign in written
    )


@given(
    st.lists(
        st.sampled_from(
            [*"00112346789", *"零零八二三一九四幺〇", *"①②③④❶❷", *"ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅲ", *"Ø⭕ɛEoOlz",
             *"-- ,，、。 \n", "400", "00", "138", "0571", "客服电话", "打", "中间", "后四位",
             "再拨", "倒着拨", "灵", "吧", "伞"]
        ),
        max_size=24,
    ).map("".join)
)  # fmt: skip
def test_no_digit_of_a_number_is_invented(post: str) -> None:
    for found in find_numbers(normalize(post)):
        assert len(found.number) <= signs_of(found.text), found


def test_noughts_at_the_beginning_are_told_once() -> None:
    (found,) = find_numbers(normalize("客服电话零零六七一八八三九"))
    assert found.number == "006718839"


@pytest.mark.parametrize(
    "post", ["[url=http://a.example]花园[/url]", "[http://a.example]", "见[www.a.example]"]
)
def test_a_bracket_is_no_part_of_a_link(post: str) -> None:
    assert find_contacts(normalize(post))[0].value.removeprefix("www.") == "a.example"
