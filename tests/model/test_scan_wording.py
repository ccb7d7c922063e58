from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha.post import Span
from fanzha.scan.wording import LEAST_WORDING_CHARS, Wordings, restorations, wording_of
from scan_lines import line, scanned

AD = "抖音月付官方客服电话{}，退款注销请找人工专席"
LONG_AD = "花呗白条分付月付额度当天变现，扣点最低，秒回本金，诚信第一，十年老店，外地也可以做"


def wording(number: str, text: str = AD) -> str | None:
    written = text.format(number)
    start = written.index(number)
    return wording_of(written, [Span(start, start + len(number))])


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(wording("4000000002"), id="another number"),
        pytest.param(wording("400-000-0002"), id="written otherwise"),
        pytest.param(wording("tx_888"), id="a chat id"),
        pytest.param(
            wording("4000000002", AD.replace("，", "， 3 ")), id="other digits and spaces"
        ),
        pytest.param(wording("4000000002", AD.replace("官", "\u200b官")), id="a zero-width sign"),
        pytest.param(wording("4000000002", AD.replace("电话", "電話")), id="traditional script"),
        pytest.param(wording("4000000002", AD.replace("，", "❤️‼️～")), id="other marks and emoji"),
    ],
)
def test_posts_worded_alike_have_one_wording(other: str | None) -> None:
    assert wording("4000000001") == other is not None


def test_other_words_are_another_wording() -> None:
    assert wording("4000000001") != wording("4000000001", AD.replace("退款", "理赔"))


def test_a_few_letters_are_no_wording() -> None:
    assert wording("4000000001", "联系电话{}") is None
    assert wording_of("花" * LEAST_WORDING_CHARS, []) is not None


def test_overlapping_and_unsorted_spans_are_cut_once() -> None:
    text = AD.format("400-000-0001")
    at = text.index("4")
    spans = [Span(at + 4, at + 12), Span(at, at + 12)]
    assert wording_of(text, spans) == wording("4000000001")


def test_a_disguised_term_is_read_as_its_verdict_says() -> None:
    verdict = {
        "normalizations": [
            {"step": "variant", "start": 2, "end": 6, "from": "套 xian", "to": "套现"},
            {"step": "width", "start": 0, "end": 1, "from": "花", "to": "花"},
        ]
    }
    restored = list(restorations(verdict))
    assert restored == [(Span(2, 6), "套现")]
    plain = wording_of("花呗套现，诚信可靠，当天到账", [])
    assert wording_of("花呗陶 xi，诚信可靠，当天到账", [], restored) == plain


@pytest.mark.parametrize(
    ("other", "near"),
    [
        pytest.param(LONG_AD + "，欢迎咨询", True, id="a few words more"),
        pytest.param(LONG_AD.replace("诚信第一", "信誉保证"), True, id="a few words changed"),
        pytest.param("十年老店，" + LONG_AD.replace("，十年老店", ""), True, id="another order"),
        pytest.param(
            "老王五金店，螺丝批发，周末照常开门，欢迎街坊来坐坐", False, id="another post"
        ),
        pytest.param("花呗白条都能做，扣点面议，加我微信聊", False, id="the same trade"),
    ],
)
def test_near_duplicates_have_one_leader(other: str, near: bool) -> None:
    wordings = Wordings()
    for text in (LONG_AD, other):
        found = wording_of(text, [])
        assert found is not None
        wordings.add(found)
    assert wordings.leaders().tolist() == [0, 0 if near else 1]


def test_an_equal_wording_has_the_same_number() -> None:
    wordings = Wordings()
    numbers = [wordings.add(one * LEAST_WORDING_CHARS) for one in ("甲乙", "丙丁", "甲乙")]
    assert numbers == [0, 1, 0]
    assert len(wordings) == 2


def test_a_text_that_is_reworded_step_by_step_does_not_join_its_ends() -> None:
    signs = [chr(0x4E00 + n) for n in range(400)]
    wordings = Wordings()
    for start in range(0, 300, 10):
        wordings.add("".join(signs[start : start + 60]))
    leaders = wordings.leaders()
    assert leaders[0] != leaders[-1]
    assert np.bincount(leaders).max() <= 5


def test_thousands_of_variants_are_one_group() -> None:
    wordings = Wordings()
    for number in range(3000):
        wordings.add(LONG_AD.replace("，", "") + chr(0x4E00 + number) * 2)
    assert not wordings.leaders().any()


def test_no_wordings_have_no_leaders() -> None:
    assert Wordings().leaders().shape == (0,)


@given(st.lists(st.text("花呗套现白条", min_size=LEAST_WORDING_CHARS, max_size=30), max_size=20))
def test_a_leader_comes_first_and_leads_itself(texts: list[str]) -> None:
    wordings = Wordings()
    for text in texts:
        wordings.add(text)
    leaders = wordings.leaders()
    assert (leaders <= np.arange(len(leaders))).all()
    assert (leaders[leaders] == leaders).all()


def test_contacts_of_another_field_cut_nothing_out_of_the_text() -> None:
    text = "花呗白条套现秒到账诚信可靠联系"
    one = line("a", text)
    one["hotlines"] = line("a", "4000000001", "4000000001")["hotlines"]
    one["hotlines"][0]["field"] = "title"
    assert scanned([one])[0].wording() == text


def test_a_title_without_a_text_is_the_wording() -> None:
    title = "花呗白条套现秒到账诚信可靠联系4000000001"
    one = line("a", title, "4000000001") | {"text": "", "title": title}
    for found in (*one["hotlines"], *one["evidence"]):
        found["field"] = "title"
    assert scanned([one])[0].wording() == "花呗白条套现秒到账诚信可靠联系"


def test_markup_and_quotations_are_no_wording() -> None:
    text = (
        "[quote]别人说的话都在这里引用了[/quote][color=red]花呗白条套现秒到账诚信可靠联系[/color]"
    )
    assert scanned([line("a", text)])[0].wording() == "花呗白条套现秒到账诚信可靠联系"
