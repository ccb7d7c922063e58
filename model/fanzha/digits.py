"""Read the disguised digits of numbers: spoken, lettered, stacked, beside a counter."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

import numpy as np

from fanzha.late_pattern import late_pattern
from fanzha.normalize import NormalizedText

__all__ = [
    "DIALLED", "DIGIT_LETTERS", "FOREIGN_DIGITS", "HAN_DIGITS", "HUNDRED", "LONG", "MARK",
    "SOUNDED_DIGITS", "read_aloud", "without_counters",
]  # fmt: skip

MARK = (
    r"[ \t\u3000\-–—―‐‑−_.·•・∙‧*♥~～=+#^/|｜丨丶()\[\]{}【】〔〕「」『』“”\"'‘’<>〈〉"
    r"\u2190-\u21ff\u2500-\u25ca\u25cc-\u25ee\u25f0-\u27bf\u2b00-\u2bff"
    r"\U0001f300-\U0001faff]"
)
"""One sign that people put between the digits of a number, as a regular expression.

Beside punctuation these are the blocks of arrows, geometric shapes, dingbats and emoji.
"""
HUNDRED = "\ue000"
"""Private sign for the 百 of 四百, which stands for two digits."""
HAN_DIGITS: Final = "〇零一二三四五六七八九壹贰叁肆伍陆柒捌玖幺洞拐勾两○◯"
"""Numerals of one digit each, everyday, formal and radio ones."""
_NUMERALS: Final = str.maketrans(HAN_DIGITS, "00123456789123456789" + "1079200") | {
    ord("百"): HUNDRED,
    ord("佰"): HUNDRED,
}
# Digits of other scripts, and the two circled zeros that Unicode has beside its circled digits.
_FOREIGN: Final = {
    first + digit: str(digit) for first in (0x660, 0x6F0, 0x966, 0xE50) for digit in range(10)
} | {0x1F10B: "0", 0x1F10C: "0"}
FOREIGN_DIGITS: Final = "".join(map(chr, _FOREIGN))
"""Digits of other scripts that folding leaves as they are."""
_NO_DIGIT: Final = late_pattern("[^0-9]")
_DIGIT: Final = late_pattern("[0-9]")
_NO_SPOKEN: Final = late_pattern(f"[^0-9{HUNDRED}]")
_GROUP: Final = late_pattern(f"[0-9{HUNDRED}]+")
_IS_FOREIGN: Final = late_pattern(f"[{FOREIGN_DIGITS}]")
DIGIT_LETTERS: Final = "oilsbzз"
"""Latin letters and the Cyrillic з, which are drawn like a digit."""
_LETTERS: Final = str.maketrans(DIGIT_LETTERS, "0115823")
_MOST_LETTERS: Final = 6
_MOST_GROUPS: Final = 3
"""How many groups at the end of a run are tried as no part of the number, as in 4OO… 24小时."""
_HAN_DIGIT = f"0-9{HAN_DIGITS}"
_PARTS: Final = rf"(?:[,，。\n、]|{MARK}|横?杠|横线|空格|然后|接着|后面是?)"
# Shorter runs than the shortest number with a 百 in it are passed over at once.
_SPOKEN: Final = late_pattern(
    rf"(?=[{_HAN_DIGIT}](?:{_PARTS}{{0,4}}+[{_HAN_DIGIT}百佰]){{3}})[{_HAN_DIGIT}]++(?:[百佰][{_HAN_DIGIT}]*+)?+(?:{_PARTS}{{1,4}}+[{_HAN_DIGIT}]++)*+"
)
# Characters that sound as a digit, everyday ones; together with the numerals themselves.
_SOUNDS: Final = {
    sign: str(digit)
    for digit, signs in enumerate(
        ("灵铃凌玲另领令龄岭", "衣依医伊腰邀要妖易益", "儿尔耳而俩", "伞散山", "死思丝司斯似私",
         "武舞吾午务吴无屋乌雾物", "溜刘柳流留硫遛", "气妻其期起漆骑器奇旗", "吧巴爸拔霸扒把叭",
         "酒久旧就舅救揪韭")
    )
    for sign in signs
}  # fmt: skip
SOUNDED_DIGITS: Final = "".join(_SOUNDS)
"""Characters that sound as a digit."""
_BY_SOUND: Final = _NUMERALS | str.maketrans(_SOUNDS)
_LEAST_SOUNDED: Final = 10
_SOUNDED_DIGIT: Final = f"[{_HAN_DIGIT}{SOUNDED_DIGITS}]"
_SOUNDED: Final = late_pattern(
    rf"(?={_SOUNDED_DIGIT}(?:[,，、 ]?+{_SOUNDED_DIGIT}){{{_LEAST_SOUNDED - 1}}})"
    rf"{_SOUNDED_DIGIT}{{2,}}+(?:[,，、 ]?+{_SOUNDED_DIGIT}++)*+"
)
_STACKED: Final = late_pattern(r"(?=[0-9])(?<![^\n])[0-9]{1,4}(?:\n[0-9]{1,4}){2,10}+(?![^\n])")
_LETTERED: Final = late_pattern(
    rf"(?=[0-9oil])(?<![a-z0-9])[0-9oil](?:{MARK}{{0,2}}+[0-9{DIGIT_LETTERS}]){{4,12}}+(?![a-z0-9])"
)
_CIRCLED = "①-⑨⓵-⓽❶-❾"
_CIRCLED_DIGITS: Final = frozenset("①②③④⑤⑥⑦⑧⑨⓵⓶⓷⓸⓹⓺⓻⓼⓽❶❷❸❹❺❻❼❽❾")
_IS_CIRCLED: Final = late_pattern(f"[{_CIRCLED}]")
# The blocks of marks have circled digits too.
_PLAIN_MARKS: Final = rf"(?:(?![{_CIRCLED}]){MARK}){{0,2}}+"
_LADDER: Final = late_pattern(
    rf"(?=[①⓵❶])(?<![{_CIRCLED}0-9])[①⓵❶]{_PLAIN_MARKS}[0-9]{{2,12}}+"
    rf"(?:{_PLAIN_MARKS}[{_CIRCLED}]{_PLAIN_MARKS}[0-9]{{2,12}}+){{1,8}}+(?![{_CIRCLED}0-9])"
)
_LEAST_STEP: Final = 5
"""Fewest digits of each step of a ladder of numbers."""
_MIXED: Final = late_pattern(
    rf"(?=[0-9])(?<![{_CIRCLED}0-9])[0-9](?:{_PLAIN_MARKS}[{_CIRCLED}0-9]){{9,20}}+"
    rf"(?![{_CIRCLED}0-9])"
)
_LIST_CHARS: Final = 200
_COUNTER: Final = late_pattern(
    rf"(?=[|｜{_CIRCLED}一两三四五])(?:[|｜]|(?<![{_CIRCLED}⓪0-9])[{_CIRCLED}](?=[48]00|1[3-9][0-9]|9[56][0-9]|1[02]|0[1-9][0-9])"
    rf"|(?<=[0-9]{{4}})[{_CIRCLED}](?=[\u4e00-\u9fff])"
    r"|(?<=[0-9])(?![两三四五]个[0-9零〇])[一两三四五](?=[个家号条次下直样遍打声])"
    r"|(?<=[统唯之专])一(?=[ :：]?[0-9]))"
)
LONG: Final = "1[3-9][0-9]{9}|0(?:10|2[0-9])[2-8][0-9]{7}|0[3-9][0-9]{2}[2-8][0-9]{6,7}"
"""A pattern of mobiles and landlines with their area codes, as the plan has them."""
DIALLED: Final = late_pattern(f"400[0-9]{{7}}|{LONG}|1010[0-9]{{4}}|95[0-9]{{3,6}}|100[0-9]{{2}}")


def without_counters(text: NormalizedText) -> str:
    """Give the text without signs that folding read as digits and that stand beside a number.

    The counter of ①400…, the table rule of ｜400…｜ and the words of 95528一个号 and 全国统一400…
    become blanks; the length stays. O(len(text)).
    """
    post = text.post
    signs = [sign.start() for sign in _COUNTER.finditer(post) if _counts(post, sign)]
    if not post.isascii() and _IS_CIRCLED.search(post):
        signs = sorted({*signs, *_rungs(post), *_noise(post)})
    if not signs:
        return text.text
    plain = list(text.text)
    for at, sign in zip(np.searchsorted(text.origin, signs).tolist(), signs, strict=True):
        if at < len(plain) and text.origin[at] == sign:
            plain[at] = " "
    return "".join(plain)


def _rungs(post: str) -> Iterator[int]:
    """Give the counters of a ladder whose steps are the parts of one number, or numbers."""
    for ladder in _LADDER.finditer(post):
        rungs = [sign for sign in ladder.group() if sign in _CIRCLED_DIGITS]
        parts = [
            re.sub("[^0-9]", "", part) for part in re.split(f"[{_CIRCLED}]", ladder.group()[1:])
        ]
        if any(ord(sign) != ord(rungs[0]) + step for step, sign in enumerate(rungs)):
            continue
        if DIALLED.fullmatch("".join(parts)) or min(map(len, parts)) >= _LEAST_STEP:
            yield from (place for place in range(*ladder.span()) if post[place] in _CIRCLED_DIGITS)


def _noise(post: str) -> Iterator[int]:
    """Give circled digits that stand in a number which the plan has without them only."""
    for run in _MIXED.finditer(post):
        written = run.group()
        plain = re.sub("[^0-9]", "", written)
        if len(plain) < _LEAST_SOUNDED or not DIALLED.fullmatch(plain):
            continue
        every = "".join(str(unicodedata.digit(sign, "")) for sign in written)
        if plain != every and not DIALLED.fullmatch(every):
            yield from (place for place in range(*run.span()) if post[place] in _CIRCLED_DIGITS)


def _counts(post: str, sign: re.Match[str]) -> bool:
    """Tell whether a sign beside a number is none of its digits; ③ behind one needs ② before it."""
    written, at = sign.group(), sign.start()
    if written not in _CIRCLED_DIGITS or not post[at - 1 : at].isdigit():
        return True
    return chr(ord(written) - 1) in post[max(0, at - _LIST_CHARS) : at]


def read_aloud(text: str) -> str:
    """Write disguised digits of telephone numbers as digits; the length stays."""
    if not text.isascii():
        if _IS_FOREIGN.search(text):
            text = text.translate(_FOREIGN)
        text = _SOUNDED.sub(_read_sounded, _SPOKEN.sub(_read_spoken, text))
    return _STACKED.sub(_read_spoken, _LETTERED.sub(_read_letters, text))


def _read_spoken(run: re.Match[str]) -> str:
    written = run.group()
    plain = written.translate(_NUMERALS)
    if plain == written and "\n" not in plain:
        return plain
    end = _dialled_end(plain)
    # 95528一个号 counts; a short code is spoken in numerals altogether or not at all.
    short = len(_NO_DIGIT.sub("", plain[:end])) < 9 and HUNDRED not in plain
    if not end or (short and _DIGIT.search(written[:end])):
        return written
    return _NO_SPOKEN.sub("-", plain[:end]) + written[end:]


def _read_sounded(run: re.Match[str]) -> str:
    written = run.group()
    plain = written.translate(_BY_SOUND)
    end = _dialled_end(plain)
    if len(_NO_DIGIT.sub("", plain[:end])) < _LEAST_SOUNDED:
        return written
    return _NO_DIGIT.sub("-", plain[:end]) + written[end:]


def _read_letters(run: re.Match[str]) -> str:
    written = run.group()
    plain = written.translate(_LETTERS)
    end = _dialled_end(plain)
    letters = sum(sign in DIGIT_LETTERS for sign in written[:end])
    return plain[:end] + written[end:] if 0 < letters <= _MOST_LETTERS else written


def _dialled_end(plain: str) -> int:
    """Give how far a run is a number that somebody dials, whole groups only; 0 when nowhere."""
    groups = [group.end() for group in _GROUP.finditer(plain)]
    for end in reversed(groups[-_MOST_GROUPS:]):
        if DIALLED.fullmatch(_NO_DIGIT.sub("", plain[:end].replace(HUNDRED, "00"))):
            return end
    return 0
