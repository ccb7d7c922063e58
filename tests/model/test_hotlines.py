import pickle

import pytest

from fanzha.contacts import find_numbers
from fanzha.errors import InputError
from fanzha.hotlines import Hotline, judge, look_up
from fanzha.normalize import normalize
from fanzha.numbering import Numbering
from fanzha.organisations import Organisations
from fanzha.registry import Registry

REGISTRY = Registry.load()
PLAN = Numbering.load()
NAMES = Organisations.load(REGISTRY)


def hotlines(post: str) -> tuple[Hotline, ...]:
    text = normalize(post)
    return judge(text, find_numbers(text), REGISTRY, PLAN, NAMES)


@pytest.mark.parametrize(
    ("post", "status", "brand", "claimed"),
    [
        pytest.param("抖音官方客服：400-6455-566", "unlisted", "抖音", True, id="unlisted"),
        pytest.param("抖音官方客服：9510211", "other_brand", "抖音", True, id="other brand"),
        pytest.param("抖音客服95152", "official", "抖音", True, id="official"),
        pytest.param("飞猪客服9510211", "official", "飞猪", True, id="same group"),
        pytest.param("顺丰赔付专线：955388", "malformed", "顺丰速运", True, id="malformed"),
        pytest.param("浦发老号400-820-8788", "official", "浦发银行", True, id="legacy"),
        pytest.param("支付宝打0571-95188", "official", "支付宝", True, id="area code"),
        pytest.param("恒润净水器服务热线 400-022-5193", "unknown_brand", None, True, id="a firm"),
        pytest.param("二手车找我18700005816", "unknown_brand", None, False, id="a person"),
        pytest.param("投诉拼多多可打12315", "official", "消费者投诉", True, id="public line"),
        pytest.param("报警110", "official", "公安报警", True, id="110"),
        pytest.param("支付保退款加急 400-270-1186", "unlisted", "支付宝", True, id="misspelt"),
        pytest.param("还呗专员16400027718", "malformed", "还呗", True, id="no such mobile"),
    ],
)
def test_a_number_gets_its_status(post: str, status: str, brand: str | None, claimed: bool) -> None:
    (found,) = hotlines(post)
    assert (found.status, found.brand, found.claimed) == (status, brand, claimed)
    assert found.why.endswith(".")


@pytest.mark.parametrize(
    "post",
    [
        pytest.param("021-3100-7718打来说我京东白条要注销，是真的吗？", id="question"),
        pytest.param("有人冒充抖音客服让回拨400-6455-566，请勿拨打", id="warning"),
        pytest.param("0755-2933 6071别接，京东退费的骗子", id="do not answer"),
        pytest.param("这个400-233-7789自称唯品会，真假", id="true or false"),
        pytest.param("收件员李伟（电话 13500009126）将于10点取件【顺丰速运】", id="courier"),
        pytest.param("【蜀巷火锅】订位热线023-6770 1182", id="restaurant"),
        pytest.param("京东商城950618，京东金融95118，京东快递950616", id="true list"),
        pytest.param("联通10010，移动10086，电信10000都能转人工", id="operators"),
    ],
)
def test_a_post_without_a_false_claim_has_no_suspicious_number(post: str) -> None:
    found = hotlines(post)
    assert found
    assert not any(hotline.suspicious for hotline in found)


@pytest.mark.parametrize(
    ("number", "claimed_for", "status"),
    [
        ("400-000-9518", "支付宝", "unlisted"), ("400-006-6666", "快手", "unlisted"),
        ("400-056-9519", "微粒贷", "unlisted"), ("4006668800", "美团外卖", "other_brand"),
        ("4008888811", "百信银行", "other_brand"), ("95527", "南京银行", "other_brand"),
        ("95571", "徽商银行", "other_brand"), ("95526", "华夏银行", "other_brand"),
        ("95337", "宁波银行", "other_brand"), ("95537", "浦发银行", "other_brand"),
        ("95511", "华夏银行", "other_brand"), ("400-880-5535", "招商银行", "unlisted"),
        ("400-6455-566", "抖音", "unlisted"),
    ],
)  # fmt: skip
def test_wrong_attributions_of_the_web_are_seen(number: str, claimed_for: str, status: str) -> None:
    (found,) = hotlines(f"{claimed_for}客服电话{number}")
    assert (found.status, found.suspicious) == (status, True)


def test_the_official_numbers_and_the_owner_are_named() -> None:
    (found,) = hotlines("拨打抖音官方客服热线：9510211")
    assert found.official_numbers[0] == "95152"
    assert "淘宝" in found.why
    assert found.source


def test_a_pretext_makes_a_claimed_line_of_nobody_suspicious() -> None:
    (fake,) = hotlines("保证金可退，账户已冻结，解冻专线4001902276，先缴解冻费")
    (shop,) = hotlines("恒润净水器售后服务热线4001902276")
    assert (fake.status, fake.pretext, fake.suspicious) == ("unknown_brand", True, True)
    assert (shop.pretext, shop.suspicious) == (False, False)


def test_the_topic_of_a_text_counts_more_than_a_passing_name() -> None:
    post = "抖音像支付宝。\n抖音打官方客服：9510211\n电话：9510211（24小时）"
    assert [found.brand for found in hotlines(post)] == ["抖音", "抖音"]


def test_no_number_gives_no_hotline_and_names_are_built_when_left_out() -> None:
    text = normalize("抖音客服95152")
    assert judge(text, (), REGISTRY, PLAN) == ()
    (found,) = judge(text, find_numbers(text), REGISTRY, PLAN)
    assert found.status == "official"


def test_registry_and_plan_pickle_for_workers() -> None:
    registry, plan = pickle.loads(pickle.dumps((REGISTRY, PLAN)))
    assert registry.entries("95152") == REGISTRY.entries("95152")
    assert plan.read("95152") == PLAN.read("95152")


@pytest.mark.parametrize(
    ("number", "brand", "status", "name"),
    [
        pytest.param("9510211", "抖音", "other_brand", "抖音", id="another company's"),
        pytest.param("95152", "抖音月付", "official", "抖音", id="by alias"),
        pytest.param("+86 400-645-5566", "抖音", "unlisted", "抖音", id="unlisted"),
        pytest.param("955889", "工行", "malformed", "工商银行", id="malformed"),
        pytest.param("9510211", None, "official", "淘宝", id="whose is it"),
        pytest.param("400-645-5566", None, "unknown_brand", None, id="nobody's"),
        pytest.param("400-645-5566", "没有这家", "unknown_brand", "没有这家", id="unknown company"),
    ],
)
def test_a_number_is_looked_up_for_a_brand(
    number: str, brand: str | None, status: str, name: str | None
) -> None:
    found = look_up(number, brand, REGISTRY, PLAN)
    assert (found.status, found.brand) == (status, name)
    assert found.why.endswith(".")


def test_a_lookup_without_digits_is_refused() -> None:
    with pytest.raises(InputError, match="no digits"):
        look_up("客服", "抖音", REGISTRY, PLAN)
