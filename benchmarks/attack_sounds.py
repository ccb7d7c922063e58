"""Attacks by sound: a character becomes another of its syllable, or its spelling.

Homophones are all characters of GB 2312 that pypinyin gives the syllable.
"""

from __future__ import annotations

import random
from collections import defaultdict
from functools import lru_cache

from attack_targets import is_han
from pypinyin import Style, pinyin

__all__ = ["homophone", "initial", "near_homophone", "spelled"]


@lru_cache(maxsize=1 << 14)
def _syllable(sign: str) -> str:
    return pinyin(sign, style=Style.NORMAL, errors="ignore")[0][0] if is_han(sign) else ""


def _confused(sound: str) -> str:
    """Give the syllable as southern speakers may hear it: zh as z, ang as an."""
    # The confusions that the pinyin input methods offer as 模糊音.
    for written, heard in (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("f", "h")):
        if sound.startswith(written):
            sound = heard + sound[len(written) :]
            break
    return sound[:-1] if sound.endswith(("ang", "eng", "ing")) else sound


@lru_cache(maxsize=1)
def _by_sound() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Give the everyday characters of each syllable, and of each as it is confused."""
    same: defaultdict[str, list[str]] = defaultdict(list)
    near: defaultdict[str, list[str]] = defaultdict(list)
    # Level 1 of GB 2312 are the 3755 everyday characters, rows 16 to 55.
    for row in range(16, 56):
        for cell in range(1, 95):
            sign = bytes((row + 0xA0, cell + 0xA0)).decode("gb2312", "ignore")
            if sound := _syllable(sign) if sign else "":
                same[sound].append(sign)
                near[_confused(sound)].append(sign)
    return same, near


def homophone(sign: str, draw: random.Random) -> str | None:
    """Draw another character of the same syllable, of whatever tone."""
    others = [one for one in _by_sound()[0].get(_syllable(sign), ()) if one != sign]
    return draw.choice(others) if others else None


def near_homophone(sign: str, draw: random.Random) -> str | None:
    """Draw a character whose syllable is confused with this one's, else a homophone."""
    sound = _syllable(sign)
    near = _by_sound()[1].get(_confused(sound), ()) if sound else ()
    others = [one for one in near if _syllable(one) != sound]
    return draw.choice(others) if others else homophone(sign, draw)


def spelled(sign: str, _: random.Random) -> str | None:
    """Spell the character in pinyin."""
    return _syllable(sign) or None


def initial(sign: str, _: random.Random) -> str | None:
    """Give the first letter of the character's pinyin."""
    return _syllable(sign)[:1] or None
