"""Say whose voice gives a number: a company's, a branch's, a clerk's, a shop's or a person's."""

from __future__ import annotations

import re
from typing import Final

from fanzha.late_pattern import late_pattern
from fanzha.post import Span

__all__ = [
    "around",
    "gives_line",
    "is_bait",
    "is_branch",
    "is_equated",
    "is_firm",
    "is_others",
    "is_own_contact",
    "is_personal",
    "is_service",
    "is_voiced",
]

_NEAR_CHARS = 40
_SENTENCE_END: Final = late_pattern(r"[。!！?？;；\n]")
_SERVICE: Final = late_pattern(
    r"客服|热线|人工|专线|专席|官方|总部|服务|售后|投诉|退款|退费|退票|改签|理赔|赔付|报案|协商|"
    r"注销|解封|解冻|申诉|中心|"
    r"坐席|受理|贷后|专员|专办|停催|致电|请拨|拨打|回拨|请联系|仲裁|减免|咨询|预约|预订|订座|"
    r"订位|订餐|订房|订票|报修|"
    r"抢修|救援|总机|总台|导诊|急诊|挂号|外卖|电话[:： ]|风控|平台介入|收费|审核|保障|工作人员|"
    r"经理|内线|直线|退改|追款|"
    r"登记|激活|入口|丢件|赔|直接|提额|加急|请[^,，。]{0,8}联系|联系[^,，。]{0,12}(?:部|科|组|处|"
    r"办)|加盟|订退|客户关怀|撤单|撤销|认准|打|找|拨"
)
_FIRM: Final = late_pattern(
    r"客 ?服|热 ?线|专线|官方|售后|报修|抢修|投诉|服务(?:电话|台|专线)|受理(?:电话|中心)|清算组"
)
# People of a company or a shop; their number is theirs, whoever they work for.
_PERSON: Final = late_pattern(
    r"我(?:的)?(?:电话|号码|手机|分机)|打我|找我|联系我(?!们)|电话同微信|微信同号|师傅|站长|收件员|快递员|"
    r"客户经理|理财经理|理财师|代理人|经纪人|专员小|联系人|顾问|老板|中介|"
    r"业务员|手机[ :：]{0,2}$|小[^0-9官时区程]{1}(?=[ :：,，]|$)|[老阿][^0-9]{1}(?=[ :：,，]|$)|"
    r"[^0-9]{1}[姐哥总导工](?=[ :：,，]|$)|楼下|司机招|招[^0-9]{1,10}(?:骑手|司机)|"
    r"备用机|遗失物品|第三方|hr(?:电话)?[ :：]{0,2}$|"
    r"非厂家|不是厂家|传真|同微|张贴|捡到"
)
_MINE: Final = late_pattern(r"我(?:的)?(?:电话|号码|手机|分机)[ :：]{0,2}$")
# A company's own desk in one place; by the policy its number is no line of the company.
_BRANCH: Final = late_pattern(
    r"网点|站点|站里|支行|分理处|营业[厅部室点]|分部|[区县镇]点部|分拨|中转场|(?<!非)柜面|大堂|窗口|门店|门市|驿站(?!.{0,4}(?:客服|投诉|官方))|"
    r"失物招领|失物|前台|总机|[(（][^)）]{2,10}店[)）]|"
    r"(?<!小)(?<!网)店(?:里|订房|前台|电话|预约保养)?(?=[ :：,，]|$)"
)
# Words that tell of somebody else's number beside a company's name.
_OTHERS: Final = late_pattern(
    r"店里|旁边|隔壁|对面|代售|拍下|现场|保卫处|派出所|本店|hr|可查|预约保养|私聊|物业|酒店|学校"
)
_DEPARTMENT: Final = late_pattern(
    r"(?<!前)(?<!柜)(?<!报名)(?<!财务)(?<!保卫)(?<!售楼)(?<!人事)(?<!值班)(?<!业务)(?<!营业)"
    r"(?:[组科部处室席台]|窗口|督导|运维|通道)[^0-9\n,，。]{0,4}$"
)
_OFFICIAL: Final = late_pattern(
    r"客服|官方|热线|专线|专席|总部|总办|贷后|法务|停催|协商|注销|解封|解冻|申诉|理赔|退款|退费|"
    r"退票|改签|内部|保障|冻结|逾期|红利|"
    r"保证金|仲裁|撤|专员|人工|收费中心|售后|平台|备案|维权|审核|闪退|误扣|扣费|客户关怀|发放|"
    r"停气|吓唬"
)
_OWN_CONTACT: Final = late_pattern(
    r"联系我们|联系方式|公众号|更新内容|更新日志|意见反馈|服务号|版本|邮箱"
)
_BAIT: Final = late_pattern(
    r"中心|窗口|专员|致电|回拨|速拨|速电|登记|受理|专席|坐席|人工|办理|清退|追[款回]|通道|联系.{0,4}(?:组|部|科)"
)
_DESK: Final = late_pattern("报名|财务|前台|物业|到访|学校|报名处|老师")
_EQUATED: Final = late_pattern(
    r"一家(?:公司|的)|合并|合作客服|共用|合一|同一个|一个(?:号|热线)|通用|分家"
)
_BOTH_LEFT: Final = late_pattern(r"都是[^,，。]{0,4}$")
_CALLED: Final = late_pattern(r"认准|真人|回拨|致电|速[拨电]|退")
_LINE: Final = late_pattern("客服|热线|电话|官方|人工|专线|专席|号|是")


def around(text: str, at: Span) -> tuple[str, str]:
    """Give the words before and after the number in its sentence, at most 40 characters each."""
    first = max(0, at.start - _NEAR_CHARS)
    for end in _SENTENCE_END.finditer(text, first, at.start):
        first = end.end()
    return text[first : at.start], text[at.end : at.end + _NEAR_CHARS]


def is_service(text: str, at: Span) -> bool:
    """Tell whether words of customer service, or a department's, stand beside the number."""
    left, right = around(text, at)
    return bool(_SERVICE.search(left) or _SERVICE.search(right[:16]) or _DEPARTMENT.search(left))


def is_firm(text: str, at: Span) -> bool:
    """Tell whether the words beside the number call it a firm's service line."""
    left, right = around(text, at)
    return bool(_FIRM.search(left[-14:]) or re.match(r"[ (]?(?:客服|热线)", right))


def is_personal(text: str, at: Span) -> bool:
    """Tell whether the number is a person's own, without a company's voice."""
    left, right = around(text, at)
    clause = re.split(r"[,，。!！\n;；|｜]", right[:12], maxsplit=1)[0]
    person = _PERSON.search(left[-16:]) or _PERSON.match(right.lstrip(" (（")[:6])
    return bool(_MINE.search(left)) or (bool(person) and not _has_voice(left, clause))


def is_voiced(text: str, at: Span) -> bool:
    """Tell whether words of a company's own voice (官方, 专员, 风控组) stand beside the number."""
    left, right = around(text, at)
    clause = re.split(r"[。!！\n;；|｜]", right[:16], maxsplit=1)[0]
    return _has_voice(left, clause) or bool(_CALLED.search(left[-8:]))


def is_branch(text: str, at: Span) -> bool:
    """Tell whether the number is the desk of one branch, shop or station of a company."""
    left, right = around(text, at)
    clause = re.split(r"[,，。!！\n;；]", right[:12], maxsplit=1)[0]
    line = text[text.rfind("\n", 0, max(at.start - 4, 0)) + 1 : at.start][-_NEAR_CHARS:]
    branch = (
        _BRANCH.search(left[-24:]) or _BRANCH.search(line) or _BRANCH.match(clause.lstrip("( （"))
    )
    return bool(branch) and not _has_voice(left[-16:], clause)


def is_others(text: str, name: Span, at: Span) -> bool:
    """Tell whether words behind a company's name make the number somebody else's."""
    left, _ = around(text, at)
    own = re.split("[,，]", left)[-1]
    if name.end <= at.start:
        own = own[-(at.start - name.end) :] if at.start > name.end else ""
    return bool(_OTHERS.search(own)) and not _OFFICIAL.search(left[-16:])


def is_equated(text: str, at: Span) -> bool:
    """Tell whether the sentence says that two companies share one line."""
    left, right = around(text, at)
    return bool(_EQUATED.search(left + "\n" + right[:20]) or _BOTH_LEFT.search(left))


def is_bait(text: str, at: Span) -> bool:
    """Tell whether somebody unnamed gives the number as an office's to call."""
    left, _ = around(text, at)
    own = re.split("[,，]", left)[-1]
    return bool(_BAIT.search(own)) and not _DESK.search(own)


def gives_line(text: str, name: Span, at: Span) -> bool:
    """Tell whether the words between a name and a number call it the name's line."""
    between = text[name.end : at.start] if name.end <= at.start else text[at.end : name.start]
    return bool(_LINE.search(between)) or not between.strip(" :：｜|,，")


def is_own_contact(between: str) -> bool:
    """Tell whether words between a company's name and a number begin the poster's own contacts."""
    return bool(_OWN_CONTACT.search(between))


def _has_voice(left: str, clause: str) -> bool:
    # 手机138… 公司客服95511: the word belongs to the number behind it.
    clause = re.split(r"[^ ,、]*[0-9]{3}", clause, maxsplit=1)[0]
    return bool(_OFFICIAL.search(left) or _OFFICIAL.search(clause) or _DEPARTMENT.search(left))
