import pytest

from fanzha.dialling import LOOK_CHARS, is_dialled


@pytest.mark.parametrize(
    ("shape", "digits", "left", "right", "expected"),
    [
        pytest.param("free", "4006455566", "", "", True, id="a 400 number needs no word"),
        pytest.param("free", "4006455566", "单号", "", False, id="parcel"),
        pytest.param("mobile", "13800006629", "", "元", False, id="price"),
        pytest.param("code", "95188", "积分", "", False, id="points"),
        pytest.param("code", "95188", "", "", True, id="code"),
        pytest.param("code", "12000", "涨到", ",换手机", False, id="round figure"),
        pytest.param("code", "12000", "打", "", True, id="round figure called"),
        pytest.param("public", "10000", "打", "问", True, id="the one round line"),
        pytest.param("public", "12163", "花呗余额", "", False, id="no line of 121"),
        pytest.param("public", "12163", "花呗客服", "", True, id="called all the same"),
        pytest.param("public", "12122", "高速上", "", True, id="a line of 121"),
        pytest.param("public", "10086", "", "楼", False, id="floor"),
        pytest.param("public", "12345", "已在", "登记", True, id="registered there"),
        pytest.param("public", "12306", "打", "上午没人接", True, id="called in the morning"),
        pytest.param("public", "12306", "登录", "", False, id="site"),
        pytest.param("public", "12306", "【", "】您", False, id="sender of a text message"),
        pytest.param("code", "95188", "请拨打【", "】", True, id="brackets around"),
        pytest.param("emergency", "112", "59、23.8、", ",她", False, id="amount"),
        pytest.param("emergency", "119", "110、", "", True, id="list of emergency numbers"),
        pytest.param("local", "66210837", "订餐", "", True, id="local with a word"),
        pytest.param("local", "66210837", "我有", "", False, id="local without"),
        pytest.param("wrong", "400820555", "客服", " 24小时", True, id="hours behind"),
        pytest.param("wrong", "400820555", "客服", " 3312", False, id="more digits behind"),
        pytest.param("listed", "4006455566", "拨打", "", True, id="commas, called"),
        pytest.param("listed", "4006455566", "数列", "", False, id="commas, a series"),
    ],
)
def test_the_words_beside_a_run_tell_whether_it_is_dialled(
    shape: str, digits: str, left: str, right: str, *, expected: bool
) -> None:
    assert is_dialled(shape, digits, left, right) is expected


def test_a_bracket_far_into_a_text_is_no_sender() -> None:
    left = "客" * (LOOK_CHARS - 1) + "【"
    assert is_dialled("code", "95188", left, "】")
