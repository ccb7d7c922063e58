"""What each code point is folded to, and by which step: Unicode, OpenCC and tables of our own."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fanzha.numerals import NUMERAL_SIGNS
from fanzha.prepared import Prepared, load_prepared

__all__ = ["EXPANDS", "NUMERAL", "STEPS", "Folding", "folding", "kernel_tables"]

STEPS: Final = ("invisible", "width", "case", "traditional", "look_alike", "numeral")
"""Names of the steps of normalization; a character that several change has the first."""

_INVISIBLE, _WIDTH, _CASE, _TRADITIONAL, _LOOK_ALIKE, NUMERAL = range(1, 7)
_CODE_POINTS = 0x110000
EXPANDS: Final = 0xFFFFFFFF
"""Mark in a folding table: this code point becomes none or many, see its expansions."""

# Blocks outside of which NFKC and lower-casing change nothing that is written today.
# Source: Unicode 16, Blocks.txt.
_FOLDED_BLOCKS: Final = (
    (0x0000, 0x0600), (0x1C80, 0x2C00), (0x2C60, 0x2C80), (0x2D00, 0x2D30), (0x2DE0, 0x3400),
    (0xA640, 0xA800), (0xAB30, 0xABC0), (0xD800, 0xE000), (0xF900, 0xFB07), (0xFE00, 0x10000),
    (0x1D400, 0x1D800), (0x1F100, 0x1F260), (0x1FBF0, 0x1FBFA), (0x2F800, 0x2FA20),
    (0xE0000, 0xE01F0),
)  # fmt: skip
_HAN_BLOCKS: Final = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0x20000, 0x2A6E0))
_LETTER_BLOCKS: Final = ((0x0041, 0x0530), (0x1D00, 0x2000), (0x2C60, 0x2C80), (0xA640, 0xA800))
"""Where an accent may be taken off its letter; a kana's voicing mark is part of the kana."""

# Cyrillic and Greek letters drawn like a Latin one. Source: the lower-case letters of Unicode
# TR39 confusables.txt (2024) that spammers put inside Latin words.
_LOOK_ALIKES: Final = dict(
    zip("авсԁеһіјкӏморԛѕтԝхуѵαεικνορτυχω", "abcdehijklmopqstwxyvaeiknoptuxw", strict=True)
)
# Signs without a glyph that are letters by category. Source: Unicode 16, UnicodeData.txt.
_BLANK_LETTERS: Final = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_SMALL_CAPITAL: Final = "LATIN LETTER SMALL CAPITAL "
_LINE_ENDS: Final = frozenset("\r\x0b\x0c\x85\u2028\u2029")


@dataclass(frozen=True, slots=True)
class Folding:
    """What each code point becomes: itself, another one, or by `expansions` none or many.

    All arrays have a place for each of the 1,114,112 code points. `table` has `EXPANDS` where
    `expansions` has the string. `steps` has the number of the step that does it, whose name stands
    before that number in `STEPS`; 0 is none. `numerals` tells which become a sign that may be one
    of a number run: what these are read as depends on what stands beside them.
    """

    table: NDArray[np.uint32]
    steps: NDArray[np.uint8]
    expansions: dict[int, str]
    numerals: NDArray[np.bool_]

    def prepare(self) -> Prepared:
        """Give what `of` takes."""
        arrays: dict[str, NDArray[Any]] = {
            "table": self.table,
            "steps": self.steps,
            "numerals": self.numerals,
        }
        return Prepared(arrays, {"expansions": [*self.expansions.items()]})

    @classmethod
    def of(cls, made: Prepared) -> Folding:
        """Take the tables as they were prepared."""
        return cls(expansions=dict(made.facts["expansions"]), **made.arrays)


@lru_cache(maxsize=1)
def folding() -> Folding:
    """Give the folding tables: prepared, or built in a fifth of a second."""
    made = load_prepared()
    return _build() if made is None else Folding.of(made.of("folding"))


def _build() -> Folding:
    """Build the tables from the Unicode database and OpenCC."""
    table = np.arange(_CODE_POINTS, dtype=np.uint32)
    steps = np.zeros(_CODE_POINTS, dtype=np.uint8)
    expansions: dict[int, str] = {}
    simplified = _simplified()
    changed = chain((c for block in _FOLDED_BLOCKS for c in range(*block)), simplified)
    for code in changed:
        sign = chr(code)
        becomes, step = _fold_sign(sign, simplified)
        if becomes == sign:
            continue
        steps[code] = step
        if len(becomes) == 1:
            table[code] = ord(becomes)
        else:
            table[code] = EXPANDS
            expansions[code] = becomes
    table.setflags(write=False)
    numerals = np.isin(table, [ord(sign) for sign in NUMERAL_SIGNS])
    return Folding(table, steps, expansions, numerals)


def _fold_sign(sign: str, simplified: dict[int, str]) -> tuple[str, int]:
    """Give what one code point becomes in the end, and the first step that changed it."""
    first, current = 0, sign
    while True:
        parts = [_fold_once(part, simplified) for part in current]
        becomes = "".join(part for part, _ in parts)
        if becomes == current:
            return current, first
        first = first or next(step for _, step in parts if step)
        current = becomes


def _fold_once(sign: str, simplified: dict[int, str]) -> tuple[str, int]:
    code, category = ord(sign), unicodedata.category(sign)
    if sign in _LINE_ENDS:
        return "\n", _INVISIBLE
    if sign in "\t\n":
        return sign, 0
    if category in {"Cc", "Cf", "Mn", "Me"} or sign in _BLANK_LETTERS:
        return "", _INVISIBLE
    if category == "Cs":
        return "\ufffd", _INVISIBLE
    plain = _plain_form(sign, code, category)
    if plain != sign:
        return plain, _WIDTH
    if (lower := sign.lower()) != sign:
        return lower, _CASE
    if sign in _LOOK_ALIKES:
        return _LOOK_ALIKES[sign], _LOOK_ALIKE
    if code in simplified:
        return simplified[code], _TRADITIONAL
    return sign, 0


def _plain_form(sign: str, code: int, category: str) -> str:
    """Undo compatibility forms, enclosures and accents of one sign."""
    if category == "Zs":
        return " "
    for first, last in ((0x1F150, 0x1F169), (0x1F170, 0x1F189), (0x1F1E6, 0x1F1FF)):
        if first <= code <= last:  # negative circled and squared letters, regional indicators
            return chr(ord("a") + code - first)
    digit = unicodedata.digit(sign, None)
    if digit is not None:
        return str(digit)
    name = unicodedata.name(sign, "")
    if name.startswith(_SMALL_CAPITAL) and len(name) == len(_SMALL_CAPITAL) + 1:
        return name[-1].lower()
    plain = unicodedata.normalize("NFKC", sign)
    if any(first <= code < last for first, last in _LETTER_BLOCKS):
        apart = unicodedata.normalize("NFKD", plain)
        plain = "".join(part for part in apart if not unicodedata.combining(part))
    return plain


def _simplified() -> dict[int, str]:
    """Map each traditional Han code point to its simplified one, as OpenCC's t2s has it."""
    from opencc import OpenCC

    signs = [chr(code) for block in _HAN_BLOCKS for code in range(*block)]
    # One sign a line, so that no phrase rule of OpenCC spans two of them.
    lines = OpenCC("t2s").convert("\n".join(signs)).split("\n")
    pairs = zip(signs, lines, strict=True)
    return {ord(sign): line for sign, line in pairs if line != sign and len(line) == 1}


def kernel_tables() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Give what each code point becomes, as the kernel takes it, and what some expand to.

    Where one becomes none or many, the first has 2^31 and the place in the second at which their
    number stands and then they.
    """
    rules = folding()
    table = rules.table.copy()
    expansions: list[int] = []
    for code, becomes in rules.expansions.items():
        table[code] = (1 << 31) + len(expansions)
        expansions += [len(becomes), *map(ord, becomes)]
    return table, np.array(expansions, dtype=np.uint32)
