"""Which encoding an input is in, told from its beginning."""

from __future__ import annotations

import codecs
import re
from typing import Final

import numpy as np

__all__ = ["CODECS", "declared_codec", "detect"]

CODECS: Final = {
    "utf-8": "utf-8", "utf8": "utf-8", "utf8mb3": "utf-8", "utf8mb4": "utf-8",
    "utf-16": "utf-16", "utf-16-le": "utf-16-le", "utf-16-be": "utf-16-be",
    "gb18030": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "cp936": "gb18030",
    "big5": "big5", "big5hkscs": "big5hkscs",
}  # fmt: skip
"""Names that users and dumps write, and the codec that reads each of them whole."""

# GB2312 level 1 and Big5 level 1: the Han characters that nearly all text is made of.
_COMMON_GB: Final = re.compile(rb"[\xb0-\xd7][\xa1-\xfe]")
_PAIR_GB: Final = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]")
_COMMON_BIG5: Final = re.compile(rb"[\xa4-\xc6][\x40-\x7e\xa1-\xfe]")
_PAIR_BIG5: Final = re.compile(rb"[\x81-\xfe][\x40-\x7e\xa1-\xfe]")
_NAMES: Final = re.compile(rb"(?i)SET\s+NAMES\s+'?([a-z0-9]+)|CHARSET\s*=\s*([a-z0-9]+)")

_HAN_UTF_8: Final = re.compile(rb"[\xe3-\xef][\x80-\xbf]{2}")
_HIGH: Final = bytes(range(128, 256))
_BROKEN_UTF_8: Final = 0.08
_MARGIN: Final = 0.15
_WIDE_SHARE: Final = 0.95
# Latin, punctuation, arrows, enclosed signs, kana, Han, surrogates and full-width forms.
_USUAL_PAGES: Final = np.zeros(256, dtype=np.bool_)
_USUAL_PAGES[[0x00, 0x20, 0x21, *range(0x24, 0x28), *range(0x30, 0x34), *range(0x4E, 0xA0)]] = True
_USUAL_PAGES[[*range(0xD8, 0xE0), 0xFE, 0xFF]] = True


def detect(head: bytes) -> str:
    """Give the codec of an input: UTF-8, UTF-16, GB18030 or Big5.

    UTF-16 is told by its mark or by its usual characters, UTF-8 from the others by which more
    lines are valid in, GB18030 from Big5 by where more of the pairs are everyday characters.

    Parameters
    ----------
    head
        The first bytes; the last line may be cut anywhere.

    Examples
    --------
    >>> [
    ...     detect("花唄 95折\\n怎麼關閉".encode(codec))
    ...     for codec in ("utf-8", "gbk", "big5", "utf-16-le")
    ... ]
    ['utf-8', 'gb18030', 'big5hkscs', 'utf-16-le']
    """
    if (wide := _wide(head)) is not None:
        return wide
    utf_8 = gb18030 = 0
    other: list[bytes] = []
    lines = head.split(b"\n")
    for index, line in enumerate(lines):
        if line.isascii():
            continue
        last = index == len(lines) - 1
        if _valid(line, "utf-8", cut=last):
            utf_8 += 1
            continue
        other.append(line)
        # A line with binary cells is of no encoding; what is between them tells.
        whole = _valid(line, "gb18030", cut=last) or _valid(line, "big5hkscs", cut=last)
        if whole or _share_utf_8(line) < _BROKEN_UTF_8:
            gb18030 += 1
        else:
            utf_8 += 1
    return _double_byte(b"\n".join(other)) if gb18030 > utf_8 else "utf-8"


def declared_codec(head: bytes) -> str | None:
    """Give the codec that a SQL dump names for itself, if it names one of `CODECS`.

    A dump that says `latin1` holds whatever its forum wrote, and tells nothing.
    """
    for found in _NAMES.finditer(head):
        name = (found[1] or found[2]).decode("ascii").lower()
        if name in CODECS:
            return CODECS[name]
    return None


def _share_utf_8(line: bytes) -> float:
    """Give the share of the bytes above ASCII that lie in a Han character of UTF-8."""
    high = len(line) - len(line.translate(None, _HIGH))
    return 3 * len(_HAN_UTF_8.findall(line)) / max(high, 1)


def _wide(head: bytes) -> str | None:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" not in head:
        return None
    for codec in ("utf-16-le", "utf-16-be"):
        units = np.frombuffer(head[: len(head) & ~1], dtype="<u2" if codec[-2:] == "le" else ">u2")
        pages = _USUAL_PAGES[units >> 8] & (units > 0)
        if len(units) and pages.mean() > _WIDE_SHARE:
            return codec
    return None


def _double_byte(text: bytes) -> str:
    gb, big5 = _PAIR_GB.findall(text), _PAIR_BIG5.findall(text)
    common_gb = sum(map(bool, map(_COMMON_GB.fullmatch, gb))) / max(len(gb), 1)
    common_big5 = sum(map(bool, map(_COMMON_BIG5.fullmatch, big5))) / max(len(big5), 1)
    # Their shares lie .4 and more apart in text of either; binary cells bring them together.
    return "big5hkscs" if common_big5 > common_gb + _MARGIN else "gb18030"


def _valid(line: bytes, encoding: str, *, cut: bool) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(line, final=not cut)
    except UnicodeDecodeError:
        return False
    return True
