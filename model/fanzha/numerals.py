"""Chinese, formal and radio numerals read as digits, inside number runs only."""

from __future__ import annotations

import re
from typing import Final

from fanzha.late_pattern import late_pattern

__all__ = [
    "LEAST_NUMERALS", "LEAST_STRICT", "LOOSE_NUMERALS", "NUMERAL_SIGNS", "WIDEST_GAP",
    "fold_numerals",
]  # fmt: skip

# 小写 and 大写 numerals, and 幺 for one. Source: GB/T 15835-2011 and everyday spoken numbers.
_STRICT: Final = {
    **dict(zip("〇零一二三四五六七八九", "00123456789", strict=True)),
    **dict(zip("壹贰叁肆伍陆柒捌玖幺", "1234567891", strict=True)),
}
# Signs that stand for a digit only between digits: radio words (洞拐勾两), circles, letters.
_LOOSE: Final = dict(zip("洞拐勾两○◯oli", "079200011", strict=True))
_SIGNS: Final = str.maketrans(_STRICT | _LOOSE)
LEAST_NUMERALS: Final = 5
"""Shortest run that is read as a number; the shortest service codes have five digits."""
LEAST_STRICT: Final = LEAST_NUMERALS - 1
"""How many signs of a run must be digits or numerals whatever stands beside them."""
LOOSE_NUMERALS: Final = frozenset(_LOOSE)
"""Signs that stand for a digit only between digits."""
WIDEST_GAP: Final = 3
"""Most marks between two signs of a run."""
NUMERAL_SIGNS: Final = frozenset("0123456789") | frozenset(_STRICT) | frozenset(_LOOSE)
"""What a run is made of."""

_TOKEN = "[0-9" + "".join(_STRICT) + re.escape("".join(_LOOSE)) + "]"
_RUN: Final = late_pattern(
    rf"(?<![a-z0-9]){_TOKEN}(?:[ \-.·•_()—–]{{0,{WIDEST_GAP}}}{_TOKEN}){{{LEAST_NUMERALS - 1},}}"
    "(?![a-z])"
)
_COUNTING = "一二三四五六七八九"
_STRICT_SIGNS: Final = frozenset("0123456789") | frozenset(_STRICT)


def fold_numerals(text: str) -> str:
    """Write the numerals of number runs as digits; length and all else stay.

    Parameters
    ----------
    text
        Text after width and case folding.

    Examples
    --------
    >>> fold_numerals("四零零-六四五五幺三八，第一二章")
    '400-6455138，第一二章'
    >>> fold_numerals("一二三四五，上山打老虎")
    '一二三四五，上山打老虎'
    """
    if text.isascii():
        return text
    return _RUN.sub(_read_run, text)


def _read_run(run: re.Match[str]) -> str:
    signs = [sign for sign in run.group() if sign in _STRICT_SIGNS]
    if len(signs) < LEAST_STRICT:
        return run.group()
    spoken = "".join(signs)
    # 一二三四五 counts or enumerates; a number that somebody dials is not a ladder of words.
    if spoken in _COUNTING or spoken in _COUNTING[::-1]:
        return run.group()
    return run.group().translate(_SIGNS)
