"""Attacks on letters and digits: other widths, cases and forms of them, all over the post."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final

from attack_targets import Strength, Target

__all__ = ["cased", "lettered", "styled", "wide"]

_LETTER_FORMS: Final = (0xFF21 - 65, 0x24B6 - 65, 0x1D400 - 65, 0x1D5A0 - 65, 0x1F130 - 65)
"""Distance from A to the full-width, circled, bold, sans-serif and squared capital A."""
_SHARES: Final = {"low": 0.3, "middle": 0.6, "high": 1.0}
"""Share of the letters and digits of the post that an attack on them touches."""


def wide(target: Target, strength: Strength, draw: random.Random, _: Sequence[str]) -> str:
    """Write letters, digits and signs of ASCII in full width."""
    return "".join(
        chr(ord(sign) + 0xFEE0)
        if "!" <= sign <= "~" and draw.random() < _SHARES[strength.name]
        else sign
        for sign in target.text
    )


def cased(target: Target, strength: Strength, draw: random.Random, _: Sequence[str]) -> str:
    """Write letters in the other case."""
    share = _SHARES[strength.name]
    return "".join(
        sign.swapcase() if sign.isascii() and draw.random() < share else sign
        for sign in target.text
    )


def lettered(target: Target, strength: Strength, draw: random.Random, _: Sequence[str]) -> str:
    """Write letters as circled, squared or mathematical ones."""
    share = _SHARES[strength.name]
    forms = draw.choice(_LETTER_FORMS)
    return "".join(
        chr(ord(sign.upper()) + forms)
        if sign.isascii() and sign.isalpha() and draw.random() < share
        else sign
        for sign in target.text
    )


_DIGIT_STYLES: Final = {
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
            style = draw.choice(_DIGIT_STYLES[strength.name])
            text[at:end] = [style[int(sign)] for sign in text[at:end]]
        at = end + 1
    return "".join(text)
