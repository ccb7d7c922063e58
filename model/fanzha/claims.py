"""Say whether a text presents a number as a service line, or warns, reports and asks about it."""

from __future__ import annotations

import re
from typing import Final

from fanzha.post import Span

__all__ = [
    "gives_line",
    "has_pretext",
    "is_firm",
    "is_own_contact",
    "is_personal",
    "is_presented",
    "is_report",
    "is_service",
]

_SENTENCE_END: Final = re.compile(r"[。!?！？;；\n]")
_AGAINST_LEFT: Final = re.compile(
    r"冒充|假冒|冒用|自称|谎称|声称|伪装|虚假|骗子|诈骗|打来|来电|接到|搜到|搜出|搜的|搜索|"
    r"搜[“\"]|网搜|诱导|要求回拨|被骗|上当|"
    r"假客服|并非|不是(?!有)|不属于|别打|不要打|勿拨|勿打|别信|举报|曝光|记者|收到[“\"]|"
    r"收到.{0,12}(?:短信|说|让)|让(?:我|你|他)?打|"
    r"有个|给我打|租用|嫌疑|涉案|刚有|刚刚有|显示|假抖音|说是"
)
_AGAINST_RIGHT: Final = re.compile(
    r"(?:别|不要|勿)(?:打|拨|接|信|理)(?!.{0,3}[0-9])|骗|诈|"
    r"(?<!节)(?<!放)(?<!暑)(?<!寒)(?<!休)(?<!他的都是)假(?!日|期)|不是官方|不是我|并非|冒充|"
    r"真的吗|真的假|真假|是不是|官方[的]?[吗?？]|"
    r"是真|拉黑|标记|没敢|也停机|已停机|停机了|转走|没关系|谁的|自称|靠谱|打来|打过来|"
    r"(?<!等您)(?<!欢迎)来电|老打|响一声|不存在|无关|称其|不要回拨|与我行|哪里的|"
    r"号.{0,3}对吗|敢不敢|能信|可信|是[^,，。]{1,8}(?:吗|嘛|(?<![什怎了])么)|老是打|"
    r"给我打(?:电话|来|过)"
)
_ASKED: Final = re.compile(
    r"^[^。!！\n]{0,14}(?:吗|(?<![什怎了])么(?![一-龥])|嘛|来着|谁的号|真假|对不对|是不是|对吗)|"
    r"^[^。!！\n,，]{0,8}[?？]"
)
_REFUTED: Final = re.compile(r"^[^\n]{0,30}\n[^\n]{0,6}(?:别打|别信|骗子|假的)")
_IN_DOUBT: Final = re.compile(r"(?:是真的|真假|靠谱|是官方|能信)[^。]{0,4}[吗?？]")
_ASKING_LEFT: Final = re.compile(r"是不是|是否|难道|怎么会是")
# A post that as a whole reports or warns; a warning phrase alone does not make it one, for
# fakes too write 谨防假冒.
_REPORT: Final = re.compile(
    r"本报讯|本报记者|记者|不法分子|犯罪团伙|诈骗团伙|犯罪嫌疑|嫌疑人|被告人|本院|警方提[示醒]|"
    r"民警提[示醒]|反诈中心提醒|"
    r"反诈提醒|声明|均不属于|冒用|以案说法|风险提示|公益提醒|警情|判断对错|与我行无关|假冒我|"
    r"假冒本|假客服|骗子|仅作举例|栽了|反应过来|警察立案"
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
    r"客服|热线|专线|官方|售后|服务|咨询|预约|预订|订座|订位|订餐|订房|导诊|急诊|挂号|外卖|总机|"
    r"总台|救援|登记|中心|前台|受理|回电|改期|清算组|"
    r"门市|维修|急修|24小时|销售[一二三]部|公司|事务所|驾校|医院|电话"
)
_PERSON: Final = re.compile(
    r"我(?:的)?(?:电话|号码|手机)|打我|找我|联系我|电话同微信|微信同号|师傅|站长|收件员|快递员|"
    r"客户经理|联系人|顾问|老板|中介|"
    r"业务员|手机[ :：]{0,2}$|小[^0-9官]{1}(?=[ :：,，]|$)|[老阿][^0-9]{1}(?=[ :：,，]|$)|"
    r"[^0-9]{1}[姐哥总导工](?=[ :：,，]|$)|楼下|司机招|招[^0-9]{1,10}(?:骑手|司机)|"
    r"网点|站点|支行|门店|门市|驿站(?!.{0,4}(?:客服|投诉|官方))|备用机|遗失物品|失物招领|第三方|"
    r"非厂家|不是厂家|店(?=[ :：,，]|$)|传真"
)
_OFFICIAL: Final = re.compile(
    r"客服|官方|热线|专线|专席|总部|总办|贷后|法务|停催|协商|注销|解封|解冻|申诉|理赔|退款|退费|"
    r"退票|改签|内部|保障|冻结|逾期|红利|"
    r"保证金|仲裁|撤|专员|人工|收费中心|售后|平台|备案|维权|审核|闪退|误扣|扣费|客户关怀|发放|"
    r"停气|吓唬"
)
_PRETEXT: Final = re.compile(
    r"注销.{0,8}(?:校园贷|学生|贷款|网贷|账户|账号|额度|征信)|校园贷|学生(?:信用)?(?:额度|账户|"
    r"贷)|解冻|强制下款|(?:下款|放款|借款).{0,20}(?:撤销|撤单)|"
    r"保证金.{0,6}退|退.{0,6}(?:保证金|押金)|押金.{0,6}退|百万保障|征信.{0,4}(?:修复|洗白|异议|"
    r"铲单)|清退|退费|退课费|兑付|清算|"
    r"(?:会员|直播).{0,6}(?:扣费|自动续费)|不成功不收费|充值退款|被骗.{0,12}(?:追回|退款)|追款|"
    r"统一取消|先缴|取保金|安全账户"
)
_OWN_CONTACT: Final = re.compile(
    r"联系我们|联系方式|官网|官方网站|公众号|邮箱|https?:|www\.|更新内容|更新日志|等。|意见反馈|"
    r"服务号|版本|下载"
)
_LINE: Final = re.compile("客服|热线|电话|官方|人工|专线|专席|号|是")
_NEAR = 40


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
    if _ASKED.match(right) or _ASKING_LEFT.search(left[-12:]):
        return False
    if official:
        return not re.search(r"打来|老打|给我打(?:电话|来|过)|响一声|自称", left[-8:] + clause)
    if _AGAINST_LEFT.search(left) or _AGAINST_RIGHT.search(right[:24]) or _IN_DOUBT.search(right):
        return False
    return not reporting


def is_report(text: str) -> bool:
    """Tell whether a text as a whole reports on fraud or warns of it. O(len(text))."""
    found = {match.group() for match in _REPORT.finditer(text)}
    return len(found) >= 2 or (bool(found) and bool(_VICTIM.search(text)))


def is_service(text: str, at: Span) -> bool:
    """Tell whether words of customer service stand beside the number."""
    left, right = _around(text, at)
    return bool(_SERVICE.search(left) or _SERVICE.search(right[:16]))


def is_firm(text: str, at: Span) -> bool:
    """Tell whether the number is given as a firm's line rather than a person's."""
    left, right = _around(text, at)
    return bool(_FIRM.search(left[-24:]) or re.match(r"[ (]?(?:前台|客服|24小时|热线)", right))


def is_personal(text: str, at: Span) -> bool:
    """Tell whether the number is a person's or a branch's own, without a company's voice."""
    left, right = _around(text, at)
    clause = re.split(r"[,，。!！\n;；]", right[:12], maxsplit=1)[0]
    person = _PERSON.search(left[-16:]) or _PERSON.match(right.lstrip(" (（")[:6])
    return bool(person) and not (_OFFICIAL.search(left) or _OFFICIAL.search(clause))


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
