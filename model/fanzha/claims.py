"""Say whether a text presents a number as a service line, or warns, reports and asks about it."""

from __future__ import annotations

import re
from typing import Final

from fanzha.late_pattern import late_pattern
from fanzha.post import Span
from fanzha.voices import around

__all__ = ["has_pretext", "is_amount", "is_presented", "is_report"]

# Words before a number that hold for the whole sentence.
_AGAINST_LEFT: Final = late_pattern(
    r"冒充|假冒|冒用|自称|谎称|声称|伪装|骗子|打来|来电|接到|搜到|搜出|搜的|"
    r"搜[“\"]|网搜|诱导|要求回拨|假客服|并非|不是(?!有)|不属于|不要打|勿拨|勿打|别信|举报[:：“]|曝光|记者|"
    r"收到[“\"]|收到.{0,12}(?:短信|说|让)|让(?:我|你|他)(?:回?[打拨]|联系)|"
    r"有个|给(?:我|你)[打发]|租用|嫌疑|刚有|刚刚有|来电显示|显示(?:的|是|号码)|假抖音|说是|小广告|网传|搜索[“\"]|照着(?:上面|网上)"
)
# And those that hold only in the number's own clause: 被骗怎么追回-赔付中心电话… is bait.
_AGAINST_CLAUSE: Final = late_pattern(
    r"虚假|诈骗|被骗(?!.{0,6}(?:追回|追款|退款|想追))|上当|别打|涉案|举报|搜索"
)
_AGAINST_RIGHT: Final = late_pattern(
    r"(?:别|不要|勿)(?:打|拨|接|信|理)(?!.{0,3}[0-9])|骗子|诈骗(?!立案)|是骗|骗[人我钱局了走]|行骗|被骗(?!过?的)|"
    r"是假|假的|假冒|假客服|假号|(?<!客服)真假|不是官方|不是我|并非|非我|^不是|不对|冒充|"
    r"真的吗|真的假|是不是|官方[的]?[吗?？]|"
    r"是真|拉黑|标记|没敢|也停机|已停机|停机了|转走|没关系|谁的|谁家|自称|靠谱|打来|打过来|"
    r"(?<!等您)(?<!欢迎)(?<!请)来电(?!登记|时|请|咨询)|老打|响一声|不存在|无关|称其|不要回拨|与我行|哪里的|"
    r"号.{0,3}对吗|敢不敢|能信|可信|是[^,，。]{1,8}(?:吗|嘛|(?<![什怎了])么)|老是打|"
    r"给我打|我打过|打过去是|打错|小心|我一搜|怎么才|举报封|被[0-9]+人|说人家|后被"
)
_THE_REST: Final = late_pattern(r"(?:其[他它余]|别的|别信(?:路边|外面|低价|别人))[^,，。!！]{0,16}")
_ONLY_TRUE: Final = late_pattern(
    r"(?<!称)(?:官方|唯一|正确|真正|认准)[^“\"]{0,8}(?:热线|客服|电话|人工|专线)[^“\"]{0,4}$"
)
_CLAUSE_END: Final = late_pattern(r"[,，、|｜~—:：]|\s-|-\s|(?<![0-9])-(?![0-9])")
_ASKED: Final = late_pattern(
    r"^[^。!！\n]{0,14}(?:吗|(?<![什怎了])么(?![一-龥])|嘛|来着|谁的号|真假|对不对|是不是|对吗)|"
    r"^[^。!！\n,，]{0,8}[?？]"
)
_REFUTED: Final = late_pattern(r"^[^\n]{0,30}\n[^\n]{0,6}(?:别打|别信|骗子|假的)")
_IN_DOUBT: Final = late_pattern(r"(?:是真的|真假|靠谱|是官方|能信)[^。]{0,4}[吗?？]")
_ASKING_LEFT: Final = late_pattern(
    r"是不是|是否|难道|怎么会是|到底(?:是|打)?.{0,6}$|到底.{4,14}还是.{0,4}$"
)
_OFFICIAL_AGAINST: Final = late_pattern(r"打来|打过来|老打|给我打|响一声|自称|来电显示")
_TO_TAKE: Final = late_pattern(r"(?:请|要|可以|放心|记得)[^,，。]{0,3}接")
_OUT_OF_USE: Final = late_pattern(r"^[^,，。!！\n]{0,8}(?:停机|停用|失效|停了)|^因.{0,6}停用")
# A post that as a whole reports or warns; a warning phrase alone does not make it one, for
# fakes too write 谨防假冒.
_REPORT: Final = late_pattern(
    r"本报讯|本报记者|记者|不法分子|犯罪团伙|诈骗团伙|犯罪嫌疑|嫌疑人|被告人|本院|警方提[示醒]|"
    r"民警提[示醒]|反诈中心提醒|"
    r"反诈提醒|均不属于|冒用|以案说法|公益提醒|警情|判断对错|与我行无关|假冒我|"
    r"假冒本|假客服|仅作举例|栽了|反应过来|警察立案|的声明|严正声明|声明[:：]|骗子"
)
_VICTIM: Final = late_pattern(
    r"涉案|立案|骗走|骗了|被骗|上当|谨防|冒充|请勿|不要打|别打|不要相信|切勿|假冒|诈骗|骗子|虚假"
)
_PRETEXT: Final = late_pattern(
    r"注销.{0,8}(?:校园贷|学生|贷款|网贷|账户|账号|额度|征信)|校园贷|学生(?:信用)?(?:额度|账户|"
    r"贷)|(?<!一键)解冻(?!热线)|强制下款|(?:下款|放款|借款).{0,20}(?:撤销|撤单)|"
    r"百万保障|征信.{0,4}(?:修复|洗白|异议|铲单)|清退|兑付|清算|不成功不收费|保证金退还|会员费.{0,2}退|退费.{0,2}中心|"
    r"充值退款|被骗.{0,12}(?:追回|退款)|追款|统一取消|先缴|取保金|安全账户"
)
# What lawful firms speak of too; it is a pretext only beside a mark of the scam.
_REFUND: Final = late_pattern(
    r"保证金.{0,6}退|退.{0,6}(?:保证金|押金)|押金.{0,6}退|退费|退课费|(?:会员|直播).{0,6}(?:扣费|自动续费)"
)
_MARK: Final = late_pattern(
    r"登记|先[交付验]|缴|核验|验证码|验证金|银行卡|卡号|屏幕|会议|收款码|统一|名额|维权|"
    r"今[日天晚]|截止|逾期|过期|[0-9一二三四五]成|手续费|工本费|专员|通道|倒闭|跑路|机构"
)
_SENTENCE_END: Final = late_pattern(r"[\n。!！;；]")
_PART_END: Final = late_pattern(r"[,，。!！\n;；]")
_WHOSE: Final = late_pattern(
    r"^[^。!！\n]{0,10}(?:是真的|是[^,，。]{0,6}(?:吗|嘛)|谁的号|真假|对不对|来着)|"
    r"^[^。!！\n,，]{0,6}(?:发短信|发来)"
)
# Five digits after 花呗 are a sum of money unless somebody is told to call them; what begins with
# 95 or 96 is a code even so, but after 余额.
_SUM: Final = late_pattern(
    r"(?:余额|额度|[欠还剩]|借|贷款?)(?:[了着]|款|有|剩|清)?(?:大?[概约])?[是为:： ]{0,2}$"
)
_CALLED: Final = late_pattern(
    r"电话|客服|热线|专线|专席|人工|拨|打|致电|联系|咨询|服务|投诉|官方|售后|tel|☎|📞"
)
_CALLED_CHARS = 16
_AMOUNT_DIGITS = 5
_NEAR = 40
_QUOTED_CHARS = 4
_PRETEXT_CHARS = 120


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
    left, right = around(text, at)
    if not official and _REFUTED.search(right):
        return False
    right = _SENTENCE_END.split(right, maxsplit=1)[0]
    clause = _PART_END.split(right, maxsplit=1)[0]
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
    """Tell whether the number stands in quotation marks with the words around it.

    Where nothing is said outside the marks they quote nobody.
    """
    begin = max(0, at.start - _NEAR)
    left = text[begin : at.start]
    opening = max(left.rfind("“"), left.rfind("「"))
    if opening < 0 or re.search("[”」\n]", left[opening:]) or len(left) - opening < _QUOTED_CHARS:
        return False
    closing = re.match(r"[^“「\n]{0,20}[”」]", text[at.end : at.end + _NEAR])
    if closing is None:
        return False
    return bool(re.search(r"\w\w", text[: begin + opening] + " " + text[at.end + closing.end() :]))


def is_amount(text: str, at: Span) -> bool:
    """Tell whether five digits are rather a sum of money than a number that is given to call."""
    if at.end - at.start != _AMOUNT_DIGITS:
        return False
    left, right = around(text, at)
    if _SUM.search(left):
        return True
    return text[at.start] == "1" and not (
        _CALLED.search(left[-_CALLED_CHARS:]) or _CALLED.search(right[:_CALLED_CHARS])
    )


def is_report(text: str) -> bool:
    """Tell whether a text as a whole reports on fraud or warns of it. O(len(text))."""
    found = {match.group() for match in _REPORT.finditer(text)}
    return len(found) >= 2 or (bool(found) and bool(_VICTIM.search(text)))


def has_pretext(text: str, at: Span) -> bool:
    """Tell whether a pretext typical of hotline fraud stands within 120 characters."""
    near = text[max(0, at.start - _PRETEXT_CHARS) : at.end + _PRETEXT_CHARS]
    return bool(_PRETEXT.search(near) or (_REFUND.search(near) and _MARK.search(near)))
