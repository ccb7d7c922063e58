"""Say which of the companies that a text names it names for which number."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fanzha.late_pattern import late_pattern
from fanzha.organisations import Mention
from fanzha.post import Span
from fanzha.registry import Registry

__all__ = ["Naming", "Scope"]

_SENTENCE_END: Final = late_pattern(r"[。!?！？;；\n]")
# Words that may stand between a company's name and its line without breaking the tie.
_SERVICE_WORDS: Final = (
    r"[ \t\n:：,，、|｜()（）\[\]【】〔〕“”\"'‘’→➡>＞☞👉📞☎📱✦·•\-—_=~*.…#《》「」/+⬅️✅]|的|是|"
    r"为|在|请|可|您|及|和|与|就|"
    r"官方|客服|人工|热线|电话|服务|专线|专席|中心|总部|统一|唯一|全国|24小时|小时|投诉|退款|"
    r"退费|退票|退订|退货|退保|改签|"
    r"理赔|赔付|报案|协商|注销|关闭|解封|解冻|申诉|联系|致电|拨打|拨|打|直接|号码|信用卡|贷后|"
    r"部门?|组|处|办|商家|司机|"
    r"骑手|用户|会员|客户|咨询|详询|售后|直通|真人|秒接|内部|内线|主管|经理|专员|负责|最新|"
    r"2[0-9]{3}|新号|app|已更新|"
    r"微信|支付|金融|银行|公司|平台|集团|受理|延期|还款|提额|催收|校园|账户|账号|审核|安全|保障|"
    r"风控|仲裁|介入|免费|"
    r"转人工|那个|这个|叫|有|找|我|存|啊|呀|吧|呢|了|就行"
)
# What a row begins with that speaks of the brand above it and is no name of its own.
_NO_LABEL: Final = late_pattern(
    r"^[ \t]*(?:[答问aq]|第[0-9一二三四五]步|步骤|尾号|tel|mob)[:： ]|^尾号|^座机|"
    r"[打拨致联找]|中心|统一|电话|热线|专线|客服|人工|备用|线路|协商|专员|坐席|[一二三四]组"
)
# A name between two numbers of a list; whoever it is, it is not the one before.
_LABEL: Final = late_pattern(r"[,，、;；/| ]{1,2}[\u4e00-\u9fff]{2,5}[ :：]?")
_MEANS_RIGHT: Final = late_pattern(
    "上门|保价|包邮|到家|到付|付款|监督|(?:直接|资金)?[托存]管|可用|白条可用|同名|旁边?|对面|隔壁|附近|楼下|一个码|"
    "(?:公众|服务|订阅|视频)号|公众平台|生活号|小程序"
)
# A medium is how a firm is reached; 官方微信客服 with a line of its own is its maker's.
_MEDIA: Final = frozenset({"微信", "微信客服", "微博", "新浪微博", "qq"})
_MEDIUM_LEFT: Final = late_pattern("(?:官方|关注|搜索?|添加|新浪)$")
_MEDIUM_ID: Final = late_pattern(r"(?:客服)?[ :：@]{0,2}[\u4e00-\u9fff]{0,4}[a-z][a-z0-9_]{3}")
_MEDIUM_RIGHT: Final = late_pattern("(?:官方)?(?:客服|支付|人工|团队|电话|热线)")
# A firm's cards and coupons are everybody's prizes: 送京东卡.
_PRIZE_LEFT: Final = late_pattern("[送奖赠得领][^,，。;；]{0,12}$")
_PRIZE_RIGHT: Final = late_pattern("(?:e|购物|礼品)?卡|红包|[优代]?[惠金]?券")
_MEANS_LEFT: Final = frozenset("由用走凭")
_MEANS_AFTER: Final = late_pattern(
    "[^,，。]{0,4}(?:[发供]货|配送|承运|监督|托管|存管|付|结账|买|下单|寄|扫)"
)
_MEANS_BEFORE: Final = late_pattern("(?:支持|接入|绑定|兼容|对接|可接)$")
_MEANS_BARRED: Final = late_pattern("[^,，。]{0,6}(?:客服|热线|电话|专线|人工|官方)")
_DISCOUNT: Final = late_pattern("(?:信用|银行)?卡?(?:支付|付款|刷卡)?(?:满[0-9]|立减|[0-9]折)")
# What stands between the names of a list: 小米、华为 and 支付宝微信云闪付.
_LISTED: Final = late_pattern("[ 、,，/和及与或|]{0,2}")
_LIST_OF_WARES: Final = late_pattern(
    r"[^,，。;；\n]{0,8}(?:等|还款|付款|支付|都能|一个码|维修|回收|合作)"
)
_IS: Final = late_pattern(r"[ (（]?(?:就?是|[=:：→\-—]+)?[ ]?")
_SERVICE: Final = late_pattern(rf"(?:{_SERVICE_WORDS}){{0,24}}")
_SERVICE_WORD: Final = late_pattern(_SERVICE_WORDS)
_NEAR_CHARS = 150
_TOPIC_SHARE = 0.6
_SHORT_CHARS = 120
_TITLE_CHARS = 40


@dataclass(frozen=True, slots=True)
class Naming:
    """The mention that a text ties to a number, and how.

    `tie` is `tied` with only words of service between name and number, `near` with at most 60
    characters between them, `signature` for the 【name】 of a text message, `post` for the brand
    that the text is about, and `far` for any other that stands before.
    """

    mention: Mention
    tie: str


class Scope:
    """The names and numbers of one text, and which name each number falls to.

    Parameters
    ----------
    text
        Normalized text; all spans lie in it.
    numbers
        Spans of all numbers, in order; a name belongs rather to the number that follows it.
    mentions
        What `Organisations.mentions` found in the text.
    registry
        Tells which brands are of one group.
    """

    def __init__(
        self, text: str, numbers: Sequence[Span], mentions: Sequence[Mention], registry: Registry
    ) -> None:
        self.text = text
        self.numbers = numbers
        taken = {at.start for at in numbers}
        mentions = [found for found in mentions if not _passing(text, found)]
        mentions = _without_lists(text, numbers, mentions, registry)
        self.mentions = mentions
        named = [found for found in mentions if found.at.start not in taken]
        # One passing mention in a long text does not make a topic.
        topic = _topic(named, registry)
        passing = topic is not None and len(text) > _SHORT_CHARS and topic.at.start > _TITLE_CHARS
        self.topic = None if passing and len(named) < 2 else topic
        self._starts = [found.at.start for found in mentions]
        self._names_follow = _names_follow(text, numbers, mentions)
        self._signed = _signature(text, mentions)

    def naming(self, which: int) -> Naming | None:
        """Say which mention the text ties to `numbers[which]`; None when it names nobody."""
        text, at = self.text, self.numbers[which]
        after_last = self.numbers[which - 1].end if which else 0
        more = which + 1 < len(self.numbers)
        before_next = self.numbers[which + 1].start if more else len(text)
        first, last = _sentence(text, at)
        left, right = self._beside(at)
        if self._names_follow and right and _IS.fullmatch(text[at.end : right.at.start]):
            return Naming(right, "tied")
        gap = text[left.at.end : at.start] if left else ""
        fresh = left is not None and left.at.start >= max(first, after_last)
        if (
            self._names_follow
            and left
            and which
            and _IS.fullmatch(text[after_last : left.at.start])
        ):
            left, gap, fresh = None, "", False
        if left and fresh and _tied(gap):
            return Naming(left, "tied")
        if right and right.at.end <= min(last, before_next):
            between = text[at.end : right.at.start]
            given_on = more and before_next - right.at.end <= 4 and len(between) > 1
            if len(between) <= (3 if fresh else 8) and "," not in between and not given_on:
                return Naming(right, "tied")
        if left and fresh and len(gap) <= 30:
            return Naming(left, "near")
        if left and left.at.end == after_last and len(gap) <= 8 and "," not in gap:
            return Naming(left, "near")
        if self._signed:
            return Naming(self._signed, "signature")
        line = text.rfind("\n", 0, at.start) + 1
        if (left is None or left.at.start < line) and _labelled(text[line : at.start]):
            return None
        label = text[after_last : at.start]
        if after_last > line and not fresh and _LABEL.fullmatch(label) and _labelled(label):
            return None
        if left and len(gap) <= 60:
            return Naming(left, "near")
        if self.topic:
            return Naming(self.topic, "post")
        if left is None and right and right.at.end <= last and right.at.start - at.end <= 30:
            return Naming(right, "near")
        other = left or right
        return Naming(other, "far") if other else None

    def _beside(self, at: Span) -> tuple[Mention | None, Mention | None]:
        """Give the mentions next before and after a number; 12315 is itself a name, and skipped."""
        split = bisect_left(self._starts, at.start)
        before = split - 1
        after = split
        if before >= 0 and self.mentions[before].at.overlaps(at):
            before -= 1
        if after < len(self.mentions) and self.mentions[after].at.overlaps(at):
            after += 1
        left = self.mentions[before] if before >= 0 else None
        return left, self.mentions[after] if after < len(self.mentions) else None

    def in_sentence(self, at: Span) -> Sequence[Mention]:
        """Give the mentions that share a sentence with a number."""
        first, last = _sentence(self.text, at)
        return self.mentions[bisect_left(self._starts, first) : bisect_left(self._starts, last)]

    def near(self, at: Span) -> Sequence[Mention]:
        """Give the mentions within 150 characters of a number."""
        first = bisect_left(self._starts, at.start - _NEAR_CHARS)
        return self.mentions[first : bisect_left(self._starts, at.end + _NEAR_CHARS)]


def _topic(mentions: Sequence[Mention], registry: Registry) -> Mention | None:
    """Give the brand that a text is about: most of its mentions are of that brand's group."""
    if not mentions:
        return None
    counts: dict[str, int] = {}
    for found in mentions:
        counts[found.brand] = counts.get(found.brand, 0) + 1
    brand = max(counts, key=counts.__getitem__)
    own = sum(count for other, count in counts.items() if registry.same_group(brand, other))
    first = next(found for found in mentions if found.brand == brand)
    return first if own >= _TOPIC_SHARE * len(mentions) else None


def _sentence(text: str, at: Span) -> tuple[int, int]:
    start = at.start
    first = 0
    for end in _SENTENCE_END.finditer(text, max(0, start - 200), start):
        first = end.end()
    found = _SENTENCE_END.search(text, at.end, at.end + 200)
    return max(first, start - 200, 0), found.start() if found else min(len(text), at.end + 200)


def _passing(text: str, found: Mention) -> bool:
    """Tell whether a company is named as somebody's means or medium.

    Means as in 顺丰上门 or 资金由某银行监督, a medium as in 微信公众号 or 官方微信.
    """
    name = found.at
    if _MEANS_RIGHT.match(text, name.end):
        return True
    if found.alias in _MEDIA and (
        _MEDIUM_ID.match(text, name.end)
        or (
            _MEDIUM_LEFT.search(text, max(0, name.start - 4), name.start)
            and not _MEDIUM_RIGHT.match(text, name.end)
        )
    ):
        return True
    if _PRIZE_RIGHT.match(text, name.end) and _PRIZE_LEFT.search(
        text, max(0, name.start - 13), name.start
    ):
        return True
    if _DISCOUNT.match(text, name.end):
        return True
    if _MEANS_BEFORE.search(text, max(0, name.start - 2), name.start):
        return not _MEANS_BARRED.match(text, name.end)
    return text[name.start - 1 : name.start] in _MEANS_LEFT and bool(
        _MEANS_AFTER.match(text, name.end)
    )


def _without_lists(
    text: str, numbers: Sequence[Span], mentions: Sequence[Mention], registry: Registry
) -> list[Mention]:
    """Leave out what is listed with companies of other groups, as 支付宝、微信、京东 are.

    A list that a number is tied to stays, and so does one of names and numbers by turns.
    """
    kept: list[Mention] = []
    starts = [at.start for at in numbers]
    row: list[Mention] = []
    for found in [*mentions, None]:
        if found and row and _LISTED.fullmatch(text, row[-1].at.end, found.at.start):
            row.append(found)
            continue
        if row:
            several = any(not registry.same_group(row[0].brand, one.brand) for one in row[1:])
            last = row[-1].at.end
            split = bisect_left(starts, last)
            tied = split < len(starts) and _tied(text[last : starts[split]])
            first = row[0].at.start
            means = _LIST_OF_WARES.match(text, last) or _MEANS_BEFORE.search(
                text, max(0, first - 2), first
            )
            kept += [] if several and means and not tied else row
        row = [found] if found else []
    return kept


def _names_follow(text: str, numbers: Sequence[Span], mentions: Sequence[Mention]) -> bool:
    """Tell whether a list gives its numbers first, as 95369是山航，95539是南航 does."""
    if len(numbers) < 2 or not mentions or mentions[0].at.start < numbers[0].end:
        return False
    return bool(_IS.fullmatch(text[numbers[0].end : mentions[0].at.start]))


def _labelled(row: str) -> bool:
    """Tell whether a line begins with a name of its own, as a row of a table does."""
    if len(row) > 12 or _NO_LABEL.search(row):
        return False
    rest = _SERVICE_WORD.sub("", row)
    return sum("\u4e00" <= sign <= "\u9fff" for sign in rest) >= 2


def _tied(gap: str) -> bool:
    if len(gap) > 40:
        return False
    return len(gap) <= 4 or bool(_SERVICE.fullmatch(re.sub("[ ·/.,、_|*-]", "", gap)))


def _signature(text: str, mentions: Sequence[Mention]) -> Mention | None:
    opening = text.lstrip()[:1]
    if opening in "【[〖" and opening:
        close = re.search(r"[】\]〗]", text[:40])
        if close:
            for found in mentions:
                if found.at.end <= close.start():
                    return found
    tail = re.search(r"【[^【】\n]{1,24}】\s*$", text[-30:])
    if tail:
        begin = len(text) - len(text[-30:]) + tail.start()
        for found in reversed(mentions):
            if found.at.start > begin:
                return found
            break
    return None
