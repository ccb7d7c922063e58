"""Numbers that are told group by group: 前三位400 后七位8231991, 171四个零1234, 4、0、0、8…"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from fanzha.dialling import is_named
from fanzha.digits import LONG, MARK
from fanzha.late_pattern import late_pattern

__all__ = ["WHOLE", "find_told"]

WHOLE: Final = late_pattern(f"[48]00[0-9]{{7}}|{LONG}")
"""Numbers long enough that chance seldom makes one: ten digits or more, as the plan has them."""
_NUMERALS: Final = dict(
    zip("〇零一二三四五六七八九壹贰叁肆伍陆柒捌玖幺○◯", "00123456789123456789100", strict=True)
)
_SIGN: Final = f"[0-9{''.join(_NUMERALS)}]"
_COUNTS: Final = {**dict(zip("二两三四五六七八", "22345678", strict=True)), "双": "2"}
_REPEAT: Final = rf"(?:[二两三四五六七八2-8]个|双){_SIGN}"
_PLACES: Final = "(?:[一二两三四五六七八1-8]位)?"
# All signs of these are ones that the kernel's look lets stand between digits (`look_tables`).
_WORD: Final = (
    rf"(?:(?:最后|前|后|中间|末|尾)[面边头号巴]?的?{_PLACES}|(?:开头|打头|结尾|末尾)的?|"
    "第[一二三四1-4]段|横?杠|横线|空格|然后|接着|加上|再|先|接|拨|按|打|跟|加|是)"
)
_PART: Final = rf"(?:{_WORD}|{MARK}|[\n,，。、:÷×])"
_GROUP: Final = rf"(?:{_REPEAT}|{_SIGN}(?!个))"
_RUN: Final = late_pattern(
    rf"(?=[0-9双{''.join(_COUNTS)}{''.join(_NUMERALS)}]){_GROUP}(?:{_PART}*+{_GROUP})+"
)
_PIECE: Final = late_pattern(rf"(?P<repeat>{_REPEAT})|(?P<part>{_PART})|(?P<sign>{_SIGN})")
# What parts the groups of every other number leaves nothing to be told.
_UNUSUAL: Final = late_pattern(r"[\n,，。、:÷×\u4e00-\u9fff]|[^0-9]{5}")
_WORDED: Final = late_pattern(_WORD)
_WIDEST: Final = 12
"""Most signs between two groups, as the kernel's look has it."""
_LEAST_SIGNS: Final = 5
_MOST_GROUPS: Final = 13
_MOST_PARTS: Final = 4
_LEFT_CHARS: Final = 64
_MARKS: Final = late_pattern(rf"{MARK}|[\n,，、]")
_MENU: Final = late_pattern("[按拨打]")
_LETTER: Final = late_pattern("[a-z]")


@dataclass(slots=True)
class _Group:
    start: int
    end: int
    digits: str
    between: str
    """What stands before it, since the group before."""
    signs: int
    repeated: bool


def find_told(view: str) -> Iterator[tuple[int, int, str]]:
    """Find numbers whose groups are parted by words, or all by the same wide mark.

    Only such as the numbering plan has, near a word that says that a telephone number comes.
    Gives start, end and digits; O(len(view)).
    """
    for run in _RUN.finditer(view):
        if run.end() - run.start() > _LEAST_SIGNS and _UNUSUAL.search(run.group()):
            yield from _in_run(view, _groups(run))


def _groups(run: re.Match[str]) -> list[_Group]:
    groups: list[_Group] = []
    between = ""
    for piece in _PIECE.finditer(run.string, *run.span()):
        written = piece.group()
        if piece.lastgroup == "part":
            between += written
            continue
        digit = _NUMERALS.get(written[-1], written[-1])
        times, signs = 1, 1
        if piece.lastgroup == "repeat":
            times = int(_COUNTS.get(written[0], written[0]))
            signs = len(written) - 1
        if between or not groups:
            groups.append(_Group(piece.start(), piece.end(), "", between, 0, repeated=False))
            between = ""
        group = groups[-1]
        group.end = piece.end()
        group.digits += digit * times
        group.signs += signs
        group.repeated |= times > 1
    return groups


def _in_run(view: str, groups: Sequence[_Group]) -> Iterator[tuple[int, int, str]]:
    first = 0
    while first < len(groups):
        end = _end(view, groups, first)
        if end:
            some = groups[first:end]
            yield some[0].start, some[-1].end, "".join(group.digits for group in some)
        first = end or first + 1


def _end(view: str, groups: Sequence[_Group], first: int) -> int:
    """Give where the longest number that begins with a group ends, or 0."""
    if groups[first].digits[0] not in "0148" or len(groups[first].digits) == 2:
        return 0
    digits = ""
    found = 0
    for end in range(first + 1, min(len(groups), first + _MOST_GROUPS) + 1):
        group = groups[end - 1]
        if end > first + 1 and len(group.between) > _WIDEST:
            break
        digits += group.digits
        if WHOLE.fullmatch(digits) and _is_told(view, groups, first, end):
            found = end
        if len(digits) > 12:
            break
    return found


def _is_told(view: str, groups: Sequence[_Group], first: int, end: int) -> bool:
    some = groups[first:end]
    if sum(group.signs for group in some) < _LEAST_SIGNS:
        return False
    between = [group.between for group in some[1:]]
    told = any(group.repeated for group in some) or any(map(_WORDED.search, between))
    last = some[-1]
    if told and len(last.digits) == 1 and _MENU.search(last.between):
        return False
    if not told:
        # Of marks alone, the same everywhere and nowhere beside.
        around = [group.between for group in (*groups[first : first + 1], *groups[end : end + 1])]
        sizes = {len(group.digits) for group in some}
        short = sizes != {1} and (len(some) > _MOST_PARTS or 1 in sizes)
        if len(set(between)) != 1 or between[0] in around or short:
            return False
    if _LETTER.search(
        view[max(0, some[0].start - 1) : some[0].start] + view[last.end : last.end + 1]
    ):
        return False
    left = _MARKS.sub("", view[max(0, some[0].start - _LEFT_CHARS) : some[0].start])
    return is_named(left, view[last.end : last.end + _LEFT_CHARS])
