"""Find the dialable numbers of a text, however they are grouped, spelled or broken up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fanzha.digits import DIALLED, HUNDRED, MARK, read_aloud, without_counters
from fanzha.normalize import NormalizedText
from fanzha.post import Span

__all__ = ["Number", "find_numbers"]


@dataclass(frozen=True, slots=True)
class Number:
    """A dialable number; `number` holds its digits only, without country code.

    `span` lies in the post, `at` in the normalized text; `text` is the number as written.
    """

    span: Span
    at: Span
    text: str
    number: str


_S = rf"(?:{MARK}{{0,3}}|[,， ]{{0,2}}(?:开头的?|后面的?|后边|接着|然后|再加)[是接拨: ]{{0,2}})"
_JUNK = r"[^0-9\s,，。、:]{1,3}"
_AREA = r"0(?:10|2[0-9]|[3-9][0-9]{2})"
_LOCAL = rf"[2-8](?:[0-9]{{6,7}}|[0-9]{{2,3}}{MARK}{{1,2}}[0-9]{{4}}|(?:{MARK}{{1,2}}[0-9]){{6,7}})"
_COUNTRY = rf"(?:(?:\+|00){_S}86|\(86\)|(?<![0-9])86(?=[ \-]?(?:4[ ]?0[ ]?0|1[3-9]))){_S}"
# One alternative a shape, the more certain before the less; each begins where a digit run begins.
_SHAPES: Final = re.compile(
    rf"""(?<![0-9])(?:
      (?P<free>(?:{_COUNTRY})?[48]{_S}(?:0{_S}0|{HUNDRED})(?:{_S}[0-9]){{7}}(?![0-9]))
    | (?P<mobile>(?:{_COUNTRY})?1{_S}[3-9](?:{_S}[0-9]){{9}}(?![0-9]))
    | (?P<landline>\(?(?:{_COUNTRY}\(?0?(?:10|2[0-9]|[3-9][0-9]{{2}})|{_AREA}){_S}{_LOCAL}(?![0-9]))
    | (?P<area_code>\(?(?:{_COUNTRY}0?(?:10|2[0-9]|[3-9][0-9]{{2}})|{_AREA}){_S}
        (?:9[56][0-9]{{3,4}}|12[0-3][0-9]{{2}})(?![0-9]))
    | (?P<junk>(?:4{_JUNK}0{_JUNK}0(?:{_JUNK}[0-9]){{7}}
        |1{_JUNK}[3-9](?:{_JUNK}[0-9]){{9}})(?![0-9]))
    | (?P<voip>95013[0-9]{{6}}(?![0-9]))
    | (?P<service>(?:{_COUNTRY})?1{MARK}?0{MARK}?1{MARK}?0(?:{MARK}?[0-9]){{4}}(?![0-9]))
    | (?P<code>9[56][0-9]{{3,6}}(?![0-9]))
    | (?P<spread>9{MARK}{{1,2}}[56](?:{MARK}{{1,2}}[0-9]){{3,5}}(?![0-9])
        |1{MARK}{{1,2}}0{MARK}{{1,2}}0(?:{MARK}{{1,2}}[0-9]){{2}}(?![0-9]))
    | (?P<public>(?:100[0-9]{{2}}|10188|1008611|111[0-9]{{2}}|11888|12[0-3][0-9]{{2}})(?![0-9]))
    | (?P<wrong>(?:400[0-9]{{6}}|400[0-9]{{8,9}}|400[0-9]?(?:[\- ][0-9]{{2,4}}){{2,3}}
        |9[56][0-9]{{2}}[\- ][0-9]{{4}}|95[0-9]{{2}}|{_AREA}-[0-9]{{5,6}}(?:-[0-9])?)(?![0-9]))
    | (?P<local>[2-8](?:[0-9]{{6,7}}|[0-9]{{2,3}}{MARK}[0-9]{{4}})(?![0-9]))
    | (?P<emergency>(?:11[0-9]|12[0-2])(?![0-9]))
    )""",
    re.VERBOSE,
)
_BACKWARDS: Final = re.compile(r"倒[着过]|反[着过]来|倒序|从后往前")
_BACKWARD_RUN: Final = re.compile(rf"(?<![0-9])[0-9](?:{MARK}?[0-9]){{9,10}}(?![0-9])")

_PHONE_WORDS = (
    "电话|热线|客服|人工|专线|专席|拨|致电|座机|手机|号码|咨询|详询|订餐|订座|订位|预约|预订|"
    "预定|联系|备用|导诊|"
    "急诊|物业|外卖|夜班|值班|服务|报修|抢修|投诉|售后|tel|mob|phone|call|☎|📞|📱|☏|直拨|回拨|打|"
    "转人工|理赔|赔付|赔偿|"
    "报案|退款|退费|改签|总机|总部|传真|挪车|失物|招领|询|前台"
)
_PHONE_LEFT: Final = re.compile(rf"(?:{_PHONE_WORDS})(?!时间)[^0-9\n。!?;]{{0,6}}(?:24小时[ :]?)?$")
_PHONE_NEAR: Final = re.compile(
    rf"{_PHONE_WORDS}|移动|联通|电信|广电|邮政|ems|反诈|12315|民航|社保|人社|医保|税务|海关|政府|"
    rf"市民|保险|银行|举报|"
    "快递|转[0-9]|按[0-9]|通了|难打|排队|占线|来电|短信|订退|退订|交管|交警|铁路|京东"
)
_EMERGENCY_LEFT: Final = re.compile(
    r"(?:拨打?|[^0-9]打了?|报警|报案|急救|火警|致电|呼叫|电话|热线|警方|求助|[^0-9]报|回拨|"
    r"[0-9][、或和及])[:： “\"]{0,2}$"
)
_EMERGENCY_RIGHT: Final = re.compile(r"[”\" ]?(?:报警|报案|求助|急救|电话|热线|问|出警|民警|指挥)")
# What stands right before a figure that is an id, a count or a price and no telephone number.
_ID_LEFT: Final = re.compile(
    r"(?:订单|运单|单号|编号|卡号|账号|帐号|户号|尾号|证码|校验码|动态码|取件码|取餐号|兑换码|"
    r"邀请码|口令|密码|授权码|"
    r"身份证|准考证|学号|工号|警号|车牌|税号|代码|批号|邮编|型号|sku|货位|托盘码|箱码|卷号|备案|"
    r"端口|error|版本|内核|"
    r"isbn|imei|uid|[^a-z]id|[^a-z]sn|群号?|q群|qq|扣扣|叩叩|企鹅号?|第|"
    r"房号|流水号|交易号|保单号|报案号|案号|航班|车次|基金|股票|指数|坐标|条码|序列号|设备号|"
    r"合同号?|发票号?码?|凭证号?|"
    r"档案|文号|文献|水表|电表|号码布|对公户|税|均订|答案是|[¥￥$€£]|共计?|合计|累计|金额|价格|"
    r"原价|现价|售价|月薪|工资|"
    r"底薪|底数|编码|验证|识别码|注册码|激活码|序号|步数|里程|超过|达到|🐧|"
    r"[a-z]-)[号为是:： #]{0,3}$"
)
_COUNT_LEFT: Final = re.compile(
    r"(?:楼层|积分|浏览|浏览次数|阅读|播放|销量|粉丝|步数|累计)[为是:： ]{0,3}$"
)
_UNIT_RIGHT: Final = re.compile(
    r" ?(?:元|块|万|亿|人(?!工)|楼|层|分(?!机)|秒|%|米|公里|km|克|斤|吨|股|字|章|集|题|年|倍|粉|"
    r"页|名|级|折|余|多|"
    r"[÷×=+]|x[0-9]|\*[0-9]|[a-z]{3}|gb|mb|ml|kg|mah|份(?!证)|套|台|平|㎡|步|票|位(?!客)|本书|"
    r"条(?!款))"
)
_LOOK = 14
_KEYCAPS: Final = ("\ufe0f", "\u20e3")
_ADDRESS: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_PAIRS: Final = frozenset({"【】", "[]", "()", "〔〕", "「」", "『』", "“”", "‘’", "<>", "{}"})
_WEAK: Final = frozenset({"code", "public", "spread", "service", "wrong", "local", "emergency"})


def find_numbers(text: NormalizedText) -> tuple[Number, ...]:
    """Find every number of `text` that somebody could dial, in order, without overlap.

    Among them 400, 800, 95, 96, 1010, 100xx and 12xxx lines, 110 and its like beside a word of
    calling, mobiles, landlines with or without area code, and near-numbers presented as lines
    (a 400 number of nine digits). Dates, prices, orders, cards, ids, versions, QQ numbers and
    verification codes are left out.

    Notes
    -----
    O(len(text)); returns at once when the text has no digit.
    """
    view = read_aloud(without_counters(text))
    numbers = []
    for first, last, number in _dialable(view):
        start, end = _with_brackets(view, first, last)
        span = text.span(start, end)
        # The keycap around a digit leaves no character behind, but is part of what was written.
        while text.post[span.end : span.end + 1] in _KEYCAPS:
            span = Span(span.start, span.end + 1)
        numbers.append(Number(span, Span(start, end), span.of(text.post), number))
    return tuple(numbers)


def _with_brackets(view: str, start: int, end: int) -> tuple[int, int]:
    """Take in the outer brackets of a number whose groups stand in brackets, as 【400】【610】…."""
    around = view[start - 1 : start] + view[end : end + 1]
    if around in _PAIRS and around[::-1] in view[start:end]:
        return start - 1, end + 1
    return start, end


def _dialable(view: str) -> Iterator[tuple[int, int, str]]:
    last_end = 0
    for match in _SHAPES.finditer(view):
        start, end = match.span()
        shape = match.lastgroup or ""
        digits = _digits(match)
        left, right = view[max(0, start - _LOOK) : start], view[end : end + _LOOK]
        if _BACKWARDS.search(left):
            backwards = _BACKWARD_RUN.match(view, start)
            if backwards and DIALLED.fullmatch(_digits(backwards)[::-1]):
                yield (*backwards.span(), _digits(backwards)[::-1])
                last_end = backwards.end()
                continue
        if start < last_end or _ADDRESS.fullmatch(match.group()):
            continue
        if not _plausible(shape, digits, left, right):
            continue
        last_end = end
        yield start, end, _without_country(match.group(), shape, digits)
    if not last_end and _BACKWARDS.search(view):
        for run in _BACKWARD_RUN.finditer(view):
            if DIALLED.fullmatch(_digits(run)[::-1]):
                yield (*run.span(), _digits(run)[::-1])


def _digits(run: re.Match[str]) -> str:
    return re.sub("[^0-9]", "", run.group().replace(HUNDRED, "00"))


def _without_country(written: str, shape: str, digits: str) -> str:
    if not re.match(r"\(?(?:\+|00)|\(?86", written):
        return digits
    digits = re.sub("^(?:00)?86", "", digits)
    if shape in {"landline", "area_code"} and digits[0] != "0":
        return "0" + digits
    return digits


def _plausible(shape: str, digits: str, left: str, right: str) -> bool:
    if _ID_LEFT.search(left) or re.search(
        r"[0-9][-_]$|[0-9]{2}:$|(?<!tel)(?<!mob)(?<!call)[a-uw-z]$", left
    ):
        return False
    if re.search(r"[0-9]\.$", left) and not re.search(r"(?:^|\n|[^0-9.])[0-9]{1,2}\.$", left):
        return False
    if shape not in _WEAK:
        return not re.match(r"[-_.][0-9]{2}| ?[元%]", right) or shape == "landline"
    if (
        _COUNT_LEFT.search(left)
        or _UNIT_RIGHT.match(right)
        or re.match(r"[-_.:][0-9]{2}|[.][0-9a-z]|[a-z]", right)
    ):
        return False
    if shape == "emergency":
        return bool(_EMERGENCY_LEFT.search(left) or _EMERGENCY_RIGHT.match(right))
    if re.match(r"[*x]", right):
        return False
    if shape in {"local", "wrong", "spread"} and re.search(r"[0-9][ \-.]$", left):
        return False
    if shape == "spread":
        return True
    if shape in {"local", "wrong"} and re.match(r"[ \-][0-9]", right):
        return False
    if shape in {"local", "wrong"}:
        return bool(_PHONE_LEFT.search(left))
    if shape == "public" and digits[:3] == "123" and digits not in {"12345", "12300"}:
        return True
    if shape == "public" and not right.strip() and re.search("[,。 ]$", left):
        return True
    if shape == "public" or len(set(digits)) == 1 or len(digits) == 7 or digits[:2] == "96":
        return bool(_PHONE_NEAR.search(left) or _PHONE_NEAR.search(right))
    return True
