"""Rows of single signs that a separator parts, as 警 方 提 醒 and 【花】【呗】 are."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import Final

from fanzha.late_pattern import late_pattern
from fanzha.post import Span
from fanzha.segment import Segmenter

__all__ = ["Rows"]

LEAST_SIGNS: Final = 6
"""Signs of the shortest row."""
_LEAST_HAN: Final = 4
_LEAST_PARTED: Final = 4
_SIGNS: Final = "0-9a-z\u3007\u3400-\u4e35\u4e37-\u9fff\U00020000-\U0003ffff"
"""What a row is made of: no 丶, a character that is used as a dot."""
_SIGN: Final = f"[{_SIGNS}]"
_MARK: Final = f"[^{_SIGNS}\\s]"
_PAUSE: Final = "[,。!?:;、…]"
# One sign, marks beside it, that blanks or line ends part from the next; a mark of the sentence may
# stand between two as a sign does.
_BLANKS: Final = late_pattern(
    f"(?<!{_SIGN}){_SIGN}(?:(?:{_MARK}{{0,2}}\\s{{1,8}}(?:{_MARK}{{1,2}}\\s{{1,8}})?{_MARK}{{0,2}}|"
    f"{_PAUSE}){_SIGN}(?!{_SIGN})){{{LEAST_SIGNS - 1},}}"
)
# The same marks between any two signs; the first and last may be those of words.
_MARKS: Final = late_pattern(
    f"{_SIGN}(?P<by>\\s{{0,2}}{_MARK}[^{_SIGNS}]{{0,3}}?)"
    f"(?:{_SIGN}(?:(?P=by)(?:[^{_SIGNS}](?P=by)){{0,2}}|(?P=by)?[\\s{_PAUSE[1:]}(?P=by)?))"
    f"{{{LEAST_SIGNS - 2},}}{_SIGN}"
)
_HAN_SIGN: Final = late_pattern("[\u3400-\u9fff\U00020000-\U0003ffff]")
_ONE_SIGN: Final = late_pattern(_SIGN)
_GAP: Final = late_pattern(f"[^{_SIGNS}]+")
_BLANK: Final = late_pattern("\\s+")
_CLOSED: Final = dict(zip("([{<【〔《〈「『“‘\"'", ")]}>】〕》〉」』”’\"'", strict=True))
# Marks between what is listed: signs that are no words together stay a list.
_LISTING: Final = frozenset("、,;")
_PARTING: Final = frozenset("/\\|.·•-")
"""Marks that part what is listed as often as they part what is spread out."""
# What stands in a series is listed though two of it may be a word.
_SERIES: Final = tuple(
    map(
        frozenset,
        (
            "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥", "东南西北中上下左右前后里外内",
            "春夏秋冬", "金木水火土日月", "赵钱孙李周吴郑王张刘陈杨黄", "红橙黄绿青蓝紫白黑灰粉",
            "零〇一二三四五六七八九十百千万两日周星期", "鼠牛虎兔龙蛇马羊猴鸡狗猪", "宫商角徵羽",
            "酸甜苦辣咸", "衣食住行用玩乐游医育", "工农中建招交邮储", "语数英外理化生政史地物",
            "中美英法德日韩俄意加澳", "琴棋书画诗酒花茶", "生旦净末丑", "柴米油盐酱醋茶",
            "梅兰竹菊", "仁义礼智信", "风花雪月", "男女老少", "爸妈爷奶哥姐弟妹",
            "京津沪渝冀晋辽吉黑苏浙皖闽赣鲁豫鄂湘粤琼川蜀贵黔滇云陕甘陇青桂宁新藏港澳台蒙",
        ),
    )
)  # fmt: skip
_PARTICLES: Final = frozenset("的了吗吧呢啊是在我你他她它们不没有和就也都还很这那个与及或要会可为")
_SPEAKING: Final = frozenset("的了吗吧呢啊是在我你他她它们不没有都还很这那个")
"""Particles that no list has."""
_SPEAKING_WORD: Final = 3
"""Signs of words that no list holds by chance: of four, it holds 喜怒哀乐."""
_NUMERALS: Final = frozenset("零〇一二三四五六七八九十百千万两半")
_LEAST_SHARE, _LEAST_SHARE_SILENT = 0.25, 0.4
"""What part of a row's Han must be words of two and more signs, particles and numerals aside."""
_LEAST_SHARE_LISTED: Final = 0.5
_SURE_SHARE: Final = 0.6
"""What part is enough though nothing but the words says that it is no list."""


@dataclass(frozen=True, slots=True, order=True)
class _Row:
    """A row and its separators, all places of the text; `by` is the mark in these, if one is."""

    start: int
    end: int
    separators: tuple[Span, ...]
    by: str


class Rows:
    """Finds the separators of rows of six and more single signs.

    Parameters
    ----------
    segmenter
        Tells of signs whether they make words.

    Examples
    --------
    >>> rows = Rows(Segmenter())
    >>> text = "今 天 天 气 真 好 ， 我 们 出 门"
    >>> left, done = [], 0
    >>> for gap in rows.find(text):
    ...     left.append(text[done : gap.start])
    ...     done = gap.end
    >>> "".join([*left, text[done:]])
    '今天天气真好，我们出门'
    >>> rows.find("甲、乙、丙、丁、戊、己、庚")
    []
    """

    def __init__(self, segmenter: Segmenter) -> None:
        self._segmenter = segmenter
        self._terms = frozenset(segmenter.user_words)

    def find(self, text: str) -> list[Span]:
        """Give the places of separators to be left out of a normalized text, in order.

        O(len(text)).
        """
        rows = list(_rows(text))
        # A post that is spread out so in one place is so in others.
        spread = {row.by for row in rows if self._is_text(text, row)}
        taken: list[_Row] = []
        for row in rows:
            if row.by in spread and _may_be_text("".join(_left(text, row))):
                at = bisect_left(taken, row)
                if at and taken[at - 1].end > row.start:
                    continue
                if at == len(taken) or taken[at].start >= row.end:
                    taken.insert(at, row)
        return [gap for row in taken for gap in row.separators]

    def _is_text(self, text: str, row: _Row) -> bool:
        """Tell whether the signs of a row, written together, are words for the most part."""
        joined = "".join(_left(text, row))
        if not _may_be_text(joined):
            return False
        share, speaks = self._words_of(joined)
        if "\n" in joined:
            # Written in columns, it is read downwards.
            lines = joined.split("\n")
            down = "".join(["".join(column) for column in zip_longest(*lines, fillvalue="")])
            if self._words_of(down)[0] > share:
                return False
        if row.by in _LISTING:
            return speaks and share >= _LEAST_SHARE_LISTED
        if row.by in _PARTING:
            return share >= (_LEAST_SHARE_LISTED if speaks else _SURE_SHARE)
        return share >= (_LEAST_SHARE if speaks else _LEAST_SHARE_SILENT)

    def _words_of(self, joined: str) -> tuple[float, bool]:
        """Give what part of the Han of a text are words, and whether it is no mere list."""
        words, rest = 0, 0
        speaks = not _SPEAKING.isdisjoint(joined)
        for word in self._segmenter.segment_known(joined):
            n_han = len(_HAN_SIGN.findall(word))
            if len(word) > 1 and not any(series.issuperset(word) for series in _SERIES):
                words += n_han
                speaks |= len(word) == _SPEAKING_WORD or word in self._terms
            elif word not in _PARTICLES and word not in _NUMERALS:
                rest += n_han
        return words / max(words + rest, 1), speaks


def _may_be_text(joined: str) -> bool:
    """Tell whether a row is long enough, and has Han enough to be more than a number."""
    signs, han = len(_ONE_SIGN.findall(joined)), len(_HAN_SIGN.findall(joined))
    return signs >= LEAST_SIGNS and han >= max(_LEAST_HAN, signs / 3)


def _rows(text: str) -> Iterator[_Row]:
    """Give the rows, those by marks first: blanks may stand beside their marks."""
    for match in _MARKS.finditer(text):
        yield _by_marks(text, match.span(), match["by"])
    for match in _BLANKS.finditer(text):
        yield _by_blanks(text, match.span())


def _by_marks(text: str, span: tuple[int, int], by: str) -> _Row:
    start, end = span
    gaps: list[Span] = []
    n_gaps = 0
    for match in _GAP.finditer(text, start, end):
        first, last = match.span()
        n_gaps += 1
        if text.startswith(by, first):
            gaps.append(Span(first, first + len(by)))
            first += len(by)
        if last - first >= len(by) and text.endswith(by, first, last):
            gaps.append(Span(last - len(by), last))
    # Pauses stand between some signs, what parts them between the others.
    if len(gaps) < max(_LEAST_PARTED, n_gaps / 2):
        gaps = []
    elif start and _CLOSED.get(by[-1]) == by[0] and text[start - 1] == by[-1]:
        gaps.insert(0, Span(start - 1, start))
        if text[end : end + 1] == by[0]:
            gaps.append(Span(end, end + 1))
    return _Row(start, end, tuple(gaps), by.strip())


def _by_blanks(text: str, span: tuple[int, int]) -> _Row:
    start, end = span
    gaps = [Span(*match.span()) for match in _BLANK.finditer(text, start, end)]
    lines = ["\n" in gap.of(text) for gap in gaps]
    # Where signs stand side by side, a line's end is one.
    below = 2 * sum(lines) > len(lines)
    kept = [gap for gap, line in zip(gaps, lines, strict=True) if below or not line]
    if len(gaps) < _LEAST_PARTED:
        kept = []
    return _Row(start, end, tuple(kept), "")


def _left(text: str, row: _Row) -> Iterator[str]:
    for before, after in pairwise(
        [Span(row.start, row.start), *row.separators, Span(row.end, row.end)]
    ):
        yield text[before.end : after.start]
