import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha.contacts import find_contacts, find_numbers
from fanzha.digits import without_counters
from fanzha.normalize import normalize

FORMS = [
    pytest.param("客服400-645-5566", "400-645-5566", "4006455566", id="grouped"),
    pytest.param("客服400 6455 566", "400 6455 566", "4006455566", id="spaced groups"),
    pytest.param("打4 0 0 8 3 1 9 0 0 4 问", "4 0 0 8 3 1 9 0 0 4", "4008319004", id="spread"),
    pytest.param(
        "热线４００－６４５－５５６６", "４００－６４５－５５６６", "4006455566", id="full width"
    ),
    pytest.param("热线④⓪⓪③⑧⑥⓪⓪①⑤", "④⓪⓪③⑧⑥⓪⓪①⑤", "4003860015", id="circled"),
    pytest.param("拨4️⃣0️⃣0️⃣6️⃣0️⃣9️⃣3️⃣3️⃣7️⃣2️⃣ 啊", "4️⃣0️⃣0️⃣6️⃣0️⃣9️⃣3️⃣3️⃣7️⃣2️⃣", "4006093372", id="keycaps"),
    pytest.param(
        "拨四零零，七七一，零六二八。", "四零零，七七一，零六二八", "4007710628", id="numerals"
    ),
    pytest.param(
        "拨四百、幺零九、五零八幺", "四百、幺零九、五零八幺", "4001095081", id="four hundred"
    ),
    pytest.param("拨4OO-66I-O9S3 ", "4OO-66I-O9S3", "4006610953", id="letters"),
    pytest.param(
        "农行【400】【610】【0889】", "【400】【610】【0889】", "4006100889", id="brackets"
    ),
    pytest.param(
        "人工4大0家0记2好3了9借7呗0人1工6", "4大0家0记2好3了9借7呗0人1工6", "4002397016", id="junk"
    ),
    pytest.param("前面400157，后面8803", "400157，后面8803", "4001578803", id="two halves"),
    pytest.param("号码倒着念：1990-027-004，", "1990-027-004", "4007200991", id="backwards"),
    pytest.param("照抄\n40\n01\n57\n88\n03\n", "40\n01\n57\n88\n03", "4001578803", id="stacked"),
    pytest.param("打+86 400-330-7009", "+86 400-330-7009", "4003307009", id="country code"),
    pytest.param("从国外打+86 571 95188", "+86 571 95188", "057195188", id="area and code"),
    pytest.param("电话 0571-8530 2296", "0571-8530 2296", "057185302296", id="landline"),
    pytest.param("张姐 138 0000 6629", "138 0000 6629", "13800006629", id="mobile"),
    pytest.param("订餐 6621 0837", "6621 0837", "66210837", id="local"),
    pytest.param("美团幺零幺零九七七七", "幺零幺零九七七七", "10109777", id="1010"),
    pytest.param("打110报警", "110", "110", id="emergency"),
    pytest.param("浦发95528一个号", "95528", "95528", id="counter after"),
    pytest.param("客服400-820-555人工", "400-820-555", "400820555", id="nine digits"),
    pytest.param("顺丰赔付专线：955388（六位）", "955388", "955388", id="six-digit 955"),
    pytest.param("电话0373-8000 291", "0373-8000 291", "03738000291", id="four and three"),
    pytest.param("人工→(400) 888 9678", "(400) 888 9678", "4008889678", id="prefix in brackets"),
    pytest.param(
        "找【028】6190【0093】，", "【028】6190【0093】", "02861900093", id="outer brackets"
    ),
    pytest.param("客服400🔸1698🔸682", "400🔸1698🔸682", "4001698682", id="emoji between"),
    pytest.param("人工021=6049=2873", "021=6049=2873", "02160492873", id="equals signs"),
    pytest.param(
        "打0 1 0-5 3 8 7-6 6 0 4", "0 1 0-5 3 8 7-6 6 0 4", "01053876604", id="spread landline"
    ),
    pytest.param(
        "拨零·一·零·柒·柒·玖·零·肆·肆·壹·捌",
        "零·一·零·柒·柒·玖·零·肆·肆·壹·捌",
        "01077904418",
        id="formal landline",
    ),
    pytest.param("客服 4OO-6З1-O557", "4OO-6З1-O557", "4006310557", id="Cyrillic in it"),
    pytest.param(
        "念：死灵灵，溜吧气，似似武酒", "死灵灵，溜吧气，似似武酒", "4006874459", id="by sound"
    ),
    pytest.param("打٤٠٠-٦٤٥-٥٥٦٦", "٤٠٠-٦٤٥-٥٥٦٦", "4006455566", id="Arabic digits"),
    pytest.param("打④00-777②-09①", "④00-777②-09①", "4007772091", id="circled and plain"),
    pytest.param("全国统一400-2837-196", "400-2837-196", "4002837196", id="Han one before"),
    pytest.param(
        "电话021 3406 开头 尾号 7719", "021 3406 开头 尾号 7719", "02134067719", id="head and tail"
    ),
    pytest.param(
        "打四零零杠六四五五杠五六六", "四零零杠六四五五杠五六六", "4006455566", id="dash aloud"
    ),
    pytest.param(
        "四零零 然后 五零七 然后 二二六八",
        "四零零 然后 五零七 然后 二二六八",
        "4005072268",
        id="then aloud",
    ),
    pytest.param(
        "客服400-295-61 最后两位 07", "400-295-61 最后两位 07", "4002956107", id="last two"
    ),
    pytest.param("Tel:400:318:6627 退款", "400:318:6627", "4003186627", id="colons"),
    pytest.param(
        "打要留思 叁叁零 八一七六五 两室1350",
        "要留思 叁叁零 八一七六五",
        "16433081765",
        id="by sound, more after",
    ),
    pytest.param("跟95188一家的", "95188", "95188", id="one family"),
    pytest.param("开头400 中间6455 结尾566", "400 中间6455 结尾566", "4006455566", id="in thirds"),
    pytest.param("拨肆佰六四五五五六六", "肆佰六四五五五六六", "4006455566", id="formal hundred"),
    pytest.param("退款热线95163-29", "95163-29", "9516329", id="code run on"),
    pytest.param("服务热线95786 22，", "95786 22", "9578622", id="code with a tail"),
    pytest.param("请致电 +1-808-555-0147", "+1-808-555-0147", "0018085550147", id="overseas"),
    pytest.param("打95511-2转", "95511", "95511", id="menu digit"),
    pytest.param("请拨打【95188】", "95188", "95188", id="whole number in brackets"),
    pytest.param("电话①38-0000-662⑨", "①38-0000-662⑨", "13800006629", id="circled at the ends"),
]


@pytest.mark.parametrize(("post", "written", "number"), FORMS)
def test_a_number_is_found_however_it_is_written(post: str, written: str, number: str) -> None:
    (found,) = find_numbers(normalize(post))
    assert (found.text, found.number) == (written, number)
    assert found.span.of(post) == written


@pytest.mark.parametrize(
    "post",
    [
        pytest.param("2019-03-14 21:07:55 发布", id="date and time"),
        pytest.param("订单号 3420018857712094416", id="order"),
        pytest.param("快递JT5178820046913丢了", id="parcel"),
        pytest.param("192.168.10.245 挂了", id="ip"),
        pytest.param("抢到了10086楼", id="floor"),
        pytest.param("奖励10000元", id="money"),
        pytest.param("验证码 604918，5分钟内有效", id="code"),
        pytest.param("公会群 QQ 7841 00392 来人", id="qq group"),
        pytest.param("积分95588", id="points"),
        pytest.param("税号91330106MA2CF7L39P", id="tax number"),
        pytest.param("升级到 14.0.23.9.18 之后掉电", id="version"),
        pytest.param("圆周率3.14159 26535 8979", id="pi"),
        pytest.param("身份证11010119900307123X", id="identity card"),
        pytest.param("一二三四五，上山打老虎", id="rhyme"),
        pytest.param("138xxxx0017没写全", id="masked"),
        pytest.param("请登陆 95533.kq7.cc 兑换", id="host name"),
        pytest.param("点95561-abc.example更新", id="host name with a hyphen"),
        pytest.param("【12306】您好，检票口变更", id="sender"),
        pytest.param("登录交管12123查询", id="app"),
        pytest.param("扣款59、23.8、112三笔", id="amounts"),
        pytest.param("慢慢涨到12000，换手机", id="round figure"),
        pytest.param("双色球 03 09 15 22 28 33", id="lottery"),
        pytest.param("公会群：781 094 95152", id="group id in parts"),
        pytest.param("工单95118003还没人回", id="ticket"),
        pytest.param("期待妻子早期的武器气质", id="sounds of digits"),
        pytest.param("会议号400 618 2957 密码", id="meeting id"),
        pytest.param("车牌鄂A·10086挂的挪一下", id="number plate"),
        pytest.param("卡号6222 0210 0301 8846 517转错", id="tail of a card"),
        pytest.param("快手号4001260099 互关", id="account id"),
    ],
)
def test_other_figures_are_no_telephone_numbers(post: str) -> None:
    assert find_numbers(normalize(post)) == ()


def test_a_table_rule_and_a_list_counter_are_no_digits_of_the_number() -> None:
    post = "①10109777 ②400-609-7752\n浦发｜400-109-5582｜24小时"
    found = [number.text for number in find_numbers(normalize(post))]
    assert found == ["10109777", "400-609-7752", "400-109-5582"]


def test_several_numbers_keep_their_order_and_do_not_overlap() -> None:
    post = "国航95583、东航95530、南航95539，手机138 0000 6629或0571-85302296"
    found = find_numbers(normalize(post))
    assert [number.number for number in found] == [
        "95583", "95530", "95539", "13800006629", "057185302296",
    ]  # fmt: skip
    assert all(one.span.end <= two.span.start for one, two in pairwise(found))


@pytest.mark.parametrize(
    ("post", "kind", "value"),
    [
        pytest.param("加薇❤：tx_8888", "wechat", "tx_8888", id="wei heart"),
        pytest.param("v: abc123x", "wechat", "abc123x", id="v colon"),
        pytest.param("加微信 138 0000 6629", "wechat", "13800006629", id="mobile as id"),
        pytest.param("VX：lucky-88888", "wechat", "lucky-88888", id="vx"),
        pytest.param("扣扣 3310 0827 19", "qq", "3310082719", id="kou kou"),
        pytest.param("🐧4471002036", "qq", "4471002036", id="penguin"),
        pytest.param("飞机@abcde_1", "telegram", "abcde_1", id="plane"),
        pytest.param("t.me/abcde", "telegram", "t.me/abcde", id="telegram link"),
        pytest.param("看 https://WWW.foo.top/x。", "link", "www.foo.top/x", id="link"),
        pytest.param("兑换jf.cm-xq8.top退订T", "link", "jf.cm-xq8.top", id="bare host"),
        pytest.param("进bet1️⃣2️⃣点co", "link", "bet12.co", id="spelt dot"),
        pytest.param("看67659。top", "link", "67659.top", id="full stop as dot"),
        pytest.param("认准x7k 点 ⓒⓞⓜ", "link", "x7k.com", id="styled ending"),
        pytest.param("邮箱 Kefu@abc.com", "email", "kefu@abc.com", id="email"),
    ],
)
def test_a_contact_is_found_with_its_canonical_value(post: str, kind: str, value: str) -> None:
    (found,) = find_contacts(normalize(post))
    assert (found.kind, found.value) == (kind, value)
    assert found.span.of(post) == found.text


@pytest.mark.parametrize(
    "post",
    [
        "联系website管理员",
        "wechat is a good app",
        "微信支付很好用",
        "用vxworks系统",
        "晚上10点vip专场",
        "看到3点top1都走了",
        "下午2点cctv见",
        "readme.md",
        "v2.0.1",
    ],
)
def test_ordinary_words_are_no_chat_ids(post: str) -> None:
    assert find_contacts(normalize(post)) == ()


def test_a_text_without_letters_or_digits_has_no_contact() -> None:
    assert find_contacts(normalize("微信支付很好用")) == ()


@given(st.text(alphabet="0123456789 -一二四零百oO①⑨|｜.,，客服拨打加微vq:【】\n", max_size=60))
def test_every_span_gives_back_what_was_written(post: str) -> None:
    text = normalize(post)
    for found in (*find_numbers(text), *find_contacts(text)):
        assert found.span.of(post) == found.text
        assert found.text
    assert all(number.number.isdigit() for number in find_numbers(text))
    assert len(without_counters(text)) == len(text.text)


@pytest.mark.parametrize(
    "unit",
    [
        "1",
        "4 0 0 ",
        "四零零",
        "a.",
        "v ",
        "微 ",
        "12-",
        "q1 ",
        "1.2.",
        "95-",
        "9,",
        "【4】",
        "期",
        "1\n",
        "1后面",
        "4大",
        "①",
        "o1l",
        "①00-",
        "4①",
        "Ⅳ0",
        "4⭕",
        "400中间8",
        "双8",
        "8个8，",
        "电话4\n\n0",
        "电话400再拨8231991 ",
        "电话Ⅳ00-823-1991 倒着拨 ",
    ],
)
def test_time_grows_with_the_length_and_not_faster(unit: str) -> None:
    text = normalize(unit * (200_000 // len(unit)))
    start = time.perf_counter()
    find_numbers(text)
    find_contacts(text)
    assert time.perf_counter() - start < 5
