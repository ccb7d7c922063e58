import pytest

from fanzha.post import Span
from fanzha.voices import (
    around,
    is_bait,
    is_branch,
    is_equated,
    is_firm,
    is_others,
    is_personal,
    is_service,
    is_voiced,
)

NUMBER = "0571-88031127"


def place(text: str) -> Span:
    start = text.index(NUMBER)
    return Span(start, start + len(NUMBER))


@pytest.mark.parametrize(
    ("judge", "text", "expected"),
    [
        pytest.param(is_firm, f"售后热线{NUMBER}", True, id="service line"),
        pytest.param(is_firm, f"店里电话{NUMBER}", False, id="a shop's telephone"),
        pytest.param(is_personal, f"找我{NUMBER}", True, id="me"),
        pytest.param(is_personal, f"官方客服专员小王{NUMBER}", False, id="company's voice"),
        pytest.param(is_personal, f"官方专员，我手机{NUMBER}", True, id="my own, whatever else"),
        pytest.param(is_branch, f"翠苑支行大堂{NUMBER}", True, id="branch"),
        pytest.param(is_branch, f"总部风控组{NUMBER}", False, id="department"),
        pytest.param(is_branch, f"解除非柜面限制致电{NUMBER}", False, id="no counter"),
        pytest.param(is_voiced, f"认证科{NUMBER}", True, id="department's voice"),
        pytest.param(is_voiced, f"老王{NUMBER}", False, id="a name"),
        pytest.param(is_service, f"请拨打{NUMBER}", True, id="please call"),
        pytest.param(is_service, f"序列{NUMBER}", False, id="no word of service"),
        pytest.param(is_equated, f"两家合并，客服{NUMBER}", True, id="merged"),
        pytest.param(is_equated, f"客服{NUMBER}", False, id="one company"),
        pytest.param(is_bait, f"国家撤销窗口{NUMBER}", True, id="office"),
        pytest.param(is_bait, f"财务室登记{NUMBER}", False, id="a school's own desk"),
    ],
)
def test_words_beside_a_number_tell_whose_it_is(judge, text: str, *, expected: bool) -> None:
    assert judge(text, place(text)) is expected


def test_the_words_around_end_with_the_sentence() -> None:
    text = f"上一句。客服{NUMBER}在线"
    assert around(text, place(text)) == ("客服", "在线")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(f"招行旁边店里{NUMBER}", True, id="next door"),
        pytest.param(f"招行{NUMBER}", False, id="nothing between"),
        pytest.param(f"酒店旁招行客服{NUMBER}", False, id="before the name"),
    ],
)
def test_words_behind_a_name_may_make_the_number_somebody_elses(
    text: str, *, expected: bool
) -> None:
    start = text.index("招行")
    assert is_others(text, Span(start, start + 2), place(text)) is expected
