"""How a character sounds, and the symbols under which texts that sound alike are alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

import fanzha_data
from fanzha.late_pattern import late_pattern
from fanzha.prepared import Prepared, load_prepared
from fanzha.tables import read_table

__all__ = [
    "BARRIER",
    "BESIDE",
    "Alphabet",
    "Readings",
    "Symbols",
    "fold_syllable",
    "is_rare",
    "readings",
]

BARRIER = "\n"
"""Symbol of sentence marks, over which no term reaches."""
_BARRIERS: Final = '\n,，。!?;:、()[]{}<>【】〔〕《》〈〉「」『』“”‘’"…'
_BARRIER_SIGN: Final = late_pattern(f"[{re.escape(_BARRIERS)}]")
_DOT: Final = "丶"
"""A character that today's writers use as a dot."""
# Outside GB 2312 and yet written every day: new words, names, and Cantonese.
_EVERYDAY: Final = frozenset(
    "呗咩囧喵嗯哒啰镕堃犇淼煊玥祎喆昇熠珺冇咗啲嘅嚟嘢𠮶揾佢喺攞哋㗎啱瞓嗰咁氹孖黐嫲揸攰囍叕欸齁"
)
_FIRST_SYMBOL = 0xE000
_CODE_POINTS = 0x110000
# Blocks that hold the signs, marks and spaces of today's texts. Source: Unicode 16, Blocks.txt.
_SIGN_BLOCKS: Final = ((0x00, 0x3100), (0xE000, 0xF900), (0xFE00, 0x10000), (0x1F000, 0x1FC00))
# Source: the entries of 现代汉语词典 whose second reading is as everyday as the first.
_TWO_READINGS: Final = frozenset("还呗乐行重弹")
_LONGEST_RUN = 4
BESIDE: Final = 1
"""Mark in `Alphabet.table`: how this sign reads depends on its neighbours."""


@dataclass(frozen=True, slots=True)
class Symbols:
    """A text as symbols, without marks; `at` says where in the text each symbol stands."""

    string: str
    at: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Alphabet:
    """The symbol of each code point.

    A Han character's symbol is that of its syllable without tone and with the usual confusions
    (zh/z, n/l, ng/n) undone; a letter or digit is its own; a sign with a meaning has that of the
    meaning; other marks have none. `reads` holds the signs that stand for a character.
    """

    table: NDArray[np.uint32]
    by_syllable: dict[str, int]
    signed: NDArray[np.bool_]
    reads: dict[str, str]
    beside: dict[str, frozenset[str]]

    @classmethod
    def load(cls, kept: str = "") -> Alphabet:
        """Build the table from pypinyin's readings and the shipped signs, about half a second.

        The signs of `kept` are their own symbols.

        Raises
        ------
        DataError
            The table of signs is malformed.
        """
        table = np.arange(_CODE_POINTS, dtype=np.uint32)
        for first, last in _SIGN_BLOCKS:
            for code in range(first, last):
                if unicodedata.category(chr(code))[0] not in "LN":
                    table[code] = 0
        table[[ord(sign) for sign in _BARRIERS]] = ord(BARRIER)
        by_syllable: dict[str, int] = {}
        for code, syllables in _readings().items():
            for syllable in reversed(syllables):
                folded = fold_syllable(syllable)
                table[code] = by_syllable.setdefault(folded, _FIRST_SYMBOL + len(by_syllable))
        table[ord(_DOT)] = 0
        table[[ord(sign) for sign in kept]] = [ord(sign) for sign in kept]
        signed = np.zeros(_CODE_POINTS, dtype=np.bool_)
        reads, beside = {}, {}
        for row in read_table(fanzha_data.path("signs.csv"), ("sign", "reads", "beside", "source")):
            for column in ("sign", "reads", "source"):
                if not row[column]:
                    raise row.error(column, "is empty; fill it or drop the line")
            sign = row["sign"]
            reads[sign] = row["reads"]
            if row["beside"]:
                beside[sign] = frozenset(row["beside"])
                table[ord(sign)] = BESIDE
            else:
                signed[ord(sign)] = True
                table[ord(sign)] = table[ord(row["reads"])]
        table.setflags(write=False)
        return cls(table, by_syllable, signed, reads, beside)

    def prepare(self) -> Prepared:
        """Give what `of` takes."""
        facts = {
            "by_syllable": self.by_syllable,
            "reads": self.reads,
            "beside": {sign: "".join(sorted(signs)) for sign, signs in self.beside.items()},
        }
        return Prepared({"table": self.table, "signed": self.signed}, facts)

    @classmethod
    def of(cls, made: Prepared) -> Alphabet:
        """Take the alphabet as it was prepared."""
        beside = {sign: frozenset(signs) for sign, signs in made.facts["beside"].items()}
        facts = made.facts
        return cls(
            **made.arrays, by_syllable=facts["by_syllable"], reads=facts["reads"], beside=beside
        )

    def symbol(self, syllable: str) -> str:
        """Give the symbol of a syllable without tone."""
        return chr(self.by_syllable[fold_syllable(syllable)])

    def string(self, text: str) -> str:
        """Give the symbols of a text without marks."""
        return "".join(chr(self.table[ord(sign)]) for sign in text)

    def bar(self, text: str) -> str:
        """Give a text with its sentence marks as `BARRIER`."""
        return _BARRIER_SIGN.sub(BARRIER, text)

    def write(self, text: str, codes: NDArray[np.uint32], *, signs: bool = True) -> Symbols:
        """Write `text`, whose code points are `codes`, in symbols; O(len(text)).

        Without `signs` no sign means anything.
        """
        symbols = self.table[codes]
        signed = self.signed[codes]
        if signed.any():
            for at in signed.nonzero()[0].tolist():
                # In 花🌸呗 the sign only repeats its neighbour.
                around = (*symbols[max(0, at - 1) : at], *symbols[at + 1 : at + 2])
                if not signs or symbols[at] in around:
                    symbols[at] = 0
        for at in (symbols == BESIDE).nonzero()[0].tolist():
            wanted = self.beside[text[at]]
            near = text[max(0, at - 1) : at] + text[at + 1 : at + 2]
            meaning = self.table[ord(self.reads[text[at]])]
            after = at + 1
            while after < at + _LONGEST_RUN and text[after : after + 1] == text[at]:
                after += 1
            # In 微♥信 it stands between the characters of which it could be the second.
            repeats = after < len(text) and symbols[after] == meaning
            sounds = not repeats and any(sign in wanted for sign in near)
            symbols[at] = meaning if sounds else 0
        marks = (symbols == ord(BARRIER)).nonzero()[0]
        if len(marks) > 1:
            # Spread out as 花,呗,套,现 or one character a line, a mark parts nothing.
            single = marks[1:] - marks[:-1] == 2
            symbols[marks[1:][single]] = 0
            symbols[marks[:-1][single]] = 0
        kept = symbols.nonzero()[0]
        return Symbols(symbols[kept].astype("<u4").tobytes().decode("utf-32-le"), kept)


def readings(sign: str) -> tuple[str, ...]:
    """Give a Han character's syllables without tone, the commonest first; () where none is known.

    A second syllable is given only of characters that today's writers read in two ways.
    """
    return _known_readings().of(ord(sign)) if len(sign) == 1 else ()


@dataclass(frozen=True, slots=True)
class Readings:
    """What `readings` gives of each code point.

    `first` has the number of its commonest syllable in `syllables`, whose first is none;
    `two` the readings of what has two.
    """

    first: NDArray[np.uint16]
    syllables: Sequence[str]
    two: Mapping[int, tuple[str, ...]]

    def of(self, code: int) -> tuple[str, ...]:
        """Give the readings of a code point."""
        if code in self.two:
            return self.two[code]
        number = int(self.first[code])
        return (self.syllables[number],) if number else ()

    @classmethod
    def load(cls) -> Readings:
        """Give the readings: prepared, or found in pypinyin in a third of a second."""
        return _known_readings()

    def prepare(self) -> Prepared:
        """Give what `of_prepared` takes."""
        facts = {"syllables": list(self.syllables), "two": [*self.two.items()]}
        return Prepared({"first": self.first}, facts)

    @classmethod
    def of_prepared(cls, made: Prepared) -> Readings:
        """Take the readings as they were prepared."""
        two = {code: tuple(ways) for code, ways in made.facts["two"]}
        return cls(made.arrays["first"], made.facts["syllables"], two)


def fold_syllable(syllable: str) -> str:
    """Undo the confusions zh/z, ch/c, sh/s, n/l and ng/n after a, e, i.

    Examples
    --------
    >>> fold_syllable("zhang"), fold_syllable("nin")
    ('zan', 'lin')
    """
    if syllable[1:2] == "h" and syllable[0] in "zcs":
        syllable = syllable[0] + syllable[2:]
    if syllable[0] == "n" and len(syllable) > 1 and syllable[1] in "aeiouv":
        syllable = "l" + syllable[1:]
    return syllable[:-1] if syllable.endswith(("ang", "eng", "ing")) else syllable


@lru_cache(maxsize=1 << 14)
def is_rare(sign: str) -> bool:
    """Tell whether a Han character stands outside GB 2312, as no everyday one does."""
    if not "\u3400" <= sign <= "\U0003ffff":
        return False
    try:
        sign.encode("gb2312")
    except UnicodeEncodeError:
        return sign not in _EVERYDAY
    return False


@lru_cache(maxsize=1)
def _known_readings() -> Readings:
    made = load_prepared()
    if made is not None:
        return Readings.of_prepared(made.of("readings"))
    first = np.zeros(_CODE_POINTS, dtype=np.uint16)
    numbers: dict[str, int] = {"": 0}
    for code, ways in _readings().items():
        if ways:
            first[code] = numbers.setdefault(ways[0], len(numbers))
    two = {ord(sign): _readings().get(ord(sign), ())[:2] for sign in sorted(_TWO_READINGS)}
    return Readings(first, tuple(numbers), two)


@lru_cache(maxsize=1)
def _readings() -> dict[int, tuple[str, ...]]:
    from pypinyin.constants import PINYIN_DICT

    return {code: tuple(_toneless(marked)) for code, marked in PINYIN_DICT.items()}


@lru_cache(maxsize=1 << 12)
def _without_tone(syllable: str) -> str:
    plain = unicodedata.normalize("NFD", syllable).replace("u\u0308", "v")
    return "".join(sign for sign in plain if "a" <= sign <= "z")


def _toneless(marked: str) -> Iterator[str]:
    seen: set[str] = set()
    for syllable in marked.split(","):
        plain = _without_tone(syllable)
        if plain and plain not in seen:
            seen.add(plain)
            yield plain
