"""Which of many texts may hold a number or a contact, told over whole arrays."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fanzha.digits import DIGIT_LETTERS, FOREIGN_DIGITS, HAN_DIGITS, SOUNDED_DIGITS
from fanzha.sheet import Sheet

__all__ = ["may_hold_contacts", "may_hold_masked_values", "may_hold_numbers"]

# What the patterns of `phones`, `digits` and `contacts` cannot do without, in characters from the
# first to the last; each is at least what the longest separators between the signs leave room for.
_DIALLED: Final = (5, 48)
_SPOKEN: Final = (5, 20)
_SOUNDED: Final = (10, 18)
_ID: Final = (5, 4)
_SPACED_ID: Final = (6, 10)
_DIGIT, _FOREIGN, _SPOKEN_SIGN, _SOUND, _LETTER, _ID_SIGN, _HUNDRED, _MASKING = (
    1 << bit for bit in range(8)
)


def may_hold_numbers(sheet: Sheet) -> NDArray[np.bool_]:
    """Tell of each normalized text whether `find_numbers` might find anything in it.

    Never wrong where it says no. O(total characters).
    """
    codes, kinds = sheet.codes, _kinds(sheet)
    found = sheet.holders((kinds & _FOREIGN) != 0)
    digits = np.flatnonzero(kinds & _DIGIT)
    found |= _close(sheet, digits, *_DIALLED)
    spoken, hundreds = np.flatnonzero(kinds & _SPOKEN_SIGN), np.flatnonzero(kinds & _HUNDRED)
    # 百 stands for two digits.
    found |= _close(sheet, np.sort(np.concatenate([spoken, hundreds])), *_SPOKEN)
    found |= _close(sheet, np.flatnonzero(kinds & (_SPOKEN_SIGN | _SOUND)), *_SOUNDED)
    # 110, 121 and the 95-5 of a broken code are the only ones of fewer than five digits.
    short = digits[digits < len(codes) - 3]
    first, second = codes[short], codes[short + 1]
    begins = ((first == ord("1")) & ((second == ord("1")) | (second == ord("2")))) | (
        (first == ord("9")) & ((second == ord("5")) | (second == ord("6")))
    )
    short = short[begins]
    third = (kinds[short + 2] & _DIGIT) | (kinds[short + 3] & _DIGIT)
    found[sheet.owners(short[third != 0])] = True
    return found


def may_hold_contacts(sheet: Sheet) -> NDArray[np.bool_]:
    """Tell of each normalized text whether `find_contacts` might find anything in it.

    Never wrong where it says no. O(total characters).
    """
    codes, kinds = sheet.codes, _kinds(sheet)
    found = sheet.holders(codes == ord("@"))
    letters = (kinds & _LETTER) != 0
    marks = np.flatnonzero(codes == ord("."))
    found[sheet.owners(marks[letters[marks - 1] | letters[marks + 1]])] = True
    marks = np.flatnonzero(codes == ord("/"))
    found[sheet.owners(marks[codes[marks + 1] == ord("/")])] = True
    signs = np.flatnonzero(kinds & _ID_SIGN)
    for n_signs, reach in (_ID, _SPACED_ID):
        found |= _close(sheet, signs, n_signs, reach, letters)
    found |= _close(sheet, np.flatnonzero(kinds & _DIGIT), *_DIALLED)
    return found


def may_hold_masked_values(sheet: Sheet) -> NDArray[np.bool_]:
    """Tell of each normalized text whether `find_masked_values` might find anything in it.

    Never wrong where it says no. O(total characters).
    """
    return sheet.holders((_kinds(sheet) & _MASKING) != 0)


def _close(
    sheet: Sheet,
    places: NDArray[np.int64],
    n_signs: int,
    reach: int,
    begins: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """Tell which texts have so many of `places` within so many characters.

    With `begins`, shape (len(text),), only where it holds of the first of them.
    """
    found = np.zeros(len(sheet.starts), dtype=np.bool_)
    if len(places) < n_signs:
        return found
    firsts, lasts = places[: 1 - n_signs], places[n_signs - 1 :]
    close = lasts - firsts <= reach
    if begins is not None:
        close &= begins[firsts]
    owners = sheet.owners(firsts[close])
    found[owners[owners == sheet.owners(lasts[close])]] = True
    return found


def _kinds(sheet: Sheet) -> NDArray[np.uint8]:
    table = _table()
    return table[np.minimum(sheet.codes, len(table) - 1)]


@lru_cache(maxsize=1)
def _table() -> NDArray[np.uint8]:
    table = np.zeros(0x20000, dtype=np.uint8)
    digits, letters = "0123456789", "abcdefghijklmnopqrstuvwxyz"
    for signs, kind in (
        (digits, _DIGIT | _SPOKEN_SIGN | _ID_SIGN),
        (letters, _LETTER | _ID_SIGN),
        ("_-", _ID_SIGN),
        (FOREIGN_DIGITS, _FOREIGN),
        (HAN_DIGITS + DIGIT_LETTERS, _SPOKEN_SIGN),
        ("百佰", _SPOKEN_SIGN | _HUNDRED),
        (SOUNDED_DIGITS, _SOUND),
        ("*＊●•x[<{【", _MASKING),
    ):
        table[[ord(sign) for sign in signs]] |= np.uint8(kind)
    table.setflags(write=False)
    return table
