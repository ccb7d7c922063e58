"""Say whether a text presents a number as a service line, or warns, reports and asks about it."""

from __future__ import annotations

import re
from typing import Final

from fanzha.post import Span

__all__ = [
    "gives_line",
    "has_pretext",
    "is_bait",
    "is_branch",
    "is_equated",
    "is_firm",
    "is_others",
    "is_own_contact",
    "is_personal",
    "is_presented",
    "is_report",
    "is_service",
    "is_voiced",
]

_SENTENCE_END: Final = re.compile(r"[。!?！？;；\n]")
# Words before a number that hold for the whole sentence.
_AGAINST_LEFT: Final = re.compile(
    r"冒充|假冒|冒用|自称|谎称|声称|伪装|骗子|打来|来电|接到|搜到|搜出|搜的|"
    r"搜[“\"]|网搜|诱导|要求回拨|假客服|并非|不是(?!有)|不属于|不要打|勿拨|勿打|别信|举报[:：“]|曝光|记者|"
    r"收到[“\"]|收到.{0,12}(?:短信|说|让)|让(?:我|你|他)(?:回?[打拨]|联系)|"
    r"有个|给(?:我|你)[打发]|租用|嫌疑|刚有|刚刚有|来电显示|显示(?:的|是|号码)|假抖音|说是|小广告|网传|搜索[“\"]|照着(?:上面|网上)"
)
# And those that hold only in the number's own clause: 被骗怎么追回-赔付中心电话… is bait.
_AGAINST_CLAUSE: Final = re.compile(r"虚假|诈骗|被骗|上当|别打|涉案|举报|搜索")
_AGAINST_RIGHT: Final = re.compile(
    r"(?:别|不要|勿)(?:打|拨|接|信|理)(?!.{0,3}[0-9])|骗子|诈骗(?!立案)|是骗|骗[人我钱局了走]|行骗|被骗(?!过?的)|"
    r"是假|假的|假冒|假客服|假号|(?<!客服)真假|不是官方|不是我|并非|非我|^不是|不对|冒充|"
    r"真的吗|真的假|是不是|官方[的]?[吗?？]|"
    r"是真|拉黑|标记|没敢|也停机|已停机|停机了|转走|没关系|谁的|谁家|自称|靠谱|打来|打过来|"
    r"(?<!等您)(?<!欢迎)(?<!请)来电(?!登记|时|请|咨询)|老打|响一声|不存在|无关|称其|不要回拨|与我行|哪里的|"
    r"号.{0,3}对吗|敢不敢|能信|可信|是[^,，。]{1,8}(?:吗|嘛|(?<![什怎了])么)|老是打|"
    r"给我打|我打过|打过去是|打错|小心|我一搜|怎么才|举报封|被[0-9]+人|说人家|后被"
)
_THE_REST: Final = re.compile(r"(?:其[他它余]|别的|别信(?:路边|外面|低价|别人))[^,，。!！]{0,16}")
_ONLY_TRUE: Final = re.compile(
    r"(?<!称)(?:官方|唯一|正确|真正|认准)[^“\"]{0,8}(?:热线|客服|电话|人工|专线)[^“\"]{0,4}$"
)
_CLAUSE_END: Final = re.compile(r"[,，、|｜~—:：]|\s-|-\s|(?<![0-9])-(?![0-9])")
_ASKED: Final = re.compile(
    r"^[^。!！\n]{0,14}(?:吗|(?<![什怎了])么(?![一-龥])|嘛|来着|谁的号|真假|对不对|是不是|对吗)|"
    r"^[^。!！\n,，]{0,8}[?？]"
)
_REFUTED: Final = re.compile(r"^[^\n]{0,30}\n[^\n]{0,6}(?:别打|别信|骗子|假的)")
_IN_DOUBT: Final = re.compile(r"(?:是真的|真假|靠谱|是官方|能信)[^。]{0,4}[吗?？]")
_ASKING_LEFT: Final = re.compile(r"是不是|是否|难道|怎么会是")
_OFFICIAL_AGAINST: Final = re.compile(r"打来|打过来|老打|给我打|响一声|自称|来电显示")
_TO_TAKE: Final = re.compile(r"(?:请|要|可以|放心|记得)[^,，。]{0,3}接")
_OUT_OF_USE: Final = re.compile(r"^[^,，。!！\n]{0,8}(?:停机|停用|失效|停了)|^因.{0,6}停用")
# A post that as a whole reports or warns; a warning phrase alone does not make it one, for
# fakes too write 谨防假冒.
_REPORT: Final = re.compile(
    r"本报讯|本报记者|记者|不法分子|犯罪团伙|诈骗团伙|犯罪嫌疑|嫌疑人|被告人|本院|警方提[示醒]|"
    r"民警提[示醒]|反诈中心提醒|"
    r"反诈提醒|均不属于|冒用|以案说法|公益提醒|警情|判断对错|与我行无关|假冒我|"
    r"假冒本|假客服|仅作举例|栽了|反应过来|警察立案|的声明|严正声明|声明[:：]|骗子"
)
_VICTIM: Final = re.compile(
    r"涉案|立案|骗走|骗了|被骗|上当|谨防|冒充|请勿|不要打|别打|不要相信|切勿|假冒|诈骗|骗子|虚假"
)
_SERVICE: Final = re.compile(
    r"客服|热线|人工|专线|专席|官方|总部|服务|售后|投诉|退款|退费|退票|改签|理赔|赔付|报案|协商|"
    r"注销|解封|解冻|申诉|中心|"
    r"坐席|受理|贷后|专员|专办|停催|致电|请拨|拨打|回拨|请联系|仲裁|减免|咨询|预约|预订|订座|"
    r"订位|订餐|订房|订票|报修|"
    r"抢修|救援|总机|总台|导诊|急诊|挂号|外卖|电话[:： ]|风控|平台介入|收费|审核|保障|工作人员|"
    r"经理|内线|直线|退改|追款|"
    r"登记|激活|入口|丢件|赔|直接|提额|加急|请[^,，。]{0,8}联系|联系[^,，。]{0,12}(?:部|科|组|处|"
    r"办)|加盟|订退|客户关怀|撤单|撤销|打|找|拨"
)
_FIRM: Final = re.compile(
    r"客 ?服|热 ?线|专线|官方|售后|报修|抢修|投诉|服务(?:电话|台|专线)|受理(?:电话|中心)|清算组"
)
# People of a company or a shop; their number is theirs, whoever they work for.
_PERSON: Final = re.compile(
    r"我(?:的)?(?:电话|号码|手机|分机)|打我|找我|联系我(?!们)|电话同微信|微信同号|师傅|站长|收件员|快递员|"
    r"客户经理|理财经理|理财师|代理人|经纪人|专员小|联系人|顾问|老板|中介|"
    r"业务员|手机[ :：]{0,2}$|小[^0-9官时区程]{1}(?=[ :：,，]|$)|[老阿][^0-9]{1}(?=[ :：,，]|$)|"
    r"[^0-9]{1}[姐哥总导工](?=[ :：,，]|$)|楼下|司机招|招[^0-9]{1,10}(?:骑手|司机)|"
    r"备用机|遗失物品|第三方|hr(?:电话)?[ :：]{0,2}$|"
    r"非厂家|不是厂家|传真|同微|张贴|捡到"
)
_MINE: Final = re.compile(r"我(?:的)?(?:电话|号码|手机|分机)[ :：]{0,2}$")
# A company's own desk in one place; by the policy its number is no line of the company.
_BRANCH: Final = re.compile(
    r"网点|站点|站里|支行|分理处|营业[厅部室点]|分部|(?<!非)柜面|大堂|窗口|门店|门市|驿站(?!.{0,4}(?:客服|投诉|官方))|"
    r"失物招领|失物|前台|总机|[(（][^)）]{2,10}店[)）]|"
    r"(?<!小)(?<!网)店(?:里|订房|前台|电话|预约保养)?(?=[ :：,，]|$)"
)
# Words that tell of somebody else's number beside a company's name.
_OTHERS: Final = re.compile(
    r"店里|旁边|隔壁|对面|代售|拍下|现场|保卫处|派出所|本店|hr|可查|预约保养|私聊|物业|酒店|学校"
)
_DEPARTMENT: Final = re.compile(
    r"(?<!前)(?<!柜)(?<!报名)(?<!财务)(?<!保卫)(?<!售楼)(?<!人事)(?<!值班)(?<!业务)(?<!营业)"
    r"(?:[组科部处室席台]|窗口|督导|运维|通道)[^0-9\n,，。]{0,4}$"
)
_OFFICIAL: Final = re.compile(
    r"客服|官方|热线|专线|专席|总部|总办|贷后|法务|停催|协商|注销|解封|解冻|申诉|理赔|退款|退费|"
    r"退票|改签|内部|保障|冻结|逾期|红利|"
    r"保证金|仲裁|撤|专员|人工|收费中心|售后|平台|备案|维权|审核|闪退|误扣|扣费|客户关怀|发放|"
    r"停气|吓唬"
)
_PRETEXT: Final = re.compile(
    r"注销.{0,8}(?:校园贷|学生|贷款|网贷|账户|账号|额度|征信)|校园贷|学生(?:信用)?(?:额度|账户|"
    r"贷)|(?<!一键)解冻(?!热线)|强制下款|(?:下款|放款|借款).{0,20}(?:撤销|撤单)|"
    r"保证金.{0,6}退|退.{0,6}(?:保证金|押金)|押金.{0,6}退|百万保障|征信.{0,4}(?:修复|洗白|异议|"
    r"铲单)|清退|退费(?!条款|规则|按|政策|说明|以|须|直接|[,，])|退课费|兑付|清算|"
    r"(?:会员|直播).{0,6}(?:扣费|自动续费)|不成功不收费|充值退款|被骗.{0,12}(?:追回|退款)|追款|"
    r"统一取消|先缴|取保金|安全账户"
)
_OWN_CONTACT: Final = re.compile(
    r"联系我们|联系方式|公众号|更新内容|更新日志|意见反馈|服务号|版本|邮箱"
)
_BAIT: Final = re.compile(
    r"中心|窗口|专员|致电|回拨|速拨|速电|登记|受理|专席|坐席|人工|办理|清退|追[款回]|通道|联系.{0,4}(?:组|部|科)"
)
_DESK: Final = re.compile("报名|财务|前台|物业|到访|学校|报名处|老师")
_EQUATED: Final = re.compile(
    r"一家(?:公司|的)|合并|合作客服|共用|合一|同一个|一个(?:号|热线)|通用|分家"
)
_BOTH_LEFT: Final = re.compile(r"都是[^,，。]{0,4}$")
_CALLED: Final = re.compile(r"真人|回拨|致电|速[拨电]|退")
_LINE: Final = re.compile("客服|热线|电话|官方|人工|专线|专席|号|是")
_WHOSE: Final = re.compile(
    r"^[^。!！\n]{0,10}(?:是真的|是[^,，。]{0,6}(?:吗|嘛)|谁的号|真假|对不对|来着)|"
    r"^[^。!！\n,，]{0,6}(?:发短信|发来)"
)
_NEAR = 40
_QUOTED_CHARS = 4


def _around(text: str, at: Span) -> tuple[str, str]:
    """Give the words before and after the number in its sentence, at most 40 characters each."""
    left = text[max(0, at.start - _NEAR) : at.start]
    for end in _SENTENCE_END.finditer(left):
        left = text[max(0, at.start - _NEAR) + end.end() : at.start]
    return left, text[at.end : at.end + _NEAR]


def is_presented(text: str, at: Span, *, official: bool, reporting: bool) -> bool:
    """Tell whether the text gives the number for use rather than to warn, report or ask.

    Parameters
    ----------
    text
        Normalized text.
    at
        The number in it.
    official
        Whether the registry knows the number for the company named. A warning gives the true
        number for use while it quotes the false one.
    reporting
        What `is_report` says of the text.
    """
    left, right = _around(text, at)
    if not official and _REFUTED.search(right):
        return False
    right = re.split(r"[\n。!！;；]", right, maxsplit=1)[0]
    clause = re.split(r"[,，。!！\n;；]", right, maxsplit=1)[0]
    if official:
        asked = _WHOSE.match(right) or _ASKING_LEFT.search(left[-12:])
        against = _OFFICIAL_AGAINST.search(left[-5:] + clause) and not _TO_TAKE.search(clause)
        against = against or (_OUT_OF_USE.match(right) and not re.search("[打拨]$", left))
        return not (asked or against or re.search("不是$|别打$|不要打$", left))
    if _ASKED.match(right) or _ASKING_LEFT.search(left[-12:]):
        return False
    own = _CLAUSE_END.split(left.rstrip(" :：|"))[-1] or left
    right = _THE_REST.sub("", right)
    if _AGAINST_RIGHT.search(right[:24]) or _IN_DOUBT.search(right) or _quoted(text, at):
        return False
    if _ONLY_TRUE.search(own):
        # A false line is often given behind a warning of false lines.
        return not re.search("[称传]", own)
    return not (reporting or _AGAINST_LEFT.search(left) or _AGAINST_CLAUSE.search(own))


def _quoted(text: str, at: Span) -> bool:
    """Tell whether the number stands in quotation marks with the words around it."""
    left = text[max(0, at.start - _NEAR) : at.start]
    opening = max(left.rfind("“"), left.rfind("「"))
    if opening < 0 or re.search("[”」\n]", left[opening:]) or len(left) - opening < _QUOTED_CHARS:
        return False
    return bool(re.match(r"[^“「\n]{0,20}[”」]", text[at.end : at.end + _NEAR]))


def is_report(text: str) -> bool:
    """Tell whether a text as a whole reports on fraud or warns of it. O(len(text))."""
    found = {match.group() for match in _REPORT.finditer(text)}
    return len(found) >= 2 or (bool(found) and bool(_VICTIM.search(text)))


def is_service(text: str, at: Span) -> bool:
    """Tell whether words of customer service, or a department's, stand beside the number."""
    left, right = _around(text, at)
    return bool(_SERVICE.search(left) or _SERVICE.search(right[:16]) or _DEPARTMENT.search(left))


def is_firm(text: str, at: Span) -> bool:
    """Tell whether the words beside the number call it a firm's service line."""
    left, right = _around(text, at)
    return bool(_FIRM.search(left[-14:]) or re.match(r"[ (]?(?:客服|热线)", right))


def is_personal(text: str, at: Span) -> bool:
    """Tell whether the number is a person's own, without a company's voice."""
    left, right = _around(text, at)
    clause = re.split(r"[,，。!！\n;；|｜]", right[:12], maxsplit=1)[0]
    person = _PERSON.search(left[-16:]) or _PERSON.match(right.lstrip(" (（")[:6])
    return bool(_MINE.search(left)) or (bool(person) and not _has_voice(left, clause))


def is_voiced(text: str, at: Span) -> bool:
    """Tell whether words of a company's own voice (官方, 专员, 风控组) stand beside the number."""
    left, right = _around(text, at)
    clause = re.split(r"[。!！\n;；|｜]", right[:16], maxsplit=1)[0]
    return _has_voice(left, clause) or bool(_CALLED.search(left[-8:]))


def is_branch(text: str, at: Span) -> bool:
    """Tell whether the number is the desk of one branch, shop or station of a company."""
    left, right = _around(text, at)
    clause = re.split(r"[,，。!！\n;；]", right[:12], maxsplit=1)[0]
    line = text[text.rfind("\n", 0, max(at.start - 4, 0)) + 1 : at.start][-_NEAR:]
    branch = (
        _BRANCH.search(left[-24:]) or _BRANCH.search(line) or _BRANCH.match(clause.lstrip("( （"))
    )
    return bool(branch) and not _has_voice(left[-16:], clause)


def is_others(text: str, at: Span) -> bool:
    """Tell whether the number is somebody else's than the company's that stands near."""
    left, _ = _around(text, at)
    return bool(_OTHERS.search(re.split("[,，]", left)[-1])) and not _OFFICIAL.search(left[-16:])


def is_equated(text: str, at: Span) -> bool:
    """Tell whether the sentence says that two companies share one line."""
    left, right = _around(text, at)
    return bool(_EQUATED.search(left + "\n" + right[:20]) or _BOTH_LEFT.search(left))


def _has_voice(left: str, clause: str) -> bool:
    return bool(_OFFICIAL.search(left) or _OFFICIAL.search(clause) or _DEPARTMENT.search(left))


def is_bait(text: str, at: Span) -> bool:
    """Tell whether somebody unnamed gives the number as an office's to call."""
    left, _ = _around(text, at)
    own = re.split("[,，]", left)[-1]
    return bool(_BAIT.search(own)) and not _DESK.search(own)


def gives_line(text: str, name: Span, at: Span) -> bool:
    """Tell whether the words between a name and a number call it the name's line."""
    between = text[name.end : at.start] if name.end <= at.start else text[at.end : name.start]
    return bool(_LINE.search(between)) or not between.strip(" :：｜|,，")


def is_own_contact(between: str) -> bool:
    """Tell whether words between a company's name and a number begin the poster's own contacts."""
    return bool(_OWN_CONTACT.search(between))


def has_pretext(text: str, at: Span) -> bool:
    """Tell whether a pretext typical of hotline fraud stands within 120 characters."""
    return bool(_PRETEXT.search(text[max(0, at.start - 120) : at.end + 120]))
