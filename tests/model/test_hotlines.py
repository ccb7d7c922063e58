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
        pytest.param("花呗 12345", "official", "政务服务便民热线", True, id="no company's"),
        pytest.param("抖音客服打12315", "official", "消费者投诉", True, id="beside a company"),
        pytest.param("报警110", "official", "公安报警", True, id="110"),
        pytest.param("支付保退款加急 400-270-1186", "unlisted", "支付宝", True, id="misspelt"),
        pytest.param("支付宝客服电话12163", "malformed", "支付宝", True, id="no such 121 line"),
        pytest.param("飞猪改签95010转2", "other_brand", "飞猪", True, id="a bare code"),
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
        pytest.param("花呗余额 12163", id="a balance"),
        pytest.param("京东白条 12134", id="a figure behind a name"),
        pytest.param("支付宝余额95516", id="a balance like a code"),
        pytest.param("花呗还欠 12306", id="a debt like a line"),
        pytest.param("联通10010，移动10086，电信10000都能转人工", id="operators"),
        pytest.param("满仓宝资金徽商银行直接存管，客服电话400-022-5193", id="keeps the money"),
        pytest.param("新客注册送100元京东卡，咨询客服热线400-022-5193", id="a prize"),
        pytest.param("农行客服95599中石化客服95388", id="everyday short name"),
        pytest.param(
            "快充宝，支持支付宝、微信、银行卡付款，故障找客服热线400-022-5193", id="means of paying"
        ),
        pytest.param(
            "加油宝，平安银行的卡充值有优惠。加油宝服务专线400-022-5193，投诉也可打12315",
            id="own name",
        ),
    ],
)
def test_a_post_without_a_false_claim_has_no_suspicious_number(post: str) -> None:
    found = hotlines(post)
    assert found
    assert not any(hotline.suspicious for hotline in found)


WRONG_ON_THE_WEB = [
    ("400-000-9518", "支付宝", "unlisted"), ("400-006-6666", "快手", "unlisted"),
    ("400-056-9519", "微粒贷", "unlisted"), ("4008888888", "淘宝", "other_brand"),
    ("4008895539", "微众银行", "unlisted"), ("4008218888", "网商银行", "unlisted"),
    ("4006668800", "美团外卖", "other_brand"), ("4008888811", "百信银行", "other_brand"),
    ("95527", "南京银行", "other_brand"), ("95571", "徽商银行", "other_brand"),
    ("95526", "华夏银行", "other_brand"), ("95337", "宁波银行", "other_brand"),
    ("95537", "浦发银行", "other_brand"), ("95312", "江苏银行", "unlisted"),
    ("95511", "华夏银行", "other_brand"), ("400-880-5535", "招商银行信用卡", "unlisted"),
    ("400-6455-566", "抖音", "unlisted"),
]  # fmt: skip
FRAMES = {
    "label": "{brand}客服电话{number}",
    "heading": "{brand}官方客服\n☎ {number}",
    "table row": "| {brand} | {number} | 9:00-22:00 |",
    "question and answer": "问：{brand}怎么转人工\n答：{number}，按0",
    "number first": "打{number}就是{brand}官方客服",
    "signature": "【{brand}】客户热线 {number}",
    "list item": "常用电话：\n1. 市民热线 12345\n2. {brand} {number}",
}


@pytest.mark.parametrize(("number", "claimed_for", "status"), WRONG_ON_THE_WEB)
@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_wrong_attributions_of_the_web_are_seen(
    number: str, claimed_for: str, status: str, frame: str
) -> None:
    found = hotlines(frame.format(number=number, brand=claimed_for))[-1]
    assert (found.status, found.suspicious) == (status, True)


HONEST = [
    pytest.param("警方提醒：网上流传的抖音客服4006455566系假冒，不要拨打", id="police warning"),
    pytest.param("谨防骗局！凡自称京东客服让你回拨021-6180-4473的一律挂断", id="be wary of"),
    pytest.param("本公司声明：400-233-7789并非唯品会电话，请勿相信", id="brand's denial"),
    pytest.param("各位业主，如接到0571-2688-4093自称支付宝，别理他", id="if you get a call"),
    pytest.param(
        "刚才400-319-0042说他是京东金条的，要我屏幕共享，是骗子吧", id="victim's question"
    ),
    pytest.param("搜“美团客服”第一条就是400-208-7715，这个是真的吗？", id="is it true"),
    pytest.param("昨天按400-208-7715打过去被骗了六千，帖子里说是美团退款", id="victim's report"),
    pytest.param("抖音举报电话400-140-2108，未成年人专线4009922556", id="odd but genuine"),
    pytest.param("京东售后 400-656-1155，也有 400-606-7733", id="genuine 400s of a brand"),
    pytest.param("网易云音乐客服 0571-89853516", id="genuine landline"),
    pytest.param("翻出旧名片：京东客服4006065500，南航4006695539", id="legacy numbers"),
    pytest.param("平安银行老号95501，浦发老号4008208788", id="legacy bank numbers"),
    pytest.param("中信信用卡用40088-95558打的营销电话，广发用95508", id="outbound lines"),
    pytest.param("恒润暖通售后400-022-5193，冬天维修当天到", id="a small firm's 400"),
    pytest.param("云溪花园售楼热线400-118-2206，样板间已开放", id="property"),
    pytest.param("400电话办理：选号400-118-XXXX，资费联系陈经理13800006629", id="400 for lease"),
    pytest.param("支付宝怎么转人工：拨95188，按2再按0", id="tutorial"),
    pytest.param("工行翠苑支行大堂座机0571-8803 1127，周六上班", id="a branch's desk"),
    pytest.param("顺丰小哥站点电话0571-8803 1129，快递到了打给他", id="a station's desk"),
    pytest.param("携程订的那家酒店，前台0773-288 5060，说可以延住", id="a hotel's desk"),
    pytest.param("花呗白条都能做，老板手机138 0000 6629", id="a broker's mobile"),
    pytest.param("旧手机回收，顺丰上门取件，咨询400-118-2209", id="a company as means"),
    pytest.param("投诉拼多多商家打12315，被骗打110或96110", id="public lines"),
    pytest.param("95588工行，95533建行，95599农行，95566中行", id="numbers before names"),
    pytest.param("关注官方微信云溪果园，客服电话400-118-2213", id="a medium"),
    pytest.param("客服电话400-118-2213微信客服yunxi_gy", id="a medium behind the number"),
    pytest.param(
        "云溪商旅一站预订机票酒店，支持平安银行、京东支付等多种付款方式，会员每月领券，企业差旅可开专票。"
        + "新增改签提醒与行程日历，出行更省心，欢迎体验。" * 4
        + "常用旅客一键导入，平安银行卡友立减"
        + "联系我们官方网站yunxi.example客服热线400-118-2213",
        id="a page's own line after a partner",
    ),
    pytest.param(
        "云溪考勤支持移动打卡、审核与平台统计，"
        + "班次和请假一目了然，" * 14
        + "客服电话400-118-2213",
        id="an everyday short form",
    ),
]


@pytest.mark.parametrize("post", HONEST)
def test_contexts_that_must_not_be_flagged_carry_no_suspicious_number(post: str) -> None:
    assert [found.text for found in hotlines(post) if found.suspicious] == []


@pytest.mark.parametrize(
    ("post", "expected"),
    [
        pytest.param(
            "抖音客服 95152\n快手客服 95152\n支付宝客服 95188",
            [("抖音", "official"), ("快手", "other_brand"), ("支付宝", "official")],
            id="rows",
        ),
        pytest.param(
            "95188支付宝，95017微信支付，9510211抖音",
            [("支付宝", "official"), ("微信支付", "official"), ("抖音", "other_brand")],
            id="names behind",
        ),
        pytest.param(
            "问：花呗怎么关\n答：打400-208-7715\n问：白条怎么关\n答：打95118",
            [("支付宝", "unlisted"), ("京东金融", "official")],
            id="turns",
        ),
        pytest.param(
            "唯品会和当当合并了，客服都是4001066666",
            [("唯品会", "other_brand")],
            id="said to be one line",
        ),
    ],
)
def test_each_number_falls_to_the_nearest_claim(post: str, expected: list[tuple[str, str]]) -> None:
    assert [(found.brand, found.status) for found in hotlines(post)] == expected


@pytest.mark.parametrize(
    "post",
    [
        "马上消费唯一官方人工热线400-631-0557，其他号码均为假冒",
        "近来不法分子冒充京东客服，正确的官方客服电话：400-208-7715",
        "招联还款请认准0755-2390 6647，别信路边小广告",
    ],
)
def test_a_false_line_behind_a_warning_of_false_lines_is_claimed(post: str) -> None:
    (found,) = hotlines(post)
    assert (found.status, found.suspicious) == ("unlisted", True)


@pytest.mark.parametrize(
    ("post", "status"),
    [
        pytest.param("农行庆春支行柜面电话0571-8803 1127", "unlisted", id="branch"),
        pytest.param("建行客户经理小周，座机0571-8803 1127", "unlisted", id="clerk's desk"),
        pytest.param("平安代理人老徐，手机13800006629", "unknown_brand", id="agent's mobile"),
    ],
)
def test_a_branch_or_clerk_of_a_listed_brand_claims_no_line(post: str, status: str) -> None:
    (found,) = hotlines(post)
    assert (found.status, found.claimed) == (status, False)


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
        pytest.param("12345", "京东金融", "official", "政务服务便民热线", id="a public line"),
        pytest.param("+8695188", "支付宝", "official", "支付宝", id="behind the country's code"),
        pytest.param("0086-95188", "支付宝", "official", "支付宝", id="the code with zeros"),
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
