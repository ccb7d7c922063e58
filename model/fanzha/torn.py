"""Ordinary words that are torn apart by a mark, as 咨~询 and 头♪像 are."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fanzha.dictionary import FIRST_HAN, LAST_HAN
from fanzha.post import Span
from fanzha.segment import Segmenter
from fanzha.syllables import BARRIER, BESIDE, Alphabet

__all__ = ["TornWords"]

_WIDEST: Final = 2
"""Most marks between two characters: three dots are a pause, three stars a platform's mask."""
_LONGEST: Final = 5
_DOT: Final = "丶"
# Marks that join, count, name or point where they stand: an id, a topic, a price, a dash, a way.
_MEANING: Final = frozenset(" \t@#&%$€£¥+×÷<>—–―‖→←↑↓➡⬅⬆⬇⇒➔➜°℃")
# Marks that honest writers put between what they list or name: 男/女, 约翰·逊, 一汽-大众.
_LISTING: Final = frozenset("/\\|-~.·•・‧∙='")
_DOUBLED: Final = frozenset({"、、", "。。"})
_HEARTS: Final = frozenset("❤♥🧡💛💚💙")
# What a word must have in its favour, as the logarithm of how much oftener the dictionary counts
# it than chance brings its parts together. Set on the training split and on the training part of
# the public sets, where 7 in 100,000 posts have a mark dropped from between two words.
_LEAST: Final = 1.0
_LEAST_LISTED, _LEAST_LISTED_PARTS = 6.0, 9.0
_LEAST_DOUBLED: Final = 8.0
_LEAST_SHARE: Final = 0.3
"""How often one part of a word that a listing mark tears must stand in it, of all its uses."""
# Words whose halves are alternatives or kinds, and as often written with a mark between.
_ALTERNATIVES: Final = frozenset(
    "左右 东西 南北 父母 爸妈 兄弟 姐妹 姐弟 兄妹 夫妻 父子 父女 母子 母女 师生 爷孙 男女 老少 "
    "早晚 昼夜 日夜 先后 前后 上下 内外 中外 高低 大小 多少 长短 轻重 冷热 快慢 好坏 对错 真假 是否 "
    "有无 得失 新旧 黑白 买卖 租售 借贷 存取 收支 涨跌 盈亏 增减 加减 进出 出入 进退 来回 往返 开关 "
    "公私 城乡 院校 省市 区县 金银 衣食 水电 酸甜 词曲 桌椅 门窗 碗筷 纸笔 车船 猪牛 牛羊 鸡鸭 花草 "
    "衣食住行 吃喝玩乐 柴米油盐 琴棋书画 男男女女".split()
)


@dataclass(frozen=True, slots=True)
class _Gap:
    """Marks at `[start, end)` between two signs, and how honest they look there."""

    start: int
    end: int
    listing: bool
    doubled: bool


class TornWords:
    """Finds marks that stand inside a word of the dictionary and mean nothing there.

    Parameters
    ----------
    segmenter
        The dictionary of honest words.
    alphabet
        Tells marks from sentence marks and from signs that stand for a character.
    spellings
        Words that are themselves disguises, as 薇信: nobody else writes their parts side by side.
    """

    def __init__(
        self, segmenter: Segmenter, alphabet: Alphabet, spellings: Collection[str]
    ) -> None:
        self._segmenter = segmenter
        self._table = alphabet.table
        self._spellings = frozenset(spellings)

    def find(self, text: str) -> list[Span]:
        """Give the places of marks to be left out of a normalized text, in order; O(len(text)).

        A word is put together where the dictionary counts it so much oftener than chance would
        bring its parts together, and these are whole words between the marks: not 一周 in
        周一~周五. Listed alternatives, as in 男/女, stay.
        """
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        found: list[Span] = []
        for places, gaps in self._stretches(text, self._gaps(text, codes)):
            found += self._torn(text, places, gaps)
        return found

    def _gaps(self, text: str, codes: NDArray[np.uint32]) -> Iterator[_Gap]:
        symbols = self._table[codes]
        loose = (symbols == 0) | (symbols == BESIDE) | (symbols == ord(BARRIER))
        edges = np.flatnonzero(np.diff(loose, prepend=False, append=False)).tolist()
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            if not (0 < start and end < len(text) and end - start <= _WIDEST):
                continue
            if not (_is_letter(text[start - 1]) and _is_letter(text[end])):
                continue
            marks = text[start:end]
            doubled = marks in _DOUBLED
            if doubled or not any(
                sign in _MEANING
                or (symbol != 0 and sign not in _HEARTS)
                for sign, symbol in zip(marks, symbols[start:end].tolist(), strict=True)
            ):
                yield _Gap(start, end, not _LISTING.isdisjoint(marks), doubled)

    def _stretches(
        self, text: str, gaps: Iterator[_Gap]
    ) -> Iterator[tuple[list[int], dict[int, _Gap]]]:
        """Give the places of letters that only gaps part, and by place the gap before it."""
        places: list[int] = []
        inside: dict[int, _Gap] = {}
        end = 0
        for gap in gaps:
            first = gap.start
            while first > end and _is_letter(text[first - 1]):
                first -= 1
            if not (places and first == end):
                if inside:
                    yield places, inside
                places, inside = [], {}
            places += range(first, gap.start)
            inside[len(places)] = gap
            end = gap.end
            places.append(end)
            end += 1
            while end < len(text) and _is_letter(text[end]):
                places.append(end)
                end += 1
        if inside:
            yield places, inside

    def _torn(self, text: str, places: Sequence[int], gaps: Mapping[int, _Gap]) -> Iterator[Span]:
        """Give the gaps over which a word of whole parts reaches, as these stand between gaps."""
        edges = [0, *gaps, len(places)]
        parts: list[str] = []
        before: dict[int, _Gap] = {}
        for start, end in pairwise(edges):
            if start in gaps:
                before[len(parts)] = gaps[start]
            letters = "".join([text[place] for place in places[start:end]])
            parts += self._segmenter.segment_known(letters)
        torn: set[int] = set()
        for number in before:
            for start, end in _reaching_over(parts, number):
                inside = [at for at in range(start + 1, end) if at in before]
                if self._is_word(parts[start:end], [before[at] for at in inside]):
                    torn.update(inside)
        for number in sorted(torn):
            yield Span(before[number].start, before[number].end)

    def _is_word(self, parts: Sequence[str], torn: Sequence[_Gap]) -> bool:
        word = "".join(parts)
        count = self._segmenter.frequency(word)
        if not count or word.isascii() or len(set(word)) == 1 or word in _ALTERNATIVES:
            return False
        counts = [max(self._segmenter.frequency(part), 1) for part in parts]
        total = math.log(self._segmenter.total)
        favour = math.log(count) - total - sum(math.log(one) - total for one in counts)
        if word in self._spellings:
            return True
        if any(gap.doubled for gap in torn):
            return favour >= _LEAST_DOUBLED
        if any(gap.listing for gap in torn):
            if len(parts) > 2:
                return favour >= _LEAST_LISTED_PARTS
            return favour >= _LEAST_LISTED and count >= _LEAST_SHARE * (count + min(counts))
        return favour >= _LEAST


def _reaching_over(parts: Sequence[str], number: int) -> Iterator[tuple[int, int]]:
    """Give where parts begin and end that may be a word with others before this number and on."""
    for start in range(number - 1, max(number - _LONGEST, -1), -1):
        size = sum(map(len, parts[start:number]))
        for end in range(number + 1, len(parts) + 1):
            size += len(parts[end - 1])
            if size > _LONGEST:
                break
            yield start, end


def _is_letter(sign: str) -> bool:
    """Tell whether a sign may be one of a word: Han, or a Latin letter as in e卡."""
    return "a" <= sign <= "z" or (FIRST_HAN <= ord(sign) <= LAST_HAN and sign != _DOT)
