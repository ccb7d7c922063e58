"""Digits of numbers that are drawn as other signs: Roman ones, rings for zeros, an E for 3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from fanzha.late_pattern import late_pattern
from fanzha.normalize import NormalizedText

__all__ = ["DRAWN_DIGITS", "ROMAN_DIGITS", "Redrawn", "redraw", "without_romans"]

ROMAN_DIGITS: Final = "ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅰⅱⅲⅳⅴⅵⅶⅷⅸ"
"""Roman digits, which folding makes letters of: they are known by the post alone."""
_DRAWN: Final = dict(zip("øө⭕◎⊙☉∅⌀⊘єɛ", "00000000033", strict=True))
DRAWN_DIGITS: Final = "".join(_DRAWN)
"""Signs that are drawn like 0 or 3, as folding leaves them."""
_ROMANS: Final = {sign: str(place % 9 + 1) for place, sign in enumerate(ROMAN_DIGITS)}
_IS_ROMAN: Final = late_pattern(f"[{ROMAN_DIGITS}]")
_IS_DRAWN: Final = late_pattern(f"[e{DRAWN_DIGITS}]")
# An e is a 3 only behind a digit, so that words and versions keep theirs.
_FIGURE: Final = late_pattern(rf"[{DRAWN_DIGITS}]|(?<=[0-9])[-. ]?e(?![a-z])")


_IS_LONG_ROMAN: Final = late_pattern("[ⅡⅢⅣⅥⅦⅧⅱⅲⅳⅵⅶⅷ]")
_NO_DIGIT: Final = "x"


@dataclass(frozen=True, slots=True)
class Redrawn:
    """A text with digits in place of what is drawn like them.

    `places` has for each of its characters, and for its end, where that begins in the text that
    was given; `figures` are the places in it of the digits that were drawn otherwise.
    """

    text: str
    places: list[int]
    figures: list[int]


def without_romans(text: NormalizedText, view: str) -> str:
    """Give a view of a text, of the same length, in which Roman digits are not several ones."""
    if text.post.isascii() or not _IS_LONG_ROMAN.search(text.post):
        return view
    signs = list(view)
    romans = [at.start() for at in _IS_LONG_ROMAN.finditer(text.post)]
    first = np.searchsorted(text.origin, romans).tolist()
    last = np.searchsorted(text.origin, romans, side="right").tolist()
    for start, end in zip(first, last, strict=True):
        signs[start:end] = _NO_DIGIT * (end - start)
    return "".join(signs)


def redraw(text: NormalizedText, view: str) -> Redrawn | None:
    """Give a view of a text, of the same length, with drawn digits as digits; None without any.

    O(len(view)).
    """
    romans = [] if text.post.isascii() else [at.start() for at in _IS_ROMAN.finditer(text.post)]
    if not romans and not _IS_DRAWN.search(view):
        return None
    pieces = {
        found.end() - 1: (found.end(), _DRAWN.get(found.group(), "3"))
        for found in _FIGURE.finditer(view)
    }
    if romans:
        first = np.searchsorted(text.origin, romans).tolist()
        last = np.searchsorted(text.origin, romans, side="right").tolist()
        for start, end, roman in zip(first, last, romans, strict=True):
            # The letters of a Roman digit are one sign.
            for place in range(start, end):
                pieces.pop(place, None)
            pieces[start] = (end, _ROMANS[text.post[roman]])
    if not pieces:
        return None
    signs: list[str] = []
    places: list[int] = []
    figures: list[int] = []
    done = 0
    for start in sorted(pieces):
        end, digit = pieces[start]
        signs.append(view[done:start])
        places += range(done, start)
        figures.append(len(places))
        signs.append(digit)
        places.append(start)
        done = end
    signs.append(view[done:])
    places += range(done, len(view) + 1)
    return Redrawn("".join(signs), places, figures)
