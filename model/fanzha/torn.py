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
# it than chance brings its parts together. Set on the clean posts of the training split and of the
# public sets, 2026-11-23: 30 of 57,983 have a mark left out, each of a word that it was put into.
_LEAST: Final = 1.0
_LEAST_LISTED, _LEAST_LISTED_PARTS = 6.0, 9.0
_LEAST_DOUBLED: Final = 8.0
_LEAST_SHARE: Final = 0.3
"""How often one part of a word that a listing mark tears must stand in it, of all its uses."""
# Words whose halves are alternatives or kinds, and as often written with a mark between.
_PAIRS: Final = (
    "左右东西南北父母爸妈兄弟姐妹姐弟兄妹夫妻父子父女母子母女师生爷孙男女老少早晚昼夜日夜先后前后上下内外中外"
    "高低大小多少长短轻重冷热快慢好坏对错真假是否有无得失新旧黑白买卖租售借贷存取收支涨跌盈亏增减加减进出出入"
    "进退来回往返开关公私城乡院校省市区县金银衣食水电酸甜词曲桌椅门窗碗筷纸笔车船猪牛牛羊鸡鸭花草"
)
_ALTERNATIVES: Final = frozenset(
    {"衣食住行", "吃喝玩乐", "柴米油盐", "琴棋书画", "男男女女"}
    | {_PAIRS[at : at + 2] for at in range(0, len(_PAIRS), 2)}
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
        edged = np.zeros(len(text) + 2, dtype=np.bool_)
        edged[1:-1] = loose
        edges = (edged[1:] != edged[:-1]).nonzero()[0]
        starts, ends = edges[::2], edges[1::2]
        # Most are the commas between sentences, and no heart is a sentence mark.
        kept = (ends - starts > 1) | (symbols[starts] != ord(BARRIER))
        for start, end in zip(starts[kept].tolist(), ends[kept].tolist(), strict=True):
            if end - start > _WIDEST or start == 0 or end == len(text):
                continue
            if not (_is_letter(text[start - 1]) and _is_letter(text[end])):
                continue
            marks = text[start:end]
            doubled = marks in _DOUBLED
            if doubled or not any(
                sign in _MEANING or (symbol != 0 and sign not in _HEARTS)
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
            return favour >= 0
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
