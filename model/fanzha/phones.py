"""Find the dialable numbers of a text, however they are grouped, spelled or broken up."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from fanzha.dialling import LOOK_CHARS, is_dialled
from fanzha.dictation import WHOLE, find_told
from fanzha.digits import DIALLED, HUNDRED, MARK, read_aloud, without_counters
from fanzha.figures import redraw, without_romans
from fanzha.late_pattern import late_pattern
from fanzha.normalize import NormalizedText
from fanzha.post import Span
from fanzha.quick import quick

__all__ = ["Number", "find_numbers"]
_NO_DIGIT: Final = late_pattern("[^0-9]")
_WITH_COUNTRY: Final = late_pattern(r"\(?(?:\+|00)|\(?86")


@quick
@dataclass(frozen=True, slots=True)
class Number:
    """A dialable number; `number` holds its digits only, without country code.

    `span` lies in the post, `at` in the normalized text; `text` is the number as written.
    """

    span: Span
    at: Span
    text: str
    number: str


_Place = tuple[int, int, str]
"""Where a number begins and ends in the normalized text, and its digits."""
_PHRASE = (
    r"[,， ]{0,2}(?:开头的?|中间|后[面头边]的?|最后(?:[两三四]位)?|末尾|结尾|接着|然后|再加|"
    r"尾[号巴])"
    r"[是接拨: ]{0,2}(?:尾[号巴][是接拨: ]{0,2})?"
)
_S = rf"(?:{MARK}{{0,4}}|{MARK}[\u4e00-\u9fff]{{1,2}}{MARK}|{_PHRASE})"
_JUNK = r"[^0-9\s,，。、:]{1,3}"
_GAP = rf"(?:{MARK}{{1,3}}|{_PHRASE})"
_AREA = r"0(?:10|2[0-9]|[3-9][0-9]{2})"
_LOCAL = (
    rf"[2-9](?:[0-9]{{6,7}}|[0-9]{{2,3}}{_GAP}[0-9]{{4}}|[0-9]{{3,4}}{_GAP}[0-9]{{3}}"
    rf"|[0-9]?(?:{_GAP}[0-9]{{2}}){{3}}|(?:{_GAP}[0-9]){{6,7}})"
)
_COUNTRY = rf"(?:(?:\+|00){_S}86|\(\+?86\)|(?<![0-9])86(?=[ \-]?(?:4[ ]?0[ ]?0|1[3-9]))){_S}"
# One alternative a shape, the more certain before the less; each begins where a digit run begins.
_SHAPES: Final = late_pattern(
    rf"""(?=[0-9(+])(?<![0-9])(?:
      (?P<free>(?:{_COUNTRY})?[48]{_S}(?:0{_S}0|{HUNDRED})(?:{_S}[0-9]){{7}}(?![0-9])
        |400:[0-9]{{3}}:[0-9]{{4}}(?![0-9]))
    | (?P<mobile>(?:{_COUNTRY})?1{_S}[3-9](?:{_S}[0-9]){{9}}(?![0-9]))
    | (?P<landline>\(?(?:{_COUNTRY}\(?0?\)?(?:10|2[0-9]|[3-9][0-9]{{2}})|{_AREA}){_S}
        {_LOCAL}(?![0-9]))
    | (?P<area_code>\(?(?:{_COUNTRY}0?(?:10|2[0-9]|[3-9][0-9]{{2}})|{_AREA}){_S}
        (?:9[56][0-9]{{3,4}}|12[0-3][0-9]{{2}})(?![0-9]))
    | (?P<junk>(?:4{_JUNK}0{_JUNK}0(?:{_JUNK}[0-9]){{7}}
        |1{_JUNK}[3-9](?:{_JUNK}[0-9]){{9}}|0(?:{_JUNK}[0-9]){{9,11}})(?![0-9]))
    | (?P<voip>95013[0-9]{{6}}(?![0-9]))
    | (?P<service>(?:{_COUNTRY})?1{MARK}{{0,2}}0{MARK}{{0,2}}1{MARK}{{0,2}}0
        (?:{MARK}{{0,3}}[0-9]){{4}}(?![0-9]))
    | (?P<run_on>(?:9[56][0-9]{{3,4}}|100[0-9]{{2}}|12[0-3][0-9]{{2}})
        -[0-9]{{2,5}}(?:-[0-9]{{1,5}})?(?![0-9])
        |(?:9[56][0-9]{{3,4}}|111[0-9]{{2}})[ ][0-9]{{1,3}}(?=[ ,;。、\n]|$))
    | (?P<code>9[56][0-9]{{3,6}}(?![0-9]))
    | (?P<spread>0(?:{_GAP}[0-9]){{9,11}}(?![0-9])
        |9{MARK}{{1,2}}[56](?:{MARK}{{1,2}}[0-9]){{3,5}}(?![0-9])
        |1{MARK}{{1,2}}0{MARK}{{1,2}}0(?:{MARK}{{1,2}}[0-9]){{2}}(?![0-9]))
    | (?P<filled>400(?:(?![元块万亿年月日天个米条次人])[\u4e00-\u9fff][0-9]{{2,4}}){{2,3}}(?![0-9]))
    | (?P<listed>(?:400[0-9]?|1[3-9][0-9]|{_AREA})(?:[,、。][0-9]{{3,4}}){{2}}(?![0-9])
        |{_AREA}[,、。][2-8][0-9]{{6,7}}(?![0-9])
        |[0149](?:[,、。][0-9]){{4,11}}(?![0-9]))
    | (?P<public>(?:100[0-9]{{2}}|10188|1008611|111[0-9]{{2}}|11888|12[0-3][0-9]{{2}})(?![0-9]))
    | (?P<foreign>(?:\+|00)(?!86)[1-9][0-9]{{0,2}}(?:[ \-]?[0-9]{{2,5}}){{2,4}}(?![0-9])
        |85[23][ \-][0-9]{{4}}[ \-][0-9]{{4}}(?![0-9])|09[0-9]{{2}}(?:-[0-9]{{3}}){{2}}(?![0-9]))
    | (?P<wrong>(?:400[0-9]{{6}}|400[0-9]{{8,9}}|400[0-9]{{0,2}}(?:[\- ][0-9]{{2,5}}){{1,3}}
        |9[56][0-9]{{0,4}}(?:[\-. ][0-9]{{1,5}}){{1,4}}|9[56][0-9]{{2}}|95[35][0-9]{{6}}
        |0{{1,2}}9[56][0-9]{{3,4}}|100[0-9]{{3}}|9-[56][0-9]-[0-9]{{2}}
        |1[3-9][0-9]{{2,7}}(?:[\- ][0-9]{{2,5}}){{1,2}}
        |{_AREA}-[0-9]{{4}}-[0-9]{{4}}|{_AREA}-[0-9]{{5,6}}(?:-[0-9])?)(?![0-9]))
    | (?P<local>[2-8](?:[0-9]{{6,7}}|[0-9]{{2,3}}{MARK}[0-9]{{4}})(?![0-9]))
    | (?P<emergency>(?:11[0-9]|12[0-2])(?![0-9]))
    )""",
    re.VERBOSE,
)
_BACKWARDS_WORDS = "倒[着过写]|反[着过]来|反[着写]|倒序|从后往前"
_BACKWARDS: Final = late_pattern(_BACKWARDS_WORDS)
_BACKWARDS_NEXT: Final = late_pattern(rf"[, (]{{0,3}}(?:{_BACKWARDS_WORDS})")
_BACKWARD_RUN: Final = late_pattern(rf"(?<![0-9])[0-9](?:{MARK}?[0-9]){{9,11}}(?![0-9])")

_ADDRESS: Final = late_pattern(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_PAIRS: Final = dict(zip("【[(〔「『“‘<{", "】])〕」』”’>}", strict=True))
_OPENING: Final = {closing: opening for opening, closing in _PAIRS.items()}


def find_numbers(text: NormalizedText, *, aloud: bool = True) -> tuple[Number, ...]:
    """Find every number of `text` that somebody could dial, in order, without overlap.

    Among them 400, 800, 95, 96, 1010, 100xx and 12xxx lines, 110 and its like beside a word of
    calling, mobiles, landlines with or without area code, and near-numbers presented as lines
    (a 400 number of nine digits). Dates, prices, orders, cards, ids, versions, QQ numbers and
    verification codes are left out. Without `aloud` digits that are no plain ones are not read.

    Notes
    -----
    O(len(text)).
    """
    view = without_romans(text, without_counters(text))
    spoken = read_aloud(view) if aloud else view
    found = _turned(spoken, list(_dialable(spoken)))
    others = [*find_told(spoken), *(_redrawn(text, view) if aloud else ())]
    numbers = []
    for first, last, number in _put(found, others, sure=False) if others else found:
        start, end = _with_brackets(text.text, first, last)
        span = text.span(start, end)
        # A keycap or line on a digit leaves no character behind, but is part of what was written.
        while unicodedata.category(text.post[span.end : span.end + 1] or " ") in {"Mn", "Me"}:
            span = Span(span.start, span.end + 1)
        numbers.append(Number(span, Span(start, end), span.of(text.post), number))
    return tuple(numbers)


def _put(found: list[_Place], others: Sequence[_Place], *, sure: bool) -> list[_Place]:
    """Let others stand for what was found in their places.

    Those that are not `sure` must hold it altogether, and nothing of it may be whole by itself.
    """
    starts, ends = [one[0] for one in found], [one[1] for one in found]
    put: list[_Place] = []
    gone: set[int] = set()
    for start, end, number in sorted(others):
        first, last = bisect_right(ends, start), bisect_left(starts, end)
        beside = found[first:last]
        stays = any(one[0] < start or end < one[1] or WHOLE.fullmatch(one[2]) for one in beside)
        if (put and start < put[-1][1]) or (stays and not sure):
            continue
        gone.update(range(first, last))
        put.append((start, end, number))
    return sorted([*(one for at, one in enumerate(found) if at not in gone), *put])


def _turned(view: str, found: list[_Place]) -> list[_Place]:
    """Turn the numbers beside which the text says that they are written backwards."""
    if not _BACKWARDS.search(view):
        return found
    turned = []
    for run in _BACKWARD_RUN.finditer(view):
        start, end = run.span()
        digits = _digits(run)
        if not DIALLED.fullmatch(digits[::-1]):
            continue
        before, after = view[max(0, start - LOOK_CHARS) : start], view[end : end + LOOK_CHARS]
        # What could be dialled as it stands is turned by what is said before or right behind it.
        is_whole = DIALLED.fullmatch(digits)
        behind = _BACKWARDS_NEXT.match(after) if is_whole else _BACKWARDS.search(after)
        if behind or _BACKWARDS.search(before) or not (is_whole or found):
            turned.append((start, end, digits[::-1]))
    return _put(found, turned, sure=True)


def _redrawn(text: NormalizedText, view: str) -> Iterator[_Place]:
    """Find whole numbers some digits of which are drawn as other signs."""
    drawn = redraw(text, view)
    if drawn is None:
        return
    for start, end, number in _dialable(read_aloud(drawn.text)):
        first, last = drawn.places[start], drawn.places[end]
        beside = view[max(0, first - 1) : first] + view[last : last + 1]
        if (
            WHOLE.fullmatch(number)
            and bisect_left(drawn.figures, start) < bisect_left(drawn.figures, end)
            and not re.search("[a-z0-9]", beside)
        ):
            yield first, last, number


def _with_brackets(view: str, start: int, end: int) -> tuple[int, int]:
    """Take in the outer brackets of a number whose groups stand in brackets, as (400)… 【028】…."""
    run = view[start:end]
    opening, closing = view[start - 1 : start], view[end : end + 1]
    partner = _PAIRS.get(opening, "")
    if partner and partner in run and opening not in run[: run.index(partner)]:
        start -= 1
    partner = _OPENING.get(closing, "")
    if partner and partner in run and closing not in run[run.rindex(partner) :]:
        end += 1
    return start, end


def _dialable(view: str) -> Iterator[_Place]:
    last_end = 0
    for match in _SHAPES.finditer(view):
        start, end = match.span()
        shape = match.lastgroup or ""
        digits = _digits(match)
        left, right = view[max(0, start - LOOK_CHARS) : start], view[end : end + LOOK_CHARS]
        if start < last_end or _ADDRESS.fullmatch(match.group()):
            continue
        loose = shape in {"listed", "filled"} or (shape in {"spread", "junk"} and digits[0] == "0")
        if loose and not DIALLED.fullmatch(digits):
            continue
        if not is_dialled(shape, digits, left, right):
            continue
        last_end = end
        yield start, end, _without_country(match.group(), shape, digits)


def _digits(run: re.Match[str]) -> str:
    return _NO_DIGIT.sub("", run.group().replace(HUNDRED, "00"))


def _without_country(written: str, shape: str, digits: str) -> str:
    if not _WITH_COUNTRY.match(written):
        return digits
    if shape == "foreign":
        return digits if digits.startswith("00") else "00" + digits
    digits = re.sub("^(?:00)?86", "", digits)
    if shape in {"landline", "area_code"} and digits[0] != "0":
        return "0" + digits
    return digits
