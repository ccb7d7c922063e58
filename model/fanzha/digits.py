"""Read the disguised digits of numbers: spoken, lettered, stacked, beside a counter."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from fanzha.normalize import NormalizedText

__all__ = ["DIALLED", "HUNDRED", "MARK", "read_aloud", "without_counters"]

MARK = (
    r"[ \t\u3000\-–—―‐‑−_.·•・∙‧*♥~～=/|｜丨丶()\[\]{}【】〔〕「」『』“”\"'‘’<>〈〉"
    r"\u2190-\u21ff\u2500-\u27bf\u2b00-\u2bff\U0001f300-\U0001faff]"
)
"""One sign that people put between the digits of a number, as a regular expression.

Beside punctuation these are the blocks of arrows, geometric shapes, dingbats and emoji.
"""
HUNDRED = "\ue000"
"""Private sign for the 百 of 四百, which stands for two digits."""
_NUMERALS: Final = str.maketrans(
    "〇零一二三四五六七八九壹贰叁肆伍陆柒捌玖幺洞拐勾两", "00123456789123456789" + "10792"
) | {ord("百"): HUNDRED}
# Latin letters and the Cyrillic з that are drawn like a digit.
_DIGIT_LETTERS: Final = "oilsbzз"
_LETTERS: Final = str.maketrans(_DIGIT_LETTERS, "0115823")
_MOST_LETTERS: Final = 6
_HAN_DIGIT = "0-9〇零一二三四五六七八九壹贰叁肆伍陆柒捌玖幺洞拐勾两"
_SPOKEN: Final = re.compile(
    rf"[{_HAN_DIGIT}]++百?+(?:(?:[,，。\n、]|{MARK}){{1,2}}+[{_HAN_DIGIT}]++)*+"
)
_STACKED: Final = re.compile(r"(?<![^\n])[0-9]{1,4}(?:\n[0-9]{1,4}){2,10}+(?![^\n])")
_LETTERED: Final = re.compile(
    rf"(?<![a-z0-9])[0-9o](?:{MARK}{{0,2}}+[0-9{_DIGIT_LETTERS}]){{4,12}}+(?![a-z0-9])"
)
_COUNTER: Final = re.compile(
    r"[|｜]|(?<![①-⑨⓪⓵-⓽❶-❾0-9])[①-⑨⓵-⓽❶-❾](?=0?[1-9])"
    r"|(?<=[0-9]{4})[①-⑨⓵-⓽❶-❾](?=[\u4e00-\u9fff])"
    r"|(?<=[0-9])[一两三四五](?=[个号条次下直样遍打声])|(?<=[统唯之专])一(?=[ :：]?[0-9])"
)
DIALLED: Final = re.compile(
    r"400[0-9]{7}|1[3-9][0-9]{9}|0(?:10|2[0-9])[2-8][0-9]{7}|0[3-9][0-9]{2}[2-8][0-9]{6,7}"
    r"|1010[0-9]{4}|95[0-9]{3,6}|100[0-9]{2}"
)


def without_counters(text: NormalizedText) -> str:
    """Give the text without signs that folding read as digits and that stand beside a number.

    The counter of ①400…, the table rule of ｜400…｜ and the words of 95528一个号 and 全国统一400…
    become blanks; the length stays. O(len(text)).
    """
    signs = [sign.start() for sign in _COUNTER.finditer(text.post)]
    if not signs:
        return text.text
    plain = list(text.text)
    for at, sign in zip(np.searchsorted(text.origin, signs).tolist(), signs, strict=True):
        if at < len(plain) and text.origin[at] == sign:
            plain[at] = " "
    return "".join(plain)


def read_aloud(text: str) -> str:
    """Write disguised digits of telephone numbers as digits; the length stays."""
    if not text.isascii():
        text = _SPOKEN.sub(_read_spoken, text)
    return _STACKED.sub(_read_spoken, _LETTERED.sub(_read_letters, text))


def _read_spoken(run: re.Match[str]) -> str:
    plain = run.group().translate(_NUMERALS)
    digits = re.sub("[^0-9]", "", plain.replace(HUNDRED, "00"))
    if plain == run.group() and "\n" not in plain:
        return plain
    if not DIALLED.fullmatch(digits):
        return run.group()
    # 95528一个号 counts; a short code is spoken in numerals altogether or not at all.
    if len(digits) < 9 and re.search("[0-9]", run.group()):
        return run.group()
    return re.sub(f"[^0-9{HUNDRED}]", "-", plain)


def _read_letters(run: re.Match[str]) -> str:
    written = run.group()
    plain = written.translate(_LETTERS)
    digits = re.sub("[^0-9]", "", plain)
    letters = sum(sign in _DIGIT_LETTERS for sign in written)
    return plain if 0 < letters <= _MOST_LETTERS and DIALLED.fullmatch(digits) else written
