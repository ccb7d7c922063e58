"""Tell from the words around a run of digits whether somebody is meant to dial it."""

from __future__ import annotations

import re
from typing import Final

from fanzha.late_pattern import late_pattern

__all__ = ["LOOK_CHARS", "WEAK_SHAPES", "is_dialled", "is_named"]

LOOK_CHARS: Final = 14
"""How many characters on each side of a run its words are looked for."""
WEAK_SHAPES: Final = frozenset(
    {
        "code",
        "public",
        "spread",
        "filled",
        "listed",
        "service",
        "foreign",
        "wrong",
        "run_on",
        "local",
        "emergency",
    }
)
"""Shapes that a price, a count or an id may have too; they need words of calling or no others."""

_PHONE_WORDS = (
    "电话|热线|客服|人工|专线|专席|拨|致电|座机|手机|号码|咨询|详询|订餐|订座|订位|预约|预订|"
    "预定|联系|备用|导诊|"
    "急诊|物业|外卖|夜班|值班|服务|报修|抢修|投诉|售后|tel|mob|phone|call|☎|📞|📱|☏|直拨|回拨|打|"
    "转人工|理赔|赔付|赔偿|"
    "报案|退款|退费|改签|总机|总部|传真|挪车|失物|招领|询|前台|直线|认准|记住|找|直接|宽带"
)
_PHONE_LEFT: Final = late_pattern(
    rf"(?:{_PHONE_WORDS})(?!时间)[^0-9\n。!?;]{{0,6}}(?:24小时[ :]?)?$|[科部组处办]:? ?$"
)
_PHONE_NEAR: Final = late_pattern(
    rf"{_PHONE_WORDS}|移动|联通|电信|广电|邮政|ems|反诈|12315|民航|社保|人社|医保|税务|海关|政府|"
    rf"市民|保险|银行|举报|反映|登记|接通|发[送至到]|"
    "快递|转[0-9]|按[0-9]|通了|难打|排队|占线|来电|短信|订退|退订|交管|交警|铁路|京东"
)
# What says that a telephone number comes, or was one; `_PHONE_WORDS` has much else.
_NAMED: Final = "电话|热线|客服|专线|专席|致电|拨打|座机|手机|联系方式|人工|号码"
_NAMED_LEFT: Final = late_pattern(rf"(?:{_NAMED})[^0-9。!?;]{{0,8}}$")
_NAMED_RIGHT: Final = late_pattern(rf"[^0-9。!?;\n]{{0,4}}(?:{_NAMED})")
_EMERGENCY_LEFT: Final = late_pattern(
    r"(?:拨打?|[^0-9]打了?|报警|报案|急救|火警|致电|呼叫|电话|热线|警方|求助|[^0-9]报|回拨|"
    r"(?:(?<![0-9.])1[12][0-9]|12[0-9]{3}|96110)[、或和及])[:： “\"]{0,2}$"
)
_EMERGENCY_RIGHT: Final = late_pattern(
    r"[”\" ]?(?:报警|报案|求助|急救|电话|热线|问|出警|民警|指挥|挪车|查号|备案|核实)"
)
# Codes that are no round figure, and so are taken for a count only beside a word of counting.
# Of 121xx only these are somebody's: 12150 is as likely a balance.
_KNOWN_CODE: Final = late_pattern(r"121(?:1[079]|2[123])|123(?!00|45)[0-9]{2}|10086|10010|96110")
# What stands right before a figure that is an id, a count or a price and no telephone number.
_ID_LEFT: Final = late_pattern(
    r"(?:订单|运单|单号|编号|工单|卡号|账号|帐号|户号|尾号|证码|校验码|动态码|取件码|取餐号|兑换码|"
    r"邀请码|口令|密码|授权码|"
    r"身份证|准考证|学号|工号|警号|车牌|税号|代码|批号|邮编|型号|sku|货位|托盘码|箱码|卷号|备案号|"
    r"端口|error|版本|内核|"
    r"isbn|imei|uid|[^a-z]id|[^a-z]sn|群号?|q群|qq|扣扣|叩叩|企鹅号?|第|"
    r"卡号[:： ]{0,2}(?:[0-9]{4} )+|战力|车牌[^0-9\n]{1,4}|"
    r"(?:抖音|快手|淘宝|b站|小红书|视频|会议|房间|直播间|票|机器|会员|展位|机位)号|"
    r"房号|流水号|交易号|保单号|报案号|案号|航班|车次|基金|股票|指数|坐标|条码|序列号|设备号|"
    r"合同号?|发票号?码?|凭证号|"
    r"档案|文号|文献|水表|电表|号码布|对公户|税|均订|答案是|[¥￥$€£]|共计?|合计|累计|金额|价格|"
    r"原价|现价|售价|月薪|工资|"
    r"底薪|底数|编码|验证|识别码|注册码|激活码|序号|步数|里程|超过|达到|🐧|"
    r"[a-z]-)[号为是:： #]{0,3}$"
)
_GROUP_LEFT: Final = late_pattern(r"(?:群|qq)[^\n]{0,3}[:： ][0-9 ]{3,}$")
_COUNT_LEFT: Final = late_pattern(
    r"(?:楼层|积分|浏览|浏览次数|阅读|播放|销量|粉丝|步数|累计)[为是:： ]{0,3}$"
)
_UNIT_RIGHT: Final = late_pattern(
    r" ?(?:元|块|万|亿|%|米|公里|km|克|斤|吨|股|gb|mb|ml|kg|mah|[÷×=+](?=[ 0-9]))|"
    r"(?:人(?![工太])|楼|层|分(?!机)|秒|字|章|集|题|年|倍|粉|页|名|级|折|余|多|"
    r"x[0-9]|\*[0-9]|[a-z]{3}|份(?!证)|套|台|平(?!台)|㎡|步|票|位(?!客)|本书|条(?!款))"
)
# 12306 and 12123 are names of an app too, and any code may sign a text message as its sender.
_APP_CODES: Final = frozenset({"12306", "12123", "12333"})
_APP_LEFT: Final = late_pattern(
    r"(?:登[录陆]?|在|(?<!马)(?<!网)上|用|掌上|进|[请人]到|认准|跳转|通过|点击?)[“\" ]?"
    r"(?:交管|铁路)?$"
)
_APP_RIGHT: Final = late_pattern(
    r"[”\" ]{0,2}(?:app|客户端|小程序|官网|网站|平台|[上里进走交缴买](?!班)|抢票|候补|起售|客运|"
    r"核对)"
)
_CALL_LEFT: Final = late_pattern(r"(?:[打拨]|致电|热线|电话|客服)[ :：]?$")
_SENDER_LEFT: Final = late_pattern(r"(?:\A|\n)[【〖\[][^】〗\]\n]{0,10}$")
_HOURS: Final = late_pattern(r" (?:24小时|7[x*]24)")
_GLUED: Final = late_pattern(r"[0-9][-_]$|[0-9]{2}:$|(?<!tel)(?<!mob)(?<!call)[a-uw-z]$")
_POINT_LEFT: Final = late_pattern(r"[0-9]\.$")
_ITEM_LEFT: Final = late_pattern(r"(?:^|\n|[^0-9.])[0-9]{1,2}\.$")


def is_dialled(shape: str, digits: str, left: str, right: str) -> bool:
    """Tell whether a run of digits is a number to dial, by `LOOK_CHARS` of text on both sides.

    Parameters
    ----------
    shape
        Which of the finder's shapes the run has; one of `WEAK_SHAPES` needs more than the others.
    digits
        The run's digits.
    left, right
        Normalized text before and after the run.
    """
    if _ID_LEFT.search(left) or _GLUED.search(left):
        return False
    if _POINT_LEFT.search(left) and not _ITEM_LEFT.search(left):
        return False
    if shape not in WEAK_SHAPES:
        return not re.match(r"[-_.][0-9]{2}| ?[元%]", right) or shape == "landline"
    called = bool(_PHONE_LEFT.search(left))
    if (
        _COUNT_LEFT.search(left)
        or _GROUP_LEFT.search(left)
        or _UNIT_RIGHT.match(right)
        or re.match(r"[-_.:][0-9]{2}|[.][0-9a-z]|-?[a-z]", right)
    ):
        return False
    if shape == "emergency":
        return bool(_EMERGENCY_LEFT.search(left) or _EMERGENCY_RIGHT.match(right))
    if re.match(r"[*x]", right):
        return False
    if shape in {"code", "public"}:
        return _is_code(digits, left, right) and not _is_name(digits, left, right)
    if shape == "service":
        return len(set(digits)) > 1 or called
    if re.search(r"[0-9][ \-.]$", left):
        return False
    if shape == "spread":
        return True
    if shape == "listed":
        return called
    if re.match(r"[ \-][0-9]", right) and not _HOURS.match(right):
        return False
    if shape in {"run_on", "foreign", "filled"} or (shape == "wrong" and digits[:3] == "400"):
        return bool(_PHONE_NEAR.search(left) or _PHONE_NEAR.search(right))
    return called


def is_named(left: str, right: str) -> bool:
    """Tell whether the text before or after a run of digits calls it a telephone number."""
    if _ID_LEFT.search(left) or _COUNT_LEFT.search(left) or _UNIT_RIGHT.match(right):
        return False
    return bool(_NAMED_LEFT.search(left) or _NAMED_RIGHT.match(right))


def _is_code(digits: str, left: str, right: str) -> bool:
    """Tell whether five to eight digits in the shape of a short code are one."""
    # Of the round figures only 10000 is a line that people call.
    if digits.endswith("000") and digits != "10000" and not _CALL_LEFT.search(left):
        return False
    if _KNOWN_CODE.fullmatch(digits):
        return True
    if digits[:2] == "95" and len(set(digits)) > 1:
        return True
    if not right.strip() and re.search("[,。 ]$", left):
        return True
    return bool(_PHONE_NEAR.search(left) or _PHONE_NEAR.search(right))


def _is_name(digits: str, left: str, right: str) -> bool:
    """Tell whether a code names an app, a site or the sender of a text message."""
    opens = _SENDER_LEFT.search(left) if right[:1] in {"】", "〗", "]"} else None
    if opens and (opens.group()[0] == "\n" or len(left) < LOOK_CHARS):
        return True
    if digits not in _APP_CODES or _CALL_LEFT.search(left):
        return False
    return bool(_APP_LEFT.search(left) or _APP_RIGHT.match(right))
